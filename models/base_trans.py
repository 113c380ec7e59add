"""Base transformer: text condition -> pose codes, autoregressive (CoMo / PGR2M; docs/method.md section 4)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dataset.pose_codes import END, NUM_CODES, as_khot
from dataset.text_condition import CONDITION_TOKENS  # noqa: F401 - where it was imported from before
from models.attention import KeyValueCache, PositionEmbedding, init_transformer
from models.checkpoint_info import CheckpointInfo
from models.dropout import Dropout
from models.sampling import (
    GROUP_INDEX,
    Generators,
    Sampling,
    by_group,
    gumbel_noise,
    staying,
)
from models.transformer_config import TransformerConfig
from utils.published import BASE

OUTPUTS = NUM_CODES + 2  # codes, END, PAD


@dataclass(frozen=True)
class BaseConfig(TransformerConfig):
    """Sizes of the base transformer; the defaults are the published ones."""

    embed_dim: int = BASE["embed_dim_gpt"]
    clip_dim: int = BASE["clip_dim"]
    block_size: int = BASE["block_size"]
    num_layers: int = BASE["num_layers"]  # in each of the two stacks
    heads: int = BASE["n_head_gpt"]
    ff_rate: int = BASE["ff_rate"]
    dropout: float = BASE["drop_out_rate"]
    text_tokens: int = 0  # of the text encoder, beside the sentence vector; the release has none

    @classmethod
    def from_args(cls, args: Namespace) -> BaseConfig:
        """Read the published option names."""
        return cls(**cls.sizes(args))


class _Trunk(nn.Module):
    """Embeddings, positions and the first stack of blocks."""

    def __init__(self, config: BaseConfig) -> None:
        super().__init__()
        self.tok_emb = nn.Linear(OUTPUTS, config.embed_dim)
        self.cond_emb = nn.Linear(config.clip_dim, config.embed_dim)
        self.pos_embed = PositionEmbedding(config.block_size, config.embed_dim)
        self.drop = Dropout(config.dropout)
        self.blocks = config.blocks()

    def embed(self, pose_codes: Tensor) -> Tensor:
        """(B, L, 70) indices or (B, L, 392 | 394) -> (B, L, E)."""
        khot = as_khot(pose_codes).to(self.tok_emb.weight)
        return nn.functional.linear(khot, self.tok_emb.weight[:, : khot.shape[-1]], self.tok_emb.bias)


class _Head(nn.Module):
    """The second stack of blocks and the output projection."""

    def __init__(self, config: BaseConfig) -> None:
        super().__init__()
        self.blocks = config.blocks()
        self.ln_f = nn.LayerNorm(config.embed_dim)
        self.head = nn.Linear(config.embed_dim, OUTPUTS, bias=False)


class BaseTransformer(nn.Module):
    """Causal transformer over [condition tokens, pose-code steps]."""

    info: CheckpointInfo  # of a loaded one

    def __init__(self, config: BaseConfig) -> None:
        super().__init__()
        self.config = config
        self.trans_base, self.trans_head = _Trunk(config), _Head(config)
        self.apply(init_transformer)

    def _run(self, x: Tensor, caches: list[KeyValueCache] | None = None) -> Tensor:
        for index, block in enumerate([*self.trans_base.blocks, *self.trans_head.blocks]):
            x = block(x, causal=True, cache=None if caches is None else caches[index])
        return x

    def _logits(self, x: Tensor) -> Tensor:
        return self.trans_head.head(self.trans_head.ln_f(x))

    def forward(self, pose_codes: Tensor, condition: Tensor) -> Tensor:
        """Logits of steps 0..L, each from the condition and the steps before it.

        Args:
            pose_codes: (B, L, 70) category indices, or (B, L, 392 | 394) k-hot.
            condition: (B, C, clip_dim).

        Returns:
            (B, L + 1, 394); 392 is END, 393 PAD.
        """
        tokens = torch.cat([self.trans_base.cond_emb(condition), self.trans_base.embed(pose_codes)], dim=1)
        x = self._run(self.trans_base.drop(self.trans_base.pos_embed(tokens)))
        return self._logits(x[:, condition.shape[1] - 1 :])

    @torch.no_grad()
    def generate(
        self,
        condition: Tensor,
        temperature: float = 1.0,
        generator: Generators = None,
        *,
        lengths: Tensor | None = None,
        max_steps: int | None = None,
        min_steps: int = 1,
        prefix: Tensor | None = None,
        guidance: float = 1.0,
        sampling: Sampling | None = None,
        on_step: Callable[[int], None] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Sample pose codes until each sample's own END.

        The condition's keys and values are computed once; samples that have ended leave the batch. What is drawn for
        a sample depends on the generator's state and the sample's row, not on the other samples. PAD, never a target in
        training, stays off.

        Args:
            condition: (B, C, clip_dim).
            temperature: 0 takes the most probable code of each group.
            generator: of the samples' random streams, or a sequence with one CPU generator per sample.
            lengths: (B,) steps to generate, END ignored; None lets the model choose.
            max_steps: upper limit; at most block_size - C, the default.
            min_steps: END is ignored before this many steps, or the sampling's `least_steps`.
            prefix: (B, P, 70) first steps that are given and kept.
            guidance: weight g of the text, logits = without + g * (with - without text); 1 costs nothing. Needs a
                model trained with ``--cond-drop-prob``.
            sampling: all about how codes are drawn, in place of temperature and guidance.
            on_step: called with the number of new steps after each; what it raises ends the sampling.

        Returns:
            Category indices (B, Lmax, 70) uint8, zero beyond a sample's end, and lengths (B,) in steps.
        """
        sampling = sampling or Sampling(temperature, guidance=guidance)
        batch, tokens = condition.shape[:2]
        capacity = self.config.block_size - tokens
        limit = capacity if max_steps is None else min(max_steps, capacity)
        if lengths is not None:
            if int(lengths.max()) > capacity:
                raise ValueError(
                    f"{int(lengths.max())} steps asked for, the model's block size allows {capacity}"
                )
            limit = int(lengths.max())
        device = condition.device
        noise = None
        if sampling.is_random:
            # Always of the full length, so that a sample's noise does not depend on the longest clip beside it.
            noise = gumbel_noise(batch, (capacity, *GROUP_INDEX.shape), generator).to(device)
        copies, condition = sampling.copies, sampling.conditions(condition)
        x = self.trans_base.cond_emb(condition)
        caches = [
            KeyValueCache.empty(
                len(x), self.config.heads, tokens + limit, self.config.embed_dim // self.config.heads, x
            )
            for _ in range(2 * self.config.num_layers)
        ]
        start = 0
        codes = torch.zeros(batch, limit, self.group_count, dtype=torch.uint8, device=device)
        if prefix is not None:
            start = prefix.shape[1]
            if start > limit:
                raise ValueError(f"a prefix of {start} steps is longer than the {limit} steps to generate")
            codes[:, :start] = prefix
            x = torch.cat([x, self.trans_base.embed(prefix).repeat_interleave(copies, 0)], dim=1)
        ends = torch.full((batch,), limit, dtype=torch.long, device=device)
        active, going = torch.arange(batch, device=device), torch.ones(batch, device=device)
        position = 0
        for step in range(start, limit):
            hidden = self._run(self.trans_base.pos_embed(x, position), caches)
            position += x.shape[1]
            logits = sampling.guided(self._logits(hidden[:, -1]))
            if lengths is not None:
                ended = lengths.to(device)[active] <= step
            elif step >= max(min_steps, sampling.least_steps or 1):
                ended = sampling.ended(logits[:, END], going)
            else:
                ended = torch.zeros_like(active, dtype=torch.bool)
            if bool(ended.any()):
                ends[active[ended]] = step
                rows = staying(ended)
                active, logits, going = active[rows], logits[rows], going[rows]
                if len(active) == 0:
                    break
                cached = (copies * rows.unsqueeze(1) + torch.arange(copies, device=device)).flatten()
                for cache in caches:
                    cache.keep(cached)
            drawn = sampling.draw(by_group(logits), None if noise is None else noise[active, step])
            codes[active, step] = drawn.to(torch.uint8)
            if on_step is not None:
                on_step(step + 1 - start)
            x = self.trans_base.embed(drawn.unsqueeze(1)).repeat_interleave(copies, 0)
        return codes[:, : int(ends.max())], ends

    @property
    def group_count(self) -> int:
        """Pose-code groups per step."""
        return GROUP_INDEX.shape[0]
