"""The clip's own curve of a pose-code quantity: where it is at rest, where it acts, where a limb makes its gesture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from dataset.composing.bodies import BONES, smooth
from dataset.pose_codes import GROUPS, Group
from dataset.pose_codes.measures import HAND_LENGTH, measure
from editing.groups import groups_of_limb, limbs_of_group
from editing.moving.whole import at_ease
from editing.plan import ANGLE_KINDS, EditPlan
from utils.quantities import swings

LEAST = {"angle": 12.0, "relV": 10.0}  # degrees away from rest that are a movement; other kinds: LEAST_METRES
LEAST_METRES = 0.07
ACTS, FULLY = 0.1, 0.35  # shares of the farthest a curve goes, from which it acts, and acts fully
HELD = 0.5  # share of it that a curve keeps throughout when it never comes to rest
SHOWN = 1.2  # units (10 degrees, 10 cm), mean over a limb's quantities, that a gesture is away from rest
SHORTEST, USUAL = 0.8, 1.5  # seconds that a gesture is held at least, and where the clip says nothing
SLOW = 0.5  # seconds; what a hand does to and fro is quicker than that
SWING, SWINGS = 0.08, 3  # metres of a movement to and fro, and how often it changes its direction at least
REACH = 0.96  # share of an arm's length at which it still has room to wave
ARM_LENGTH = float(BONES[18] + BONES[20] + HAND_LENGTH / 2)  # metres from shoulder to middle of the hand
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


def carried(values: np.ndarray, group: int, fps: float) -> np.ndarray | None:
    """The slow part (n,) of the curve of a hand's height while the hand goes to and fro; None: it doesn't.

    values: (n, 70) measured. To raise a waving hand is to raise what carries the wave, not to make it wilder.
    """
    about = GROUPS[group]
    hand = about.joints[0]
    if about.kind != "relY" or not hand.endswith(("hand", "wrist")) or "hand" in about.joints[1]:
        return None
    side = hand.partition("_")[0]
    lines = [values[:, g.index] for g in GROUPS if g.kind in ("relX", "relY", "relZ") and _is_own(g, side)]
    calmer = [gaussian_filter1d(line, 1.0, mode="nearest") for line in lines]
    if max(swings(line, SWING) for line in calmer) < SWINGS:
        return None
    return gaussian_filter1d(values[:, group], SLOW * fps, mode="nearest")


def _is_own(group: Group, side: str) -> bool:
    """Whether a group says where a side's hand is, seen from its shoulder or the trunk."""
    return group.joints[0] == f"{side}_hand" and group.joints[1] in (f"{side}_shoulder", "torso")


def room_above(values: np.ndarray, group: int, fps: float) -> np.ndarray:
    """Metres (n,) by which a hand can be higher over its shoulder and still go to and fro.

    values: (n, 70) measured. The farther a hand swings out, the less high it can be: sideways it swings as before, about
    a middle that comes closer to the body. Up and down it swings at least half as far, so that a hand whose swings end
    high can be carried higher at all.
    """
    hand, shoulder = GROUPS[group].joints
    index = next(g.index for g in GROUPS if g.kind == "distance" and g.joints == (hand, shoulder))
    reach = REACH * max(float(values[:, index].max()), 0.9 * ARM_LENGTH)
    side = hand.partition("_")[0]
    level = values[:, [g.index for g in GROUPS if g.kind in ("relX", "relZ") and _is_own(g, side)]]
    out = level - gaussian_filter1d(level, SLOW * fps, axis=0, mode="nearest")
    room = np.sqrt(np.maximum(reach**2 - (out**2).sum(1), 0)) - values[:, group]
    width = round(SLOW * fps)
    least = minimum_filter1d(room, 2 * width + 1, mode="nearest")
    return np.maximum((room + gaussian_filter1d(least, width / 2, mode="nearest")) / 2, 0)


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
