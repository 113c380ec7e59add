"""How far joints (T, 22, 3) are from showing what one hand is busy with, a pace, jumping jacks; see `models.asked.measures`.

All of them are generous: they tell the hand that works from the one that rests, and a stroll from a run.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from models.asked.measures import dips, jumps, lacks, miscount, stands_still, travels
from utils import quantities as q

HANGING = 0.2  # metres over the pelvis under which a wrist hangs, or rests on a hip


# ------------------------------------------------------------------------------------------------------- one hand
def _work(joints: np.ndarray, arm: int) -> float:
    """Metres that a wrist moves, seen from the chest, trembling smoothed away."""
    way = gaussian_filter1d(q.chest_coordinates(joints, q.WRISTS[arm]), 1.5, axis=0, mode="nearest")
    return float(np.linalg.norm(np.diff(way, axis=0), axis=-1).sum())


def hand_works(joints: np.ndarray, arm: int) -> float:
    """This hand moves, and much more than the other one."""
    own, other = _work(joints, arm), _work(joints, 1 - arm)
    return max(lacks(own, 0.5), lacks(own, 1.5 * other + 1e-6))


def hand_held_up(joints: np.ndarray, arm: int) -> float:
    """This hand is higher than the other one for a while, before the trunk or over it, and the other one never is."""
    own, other = (joints[:, q.WRISTS[side], 1] - joints[:, q.PELVIS, 1] for side in (arm, 1 - arm))
    held = q.longest_run((own > other + 0.12) & (own > 0.1))
    return max(lacks(held, 0.5), 1 - lacks(q.longest_run(other > own + 0.12), 0.5))


def hand_strikes(joints: np.ndarray, arm: int) -> float:
    """This hand, raised, goes farther than the other one, which may be held before the face: a hook, an uppercut."""
    ranges = []
    for wrist in q.WRISTS:
        way = q.chest_coordinates(joints, wrist)
        raised = way[way[:, 1] > -0.1]
        ranges.append(float(np.linalg.norm(np.ptp(raised, axis=0))) if len(raised) else 0.0)
    return max(lacks(ranges[arm], 0.3), lacks(ranges[arm], 1.3 * ranges[1 - arm] + 1e-6))


def hand_on_chest(joints: np.ndarray, arm: int) -> float:
    """This hand at the front of the chest for a while, the other one not."""
    held = []
    for wrist in q.WRISTS:
        place = q.chest_coordinates(joints, wrist)
        near = (np.abs(place[:, 0]) < 0.22) & (np.abs(place[:, 1]) < 0.2) & (np.abs(place[:, 2]) < 0.34)
        held.append(q.longest_run(near))
    return max(lacks(held[arm], 0.5), 1 - lacks(held[1 - arm], 0.4))


# ----------------------------------------------------------------------------------------------------- standing, ducking
def stands_idle(joints: np.ndarray) -> float:
    """Stands still, and both arms hang nearly all the time: no pose with the arms out."""
    wrists = joints[:, [*q.WRISTS], 1].max(1) - joints[:, q.PELVIS, 1]
    return max(stands_still(joints), lacks(float((wrists < HANGING).mean()), 0.75))


def ducks(joints: np.ndarray) -> float:
    """The head goes down by a quarter and comes up again."""
    height = joints[:, q.HEAD, 1] - q.floor(joints)
    low = int(height.argmin())
    sunk = 1 - float(height[low]) / float(height[: low + 1].max())
    rise = float(height[low:].max() - height[low]) / float(height.max())
    return max(lacks(sunk, 0.25), lacks(rise, 0.15))


# ----------------------------------------------------------------------------------------------------- going and jumping
def pace(joints: np.ndarray) -> float:
    """Metres a second at which somebody goes, where they do."""
    path = gaussian_filter1d(joints[:, q.PELVIS][:, [0, 2]], 4.0, axis=0, mode="nearest")
    steady = np.linalg.norm(np.diff(path, axis=0), axis=-1) * q.FPS
    return float(np.percentile(steady, 70))


def goes_at(joints: np.ndarray, least: float = 0.0, most: float = np.inf) -> float:
    """Gets forward at a pace of `least` to `most` metres a second."""
    found = pace(joints)
    missed = max(least - found, found - most, 0.0) / 0.4
    return max(travels(joints, "forward"), min(missed, 1.0))


def jacks(joints: np.ndarray, times: int | None = None) -> float:
    """Jumping jacks: feet apart and together again while both hands go up over the shoulders and down."""
    feet = np.linalg.norm((joints[:, q.ANKLES[0]] - joints[:, q.ANKLES[1]])[:, [0, 2]], axis=-1)
    found = dips(-gaussian_filter1d(feet, 1.0), 0.15)
    hands = joints[:, [*q.WRISTS], 1].min(1) - joints[:, q.NECK, 1]
    missed = max(lacks(float(np.ptp(feet)), 0.25), lacks(float(hands.max()) + 0.35, 0.3), lacks(found, 1))
    return missed if times is None or missed else miscount(found, times)


def hops_along(joints: np.ndarray, times: int | None = None) -> float:
    """Jumps twice or more, or so many times, and gets forward."""
    return max(jumps(joints, times, least=1 if times == 1 else 2), travels(joints, "forward", 0.3))
