"""Words of everyday English that the rule parser knows, and expressions of time and amount."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

VERBS = {
    "bend": "bend|flex|fold|curl|crook|tuck",
    "straighten": "straighten out|straighten up|straighten|unbend|extend|stretch out|stretch|lock",
    "raise": "raise|lift up|lift|put up|hold up|elevate",
    "lower": "lower|drop|put down",
    "move": "move|bring|put|place|keep|hold|push|pull|swing|shift|reach|take|set|rest|step",
    "spread": "spread|open|separate|widen",
    "close": "close|join|narrow|clasp|clap",
    "touch": "touch|grab",
    "lean": "lean|tilt|incline|bow",
    "crouch": "crouch|squat|duck",
    "kneel": "kneel down|kneel",
    "stand": "stand up|stand",
    "mirror": "mirror|flip",
    "freeze": "freeze",
}
PARTS = {
    "arm": "arm", "elbow": "elbow", "hand": "hand|wrist|fist|palm|finger", "leg": "leg", "knee": "knee",
    "foot": "foot|ankle|toe|heel", "shoulder": "shoulder", "hip": "hip", "thigh": "thigh", "head": "head|face",
    "torso": "torso|trunk|upper body|body|back|spine|waist|chest",
}  # fmt: skip
PLURALS = {"feet": "foot", "thighs": "thigh"}
DIRECTIONS = {
    "up": "upwards|upward|up|higher",
    "down": "downwards|downward|down",
    "forward": "to the front|forwards|forward|ahead|in front",
    "back": "to the back|backwards|backward|behind",
    "left": "to the left side|to the left|leftwards|leftward",
    "right": "to the right side|to the right|rightwards|rightward",
    "out": "out to the sides|out to the side|to the sides|to the side|sideways|outwards|outward|out",
    "in": "across the body|across the chest|inwards|inward|in",
    "closer": "closer to each other|closer together|towards each other|toward each other|nearer|closer",
    "together": "together",
    "apart": "further apart|farther apart|wider apart|wide apart|away from each other|apart|wider|wide",
    "straight": "straight|upright",
}
PREPOSITIONS = {
    "above": "up above|up over|above|over|higher than|on top of",
    "below": "below|under|underneath|lower than|beneath",
    "in front of": "in front of|before",
    "behind": "behind",
    "level": "up to the level of|to the level of|level with|at the height of|to the height of",
    "to": "closer to|close to|next to|nearer to|near|towards|toward|onto|on|up to|down to|to|at",
    "with": "with|using",
}
HEIGHT_WORDS = ("height", "level", "high")  # "to shoulder height"
FILLERS = set(
    "please the a an his her your their my its of so that it's is are be make made let person figure man woman "
    "he she they you while still should must to and also just some pose position".split()
)
AMOUNTS = {
    "slight": "just a little bit|just a little|a little bit|a little|a bit|slightly|somewhat|gently|a touch|lightly",
    "much": "much more|a lot more|a lot|much|very deeply|far more|very|strongly|far|high|deep|greatly",
    "full": "completely|fully|all the way|entirely|as far as possible|totally",
    "more": "more deeply|more strongly|deeper|more|deeply|further|farther",
}
WORD_NUMBERS = {
    "half a": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10,
}  # fmt: skip
NEAR_A_MOMENT = 0.5  # seconds on either side of "at 2 s"
END_SHARE = 0.3  # "at the end" is the last 30 %, "in the middle" the 30 % about the middle


@dataclass(frozen=True)
class Amount:
    """How much: a degree ("slight", "more", "much", "full", "" for unsaid), or a number to reach or change by."""

    degree: str = ""
    to: float | None = None  # degrees or metres
    by: float | None = None

    def pick(self, slight: float, usual: float, much: float, full: float | None = None) -> float:
        """The value that fits the degree."""
        table = {"slight": slight, "much": much, "full": much if full is None else full}
        return table.get(self.degree, usual)


_NUMBER = r"(\d+(?:\.\d+)?|half a|one|two|three|four|five|six|seven|eight|nine|ten)"
_SECONDS = r"\s*(?:s|sec|secs|second|seconds)\b"
_AMOUNT_NUMBER = re.compile(
    rf"\b(to|by)\s+(?:about\s+|around\s+)?{_NUMBER}\s*(degrees?|°|deg|cm|centimet(?:er|re)s?|m|met(?:er|re)s?)(?!\w)"
)


def _number(text: str) -> float:
    return WORD_NUMBERS[text] if text in WORD_NUMBERS else float(text)


def _seconds(a: str, b: str) -> Span:
    return Span(_number(a), _number(b))


_SHARES = {"half": 0.5, "third": 1 / 3, "quarter": 0.25}
_IN = r"(?:(?:in|during|for|over|within|at|throughout)\s+)?"
_CLIP = r"(?:\s+of\s+the\s+(?:clip|motion|movement|video|animation))?"
# Patterns in order; each returns a Span of its groups.
_TIMES: list[tuple[str, Callable[..., Span]]] = [
    (
        rf"\b(?:from|between)\s+{_NUMBER}(?:{_SECONDS})?\s*(?:to|and|until|till|-|–)\s*{_NUMBER}{_SECONDS}",
        _seconds,
    ),
    (rf"\b{_NUMBER}(?:{_SECONDS})?\s*(?:to|-|–)\s*{_NUMBER}{_SECONDS}", _seconds),
    (
        r"\b(?:from|between|in)?\s*frames?\s+(\d+)\s*(?:to|and|until|-|–)\s*(?:frame\s+)?(\d+)\b",
        lambda a, b: Span(float(a), float(b), "frames"),
    ),
    (rf"\b{_IN}the\s+first\s+{_NUMBER}{_SECONDS}{_CLIP}", lambda a: Span(0, _number(a))),
    (rf"\b{_IN}the\s+first\s+second\b(?!\s+half){_CLIP}", lambda: Span(0, 1)),
    (rf"\b{_IN}the\s+last\s+{_NUMBER}{_SECONDS}{_CLIP}", lambda a: Span(-_number(a), None)),
    (rf"\b{_IN}the\s+last\s+second\b{_CLIP}", lambda: Span(-1, None)),
    (rf"\b{_IN}the\s+first\s+(half|third|quarter)\b{_CLIP}", lambda a: Span(0, _SHARES[a], "share")),
    (rf"\b{_IN}the\s+last\s+(half|third|quarter)\b{_CLIP}", lambda a: Span(1 - _SHARES[a], 1, "share")),
    (rf"\b{_IN}the\s+second\s+half\b{_CLIP}", lambda: Span(0.5, 1, "share")),
    (rf"\b(?:after|from)\s+{_NUMBER}{_SECONDS}(?:\s+(?:on|onwards?))?", lambda a: Span(_number(a), None)),
    (rf"\b(?:before|until|till|up to)\s+{_NUMBER}{_SECONDS}", lambda a: Span(0, _number(a))),
    (
        rf"\b(?:at|around|about)\s+(?:about\s+)?{_NUMBER}{_SECONDS}",
        lambda a: Span(max(_number(a) - NEAR_A_MOMENT, 0), _number(a) + NEAR_A_MOMENT),
    ),
    (rf"\b(?:at|in|near|towards?)\s+the\s+(?:very\s+)?end\b{_CLIP}", lambda: Span(1 - END_SHARE, 1, "share")),
    (
        rf"\b(?:at|in|near)\s+the\s+(?:very\s+)?(?:start|beginning)\b{_CLIP}|\bat first\b",
        lambda: Span(0, END_SHARE, "share"),
    ),
    (
        rf"\b(?:in|at|around|near)\s+the\s+middle\b{_CLIP}",
        lambda: Span(0.5 - END_SHARE / 2, 0.5 + END_SHARE / 2, "share"),
    ),
    (
        r"\bthroughout(?:\s+the\s+(?:whole\s+)?(?:clip|motion|movement|video))?\b|\b(?:for\s+|during\s+)?the\s+"
        r"(?:whole|entire)\s+(?:time|clip|motion|movement|video)\b|\ball the time\b|\balways\b|\bthe whole way\b",
        lambda: THROUGHOUT,
    ),
]
_TIME_PATTERNS = [(re.compile(pattern), make) for pattern, make in _TIMES]


def take_times(text: str) -> tuple[str, list[Span]]:
    """Cut expressions of time out of a clause: what is left, and the spans found (none: nothing was said)."""
    spans = []
    for pattern, make in _TIME_PATTERNS:
        while (match := pattern.search(text)) is not None:
            groups = [group for group in match.groups() if group is not None]
            spans.append(make(*groups))
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return text, spans


def take_amount(text: str) -> tuple[str, Amount]:
    """Cut expressions of amount out of a clause. UserError when two numbers are given."""
    numbers = _AMOUNT_NUMBER.findall(text)
    if len(numbers) > 1:
        raise UserError(f"two amounts in {text.strip()!r}: give one each, joined by 'and'")
    text = _AMOUNT_NUMBER.sub(" ", text)
    degree = ""
    for name, phrases in AMOUNTS.items():
        text, count = re.subn(rf"\b(?:{phrases})\b", " ", text)
        if count and (not degree or degree == "more"):
            degree = name
    if not numbers:
        return text, Amount(degree)
    word, number, unit = numbers[0]
    value = _number(number) * (0.01 if unit.startswith("c") else 1.0)
    return text, Amount(degree, **{word: value})


def phrase_table() -> list[tuple[str, tuple[str, str, bool]]]:
    """Known phrases, longest first, each with (kind, value, is it a plural)."""
    table: dict[str, tuple[str, str, bool]] = {}
    for kind, words in (("verb", VERBS), ("direction", DIRECTIONS), ("preposition", PREPOSITIONS)):
        for value, phrases in words.items():
            for phrase in phrases.split("|"):
                table.setdefault(phrase, (kind, value, False))
    for value, phrases in PARTS.items():
        for phrase in phrases.split("|"):
            table[phrase] = ("part", value, False)
            table[f"{phrase}s"] = ("part", value, True)
    for phrase, value in PLURALS.items():
        table[phrase] = ("part", value, True)
    table |= {word: ("side", word, False) for word in ("left", "right", "both")}
    table |= {word: ("pronoun", word, False) for word in ("it", "them", "both of them")}
    table |= {word: ("height", word, False) for word in HEIGHT_WORDS}
    return sorted(table.items(), key=lambda item: -len(item[0].split()))
