"""Residual codes of a split, made once by a frozen tokenizer and kept as a memory-mapped array."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from tqdm import tqdm

from dataset.cache import Clips
from dataset.cache_folder import discard, fingerprint_of, open_array, open_or_build
from utils.runtime import UserError

VERSION = 1  # of what the file means
BATCH = 64  # clips encoded at once
FILE, DTYPE = "residual_codes.i16", np.dtype("<i2")

# motion (B, T, D) normalised, pose codes (B, L, 70) uint8, frames (B,) -> residual codes (B, L, Q)
EncodeMotion = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


class ResidualCodes(Sequence[np.ndarray]):
    """`codes[clip]` is (L, Q) int16; clip i is rows first[i] to first[i+1] - 1 of `flat`."""

    def __init__(self, flat: np.ndarray, first: np.ndarray) -> None:
        if flat.ndim != 2 or len(flat) != first[-1]:
            raise ValueError(f"residual codes have shape {flat.shape}, not ({first[-1]}, Q)")
        self.flat, self.first = flat, first

    @classmethod
    def of(cls, codes: Sequence[np.ndarray]) -> ResidualCodes:
        """From one array (L, Q) per clip."""
        return cls(np.concatenate(codes), np.cumsum([0, *map(len, codes)]))

    def __len__(self) -> int:
        return len(self.first) - 1

    @overload
    def __getitem__(self, clip: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, clip: slice) -> list[np.ndarray]: ...

    def __getitem__(self, clip: int | slice) -> np.ndarray | list[np.ndarray]:
        if isinstance(clip, slice):
            return [self[number] for number in range(*clip.indices(len(self)))]
        if not 0 <= clip < len(self):
            raise IndexError(clip)
        return self.flat[self.first[clip] : self.first[clip + 1]]

    @property
    def steps(self) -> np.ndarray:
        """Steps of every clip, (n,)."""
        return np.diff(self.first)


def cached_residual_codes(
    clips: Clips,
    encode: EncodeMotion,
    stages: int,
    frames_per_step: int,
    tokenizer: tuple[str, str],
    cache_dir: str | Path | None = None,
) -> ResidualCodes:
    """Residual codes of all clips of a split, encoded now or mapped from an earlier run.

    stages: Q. tokenizer: its folder, and a hash of all that its codes depend on; codes made with other weights or of
    other clips are never used, and those of the same folder are removed. cache_dir: default, where the clips' cache is.
    """
    parent = Path(cache_dir) if cache_dir is not None else clips.folder.parent
    folder_name, content = tokenizer
    settings = {"version": VERSION, "scope": clips.scope, "tokenizer": folder_name}
    statistics = [values.tobytes().hex() for values in (clips.mean, clips.std)]
    sources = [clips.fingerprint, content, stages, frames_per_step, fingerprint_of(statistics)]
    frames = np.minimum(clips.lengths, clips.spec.max_length) // frames_per_step * frames_per_step
    first = np.concatenate([[0], np.cumsum(frames // frames_per_step)])

    def build(building: Path) -> dict[str, Any]:
        return _encode_all(building / FILE, clips, encode, frames, first, stages, frames_per_step)

    problem: object = None
    for _ in range(2):
        folder, description = open_or_build(parent, f"residual-{clips.split}", settings, sources, build)
        try:
            return ResidualCodes(open_array(folder, description), first)
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = error
        discard(folder)  # damaged from outside: once more
    raise UserError(f"the cache {folder} can't be used ({problem}): delete it and try again")


def _encode_all(
    path: Path,
    clips: Clips,
    encode: EncodeMotion,
    frames: np.ndarray,
    first: np.ndarray,
    stages: int,
    frames_per_step: int,
) -> dict[str, Any]:
    """Encode clips of like length together; every clip's codes are written to their place in the file."""
    shape = (int(first[-1]), stages)
    codes = np.memmap(path, DTYPE, "w+", shape=shape)
    order = np.argsort(frames, kind="stable")
    for start in tqdm(range(0, len(order), BATCH), desc=f"residual codes ({clips.split})", unit="batch"):
        chosen = order[start : start + BATCH]
        longest = int(frames[chosen].max())
        inside = np.arange(longest) < frames[chosen][:, None]
        rows = clips.offsets[chosen][:, None] + np.where(inside, np.arange(longest), 0)
        motion = clips.normalised_rows(rows)
        motion *= inside[..., None]
        steps = slice(None, None, frames_per_step)
        pose_codes = np.asarray(clips.pose_codes)[rows[:, steps]] * inside[:, steps, None].astype(np.uint8)
        found = encode(motion, pose_codes, frames[chosen])
        places = first[chosen][:, None] + np.arange(longest // frames_per_step)
        codes[places[inside[:, steps]]] = found[inside[:, steps]]
    codes.flush()
    with open(path, "rb") as file:
        os.fsync(file.fileno())
    return {"file": FILE, "dtype": DTYPE.str, "shape": list(shape)}
