"""Whole numbers in words, as captions have them."""

from __future__ import annotations

import re

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


ONCE = {"once": 1, "twice": 2, "thrice": 3}
OFTEN = rf"(?:{'|'.join(ONCE)}|(?:{'|'.join(NUMBERS[1:])}|\d+) times)"
HOW_OFTEN = re.compile(rf"\b{OFTEN}\b")


def how_often(text: str) -> int | None:
    """How often text in lower case says first that something is done: "twice", "four times"; None where it doesn't."""
    found = HOW_OFTEN.search(text)
    if found is None:
        return None
    word = found[0].split(" ")[0]
    return ONCE.get(word) or (int(word) if word.isdigit() else NUMBERS.index(word))


def times_said(count: int) -> str:
    """A count as captions say it: "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{NUMBERS[count]} times")
