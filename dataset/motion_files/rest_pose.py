"""Whether a motion file begins with its rest pose, which is no motion: many exporters put it in front."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ZERO, TURNED = 1e-6, 1e-3  # degrees
JUMP = 4.0  # times the usual step from frame to frame


def starts_at_rest(angles: Sequence[np.ndarray], positions: np.ndarray) -> bool:
    """Whether the first frame (or several like it) is a rest pose.

    angles: (T, n) degrees of each joint, the root's first; positions: (T, N, 3) of all points. Either the root is
    not turned at first and is right after, or no joint is turned at first and the body then jumps.
    """
    turned = [np.abs(turns).max(1) for turns in angles if turns.size]
    if not turned or turned[0][0] >= ZERO or (held := held_frames(positions)) >= len(positions):
        return False
    zero = all(turns[0] < ZERO for turns in turned)
    if turned[0][held] > TURNED and (held == 1 or zero):
        return True
    if not zero or held + 2 > len(positions):
        return False
    steps = np.linalg.norm(np.diff(positions[held - 1 :], axis=0), axis=-1).max(1)
    return bool(steps[0] > JUMP * np.quantile(steps[1:], 0.95) > 0)


def held_frames(positions: np.ndarray) -> int:
    """Number of frames at the start, one or more, in which all points (T, N, 3) are where they are in the first."""
    size = max(float(np.ptp(positions[0], axis=0).max()), 1e-12)
    away = np.abs(positions - positions[0]).max((1, 2)) > 1e-6 * size
    return int(away.argmax()) if away.any() else len(positions)
