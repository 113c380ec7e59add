"""The MOTION part of a BVH file: number of frames, frame time, and a row of channel values per frame."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.motion_files.bvh_hierarchy import COMMENT
from dataset.motion_files.raw import BadMotion
from dataset.motion_files.text import leading_numbers, to_number

HEAD = re.compile(r"(frames|frame[ \t_]*time)[ \t]*[:=]?[ \t]*(\S*)", re.IGNORECASE)
# Seconds per frame beyond these are no frame time: mostly a rate, or a time in milliseconds.
FRAME_TIMES = (1e-4, 1.0)


@dataclass(frozen=True)
class MotionHead:
    """frames: as announced, 0 where it is not said. start: where the values begin in the text, on line `line`."""

    frames: int
    frame_time: float | None
    start: int
    line: int


def parse_head(path: Path, text: str, start: int, line: int) -> MotionHead:
    """The lines of Frames and Frame Time that follow `start`, which is on line number `line` of the file."""
    found: dict[str, float] = {}
    while start < len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        content = text[start:stop].strip()
        is_head = HEAD.match(content)
        if content and not is_head and ":" not in content and not COMMENT.match(content):
            break
        for key, value in HEAD.findall(content) if is_head else ():
            try:
                found["frames" if key.lower() == "frames" else "time"] = to_number(value)
            except ValueError as error:
                raise BadMotion("unreadable", f"{path}, line {line}: {error}") from error
        start, line = stop + 1, line + 1
    frames = found.get("frames", 0.0)
    if not 0 <= frames < 1e9:
        raise BadMotion("unreadable", f"{path}: Frames: {frames:g} is no number of frames")
    return MotionHead(int(frames), found.get("time"), min(start, len(text)), line)


def checked_frame_time(path: Path, seconds: float | None) -> float:
    """The file's seconds per frame; BadMotion says what it may have meant, and the flag that replaces it."""
    if seconds is None:
        raise BadMotion(
            "frame rate", f"{path}: its MOTION part lacks a Frame Time; pass the rate as --source-fps (30)"
        )
    if not 0 < seconds < np.inf:
        raise BadMotion(
            "frame rate",
            f"{path}: Frame Time {seconds:g} is no duration; pass the file's frames per second as --source-fps "
            "(for example --source-fps 30)",
        )
    if FRAME_TIMES[0] <= seconds <= FRAME_TIMES[1]:
        return seconds
    meant = ""
    if 5 <= seconds <= 1000:
        meant = f": if it means {seconds:g} frames per second, pass --source-fps {seconds:g}"
        if seconds <= 200:
            meant += f"; if milliseconds, --source-fps {1000 / seconds:.4g}"
    raise BadMotion(
        "frame rate",
        f"{path}: a Frame Time of {seconds:g} seconds is no motion"
        + (meant or "; pass the file's frames per second as --source-fps"),
    )


def parse_values(
    path: Path, text: str, width: int, announced: int, first_line: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values (T, width) of a text of rows, and what a person should know about them.

    A file with as many numbers as announced is read in one go. Any other is read line by line, to say which
    line is wrong, or to use the whole rows of a file that was cut or whose recorder stopped early.
    """
    values = _all_numbers(text)
    if values is not None and len(values) and len(values) == announced * width:
        return values.reshape(announced, width), ()
    lines = [
        (number, content)
        for number, line in enumerate(text.split("\n"), first_line)
        if (content := COMMENT.sub("", line).strip())
    ]
    told = []
    count = len(lines)
    while lines and not leading_numbers(lines[-1][1].split()[0], 1)[0]:
        lines.pop()
    if len(lines) < count:
        told.append(f"{count - len(lines)} lines of text after the last frame are left out")
    if announced and len(lines) > announced:
        values = _all_numbers("\n".join(content for _, content in lines))
        if values is not None and len(values) == announced * width:  # rows broken over several lines
            return values.reshape(announced, width), tuple(told)
        told.append(f"it announces {announced} frames and holds {len(lines)} rows: the first are used")
        lines = lines[:announced]
    rows = _rows(path, lines, width)
    ends_in_line = text.endswith("\n") or len(lines) < count
    if 0 < len(rows) < announced and len(rows) == len(lines) and not ends_in_line and _is_cut(lines):
        rows.pop()
    if not rows:
        raise BadMotion("truncated", f"{path}: holds no whole frame; it is cut short, get it again")
    if len(rows) < max(announced, len(lines)):
        said = f"it announces {announced} frames and" if announced else "it"
        told.append(
            f"{said} holds {len(rows)} whole ones: its recorder stopped early or it is cut short; those are used"
        )
    return np.array(rows), tuple(told)


def _all_numbers(text: str) -> np.ndarray | None:
    """All numbers of a text, or None where it holds anything else. Decimal commas are seen to."""
    if "," in text:
        text = text.replace(",", " " if "." in text else ".")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # numpy before 2.3 warned where it now raises
        try:
            return np.fromstring(text.replace(";", " "), sep=" ")
        except (ValueError, DeprecationWarning):
            return None


def _rows(path: Path, lines: list[tuple[int, str]], width: int) -> list[list[float]]:
    """A row per line; one that ends too early is left out where it is the last. BadMotion names a wrong line."""
    rows = []
    for i, (number, content) in enumerate(lines):
        numbers, wrong = leading_numbers(content, width)
        if len(numbers) < width and wrong is not None:
            raise BadMotion(
                "unreadable", f"{path}, line {number}: {wrong!r} is no number; the file is damaged"
            )
        if len(numbers) != width:
            if len(numbers) < width and i == len(lines) - 1:
                break
            raise BadMotion(
                "wrong channels",
                f"{path}, line {number}: {len(numbers)} values where the hierarchy has {width} channels; the file "
                "is damaged",
            )
        rows.append(numbers)
    return rows


def _is_cut(lines: list[tuple[int, str]]) -> bool:
    """Whether the last number of the last row has fewer decimals than that of the row before it."""
    if len(lines) < 2:
        return True
    last, before = (content.split()[-1] for _, content in (lines[-1], lines[-2]))
    return len(last.partition(".")[2]) < len(before.partition(".")[2])
