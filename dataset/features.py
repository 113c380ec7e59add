"""Joints <-> motion features in the HumanML3D layout (docs/method.md section 1), mirroring, statistics.

Joints (T, J, 3) in the units of the data set (metres; KIT-ML: millimetre-like), y up. Features (T, D)
float32, unnormalised, D = 263 or 251; `dataset.spec.FeatureLayout` names the slices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.spec import SPECS, DatasetSpec, FeatureLayout, layout_for_width
from utils.rotation import UP, array_module, rotation_to_6d, turn, yaw_of
from utils.runtime import UserError
from utils.skeleton import (
    FACING_SMOOTHING,
    KIT_SKELETON,
    T2M_SKELETON,
    Skeleton,
    facing_direction,
    inverse_kinematics,
    retarget,
    root_yaw,
)


def extract_features(
    joints: np.ndarray,
    spec: DatasetSpec | Skeleton = T2M_SKELETON,
    *,
    bone_lengths: np.ndarray | None = None,
) -> np.ndarray:
    """Features (T-1, D) float32 of joints (T, J, 3): the HumanML3D recipe.

    The velocities of a row lead to the next frame, so the last frame has no row of its own.
    bone_lengths: (J,) target of the retargeting; by default the skeleton's. KIT-ML's target is unknown, so
    its clips are retargeted only when lengths are given. A clip already on the target is left as it is, but
    for the floor (its lowest joint goes to y = 0), the origin and the heading (frame 0 faces +z).
    Raises UserError for a wrong shape, fewer than two frames, or values that are not finite.
    """
    skeleton, threshold = _skeleton_and_threshold(spec)
    joints = _checked(joints, skeleton)
    joints = place_at_origin(retarget(joints, skeleton, bone_lengths), skeleton)

    yaw = root_yaw(joints, skeleton, smoothing=FACING_SMOOTHING)
    # Half angle, as the official arcsin of the quaternion's y component; but wrapped, where the official one
    # has the wrong sign in the frame that turns past the -z direction.
    half_turns = np.remainder(np.diff(yaw) + np.pi, 2 * np.pi) / 2 - np.pi / 2
    steps = np.diff(joints, axis=0)  # (T-1, J, 3)
    root_steps = turn(steps[:, 0], yaw[1:])
    relative = joints[:-1] - joints[:-1, :1] * (1.0, 0.0, 1.0)
    bones = inverse_kinematics(joints[:-1], skeleton, Rotation.from_rotvec(yaw[:-1, None] * UP))
    rotations = rotation_to_6d(Rotation.from_quat(bones[:, 1:].reshape(-1, 4)))
    rows = len(steps)
    return np.concatenate(
        [
            half_turns[:, None],
            root_steps[:, [0, 2]],
            joints[:-1, 0, 1:2],
            turn(relative, yaw[:-1, None])[:, 1:].reshape(rows, -1),
            rotations.reshape(rows, -1),
            turn(steps, yaw[:-1, None]).reshape(rows, -1),
            np.sum(steps[:, list(skeleton.contact_joints)] ** 2, axis=-1) < threshold,
        ],
        axis=-1,
    ).astype(np.float32)


def place_at_origin(joints: np.ndarray, skeleton: Skeleton = T2M_SKELETON) -> np.ndarray:
    """Joints (T, J, 3) with the clip's lowest joint at y = 0, and frame 0 over x = z = 0, facing +z."""
    shift = joints[0, 0] * (1.0, 0.0, 1.0) + (0.0, joints[..., 1].min(), 0.0)
    return turn(joints - shift, yaw_of(facing_direction(joints[:1], skeleton)[0]))


def recover_joints(features: Any) -> Any:
    """Joints (..., T, J, 3) from unnormalised features (..., T, D); numpy or torch in, the same out.

    Only root and position channels are used. D decides J: 263 -> 22, 251 -> 21; ValueError for another width.
    """
    xp = array_module(features)
    layout = layout_for_width(features.shape[-1])
    if xp is np:
        features = np.asarray(features, np.float64)  # long clips cumulate their rounding otherwise

    turns = features[..., 0]
    start = xp.zeros_like(turns[..., :1])
    yaw = 2 * xp.concatenate([start, xp.cumsum(turns[..., :-1], -1)], -1)
    velocity = features[..., layout.root_linear_velocity]
    zero = xp.zeros_like(turns)
    steps = turn(xp.stack([velocity[..., 0], zero, velocity[..., 1]], -1)[..., :-1, :], -yaw[..., 1:])
    ground = xp.concatenate([xp.zeros_like(steps[..., :1, :]), xp.cumsum(steps, -2)], -2)  # root over y = 0
    if steps.shape[-2] == 0:  # a single frame
        ground = xp.stack([zero, zero, zero], -1)
    root = xp.stack([ground[..., 0], features[..., 3], ground[..., 2]], -1)

    relative = features[..., layout.positions].reshape(*features.shape[:-1], layout.joints - 1, 3)
    others = turn(relative, -yaw[..., None]) + ground[..., None, :]
    joints = xp.concatenate([root[..., None, :], others], -2)
    return joints.astype(np.float32) if xp is np else joints


def joints_in_metres(features: Any) -> Any:
    """`recover_joints` in metres also for KIT-ML, whose files are in millimetres."""
    kit = layout_for_width(features.shape[-1]).joints == KIT_SKELETON.num_joints
    return recover_joints(features) * (KIT_SKELETON if kit else T2M_SKELETON).metres_per_unit


def heading_of(features: np.ndarray) -> np.ndarray:
    """Yaw (T,) in radians that turns each frame's body to +z, as the features (T, D) cumulate it."""
    return 2 * np.concatenate([[0.0], np.cumsum(features[:-1, 0].astype(np.float64))])


def joints_to_features(
    joints: np.ndarray, source: np.ndarray, weight: np.ndarray, spec: DatasetSpec | Skeleton
) -> np.ndarray:
    """Features (T, D) float32 of changed joints (T, J, 3), equal to the source's rows where nothing changed.

    The inverse of `recover_joints` along the source's heading: root path, height, positions and velocities follow
    the joints exactly; rotations come from inverse kinematics, contacts from the displacements.

    joints: in the units of the data set; source: (T, D); weight: (T,), above 0 where joints changed.
    """
    skeleton, threshold = _skeleton_and_threshold(spec)
    layout = layout_for_width(source.shape[1])
    yaw = heading_of(source)
    joints = joints.astype(np.float64)
    result = source.astype(np.float64).copy()
    relative = joints - joints[:, :1] * (1.0, 0.0, 1.0)
    bones = inverse_kinematics(joints, skeleton, Rotation.from_rotvec(yaw[:, None] * UP))
    rotations = rotation_to_6d(Rotation.from_quat(bones[:, 1:].reshape(-1, 4)))
    changed = weight > 0
    result[changed, layout.root_height] = joints[changed, 0, 1:2]
    result[changed, layout.positions] = turn(relative, yaw[:, None])[changed, 1:].reshape(changed.sum(), -1)
    result[changed, layout.rotations] = rotations.reshape(len(joints), -1)[changed]
    steps = np.diff(joints, axis=0)
    rows = np.flatnonzero(changed[:-1] | changed[1:])  # a row's velocities lead to the next frame
    root_steps = turn(steps[:, 0], yaw[1:])
    result[rows, layout.root_linear_velocity] = root_steps[rows][:, [0, 2]]
    result[rows, layout.velocities] = turn(steps, yaw[:-1, None])[rows].reshape(len(rows), -1)
    contacts = np.sum(steps[:, list(skeleton.contact_joints)] ** 2, axis=-1) < threshold
    result[rows, layout.contacts] = contacts[rows]
    return result.astype(np.float32)


def mirror_joints(joints: Any, skeleton: Skeleton = T2M_SKELETON) -> Any:
    """Joints (..., J, 3) seen in a mirror: x negated, left and right joints exchanged; numpy or torch."""
    mirrored = joints[..., list(skeleton.mirror_order), :]
    return array_module(joints).stack([-mirrored[..., 0], mirrored[..., 1], mirrored[..., 2]], -1)


# "counterclockwise", "counter-clockwise", "anti clockwise", and the same spread over tokens
# ("counter/NOUN -/PUNCT clockwise/ADV"). Tried first, so that its "clockwise" is not taken alone.
_SIDES = re.compile(
    r"\b(?:counter|anti)(?:/[A-Z]+)?(?: ?-(?:/[A-Z]+)? ?| )?clockwise\b"
    r"|\bclockwise\b|\b(?:left|right)(?=\b|wards?\b)",
    re.IGNORECASE,
)


def swap_sides(text: str) -> str:
    """A caption or whole caption line, tokens too, with left/right and the senses of turning exchanged."""

    def swap(match: re.Match[str]) -> str:
        word = match.group().lower()
        if word in ("left", "right"):
            other = "right" if word == "left" else "left"
        else:
            other = "counterclockwise" if word == "clockwise" else "clockwise"
        if match.group().isupper():
            return other.upper()
        return other.capitalize() if match.group()[0].isupper() else other

    return _SIDES.sub(swap, text)


def feature_statistics(clips: Iterable[np.ndarray], layout: FeatureLayout) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (D,) float32 over all frames of the clips (each (T, D)).

    The standard deviation is replaced by its average within each part of the layout, as HumanML3D does;
    a part that never varies gets 1. Raises ValueError without frames, or at values that are not finite.
    """
    count, total, squares = 0, np.zeros(layout.width), np.zeros(layout.width)
    for clip in clips:
        clip = np.asarray(clip, np.float64)
        count += len(clip)
        total += clip.sum(0)
        squares += (clip**2).sum(0)
    if not count or not np.isfinite(squares).all():
        raise ValueError("statistics need at least one frame, and finite features only")
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    for part in layout.parts.values():
        std[part] = std[part].mean()
    std[std < 1e-8] = 1.0
    return mean.astype(np.float32), std.astype(np.float32)


def _skeleton_and_threshold(spec: DatasetSpec | Skeleton) -> tuple[Skeleton, float]:
    """A skeleton stands for the published data set of the same name."""
    if isinstance(spec, Skeleton):
        spec = SPECS[spec.name]
    return spec.skeleton, spec.contact_threshold


def _checked(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    joints = np.asarray(joints, np.float64)
    expected = f"expected (frames >= 2, {skeleton.num_joints}, 3) for the {skeleton.name} skeleton"
    if joints.ndim != 3 or joints.shape[1:] != (skeleton.num_joints, 3) or len(joints) < 2:
        raise UserError(f"joints have shape {joints.shape}, {expected}: check --dataname and the file")
    if not np.isfinite(joints).all():
        raise UserError("joints contain NaN or infinite values: leave this clip out or repair it")
    return joints
