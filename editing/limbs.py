"""The limbs of the 22-joint body: where each hangs on, what belongs to it, which of them a change moves."""

from __future__ import annotations

from functools import cache

import numpy as np

from utils.skeleton import T2M_SKELETON

# Limb -> the joint it hangs on, a shoulder or hip; that joint is carried by the rest of the body.
LIMB_ROOTS = {"left_arm": 16, "right_arm": 17, "left_leg": 1, "right_leg": 2, "torso": 0}
LIMBS = tuple(LIMB_ROOTS)
MOVED = 0.003  # metres


@cache
def limb_joints(limb: str) -> tuple[int, ...]:
    """Joints that belong to a limb: those beyond its shoulder or hip; the torso has the rest but pelvis and hips."""
    if limb == "torso":
        others = {joint for name in LIMBS if name != limb for joint in limb_joints(name)}
        return tuple(joint for joint in range(3, T2M_SKELETON.num_joints) if joint not in others)
    found = {LIMB_ROOTS[limb]}
    for joint, parent in enumerate(T2M_SKELETON.parents):
        if parent in found:
            found.add(joint)
    return tuple(sorted(found - {LIMB_ROOTS[limb]}))


def limb_change(before: np.ndarray, after: np.ndarray, limb: str) -> np.ndarray:
    """How far (T, n) metres a limb's joints moved, relative to the joint it hangs on; joints (T, 22, 3)."""
    joints, root = list(limb_joints(limb)), [LIMB_ROOTS[limb]]
    change = (after[:, joints] - after[:, root]) - (before[:, joints] - before[:, root])
    return np.linalg.norm(change, axis=-1)


def moved_limbs(before: np.ndarray, after: np.ndarray, threshold: float = MOVED) -> dict[str, bool]:
    """Which limbs, and whether the "root", moved by more than `threshold` metres in some frame; joints (T, 22, 3)."""
    moved = {limb: bool((limb_change(before, after, limb) > threshold).any()) for limb in LIMBS[:-1]}
    # Shoulders rise with their arms: they alone are no movement of the torso.
    trunk = [number for number, joint in enumerate(limb_joints("torso")) if joint not in LIMB_ROOTS.values()]
    moved["torso"] = bool((limb_change(before, after, "torso")[:, trunk] > threshold).any())
    root = np.linalg.norm(after[:, 0] - before[:, 0], axis=-1)
    return moved | {"root": bool((root > threshold).any())}
