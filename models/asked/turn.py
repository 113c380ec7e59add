"""How far a sentence says that the body turns: "spins around once", "makes a quarter turn to the left", "without turning".

Pose codes in the heading frame don't tell how far a body turns, and the space of a text-motion model hardly tells a half
turn from a full one. Where a sentence names the amount, motions are measured by it (`models.matcher`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from models.asked.words import ADVERB
from utils.quantities import turned

_FORMS = (
    r"(?<!\bin )(?<!\bby )turns?", "turn(?:ed|ing)", "rotat(?:e|es|ed|ing|ions?)", "spin(?:s|ning)?", "spun",
    "pivot(?:s|ed|ing)?", "twirl(?:s|ed|ing)?",
    "whirl(?:s|ed|ing)?", "pirouett(?:e|es|ed|ing)", "swing(?:s|ing)? (?:around|round)", "revolv(?:e|es|ed|ing)",
)  # fmt: skip
VERB = rf"\b(?:{'|'.join(_FORMS)})\b"
# "Does a 180", "jumps 90 degrees".
_BY = r"(?:do|does|doing|make|makes|making|perform|performs|jump|jumps|jumping|hop|hops|leap|leaps)"
DONE_BY = rf"\b{_BY} (?:an? )?(?:full )?(?:90|180|270|360|540|720)\b(?! (?:times|jumps|seconds|push|squats))"
TURNING = re.compile(rf"{VERB}|{DONE_BY}|\bu-turn\b|\babout[- ]face\b|\bcircles?\b")
PARTS = (
    "heads?|neck|chin|nose|eyes?|limbs|torso|upper body|trunk|shoulders?|arms?|hands?|wrists?|palms?|hips?|waist|"
    "feet|foot|ankles?"
)
# A part of the body turns, not the body.
OF_A_PART = re.compile(
    rf"{VERB} (?:(?:the|his|her|their|your|left|right|and|both) )+(?:{PARTS})\b|"
    rf"{VERB} (?:\w+ )?(?:the|his|her|their|your|both|its) (?:\w+ )?(?:{PARTS})\b|"
    rf"{VERB} (?:(?!with\b|on\b|by\b|to\b)\w+ )?(?:{PARTS}|face|gaze|page|pages)\b|"
    rf"{VERB} to look\b|"
    rf"{VERB} (?:on|off) (?:the|a) (?:light|lamp|tv|radio|tap|music|switch|engine|stove)s?\b|"
    rf"\bcircles?\b.*\b(?:{PARTS})\b|\b(?:{PARTS})\b.*\bcircles?\b|"
    rf"\b(?:{PARTS}) (?:is |are |was )?{VERB}|"
    # Or a thing does: "turns the wheel to the left".
    rf"{VERB} (?:(?:the|his|her|their|your) )?(?:left|right) (?:side|shoulder|cheek|hip|flank) (?:to|towards?)\b|"
    rf"{VERB} (?:the|an?|his|her) (?!(?:little|bit|tiny|slight|tad|"
    rf"full|half|quarter|complete|whole|slow|quick|big|small|tight|wide|sharp|other|corner|"
    rf"opposite|left|right|circle|three|\d+)\b)\w+"
)
# Or the hand of who stirs or wipes, a wheel, or a body that lies.
NOT_STANDING = re.compile(
    r"\b(?:stir(?:s|ring)?|wip(?:e|es|ing)|rub(?:s|bing)?|wash(?:es|ing)?|polish(?:es|ing)?|scrub(?:s|bing)?|driv(?:e|es|ing)|"
    r"steer(?:s|ing)?|roll(?:s|ing)?|lie|lies|lying|lay)\b|"
    rf"{VERB} (?:over )?(?:on|onto|to) (?:(?:the|his|her|their|your) )?(?:back|stomach|belly|front)\b|"
    rf"{VERB} (?:over )?(?:on|onto) (?:(?:the|his|her|their|your) )?(?:left|right) side\b"
)
BOTH_WAYS = re.compile(
    r"\b(?:left|right),? (?:and|or|then|and then) (?:to )?(?:(?:the|his|her) )?(?:left|right)\b"
)
# "Without stopping turns left" denies no turn.
DENIED = re.compile(rf"(?:\bwithout|\bnot|n't|\bnever) (?:(?!\w+ing\b)\w+ )?{VERB}")
WITHOUT = re.compile(r"\bwithout (?!turn|rotat|spin)\w+ing(?: half ?way)?\b")
# "Turn around and face the way you came" is one turn.
CLAUSES = re.compile(
    r"[,.;]|\b(?:then|and(?! (?:to )?fac(?:e|es|ing)\b)|before|after|while|as|but|followed by)\b"
)
NUMBERS = {
    "forty-five": 45, "forty five": 45, "ninety": 90, "one hundred eighty": 180, "one hundred and eighty": 180,
    "two hundred seventy": 270, "three hundred sixty": 360, "three hundred and sixty": 360,
}  # fmt: skip
_WORDS = "|".join(NUMBERS)
DEGREES = re.compile(rf"\b(\d{{1,3}}|{_WORDS})(?= ?(?:°|-?deg))|\b(45|90|180|270|360|720|{_WORDS})\b")
# No side is "turn on the right heel".
SIDE = re.compile(r"\b(left|right)\b(?! (?:arm|hand|leg|foot|heel|knee|toe|finger)s?\b)")
# What goes on about a turn told before: "and 90 degrees right", "then 360".
GOES_ON = re.compile(
    r"^\s*(?:by |another )?(?:\d{1,3}\b(?! (?:steps|times|seconds))|(?:to the )?(?:left|right)\b(?! [a-z]))"
)
FRACTIONS = (
    (re.compile(r"\b(?:1/2|one/two)\b"), "half"), (re.compile(r"\b(?:3/4|three/four)\b"), "three-quarter"),
    (re.compile(r"\b(?:1/4|one/four)\b"), "quarter"),
)  # fmt: skip
AMOUNTS = (
    (re.compile(r"three[- ]quarters?\b"), 270.0),
    (re.compile(r"\bquarter\b"), 90.0),
    (
        re.compile(
            r"\bhalf\b|halfway|about[- ]turn|\bthe way (?:\w+ )?(?:came|come)\b|"
            r"about[- ]face|u-turn|opposite|other (?:way|direction)|behind|\bback(?:wards?)?\b|reverse"
        ),
        180.0,
    ),
    (
        re.compile(r"\bfull(?:y)?\b|complete(?:ly)?|\bentire\b|\bwhole\b|all the way|\bonce\b|\bcircles?\b"),
        360.0,
    ),
    (re.compile(r"slight(?:ly)?|\ba (?:little|bit)\b"), 30.0),
    (re.compile(r"\bsp(?:in|un)|twirl|whirl|pirouett"), 360.0),
    (re.compile(r"(?<!-)\ba?round\b"), 180.0),
    (SIDE, 90.0),
)
TIMES = {
    re.compile(
        rf"\b{once}\b|\b{number} (?:\w+ )?(?:times|turns|rotations|spins|circles|revolutions|pirouettes)\b"
    ): count
    for count, once, number in ((2, "twice", "(?:two|2)"), (3, "thrice", "(?:three|3)"))
}
TOLERATED = 0.3  # share of the amount
LEAST_TOLERATED = 25.0  # degrees


@dataclass(frozen=True)
class SaidTurn:
    """An amount of turning in degrees; side "left" or "right", or neither where the sentence leaves it open."""

    degrees: float
    side: str = ""

    def misfit(self, joints: np.ndarray) -> float:
        """Degrees by which joints (T, 22, 3) miss the amount, beyond what goes through."""
        to_left = turned(joints)
        amount = {"left": to_left, "right": -to_left}.get(self.side, abs(to_left))
        return max(abs(amount - self.degrees) - max(TOLERATED * self.degrees, LEAST_TOLERATED), 0.0)


# "Three quarters of a turn, clockwise": the side is told behind the comma.
SIDE_BEHIND = re.compile(
    r",\s*((?:direction |to (?:the )?|towards (?:the )?)?(?:left|right|(?:counter|anti)?-?clockwise))(?=$|[,;.]| seen\b)"
)


def said_turn(text: str) -> SaidTurn | None:
    """The turn that a sentence asks for, or None where it names none, several, or none of a known amount."""
    text = " ".join(text.lower().replace("-wise", "wise").split())
    if BOTH_WAYS.search(text):
        return None
    for fraction, name in FRACTIONS:
        text = fraction.sub(name, text)
    found: list[SaidTurn | None] = []
    in_degrees = False
    for clause in map(_without_adverb, CLAUSES.split(text)):
        if found and not TURNING.search(clause) and GOES_ON.search(clause):
            if SIDE.search(clause) or in_degrees:  # else it tells how far the turn before goes
                found.append(None)
        in_degrees = DEGREES.search(clause) is not None
        if OF_A_PART.search(clause) or NOT_STANDING.search(clause) or not TURNING.search(clause):
            continue
        found.append(SaidTurn(0.0) if DENIED.search(clause) else _of_clause(clause))
    asked = [turn for turn in found if turn is None or turn.degrees > 0] or found[:1]
    if len(asked) != 1 or asked[0] is None:
        return None
    turn = asked[0]
    behind = SIDE_BEHIND.search(text)
    return replace(turn, side=_side(behind[1])) if behind and turn.degrees and not turn.side else turn


def _without_adverb(clause: str) -> str:
    return WITHOUT.sub("", ADVERB.sub("", clause))


def _of_clause(clause: str) -> SaidTurn | None:
    amount = _degrees(clause)
    if amount is None:
        amount = next((degrees for pattern, degrees in AMOUNTS if pattern.search(clause)), None)
    if amount is None:
        return None
    times = next((count for said, count in TIMES.items() if said.search(clause)), 1)
    return SaidTurn(amount * times, _side(clause))


def _degrees(clause: str) -> float | None:
    found = DEGREES.search(clause)
    if found is None:
        return None
    said = found[1] or found[2]
    return float(NUMBERS.get(said, said))


def _side(clause: str) -> str:
    if "clockwise" in clause:
        return "left" if re.search(r"(?:counter|anti)[- ]?clockwise", clause) else "right"
    sides = set(SIDE.findall(clause))
    return sides.pop() if len(sides) == 1 else ""
