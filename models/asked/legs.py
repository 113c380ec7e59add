"""What a clause asks of legs and feet."""

from __future__ import annotations

import re
from functools import partial

from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, HIGH_KNEES, LEG, WHOSE, Said, any_of, told_times
from utils.quantities import SIDES

KICK = re.compile(rf"{any_of('kick')}(?! off\b)")
KICK_OF_SIDE = re.compile(r"\b(left|right) (?:front |high |low |straight )?kicks?\b")
STAND = re.compile(
    rf"(?:{any_of('stand', 'balance')})(?: \w+){{0,3}}? on (?:just |only )?"
    rf"(?:(?:(?:one|{WHOSE}|a single) )(?:(left|right) )?|(left|right) )(?:leg|foot)\b"
)
LIFT = re.compile(rf"{any_of('lift', 'raise', 'pull', 'pick')}|\b(?:leaves|off) the (?:ground|floor)\b")
ASIDE = re.compile(rf"\b(?:to|out to) (?:{WHOSE} )?(?:left |right )?side\b|\bsideways?\b|\blaterally\b")
BACK = re.compile(r"\b(?:backwards?|(?<!the )(?<!his )(?<!her )(?<!their )back(?! and)|behind)\b")
ON_THE_FLOOR = re.compile(
    r"\b(?:lie|lies|lying|sit\w*|kneel\w*|fours|hands and (?:\w+ )?knees|plank|on (?:the|his|her|their) (?:floor|back))\b"
)
OUT = re.compile(any_of("lift", "raise", "stretch", "extend", "swing"))


def claim(said: Said) -> Claim | None:
    """What the clause asks of the legs, if anything."""
    sides = said.sides(LEG)
    if re.search(r"\b(?:in turn|by turns|alternat\w*)\b", said.sentence) and not HIGH_KNEES.search(
        said.words
    ):
        return None
    if len(sides) > 1 or (sides and said.sides(ARM)):
        return None
    side = next(iter(sides), "")
    if KICK.search(said.words) and not said.has(r"\b(?:butt|donkey|heels?|flutter|bicycle)\b"):
        return _kick(said, side)
    if found := STAND.search(said.words):
        leg = found[1] or found[2] or ""
        return Claim(
            f"*stand on the {leg} leg" if leg else "*stand on one leg",
            partial(m.stands_on, side=SIDES.get(leg)),
        )
    if HIGH_KNEES.search(said.words) and not said.has(r"\b(?:lying|lies?|chest|together|both)\b"):
        in_place = re.search(r"\b(?:in place|on the spot)\b", said.sentence) is not None
        missed = partial(m.knees_up_in_turn, in_place=in_place)
        return Claim("*lift the knees high one after the other", missed)
    if not side:
        return None
    if (
        said.has(rf"\b{side} knee\b")
        and (
            LIFT.search(said.words)
            or said.has(rf"{any_of('bring', 'draw')}|{any_of('hold')}.* knee (?:up|high|raised)\b")
        )
        and not said.has(r"\b(?:on|touch\w*|to)\b.* knee\b|\b(?:down|floor|ground)\b|\btouch\w*|\belbows?\b")
    ):
        return Claim(f"*lift the {side} knee", partial(m.knee_up, side=SIDES[side]))
    if not said.has(rf"\b{side} (?:leg|foot)\b"):
        return None
    if OUT.search(said.words) and (ASIDE.search(said.words) or BACK.search(said.words)):
        if ASIDE.search(said.words):
            return Claim(
                f"*lift the {side} leg to the side", partial(m.leg_out, side=SIDES[side], direction="side")
            )
        return Claim(
            f"*stretch the {side} leg backward", partial(m.leg_out, side=SIDES[side], direction="back")
        )
    if ON_THE_FLOOR.search(said.sentence):
        return None  # nobody stands on the other one
    if LIFT.search(said.words) and not said.has(r"\b(?:front|forwards?|straight|step\w*|walk\w*)\b"):
        return Claim(f"*lift the {side} foot off the ground", partial(m.stands_on, side=1 - SIDES[side]))
    return None


def _kick(said: Said, side: str) -> Claim | None:
    if said.has(r"\b(?:backwards?|behind|back|rear|sideways?|side)\b"):
        return None
    if not side and (named := KICK_OF_SIDE.search(said.words)):
        side = named[1]
    if (not side and said.has(r"\b(?:left|right)\b")) or said.has(r"\beach\b"):
        return None
    times = said.times("kicks")
    leg = f" with the {side} leg" if side else ""
    return Claim(f"*kick{leg}{told_times(times)}", partial(m.kicks, side=SIDES.get(side), times=times))
