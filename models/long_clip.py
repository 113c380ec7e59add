"""A clip while it grows: its parts under their sentences, and the windows of codes that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
from torch import Tensor

from models.sampling import OVERLAP, Sampling


@dataclass(frozen=True)
class Part:
    """A stretch of a clip under one sentence."""

    condition: Tensor  # (12, C)
    frames: int | None  # None: the model ends it itself, within one window
    text: str = ""  # the sentence


@dataclass(frozen=True)
class Window:
    """Codes of one pass through the transformers."""

    pose_codes: Tensor  # (L, 70) uint8
    residual_codes: Tensor | None  # (L, Q)
    kept: int  # leading steps that repeat the end of the window before

    def after(self, pose_codes: Tensor, residual_codes: Tensor | None) -> Window:
        """The window with its kept steps replaced by these, which may reach further back."""
        codes = self.residual_codes
        if codes is not None and residual_codes is not None:
            codes = torch.cat([residual_codes, codes[self.kept :]])
        return Window(torch.cat([pose_codes, self.pose_codes[self.kept :]]), codes, len(pose_codes))


@dataclass
class Clip:
    """One clip while it grows."""

    parts: Sequence[Part]
    generator: torch.Generator
    frames_per_step: int
    windows: list[Window] = field(default_factory=list)
    steps: int = 0
    begun_at: int = 0  # step where the current part begins
    ends: list[int] = field(default_factory=list)  # frame where each finished part ends

    @property
    def finished(self) -> bool:
        """Every part is done."""
        return len(self.ends) == len(self.parts)

    @property
    def part(self) -> Part:
        """The part whose turn it is."""
        return self.parts[len(self.ends)]

    @property
    def due(self) -> int | None:
        """Step at which the current part ends; None: when the model says so.

        Parts end at the step nearest to what was asked for, counted from the clip's start so that nothing adds up;
        the last one covers it.
        """
        if (frames := self.part.frames) is None:
            return None
        end = Fraction(self._begin + frames, self.frames_per_step)
        is_last = len(self.ends) == len(self.parts) - 1
        return max(self.steps + 1, -(-end // 1) if is_last else int(end + Fraction(1, 2)))

    def keeps(self, sampling: Sampling) -> int:
        """Steps that the next window takes over."""
        overlap = OVERLAP if sampling.overlap is None else sampling.overlap
        return min(overlap if self.steps > self.begun_at else sampling.handover, self.steps)

    @property
    def _begin(self) -> int:
        return self.ends[-1] if self.ends else 0

    def copied(self, generator: torch.Generator) -> Clip:
        """The same so far; it goes on from another random stream."""
        return replace(self, generator=generator, windows=[*self.windows], ends=[*self.ends])

    def add(self, window: Window) -> None:
        """Take a window and close the part that it completes."""
        due, frames = self.due, self.part.frames
        self.windows.append(window)
        self.steps += len(window.pose_codes) - window.kept
        if due is not None and self.steps < due:
            return
        self.ends.append(self.steps * self.frames_per_step if frames is None else self._begin + frames)
        self.begun_at = self.steps
