"""Features are normalised and restored in one place, which the tokenizer carries."""

import copy

import numpy as np
import pytest
import torch
from tiny_models import tiny_tokenizer

from utils.normaliser import Normaliser
from utils.runtime import UserError

RNG = np.random.default_rng(0)
MEAN, STD = RNG.normal(size=5).astype(np.float32), RNG.uniform(0.5, 2, 5).astype(np.float32)


def test_normalised_features_come_back_in_their_own_kind():
    features = RNG.normal(size=(2, 7, 5)).astype(np.float32)
    one = Normaliser(MEAN, STD)
    expected = np.stack([[(row - MEAN) / STD for row in clip] for clip in features])
    np.testing.assert_array_equal(one.normalise(features), expected)
    np.testing.assert_allclose(one.restore(expected), features, atol=1e-6)
    tensor = torch.from_numpy(features)
    assert one.normalise(tensor).dtype == torch.float32
    np.testing.assert_allclose(one.normalise(tensor).numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(one.restore(one.normalise(tensor)).numpy(), features, atol=1e-6)
    np.testing.assert_array_equal(one.normalise_in_place(features.copy()), expected)
    assert copy.deepcopy(one).agrees(one)


def test_a_feature_that_never_changes_is_divided_by_one():
    std = STD.copy()
    std[2] = 0
    one = Normaliser(MEAN, std)
    assert one.std[2] == 1 and np.isfinite(one.normalise(MEAN + 1)).all()
    assert std[2] == 0  # the caller's array is the caller's


def test_others_agree_only_within_a_tolerance():
    one = Normaliser(MEAN, STD)
    assert one.agrees(Normaliser(MEAN + 1e-5, STD)) and not one.agrees(Normaliser(MEAN + 0.01, STD))
    assert not one.agrees(Normaliser(MEAN, 1.1 * STD)) and not one.agrees(Normaliser(MEAN[:4], STD[:4]))


def test_a_tokenizer_that_was_told_nothing_says_so():
    tokenizer = tiny_tokenizer()
    with pytest.raises(UserError, match="normaliser_of"):
        _ = tokenizer.normaliser
    names = set(tokenizer.state_dict())
    tokenizer.normaliser = Normaliser(np.zeros(263), np.ones(263))
    assert set(tokenizer.state_dict()) == names and copy.deepcopy(tokenizer).normaliser.std.shape == (263,)
