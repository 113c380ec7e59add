"""Whole numbers in words, as captions have them."""

from __future__ import annotations

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip


def times_said(count: int) -> str:
    """A count as captions say it: "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{NUMBERS[count]} times")
