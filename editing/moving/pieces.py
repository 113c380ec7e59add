"""Pieces of motions one after another, with a transition on feet that step (`dataset.composing.sequence`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset.composing.bodies import directions_of, lengths_of
from dataset.composing.sequence import AROUND, Piece, sequence
from editing.moving.moved import Moved, yaws
from utils.rotation import turn
from utils.runtime import UserError

WIDTH, WIDER = 12, 16  # frames of a transition; of one between poses that are far apart
FAR = np.radians(60.0)  # of a bone's direction
FEWEST = 3  # frames of a piece that can be led into


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Radians between two poses (22, 3), of the bone that differs most, whichever way they face."""
    poses = np.stack([first, second]).astype(float)
    a, b = directions_of(turn(poses, -yaws(poses)[:, None]))[:, 1:]
    return float(np.arccos(np.clip((a * b).sum(-1), -1, 1)).max())


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
    seams = zip(parts, parts[1:], strict=False)
    if any(apart(before[0][before[2] - 1], after[0][after[1]]) > FAR for before, after in seams):
        width = WIDER
    made = sequence([Piece(np.asarray(j, float), a, b, lengths) for j, a, b in parts], width, np.inf)
    assert made is not None  # nothing is too deep
    weight = np.zeros(len(origin))
    for seam in made[1][1:]:
        weight[max(seam - AROUND, 0) : seam + width + AROUND] = 1
    return Moved(made[0], origin, weight)
