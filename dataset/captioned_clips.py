"""Batches for training the text-motion evaluator: clips, each with one of its captions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dataset.batch_draws import rank_slice
from dataset.spec import STEP
from dataset.word_vectors import WordVectors, index_captions, pos_one_hot
from utils.normaliser import Normaliser
from utils.runtime import UserError

SHORTEST_CROP = 0.75  # of a clip
UNKNOWN_PLACE = 2  # an empty caption is sos, eos, unk, unk ...


def mirror_pairs(names: Sequence[str]) -> np.ndarray:
    """Places (P, 2) of clips and their mirror images in `names`; -1 where a clip has none."""
    place = {name: row for row, name in enumerate(names)}
    pairs = [
        (row, place.get(f"M{name}", -1))
        for name, row in place.items()
        if not (name[0] == "M" and name[1:] in place)
    ]
    return np.array(pairs)


class CaptionedClips:
    """Batches of (clip, one of its captions) as a function of the iteration.

    Clips are drawn in shuffled epochs without replacement, each together with its mirror image where the split holds
    one ("M" before the name): a batch then always holds clips that differ in nothing but left and right, which teaches
    an evaluator to hear those words. With `augment` the caption is drawn at random,
    a random stretch of at least 3/4 of the clip is taken, and some words become unknown; else the first
    caption and the whole clip.
    """

    def __init__(
        self,
        clips,
        words: WordVectors,
        batch_size: int,
        seed: int = 0,
        word_dropout: float = 0.0,
        augment: bool = True,
    ):
        self.members = np.asarray(clips.text_clips())  # clips that have captions and an admissible length
        if len(self.members) < 2:
            raise UserError(f"evaluator: a split of {len(self.members)} clip(s) has nothing to tell apart")
        self.clips, self.seed, self.augment = clips, seed, augment
        self.pairs = mirror_pairs([clips.names[member] for member in self.members])
        self.word_dropout = word_dropout if augment else 0.0
        self.batch_size = min(batch_size, len(self.members))
        self.normaliser: Normaliser = clips.normaliser
        self.vectors = words.vectors
        self.unknown_row = int(words.index(())[0][UNKNOWN_PLACE])
        self.rows, self.classes, self.text_lengths = self._index_texts(words)
        self.caption_counts, table = clips.captions.counts, clips.captions
        # (clips, most captions) rows of the distinct captions, padded by -1
        self.captions = np.full((len(clips), self.caption_counts.max()), -1, np.int64)
        clip = np.repeat(np.arange(len(clips)), self.caption_counts)
        self.captions[clip, np.arange(len(clip)) - table.first[clip]] = table.text_rows

    def _index_texts(self, words: WordVectors) -> list[np.ndarray]:
        """Word rows (n, 22), part-of-speech classes (n, 22) and lengths (n,) of the distinct captions."""
        _, first = np.unique(self.clips.captions.text_rows, return_index=True)  # a caption of every text
        return [values[first] for values in index_captions(self.clips.captions, words)]

    @property
    def batches_per_epoch(self) -> int:
        return len(self.members) // self.batch_size

    def at(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Tensor]:
        """Batch of an iteration: this rank's B samples, and the matches of all G samples of all ranks.

        motion (B, T, D) normalised, zero-padded; lengths (B,) frames; word_vectors (B, 22, 300);
        pos_one_hot (B, 22, 15); text_lengths (B,); matches (G, G) bool: text i describes clip j.
        What is drawn is drawn for the whole batch, so it doesn't depend on the number of ranks.
        """
        epoch, place = divmod(iteration, self.batches_per_epoch)
        order = self._epoch_order(epoch)
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
        share = rank_slice(len(chosen), rank, world_size)
        rng = np.random.default_rng((self.seed, 1, iteration, 0))
        starts, lengths = self._crops(chosen, rng)
        draws = (rng.random(len(chosen)) * self.caption_counts[chosen]).astype(np.int64)
        texts = self.captions[chosen, draws if self.augment else 0]
        rows = self.rows[texts]
        if self.word_dropout > 0:
            rows = np.where(rng.random(rows.shape) < self.word_dropout, self.unknown_row, rows)
        matches = (self.captions[chosen][None] == texts[:, None, None]).any(-1)
        batch = self._tensors(self.clips.offsets[chosen] + starts, lengths, texts, rows, share)
        return batch | {"matches": torch.from_numpy(matches)}

    def sided_pairs(self) -> dict[str, Tensor] | None:
        """Clips beside their mirror images, one after the other, each whole and with its first caption.

        Pairs whose captions are the same name no side and are left out; None where none is left. As `at`, without matches.
        """
        pairs = self.pairs[(self.pairs >= 0).all(1)]
        texts = self.captions[self.members[pairs], 0]  # (P, 2)
        chosen = self.members[pairs[texts[:, 0] != texts[:, 1]]].reshape(-1)
        if not len(chosen):
            return None
        lengths = np.minimum(self.clips.lengths[chosen], self.clips.spec.max_length) // STEP * STEP
        texts = self.captions[chosen, 0]
        return self._tensors(self.clips.offsets[chosen], lengths, texts, self.rows[texts], slice(None))

    def _tensors(
        self, first: np.ndarray, lengths: np.ndarray, texts: np.ndarray, rows: np.ndarray, share: slice
    ) -> dict[str, Tensor]:
        """What `at` returns of clips from row `first` on and of texts, whose words are `rows`, for a share of them."""
        mine = texts[share]
        return {
            "motion": self._motion(first[share], lengths[share]),
            "lengths": torch.from_numpy(lengths[share]),
            "word_vectors": torch.from_numpy(self.vectors[rows[share]]),
            "pos_one_hot": torch.from_numpy(pos_one_hot(self.classes[mine])),
            "text_lengths": torch.from_numpy(self.text_lengths[mine]),
        }

    def _epoch_order(self, epoch: int) -> np.ndarray:
        """All members (N,), pairs drawn at random and each pair's clips one after the other."""
        rows = np.random.default_rng((self.seed, 0, epoch)).permutation(self.pairs).reshape(-1)
        return self.members[rows[rows >= 0]]

    def _crops(self, chosen: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """First frames in their clips and lengths (G,), the latter multiples of four frames."""
        frames = self.clips.lengths[chosen]
        lengths, starts = frames, np.zeros_like(frames)
        if self.augment:
            lengths = rng.integers((SHORTEST_CROP * frames).astype(np.int64), frames + 1)
        lengths = np.maximum(STEP, np.minimum(lengths, self.clips.spec.max_length) // STEP * STEP)
        if self.augment:
            starts = rng.integers(frames - lengths + 1)
        return starts, lengths

    def _motion(self, first: np.ndarray, lengths: np.ndarray) -> Tensor:
        """Normalised features (B, T, D) of `lengths` frames from the rows `first` on, zeros after them."""
        inside = np.arange(lengths.max()) < lengths[:, None]
        motion = self.clips.normalised_rows(first[:, None] + np.where(inside, np.arange(lengths.max()), 0))
        motion *= inside[..., None]
        return torch.from_numpy(motion)
