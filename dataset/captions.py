"""Caption files of the HumanML3D layout: one caption a line, `text#word/POS word/POS ...#start#end`.

Start and end are seconds; both zero (or NaN, which the published files contain) means the whole clip.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from utils.runtime import UserError
from utils.texts import read_lines


@dataclass(frozen=True)
class Caption:
    """One sentence about a clip, or about the part of it between two times."""

    text: str
    tokens: tuple[str, ...]  # "word/POS", nouns and verbs as lemmas
    start: float = 0.0  # seconds
    end: float = 0.0

    @property
    def is_tagged(self) -> bool:
        """Whether the caption speaks of a part of the clip only."""
        return self.start != 0.0 or self.end != 0.0

    def frame_range(self, fps: float) -> tuple[int, int]:
        """First frame and the one after the last, as HumanML3D cuts them: seconds x fps, rounded down."""
        return int(self.start * fps), int(self.end * fps)


def parse_line(line: str) -> Caption:
    """Read one caption line; ValueError says what is wrong with it. A "#" may occur in the text itself."""
    fields = line.strip().rsplit("#", 3)
    if len(fields) != 4:
        raise ValueError("expected text#tokens#start#end")
    text, tokens, start, end = (field.strip() for field in fields)
    if not text:
        raise ValueError("the text is empty")
    try:
        times = [float(start), float(end)]
    except ValueError:
        raise ValueError(f"start {start!r} and end {end!r} must be seconds") from None
    start_time, end_time = (0.0 if math.isnan(time) else time for time in times)
    if math.isinf(start_time) or math.isinf(end_time):
        raise ValueError(f"start {start!r} and end {end!r} must be finite")
    return Caption(text, tuple(tokens.split()), start_time, end_time)


def format_line(caption: Caption) -> str:
    """The line `parse_line` reads back; line breaks in the text become spaces."""
    return f"{' '.join(caption.text.split())}#{' '.join(caption.tokens)}#{caption.start}#{caption.end}"


def read_captions(path: str | Path) -> list[Caption]:
    """All captions of a file, in order; blank lines are left out. UserError names a bad line."""
    path = Path(path)
    captions = []
    for number, line in enumerate(read_lines(path, "captions"), 1):
        if not line.strip():
            continue
        try:
            captions.append(parse_line(line))
        except ValueError as error:
            raise UserError(f"{path}, line {number}: {error}; lines are text#tokens#start#end") from error
    return captions
