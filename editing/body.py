"""A body that can be posed by gradient: joints from bent limbs.

`Body` keeps a source motion's bone lengths and its very poses: with all parameters 0 it returns the source.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from utils.rotation import array_module, turn, unit, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction
from utils.texts import read_yaml

PARENTS = T2M_SKELETON.parents
# Parameters: (name, joint, kind). A ball joint turns all that hangs on it about three axes, a hinge about its own.
BALLS = {  # the spine is one: its three joints turn alike, else one would bend back what the other bends forward
    "spine": (3, 6, 9), "left_shoulder": (16,), "right_shoulder": (17,),
    "left_hip": (1,), "right_hip": (2,), "left_ankle": (7,), "right_ankle": (8,),
}  # fmt: skip
HINGES = {"left_elbow": 18, "right_elbow": 19, "left_knee": 4, "right_knee": 5}
LIMB_JOINTS = {
    "left_arm": ("left_shoulder", "left_elbow"),
    "right_arm": ("right_shoulder", "right_elbow"),
    "left_leg": ("left_hip", "left_knee", "left_ankle"),
    "right_leg": ("right_hip", "right_knee", "right_ankle"),
    "torso": ("spine",),
    "shoulders": ("left_collar", "right_collar"),
}
MAX_BEND = np.radians(155.0)
STRAIGHT = np.radians(4.0)  # no elbow or knee is straightened beyond this
# Stiffness of a trunk that bends forward, twists, tilts: of any trunk, and of one that is to bend forward.
BENDS, BENDS_FORWARD = (1.0, 1.5, 3.0), (1.0, 8.0, 40.0)
ROOT_REACH = 0.5  # metres that one unit of a root parameter stands for


COLLARS = {"left_shoulder": (13, 16, 18), "right_shoulder": (14, 17, 19)}  # collar, shoulder, elbow
ACROSS = {"left_shoulder": 1.0, "right_shoulder": -1.0}  # sign of a torso's left that is outward
SHRUGS = {"left_collar": 16, "right_collar": 17}  # collars that go up and down: each takes its shoulder along
MOST_SHRUGGED = np.radians(22.0)  # that a collar goes up or down: a shoulder by about five centimetres


def torso_frames(joints: np.ndarray) -> np.ndarray:
    """Rows (T, 3, 3): the torso's left, its up (upper chest to neck) and its front, of joints (T, 22, 3)."""
    up = unit(joints[:, 12] - joints[:, 9])
    left = unit(np.cross(up, facing_direction(joints, T2M_SKELETON)))
    return np.stack([left, up, np.cross(left, up)], 1)


def arm_terms(arm: Any) -> Any:
    """Terms (..., 7) of an upper arm's direction (..., 3), outward, up and forward, that its collar depends on."""
    x, y, z = arm[..., 0], arm[..., 1], arm[..., 2]
    return array_module(arm).stack([x, y, z, y * y, x * y, y * z, x * z], -1)


@cache
def responses() -> dict[str, Any]:
    """Numbers of body_responses.yaml, learnt from captured motion by benchmarks/body_responses.py."""
    return read_yaml(Path(__file__).with_name("body_responses.yaml"))


class Body:
    """Joints from changes of a source motion: root shift, ball joints, hinged elbows and knees.

    Args:
        joints: (T, 22, 3) metres.
        limbs: stiffness of the limbs that may move ("left_arm", ..., "torso"); 1 moves freely, larger reluctantly.
        root: stiffness of moving the whole body, None: it stays.
        upright: whether the trunk bends forward much more readily than it tilts or twists.
    """

    def __init__(
        self, joints: np.ndarray, limbs: dict[str, float], root: float | None, upright: bool = False
    ) -> None:
        self.source = torch.as_tensor(joints, dtype=torch.float32)
        self.balls = [name for limb in limbs for name in LIMB_JOINTS[limb] if name in BALLS]
        self.hinges = [name for limb in limbs for name in LIMB_JOINTS[limb] if name in HINGES]
        self.shrugs = [name for limb in limbs for name in LIMB_JOINTS[limb] if name in SHRUGS]
        self.turned = [BALLS[name] for name in self.balls] + [(HINGES[name],) for name in self.hinges]
        self.moves_root = root is not None
        stiffness = []
        for limb in limbs:
            for name in LIMB_JOINTS[limb]:
                if name in BALLS:  # a trunk bends forward more readily than it twists or tilts to a side
                    # ... a foot follows its leg: where it points is not what an edit of a leg is about.
                    easy = {"torso": BENDS_FORWARD if upright else BENDS, "ankle": (12.0, 20.0, 20.0)}
                    kind = limb if limb == "torso" else name.partition("_")[2]
                    stiffness += [limbs[limb] * factor for factor in easy.get(kind, (1.0, 1.0, 1.0))]
        stiffness += [limbs[limb] * 0.5 for limb in limbs for name in LIMB_JOINTS[limb] if name in HINGES]
        stiffness += [limbs[limb] for limb in limbs for name in LIMB_JOINTS[limb] if name in SHRUGS]
        if root is not None:
            stiffness += [root] * 3
        self.stiffness = torch.tensor(stiffness)  # (P,) of the parameters
        self.yaw = torch.as_tensor(yaw_of(facing_direction(joints, T2M_SKELETON)), dtype=torch.float32)
        self.offsets = self.source[:, 1:] - self.source[:, list(PARENTS[1:])]
        self.collars = {COLLARS[name][1]: name for name in self.balls if name in COLLARS}
        self.torso = torch.as_tensor(torso_frames(joints), dtype=torch.float32)  # (T, 3, 3)
        self.coefficients = torch.tensor(responses()["collar"]["coefficients"])
        hinged = [self._hinge(joints, name) for name in self.hinges]
        bends = np.stack([bend for bend, _ in hinged], 1) if hinged else np.zeros((len(joints), 0))
        axes = np.stack([axis for _, axis in hinged], 1) if hinged else np.zeros((len(joints), 0, 3))
        self.bends = torch.tensor(bends, dtype=torch.float32)  # (T, H)
        self.axes = torch.tensor(axes, dtype=torch.float32)  # (T, H, 3)

    @property
    def side(self) -> Tensor:
        """Direction (T, 3) of the body's left."""
        zero = torch.zeros_like(self.yaw)
        return turn(torch.stack([zero + 1, zero, zero], -1), -self.yaw)

    @property
    def size(self) -> int:
        """Number of parameters P per frame."""
        return len(self.stiffness)

    def __call__(self, parameters: Tensor) -> Tensor:
        """Joints (T, 22, 3) of parameters (T, P) in radians (root: units of ROOT_REACH metres)."""
        frames, balls = len(self.source), 3 * len(self.balls)
        own_axes = parameters[:, :balls].view(frames, -1, 3)  # about the body's left, up and forward
        own_axes = turn(own_axes, -self.yaw[:, None])
        turns = [own_axes[:, number] / len(BALLS[name]) for number, name in enumerate(self.balls)]
        if self.hinges:
            angles = parameters[:, balls : balls + len(self.hinges)]
            # Bends stay within what joints can do, but a source beyond that is left as it is.
            low = torch.minimum(self.bends, torch.tensor(STRAIGHT)) - self.bends
            high = torch.maximum(self.bends, torch.tensor(MAX_BEND)) - self.bends
            turns += list((self.axes * angles.clamp(low, high)[..., None]).unbind(1))
        made = _matrices(torch.stack(turns, 1)).unbind(1) if turns else ()
        local = {joint: made[number] for number, joints in enumerate(self.turned) for joint in joints}
        bones = self._shrugged(parameters[:, balls + len(self.hinges) :])
        positions: list[Tensor] = [self.source[:, 0]]
        rotations: list[Tensor | None] = [None]  # None: not turned
        if self.moves_root:
            positions[0] = positions[0] + ROOT_REACH * parameters[:, -3:]
        for joint in range(1, len(PARENTS)):
            above, own = rotations[PARENTS[joint]], local.get(joint)
            bone = bones.get(joint, self.offsets[:, joint - 1])
            if joint in self.collars and own is not None:
                bone = self._raised_collar(self.collars[joint], bone, own)
            if above is not None:
                bone = (above @ bone[..., None])[..., 0]
                own = above if own is None else above @ own
            positions.append(positions[PARENTS[joint]] + bone)
            rotations.append(own)
        return torch.stack(positions, 1)

    def _shrugged(self, angles: Tensor) -> dict[int, Tensor]:
        """Bones (T, 3) from collar to shoulder, by the shoulder's joint, that go up by angles (T, S) in radians.

        Arms hang from the shoulders as before: they are carried up and down, not turned.
        """
        bones = {}
        for number, name in enumerate(self.shrugs):
            joint = SHRUGS[name]
            outward = 1.0 if name.startswith("left") else -1.0
            angle = MOST_SHRUGGED * torch.tanh(angles[:, number] / MOST_SHRUGGED)
            turns = self.torso[:, 2] * (outward * angle)[:, None]  # about the torso's front
            bones[joint] = (_matrices(turns) @ self.offsets[:, joint - 1, :, None])[..., 0]
        return bones

    def _raised_collar(self, name: str, bone: Tensor, turned: Tensor) -> Tensor:
        """Collar to shoulder (T, 3) once the upper arm has turned (T, 3, 3): it goes along, as captured bodies' do."""
        elbow = COLLARS[name][2]
        out = torch.tensor([ACROSS[name], 1.0, 1.0])
        arm = self.offsets[:, elbow - 1]
        arm = arm / arm.norm(dim=-1, keepdim=True)
        before, after = (
            arm_terms(out * (self.torso @ way[..., None])[..., 0]) @ self.coefficients
            for way in (arm, (turned @ arm[..., None])[..., 0])
        )
        length = bone.norm(dim=-1, keepdim=True)
        change = torch.cat([torch.zeros_like(before[:, :1]), after - before], -1)  # upward and forward
        raised = bone / length + (self.torso.transpose(1, 2) @ change[..., None])[..., 0]
        return raised / raised.norm(dim=-1, keepdim=True) * length

    def _hinge(self, joints: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Bend (T,) in radians and axis (T, 3) of an elbow or knee in the source motion.

        The axis of a nearly straight limb is unknown: there it turns a forearm forward and up, a shin back.
        """
        middle = HINGES[name]
        first, last = PARENTS[middle], PARENTS.index(middle)
        upper, lower = unit(joints[:, middle] - joints[:, first]), unit(joints[:, last] - joints[:, middle])
        cross = np.cross(upper, lower)
        bend = np.arctan2(np.linalg.norm(cross, axis=-1), (upper * lower).sum(-1))
        forward = facing_direction(joints, T2M_SKELETON)
        if name.endswith("knee"):
            usual = np.cross((0.0, 1.0, 0.0), forward)  # to the left
            usual = usual - upper * (usual * upper).sum(-1, keepdims=True)
        else:
            usual = np.cross(upper, 0.8 * forward + (0.0, 0.6, 0.0))
        known = np.clip((np.degrees(bend) - 6.0) / 12.0, 0.0, 1.0)[:, None]
        return bend, unit(known * unit(cross) + (1 - known) * unit(usual))


def _matrices(turns: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3), smooth at 0."""
    x, y, z = turns.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).view(*turns.shape, 3)
    square = turns.square().sum(-1)[..., None, None] + 1e-12
    angle = square.sqrt()
    return torch.eye(3) + torch.sin(angle) / angle * skew + (1 - torch.cos(angle)) / square * (skew @ skew)
