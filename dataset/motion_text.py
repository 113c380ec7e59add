"""Batches of motion, pose codes and text.

A training batch is a function of (seed, iteration) alone, so resuming needs no sampler state and every
process of a parallel run can compute its slice of the same global batch. All clips lie in memory-mapped
arrays; a batch is one gather by index arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from dataset.balance import balanced_weights, systematic_draw
from dataset.cache import Clips
from dataset.conditions import Conditions
from dataset.residual_codes import ResidualCodes
from dataset.spec import STEP
from dataset.word_vectors import WordVectors, index_captions, pos_one_hot
from utils.runtime import UserError

POOL = 16  # batches whose clips are sorted by length together
# Independent random streams of one seed.
WINDOW_STREAM, EPOCH_STREAM, TEXT_STREAM, EVALUATION_STREAM = range(4)


def rank_slice(count: int, rank: int, world_size: int) -> slice:
    """Rows of a global batch of `count` that belong to one of `world_size` processes."""
    if not 0 <= rank < world_size:
        raise ValueError(f"rank {rank} of {world_size} processes")
    if count < world_size:
        raise UserError(
            f"a batch of {count} can't be split over {world_size} processes: raise --batch-size, or use fewer"
        )
    return slice(count * rank // world_size, count * (rank + 1) // world_size)


class WindowBatches:
    """Random windows of whole recordings, for the tokenizer; recordings drawn in proportion to length."""

    def __init__(self, clips: Clips, window: int, batch_size: int, seed: int = 0) -> None:
        self.clips, self.window, self.batch_size, self.seed = clips, window, batch_size, seed
        chosen = clips.window_clips(window)
        lengths = clips.lengths[chosen]
        self._first = clips.offsets[chosen]
        self._places = lengths - window + 1  # where a window can start
        self._ends = np.cumsum(lengths)

    def at(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, torch.Tensor]:
        """motion (B, window, D) float32, normalised; pose_codes (B, window, 70) uint8."""
        starts = self.starts(iteration)[rank_slice(self.batch_size, rank, world_size)]
        rows = starts[:, None] + np.arange(self.window)
        return {
            "motion": torch.from_numpy(self.clips.normalised_rows(rows)),
            "pose_codes": torch.from_numpy(np.asarray(self.clips.pose_codes)[rows]),
        }

    def starts(self, iteration: int) -> np.ndarray:
        """First row of every window of the global batch, (B,)."""
        rng = np.random.default_rng([self.seed, WINDOW_STREAM, iteration])
        frames = rng.integers(self._ends[-1], size=self.batch_size)
        clip = np.searchsorted(self._ends, frames, side="right")
        return self._first[clip] + rng.integers(self._places[clip])


class _CaptionDraw:
    """One random caption per clip, for clips given by their place among the chosen."""

    def __init__(self, clips: Clips, chosen: np.ndarray) -> None:
        self._first, self._counts = clips.captions.first[chosen], clips.captions.counts[chosen]

    def __call__(self, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Numbers of captions in `clips.captions`, (B,)."""
        return self._first[places] + rng.integers(self._counts[places])


class TextMotionBatches:
    """Captioned clips as latent steps, for the transformers.

    Every epoch visits every clip once (with `balance` some more often), in an order of its own. Clips of like length share
    a batch. The clips
    of an epoch are dealt to batches as evenly as possible, none larger than batch_size.
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
        self._draw_captions = _CaptionDraw(clips, self.clip_indices)
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
            found = np.asarray(self._residual.flat)[first + np.where(inside, np.arange(longest), 0)]
            batch["residual_codes"] = torch.from_numpy(
                np.where(inside[..., None], found, -1).astype(np.int64)
            )
        return batch

    def _check_steps(self, codes: ResidualCodes) -> None:
        short = np.flatnonzero(codes.steps[self.clip_indices] < self.steps)
        if len(short):
            clip, steps = self.clip_indices[short[0]], self.steps[short[0]]
            raise ValueError(
                f"residual codes of {self.clips.names[clip]}: shape {codes[clip].shape}, not ({steps}, Q)"
            )


class EvaluationBatches:
    """The evaluation protocol's batches (docs/method.md section 9): every captioned clip once per repeat."""

    def __init__(
        self,
        clips: Clips,
        conditions: Conditions | None = None,
        words: WordVectors | None = None,
        batch_size: int = 32,
        seed: int = 0,
        drop_last: bool = True,
        frames_per_step: int = STEP,
        multiple: int | None = None,
    ) -> None:
        """drop_last: leave out a last batch that isn't full, since R-precision ranks within a batch.

        multiple: leave out the clips beyond a multiple of this instead, so that larger batches lose no more.
        """
        self.clips, self.conditions, self.words = clips, conditions, words
        self.batch_size, self.seed = batch_size, seed
        self.frames_per_step, self._unit = frames_per_step, max(STEP, frames_per_step)
        self.clip_indices = clips.text_clips()
        frames = np.minimum(clips.lengths[self.clip_indices], clips.spec.max_length)
        self.frames = frames // self._unit * self._unit
        self._draw_captions = _CaptionDraw(clips, self.clip_indices)
        multiple = multiple or (batch_size if drop_last else 1)
        self.used = len(self.clip_indices) // multiple * multiple  # clips of a repeat
        if not self.used:
            raise UserError(
                f"{clips.root.name}/{clips.split} has {len(self.clip_indices)} captioned clips, fewer than "
                f"one evaluation batch of {multiple}: use a larger split or a smaller batch"
            )
        if words is not None:
            self._words, self._pos, self._text_lengths = index_captions(clips.captions, words)

    @property
    def batches_per_repeat(self) -> int:
        return -(-self.used // self.batch_size)

    def __len__(self) -> int:
        return self.batches_per_repeat

    def repeat(self, repeat: int, rank: int = 0, world_size: int = 1) -> Iterator[dict[str, Any]]:
        """Batches of one repeat, in its own order, one random caption per clip; whole batches per process.

        motion (B, T, D) float32, normalised, zero beyond a clip's end, T = 196 frames; lengths (B,) int64 in
        frames, multiples of 4; pose_codes (B, T/4, 70) uint8, zero beyond the end; clip_index (B,) int64;
        names, texts. With conditions: condition (B, 12, C). With words: word_vectors (B, 22, 300),
        pos_one_hot (B, 22, 15), text_lengths (B,) int64.
        """
        rng = np.random.default_rng([self.seed, EVALUATION_STREAM, repeat])
        order = rng.permutation(len(self.clip_indices))
        captions = self._draw_captions(order, rng)
        order, captions = order[: self.used], captions[: self.used]
        keywords = None if self.conditions is None else self.conditions.draw(len(order), rng)
        for number in range(rank, self.batches_per_repeat, world_size):
            rows = slice(number * self.batch_size, (number + 1) * self.batch_size)
            yield self._gather(order[rows], captions[rows], None if keywords is None else keywords[rows])

    def _gather(self, places: np.ndarray, captions: np.ndarray, draw: Any) -> dict[str, Any]:
        clip_index, frames = self.clip_indices[places], self.frames[places]
        longest = self.clips.spec.max_length // self._unit * self._unit  # as the evaluator was trained
        inside = np.arange(longest) < frames[:, None]
        rows = self.clips.offsets[clip_index][:, None] + np.where(inside, np.arange(longest), 0)
        motion = self.clips.normalised_rows(rows)
        motion *= inside[..., None]
        steps = slice(None, None, self.frames_per_step)
        codes = np.asarray(self.clips.pose_codes)[rows[:, steps]] * inside[:, steps, None].astype(np.uint8)
        text_rows = self.clips.captions.text_rows[captions]
        batch = {
            "motion": torch.from_numpy(motion),
            "lengths": torch.from_numpy(frames.astype(np.int64)),
            "pose_codes": torch.from_numpy(codes),
            "clip_index": torch.from_numpy(clip_index),
            "names": [self.clips.names[clip] for clip in clip_index],
            "texts": [self.clips.caption_texts[row] for row in text_rows],
        }
        if self.conditions is not None:
            batch["condition"] = torch.from_numpy(self.conditions.gather(text_rows, clip_index, draw))
        if self.words is not None:
            batch["word_vectors"] = torch.from_numpy(self.words.vectors[self._words[captions]])
            batch["pos_one_hot"] = torch.from_numpy(pos_one_hot(self._pos[captions]))
            batch["text_lengths"] = torch.from_numpy(self._text_lengths[captions])
        return batch
