"""Named motion losses with weights from YAML (docs/method.md section 3, total loss).

    loss = reconstruction.weight * smoothL1(all D features) + velocity.weight * smoothL1(slice)
         + joints.weight * L1(joints recovered from the features, metres)
         + codes.weight * distance of the joints' measurements from their pose codes' intervals, in categories
         + contact.weight * horizontal speed, metres a frame, of feet that stand in the target

The velocity slice is v1 = root-relative positions, v2 = joint velocities, v3 = first differences of all
features along time. The last three terms are ours (weight 0 when absent): one rotation velocity among 263 features
weighs too little, yet its errors add up to a drift of the heading; codes that a decoded pose does not obey are
no statements about it; and feet slide where nothing holds them. Weights of other terms (quantizer,
entropy) are command line flags. A new loss is a function with `motion_loss` above it, and a line of YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from utils.foot_contact import standing_pace
from utils.ranges import WEIGHT
from utils.runtime import UserError
from utils.texts import one_line, read_yaml

VELOCITY_MODES = ("v1", "v2", "v3")
DEFAULT_MOTION_LOSSES = {
    "reconstruction": {"weight": 1.0},
    "velocity": {"weight": 0.5, "mode": "v1"},
}


class Layout(Protocol):
    """Named slices of a feature vector, as dataset.spec.FeatureLayout declares them."""

    @property
    def positions(self) -> slice: ...

    @property
    def velocities(self) -> slice: ...


@dataclass(frozen=True)
class Compared:
    """What a loss may look at: two motions, as features and as joints, and what the tokenizer was told."""

    predicted: Tensor  # (B, T, D) normalised features
    target: Tensor  # (B, T, D)
    layout: Layout
    pose_codes: Tensor | None  # (B, L, 70) of the target's frames 0, T / L, 2 T / L ...
    recover_joints: Callable[[Tensor], Tensor] | None
    violation: Callable[[Tensor, Tensor], Tensor] | None

    @cached_property
    def joints(self) -> Tensor:
        """Joints (B, T, J, 3) of the prediction, metres; drift of heading and path included."""
        return self._joints_of(self.predicted)

    @cached_property
    def wanted(self) -> Tensor:
        """Joints (B, T, J, 3) of the target, metres."""
        return self._joints_of(self.target)

    def _joints_of(self, motion: Tensor) -> Tensor:
        if self.recover_joints is None:
            raise ValueError("losses on joints need recover_joints")
        return self.recover_joints(motion.float())


LossFunction = Callable[[Compared, Mapping[str, Any]], Tensor]


@dataclass(frozen=True)
class Loss:
    """A named loss. choices: values that further keys of its YAML entry may have, the first one by default."""

    function: LossFunction
    label: str  # in logs
    on_joints: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


MOTION_LOSSES: dict[str, Loss] = {}  # in the order in which they are summed


def motion_loss(
    name: str, label: str | None = None, **properties: Any
) -> Callable[[LossFunction], LossFunction]:
    """Make a function of `Compared` and its YAML entry a loss: a line `name: weight` switches it on.

    properties: of `Loss`. Losses on joints are computed in float32, and only where they have a weight.
    """

    def register(function: LossFunction) -> LossFunction:
        MOTION_LOSSES[name] = Loss(function, label or name, **properties)
        return function

    return register


@motion_loss("reconstruction", label="recon")
def reconstruction_loss(seen: Compared, entry: Mapping[str, Any]) -> Tensor:
    """Smooth L1 of all features."""
    return F.smooth_l1_loss(seen.predicted, seen.target)


@motion_loss("velocity", choices={"mode": VELOCITY_MODES})
def velocity_loss(seen: Compared, entry: Mapping[str, Any]) -> Tensor:
    """Smooth L1 of the slice that the entry's `mode` says."""

    def part(motion: Tensor) -> Tensor:
        mode = entry.get("mode", VELOCITY_MODES[0])
        if mode == "v1":
            return motion[..., seen.layout.positions]
        return motion[..., seen.layout.velocities] if mode == "v2" else torch.diff(motion, dim=-2)

    return F.smooth_l1_loss(part(seen.predicted), part(seen.target))


@motion_loss("joints", on_joints=True)
def joints_loss(seen: Compared, entry: Mapping[str, Any]) -> Tensor:
    """L1 of the joints, metres."""
    return F.l1_loss(seen.joints, seen.wanted)


@motion_loss("codes", on_joints=True)
def codes_loss(seen: Compared, entry: Mapping[str, Any]) -> Tensor:
    """Mean distance of the joints' measurements from their pose codes' intervals, in categories."""
    if seen.violation is None or seen.pose_codes is None:
        raise ValueError("the codes loss needs violation and pose codes")
    step = seen.joints.shape[1] // seen.pose_codes.shape[1]
    return seen.violation(seen.joints[:, ::step], seen.pose_codes).mean()


@motion_loss("contact", on_joints=True)
def standing_feet_loss(seen: Compared, entry: Mapping[str, Any]) -> Tensor:
    """See `contact_loss`."""
    return contact_loss(seen.joints, seen.wanted)


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
        self.config, self.layout = config, layout
        self.recover_joints, self.violation = recover_joints, violation
        self.weights = {name: float(config.get(name, {}).get("weight", 0.0)) for name in MOTION_LOSSES}
        # Losses on features cost little: they are logged with weight 0 too.
        self.used = {
            name: loss for name, loss in MOTION_LOSSES.items() if self.weights[name] or not loss.on_joints
        }
        on_joints = [name for name, loss in self.used.items() if loss.on_joints]
        if on_joints and recover_joints is None:
            raise ValueError(f"losses on joints ({', '.join(on_joints)}) need recover_joints")
        if "codes" in on_joints and violation is None:
            raise ValueError("the codes loss needs violation")
        for name, loss in self.used.items():
            for key, allowed in loss.choices.items():
                value = config.get(name, {}).get(key, allowed[0])
                if value not in allowed:
                    raise UserError(f"{name} loss {key} {value!r}: use one of {allowed}")

    def __call__(
        self, predicted: Tensor, target: Tensor, pose_codes: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """(B, T, D) normalised features twice -> (scalar, {"recon": ..., "velocity": ...} detached).

        pose_codes: (B, L, 70) of the target's frames 0, T / L, 2 T / L ..., for the `codes` loss.
        """
        losses = self.terms(predicted, target, pose_codes)
        total = reduce(add, (self.weights[name] * loss for name, loss in losses.items()))
        return total, {self.used[name].label: loss.detach() for name, loss in losses.items()}

    def terms(self, predicted: Tensor, target: Tensor, pose_codes: Tensor | None = None) -> dict[str, Tensor]:
        """Each loss by its name, without its weight; arguments as of a call."""
        seen = Compared(predicted, target, self.layout, pose_codes, self.recover_joints, self.violation)
        losses = {}
        for name, loss in self.used.items():
            context = (
                torch.autocast(predicted.device.type, enabled=False) if loss.on_joints else nullcontext()
            )
            with context:
                losses[name] = loss.function(seen, self.config.get(name, {}))
        return losses


def contact_loss(joints: Tensor, wanted: Tensor) -> Tensor:
    """Mean horizontal speed (metres a frame) of the foot joints that stand in the motion wanted, (B, T, 22, 3) both."""
    pace, stands = standing_pace(joints, wanted)
    return (pace * stands).sum() / stands.sum().clamp(min=1)


def read_loss_config(path: str | Path, known: Iterable[str]) -> dict[str, dict]:
    """Read a YAML file of `loss name: {weight: ..., ...}` or `loss name: weight`.

    Raises UserError naming the file and the entry when a name is not in `known` or a weight is none
    of `utils.ranges.WEIGHT`.
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
        if weight not in WEIGHT:  # NaN and infinity are not
            raise UserError(f"{path}: {name}: weight must be {WEIGHT}, got {one_line(repr(weight), 60)}")
        config[name] = entry
    return config
