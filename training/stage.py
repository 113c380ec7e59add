"""What the training loop trains: the base of all stages, which names everything that is read of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from torch import Tensor, nn

from training.loop_parts import Batch

Model = TypeVar("Model", bound=nn.Module)
Data = TypeVar("Data")


class Stage(Generic[Model, Data]):
    """A model, its batches, its loss and its validation; the first three methods are what a stage must bring.

    Stages are made of settings and, for a training, of opened data; without data they can be made for their loss.
    """

    model: Model
    model_key: str  # of the weights in checkpoint files, see `utils.stage_files`
    best: Mapping[str, str]  # validation metric -> "min" or "max": each keeps a net_best_<metric>.pth
    skips_parameters: bool = True  # whether an iteration may leave some without a gradient
    # Samples over all processes; None: its memory need not be looked at beforehand.
    batch_size: int | None = None

    def __init__(self, model: Model, data: Data | None = None) -> None:
        """Without `data` a stage has its loss only."""
        self.model, self._data = model, data

    @property
    def data(self) -> Data:
        """What the stage reads beside the batches it is given."""
        if self._data is None:
            raise ValueError("this stage was made for its loss alone, without data")
        return self._data

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> Batch:
        """This process's share of a batch: name -> tensor, samples along the first axis.

        It must depend on nothing but its arguments: batches are prepared ahead, in other threads.
        """
        raise NotImplementedError

    def loss(self, batch: Batch, iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Scalar loss, and detached scalars to log (left on the device)."""
        raise NotImplementedError

    def validate(self, iteration: int) -> dict[str, float]:
        """Metrics of the model as it is; may be empty."""
        raise NotImplementedError

    def open_validation(self) -> None:
        """Read what validation needs, so that what is missing is said before a training starts."""

    def adapt_weights(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a file to start from, which may be another trainer's, as the model takes them."""
        return weights

    def state(self) -> dict[str, Any]:
        """State outside the model, to be stored with it."""
        return {}

    def load_state(self, content: dict[str, Any]) -> None:
        """Take up what `state` gave."""

    def images(self, iteration: int) -> dict[str, np.ndarray]:
        """Pictures (H, W, 3) uint8 of the model, by name."""
        return {}

    def samples(self, iteration: int) -> list[Any]:
        """Motions to look at (`training.samples.Sample`)."""
        return []
