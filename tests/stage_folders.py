"""Checkpoint folders of all three stages with tiny models, and a text encoder without weights."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from published_files import BASE, REFINE, TOKENIZER, base_state, refine_state, tokenizer_state, write_folder

from dataset.spec import get_spec

DATE = "2025-01-02-03-04-05"


class FakeEncoder:
    """A text encoder whose vectors are made of the text's letters."""

    width = BASE["clip_dim"]

    def __init__(self, name: str = "clip") -> None:
        self.name = name

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = [
            np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.width) for text in texts
        ]
        return np.array(rows, np.float32)

    def unread(self, text: str) -> str | None:
        return "it is too long" if len(text) > 100 else None


ALL = {"tokenizer": "exp_pg_tokenizer", "base": "exp_base_trans", "refine": "exp_refine_trans"}

PARTS = {
    "tokenizer": ("net", tokenizer_state, TOKENIZER),
    "base": ("trans", base_state, BASE),
    "refine": ("r_trans", refine_state, REFINE),
}


def write_stages(root: Path, dated: bool = False, **changes: dict) -> Path:
    """The three folders of a small set of models, with the tokenizer's statistics; changes: stage -> arguments."""
    for stage, (key, make, arguments) in PARTS.items():
        o = arguments | changes.get(stage, {})
        folder = root / ALL[stage] / DATE if dated else root / ALL[stage]
        if stage == "tokenizer":
            width = get_spec(o["dataname"]).layout.width
            write_folder(folder, key, make(o, width), o)
            np.save(folder / "mean.npy", np.zeros(width, np.float32))
            np.save(folder / "std.npy", np.full(width, 0.1, np.float32))
        else:
            write_folder(folder, key, make(o), o)
    return root
