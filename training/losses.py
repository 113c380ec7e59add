"""Named motion losses with weights from YAML (models.md section 3, total loss).

    loss = reconstruction.weight * smoothL1(all D features) + velocity.weight * smoothL1(slice)
         + joints.weight * L1(joints recovered from the features, metres)
         + codes.weight * distance of the joints' measurements from their pose codes' intervals, in categories
         + contact.weight * horizontal speed, metres a frame, of feet that stand in the target

The velocity slice is v1 = root-relative positions, v2 = joint velocities, v3 = first differences of all
features along time. The last three terms are ours (weight 0 when absent): one rotation velocity among 263 features
weighs too little, yet its errors add up to a drift of the heading; codes that a decoded pose does not obey are
no statements about it; and feet slide where nothing holds them. Weights of other terms (quantizer,
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
from utils.skeleton import T2M_SKELETON
from utils.texts import read_yaml

VELOCITY_MODES = ("v1", "v2", "v3")
STANDS, LOW = 0.012, 0.15  # metres a frame (0.24 m/s), metres over the floor: a foot's joint that stands
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
    normalised features (B, T, D) -> joints (B, T, J, 3) in metres, needed by the losses on joints. `violation`:
    joints (B, L, J, 3) and pose codes (B, L, 70) -> distances in categories, needed by the `codes` loss.
    """

    def __init__(
        self,
        config: Mapping[str, Mapping],
        layout: Layout,
        recover_joints: Callable[[Tensor], Tensor] | None = None,
        violation: Callable[[Tensor, Tensor], Tensor] | None = None,
    ) -> None:
        self.layout, self.recover_joints, self.violation = layout, recover_joints, violation
        self.on_joints = {
            name: weight
            for name in ("joints", "codes", "contact")
            if (weight := float(config.get(name, {}).get("weight", 0.0)))
        }
        if self.on_joints and recover_joints is None:
            raise ValueError(f"losses on joints ({', '.join(self.on_joints)}) need recover_joints")
        if "codes" in self.on_joints and violation is None:
            raise ValueError("the codes loss needs violation")
        self.recon_weight = float(config.get("reconstruction", {}).get("weight", 0.0))
        velocity = config.get("velocity", {})
        self.velocity_weight = float(velocity.get("weight", 0.0))
        self.velocity_mode = velocity.get("mode", "v1")
        if self.velocity_mode not in VELOCITY_MODES:
            raise UserError(f"velocity loss mode {self.velocity_mode!r}: use one of {VELOCITY_MODES}")

    def __call__(
        self, predicted: Tensor, target: Tensor, pose_codes: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, T, D) normalised features twice -> (scalar, {"recon": ..., "velocity": ...} detached).

        pose_codes: (B, L, 70) of the target's frames 0, T / L, 2 T / L ..., for the `codes` loss.
        """
        recon = F.smooth_l1_loss(predicted, target)
        velocity = self.velocity_loss(predicted, target)
        total = self.recon_weight * recon + self.velocity_weight * velocity
        terms = {"recon": recon.detach(), "velocity": velocity.detach()}
        if self.on_joints:
            with torch.autocast(predicted.device.type, enabled=False):
                losses = self._losses_on_joints(
                    self.recover_joints(predicted.float()), self.recover_joints(target.float()), pose_codes
                )
            for name, loss in losses.items():
                total = total + self.on_joints[name] * loss
                terms[name] = loss.detach()
        return total, terms

    def _losses_on_joints(
        self, joints: Tensor, wanted: Tensor, pose_codes: Tensor | None
    ) -> dict[str, Tensor]:
        """The losses with a weight, of joints (B, T, J, 3) in metres; drift of heading and path included."""
        losses = {}
        if "joints" in self.on_joints:
            losses["joints"] = F.l1_loss(joints, wanted)
        if "codes" in self.on_joints:
            step = joints.shape[1] // pose_codes.shape[1]
            losses["codes"] = self.violation(joints[:, ::step], pose_codes).mean()
        if "contact" in self.on_joints:
            losses["contact"] = contact_loss(joints, wanted)
        return losses

    def velocity_loss(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Smooth L1 on the slice of `mode`; (B, T, D) -> scalar."""
        return F.smooth_l1_loss(self._slice(predicted), self._slice(target))

    def _slice(self, motion: Tensor) -> Tensor:
        if self.velocity_mode == "v1":
            return motion[..., self.layout.positions]
        if self.velocity_mode == "v2":
            return motion[..., self.layout.velocities]
        return torch.diff(motion, dim=-2)


def contact_loss(joints: Tensor, wanted: Tensor) -> Tensor:
    """Mean horizontal speed (metres a frame) of the foot joints that stand in the motion wanted.

    joints, wanted: (B, T, 22, 3) metres; a joint stands where it is low and slower than `STANDS`.
    """
    feet = [*T2M_SKELETON.left_foot, *T2M_SKELETON.right_foot]
    goal = wanted[:, :, feet]
    stands = (goal.diff(dim=1).norm(dim=-1) < STANDS) & (goal[:, 1:, :, 1] < LOW)
    pace = joints[:, :, feet][..., [0, 2]].diff(dim=1)
    pace = (pace.square().sum(-1) + 1e-10).sqrt()
    return (pace * stands).sum() / stands.sum().clamp(min=1)


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
