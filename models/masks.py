"""Which places of a padded batch lie inside its samples."""

from __future__ import annotations

import torch
from torch import Tensor


def length_mask(lengths: Tensor, size: int) -> Tensor:
    """(B,) lengths -> (B, size) bool, True inside."""
    return torch.arange(size, device=lengths.device) < lengths.unsqueeze(1)
