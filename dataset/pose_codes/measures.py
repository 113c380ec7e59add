"""The 70 measurements behind the pose codes (docs/method.md section 2), in degrees or metres."""

from __future__ import annotations

import numpy as np

from dataset.pose_codes.vocabulary import GROUPS, NUM_GROUPS
from utils.rotation import turn, unit, yaw_of
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, Skeleton, facing_direction

FRAMES = ("world", "heading")
KIT_CODES = ("corrected", "published")
HAND_LENGTH = 0.1367  # metres from the wrist to the virtual middle phalanx
HALF_TURN = np.array([-1.0, 1.0, -1.0])  # the release measures after a turn by 180 degrees about y

# SMPL joint -> KIT joint; 13, 14 and 15 (collars, head) have none. The published map crosses the legs
# (left hip -> 16, the right one) and takes heels for ankles; ours maps left to left.
_KIT_COMMON = {0: 0, 3: 1, 6: 2, 9: 3, 12: 4, 16: 5, 17: 8, 18: 6, 19: 9, 20: 7, 21: 10}
KIT_MAPS = {
    "corrected": _KIT_COMMON | {1: 11, 2: 16, 4: 12, 5: 17, 7: 13, 8: 18, 10: 15, 11: 20},
    "published": _KIT_COMMON | {1: 16, 2: 11, 4: 17, 5: 12, 7: 19, 8: 14, 10: 20, 11: 15},
}

# Joints the measurements see: 22 of the skeleton, then these.
EXTRA_JOINTS = ("left_phalanx", "right_phalanx", "left_hand", "right_hand", "torso")
JOINT_INDEX = {name: i for i, name in enumerate((*T2M_SKELETON.joint_names, *EXTRA_JOINTS))}


def joints_of_kind(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Indices of a kind's groups (n,), and of their joints (joints per group, n)."""
    groups = [group for group in GROUPS if group.kind == kind]
    joints = [[JOINT_INDEX[joint] for joint in group.joints] for group in groups]
    return np.array([group.index for group in groups]), np.array(joints).T


_ANGLE, _DISTANCE, _RELV, _GROUND = (joints_of_kind(kind) for kind in ("angle", "distance", "relV", "ground"))
_ALONG_AXIS = [(axis, *joints_of_kind(kind)) for axis, kind in enumerate(("relX", "relY", "relZ"))]


def measure(
    joints: np.ndarray,
    frame: str,
    *,
    skeleton: Skeleton = T2M_SKELETON,
    kit_codes: str = "corrected",
) -> np.ndarray:
    """The 70 measured values (..., 70) of poses (..., J, 3), before binning.

    frame: "world" as published, or "heading", where every pose is first turned so that hips and shoulders
    face +z. kit_codes: for KIT-ML joints, "corrected" (metres, left to left) or "published" (no scale,
    crossed legs; in the world frame only). Raises UserError for unknown choices and wrong shapes.
    """
    check_choices(frame, skeleton, kit_codes)
    joints = as_body(np.asarray(joints, np.float64), skeleton, kit_codes)
    if frame == "heading":
        joints = turn(joints, yaw_of(facing_direction(joints, T2M_SKELETON))[..., None])
    joints = _with_extra_joints(joints * HALF_TURN)

    values = np.empty((*joints.shape[:-2], NUM_GROUPS))
    index, (first, middle, last) = _ANGLE
    values[..., index] = _degrees(
        np.sum(
            unit(joints[..., first, :] - joints[..., middle, :])
            * unit(joints[..., last, :] - joints[..., middle, :]),
            axis=-1,
        )
    )
    index, (first, second) = _DISTANCE
    values[..., index] = np.linalg.norm(joints[..., first, :] - joints[..., second, :], axis=-1)
    for axis, index, (first, second) in _ALONG_AXIS:
        values[..., index] = joints[..., first, axis] - joints[..., second, axis]
    index, (first, second) = _RELV
    values[..., index] = _degrees(np.abs(unit(joints[..., first, :] - joints[..., second, :])[..., 1]))
    index, (joint,) = _GROUND
    # Joints that KIT-ML lacks are NaN and have no say in where the ground is.
    values[..., index] = joints[..., joint, 1] - np.nanmin(joints[..., 1], axis=-1, keepdims=True)
    return values


def _degrees(cosine: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def check_choices(frame: str, skeleton: Skeleton, kit_codes: str) -> None:
    """Raise UserError for a frame or KIT-ML choice that does not exist."""
    if frame not in FRAMES:
        raise UserError(f"pose frame {frame!r} is unknown: use one of {', '.join(FRAMES)}")
    if kit_codes not in KIT_CODES:
        raise UserError(f"--kit-codes {kit_codes} is unknown: use one of {', '.join(KIT_CODES)}")
    if frame == "heading" and skeleton is KIT_SKELETON and kit_codes == "published":
        raise UserError("published KIT codes exist in the world frame only: use --pose-frame world")


def as_body(joints: np.ndarray, skeleton: Skeleton, kit_codes: str) -> np.ndarray:
    """Joints in the order of the HumanML3D skeleton (..., 22, 3), NaN where KIT-ML has none.

    Raises UserError for another shape and for values that are not finite.
    """
    if joints.shape[-2:] != (skeleton.num_joints, 3):
        raise UserError(
            f"joints have shape {joints.shape}, expected (..., {skeleton.num_joints}, 3) for the "
            f"{skeleton.name} skeleton: check --dataname and the file"
        )
    if not np.isfinite(joints).all():
        raise UserError("joints contain NaN or infinite values: leave this clip out or repair it")
    if skeleton is not KIT_SKELETON:
        return joints
    mapping = KIT_MAPS[kit_codes]
    result = np.full((*joints.shape[:-2], T2M_SKELETON.num_joints, 3), np.nan)
    result[..., list(mapping), :] = joints[..., list(mapping.values()), :]
    # The release forgot that KIT-ML is not in metres, so its distances fall into the last category.
    return result * skeleton.metres_per_unit if kit_codes == "corrected" else result


def _with_extra_joints(joints: np.ndarray) -> np.ndarray:
    """Joints (..., 22, 3) with those of EXTRA_JOINTS appended: (..., 27, 3)."""
    elbows, wrists = joints[..., [18, 19], :], joints[..., [20, 21], :]
    phalanges = wrists + HAND_LENGTH * unit(wrists - elbows)
    torso = joints[..., [JOINT_INDEX[name] for name in ("pelvis", "neck", "spine3")], :].mean(
        -2, keepdims=True
    )
    return np.concatenate([joints, phalanges, (wrists + phalanges) / 2, torso], axis=-2)
