"""Straight ways bent into curves and circles: the body turns as it goes, and each foot stands where it came down."""

from __future__ import annotations

import numpy as np

from dataset.composing.bodies import (
    LEGS,
    assemble,
    bend_legs,
    directions_of,
    grounded,
    lower_into_reach,
    smooth,
)
from utils.rotation import turn

DEEPEST = 0.05  # metres by which a body may be lowered to reach its feet
SHORTEST_STANCE = 3  # frames


def bent(joints: np.ndarray, degrees: float) -> np.ndarray | None:
    """Joints (T, 22, 3) led along a curve that turns by `degrees` to the left (below 0: right), evenly over the way.

    A foot that stands is placed as the body was turned in the middle of its stance, and a foot in the air goes from one
    such place to the next, so that none slides. None where the way has no length or legs would not reach.
    """
    pace = np.diff(joints[:, 0], axis=0, prepend=joints[:1, 0])
    way = np.cumsum(np.linalg.norm(pace[:, [0, 2]], axis=1))
    if way[-1] < 0.5:
        return None
    yaw = np.radians(degrees) * way / way[-1]
    root = joints[0, 0] + np.cumsum(turn(pace, yaw), axis=0)
    body = assemble(root, turn(directions_of(joints), np.repeat(yaw[:, None], joints.shape[1], 1)))
    stands = grounded(joints)
    time = np.arange(len(joints))
    ankles, toes = np.zeros((2, len(joints), 2, 3))
    for side, (_, _, ankle, toe) in enumerate(LEGS):
        at = _stance_times(stands[:, side])
        before, after = (
            np.stack([np.interp(at, time, path[:, axis]) for axis in range(3)], -1)
            for path in (joints[:, 0], root)
        )
        angle = np.interp(at, time, yaw)
        ankles[:, side] = after + turn(joints[:, ankle] - before, angle)
        toes[:, side] = turn(directions_of(joints)[:, toe], angle)
    everywhere = slice(0, len(joints))
    body, drop = lower_into_reach(body, ankles, everywhere)
    return None if drop > DEEPEST else bend_legs(body, ankles, toes, everywhere)


def _stance_times(stands: np.ndarray) -> np.ndarray:
    """The time (T,) at whose turn each frame's foot is placed: a stance's middle while it lasts, gliding between."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], stands.astype(int), [0]])))
    runs = [(a, b - 1) for a, b in edges.reshape(-1, 2) if b - a >= SHORTEST_STANCE]
    out = np.arange(len(stands), dtype=float)
    last_frame, last_time = 0, 0.0
    for start, stop in [*runs, (len(stands) - 1, len(stands) - 1)]:
        middle = (start + stop) / 2
        between = np.arange(last_frame, start + 1)
        share = smooth((between - last_frame) / max(start - last_frame, 1))
        out[between] = last_time + share * (middle - last_time)
        out[start : stop + 1] = middle
        last_frame, last_time = stop, middle
    return out
