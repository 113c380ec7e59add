"""What an operation makes of a motion, and the few ways in which frames are made anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from dataset.composing.bodies import assemble, directions_of, lengths_of, smooth
from utils.rotation import turn, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction


@dataclass(frozen=True)
class Moved:
    """A motion after one operation.

    joints: (T', 22, 3) metres. origin: (T',) frame, maybe between two, of the motion before that each one shows.
    weight: (T',) 0 where a frame keeps its pose and moves rigidly at most, up to 1 where the operation acts.
    limbs: which limbs it is about; empty for the whole body. notes: what is to be told, such as a limit that was met.
    """

    joints: np.ndarray
    origin: np.ndarray
    weight: np.ndarray
    limbs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """A motion (T, 22, 3) in metres at `fps`, and the frames start..stop-1 of it that an operation is about."""

    joints: np.ndarray
    start: int
    stop: int
    fps: float

    @property
    def frames(self) -> int:
        """Frames that the operation is about."""
        return self.stop - self.start

    @property
    def count(self) -> int:
        """Frames of the motion."""
        return len(self.joints)

    @property
    def is_whole(self) -> bool:
        """Whether the operation is about the whole motion."""
        return self.frames == self.count

    def held(self, ease: float = 0.0) -> np.ndarray:
        """(T,) 1 inside, falling smoothly to 0 within `ease` seconds on either side."""
        t = np.arange(self.count)
        away = np.maximum(np.maximum(self.start - t, t - (self.stop - 1)), 0)
        return smooth(1 - away / (ease * self.fps + 1))

    def eased(self, ease: float) -> np.ndarray:
        """(T,) 0 outside, rising smoothly to 1 within `ease` seconds inside; at an end of the clip it is 1 at once."""
        width = min(round(ease * self.fps), self.frames // 2)
        t = np.arange(self.count)
        weight = np.ones(self.count)
        if self.start > 0:
            weight *= smooth((t - self.start + 1) / (width + 1))
        if self.stop < self.count:
            weight *= smooth((self.stop - t) / (width + 1))
        return weight


def resampled(joints: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Joints (T', 22, 3) at frames `at` (T',), which may lie between those of (T, 22, 3); exact at whole ones.

    In between, cubic splines through the joints, with bones set to their lengths.
    """
    at = np.clip(np.asarray(at, float), 0, len(joints) - 1)
    near = np.round(at).astype(int)
    out = np.array(joints[near], float)
    between = np.abs(at - near) > 1e-6
    if between.any() and len(joints) > 1:
        low = np.minimum(np.floor(at[between]).astype(int), len(joints) - 2)
        share = (at[between] - low)[:, None]
        lengths = lengths_of(joints)
        lengths = (1 - share) * lengths[low] + share * lengths[low + 1]
        points = CubicSpline(np.arange(len(joints)), joints, axis=0)(at[between])
        out[between] = assemble(points[:, 0], directions_of(points), lengths)
    return out


def yaws(joints: np.ndarray) -> np.ndarray:
    """Heading (T,) in radians to the left of +z, continuous through full turns."""
    return np.unwrap(-yaw_of(facing_direction(joints, T2M_SKELETON)))


def rigidly(joints: np.ndarray, yaw: float, about: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Joints turned by `yaw` radians to the left about a point over the floor, which goes over another; heights stay."""
    over_floor = np.array([1.0, 0.0, 1.0])
    return turn(joints - about * over_floor, np.float64(yaw)) + np.asarray(to) * over_floor


def placed_on(joints: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3), each frame turned about the vertical and moved over the floor to lie on another one's.

    What is left of the difference is one of pose and height.
    """
    own, other = (
        np.asarray(j, float) - np.asarray(j, float)[:, :1] * (1.0, 0.0, 1.0) for j in (joints, pattern)
    )
    sine = (own[..., 2] * other[..., 0] - own[..., 0] * other[..., 2]).sum(1)
    cosine = (own[..., 0] * other[..., 0] + own[..., 2] * other[..., 2]).sum(1)
    return turn(own, np.arctan2(sine, cosine)[:, None]) + np.asarray(pattern)[:, :1] * (1.0, 0.0, 1.0)
