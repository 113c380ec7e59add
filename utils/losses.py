"""Named motion losses with weights from YAML (models.md section 3, total loss).

    loss = reconstruction.weight * smoothL1(all D features) + velocity.weight * smoothL1(slice)
         + joints.weight * L1(joints recovered from the features, metres)

The velocity slice is v1 = root-relative positions, v2 = joint velocities, v3 = first differences of all
features along time. The joints term is ours (weight 0 when absent): one rotation velocity among 263 features
weighs too little, yet its errors add up to a drift of the heading. Weights of other terms (quantizer,
entropy) are command line flags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from utils.runtime import UserError
from utils.texts import read_yaml

VELOCITY_MODES = ("v1", "v2", "v3")
DEFAULT_MOTION_LOSSES = {
    "reconstruction": {"weight": 1.0},
    "velocity": {"weight": 0.5, "mode": "v1"},
}


class Layout(Protocol):
    """Named slices of a feature vector, as dataset.spec.FeatureLayout declares them."""

    positions: slice
    velocities: slice


class MotionLoss:
    """Weighted sum of the named losses between two motions.

    `config`: loss name -> {"weight": float, ...}, as `read_loss_config` returns it. `recover_joints`:
    normalised features (B, T, D) -> joints (B, T, J, 3) in metres, needed when the `joints` loss has a weight.
    """

    def __init__(
        self,
        config: Mapping[str, Mapping],
        layout: Layout,
        recover_joints: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.layout, self.recover_joints = layout, recover_joints
        self.joints_weight = float(config.get("joints", {}).get("weight", 0.0))
        if self.joints_weight and recover_joints is None:
            raise ValueError("the joints loss needs recover_joints")
        self.recon_weight = float(config.get("reconstruction", {}).get("weight", 0.0))
        velocity = config.get("velocity", {})
        self.velocity_weight = float(velocity.get("weight", 0.0))
        self.velocity_mode = velocity.get("mode", "v1")
        if self.velocity_mode not in VELOCITY_MODES:
            raise UserError(f"velocity loss mode {self.velocity_mode!r}: use one of {VELOCITY_MODES}")

    def __call__(self, predicted: Tensor, target: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, T, D) normalised features twice -> (scalar, {"recon": ..., "velocity": ...} detached)."""
        recon = F.smooth_l1_loss(predicted, target)
        velocity = self.velocity_loss(predicted, target)
        total = self.recon_weight * recon + self.velocity_weight * velocity
        terms = {"recon": recon.detach(), "velocity": velocity.detach()}
        if self.joints_weight:
            joints = self.joints_loss(predicted, target)
            total = total + self.joints_weight * joints
            terms["joints"] = joints.detach()
        return total, terms

    def joints_loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Mean absolute difference of world joint positions in metres, drift of heading and path included."""
        with torch.autocast(predicted.device.type, enabled=False):
            return F.l1_loss(self.recover_joints(predicted.float()), self.recover_joints(target.float()))

    def velocity_loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Smooth L1 on the slice of `mode`; (B, T, D) -> scalar."""
        return F.smooth_l1_loss(self._slice(predicted), self._slice(target))

    def _slice(self, motion: Tensor) -> Tensor:
        if self.velocity_mode == "v1":
            return motion[..., self.layout.positions]
        if self.velocity_mode == "v2":
            return motion[..., self.layout.velocities]
        return torch.diff(motion, dim=-2)


def read_loss_config(path: str | Path, known: Iterable[str]) -> dict[str, dict]:
    """Read a YAML file of `loss name: {weight: ..., ...}` or `loss name: weight`.

    Raises UserError naming the file and the entry when a name is not in `known` or a weight is no number.
    """
    path, known = Path(path), list(known)
    content = read_yaml(path, "--loss-cfg-path")
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected lines of 'loss name: weight'")
    config = {}
    for name, entry in content.items():
        if name not in known:
            raise UserError(f"{path}: unknown loss '{name}'; known are {', '.join(known)}")
        entry = entry if isinstance(entry, dict) else {"weight": entry}
        weight = entry.get("weight")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
            raise UserError(f"{path}: {name}: weight must be a number from 0 on, got {weight!r}")
        config[name] = entry
    return config
