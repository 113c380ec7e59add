"""Procedural pursuits and manners do what their names say, and leave the puppet as they found it."""

from __future__ import annotations

import numpy as np
import pytest
from takes import take

from dataset.composing.material import ARM_PROCEDURES, ARMS_OF, BODY_PROCEDURES
from dataset.motion_files.quality import Limits, clip_problem
from utils import quantities as q
from utils.motion_checks import holds

PURSUITS = (
    "beckon", "knock", "check_watch", "curl_one", "curls", "overhead_press", "racket", "violin", "piano", "drums", "drive",
    "pull_rope", "stir", "wipe", "archery", "pray", "shrug_arms", "blow_kiss", "hug", "shiver", "conduct", "punch_up",
    "golf", "bat", "sweep", "stagger", "zombie_walk", "stumble", "duck", "kneel_one", "dance",
)  # fmt: skip
WRISTS, KNEES, PELVIS, HEAD = (20, 21), (4, 5), 0, 15


@pytest.mark.parametrize("action", PURSUITS)
def test_actions_begin_and_end_in_rest_and_are_fit_for_training(action):
    for seed in range(3):
        joints = take(action, seed).joints
        assert clip_problem(joints - (0, joints[..., 1].min(), 0), Limits()) is None
        assert np.linalg.norm(np.diff(joints[:, WRISTS], axis=0), axis=-1).max() * q.FPS < 6.0
        for wrist in WRISTS:  # hanging beside the hips
            ends = joints[[0, -1], wrist, 1] - joints[[0, -1], PELVIS, 1]
            assert np.abs(ends).max() < 0.25


def test_every_action_is_among_the_procedures_once_or_for_each_side():
    for action in PURSUITS:
        found = [p for p in (*ARM_PROCEDURES, *BODY_PROCEDURES) if p.action == action]
        assert len(found) in (1, 2)
        assert (action in ARMS_OF) == (found[0] in ARM_PROCEDURES)


@pytest.mark.parametrize("side", ["left", "right"])
def test_sided_actions_move_the_arm_they_name(side):
    arm = WRISTS[side == "right"]
    other = WRISTS[side == "left"]
    for action in ("beckon", "knock", "check_watch", "curl_one", "stir", "wipe", "blow_kiss", "punch_up"):
        joints = take(action, 2, side).joints
        assert np.ptp(joints[:, arm], axis=0).max() > 0.2 > np.ptp(joints[:, other], axis=0).max()
    assert holds({"raises": {"side": side, "seconds": 0.2}}, take("punch_up", 2, side).joints)


@pytest.mark.parametrize("seed", range(4))
def test_what_goes_to_and_fro_does_so(seed):
    for action in ("piano", "drums", "curls", "conduct"):
        assert q.swings(take(action, seed).joints[:, 20, 1], 0.02) >= 3, action
    assert (
        take("overhead_press", seed).joints[:, WRISTS, 1].max() > take("curls", seed).joints[:, HEAD, 1].max()
    )


@pytest.mark.parametrize(("side", "knee"), [("left", 4), ("right", 5)])
def test_who_kneels_on_one_knee_has_that_one_on_the_floor(side, knee):
    joints = take("kneel_one", 3, side).joints
    other = KNEES[knee == KNEES[0]]
    low = joints[:, knee, 1] < 0.17
    assert q.longest_run(low) >= 0.4 and (joints[low, other, 1] > 0.3).all()
    assert holds("kneels", joints)


def test_manners_of_walking_and_dancing():
    assert holds({"walks": {"least": 0.15, "metres": 0.5}}, take("zombie_walk", 1).joints)
    ahead = q.chest_coordinates(take("zombie_walk", 1).joints, 20)[:, 2]
    assert q.longest_run(ahead > 0.3) > 1.0
    stagger, walk = take("stagger", 1).joints, take("walk", 1).joints
    lean = [np.ptp(joints[:, HEAD, 0] - joints[:, PELVIS, 0]) for joints in (stagger, walk)]
    assert lean[0] > 2 * lean[1]
    for seed in range(4):
        dance = take("dance", seed).joints
        assert holds({"stays": {"metres": 1.0}}, dance)
        assert q.swings(dance[:, PELVIS, 1], 0.015) >= 4
        duck = take("duck", seed).joints
        assert duck[:, HEAD, 1].min() < 0.75 * duck[0, HEAD, 1]
        assert duck[-1, HEAD, 1] > 0.97 * duck[0, HEAD, 1]
        trip = take("stumble", seed).joints
        assert q.lean(trip).max() > 30 and abs(q.lean(trip)[-1]) < 15


def test_throws_are_quick_enough_to_be_throws():
    for side in ("left", "right"):
        for seed in range(4):
            assert holds({"throws": {"side": side}}, take("throw_one", seed, side).joints)
