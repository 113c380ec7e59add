"""models.inference: frozen copies sample what the models themselves do, and the refine transformer saves exactly."""

import pytest
import torch
from tiny_models import stir

from models import inference
from models.base_trans import BaseConfig, BaseTransformer
from models.inference import PackedLinear, for_inference
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
        monkeypatch.setattr(inference, "can_pack", lambda weight, dtype=None: False)
    elif not inference.can_pack(torch.zeros(2, 2)):
        pytest.skip("this build of torch has no oneDNN layouts")
    return request.param


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


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bf16", 0.03)])
def test_logits_agree_within_the_precision(base, precision, tolerance):
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


def test_the_model_is_left_as_it_was(base):
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    fast = for_inference(base, "bf16")
    assert base.training and not fast.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in base.state_dict().items())
    # Only what is packed has a copy.
    assert fast.trans_base.tok_emb.weight.data_ptr() == base.trans_base.tok_emb.weight.data_ptr()
    assert not any(parameter.requires_grad for parameter in fast.parameters())
    base(torch.zeros(1, 2, 70, dtype=torch.uint8), condition(1)).sum().backward()
    assert all(parameter.grad is not None for parameter in base.parameters())


def test_all_weights_are_in_the_state_and_move(refine, layout):
    """Every packed weight is a buffer; without oneDNN's layout it goes where the model goes."""
    fast = for_inference(refine, "bf16")
    packed = layout == "packed" and inference.can_pack(torch.zeros(2, 2), torch.bfloat16)
    state = fast.state_dict()
    for layer in ("qkv", "proj", "up", "down"):
        for name in ("weight", "bias"):
            assert state[f"trans_base.blocks.1.{layer}.{name}"].dtype == torch.bfloat16
    if not packed:
        fast.to("meta")
        assert {tensor.device.type for tensor in fast.state_dict().values()} == {"meta"}
        assert {tensor.device.type for tensor in refine.state_dict().values()} == {"cpu"}
    else:
        with pytest.raises(NotImplementedError, match="mkldnn"):
            fast.to("meta")


@pytest.mark.parametrize("precision", ["float64", "int8"])
def test_unknown_precision(base, precision):
    with pytest.raises(
        UserError, match=f"--precision {precision} is unknown: use one of float32, bf16, auto"
    ):
        for_inference(base, precision)


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
