"""Feet that stand in a motion, and how fast they move in another that shall do the same."""

from __future__ import annotations

from torch import Tensor

from utils.skeleton import T2M_SKELETON

STANDS, LOW = 0.012, 0.15  # metres a frame (0.24 m/s), metres over the floor: a foot's joint that stands
FEET = [*T2M_SKELETON.left_foot, *T2M_SKELETON.right_foot]


def standing_pace(joints: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Horizontal speed of the foot joints, and which of them should stand.

    joints, wanted: (B, T, 22, 3) metres; a joint stands where it is low and slower than `STANDS` in `wanted`.
    Returns (B, T - 1, 4) metres a frame, differentiable, and (B, T - 1, 4) bool.
    """
    goal = wanted[:, :, FEET]
    stands = (goal.diff(dim=1).norm(dim=-1) < STANDS) & (goal[:, 1:, :, 1] < LOW)
    pace = joints[:, :, FEET][..., [0, 2]].diff(dim=1)
    return (pace.square().sum(-1) + 1e-10).sqrt(), stands
