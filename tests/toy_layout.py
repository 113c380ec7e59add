"""A tiny data set in the HumanML3D layout, made of random numbers: what the loaders' tests read."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dataset.cache import load_split
from dataset.pose_codes import GROUP_SIZES
from dataset.spec import DatasetSpec, get_spec

SPEC: DatasetSpec = get_spec("toy")
LENGTHS = {"a": 40, "b": 64, "c": 90, "d": 120, "e": 199, "f": 150}


def random_codes(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Valid pose codes (frames, 70) uint8."""
    return rng.integers(GROUP_SIZES, size=(frames, len(GROUP_SIZES))).astype(np.uint8)


def write_clip(
    root: Path, name: str, length: int, captions: list[str] | None = None, codes: str = "codes_heading"
) -> None:
    """Write one clip's three files; feature 0 counts the frames, so a test can see where one comes from.

    captions: lines of the text file.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    features = rng.standard_normal((length, SPEC.layout.width)).astype(np.float32)
    features[:, 0] = np.arange(length)
    if captions is None:
        captions = [
            f"a person does {name} {k} times#a/DET person/NOUN {'walk/VERB ' * (k + 1)}#0.0#0.0"
            for k in range(3)
        ]
    for folder in ("new_joint_vecs", "texts", codes):
        (root / folder).mkdir(parents=True, exist_ok=True)
    np.save(root / "new_joint_vecs" / f"{name}.npy", features)
    np.save(root / codes / f"{name}.npy", random_codes(length, rng))
    (root / "texts" / f"{name}.txt").write_text("\n".join(captions) + "\n")


def make_layout(root: Path, lengths: Mapping[str, int] = LENGTHS, split: str = "train") -> Path:
    """Write a data set of the given clips (name -> frames) with one split; returns its folder."""
    for name, length in lengths.items():
        write_clip(root, name, length)
    (root / "codes_heading" / "frame.json").write_text('{"frame": "heading", "noise": 0.0}')
    (root / f"{split}.txt").write_text("\n".join(lengths) + "\n")
    rng = np.random.default_rng(7)
    np.save(root / "Mean.npy", rng.standard_normal(SPEC.layout.width).astype(np.float32))
    np.save(root / "Std.npy", rng.uniform(0.5, 2, SPEC.layout.width).astype(np.float32))
    return root


def fake_encode(texts: list[str], width: int = 16) -> np.ndarray:
    """A vector (n, width) of every text's own, the same wherever it is asked for."""
    vectors = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(width) for text in texts]
    return np.array(vectors, np.float32).reshape(len(texts), width)


def load(root, pose_frame="heading", **options):
    return load_split(root, SPEC, "train", pose_frame=pose_frame, **options)
