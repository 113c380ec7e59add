"""What a transformer is shown of the past while it trains: sampling makes mistakes, so training shows some.

Three published flags, in this order: `--scheduled-sampling` puts the model's own predictions into the history,
`--masking-prob` (refine only) hides parts of it, `--pkeep` adds noise. The first and the last grow over training: the
share s of untouched histories falls from 1 to `--min-sampling-prob`.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

import torch
from torch import Tensor

from dataset.pose_codes import to_khot
from models.sampling import corrupt_pose_codes
from utils.distributed import shared_draw

SAMPLING_DECAY = 0.99  # of what is scheduled, per iteration


@dataclass(frozen=True)
class Corruption:
    """What is done to the inputs of a transformer in training; as it stands here, nothing."""

    pkeep: float = 1.0  # probability of keeping a bit of a corrupted history
    min_sampling_prob: float = 0.0  # least share s of untouched histories
    cond_drop_prob: float = 0.0  # probability of training a sample without its text
    schedule_pkeep: bool = False
    scheduled_sampling: bool = False
    masking_prob: float = 0.0  # refine: of hiding all pose codes of a step
    mask_residual_code: bool = False
    reveal_prob: float = 0.0  # refine: of knowing some of the stage's own codes

    @classmethod
    def from_args(cls, args: Namespace) -> Corruption:
        """Read the published option names; the last three are the refine transformer's."""
        return cls(**{name: getattr(args, name) for name in cls.__dataclass_fields__ if hasattr(args, name)})


def clean_share(iteration: int, least: float) -> float:
    """The share s of untouched histories: 1 at first, times 0.99 per iteration, at least ``least``."""
    return max(SAMPLING_DECAY**iteration, least)


def keep_probability(corruption: Corruption, iteration: int) -> float:
    """Probability of keeping a bit of a corrupted history: ``--pkeep``, or on its way there (``--schedule-pkeep``)."""
    if not corruption.schedule_pkeep:
        return corruption.pkeep
    return corruption.pkeep + (1 - corruption.pkeep) * SAMPLING_DECAY**iteration


def with_noise(pose_codes: Tensor, corruption: Corruption, iteration: int) -> Tensor:
    """With probability 1 - s the batch's histories (B, L, 70) under the ``--pkeep`` noise, else as they are."""
    if corruption.pkeep >= 1 or shared_draw() < clean_share(iteration, corruption.min_sampling_prob):
        return pose_codes
    return corrupt_pose_codes(pose_codes, keep_probability(corruption, iteration))


def with_predictions(codes: Tensor, predicted: Tensor, corruption: Corruption, iteration: int) -> Tensor:
    """``codes`` with each step's replaced by the predicted ones with probability 1 - s (``--scheduled-sampling``).

    Args:
        codes: (B, L, ...) of real motion.
        predicted: the same shape, from a first pass over real codes; negative where there is no prediction.
    """
    shape = (*codes.shape[:2], *[1] * (codes.ndim - 2))
    replaced = torch.rand(shape, device=codes.device) >= clean_share(iteration, corruption.min_sampling_prob)
    return torch.where(replaced & (predicted >= 0), predicted.to(codes.dtype), codes)


def hide_steps(pose_codes: Tensor, probability: float) -> Tensor:
    """Steps that say nothing: (B, L, 70) indices -> k-hot (B, L, 392), all zero with ``probability`` per step."""
    kept = torch.rand(pose_codes.shape[:2], device=pose_codes.device) >= probability
    return to_khot(pose_codes) * kept.unsqueeze(-1)


def hide_residual_codes(residual_codes: Tensor, probability: float) -> Tensor:
    """Residual codes (B, L, Q), each replaced by -1 with ``probability``."""
    hidden = torch.rand(residual_codes.shape, device=residual_codes.device) < probability
    return residual_codes.masked_fill(hidden, -1)


def reveal_codes(residual_codes: Tensor, stage: Tensor, probability: float) -> tuple[Tensor, Tensor]:
    """Which codes of its own stage each sample knows: with ``probability`` a random share of them, else none.

    Args:
        residual_codes: (B, L, Q) of real motion, -1 = none.
        stage: (B,) the stage that each sample trains.

    Returns:
        (B, L, Q) with the other codes of the sample's stage -1, and (B, L) bool, steps whose code is known.
    """
    batch, size, stages = residual_codes.shape
    device = residual_codes.device
    share = torch.rand(batch, 1, device=device) * (torch.rand(batch, 1, device=device) < probability)
    known = torch.rand(batch, size, device=device) < share
    own = torch.arange(stages, device=device) == stage[:, None, None]
    return residual_codes.masked_fill(own & ~known.unsqueeze(-1), -1), known
