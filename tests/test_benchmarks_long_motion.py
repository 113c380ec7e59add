"""The benchmark of long motion runs on the shipped models, knows where windows meet, and its naive path is naive."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks import long_motion
from benchmarks.long_motion import STORIES, Maker, near_and_far
from benchmarks.machine import Machine
from models.pipeline import TextToMotion
from models.sampling import Sampling

TINY = ["--seam-clips", "1", "--seconds", "1", "2"]


@pytest.fixture(scope="module")
def maker(repo) -> Maker:
    return Maker(TextToMotion.from_pretrained(repo / "pretrained" / "small"))


@pytest.fixture
def main(maker, monkeypatch):
    """The benchmark without its probe and with models that are loaded once."""
    monkeypatch.setattr(long_motion, "probe", lambda: Machine(1e9, {torch.float32: 1e9}, "a test"))
    monkeypatch.setattr(long_motion.TextToMotion, "from_pretrained", lambda folder: maker.t2m)
    return long_motion.main


def test_windows_meet_where_the_models_let_them(maker):
    assert maker.window == 49
    assert maker.seams(STORIES["one sentence"]) == [196, 376, 556]  # 49 steps, then 45 new ones a window
    assert maker.seams(STORIES["three sentences"]) == [100, 180]
    assert maker.seams([("a", 2.0)]) == []
    assert maker.seams(STORIES["one sentence"], overlap=9) == [196, 356, 516]


def test_the_naive_path_puts_the_models_own_clips_together(maker):
    story = [("a person walks", 1.0), ("a person waves", 1.2)]
    strung = maker.strung(story, [20], 2)
    first, second = (
        maker.t2m.generate([text] * 2, seconds, seed=seed, sampling=Sampling(candidates=1, obey=0))
        for (text, seconds), seed in zip(story, (0, 1000), strict=True)
    )
    parts = [np.stack([clip.features for clip in clips]) for clips in (first, second)]
    np.testing.assert_allclose(strung, np.concatenate(parts, axis=1), atol=1e-4)
    ours = maker.make([story] * 2)
    told = maker.t2m.generate_sequence([story] * 2, sampling=Sampling(candidates=1, obey=0))
    np.testing.assert_allclose(ours, np.stack([clip.features for clip in told]), atol=1e-4)


def test_accelerations_are_told_apart_by_their_place():
    values = np.ones((2, 40))
    values[:, 15:23] = 5.0  # about frames 16 to 23
    assert near_and_far(values, [20]) == (5.0, 1.0)


def test_seams_and_cost_are_printed_and_obedience_is_left_out_without_captions(
    main, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(long_motion, "STORIES", {"one sentence": [("a person walks", 10.0)]})
    main([*TINY, "--data-root", str(tmp_path / "none")])
    said = capsys.readouterr().out
    assert "obedience: left out" in said and "--data-root" in said
    rows = [line for line in said.splitlines() if line.startswith("| 1")]
    assert len(rows) == 2 and "seams: 1" in rows[0] and rows[0].count(" / ") == 4
    assert "exponent" in said.splitlines()[-1]


def test_obedience_is_printed_for_every_number_of_kept_steps(main, tmp_path, capsys, repo, monkeypatch):
    monkeypatch.setattr(long_motion, "STRETCH", 1.0)
    asked = []

    def captions(root, evaluator, t2m, count):
        asked.append(count)
        texts = ["a person walks", "a person waves", "a person sits down", "a person jumps"]
        return long_motion.Captions(texts, np.random.default_rng(0).normal(size=(4, 512)))

    monkeypatch.setattr(long_motion, "draw_captions", captions)
    folder = str(repo / "pretrained" / "small")
    flags = ["--only", "obedience", "--kept", "1", "3", "--late", "1", "--clips", "4"]
    main([*flags, "--data-root", str(tmp_path), "--checkpoint-folder", folder])
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert asked == [4] and [row[1].strip() for row in rows[1:]] == ["1", "3", "(caption alone)"]
    assert all(0 <= float(row[2]) <= 1 for row in rows[1:])
