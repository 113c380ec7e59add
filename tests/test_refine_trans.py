"""The refine transformer: what it sees, what it ignores, its targets, and stage-by-stage generation."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from tiny_models import random_condition, random_pose_codes, tiny_refine

from dataset.pose_codes import to_khot
from models.refine_trans import RefineConfig, RefineTransformer, draw_stages
from models.sampling import gumbel_noise
from training.refine_stage import IGNORED, stage_targets

STAGES, CODES, STEPS = 3, 8, 6
SHARING = pytest.mark.parametrize("share_weight", [True, False])


def residual_codes(batch: int = 3, steps: int = STEPS, seed: int = 0) -> torch.Tensor:
    return torch.randint(CODES, (batch, steps, STAGES), generator=torch.Generator().manual_seed(seed))


def inputs(batch: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return random_pose_codes(batch, STEPS), residual_codes(batch), random_condition(batch)


# ------------------------------------------------------------------------------------------- what it sees
@SHARING
def test_shapes(share_weight):
    model = tiny_refine(share_weight=share_weight)
    codes, residual, condition = inputs()
    logits = model(codes, residual, condition, torch.tensor([0, 1, 2]))
    assert logits.shape == (3, STEPS, CODES + 2)
    khot = to_khot(codes).float()
    torch.testing.assert_close(model(khot, residual, condition, torch.tensor([0, 1, 2])), logits)


@SHARING
def test_only_earlier_stages_are_read(share_weight):
    model = tiny_refine(share_weight=share_weight)
    codes, residual, condition = inputs(1)
    for stage in range(STAGES):
        number = torch.tensor([stage])
        logits = model(codes, residual, condition, number)
        for changed_stage in range(STAGES):
            changed = residual.clone()
            changed[..., changed_stage] = (changed[..., changed_stage] + 1) % CODES
            same = torch.equal(model(codes, changed, condition, number), logits)
            assert same == (changed_stage >= stage)
        # What lies ahead may be missing altogether; a dropped code behind adds nothing, and so is another input.
        torch.testing.assert_close(model(codes, residual[..., :stage], condition, number), logits)
        if stage:
            dropped = residual.clone()
            dropped[..., 0] = -1
            assert not torch.allclose(model(codes, dropped, condition, number), logits)


def test_steps_see_both_directions_and_nothing_of_padding():
    model = tiny_refine()
    khot = to_khot(random_pose_codes(1, STEPS)).float().requires_grad_()
    condition = random_condition(1)
    logits = model(khot, residual_codes(1), condition, torch.tensor([1]), torch.tensor([4]))
    for step in range(4):
        (grad,) = torch.autograd.grad(logits[0, step].sum(), khot, retain_graph=True)
        assert (grad[0].abs().amax(-1) > 0).tolist() == [True] * 4 + [False] * 2


@SHARING
def test_padded_batches_equal_each_clip_alone(share_weight):
    model = tiny_refine(share_weight=share_weight)
    codes, residual, condition = inputs()
    lengths, stage = torch.tensor([6, 2, 4]), torch.tensor([2, 0, 1])
    logits = model(codes, residual, condition, stage, lengths)
    for row, length in enumerate(lengths.tolist()):
        part = slice(row, row + 1)
        alone = model(codes[part, :length], residual[part, :length], condition[part], stage[part])
        torch.testing.assert_close(logits[row, :length], alone[0], rtol=1e-4, atol=1e-5)
    order = torch.tensor([2, 0, 1])
    shuffled = model(codes[order], residual[order], condition[order], stage[order], lengths[order])
    torch.testing.assert_close(shuffled, logits[order], rtol=1e-4, atol=1e-5)


def test_shared_tables_get_gradients_as_input_and_as_output():
    model = tiny_refine()
    codes, residual, condition = inputs(1)
    logits = model(codes, residual, condition, torch.tensor([2]))
    logits.square().sum().backward()
    grad = model.embed_proj_shared_weight.grad.abs().amax(-1) > 0
    assert grad[2].all()  # the output projection of stage 2
    assert all(grad[q][residual[0, :, q].unique()].all() for q in (0, 1))  # the input embeddings before it
    unused = [code for code in range(CODES) if code not in residual[0, :, 0]]
    assert not grad[0][unused].any()


# ------------------------------------------------------------------------------------------------ targets
def test_targets_are_the_stage_s_codes_without_padding():
    residual = residual_codes(2)
    residual[1, 4:] = -1
    residual[0, 2, 1] = -1  # a dropped stage
    targets = stage_targets(residual, torch.tensor([1, 2]))
    for step in range(STEPS):
        assert targets[0, step] == (IGNORED if step == 2 else residual[0, step, 1])
        assert targets[1, step] == (IGNORED if step >= 4 else residual[1, step, 2])


def test_padding_does_not_enter_the_loss():
    residual = residual_codes(1)
    residual[0, 4:] = -1
    logits = torch.randn(1, STEPS, CODES + 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = stage_targets(residual, torch.tensor([0]))
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    expected = -sum(logits[0, step].log_softmax(-1)[residual[0, step, 0]] for step in range(4)) / 4
    torch.testing.assert_close(loss, expected)
    (grad,) = torch.autograd.grad(loss, logits)
    assert not grad[0, 4:].any()


def test_stages_are_drawn_as_published():
    torch.manual_seed(0)
    draws = draw_stages(200_000, 6)
    shares = torch.bincount(draws, minlength=6) / len(draws)

    def below(value: float) -> float:  # u at which (1 - cos(pi u / 2)) * 5 reaches value
        return 2 / math.pi * math.acos(1 - value / 5)

    edges = [0.0, *(below(q + 0.5) for q in range(5)), 1.0]
    expected = torch.tensor([high - low for low, high in zip(edges, edges[1:], strict=False)])
    torch.testing.assert_close(shares, expected, rtol=0, atol=0.005)
    assert shares[0] == shares.max() and draws.dtype == torch.long


# --------------------------------------------------------------------------------------------- generation
@torch.no_grad()
def generate_plainly(model, codes, lengths, condition, temperature=0.0, noise=None):
    """One sample at a time at its own length, stage after stage, through the public forward pass."""
    found = []
    for row, length in enumerate(lengths.tolist()):
        part, residual = slice(row, row + 1), torch.zeros(1, length, 0, dtype=torch.long)
        for q in range(STAGES):
            logits = model(codes[part, :length], residual, condition[part], torch.tensor([q]))[..., :CODES]
            if temperature > 0:
                logits = logits / temperature + noise[row, q, :length]
            residual = torch.cat([residual, logits.argmax(-1, keepdim=True)], dim=-1)
        found.append(residual[0])
    return found


@SHARING
@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_generation_equals_the_plain_formula(share_weight, temperature):
    model = tiny_refine(share_weight=share_weight)
    codes, _, condition = inputs()
    lengths = torch.tensor([6, 1, 4])
    noise = gumbel_noise(3, (STAGES, model.config.block_size, CODES), torch.Generator().manual_seed(2))
    expected = generate_plainly(model, codes, lengths, condition, temperature, noise)
    made = model.generate(codes, lengths, condition, temperature, torch.Generator().manual_seed(2))
    assert made.shape == (3, STEPS, STAGES) and made.dtype == torch.long
    for row, length in enumerate(lengths.tolist()):
        assert torch.equal(made[row, :length], expected[row])
        assert (made[row, length:] == -1).all()


def test_samples_do_not_depend_on_each_other():
    model = tiny_refine()
    codes, _, condition = inputs()
    lengths = torch.tensor([6, 3, 4])
    made = model.generate(
        codes, lengths, condition, 1.0, [torch.Generator().manual_seed(s) for s in (1, 2, 3)]
    )
    alone = model.generate(
        codes[1:2, :3], lengths[1:2], condition[1:2], 1.0, [torch.Generator().manual_seed(2)]
    )
    assert torch.equal(made[1, :3], alone[0])


def test_known_codes_are_kept():
    model = tiny_refine()
    codes, known, condition = inputs()
    lengths = torch.full((3,), STEPS)
    free = model.generate(codes, lengths, condition, 0)
    assert torch.equal(model.generate(codes, lengths, condition, 0, known=known), known)
    first = known.clone()
    first[:, :, 1:] = -1
    made = model.generate(codes, lengths, condition, 0, known=first)
    assert torch.equal(made[..., 0], known[..., 0]) and (made >= 0).all()
    assert not torch.equal(made[..., 1:], free[..., 1:])  # what is known informs what is not


def test_end_and_pad_are_never_drawn():
    model = tiny_refine()
    with torch.no_grad():
        model.embed_proj_shared_weight[:, CODES:] *= 100
    codes, _, condition = inputs()
    lengths = torch.full((3,), STEPS)
    for temperature in (0.0, 1.0):
        made = model.generate(codes, lengths, condition, temperature)
        assert ((made >= 0) & (made < CODES)).all()


def test_published_sizes():
    with torch.device("meta"):
        model = RefineTransformer(RefineConfig())
    # The published 80.8 M count 1.1 M that nothing uses: section 7's leftovers and the fixed positions.
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(79.67e6, rel=1e-3)


def test_text_tokens_are_read_as_far_as_the_model_has_them():
    """Tokens beyond the model's own change nothing; its own do, whatever their order: they have no positions."""
    model = tiny_refine(text_tokens=3)
    codes, lengths = random_pose_codes(2, 6), torch.tensor([6, 5])
    stage, residual = torch.tensor([1, 2]), torch.zeros(2, 6, 3, dtype=torch.long)
    condition = torch.randn(2, 12 + 5, random_condition(1).shape[-1])
    logits = model(codes, residual, condition, stage, lengths)
    other = condition.clone()
    other[:, 15:] += 1
    torch.testing.assert_close(model(codes, residual, other, stage, lengths), logits)
    turned = condition.clone()
    turned[:, 12:15] = condition[:, [14, 12, 13]]
    torch.testing.assert_close(model(codes, residual, turned, stage, lengths), logits, atol=1e-5, rtol=1e-4)
    other[:, 12] += 1
    assert (model(codes, residual, other, stage, lengths) - logits).abs().max() > 1e-3
