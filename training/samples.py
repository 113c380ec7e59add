"""What a stage shows of itself while it trains: motion to look at, codebooks as images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dataset.evaluation_batches import EvaluationBatches
from dataset.features import joints_in_metres
from evaluation.routine import Produce, to_device
from evaluation.workbench import Workbench
from utils.runtime import make_generator


@dataclass(frozen=True)
class Sample:
    """One motion to look at, or several side by side."""

    text: str
    clips: list[np.ndarray]  # joints (T, J, 3) metres each
    titles: list[str]
    fps: float


@torch.no_grad()
def sampled_motion(
    bench: Workbench, produce: Produce, count: int, *, with_text: bool = False, with_original: bool = False
) -> list[Sample]:
    """The first ``count`` validation clips as ``produce`` makes them, the same ones every time.

    Args:
        bench: gives the validation split.
        produce: see ``evaluation.producers``.
        count: 0 gives an empty list.
        with_text: the batch needs the text condition.
        with_original: put the real clip beside each.
    """
    if count == 0:
        return []
    clips = bench.clips("val")
    batches = EvaluationBatches(
        clips,
        bench.conditions("val") if with_text else None,
        None,
        count,
        bench.settings.seed,
        drop_last=False,
        frames_per_step=bench.frames_per_step,
    )
    batch = to_device(next(iter(batches.repeat(0))), bench.device)
    features, lengths = produce(batch, make_generator(bench.settings.seed, bench.device))[:2]
    original = bench.normaliser.restore(batch["motion"])
    samples = []
    for row, text in enumerate(batch["texts"]):
        shown = {"generated": _joints(features[row], lengths[row])}
        if with_original:
            shown = {
                "original": _joints(original[row], batch["lengths"][row]),
                "reconstruction": shown["generated"],
            }
        titles = list(shown) if with_original else [""]
        samples.append(Sample(text, list(shown.values()), titles, bench.spec.fps))
    return samples


def _joints(features: Tensor, length: Tensor) -> np.ndarray:
    return joints_in_metres(features[: int(length)].cpu().numpy())


@torch.no_grad()
def similarity_image(vectors: Tensor) -> np.ndarray:
    """Cosine similarities of (K, W) vectors as a grey image (K, K, 3) uint8: -1 black, 1 white."""
    unit = torch.nn.functional.normalize(vectors.float(), dim=-1)
    grey = ((unit @ unit.T).clamp(-1, 1) + 1) * 127.5
    return grey.round().to(torch.uint8).cpu().numpy()[..., None].repeat(3, axis=-1)
