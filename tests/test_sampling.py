"""Drawing codes: by group, reproducibly per sample; corruption and dropping of what a transformer is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from tiny_models import random_condition, random_pose_codes, tiny_base, tiny_refine

from dataset.pose_codes import GROUP_OFFSETS, GROUP_SIZES, NUM_CODES
from models.attention import KeyValueCache
from models.sampling import (
    GROUP_VALID,
    PUBLISHED,
    Sampling,
    by_group,
    corrupt_pose_codes,
    drop_condition,
    guided,
    gumbel_noise,
    pick,
    staying,
    with_and_without,
)


def test_scores_are_dealt_to_groups():
    scores = torch.arange(2 * 394.0).reshape(2, 394)
    grouped = by_group(scores)
    assert grouped.shape == (2, 70, 18)
    for group, (first, size) in enumerate(zip(GROUP_OFFSETS, GROUP_SIZES, strict=True)):
        assert torch.equal(grouped[:, group, :size], scores[:, first : first + size])
        assert torch.isneginf(grouped[:, group, size:]).all()
    assert torch.isfinite(grouped).sum() == 2 * NUM_CODES


def test_drawn_shares_follow_the_softmax():
    scores = torch.tensor([0.0, 1.0, 2.0, float("-inf")])
    noise = gumbel_noise(1, (20_000, 4), torch.Generator().manual_seed(0))[0]
    for temperature in (1.0, 0.5):
        drawn = pick(scores.expand(20_000, 4), temperature, noise)
        shares = torch.bincount(drawn, minlength=4) / len(drawn)
        torch.testing.assert_close(shares, (scores / temperature).softmax(0), rtol=0, atol=0.015)
    assert (pick(scores.expand(5, 4), 0.0, noise[:5]) == 2).all()


def test_each_sample_owns_its_stream():
    together = gumbel_noise(3, (5, 2), [torch.Generator().manual_seed(seed) for seed in (1, 2, 3)])
    for row, seed in enumerate((1, 2, 3)):
        alone = gumbel_noise(1, (5, 2), [torch.Generator().manual_seed(seed)])
        assert torch.equal(together[row], alone[0])
    few, many = (gumbel_noise(count, (5, 2), torch.Generator().manual_seed(0)) for count in (2, 4))
    assert torch.equal(few, many[:2]) and not torch.equal(many[0], many[1])
    assert torch.isfinite(many).all()


@pytest.mark.parametrize("keep", [1.0, 0.0, 0.5, 0.9])
def test_corruption_by_group(keep):
    """Simulated in plain words: a bit is kept or replaced by noise, and the largest bit of its group wins."""
    torch.manual_seed(0)
    codes = random_pose_codes(60, 20)
    corrupted = corrupt_pose_codes(codes, keep)
    assert corrupted.shape == codes.shape and corrupted.dtype == codes.dtype
    assert (corrupted < torch.tensor(GROUP_SIZES)).all()
    kept = (corrupted == codes).float().mean(dim=(0, 1))  # (70,)
    for size in sorted(set(GROUP_SIZES)):
        bits = torch.zeros(20_000, size)
        bits[:, 0] = 1
        noisy = torch.where(torch.rand(bits.shape) < keep, bits, torch.rand(bits.shape))
        expected = (noisy.argmax(-1) == 0).float().mean()
        found = kept[torch.tensor(GROUP_SIZES) == size].mean()
        assert found == pytest.approx(expected.item(), abs=0.03), size


def test_corrupted_codes_are_spread_over_the_group():
    torch.manual_seed(0)
    codes = torch.zeros(3000, 1, 70, dtype=torch.uint8)
    corrupted = corrupt_pose_codes(codes, 0.0)[:, 0]
    for group, size in enumerate(GROUP_SIZES):
        shares = torch.bincount(corrupted[:, group].long(), minlength=size) / 3000
        assert len(shares) == size and (shares - 1 / size).abs().max() < 0.06


def test_dropped_conditions_are_zero_as_a_whole():
    torch.manual_seed(0)
    condition = torch.ones(400, 12, 3)
    assert drop_condition(condition, 0.0) is condition
    dropped = drop_condition(condition, 0.25)
    per_sample = dropped.flatten(1)
    assert ((per_sample == 0).all(1) | (per_sample == 1).all(1)).all()
    assert 0.15 < (per_sample[:, 0] == 0).float().mean() < 0.35
    assert (condition == 1).all()


def test_the_group_table_has_every_code_once():
    assert int(GROUP_VALID.sum()) == NUM_CODES


def test_few_rows_move_when_some_leave():
    ended = torch.tensor([False, True, False, False, True, False, False])
    assert staying(ended).tolist() == [0, 5, 2, 3, 6]
    assert staying(torch.tensor([False, True])).tolist() == [0]
    assert staying(torch.tensor([True, True, False])).tolist() == [2]
    assert staying(torch.zeros(3, dtype=torch.bool)).tolist() == [0, 1, 2]


def test_kept_samples_of_a_cache():
    cache = KeyValueCache.empty(5, 2, 3, 4, torch.zeros(1))
    cache.append(torch.randn(5, 2, 2, 4), torch.randn(5, 2, 2, 4))
    keys, values, rows = cache.keys.clone(), cache.values.clone(), torch.tensor([0, 4, 1])
    cache.keep(rows)
    assert torch.equal(cache.keys[:, :, :2], keys[rows][:, :, :2])
    assert torch.equal(cache.values[:, :, :2], values[rows][:, :, :2])


def test_guidance_follows_the_order_of_the_doubled_condition():
    condition = torch.randn(3, 12, 4)
    doubled = with_and_without(condition, 2.0).sum(dim=(1, 2))
    torch.testing.assert_close(guided(doubled, 2.0), 2 * condition.sum(dim=(1, 2)))
    assert with_and_without(condition, 1) is condition


def test_one_object_says_what_the_arguments_say():
    base, refine, condition = tiny_base(), tiny_refine(), random_condition(3)
    sampling = Sampling(0.8, refine_temperature=0.5, guidance=2.0)
    codes, lengths = base.generate(condition, generator=torch.Generator().manual_seed(1), sampling=sampling)
    same = base.generate(condition, 0.8, torch.Generator().manual_seed(1), guidance=2.0)
    assert torch.equal(codes, same[0]) and torch.equal(lengths, same[1])
    residual = refine.generate(
        codes, lengths, condition, generator=torch.Generator().manual_seed(2), sampling=sampling
    )
    same = refine.generate(codes, lengths, condition, 0.5, torch.Generator().manual_seed(2), guidance=2.0)
    assert torch.equal(residual, same)


def test_what_is_not_said_is_the_models_own():
    own = Sampling(temperature=0.7, refine_temperature=0.5, guidance=3.0, refine_guidance=1.5, end="median")
    assert Sampling().with_own(own) == own and Sampling().copies == 1
    said = Sampling(temperature=0.0, guidance=1.5, end="likely", overlap=7)
    assert said.with_own(own) == said and not said.is_random and said.copies == 2
    assert Sampling(refine_temperature=0.0).with_own(own) == replace(own, refine_temperature=0.0)


def test_residual_codes_are_drawn_by_their_own_values_where_there_are_any():
    sampling = Sampling(temperature=0.7, guidance=3.0)
    assert sampling.of_residuals() == sampling
    own = replace(sampling, refine_temperature=0.5, refine_guidance=1.0).of_residuals()
    assert (own.temperature, own.guidance, own.copies) == (0.5, 1.0, 1)


def test_a_model_without_dropped_conditions_samples_as_published():
    assert PUBLISHED.copies == 1 and PUBLISHED.end == "likely" and PUBLISHED.temperature == 1
    end_logits = torch.tensor([0.1, -0.1])
    assert Sampling().ended(end_logits, torch.ones(2)).tolist() == [True, False]
    assert PUBLISHED.ended(end_logits, torch.ones(2)).tolist() == [True, False]


def test_the_median_length_is_where_most_samples_would_have_ended():
    """END of a steady probability: "median" ends where half of the clips that draw END would have ended."""
    hazard = 0.13
    logit, going, length = torch.logit(torch.tensor([hazard])), torch.ones(1), 0
    while not Sampling(end="median").ended(logit, going):
        length += 1
    drawn = np.random.default_rng(0).geometric(hazard, 20_000) - 1  # steps before the one that ends
    assert length == int(np.median(drawn))
    assert not Sampling(end="likely").ended(logit, torch.ones(1))  # would go on for ever


def test_a_clip_ends_by_its_own_history_when_others_have_left():
    """The median rule with samples that leave the batch gives each the length it has alone."""
    base, condition = tiny_base(), random_condition(6)
    with torch.no_grad():
        base.trans_head.head.weight.mul_(3)  # spread the ends
    how = Sampling(end="median")
    together = base.generate(
        condition, generator=[torch.Generator().manual_seed(i) for i in range(6)], sampling=how
    )
    for row in range(6):
        alone = base.generate(
            condition[row : row + 1], generator=[torch.Generator().manual_seed(row)], sampling=how
        )
        assert int(alone[1]) == int(together[1][row])
        assert torch.equal(alone[0][0], together[0][row, : int(alone[1])])
    assert len(set(together[1].tolist())) > 1


@dataclass(frozen=True)
class TopK(Sampling):
    """A strategy of somebody else: only the `k` most probable codes."""

    k: int = 1

    def draw(self, scores: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        least = scores.topk(min(self.k, scores.shape[-1]), dim=-1).values[..., -1:]
        return super().draw(scores.masked_fill(scores < least, float("-inf")), noise)


def test_a_new_strategy_is_one_method():
    base, refine, condition = tiny_base(), tiny_refine(), random_condition(3)
    results = []
    for sampling in (TopK(1.0, k=1), Sampling(0.0)):  # of one candidate the most probable is drawn
        generator = torch.Generator().manual_seed(3)
        codes, lengths = base.generate(condition, generator=generator, sampling=sampling)
        results.append((codes, refine.generate(codes, lengths, condition, sampling=sampling)))
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))
    drawn = base.generate(condition, generator=torch.Generator().manual_seed(3), sampling=Sampling(1.0))[0]
    assert drawn.shape != results[0][0].shape or not torch.equal(drawn, results[0][0])
