"""Metrics against hand-computed numbers, invariances and naive loops."""

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.transform
import torch

from utils.metrics import (
    acceleration_error,
    diversity,
    frechet_distance,
    matching_score,
    mpjpe,
    multimodality,
    pa_mpjpe,
    procrustes,
    r_precision,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def rotation(rng, size=3):
    """A random proper rotation."""
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    q = q * np.sign(np.diagonal(r))
    if np.linalg.det(q) < 0:
        q[:, 0] *= -1
    return q


# ------------------------------------------------------------------------------ Frechet distance


def test_frechet_distance_of_a_set_to_itself_is_zero(rng):
    full_rank, deficient = rng.normal(size=(300, 16)), 50 * rng.normal(size=(20, 64))
    assert frechet_distance(full_rank, full_rank) < 1e-9
    assert frechet_distance(deficient, deficient) < 1e-8
    assert frechet_distance(deficient, rng.permutation(deficient)) < 1e-8


def test_frechet_distance_of_known_gaussians():
    # one dimension: (mu1 - mu2)^2 + (s1 - s2)^2; here means 0 and 3, sample variances 2 and 8
    first, second = np.array([[-1.0], [1.0]]), np.array([[1.0], [5.0]])
    assert frechet_distance(first, second) == pytest.approx(9 + (np.sqrt(2) - np.sqrt(8)) ** 2)
    assert frechet_distance(torch.tensor(first), torch.tensor(second)) == pytest.approx(11)


@pytest.mark.parametrize("sizes", [(400, 300), (9, 300), (8, 7)])
def test_frechet_distance_agrees_with_scipy_square_root(rng, sizes):
    first = rng.normal(size=(sizes[0], 12)) @ rng.normal(size=(12, 12))
    second = rng.normal(size=(sizes[1], 12)) @ rng.normal(size=(12, 12)) + 1
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((first.mean(0) - second.mean(0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * root)
    # scipy's root of a singular product is only good to about sqrt(machine epsilon)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-9 if min(sizes) > 12 else 1e-4)


def test_frechet_distance_does_not_see_rotation_or_translation_and_is_symmetric(rng):
    first, second = rng.normal(size=(60, 8)), rng.normal(size=(50, 8)) * np.arange(1, 9)
    turn = rotation(rng, 8)
    distance = frechet_distance(first, second)
    assert distance > 1
    assert frechet_distance(first @ turn + 5, second @ turn + 5) == pytest.approx(distance)
    assert frechet_distance(second, first) == pytest.approx(distance)


def test_frechet_distance_rejects_what_it_cannot_measure(rng):
    with pytest.raises(ValueError, match="expected"):
        frechet_distance(rng.normal(size=(5, 3)), rng.normal(size=(5, 4)))
    with pytest.raises(ValueError, match="two embeddings"):
        frechet_distance(rng.normal(size=(1, 3)), rng.normal(size=(5, 3)))


# ------------------------------------------------------------------------------ retrieval


def test_r_precision_by_hand():
    motion = np.array([[0.0], [10.0], [20.0], [30.0]])
    text = np.array([[1.0], [19.0], [21.0], [0.0]])  # own motion ranks 1st, 2nd, 1st, 4th
    assert r_precision(text, motion, top_k=4, batch=4).tolist() == [0.5, 0.75, 0.75, 1.0]


def test_r_precision_counts_ties_against_the_text():
    constant = np.zeros((32, 4))
    assert r_precision(constant, constant).tolist() == [0, 0, 0]
    motion = np.array([[0.0], [0.0], [9.0]])  # two equal motions: neither is first
    assert r_precision(motion, motion, top_k=2, batch=3).tolist() == pytest.approx([1 / 3, 1])


def test_r_precision_agrees_with_a_naive_loop_and_ignores_the_incomplete_batch(rng):
    motion = rng.normal(size=(75, 6))
    text = motion + rng.normal(size=(75, 6))
    hits = np.zeros(3)
    for start in (0, 32):
        for i in range(32):
            distances = [np.linalg.norm(text[start + i] - motion[start + j]) for j in range(32)]
            rank = sorted(range(32), key=distances.__getitem__).index(i)
            hits += [rank < 1, rank < 2, rank < 3]
    result = r_precision(text, motion)
    assert result == pytest.approx(hits / 64)
    assert 0.1 < result[0] < 0.95  # the example is neither trivial nor hopeless
    assert r_precision(torch.tensor(text), torch.tensor(motion)) == pytest.approx(result)


def test_r_precision_needs_one_full_batch(rng):
    with pytest.raises(ValueError, match="31 pairs"):
        r_precision(rng.normal(size=(31, 4)), rng.normal(size=(31, 4)))


def test_matching_score_by_hand():
    assert matching_score([[0, 0], [1, 1]], [[3, 4], [1, 2]]) == pytest.approx((5 + 1) / 2)


# ------------------------------------------------------------------------------ spread


def test_diversity_of_two_points_and_of_all_pairs(rng):
    assert diversity(np.ones((10, 3))) == 0
    line = np.arange(2000.0)[:, None]  # mean distance of two uniform points is a third of the length
    assert diversity(line, pairs=2000, rng=rng) == pytest.approx(2000 / 3, rel=0.05)


def test_diversity_is_repeatable_and_takes_at_most_all_clips(rng):
    embeddings = rng.normal(size=(50, 4))
    values = [diversity(embeddings, 300, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]
    assert all(1.5 < value < 3.5 for value in values)


def test_multimodality_measures_spread_within_captions_only(rng):
    far_apart = np.repeat(1000 * rng.normal(size=(7, 1, 5)), 30, axis=1)
    assert multimodality(far_apart, 10, rng) == 0
    noise = rng.normal(size=far_apart.shape)
    alone, shifted = (multimodality(x, 10, np.random.default_rng(3)) for x in (noise, noise + far_apart))
    assert shifted == pytest.approx(alone)


def test_multimodality_agrees_with_a_naive_loop():
    embeddings = np.random.default_rng(5).normal(size=(3, 6, 4))
    first, second = np.random.default_rng(9).random((2, 3, 6)).argsort(axis=-1)[..., :4]
    total = [
        np.linalg.norm(embeddings[c, first[c, p]] - embeddings[c, second[c, p]])
        for c in range(3)
        for p in range(4)
    ]
    assert multimodality(embeddings, 4, np.random.default_rng(9)) == pytest.approx(np.mean(total))


# ------------------------------------------------------------------------------ joints


def clips(rng, batch=3, frames=11, joints=22):
    target = rng.normal(size=(batch, frames, joints, 3))
    return target + 0.05 * rng.normal(size=target.shape), target


def test_mpjpe_by_hand():
    target = np.zeros((1, 1, 2, 3))
    predicted = np.array([[[[1.0, 0, 0], [1.0, 0.03, 0.04]]]])  # root moved; second joint 5 cm off it
    assert mpjpe(predicted, target) == pytest.approx((0 + 50) / 2)


def test_mpjpe_ignores_where_the_root_is(rng):
    predicted, target = clips(rng)
    assert mpjpe(predicted + rng.normal(size=(3, 11, 1, 3)), target) == pytest.approx(
        mpjpe(predicted, target)
    )
    assert mpjpe(target + [1.0, 2, 3], target) < 1e-9


def test_pa_mpjpe_ignores_similarity_transforms_but_not_reflections(rng):
    predicted, target = clips(rng)
    moved = 1.7 * predicted @ rotation(rng) + [3.0, -1, 2]
    assert pa_mpjpe(moved, target) == pytest.approx(pa_mpjpe(predicted, target))
    assert pa_mpjpe(0.3 * target @ rotation(rng) + 4, target) < 1e-9
    assert pa_mpjpe(target * [-1.0, 1, 1], target) > 100
    assert pa_mpjpe(predicted, target) < mpjpe(predicted, target)


def test_procrustes_is_the_least_squares_similarity(rng):
    source, target = rng.normal(size=(2, 1, 22, 3))
    best = np.sum((procrustes(source, target) - target) ** 2)
    for _ in range(50):  # no small change of the found transform does better
        found = procrustes(source, target) - target.mean(axis=1)
        turn = scipy.linalg.expm(0.02 * (lambda a: a - a.T)(rng.normal(size=(3, 3))))
        other = (1 + 0.02 * rng.normal()) * found @ turn + 0.02 * rng.normal(size=3) + target.mean(axis=1)
        assert np.sum((other - target) ** 2) > best


def test_pa_mpjpe_agrees_with_a_naive_loop(rng):
    predicted, target = rng.normal(size=(2, 2, 4, 22, 3))
    errors = []
    for source, goal in zip(predicted.reshape(-1, 22, 3), target.reshape(-1, 22, 3), strict=True):
        x, y = source - source.mean(0), goal - goal.mean(0)
        turn, _ = scipy.spatial.transform.Rotation.align_vectors(y, x)
        x = turn.apply(x)
        errors.append(np.linalg.norm(np.sum(x * y) / np.sum(x * x) * x - y, axis=1).mean())
    assert pa_mpjpe(predicted, target) == pytest.approx(1000 * np.mean(errors))


def test_acceleration_error_by_hand():
    target = np.zeros((5, 1, 3))  # still; the other leaves with constant acceleration 2 mm / frame^2
    predicted = np.zeros((5, 1, 3))
    predicted[:, 0, 1] = 0.001 * np.arange(5) ** 2
    assert acceleration_error(predicted, target) == pytest.approx(2.0)
    assert acceleration_error(target + np.arange(5)[:, None, None], target) < 1e-9  # constant velocity


@pytest.mark.parametrize("metric", [mpjpe, pa_mpjpe, acceleration_error])
def test_padding_is_not_measured(rng, metric):
    predicted, target = clips(rng)
    lengths = [11, 4, 7]
    parts = [metric(p[:n], t[:n], per_frame=True) for p, t, n in zip(predicted, target, lengths, strict=True)]
    expected = np.concatenate(parts).mean()
    for row, n in enumerate(lengths):
        predicted[row, n:] = 1e6
    assert metric(predicted, target, lengths) == pytest.approx(expected)
    assert metric(torch.tensor(predicted), torch.tensor(target), torch.tensor(lengths)) == pytest.approx(
        expected
    )


@pytest.mark.parametrize("metric", [mpjpe, pa_mpjpe, acceleration_error])
def test_joint_metrics_reject_wrong_shapes_and_empty_clips(rng, metric):
    predicted, target = clips(rng)
    with pytest.raises(ValueError, match="one shape"):
        metric(predicted, target[:, :, :5])
    with pytest.raises(ValueError, match="no valid frame"):
        metric(predicted, target, [0, 0, 0])
    with pytest.raises(ValueError, match="2 lengths for 3 clips"):
        metric(predicted, target, [4, 4])
