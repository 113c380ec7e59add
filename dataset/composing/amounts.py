"""Amounts that sentences may tell of an action, measured on its joints: metres, seconds, pace, what stays low."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset.composing.phrases import Doing
from dataset.number_words import NUMBERS
from utils import quantities as q
from utils.motion_checks import arms_down

GOING = ("walk", "walk_again", "walk_back", "run", "sidestep", "march_forward", "tiptoe_walk", "skip", "limp", "run_back",
         "walk_still_arms", "walk_fast", "walk_slow")  # fmt: skip
HELD = (
    "stand", "one_leg", "raise_one", "raise_both", "arms_out", "arm_out_one", "arms_front", "arm_front_one", "hands_on_hips",
    "cross_arms", "hands_behind", "hands_on_head", "touch_head", "salute", "squat_low", "kneel", "leg_aside", "leg_back",
    "arms_two_ways",
)  # fmt: skip
LASTING = ("march", "run_in_place", "clap", "wave_one", "wave_both", "nod", "box", "jumping_jacks", "twist", "flap", "swim",
           "hop_one_leg", "high_knees", "hop_ahead", "dribble", "guitar", "phone", "circles_forward", "look_around",
           "shake_head")  # fmt: skip
RAMPS = 1.2  # seconds that a held pose takes to begin and to end
MOST = 9  # metres or seconds that are told
STRAIGHT = 35.0  # degrees by which a straight knee bends at most
# Metres a second of walking, and words for it.
PACES = (
    (0.25, 0.6, ("slowly", "at a slow pace", "at a slow speed", "at a leisurely pace", "without hurrying")),
    (0.8, 1.25, ("at a normal speed", "at a normal pace", "at an ordinary speed", "at an average pace", "at a regular pace",
                 "at a moderate speed", "at a comfortable pace", "at a steady pace", "neither fast nor slowly")),
    (1.4, 2.2, ("quickly", "briskly", "at a fast pace", "at a brisk pace", "fast", "with quick steps", "in a hurry",
                "hurriedly", "at a quick pace")),
)  # fmt: skip


def measured(doing: Doing, joints: np.ndarray) -> Doing:
    """The action with the amounts that joints (T, 22, 3), metres, of the frames in which it is done show."""
    amounts: dict[str, str] = {}
    seconds = (len(joints) - 1) / q.FPS
    if doing.action in GOING:
        path = joints[:: int(q.FPS / 4), 0, [0, 2]]  # leaves out the sway; q.path_length also loses the ends
        metres = float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())
        amounts |= _number("metres", metres, 0.2, "meter")
        if doing.action == "walk" and not doing.manner:
            amounts |= _pace(metres / max(seconds, 0.1))
    if doing.action in HELD:
        amounts |= _number("seconds", seconds - (0 if doing.action == "stand" else RAMPS), 0.45, "second")
    if doing.action in LASTING:
        amounts |= _number("seconds", seconds, 0.45, "second")
    if arms_down(joints):
        amounts["low_arms"] = " "
    if max(q.knee_bend(joints, side).max() for side in (0, 1)) <= STRAIGHT:
        amounts["straight_knees"] = " "
    return replace(doing, amounts=amounts) if amounts else doing


def _number(name: str, value: float, near: float, unit: str) -> dict[str, str]:
    """A whole number of units in words, where the value is near one."""
    whole = round(value)
    if not 1 <= whole <= MOST or abs(value - whole) > near:
        return {}
    return {name: f"{NUMBERS[whole]} {unit}{'' if whole == 1 else 's'}"}


def _pace(speed: float) -> dict[str, str]:
    for least, most, words in PACES:
        if least <= speed <= most:
            return {"pace": words[int(speed * 1000) % len(words)]}  # the same clip is always told alike
    return {}
