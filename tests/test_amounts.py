"""Amounts that captions tell are those of the joints."""

import numpy as np
import pytest
from takes import take

from dataset.composing.amounts import measured
from dataset.composing.phrases import Doing, sentence
from utils import quantities as q


def _gliding(metres: float, seconds: float) -> np.ndarray:
    """A standing body carried along z, joints (T, 22, 3)."""
    joints = np.repeat(take("stand", 0).joints[:1], int(seconds * q.FPS) + 1, 0)
    joints[..., 2] += np.linspace(0, metres, len(joints))[:, None]
    return joints


@pytest.mark.parametrize(
    ("metres", "told"), [(3.0, "three meters"), (2.9, "three meters"), (1.05, "one meter"), (2.5, None)]
)
def test_metres_are_told_where_they_are_nearly_whole(metres, told):
    doing = measured(Doing("walk"), _gliding(metres, 4.0))
    assert doing.amounts.get("metres") == told


@pytest.mark.parametrize(
    ("metres", "words"), [(1.6, "slow"), (4.2, "normal|pace|speed|fast nor"), (7.2, "quick|brisk|fast|hurr")]
)
def test_pace_is_told_of_walks(metres, words):
    said = measured(Doing("walk"), _gliding(metres, 4.0)).amounts["pace"]
    assert any(word in said for word in words.split("|"))
    assert "pace" not in measured(Doing("march"), _gliding(metres, 4.0)).amounts


def test_seconds_are_those_that_standing_lasts():
    assert measured(Doing("stand"), _gliding(0, 3.0)).amounts["seconds"] == "three seconds"
    assert "seconds" not in measured(Doing("stand"), _gliding(0, 3.5)).amounts


def test_arms_are_told_to_be_down_only_where_they_are():
    assert "low_arms" in measured(Doing("kick"), take("kick", 0, "left").joints).amounts
    assert "low_arms" not in measured(Doing("raise_one"), take("raise_one", 0, "left").joints).amounts
    assert "straight_knees" not in measured(Doing("squat"), take("squat", 0).joints).amounts


def test_amounts_make_no_other_action_and_mirror_with_it():
    doing = Doing("one_leg", {"side": "left"})
    counted = measured(doing, take("one_leg", 1, "left").joints)
    assert counted == doing and counted.mirrored() == doing.mirrored()
    assert counted.mirrored().amounts == counted.amounts


def test_captions_say_metres_only_where_there_are_some():
    rng = np.random.default_rng(0)
    with_metres = Doing("walk", amounts={"metres": "three meters"})
    assert any("three meters" in sentence([with_metres], False, rng) for _ in range(300))
    assert not any("three meters" in sentence([Doing("walk")], False, rng) for _ in range(300))
