"""What an edit works with: the tokenizer, and pose codes of a data set."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from dataset.pose_codes.files import codes_folder_name, read_codes
from editing.code_search import CodeBank
from editing.decode import Codec
from models.build import load_tokenizer
from utils.checkpoint import newest_run
from utils.runtime import UserError
from utils.stage_files import DEFAULT_MODELS, STAGES
from utils.texts import read_names

BANK_CLIPS = 400  # enough poses for a search; reading them takes about a second


def load_codec(
    folder: str | Path = DEFAULT_MODELS,
    device: torch.device | str = "cpu",
    data_root: str | Path | None = None,
) -> Codec:
    """The tokenizer of a folder: its own, its folder of dated runs, or one that holds all stages' folders.

    data_root: data set whose statistics a tokenizer of the release goes by. UserError for a folder without one.
    """
    if not Path(folder).is_dir():
        raise UserError(f"--checkpoint-folder {folder}: no such folder; give the PG tokenizer's folder")
    inside = sorted(path for path in Path(folder).glob(STAGES["tokenizer"].pattern) if path.is_dir())
    place = inside[0] if inside and not os.path.lexists(Path(folder) / "arguments.yaml") else folder
    tokenizer = load_tokenizer(newest_run(place), device)
    return Codec(tokenizer, data_root)


def load_bank(data_root: str | Path | None, codec: Codec) -> CodeBank:
    """Pose codes of the training split (each step's of up to BANK_CLIPS clips) for consistency "data"."""
    root = Path(data_root or codec.spec.folder)
    folder, split = root / codes_folder_name(codec.frame), root / "train.txt"
    if not folder.is_dir() or not split.is_file():
        raise UserError(
            f"--consistency data: {folder} or {split} is missing; give the data set by --data-root"
        )
    clips = read_names(split)
    chosen = clips[:: max(len(clips) // BANK_CLIPS, 1)]
    files = [path for name in chosen if (path := folder / f"{name}.npy").is_file()]
    if not files:
        raise UserError(f"--consistency data: {folder} holds no codes of {split}")
    return CodeBank(np.concatenate([_codes(path)[:: codec.stride] for path in files]))


def _codes(path: Path) -> np.ndarray:
    try:
        return read_codes(path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: no pose codes ({error}); make them again by parse_motion.sh") from error
