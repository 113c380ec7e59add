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

GROUND = r"(?:floor|ground|grass|carpet|rug|mat|sand)\b"
CRAWL = re.compile(
    rf"{any_of('crawl')}|{any_of('walk', 'move', 'go', 'creep')} (?!down\b|to\b|onto\b).*"
    rf"\b(?:all fours|hands and (?:{WHOSE} )?knees)\b"
)
# Backwards or up a wall, as an animal does, or what crawls is a queue.
CRAWL_OTHERWISE = re.compile(
    r"\b(?:(?:back|side|crab|bear|spider|up|wall|skin|army|stairs?|traffic|time|line|queue)\w*|a crawl)\b"
)
PUSH_UPS = re.compile(
    r"\b(?:(?P<one>an?|one|single) (?:\w+ )?)?(?:push|press)[- ]?up(?P<many>s)?\b"
    r"(?! (?:position|pose|stance|from|off|on|against))"
)
NO_PUSH_UPS = re.compile(
    r"\b(?:in|into|wall|knee|knees|one[- ](?:handed|armed)|hold\w*) (?:an? )?(?:push|press)[- ]?ups?\b"
)
SIT_UPS = re.compile(rf"\bsit-?ups?\b|\bsit ups\b|{any_of('do', 'perform')} (?:\w+ ){{0,2}}crunch(?:es)?\b")
SIT_FLOOR = re.compile(
    rf"(?:{any_of('sit')}|\bseated\b)(?!-| ups)(?: \w+){{0,2}} (?:on|onto) (?:the |a |her |his )?(?:\w+ )?{GROUND}|"
    rf"(?:{any_of('sit')}|\bseated\b).*(?:\bcross[- ]?legged\b|\blotus\b)"
)
SEAT = re.compile(r"\b(?:chair|couch|sofa|stool|bench|bed|desk|table|seat|throne|car|armchair)\b")
_ELSEWHERE = (
    rf"(?:\w+ )?(?:on|onto) (?:{WHOSE} |a )?(?:butt\w*|bottom|seat|knees?|couch|bed|sofa|chair|\w+ knee)"
)
FALL = re.compile(
    rf"(?<!before )(?<!without )(?<!from )(?:{any_of('fall')}(?! (?:asleep|silent|ill|apart|short|behind|out|in\b|for\b|"
    rf"back (?:in|on|to)|into (?!a heap)|{_ELSEWHERE})\b)|"
    rf"{any_of('collapse')}(?! (?:in|into|on|onto) (?:the |a )?(?:chair|couch|sofa|bed)))"
)
# It is something else that falls.
ELSE_FALLS = re.compile(
    rf"\blet\w*\b|\b{ARM}s?\b|\b(?:night|rain|snow|leaf|leaves|curtain|building|house|tower|water|tree|silence)\b"
)
_FLIGHT = r"(?: (?:the|a|an|some|his|her|their|those|these))?(?: \w+){0,2}? ?(?:stair\w*|steps|flight of (?:stairs|steps))\b"
_GOES = any_of(
    "walk", "go", "climb", "run", "step", "come", "head", "move", "march", "jog", "hurry", "rush", "stride", "ascend",
    "descend",
)  # fmt: skip
STAIRS = re.compile(
    rf"{_GOES}(?: \w+){{0,2}}? (?:(?P<up>up)|(?P<down>down))(?! (?:to|at)\b){_FLIGHT}|"
    rf"{any_of('climb', 'ascend')}(?P<climbed>(?! down\b){_FLIGHT})|{any_of('descend')}(?P<descended>{_FLIGHT})|"
    rf"{_GOES} (?:(?P<upstairs>upstairs)|(?P<downstairs>downstairs))\b"
)
STAIRS_OTHERWISE = re.compile(r"\b(?:crawl|back|backward|backwards|hop|jump|hall|to the|foot of)\w*\b")
ONE_KNEE = re.compile(rf"\b(?P<one>one|(?:the |{WHOSE} )?(?P<side>left|right)) knee\b")
KNEEL = re.compile(any_of("kneel"))


def claim(said: Said) -> Claim | None:
    """What the clause asks for on the floor or on stairs, if anything."""
    words = said.words
    if CRAWL.search(words) and not CRAWL_OTHERWISE.search(words):
        return Claim("*crawl forward on hands and knees", crawls)
    if (found := PUSH_UPS.search(words)) and not NO_PUSH_UPS.search(words):
        times = said.times(r"push[- ]?ups|press[- ]?ups") or (
            1 if found["one"] and not found["many"] else None
        )
        return Claim(f"*do push-ups{told_times(times)}", partial(push_ups, times=times))
    if SIT_UPS.search(words):
        return Claim(f"*do sit-ups{told_times(said.times(r'sit-?ups|sit ups'))}", sit_ups)
    if SIT_FLOOR.search(words) and not SEAT.search(words):
        crossed = " cross-legged" if said.has(r"\bcross|\blotus\b") else ""
        return Claim(f"*sit{crossed} on the floor", sits_on_floor)
    if FALL.search(words) and not ELSE_FALLS.search(words):
        return Claim("*fall down", m.lies)
    if KNEEL.search(words) and (knee := ONE_KNEE.search(words)):
        which = f"the {knee['side']}" if knee["side"] else "one"
        return Claim(
            f"*kneel down on {which} knee", partial(kneels_on_one, side=SIDES.get(knee["side"] or ""))
        )
    return _on_stairs(said)


def _on_stairs(said: Said) -> Claim | None:
    found = STAIRS.search(said.words)
    if found is None or STAIRS_OTHERWISE.search(said.words):
        return None
    goes_up = any(found[kind] for kind in ("up", "climbed", "upstairs"))
    gait = "run" if said.has(any_of("run", "jog", "rush", "hurry")) else "walk"
    return Claim(
        f"*{gait} {'up' if goes_up else 'down'} the stairs", partial(climbs, sign=1 if goes_up else -1)
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
