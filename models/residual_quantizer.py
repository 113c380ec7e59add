"""Residual vector quantization: stage q quantizes what the stages before it left over (MoMask; docs/method.md section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from models.quantizer import HardQuantizer, Quantizer, SoftQuantizer
from utils.distributed import concatenated, shared_draw

DROPPED = -1  # index of a stage that was left out


@dataclass
class ResidualOutput:
    """What the stack of quantizers makes of (B, L, W) latents."""

    quantized: Tensor  # (B, L, W), straight-through
    indices: Tensor  # (B, L, Q) int64, -1 = dropped stage
    loss: Tensor  # scalar, mean over the stages that ran
    entropy: Tensor  # scalar, mean over the stages that ran


class ResidualQuantizer(nn.Module):
    """Q quantizer stages with quantizer dropout.

    ``initialised`` is a buffer and so part of every checkpoint: a resumed run keeps its codebooks.
    """

    initialised: Tensor  # bool

    def __init__(
        self,
        stages: int,
        codes: int,
        width: int,
        *,
        kind: str = "soft",
        beta: float = 0.25,
        init: str = "enc",
        ema: bool = True,
        shared_codebook: bool = False,
        dropout_prob: float = 0.0,
        dropout_cutoff: int = 0,
    ) -> None:
        super().__init__()
        self.codes, self.width = codes, width
        self.dropout_prob, self.dropout_cutoff = dropout_prob, dropout_cutoff
        if kind == "soft":
            self.layers = nn.ModuleList(SoftQuantizer(codes, width, beta, init) for _ in range(stages))
        elif kind == "hard":
            self.layers = nn.ModuleList(HardQuantizer(codes, width, beta, init, ema) for _ in range(stages))
        else:
            raise ValueError(f"unknown quantizer type {kind!r}: choose soft or hard")
        self.shared_codebook = shared_codebook
        if shared_codebook:
            self._share(kind)
        self.register_buffer("initialised", torch.tensor(False))
        self._ready = False  # spares the device a question per step

    def _share(self, kind: str) -> None:
        first = self.layers[0]
        if kind == "hard" and first.ema:
            # A moving average fed by six stages in turn is one quantizer used six times.
            for index in range(1, len(self.layers)):
                self.layers[index] = first
            return
        for layer in self.layers[1:]:
            layer.codebook = first.codebook

    @property
    def stages(self) -> int:
        """Number of quantizers Q."""
        return len(self.layers)

    @property
    def quantizers(self) -> Sequence[Quantizer]:
        """The stages as what they are; to torch they are modules."""
        return cast(Sequence[Quantizer], self.layers)

    @torch.no_grad()
    def initialise(self, latents: Tensor) -> None:
        """Fill the codebooks from the first batch's residuals, (B, L, W) of each process, stage after stage."""
        residual = concatenated(latents.detach().reshape(-1, self.width))
        for index, layer in enumerate(self.quantizers):
            if index == 0 or not self.shared_codebook:
                layer.initialise(residual)
            residual = residual - layer.values()[layer.encode(residual)]
        self.initialised.fill_(True)

    def forward(self, latents: Tensor) -> ResidualOutput:
        """Quantize (B, L, W); ``latents`` is not changed. Always in float32: distances need the precision."""
        with torch.autocast(latents.device.type, enabled=False):
            return self._quantize(latents.float())

    def _quantize(self, latents: Tensor) -> ResidualOutput:
        if self.training and not self._ready:
            if not bool(self.initialised):
                self.initialise(latents)
            self._ready = True
        residual = latents.reshape(-1, self.width)
        total = torch.zeros_like(residual)
        last = self._draw_last_stage()
        outputs = []
        for layer in self.quantizers[: last + 1]:
            output = layer(residual)
            passed_on = residual + (output.quantized - residual).detach()
            total = total + passed_on
            residual = residual - passed_on.detach()
            outputs.append(output)
        indices = torch.full((len(residual), self.stages), DROPPED, dtype=torch.long, device=latents.device)
        indices[:, : last + 1] = torch.stack([output.indices for output in outputs], dim=-1)
        return ResidualOutput(
            quantized=total.reshape(latents.shape),
            indices=indices.reshape(*latents.shape[:-1], self.stages),
            loss=torch.stack([output.loss for output in outputs]).mean(),
            entropy=torch.stack([output.entropy for output in outputs]).mean(),
        )

    def _draw_last_stage(self) -> int:
        """Index of the last stage that runs: all of them, or fewer under quantizer dropout.

        Drawn alike by all processes: codebooks that follow a moving average are summed over them.
        """
        if self.training and self.dropout_prob > 0 and shared_draw() < self.dropout_prob:
            return self.dropout_cutoff + int(shared_draw() * (self.stages - self.dropout_cutoff))
        return self.stages - 1

    @torch.no_grad()
    def encode(self, latents: Tensor, beams: int = 1) -> Tensor:
        """(B, L, W) -> residual codes (B, L, Q).

        beams: 1 takes each stage's own choice (published); more keep that many beginnings, whose vectors' sum is
        nearest, to the last stage (Babenko and Lempitsky 2014).
        """
        residual = latents.reshape(-1, self.width)
        indices = self._chosen(residual) if beams == 1 else self._searched(residual, beams)
        return indices.reshape(*latents.shape[:-1], self.stages)

    def _chosen(self, residual: Tensor) -> Tensor:
        """(N, W) -> (N, Q), stage after stage."""
        indices = []
        for layer in self.quantizers:
            indices.append(layer.encode(residual))
            residual = residual - layer.values()[indices[-1]]
        return torch.stack(indices, dim=-1)

    def _searched(self, vectors: Tensor, beams: int) -> Tensor:
        """(N, W) -> (N, Q), with `beams` beginnings beside each other."""
        residual = vectors.unsqueeze(1)  # (N, beams, W)
        indices = vectors.new_zeros(len(vectors), 1, 0, dtype=torch.long)  # (N, beams, stages so far)
        for layer in self.quantizers:
            values = layer.values()
            distances = residual.square().sum(-1, keepdim=True) - 2 * residual @ values.T
            distances = (distances + values.square().sum(-1)).flatten(1)
            kept = distances.topk(min(beams, distances.shape[1]), dim=1, largest=False).indices
            before, code = kept // self.codes, kept % self.codes
            rows = torch.arange(len(vectors), device=vectors.device).unsqueeze(1)
            indices = torch.cat([indices[rows, before], code.unsqueeze(-1)], dim=-1)
            residual = residual[rows, before] - values[code]
        return indices[:, 0]

    def decode(self, indices: Tensor) -> Tensor:
        """Residual codes (B, L, q <= Q), -1 = dropped -> latents (B, L, W)."""
        total = torch.zeros(
            *indices.shape[:-1], self.width, device=indices.device, dtype=self.quantizers[0].codebook.dtype
        )
        for stage in range(indices.shape[-1]):
            index = indices[..., stage]
            vectors = self.quantizers[stage].values()[index.clamp(min=0)]
            total = total + vectors * (index >= 0).unsqueeze(-1)
        return total
