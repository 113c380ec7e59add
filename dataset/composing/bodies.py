"""Bodies as directions of bones, and feet that step from one place to another.

Everything here keeps bone lengths by construction: joints (T, 22, 3) become a root path and unit vectors along
bones, these are blended, and the body is put together again with the skeleton's lengths.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial.transform import Rotation

from utils.rotation import rotation_between, turn, unit, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction

BONES = T2M_SKELETON.target_lengths
PARENTS = np.array(T2M_SKELETON.parents)
# Hip, knee, ankle, toe of the left and of the right leg; collar, shoulder, elbow, wrist of the arms.
LEGS, ARMS = ((1, 4, 7, 10), (2, 5, 8, 11)), ((13, 16, 18, 20), (14, 17, 19, 21))
REACH = 0.999  # share of the leg's length that a leg stretches to
GROUNDED_HEIGHT, GROUNDED_SPEED = 0.06, 0.012  # metres above the clip's lowest toe; metres a frame
OPPOSITE = np.radians(110.0)  # between directions that are so far apart, the way is chosen
FASTEST_DRIFT, DRIFT_LASTS = (
    0.5,
    3.0,
)  # radians a frame by which a turn that dies away goes on at first; frames
SMALLEST_STEP = 0.02  # metres; what is less, a foot slides


def directions_of(joints: np.ndarray) -> np.ndarray:
    """Unit vectors (T, 22, 3) along the bones that end in each joint; zero for the root."""
    out = np.zeros(joints.shape)
    out[:, 1:] = unit(joints[:, 1:] - joints[:, PARENTS[1:]])
    return out


def lengths_of(joints: np.ndarray) -> np.ndarray:
    """Lengths (T, 22) in metres of the bones that end in each joint; 0 for the root."""
    out = np.zeros(joints.shape[:2])
    out[:, 1:] = np.linalg.norm(joints[:, 1:] - joints[:, PARENTS[1:]], axis=-1)
    return out


def assemble(root: np.ndarray, directions: np.ndarray, lengths: np.ndarray = BONES) -> np.ndarray:
    """Joints (T, 22, 3) of a root path (T, 3) and unit vectors (T, 22, 3); lengths of bones (22,) or (T, 22)."""
    joints = np.zeros(directions.shape)
    joints[:, 0] = root
    for joint in range(1, len(PARENTS)):
        bone = directions[:, joint] * np.asarray(lengths)[..., joint, None]
        joints[:, joint] = joints[:, PARENTS[joint]] + bone
    return joints


def blend(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Unit vectors (..., 3) on the great circle from `first` (weight 0) to `second` (1)."""
    weight = np.broadcast_to(weight, first.shape[:-1])[..., None]
    cosine = np.clip((first * second).sum(-1, keepdims=True), -1, 1)
    angle = np.arccos(cosine)
    sine = np.sin(angle)
    near = sine < 1e-4
    divisor = np.where(near, 1.0, sine)
    share = np.where(near, 1 - weight, np.sin((1 - weight) * angle) / divisor)
    other = np.where(near, weight, np.sin(weight * angle) / divisor)
    return unit(share * first + other * second)


def lead_into(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Unit vectors (T, J, 3) that begin as `first` and end as `second`; weight (T,) rises from 0 to 1.

    Bones that are not far apart are blended. Between nearly opposite directions the shortest turn jumps about: there
    what is left of the turn at the beginning dies away upon `second` (Bollo, Inertialization, 2018), and leads through
    the outside of the body, or else its front.
    """
    out = blend(first, second, weight[:, None])
    apart = np.arccos(np.clip((first * second).sum(-1), -1, 1)).max(0) > OPPOSITE  # (J,)
    ahead = facing_direction(assemble(np.zeros((1, 3)), first[:1]), T2M_SKELETON)[0]
    left = np.cross((0.0, 1.0, 0.0), ahead)
    for joint in np.flatnonzero(apart):
        turns = rotation_between(second[:2, joint], first[:2, joint]).as_rotvec()
        aside = 1.0 if joint in ARMS[0] else -1.0 if joint in ARMS[1] else 0.0
        halfway = Rotation.from_rotvec(turns[0] / 2).apply(second[0, joint])
        if np.linalg.norm(turns[0]) > OPPOSITE and halfway @ (ahead + 2 * aside * left) < 0:
            turns = _other_way(turns)
        drift = turns[-1] - turns[0]
        drift = drift if np.linalg.norm(drift) < FASTEST_DRIFT else 0 * drift
        time = np.arange(len(first))[:, None]
        left_over = (1 - weight)[:, None] * (turns[0] + time * np.exp(-time / DRIFT_LASTS) * drift)
        out[:, joint] = Rotation.from_rotvec(left_over).apply(second[:, joint])
    return out


def _other_way(turns: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3) that lead to the same place the other way round."""
    angle = np.linalg.norm(turns, axis=-1, keepdims=True)
    return np.where(angle > 1e-6, turns * (1 - 2 * np.pi / np.maximum(angle, 1e-6)), turns)


def resample(joints: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Joints (N, 22, 3) at fractional frames (N,), bones kept."""
    at = np.clip(at, 0, len(joints) - 1)
    low = np.minimum(at.astype(int), len(joints) - 2)
    share = (at - low)[:, None, None]
    mixed = joints[low] * (1 - share) + joints[low + 1] * share
    directions = directions_of(joints)
    turned = unit(directions[low] * (1 - share) + directions[low + 1] * share)
    return assemble(mixed[:, 0], turned)


def smooth(phase: np.ndarray) -> np.ndarray:
    """0 to 1 with no speed and no acceleration at the ends; phase is clipped to 0..1."""
    phase = np.clip(phase, 0, 1)
    return phase**3 * (10 - 15 * phase + 6 * phase**2)


def facing_yaw(joints: np.ndarray) -> float:
    """Angle in radians about y that turns the mean facing direction of joints (T, 22, 3) to +z."""
    return float(yaw_of(facing_direction(joints, T2M_SKELETON).mean(0)))


def turned(joints: np.ndarray, yaw: float) -> np.ndarray:
    """Joints (T, 22, 3) turned about the y axis by `yaw` radians."""
    return turn(joints, np.full(joints.shape[:-1], yaw))


def grounded(joints: np.ndarray) -> np.ndarray:
    """Whether each foot (T, 2) stands: its toe is near the clip's floor and hardly moves."""
    toes = joints[:, [LEGS[0][3], LEGS[1][3]]]
    speed = np.linalg.norm(np.gradient(toes[..., [0, 2]], axis=0), axis=-1)
    return (toes[..., 1] < joints[..., 1].min() + GROUNDED_HEIGHT) & (speed < GROUNDED_SPEED)


def lower_into_reach(
    joints: np.ndarray, ankles: np.ndarray, span: slice, lengths: np.ndarray = BONES
) -> tuple[np.ndarray, float]:
    """Lower the whole body of some frames so that both legs reach their ankles (T, 2, 3).

    lengths: of bones, (22,) or (T, 22). Returns joints with legs not yet bent, and the largest drop in metres.
    """
    drop = np.zeros(len(joints))
    for side, (hip, knee, ankle, _) in enumerate(LEGS):
        length = REACH * (lengths[..., knee] + lengths[..., ankle])
        gap = joints[:, hip] - ankles[:, side]
        flat = np.minimum((gap[:, [0, 2]] ** 2).sum(1), (0.98 * length) ** 2)
        drop = np.maximum(drop, gap[:, 1] - np.sqrt(length**2 - flat))
    wanted = np.zeros(len(joints))
    wanted[span] = drop[span]
    # Lowered a little before and after too, so that the body doesn't jerk.
    wanted = np.maximum(wanted, gaussian_filter1d(maximum_filter1d(wanted, 5), 1.5))
    return joints - wanted[:, None, None] * (0, 1, 0), float(wanted.max())


def bend_legs(
    joints: np.ndarray, ankles: np.ndarray, toes: np.ndarray, span: slice, lengths: np.ndarray = BONES
) -> np.ndarray:
    """Legs of some frames bent so that ankles are at (T, 2, 3); toes: unit vectors (T, 2, 3) ankle to toe.

    Knees bend where they pointed before. lengths: of bones, (22,) or (T, 22).
    """
    out = joints.copy()
    bones = np.broadcast_to(lengths, joints.shape[:2])[span]
    for side, (hip, knee, ankle, toe) in enumerate(LEGS):
        start, target = joints[span, hip], ankles[span, side]
        pole = joints[span, knee] - (joints[span, hip] + joints[span, ankle]) / 2
        ahead = facing_direction(joints[span], T2M_SKELETON)
        way = target - start
        distance = np.linalg.norm(way, axis=1, keepdims=True)
        along = way / np.maximum(distance, 1e-9)
        upper, lower = bones[:, [knee]], bones[:, [ankle]]
        distance = np.clip(distance, np.abs(upper - lower) + 1e-4, upper + lower - 1e-6)
        pole = pole - (pole * along).sum(1, keepdims=True) * along
        foot = (distance**2 + upper**2 - lower**2) / (2 * distance)
        bent = np.sqrt(np.maximum(upper**2 - foot**2, 0))
        # The direction of a knee that was nearly straight says little: the more it bends, the more it goes ahead.
        more = np.maximum(bent - np.linalg.norm(pole, axis=-1, keepdims=True), 1e-4)
        aside = pole + 1.5 * more * (ahead - (ahead * along).sum(1, keepdims=True) * along)
        out[span, knee] = start + foot * along + bent * unit(aside)
        out[span, ankle] = start + distance * along
        out[span, toe] = out[span, ankle] + toes[span, side] * bones[:, [toe]]
    return out
