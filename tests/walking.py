"""A person who walks, and the ways in which other projects store that."""

from __future__ import annotations

import numpy as np

from dataset.motion_files.amass import pose_joints
from dataset.motion_files.rig import T2M_REST
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.skeleton import T2M_SKELETON


def rest_pose() -> np.ndarray:
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        rest[joint] = rest[T2M_SKELETON.parents[joint]] + T2M_REST[joint]
    return rest


def swinging(frames: int = 30) -> np.ndarray:
    """(T, 22, 3) axis-angles of swinging legs and hanging arms."""
    turns = np.zeros((frames, 22, 3))
    swing = np.sin(np.arange(frames) / 4)
    turns[:, 1, 0], turns[:, 2, 0] = 0.4 * swing, -0.4 * swing
    turns[:, 4, 0] = turns[:, 5, 0] = 0.3 + 0.2 * swing
    turns[:, 16, 2], turns[:, 17, 2] = -1.3, 1.3
    return turns


def walking() -> np.ndarray:
    """(30, 22, 3) metres, y up, the lowest joint on the floor, 1 m/s along z at 20 frames a second."""
    joints = pose_joints(rest_pose(), swinging(), np.arange(30)[:, None] / 20 * (0.0, 0.0, 1.0))
    return joints - (0, joints[..., 1].min(), 0)


def mdm(walk: np.ndarray, lengths=(26, 20)) -> dict:
    """What MDM writes: (samples, joints, 3, frames), each clip padded with its last frame."""
    motion = np.stack([walk[np.minimum(np.arange(40), length - 1)].transpose(1, 2, 0) for length in lengths])
    return {"motion": motion, "text": ["a person walks"] * len(lengths), "lengths": np.array(lengths),
            "num_samples": np.int64(1), "num_repetitions": len(lengths)}  # fmt: skip


def make_joints(frames: int, seed: int) -> np.ndarray:
    """A clip of a puppet that walks in a circle, (frames, 22, 3) float32."""
    rng = np.random.default_rng(seed)
    puppet = make_puppet(frames, 20.0, rng)
    KINDS["walk_circle_left"].action(puppet, 0.2, frames / 20.0 - 0.2, rng)
    return puppet.joints().astype(np.float32)
