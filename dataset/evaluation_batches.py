"""Batches of whole clips and captions for the evaluation protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from dataset.batch_draws import EVALUATION_STREAM, CaptionDraw
from dataset.cache import Clips
from dataset.conditions import Conditions
from dataset.spec import STEP
from dataset.word_vectors import WordVectors, index_captions, pos_one_hot
from utils.runtime import UserError


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
        self._draw_captions = CaptionDraw(clips, self.clip_indices)
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
