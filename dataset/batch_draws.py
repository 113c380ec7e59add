"""What all batches draw by: independent random streams of one seed, captions, and each process's share."""

from __future__ import annotations

import numpy as np

from dataset.cache import Clips
from utils.runtime import UserError

WINDOW_STREAM, EPOCH_STREAM, TEXT_STREAM, EVALUATION_STREAM, STAGE_STREAM = range(5)


def rank_slice(count: int, rank: int, world_size: int) -> slice:
    """Rows of a global batch of `count` that belong to one of `world_size` processes."""
    if not 0 <= rank < world_size:
        raise ValueError(f"rank {rank} of {world_size} processes")
    if count < world_size:
        raise UserError(
            f"a batch of {count} can't be split over {world_size} processes: raise --batch-size, or use fewer"
        )
    return slice(count * rank // world_size, count * (rank + 1) // world_size)


class CaptionDraw:
    """One random caption per clip, for clips given by their place among the chosen."""

    def __init__(self, clips: Clips, chosen: np.ndarray) -> None:
        self._first, self._counts = clips.captions.first[chosen], clips.captions.counts[chosen]

    def __call__(self, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Numbers of captions in `clips.captions`, (B,)."""
        return self._first[places] + rng.integers(self._counts[places])
