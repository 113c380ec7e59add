"""Where a motion stands: the turn about y and the shift that lead from one copy of it to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.rotation import turn

GROUND = np.array([1.0, 0.0, 1.0])
HERE = 1e-5  # metres and radians: no difference of place


@dataclass(frozen=True)
class Place:
    """Where a clip stands: its joints are those in the features' place turned by `yaw`, then shifted."""

    yaw: float  # radians
    shift: np.ndarray  # (3,) metres

    @property
    def is_here(self) -> bool:
        """Whether both places are the same."""
        return abs(self.yaw) < HERE and float(np.abs(self.shift).max()) < HERE

    def put(self, joints: np.ndarray) -> np.ndarray:
        """Joints (T, J, 3) in the features' place -> in the clip's."""
        return turn(joints, np.float64(self.yaw)) + self.shift

    def take(self, joints: np.ndarray) -> np.ndarray:
        """Joints (T, J, 3) in the clip's place -> in the features'."""
        return turn(joints - self.shift, np.float64(-self.yaw))


def place_of(joints: np.ndarray, recovered: np.ndarray) -> Place:
    """The turn about y and the shift that lead from the features' joints to a clip's own, both (T, J, 3).

    Exact for bodies of the same bones; others agree in where frame 0 is, in their floor, and in heading.
    """
    own, other = (np.asarray(j, np.float64) for j in (joints, recovered))
    a, b = own - own[:, :1], other - other[:, :1]
    sine = (a[..., 0] * b[..., 2] - a[..., 2] * b[..., 0]).sum()
    cosine = (a[..., 0] * b[..., 0] + a[..., 2] * b[..., 2]).sum()
    yaw = float(np.arctan2(sine, cosine))
    root = own[0, 0] * GROUND - turn(other[0, 0] * GROUND, np.float64(yaw))
    return Place(yaw, root + (0.0, own[..., 1].min() - other[..., 1].min(), 0.0))
