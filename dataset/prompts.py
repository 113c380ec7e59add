"""Prompt files: one sentence a line, also as other projects write them.

a person walks forward
# a comment
a person jumps#120                                     MoMask: length in frames of the model; #NA: none
a person waves#a/DET person/NOUN wave/VERB#0.0#3.5     HumanML3D: start and end in seconds; both 0: none
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dataset.captions import parse_line
from utils.runtime import UserError, warn
from utils.texts import one_line, read_lines

NO_LENGTH = ("na", "none", "nan", "")


class Prompt(NamedTuple):
    """A sentence and its length: in seconds, or in frames of the model that makes the motion, or none."""

    text: str
    seconds: float | None = None
    frames: int | None = None

    def length(self, fps: float, otherwise: float | None) -> float | None:
        """Seconds, at a model's frame rate; `otherwise` where the prompt says none."""
        if self.frames is not None:
            return self.frames / fps
        return otherwise if self.seconds is None else self.seconds


def parse_prompt(line: str) -> Prompt | None:
    """A line's prompt; None for blank lines and comments. ValueError: a length that is none, or no sentence."""
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    if line.count("#") >= 3:
        try:
            caption = parse_line(line)
        except ValueError:
            pass
        else:
            seconds = caption.end - caption.start
            return Prompt(caption.text, seconds if seconds > 0 else None)
    text, mark, length = (part.strip() for part in line.rpartition("#"))
    if not mark:
        return Prompt(line)
    if length.lower() in NO_LENGTH:
        return Prompt(text)
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", length):
        return Prompt(line)  # a "#" of the sentence itself
    frames = round(float(length)) if len(length) < 10 else 0
    if frames < 1:
        raise ValueError(f"{one_line(length, 20)!r} is no length in frames")
    return Prompt(text, frames=frames)


def read_prompts(path: str | Path, what: str = "") -> list[Prompt]:
    """All prompts of a file, in order. UserError names a bad line; a "#" that stays in a sentence is warned of.

    what: the flag that named the file, for messages.
    """
    name = f"{what} {path}".strip()
    prompts: list[Prompt] = []
    kept: list[int] = []
    for number, line in enumerate(read_lines(path, what), 1):
        try:
            prompt = parse_prompt(line)
        except ValueError as error:
            raise UserError(f"{name}, line {number}: {error}; write text#120 or text#NA") from error
        if prompt is not None:
            prompts.append(prompt)
            kept += [number] if "#" in prompt.text else []
    if not prompts:
        raise UserError(f"{name}: holds no sentence; write one a line")
    if kept:
        warn(f"{name}, line {_listed(kept)}: what stands behind '#' is no length, and stays in the sentence")
    return prompts


def _listed(numbers: Sequence[int], most: int = 5) -> str:
    return ", ".join(map(str, numbers[:most])) + (" and others" if len(numbers) > most else "")
