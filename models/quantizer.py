"""One vector-quantization stage: soft (attention over a learned codebook) or hard (EMA codebook with reset).

Both give the same three calls, so that the residual quantizer need not know which it holds:
``forward`` for training, ``encode`` to indices, ``values`` for the vectors that indices stand for.
Source: docs/method.md section 3; EMA with reset as in Jukebox and T2M-GPT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.distributed import is_distributed, mean_everywhere

ENTROPY_TEMPERATURE = 0.01
EMA_DECAY = 0.99


class Quantizer(Protocol):
    """What the residual quantizer knows of its stages, soft or hard."""

    codebook: Tensor  # (K, W)

    def __call__(self, x: Tensor) -> StageOutput:
        """Quantize (N, W) for training."""

    def initialise(self, vectors: Tensor) -> None:
        """Fill the codebook from (N, W)."""

    def encode(self, x: Tensor) -> Tensor:
        """(N, W) -> (N,) indices."""

    def values(self) -> Tensor:
        """The vectors that indices stand for, (K, W)."""


@dataclass
class StageOutput:
    """What one quantizer stage makes of (N, W) vectors."""

    quantized: Tensor  # (N, W), with the stage's own gradient (not straight-through to the input)
    indices: Tensor  # (N,) int64
    loss: Tensor  # scalar, commitment and codebook terms
    entropy: Tensor  # scalar, mean sample entropy minus entropy of the mean


def _entropy(logits: Tensor) -> Tensor:
    """Mean entropy of each sample minus the entropy of their mean, at temperature 0.01: (N, K) -> scalar.

    Low when every vector is sure of its code and all codes are used.
    """
    log_p = F.log_softmax(logits / ENTROPY_TEMPERATURE, dim=-1)
    p = log_p.exp()
    mean = mean_everywhere(p)
    return -(p * log_p).sum(dim=-1).mean() + (mean * (mean + 1e-5).log()).sum()


def tiled(vectors: Tensor, codes: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw ``codes`` rows from (N, W); when N is short, repeat the rows with noise 0.01 / sqrt(W).

    ``generator``: on the vectors' device, as is the global one that None stands for.
    """
    count, width = vectors.shape
    if count < codes:
        repeats = -(-codes // count)
        noise = torch.randn(count * repeats, width, generator=generator, device=vectors.device)
        vectors = vectors.repeat(repeats, 1) + noise.to(vectors.dtype) * 0.01 / width**0.5
    order = torch.randperm(len(vectors), generator=generator, device=vectors.device)[:codes]
    return vectors[order].clone()


def _same_everywhere(tensor: Tensor) -> Tensor:
    """Give every process of a distributed run rank 0's tensor."""
    if is_distributed():
        torch.distributed.broadcast(tensor, src=0)
    return tensor


def _sum_everywhere(tensor: Tensor) -> Tensor:
    """Sum a tensor over the processes of a distributed run."""
    if is_distributed():
        torch.distributed.all_reduce(tensor)
    return tensor


class _Projections(nn.Module):
    """Query, key and value projections; names as in the published checkpoints."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.norm_q, self.norm_k = nn.RMSNorm(width, eps=1e-5), nn.RMSNorm(width, eps=1e-5)


class SoftQuantizer(nn.Module):
    """Attention over K codes: index = argmax(query . key), vector = value of that code.

    Decoding needs the *value* vectors Wv E, not the codebook E.
    """

    codebook: Tensor  # (K, W)

    def __init__(self, codes: int, width: int, beta: float = 0.25, init: str = "enc") -> None:
        super().__init__()
        self.codes, self.width, self.beta, self.init = codes, width, beta, init
        codebook = torch.empty(codes, width)
        if init == "uniform":
            nn.init.uniform_(codebook, -1.0 / codes, 1.0 / codes)
        else:
            nn.init.xavier_uniform_(codebook)
        self.codebook = nn.Parameter(codebook)
        self.attn = _Projections(width)

    @torch.no_grad()
    def initialise(self, vectors: Tensor) -> None:
        """Set the codebook to rows of (N, W) when ``init`` is "enc".

        The projections start as the identity, so that the values, too, start as those rows.
        """
        if self.init == "enc":
            self.codebook.copy_(_same_everywhere(tiled(vectors.detach(), self.codes)))
            for projection in (self.attn.to_q, self.attn.to_k, self.attn.to_v):
                nn.init.eye_(projection.weight)
                nn.init.zeros_(projection.bias)

    def values(self) -> Tensor:
        """The vectors that indices stand for, (K, W)."""
        return self.attn.to_v(self.codebook)

    def logits(self, x: Tensor) -> Tensor:
        """Similarities (N, W) -> (N, K)."""
        query = self.attn.norm_q(self.attn.to_q(x))
        key = self.attn.norm_k(self.attn.to_k(self.codebook))
        return query @ key.T / self.width**0.5

    def encode(self, x: Tensor) -> Tensor:
        """(N, W) -> (N,) indices."""
        return self.logits(x).argmax(dim=-1)

    def forward(self, x: Tensor) -> StageOutput:
        """Quantize (N, W); the softmax carries the gradient of the hard choice."""
        logits, values = self.logits(x), self.values()
        indices = logits.argmax(dim=-1)
        plain, soft = values[indices], logits.softmax(dim=-1) @ values.detach()
        quantized = plain + (soft - soft.detach())  # the source's (one-hot + soft - sg(soft)) @ values
        loss = (
            F.mse_loss(quantized, x)
            + F.mse_loss(x, plain.detach())
            + self.beta * F.mse_loss(plain, x.detach())
        )
        return StageOutput(quantized, indices, loss, _entropy(logits))


class HardQuantizer(nn.Module):
    """Nearest code by Euclidean distance.

    With ``ema`` the codebook follows its vectors by an exponential moving average and codes that nobody uses are
    reset to vectors of the batch; without it the codebook learns by the codebook loss.
    """

    codebook: Tensor  # (K, W)
    code_sum: Tensor  # (K, W), only with `ema`
    code_count: Tensor  # (K,), only with `ema`

    def __init__(
        self, codes: int, width: int, beta: float = 0.25, init: str = "enc", ema: bool = True
    ) -> None:
        super().__init__()
        self.codes, self.width, self.beta, self.init, self.ema = codes, width, beta, init, ema
        codebook = torch.empty(codes, width)
        if init == "uniform":
            nn.init.uniform_(codebook, -1.0 / codes, 1.0 / codes)
        else:
            nn.init.xavier_uniform_(codebook)
        if ema:
            self.register_buffer("codebook", codebook)
            self.register_buffer("code_sum", codebook.clone())
            self.register_buffer("code_count", torch.ones(codes))
        else:
            self.codebook = nn.Parameter(codebook)

    @torch.no_grad()
    def initialise(self, vectors: Tensor) -> None:
        """Set the codebook to rows of (N, W) when ``init`` is "enc"."""
        if self.init == "enc":
            self.codebook.copy_(_same_everywhere(tiled(vectors.detach(), self.codes)))
            if self.ema:
                self.code_sum.copy_(self.codebook)
                self.code_count.fill_(1.0)

    def values(self) -> Tensor:
        """The vectors that indices stand for, (K, W)."""
        return self.codebook

    def logits(self, x: Tensor) -> Tensor:
        """Negative squared distances (N, W) -> (N, K)."""
        codebook = self.codebook
        return 2 * x @ codebook.T - codebook.square().sum(dim=-1) - x.square().sum(dim=-1, keepdim=True)

    def encode(self, x: Tensor) -> Tensor:
        """(N, W) -> (N,) indices."""
        return self.logits(x).argmax(dim=-1)

    def forward(self, x: Tensor) -> StageOutput:
        """Quantize (N, W) and, in training, move the codebook towards x."""
        with torch.no_grad():
            indices = self.encode(x)
        quantized = F.embedding(indices, self.codebook)
        loss = self.beta * F.mse_loss(x, quantized.detach())
        if not self.ema:
            loss = loss + F.mse_loss(quantized, x.detach())
        elif self.training:
            self._follow(x.detach(), indices)
        return StageOutput(quantized, indices, loss, x.new_zeros(()))  # hard choices have no entropy

    @torch.no_grad()
    def _follow(self, x: Tensor, indices: Tensor) -> None:
        count = torch.zeros_like(self.code_count).index_add_(0, indices, torch.ones_like(x[:, 0]))
        total = torch.zeros_like(self.code_sum).index_add_(0, indices, x)
        self.code_count.mul_(EMA_DECAY).add_(_sum_everywhere(count), alpha=1 - EMA_DECAY)
        self.code_sum.mul_(EMA_DECAY).add_(_sum_everywhere(total), alpha=1 - EMA_DECAY)
        fresh = _same_everywhere(tiled(x, self.codes))
        used = (self.code_count >= 1.0).unsqueeze(-1)
        mean = self.code_sum / self.code_count.clamp(min=1e-5).unsqueeze(-1)
        self.codebook.copy_(torch.where(used, mean, fresh))
