"""The clip's own curve of a pose-code quantity: where it is at rest, where it acts, where a limb makes its gesture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from dataset.composing.bodies import BONES, smooth
from dataset.pose_codes import GROUPS
from dataset.pose_codes.measures import measure
from editing.groups import groups_of_limb, limbs_of_group
from editing.moving.whole import at_ease
from editing.plan import ANGLE_KINDS, EditPlan

LEAST = {"angle": 12.0, "relV": 10.0}  # degrees away from rest that are a movement; other kinds: LEAST_METRES
LEAST_METRES = 0.07
ACTS, FULLY = 0.1, 0.35  # shares of the farthest a curve goes, from which it acts, and acts fully
HELD = 0.5  # share of it that a curve keeps throughout when it never comes to rest
SHOWN = 1.2  # units (10 degrees, 10 cm), mean over a limb's quantities, that a gesture is away from rest
SHORTEST, USUAL = 0.8, 1.5  # seconds that a gesture is held at least, and where the clip says nothing
MOST = 0.6  # share of the time that a gesture takes; what acts for longer is no single gesture


@cache
def values_at_ease() -> np.ndarray:
    """(70,) measured values of somebody who stands at ease, facing +z."""
    return measure(at_ease(BONES)[None], "heading")[0]


def units_of(groups: Sequence[int]) -> np.ndarray:
    """What counts alike in different kinds of quantities: 10 degrees, 10 cm."""
    return np.array([10.0 if GROUPS[group].kind in ANGLE_KINDS else 0.1 for group in groups])


def own_curve(curve: np.ndarray, group: int) -> tuple[float, float, np.ndarray] | None:
    """Rest value and farthest value of a group's curve (n,), and how much it acts (n,) 0..1; None: it hardly moves.

    Rest is the curve's own value nearest to that of somebody who stands at ease; of a curve that never comes near
    it, that value itself.
    """
    least = LEAST.get(GROUPS[group].kind, LEAST_METRES)
    ease = float(values_at_ease()[group])
    away = np.abs(curve - ease)
    if away.max() < least:
        return None
    rest = ease if away.min() > HELD * away.max() else float(curve[np.argmin(away)])
    away = np.abs(curve - rest)
    if away.max() < least:
        return None
    acts = smooth((away / away.max() - ACTS) / (FULLY - ACTS))
    return rest, float(curve[np.argmax(away)]), acts


def gesture_frames(plan: EditPlan, frames: slice, groups: Sequence[int], fps: float) -> slice:
    """The frames inside `frames` in which the clip moves the limbs of some groups away from rest.

    Where it doesn't, or does so all the time, the middle.
    """
    limbs = {limb for group in groups for limb in limbs_of_group(group)}
    seen = sorted({index for limb in limbs for index in groups_of_limb(limb)})
    values = plan.values[frames][:, seen]
    away = (np.abs(values - values_at_ease()[seen]) / units_of(seen)).mean(1)
    away = gaussian_filter1d(away, 0.15 * fps, mode="nearest")
    count, low = len(away), float(away.min())
    high = float(away.max())
    if high - low > SHOWN:
        busy = away > (low + high) / 2
        edges = np.flatnonzero(np.diff(np.concatenate([[0], busy.astype(int), [0]])))
        peak = int(away.argmax())
        start, stop = next((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a <= peak < b)
        if stop - start <= MOST * count:
            return _at_least(int(start), int(stop), SHORTEST * fps, frames, count)
    middle = count / 2
    half = min(USUAL * fps, MOST * count) / 2
    return _at_least(round(middle - half), round(middle + half), 1, frames, count)


def _at_least(start: int, stop: int, shortest: float, frames: slice, count: int) -> slice:
    """Frames start..stop of `count`, made as long as wanted, counted from where `frames` start."""
    missing = max(round(min(shortest, count)) - (stop - start), 0)
    start = max(min(start - missing // 2, count - 1), 0)
    stop = min(max(stop + missing - missing // 2, start + 1), count)
    return slice(frames.start + start, frames.start + stop)
