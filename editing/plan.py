"""What edits add up to: which values of which pose-code groups are wanted in which frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.pose_codes import GROUPS

ANGLE_KINDS = ("angle", "relV")
# How far inside a category a target lies, so that decoding does not push it out; by kind.
MARGINS = {
    "angle": 2.0, "distance": 0.025, "relX": 0.06, "relY": 0.06, "relZ": 0.06, "relV": 4.0, "ground": 0.04,
}  # fmt: skip
# What bodies can do: measured values beyond these are not asked for.
LIMITS = {
    "angle": (5.0, 177.0), "distance": (0.06, 2.2), "relX": (-0.9, 0.9), "relY": (-1.9, 1.9),
    "relZ": (-0.9, 0.9), "relV": (0.0, 90.0), "ground": (0.0, 1.5),
}  # fmt: skip
TOLERANCES = {kind: 3.0 if kind in ANGLE_KINDS else 0.03 for kind in MARGINS}  # around a wanted value


def comfortable(group: int, category: int) -> tuple[float, float]:
    """Interval of measured values that lies safely inside a category (degrees or metres)."""
    kind, thresholds = GROUPS[group].kind, GROUPS[group].thresholds
    low = thresholds[category - 1] + MARGINS[kind] if category > 0 else LIMITS[kind][0]
    high = thresholds[category] - MARGINS[kind] if category < len(thresholds) else LIMITS[kind][1]
    return (low, high) if low <= high else ((low + high) / 2,) * 2


def category_of(group: int, value: np.ndarray | float) -> np.ndarray:
    """Category of measured values."""
    return np.searchsorted(GROUPS[group].thresholds, value, side="left")


def typical_values(codes: np.ndarray) -> np.ndarray:
    """Measured values (..., 70) as they might be for pose codes (..., 70): the middle of each category."""
    values = np.empty(codes.shape)
    for group in GROUPS:
        middles = np.array([np.mean(comfortable(group.index, c)) for c in range(group.size)])
        values[..., group.index] = middles[codes[..., group.index]]
    return values


@dataclass
class EditPlan:
    """What is wanted, per frame and group. Intervals are measured values in degrees or metres."""

    source_codes: np.ndarray  # (T, 70) uint8
    target_codes: np.ndarray  # (T, 70) uint8: the source's, but for edited entries
    low: np.ndarray  # (T, 70), -inf where not edited
    high: np.ndarray  # (T, 70), inf where not edited
    weight: np.ndarray  # (T,) 1 where some edit holds, easing to 0 beside it, exactly 0 in unedited frames
    values: np.ndarray  # (T, 70) measured values as the edits so far leave them

    @property
    def edited(self) -> np.ndarray:
        """(T, 70) bool: entries that an edit decides."""
        return np.isfinite(self.low)

    @property
    def held(self) -> np.ndarray:
        """(T,) bool: frames in which some edit holds."""
        return np.asarray(self.edited.any(1))

    @property
    def groups(self) -> tuple[int, ...]:
        """Edited groups."""
        return tuple(np.flatnonzero(self.edited.any(0)).tolist())

    def want(self, frames: slice, group: int, low: np.ndarray, high: np.ndarray) -> None:
        """Ask for values between `low` and `high` (n,) of a group in some frames."""
        self.low[frames, group], self.high[frames, group] = low, high
        self.values[frames, group] = (low + high) / 2
        self.target_codes[frames, group] = category_of(group, self.values[frames, group])


def window(frames: int, start: int, stop: int, ease: float) -> np.ndarray:
    """(frames,) 1 in start..stop-1, falling smoothly to exactly 0 within `ease` frames on either side."""
    t = np.arange(frames)
    away = np.maximum(np.maximum(start - t, t - (stop - 1)), 0)
    share = np.clip(1 - away / (ease + 1), 0, 1)
    return share**2 * (3 - 2 * share)


def around(group: int, value: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Interval about wanted values (...), within what bodies can do and inside the value's category."""
    kind = GROUPS[group].kind
    value = np.clip(value, *LIMITS[kind])
    inside = np.array([comfortable(group, code) for code in range(GROUPS[group].size)])
    low, high = inside[category_of(group, value)].T
    value = np.clip(value, low, high)
    return np.maximum(low, value - TOLERANCES[kind]), np.minimum(high, value + TOLERANCES[kind])
