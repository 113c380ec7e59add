"""How good edits are: success, preservation, border smoothness (numbers of eval_editing.py)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes import parse_pose_codes
from editing.fit_limbs import CONTACT_HEIGHT, CONTACT_SPEED, FEET
from editing.limbs import LIMBS, limb_change, moved_limbs
from editing.plan import EditPlan

BORDER = 4  # frames on either side of a border in which its smoothness is measured


@dataclass(frozen=True)
class EditMeasures:
    """One edit. Distances in mm, accelerations in mm per frame^2; NaN where there is nothing to measure."""

    success: float  # share of edited (frame, group) entries within one category of the target
    changed: float  # the same of the entries that were further than one category away before
    exact: float  # ... at the target
    frames: float  # mean joint distance from the source in unedited frames, root aligned
    frames_worst: float  # largest joint distance from the source in unedited frames, not aligned
    limbs: float  # mean distance of unedited limbs in edited frames, relative to the joint they hang on
    path: float  # largest distance of the root from the source's over the floor, in unedited frames
    slide: float  # mean speed over the floor of feet that stand in the source, mm per frame, in edited frames
    border: float  # mean acceleration about the borders
    border_source: float  # the same of the source


def measure_edit(source: MotionClip, edited: MotionClip, plan: EditPlan, fitted: np.ndarray) -> EditMeasures:
    """Compare an edited clip (T frames) with its source; `fitted` (T, 22, 3) says which limbs the edit is about."""
    before, after = source.joints.astype(np.float64), edited.joints.astype(np.float64)
    gap = np.abs(parse_pose_codes(after, edited.pose_frame).astype(int) - plan.target_codes)[plan.edited]
    gap_before = np.abs(plan.source_codes.astype(int) - plan.target_codes)[plan.edited]
    outside = plan.weight == 0
    aligned = np.linalg.norm((after - after[:, :1]) - (before - before[:, :1]), axis=-1)
    world = np.linalg.norm(after - before, axis=-1)
    return EditMeasures(
        success=float((gap <= 1).mean()),
        changed=float((gap <= 1)[gap_before > 1].mean()) if (gap_before > 1).any() else float("nan"),
        exact=float((gap == 0).mean()),
        frames=_mean(aligned[outside]),
        frames_worst=float(world[outside].max()) * 1000 if outside.any() else float("nan"),
        limbs=_unedited_limbs(before, after, fitted, ~outside),
        path=float(_over_floor(before, after)[outside].max()) * 1000 if outside.any() else float("nan"),
        slide=_slide(before, after, ~outside),
        border=_border_acceleration(after, plan.weight),
        border_source=_border_acceleration(before, plan.weight),
    )


def _over_floor(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Distance (T,) over the floor between the roots of two motions (T, 22, 3), in their unit."""
    return np.linalg.norm((after - before)[:, 0, [0, 2]], axis=-1)


def _slide(before: np.ndarray, after: np.ndarray, during: np.ndarray) -> float:
    """Mean speed over the floor (mm per frame) of the foot joints that stand still in the source, while an edit lasts.

    A foot that the edit lifts off the floor does not slide.
    """
    feet = [joint for joints in FEET.values() for joint in joints]
    old, new = before[:, feet], after[:, feet]
    floor = old[..., 1].min()
    still = np.linalg.norm(np.diff(old, axis=0), axis=-1) < CONTACT_SPEED
    low = [(motion[..., 1] < floor + CONTACT_HEIGHT)[1:] for motion in (old, new)]
    counted = still & low[0] & low[1] & during[1:, None]
    return _mean(np.linalg.norm(np.diff(new[..., [0, 2]], axis=0), axis=-1)[counted])


def _mean(metres: np.ndarray) -> float:
    return float(metres.mean()) * 1000 if metres.size else float("nan")


def _unedited_limbs(before: np.ndarray, after: np.ndarray, fitted: np.ndarray, during: np.ndarray) -> float:
    """Mean distance (mm) of the limbs that the edit leaves alone, each relative to its shoulder or hip."""
    moved = moved_limbs(before, fitted)
    still = [limb for limb in LIMBS if limb != "torso" and not moved[limb]]
    gaps = [limb_change(before, after, limb)[during] for limb in still]
    return _mean(np.concatenate(gaps, 1)) if gaps else float("nan")


def _border_acceleration(joints: np.ndarray, weight: np.ndarray) -> float:
    """Mean acceleration (mm per frame^2) within BORDER frames of where unedited frames end or begin."""
    edges = np.flatnonzero(np.diff((weight > 0).astype(int)))
    acceleration = np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean(1) * 1000  # about frame i + 1
    near = [
        i for i in range(len(acceleration)) if len(edges) and np.abs(edges + 0.5 - (i + 1)).min() < BORDER
    ]
    return float(acceleration[near].mean()) if near else float("nan")


def average(rows: list[EditMeasures]) -> dict[str, float]:
    """Means over edits, of those where a number is defined; `frames_worst` is the largest."""
    result = {}
    for name in EditMeasures.__dataclass_fields__:
        values = np.array([getattr(row, name) for row in rows])
        values = values[np.isfinite(values)]
        if not values.size:
            result[name] = float("nan")
        else:
            result[name] = float(values.max() if name == "frames_worst" else values.mean())
    return result
