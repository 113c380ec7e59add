"""Rare actions drawn more often."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from toy_layout import LENGTHS, SPEC, fake_encode, make_layout

from dataset.balance import ACTIONS_FILE, balanced_weights, systematic_draw
from dataset.cache import load_split
from dataset.conditions import build_conditions
from dataset.motion_text import TextMotionBatches
from utils.runtime import UserError

NAMES = [f"c{number}" for number in range(10)]
ACTIONS = {name: ["walk"] for name in NAMES} | {"c8": ["bow"], "c9": ["walk", "wave"]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ACTIONS_FILE).write_text(json.dumps(ACTIONS), encoding="utf-8")
    return tmp_path


def test_weights_are_powers_of_the_rarest_actions_share(folder) -> None:
    weights = balanced_weights(folder, NAMES, 0.5)
    # walk is in 9 clips of 10, bow and wave in one each
    assert weights[8] / weights[0] == pytest.approx(3) and weights[9] == weights[8]
    assert weights.mean() == pytest.approx(1)
    np.testing.assert_allclose(balanced_weights(folder, NAMES, 0.0), 1)


def test_draws_differ_from_the_weights_by_less_than_one_and_not_in_the_mean() -> None:
    rng = np.random.default_rng(0)
    weights = rng.gamma(0.7, size=200)
    weights /= weights.mean()
    total = np.zeros(200)
    for _ in range(400):
        counts = np.bincount(systematic_draw(weights, rng), minlength=200)
        assert counts.sum() == 200 and (np.abs(counts - weights) < 1).all()
        total += counts
    np.testing.assert_allclose(total / 400, weights, atol=0.11)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"c0": []}'])
def test_a_data_set_without_actions_is_refused(tmp_path, content) -> None:
    if content is not None:
        (tmp_path / ACTIONS_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="--balance: .*actions.json"):
        balanced_weights(tmp_path, ["c0"], 0.5)


def test_batches_draw_rare_actions_more_often(tmp_path) -> None:
    root = make_layout(tmp_path, LENGTHS | {f"x{k}": 60 for k in range(20)})
    clips = load_split(root, SPEC, "train", pose_frame="heading")
    chosen = [clips.sources[clip] for clip in clips.text_clips()]
    rare = chosen[0]
    table = {name: ["bow" if name == rare else "walk"] for name in chosen}
    (root / ACTIONS_FILE).write_text(json.dumps(table), encoding="utf-8")
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=False)
    plain, balanced = (TextMotionBatches(clips, conditions, 4, balance=power) for power in (0.0, 1.0))
    again = TextMotionBatches(clips, conditions, 4, balance=1.0)
    seen = {id(batches): Counter() for batches in (plain, balanced)}
    for batches in (plain, balanced):
        for iteration in range(3 * batches.batches_per_epoch):
            seen[id(batches)].update(clips.sources[clip] for clip in batches.at(iteration)["clip_index"])
    assert seen[id(plain)][rare] == 3 * chosen.count(rare)
    assert seen[id(balanced)][rare] / sum(seen[id(balanced)].values()) == pytest.approx(0.5, abs=0.1)
    for iteration in (0, 5):
        np.testing.assert_array_equal(balanced.at(iteration)["clip_index"], again.at(iteration)["clip_index"])
