"""Dilated 1-D residual blocks and masked convolution stacks (T2M-GPT, CVPR 2023, section 3.1).

All tensors here are (B, C, T), the layout of ``nn.Conv1d``. A *mask* is (B, 1, T), one inside a clip and zero in
its padding. Every convolution sees zeros outside the clip, exactly as if the clip were processed alone, so a padded
batch and a single clip give the same numbers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.runtime import UserError

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "gelu": nn.GELU}
NORMS = ("LN", "GN", "BN")
GROUPS = 32  # of group normalisation


class MaskedGroupNorm(nn.GroupNorm):
    """Group normalisation whose statistics leave padding out."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, C, T), (B, 1, T) or None -> (B, C, T)."""
        if mask is None:
            return super().forward(x)
        batch, channels, frames = x.shape
        grouped = x.reshape(batch, self.num_groups, channels // self.num_groups, frames)
        weight = mask.unsqueeze(1)
        count = weight.sum(dim=(2, 3), keepdim=True) * grouped.shape[2]
        mean = (grouped * weight).sum(dim=(2, 3), keepdim=True) / count
        variance = ((grouped - mean).square() * weight).sum(dim=(2, 3), keepdim=True) / count
        normal = ((grouped - mean) * torch.rsqrt(variance + self.eps)).reshape(x.shape)
        return normal * self.weight[:, None] + self.bias[:, None]


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels of (B, C, T)."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


def make_norm(name: str | None, channels: int) -> nn.Module:
    """Build the ``--vq-norm`` layer: None, LN, GN (32 groups) or BN."""
    if name is None:
        return nn.Identity()
    if name == "LN":
        return ChannelLayerNorm(channels)
    if name == "GN":
        if channels % GROUPS:
            raise UserError(
                f"--vq-norm GN normalises {GROUPS} groups: make --width {channels} a multiple of it"
            )
        return MaskedGroupNorm(GROUPS, channels, eps=1e-6)
    if name == "BN":
        return nn.BatchNorm1d(channels, eps=1e-6)
    raise ValueError(f"unknown normalisation {name!r}: choose from {NORMS} or none")


class ResConv1DBlock(nn.Module):
    """activation, dilated conv k3, activation, conv k1, added to the input."""

    def __init__(self, channels: int, dilation: int, activation: str, norm: str | None) -> None:
        super().__init__()
        self.norm1, self.norm2 = make_norm(norm, channels), make_norm(norm, channels)
        self.activation = ACTIVATIONS[activation]()
        self.conv1 = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.conv2 = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        hidden = self.activation(_normalise(self.norm1, x, mask))
        if mask is not None:
            hidden = hidden * mask
        hidden = self.activation(_normalise(self.norm2, self.conv1(hidden), mask))
        return x + self.conv2(hidden)


def _normalise(norm: nn.Module, x: Tensor, mask: Tensor | None) -> Tensor:
    return norm(x, mask) if isinstance(norm, MaskedGroupNorm) else norm(x)


class Resnet1D(nn.Module):
    """``depth`` residual blocks with dilations rate^(depth-1) ... 1.

    Largest dilation first, in the encoder and in the decoder: the order that published weights were trained with.
    """

    def __init__(self, channels: int, depth: int, rate: int, activation: str, norm: str | None) -> None:
        super().__init__()
        self.model = nn.Sequential(
            *(ResConv1DBlock(channels, rate**i, activation, norm) for i in reversed(range(depth)))
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        for block in self.model:
            x = block(x, mask)
        return x


def masked(conv: nn.Module, x: Tensor, mask: Tensor | None) -> Tensor:
    """A convolution that sees zeros outside the clips: (B, C, T), (B, 1, T) or None -> (B, C', T')."""
    return conv(x if mask is None else x * mask)


def upsampled_conv(conv: nn.Conv1d, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Nearest upsampling by two and a convolution of three taps a, b, c, at half the cost.

    Each frame x[i] becomes two, so the outputs are  a x[i-1] + (b + c) x[i]  and  (a + b) x[i] + c x[i+1], which are
    (a + b + c) x[i] + a (x[i-1] - x[i])  and  (a + b + c) x[i] + c (x[i+1] - x[i]): three products instead of six.

    Args:
        conv: three taps, stride and dilation 1, padding 1.
        x: (B, C, T).
        mask: (B, 1, T) or None.

    Returns:
        (B, C', 2T) and its mask.
    """
    if mask is not None:
        x, mask = x * mask, mask.repeat_interleave(2, dim=-1)
    if x.device.type != "cpu":  # a GPU is limited by the number of kernels here, not by the sums
        return conv(F.interpolate(x, scale_factor=2.0, mode="nearest")), mask
    first, middle, last = conv.weight.unbind(-1)  # (C', C) each
    whole = F.conv1d(x, (first + middle + last).unsqueeze(-1), conv.bias)
    rise = F.pad(x, (0, 1)) - F.pad(x, (1, 0))  # (B, C, T + 1): x[i] - x[i-1], zero outside
    even = whole - F.conv1d(rise[..., :-1], first.unsqueeze(-1))
    odd = whole + F.conv1d(rise[..., 1:], last.unsqueeze(-1))
    return torch.stack([even, odd], dim=-1).flatten(-2), mask
