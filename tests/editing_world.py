"""A person who sways and swings the arms, and tokenizers to edit them with: what the tests of editing share."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
from tiny_models import TINY_QUANTIZER, stir, tiny_tokenizer

from dataset.features import extract_features
from dataset.motion_clip import MotionClip
from dataset.spec import get_spec
from editing.decode import Codec
from editing.sources import clip_of
from models.build import CheckpointInfo
from utils.checkpoint import save_checkpoint, write_arguments
from utils.rotation import turn
from utils.skeleton import T2M_SKELETON

SPEC = get_spec("mocap")
FPS = SPEC.fps


def person(frames: int = 61, yaw: float = 0.0, walk: float = 0.0) -> np.ndarray:
    """Joints (frames, 22, 3): standing with slightly bent limbs, arms swinging; yaw turns it, walk moves it on."""
    t = np.arange(frames) / FPS
    joints = np.zeros((frames, 22, 3))
    for chain in T2M_SKELETON.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            name = T2M_SKELETON.joint_names[child]
            direction = np.tile(T2M_SKELETON.rest_directions[child], (frames, 1))
            side = -1.0 if name.startswith("right") else 1.0
            if name.endswith("shoulder"):
                direction = np.tile([side, 0.1, 0.0], (frames, 1))
            if name.endswith("elbow"):
                direction = np.stack([0.15 * side + 0 * t, -1 + 0 * t, 0.3 * side * np.sin(3 * t)], -1)
            if name.endswith("wrist"):
                direction = np.stack([0.1 * side + 0 * t, -1 + 0 * t, 0.5 + 0.3 * side * np.sin(3 * t)], -1)
            if name.endswith("knee"):
                direction = np.stack([0 * t, -1 + 0 * t, 0.12 + 0 * t], -1)
            if name.endswith("ankle"):
                direction = np.stack([0 * t, -1 + 0 * t, -0.12 + 0 * t], -1)
            if name == "head":
                direction = np.tile([0.0, 1.0, 0.3], (frames, 1))
            direction = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
            joints[:, child] = joints[:, parent] + direction * T2M_SKELETON.bone_lengths[child]
    joints[..., 1] -= joints[..., 1].min()
    joints[..., 2] += walk * t[:, None]
    return turn(joints, yaw)


def features_of(joints: np.ndarray) -> np.ndarray:
    """Features (T - 1, 263)."""
    return extract_features(joints, SPEC)


def codec(seed: int = 0) -> Codec:
    """A codec with random weights."""
    tokenizer = stir(tiny_tokenizer(), scale=0.1, seed=seed).eval().requires_grad_(False)
    tokenizer.info = CheckpointInfo(
        Path("tiny"), Namespace(), SPEC, "heading", "corrected", None, 0, np.zeros(263), np.full(263, 0.2)
    )
    return Codec(tokenizer)


def clip(frames: int = 60, keep: str = "original", **how: float) -> MotionClip:
    """The person as a clip; its motion is the true one, its codes are of the random tokenizer."""
    return clip_of(features_of(person(frames + 1, **how)), codec(), "a person stands", keep)


def write_tokenizer(folder: Path) -> Path:
    """The codec's tokenizer as a checkpoint folder."""
    folder.mkdir(parents=True)
    model = stir(tiny_tokenizer(), scale=0.1, seed=0)
    config = model.config
    write_arguments(
        folder,
        {
            "format": "test", "dataname": "mocap", "pose_frame": "heading", "kit_codes": "corrected",
            "width": config.width, "code_dim": config.latent_dim, "depth": config.depth, "down_t": config.down_t,
            "dilation_growth_rate": config.dilation_growth_rate, "vq_act": config.activation,
            "rvq_num_quantizers": TINY_QUANTIZER["stages"], "rvq_nb_code": TINY_QUANTIZER["codes"],
        },
    )  # fmt: skip
    save_checkpoint(folder / "net_last.pth", {"net": model.state_dict(), "nb_iter": 1})
    np.save(folder / "mean.npy", np.zeros(263, np.float32))
    np.save(folder / "std.npy", np.full(263, 0.2, np.float32))
    return folder


def heights(joints, side: str):
    """(T,) height of the wrist of a side over its shoulder, metres, of joints (T, 22, 3)."""
    wrist, shoulder = {"left": (20, 16), "right": (21, 17)}[side]
    return joints[:, wrist, 1] - joints[:, shoulder, 1]
