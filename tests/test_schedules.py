"""Learning rates and probabilities over training, against the formulas of models.md."""

from __future__ import annotations

import pytest
import torch

from utils.schedules import sample_residual_stage, teacher_forcing_share, warm_up_multi_step


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


def test_teacher_forcing_decays_to_its_minimum():
    assert teacher_forcing_share(0, 0.1) == 1.0
    assert teacher_forcing_share(10, 0.1) == pytest.approx(0.99**10)
    assert teacher_forcing_share(10_000, 0.1) == 0.1


def test_residual_stages_cover_all_and_favour_early_ones():
    stages = sample_residual_stage(20_000, 6, torch.Generator().manual_seed(0))
    counts = torch.bincount(stages, minlength=6) / len(stages)
    # stage k is drawn while (1 - cos(pi u / 2)) * 5 rounds to k
    edges = torch.acos(1 - torch.tensor([0.5, 1.5, 2.5, 3.5, 4.5]) / 5) * 2 / torch.pi
    expected = torch.diff(torch.cat([torch.zeros(1), edges, torch.ones(1)]))
    assert counts == pytest.approx(expected, abs=0.015)
    assert counts[0] == counts.max()


def test_same_generator_same_stages():
    first = sample_residual_stage(16, 6, torch.Generator().manual_seed(3))
    assert torch.equal(first, sample_residual_stage(16, 6, torch.Generator().manual_seed(3)))
