"""Pieces of motions one after another, with a transition on feet that step (`dataset.composing.sequence`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset.composing.bodies import lengths_of
from dataset.composing.sequence import AROUND, Piece, sequence
from editing.moving.moved import Moved
from utils.runtime import UserError

WIDTH = 12  # frames of a transition
FEWEST = 3  # frames of a piece that can be led into


def chained(parts: Sequence[tuple[np.ndarray, int, int]], width: int = WIDTH) -> Moved:
    """Frames start..stop of joints (T, 22, 3), one part after another, each turned and moved to where the last ends.

    The first part stays where it is; parts without frames are left out. `origin` counts in each part's own joints.
    Raises UserError for parts too short to lead into.
    """
    parts = [part for part in parts if part[2] > part[1]]
    lengths = np.median(lengths_of(parts[0][0]), axis=0)
    joints, start, stop = parts[0]
    origin = np.concatenate([np.arange(start, stop) for _, start, stop in parts]).astype(float)
    if len(parts) == 1:
        return Moved(np.array(joints[start:stop], float), origin, np.zeros(stop - start))
    for _, start, stop in parts:
        if stop - start < FEWEST:
            raise UserError(
                f"a piece of {stop - start} frames is too short to go on from; choose another time"
            )
    made = sequence([Piece(np.asarray(j, float), a, b, lengths) for j, a, b in parts], width, np.inf)
    assert made is not None  # nothing is too deep
    weight = np.zeros(len(origin))
    for seam in made[1][1:]:
        weight[max(seam - AROUND, 0) : seam + width + AROUND] = 1
    return Moved(made[0], origin, weight)
