"""Text files as programs of all kinds write them: byte-order marks, encodings, line ends, decimal commas."""

from __future__ import annotations

import re
from pathlib import Path

from dataset.motion_files.raw import BadMotion
from utils import texts
from utils.runtime import UserError

SEPARATORS = re.compile(r"[;,\s]+")


def read_text(path: Path) -> str:
    """The text of a file with "\\n" as its only line end, in Unicode or else Latin-1.

    BadMotion (a UserError) where it can't be read or is binary.
    """
    try:
        return texts.read_text(path, fallback="latin-1")
    except UserError as error:
        raise BadMotion("unreadable", str(error)) from error


def to_number(word: str) -> float:
    """A number with a decimal point or a decimal comma; ValueError where it is none."""
    return float(word.replace(",", ".") if "," in word and "." not in word else word)


def leading_numbers(line: str, count: int) -> tuple[list[float], str | None]:
    """The numbers a line begins with, and the first word that is none (None: the line holds only numbers).

    Of the two readings, words with decimal commas and numbers between commas, the one that gives `count`.
    """
    spaced = _numbers([number for word in line.split() if (number := word.strip(",;"))])
    if len(spaced[0]) != count and ("," in line or ";" in line):
        separated = _numbers([word for word in SEPARATORS.split(line) if word])
        if len(separated[0]) == count:
            return separated
    return spaced


def _numbers(words: list[str]) -> tuple[list[float], str | None]:
    numbers: list[float] = []
    for word in words:
        try:
            numbers.append(to_number(word))
        except ValueError:
            return numbers, word
    return numbers, None
