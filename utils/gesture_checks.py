"""Checks of gestures on joints (T, 22, 3); `utils.motion_checks` says how configurations name them."""

from __future__ import annotations

import numpy as np

from utils import quantities as q
from utils.quantities import SIDES


def claps(joints: np.ndarray, times: int = 2) -> bool:
    """Hands come together before the body several times."""
    gap = np.linalg.norm(joints[:, q.WRISTS[0]] - joints[:, q.WRISTS[1]], axis=-1)
    near = gap < max(0.2, gap.min() + 0.05)
    return bool(gap.min() < 0.24 and near.any() and q.swings(gap, 0.05) >= 2 * times - 1)


def punches(joints: np.ndarray, side: str = "", times: int = 1) -> bool:
    """A hand shoots forward to the height of the chest until the arm is nearly straight."""
    punching = []
    for arm in (0, 1):
        ahead = q.chest_coordinates(joints, q.WRISTS[arm])
        out = (ahead[:, 2] > 0.4) & (np.abs(ahead[:, 1] - 0.1) < 0.35)
        quick = q.speed(joints, q.WRISTS[arm]).max() > 1.5
        punching.append(bool(out.any() and quick))
    return punching[SIDES[side]] if side else any(punching)


def hands_on_hips(joints: np.ndarray, seconds: float = 0.6) -> bool:
    """Both wrists beside the pelvis with bent elbows that point out."""
    held = np.ones(len(joints), bool)
    for arm in (0, 1):
        held &= np.linalg.norm(joints[:, q.WRISTS[arm]] - joints[:, q.HIPS[arm]], axis=-1) < 0.3
        held &= q.elbow_bend(joints, arm) > 55
    return q.longest_run(held) >= seconds


def hand_at_head(joints: np.ndarray, side: str = "", seconds: float = 0.4) -> bool:
    """A wrist near the head."""
    held = [
        q.longest_run(np.linalg.norm(joints[:, w] - joints[:, q.HEAD], axis=-1) < 0.3) >= seconds
        for w in q.WRISTS
    ]
    return bool(held[SIDES[side]] and not held[1 - SIDES[side]]) if side else any(held)


def hand_at_mouth(joints: np.ndarray, side: str = "", seconds: float = 0.3) -> bool:
    """A wrist before the face, the other hand below the chest meanwhile."""
    held = []
    for arm in (0, 1):
        place = q.chest_coordinates(joints, q.WRISTS[arm]) - q.chest_coordinates(joints, q.HEAD)
        aside, up, ahead = np.moveaxis(place, -1, 0)
        near = (np.linalg.norm(place, axis=-1) < 0.32) & (ahead > 0.02) & (np.abs(up + 0.1) < 0.16)
        near &= np.abs(aside) < 0.13
        other = joints[:, q.WRISTS[1 - arm], 1] < joints[:, q.SPINE3, 1]
        held.append(q.longest_run(near & other) >= seconds)
    return held[SIDES[side]] if side else any(held)


def throws(joints: np.ndarray, side: str = "") -> bool:
    """A hand that was raised behind the chest's front shoots forward over the height of the chest."""
    thrown = []
    for arm in (0, 1):
        place = q.chest_coordinates(joints, q.WRISTS[arm])
        back = (place[:, 2] < 0.08) & (place[:, 1] > 0.05)
        ahead = place[:, 2] > 0.32
        pace = np.gradient(place[:, 2]) * q.FPS
        starts = np.flatnonzero(back)
        found = len(starts) and any(ahead[start : start + 14].any() for start in starts)
        thrown.append(bool(found and pace.max() > 1.5))
    return thrown[SIDES[side]] if side else any(thrown)


def pushes(joints: np.ndarray, times: int = 1) -> bool:
    """Both hands go together from the chest straight forward."""
    reach = [q.chest_coordinates(joints, wrist) for wrist in q.WRISTS]
    level = np.all([np.abs(place[:, 1]) < 0.35 for place in reach], axis=0)
    out = np.all([place[:, 2] > 0.42 for place in reach], axis=0) & level
    bent = np.all([q.elbow_bend(joints, arm) > 60 for arm in (0, 1)], axis=0)
    drawn = np.all([(place[:, 2] < 0.34) & (place[:, 1] > -0.3) for place in reach], axis=0) & bent
    edges = np.flatnonzero(np.diff(np.concatenate([[0], out.astype(int)])) > 0)
    return sum(bool(drawn[max(edge - 16, 0) : edge].any()) for edge in edges) >= times


def hands_behind_back(joints: np.ndarray, seconds: float = 0.6) -> bool:
    """Both wrists behind the hips, near each other."""
    pelvis = q.chest_coordinates(joints, q.PELVIS)[:, 2]
    behind = np.all([q.chest_coordinates(joints, w)[:, 2] < pelvis - 0.04 for w in q.WRISTS], axis=0)
    gap = np.linalg.norm(joints[:, q.WRISTS[0]] - joints[:, q.WRISTS[1]], axis=-1)
    return q.longest_run(behind & (gap < 0.32)) >= seconds


def jumping_jacks(joints: np.ndarray, times: int = 2) -> bool:
    """Feet apart with the hands above the shoulders, then together with the hands down, several times."""
    feet = np.linalg.norm((joints[:, q.ANKLES[0]] - joints[:, q.ANKLES[1]])[:, [0, 2]], axis=-1)
    up = np.all([q.wrist_over(joints, arm, q.SHOULDERS[arm]) > 0.0 for arm in (0, 1)], axis=0)
    down = np.all([q.wrist_over(joints, arm, q.SPINE3) < 0.0 for arm in (0, 1)], axis=0)
    state, count = False, 0
    for apart, together in zip(up & (feet > 0.38), down & (feet < 0.38), strict=True):
        if apart and not state:
            state, count = True, count + 1
        elif together:
            state = False
    return count >= times


def lifts_leg(joints: np.ndarray, direction: str, side: str = "", seconds: float = 0.3) -> bool:
    """A leg held out to its side ("aside") or backward ("back"), the foot off the floor."""
    held = []
    for leg in (0, 1):
        way = q.chest_coordinates(joints, q.ANKLES[leg]) - q.chest_coordinates(joints, q.HIPS[leg])
        out = way[:, 0] * (1, -1)[leg] if direction == "aside" else -way[:, 2]
        held.append(q.longest_run((out > 0.2) & (q.foot_height(joints, leg) > 0.08)) >= seconds)
    return held[SIDES[side]] and not held[1 - SIDES[side]] if side else any(held)


CHECKS = (
    claps, punches, hands_on_hips, hand_at_head, hand_at_mouth, throws, pushes, hands_behind_back, jumping_jacks,
    lifts_leg,
)  # fmt: skip
