"""Whether a composite shows what its captions say, by quantities of the joints (metres, degrees, metres a second)."""

from __future__ import annotations

import numpy as np

from dataset.composing.phrases import Doing
from utils.rotation import yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction

WRISTS, SHOULDERS = (20, 21), (16, 17)
FPS = 20.0


def heading(joints: np.ndarray) -> np.ndarray:
    """Direction of facing (T) in degrees to the left of +z, unwrapped."""
    return np.degrees(np.unwrap(-yaw_of(facing_direction(joints, T2M_SKELETON))))


def seconds_above_shoulder(joints: np.ndarray, side: int) -> float:
    """Seconds in which a wrist (0 left, 1 right) is higher than its shoulder."""
    return float((joints[:, WRISTS[side], 1] > joints[:, SHOULDERS[side], 1]).sum() / FPS)


def travelled(joints: np.ndarray) -> tuple[float, float]:
    """Metres to the front and to the left of the facing at each moment, summed over the clip."""
    ahead = facing_direction(joints, T2M_SKELETON)[:-1]
    step = np.diff(joints[:, 0], axis=0)
    front = (step * ahead).sum(-1)
    left = step[:, 0] * ahead[:, 2] - step[:, 2] * ahead[:, 0]
    return float(front.sum()), float(left.sum())


def shows(doing: Doing, joints: np.ndarray) -> bool:
    """Whether joints (T, 22, 3) of the frames in which it is done show an action; True for actions without a check."""
    action, side = doing.action, doing.facts.get("side", "")
    sides = (0, 1) if action.endswith("both") else (("left", "right").index(side),) if side else ()
    seconds = len(joints) / FPS
    if action in ("raise_one", "raise_both", "wave_one", "wave_both"):
        needed = 0.25 if action.startswith("raise") else 0.1
        up = [seconds_above_shoulder(joints, s) for s in (0, 1)]
        if action.startswith("wave"):
            high = [joints[:, WRISTS[s], 1].max() > joints[:, SHOULDERS[s], 1].min() - 0.15 for s in (0, 1)]
            return all(high[s] for s in sides)
        others = [up[s] for s in (0, 1) if s not in sides]
        return all(up[s] >= needed for s in sides) and all(value < needed for value in others)
    front, left = travelled(joints)
    if action in ("walk", "walk_return", "walk_still_arms"):
        return front > 0.25 * seconds
    if action == "run":
        return front > 0.9 * seconds
    if action == "walk_back":
        return front < -0.15 * seconds
    if action == "sidestep":
        return (left > 0.2) if side == "left" else (left < -0.2)
    if action in ("turn_around", "turn_quarter", "corner"):
        turned = heading(joints)[-1] - heading(joints)[0]
        return (turned > 40) if side == "left" else (turned < -40)
    if action in ("squat", "sit", "kneel"):
        return joints[:, 0, 1].max() - joints[:, 0, 1].min() > 0.2
    return True
