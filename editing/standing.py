"""Feet that stand, stand: a fitted motion's feet are held where the source's stood, or step to where they are to be.

The pose fit asks for planted feet beside much else. Here they are made exact: while a foot stands in the source and the
edit does not lift it, it stays in one place; where the edit wants it elsewhere it goes there in a step, left and right in
turn, rather than sliding. Nothing sinks below the floor. Legs bend to reach their feet (`editing.moving.feet.on_feet`).
"""

from __future__ import annotations

import numpy as np

from dataset.composing.bodies import smooth
from editing.moving.feet import FLOOR, feet_of, on_feet, runs_of, standing

LIFTED = (0.015, 0.045)  # metres over the source's height: from standing to lifted
SAME = 0.02  # metres over the floor, up to which a foot has not gone elsewhere
STEP, LATER = (
    7,
    2,
)  # frames of a step, and by which one foot steps after, the other before the middle of the way
LIFT = 0.025  # metres; of a step of no length: nearly straight legs would throw their knees at more
EXACT = 5e-4  # metres; feet that are closer to where they should be stay


def settle_feet(source: np.ndarray, fitted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) of a fitted motion on feet that stand where its source's (T, 22, 3) stood, or a step away.

    weight: (T,) of the edit; frames of weight 0 stay as they are.
    """
    old, new = feet_of(source), feet_of(fitted)  # (T, side, ankle and toe, 3)
    stands = standing(source)
    target = new.copy()
    for side in (0, 1):
        for start, stop in runs_of(stands[:, side]):
            part = slice(start, stop)
            rise = (new[part, side, 1, 1] - old[part, side, 1, 1] - LIFTED[0]) / (LIFTED[1] - LIFTED[0])
            hold = 1 - smooth(np.clip(rise, 0, 1))
            if weight[part].max() == 0 or hold.max() == 0:
                continue
            gone = ((new - old)[part, side] * FLOOR).mean(1)  # (n, 3) over the floor
            where, lift = _steps(gone, weight[part], hold, LATER * (-1 if side == 0 else 1))
            held = old[part, side] + where[:, None]
            held[..., 1] += lift[:, None]
            target[part, side] += hold[:, None, None] * (held - target[part, side])
    lowest = np.minimum(
        old[..., 1].min((0, 1)), old[..., 1]
    )  # of ankle and of toe: no deeper than the source's
    target[..., 1] += np.maximum(lowest - target[..., 1], 0).max(2, keepdims=True)
    if np.abs(target - new)[weight > 0].max(initial=0) < EXACT:
        return fitted
    acts = np.where(np.abs(target - new).max((1, 2, 3)) > 0, weight, 0)
    return on_feet(fitted.astype(np.float64), target, acts).astype(fitted.dtype)


def _steps(
    gone: np.ndarray, weight: np.ndarray, hold: np.ndarray, late: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where a foot is to stand, from where the fit has it, and how high it is lifted on the way.

    gone: (n, 3) metres from the source's place, over the floor; weight, hold: (n,) of the edit, and 0 where the foot
    is lifted anyway; late: frames by which it steps later. Returns (n, 3) and (n,).
    """
    sure = (weight > 0.95 * weight.max()) & (hold > 0.5)
    there = np.median(gone[sure if sure.any() else hold > 0], axis=0)
    ends = [np.zeros(3) if weight[end] == 0 else gone[end] for end in (0, -1)]
    where, lift = np.tile(there, (len(gone), 1)), np.zeros(len(gone))
    if np.linalg.norm(there) < SAME:
        where[:] = 0
        there = np.zeros(3)
    times = np.arange(len(gone))
    share = np.clip(weight / max(weight.max(), 1e-9), 0, 1)
    middles = np.flatnonzero(share > 0.5)
    for end, place in enumerate(ends):
        way = np.linalg.norm(there - place)
        if way < SAME or hold[-end] < 0.5 or weight[-end] > 0.5 or not len(middles):
            continue
        middle = middles[-end] + late
        acts = np.flatnonzero(weight > 0)  # a step begins and ends where the edit acts
        middle = np.clip(middle, acts[0] + STEP / 2 - 1, acts[-1] - STEP / 2 + 1)
        phase = np.clip((times - middle) / STEP + 0.5, 0, 1)
        begun = smooth(phase if end == 0 else 1 - phase)
        where = place + (where - place) * begun[:, None]
        lift += 16 * (phase * (1 - phase)) ** 2 * (LIFT + 0.08 * way)
    return where, lift
