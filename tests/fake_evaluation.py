"""An evaluator and batches whose metrics are known."""

from __future__ import annotations

import numpy as np
import torch

from evaluation.routine import RealMotion
from utils.normaliser import Normaliser

CLIPS, FRAMES, WIDTH = 96, 24, 263

MEAN, STD = np.linspace(-1, 1, WIDTH), np.linspace(0.5, 2, WIDTH)

NORMALISER = Normaliser(MEAN, STD)


class FakeEvaluator:
    """Embeds a clip as the mean of some of its features over time; a text is its first word vector."""

    note = {"origin": "own", "word_vectors": "spacy", "padding": "masked"}
    mean = std = None

    def __init__(self):
        self.encoded = 0

    def encode_motion(self, features, lengths):
        self.encoded += len(features)
        valid = (torch.arange(features.shape[1]) < lengths[:, None])[..., None]
        return (features * valid).sum(1)[:, :8] / lengths[:, None] * 10

    def encode_text(self, words, part_of_speech, lengths):
        return words[:, 0, :8]


class FakeBatches:
    """96 random clips; the first word vector of a clip's caption is the clip's embedding."""

    def __init__(self, batch_size=32, foreign_captions=False, clips=CLIPS):
        generator = torch.Generator().manual_seed(0)
        self.lengths = torch.randint(12, FRAMES + 1, (clips,), generator=generator)
        self.motion = torch.randn(clips, FRAMES, WIDTH, generator=generator)
        self.motion[torch.arange(FRAMES) >= self.lengths[:, None]] = 0
        self.words = torch.zeros(clips, 22, 300)
        self.words[:, 0, :8] = FakeEvaluator().encode_motion(self.motion, self.lengths)
        if foreign_captions:
            self.words = torch.randn(self.words.shape, generator=generator)
        self.batch_size = batch_size

    def repeat(self, repeat, rank=0, world_size=1):
        order = torch.randperm(len(self.motion), generator=torch.Generator().manual_seed(repeat))
        for rows in order.split(self.batch_size)[rank::world_size]:
            yield {
                "motion": self.motion[rows],
                "lengths": self.lengths[rows],
                "word_vectors": self.words[rows],
                "pos_one_hot": torch.zeros(len(rows), 22, 15),
                "text_lengths": torch.full((len(rows),), 22),
                "texts": [f"caption {row}" for row in rows.tolist()],
            }


def joints_of(features):
    """Stands for recover_joints: five joints from the first fifteen features."""
    return features[..., :15].reshape(*features.shape[:-1], 5, 3)


def noisy(scale):
    def produce(batch, generator):
        features, lengths = RealMotion(NORMALISER)(batch, generator)
        return features + scale * torch.randn(features.shape, generator=generator), lengths

    return produce
