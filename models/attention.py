"""Pre-norm transformer blocks with an optional key/value cache (GPT-2 layout; names as in T2M-GPT's checkpoints)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.dropout import Dropout, dropout
from utils.runtime import UserError


@dataclass
class KeyValueCache:
    """Keys and values of one attention layer, (B, H, capacity, E / H), filled up to ``length``."""

    keys: Tensor
    values: Tensor
    length: int = 0

    @classmethod
    def empty(cls, batch: int, heads: int, capacity: int, head_dim: int, like: Tensor) -> KeyValueCache:
        """Allocate for ``capacity`` positions on the device and in the type of ``like``."""
        shape = (batch, heads, capacity, head_dim)
        return cls(like.new_empty(shape), like.new_empty(shape))

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store (B, H, S, E / H) new positions; returns all positions so far."""
        end = self.length + keys.shape[2]
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def keep(self, rows: Tensor) -> None:
        """Let sample i be what sample ``rows[i]`` was; copies only the samples that change place."""
        count = len(rows)
        places = (rows != torch.arange(count, device=rows.device)).nonzero().squeeze(1)
        for tensor in (self.keys, self.values):
            tensor[places] = tensor[rows[places]]
        self.keys, self.values = self.keys[:count], self.values[:count]


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    cache: KeyValueCache | None = None,
    dropout: float = 0.0,
    training: bool = False,
) -> Tensor:
    """Multi-head attention of projected inputs.

    Args:
        query: (B, S, E); key and value alike.
        heads: number of heads H.
        mask: (B or 1, S): bool, True for positions that may be attended to, or float, added to the scores of a position.
        causal: each position sees itself and what came before.
        cache: positions seen earlier; the inputs continue them. Either they start the sequence or S = 1.
        dropout: probability of losing an attention weight in training.
        training: a CPU takes the operations that are fastest forwards and backwards, not those of sampling.

    Returns:
        (B, S, E).
    """
    batch, size, width = query.shape
    query, key, value = (
        x.view(batch, size, heads, width // heads).transpose(1, 2) for x in (query, key, value)
    )
    if cache is not None:
        key, value = cache.append(key, value)
    if training and query.device.type == "cpu":
        attended = _attend_plainly(query, key, value, mask, causal, dropout)
    else:
        attended = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=None if mask is None else mask[:, None, None, :],
            is_causal=causal and size > 1,
            dropout_p=dropout if training else 0.0,
        )
    return attended.transpose(1, 2).reshape(batch, size, width)


def _attend_plainly(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool, dropout_rate: float
) -> Tensor:
    """Attention as three operations, (B, H, S, E / H); mask (B or 1, S) and the rest as in `attend`.

    For training on a CPU, where torch's own kernel is the slower one: in bfloat16 four times without dropout (64 x 8
    heads x 93 x 40, forward and backward), and twice with it, where it computes in float32.
    """
    # Autocast would run the softmax in float32; it adds up in float32 as it is.
    with torch.autocast("cpu", enabled=False):
        scores = (query * query.shape[-1] ** -0.5) @ key.mT
        if causal:
            scores += scores.new_full(scores.shape[-2:], float("-inf")).triu(1)
        if mask is not None:
            if mask.dtype == torch.bool:
                mask = torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, float("-inf"))
            scores += mask[:, None, None, :]
        return dropout(scores.softmax(dim=-1), dropout_rate) @ value


class SelfAttention(nn.Module):
    """Multi-head self-attention over (B, S, E)."""

    def __init__(self, embed_dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        if embed_dim % heads:
            raise UserError(
                f"--embed-dim-gpt {embed_dim} is not a multiple of --n-head-gpt {heads}: change either"
            )
        self.heads, self.dropout = heads, dropout
        self.key, self.query, self.value, self.proj = (nn.Linear(embed_dim, embed_dim) for _ in range(4))

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Attend.

        Args:
            x: (B, S, E).
            mask: (B, S), see `attend`.
            causal: each position sees itself and what came before.
            cache: positions seen earlier; x continues them. Either x starts the sequence or S = 1.
        """
        attended = attend(
            self.query(x),
            self.key(x),
            self.value(x),
            self.heads,
            mask=mask,
            causal=causal,
            cache=cache,
            dropout=self.dropout,
            training=self.training,
        )
        attended = self.proj(attended)
        return dropout(attended, self.dropout, self.training)


class Block(nn.Module):
    """LayerNorm, attention, LayerNorm, MLP; both added to the stream."""

    def __init__(self, embed_dim: int, heads: int, ff_rate: int, dropout: float) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(embed_dim), nn.LayerNorm(embed_dim)
        self.attn = SelfAttention(embed_dim, heads, dropout)
        self.mlp = nn.Sequential(
            nn.Linear(embed_dim, ff_rate * embed_dim),
            nn.GELU(),
            nn.Linear(ff_rate * embed_dim, embed_dim),
            Dropout(dropout),
        )

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """(B, S, E) -> (B, S, E)."""
        x = x + self.attn(self.ln1(x), mask=mask, causal=causal, cache=cache)
        return x + self.mlp(self.ln2(x))


class PositionEmbedding(nn.Module):
    """Fixed sinusoidal positions, stored in checkpoints as ``embed`` (L, 1, E)."""

    embed: Tensor

    def __init__(self, size: int, embed_dim: int) -> None:
        super().__init__()
        self.register_buffer("embed", sinusoid(size, embed_dim).unsqueeze(1))

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        """Add positions ``start``, ``start + 1``, ... to (B, S, E)."""
        end = start + x.shape[1]
        if end > len(self.embed):
            raise ValueError(f"sequence of {end} positions is longer than the block size {len(self.embed)}")
        return x + self.embed[start:end, 0]


def sinusoid(size: int, embed_dim: int) -> Tensor:
    """Interleaved sine and cosine positions (size, embed_dim), Vaswani et al. 2017, section 3.5."""
    angle = torch.arange(size).unsqueeze(1) * torch.exp(
        torch.arange(0, embed_dim, 2) * (-math.log(10000.0) / embed_dim)
    )
    return torch.stack([angle.sin(), angle.cos()], dim=-1).reshape(size, embed_dim)


def init_transformer(module: nn.Module) -> None:
    """GPT-2 initialisation: weights N(0, 0.02), biases zero, LayerNorm one and zero."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LayerNorm):
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
