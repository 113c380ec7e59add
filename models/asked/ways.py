"""What a clause asks of the way that somebody goes."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from dataset.number_words import NUMBERS
from models.asked import activity_measures as a
from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, HIGH_KNEES, LEG, OFTEN, WHOSE, Said, any_of
from utils import quantities as q
from utils.quantities import SIDES

WALKING = (
    "walk", "stroll", "march", "sneak", "creep", "wander", "stride", "tread", "amble", "saunter", "plod", "trudge",
)  # fmt: skip
MOVING = ("go", "move", "step", "advance", "proceed", "head", "inch")  # with a way only
RUNNING = ("run", "jog", "sprint", "dash", "rush", "race")
SIDLING = ("sidestep", "shuffle", "slide", "shift", "sidle", "edge", "scoot", "step", "move")
WALK = re.compile(rf"{any_of(*WALKING)}|\b(?:paces|pacing|paced)\b(?! back and)")
MOVE = re.compile(any_of(*MOVING))
RUN = re.compile(rf"(?<!\bhome ){any_of(*RUNNING)}(?! (?:car|bike)\b)")
AHEAD = re.compile(r"\b(?:forwards?|ahead)\b")
STEPS = re.compile(rf"\b(?P<count>{'|'.join(NUMBERS[1:])}) (?:\w+ ){{0,2}}?(?:side ?)?steps?\b")
# A single one: "takes a long step forward". Who "steps forward" may take several, and gets some way at least.
A_STEP = re.compile(
    r"\b(?:an?|another) (?!few\b|couple\b)(?:\w+ ){0,2}?step(?: \w+ly)? (?:back|backwards?|forwards?|ahead)\b"
)
STEPS_OFF = re.compile(
    r"^(?!.*(?:\btak|\btook|\bmak|\bdo\b|\bdoes\b|\bhigh|\d)).*\b(?:step|steps|stepping|stepped)(?: \w+ly)? "
    r"(?:back|backwards?|forwards?|ahead)(?: \w+ly| in (?!place\b)\w+)?$"
)
SEVERAL_STEPS = re.compile(
    rf"{OFTEN}|\b(?:few|couple|some|several|many|repeatedly|continu\w*|times|twice|thrice)\b"
)
# Who goes back to where he came from goes ahead, and so does who turned around before.
RETURNS = re.compile(r"\bback (?:\w+ ){0,3}?(?:to(?! (?:the|his|her|their|your) (?:left|right)\b)|where)\b")
TURNED = re.compile(r"\bturn\w* (?:\w+ ){0,2}?a?round\b|\babout[- ]face\b")
# Paces, in metres a second: a stroll, a brisk walk, an easy jog, a sprint.
FAST = re.compile(
    r"\b(?:quickly|fast|briskly|hurriedly|rapidly|swiftly|in a (?:great |big )?hurry)\b|\b(?:brisk|fast|quick|rapid) pace\b|"
    rf"\b(?:power|speed|race)[- ]{any_of('walk')}"
)
SLOW = re.compile(
    rf"\b(?:slow|slowly|leisurely|unhurriedly)\b|\bsnail's pace\b|"
    rf"{any_of('stroll', 'amble', 'saunter', 'plod', 'trudge', 'inch')}"
)
EASY = re.compile(
    r"\b(?:slow|slowly|light|lightly|gentle|gently|easy|easily|leisurely|relaxed)\b|\bsnail's pace\b"
)
SPRINT = re.compile(rf"{any_of('sprint')}|\b(?:full|top) speed\b|\bas fast as\b")
SLOWEST_FAST, FASTEST_WALK, FASTEST_SLOW = 1.1, 3.0, 1.05
JOG, SLOWEST_SPRINT = (0.9, 3.3), 2.3
SIDLE = re.compile(rf"{any_of(*SIDLING)}|\bside[- ]?step\w*\b|\bsidesteps?\b")
OTHERWISE = re.compile(
    r"\b(?:(?:turn|look|lean|bend|dance|crawl|diagonal|tiptoe|lung|zig-?zag)\w*|weight|head to|away|up|down|stairs?|with|"
    r"like|towards? (?:the )?(?:door|wall|chair)|fours|heels|hands|figure|square|triangle|around|crab|over (?:a|an|the)|"
    r"forth|then|and|toes?|wide|to face)\b"
)
# Who "comes back up" or "pushes back up" backs off from nothing.
BACKING = re.compile(
    r"(?:^(?:(?:an?|the|please|now|slowly|quickly) )?(?:person |man |woman )?|\b(?:he|she|they|to|then|now|\w+ly) )"
    r"back (?:up|away|off)\b|"
    r"\b(?:backs|backing|backed) (?:up|away|off)\b"
)
# "Gets into a squat and back up".
UP_AGAIN, LOW = (
    re.compile(r"back up\b"),
    re.compile(r"\b(?:sit\w*|squat\w*|ben[dt]\w*|bow\w*|kneel\w*|crouch\w*|lie\w*|down|push\w*)\b"),
)
BACKWARD = re.compile(
    rf"\b(?:backwards?|in reverse|rearwards?)\b|{BACKING.pattern}|{any_of('step', 'move')} back\b(?! and)|"
    rf"{any_of('retreat', 'backpedal')}|"
    r"\bsteps? back\b(?! and)|\bback(?: by| for)? (?:\w+ )?steps?\b"
)
PLAIN_BACK = re.compile(rf"\bbackwards?\b|\bin reverse\b|{BACKING.pattern}")
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
    rf"\b(?:eyes|gaze) (?:\w+ )?{_GOES}|\bfrom (?:the )?(?:left|right|side)\b|{any_of('run')} (?:late|out)\b"
)
PLACE = re.compile(
    r"\b(?:in (?:one )?place|on (?:the|one) spot|in the same (?:place|spot)|stationary|treadmill|stay\w* put|"
    r"where (?:he|she|they|it|you) (?:stands?|is|are)|without moving ahead)\b"
)
CIRCLE = re.compile(r"\bcircles?\b|\bin (?:a |the )?(?:\w+ ){0,2}(?:loop|ring)\b")
CURVE = re.compile(
    r"\b(?:(?:path|way) bends|curv\w*(?! (?:\w+ )?(?:upper|body|torso|trunk|back|spine)\b)|arc|swerv\w*|bear(?:s|ing)?)\b"
)
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
    if PLACE.search(said.sentence) and (
        not PLACE.search(words) or said.has(r"\bturn\w*") or CIRCLE.search(words)
    ):
        return None
    if PLACE.search(words) and HIGH_KNEES.search(words):
        return None  # told of the knees alone; their measure sees the place
    if PLACE.search(words) and (walks or MOVE.search(words)):
        return Claim("*jog in place" if runs else "*march in place", m.steps_in_place)
    if re.search(r"\b(?:and|then)\b", words) or (UP_AGAIN.match(words) and LOW.search(said.sentence)):
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
    if said.opposed and direction:
        return None  # there and back again
    if (found := STEPS.search(words)) and not runs:
        return _steps(found["count"], direction, said.speed)
    if (one := A_STEP.search(words) or STEPS_OFF.search(words)) and not SEVERAL_STEPS.search(words):
        return _steps("one", direction, said.speed, counted=one.re is A_STEP)
    if direction in SIDES:
        return Claim(
            f"*step sideways to the {direction}{said.speed}",
            partial(m.travels, direction=direction, metres=0.35),
        )
    if direction == "backward":
        return Claim(f"*{gait} backwards{said.speed}", partial(m.travels, direction="backward"))
    if side or re.search(r"\b(?:back|sideways|line|steps?)\b", words) or not (walks or direction):
        return None
    return _forward(said, gait)


def _forward(said: Said, gait: str) -> Claim:
    """Ahead, at the pace that is said, if any."""
    speed, going = said.speed, partial(m.travels, direction="forward")
    if gait == "run":
        if SPRINT.search(said.words):
            return Claim("*sprint forward", partial(a.goes_at, least=SLOWEST_SPRINT))
        if EASY.search(said.words):
            return Claim("*jog forward slowly", partial(a.goes_at, least=JOG[0], most=JOG[1]))
        return Claim(f"*run forward{speed}", going if said.has(any_of("jog")) else m.runs)
    if FAST.search(said.words):
        return Claim(
            f"*walk forward{speed or ' quickly'}",
            partial(a.goes_at, least=SLOWEST_FAST, most=FASTEST_WALK),
        )
    if SLOW.search(said.words):
        return Claim(f"*walk forward{speed or ' slowly'}", partial(a.goes_at, most=FASTEST_SLOW))
    return Claim(f"*walk forward{speed}", going)


def _direction(said: Said) -> str:
    """Where to, seen from the body: "forward", "backward", "left", "right", or "" where that is not said."""
    # Who walks four steps back may have turned around before, where "backwards" is not what is said.
    before = said.sentence.partition(said.words)[0] if said.words in said.sentence else ""
    walks_back = WALK.search(said.words) or RETURNS.search(said.words) or TURNED.search(before)
    returns = walks_back and re.search(r"\bback\b", said.words) and not PLAIN_BACK.search(said.words)
    if returns:
        return ""
    if BACKWARD.search(said.words):
        return "backward"
    found = SIDEWAYS.search(said.words)
    if AHEAD.search(said.words) and not FACING.search(said.sentence):
        return "forward"
    if found and (FACING.search(said.sentence) or SIDLE.search(said.words)):
        return next(filter(None, found.groups()))
    return "forward" if AHEAD.search(said.words) and not found else ""


def _steps(count: str, direction: str, speed: str, counted: bool = True) -> Claim | None:
    """So many steps that way."""
    if not direction:
        return None
    times = NUMBERS.index(count)
    where = {"backward": "back", "forward": "forward"}.get(direction, f"to the {direction}")

    def missed(joints: np.ndarray) -> float:
        miscounted = 0.0
        if counted and times == 1:  # the other foot may be drawn up, or set right again
            miscounted = min(max(q.steps(joints) - 2, 0) / 3, 1.0)
        elif counted and direction not in SIDES:
            miscounted = m.takes_steps(joints, times)
        return max(m.travels(joints, direction, 0.12 + 0.1 * times), miscounted)

    return Claim(f"*take {count} step{'s' if times > 1 else ''} {where}{speed}", missed)


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
