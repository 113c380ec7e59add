"""models.attention and models.dropout on a CPU: what training takes equals torch's own, values and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import attend
from models.base_trans import BaseConfig, BaseTransformer
from models.dropout import Dropout, dropout

HEADS = 4
HIDDEN = torch.tensor([[True] * 9, [True] * 5 + [False] * 4, [True] * 8 + [False]])  # (3, 9)
WEIGHTS = torch.zeros(1, 9).index_fill_(1, torch.tensor([2]), 1.7)


def inputs(dtype: torch.dtype) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(3, 9, 32, generator=generator).to(dtype).requires_grad_() for _ in range(3)
    ]  # (B, S, E)


def torch_s_own(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    heads = [x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in (query, key, value)]
    bias = None if mask is None else mask[:, None, None, :]
    return F.scaled_dot_product_attention(*heads, attn_mask=bias, is_causal=causal).transpose(1, 2).flatten(2)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
@pytest.mark.parametrize(("mask", "causal"), [(None, False), (None, True), (HIDDEN, False), (WEIGHTS, False)])
def test_attention_in_training_is_torch_s(dtype, tolerance, mask, causal):
    results = []
    for kind, way in ((torch.float32, torch_s_own), (dtype, None)):
        x = inputs(kind)
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
            y = way(*x, mask, causal) if way else attend(*x, HEADS, mask=mask, causal=causal, training=True)
        assert y.dtype == kind
        y.float().square().sum().backward()
        results.append([y.detach(), *(tensor.grad for tensor in x)])
    for expected, found in zip(*results, strict=True):
        assert (found - expected).norm() < tolerance * expected.norm()


def test_outside_training_nothing_changes():
    """Sampling goes by torch's kernel, bit for bit."""
    x = inputs(torch.float32)
    assert torch.equal(attend(*x, HEADS, causal=True, dropout=0.5), torch_s_own(*x, None, True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_dropout_loses_its_share_and_keeps_the_mean(dtype, probability):
    torch.manual_seed(3)
    count = 200_001  # not a multiple of four
    x = torch.ones(3, count, dtype=dtype, requires_grad=True)
    y = dropout(x, probability)
    kept = (y != 0).float().mean()
    assert abs(kept - (1 - probability)) < 5 * (probability * (1 - probability) / x.numel()) ** 0.5
    assert torch.allclose(y[y != 0].float(), torch.tensor(1 / (1 - probability)), rtol=0.01)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())  # the gradient goes where the values went
    rows = (y != 0).float()
    assert abs(((rows[0] - kept) * (rows[1] - kept)).mean()) < 5e-3  # rows are drawn apart


def test_dropout_follows_the_seed_and_rests_outside_training():
    x = torch.randn(5, 7)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(Dropout(0.5)(x))
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert torch.equal(Dropout(0.5).eval()(x), x) and torch.equal(dropout(x, 0.0), x)
    assert torch.equal(dropout(x, 1.0), torch.zeros_like(x))
    assert dropout(x[:0], 0.5).shape == (0, 7)


def test_every_dropout_of_a_transformer_is_the_quick_one():
    model = BaseTransformer(BaseConfig(embed_dim=16, clip_dim=8, num_layers=1, heads=2))
    found = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    assert found and all(isinstance(module, Dropout) for module in found)
