"""What a clause asks for on the floor and on stairs, with its measures (contract as in `models.asked.measures`)."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, WHOSE, Said, any_of, told_times
from utils import quantities as q
from utils.quantities import SIDES

GROUND = r"\b(?:floor|ground|grass|carpet|rug|mat|sand)\b"
CRAWL = re.compile(
    rf"{any_of('crawl')}|{any_of('walk', 'move', 'go', 'creep')} .*\b(?:all fours|hands and (?:{WHOSE} )?knees)\b"
)
PUSH_UPS = re.compile(r"\b(?:push|press)[- ]?ups?\b(?! (?:from|off|on) (?:a|the) (?:chair|seat|wall))")
SIT_UPS = re.compile(r"\b(?:sit[- ]?ups?|crunch(?:es)?)\b")
SIT_FLOOR = re.compile(
    rf"(?:{any_of('sit')}|\bseated\b)(?!-| ups).*(?:{GROUND}|\bcross[- ]?legged\b|\blotus\b)|\blegs crossed on the floor\b"
)
FALL = re.compile(
    rf"{any_of('fall')}(?! (?:asleep|in\b|into (?!a heap)|behind|back (?:in|on)to step|out))|{any_of('collapse')}"
)
STAIRS = re.compile(r"\b(?:stair(?:s|case|way)?|steps(?= of a)|flight of (?:stairs|steps))\b")
UP, DOWN = (
    re.compile(r"\b(?:up|upstairs|climb\w*|ascend\w*)\b"),
    re.compile(r"\b(?:down|downstairs|descend\w*)\b"),
)
STOREYS = re.compile(r"\b(?P<up>upstairs)\b|\b(?P<down>downstairs)\b")
ONE_KNEE = re.compile(rf"\b(?P<one>one|(?:the |{WHOSE} )?(?P<side>left|right)) knee\b")
KNEEL = re.compile(any_of("kneel"))


def claim(said: Said) -> Claim | None:
    """What the clause asks for on the floor or on stairs, if anything."""
    if CRAWL.search(said.words) and not said.has(r"\b(?:back|side|crab|up|wall|skin)\w*\b"):
        return Claim("*crawl forward on hands and knees", crawls)
    if PUSH_UPS.search(said.words):
        times = said.times(r"push[- ]?ups|press[- ]?ups")
        return Claim(f"*do push-ups{told_times(times)}", partial(push_ups, times=times))
    if SIT_UPS.search(said.words):
        return Claim("*do sit-ups", sit_ups)
    if SIT_FLOOR.search(said.words):
        crossed = " cross-legged" if said.has(r"\bcross|\blotus\b") else ""
        return Claim(f"*sit{crossed} on the floor", sits_on_floor)
    if FALL.search(said.words) and not said.has(rf"\b(?:let\w*|{ARM}s?)\b"):
        return Claim("*fall down", m.lies)
    if KNEEL.search(said.words) and (found := ONE_KNEE.search(said.words)):
        side = found["side"]
        which = f"the {side}" if side else "one"
        return Claim(f"*kneel down on {which} knee", partial(kneels_on_one, side=SIDES.get(side or "")))
    return _on_stairs(said)


def _on_stairs(said: Said) -> Claim | None:
    storeys = STOREYS.search(said.words)
    if not (STAIRS.search(said.words) or storeys):
        return None
    goes_up, goes_down = UP.search(said.words), DOWN.search(said.words)
    if bool(goes_up) == bool(goes_down):
        return None
    return Claim(
        f"*walk {'up' if goes_up else 'down'} the stairs", partial(climbs, sign=1 if goes_up else -1)
    )


def _low(joints: np.ndarray, part: tuple[int, ...]) -> np.ndarray:
    """Height (T,) in metres above the floor of the lower of two joints."""
    return joints[:, [*part], 1].min(1) - q.floor(joints)


def _prone(joints: np.ndarray) -> np.ndarray:
    """Frames (T,) with both hands on the floor and the pelvis low, the trunk nearer level than upright."""
    hands = joints[:, [*q.WRISTS], 1].max(1) - q.floor(joints)
    trunk = joints[:, q.NECK, 1] - joints[:, q.PELVIS, 1]
    return (hands < 0.25) & (np.abs(trunk) < 0.38) & (joints[:, q.PELVIS, 1] - q.floor(joints) < 0.72)


def crawls(joints: np.ndarray) -> float:
    """Gets somewhere with hands and knees on the floor."""
    down = _prone(joints) & (_low(joints, q.KNEES) < 0.22)
    if down.sum() < 2:
        return 1.0
    root = joints[down][:, q.PELVIS][:, [0, 2]]
    gone = float(np.linalg.norm(root[-1] - root[0]))
    return max(1 - min(q.longest_run(down) / 1.0, 1.0), 1 - min(gone / 0.4, 1.0))


def push_ups(joints: np.ndarray, times: int | None = None) -> float:
    """Hands and feet on the floor, the chest goes down and up, twice or more, or so many times."""
    down = _prone(joints)
    if down.sum() < 10:
        return 1.0
    found = m.dips(joints[down][:, q.SPINE3, 1], 0.12)
    missed = max(1 - min(q.longest_run(down) / 1.0, 1.0), 1 - min(found / 2, 1.0) if times is None else 0.0)
    return missed if times is None or missed else m.miscount(found, times)


def sit_ups(joints: np.ndarray) -> float:
    """The pelvis on the floor, the head near it and then high above."""
    down = joints[:, q.PELVIS, 1] - q.floor(joints) < 0.3
    if down.sum() < 10:
        return 1.0
    head = joints[down][:, q.HEAD, 1] - q.floor(joints)
    return max(min(max(float(head.min()) - 0.25, 0.0) / 0.3, 1.0), 1 - min(float(np.ptp(head)) / 0.3, 1.0))


def sits_on_floor(joints: np.ndarray) -> float:
    """The pelvis on the floor, the trunk upright."""
    seated = (joints[:, q.PELVIS, 1] - q.floor(joints) < 0.32) & (np.abs(q.lean(joints)) < 50)
    return 1 - min(q.longest_run(seated) / 0.5, 1.0)


def kneels_on_one(joints: np.ndarray, side: int | None = None) -> float:
    """One knee on the floor, that of the side where one is named, the other one up, the trunk upright."""
    heights = [joints[:, knee, 1] - q.floor(joints) for knee in q.KNEES]
    missed = []
    for leg in (0, 1) if side is None else (side,):
        held = (heights[leg] < 0.17) & (heights[1 - leg] > 0.28) & (np.abs(q.lean(joints)) < 45)
        missed.append(1 - min(q.longest_run(held) / 0.5, 1.0))
    return min(missed)


def climbs(joints: np.ndarray, sign: int) -> float:
    """The pelvis ends higher (1) or lower (-1) than it began, upright, and some way ahead."""
    rise = sign * float(joints[-4:, q.PELVIS, 1].mean() - joints[:4, q.PELVIS, 1].mean())
    upright = float(np.abs(q.lean(joints)).max() < 60)
    return max(1 - min(max(rise, 0.0) / 0.35, 1.0), m.travels(joints, "forward", 0.4), 1 - upright)
