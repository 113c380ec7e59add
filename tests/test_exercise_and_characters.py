"""Procedural exercises, characters' walks and composites near the floor do what their names say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from takes import take

from dataset.composing.drawing import Material
from dataset.composing.low import arms_while_low, down_and_up
from dataset.composing.phrases import phrase_table
from dataset.composing.verify import shows
from dataset.motion_files.quality import Limits, clip_problem
from utils import quantities as q
from utils.motion_checks import holds

EXERCISES = (
    "skip_rope", "lift_box", "carry", "deadlift", "uppercut", "hook", "bowl", "frisbee", "tree_pose", "warrior",
    "toe_touch_alternate", "side_lunge", "bunny_hops", "high_knees", "hop_ahead", "jumping_jacks",
)  # fmt: skip
CHARACTERS = (
    "robot_walk", "chicken_walk", "gorilla_walk", "catwalk", "old_walk", "lunge_walk", "strut", "moonwalk", "sneak_walk",
    "dodge_back", "dodge_side", "peek", "cheer", "yawn_stretch", "facepalm", "big_strides", "zigzag",
)  # fmt: skip
WRISTS, ANKLES, PELVIS, HEAD = (20, 21), (7, 8), 0, 15


@pytest.mark.parametrize("action", [*EXERCISES, *CHARACTERS])
def test_actions_have_phrases_and_are_fit_for_training(action):
    assert len(phrase_table()[action]) >= 9
    for seed in range(3):
        joints = take(action, seed).joints
        assert clip_problem(joints - (0, joints[..., 1].min(), 0), Limits()) is None
        bones = np.linalg.norm(joints[:, (4, 5, 18, 19)] - joints[:, (7, 8, 20, 21)], axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-6


@pytest.mark.parametrize("side", ["left", "right"])
def test_sided_actions_use_the_side_that_they_name(side):
    own, other = WRISTS[side == "right"], WRISTS[side == "left"]
    for action in ("bowl", "frisbee", "facepalm"):
        joints = take(action, 2, side).joints
        moved = [np.ptp(q.chest_coordinates(joints, wrist), axis=0).max() for wrist in (own, other)]
        assert moved[0] > moved[1], action
    tree = take("tree_pose", 2, side).joints
    assert holds({"stands_on_one_leg": {"side": side}}, tree)
    for action in ("hop_one_leg", "hop_ahead"):
        assert holds({"hops": {"side": side, "times": 1}}, take(action, 2, side).joints)
    gone = np.linalg.norm(np.diff(take("hop_ahead", 2, side).joints[[0, -1], PELVIS], axis=0)[0, [0, 2]])
    assert gone > 0.3


@pytest.mark.parametrize("seed", range(3))
def test_what_is_counted_or_goes_ahead_does_so(seed):
    assert holds({"jumps": {"times": 2, "forward": 0.2}}, take("bunny_hops", seed).joints)
    assert holds({"all": ["marches", "lifts_knee"]}, take("high_knees", seed).joints)
    jacks = take("jumping_jacks", seed)
    assert shows(jacks.doing, jacks.joints) and jacks.doing.facts["times"]
    for action in ("robot_walk", "gorilla_walk", "catwalk", "lunge_walk", "strut", "sneak_walk"):
        joints = take(action, seed).joints
        assert q.travelled(joints)[0] > 0.5, action
    moonwalk = take("moonwalk", seed).joints
    assert q.travelled(moonwalk)[0] < -0.4


def test_arms_act_while_the_body_is_down():
    """An arm action of composites made from the puppet alone: the body stays low and both actions are told."""
    material = Material([])
    kinds: Counter = Counter()
    for seed in range(80):
        try:
            made = arms_while_low(material, np.random.default_rng(seed))
        except ValueError:  # it drew a captured arm action, and there is none
            continue
        if made is None:
            continue
        start, stop = made.spans[1]
        height = made.joints[start:stop, PELVIS, 1]
        assert height.max() < 0.8 and len(made.doings) == 2
        kinds[made.doings[0].action] += 1
    assert {"sit", "sit_floor", "kneel", "kneel_one"} <= set(kinds)


def test_who_gets_down_gets_up_again_without_a_jump_in_between():
    material, kinds = Material([]), Counter()
    for seed in range(60):
        made = down_and_up(material, np.random.default_rng(seed))
        if made is None:
            continue
        kinds[made.doings[0].action] += 1
        assert made.doings[1].action == "get_up_from_floor"
        joints, seam = made.joints, made.spans[1][0]
        assert joints[seam, PELVIS, 1] < 0.75 < joints[-1, PELVIS, 1]
        assert holds("stands_up", joints[seam:])
        steps = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(1)
        assert steps[seam - 2 : seam + 2].max() < 0.12
    assert {"sit_floor", "fall_down", "push_ups"} <= set(kinds)
