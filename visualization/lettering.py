"""Text in pictures: DejaVu Sans, and for scripts that it lacks (Chinese, Japanese, Korean, ...) a font of the system.

Where no font on the machine has a letter, the picture says so in words, and a warning is printed once.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import matplotlib
from PIL import ImageFont

from utils.runtime import warn

# File names of fonts with many scripts: looked into first, since opening hundreds of fonts takes seconds.
LIKELY = re.compile(
    r"cjk|noto|source.?han|wqy|wenquan|gothic|mincho|ming|song|hei|yahei|pingfang|hiragino|msyh|simsun|malgun|nanum|"
    r"droidsansfallback|unifont|arialuni",
    re.IGNORECASE,
)
# Between these letters a line may break without a space.
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
PIECES = re.compile(rf"[{WIDE}]|[^\s{WIDE}]+")

Face = ImageFont.FreeTypeFont


def carried_font(bold: bool = False) -> Path:
    """DejaVu Sans, which matplotlib carries along."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"


@lru_cache(maxsize=1)
def system_fonts() -> list[str]:
    """Font files of this machine, likely ones first."""
    from matplotlib.font_manager import findSystemFonts

    return sorted(findSystemFonts(), key=lambda path: (not LIKELY.search(Path(path).name), path))


@lru_cache(maxsize=64)
def letters_of(path: str) -> frozenset[int]:
    """Code points that a font file has glyphs for; none where it can't be opened."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (RuntimeError, OSError):  # damaged, or of a kind that FreeType does not read
        return frozenset()


@lru_cache(maxsize=4096)
def font_with(letter: str) -> str | None:
    """File of the first font that has a letter; None where none has."""
    return next((path for path in system_fonts() if ord(letter) in letters_of(path)), None)


@lru_cache(maxsize=32)
def face(path: str, size: int) -> Face:
    """A font file at a size in pixels."""
    return ImageFont.truetype(path, size)


def drawable(text: str) -> str:
    """The text with letters that no font has replaced by how many they are; warns of them."""
    known = letters_of(str(carried_font()))
    parts, lost = [], ""
    for missing, group in groupby(
        text, lambda c: _is_drawn(c) and ord(c) not in known and font_with(c) is None
    ):
        run = "".join(group)
        lost += run if missing else ""
        parts.append(f"[letters that no font here has: {len(run)}]" if missing else run)
    if lost:
        _warn_of(lost[:20])
    return "".join(parts)


@lru_cache(maxsize=64)
def _warn_of(letters: str) -> None:
    """Say once for each text what is missing."""
    warn(
        f"no font on this machine has the letters {letters!r}: pictures say so in their place; install one "
        "(for Chinese, Japanese and Korean: fonts-noto-cjk)"
    )


def _is_drawn(letter: str) -> bool:
    """Whether a character shows anything of its own: blanks, marks that join and selectors of variants do not."""
    return not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Mn", "Me", "Cc")


def runs(text: str, size: int, bold: bool = False) -> list[tuple[str, Face]]:
    """A drawable text in parts of one font each."""
    carried = str(carried_font(bold))
    known = letters_of(carried)
    path_of = {
        c: carried if ord(c) in known or not _is_drawn(c) else font_with(c) or carried for c in set(text)
    }
    return [("".join(group), face(path, size)) for path, group in groupby(text, path_of.__getitem__)]


def length(text: str, size: int, bold: bool = False) -> float:
    """Width of a drawable text in pixels."""
    return sum(font.getlength(part) for part, font in runs(text, size, bold))


def wrap(text: str, width: float, size: int, max_lines: int = 3) -> list[str]:
    """Break text into at most `max_lines` lines of at most `width` pixels; the rest becomes an ellipsis."""
    text, lines, end = drawable(text), [""], 0
    for piece in PIECES.finditer(text):
        space = " " if piece.start() > end and lines[-1] else ""
        longer, end = f"{lines[-1]}{space}{piece[0]}", piece.end()
        if length(longer, size) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(piece[0])
    lines = [_shorten(line, width, size) for line in lines if line]
    if len(lines) > max_lines:
        lines = lines[: max_lines - 1] + [_shorten(lines[max_lines - 1] + " …", width, size)]
    return lines


def _shorten(line: str, width: float, size: int) -> str:
    if length(line, size) <= width:
        return line
    while line and length(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip() + "…"
