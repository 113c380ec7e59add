"""The learning rate over training."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warm_up_multi_step(
    optimizer: Optimizer, warm_up_iter: int, milestones: Sequence[int], gamma: float
) -> LambdaLR:
    """Linear warm-up to the optimizer's rate over `warm_up_iter` steps, then times `gamma` per milestone.

    Step i (from 0) uses rate x min(1, (i + 1) / warm_up_iter) x gamma^(milestones <= i).
    """
    milestones = sorted(milestones)

    def factor(step: int) -> float:
        warm_up = min(1.0, (step + 1) / warm_up_iter) if warm_up_iter > 0 else 1.0
        return warm_up * gamma ** bisect.bisect_right(milestones, step)

    return LambdaLR(optimizer, factor)
