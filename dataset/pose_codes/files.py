"""Pose code folders: `<id>.npy`, compact (T, 70) uint8 or 70-hot (T, 392) bool, with a frame.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dataset.npy_files import read_npy
from dataset.pose_codes.measures import FRAMES
from dataset.pose_codes.parse import from_khot
from dataset.pose_codes.vocabulary import GROUP_SIZES, NUM_CODES, NUM_GROUPS
from utils.present import has_file
from utils.runtime import UserError, atomic_write
from utils.texts import read_json

FRAME_FILE = "frame.json"


def codes_folder_name(frame: str) -> str:
    """Default folder of a pose frame: `codes` holds the published world frame, `codes_heading` the other."""
    return "codes" if frame == "world" else f"codes_{frame}"


def write_frame_info(folder: Path, frame: str, noise: float = 0.0, **more: Any) -> None:
    """Record how a folder's codes were measured, so that world and heading codes are never mixed."""
    with atomic_write(Path(folder) / FRAME_FILE) as path:
        path.write_text(
            json.dumps({"frame": frame, "noise": noise, **more}, indent=1) + "\n", encoding="utf-8"
        )


def read_frame_info(folder: Path) -> dict[str, Any]:
    """What `write_frame_info` recorded; a folder without a record was made by the release: world, with noise.

    Raises UserError for a record that cannot be read.
    """
    path = Path(folder) / FRAME_FILE
    if not has_file(path):
        return {"frame": "world", "noise": 1.0}
    try:
        info = read_json(path)
    except UserError as error:
        raise UserError(f"{error}: make the codes again by parse_motion.sh") from error
    if not isinstance(info, dict) or info.get("frame") not in FRAMES:
        raise UserError(f"{path} names no known pose frame: make the codes again by parse_motion.sh")
    return info


def read_codes(path: Path) -> np.ndarray:
    """Compact codes (T, 70) uint8 of a file in either form; ValueError when it is damaged or holds anything else."""
    return compact_codes(read_npy(path))


def compact_codes(codes: np.ndarray) -> np.ndarray:
    """Codes in either form, (T, 70) categories or (T, 392) 70-hot -> (T, 70) uint8; ValueError for others."""
    if codes.ndim == 2 and codes.shape[1] == NUM_CODES:
        return from_khot(codes, strict=True)
    if codes.ndim != 2 or codes.shape[1] != NUM_GROUPS or not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(
            f"pose codes have shape {codes.shape}, expected (T, {NUM_GROUPS}) or (T, {NUM_CODES})"
        )
    if np.any(codes < 0) or np.any(codes >= GROUP_SIZES):
        raise ValueError("pose codes hold a category that its group does not have")
    return codes.astype(np.uint8)
