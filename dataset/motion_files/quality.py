"""Which imported clips are fit for training: reasons to drop one, and warnings.

Joints (T, 22, 3) are metres, y up, 20 frames a second, after retargeting, with the take's lowest joint at 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.features import place_at_origin
from dataset.motion_files.to_training import LEG_RANGE, leg_length
from dataset.spec import DatasetSpec, get_spec
from utils.rotation import unit
from utils.skeleton import T2M_SKELETON, facing_direction, retarget

HEAD, NECK, PELVIS = (T2M_SKELETON.index(name) for name in ("head", "neck", "pelvis"))
ANKLES, TOES = [7, 8], [10, 11]


@dataclass(frozen=True)
class Limits:
    """max_step: metres a joint may move in a frame (0.65 is 13 m/s; fast kicks stay below).

    max_float: metres by which the lowest joint may stay above the floor for most of a clip.
    max_stretch: share of its mean by which the length of a bone may vary (standard deviation).
    """

    max_step: float = 0.65
    max_pelvis_acceleration: float = 0.25  # metres per frame squared, 100 m/s^2
    max_float: float = 0.30
    max_stretch: float = 0.15
    still: float = 0.01  # metres


def source_problem(joints: np.ndarray, limits: Limits) -> tuple[str, str] | None:
    """Reason and detail to drop a whole take, from its joints BEFORE retargeting; None if it is fit."""
    if not np.isfinite(joints).all():
        return "NaN", "joints are not finite"
    leg = leg_length(joints)
    if not LEG_RANGE[0] <= leg <= LEG_RANGE[1]:
        return "size", f"legs of {leg:.3g} m: the unit is wrong, pass --unit"
    bones = np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    varies = bones.std(0) / np.maximum(bones.mean(0), 0.02)
    if varies.max() > limits.max_stretch:
        bone = T2M_SKELETON.joint_names[int(varies.argmax()) + 1]
        return "stretching", f"the bone that ends in {bone} varies by {varies.max():.0%} in length"
    head, ankles = joints[:, HEAD, 1], joints[:, ANKLES, 1].mean(1)
    if (head < ankles - 0.2).mean() > 0.5:
        return "upside-down", "the head is below the feet most of the time: pass --up (for example --up=-y)"
    if (toe_direction(joints) < -0.3).mean() > 0.8:
        return (
            "mirrored",
            "feet point backwards: left and right are exchanged in the file or the skeleton map",
        )
    return None


def toe_direction(joints: np.ndarray) -> np.ndarray:
    """Cosine (T,) between the horizontal directions of the feet and of the body's facing."""
    feet = (joints[:, TOES] - joints[:, ANKLES]).sum(1) * (1.0, 0.0, 1.0)
    return np.sum(unit(feet) * facing_direction(joints, T2M_SKELETON), axis=-1)


def clip_problem(joints: np.ndarray, limits: Limits) -> tuple[str, str] | None:
    """Reason and detail to drop a clip, from its joints after retargeting; None if it is fit."""
    steps = np.linalg.norm(np.diff(joints, axis=0), axis=-1)
    if len(steps) and steps.max() > limits.max_step:
        frame, joint = divmod(int(steps.argmax()), steps.shape[1])
        name = T2M_SKELETON.joint_names[joint]
        return "jump", f"{name} moves {steps.max():.2f} m from frame {frame} to the next"
    jerks = np.linalg.norm(np.diff(joints[:, PELVIS], 2, axis=0), axis=-1)
    if len(jerks) and jerks.max() > limits.max_pelvis_acceleration:
        frame = int(jerks.argmax()) + 1
        return "jump", f"the pelvis changes speed by {jerks.max():.2f} m per frame at frame {frame}"
    above = float(np.median(joints[..., 1].min(1)))
    if above > limits.max_float:
        return "floating", f"the lowest joint stays {above:.2f} m above the floor of the take"
    return None


def clip_warnings(joints: np.ndarray, limits: Limits) -> list[str]:
    """What a person should look at in a clip that is kept."""
    warnings = []
    if joints.std(0).max() < limits.still:
        warnings.append("nothing moves")
    if (joints[:, NECK, 1] < joints[:, PELVIS, 1]).mean() > 0.5:
        warnings.append("the neck is below the pelvis most of the time")
    return warnings


def windows(frames: int, spec: DatasetSpec) -> list[tuple[int, int]]:
    """Equal consecutive parts (first, stop) of a take, none of more rows of features than models see."""
    count = max(1, -(-frames // (spec.max_length + 1)))
    edges = np.linspace(0, frames, count + 1).round().astype(int).tolist()
    return list(zip(edges, edges[1:], strict=False))


def take_warnings(joints: np.ndarray, limits: Limits | None = None) -> list[str]:
    """What the import of a folder would drop a take for, or say of it, one sentence each.

    For a single file that its user wants to have all the same. joints: (T, 22, 3) before retargeting.
    """
    limits = limits or Limits()
    problem = source_problem(joints, limits)
    problems = dict([problem]) if problem else {}
    told: dict[str, None] = {}
    if "NaN" not in problems:
        placed = place_at_origin(retarget(joints, T2M_SKELETON))
        for first, stop in windows(len(placed), get_spec("mocap")):
            if problem := clip_problem(placed[first:stop], limits):
                problems.setdefault(*problem)
        told = dict.fromkeys(clip_warnings(placed, limits))
    return [
        f"{reason}: {detail} (the import of a folder drops such takes)" for reason, detail in problems.items()
    ] + list(told)
