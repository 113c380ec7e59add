"""What a clause asks of somebody who jumps or hops."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from dataset.number_words import NUMBERS
from models.asked import activity_measures as a
from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, LEG, OFTEN, WHOSE, Said, any_of, told_times
from utils.quantities import SIDES

JUMP = re.compile(any_of("jump", "hop", "leap", "bounce") + r"|\bspring(?:s|ing)? up\b")
BOUNCED = re.compile(
    rf"{any_of('bounce', 'jump', 'skip')} (?:the|an?|it|{WHOSE}) (?!(?:few|couple|little|bit)\b)"
)
JACKS = re.compile(r"\b(?P<one>(?:an?|one) )?(?:jumping[- ]jack|star[- ]jump|side[- ]straddle[- ]hop)s?\b")
# Other jumps than up, or what jumps is a ball.
OTHERWISE = re.compile(
    r"\b(?:leg|foot|over|off|onto|rope|hip[- ]hop|start|x[- ]shape|straddle|basketball|ball|to the (?:beat|music))\b"
)
# What somebody jumps over to a side is left where it is.
OVER_IT = re.compile(r"(?:(?<=left )|(?<=right ))over (?:an?|the|some) (?:\w+ ){0,2}\w+$")
APART = re.compile(
    r"\barms (?:and )?legs\b|\blegs (?:and )?arms\b|\blegs out\b"
)  # jumping jacks, by and large
# "Hops on the left three times" names a leg as well; "on the left side" doesn't.
ON_ONE_LEG = re.compile(
    rf"\bon (?:only |just )?(?:(?:{WHOSE}|one) )?(?P<side>left|right|one|a single) (?:leg|foot)\b|"
    rf"{any_of('hop', 'bounce', 'jump')}(?: (?:up and down|in place|forward|once|twice|\w+ times))? on (?:only |just )?"
    rf"(?:{WHOSE} )?(?P<bare>left|right)(?=$| (?:once|twice|thrice|only|{'|'.join(NUMBERS[1:])}|"
    r"several|many|again|repeatedly|in place)\b)"
)
SPOT = re.compile(r"\bin (?:one )?place\b|\bon the spot\b|\bstay\w* (?:in|where|put)\b")
AGAIN = re.compile(rf"{OFTEN}|\bover and over\b|\bup and down\b|\ba few times\b")
TURNING = re.compile(
    r"\b(?:turn\w*|spin\w*|twist\w*|rotat\w*|degrees?|around)\b|\b(?:90|180|270|360)\b(?! times)"
)
# Hops one after the other, where a leap with both feet is one.
ALONG = re.compile(
    rf"\blike an? (?:\w+ )?(?:bunny|rabbit|hare|frog|kangaroo)\b|\bbunny[- ]hop\w*|"
    rf"{any_of('move', 'go', 'travel', 'get', 'advance', 'come')} (?:\w+ )*by (?:hopping|jumping)\b|"
    rf"{any_of('hop')}.*\b(?:forwards?|ahead|along)\b.*\b(?:feet together|(?:several|a few|many) times|repeatedly)\b"
)
_LIMB = rf"(?! (?:{ARM}|{LEG}|one|toe|heel|ankle|side of))"
WAYS = (
    (re.compile(r"\b(?:backwards?|in reverse|back(?! (?:and|to|up|down)\b))\b"), "backward", "backwards"),
    (re.compile(rf"\bleft\b{_LIMB}"), "left", "to the left"),
    (re.compile(rf"\bright\b{_LIMB}"), "right", "to the right"),
    (re.compile(r"\b(?:forwards?|ahead|along|across)\b"), "forward", "forward"),
)


def claim(said: Said) -> Claim | None:
    """How somebody is to jump, if the clause says that."""
    words = said.words
    if found := JACKS.search(words):
        return None if said.has(r"\bonly\b") else _jacks(said, found["one"] is not None)
    if not JUMP.search(words):
        return None
    legs = list(ON_ONE_LEG.finditer(words))
    if legs and not TURNING.search(words) and len(said.sides(LEG)) < 2:
        named = {found["side"] or found["bare"] for found in legs}
        # "Twice on the right leg and once on the left" is no one leg.
        named |= set(re.findall(rf"\bon (?:{WHOSE} )?(left|right)$", words))
        return _hop(said, named.pop()) if len(named) == 1 else None
    if BOUNCED.search(words) or OTHERWISE.search(OVER_IT.sub("", words)) or APART.search(said.sentence):
        return None
    if TURNING.search(words):
        return Claim("*jump", m.jumps, own_words=True)
    times = said.times("jumps|hops|leaps")
    way = _way(words)
    if said.has(r"\bleft\b") and said.has(r"\bright\b"):
        return None
    if said.opposed and way is not None:
        return Claim("*jump", m.jumps, own_words=True)  # to and fro: all that is clear
    if ALONG.search(words) and (way is None or way[1] == "forward"):
        return Claim(
            "*hop forward with both feet together", partial(a.hops_along, times=times), own_words=True
        )
    if way is not None and not (way[1] == "forward" and said.has(r"\b(?:along|across)\b")):
        missed = partial(m.jumps_to, direction=way[1], times=times)
        return Claim(f"*jump {way[2]}{told_times(times)}", missed)
    if times is not None:
        return Claim(f"*jump{told_times(times)}", partial(m.jumps, times=times))
    if AGAIN.search(words):
        return Claim("*jump up and down", partial(m.jumps, least=3))
    return Claim("*jump", m.jumps)


def _way(words: str) -> tuple[re.Pattern[str], str, str] | None:
    return next((way for way in WAYS if way[0].search(words)), None)


def _jacks(said: Said, one: bool) -> Claim:
    times = said.times(r"jumping[- ]jacks?|star[- ]jumps?") or (1 if one else None)
    count = "" if times is None else f"{NUMBERS[times]} "
    return Claim(f"*do {count}jumping jack{'' if times == 1 else 's'}", partial(a.jacks, times=times))


def _hop(said: Said, side: str) -> Claim | None:
    """Hops on one leg, on the spot or some way."""
    in_place = SPOT.search(said.sentence) is not None
    if side == "one" and (its := re.search(r"\bthe (left|right) one\b", said.words)):
        side = its[1]
    way = _way(re.sub(r"\bon (?:\w+ ){0,3}?(?:left|right)\b", "", said.words))
    if way is not None and (said.opposed or in_place):
        return None
    times = said.times("jumps|hops")
    where = f" {way[2]}" if way else " in place" if in_place else ""
    which = f"the {side}" if side in SIDES else "one"
    hops: Callable[[np.ndarray], float] = partial(
        m.hops_on, leg=SIDES.get(side), times=times, in_place=in_place
    )

    def missed(joints: np.ndarray) -> float:
        return max(hops(joints), m.travels(joints, way[1], 0.3) if way else 0.0)

    return Claim(f"*hop{where} on {which} leg{told_times(times)}", missed)
