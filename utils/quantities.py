"""What a body does, in numbers a person can check: metres, degrees, seconds, from joints (T, 22, 3) alone.

Nothing here knows pose codes or models. Time series are (T,) unless said otherwise, at `FPS` frames a second; sides are
0 for left and 1 for right; y is up.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from utils.rotation import unit, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction

FPS = 20.0
SIDES = {"left": 0, "right": 1}
PELVIS, SPINE3, NECK, HEAD = 0, 9, 12, 15
HIPS, KNEES, ANKLES, TOES = (1, 2), (4, 5), (7, 8), (10, 11)
SHOULDERS, ELBOWS, WRISTS = (16, 17), (18, 19), (20, 21)


def facing(joints: np.ndarray) -> np.ndarray:
    """Horizontal unit direction (T, 3) the body faces, smoothed over a third of a second."""
    ahead = gaussian_filter1d(facing_direction(joints, T2M_SKELETON), 3.0, axis=0, mode="nearest")
    return unit(ahead * (1.0, 0.0, 1.0))


def heading(joints: np.ndarray) -> np.ndarray:
    """Direction of facing in degrees to the left of +z, continuous through full turns."""
    return np.degrees(np.unwrap(-yaw_of(facing(joints))))


def turned(joints: np.ndarray) -> float:
    """Degrees turned to the left from the first to the last frame."""
    line = heading(joints)
    return float(line[-1] - line[0])


def travelled(joints: np.ndarray) -> tuple[float, float]:
    """Metres to the front and to the left of where the body faces at each moment, summed over the clip."""
    ahead = facing(joints)[:-1]
    step = np.diff(joints[:, PELVIS], axis=0)
    return (
        float((step * ahead).sum()),
        float((step[:, 0] * ahead[:, 2] - step[:, 2] * ahead[:, 0]).sum()),
    )


def path_length(joints: np.ndarray) -> float:
    """Metres the pelvis moves over the floor, sway smoothed away."""
    path = gaussian_filter1d(joints[:, PELVIS][:, [0, 2]], 4.0, axis=0, mode="nearest")
    return float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())


def displacement(joints: np.ndarray) -> float:
    """Metres over the floor from the first to the last place of the pelvis."""
    return float(np.linalg.norm((joints[-1, PELVIS] - joints[0, PELVIS])[[0, 2]]))


def seconds(joints: np.ndarray) -> float:
    """Length of the clip."""
    return len(joints) / FPS


def floor(joints: np.ndarray) -> float:
    """Height of the floor: where the lowest joint mostly is."""
    return float(np.percentile(joints[..., 1].min(1), 5))


def pelvis_height(joints: np.ndarray) -> np.ndarray:
    """Metres (T,) of the pelvis above the floor."""
    return joints[:, PELVIS, 1] - floor(joints)


def wrist_over(joints: np.ndarray, side: int, joint: int) -> np.ndarray:
    """Metres by which a wrist is higher than a joint."""
    return joints[:, WRISTS[side], 1] - joints[:, joint, 1]


def chest_coordinates(joints: np.ndarray, joint: int) -> np.ndarray:
    """Place (T, 3) of a joint seen from the upper chest: metres to the body's left, up, to the front."""
    ahead = facing(joints)
    left = np.stack([ahead[:, 2], 0 * ahead[:, 0], -ahead[:, 0]], -1)
    way = joints[:, joint] - joints[:, SPINE3]
    return np.stack([(way * left).sum(-1), way[:, 1], (way * ahead).sum(-1)], -1)


def swings(line: np.ndarray, least: float) -> int:
    """How often a series changes direction by moves of at least `least` between turning points."""
    count, low, high, rising = 0, line[0], line[0], 0
    for value in line:
        low, high = min(low, value), max(high, value)
        if rising >= 0 and value < high - least:
            count, rising, low = count + (rising > 0), -1, value
        elif rising <= 0 and value > low + least:
            count, rising, high = count + (rising < 0), 1, value
    return count


def lean(joints: np.ndarray) -> np.ndarray:
    """Degrees by which the trunk, pelvis to neck, leans forward (backward below 0)."""
    trunk = joints[:, NECK] - joints[:, PELVIS]
    forward = (trunk * facing(joints)).sum(-1)
    return np.degrees(np.arctan2(forward, trunk[:, 1]))


def side_lean(joints: np.ndarray) -> np.ndarray:
    """Degrees by which the trunk leans to the left."""
    trunk, ahead = joints[:, NECK] - joints[:, PELVIS], facing(joints)
    left = trunk[:, 0] * ahead[:, 2] - trunk[:, 2] * ahead[:, 0]
    return np.degrees(np.arctan2(left, trunk[:, 1]))


def bend(joints: np.ndarray, upper: int, middle: int, lower: int) -> np.ndarray:
    """Degrees by which a joint is bent; 0 is straight."""
    a, b = unit(joints[:, middle] - joints[:, upper]), unit(joints[:, lower] - joints[:, middle])
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1, 1)))


def knee_bend(joints: np.ndarray, side: int) -> np.ndarray:
    """Degrees by which a knee is bent."""
    return bend(joints, HIPS[side], KNEES[side], ANKLES[side])


def elbow_bend(joints: np.ndarray, side: int) -> np.ndarray:
    """Degrees by which an elbow is bent."""
    return bend(joints, SHOULDERS[side], ELBOWS[side], WRISTS[side])


def foot_height(joints: np.ndarray, side: int) -> np.ndarray:
    """Metres of a toe above the floor."""
    return joints[:, TOES[side], 1] - floor(joints)


def speed(joints: np.ndarray, joint: int) -> np.ndarray:
    """Metres a second of a joint, smoothed a little; (T,)."""
    pace = np.linalg.norm(np.gradient(joints[:, joint], axis=0), axis=-1) * FPS
    return uniform_filter1d(pace, 3, mode="nearest")


def longest_run(holds: np.ndarray) -> float:
    """Seconds of the longest stretch in which a condition (T,) holds."""
    best = run = 0
    for value in holds:
        run = run + 1 if value else 0
        best = max(best, run)
    return best / FPS


def steps(joints: np.ndarray) -> int:
    """Steps taken: how often a foot leaves the floor, moves at least 10 cm relative to the other and lands."""
    count = 0
    for side in (0, 1):
        toe = joints[:, TOES[side]]
        moving = np.linalg.norm(np.gradient(toe[:, [0, 2]], axis=0), axis=-1) * FPS > 0.35
        edges = np.flatnonzero(np.diff(np.concatenate([[0], moving.astype(int), [0]])))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            moved = np.linalg.norm((toe[min(stop, len(toe) - 1)] - toe[start])[[0, 2]])
            count += bool(moved > 0.15 and stop - start >= 3)
    return count


def airborne(joints: np.ndarray, least: float = 0.05) -> np.ndarray:
    """Whether both feet, toes and ankles' lower ends, are at least `least` metres above the floor."""
    ground = floor(joints)
    return joints[:, [*TOES], 1].min(1) > ground + least
