"""What a clause asks of the whole body where it stays: postures, bending, standing still."""

from __future__ import annotations

import re
from functools import partial

from dataset.turn_words import forms_of, verbs
from models.asked import activity_measures as a
from models.asked import jumps
from models.asked import measures as m
from models.asked.claims import AT_ONCE, Claim
from models.asked.words import ARM, LEG, WHOSE, Said, any_of, told_times
from utils.quantities import SIDES

SIT = re.compile(rf"{any_of('sit')}(?!-| ups)|\b(?:take|takes|taking|took|have|has|having) a seat\b")
UP_AGAIN = re.compile(r"\b(?:up|stand\w*|ris(?:e|es|ing)|times)\b")
SQUAT = re.compile(any_of("squat", "crouch"))
KNEEL = re.compile(any_of("kneel"))
GET_UP = re.compile(
    rf"(?:{any_of('stand', 'get', 'come', 'rise')}|\b(?:is|be) back) (?:right |straight |slowly |quickly |back )*"
    rf"(?:up(?! (?:on|onto|to|straight|tall)\b)|on (?:{WHOSE} )?feet|to (?:{WHOSE} )?feet|"
    rf"(?<!stand )(?<!stands )(?<!standing )upright)\b|{any_of('rise')} (?:again|from)\b"
)
# "Swims standing up", "claps while standing up": how, and nobody rises.
STANDING_UP = re.compile(r"\bstanding up\b(?! (?:from|off|again|slowly|quickly)\b)")
PICKED = re.compile(
    r"\b(?:phone|shelf|table|chair|desk|(?:him|her|them)sel(?:f|ves)|pace|speed|left|right|kick\w*)\b"
)
OFF_THE_FLOOR = re.compile(r"\b(?:from|off|on|to|touch\w*) the (?:floor|ground)\b")
LIE = re.compile(r"\b(?:lie|lies|lying|lay|lays) (?:\w+ )?(?:down|on|flat|still)\b")
BOW = re.compile(
    rf"{any_of('bow')}(?! (?:and arrow|(?:{WHOSE} )?head))(?<!the bow)(?<!\ba bow)(?<!his bow)(?<!her bow)(?<!head bowed)|"
    r"\b(?:takes?|does|do|makes?|gives?|performs?) a (?:\w+ )?bow\b(?! and arrow)|"
    r"^(?:an? |one )(?:[\w-]+,? ){0,3}bow\b(?! and arrow)"
)
REACH_DOWN = re.compile(
    rf"(?:{any_of('touch', 'reach')}).*\b(?:floor|ground|toes)\b|"
    rf"(?:{any_of('bend', 'reach')}) (?:\w+ )?(?:down|over) (?:to|and) "
)
PICK_UP = re.compile(
    rf"{any_of('pick')}(?: up)?(?: (?P<what>(?:(?:an?|some|{WHOSE}) (?:(?!up\b)\w+ )?)?(?!up\b)\w+?))?(?: up)?"
    r"(?= (?:from|off|on|up|that|which|lying|with)\b|$)"
)
# What may lie anywhere is picked up from the floor, as captions have it; a glass or a guitar hardly is.
ANYTHING = ("something", "an object", "the object", "a thing")
BENDS = re.compile(any_of("bend", "stoop", "lean", "reach") + r"|\b(?:floor|ground)\b")
DUCK = re.compile(
    rf"(?<!\ba )(?<!\bthe )(?<!\blike ){any_of('duck')}(?!.*\b(?:walk|backwards?|back|away|left|right|sides?|aside)\b)"
)
# A knee that comes up is nobody who rises.
LIMB_RISES = re.compile(rf"\b(?:{ARM}|{LEG})s? (?:\w+ )?{any_of('stand', 'get', 'come', 'rise')}")
LEAN = re.compile(
    rf"(?<!path )(?<!way ){any_of('lean', 'bend', 'tilt', 'tip')}(?!.*\b(?:knees?|head|arms?|legs?|elbows?)\b).*?"
    rf"\b(?:to|towards?) (?:the|his|her|their|your) (left|right)\b|"
    rf"(?<!path ){any_of('lean', 'bend', 'tilt')} (?:sideways )?(left|right)\b(?! (?:\w+ )?(?:{ARM}|{LEG}))"
)
STILL = re.compile(rf"{any_of('stand', 'stay', 'remain', 'keep')}(?: \w+)? (?:still|motionless)\b")
JUST_STANDS = re.compile(r"^(?:\w+ ){0,3}(?:stands?|standing)(?: in place| there| around)?$")
IDLE = r"\b(?:idles?|idling|motionless|stock-still|inactive|(?:do|does|doing) (?:absolutely )?nothing)\b"
JUST_IDLE = re.compile(
    rf"^(?:\w+ ){{0,6}}?{IDLE}(?: (?:at all|in place|there|stance|pose|position|for [\w ]+|"
    r"and (?:upright|still|calm|motionless)|(?:and )?just stand\w*))*$"
)
# Who does any of this as well stands still only before or after.
_GOING = ("walk", "run", "jog", "go", "step", "march", "turn", "jump", "hop", "take", "pray", "sit", "kneel")
MOVES = frozenset(form for verb in _GOING for form in forms_of(verb))
STANDS = re.compile(any_of("stand", "stay", "remain", "keep", "wait") + r"|\b(?:upright|still)\b")
ARMS_HANG = re.compile(
    rf"\b(?:arms|hands) (?:(?:are|is|hang\w*|held|down|loosely|straight|relaxed|resting|kept) )*"
    rf"(?:by|at|along|beside) (?:{WHOSE} )?sides?\b|\barms (?:down|hang\w*|relaxed|loose)\b"
)
# Verbs of somebody who does no more than that.
_RESTS = (
    "stand",
    "stay",
    "remain",
    "keep",
    "hang",
    "stop",
    "pause",
    "wait",
    "idle",
    "relax",
    "rest",
    "do",
    "hold",
)
RESTING = frozenset(form for verb in _RESTS for form in forms_of(verb))


def claim(said: Said) -> Claim | None:
    """What the clause asks of the whole body, if anything."""
    words = said.words
    has_arms = re.search(rf"\b{ARM}s?\b", said.sentence) is not None
    if idle := _idle(said):
        return idle
    just = JUST_STANDS.search(words) is not None and words == said.sentence
    still = STILL.search(words) and not said.has(r"\b(?:sit\w*|seated|kneel\w*|l(?:ie|ies|ying))\b")
    if (still or just) and not _does_more(said, "" if just else words):
        return Claim("*stand still", m.stays if has_arms else m.stands_still)
    if jumps.JUMP.search(words) or jumps.JACKS.search(words):
        return jumps.claim(said)
    if DUCK.search(words):
        return Claim("*duck down", a.ducks)
    if low := _bending(said):
        return low
    rises = GET_UP.search(words) and not LIMB_RISES.search(words) and not _already_stands(said)
    if rises and re.search(r"\bfrom\b", words):
        return _rising(said)
    if SQUAT.search(words) and not said.has(rf"\bin a crouch\b|{any_of('walk', 'sneak', 'creep', 'run')}"):
        times = said.times("squats")
        return Claim(f"*squat{told_times(times)}", partial(m.squats, times=times))
    if KNEEL.search(words):
        return Claim("*kneel down", m.kneels)
    if rises and said.times() is None and not said.has(r"\bsits?\b"):  # "sits down only to get up again"
        return _rising(said)
    if LIE.search(words) and not said.has(r"\bside\b"):
        return Claim("*lie down on the floor", m.lies)
    if SIT.search(words) and not UP_AGAIN.search(words):
        return Claim("*sit down", m.sits)
    if BOW.search(words) and not said.has(r"\bupper body\b|\bto (?:the|his|her|their|your) (?:left|right)\b"):
        times = said.times("bows")
        return Claim(f"*bow{told_times(times)}", partial(m.bows, times=times))
    if (found := LEAN.search(words)) and not said.opposed:
        side = found[1] or found[2]
        return Claim(f"*lean to the {side}", partial(m.leans, sign=1 - 2 * SIDES[side]))
    return None


def _idle(said: Said) -> Claim | None:
    """Who stands with the arms at the sides, or does nothing, and nothing else."""
    busy = any(word in verbs() and word not in RESTING for word in said.sentence.split())
    if busy or re.search(rf"\b(?:left|right|one) (?:{ARM}|{LEG})\b", said.sentence):
        return None
    hangs = ARMS_HANG.search(said.sentence) is not None and STANDS.search(said.words) is not None
    if not hangs and (
        STILL.search(said.words) or not (said.has(IDLE) and JUST_IDLE.match(said.sentence.replace(",", "")))
    ):
        return None
    how = " with the arms at the sides" if ARMS_HANG.search(said.words) else ""
    legs_too = re.search(rf"\b{LEG}s?\b", said.words) is not None
    return Claim(f"*stand still{how}", a.stands_idle, own_words=legs_too)


def _does_more(said: Said, still: str) -> bool:
    """Whether the sentence tells that somebody goes somewhere as well, and stands still only before or after."""
    return any(word in MOVES for word in said.sentence.replace(still, "").split())


def _bending(said: Said) -> Claim | None:
    """Down to the floor with the hands."""
    words = said.words
    if (PICKED.search(words) and not OFF_THE_FLOOR.search(words)) or said.has(
        rf"\b{LEG}\b|\b{LEG}s? .*\btouch|\bkick\w*"
    ):
        return None
    if found := PICK_UP.search(words):
        what = found["what"] or "something"
        if what not in ANYTHING and not BENDS.search(words):
            return None
        floor = " from the floor" if said.has(r"\b(?:floor|ground)\b") else ""
        return Claim(f"*bend down to pick {what} up{floor}", m.bends_down)
    return Claim("*bend down and *touch the floor", m.bends_down) if REACH_DOWN.search(words) else None


def _already_stands(said: Said) -> bool:
    """Whether "standing up" is how something else is done."""
    found = STANDING_UP.search(said.words)
    if found is None:
        return False
    does = any(word in verbs() for word in said.words[: found.start()].split())
    told_first = re.match(r"standing up (?:he|she|they|it|an?|the)\b", said.sentence)
    return does or said.link in (*AT_ONCE, ",") or told_first is not None


def _rising(said: Said) -> Claim:
    """Who is told of first to rise begins low."""
    return Claim("*stand up", m.gets_up) if said.first else Claim("*stand back up", m.ends_upright)
