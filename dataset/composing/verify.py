"""Whether a composite shows what its captions say, by the checks that also judge generated motion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dataset.composing.phrases import Doing
from dataset.procedural.toy_motions import TIMES
from utils.motion_checks import holds

COUNTED = {
    "jump_times": "jumps", "squat_times": "squats", "clap_times": "claps", "jump_aside": "jumps", "jump_back": "jumps",
    "jumping_jacks": "jumping_jacks",
}  # fmt: skip
WALKS = (
    "walk",
    "walk_return",
    "walk_again",
    "walk_still_arms",
    "walk_fast",
    "walk_slow",
    "speed_up",
    "slow_down",
    "march_forward",
    "limp",
    "stagger",
    "zombie_walk",
    "stumble",
    "robot_walk",
    "old_walk",
    "sneak_walk",
    "big_strides",
    "lunge_walk",
    "strut",
    "catwalk",
    "chicken_walk",
    "gorilla_walk",
    "carry",
    "zigzag",
)
GOING = {"least": 0.2, "metres": 0.3, "most": 4.0}
_SLOWLY = {"least": 0.05, "most": 1.2, "metres": 0.2}
TIMED = {
    "walk_fast": {"least": 1.1, "most": 2.9}, "walk_slow": {"least": 0.08, "most": 0.95, "metres": 0.2},
    "sneak_walk": _SLOWLY, "old_walk": _SLOWLY, "chicken_walk": _SLOWLY,
}  # fmt: skip


def check_of(doing: Doing) -> Any:
    """The check for an action, or None where there is none. Thresholds are below those of the evaluation: a part of a
    sequence may be short.
    """
    if doing.also is not None:
        parts = [check_of(replace(doing, also=None)), check_of(doing.also)]
        parts = [part for part in parts if part is not None]
        return {"all": parts} if parts else None
    action, side = doing.action, doing.facts.get("side", "")
    if action in WALKS:
        return {"walks": TIMED.get(action, GOING)}
    if action in ("run", "walk_back", "sidestep", "raise_one", "raise_both", "wave_one", "wave_both"):
        return {
            "run": {"runs": {"least": 0.9}},
            "walk_back": {"walks": {"direction": "backward", "least": 0.1, "metres": 0.2}},
            "sidestep": {"walks": {"direction": side, "least": 0.05, "metres": 0.2}},
            "raise_one": {"raises": {"side": side, "seconds": 0.2}},
            "raise_both": {"raises": {"seconds": 0.2}},
            "wave_one": {"waves": {"side": side, "swings": 2, "alone": False}},
            "wave_both": {"waves": {"swings": 2}},
        }[action]
    if action in COUNTED:
        return {COUNTED[action]: {"times": TIMES.index(doing.facts["times"])}}
    amounts = {
        "turn_around": 120,
        "turn_quarter": 50,
        "corner": 40,
        "curve": 25,
        "walk_circle": 280,
        "circle": 260,
        "u_turn": 140,
        "turn_full": 250,
        "turn_slight": 20,
    }
    if action in amounts:
        return {"turns": {"side": side, "least": amounts[action]}}
    if action == "jump_turn":
        return {"all": ["jumps", {"turns": {"side": side, "least": 60}}]}
    simple = {
        "squat": {"squats": {"back_up": False}}, "sit": "sits", "kneel": "kneels", "bow": {"bows": {"least": 15}},
        "lie_down": "lies_down", "one_leg": {"stands_on_one_leg": {"side": side}}, "bend_down": "bends_down",
        "run_fast": {"runs": {"least": 2.5}}, "jog_slow": {"runs": {"least": 0.9}},
        "run_back": {"walks": {"direction": "backward", "least": 0.4, "most": 4.0}},
        "squat_low": {"squats": {"back_up": False}},
        "side_steps": {"walks": {"direction": side, "least": 0.03, "metres": 0.15}},
        "arm_out_one": {"reaches": {"side": side, "direction": "side"}}, "punch": {"punches": {"side": side}},
        "arm_front_one": {"reaches": {"side": side, "direction": "front"}},
        "lift_knee": {"lifts_knee": {"side": side}}, "lift_knee_times": {"lifts_knee": {"side": side}},
        "raise_one_times": {"raises": {"side": side, "seconds": 0.2}},
        "box": {"all": [{"punches": {"side": "left"}}, {"punches": {"side": "right"}}]},
        "leg_aside": {"lifts_leg": {"direction": "aside", "side": side}}, "throw_one": {"throws": {"side": side}},
        "kick_back": {"lifts_leg": {"direction": "back", "side": side, "seconds": 0.15}},
        "leg_back": {"lifts_leg": {"direction": "back", "side": side}},
        "kneel_one": {"kneels_on": {"side": side}}, "crawl": "crawls", "push_ups": {"push_ups": {"times": 1}},
        "sit_floor": "sits_on_floor", "fall_down": "falls", "climb_stairs": "climbs",
        "stairs_down": {"climbs": {"direction": "down"}}, "duck": "ducks",
        "hand_to_mouth": {"hand_at_mouth": {"side": side}},
        "hop_one_leg": {"hops": {"side": side, "times": 1}}, "hop_ahead": {"hops": {"side": side, "times": 1}},
        "bunny_hops": {"jumps": {"times": 2, "forward": 0.2}}, "high_knees": {"all": ["marches", "lifts_knee"]},
        "get_up_from_floor": "stands_up",
    }  # fmt: skip
    return {"kicks": {"side": side}} if action in ("kick", "kick_times") else simple.get(action)


def shows(doing: Doing, joints: np.ndarray) -> bool:
    """Whether joints (T, 22, 3) of the frames in which it is done show an action; True for actions without a check."""
    check = check_of(doing)
    return check is None or holds(check, joints)
