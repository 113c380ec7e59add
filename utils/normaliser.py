"""The one place where features are normalised, and normalised features restored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Normaliser:
    """(features - mean) / std over the last axis, and back; numpy or torch in, the same out, on its own device.

    mean, std: (D,); a feature that never changes (std 0) is divided by one.
    """

    mean: np.ndarray
    std: np.ndarray
    _on: dict[torch.device, tuple[Tensor, Tensor]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        mean, std = (np.asarray(values, np.float32) for values in (self.mean, self.std))
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "std", np.where(std > 0, std, np.float32(1)))

    def normalise(self, features: Any) -> Any:
        """Features (..., D) -> normalised (..., D)."""
        mean, std = self._like(features)
        return (features - mean) / std

    def normalise_in_place(self, features: np.ndarray) -> np.ndarray:
        """`normalise` of an array that nobody else needs: (..., D) float32, returned."""
        features -= self.mean
        features /= self.std
        return features

    def restore(self, features: Any) -> Any:
        """Normalised (..., D) -> features (..., D): undoes `normalise`."""
        mean, std = self._like(features)
        return features * std + mean

    def agrees(self, other: Normaliser, tolerance: float = 1e-4) -> bool:
        """Whether another one does the same to features, up to a tolerance."""
        pairs = ((self.mean, other.mean), (self.std, other.std))
        return all(a.shape == b.shape and np.allclose(a, b, atol=tolerance) for a, b in pairs)

    def _like(self, features: Any) -> tuple[Any, Any]:
        if not isinstance(features, Tensor):
            return self.mean, self.std
        device = features.device
        if device not in self._on:  # copied once: a training step must not wait for it
            self._on[device] = torch.tensor(self.mean, device=device), torch.tensor(self.std, device=device)
        return self._on[device]
