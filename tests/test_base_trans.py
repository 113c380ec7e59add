"""The base transformer: causality, its loss, and generation that equals the plain formula step by step."""

from __future__ import annotations

import math

import pytest
import torch
from tiny_models import random_condition, random_pose_codes, tiny_base

from dataset.pose_codes import END, GROUP_OFFSETS, GROUP_SIZES, NUM_CODES, PAD, to_khot
from dataset.text_condition import CONDITION_TOKENS
from evaluation.settings import DataSettings
from evaluation.workbench import Workbench
from models.base_trans import OUTPUTS, BaseTransformer
from models.sampling import Sampling, by_group, gumbel_noise
from training.base_stage import base_loss, right_by_kind
from utils.runtime import UserError

CAPACITY = 12  # steps that the tiny model's block size leaves


def ending(limit: float = 0.0, seed: int = 0) -> BaseTransformer:
    """A model whose END logit is moved by a constant: negative, clips grow longer; very negative, they never end."""
    model = tiny_base(seed)
    with torch.no_grad():
        bias = model.trans_head.ln_f.bias
        model.trans_head.head.weight[END] *= 4  # so that samples differ in when they end
        model.trans_head.head.weight[END] += limit * bias / bias.square().sum()
    return model


@torch.no_grad()
def generate_plainly(model, condition, temperature=0.0, noise=None, lengths=None, limit=CAPACITY):
    """One sample at a time, the whole sequence anew for each step, one group after the other."""
    found = []
    for row in range(len(condition)):
        codes = torch.zeros(1, 0, 70, dtype=torch.long)
        for step in range(limit if lengths is None else int(lengths[row])):
            logits = model(codes, condition[row : row + 1])[0, -1]
            if lengths is None and step >= 1 and torch.sigmoid(logits[END]) > 0.5:
                break
            drawn = []
            for group, (first, size) in enumerate(zip(GROUP_OFFSETS, GROUP_SIZES, strict=True)):
                scores = logits[first : first + size]
                if temperature > 0:
                    scores = scores / temperature + noise[row, step, group, :size]
                drawn.append(scores.argmax())
            codes = torch.cat([codes, torch.stack(drawn)[None, None]], dim=1)
        found.append(codes[0])
    return found


def assert_same(pose_codes, lengths, expected):
    assert lengths.tolist() == [len(codes) for codes in expected]
    assert pose_codes.dtype == torch.uint8 and pose_codes.shape[1:] == (int(lengths.max()), 70)
    for made, codes in zip(pose_codes, expected, strict=True):
        assert torch.equal(made[: len(codes)].long(), codes)
        assert not made[len(codes) :].any()


# ------------------------------------------------------------------------------------------- the network
def test_shapes_and_inputs():
    model = tiny_base()
    codes, condition = random_pose_codes(2, 5), random_condition(2)
    logits = model(codes, condition)
    assert logits.shape == (2, 6, OUTPUTS) and (END, PAD, OUTPUTS) == (
        NUM_CODES,
        NUM_CODES + 1,
        NUM_CODES + 2,
    )
    khot = to_khot(codes).float()
    torch.testing.assert_close(model(khot, condition), logits)
    torch.testing.assert_close(model(torch.nn.functional.pad(khot, (0, 2)), condition), logits)
    assert model(codes[:, :0], condition).shape == (2, 1, OUTPUTS)


def test_step_i_sees_no_later_pose_code():
    model = tiny_base()
    khot = to_khot(random_pose_codes(1, 6)).float().requires_grad_()
    logits = model(khot, random_condition(1))
    for step in range(7):
        (grad,) = torch.autograd.grad(logits[0, step].sum(), khot, retain_graph=True, allow_unused=True)
        reached = grad[0].abs().amax(dim=-1) > 0
        assert reached.tolist() == [index < step for index in range(6)]


def test_every_step_sees_the_whole_condition():
    model = tiny_base()
    condition = random_condition(1).requires_grad_()
    logits = model(random_pose_codes(1, 6), condition)
    for step in range(7):
        (grad,) = torch.autograd.grad(logits[0, step].sum(), condition, retain_graph=True)
        assert (grad[0].abs().amax(dim=-1) > 0).all()


def test_padding_and_batch_order_change_nothing():
    model = tiny_base()
    codes, condition = random_pose_codes(3, 8), random_condition(3)
    logits = model(codes, condition)
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(model(codes[order], condition[order]), logits[order])
    alone = model(codes[1:2, :4], condition[1:2])
    torch.testing.assert_close(alone[0], logits[1, :5], rtol=1e-4, atol=1e-5)


def test_sequences_beyond_the_block_size_are_refused():
    with pytest.raises(ValueError, match="25 positions is longer than the block size 24"):
        tiny_base()(random_pose_codes(1, 13), random_condition(1))


def test_training_on_longer_clips_than_the_block_size_allows_is_refused():
    bench = Workbench(DataSettings("t2m", pose_frame="world", kit_codes="published"))
    bench.check_block_size(60)
    with pytest.raises(UserError, match="--block-size 60: clips of 196 frames at 4 frames a step need 61"):
        bench.check_block_size(60, CONDITION_TOKENS)
    bench.frames_per_step = 2
    with pytest.raises(UserError, match="2 frames a step need 98"):
        bench.check_block_size(60)


# ---------------------------------------------------------------------------------------------- the loss
def test_loss_by_hand():
    torch.manual_seed(0)
    codes, lengths = random_pose_codes(2, 3), torch.tensor([3, 1])
    logits = torch.randn(2, 4, OUTPUTS)
    expected = 0.0
    for row, length in enumerate(lengths.tolist()):
        sample = 0.0
        for step in range(length + 1):
            target = [0.0] * OUTPUTS
            if step == length:
                target[END] = 1.0
            else:
                for first, category in zip(GROUP_OFFSETS, codes[row, step].tolist(), strict=True):
                    target[first + category] = 1.0
            for logit, wanted in zip(logits[row, step].tolist(), target, strict=True):
                p = 1 / (1 + math.exp(-logit))
                sample -= (math.log(p) if wanted else math.log(1 - p)) / OUTPUTS
        expected += sample / (length + 1) / 2
    assert base_loss(logits, codes, lengths).item() == pytest.approx(expected, rel=1e-5)


def test_loss_ignores_what_lies_beyond_the_end():
    torch.manual_seed(0)
    codes, lengths = random_pose_codes(2, 5), torch.tensor([5, 2])
    logits = torch.randn(2, 6, OUTPUTS, requires_grad=True)
    loss = base_loss(logits, codes, lengths)
    (grad,) = torch.autograd.grad(loss, logits)
    assert grad[1, :3].abs().amax(-1).all() and not grad[1, 3:].any()
    changed = codes.clone()
    changed[1, 2:] = 0
    assert torch.equal(base_loss(logits, changed, lengths), loss)
    torch.testing.assert_close(base_loss(logits[1:, :3], codes[1:, :2], lengths[1:]) / 2
                               + base_loss(logits[:1], codes[:1], lengths[:1]) / 2, loss)  # fmt: skip


def test_right_codes_are_counted_by_group_and_without_padding():
    codes, lengths = random_pose_codes(1, 4), torch.tensor([3])
    logits = torch.zeros(1, 5, OUTPUTS)
    logits[0, :4, :NUM_CODES] = to_khot(codes)[0].float()
    assert right_by_kind(logits, codes, lengths)["right"] == 1
    logits[0, 3] = -logits[0, 3]  # beyond the end
    assert right_by_kind(logits, codes, lengths)["right"] == 1
    logits[0, 1] = -logits[0, 1]
    assert right_by_kind(logits, codes, lengths)["right"] == pytest.approx(2 / 3, abs=1e-6)


# -------------------------------------------------------------------------------------------- generation
def test_greedy_generation_equals_the_plain_formula_and_each_sample_ends_by_itself():
    model, condition = ending(-0.6), random_condition(6)
    expected = generate_plainly(model, condition)
    assert len({len(codes) for codes in expected}) >= 3  # the samples do end at different steps
    assert_same(*model.generate(condition, temperature=0), expected)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_sampling_equals_the_plain_formula_with_the_same_noise(temperature):
    model, condition = ending(-0.5), random_condition(4)
    noise = gumbel_noise(4, (CAPACITY, 70, 18), torch.Generator().manual_seed(9))
    expected = generate_plainly(model, condition, temperature, noise)
    made = model.generate(condition, temperature, torch.Generator().manual_seed(9))
    assert_same(*made, expected)


def test_samples_do_not_depend_on_each_other():
    model, condition = ending(-0.5), random_condition(3)
    seeds = [torch.Generator().manual_seed(seed) for seed in (4, 5, 6)]
    codes, lengths = model.generate(condition, 1.0, seeds)
    for row, seed in enumerate((4, 5, 6)):
        alone, length = model.generate(condition[row : row + 1], 1.0, [torch.Generator().manual_seed(seed)])
        assert length[0] == lengths[row]
        assert torch.equal(alone[0], codes[row, : length[0]])
    # One generator for the whole call: the first sample does not see how many follow it.
    first = model.generate(condition, 1.0, torch.Generator().manual_seed(4))
    single = model.generate(condition[:1], 1.0, torch.Generator().manual_seed(4))
    assert torch.equal(first[0][0, : first[1][0]], single[0][0])


def test_one_code_in_every_group():
    codes, lengths = ending(-0.5).generate(random_condition(4), 1.0, torch.Generator().manual_seed(0))
    assert (codes < torch.tensor(GROUP_SIZES)).all()
    assert (to_khot(codes).sum(-1) == 70).all()
    assert ((lengths >= 1) & (lengths <= CAPACITY)).all()


def test_forced_lengths_ignore_end():
    model, condition = ending(50.0), random_condition(3)
    assert model.generate(condition, 0)[1].tolist() == [1, 1, 1]  # left to itself it stops at once
    lengths = torch.tensor([7, 2, 12])
    expected = generate_plainly(model, condition, lengths=lengths)
    assert_same(*model.generate(condition, 0, lengths=lengths), expected)
    with pytest.raises(ValueError, match="13 steps asked for, the model's block size allows 12"):
        model.generate(condition, 0, lengths=torch.tensor([13, 2, 2]))


def test_limits():
    model, condition = ending(-50.0), random_condition(2)
    assert model.generate(condition, 0)[1].tolist() == [CAPACITY] * 2
    assert model.generate(condition, 0, max_steps=5)[0].shape == (2, 5, 70)
    assert model.generate(condition, 0, max_steps=99)[1].tolist() == [CAPACITY] * 2
    eager = ending(50.0)
    assert eager.generate(condition, 0, min_steps=4)[1].tolist() == [4, 4]
    # A model of ours ends no clip sooner than any in its training, however sure it is of END.
    how = Sampling(0.0, guidance=1.0, end="median", least_steps=9)
    assert eager.generate(condition, sampling=how)[1].tolist() == [9, 9]


def test_a_prefix_is_kept_and_continued():
    model, condition = ending(-50.0), random_condition(2)
    whole, _ = model.generate(condition, 0)
    continued, lengths = model.generate(condition, 0, prefix=whole[:, :5])
    assert torch.equal(continued, whole) and lengths.tolist() == [CAPACITY] * 2
    other = random_pose_codes(2, 5, seed=3)
    changed, _ = model.generate(condition, 0, prefix=other)
    assert torch.equal(changed[:, :5], other) and not torch.equal(changed[:, 5:], whole[:, 5:])
    logits = model(changed[:, :7], condition)[:, -1]
    assert torch.equal(by_group(logits).argmax(-1).to(torch.uint8), changed[:, 7])
    with pytest.raises(ValueError, match="prefix of 5 steps"):
        model.generate(condition, 0, prefix=other, max_steps=4)


def test_guidance_moves_away_from_what_is_said_without_text():
    model, condition = ending(-50.0), random_condition(2)
    plain, _ = model.generate(condition, 0, max_steps=1)
    with_text, without = (model(plain[:, :0], c)[:, 0] for c in (condition, torch.zeros_like(condition)))
    expected = by_group(without + 2.5 * (with_text - without)).argmax(-1)
    guided, _ = model.generate(condition, 0, max_steps=1, guidance=2.5)
    assert torch.equal(guided[:, 0].long(), expected) and not torch.equal(guided, plain)


def test_published_sizes():
    with torch.device("meta"):
        model = BaseTransformer(type(tiny_base().config)())
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(228.2e6, rel=1e-3)
    assert model.config.block_size == CONDITION_TOKENS + 50
