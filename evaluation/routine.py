"""The one evaluation routine: real motion, tokenizer, base and refine transformers all go through it.

A stage is a function `produce(batch, generator) -> (features, lengths)`: raw (unnormalised) features
(B, T, D) and lengths in frames (B,). Metrics and protocol: reference, sections 8 and 9.

Several processes share an evaluation out: each produces and embeds every n-th batch, the first one puts the parts in
order and computes the metrics, and all return the same row. What is drawn for a batch depends on its number alone, so
the row is that of a single process.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from dataset.spec import STEP
from evaluation.motion_quality import mean_quality
from evaluation.settings import EvaluationSettings
from utils.distributed import Distributed
from utils.metrics import (
    acceleration_error,
    diversity,
    frechet_distance,
    matching_score,
    mpjpe,
    multimodality,
    pa_mpjpe,
    r_precision,
)
from utils.normaliser import Normaliser
from utils.runtime import UserError, make_generator

Batch = Mapping[str, Any]  # name -> tensor, or list of texts


class Motions(NamedTuple):
    """What a stage makes of a batch: raw features (B, T, D), lengths in frames (B,), the pose codes decoded (B, L, 70)."""

    features: Tensor
    lengths: Tensor
    pose_codes: Tensor | None = None


# Two items will do where nothing was decoded from pose codes.
Produce = Callable[[Batch, torch.Generator], Motions | tuple[Tensor, Tensor]]
Quality = Callable[[np.ndarray, np.ndarray | None], dict[str, float]]  # features (T, D), codes (L, 70)

JointRecovery = Callable[[Tensor], Tensor]  # features (..., T, D) -> joints (..., T, J, 3) metres

CONFIDENCE = 1.96  # standard errors on either side: a 95 % interval
TOP_K = 3
MIN_CLIPS = 2


class Batches(Protocol):
    """What the loaders give: the test set once per repeat, in batches (see dataset.evaluation_batches)."""

    batch_size: int

    def repeat(self, repeat: int, rank: int = 0, world_size: int = 1) -> Iterable[Batch]:
        """Batches `rank`, `rank + world_size`, ... of a repeat; all but its last hold `batch_size` clips."""


class RealMotion:
    """The `produce` of the real-motion row: the batch's own motion, in raw units."""

    def __init__(self, normaliser: Normaliser) -> None:
        """`normaliser`: what normalised the batches' motion."""
        self.normaliser = normaliser

    def __call__(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return self.normaliser.restore(batch["motion"]), batch["lengths"]


@torch.no_grad()
def evaluate(
    name: str,
    produce: Produce,
    batches: Batches,
    evaluator,
    *,
    normaliser: Normaliser,
    settings: EvaluationSettings | None = None,
    recover_joints: JointRecovery | None = None,
    quality: Quality | None = None,
    device: torch.device | str = "cpu",
    progress: bool = True,
) -> dict:
    """Measure one stage and return its row: metrics with mean, 95 % interval and the value of each repeat.

    `normaliser` is what normalised the batches' motion; the evaluator's own is used for its input where it has
    one. With `recover_joints` (features (..., T, D) -> joints (..., T, J, 3)) the produced motion is compared
    with the batch's own: mpjpe, pa_mpjpe (mm), acceleration (mm/frame^2). `quality` measures each clip by itself
    (evaluation.motion_quality); its values are averaged over clips.
    Raises UserError when the batches hold fewer than two clips.
    """
    settings = settings or EvaluationSettings()
    progress = progress and Distributed.joined().is_main
    session = _Session(evaluator, normaliser, settings, recover_joints, torch.device(device))
    session.quality = quality
    started = time.perf_counter()
    values: dict[str, list[float]] = {}
    clips = 0
    with tqdm(total=settings.repeats, desc=f"evaluate {name}", disable=not progress, unit="repeat") as bar:
        for repeat in range(settings.repeats):
            row, clips = session.run_repeat(repeat, produce, batches)
            for metric, value in row.items():
                values.setdefault(metric, []).append(float(value))
            bar.update()
            bar.set_postfix({key: f"{np.mean(found):.3f}" for key, found in list(values.items())[:2]})
    return {
        "name": name,
        "metrics": {metric: summarise(found) for metric, found in values.items()},
        "clips": clips,
        "short_clips": session.short_clips,
        "seconds": round(time.perf_counter() - started, 2),
        "settings": asdict(settings) | {"retrieval_batch": min(settings.retrieval_batch, clips)},
        "evaluator": describe_evaluator(evaluator),
    }


def summarise(values: Iterable[float]) -> dict:
    """Mean and half-width of the 95 % interval over repeats; no interval from a single repeat."""
    values = [float(value) for value in values]
    interval = CONFIDENCE * float(np.std(values)) / np.sqrt(len(values)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "interval": interval, "values": values}


def metric_means(row: Mapping) -> dict[str, float]:
    """The row of `evaluate` as a flat {metric: mean}, as training loops log it."""
    return {metric: summary["mean"] for metric, summary in row["metrics"].items()}


def describe_evaluator(evaluator) -> dict:
    """Origin, word vectors and padding of an evaluator, for the report."""
    note = dict(getattr(evaluator, "note", {}) or {})
    return {key: note.get(key, "unknown") for key in ("origin", "word_vectors", "padding")}


class _Session:
    """What stays the same over the repeats of one evaluation.

    Real clips come back in every repeat with another caption and in another order, so their embeddings are
    kept, keyed by the clip's content.
    """

    def __init__(
        self, evaluator, data: Normaliser, settings: EvaluationSettings, recover_joints, device: torch.device
    ):
        self.evaluator, self.data, self.settings = evaluator, data, settings
        self.own = getattr(evaluator, "normaliser", None) or data
        self.recover_joints, self.device = recover_joints, device
        self.real_embeddings: dict[bytes, np.ndarray] = {}
        self.quality: Quality | None = None
        self.short_clips = 0  # produced clips under one step, measured as one step

    def run_repeat(self, repeat: int, produce: Produce, batches: Batches) -> tuple[dict[str, float], int]:
        """One pass over the test set -> (metrics, number of clips), the same in all processes."""
        processes = Distributed.joined()
        found = self._produced(repeat, produce, batches, processes.rank, processes.world_size)
        parts = [part for theirs in processes.gather(found) for part in theirs]
        result = None
        if processes.is_main:
            parts.sort(key=lambda part: part["number"])
            result = self._metrics(repeat, parts), sum(part["short"] for part in parts)
        (row, clips), short = processes.from_main(result)
        self.short_clips += short
        if clips < MIN_CLIPS:
            raise UserError(
                f"evaluation: only {clips} clip(s) in the split; metrics need at least {MIN_CLIPS}"
            )
        return row, clips

    def _produced(
        self, repeat: int, produce: Produce, batches: Batches, rank: int, world_size: int
    ) -> list[dict[str, Any]]:
        """This process's batches: number, embeddings (B, E) of text, real and made motion, errors per frame, ..."""
        parts = []
        wanted = self._wanted_captions(repeat)
        for index, batch in enumerate(batches.repeat(repeat, rank, world_size)):
            number = rank + index * world_size
            generator = make_generator(batch_seed(self.settings.seed, repeat, number), self.device)
            batch = to_device(batch, self.device)
            target = self.data.restore(batch["motion"])
            real = self._embed_real(target, batch["lengths"])
            features, lengths, codes = Motions(*produce(batch, generator))
            is_real = isinstance(produce, RealMotion)
            spread = min(wanted - number * batches.batch_size, len(real))
            parts.append(
                {
                    "number": number,
                    "text": self._embed_text(batch),
                    "real": real,
                    "made": real if is_real else self._embed_motion(features, lengths),
                    "short": 0 if is_real else int((torch.as_tensor(lengths) < STEP).sum()),
                    "errors": self._reconstruction(features, lengths, target, batch["lengths"]),
                    "quality": self._quality(features, lengths, codes),
                    "spread": self._embed_samples(produce, first_rows(batch, spread), generator)
                    if spread > 0
                    else None,
                }
            )
        return parts

    def _metrics(self, repeat: int, parts: list[dict[str, Any]]) -> tuple[dict[str, float], int]:
        """Metrics of all batches of a repeat in their order, and the number of clips."""
        settings = self.settings
        clips = sum(len(part["real"]) for part in parts)
        if clips < MIN_CLIPS:
            return {}, clips
        rng = np.random.default_rng((settings.seed, repeat))
        text, real, made = (
            np.concatenate([part[name] for part in parts]) for name in ("text", "real", "made")
        )
        retrieval = r_precision(text, made, TOP_K, min(settings.retrieval_batch, clips))
        row = {"fid": frechet_distance(real, made)}
        row |= {f"top{k}": retrieval[k - 1] for k in range(1, TOP_K + 1)}
        row["matching"] = matching_score(text, made)
        row["diversity"] = diversity(made, settings.diversity_pairs, rng)
        spread = [part["spread"] for part in parts if part["spread"] is not None]
        if spread:
            row["multimodality"] = multimodality(np.concatenate(spread), settings.multimodality_pairs, rng)
        for metric in parts[0]["errors"]:
            row[metric] = np.concatenate([part["errors"][metric] for part in parts]).mean()
        row |= mean_quality([clip for part in parts for clip in part["quality"]])
        return {metric: float(value) for metric, value in row.items()}, clips

    def _wanted_captions(self, repeat: int) -> int:
        limit = self.settings.multimodality_repeats
        return self.settings.multimodality_captions if limit is None or repeat < limit else 0

    def _embed_text(self, batch: Batch) -> np.ndarray:
        embeddings = self.evaluator.encode_text(
            batch["word_vectors"], batch["pos_one_hot"], batch["text_lengths"]
        )
        return embeddings.cpu().double().numpy()

    def _embed_real(self, features: Tensor, lengths: Tensor) -> np.ndarray:
        """As `_embed_motion`, computing only the clips not seen before."""
        clips = zip(features.cpu().numpy(), lengths.tolist(), strict=True)
        keys = [hashlib.blake2b(clip[:length].tobytes(), digest_size=16).digest() for clip, length in clips]
        new = [row for row, key in enumerate(keys) if key not in self.real_embeddings]
        if new:
            embeddings = self._embed_motion(features[new], lengths[new])
            self.real_embeddings.update(
                {keys[row]: value for row, value in zip(new, embeddings, strict=True)}
            )
        return np.stack([self.real_embeddings[key] for key in keys])

    def _embed_motion(self, features: Tensor, lengths: Tensor) -> np.ndarray:
        """Raw features (B, T, D), lengths (B,) -> (B, E). Clips under one step are padded to it by zeros."""
        features = self.own.normalise(features.to(self.device))
        lengths = torch.as_tensor(lengths).to(self.device)
        valid = torch.arange(features.shape[1], device=self.device) < lengths[:, None]
        features = torch.where(valid[..., None], features, torch.zeros_like(features))
        if features.shape[1] < STEP:
            features = torch.nn.functional.pad(features, (0, 0, 0, STEP - features.shape[1]))
        return self.evaluator.encode_motion(features, lengths.clamp(min=STEP)).cpu().double().numpy()

    def _embed_samples(self, produce: Produce, batch: Batch, generator: torch.Generator) -> np.ndarray:
        """Several generations of each caption -> (captions, samples, E)."""
        samples = range(self.settings.multimodality_samples)
        return np.stack([self._embed_motion(*produce(batch, generator)[:2]) for _ in samples], axis=1)

    def _quality(self, features: Tensor, lengths: Tensor, codes: Tensor | None) -> list[dict[str, float]]:
        """The quality of each clip; [] where none is asked for."""
        if self.quality is None:
            return []
        rows, motion = [], features.cpu().numpy()
        for row, length in enumerate(torch.as_tensor(lengths).tolist()):
            if length < STEP:
                continue
            clip_codes = None
            if codes is not None:
                clip_codes = codes[row, : length // (motion.shape[1] // codes.shape[1])].cpu().numpy()
            rows.append(self.quality(motion[row, :length], clip_codes))
        return rows

    def _reconstruction(self, features, lengths, target, target_lengths) -> dict[str, np.ndarray]:
        """Errors of the frames both clips have, one value per frame; {} without `recover_joints`."""
        if self.recover_joints is None:
            return {}
        frames = min(features.shape[1], target.shape[1])
        lengths = torch.minimum(torch.as_tensor(lengths).to(self.device), target_lengths).clamp(max=frames)
        made = self.recover_joints(features[:, :frames].to(self.device)).cpu()
        goal = self.recover_joints(target[:, :frames]).cpu()
        metrics = {"mpjpe": mpjpe, "pa_mpjpe": pa_mpjpe, "acceleration": acceleration_error}
        return {
            key: np.asarray(metric(made, goal, lengths, per_frame=True)) for key, metric in metrics.items()
        }


def batch_seed(seed: int, repeat: int, number: int) -> int:
    """Seed of what is drawn for batch `number` of a repeat: streams of different batches don't meet."""
    return int(np.random.SeedSequence((seed, repeat, number)).generate_state(1, np.uint64)[0] >> 1)


def to_device(batch: Batch, device: torch.device) -> dict:
    """Move the tensors of a batch; leave names and texts. Lengths of texts may stay where they are."""
    return {key: value.to(device) if isinstance(value, Tensor) else value for key, value in batch.items()}


def first_rows(batch: Batch, count: int) -> dict:
    """The first `count` clips of a batch: every tensor, array and list is cut."""
    return {key: value if value is None else value[:count] for key, value in batch.items()}
