"""Text files as programs of all kinds write them: byte-order marks, encodings, line ends, decimal commas."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from dataset.motion_files.raw import BadMotion

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's mark, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SEPARATORS = re.compile(r"[;,\s]+")


def read_text(path: Path) -> str:
    """The text of a file with "\\n" as its only line end; BadMotion (a UserError) where it can't be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadMotion("unreadable", f"{path}: can't be read ({error.strerror})") from error
    return decode(data).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes) -> str:
    """Text in the encoding its byte-order mark names, else UTF-8, else Latin-1, which can't fail."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


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
