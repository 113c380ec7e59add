"""Models small enough for tests, with weights large enough that every path through them matters."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from dataset.pose_codes import GROUP_SIZES, NUM_GROUPS
from dataset.text_condition import CONDITION_TOKENS
from models.base_trans import BaseConfig, BaseTransformer
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer

CLIP_DIM = 6
TINY_QUANTIZER = {"stages": 3, "codes": 8}


def random_pose_codes(batch: int, steps: int, seed: int = 0) -> Tensor:
    """Valid pose codes (B, L, 70) uint8."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.rand(batch, steps, NUM_GROUPS, generator=generator) * torch.tensor(GROUP_SIZES)
    return draws.to(torch.uint8)


def random_condition(batch: int, seed: int = 0) -> Tensor:
    """Condition tokens (B, 12, 6)."""
    return torch.randn(batch, CONDITION_TOKENS, CLIP_DIM, generator=torch.Generator().manual_seed(seed))


def stir(model: nn.Module, scale: float = 0.15, seed: int = 0) -> nn.Module:
    """Give every parameter a random value: fresh models hide mistakes behind zeros, ones and tiny weights."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return model


def tiny_tokenizer(quantizer: dict | None = None, **changes) -> PGTokenizer:
    """A tokenizer 16 wide over the 263 features, in evaluation mode and marked as initialised."""
    torch.manual_seed(0)
    config = TokenizerConfig(width=16, latent_dim=8, depth=2, quantizer=TINY_QUANTIZER | (quantizer or {}))
    model = PGTokenizer(replace(config, **changes))
    model.rvq.initialised.fill_(True)
    return model.eval()


def tiny_base(seed: int = 0, **changes) -> BaseTransformer:
    """A base transformer 16 wide with 2 + 2 blocks, room for 12 steps, in evaluation mode."""
    config = BaseConfig(
        embed_dim=16, clip_dim=CLIP_DIM, block_size=CONDITION_TOKENS + 12, num_layers=2, heads=2
    )
    return stir(BaseTransformer(replace(config, **changes)), seed=seed).eval()


def tiny_refine(seed: int = 0, **changes) -> RefineTransformer:
    """A refine transformer 16 wide with 2 blocks for 3 stages of 8 codes, in evaluation mode."""
    config = RefineConfig(
        quantizers=3, codes=8, embed_dim=16, clip_dim=CLIP_DIM, block_size=24, num_layers=2, heads=2
    )
    return stir(RefineTransformer(replace(config, **changes)), seed=seed).eval()
