"""Rotations: the few that scipy does not already have. Axes: y up; people face +z, their left is at +x."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.spatial.transform import Rotation

UP = np.array([0.0, 1.0, 0.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) scaled to length 1; zero vectors stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)


def rotation_between(source: np.ndarray, target: np.ndarray) -> Rotation:
    """Shortest rotation that turns each source direction into its target direction.

    source, target: (N, 3), any lengths; where one of them is zero the rotation is the identity.
    Opposite directions have no unique answer: a half turn about some perpendicular axis is returned.
    """
    source, target = np.broadcast_arrays(unit(np.asarray(source, float)), unit(np.asarray(target, float)))
    cross = np.cross(source, target)
    dot = np.sum(source * target, axis=-1)
    known = (np.abs(source).max(-1) > 0) & (np.abs(target).max(-1) > 0)
    opposite = known & (dot < -1 + 1e-9)
    # Any axis perpendicular to the source: cross it with the coordinate axis it is least aligned with.
    least = np.eye(3)[np.argmin(np.abs(source), axis=-1)]
    quaternion = np.concatenate([cross, 1 + dot[..., None]], axis=-1)  # scalar last, as scipy has it
    quaternion[opposite] = np.concatenate([unit(np.cross(source, least)), 0 * dot[..., None]], axis=-1)[
        opposite
    ]
    quaternion[~known] = (0.0, 0.0, 0.0, 1.0)
    return Rotation.from_quat(quaternion)


def rotation_to_6d(rotation: Rotation) -> np.ndarray:
    """Continuous 6D form (N, 6): the rotated x axis, then the rotated y axis (Zhou et al. 2019)."""
    matrix = rotation.as_matrix()
    return np.concatenate([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def rotation_from_6d(six: np.ndarray) -> Rotation:
    """Inverse of `rotation_to_6d` for (N, 6); other input is orthonormalised (Gram-Schmidt)."""
    six = np.asarray(six, float)
    x = unit(six[..., :3])
    z = unit(np.cross(x, six[..., 3:]))
    return Rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=-1))


def facing(across: np.ndarray) -> np.ndarray:
    """Direction (..., 3) a body faces, from the vector that points to its right side.

    Horizontal, and the shorter the more that vector is tilted: a lying body has no facing direction.
    """
    return np.cross(UP, unit(across))


def yaw_of(forward: np.ndarray) -> np.ndarray:
    """Angle (...) in radians about y that turns the horizontal part of `forward` (..., 3) to +z."""
    return -np.arctan2(forward[..., 0], forward[..., 2])


def turn(points: Any, yaw: Any) -> Any:
    """Points (..., 3) turned about y by yaw (...) radians; numpy arrays or torch tensors."""
    xp = array_module(points)
    cos, sin = xp.cos(yaw), xp.sin(yaw)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return xp.stack([cos * x + sin * z, y + 0 * cos, cos * z - sin * x], -1)


def array_module(array: Any) -> Any:
    """The library whose functions fit an array: torch for its tensors, numpy for all else."""
    return torch if isinstance(array, torch.Tensor) else np
