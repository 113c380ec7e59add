"""models.inference: frozen copies sample what the models themselves do, and the refine transformer saves exactly."""

import os
import subprocess
import sys

import pytest
import torch
from tiny_models import stir

from models import inference
from models.base_trans import BaseConfig, BaseTransformer
from models.inference import Int8Linear, PackedLinear, for_inference
from models.refine_trans import (
    RefineConfig,
    RefineTransformer,
    groups_of_like_length,
    merge_equal_tokens,
)
from utils.runtime import UserError, make_generator

BASE = BaseConfig(embed_dim=64, clip_dim=24, num_layers=2, heads=4, dropout=0.3)
REFINE = RefineConfig(quantizers=3, codes=32, embed_dim=64, clip_dim=24, num_layers=2, heads=4, dropout=0.3)


@pytest.fixture
def base():
    return stir(BaseTransformer(BASE))


@pytest.fixture
def refine():
    return stir(RefineTransformer(REFINE))


def condition(batch, keywords=True):
    tokens = torch.randn(batch, 12, 24, generator=make_generator(5))
    if not keywords:
        tokens[:, 1:] = 0
    return tokens


def streams(batch):
    return [make_generator(100 + row) for row in range(batch)]


@pytest.fixture(params=["packed", "plain"])
def layout(request, monkeypatch):
    """oneDNN's layout, and machines without it."""
    if request.param == "plain":
        monkeypatch.setattr(inference, "can_pack", lambda weight: False)
    elif not inference.can_pack(torch.zeros(2, 2)):
        pytest.skip("this build of torch has no oneDNN layouts")


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_float32_samples_the_same_codes(base, refine, layout, guidance):
    base.eval(), refine.eval()
    tokens = condition(5, keywords=False)
    expected, lengths = base.generate(tokens, 1.0, streams(5), max_steps=12, min_steps=4, guidance=guidance)
    fast = for_inference(base)
    codes, found = fast.generate(tokens, 1.0, streams(5), max_steps=12, min_steps=4, guidance=guidance)
    assert torch.equal(codes, expected) and torch.equal(found, lengths)
    wanted = refine.generate(codes, lengths, tokens, 1.0, streams(5), guidance=guidance)
    assert torch.equal(
        for_inference(refine).generate(codes, lengths, tokens, 1.0, streams(5), guidance=guidance), wanted
    )


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bf16", 0.03), ("int8", 0.05)])
def test_logits_agree_within_the_precision(base, precision, tolerance):
    if precision == "int8" and not inference.can_use_int8(torch.zeros(2, 2)):
        pytest.skip("this build of torch has no 8-bit products")
    base.eval()
    codes = torch.zeros(3, 7, 70, dtype=torch.uint8)
    with torch.no_grad():
        expected = base(codes, condition(3))
        found = for_inference(base, precision)(codes, condition(3))
    error = (found - expected).norm() / expected.norm()
    assert error < tolerance
    assert precision == "float32" or error > 1e-6  # it was that precision


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("gelu", [False, True])
def test_packed_linear_is_linear(layout, dtype, gelu):
    torch.manual_seed(0)
    linear, x = torch.nn.Linear(48, 40), torch.randn(2, 3, 48)
    expected = torch.nn.functional.gelu(linear(x)) if gelu else linear(x)
    found = PackedLinear(linear.weight, linear.bias, dtype, gelu)(x)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 if dtype == torch.float32 else 0.03)


@pytest.mark.skipif(not inference.can_use_int8(torch.zeros(2, 2)), reason="no 8-bit products in this torch")
def test_eight_bit_rows_do_not_depend_on_each_other():
    torch.manual_seed(0)
    linear = torch.nn.Linear(48, 40)
    layer = Int8Linear(linear.weight, linear.bias)
    small, large = torch.randn(1, 48), 1000 * torch.randn(1, 48)
    both = layer(torch.cat([small, large]))
    torch.testing.assert_close(both[:1], layer(small), rtol=0, atol=1e-6)
    error = (both - linear(torch.cat([small, large]))).norm(dim=1) / linear(torch.cat([small, large])).norm(
        dim=1
    )
    assert error.max() < 0.02  # the small row keeps its precision beside the large one
    assert torch.isfinite(layer(torch.zeros(2, 48))).all()


@pytest.mark.skipif(not inference.can_use_int8(torch.zeros(2, 2)), reason="no 8-bit products in this torch")
def test_eight_bits_do_not_overflow_on_processors_without_vnni():
    script = (
        "import torch; from models.inference import Int8Linear; torch.manual_seed(0);"
        "weight, x = torch.rand(64, 512), torch.rand(4, 512); exact = x @ weight.T;"
        "print(float(((Int8Linear(weight, None)(x) - exact).abs() / exact).max()))"
    )
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}  # sums of two products in 16 bits
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.01  # 0.23 where they overflow


def test_the_model_is_left_as_it_was(base):
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    fast = for_inference(base, "bf16")
    assert base.training and not fast.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.state_dict().items())
    # Only what is packed has a copy.
    assert fast.trans_base.tok_emb.weight.data_ptr() == base.trans_base.tok_emb.weight.data_ptr()
    base(torch.zeros(1, 2, 70, dtype=torch.uint8), condition(1)).sum().backward()


def test_unknown_precision_and_missing_products(base, monkeypatch):
    with pytest.raises(UserError, match="--precision float64 is unknown"):
        for_inference(base, "float64")
    monkeypatch.setattr(inference, "can_use_int8", lambda weight: False)
    with pytest.raises(UserError, match="use float32 or bf16"):
        for_inference(base, "int8")


@pytest.mark.parametrize("lengths", [[3], [9, 9, 9], [50, 1, 30, 29, 2, 48, 11], list(range(1, 33)), [0, 4]])
def test_groups_hold_every_row_once_with_little_padding(lengths):
    groups = groups_of_like_length(lengths, waste=0.2, enough=10)
    assert sorted(row for rows, _ in groups for row in rows) == list(range(len(lengths)))
    for rows, longest in groups:
        assert longest == max(lengths[row] for row in rows)
        late = rows[-(-10 // max(longest, 1)) :]  # those that came when there was enough already
        assert all(lengths[row] >= 0.8 * longest for row in late)


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_alike_condition_tokens_are_joined_exactly(refine, monkeypatch, guidance):
    refine.eval()
    tokens, lengths = condition(6, keywords=False), torch.tensor([11, 5, 1, 12, 12, 7])
    codes = torch.randint(0, 2, (6, 12, 70), dtype=torch.uint8, generator=make_generator(0))
    assert merge_equal_tokens(tokens)[0].shape == (6, 2, 24)
    assert merge_equal_tokens(condition(6))[1] is None
    assert merge_equal_tokens(condition(6)[:, :1])[1] is None
    joined = refine.generate(codes, lengths, tokens, 1.0, streams(6), guidance=guidance)
    monkeypatch.setattr("models.refine_trans.merge_equal_tokens", lambda condition: (condition, None))
    assert torch.equal(joined, refine.generate(codes, lengths, tokens, 1.0, streams(6), guidance=guidance))
    # The weight matters: without it the codes differ.
    monkeypatch.setattr("models.refine_trans.merge_equal_tokens", lambda condition: (condition[:, :2], None))
    assert not torch.equal(
        joined, refine.generate(codes, lengths, tokens, 1.0, streams(6), guidance=guidance)
    )


def test_refined_clips_do_not_depend_on_their_group(refine):
    refine.eval()
    tokens, lengths = condition(6), torch.tensor([40, 5, 1, 39, 22, 7])
    codes = torch.randint(0, 2, (6, 40, 70), dtype=torch.uint8, generator=make_generator(0))
    together = refine.generate(codes, lengths, tokens, 1.0, streams(6))
    for row in range(6):
        size = int(lengths[row])
        alone = refine.generate(
            codes[row : row + 1, :size], lengths[row : row + 1], tokens[row : row + 1], 1.0, [streams(6)[row]]
        )
        assert torch.equal(together[row, :size], alone[0])
        assert (together[row, size:] == -1).all()
