"""How well an edited motion moves beside its source: sliding, sinking, peaks; and what it left alone.

Joints (T, 22, 3) metres at 20 frames a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from editing.limbs import LIMBS
from editing.measuring.checks import limb_poses, resampled
from utils import quantities as q
from utils.rotation import turn

LOW = 0.03  # metres over the floor below which a toe is down
# Sources calmer than this give no bound for an edit: a hand that is raised in half a second takes as much.
CALM = {"slide": 0.05, "sink": 1.0, "acceleration": 30.0, "jerk": 600.0}
ALLOWED = 1.2  # times the source's


@dataclass(frozen=True)
class Quality:
    """Of one motion, by the floor of its source."""

    slide: float  # mean speed over the floor of toes that are down, m/s; NaN where none ever is
    sink: float  # deepest joint below the floor, cm
    acceleration: float  # peak of any joint, m/s^2
    jerk: float  # peak of any joint, m/s^3


@dataclass(frozen=True)
class Preserved:
    """What an edit left alone; NaN where there is nothing to measure."""

    frames: float  # largest joint distance in frames that nobody edits, moved rigidly onto the source, mm
    limbs: float  # mean distance of limbs that may not move from what they did, seen from shoulder or hip, cm


def quality(joints: np.ndarray, floor: float) -> Quality:
    """Sliding, sinking and peaks of joints; floor: its height in metres."""
    toes = joints[:, [*q.TOES]]
    pace = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * q.FPS
    down = (toes[1:, :, 1] < floor + LOW) & (toes[:-1, :, 1] < floor + LOW)
    return Quality(
        slide=float(pace[down].mean()) if down.any() else float("nan"),
        sink=max(float(floor - joints[..., 1].min()), 0.0) * 100,
        acceleration=_peak(joints, 2),
        jerk=_peak(joints, 3),
    )


def _peak(joints: np.ndarray, order: int) -> float:
    change = np.diff(joints, order, axis=0) * q.FPS**order
    return float(np.linalg.norm(change, axis=-1).max()) if len(change) else 0.0


def within_bounds(source: Quality, edited: Quality) -> dict[str, bool]:
    """Of each measure, whether the edit's is at most ALLOWED times the source's, or no more than a calm motion's."""
    found = {}
    for field in fields(Quality):
        old, new = getattr(source, field.name), getattr(edited, field.name)
        bound = np.fmax(ALLOWED * old, CALM[field.name])
        found[field.name] = not new > bound  # NaN, nothing that could slide, is within
    return found


def preserved(
    before: np.ndarray, after: np.ndarray, origin: np.ndarray, weight: np.ndarray, moves: Sequence[str] | None
) -> Preserved:
    """What stayed: frames that the edit is not about, and limbs that may not move.

    origin, weight: (T',) the frame of the source that each one shows, and 0 where nobody edits (`EditResult`);
    moves: limbs that may move, None: not said.
    """
    near = np.round(origin).astype(int)
    still = (weight == 0) & (np.abs(origin - near) < 1e-6)
    breaks = np.flatnonzero((np.diff(near) != 1) | (np.diff(still.astype(int)) != 0)) + 1
    runs = [run for run in np.split(np.arange(len(after)), breaks) if still[run[0]] and len(run) > 1]
    gaps = [_rigid_gap(before[near[run]], after[run]) for run in runs]
    limbs = [] if moves is None else [limb for limb in LIMBS if limb != "torso" and limb not in moves]
    apart = [
        np.linalg.norm(limb_poses(after, limb) - resampled(limb_poses(before, limb), len(after)), axis=-1)
        for limb in limbs
    ]
    return Preserved(
        frames=1000 * max(gaps) if gaps else float("nan"),
        limbs=100 * float(np.mean([gap.mean() for gap in apart])) if apart else float("nan"),
    )


def _rigid_gap(before: np.ndarray, after: np.ndarray) -> float:
    """Largest distance of joints (n, 22, 3) after the best turn about the vertical and shift over the floor."""
    a, b = before.reshape(-1, 3), after.reshape(-1, 3)
    a, b = a - a.mean(0) * (1, 0, 1), b - b.mean(0) * (1, 0, 1)
    sine = (b[:, 2] * a[:, 0] - b[:, 0] * a[:, 2]).sum()
    cosine = (b[:, 0] * a[:, 0] + b[:, 2] * a[:, 2]).sum()
    yaw = np.arctan2(sine, cosine)
    return float(np.linalg.norm(turn(b, np.full(len(b), yaw)) - a, axis=-1).max())
