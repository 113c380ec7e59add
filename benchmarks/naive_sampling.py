"""Sampling as the published code does it: what benchmarks/sampling.py measures ours against.

One clip at a time; every step computes the whole sequence anew, condition included; the step's 70 groups are drawn in
a Python loop; codes are one-hot floats, 394 wide. The models are the ordinary modules, in float32. Random numbers come
from the same streams as in `models.sampling`, so both paths draw the same codes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dataset.pose_codes import GROUP_OFFSETS, GROUP_SIZES, NUM_CODES, NUM_GROUPS
from models.base_trans import OUTPUTS, BaseTransformer
from models.pg_tokenizer import PGTokenizer
from models.refine_trans import RefineTransformer
from models.sampling import MAX_CATEGORIES, gumbel_noise


@torch.no_grad()
def pose_codes(model: BaseTransformer, condition: Tensor, steps: int, stream: torch.Generator) -> Tensor:
    """Pose codes (1, steps, 70) of one condition (1, C, clip_dim)."""
    capacity = model.config.block_size - condition.shape[1]
    noise = gumbel_noise(1, (capacity, NUM_GROUPS, MAX_CATEGORIES), [stream])[0]
    khot = torch.zeros(1, 0, OUTPUTS)
    found = torch.zeros(1, steps, NUM_GROUPS, dtype=torch.long)
    for step in range(steps):
        logits = model(khot, condition)[:, -1]
        new = torch.zeros(1, 1, OUTPUTS)
        for group in range(NUM_GROUPS):
            first, size = GROUP_OFFSETS[group], GROUP_SIZES[group]
            chances = torch.log_softmax(logits[0, first : first + size], dim=-1)
            category = int((chances + noise[step, group, :size]).argmax())
            new[0, 0, first + category] = 1
            found[0, step, group] = category
        khot = torch.cat([khot, new], dim=1)
    return found


@torch.no_grad()
def residual_codes(
    model: RefineTransformer, codes: Tensor, condition: Tensor, stream: torch.Generator
) -> Tensor:
    """Residual codes (1, L, Q) of one clip's pose codes (1, L, 70)."""
    config, steps = model.config, codes.shape[1]
    noise = gumbel_noise(1, (config.quantizers, config.block_size, config.codes), [stream])
    khot = torch.zeros(1, steps, NUM_CODES)
    for group in range(NUM_GROUPS):
        for step in range(steps):
            khot[0, step, GROUP_OFFSETS[group] + int(codes[0, step, group])] = 1
    found = torch.full((1, steps, config.quantizers), -1, dtype=torch.long)
    for q in range(config.quantizers):
        logits = model(khot, found, condition, torch.tensor([q]))[..., : config.codes]
        found[..., q] = (torch.log_softmax(logits, dim=-1) + noise[:, q, :steps]).argmax(dim=-1)
    return found


@torch.no_grad()
def motion(tokenizer: PGTokenizer, codes: Tensor, residual: Tensor) -> Tensor:
    """Normalised features (1, 4 L, D) of one clip."""
    return tokenizer.decode(codes, residual)
