"""What the three stages measure: models without their dropout, at the tokenizer's own number of frames a step."""

from __future__ import annotations

from argparse import Namespace

import numpy as np
import pytest
import torch
from tiny_models import tiny_base, tiny_refine, tiny_tokenizer

from dataset.spec import get_spec
from evaluation.settings import DataSettings
from evaluation.workbench import Workbench
from training.base_stage import BaseStage
from training.losses import DEFAULT_MOTION_LOSSES, MotionLoss
from training.refine_stage import RefineStage
from training.settings import TokenizerSettings, TransformerSettings
from training.tokenizer_stage import TokenizerData, TokenizerStage
from training.transformer_stage import TransformerData
from utils.normaliser import Normaliser

NO_BATCHES = Namespace(batch_size=1)


class WatchingBench:
    """Stands for the data: notes whether the model is in training mode whenever something is measured."""

    max_steps = 49
    normaliser = Normaliser(np.zeros(263), np.ones(263))

    def __init__(self, model: torch.nn.Module) -> None:
        self.model, self.modes = model, []

    def validate(self, *_, **__) -> dict[str, float]:
        self.modes.append(self.model.training)
        return {"fid": 1.0}

    def validation_batches(self, frames_per_step: int, rank: int, world_size: int) -> list[dict]:
        self.modes.append(self.model.training)
        return []


@pytest.mark.parametrize(
    ("kind", "model"), [(TokenizerStage, tiny_tokenizer), (BaseStage, tiny_base), (RefineStage, tiny_refine)]
)
def test_validation_is_without_dropout(kind, model):
    made = model().train()
    bench = WatchingBench(made)
    if kind is TokenizerStage:
        loss = MotionLoss(DEFAULT_MOTION_LOSSES, get_spec("t2m").layout)
        stage = kind(made, loss, TokenizerSettings(0.02), TokenizerData(bench, NO_BATCHES))
    else:
        base = tiny_base() if kind is RefineStage else None
        stage = kind(made, TransformerSettings(), TransformerData(tiny_tokenizer(), bench, NO_BATCHES, base))
    assert stage.validate(10)
    assert bench.modes and not any(bench.modes)


def test_a_stage_without_data_says_so():
    stage = BaseStage(tiny_base(), TransformerSettings())
    assert stage.batch_size is None
    with pytest.raises(ValueError, match="made for its loss alone"):
        stage.batch(0)


@pytest.mark.parametrize("down_t", [1, 2, 3])
def test_the_data_follow_the_tokenizer_s_steps(down_t):
    bench = Workbench(DataSettings("t2m", pose_frame="world", kit_codes="published"))
    tokenizer = tiny_tokenizer(down_t=down_t)
    tokenizer.info = Namespace(
        folder="x", pose_frame="world", spec=bench.spec, mean=None, std=None, kit_codes="published"
    )
    bench.clips = lambda split: Namespace(normaliser=Normaliser(np.zeros(263), np.ones(263)))
    bench.check_tokenizer(tokenizer)
    assert tokenizer.normaliser.agrees(bench.normaliser)  # the release's tokenizers go by their data
    assert bench.frames_per_step == tokenizer.frames_per_step == 2**down_t
    assert bench.max_steps == {1: 98, 2: 49, 3: 24}[down_t]
