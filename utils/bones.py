"""Bones of constant length: the move of joints that gives it and is as small as it can be.

A decoder predicts each joint by itself, so generated bones breathe, in fast motion by centimetres. Real bones do
not: on reconstructed clips the nearest motion with constant bones lies closer to the truth than the decoder's
output, and is smoother (`python -m benchmarks.constant_bones`).
"""

from __future__ import annotations

import numpy as np

from utils.rotation import unit
from utils.skeleton import Skeleton

RIGID = 5e-4  # metres by which bones may vary before they are made constant
FOOT_WEIGHT = 4.0  # of a foot's joints against the others: a moved foot slides or floats
ROUNDS = 12  # of Newton's method
STRONGEST = 100.0  # multiplier; a bone that is to become a tenth longer has one of about 0.1
EXACT = 1e-9  # square metres, of squared lengths
NO_LENGTH = 1e-9  # keeps the equations solvable where a bone has no direction


def constant_bones(
    joints: np.ndarray, skeleton: Skeleton, lengths: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The closest joints whose bones have constant length.

    Of all joints x with bones of the lengths wanted, the one with the least sum of weighted squared distances to
    the joints given, in each frame. First the lengths are linearised again and again, which comes near; then Newton's
    method on the constraints' multipliers, which is exact but for limbs that have collapsed.

    Args:
        joints: (T, J, 3) metres.
        skeleton: whose tree the bones are.
        lengths: (J,) metres, 0 for the root; None: each bone's median over the clip.

    Returns:
        Joints (T, J, 3) float64, those given where their bones vary by less than `RIGID`; and the lengths (J,).
    """
    joints = np.array(joints, float)
    parents, bones = np.array(skeleton.parents[1:]), np.arange(1, skeleton.num_joints)
    incidence = np.zeros((len(bones), skeleton.num_joints))  # joints -> vectors along bones
    incidence[np.arange(len(bones)), bones] = 1.0
    incidence[np.arange(len(bones)), parents] = -1.0
    measured = np.linalg.norm(incidence @ joints, axis=-1)
    target = np.median(measured, axis=0) if lengths is None else np.asarray(lengths, float)[1:]
    if np.abs(measured - target).max(initial=0.0) > RIGID:
        weight = np.ones(skeleton.num_joints)
        weight[[*skeleton.left_foot, *skeleton.right_foot]] = FOOT_WEIGHT
        joints = _project(joints, incidence, target, weight)
        wrong = np.abs(np.linalg.norm(incidence @ joints, axis=-1) - target).max(1) > RIGID
        joints[wrong] = _scaled(joints[wrong], skeleton, target)  # of frames that are nothing like a body
    return joints, np.concatenate([[0.0], target])


def _scaled(joints: np.ndarray, skeleton: Skeleton, target: np.ndarray) -> np.ndarray:
    """Joints (T, J, 3) whose bones keep their direction and get their length, from the root outwards."""
    out = joints.copy()
    for chain in skeleton.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            way = joints[:, child] - joints[:, parent]
            way = np.where(
                np.abs(way).max(-1, keepdims=True) > NO_LENGTH, way, skeleton.rest_directions[child]
            )
            out[:, child] = out[:, parent] + unit(way) * target[child - 1]
    return out


def _project(given: np.ndarray, incidence: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Joints (T, J, 3) moved to bones of length `target` (J-1,); weight (J,) of the squared distances."""
    near, pull = _by_linearising(given, incidence, target, weight)
    best = _by_multipliers(given, incidence, target, weight, pull)
    excess = np.abs(np.sum((incidence @ best) ** 2, -1) - target**2).max(-1)
    cost = [np.sum(weight[:, None] * (joints - given) ** 2, (1, 2)) for joints in (best, near)]
    found = (excess < EXACT) & (cost[0] <= cost[1] * 1.001)
    return np.where(found[:, None, None], best, near)


def _by_linearising(
    given: np.ndarray, incidence: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Joints with the lengths wanted, near the nearest; and the pull (T, J-1) with which each bone shortens itself."""
    coupling, spread = (incidence / weight) @ incidence.T, incidence.T / weight[:, None]

    def solve(bone: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Pushes (T, bones) of the smallest weighted move that changes half the squared lengths by `wanted`."""
        gram = (bone @ bone.transpose(0, 2, 1)) * coupling + NO_LENGTH * np.eye(len(coupling))
        return np.linalg.solve(gram, wanted[..., None])

    joints, push = given, np.zeros((*given.shape[:1], len(target), 1))
    for _ in range(ROUNDS):  # linearise where we are, move from where we started
        bone = incidence @ joints
        excess = (np.sum(bone**2, -1) - target**2) / 2
        push = solve(bone, np.sum(bone * (incidence @ (joints - given)), -1) - excess)
        joints = given + spread @ (push * bone)
    for _ in range(4 * ROUNDS):  # move from where we are: lengths come out exactly
        bone = incidence @ joints
        excess = (np.sum(bone**2, -1) - target**2) / 2
        if np.abs(excess).max(initial=0.0) < EXACT / 2:
            break
        joints = joints + spread @ (solve(bone, -excess) * bone)
    return joints, -push[..., 0]


def _by_multipliers(
    given: np.ndarray, incidence: np.ndarray, target: np.ndarray, weight: np.ndarray, pull: np.ndarray
) -> np.ndarray:
    """Joints of Newton's method on the multipliers (T, J-1), for which the best joints solve a linear equation.

    Converges in a few rounds from a start that is near, to nothing useful from elsewhere.
    """
    joints = given
    for _ in range(ROUNDS):
        matrix = np.diag(weight) + np.einsum("bi,tb,bj->tij", incidence, pull, incidence, optimize=True)
        inverse = np.linalg.inv(matrix)
        joints = inverse @ (weight[:, None] * given)
        bone = incidence @ joints
        excess = (np.sum(bone**2, -1) - target**2) / 2
        if np.abs(excess).max(initial=0.0) < EXACT / 2:
            break
        slope = (incidence @ inverse @ incidence.T) * (bone @ bone.transpose(0, 2, 1))
        slope += NO_LENGTH * EXACT * np.eye(len(target))
        step = np.linalg.solve(slope, excess[..., None])[..., 0]
        pull = np.clip(pull + step, -STRONGEST, STRONGEST)  # where it diverges it must stay solvable
    return joints
