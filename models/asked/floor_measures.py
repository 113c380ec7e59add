"""How far joints (T, 22, 3) are from showing what is done on the floor and on stairs; see `models.asked.measures`."""

from __future__ import annotations

import numpy as np

from models.asked.measures import dips, lacks, miscount, travels
from utils import quantities as q


def _low(joints: np.ndarray, part: tuple[int, ...]) -> np.ndarray:
    """Height (T,) in metres above the floor of the lower of two joints."""
    return joints[:, [*part], 1].min(1) - q.floor(joints)


def _prone(joints: np.ndarray) -> np.ndarray:
    """Frames (T,) with both hands on the floor and the pelvis low, the trunk nearer level than upright."""
    hands = joints[:, [*q.WRISTS], 1].max(1) - q.floor(joints)
    trunk = joints[:, q.NECK, 1] - joints[:, q.PELVIS, 1]
    return (hands < 0.25) & (np.abs(trunk) < 0.38) & (q.pelvis_height(joints) < 0.72)


def crawls(joints: np.ndarray) -> float:
    """Gets somewhere with hands and knees on the floor."""
    down = _prone(joints) & (_low(joints, q.KNEES) < 0.22)
    if down.sum() < 2:
        return 1.0
    root = joints[down][:, q.PELVIS][:, [0, 2]]
    gone = float(np.linalg.norm(root[-1] - root[0]))
    return max(lacks(q.longest_run(down), 1.0), lacks(gone, 0.4))


def push_ups(joints: np.ndarray, times: int | None = None) -> float:
    """Hands on the floor, the chest goes down and up, twice or more, or so many times."""
    down = _prone(joints)
    if down.sum() < 10:
        return 1.0
    found = dips(joints[down][:, q.SPINE3, 1], 0.12)
    missed = max(lacks(q.longest_run(down), 1.0), lacks(found, 2) if times is None else 0.0)
    return missed if times is None or missed else miscount(found, times)


def sit_ups(joints: np.ndarray, times: int | None = None) -> float:
    """The pelvis on the floor, the head near it and then high above, or so many times."""
    down = q.pelvis_height(joints) < 0.3
    if down.sum() < 10:
        return 1.0
    head = joints[down][:, q.HEAD, 1] - q.floor(joints)
    missed = max(min(max(float(head.min()) - 0.25, 0.0) / 0.3, 1.0), lacks(float(np.ptp(head)), 0.3))
    return missed if times is None or missed else miscount(dips(-head, 0.25), times)


def sits_on_floor(joints: np.ndarray) -> float:
    """The pelvis on the floor, the trunk upright."""
    seated = (q.pelvis_height(joints) < 0.32) & (np.abs(q.lean(joints)) < 50)
    return lacks(q.longest_run(seated), 0.5)


def kneels_on_one(joints: np.ndarray, side: int | None = None) -> float:
    """One knee on the floor, that of the side where one is named, the other one up, the trunk upright."""
    heights = [joints[:, knee, 1] - q.floor(joints) for knee in q.KNEES]
    missed = []
    for leg in (0, 1) if side is None else (side,):
        held = (heights[leg] < 0.17) & (heights[1 - leg] > 0.28) & (np.abs(q.lean(joints)) < 45)
        missed.append(lacks(q.longest_run(held), 0.5))
    return min(missed)


def climbs(joints: np.ndarray, sign: int) -> float:
    """The pelvis ends higher (1) or lower (-1) than it began, upright, and some way ahead."""
    rise = sign * float(joints[-4:, q.PELVIS, 1].mean() - joints[:4, q.PELVIS, 1].mean())
    upright = float(np.abs(q.lean(joints)).max() < 60)
    return max(lacks(rise, 0.35), travels(joints, "forward", 0.4), 1 - upright)
