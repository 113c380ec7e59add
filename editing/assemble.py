"""Putting an edited motion together: decoded limbs on the source's skeleton."""

from __future__ import annotations

import numpy as np

from dataset.spec import DatasetSpec
from editing.body import PARENTS
from editing.limbs import limb_joints, moved_limbs
from utils.rotation import turn, unit


def graft(source: np.ndarray, decoded: np.ndarray, fitted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Limbs of a decoded motion on a source motion, where an edit wants them.

    For each limb that `fitted` moves, the bones' directions come from `decoded` and their lengths from `source`;
    each hangs on the joint it grows from. All other limbs keep their source pose, and the root moves as in
    `fitted`. In between (weight 0..1) directions are blended.

    source, decoded, fitted: joints (T, 22, 3) metres, `decoded` on the source's root path and heading; weight (T,).
    """
    moved = moved_limbs(source, fitted)
    share = _steep(weight)[:, None]
    result = source.astype(np.float64).copy()
    result[:, 0] = fitted[:, 0]
    edited = {
        joint for limb, changed in moved.items() if changed and limb != "root" for joint in limb_joints(limb)
    }
    for joint in range(1, len(PARENTS)):
        parent = PARENTS[joint]
        bone = source[:, joint] - source[:, parent]
        if joint in edited:
            other = decoded[:, joint] - decoded[:, parent]
            blended = (1 - share) * unit(bone) + share * unit(other)
            bone = unit(blended) * np.linalg.norm(bone, axis=-1, keepdims=True)
        result[:, joint] = result[:, parent] + bone
    untouched = weight == 0
    result[untouched] = source[untouched]
    return result.astype(np.float32)


def carry(before: np.ndarray, after: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The change from one motion to another, made to a third that moves like the first on a body of its own.

    Bones that have changed direction take the new one, the root its shift; lengths, and all else, are `onto`'s.

    before, after, onto: joints (T, 22, 3) metres, in one place and heading.
    """
    before, after, onto = (np.asarray(joints, np.float64) for joints in (before, after, onto))
    result = onto.copy()
    result[:, 0] += after[:, 0] - before[:, 0]
    for joint in range(1, len(PARENTS)):
        parent = PARENTS[joint]
        old, new = (unit(joints[:, joint] - joints[:, parent]) for joints in (before, after))
        bone = onto[:, joint] - onto[:, parent]
        changed = np.abs(new - old).max(-1, keepdims=True) > 1e-5
        turned = new * np.linalg.norm(bone, axis=-1, keepdims=True)
        result[:, joint] = result[:, parent] + np.where(changed, turned, bone)
    untouched = (before == after).all((1, 2))
    result[untouched] = onto[untouched]
    return result


def _steep(weight: np.ndarray) -> np.ndarray:
    """Blend 0..1 that reaches 1 early: the decoded motion itself eases, so it is shown for most of the border."""
    share = np.clip(2.0 * weight, 0, 1)
    return share**2 * (3 - 2 * share)


def place_on(
    features: np.ndarray, source_joints: np.ndarray, yaw: np.ndarray, spec: DatasetSpec
) -> np.ndarray:
    """Joints (T, J, 3) of decoded features (T, D) on a source's root path and heading: no drift cumulates."""
    relative = features[:, spec.layout.positions].reshape(len(features), -1, 3).astype(np.float64)
    others = turn(relative, -yaw[:, None]) + source_joints[:, :1] * (1.0, 0.0, 1.0)
    root = source_joints[:, :1] * (1.0, 0.0, 1.0) + features[:, None, 3:4] * np.array([0.0, 1.0, 0.0])
    return np.concatenate([root, others], axis=1)
