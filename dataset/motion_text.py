"""Batches of text, pose codes and residual codes that the transformers train on.

All clips lie in memory-mapped arrays; a batch is one gather by index arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from dataset.balance import balanced_weights, systematic_draw
from dataset.batch_draws import EPOCH_STREAM, TEXT_STREAM, CaptionDraw, rank_slice
from dataset.cache import Clips
from dataset.conditions import Conditions
from dataset.evaluation_batches import EvaluationBatches
from dataset.residual_codes import ResidualCodes
from dataset.spec import STEP
from dataset.window_batches import WindowBatches

# The last ones are imported from here by older scripts.
__all__ = ["TextMotionBatches", "EvaluationBatches", "WindowBatches", "rank_slice", "STEP"]

POOL = 16  # batches whose clips are sorted by length together


class TextMotionBatches:
    """Captioned clips as latent steps, for the transformers.

    Every epoch visits every clip once (with `balance` some more often), in an order of its own. Clips of like length
    share a batch. The clips of an epoch are dealt to batches as evenly as possible, none larger than batch_size.

    A batch is a function of (seed, iteration) alone, so resuming needs no sampler state and every process of a parallel
    run can compute its slice of the same global batch.
    """

    def __init__(
        self,
        clips: Clips,
        conditions: Conditions,
        batch_size: int,
        seed: int = 0,
        drop_probability: float = 0.0,
        residual_codes: ResidualCodes | None = None,
        frames_per_step: int = STEP,
        balance: float = 0.0,
    ) -> None:
        """drop_probability: see `Conditions.draw`. residual_codes: of the clips of `clips`. balance: power by which rare
        actions are drawn more often, see `dataset.balance`; 0: every clip once in an epoch.
        """
        self.clips, self.conditions, self.seed = clips, conditions, seed
        self.drop_probability, self.frames_per_step = drop_probability, frames_per_step
        self.clip_indices = clips.text_clips()
        frames = np.minimum(clips.lengths[self.clip_indices], clips.spec.max_length)
        self.steps = frames // frames_per_step  # (n,)
        self.batch_size = min(batch_size, len(self.clip_indices))
        self.batches_per_epoch = -(-len(self.clip_indices) // self.batch_size)
        self._draw_captions = CaptionDraw(clips, self.clip_indices)
        self._weights = None
        if balance:
            names = [clips.sources[clip] for clip in self.clip_indices]
            self._weights = balanced_weights(clips.root, names, balance)
        self._residual = residual_codes
        if residual_codes is not None:
            self._check_steps(residual_codes)
        self._epoch: tuple[int, list[np.ndarray]] = (-1, [])

    def at(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Any]:
        """One batch, L being its longest clip in steps; what lies beyond a clip's length is padding.

        condition (B, 12, C) float32; pose_codes (B, L, 70) uint8, padded with 0; lengths (B,) int64 in steps;
        residual_codes (B, L, Q) int64, padded with -1, where given; clip_index (B,) int64; names, texts.
        """
        epoch, place = divmod(iteration, self.batches_per_epoch)
        batch = self.epoch(epoch)[place]
        rng = np.random.default_rng([self.seed, TEXT_STREAM, iteration])
        captions = self._draw_captions(batch, rng)
        draw = self.conditions.draw(len(batch), rng, self.drop_probability)
        rows = rank_slice(len(batch), rank, world_size)
        # The longest of the global batch, so that all processes see tensors of one shape.
        return self._gather(batch[rows], captions[rows], draw[rows], int(self.steps[batch].max()))

    def epoch(self, number: int) -> list[np.ndarray]:
        """The batches of an epoch, each an array of places in `clip_indices`."""
        if self._epoch[0] != number:
            self._epoch = (number, self._deal(number))
        return self._epoch[1]

    def _deal(self, number: int) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, EPOCH_STREAM, number])
        order = rng.permutation(len(self.clip_indices))
        if self._weights is not None:
            order = order[systematic_draw(self._weights[order], rng)]
            order = order[rng.permutation(len(order))]  # else a clip drawn twice stands beside itself
        pools = []
        for index, start in enumerate(range(0, len(order), POOL * self.batch_size)):
            pool = order[start : start + POOL * self.batch_size]
            pool = pool[np.argsort(self.steps[pool], kind="stable")]
            pools.append(pool[::-1] if index % 2 else pool)  # a batch across two pools stays of like length
        batches = np.array_split(np.concatenate(pools), self.batches_per_epoch)
        return [batches[place] for place in rng.permutation(len(batches))]

    def _gather(self, places: np.ndarray, captions: np.ndarray, draw: Any, longest: int) -> dict[str, Any]:
        clip_index, steps = self.clip_indices[places], self.steps[places]
        inside = np.arange(longest) < steps[:, None]  # (B, L)
        frames = np.where(inside, np.arange(longest) * self.frames_per_step, 0)
        codes = np.asarray(self.clips.pose_codes)[self.clips.offsets[clip_index][:, None] + frames]
        text_rows = self.clips.captions.text_rows[captions]
        condition = self.conditions.gather(text_rows, clip_index, draw)
        batch = {
            "condition": torch.from_numpy(condition),
            "pose_codes": torch.from_numpy(codes * inside[..., None].astype(np.uint8)),
            "lengths": torch.from_numpy(steps.astype(np.int64)),
            "clip_index": torch.from_numpy(clip_index),
            "names": [self.clips.names[clip] for clip in clip_index],
            "texts": [self.clips.caption_texts[row] for row in text_rows],
        }
        if self._residual is not None:
            first = self._residual.first[clip_index][:, None]
            residual = np.asarray(self._residual.flat)[first + np.where(inside, np.arange(longest), 0)]
            batch["residual_codes"] = torch.from_numpy(
                np.where(inside[..., None], residual, -1).astype(np.int64)
            )
        return batch

    def _check_steps(self, codes: ResidualCodes) -> None:
        short = np.flatnonzero(codes.steps[self.clip_indices] < self.steps)
        if len(short):
            clip, steps = self.clip_indices[short[0]], self.steps[short[0]]
            raise ValueError(
                f"residual codes of {self.clips.names[clip]}: shape {codes[clip].shape}, not ({steps}, Q)"
            )
