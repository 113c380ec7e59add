"""Flags of the published trainers: each changes what it says, and nothing else."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pytest
import torch
from toy_layout import SPEC

from dataset.caption_table import CaptionTable
from dataset.captions import Caption
from dataset.evaluation_batches import EvaluationBatches
from dataset.pose_codes import GROUP_SIZES, NUM_CODES, to_khot
from evaluation.workbench import LaterRepeats
from models.base_trans import BaseConfig, BaseTransformer
from models.build import adapt_base_weights, adapt_refine_weights, adapt_tokenizer_weights
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer
from models.sampling import guided
from training.base_stage import BaseStage
from training.corruption import (
    Corruption,
    clean_share,
    hide_residual_codes,
    hide_steps,
    keep_probability,
    with_noise,
    with_predictions,
)
from training.refine_stage import RefineStage, right_by_stage
from training.samples import similarity_image
from training.settings import TransformerSettings

STEPS, QUANTIZERS, CODES, LATE = 6, 3, 8, 100_000


def flags(**given) -> Namespace:
    values = dict(pkeep=1.0, min_sampling_prob=0.0, schedule_pkeep=False, scheduled_sampling=False)
    values |= dict(cond_drop_prob=0.0, log_cat_right_num=False, masking_prob=0.0, mask_residual_code=False)
    return Namespace(**(values | given))


def make_base() -> BaseTransformer:
    torch.manual_seed(0)
    return BaseTransformer(BaseConfig(16, 8, 12 + STEPS + 4, 1, 2, 2, 0.0))


def make_refine(**settings) -> RefineTransformer:
    torch.manual_seed(0)
    return RefineTransformer(RefineConfig(QUANTIZERS, CODES, 16, 8, 30, 1, 2, 2, 0.0, **settings))


def make_batch(size: int = 4) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(0)
    codes = rng.integers(GROUP_SIZES, size=(size, STEPS, len(GROUP_SIZES))).astype(np.uint8)
    residual = torch.from_numpy(rng.integers(CODES, size=(size, STEPS, QUANTIZERS)))
    residual[0, 4:] = -1
    return {
        "pose_codes": torch.from_numpy(codes),
        "condition": torch.from_numpy(rng.standard_normal((size, 12, 8)).astype(np.float32)),
        "residual_codes": residual,
        "lengths": torch.tensor([4] + [STEPS] * (size - 1)),
        **RefineStage.stages(torch.arange(size) % QUANTIZERS),
    }


def stage_of(kind: type, model: torch.nn.Module, args: Namespace):
    """A stage without data or files, for its loss."""
    settings = TransformerSettings(Corruption.from_args(args), log_right=args.log_cat_right_num)
    return kind(model, settings)


class Recorder(torch.nn.Module):
    """A model that keeps what it was given."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model, self.config, self.seen = model, model.config, []

    def forward(self, *inputs):
        self.seen.append(inputs)
        return self.model(*inputs)


# ------------------------------------------------------------------------------------------- histories
def test_the_share_of_untouched_histories_falls_to_its_least():
    assert clean_share(0, 0.1) == 1.0
    assert clean_share(10, 0.1) == pytest.approx(0.99**10)
    assert clean_share(LATE, 0.1) == 0.1


def test_pkeep_is_constant_or_scheduled():
    assert keep_probability(flags(pkeep=0.5), 0) == 0.5
    scheduled = flags(pkeep=0.5, schedule_pkeep=True)
    assert keep_probability(scheduled, 0) == 1.0
    assert keep_probability(scheduled, LATE) == pytest.approx(0.5)
    assert 0.5 < keep_probability(scheduled, 50) < 1.0


def test_noise_comes_with_training_and_only_below_pkeep_1():
    codes = make_batch()["pose_codes"]
    assert torch.equal(with_noise(codes, flags(pkeep=0.5), 0), codes)
    assert torch.equal(with_noise(codes, flags(pkeep=1.0), LATE), codes)
    assert torch.equal(with_noise(codes, flags(pkeep=0.5, min_sampling_prob=1.0), LATE), codes)
    assert not torch.equal(with_noise(codes, flags(pkeep=0.5), LATE), codes)


def test_predictions_replace_whole_steps():
    codes = torch.zeros(200, 5, 7, dtype=torch.uint8)
    mixed = with_predictions(codes, torch.ones_like(codes), flags(min_sampling_prob=0.25), LATE)
    assert ((mixed == 0).all(-1) | (mixed == 1).all(-1)).all()
    assert mixed.float().mean() == pytest.approx(0.75, abs=0.06) and mixed.dtype == codes.dtype
    unpredicted = torch.full(codes.shape, -1)
    assert torch.equal(with_predictions(codes, unpredicted, flags(), LATE), codes)


def test_scheduled_sampling_feeds_back_the_base_transformers_own_codes():
    model, batch = Recorder(make_base().eval()), make_batch()
    stage = stage_of(BaseStage, model, flags(scheduled_sampling=True))
    stage.loss(batch, 0)
    assert torch.equal(model.seen[1][0], batch["pose_codes"])  # at first, real codes
    loss, _ = stage.loss(batch, LATE)
    assert not model.model(*model.seen[2]).isnan().any() and loss.requires_grad
    fed = model.seen[3][0]
    logits = model.model(batch["pose_codes"], batch["condition"])[:, :-1]
    starts = np.cumsum([0, *GROUP_SIZES])
    own = torch.stack([logits[..., a:b].argmax(-1) for a, b in zip(starts[:-1], starts[1:], strict=True)], -1)
    assert torch.equal(fed.long(), own)


def test_scheduled_sampling_feeds_back_the_refine_transformers_previous_stage():
    model, batch = Recorder(make_refine().eval()), make_batch(64)
    stage = stage_of(RefineStage, model, flags(scheduled_sampling=True))
    stage.loss(batch, LATE)
    (_, real, *_), (_, fed, _, drawn, _) = model.seen
    assert torch.equal(real, batch["residual_codes"])
    changed = (fed != real).any(dim=1)  # (B, Q)
    allowed = torch.arange(QUANTIZERS) == (drawn - 1).unsqueeze(1)
    assert changed.any() and not (changed & ~allowed).any()
    assert torch.equal(fed < 0, real < 0)


# --------------------------------------------------------------------------------------------- masking
def test_hidden_steps_say_nothing_and_the_others_everything():
    codes = make_batch()["pose_codes"]
    assert torch.equal(hide_steps(codes, 0.0), to_khot(codes))
    counts = hide_steps(codes.repeat(50, 1, 1), 0.3).sum(-1)
    assert set(counts.unique().tolist()) == {0, len(GROUP_SIZES)}
    assert (counts == 0).float().mean() == pytest.approx(0.3, abs=0.06)


def test_masking_hides_pose_codes_and_residual_codes_only_when_asked():
    batch = make_batch()
    for mask_residual in (False, True):
        model = Recorder(make_refine())
        args = flags(masking_prob=0.5, mask_residual_code=mask_residual)
        stage_of(RefineStage, model, args).loss(batch, 0)
        pose_codes, history, *_ = model.seen[0]
        assert pose_codes.shape[-1] == NUM_CODES and (pose_codes.sum(-1) == 0).any()
        assert torch.equal(history, batch["residual_codes"]) is not mask_residual
    assert (hide_residual_codes(batch["residual_codes"], 1.0) == -1).all()


# --------------------------------------------------------------------------------------------- logging
def test_right_codes_are_counted_by_stage_without_padding():
    right = torch.tensor([[True, False, True], [True, True, False], [False, False, True]])
    counted = torch.tensor([[True, True, True], [True, True, False], [True, False, False]])
    shares = right_by_stage(right & counted, counted, torch.tensor([0, 0, 2]), [0, 2])
    assert {name: float(value) for name, value in shares.items()} == pytest.approx(
        {"right_stage_0": 0.8, "right_stage_2": 0.0}
    )
    logged = stage_of(RefineStage, make_refine(), flags(log_cat_right_num=True)).loss(make_batch(), 0)[1]
    assert {"right"} < set(logged) <= {"right", *(f"right_stage_{q}" for q in range(QUANTIZERS))}
    assert set(stage_of(RefineStage, make_refine(), flags()).loss(make_batch(), 0)[1]) == {"right"}


def test_codebook_similarity_is_a_grey_image():
    image = similarity_image(torch.tensor([[1.0, 0], [0, 2], [-3, 0]]))
    assert image.shape == (3, 3, 3) and image.dtype == np.uint8
    assert image[..., 0].tolist() == [[255, 128, 0], [128, 255, 128], [0, 128, 255]]


def test_shuffled_validation_is_another_repeat():
    class Repeats:
        batch_size = 32

        def repeat(self, repeat, rank, world_size):
            return iter([{"repeat": repeat, "place": (rank, world_size)}])

    later = LaterRepeats(Repeats(), 500)
    assert next(later.repeat(0)) == {"repeat": 500, "place": (0, 1)}
    assert next(later.repeat(2, 1, 4)) == {"repeat": 502, "place": (1, 4)} and later.batch_size == 32


def test_larger_evaluation_batches_lose_no_more_clips():
    rows = np.arange(71)
    clips = Namespace(spec=SPEC, text_clips=lambda: rows, lengths=np.full(71, 40))
    clips.captions = CaptionTable.of([[Caption("a", ())]] * 71)
    sizes = {b: EvaluationBatches(clips, batch_size=b, multiple=32) for b in (32, 48, 256)}
    assert [batches.used for batches in sizes.values()] == [64, 64, 64]
    assert [len(batches) for batches in sizes.values()] == [2, 2, 1]


# -------------------------------------------------------------------------------------------- guidance
def test_guided_logits():
    both = torch.tensor([[3.0], [1.0]])
    assert guided(both, 2.0).tolist() == [[5.0]] and guided(both, 0.0).tolist() == [[1.0]]
    assert torch.equal(guided(both, 1.0), both)


def lively_base() -> BaseTransformer:
    """Samples of a batch end at different steps."""
    model = make_base().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)
        model.trans_head.head.weight[NUM_CODES].sub_(0.15)
    return model


def test_guidance_1_is_none_and_a_deaf_model_cannot_be_guided():
    condition, pose_codes = make_batch(6)["condition"], make_batch(6)["pose_codes"]
    lengths = torch.tensor([6, 5, 4, 3, 2, 6])

    def sample(base, refine, **settings):
        generator = torch.Generator().manual_seed(5)
        codes, ends = base.generate(condition, 1.0, generator, **settings)
        prefixed, _ = base.generate(condition, 1.0, generator, prefix=pose_codes[:, :2], **settings)
        return (
            codes,
            ends,
            prefixed,
            refine.generate(pose_codes, lengths, condition, 1.0, generator, **settings),
        )

    base, refine = lively_base(), make_refine().eval()
    plain, one, three = (sample(base, refine, **s) for s in ({}, {"guidance": 1.0}, {"guidance": 3.0}))
    assert len(set(plain[1].tolist())) > 1, "samples should end at different steps"
    assert all(torch.equal(a, b) for a, b in zip(plain, one, strict=True))
    assert not torch.equal(plain[2], three[2])
    for model in (base.trans_base, refine.proc_in):
        torch.nn.init.zeros_(model.cond_emb.weight)
    plain, three = sample(base, refine), sample(base, refine, guidance=3.0)
    assert torch.equal(plain[1], three[1])
    assert all(torch.equal(a, b) for a, b in zip(plain, three, strict=True))


# ------------------------------------------------------------------------------- weights to start from
def test_released_files_are_a_start():
    base, refine = make_base(), make_refine()
    state = {name: tensor + 1 for name, tensor in base.state_dict().items()}
    extra = {
        "trans_base.pos_embedding.weight": torch.zeros(2),
        "trans_head.blocks.0.attn.mask": torch.zeros(2),
    }
    base.load_state_dict(adapt_base_weights(base, state | extra), strict=True)
    extra = {
        "proc_in.token_embed_weight": torch.zeros(2),
        "trans_base.proc_in.cond_emb.weight": torch.zeros(2),
    }
    refine.load_state_dict(adapt_refine_weights(refine, refine.state_dict() | extra), strict=True)
    for kind in ("soft", "hard"):
        quantizer = {"stages": 2, "codes": 4, "kind": kind}
        tokenizer = PGTokenizer(TokenizerConfig(263, 8, 8, 2, 1, quantizer=quantizer))
        released = {
            name: tensor
            for name, tensor in tokenizer.state_dict().items()
            if not name.endswith(("initialised", "code_sum", "code_count"))
        }
        tokenizer.load_state_dict(adapt_tokenizer_weights(tokenizer, released), strict=True)
        assert bool(tokenizer.rvq.initialised), "its codebooks must not be drawn anew"
