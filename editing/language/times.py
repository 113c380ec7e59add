"""Expressions of time, number and amount: "from 1 s to 2 s", "half a second", "by 20 cm", "half as high"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from editing.spans import THROUGHOUT, Span

WORD_NUMBERS = {
    "half a": 0.5, "half an": 0.5, "a half": 0.5, "one and a half": 1.5, "two and a half": 2.5, "a quarter of a": 0.25,
    "a couple of": 2, "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty five": 45, "forty": 40,
    "fifty": 50, "sixty": 60, "ninety": 90, "a hundred and eighty": 180, "one hundred and eighty": 180,
}  # fmt: skip
NEAR_A_MOMENT = 0.5  # seconds on either side of "at 2 s"
NEAR_A_FRAME = 10  # frames on either side of "at frame 30"
END_SHARE = 0.3  # "at the end" is the last 30 %, "in the middle" the 30 % about the middle
MIDDLE = Span(0.5 - END_SHARE / 2, 0.5 + END_SHARE / 2, "share")
SHARES = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "part": END_SHARE}
UNITS = {
    "deg": r"degrees?|°|deg", "cm": r"cm|centimet(?:er|re)s?", "m": r"met(?:er|re)s?|m", "s": r"seconds?|secs?|s",
    "ms": r"milliseconds?|ms", "%": r"%|percent|per cent", "frames": r"frames?", "times": r"times?|x",
    "steps": r"steps?", "imperial": r"inch(?:es)?|feet|ft",
}  # fmt: skip
_WORDS = "|".join(sorted(WORD_NUMBERS, key=len, reverse=True))
_N = rf"(\d+(?:\.\d+)?|\.\d+|{_WORDS})"
_S = r"\s*(?:s|sec|secs|second|seconds)\b"
_IN = r"(?:(?:only\s+)?(?:in|during|for|over|within|at|throughout|by)\s+)?"
_OF = (
    r"(?:\s+of\s+(?:the\s+|it\b\s*)?(?:whole\s+|entire\s+)?"
    r"(?:clip|motion|movement|video|animation|action|sequence|it)?\b)?"
)
_PERCENT = rf"{_N}\s*(?:%|percent|per\s+cent)(?!\w)"
_OF_CLIP = (
    r"(?:\s+of\s+(?:the\s+)?(?:whole\s+)?(?:clip|motion|movement|video|animation|action|sequence|way|time)|"
    r"\s+through)"
)
_END = r"(?:end|finish|very\s+end)"
_START = r"(?:start|beginning|very\s+start|very\s+beginning)"
_SHARE = r"(half|third|quarter|part)"


def number(text: str) -> float:
    """A number in digits or words."""
    text = " ".join(text.split())
    return float(WORD_NUMBERS[text]) if text in WORD_NUMBERS else float(text)


def _seconds(a: str, b: str) -> Span:
    return Span(number(a), number(b))


def _moment(a: str) -> Span:
    return Span(max(number(a) - NEAR_A_MOMENT, 0), number(a) + NEAR_A_MOMENT)


def _percent(a: str) -> float:
    return min(number(a) / 100, 1)


def _about_frame(a: str) -> Span:
    return Span(max(float(a) - NEAR_A_FRAME, 0), float(a) + NEAR_A_FRAME, "frames")


def _about_share(a: str) -> Span:
    return Span(max(_percent(a) - END_SHARE / 2, 0), min(_percent(a) + END_SHARE / 2, 1), "share")


# Patterns in order; each makes a Span of its groups.
_TIMES: list[tuple[str, Callable[..., Span]]] = [
    (
        rf"(?:from|between)\s+{_N}(?:{_S})?\s*(?:to|and|until|till|-|–)\s*(?:about\s+)?{_N}{_S}",
        _seconds,
    ),
    (rf"(?:from|after|starting\s+(?:from|at))\s+{_N}(?:{_S})?\s*(?:to|until|till|up\s+to)\s+the\s+{_END}",
     lambda a: Span(number(a), None)),
    (rf"{_N}(?:{_S})?\s*(?:to|-|–)\s*{_N}{_S}", _seconds),
    (rf"(?:from|at|after|starting\s+(?:from|at))\s+{_N}{_S}(?:\s+on(?:wards?)?)?\s*(?:to|until|till|up\s+to)\s+{_N}{_S}",
     _seconds),
    (rf"(?:from|at|after|starting\s+(?:from|at))\s+{_N}{_S}(?:\s+on(?:wards?)?)?\s*(?:to|until|till|up\s+to)\s+the\s+{_END}",
     lambda a: Span(number(a), None)),
    (rf"between\s+{_N}(?:{_S})?\s+and\s+the\s+{_END}{_OF}", lambda a: Span(number(a), None)),
    (rf"(?:from|between|in|during)\s+seconds\s+{_N}\s*(?:to|and|until|-|–)\s*{_N}\b", _seconds),
    (rf"(?:from|between)\s+{_PERCENT}\s*(?:to|and|until|till|-|–)\s*{_PERCENT}(?:{_OF_CLIP})?",
     lambda a, b: Span(_percent(a), _percent(b), "share")),
    (rf"(?:from|after)\s+{_PERCENT}(?:{_OF_CLIP}(?:\s+on(?:wards?)?)?|\s+on(?:wards?)?)",
     lambda a: Span(_percent(a), 1, "share")),
    (rf"(?:before|until|till)\s+{_PERCENT}(?:{_OF_CLIP})?", lambda a: Span(0, _percent(a), "share")),
    (rf"(?:at|around|about)\s+{_PERCENT}{_OF_CLIP}", _about_share),
    (rf"(?:at|around|about)\s+{_PERCENT}(?=\s*(?:$|,|and\b|then\b|but\b))", _about_share),
    (r"(?:at|around|about)\s+frame\s+(\d+)\b", _about_frame),
    (
        r"(?:from|between|in)?\s*frames?\s+(\d+)\s*(?:to|and|until|-|–)\s*(?:frame\s+)?(\d+)\b",
        lambda a, b: Span(float(a), float(b), "frames"),
    ),
    (r"(?:from|after)\s+frame\s+(\d+)(?:\s+(?:on|onwards?))?", lambda a: Span(float(a), None, "frames")),
    (r"(?:before|until|till)\s+frame\s+(\d+)", lambda a: Span(0, float(a), "frames")),
    (rf"{_IN}the\s+(?:first|initial)\s+{_N}{_S}{_OF}", lambda a: Span(0, number(a))),
    (rf"{_IN}the\s+(?:first|opening)\s+second\b(?!\s+half){_OF}", lambda: Span(0, 1)),
    (rf"{_IN}the\s+(?:last|final)\s+{_N}{_S}{_OF}", lambda a: Span(-number(a), None)),
    (rf"{_IN}the\s+(?:last|final)\s+second\b{_OF}", lambda: Span(-1, None)),
    (rf"{_IN}the\s+(?:first|initial)\s+{_N}\s*frames?\b{_OF}", lambda a: Span(0, number(a), "frames")),
    (rf"{_IN}the\s+(?:last|final)\s+{_N}\s*frames?\b{_OF}", lambda a: Span(-number(a), None, "frames")),
    (rf"{_IN}the\s+(?:first|initial)\s+{_N}\s*(?:%|percent|per cent){_OF}", lambda a: Span(0, _percent(a), "share")),
    (rf"{_IN}the\s+(?:last|final)\s+{_N}\s*(?:%|percent|per cent){_OF}", lambda a: Span(1 - _percent(a), 1, "share")),
    (rf"{_IN}the\s+(?:first|initial)\s+{_SHARE}\b{_OF}", lambda a: Span(0, SHARES[a], "share")),
    (rf"{_IN}the\s+(?:last|final|latter)\s+{_SHARE}\b{_OF}", lambda a: Span(1 - SHARES[a], 1, "share")),
    (rf"{_IN}the\s+middle\s+(?:part|section)\b{_OF}", lambda: MIDDLE),
    (rf"{_IN}the\s+second\s+half\b{_OF}", lambda: Span(0.5, 1, "share")),
    (rf"{_IN}the\s+(?:second|middle)\s+third\b{_OF}", lambda: Span(1 / 3, 2 / 3, "share")),
    (rf"(?:from|after)\s+(?:the\s+)?(?:middle|halfway(?:\s+point)?|half)\b(?:\s+(?:on|onwards?))?"
     rf"(?:\s+(?:to|until)\s+the\s+{_END})?{_OF}", lambda: Span(0.5, 1, "share")),
    (rf"(?:before|until|till|up\s+to)\s+(?:the\s+)?(?:middle|halfway(?:\s+point)?)\b{_OF}",
     lambda: Span(0, 0.5, "share")),
    (
        rf"from\s+(?:the\s+)?(?:very\s+)?{_START}(?:\s+on(?:wards?)?)?(?:\s+(?:to|until|till)\s+(?:the\s+)?{_END})?{_OF}",
        lambda: THROUGHOUT,
    ),
    (rf"(?:until|till|to|up\s+to)\s+the\s+(?:very\s+)?{_END}{_OF}", lambda: THROUGHOUT),
    (rf"(?:after|from|starting\s+(?:at|from)|as\s+of)\s+(?:about\s+)?{_N}{_S}(?:\s+(?:on|onwards?))?",
     lambda a: Span(number(a), None)),
    (rf"(?:before|until|till|up\s+to)\s+(?:about\s+)?{_N}{_S}(?!\s+before)", lambda a: Span(0, number(a))),
    (rf"{_N}{_S}\s+before\s+the\s+{_END}\b{_OF}", lambda a: Span(-number(a), None)),
    (rf"{_N}{_S}\s+in(?:to\s+(?:the\s+(?:clip|motion|movement|video|animation|action)|it))?(?=\s*(?:$|,))", _moment),
    (rf"(?:at|around|about)\s+(?:about\s+|around\s+)?{_N}{_S}", _moment),
    (rf"(?:at|in|near|towards?|by|just\s+before)\s+(?:the\s+)?(?:very\s+)?{_END}\b{_OF}",
     lambda: Span(1 - END_SHARE, 1, "share")),
    (
        rf"(?:at|in|near|from)\s+the\s+(?:very\s+)?{_START}\b{_OF}|\b(?:at\s+first|initially|early\s+on|"
        rf"at\s+(?:the\s+)?start|in\s+the\s+beginning)\b|\bfirst(?=\s*(?:$|,|and\b))",
        lambda: Span(0, END_SHARE, "share"),
    ),
    (
        rf"(?:in|at|around|near|during|about)\s+the\s+middle\b{_OF}|\bhalfway\s+through\b{_OF}|\bmidway(?:\s+through)?\b{_OF}",
        lambda: MIDDLE,
    ),
    (
        rf"throughout{_OF}(?:\s+the\s+(?:whole\s+|entire\s+)?(?:clip|motion|movement|video|animation|action|time))?|"
        r"(?:(?:for|during|over|in)\s+)?the\s+(?:whole|entire)\s+(?:time|duration)|all\s+the\s+time|always|"
        r"the\s+whole\s+way(?:\s+through)?|(?:during|over|for|in)\s+the\s+(?:whole\s+|entire\s+)?"
        r"(?:clip|motion|movement|video|animation|action)|all\s+the\s+way\s+through|constantly|"
        r"the\s+whole\s+(?:clip|motion|movement|video|animation)(?=\s*$)",
        lambda: THROUGHOUT,
    ),
]  # fmt: skip
_TIME_PATTERNS = [(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), make) for pattern, make in _TIMES]


@dataclass(frozen=True)
class Quantity:
    """A number with its unit. mode: "to", "by", "for", "in", "times" or "" as said before or behind it."""

    value: float
    unit: str  # deg, m, s, %, frames, times, steps, x (a factor)
    mode: str = ""


_REST = re.compile(
    r"(?:(?:for|during|in|over|throughout)\s+)?the\s+(?:rest|remainder)\b(?!\s+of\s+(?:the|your|his|her|their)\s+body)"
    r"(?:\s+of\s+(?:the\s+)?(?:clip|motion|movement|video|animation|action|sequence|time|it))?(?!\w)"
)


def match_rest(text: str, at: int) -> int | None:
    """ "(for) the rest": where the words end that stand for all the time that was not said before."""
    match = _REST.match(text, at)
    return None if match is None else match.end()


def match_time(text: str, at: int) -> tuple[int, Span] | None:
    """An expression of time that starts at a position: its end, and its span. UserError for an empty one."""
    best: tuple[int, Callable[..., Span], list[str]] | None = None
    for pattern, make in _TIME_PATTERNS:
        match = pattern.match(text, at)
        if match is not None and match.end() > at and (best is None or match.end() > best[0]):
            best = match.end(), make, [group for group in match.groups() if group is not None]
    return None if best is None else (best[0], best[1](*best[2]))


_UNIT = "|".join(f"(?P<{'pct' if key == '%' else key}>{pattern})" for key, pattern in UNITS.items())
_QUANTITY = re.compile(
    rf"(?:(?P<mode>to|by|for|in|within|at|up to|about|around|another)\s+)?"
    r"(?:about\s+|around\s+|roughly\s+|an?\s+angle\s+of\s+)?"
    rf"(?P<n>\d+(?:\.\d+)?|\.\d+|{_WORDS})\s*-?\s*(?:(?:more|further|additional|extra|other)\s+(?=steps?\b|times?\b))?(?:{_UNIT})(?!\w)"
)
_BY_SHARE = re.compile(r"by\s+(?:a\s+|one\s+)?(half|third|quarter)\b(?!\s+(?:an?|of)\b)")
_FACTORS: list[tuple[str, Callable[..., float]]] = [
    (rf"by\s+(?:a\s+)?factor\s+(?:of\s+)?{_N}", number),
    (rf"{_N}\s*(?:x|times)\s+(?:as|the)\b", number),
    (r"twice\s+(?:as|the)\b|(?:at\s+|to\s+)?double\s+(?:the\b|as\b)?", lambda: 2.0),
    (
        r"(?:only\s+)?half\s+(?:as|the)\b|(?:at\s+|to\s+)half(?:\s+the)?\b",
        lambda: 0.5,
    ),
    (r"(?:a\s+)?third\s+as\b|a\s+third\s+(?:of\s+)?the\b", lambda: 1 / 3),
    (r"(?:a\s+)?quarter\s+as\b|a\s+quarter\s+(?:of\s+)?the\b", lambda: 0.25),
    (r"three\s+quarters\s+(?:as|of\s+the|the)\b", lambda: 0.75),
]
_FACTOR_PATTERNS = [(re.compile(pattern), make) for pattern, make in _FACTORS]
_MODES = {"within": "in", "up to": "to", "about": "", "around": "", "at": "to", "another": "more"}


def match_factor(text: str, at: int) -> tuple[int, float] | None:
    """ "by a factor of 2", "half as", "twice the": where it ends, and the factor."""
    for pattern, make in _FACTOR_PATTERNS:
        match = pattern.match(text, at)
        if match is not None:
            return match.end(), make(*match.groups())
    return None


def match_quantity(text: str, at: int) -> tuple[int, Quantity] | None:
    """ "by 20 cm", "2 seconds", "to 90 degrees": where it ends, and what it says (cm as metres, ms as seconds)."""
    by_share = _BY_SHARE.match(text, at)
    if by_share is not None:  # so much more, or so much less
        return by_share.end(), Quantity(SHARES[by_share[1]], "%", "by")
    match = _QUANTITY.match(text, at)
    if match is None:
        return None
    unit = next(key for key in (*UNITS, "pct") if key != "%" and match[key] is not None)
    value = number(match["n"])
    mode = match["mode"] or ""
    inches = unit == "imperial" and "inch" in match["imperial"]
    metric = {
        "cm": (0.01, "m"),
        "ms": (0.001, "s"),
        "pct": (0.01, "%"),
        "imperial": (0.0254 if inches else 0.3048, "m"),
    }
    scale, unit = metric.get(unit, (1.0, unit))
    if unit in ("times", "steps") and match["n"] in ("a", "an"):
        return None
    return match.end(), Quantity(value * scale, unit, _MODES.get(mode, mode))
