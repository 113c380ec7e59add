"""What is known of a loaded model beside its weights."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dataset.spec import STEP, DatasetSpec
from models.sampling import GUIDED, PUBLISHED, Sampling


@dataclass(frozen=True)
class CheckpointInfo:
    """Where a model came from and what it must be used with; loaded models carry it as ``model.info``."""

    folder: Path
    arguments: Namespace
    spec: DatasetSpec
    pose_frame: str  # "world" (the release) or "heading"
    kit_codes: str
    text_encoder: str | None
    iteration: int
    mean: np.ndarray | None = None  # (D,) feature statistics, where the folder holds them
    std: np.ndarray | None = None

    @property
    def sampling(self) -> Sampling:
        """How to draw codes where nothing is said: guided by the text if the model has seen samples without text."""
        if getattr(self.arguments, "cond_drop_prob", 0.0) == 0:
            return PUBLISHED
        return replace(GUIDED, least_steps=self.spec.min_length // STEP)

    @property
    def own(self) -> bool:
        """Trained by this repository rather than by the release."""
        return getattr(self.arguments, "format", None) is not None
