"""Residual codes drawn in rounds: what a round sees, in which round a step comes, and what training shows of it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

import pytest
import torch
from tiny_models import random_condition, random_pose_codes, tiny_refine

from models.inference import for_inference
from models.refine_trans import RefineConfig, rounds_of_steps
from models.sampling import Sampling, gumbel_noise
from training.corruption import reveal_codes
from training.refine_stage import IGNORED, stage_targets

STAGES, CODES, STEPS = 3, 8, 6
HOW = Sampling(
    temperature=0.02, guidance=1.0, refine_rounds=4
)  # so cold that what is seen weighs more than noise


def inputs(batch: int = 3):
    residual = torch.randint(CODES, (batch, STEPS, STAGES), generator=torch.Generator().manual_seed(0))
    return random_pose_codes(batch, STEPS), residual, random_condition(batch)


def test_own_stage_is_read_only_by_models_for_it():
    codes, residual, condition = inputs(1)
    for reads in (False, True):
        model = tiny_refine(reads_own_stage=reads)
        for stage in range(STAGES):
            number = torch.tensor([stage])
            logits = model(codes, residual, condition, number)
            for other in range(STAGES):
                changed = residual.clone()
                changed[..., other] = (changed[..., other] + 1) % CODES
                seen = not torch.equal(model(codes, changed, condition, number), logits)
                assert seen == (other < stage or (reads and other == stage))


def test_the_flag_makes_a_model_that_reads_its_own_stage():
    sizes = dict(
        embed_dim_gpt=16, clip_dim=8, block_size=24, num_layers=2, n_head_gpt=2, ff_rate=4, drop_out_rate=0.0
    )
    for said, reads in (({}, False), ({"reveal_prob": 0.0}, False), ({"reveal_prob": 0.5}, True)):
        args = Namespace(share_weight=True, **sizes, **said)  # published ones say nothing
        assert RefineConfig.from_args(args, STAGES, CODES).reads_own_stage is reads


def test_rounds_grow_and_take_every_step_once():
    lengths = torch.tensor([40, 17, 3, 1])
    order = torch.randn(4, 1, 50, generator=torch.Generator().manual_seed(1))
    (turns,) = rounds_of_steps([8], lengths, 40, order)
    for row, length in zip(turns, lengths.tolist(), strict=True):
        counts = torch.bincount(row[:length], minlength=8)
        assert counts.sum() == length and counts[0] == 1
        assert (row[length:] == 0).all()
    counts = torch.bincount(turns[0], minlength=8)
    assert (counts.diff() >= 0).all() and counts[-1] > counts[0]
    # Which steps come first is up to the order, and padding takes no part in it.
    assert turns[0][order[0, 0, :40].argmax()] == 0 and turns[1][order[1, 0, :17].argmax()] == 0


def test_without_order_steps_come_from_first_to_last():
    (turns,) = rounds_of_steps([4], torch.tensor([20]), 20, None)
    assert (turns[0].diff() >= 0).all() and turns[0][0] == 0 and turns[0][-1] == 3


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_generation_is_the_naive_loop(temperature):
    """One clip at a time, every round in full, by the model's own forward pass."""
    model = tiny_refine(reads_own_stage=True).eval()
    codes, _, condition = inputs(2)
    lengths = torch.tensor([STEPS, STEPS - 2])
    how = Sampling(temperature=temperature, guidance=1.0, refine_rounds=4)
    made = model.generate(codes, lengths, condition, sampling=how, generator=torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    block = model.config.block_size
    noise = order = None
    if temperature:
        noise = gumbel_noise(2, (STAGES, block, CODES), generator)
        order = gumbel_noise(2, (STAGES, block), generator)
    for row, length in enumerate(lengths.tolist()):
        known = torch.full((1, length, STAGES), -1)
        for stage, rounds in enumerate((4, 2, 1)):
            rows = None if order is None else order[row : row + 1]
            turns = rounds_of_steps([4, 2, 1], lengths[row : row + 1], length, rows)[stage][0]
            for turn in range(rounds):
                number = torch.tensor([stage])
                logits = model(codes[row : row + 1, :length], known, condition[row : row + 1], number)
                scores = logits[0, :, :CODES] + (0 if noise is None else noise[row, stage, :length])
                due = turns == turn
                known[0, due, stage] = scores.argmax(-1)[due]
        assert torch.equal(made[row, :length], known[0])
        assert (made[row, length:] == -1).all()


def test_one_round_is_the_published_way():
    codes, _, condition = inputs()
    lengths = torch.tensor([STEPS, 4, 5])
    plain, reading = tiny_refine(), tiny_refine(reads_own_stage=True)
    reading.load_state_dict(plain.state_dict())
    made = [
        model.generate(codes, lengths, condition, sampling=how, generator=torch.Generator().manual_seed(5))
        for model, how in ((plain, HOW), (reading, replace(HOW, refine_rounds=1)))
    ]
    assert torch.equal(*made)


def test_known_codes_are_kept_and_seen():
    model = tiny_refine(reads_own_stage=True)
    codes, residual, condition = inputs(1)
    lengths = torch.tensor([STEPS])
    known = torch.full_like(residual, -1)
    known[:, :2] = residual[:, :2]
    other = known.clone()
    other[:, :2, 0] = (other[:, :2, 0] + 1) % CODES
    how = Sampling(temperature=0.0, guidance=1.0, refine_rounds=1)
    made, again = (
        model.generate(codes, lengths, condition, sampling=how, known=which) for which in (known, other)
    )
    assert torch.equal(made[:, :2], residual[:, :2])
    number = torch.tensor([0])
    seen = model(codes, known, condition, number)[0, 2:, :CODES].argmax(-1)
    assert torch.equal(made[0, 2:, 0], seen)
    assert not torch.equal(model(codes, other, condition, number), model(codes, known, condition, number))
    assert torch.equal(again[:, :2, 0], other[:, :2, 0])


def test_samples_do_not_depend_on_their_batch():
    model = for_inference(tiny_refine(reads_own_stage=True))
    codes, _, condition = inputs(3)
    lengths = torch.tensor([STEPS, 3, 5])
    streams = [torch.Generator().manual_seed(seed) for seed in range(3)]
    together = model.generate(codes, lengths, condition, sampling=HOW, generator=streams)
    for row, length in enumerate(lengths.tolist()):
        alone = model.generate(
            codes[row : row + 1, :length],
            lengths[row : row + 1],
            condition[row : row + 1],
            sampling=HOW,
            generator=[torch.Generator().manual_seed(row)],
        )
        assert torch.equal(together[row, :length], alone[0])


def test_revealed_codes():
    torch.manual_seed(0)
    codes = torch.randint(CODES, (400, 20, STAGES))
    stage = torch.randint(STAGES, (400,))
    history, known = reveal_codes(codes, stage, 0.5)
    own = torch.arange(STAGES) == stage[:, None, None]
    assert torch.equal(history.masked_fill(own, 0), codes.masked_fill(own, 0))  # other stages as they were
    shown = history.gather(2, stage[:, None, None].expand(-1, 20, 1)).squeeze(2)
    assert torch.equal(shown >= 0, known) and torch.equal(shown[known], stage_targets(codes, stage)[known])
    # Half of the samples know a share that is even on [0, 1], the others nothing.
    shares = known.float().mean(1)
    assert 0.4 < (shares == 0).float().mean() < 0.62 and 0.18 < shares.mean() < 0.32
    assert shares.max() > 0.9
    nothing, none = reveal_codes(codes, stage, 0.0)
    assert not none.any() and (stage_targets(nothing, stage) == IGNORED).all()
