"""Learning rates over training, step by step."""

from __future__ import annotations

import pytest
import torch

from training.schedules import warm_up_multi_step


def rates(warm_up: int, milestones: list[int], gamma: float, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = warm_up_multi_step(optimizer, warm_up, milestones, gamma)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_linear_warm_up_then_decay_at_milestones():
    assert rates(4, [6, 8], 0.1, 10) == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01])


def test_no_warm_up_starts_at_the_full_rate():
    assert rates(0, [2], 0.05, 3) == pytest.approx([1.0, 1.0, 0.05])
