"""What is known of a loaded model beside its weights."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.spec import DatasetSpec

DEFAULT_GUIDANCE = 3.0  # best FID and R-precision of 2, 3 and 4 on the validation clips of mocap


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
    def guidance(self) -> float:
        """Guidance scale to use where none is asked for: off unless the model has seen samples without text."""
        return DEFAULT_GUIDANCE if getattr(self.arguments, "cond_drop_prob", 0.0) > 0 else 1.0

    @property
    def own(self) -> bool:
        """Trained by this repository rather than by the release."""
        return getattr(self.arguments, "format", None) is not None
