"""Amounts of turning in sentences, and candidates chosen by them."""

from __future__ import annotations

import numpy as np
import pytest
from takes import take

from dataset.motion_clip import MotionClip
from models.asked.turn import SaidTurn, said_turn
from models.matcher import TextMotionMatcher
from utils.quantities import turned

SAID = {
    "a person turns around": (180, ""),
    "someone spins around once": (360, ""),
    "he turns in a full circle": (360, ""),
    "a person walks in a circle to the left": (360, "left"),
    "walks clockwise in a circle": (360, "right"),
    "she makes a quarter turn to the right": (90, "right"),
    "turn left": (90, "left"),
    "rotate 120 degrees counterclockwise": (120, "left"),
    "the man turns ninety degrees to his left": (90, "left"),
    "a person does a 360": (360, ""),
    "does a 180 to the left": (180, "left"),
    "jumps 90 degrees to the right": (90, "right"),
    "jump 180": (180, ""),
    "does 180 push-ups": (None, ""),
    "turn a little to the left": (30, "left"),
    "turns a bit to the right": (30, "right"),
    "a slight right turn, 45 degrees or so": (30, "right"),
    "a 1/2 turn to the left": (180, "left"),
    "turn 3/4 to the right": (270, "right"),
    "turn to the left side": (90, "left"),
    "turns to face the other way": (180, ""),
    "turn to face left": (90, "left"),
    "turns to look left": (None, ""),
    "rolls over and turns onto the left side": (None, ""),
    "turns his left side to the camera": (None, ""),
    "turn on your right heel": (None, ""),
    "turn around completely and face the way you came": (180, ""),
    "walks forward, then without stopping turns left": (90, "left"),
    "turn 90 degrees left and 90 degrees right": (None, ""),
    "turns 180 then 360": (None, ""),
    "turn left 90, right 180": (None, ""),
    "touches the opposite toes in turn": (None, ""),
    "turns their eyes to the left": (None, ""),
    "a person does a 360 spin": (360, ""),
    "does an about-face": (180, ""),
    "turns half way around to the right": (180, "right"),
    "turns slightly to the left": (30, "left"),
    "a person spins around twice": (720, ""),
    "turns to the right in three full rotations": (1080, "right"),
    "makes two quarter turns to the left": (180, "left"),
    "turns all the way around to face the other way": (180, ""),
    "walks forward, turns around, and walks back": (180, ""),
    "a person walks backward without turning around": (0, ""),
    "turns around without walking away": (180, ""),
    "turns left, then turns right": (None, ""),
    "a person turns": (None, ""),
    "rotates counterclockwise in place": (None, ""),
    "turns the head to the left": (None, ""),
    "rotates their upper body to the right": (None, ""),
    "makes big circles with the arms": (None, ""),
    "moves both arms in circles": (None, ""),
    "a person walks forward": (None, ""),
    "turns the wheel to the left": (None, ""),
    "her head turns to the right": (None, ""),
    "turns around on the left foot": (180, ""),
}


@pytest.mark.parametrize(("text", "expected"), SAID.items())
def test_sentences_name_amounts(text, expected):
    turn = said_turn(text)
    assert ((None, "") if turn is None else (turn.degrees, turn.side)) == expected


def test_the_mirrored_sentence_names_the_other_side():
    for text, (degrees, side) in SAID.items():
        swap = {
            "left": "right",
            "right": "left",
            "clockwise": "counterclockwise",
            "counterclockwise": "clockwise",
        }
        mirrored = said_turn(" ".join(swap.get(word, word) for word in text.split()))
        if degrees is not None:
            assert mirrored == SaidTurn(degrees, swap.get(side, ""))


@pytest.mark.parametrize(
    "text", ["turns right around", "turns right back around", "turn right around and walk away"]
)
def test_right_around_is_no_side(text):
    assert said_turn(text) == SaidTurn(180.0)


def test_a_misfit_is_what_a_turn_misses_beyond_what_goes_through():
    joints = take("turn_around", 1, "left").joints
    amount = turned(joints)
    assert 150 < amount < 210
    assert SaidTurn(180.0).misfit(joints) == SaidTurn(180.0, "left").misfit(joints) == 0
    assert SaidTurn(360.0, "left").misfit(joints) == pytest.approx(360 - amount - 108, abs=1e-6)
    assert SaidTurn(180.0, "right").misfit(joints) > 250
    assert SaidTurn(0.0).misfit(take("walk", 1).joints) == 0 < SaidTurn(0.0).misfit(joints)


def clip(joints: np.ndarray, text: str) -> MotionClip:
    codes = np.zeros((-(-len(joints) // 4), 70), np.uint8)
    return MotionClip(text, np.zeros((len(joints), 263), np.float32), joints, codes, None, 20.0, "heading")


def test_the_best_candidate_turns_as_far_as_the_sentence_says(monkeypatch):
    matcher = TextMotionMatcher.__new__(TextMotionMatcher)
    # The space of texts and motions likes the last one best, whatever is asked.
    monkeypatch.setattr(
        TextMotionMatcher, "distances", lambda self, text, motions: -np.arange(len(motions), dtype=float)
    )
    joints = [take(name, 2, "left").joints for name in ("turn_quarter", "turn_full", "turn_around")]
    for text, best in (("a person spins around once", 1), ("turns left", 0), ("a person dances", 2)):
        candidates = [clip(one, text) for one in joints]
        assert matcher.best(candidates) is candidates[best], text
