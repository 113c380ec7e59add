"""A body that can be posed by gradient: joints from bent limbs.

`Body` keeps a source motion's bone lengths and its very poses: with all parameters 0 it returns the source.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from utils.rotation import turn, unit, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction

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
}
MAX_BEND = np.radians(155.0)
STRAIGHT = np.radians(4.0)  # no elbow or knee is straightened beyond this
ROOT_REACH = 0.5  # metres that one unit of a root parameter stands for


class Body:
    """Joints from changes of a source motion: root shift, ball joints, hinged elbows and knees.

    Args:
        joints: (T, 22, 3) metres.
        limbs: stiffness of the limbs that may move ("left_arm", ..., "torso"); 1 moves freely, larger reluctantly.
        root: stiffness of moving the whole body, None: it stays.
    """

    def __init__(self, joints: np.ndarray, limbs: dict[str, float], root: float | None) -> None:
        self.source = torch.as_tensor(joints, dtype=torch.float32)
        self.balls = [name for limb in limbs for name in LIMB_JOINTS[limb] if name in BALLS]
        self.hinges = [name for limb in limbs for name in LIMB_JOINTS[limb] if name in HINGES]
        self.moves_root = root is not None
        stiffness = []
        for limb in limbs:
            for name in LIMB_JOINTS[limb]:
                if name in BALLS:  # a trunk bends forward more readily than it twists or tilts to a side
                    easy = (1.0, 1.5, 3.0) if limb == "torso" else (1.0, 1.0, 1.0)
                    stiffness += [limbs[limb] * factor for factor in easy]
        stiffness += [limbs[limb] * 0.5 for limb in limbs for name in LIMB_JOINTS[limb] if name in HINGES]
        stiffness += [root] * 3 if self.moves_root else []
        self.stiffness = torch.tensor(stiffness)  # (P,) of the parameters
        self.yaw = torch.as_tensor(yaw_of(facing_direction(joints, T2M_SKELETON)), dtype=torch.float32)
        self.offsets = self.source[:, 1:] - self.source[:, list(PARENTS[1:])]
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
        turns = self.source.new_zeros(frames, len(PARENTS), 3)
        own_axes = parameters[:, :balls].view(frames, -1, 3)  # about the body's left, up and forward
        own_axes = turn(own_axes, -self.yaw[:, None])
        for number, name in enumerate(self.balls):
            turns[:, list(BALLS[name])] = own_axes[:, [number]] / len(BALLS[name])
        if self.hinges:
            angles = parameters[:, balls : balls + len(self.hinges)]
            # Bends stay within what joints can do, but a source beyond that is left as it is.
            low = torch.minimum(self.bends, torch.tensor(STRAIGHT)) - self.bends
            high = torch.maximum(self.bends, torch.tensor(MAX_BEND)) - self.bends
            turns[:, [HINGES[name] for name in self.hinges]] = self.axes * angles.clamp(low, high)[..., None]
        local = _matrices(turns)
        positions, rotations = [self.source[:, 0]], [local[:, 0]]
        if self.moves_root:
            positions[0] = positions[0] + ROOT_REACH * parameters[:, -3:]
        for joint in range(1, len(PARENTS)):
            above = rotations[PARENTS[joint]]
            positions.append(
                positions[PARENTS[joint]] + (above @ self.offsets[:, joint - 1, :, None])[..., 0]
            )
            rotations.append(above @ local[:, joint])
        return torch.stack(positions, 1)

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
