"""Bones of constant length: the move of joints that gives it and is as small as it can be.

A decoder predicts each joint by itself, so generated bones breathe, in fast motion by centimetres. Real bones do
not: on reconstructed clips the nearest motion with constant bones lies closer to the truth than the decoder's
output, and is smoother (`python -m benchmarks.constant_bones`).
"""

from __future__ import annotations

import numpy as np

from utils.skeleton import Skeleton

RIGID = 5e-4  # metres by which bones may vary before they are made constant
FOOT_WEIGHT = 4.0  # of a foot's joints against the others: a moved foot slides or floats
ROUNDS = 40  # at most; nearly all frames need fewer than 15
SETTLED = 1e-6  # metres that a joint still moves in a round
EXACT = 1e-9  # square metres, of squared lengths
NO_LENGTH = 1e-9  # keeps the equations solvable where a bone has no direction


def constant_bones(
    joints: np.ndarray, skeleton: Skeleton, lengths: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The closest joints whose bones have constant length.

    Of all joints x with bones of the lengths wanted, the one with the least sum of weighted squared distances to
    the joints given, in each frame: x = joints + sum over bones of (multiplier x bone's direction), found by
    linearising the lengths again and again (Gauss-Newton on the constraints, from the joints given each time).

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
        mobility = np.ones(skeleton.num_joints)
        mobility[[*skeleton.left_foot, *skeleton.right_foot]] = 1 / FOOT_WEIGHT
        joints = _project(joints, incidence, target, mobility)
    return joints, np.concatenate([[0.0], target])


def _project(
    given: np.ndarray, incidence: np.ndarray, target: np.ndarray, mobility: np.ndarray
) -> np.ndarray:
    """Joints (T, J, 3) moved to bones of length `target` (J-1,); mobility (J,): inverse weights."""
    coupling = (incidence * mobility) @ incidence.T
    spread = mobility[:, None] * incidence.T

    def push(bone: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Smallest weighted move (T, J, 3) that changes half the squared lengths by `wanted` (T, bones)."""
        gram = (bone @ bone.transpose(0, 2, 1)) * coupling + NO_LENGTH * np.eye(len(coupling))
        return spread @ (np.linalg.solve(gram, wanted[..., None]) * bone)

    joints = given.copy()
    active = np.arange(len(given))  # frames still moving
    for _ in range(ROUNDS):
        now, start = joints[active], given[active]
        bone = incidence @ now
        excess = (np.sum(bone**2, -1) - target**2) / 2
        moved = start + push(bone, np.sum(bone * (incidence @ (now - start)), -1) - excess)
        joints[active] = moved
        active = active[np.abs(moved - now).max((1, 2)) > SETTLED]
        if not len(active):
            break
    # Where a limb has collapsed the nearest point may not be found; then any near one does.
    for _ in range(ROUNDS):
        bone = incidence @ joints
        excess = (np.sum(bone**2, -1) - target**2) / 2
        if np.abs(excess).max(initial=0.0) < EXACT:
            break
        joints += push(bone, -excess)
    return joints
