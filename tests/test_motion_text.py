"""Batches: which frames, clips and captions they hold, and that they follow from (seed, iteration) alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from toy_layout import LENGTHS, SPEC, fake_encode, make_layout, write_clip

from dataset.cache import load_split
from dataset.conditions import build_conditions
from dataset.motion_text import EvaluationBatches, TextMotionBatches, WindowBatches, rank_slice
from dataset.residual_codes import ResidualCodes
from dataset.word_vectors import WordVectors
from utils.runtime import UserError


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    lengths = LENGTHS | {f"x{k}": 40 + 7 * k for k in range(20)} | {"long": 240}
    return load_split(
        make_layout(tmp_path_factory.mktemp("toy"), lengths), SPEC, "train", pose_frame="heading"
    )


@pytest.fixture(scope="module")
def conditions(clips):
    return build_conditions(clips, fake_encode, "fake", use_keywords=False)


@pytest.fixture(scope="module")
def words():
    vocabulary = ["sos", "eos", "unk", "a", "person", "walk"]
    vectors = np.random.default_rng(0).standard_normal((6, 300)).astype(np.float32)
    row_of = {word: row for row, word in enumerate(vocabulary)}
    return WordVectors("toy", vectors, lambda word: row_of.get(word, -1))


def joined(parts: list[dict], key: str):
    values = [part[key] for part in parts]
    return torch.cat(values) if isinstance(values[0], torch.Tensor) else sum(values, [])


def assert_same(left: dict, right: dict) -> None:
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert torch.equal(value, right[key]) if isinstance(value, torch.Tensor) else value == right[key], key


def assert_union_of_ranks(batches, iteration: int) -> None:
    whole, parts = batches.at(iteration), [batches.at(iteration, rank, 3) for rank in range(3)]
    assert_same(whole, {key: joined(parts, key) for key in whole})


# ---- windows -----------------------------------------------------------------------------------------------


def test_windows_lie_inside_one_clip_each(clips) -> None:
    batches = WindowBatches(clips, 64, 256, seed=1)
    for iteration in range(20):
        starts = batches.starts(iteration)
        clip = np.searchsorted(clips.offsets, starts, side="right") - 1
        assert (starts + 64 <= clips.offsets[clip + 1]).all()
        assert (clips.lengths[clip] >= 64).all()


def test_windows_are_normalised_and_parallel_to_their_codes(clips) -> None:
    batches = WindowBatches(clips, 64, 32)
    batch, starts = batches.at(3), batches.starts(3)
    assert batch["motion"].shape == (32, 64, 263) and batch["motion"].dtype == torch.float32
    assert batch["pose_codes"].shape == (32, 64, 70) and batch["pose_codes"].dtype == torch.uint8
    for row, start in enumerate(starts):
        expected = (clips.features[start : start + 64] - clips.mean) / clips.std
        np.testing.assert_allclose(batch["motion"][row], expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(batch["pose_codes"][row], clips.pose_codes[start : start + 64])


def test_clips_are_drawn_in_proportion_to_length(clips) -> None:
    batches = WindowBatches(clips, 64, 1000)
    starts = np.concatenate([batches.starts(iteration) for iteration in range(60)])
    drawn = np.bincount(np.searchsorted(clips.offsets, starts, side="right") - 1, minlength=len(clips))
    weight = np.where(clips.lengths >= 64, clips.lengths, 0)
    expected = len(starts) * weight / weight.sum()
    assert (np.abs(drawn - expected) <= 5 * np.sqrt(expected)).all()
    inside = starts - clips.offsets[np.searchsorted(clips.offsets, starts, side="right") - 1]
    assert inside.min() == 0  # first places are reached
    last = clips.names.index("c")
    assert inside[np.searchsorted(clips.offsets, starts, side="right") - 1 == last].max() == LENGTHS["c"] - 64


def test_windows_follow_from_seed_and_iteration(clips) -> None:
    batches = WindowBatches(clips, 64, 8, seed=5)
    assert_same(batches.at(7), WindowBatches(clips, 64, 8, seed=5).at(7))
    assert not np.array_equal(batches.starts(7), batches.starts(8))
    assert not np.array_equal(batches.starts(7), WindowBatches(clips, 64, 8, seed=6).starts(7))
    assert_union_of_ranks(batches, 7)


def test_rank_slices_partition_the_batch() -> None:
    rows = [row for rank in range(3) for row in range(10)[rank_slice(10, rank, 3)]]
    assert rows == list(range(10))
    with pytest.raises(UserError, match="--batch-size"):
        rank_slice(2, 0, 3)


# ---- text and motion ---------------------------------------------------------------------------------------


def test_an_epoch_covers_every_clip_exactly_once(clips, conditions) -> None:
    batches = TextMotionBatches(clips, conditions, 4)
    expected = sorted(name for name in clips.names if name != "long")
    orders = []
    for epoch in range(3):
        steps = range(epoch * batches.batches_per_epoch, (epoch + 1) * batches.batches_per_epoch)
        seen = [batches.at(iteration)["names"] for iteration in steps]
        assert sorted(sum(seen, [])) == expected
        assert {len(names) for names in seen} <= {3, 4}
        orders.append(seen)
    assert orders[0] != orders[1] != orders[2]


def test_text_batches_follow_from_seed_and_iteration(clips, conditions) -> None:
    batches = TextMotionBatches(clips, conditions, 7, seed=2, drop_probability=1.0)
    again = TextMotionBatches(clips, conditions, 7, seed=2, drop_probability=1.0)
    later = batches.at(9)  # in any order, from any process
    assert_same(later, again.at(9))
    assert_same(batches.at(2), again.at(2))
    assert batches.at(2)["names"] != TextMotionBatches(clips, conditions, 7, seed=3).at(2)["names"]
    assert_union_of_ranks(batches, 9)


def test_codes_are_every_fourth_frame_and_padded(clips, conditions) -> None:
    residual = [
        np.random.default_rng(index).integers(512, size=(clips.length(index) // 4, 6))
        for index in range(len(clips))
    ]
    batches = TextMotionBatches(clips, conditions, 6, residual_codes=ResidualCodes.of(residual))
    assert batches.steps.max() == 49  # 199 frames are cropped to 196
    for iteration in range(batches.batches_per_epoch):
        batch = batches.at(iteration)
        assert batch["pose_codes"].shape[1] == int(batch["lengths"].max())
        for row, (name, length) in enumerate(zip(batch["names"], batch["lengths"].tolist(), strict=True)):
            index = clips.names.index(name)
            assert length == min(clips.length(index), 196) // 4
            codes = clips.pose_codes[clips.slice(index)][: 4 * length : 4]
            np.testing.assert_array_equal(batch["pose_codes"][row, :length], codes)
            assert (batch["pose_codes"][row, length:] == 0).all()
            np.testing.assert_array_equal(batch["residual_codes"][row, :length], residual[index][:length])
            assert (batch["residual_codes"][row, length:] == -1).all()


def test_clips_of_like_length_share_a_batch(clips, conditions) -> None:
    batches = TextMotionBatches(clips, conditions, 4)
    spans = [np.ptp(batches.steps[batch]) for batch in batches.epoch(0)]
    unsorted = np.array_split(np.random.default_rng(0).permutation(batches.steps), batches.batches_per_epoch)
    assert np.mean(spans) < 0.5 * np.mean([np.ptp(batch) for batch in unsorted])


def test_captions_belong_to_their_clip_and_vary(clips, conditions) -> None:
    batches = TextMotionBatches(clips, conditions, 26)
    drawn: dict[str, set[str]] = {}
    for iteration in range(20):
        batch = batches.at(iteration)
        np.testing.assert_array_equal(batch["condition"][:, 0], fake_encode(batch["texts"]))
        for name, text in zip(batch["names"], batch["texts"], strict=True):
            drawn.setdefault(name, set()).add(text)
    for name, texts in drawn.items():
        assert texts == {caption.text for caption in clips.captions[clips.names.index(name)]}


def test_tagged_parts_are_trained_on_as_clips(tmp_path) -> None:
    make_layout(tmp_path, {"a": 120, "b": 80})
    write_clip(tmp_path, "a", 120, ["a part#part/NOUN#1.0#4.0"])
    clips = load_split(tmp_path, SPEC, "train", pose_frame="heading")
    batch = TextMotionBatches(clips, build_conditions(clips, fake_encode, "fake", False), 8).at(0)
    row = batch["names"].index("a_20_80")
    assert sorted(batch["names"]) == ["a_20_80", "b"] and batch["texts"][row] == "a part"
    source = np.load(tmp_path / "codes_heading/a.npy")
    np.testing.assert_array_equal(batch["pose_codes"][row, :15], source[20:80:4])


def test_residual_codes_that_are_too_short_are_refused(clips, conditions) -> None:
    with pytest.raises(ValueError, match="residual codes of a"):
        TextMotionBatches(
            clips, conditions, 4, residual_codes=ResidualCodes.of([np.zeros((3, 6), int)] * len(clips))
        )


# ---- evaluation --------------------------------------------------------------------------------------------


def test_evaluation_batches_are_consistent(clips, conditions, words) -> None:
    batches = EvaluationBatches(clips, conditions, words, batch_size=8, seed=1)
    seen = []
    for batch in batches.repeat(0):
        seen += batch["names"]
        np.testing.assert_array_equal(batch["condition"][:, 0], fake_encode(batch["texts"]))
        assert batch["motion"].shape == (8, 196, 263)
        for row, (name, text) in enumerate(zip(batch["names"], batch["texts"], strict=True)):
            index = clips.names.index(name)
            length = int(batch["lengths"][row])
            assert batch["clip_index"][row] == index and length == min(clips.length(index), 196) // 4 * 4
            expected = clips.normalise(clips.features[clips.slice(index)][:length])
            np.testing.assert_allclose(batch["motion"][row, :length], expected, rtol=1e-5, atol=1e-5)
            assert (batch["motion"][row, length:] == 0).all()
            codes = clips.pose_codes[clips.slice(index)][:length:4]
            np.testing.assert_array_equal(batch["pose_codes"][row, : length // 4], codes)
            assert (batch["pose_codes"][row, length // 4 :] == 0).all()
            caption = next(caption for caption in clips.captions[index] if caption.text == text)
            vectors, one_hot, count = words.encode(caption.tokens)
            np.testing.assert_array_equal(batch["word_vectors"][row], vectors)
            np.testing.assert_array_equal(batch["pos_one_hot"][row], one_hot)
            assert batch["text_lengths"][row] == count == len(caption.tokens) + 2
    assert len(seen) == len(set(seen)) == len(batches) * 8 == 24  # of 26: the short last batch is dropped


def test_repeats_differ_and_each_is_reproducible(clips) -> None:
    batches, again = (EvaluationBatches(clips, batch_size=8, seed=1) for _ in range(2))
    first, second = list(batches.repeat(0)), list(batches.repeat(1))
    for left, right in zip(first, again.repeat(0), strict=True):
        assert_same(left, right)
    assert joined(first, "names") != joined(second, "names")
    texts = [dict(zip(joined(run, "names"), joined(run, "texts"), strict=True)) for run in (first, second)]
    assert any(texts[0][name] != texts[1][name] for name in texts[0].keys() & texts[1].keys())
    assert "condition" not in first[0] and "word_vectors" not in first[0]


def test_the_short_last_batch_is_kept_on_request(clips) -> None:
    batches = EvaluationBatches(clips, batch_size=8, drop_last=False)
    sizes = [len(batch["names"]) for batch in batches.repeat(0)]
    assert sizes == [8, 8, 8, 2] and len(batches) == 4
    with pytest.raises(UserError, match="fewer than one evaluation batch of 32"):
        EvaluationBatches(clips)


def test_processes_share_the_batches_of_a_repeat(clips) -> None:
    batches = EvaluationBatches(clips, batch_size=8)
    whole = list(batches.repeat(2))
    parts = [list(batches.repeat(2, rank, 2)) for rank in range(2)]
    for number, batch in enumerate(whole):
        assert_same(batch, parts[number % 2][number // 2])
