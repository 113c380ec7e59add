"""Is a generated action seen? What joints must show of a sentence's verb: a generator does not always do what it is told."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from utils.motion_checks import holds

# Verb -> the check of `utils.motion_checks`; SIDE stands for the side that the sentence names.
SIDE = "side"
_ANY_WAVE = {"any": [{"waves": {"side": side}} for side in ("left", "right", "both")]}
_SHORT = {
    r"waves?|waving": {"waves": SIDE},
    r"jumps?|jumping|hops?|leaps?": {"jumps": {}},
    r"kicks?|kicking": {"kicks": SIDE},
    r"squats?|squatting|crouches": {"squats": {"back_up": False}},
    r"sits?(?: down)?|sitting": {"sits": {"seconds": 0.2}},
    r"bows?|bowing": {"bows": {"least": 15}},
    r"claps?|clapping": {"claps": {"times": 1}},
    r"punch(?:es)?|punching": {"punches": SIDE},
    r"kneels?(?: down)?": {"kneels": {"seconds": 0.2}},
    r"lies down": {"lies_down": {}},
    r"walks?|walking": {"any": [{"walks": {"metres": 0.35, "least": 0.15}},
                                {"walks": {"direction": "backward", "metres": 0.35, "least": 0.15}},
                                {"circles": {}}]},
    r"runs?|running|jogs?": {"walks": {"metres": 0.8, "least": 0.7, "most": 9.0}},
    r"march(?:es)?(?: in place)?": {"marches": {}},
    r"spins?|turns? around": {"turns": {"least": 110}},
}  # fmt: skip
COUNTED = ("jumps", "squats", "claps")  # checks that count
_TIMES = {2: "twice|two times|again", 3: "three times|thrice", 4: "four times", 5: "five times"}
_COMPILED = [(re.compile(rf"\b(?:{pattern})\b"), check) for pattern, check in _SHORT.items()]


def check_of(text: str) -> Any | None:
    """The check of an action's sentence; None where its verb has none."""
    for pattern, check in _COMPILED:
        if pattern.search(text):
            return _sided(check, text)
    return None


def _sided(check: Any, text: str) -> Any:
    """A check with the side that a sentence names; any side where it names none."""
    (name, settings), *_ = check.items()
    if settings != SIDE:
        counted = [times for times, said in _TIMES.items() if re.search(rf"\b(?:{said})\b", text)]
        return {name: settings | {"times": counted[0]}} if counted and name in COUNTED else check
    named = [side for side in ("left", "right", "both") if re.search(rf"\b{side}\b", text)]
    if len(named) == 1 and not (named == ["both"] and name != "waves"):
        return {name: {"side": named[0]}}
    return _ANY_WAVE if name == "waves" else {name: {}}


def seen(text: str, joints: np.ndarray) -> float:
    """How clearly joints (T, 22, 3) of an action, with what leads into it, show what its sentence says: 0 to 1.

    1: in all of it, and in what comes after the way there too. 1 as well where nothing can be looked for.
    """
    check = check_of(text)
    if check is None:
        return 1.0
    return float(np.mean([holds(check, joints[start:]) for start in (0, len(joints) // 5, len(joints) // 3)]))
