"""The orders of axes in which projects store motion, brought to clips of joints (T, J, 3) or features (T, D)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_files.raw import BadMotion
from dataset.spec import KIT_LAYOUT, T2M_LAYOUT

SMPL_JOINTS = (22, 24, 45, 52, 55, 73, 127, 144)  # outputs of SMPL's family: all start with the same 22
JOINTS = (*SMPL_JOINTS, KIT_LAYOUT.joints)
WIDTHS = (T2M_LAYOUT.width, KIT_LAYOUT.width)


def clips_of(path: Path, held: Any, lengths: Any = None) -> list[np.ndarray]:
    """Clips, each joints (T, J, 3) or features (T, D), of an array or a list of arrays.

    Known: (T, J, 3), (T, 3J), (T, D); a batch of them, (N, T, J, 3) or (N, T, D), N = 1 included; MDM's
    (N, J, 3, T) and (N, D, 1, T). lengths: (N,) frames of each clip; what follows them is padding.
    """
    if isinstance(held, np.ndarray) and held.dtype.kind == "O":
        held = held.tolist()
    if isinstance(held, list | tuple):  # clips of several lengths
        clips = [clip for one in held for clip in clips_of(path, np.asarray(one))]
    else:
        clips = list(_batch(path, np.asarray(held)))
    if not clips or min(map(len, clips)) == 0:
        raise BadMotion("wrong shape", f"{path}: holds no frame")
    try:
        frames = [] if lengths is None else np.asarray(lengths).astype(int).ravel().tolist()
    except (TypeError, ValueError):
        frames = []
    if len(frames) == len(clips):
        clips = [clip[:n] if 0 < n <= len(clip) else clip for clip, n in zip(clips, frames, strict=True)]
    return clips


def _batch(path: Path, array: np.ndarray) -> np.ndarray:
    """(N, T, J, 3) or (N, T, D) of an array in any of the orders `clips_of` knows."""
    if array.dtype.kind not in "fiu":
        raise BadMotion(
            "wrong shape",
            f"{path}: joints have shape {array.shape} ({array.dtype}), expected numbers (frames, joints, 3)",
        )
    shape = array.shape
    if array.ndim > 3 and shape[-1] == 1:  # no project writes clips of one frame
        return _batch(path, array[..., 0])
    if array.ndim == 2:
        if shape[1] in WIDTHS:
            return array[None]
        if shape[1] % 3 == 0 and shape[1]:
            return array.reshape(1, len(array), -1, 3)
    elif array.ndim == 3:
        if shape[2] in WIDTHS:  # (N, T, D), or (T, 1, D)
            return array.swapaxes(0, 1) if shape[1] == 1 < shape[0] else array
        if shape[2] == 3:
            return array[None]
        if shape[1] == 3 and shape[0] in JOINTS:
            return array.transpose(2, 0, 1)[None]
        if shape[1] in WIDTHS:
            return array.swapaxes(1, 2)
        if shape[0] == 1 and shape[2] % 3 == 0 and shape[2]:
            return array.reshape(1, shape[1], -1, 3)
    elif array.ndim == 4:
        if shape[2] == 3 and shape[1] in JOINTS:
            return array.transpose(0, 3, 1, 2)
        if shape[3] == 3 or shape[3] in WIDTHS:
            array = array.swapaxes(0, 1) if shape[1] == 1 < shape[0] else array
            return array[:, 0] if array.shape[3] in WIDTHS and array.shape[1] == 1 else array
        if shape[2] == 1:
            return _batch(path, array[:, :, 0])
    if array.ndim > 3 and shape[0] == 1:
        return _batch(path, array[0])
    if array.ndim == 5:  # samples and their repetitions
        return _batch(path, array.reshape(-1, *shape[2:]))
    raise BadMotion(
        "wrong shape",
        f"{path}: joints have shape {shape} ({array.dtype}), expected positions (frames, joints, 3) or features "
        f"(frames, {WIDTHS[0]})",
    )
