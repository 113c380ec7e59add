"""How a sentence of a user is heard: put plainly, divided into what it tells in turn, each part with the time it takes."""

from __future__ import annotations

import re

from dataset.number_words import NUMBERS, how_often
from dataset.said_plainly import said_plainly
from dataset.spelled_out import REST, lowers_arms
from dataset.told_in_turn import in_turn

SHORTEST_PART = 1.5  # seconds that each part of a divided sentence needs
BEGINS_AND_ENDS = 1.0  # seconds beside those that something is held
LONGEST_SAID = 60.0  # seconds; who wants more says so with --seconds
MORE_THAN_HELD = 1.5  # seconds for what is done behind that: "kneels for four seconds and gets up"
THEN_MORE = re.compile(
    r"\bseconds?,? (?:and )?(?:then )?(?:stands?|standing|gets?|getting|rises?|rising|comes?|coming|puts?|lowers?|lowering|"
    r"straightens?)\b"
)
UNITS = {"second": 1.0, "minute": 60.0}
COUNTS = {word: float(count) for count, word in enumerate(NUMBERS) if count} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "a": 1.0, "half a": 0.5, "a couple of": 2.0,
}  # fmt: skip
SAID_SECONDS = re.compile(
    r"(?<!after )(?<!within )(?<!every )(?<!in )\b(?:for )?(?:(?:about|around|roughly|almost|nearly|exactly|at least|"
    rf"another|some|a full|full) )?(?P<count>\d+(?:\.\d+)?|{'|'.join(sorted(COUNTS, key=len, reverse=True))})"
    r"(?: full| whole|-| )? ?(?P<unit>second|minute)s?\b(?! (?:later|after|before|apart|each))"
)


def heard(text: str, frames: int | None, fps: float) -> list[tuple[str, int | None]]:
    """A sentence as the parts that models are told, each with its frames.

    frames: of the whole, which the parts share; where each would have fewer than `SHORTEST_PART` seconds, the sentence stays
    whole. None: each part ends where the model ends it, or lasts as long as it says itself ("for five seconds").
    """
    text = said_plainly(text)
    parts = in_turn(text)
    if frames is None:
        resting = [REST] if lowers_arms(parts) else []
        return [(part, _frames_said(part, fps)) for part in (*parts, *resting)]
    if frames < len(parts) * SHORTEST_PART * fps:
        return [(text, frames)]
    ends = [frames * number // len(parts) for number in range(len(parts) + 1)]
    return [(part, end - start) for part, start, end in zip(parts, ends, ends[1:], strict=False)]


def said_seconds(text: str) -> float | None:
    """Seconds that a sentence says something lasts; None where it says none, or more than `LONGEST_SAID`.

    "a second" and "a minute" are said of any short while.
    """
    found = list(SAID_SECONDS.finditer(text.lower()))
    if len(found) != 1 or found[0]["count"] == "a":
        return None
    said = found[0]
    count = COUNTS.get(said["count"]) or float(said["count"])
    seconds = count * UNITS[said["unit"]]
    return seconds if 0 < seconds <= LONGEST_SAID else None


def _frames_said(text: str, fps: float) -> int | None:
    seconds = said_seconds(text)
    if seconds is None:
        return None
    text = text.lower()
    behind = re.split(r"\b(?:second|minute)s?\b", text, maxsplit=1)[-1]
    seconds = min(seconds * (how_often(behind) or 1), LONGEST_SAID)  # "squats for three seconds, three times"
    more = MORE_THAN_HELD if THEN_MORE.search(text) else 0.0
    return round((seconds + BEGINS_AND_ENDS + more) * fps)
