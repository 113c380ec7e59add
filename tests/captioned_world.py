"""Captioned clips of eight kinds that a tiny evaluator can tell apart."""

from __future__ import annotations

import numpy as np

from dataset.caption_table import CaptionTable
from dataset.captions import Caption
from dataset.spec import get_spec
from dataset.word_vectors import WordVectors
from models.evaluator import EvaluatorSizes
from utils.normaliser import Normaliser

WIDTH = 263

KINDS = ("walk", "run", "jump", "sit", "wave", "turn", "kneel", "crawl")

SIZES = EvaluatorSizes(259, 16, 16, 16, 16, 300, 15, 24)


class FakeClips:
    """Clips of eight kinds; a clip's features have the kind's offset, its captions name the kind."""

    def __init__(self, count=64, seed=0):
        rng = np.random.default_rng(seed)
        self.spec = get_spec("mocap")
        self.names = [f"{i:06d}" for i in range(count)]
        lengths = rng.integers(40, 80, count)
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        offsets = np.random.default_rng(99).normal(size=(len(KINDS), WIDTH))  # the same for every split
        self.kinds = np.arange(count) % len(KINDS)
        noise = rng.normal(size=(self.offsets[-1], WIDTH))
        self.features = (noise + np.repeat(offsets[self.kinds], lengths, axis=0)).astype(np.float32)
        self.mean, self.std = np.zeros(WIDTH, np.float32), np.full(WIDTH, 2, np.float32)
        self.captions = CaptionTable.of(
            [Caption(f"a man {KINDS[k]}", ("a/DET", "man/NOUN", f"{KINDS[k]}/VERB"))]
            + [Caption(f"clip {KINDS[k]}", ("clip/NOUN", f"{KINDS[k]}/VERB"))]
            for k in self.kinds
        )

    def __len__(self):
        return len(self.names)

    @property
    def lengths(self):
        return np.diff(self.offsets)

    def length(self, i):
        return int(self.lengths[i])

    def normalised_rows(self, rows):
        return self.normalise(self.features[rows])

    def slice(self, i):
        return slice(self.offsets[i], self.offsets[i + 1])

    @property
    def normaliser(self):
        return Normaliser(self.mean, self.std)

    def normalise(self, features):
        return (features - self.mean) / self.std

    def text_clips(self):
        return np.arange(len(self))


def make_words():
    vocabulary = {word: row for row, word in enumerate(("unk", "sos", "eos", "a", "man", "clip", *KINDS))}
    vectors = np.random.default_rng(1).normal(size=(len(vocabulary), 300)).astype(np.float32)
    return WordVectors("spacy", vectors, lambda word: vocabulary.get(word, -1))


class OneCaptionBatches:
    """Evaluation batches from `CaptionedClips`, the same in every repeat."""

    def __init__(self, source):
        self.source, self.batch_size = source, source.batch_size

    def repeat(self, repeat, rank=0, world_size=1):
        return (self.source.at(step) for step in range(rank, self.source.batches_per_epoch, world_size))
