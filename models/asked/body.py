"""What a clause asks of the whole body where it stays: postures, jumps, standing still."""

from __future__ import annotations

import re
from functools import partial

from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, LEG, OFTEN, WHOSE, Said, any_of, told_times
from utils.quantities import SIDES

SIT = re.compile(rf"{any_of('sit')}(?!-| ups)|\b(?:take|takes|taking|took|have|has|having) a seat\b")
UP_AGAIN = re.compile(r"\b(?:up|stand\w*|ris(?:e|es|ing)|times)\b")
SQUAT = re.compile(any_of("squat", "crouch"))
KNEEL = re.compile(any_of("kneel"))
GET_UP = re.compile(
    rf"(?:{any_of('stand', 'get', 'come', 'rise')}|\b(?:is|be) back) (?:right |straight |slowly |quickly |back )*"
    rf"(?:up(?! (?:on|onto|to|straight)\b)|on (?:{WHOSE} )?feet|to (?:{WHOSE} )?feet|upright)\b|"
    rf"{any_of('rise')} (?:again|from)\b"
)
PICKED = re.compile(
    r"\b(?:phone|shelf|table|chair|desk|(?:him|her|them)sel(?:f|ves)|pace|speed|left|right|kick\w*)\b"
)
OFF_THE_FLOOR = re.compile(r"\b(?:from|off|on|to|touch\w*) the (?:floor|ground)\b")
BOUNCED = re.compile(
    rf"{any_of('bounce', 'jump', 'skip')} (?:the|an?|it|{WHOSE}) (?!(?:few|couple|little|bit)\b)"
)
LIE = re.compile(r"\b(?:lie|lies|lying|lay|lays) (?:\w+ )?(?:down|on|flat|still)\b")
BOW = re.compile(
    rf"{any_of('bow')}(?! (?:and arrow|(?:{WHOSE} )?head))(?<!the bow)(?<!\ba bow)(?<!his bow)(?<!her bow)(?<!head bowed)|"
    r"\b(?:takes?|does|do|makes?|gives?|performs?) a (?:\w+ )?bow\b(?! and arrow)"
)
REACH_DOWN = re.compile(
    rf"(?:{any_of('touch', 'reach')}).*\b(?:floor|ground|toes)\b|(?:{any_of('pick')}).*\b(?:up|floor|ground)\b|"
    rf"(?:{any_of('bend', 'reach')}) (?:\w+ )?(?:down|over) (?:to|and) "
)
LEAN = re.compile(
    rf"(?<!path )(?<!way ){any_of('lean', 'bend', 'tilt', 'tip')}(?!.*\b(?:knees?|head|arms?|legs?|elbows?)\b).*?"
    rf"\b(?:to|towards?) (?:the|his|her|their|your) (left|right)\b|"
    rf"(?<!path ){any_of('lean', 'bend', 'tilt')} (?:sideways )?(left|right)\b(?! (?:\w+ )?(?:{ARM}|{LEG}))"
)
JUMP = re.compile(any_of("jump", "hop", "leap", "bounce"))
JACKS = re.compile(r"\bjumping jacks?\b|\bstar jumps?\b")
STILL = re.compile(rf"{any_of('stand', 'stay', 'remain', 'keep')}(?: \w+)? (?:still|motionless)\b")
JUST_STANDS = re.compile(r"^(?:\w+ ){0,3}(?:stands?|standing)(?: in place| there| around| idle)?$")
ON_ONE_LEG = re.compile(
    rf"\bon (?:only |just )?(?:(?:{WHOSE}|one) )?(?P<side>left|right|one|a single) (?:leg|foot)\b"
)
SPOT = re.compile(r"\bin (?:one )?place\b|\bon the spot\b|\bstay\w* (?:in|where|put)\b")
AGAIN = re.compile(rf"{OFTEN}|\bup and down\b|\ba few times\b")
TURNING = re.compile(r"\b(?:turn\w*|spin\w*|twist\w*|rotat\w*|degrees?|around)\b")
_LIMB = rf"(?! (?:{ARM}|{LEG}))"
WAYS = (
    (re.compile(r"\b(?:backwards?|back(?! (?:and|to|up|down)\b))\b"), "backward", "*jump backwards"),
    (re.compile(rf"\bleft\b{_LIMB}"), "left", "*jump to the left"),
    (re.compile(rf"\bright\b{_LIMB}"), "right", "*jump to the right"),
    (re.compile(r"\b(?:forwards?|ahead)\b"), "forward", "*jump forward"),
)


def claim(said: Said) -> Claim | None:
    """What the clause asks of the whole body, if anything."""
    words = said.words
    has_arms = re.search(rf"\b{ARM}s?\b", said.sentence) is not None
    if STILL.search(words) or (JUST_STANDS.search(words) and words == said.sentence):
        return Claim("*stand still", m.stays if has_arms else m.stands_still)
    if JUMP.search(words):
        return _jump(said)
    on_floor = OFF_THE_FLOOR.search(words) or not PICKED.search(words)
    if REACH_DOWN.search(words) and on_floor and not said.has(rf"\b{LEG}\b|\bkick\w*"):
        return Claim("*bend down and *touch the floor", m.bends_down)
    if GET_UP.search(words) and re.search(r"\bfrom\b", words):
        return _rising(said)
    if SQUAT.search(words) and not said.has(r"\bin a crouch\b"):
        times = said.times("squats")
        return Claim(f"*squat{told_times(times)}", partial(m.squats, times=times))
    if KNEEL.search(words):
        return Claim("*kneel down", m.kneels)
    if GET_UP.search(words) and said.times() is None:
        return _rising(said)
    if LIE.search(words) and not said.has(r"\bside\b"):
        return Claim("*lie down on the floor", m.lies)
    if SIT.search(words) and not UP_AGAIN.search(words):
        return Claim("*sit down", m.sits)
    if BOW.search(words):
        times = said.times("bows")
        return Claim(f"*bow{told_times(times)}", partial(m.bows, times=times))
    if found := LEAN.search(words):
        side = found[1] or found[2]
        return Claim(f"*lean to the {side}", partial(m.leans, sign=1 - 2 * SIDES[side]))
    return None


def _rising(said: Said) -> Claim:
    """Who is told of first to rise begins low."""
    return Claim("*stand up", m.gets_up) if said.first else Claim("*stand back up", m.ends_upright)


def _jump(said: Said) -> Claim | None:
    words = said.words
    if (found := ON_ONE_LEG.search(words)) and not TURNING.search(words) and len(said.sides(LEG)) < 2:
        side = found["side"]
        in_place = SPOT.search(said.sentence) is not None
        if any(pattern.search(words) for pattern, _, _ in WAYS):
            return None
        times = said.times("jumps|hops")
        which = f"the {side}" if side in SIDES else "one"
        plain = f"*hop{' in place' if in_place else ''} on {which} leg{told_times(times)}"
        return Claim(plain, partial(m.hops_on, leg=SIDES.get(side), times=times, in_place=in_place))
    if (
        JACKS.search(words)
        or BOUNCED.search(words)
        or TURNING.search(words)
        or re.search(r"\b(?:leg|foot|over|off|onto|rope|hip[- ]hop|start)\b", words)
        or {"left", "right"} <= set(words.split())
    ):
        return None
    times = said.times("jumps|hops|leaps")
    for pattern, direction, plain in WAYS:
        if pattern.search(words):
            missed = partial(m.jumps_to, direction=direction, times=times)
            return Claim(f"{plain}{told_times(times)}", missed)
    if times is not None:
        return Claim(f"*jump{told_times(times)}", partial(m.jumps, times=times))
    if AGAIN.search(words):
        return Claim("*jump up and down", partial(m.jumps, least=2))
    return Claim("*jump", m.jumps)
