"""What a clause asks of the way that somebody goes."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from dataset.number_words import NUMBERS
from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, HIGH_KNEES, LEG, WHOSE, Said, any_of
from utils.quantities import SIDES

WALKING = ("walk", "stroll", "march", "sneak", "creep", "wander", "stride", "tread", "amble")
MOVING = ("go", "move", "step", "advance", "proceed", "head")  # with a way only
RUNNING = ("run", "jog", "sprint", "dash", "rush", "race")
SIDLING = ("sidestep", "shuffle", "slide", "shift", "sidle", "edge", "scoot", "step", "move")
WALK = re.compile(rf"{any_of(*WALKING)}|\b(?:paces|pacing|paced)\b(?! back and)")
MOVE, RUN = re.compile(any_of(*MOVING)), re.compile(any_of(*RUNNING))
AHEAD = re.compile(r"\b(?:forwards?|ahead)\b")
STEPS = re.compile(rf"\b(?P<count>{'|'.join(NUMBERS[1:])}) (?:\w+ ){{0,2}}?(?:side ?)?steps?\b")
SIDLE = re.compile(rf"{any_of(*SIDLING)}|\bside[- ]?step\w*\b|\bsidesteps?\b")
OTHERWISE = re.compile(
    r"\b(?:(?:turn|look|lean|bend|dance|crawl|diagonal|tiptoe|lung|zig-?zag)\w*|weight|head to|away|up|down|stairs?|with|"
    r"like|towards? (?:the )?(?:door|wall|chair)|fours|heels|hands|figure|square|triangle|around|crab|over (?:a|an|the)|"
    r"forth|then|and|toes?)\b"
)
BACKWARD = re.compile(
    rf"\b(?:backwards?|in reverse|rearwards?)\b|{any_of('back')} (?:up|away|off)\b|{any_of('step', 'move')} back\b(?! and)|"
    r"\bsteps? back\b(?! and)|\bback(?: by| for)? (?:\w+ )?steps?\b"
)
BACKING = re.compile(rf"{any_of('back')} (?:up|away|off)\b")
SIDEWAYS = re.compile(
    rf"\b(?:to|towards?) (?:the|his|her|their|your|its|one's) (left|right)\b(?! (?:{ARM}|{LEG}))|"
    rf"\b(left|right)wards?\b|\bsideways (left|right)\b|\b(left|right)(?: sideways)?$|\b(left|right) side ?steps?\b"
)
FACING = re.compile(
    r"\bsideways\b|\bside[- ]?steps?\b|\bfac(?:e|es|ing)\b.*\b(?:front|forwards?|ahead)\b|\bcrab\b"
)
_GOES = any_of(*WALKING, *MOVING, *RUNNING, *SIDLING)
# Something is moved, or moves, and nobody goes: "slides the left foot", "the hips move", "runs a hand through the hair".
ELSE_MOVES = re.compile(
    rf"{_GOES} (?:{WHOSE}|an?|this|that|one)(?: left| right)? "
    r"(?!(?:few|couple|steps?|paces?|big|small|large|short|long|bit|little|lap|circle|straight|line|distance|way|half|full)\b)\w+|"
    rf"^(?:{WHOSE}|both) (?:left |right )?(?:{ARM}|{LEG}|hip|head|shoulder|eye|gaze|torso|weight|chest|trunk|body)s?\b|"
    rf"\bfrom (?:the )?(?:left|right|side)\b|{any_of('run')} (?:late|out)\b"
)
PLACE = re.compile(r"\b(?:in (?:one )?place|on (?:the|one) spot|in the same (?:place|spot))\b")
CIRCLE = re.compile(r"\bcircles?\b|\bin (?:a |the )?(?:\w+ ){0,2}(?:loop|ring)\b")
CURVE = re.compile(r"\b(?:(?:path|way) bends|curv\w*|arc|swerv\w*|bear(?:s|ing)?)\b")
SIDE = re.compile(rf"\b(left|right)\b(?! (?:{ARM}|{LEG}))")
COUNTERCLOCKWISE = re.compile(r"\b(?:counter|anti)[- ]?clockwise\b")


def claim(said: Said) -> Claim | None:
    """Which way, and how, somebody is to go, if the clause says so."""
    words = said.words
    runs = RUN.search(words) is not None
    walks = runs or WALK.search(words) is not None
    if ELSE_MOVES.search(words):
        return None
    if not any(pattern.search(words) for pattern in (WALK, MOVE, RUN, SIDLE, BACKING, STEPS, CURVE)):
        return None
    gait = "run" if runs else "walk"
    if PLACE.search(words) and HIGH_KNEES.search(words):
        return None  # told of the knees alone; their measure sees the place
    if PLACE.search(words) and (walks or MOVE.search(words)):
        return Claim("*jog in place" if runs else "*march in place", m.steps_in_place)
    if re.search(r"\b(?:and|then)\b", words):
        return None
    if CIRCLE.search(words):
        of_limbs = said.has(rf"\b(?:{ARM}|{LEG}|half|semi-?circle|figure)s?\b")
        if of_limbs or BACKWARD.search(words):
            return None
        how_large = "small" if said.has(r"\b(?:small|tight|little|narrow)\b") else "large"
        return _round(_side(words) or _side(said.sentence), gait, how_large)
    side = _side(words)
    if CURVE.search(words):
        if CIRCLE.search(said.sentence):  # "walks in a loop, bearing left": a curve that closes
            return None
        return _curve(gait, side) if side else None
    if OTHERWISE.search(BACKING.sub("", words)):
        return None
    direction = _direction(said)
    if (found := STEPS.search(words)) and not runs:
        return _steps(found["count"], direction)
    if direction in SIDES:
        return Claim(
            f"*step sideways to the {direction}{said.speed}",
            partial(m.travels, direction=direction, metres=0.35),
        )
    if direction == "backward":
        return Claim(f"*{gait} backwards{said.speed}", partial(m.travels, direction="backward"))
    if side or re.search(r"\b(?:back|sideways|line|steps?)\b", words) or not (walks or direction):
        return None
    if runs and not said.has(r"\b(?:slow\w*|light\w*|eas\w*|jog\w*)\b"):
        return Claim(f"*run forward{said.speed}", m.runs)
    return Claim(f"*{gait} forward{said.speed}", partial(m.travels, direction="forward"))


def _direction(said: Said) -> str:
    """Where to, seen from the body: "forward", "backward", "left", "right", or "" where that is not said."""
    # Who walks four steps back, after a turn, walks forward.
    returns = WALK.search(said.words) and re.search(r"\bsteps? back\b", said.words)
    if BACKWARD.search(said.words) and not returns:
        return "backward"
    found = SIDEWAYS.search(said.words)
    if AHEAD.search(said.words) and not FACING.search(said.sentence):
        return "forward"
    if found and (FACING.search(said.sentence) or SIDLE.search(said.words)):
        return next(filter(None, found.groups()))
    return "forward" if AHEAD.search(said.words) and not found else ""


def _steps(count: str, direction: str) -> Claim | None:
    """So many steps that way."""
    if not direction:
        return None
    times = NUMBERS.index(count)
    where = {"backward": "back", "forward": "forward"}.get(direction, f"to the {direction}")

    def missed(joints: np.ndarray) -> float:
        counted = 0.0 if direction in SIDES else m.takes_steps(joints, times)
        return max(m.travels(joints, direction, 0.12 + 0.1 * times), counted)

    return Claim(f"*take {count} step{'s' if times > 1 else ''} {where}", missed)


def _side(words: str) -> str:
    if COUNTERCLOCKWISE.search(words):
        return "left"
    if "clockwise" in words:
        return "right"
    sides = set(SIDE.findall(words))
    return sides.pop() if len(sides) == 1 else ""


def _round(side: str, gait: str, how_large: str) -> Claim:
    where = f" to the {side}" if side else ""
    sign = {"left": 1, "right": -1}.get(side, 0)
    how = "around in a circle" if gait == "run" else f"in a {how_large} circle"
    return Claim(f"*{gait} {how}{where}", partial(m.goes_round, sign=sign, least=280, most=500))


def _curve(gait: str, side: str) -> Claim:
    sign = 1 - 2 * SIDES[side]
    return Claim(
        f"*{gait} forward in a curve to the {side}", partial(m.goes_round, sign=sign, least=30, most=200)
    )
