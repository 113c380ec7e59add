"""What every reader of motion files returns: named points over time, in the file's own units and axes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.runtime import UserError

LARGEST = 1e9  # of a coordinate or angle, in any unit; with more, lengths and speeds overflow
END = "_end"  # a bone's end that has no name of its own is called after the joint it belongs to


class BadMotion(UserError):
    """A motion file that can't be used; `reason` is one word or two for the quality report."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class RawMotion:
    """Named points over time, as a file has them.

    positions: (T, N, 3) in file units; parents: index of each point's parent, -1 for a root, or None where
    the file tells no tree. unit: metres per file unit where the format defines it. up: "y" or "z" where the
    format defines it. starts_at_rest: the file begins with its rest pose, which is no motion.
    warnings: what was odd in the file, one sentence each.
    """

    path: Path
    format: str  # "bvh", "amc", "glb", "amass" or "joints"
    names: tuple[str, ...]
    positions: np.ndarray
    fps: float
    parents: tuple[int, ...] | None = None
    unit: float | None = None
    up: str | None = None
    starts_at_rest: bool = False
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.positions)


def require_finite(path: Path, values: np.ndarray, names: tuple[str, ...]) -> None:
    """BadMotion naming the first frame and point of values (T, N, ...) that is NaN, infinite or beyond LARGEST."""
    bad = ~(np.abs(values) < LARGEST).reshape(*values.shape[:2], -1).all(-1)
    if bad.any():
        frame, point = np.argwhere(bad)[0]
        raise BadMotion(
            "NaN",
            f"{path}: {int(bad.any(1).sum())} of {len(values)} frames hold NaN or infinite values, the first is "
            f"frame {frame}, {names[point]}: repair the file or leave it out",
        )
