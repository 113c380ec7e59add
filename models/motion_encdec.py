"""Convolutional motion encoder and decoder (T2M-GPT / CoMo layout, ``reference/models.md`` section 3).

The numbering inside ``model`` is that of the published checkpoints: don't reorder.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.resnet1d import Resnet1D, run_masked


class MotionEncoder(nn.Module):
    """Features (B, T, D) -> latents (B, T / 2^down_t, latent_dim)."""

    def __init__(
        self,
        features: int,
        width: int,
        latent_dim: int,
        down_t: int,
        depth: int,
        rate: int,
        activation: str,
        norm: str | None,
    ) -> None:
        super().__init__()
        stages = [
            nn.Sequential(
                nn.Conv1d(width, width, 4, stride=2, padding=1),
                Resnet1D(width, depth, rate, activation, norm),
            )
            for _ in range(down_t)
        ]
        self.model = nn.Sequential(
            nn.Conv1d(features, width, 3, padding=1),
            nn.ReLU(),
            *stages,
            nn.Conv1d(width, latent_dim, 3, padding=1),
        )

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Features (B, T, D), mask (B, T) or None -> (B, T', latent_dim)."""
        latent, _ = run_masked(
            self.model, features.transpose(1, 2), None if mask is None else mask.unsqueeze(1)
        )
        return latent.transpose(1, 2)


class MotionDecoder(nn.Module):
    """Latents (B, T', latent_dim) -> features (B, T' * 2^down_t, D)."""

    def __init__(
        self,
        features: int,
        width: int,
        latent_dim: int,
        down_t: int,
        depth: int,
        rate: int,
        activation: str,
        norm: str | None,
    ) -> None:
        super().__init__()
        stages = [
            nn.Sequential(
                Resnet1D(width, depth, rate, activation, norm),
                nn.Upsample(scale_factor=2, mode="nearest"),
                nn.Conv1d(width, width, 3, padding=1),
            )
            for _ in range(down_t)
        ]
        self.model = nn.Sequential(
            nn.Conv1d(latent_dim, width, 3, padding=1),
            nn.ReLU(),
            *stages,
            nn.Conv1d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(width, features, 3, padding=1),
        )

    def forward(self, latent: Tensor, mask: Tensor | None = None) -> Tensor:
        """Latents (B, T', latent_dim), mask (B, T') or None -> (B, T, D)."""
        features, _ = run_masked(
            self.model, latent.transpose(1, 2), None if mask is None else mask.unsqueeze(1)
        )
        return features.transpose(1, 2)
