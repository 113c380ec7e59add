"""Dropout whose mask a CPU draws at half the cost of torch's own; elsewhere it is torch's own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 2**16  # a mask's entry is drawn from so many numbers: the probability is kept to within 1e-5


class Dropout(nn.Dropout):
    """``nn.Dropout`` by way of `dropout`."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same shape."""
        return dropout(x, self.p, self.training)


def dropout(x: Tensor, probability: float, training: bool = True) -> Tensor:
    """``F.dropout``, from torch's global generator.

    A CPU draws one number of 64 bits for four entries, where torch draws one for each. What is kept is scaled by the
    probability that was drawn with, so the mean stays exact.

    Args:
        x: any shape.
        probability: of an entry to become zero.
        training: otherwise x is returned as it is.
    """
    lost = round(probability * LEVELS)
    if not training or x.device.type != "cpu" or lost in (0, LEVELS) or torch.compiler.is_compiling():
        return F.dropout(x, probability, training)
    numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    drawn = numbers.view(torch.int16)[: x.numel()].view(x.shape)
    kept = (drawn >= lost - LEVELS // 2).to(x.dtype)
    return x * kept.mul_(LEVELS / (LEVELS - lost))
