"""Bodies that touch the floor with more than their feet, as poses.

Bodies are given as poses (pelvis, trunk, hands, toes) at keys over time; between keys their numbers are interpolated,
and arms and legs reach their points by two-bone inverse kinematics, so bones are exact and what is planted stays.
A trunk's pitch is 0 upright, 90 face down, -90 on the back; foot pitch is 0 level, 90 toe below ankle, more: toe behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from dataset.composing.drawing import SHORTEST
from dataset.composing.material import FPS, Take
from dataset.composing.phrases import Doing
from dataset.procedural.toy_body import ARMS, BONES, COLLAR, FLAT_FOOT, HEAD, HIP, LEGS, NECK, SHOULDER, reach
from utils.rotation import unit

LONGEST = 196  # frames of joints; one more would be a frame too many for sequences
MIRROR = np.array((1.0, 1.0, 1.0)), np.array((-1.0, 1.0, 1.0))
HAND, KNEE = 0.045, 0.055  # metres above the floor of a wrist, a knee that stands on it


def both(x: float, y: float, z: float) -> np.ndarray:
    """The same vector (2, 3) for the left and, mirrored, for the right."""
    return np.array([m * (x, y, z) for m in MIRROR])


@dataclass(frozen=True)
class Pose:
    """hands and elbows (where they bend to): in the chest's frame from the chest if held, else in the world."""

    pelvis: np.ndarray
    pitch: float
    toes: np.ndarray
    hands: np.ndarray
    elbows: np.ndarray
    held: bool = True
    knees: np.ndarray = field(default_factory=lambda: both(0.05, 0, 1))  # where knees bend to
    foot: tuple[float, float] = (FLAT_FOOT, FLAT_FOOT)
    curl: float = 0.0
    look: float = 0.0
    spin: float = 0.0
    splay: float | tuple[float, float] = 7.0  # of both feet outward, or each foot's yaw

    def numbers(self) -> np.ndarray:
        """All of it (48,), hands and elbows in both frames."""
        trunk = np.array([*self.pelvis, self.pitch, self.spin, self.curl, self.look])
        joints, chest = trunk_of(trunk[None])
        yaws = self.splay if isinstance(self.splay, tuple) else (self.splay, -self.splay)
        at = joints[0, 9]
        if self.held:
            local = self.hands, self.elbows
            world = chest.apply(self.hands) + at, chest.apply(self.elbows)
        else:
            world = self.hands, self.elbows
            local = chest.inv().apply(self.hands - at), chest.inv().apply(self.elbows)
        parts = [trunk, self.toes, self.foot, yaws, self.knees, *local, *world, [float(self.held)]]
        return np.concatenate([np.ravel(part) for part in parts])


Keys = list[tuple[float, Pose]]


def trunk_of(n: np.ndarray) -> tuple[np.ndarray, Rotation]:
    """Joints (T, 22, 3) with the pelvis, hips, spine, head and shoulders filled in, and the chest's turn."""
    joints = np.zeros((len(n), 22, 3))
    joints[:, 0] = n[:, :3]
    turn = Rotation.from_euler("XY", n[:, 3:5], degrees=True)
    for side, hip in enumerate((1, 2)):
        joints[:, hip] = n[:, :3] + turn.apply(MIRROR[side] * unit(np.array(HIP)) * BONES[hip])
    part, below = Rotation.from_euler("x", n[:, 5:6] / 3, degrees=True), 0
    for joint in (3, 6, 9):
        turn = turn * part
        joints[:, joint] = joints[:, below] + turn.apply((0, BONES[joint], 0))
        below = joint
    for share, joint, rest, below in ((0.5, 12, NECK, 9), (1.0, 15, HEAD, 12)):
        look = turn * Rotation.from_euler("x", n[:, 6:7] * share, degrees=True)
        joints[:, joint] = joints[:, below] + look.apply(unit(np.array(rest)) * BONES[joint])
    for side, (collar, shoulder, _, _) in enumerate(ARMS):
        for joint, rest, below in ((collar, COLLAR, 9), (shoulder, SHOULDER, collar)):
            bone = MIRROR[side] * unit(np.array(rest)) * BONES[joint]
            joints[:, joint] = joints[:, below] + turn.apply(bone)
    return joints, turn


def foot_bone(side: int, pitch: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) from ankle to toe."""
    down, yaw = np.radians(pitch), np.radians(yaw)
    way = [np.cos(down) * np.sin(yaw), -np.sin(down), np.cos(down) * np.cos(yaw)]
    return BONES[LEGS[side][3]] * np.stack(way, -1)


def solve(n: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) of poses' numbers (T, 48)."""
    joints, chest = trunk_of(n)
    toes, feet, yaws = n[:, 7:13].reshape(-1, 2, 3), n[:, 13:15], n[:, 15:17]
    knees, hands, elbows, hands_world, elbows_world = n[:, 17:47].reshape(-1, 5, 2, 3).swapaxes(0, 1)
    held = n[:, 47:48]
    for side, (hip, knee, ankle, toe) in enumerate(LEGS):
        bone = foot_bone(side, feet[:, side], yaws[:, side])
        joints[:, knee], joints[:, ankle] = reach(
            joints[:, hip], toes[:, side] - bone, knees[:, side], BONES[knee], BONES[ankle]
        )
        joints[:, toe] = joints[:, ankle] + bone
    for side, (_, shoulder, elbow, wrist) in enumerate(ARMS):
        at = chest.apply(hands[:, side]) + joints[:, 9]
        target = held * at + (1 - held) * hands_world[:, side]
        pole = held * chest.apply(elbows[:, side]) + (1 - held) * elbows_world[:, side]
        joints[:, elbow], joints[:, wrist] = reach(
            joints[:, shoulder], target, pole, BONES[elbow], BONES[wrist]
        )
    return joints


def film(keys: Keys, rng: np.random.Generator, sway: float = 1.0) -> np.ndarray:
    """Joints (T, 22, 3) through keys of seconds and poses; sway: of a trunk that isn't a statue, in degrees."""
    at = np.array([t for t, _ in keys])
    frames = int(np.clip(round((at[-1] - at[0]) * FPS), SHORTEST, LONGEST))
    time = at[0] + np.arange(frames) / FPS
    values = np.array([pose.numbers() for _, pose in keys])
    n = PchipInterpolator(at, values)(np.minimum(time, at[-1]))
    n = gaussian_filter1d(n, 1.0, axis=0, mode="nearest")
    wander = gaussian_filter1d(rng.normal(size=(frames + 80, 2)), 9, axis=0)[40:-40] * 5
    n[:, 5:7] += wander * sway * (1, 4)  # the head looks about a little
    joints = solve(n)
    return joints - joints[:1, :1] * (1, 0, 1)


def then(pose: Pose, seconds: float, times: Keys) -> Keys:
    """Keys `times` followed by a pose that many seconds later."""
    return [*times, (times[-1][0] + seconds, pose)]


def moved(pose: Pose, z: float) -> Pose:
    """A pose whose pelvis and toes are z metres further ahead."""
    return replace(pose, pelvis=pose.pelvis + (0, 0, z), toes=pose.toes + (0, 0, z))


HANGING: dict[str, Any] = {"hands": both(0.27, -0.36, 0.02), "elbows": both(0.3, 0, -1)}
AHEAD: dict[str, Any] = {"hands": both(0.2, 0.0, 0.4), "elbows": both(0.6, -1, 0)}
STAND = Pose(np.array((0, 0.925, 0.0)), 0.0, both(0.105, 0.005, 0.1), **HANGING)


def lifted(pose: Pose, side: int, toe: np.ndarray, height: float, **others: Any) -> Pose:
    """A pose with one toe half way to another place and in the air."""
    toes = pose.toes.copy()
    toes[side] = (toes[side] + toe) / 2 + (0, height, 0)
    return replace(pose, toes=toes, **others)


def pair(first: int, one: float, other: float) -> tuple[float, float]:
    return (one, other) if first == 0 else (other, one)


def smoothstep(phase: np.ndarray | float) -> np.ndarray:
    phase = np.clip(phase, 0, 1)
    return phase * phase * (3 - 2 * phase)


def take(name: str, joints: np.ndarray, facts: dict[str, str] | None = None) -> Take:
    """A procedural take that is cut nowhere."""
    return Take(joints, Doing(name, facts or {}), 0, len(joints), is_procedural=True)
