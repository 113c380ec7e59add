"""The trial that decides about bfloat16."""

from __future__ import annotations

import pytest
import torch

from utils import precision

CPU = torch.device("cpu")


@pytest.fixture
def rates(monkeypatch):
    """Pretend rates: {dtype: FLOP/s}."""
    pretended = {torch.float32: 1.0, torch.bfloat16: 1.0}
    monkeypatch.setattr(precision, "matmul_rate", lambda device, dtype: pretended[dtype])
    precision.bf16_pays.cache_clear()
    yield pretended
    precision.bf16_pays.cache_clear()


@pytest.mark.parametrize(("rate", "pays"), [(0.01, False), (1.2, False), (2.5, True)])
def test_bf16_pays_on_a_cpu_only_where_it_is_clearly_faster(rates, rate, pays):
    rates[torch.bfloat16] = rate
    assert precision.bf16_pays(CPU) is pays
    assert precision.use_bf16("auto", CPU) is pays
    assert precision.use_bf16("bf16", CPU) and not precision.use_bf16("none", CPU)


def test_bf16_is_never_chosen_on_devices_without_a_trial(rates):
    rates[torch.bfloat16] = 100.0
    assert not precision.bf16_pays("mps")


def test_rates_are_real_and_measured_once():
    rate = precision.matmul_rate(CPU, torch.float32, 32, 32)
    assert 1e5 < rate < 1e15
    assert precision.matmul_rate(CPU, torch.float32, 32, 32) == rate
