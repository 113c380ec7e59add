"""What each stage makes of an evaluation batch: the ``produce`` functions of ``evaluation.routine``.

A produce function takes a batch (condition, motion, pose_codes, lengths in frames) and a generator, and returns raw
features (B, T, D), lengths in frames (B,) and the pose codes that were decoded (B, L, 70).
"""

from __future__ import annotations

from dataclasses import replace

import torch

from evaluation.routine import Batch, Motions, Produce
from models.base_trans import BaseTransformer
from models.code_search import ENCODE, obeying_codes, search_codes
from models.pg_tokenizer import PGTokenizer
from models.refine_trans import RefineTransformer
from models.sampling import Sampling

DEFAULT = Sampling()


def reconstruction(tokenizer: PGTokenizer, use_residuals: bool = True, search_iterations: int = 0) -> Produce:
    """Encode and decode the batch's own motion, with or without its residual codes.

    search_iterations: of `models.code_search`; 0 takes the codes that the encoder gives.
    """

    def produce(batch: Batch, generator: torch.Generator) -> Motions:
        known = batch["motion"], batch["pose_codes"], batch["lengths"]
        residual = None
        if use_residuals and search_iterations:
            residual = search_codes(tokenizer, *known, replace(ENCODE, iterations=search_iterations))
        elif use_residuals:
            residual = tokenizer.encode(*known)
        steps = batch["lengths"] // tokenizer.frames_per_step
        motion = tokenizer.decode(batch["pose_codes"], residual, steps)
        return Motions(tokenizer.normaliser.restore(motion), batch["lengths"], batch["pose_codes"])

    return produce


def text_to_motion(
    tokenizer: PGTokenizer,
    base: BaseTransformer,
    refine: RefineTransformer | None,
    sampling: Sampling = DEFAULT,
    max_steps: int | None = None,
) -> Produce:
    """Generate from the batch's condition: base alone, or base and refine."""

    def produce(batch: Batch, generator: torch.Generator) -> Motions:
        condition = batch["condition"]
        pose_codes, steps = base.generate(
            condition, generator=generator, sampling=sampling, max_steps=max_steps
        )
        residual = None
        if refine is not None and sampling.use_residuals:
            residual = refine.generate(pose_codes, steps, condition, generator=generator, sampling=sampling)
            residual = obeying_codes(tokenizer, pose_codes, residual, steps, sampling.obey or 0)
        motion = tokenizer.decode(pose_codes, residual, steps)
        return Motions(tokenizer.normaliser.restore(motion), steps * tokenizer.frames_per_step, pose_codes)

    return produce


def refined_reference(
    tokenizer: PGTokenizer,
    refine: RefineTransformer,
    sampling: Sampling = DEFAULT,
) -> Produce:
    """Predict residual codes for the batch's own pose codes: measures the refine transformer by itself."""

    def produce(batch: Batch, generator: torch.Generator) -> Motions:
        steps = batch["lengths"] // tokenizer.frames_per_step
        residual = refine.generate(
            batch["pose_codes"], steps, batch["condition"], generator=generator, sampling=sampling
        )
        residual = obeying_codes(tokenizer, batch["pose_codes"], residual, steps, sampling.obey or 0)
        motion = tokenizer.normaliser.restore(tokenizer.decode(batch["pose_codes"], residual, steps))
        return Motions(motion, batch["lengths"], batch["pose_codes"])

    return produce
