"""The 70 measurements behind the pose codes, differentiable, and how far poses are from the codes asked of them.

`measure_tensor` is `dataset.pose_codes.measures.measure` in torch (a test holds them equal).
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from dataset.pose_codes.measures import HAND_LENGTH, JOINT_INDEX
from dataset.pose_codes.vocabulary import GROUPS, NUM_GROUPS
from utils.rotation import turn

CODE_MARGIN = (
    0.1  # categories by which a measurement must lie inside its code's interval where codes are to be obeyed
)


@cache
def _by_kind(kind: str) -> tuple[Tensor, Tensor]:
    groups = [group for group in GROUPS if group.kind == kind]
    joints = [[JOINT_INDEX[joint] for joint in group.joints] for group in groups]
    return torch.tensor([group.index for group in groups]), torch.tensor(joints).T


def measure_tensor(joints: Tensor, frame: str) -> Tensor:
    """The 70 measured values (..., 70) of poses (..., 22, 3) in metres, differentiable; frame as in `measure`."""
    if frame == "heading":
        across = joints[..., 2, :] - joints[..., 1, :] + joints[..., 17, :] - joints[..., 16, :]
        yaw = -torch.atan2(across[..., 2], -across[..., 0]).detach()
        joints = turn(joints, yaw[..., None])
    joints = _with_extra_joints(joints * joints.new_tensor([-1.0, 1.0, -1.0]))
    values = joints.new_zeros(*joints.shape[:-2], NUM_GROUPS)
    index, (first, middle, last) = _by_kind("angle")
    values[..., index] = _degrees(
        (_unit(joints[..., first, :] - joints[..., middle, :]) * _unit(joints[..., last, :] - joints[..., middle, :]))
        .sum(-1)
    )  # fmt: skip
    index, (first, second) = _by_kind("distance")
    values[..., index] = _norm(joints[..., first, :] - joints[..., second, :]).squeeze(-1)
    for axis, kind in enumerate(("relX", "relY", "relZ")):
        index, (first, second) = _by_kind(kind)
        values[..., index] = joints[..., first, axis] - joints[..., second, axis]
    index, (first, second) = _by_kind("relV")
    values[..., index] = _degrees(_unit(joints[..., first, :] - joints[..., second, :])[..., 1].abs())
    index, (joint,) = _by_kind("ground")
    values[..., index] = joints[..., joint, 1] - joints[..., 1].amin(-1, keepdim=True)
    return values


def _norm(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(-1, keepdim=True) + 1e-12).sqrt()


def _unit(vectors: Tensor) -> Tensor:
    return vectors / _norm(vectors)


def _degrees(cosine: Tensor) -> Tensor:
    # The slope of arccos is infinite at its ends; a hundredth of a degree there does not matter.
    return torch.rad2deg(torch.arccos(cosine.clamp(-1 + 1e-7, 1 - 1e-7)))


def _with_extra_joints(joints: Tensor) -> Tensor:
    wrists = joints[..., [20, 21], :]
    phalanges = wrists + HAND_LENGTH * _unit(wrists - joints[..., [18, 19], :])
    torso = joints[..., [0, 12, 9], :].mean(-2, keepdim=True)
    return torch.cat([joints, phalanges, (wrists + phalanges) / 2, torso], -2)


@cache
def _intervals() -> tuple[Tensor, Tensor, Tensor]:
    """Lower and upper end of each group's categories (70, most categories), and the width of a category (70)."""
    most = max(group.size for group in GROUPS)
    low, high = torch.full((NUM_GROUPS, most), -torch.inf), torch.full((NUM_GROUPS, most), torch.inf)
    width = torch.empty(NUM_GROUPS)
    for row, group in enumerate(GROUPS):
        thresholds = torch.tensor(group.thresholds)
        low[row, 1 : group.size], high[row, : group.size - 1] = thresholds, thresholds
        width[row] = (
            thresholds.diff().median() if len(thresholds) > 1 else thresholds.abs().clamp(min=0.05)[0]
        )
    return low, high, width


def violation(values: Tensor, codes: Tensor, margin: float = 0.0) -> Tensor:
    """Distance (..., 70) of measured values from the intervals of their codes, in categories.

    Args:
        values: (..., 70), as `measure_tensor` gives them.
        codes: (..., 70) category indices.
        margin: categories by which a value must lie inside its interval to count as inside.
    """
    low, high, width = (table.to(values) for table in _intervals())
    index = codes.long().unsqueeze(-1)
    low, high = (table.expand(*codes.shape, -1).gather(-1, index).squeeze(-1) for table in (low, high))
    return torch.relu((low - values) / width + margin) + torch.relu((values - high) / width + margin)
