"""Raw motion -> joints of the training skeleton's kind: 22 joints, y up, metres, 20 frames a second.

Bone lengths, floor and heading stay the file's own here; `dataset.features.extract_features` changes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from dataset.motion_files.amc import INCH
from dataset.motion_files.raw import BadMotion, RawMotion
from dataset.motion_files.rest_pose import held_frames
from dataset.motion_files.skeleton_map import SkeletonMap, find_map
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": INCH, "cmu": INCH / 0.45}
GUESSED_UNITS = ("m", "cm", "mm", "cmu")
LAST_UNIT = (
    "inch"  # looks like centimetres of a child, so it is taken where none of the others gives human legs
)
USUAL_LEG = 0.80  # metres, thigh and shin of an adult
LEG_RANGE = (0.35, 1.3)
# Rotations that bring the axis named to +y, rows are the new axes.
UP_AXES = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}
RATE_TOLERANCE = 5e-4  # frame times are rounded in files: 0.0083333 s is 120 frames a second
STANDARD_RATES = (20.0, 24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 100.0, 120.0, 200.0, 240.0)
HIP, KNEE, ANKLE, NECK = (T2M_SKELETON.index(n) for n in ("left_hip", "left_knee", "left_ankle", "neck"))
ANKLES = (T2M_SKELETON.index("left_ankle"), T2M_SKELETON.index("right_ankle"))


@dataclass(frozen=True)
class Conversion:
    """joints: (T, 22, 3) metres at the target rate; the rest says how they were made, for the report.

    warnings: what was odd in the file.
    """

    joints: np.ndarray
    fps: float
    map: SkeletonMap
    unit: float
    up: str
    source_fps: float
    skipped: int
    warnings: tuple[str, ...] = ()

    def describe(self) -> str:
        """One line of facts."""
        unit = next((name for name, size in UNITS.items() if size == self.unit), f"{self.unit:.4g} m")
        return (
            f"skeleton {self.map.name}, unit {unit}, {self.up} up, {self.source_fps:g} -> {self.fps:g} fps, "
            f"{self.skipped} leading frames left out"
        )


def convert(
    motion: RawMotion,
    skeleton: str = "auto",
    *,
    unit: str = "auto",
    up: str = "auto",
    skip_frames: int | None = None,
    fps: float = 20.0,
) -> Conversion:
    """Joints of a raw motion. "auto" takes the map's word, then the format's, then guesses by the body.

    skip_frames: source frames to leave out at the start; None: the map's, if the file starts at rest.
    Raises BadMotion (a UserError) where the file does not fit, UserError for an unknown flag value.
    """
    chosen = find_map(motion, skeleton)
    joints = chosen.apply(motion)
    if skip_frames is None:
        held = held_frames(motion.positions) if chosen.rest_frames and motion.starts_at_rest else 0
        skip_frames = max(chosen.rest_frames, held) if held else 0
    source = nominal_rate(motion.fps)
    _require_length(motion, len(joints) - skip_frames, skip_frames, source, fps)
    joints = joints[skip_frames:]
    if up == "auto":
        up = chosen.up if chosen.up != "auto" else motion.up or guess_up(joints)
    if up not in UP_AXES:
        raise UserError(f"--up {up}: unknown axis; use auto or one of {', '.join(UP_AXES)}")
    metres = unit_size(motion, chosen, joints, unit)
    joints = joints @ np.array(UP_AXES[up], float).T * metres
    return Conversion(
        resample(joints, source, fps), fps, chosen, metres, up, source, skip_frames, motion.warnings
    )


def _require_length(motion: RawMotion, frames: int, skipped: int, source: float, fps: float) -> None:
    """BadMotion, in frames and seconds, where `frames` at rate `source` make less than two at `fps`."""
    frames = max(frames, 0)
    if (frames - 1) / source * fps >= 1 - 1e-6:
        return
    left_out = f" without the {skipped} left out at the start" if skipped else ""
    raise BadMotion(
        "too short",
        f"{motion.path}: {frames} frames at {source:g} per second{left_out} ({frames / source:.3g} s) make "
        f"{min(frames, 1)} at {fps:g}; at least 2 ({1 / fps:.3g} s apart) are needed",
    )


def unit_size(motion: RawMotion, chosen: SkeletonMap, joints: np.ndarray, unit: str) -> float:
    """Metres per file unit: the flag's, the map's or format's, or the one that makes an adult's legs."""
    if unit == "auto":
        unit = chosen.unit
    if unit == "file" or (unit == "auto" and motion.unit):
        return motion.unit or 1.0
    if unit in UNITS:
        return UNITS[unit]
    if unit != "auto":
        try:
            size = float(unit)
        except ValueError:
            size = 0.0
        if not 0 < size < math.inf:
            raise UserError(f"--unit {unit}: use auto, {', '.join(UNITS)}, or metres per unit as a number")
        return size
    leg = leg_length(joints)
    if not leg > 0:
        raise BadMotion(
            "size", f"{motion.path}: legs have no length, so the unit can't be guessed; pass --unit"
        )
    best = min(GUESSED_UNITS, key=lambda name: abs(np.log(UNITS[name] * leg / USUAL_LEG)))
    human = {name: LEG_RANGE[0] <= UNITS[name] * leg <= LEG_RANGE[1] for name in (best, LAST_UNIT)}
    return UNITS[LAST_UNIT if human[LAST_UNIT] and not human[best] else best]


def leg_length(joints: np.ndarray) -> float:
    """Median length over time of left thigh and shin, in the unit of joints (T, 22, 3)."""
    thigh = np.linalg.norm(joints[:, KNEE] - joints[:, HIP], axis=-1)
    return float(np.median(thigh + np.linalg.norm(joints[:, ANKLE] - joints[:, KNEE], axis=-1)))


def guess_up(joints: np.ndarray) -> str:
    """Axis along which necks are above ankles, "y" where none stands out (a lying person).

    Never a negative one: a body that is upside down all the time is for the quality check to report.
    """
    body = (joints[:, NECK] - joints[:, ANKLES].mean(1)).mean(0)
    axis = int(np.argmax(body))
    return "xyz"[axis] if body[axis] > 0.7 * np.linalg.norm(body) else "y"


def nominal_rate(fps: float) -> float:
    """A standard frame rate where fps is one but for the rounding of frame times, else fps."""
    return next((rate for rate in STANDARD_RATES if abs(fps - rate) <= rate * RATE_TOLERANCE), fps)


def resample(joints: np.ndarray, source: float, target: float) -> np.ndarray:
    """Joints (T, J, 3) at another rate: every n-th frame where rates divide, else cubic splines of positions."""
    ratio = source / target
    if abs(ratio - round(ratio)) < 1e-6 and round(ratio) >= 1:
        return joints[:: round(ratio)]
    count = int(np.floor((len(joints) - 1) / ratio + 1e-6)) + 1
    if len(joints) < 2 or count < 2:
        return joints[:1]
    times = np.arange(count) * ratio  # in source frames
    return CubicSpline(np.arange(len(joints)), joints)(np.minimum(times, len(joints) - 1))
