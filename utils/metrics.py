"""Metrics of text-to-motion (section 9 of the reference): plain functions of arrays.

Embedding metrics take (n, D) arrays of motion or text embeddings; joint metrics take (..., T, J, 3) joints
in metres and return millimetres. Arrays may be numpy or torch; everything is computed in float64.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

MILLIMETRES = 1000.0  # per metre


def as_float64(values) -> np.ndarray:
    """Any array or tensor -> float64 numpy array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float64)


# ----------------------------------------------------------------------------------- embeddings


def frechet_distance(first, second) -> float:
    """Frechet distance of the Gaussian fits of two sets of embeddings, (n, D) and (m, D): the FID.

    |mu1 - mu2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2). With S1 = A'A and S2 = B'B (A, B the centred rows
    over sqrt(n - 1)), the eigenvalues of S1 S2 are the squared singular values of A B', so the last trace is
    the sum of those singular values. No matrix square root is taken, so covariances of deficient rank (fewer
    clips than dimensions) need no epsilon, and the distance of a set to itself is 0 to rounding.
    """
    first, second = as_float64(first), as_float64(second)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"frechet_distance: expected (n, D) and (m, D), got {first.shape} and {second.shape}"
        )
    if min(len(first), len(second)) < 2:
        raise ValueError("frechet_distance: a covariance needs at least two embeddings in each set")
    (mean1, factor1), (mean2, factor2) = _gaussian_factor(first), _gaussian_factor(second)
    cross = np.linalg.svd(factor1 @ factor2.T, compute_uv=False).sum()
    distance = np.sum((mean1 - mean2) ** 2) + np.sum(factor1**2) + np.sum(factor2**2) - 2.0 * cross
    return float(max(distance, 0.0))  # rounding may leave -1e-12


def _gaussian_factor(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, D) -> mean (D,) and a factor R (min(n, D), D) of the covariance: R'R = S."""
    mean = embeddings.mean(axis=0)
    centred = (embeddings - mean) / np.sqrt(len(embeddings) - 1)
    if len(centred) > centred.shape[1]:  # R of QR has the same R'R with only D rows
        centred = np.linalg.qr(centred, mode="r")
    return mean, centred


def r_precision(text, motion, top_k: int = 3, batch: int = 32) -> np.ndarray:
    """Share of texts whose own motion is among the k nearest of its batch, for k = 1..top_k: (top_k,).

    Row i of `text` (n, D) belongs to row i of `motion` (n, D). Rows are taken in consecutive batches; an
    incomplete last batch is left out because its chance level differs. Ties count against the text: a motion
    exactly as far as the right one ranks before it, so constant embeddings score 0, not 1.
    """
    text, motion = _paired(text, motion, "r_precision")
    if len(text) < batch:
        raise ValueError(f"r_precision: {len(text)} pairs do not fill one batch of {batch}")
    of_batches = []
    for start in range(0, len(text) - batch + 1, batch):
        distance = cdist(text[start : start + batch], motion[start : start + batch])  # (batch, batch)
        matching = np.diagonal(distance)[:, None]
        of_batches.append((distance <= matching).sum(axis=1) - 1)  # the right motion itself is counted once
    ranks = np.concatenate(of_batches)
    return np.array([(ranks < k).mean() for k in range(1, top_k + 1)])


def matching_score(text, motion) -> float:
    """Mean Euclidean distance between each text embedding and its motion's, (n, D) both."""
    text, motion = _paired(text, motion, "matching_score")
    return float(np.linalg.norm(text - motion, axis=1).mean())


def diversity(embeddings, pairs: int = 300, rng: np.random.Generator | None = None) -> float:
    """Mean distance of `pairs` random pairs of embeddings (n, D); of n pairs where n is smaller.

    The published draw: two independent samples without replacement, matched by position (so a clip can meet
    itself, once in n times).
    """
    embeddings = as_float64(embeddings)
    if embeddings.ndim != 2 or len(embeddings) < 1:
        raise ValueError(f"diversity: expected embeddings (n, D), got shape {embeddings.shape}")
    return multimodality(embeddings[None], pairs, rng)


def multimodality(embeddings, pairs: int = 10, rng: np.random.Generator | None = None) -> float:
    """Mean distance of random pairs of motions generated from the same caption.

    `embeddings` is (captions, samples, D); for every caption, min(pairs, samples) pairs are drawn as in
    `diversity`.
    """
    embeddings = as_float64(embeddings)
    if embeddings.ndim != 3 or 0 in embeddings.shape:
        raise ValueError(f"multimodality: expected (captions, samples, D), got {embeddings.shape}")
    rng = np.random.default_rng(0) if rng is None else rng
    captions, samples, _ = embeddings.shape
    order = rng.random((2, captions, samples)).argsort(axis=-1)[..., : min(pairs, samples)]
    first, second = (np.take_along_axis(embeddings, index[..., None], axis=1) for index in order)
    return float(np.linalg.norm(first - second, axis=-1).mean())


def _paired(text, motion, what: str) -> tuple[np.ndarray, np.ndarray]:
    text, motion = as_float64(text), as_float64(motion)
    if text.shape != motion.shape or text.ndim != 2 or len(text) == 0:
        raise ValueError(f"{what}: expected two (n, D) arrays of one shape, got {text.shape}, {motion.shape}")
    return text, motion


# ----------------------------------------------------------------------------------- joints


def mpjpe(predicted, target, lengths=None, *, per_frame: bool = False) -> float | np.ndarray:
    """Mean per-joint position error in mm after moving every frame's root (joint 0) onto the target's.

    `predicted` and `target` are (..., T, J, 3) metres; `lengths` (one per clip, frames) leaves out padding.
    Every valid frame weighs the same. With `per_frame` the errors of all valid frames come back, (frames,).
    """
    predicted, target = _frames(predicted, target, lengths, "mpjpe")
    error = (predicted - predicted[:, :1]) - (target - target[:, :1])
    return _mean_norm(error, per_frame)


def pa_mpjpe(predicted, target, lengths=None, *, per_frame: bool = False) -> float | np.ndarray:
    """As `mpjpe`, after the best similarity (rotation, scale, translation) of every frame onto the target."""
    predicted, target = _frames(predicted, target, lengths, "pa_mpjpe")
    return _mean_norm(procrustes(predicted, target) - target, per_frame)


def acceleration_error(predicted, target, lengths=None, *, per_frame: bool = False) -> float | np.ndarray:
    """Mean distance of joint accelerations in mm / frame^2 (second differences; divide nothing by the fps).

    Global joints, not root-aligned; a clip of n frames has n - 2 accelerations. Shapes as in `mpjpe`.
    """
    predicted, target = as_float64(predicted), as_float64(target)
    lengths = None if lengths is None else np.maximum(as_float64(lengths).astype(np.int64) - 2, 0)
    predicted, target = (np.diff(joints, n=2, axis=-3) for joints in (predicted, target))
    predicted, target = _frames(predicted, target, lengths, "acceleration_error")
    return _mean_norm(predicted - target, per_frame)


def procrustes(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares similarity transform of each frame of `source` onto `target`: (N, J, 3) all three.

    Rotations only: where the optimum would be a reflection, the weakest singular direction is flipped.
    """
    source_mean, target_mean = source.mean(axis=1, keepdims=True), target.mean(axis=1, keepdims=True)
    centred, goal = source - source_mean, target - target_mean
    left, singular, right = np.linalg.svd(centred.transpose(0, 2, 1) @ goal)  # (N, 3, 3) covariance
    sign = np.ones_like(singular)
    sign[:, 2] = np.sign(np.linalg.det(left @ right))
    rotation = (left * sign[:, None]) @ right  # row vectors: goal ~ centred @ rotation
    energy = np.sum(centred**2, axis=(1, 2))
    scale = np.sum(singular * sign, axis=1) / np.maximum(energy, np.finfo(np.float64).tiny)
    return scale[:, None, None] * (centred @ rotation) + target_mean


def _frames(predicted, target, lengths, what: str) -> tuple[np.ndarray, np.ndarray]:
    """(..., T, J, 3) twice -> the valid frames of both, (N, J, 3) float64."""
    predicted, target = as_float64(predicted), as_float64(target)
    if predicted.shape != target.shape or predicted.ndim < 3 or predicted.shape[-1] != 3:
        raise ValueError(
            f"{what}: expected two (..., T, J, 3) arrays of one shape, got {predicted.shape}, {target.shape}"
        )
    shape = predicted.shape[-3:]
    predicted, target = predicted.reshape(-1, *shape), target.reshape(-1, *shape)
    if lengths is None:
        valid = np.ones(predicted.shape[:2], dtype=bool)
    else:
        lengths = as_float64(lengths).reshape(-1)
        if len(lengths) != len(predicted):
            raise ValueError(f"{what}: {len(lengths)} lengths for {len(predicted)} clips")
        valid = np.arange(shape[0]) < lengths[:, None]
    if not valid.any():
        raise ValueError(f"{what}: no valid frame")
    return predicted[valid], target[valid]


def _mean_norm(error: np.ndarray, per_frame: bool) -> float | np.ndarray:
    """(N, J, 3) metres -> mean length in mm, over everything or per frame (N,)."""
    frames = np.linalg.norm(error, axis=-1).mean(axis=-1) * MILLIMETRES
    return frames if per_frame else float(frames.mean())
