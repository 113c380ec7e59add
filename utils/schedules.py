"""Schedules of training: learning rate, corruption of histories, choice of the residual stage."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

SAMPLING_DECAY = 0.99


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


def teacher_forcing_share(iteration: int, minimum: float, decay: float = SAMPLING_DECAY) -> float:
    """Probability s of showing the base transformer the true history: decay^iteration, at least `minimum`.

    models.md section 4; with probability 1 - s the history is corrupted as `--pkeep` says.
    """
    return max(minimum, decay**iteration)


def sample_residual_stage(
    batch: int, num_quantizers: int, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Residual stages to train on, (batch,) int64: round((1 - cos(pi u / 2)) (Q - 1)), u uniform.

    Favours early stages (models.md section 5).
    """
    u = torch.rand(batch, generator=generator)
    return torch.round((1 - torch.cos(math.pi * u / 2)) * (num_quantizers - 1)).long()
