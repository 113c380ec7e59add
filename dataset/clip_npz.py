"""The .npz files of `MotionClip.save`: read back, every array checked before anything uses it."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dataset.pose_codes import GROUP_SIZES, NUM_GROUPS, frames_per_step
from dataset.pose_codes.measures import FRAMES
from dataset.spec import DatasetSpec, layout_for_width
from utils.runtime import UserError

NEEDED = ("text", "features", "joints", "pose_codes", "fps", "pose_frame")
OPTIONAL = ("residual_codes", "segment_texts", "segment_seconds")
FARTHEST = 1e4  # metres; no clip leads so far
LARGEST_FILE = 2**30  # bytes of arrays; an hour of motion has 0.2 GB
# What numpy and zipfile raise for archives that are damaged, encrypted or packed by other means.
DAMAGED = (
    OSError, ValueError, LookupError, EOFError, RuntimeError, TypeError, MemoryError, ArithmeticError,
    zipfile.BadZipFile, zlib.error, SyntaxError, AttributeError, tokenize.TokenError,
)  # fmt: skip


class CodeShape(NamedTuple):
    """What a tokenizer's codes look like."""

    stride: int  # frames of a latent step
    stages: int  # of the residual quantizer
    codes: int  # in each stage


def read_clip_arrays(path: Path, spec: DatasetSpec | None, shape: CodeShape | None) -> dict[str, np.ndarray]:
    """The arrays of a clip, by name; `residual_codes` and those of `segment_...` only where the file has them.

    Features (T, D) float32 and joints (T, J, 3) float32 of one length, pose_codes (L, 70) uint8, residual_codes (L, Q)
    int64, with T <= L * stride; text, fps and pose_frame scalars; segment_texts (S,), segment_seconds (S, 2).

    spec, shape: that the clip must fit; None: any that its own arrays agree about.
    Raises UserError naming the file and the array for whatever is missing, damaged or impossible.
    """
    arrays = _read(path)
    _require_text(path, arrays, "text", None)
    _require_text(path, arrays, "pose_frame", FRAMES)
    fps = _numbers(path, arrays, "fps", "f", 0)
    if spec is not None and abs(float(fps) - spec.fps) > 1e-3:
        raise UserError(
            f"{path}: fps is {float(fps):g}, the tokenizer's motion has {spec.fps:g} frames a second"
        )
    if fps <= 0:
        raise UserError(f"{path}: fps is {float(fps):g}, it must be positive")
    features = _numbers(path, arrays, "features", "f", 2, (None, spec.layout.width if spec else None))
    try:
        layout = layout_for_width(features.shape[1])
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    frames = len(features)
    joints = _numbers(path, arrays, "joints", "f", 3, (frames, layout.joints, 3))
    if max(np.abs(features).max(), np.abs(joints).max()) > FARTHEST:
        raise UserError(f"{path}: features or joints lie beyond {FARTHEST:g} metres: no motion of a person")
    pose = _numbers(path, arrays, "pose_codes", "i", 2, (None, NUM_GROUPS))
    stride = frames_per_step(frames, len(pose)) if shape is None else shape.stride
    steps = -(-frames // stride)
    if len(pose) != steps and len(pose) != frames // stride:
        raise UserError(f"{path}: {len(pose)} steps of pose_codes for {frames} frames; {steps} are needed")
    if (pose < 0).any() or (pose >= np.array(GROUP_SIZES)).any():
        raise UserError(f"{path}: pose_codes holds categories that do not exist")
    if "residual_codes" in arrays:
        stages = None if shape is None else shape.stages
        residual = _numbers(path, arrays, "residual_codes", "i", 2, (len(pose), stages))
        if (residual < -1).any() or (shape is not None and (residual >= shape.codes).any()):
            raise UserError(
                f"{path}: residual_codes holds codes that the tokenizer does not have: another one's clip?"
            )
        arrays["residual_codes"] = residual.astype(np.int64)
    _require_segments(path, arrays)
    kept = {"features": features.astype(np.float32), "joints": joints.astype(np.float32)}
    return {**arrays, **kept, "pose_codes": pose.astype(np.uint8), "fps": fps}


def _require_segments(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """The sentences of a sequence, where there are any: one text and one stretch of time each."""
    if "segment_texts" not in arrays and "segment_seconds" not in arrays:
        return
    texts, spans = arrays.get("segment_texts"), arrays.get("segment_seconds")
    if texts is None or spans is None:
        raise UserError(f"{path}: segment_texts and segment_seconds belong together, one is missing")
    if texts.ndim != 1 or texts.dtype.kind != "U":
        raise UserError(f"{path}: segment_texts is {_described(texts)}, expected a row of texts")
    spans = _numbers(path, arrays, "segment_seconds", "f", 2, (len(texts), 2))
    if (np.diff(spans, axis=1) < 0).any() or (spans < 0).any():
        raise UserError(f"{path}: segment_seconds holds a sentence that ends before it begins")


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise UserError(f"{path}: no such file; generate.py writes clips as .npz")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST_FILE:
            raise ValueError(f"it unpacks to {size / 2**30:.3g} GiB")
        with np.load(path, allow_pickle=False) as stored:
            missing = [name for name in NEEDED if name not in stored]
            if missing:
                raise ValueError(f"no {', '.join(missing)} in it")
            return {name: np.asarray(stored[name]) for name in (*NEEDED, *OPTIONAL) if name in stored}
    except DAMAGED as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path}: not a clip as generate.py writes them ({reason})") from error


def _require_text(
    path: Path, arrays: dict[str, np.ndarray], name: str, choices: Sequence[str] | None
) -> None:
    value = arrays[name]
    if value.shape != () or value.dtype.kind != "U" or (choices is not None and str(value) not in choices):
        wanted = "a text" if choices is None else f"one of {', '.join(choices)}"
        raise UserError(f"{path}: {name} is {_described(value)}, expected {wanted}")


def _numbers(
    path: Path,
    arrays: dict[str, np.ndarray],
    name: str,
    kind: str,
    axes: int,
    shape: tuple[int | None, ...] = (),
) -> np.ndarray:
    """The array `name`, checked: `kind` "f" admits whole numbers too, None in `shape` any length but 0."""
    value = arrays[name]
    kinds = "iu" if kind == "i" else "fiu"
    fits = value.ndim == axes and all(
        size == wanted or (wanted is None and size > 0)
        for size, wanted in zip(value.shape, shape, strict=True)
    )
    if not fits or value.dtype.kind not in kinds:
        lengths = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
        wanted = f"numbers of shape ({lengths})" if axes else "one number"
        raise UserError(f"{path}: {name} is {_described(value)}, expected {wanted}")
    if not np.isfinite(value).all():
        raise UserError(f"{path}: {name} holds NaN or infinity: repair the clip")
    return value


def _described(value: np.ndarray) -> str:
    return f"{value.dtype} of shape {value.shape}"
