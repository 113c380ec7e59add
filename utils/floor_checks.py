"""Checks on joints (T, 22, 3) in metres: the floor, stairs, dancing, hops on one leg (contract as in `motion_checks`).

Captured sets lack these actions but for stairs: that checks pass is known on procedural clips, that they fail on other
actions also on captured ones (tests/test_floor_checks.py).
"""

from __future__ import annotations

import numpy as np

from utils import quantities as q
from utils.quantities import SIDES


def _on_hands(joints: np.ndarray) -> np.ndarray:
    """Frames (T,) in which both wrists are near the floor under a trunk that is nearer level than upright."""
    wrists = joints[:, [*q.WRISTS], 1].max(1) - q.floor(joints)
    trunk = joints[:, q.NECK] - joints[:, q.PELVIS]
    level = np.abs(trunk[:, 1]) < 0.85 * np.linalg.norm(trunk[:, [0, 2]], axis=-1)
    return (wrists < 0.28) & level


def _upright(joints: np.ndarray) -> bool:
    """Whether the body stands all the time."""
    return bool(q.pelvis_height(joints).min() > 0.55 and np.abs(q.lean(joints)).max() < 65)


def crawls(joints: np.ndarray, metres: float = 0.35) -> bool:
    """Gets ahead on hands and knees."""
    knees = joints[:, [*q.KNEES], 1].min(1) - q.floor(joints)
    chest = joints[:, q.SPINE3, 1] - q.floor(joints)
    down = _on_hands(joints) & (knees < 0.22) & (chest > 0.3)
    if q.longest_run(down) < 1.2:
        return False
    root = joints[down][:, q.PELVIS][:, [0, 2]]
    return bool(np.linalg.norm(root - root[0], axis=-1).max() > metres)


def push_ups(joints: np.ndarray, times: int = 2) -> bool:
    """The chest goes down and up over hands on the floor."""
    down = _on_hands(joints)
    if q.longest_run(down) < 0.8:
        return False
    chest = joints[down][:, q.SPINE3, 1]
    return q.swings(chest, 0.08) >= 2 * times - 1 and float(np.ptp(chest)) > 0.12


def sits_on_floor(joints: np.ndarray, seconds: float = 0.5) -> bool:
    """The pelvis on the floor under an upright trunk."""
    low = q.pelvis_height(joints) < 0.33
    return q.longest_run(low & (np.abs(q.lean(joints)) < 50)) >= seconds


def falls(joints: np.ndarray) -> bool:
    """Upright at first, within two seconds low, head and pelvis near the floor at the end."""
    pelvis = q.pelvis_height(joints)
    head = joints[:, q.HEAD, 1] - q.floor(joints)
    upright = np.flatnonzero(pelvis > 0.75)
    low = np.flatnonzero((pelvis < 0.4) & (head < 0.55))
    if not len(upright) or not len(low) or low[0] < upright[0]:
        return False
    last = upright[upright < low[0]][-1]
    return bool(low[0] - last < 2.0 * q.FPS and pelvis[-1] < 0.4 and abs(head[-1] - pelvis[-1]) < 0.35)


def climbs(joints: np.ndarray, direction: str = "up") -> bool:
    """Upright, the pelvis ends higher, or lower, by two steps or more than it began, some way ahead."""
    rise = float(joints[-3:, q.PELVIS, 1].mean() - joints[:3, q.PELVIS, 1].mean())
    rise = rise if direction == "up" else -rise
    legs = joints[:, q.PELVIS, 1] - joints[:, [*q.TOES], 1].min(1)
    upright = legs.min() > 0.6 and float(np.abs(q.lean(joints)).max()) < 60
    return bool(rise > 0.28 and q.displacement(joints) > 0.35 and upright)


def kneels_on(joints: np.ndarray, side: str = "", seconds: float = 0.8) -> bool:
    """One knee on the floor, that of the side where it is named, the other one up, under an upright trunk."""
    heights = [joints[:, knee, 1] - q.floor(joints) for knee in q.KNEES]
    upright = np.abs(q.lean(joints)) < 50
    held = [q.longest_run((heights[k] < 0.18) & (heights[1 - k] > 0.25) & upright) >= seconds for k in (0, 1)]
    return held[SIDES[side]] if side else any(held)


def hops(joints: np.ndarray, side: str = "", times: int = 2) -> bool:
    """Leaves the floor from one foot, that of the side where it is named, the other one up all the while."""
    found = []
    for own in (0, 1):
        other_up = q.foot_height(joints, 1 - own) > 0.07
        flights = np.diff((other_up & (q.foot_height(joints, own) > 0.06)).astype(int), prepend=0) == 1
        found.append(_upright(joints) and q.longest_run(other_up) > 0.8 and int(flights.sum()) >= times)
    return found[SIDES[side]] and not found[1 - SIDES[side]] if side else any(found)


def ducks(joints: np.ndarray) -> bool:
    """The head comes down by a quarter of its height or more within 1.2 seconds, and up again."""
    head = joints[:, q.HEAD, 1] - q.floor(joints)
    if q.pelvis_height(joints)[0] < 0.75:
        return False
    lowest = int(head.argmin())
    before = head[max(lowest - int(1.2 * q.FPS), 0) : lowest + 1].max()
    bent = q.lean(joints)[lowest] > 35
    return bool(
        bent and head[lowest] < 0.76 * head[0] and before > 0.93 * head[0] and head[-1] > 0.93 * head[0]
    )


def dances(joints: np.ndarray) -> bool:
    """Stays about where it is, hips and hands going to and fro at least five times."""
    root = joints[:, q.PELVIS]
    near = np.linalg.norm(root[:, [0, 2]] - root[:1, [0, 2]], axis=-1).max() < 1.5
    hips = max(q.swings(root[:, 1], 0.012), *(q.swings(root[:, axis], 0.03) for axis in (0, 2)))
    hands = max(
        q.swings(q.chest_coordinates(joints, wrist)[:, axis], 0.06)
        for wrist in q.WRISTS
        for axis in (0, 1, 2)
    )
    return bool(_upright(joints) and near and hips >= 5 and hands >= 5)


def moves_arm(joints: np.ndarray, side: str, metres: float = 0.25) -> bool:
    """The hand of that side goes some way about the body, much farther than the other one."""
    arm = SIDES[side]
    moved = [float(np.ptp(q.chest_coordinates(joints, wrist), axis=0).max()) for wrist in q.WRISTS]
    return _upright(joints) and moved[arm] > metres and moved[1 - arm] < 0.6 * moved[arm]


CHECKS = (crawls, push_ups, sits_on_floor, falls, climbs, kneels_on, hops, ducks, dances, moves_arm)
