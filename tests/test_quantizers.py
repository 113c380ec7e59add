"""Soft, hard and residual quantizers: gradients, state, dropout, codes that decode to what was quantized."""

from __future__ import annotations

import pytest
import torch

from models.quantizer import ENTROPY_TEMPERATURE, HardQuantizer, SoftQuantizer, tiled
from models.residual_quantizer import DROPPED, ResidualQuantizer

KINDS = [
    pytest.param({"kind": "soft"}, id="soft"),
    pytest.param({"kind": "soft", "shared_codebook": True}, id="soft-shared"),
    pytest.param({"kind": "hard"}, id="hard-ema"),
    pytest.param({"kind": "hard", "shared_codebook": True}, id="hard-ema-shared"),
    pytest.param({"kind": "hard", "ema": False}, id="hard-gradient"),
    pytest.param({"kind": "hard", "ema": False, "shared_codebook": True}, id="hard-gradient-shared"),
]
WIDTH = 6


def latents(batch: int = 2, steps: int = 10, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, steps, WIDTH, generator=torch.Generator().manual_seed(seed))


def make(stages: int = 3, codes: int = 5, **options) -> ResidualQuantizer:
    torch.manual_seed(0)
    return ResidualQuantizer(stages, codes, WIDTH, **options)


# --------------------------------------------------------------------------------------------- one stage
def test_soft_vectors_are_values_not_codebook_rows():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(5, WIDTH)
    x = latents().reshape(-1, WIDTH)
    output = quantizer(x)
    chosen = quantizer.attn.to_v(quantizer.codebook)[output.indices]
    torch.testing.assert_close(output.quantized, chosen)
    assert not torch.allclose(output.quantized, quantizer.codebook[output.indices], atol=1e-2)
    assert torch.equal(output.indices, quantizer.encode(x))


def test_soft_losses_and_entropy_by_hand():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(5, WIDTH, beta=0.3)
    x = latents().reshape(-1, WIDTH)
    output = quantizer(x)
    chosen = quantizer.values()[output.indices]
    # Three terms whose values are the same distance, and whose gradients differ.
    assert output.loss.item() == pytest.approx((2.3 * (chosen - x).square().mean()).item(), rel=1e-5)
    p = torch.softmax(quantizer.logits(x).double() / ENTROPY_TEMPERATURE, dim=-1)
    of_samples = -(p * (p + 1e-30).log()).sum(-1).mean()
    of_mean = -(p.mean(0) * (p.mean(0) + 1e-5).log()).sum()
    assert output.entropy.item() == pytest.approx((of_samples - of_mean).item(), abs=1e-5)


def test_entropy_rewards_sure_and_varied_choices():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(4, 4)
    with torch.no_grad():
        for layer in (quantizer.attn.to_q, quantizer.attn.to_k):
            torch.nn.init.eye_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
        quantizer.codebook.copy_(torch.eye(4))
    varied, collapsed, unsure = torch.eye(4), torch.eye(4)[[0, 0, 0, 0]], torch.ones(4, 4)
    entropies = [quantizer(x).entropy.item() for x in (varied, collapsed, unsure)]
    assert entropies[0] == pytest.approx(-torch.tensor(4.0).log().item(), abs=1e-3)
    assert entropies[1] == pytest.approx(0, abs=1e-3)
    assert entropies[2] == pytest.approx(0, abs=1e-3)


def test_soft_gradients_reach_every_parameter_and_the_input():
    torch.manual_seed(0)
    quantizer = SoftQuantizer(5, WIDTH)
    x = latents().reshape(-1, WIDTH).requires_grad_()
    quantizer(x).loss.backward()
    assert x.grad.abs().max() > 0
    for name, parameter in quantizer.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
    quantizer.zero_grad()
    quantizer(latents(seed=1).reshape(-1, WIDTH)).entropy.backward()
    assert quantizer.attn.to_q.weight.grad.abs().max() > 0


def test_hard_chooses_the_nearest_code():
    torch.manual_seed(0)
    quantizer = HardQuantizer(7, WIDTH).eval()
    x = latents().reshape(-1, WIDTH)
    for vector, index in zip(x, quantizer.encode(x), strict=True):
        distances = [(vector - code).square().sum().item() for code in quantizer.codebook]
        assert index == distances.index(min(distances))
    output = quantizer(x)
    torch.testing.assert_close(output.quantized, quantizer.codebook[output.indices])
    assert output.loss.item() == pytest.approx(0.25 * (output.quantized - x).square().mean().item(), rel=1e-5)


def test_hard_codebook_by_gradient():
    torch.manual_seed(0)
    quantizer = HardQuantizer(5, WIDTH, ema=False)
    x = latents().reshape(-1, WIDTH)
    before = quantizer.codebook.detach().clone()
    output = quantizer(x)
    output.loss.backward()
    used = sorted(set(output.indices.tolist()))
    assert (quantizer.codebook.grad[used].abs().amax(-1) > 0).all()
    assert torch.equal(quantizer.codebook, before)  # it moves with the optimiser, not by itself
    assert output.loss.item() == pytest.approx(1.25 * (output.quantized - x).square().mean().item(), rel=1e-5)


def test_hard_codes_follow_their_vectors_and_unused_codes_are_reset():
    torch.manual_seed(0)
    quantizer = HardQuantizer(3, 2)
    with torch.no_grad():
        quantizer.codebook.copy_(torch.tensor([[0.0, 0.0], [10.0, 10.0], [500.0, 500.0]]))
    quantizer.code_sum.copy_(quantizer.codebook)
    x = torch.tensor([[1.0, 1.0], [0.0, 2.0], [9.0, 9.0]])
    quantizer.train()(x)
    first = (0.99 * torch.zeros(2) + 0.01 * torch.tensor([1.0, 3.0])) / (0.99 + 0.01 * 2)
    second = (0.99 * torch.tensor([10.0, 10.0]) + 0.01 * torch.tensor([9.0, 9.0])) / 1.0
    torch.testing.assert_close(quantizer.codebook[0], first)
    torch.testing.assert_close(quantizer.codebook[1], second)
    distance = (quantizer.codebook[2] - x).square().sum(-1).min()
    assert distance < 1e-3  # the code that nobody used is now one of the batch's vectors


def test_hard_codebook_rests_outside_training():
    torch.manual_seed(0)
    quantizer = HardQuantizer(5, WIDTH).eval()
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    quantizer(latents().reshape(-1, WIDTH))
    assert all(torch.equal(value, before[name]) for name, value in quantizer.state_dict().items())


def test_short_batches_are_repeated_with_noise_to_fill_a_codebook():
    vectors = torch.tensor([[0.0, 0.0], [5.0, 5.0]])
    rows = tiled(vectors, 6, torch.Generator().manual_seed(0))
    assert rows.shape == (6, 2) and len(rows.unique(dim=0)) == 6
    assert (torch.cdist(rows, vectors).amin(-1) < 0.1).all()
    enough = torch.randn(20, 2)
    drawn = tiled(enough, 6)
    assert all((enough == row).all(-1).any() for row in drawn) and len(drawn.unique(dim=0)) == 6


# -------------------------------------------------------------------------------------------- all stages
@pytest.mark.parametrize("options", KINDS)
def test_codes_decode_to_the_quantized_sum(options):
    quantizer = make(**options)
    quantizer.initialise(latents(steps=30, seed=1))
    quantizer.eval()
    x = latents()
    output = quantizer(x)
    codes = quantizer.encode(x)
    assert codes.shape == (2, 10, 3) and codes.dtype == torch.long
    assert torch.equal(output.indices, codes)
    torch.testing.assert_close(quantizer.decode(codes), output.quantized)
    # By hand: every stage takes what is left.
    left = x
    for stage, layer in enumerate(quantizer.layers):
        left = left - layer.values()[codes[..., stage]]
    torch.testing.assert_close(x - left, output.quantized)


@pytest.mark.parametrize("options", KINDS)
def test_the_input_is_left_alone(options):
    quantizer = make(**options, dropout_prob=0.5).train()
    x = latents()
    kept = x.clone()
    for _ in range(3):
        quantizer(x)
    quantizer.encode(x)
    assert torch.equal(x, kept)


@pytest.mark.parametrize("options", KINDS)
def test_gradient_passes_straight_through_with_factor_one_a_stage(options):
    """Each stage passes x + sg(x_d - x) on, so one stage has gradient one; the sum of Q stages has Q (section 3)."""
    for stages in (1, 3):
        quantizer = make(stages=stages, **options)
        quantizer.initialise(latents(seed=1))
        x = latents().requires_grad_()
        weight = torch.randn_like(x)
        (quantizer(x).quantized * weight).sum().backward()
        torch.testing.assert_close(x.grad, stages * weight)


def test_reconstruction_sends_no_gradient_into_the_codebooks():
    quantizer = make(kind="soft")
    quantizer.initialise(latents(seed=1))
    quantizer(latents().requires_grad_()).quantized.sum().backward()
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in quantizer.parameters())


def test_stages_are_missing_in_decoding_when_dropped():
    quantizer = make()
    codes = torch.randint(5, (2, 4, 3))
    first_two = codes.clone()
    first_two[..., 2] = DROPPED
    torch.testing.assert_close(quantizer.decode(first_two), quantizer.decode(codes[..., :2]))
    assert not quantizer.decode(torch.full((2, 4, 3), DROPPED)).any()


@pytest.mark.parametrize("options", [{"kind": "soft"}, {"kind": "hard"}])
def test_quantizer_dropout_marks_what_it_skips(options):
    quantizer = make(stages=4, dropout_prob=1.0, dropout_cutoff=1, **options).train()
    x = latents()
    seen = set()
    for _ in range(60):
        output = quantizer(x)
        ran = (output.indices[0, 0] >= 0).sum().item()
        assert (output.indices[..., :ran] >= 0).all() and (output.indices[..., ran:] == DROPPED).all()
        if options["kind"] == "soft":
            torch.testing.assert_close(quantizer.decode(output.indices), output.quantized)
        seen.add(ran)
    assert seen == {2, 3, 4}  # s is drawn from [cutoff, Q), stages above s are skipped
    assert (quantizer.eval()(x).indices >= 0).all()


def test_losses_are_averaged_over_the_stages_that_ran():
    quantizer = make(stages=3)
    quantizer.initialise(latents(seed=1))
    x = latents().reshape(-1, WIDTH)
    expected, left = [], x
    for layer in quantizer.layers:
        output = layer(left)
        expected.append((output.loss.item(), output.entropy.item()))
        left = (left - output.quantized).detach()
    output = quantizer.eval()(x.reshape(2, 10, WIDTH))
    assert output.loss.item() == pytest.approx(sum(a for a, _ in expected) / 3, rel=1e-4)
    assert output.entropy.item() == pytest.approx(sum(b for _, b in expected) / 3, rel=1e-4)


# ------------------------------------------------------------------------------------------------- state
@pytest.mark.parametrize("options", KINDS)
def test_codebooks_start_from_the_first_batch_once(options):
    quantizer, x = make(**options), latents(steps=40)
    assert not quantizer.initialised
    quantizer.initialise(x)
    assert quantizer.initialised
    values = quantizer.layers[0].values()
    distance = (values[:, None] - x.reshape(1, -1, WIDTH)).norm(dim=-1)
    assert (distance.amin(-1) < 1e-5).all()

    started = make(**options).train()
    started(x)  # the first training batch does the same by itself
    assert started.initialised
    if options["kind"] == "soft":  # which rests until its optimiser moves it
        kept = {name: value.clone() for name, value in started.state_dict().items()}
        started(latents(seed=5) + 100)
        assert all(torch.equal(value, kept[name]) for name, value in started.state_dict().items())


@pytest.mark.parametrize("options", KINDS)
def test_a_loaded_quantizer_keeps_its_codebooks(options):
    first = make(**options).train()
    first(latents())
    second = make(**options)
    second.load_state_dict(first.state_dict())
    assert second.initialised
    before = second.layers[0].values().clone()
    far = latents(seed=7) + 1000
    second.train()(far)
    moved = (second.layers[0].values() - before).norm(dim=-1) / far.norm(dim=-1).mean()
    # A fresh start would put every code near the batch; a moving average only takes in the codes that it resets.
    assert (
        (moved < 0.1).any() if options["kind"] == "hard" and options.get("ema", True) else (moved == 0).all()
    )


@pytest.mark.parametrize("init", ["xavier", "uniform"])
@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_other_initialisations_ignore_the_data(kind, init):
    quantizer = make(kind=kind, init=init)
    before = [layer.codebook.clone() for layer in quantizer.layers]
    quantizer.initialise(latents() + 50)
    assert quantizer.initialised
    assert all(torch.equal(a.codebook, b) for a, b in zip(quantizer.layers, before, strict=True))
    if init == "uniform":
        assert quantizer.layers[0].codebook.abs().max() <= 1 / 5


@pytest.mark.parametrize("options", [option for option in KINDS if "shared" in option.id])
def test_shared_codebooks_are_one(options):
    quantizer = make(**options).train()
    quantizer(latents())
    assert len({layer.codebook.data_ptr() for layer in quantizer.layers}) == 1
    copy = make(**options)
    copy.load_state_dict(quantizer.state_dict())
    x = latents(seed=2)
    torch.testing.assert_close(copy.eval()(x).quantized, quantizer.eval()(x).quantized)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="soft or hard"):
        make(kind="sofd")
