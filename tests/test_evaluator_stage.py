"""Training the evaluator: batches, losses, one short run that learns, and the exported file."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captioned_world import SIZES, WIDTH, FakeClips, OneCaptionBatches, make_words

from dataset.caption_table import CaptionTable
from dataset.captioned_clips import CaptionedClips, mirror_pairs
from models.evaluator import MODEL_FILE, NOTE_FILE, EvaluatorSizes, TextMotionEvaluator, load_evaluator
from training.evaluator_stage import (
    ContrastiveModel,
    EvaluatorStage,
    EvaluatorTraining,
    export_evaluator,
    infonce_loss,
    margin_loss,
    refuse_official,
    squared_distances,
)
from utils.checkpoint import save_checkpoint, write_arguments
from utils.runtime import UserError


@pytest.fixture(scope="module")
def words():
    return make_words()


def test_an_epoch_shows_every_clip_once_and_another_epoch_in_another_order(words):
    clips = FakeClips(64)
    source = CaptionedClips(clips, words, 16, augment=False)
    found = [source.at(i)["motion"][:, 0].numpy() for i in range(8)]
    first, second = np.concatenate(found[:4]), np.concatenate(found[4:])
    starts = clips.normalise(clips.features[clips.offsets[:-1]])
    for epoch in (first, second):
        assert {row.tobytes() for row in epoch} == {row.tobytes() for row in starts}
    assert not np.array_equal(first, second)


def test_a_clip_and_its_mirror_image_come_in_one_batch(words):
    assert mirror_pairs(["a", "Ma", "b", "Mc", "M1", "1"]).tolist() == [[0, 1], [2, -1], [3, -1], [5, 4]]
    clips = FakeClips(32)
    clips.names = [f"{i // 2:06d}" if i % 2 == 0 else f"M{i // 2:06d}" for i in range(32)]
    source = CaptionedClips(clips, words, 8, augment=False)
    place = {
        clips.normalise(clips.features[start]).tobytes(): i for i, start in enumerate(clips.offsets[:-1])
    }
    rows = np.array([place[row.numpy().tobytes()] for i in range(4) for row in source.at(i)["motion"][:, 0]])
    assert sorted(rows) == list(range(32)) and (rows[::2] + 1 == rows[1::2]).all()
    pairs = source.sided_pairs()  # kinds follow each other, so the captions of a pair always differ
    assert len(pairs["motion"]) == 32 and pairs["lengths"].tolist() == (clips.lengths // 4 * 4).tolist()


def test_sides_are_told_where_a_caption_lies_nearer_to_its_clip_than_to_the_mirror_image(words):
    clips = FakeClips(32)
    stage = EvaluatorStage(clips, words, SIZES, EvaluatorTraining(), validation=(clips, None))
    assert stage.data.source.sided_pairs() is None and stage.tells_sides() == {}  # no mirror images
    clips.names = [f"{i // 2:06d}" if i % 2 == 0 else f"M{i // 2:06d}" for i in range(32)]
    stage = EvaluatorStage(clips, words, SIZES, EvaluatorTraining(), validation=(clips, None))
    motion = torch.eye(32)
    wrong = torch.tensor([0, 1, 6])  # these captions lie at the mirror images
    rows = torch.arange(32)
    rows[wrong] = wrong ^ 1
    stage.model.forward = lambda batch: (motion[rows] * 0.9, motion[: len(batch["motion"])])
    assert stage.tells_sides() == {"sides": pytest.approx(29 / 32)}
    stage.model.forward = lambda batch: (torch.zeros(32, 32), motion)  # every text alike: no side is told
    assert stage.tells_sides() == {"sides": 0.0}


def test_a_batch_is_a_function_of_the_iteration_and_ranks_share_it(words):
    source = CaptionedClips(FakeClips(), words, 16, seed=3, word_dropout=0.2)
    again = CaptionedClips(FakeClips(), words, 16, seed=3, word_dropout=0.2)
    source.at(0)
    one, two, other = source.at(5), again.at(5), again.at(6)
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["word_vectors"], other["word_vectors"])
    whole, parts = source.at(2), [source.at(2, rank, 3) for rank in range(3)]
    for key in ("lengths", "word_vectors", "pos_one_hot", "text_lengths"):  # whoever draws, it is the same
        assert torch.equal(torch.cat([part[key] for part in parts]), whole[key]), key
    rows = [
        row[:length] for part in parts for row, length in zip(part["motion"], part["lengths"], strict=True)
    ]
    for row, expected, length in zip(rows, whole["motion"], whole["lengths"], strict=True):
        assert torch.equal(row, expected[:length])
    assert all(torch.equal(part["matches"], whole["matches"]) for part in parts)  # of the whole batch


def test_crops_are_whole_steps_inside_the_clip_with_zeros_after(words):
    clips = FakeClips(40)
    source = CaptionedClips(clips, words, 40)
    batch = source.at(0)
    order = np.random.default_rng((0, 0, 0)).permutation(40)
    for row, clip in enumerate(order):
        length, frames = int(batch["lengths"][row]), clips.length(clip)
        assert length % 4 == 0 and 0.75 * frames - 4 <= length <= frames
        assert batch["motion"][row, length:].abs().sum() == 0
        normalised = clips.normalise(clips.features[clips.slice(clip)])
        starts = [
            np.array_equal(normalised[s : s + length], batch["motion"][row, :length])
            for s in range(frames - length + 1)
        ]
        assert sum(starts) == 1


def test_a_text_matches_every_clip_that_has_it_as_a_caption(words):
    clips = FakeClips(16)
    kinds = clips.kinds[np.random.default_rng((0, 0, 0)).permutation(16)]
    for augment in (False, True):  # with it, either of two captions is drawn; the kind has both
        matches = CaptionedClips(clips, words, 16, augment=augment).at(0)["matches"]
        assert np.array_equal(matches.numpy(), kinds[:, None] == kinds[None])
    captions = list(clips.captions)
    captions[3] = captions[4][:1]  # clip 3 now shares one of clip 4's captions
    captions[4] = captions[4][1:]
    clips.captions = CaptionTable.of(captions)
    source = CaptionedClips(clips, words, 16, augment=False)
    place = {clip: row for row, clip in enumerate(np.random.default_rng((0, 0, 0)).permutation(16))}
    matches = source.at(0)["matches"]
    assert matches[place[3], place[12]] and not matches[place[3], place[4]] and matches.diagonal().all()


def test_word_dropout_makes_words_unknown_in_training_only(words):
    dropped = CaptionedClips(FakeClips(), words, 64, word_dropout=0.5).at(0)["word_vectors"]
    kept = CaptionedClips(FakeClips(), words, 64, word_dropout=0.5, augment=False).at(0)["word_vectors"]
    unknown = torch.from_numpy(words.vectors[0])
    share = (dropped[:, :4] == unknown).all(-1).float().mean()
    assert 0.35 < share < 0.65 and not (kept[:, :4] == unknown).all(-1).any()


# ------------------------------------------------------------------------------ losses


def test_infonce_by_hand():
    squared = torch.tensor([[0.0, 2.0], [1.0, 0.0]])
    scale, matches = torch.tensor(0.5), torch.eye(2, dtype=torch.bool)
    by_text = (np.log(1 + np.exp(-1.0)) + np.log(1 + np.exp(-0.5))) / 2
    by_motion = (np.log(1 + np.exp(-0.5)) + np.log(1 + np.exp(-1.0))) / 2
    assert infonce_loss(squared, matches, scale).item() == pytest.approx((by_text + by_motion) / 2)


def test_several_matches_are_all_pulled_and_never_pushed():
    squared = torch.tensor([[1.0, 1.0, 9.0], [1.0, 1.0, 9.0], [9.0, 9.0, 1.0]], requires_grad=True)
    matches = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    for loss in (infonce_loss(squared, matches, torch.tensor(1.0)), margin_loss(squared, matches, 10.0)):
        (gradient,) = torch.autograd.grad(loss, squared)
        assert (gradient[matches] > -1e-6).all() and (gradient[~matches] < 0).all()


def test_margin_loss_by_hand_and_finite_at_distance_zero():
    squared = torch.tensor([[4.0, 9.0], [400.0, 0.0]], requires_grad=True)
    loss = margin_loss(squared, torch.eye(2, dtype=torch.bool), 10.0)  # (4 + 0) / 2 + (7^2 + 0) / 2
    assert loss.item() == pytest.approx(2 + 24.5)
    assert torch.isfinite(torch.autograd.grad(loss, squared)[0]).all()


def test_squared_distances_agree_with_cdist():
    text, motion = torch.randn(2, 5, 7)
    torch.testing.assert_close(squared_distances(text, motion), torch.cdist(text, motion) ** 2)


def test_unknown_objective_is_an_error():
    with pytest.raises(UserError, match="--objective triplet"):
        ContrastiveModel(TextMotionEvaluator(SIZES), "triplet")


# ------------------------------------------------------------------------------ training


@pytest.mark.parametrize("objective", ["infonce", "margin"])
def test_a_short_training_learns_to_tell_kinds_apart(words, objective):
    torch.manual_seed(0)
    validation = FakeClips(64, seed=7)
    batches = OneCaptionBatches(CaptionedClips(validation, words, 8, augment=False))
    training = EvaluatorTraining(batch_size=32, objective=objective, validation_repeats=2, word_dropout=0)
    stage = EvaluatorStage(FakeClips(), words, SIZES, training, validation=(validation, batches))
    before = stage.validate(0)
    assert (
        sorted(before) == ["diversity", "loss", "matching", "top1", "top2", "top3"] and stage.model.training
    )
    optimizer = torch.optim.AdamW([p for p in stage.model.parameters() if p.requires_grad], lr=1e-2)
    ranked = []
    for iteration in range(60):
        loss, scalars = stage.loss(stage.batch(iteration), iteration)
        ranked.append(float(scalars["in_batch_top1"]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = stage.validate(60)
    # Over twenty batches: a single one of 32 clips is a matter of luck. Chance is below 1/8.
    assert np.mean(ranked[-20:]) > 0.2
    assert not scalars["loss"].requires_grad
    assert after["loss"] < before["loss"] and after["top3"] > before["top3"]
    assert stage.model.log_scale.grad is None if objective == "margin" else stage.model.log_scale.grad != 0


def test_a_stage_without_validation_and_with_wrong_width(words):
    stage = EvaluatorStage(FakeClips(), words, SIZES, EvaluatorTraining())
    assert stage.validate(3) == {}
    with pytest.raises(UserError, match="the data has 263"):
        EvaluatorStage(FakeClips(), words, EvaluatorSizes(features=247), EvaluatorTraining())
    with pytest.raises(UserError, match="1 clip"):
        CaptionedClips(FakeClips(1), words, 8)


# ------------------------------------------------------------------------------ files


def write_run(folder, words, **changes):
    """A run folder as the training loop leaves it; returns the stage whose weights it holds."""
    torch.manual_seed(1)
    stage = EvaluatorStage(FakeClips(), words, SIZES, EvaluatorTraining())
    arguments = {"movement_width": 16, "motion_width": 16, "text_width": 16, "embedding_width": 24}
    arguments |= {
        "objective": "infonce",
        "margin": 10.0,
        "dataname": "toy",
        "word_vectors": "spacy",
        "lr": 0.001,
    }
    write_arguments(folder, SimpleNamespace(**arguments | changes))
    for name in ("mean", "std"):
        np.save(folder / f"{name}.npy", getattr(stage.evaluator, name))
    save_checkpoint(folder / "net_best_top1.pth", {"nb_iter": 40, "evaluator": stage.model.state_dict()})
    return stage


@pytest.mark.parametrize("half", [False, True])
def test_the_exported_file_is_the_run_in_the_official_format(words, tmp_path, half):
    (tmp_path / "run").mkdir()
    stage = write_run(tmp_path / "run", words)
    path = export_evaluator(tmp_path / "run", tmp_path / "checkpoints", half=half)
    assert path == tmp_path / "checkpoints/toy" / MODEL_FILE
    loaded = load_evaluator(tmp_path / "checkpoints", "toy")
    batch = stage.batch(0)
    expected = stage.evaluator.eval().encode_motion(batch["motion"], batch["lengths"])
    found = loaded.encode_motion(batch["motion"], batch["lengths"])
    torch.testing.assert_close(found, expected, atol=2e-2 if half else 0, rtol=0)
    note = json.loads((tmp_path / "checkpoints/toy" / NOTE_FILE).read_text())
    assert note["padding"] == loaded.note["padding"] == "masked"
    assert note["origin"] == "own" and note["word_vectors"] == "spacy" and note["training"]["lr"] == 0.001
    assert np.array_equal(loaded.std, np.full(WIDTH, 2, np.float32))


def test_weights_of_other_sizes_are_an_error_naming_the_file(words, tmp_path):
    write_run(tmp_path, words, motion_width=17)
    with pytest.raises(UserError, match="net_best_top1.pth"):
        export_evaluator(tmp_path, tmp_path / "checkpoints")
    assert not (tmp_path / "checkpoints").exists()


def test_an_official_evaluator_is_never_overwritten(words, tmp_path):
    refuse_official(tmp_path, "t2m")  # nothing there yet
    (tmp_path / "t2m" / MODEL_FILE).parent.mkdir(parents=True)
    (tmp_path / "t2m" / MODEL_FILE).write_bytes(b"official")
    with pytest.raises(UserError, match="another --checkpoints-dir"):
        refuse_official(tmp_path, "t2m")
    (tmp_path / "t2m" / NOTE_FILE).write_text("{}")
    refuse_official(tmp_path, "t2m")
