"""Words of clauses that several kinds of rules read: limbs, sides, counts, speed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from dataset.number_words import NUMBERS, times_said
from dataset.turn_words import WHOSE as OWNERS
from dataset.turn_words import forms_of
from utils.quantities import SIDES

ARM = r"(?:arm|hand|fist|palm|forearm|wrist|elbow)"
LEG = r"(?:leg|foot|feet|knee|thigh|heel|shin)"
WHOSE = rf"(?:{OWNERS})"
# What is done again and again.
OFTEN = r"\bkeeps?\b|\bagain and again\b|\brepeatedly\b|\b(?:several|many) times\b"
SPEED = re.compile(r"\b(?:slowly|quickly|fast|briskly|hurriedly)\b")
# "Jump right back up": no side. Behind "the" or "to" it is one.
ADVERB = re.compile(
    r"(?<!\bthe )(?<!\bhis )(?<!\bher )(?<!\btheir )(?<!\byour )(?<!\bto )(?<!\band )(?<!\bor )(?<!\bleft )"
    r"\bright (?=(?:up|upwards?|down|downwards?|back|backwards?|over|forwards?|ahead|now|into|onto|away|around|round|there|"
    r"here|through|past|out|off|behind|beside|next to|in front)\b)|(?<=\bleft )right (?=away\b|now\b)|\bright away\b"
)
# Ways of limbs and looks: "the arms forward", "looking back", "facing ahead".
_WAY = r"(?:forwards?|ahead|backwards?|back|left|right|front)"
OF_LIMBS = re.compile(
    rf"\b(?:left|right) (?=(?:\w+ )?(?:{ARM}|{LEG}|hip|shoulder)s?\b)|"
    rf"\b(?:(?:{ARM}|{LEG}|head|shoulder|hip)s?|arms|hands|(?:fac|look|point|glanc|star|gaz)\w*)"
    rf"(?: \w+){{0,3}}? {_WAY}\b"
)
_BACK = r"(?<!\bthe )(?<!\bhis )(?<!\bher )(?<!\btheir )(?<!\byour )\bback\b(?! (?:up|down|to|and forth|on|in|away|again)\b)"
OPPOSITE = (
    (re.compile(r"\b(?:forwards?|ahead)\b"), re.compile(rf"\bbackwards?\b|{_BACK}")),
    (re.compile(r"\bleft\b"), re.compile(r"\bright\b")),
)
ONCE = {"once": 1, "twice": 2, "thrice": 3}
_NUMBER = "|".join(NUMBERS[1:])
TIMES = re.compile(rf"\b(?:(?P<once>once|twice|thrice)|(?P<count>{_NUMBER})(?: \w+)? times)\b")


def any_of(*verbs: str) -> str:
    """Pattern of all forms of verbs."""
    forms = {form for verb in verbs for form in forms_of(verb)}
    return rf"\b(?:{'|'.join(sorted(forms, key=len, reverse=True))})\b"


HIGH_KNEES = re.compile(
    rf"\bhigh knees\b|\bknees (?:up|high)\b|\bhigh knee lifts\b|"
    rf"{any_of('lift', 'raise', 'bring')} (?:both |{WHOSE} )*knees\b(?!.*\b(?:floor|ground|down)\b)"
)


@dataclass(frozen=True)
class Said:
    """A clause, lower case, the sentence that it stands in, whether that begins with it, and what links it to the rest."""

    words: str
    sentence: str
    first: bool = True
    link: str = ""

    def has(self, pattern: str | re.Pattern[str]) -> bool:
        """Whether a pattern is found in it."""
        return re.search(pattern, self.words) is not None

    def times(self, noun: str = "") -> int | None:
        """How often: "twice", "four times", "three jumps" where the noun's pattern is jumps."""
        if len(TIMES.findall(self.words)) > 1:
            return None
        if found := TIMES.search(self.words):
            return ONCE.get(found["once"] or "") or NUMBERS.index(found["count"])
        between = r"(?:(?!who\b|that\b|which\b)\w+ ){0,2}?"  # "the one who jumps" is no count
        if noun and (counted := re.search(rf"\b(?P<count>{_NUMBER}) {between}(?:{noun})\b", self.words)):
            return NUMBERS.index(counted["count"])
        return None

    @property
    def speed(self) -> str:
        """How fast, with a space in front; "" where that isn't said."""
        found = SPEED.search(self.words)
        return f" {found[0]}" if found else ""

    def sides(self, limb: str) -> set[str]:
        """Sides of a kind of limb that the clause names."""
        return _sides(self.words, limb)

    @cached_property
    def opposed(self) -> bool:
        """Whether the sentence names two opposite ways: "two steps forward and one step back", "leans left and right".

        The way that is left over at the end is neither. What limbs and eyes do has ways of its own.
        """
        words = OF_LIMBS.sub("", self.sentence)
        return any(first.search(words) and second.search(words) for first, second in OPPOSITE)

    @cached_property
    def arms(self) -> Arms | None:
        """Which arms it is about; None where it names none, or both of them apart."""
        named = self.sides(ARM)
        if len(named) == 2:
            return None
        if named:
            side = named.pop()
            others = _sides(self.sentence, ARM) - {side} or re.search(r"\b(?:arms|hands)\b", self.sentence)
            return Arms((SIDES[side],), side, not others)
        if re.search(rf"\bboth (?:{WHOSE} )?{ARM}|\b(?:arms|hands|fists|palms)\b", self.words):
            return Arms((0, 1), "both")
        unsaid = re.search(rf"\b{ARM}\b", self.words) and not re.search(r"\b(?:left|right)\b", self.sentence)
        return Arms((), "one") if unsaid else None


@dataclass(frozen=True)
class Arms:
    """Arms that a clause is about: (0,) the left, (1,) the right, (0, 1) both, () either one."""

    which: tuple[int, ...]
    name: str
    alone: bool = False  # whether the sentence is about no other arm

    def said(self, limb: str = "arm") -> str:
        """As captions say it: "the left arm", "both arms", "one arm"."""
        return (
            f"both {limb}s"
            if self.name == "both"
            else f"{'one' if not self.which else f'the {self.name}'} {limb}"
        )

    def pose(self, where: str) -> tuple[str, str] | None:
        """Side and direction of a single arm; None for both or either."""
        return (self.name, where) if len(self.which) == 1 else None


def _sides(words: str, limb: str) -> set[str]:
    return set(re.findall(rf"\b(left|right) (?=(?:\w+ )?{limb}s?\b)", words))


def told_times(times: int | None) -> str:
    """A count as captions say it, with a space in front; "" where there is none."""
    return "" if times is None else f" {times_said(times)}"
