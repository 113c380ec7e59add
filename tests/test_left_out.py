"""What sentences leave out is said again: parts of the body, the other side, and who does it."""

from __future__ import annotations

import pytest

from dataset.features import swap_sides
from dataset.heard import heard
from dataset.left_out import completed

COMPLETED = {
    # the part of the body, named before
    "put all weight on the right leg and pick up the left": "put all weight on the right leg and pick up the left leg",
    "hold the left arm up and the right one to the side": "hold the left arm up and the right arm to the side",
    "a person stands on the left leg with the right bent": "a person stands on the left leg with the right leg bent",
    "the right arm is still while the left one waves": "the right arm is still while the left arm waves",
    "touch the left foot with the right hand and the other foot with the left": (
        "touch the left foot with the right hand and the right foot with the left hand"
    ),
    # the other one
    "raise the left arm and lower the other": "raise the left arm and lower the right arm",
    "left arm out to the side, the other one straight ahead": "left arm out to the side, the right arm straight ahead",
    # limbs that something is done to
    "the left arm is held out, then swung round": "hold the left arm out, then swing the left arm round",
    "the right hand is slowly raised and then lowered": "slowly raise the right hand and then lower the right hand",
    "both arms are lifted": "lift both arms",
    "one arm is raised while walking": "raise one arm while walking",
}  # fmt: skip
KEPT = (
    "waves with the left hand and turns to the right",  # a direction
    "stand on the left leg and look at something on the right",
    "walks to the right, the left arm is raised",
    "both hands are on the hips",
    "turn to the left, then to the right",
    "a person kicks with the left leg",
    "",
)


@pytest.mark.parametrize("text", COMPLETED)
def test_what_is_left_out_is_said(text):
    assert completed(text) == COMPLETED[text]
    assert completed(COMPLETED[text]) == COMPLETED[text]
    assert completed(swap_sides(text)) == swap_sides(COMPLETED[text])


@pytest.mark.parametrize("text", KEPT)
def test_what_is_whole_stays(text):
    assert completed(text) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("stand on the left leg, then switch to the right", ["stand on the left leg", "stand on the right leg"]),
        ("kick with the left foot, then change to the right one", ["kick with the left foot", "kick with the right foot"]),
        ("wave the right hand, then switch hands", ["wave the right hand", "wave the left hand"]),
        ("kick with the left leg, then change sides", ["kick with the left leg", "kick with the right leg"]),
    ],
)  # fmt: skip
def test_switching_sides_is_doing_the_same_on_the_other(text, parts):
    assert [part for part, _ in heard(text, None, 20.0)] == parts
