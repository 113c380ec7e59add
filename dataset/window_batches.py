"""Batches of windows of motion and pose codes, each a function of (seed, iteration) alone."""

from __future__ import annotations

import numpy as np
import torch

from dataset.batch_draws import WINDOW_STREAM, rank_slice
from dataset.cache import Clips


class WindowBatches:
    """Random windows of whole recordings, for the tokenizer; recordings drawn in proportion to length."""

    def __init__(self, clips: Clips, window: int, batch_size: int, seed: int = 0) -> None:
        self.clips, self.window, self.batch_size, self.seed = clips, window, batch_size, seed
        chosen = clips.window_clips(window)
        lengths = clips.lengths[chosen]
        self._first = clips.offsets[chosen]
        self._places = lengths - window + 1  # where a window can start
        self._ends = np.cumsum(lengths)

    def at(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, torch.Tensor]:
        """motion (B, window, D) float32, normalised; pose_codes (B, window, 70) uint8."""
        starts = self.starts(iteration)[rank_slice(self.batch_size, rank, world_size)]
        rows = starts[:, None] + np.arange(self.window)
        return {
            "motion": torch.from_numpy(self.clips.normalised_rows(rows)),
            "pose_codes": torch.from_numpy(np.asarray(self.clips.pose_codes)[rows]),
        }

    def starts(self, iteration: int) -> np.ndarray:
        """First row of every window of the global batch, (B,)."""
        rng = np.random.default_rng([self.seed, WINDOW_STREAM, iteration])
        frames = rng.integers(self._ends[-1], size=self.batch_size)
        clip = np.searchsorted(self._ends, frames, side="right")
        return self._first[clip] + rng.integers(self._places[clip])
