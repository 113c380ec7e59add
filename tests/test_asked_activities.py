"""What one hand is busy with, paces, hops, jumping jacks, idling: shown by the motion that is asked for, by no other."""

from __future__ import annotations

import numpy as np
import pytest
from takes import performed, take

from dataset.features import mirror_joints, swap_sides
from dataset.procedural.toy_body import Puppet
from dataset.procedural.toy_travel import travel
from models.asked import ALIKE, asked, missed

ONE_SIDED = [
    ("curl_one", "does bicep curls with the left arm"), ("stir", "stirs a pot with his left hand"),
    ("wipe", "wipes the window with the left hand"), ("knock", "knocks on the door with the left fist"),
    ("beckon", "beckons with the left hand"), ("dribble", "dribbles a basketball with the left hand"),
    ("racket", "swings a tennis racket with the left hand"), ("check_watch", "checks the watch on the left wrist"),
    ("hand_on_chest", "puts the left hand on the chest"), ("touch_head", "scratches her head with the left hand"),
    ("phone", "holds the left hand to the ear"), ("salute", "salutes with the left hand at the forehead"),
    ("hop_ahead", "hops forward on the left foot"), ("punch_up", "throws a left uppercut"), ("punch", "throws a left jab"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "text"), ONE_SIDED)
def test_the_side_that_is_asked_for_is_seen(action, text):
    joints = take(action, 4, "left").joints
    assert asked(text).claims and missed(text, joints) < ALIKE
    assert missed(swap_sides(text), joints) >= ALIKE and missed(text, mirror_joints(joints)) >= ALIKE
    assert missed(text, take("stand", 3).joints) >= ALIKE


SHOWN = [
    ("jumping_jacks", "does jumping jacks", "jump"), ("bunny_hops", "hops forward like a bunny", "jump"),
    ("duck", "ducks under a branch", "walk"), ("stand", "idles", "arms_out"), ("stand", "does nothing", "walk"),
    ("stand", "upright and motionless, arms by the sides", "raise_both"), ("steps_back", "steps back", "steps_forward"),
    ("jump", "jump with a half turn", "turn_around"), ("hop_ahead", "hops forward on one leg", "hop_one_leg"),
    ("bend_down", "picks something up from the floor", "stand"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "text", "other"), SHOWN)
def test_a_motion_shows_what_is_asked_for_and_another_does_not(action, text, other):
    (claim,) = asked(text).claims
    assert claim.missed(take(action, 4).joints) < ALIKE <= claim.missed(take(other, 4).joints)


def test_jumping_jacks_are_counted():
    made = take("jumping_jacks", 4)
    assert missed(f"does jumping jacks {made.doing.facts['times']}", made.joints) == 0
    assert missed("does twelve jumping jacks", made.joints) >= ALIKE


def going(frames: int, speed: float, pace: float) -> np.ndarray:
    """Joints of the puppet that goes forward, `pace` steps a second."""

    def run(p: Puppet, a: float, b: float, rng: np.random.Generator) -> None:
        travel(p, a, b, speed=speed, pace=pace, lift=0.1, swing=20, first=0)

    return performed(run, frames)


def test_a_step_is_one_step():
    step, walk = going(56, 0.7, 1.5), going(120, 0.8, 1.7)
    assert missed("takes a step forward", step) < ALIKE <= missed("takes a step forward", walk)
    assert missed("steps forward", walk) < ALIKE <= missed("takes a step back", step)


PACES = {
    "strolls along": (True, False, False), "walks briskly": (False, True, False), "jogs lightly": (False, True, False),
    "sprints": (False, False, True), "walks forward": (True, True, True),
}  # fmt: skip


@pytest.mark.parametrize("text", PACES)
def test_paces_are_told_apart(text):
    for speed, shown in zip((0.7, 1.4, 4.5), PACES[text], strict=True):
        joints = going(90, speed, 2.0)
        assert (missed(text, joints) < ALIKE) == shown, speed


def test_which_hand_rests_on_the_head_and_which_arm_points():
    text = "right hand rests on the head, left arm is held straight out in front"
    assert missed(text, take("arm_front_one", 2, "left").joints) == pytest.approx(1.0, abs=0.05)
    assert missed(text, take("touch_head", 2, "left").joints) == pytest.approx(2.0, abs=0.05)
