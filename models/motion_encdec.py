"""Convolutional motion encoder and decoder (T2M-GPT / CoMo layout, docs/method.md section 3).

The numbering inside ``model`` is that of the published checkpoints: don't reorder.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.resnet1d import Resnet1D, masked, upsampled_conv


@dataclass(frozen=True)
class ConvShape:
    """Sizes and layers that encoder and decoder share."""

    features: int
    width: int
    latent_dim: int
    down_t: int
    depth: int
    dilation_growth_rate: int
    activation: str
    norm: str | None

    def resnet(self) -> Resnet1D:
        """Residual blocks of one resolution."""
        return Resnet1D(self.width, self.depth, self.dilation_growth_rate, self.activation, self.norm)


class MotionEncoder(nn.Module):
    """Features (B, T, D) -> latents (B, T / 2^down_t, latent_dim)."""

    def __init__(self, shape: ConvShape) -> None:
        super().__init__()
        width = shape.width
        stages = [
            nn.Sequential(
                nn.Conv1d(width, width, 4, stride=2, padding=1),
                shape.resnet(),
            )
            for _ in range(shape.down_t)
        ]
        self.model = nn.Sequential(
            nn.Conv1d(shape.features, width, 3, padding=1),
            nn.ReLU(),
            *stages,
            nn.Conv1d(width, shape.latent_dim, 3, padding=1),
        )

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Features (B, T, D), mask (B, T) or None -> (B, T', latent_dim)."""
        first, activation, *stages, last = self.model
        mask = None if mask is None else mask.unsqueeze(1)
        x = activation(masked(first, features.transpose(1, 2), mask))
        for stage in stages:
            halving, resnet = stage.children()
            x = masked(halving, x, mask)
            mask = None if mask is None else mask[..., ::2]
            x = resnet(x, mask)
        return masked(last, x, mask).transpose(1, 2)


class MotionDecoder(nn.Module):
    """Latents (B, T', latent_dim) -> features (B, T' * 2^down_t, D)."""

    def __init__(self, shape: ConvShape) -> None:
        super().__init__()
        width = shape.width
        stages = [
            nn.Sequential(
                shape.resnet(),
                nn.Upsample(scale_factor=2, mode="nearest"),
                nn.Conv1d(width, width, 3, padding=1),
            )
            for _ in range(shape.down_t)
        ]
        self.model = nn.Sequential(
            nn.Conv1d(shape.latent_dim, width, 3, padding=1),
            nn.ReLU(),
            *stages,
            nn.Conv1d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(width, shape.features, 3, padding=1),
        )

    def forward(self, latent: Tensor, mask: Tensor | None = None) -> Tensor:
        """Latents (B, T', latent_dim), mask (B, T') or None -> (B, T, D)."""
        first, activation, *stages, before_last, _, last = self.model
        mask = None if mask is None else mask.unsqueeze(1)
        x = activation(masked(first, latent.transpose(1, 2), mask))
        for stage in stages:
            resnet, _, conv = stage.children()
            assert isinstance(conv, nn.Conv1d)
            x, mask = upsampled_conv(conv, resnet(x, mask), mask)
        x = activation(masked(before_last, x, mask))
        return masked(last, x, mask).transpose(1, 2)
