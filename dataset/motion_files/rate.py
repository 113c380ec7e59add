"""Frame rates as files give them, and which of them can be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_files.raw import BadMotion

RATES = (1.0, 10_000.0)  # frames per second; what lies outside is a frame time, or nonsense
RATE_KEYS = ("fps", "mocap_framerate", "mocap_frame_rate", "frame_rate", "framerate", "frameRate")


def require_rate(path: Path, fps: float) -> None:
    """BadMotion where fps is no rate that motion has; says what it may have meant."""
    if RATES[0] <= fps <= RATES[1]:
        return
    meant = (
        f" (a frame time? then it is {1 / fps:.4g})" if RATES[0] <= 1 / (fps or np.inf) <= RATES[1] else ""
    )
    raise BadMotion(
        "frame rate",
        f"{path}: {fps:g} frames per second can't be{meant}; pass the right rate as --source-fps",
    )


def rate_of(path: Path, arrays: Mapping[str, Any], keys: Iterable[str] = RATE_KEYS) -> float | None:
    """Frames per second that the first of `keys` in `arrays` holds, as a number or an array of one; else None.

    BadMotion where it is no single number.
    """
    for key in keys:
        if key in arrays:
            try:
                values = np.unique(np.asarray(arrays[key]).astype(float))
            except (TypeError, ValueError):
                values = np.zeros(0)
            if len(values) != 1:
                raise BadMotion(
                    "frame rate", f"{path}: its {key} is no number; pass the rate as --source-fps"
                )
            return float(values[0])
    return None
