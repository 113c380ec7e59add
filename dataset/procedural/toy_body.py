"""A puppet for procedural motion: channels over time -> joints (T, 22, 3) of the HumanML3D skeleton.

Angles are degrees, lengths metres, time seconds. The root follows a path on the floor; feet stand where they
were planted and legs reach them by inverse kinematics, so planted feet neither slide nor sink; the rest of
the body follows joint angles. Bone lengths are exact by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d
from scipy.spatial.transform import Rotation

from utils.rotation import unit
from utils.skeleton import T2M_SKELETON

SIDES = (1.0, -1.0)  # sign of x for left and right
FLAT_FOOT = 39.7  # degrees below the horizontal that ankle->toe has on a flat foot, as in captured motion
TOE_HEIGHT = 0.005
STANCE = 0.105  # half the distance of the feet
TOE_AHEAD = 0.10  # of the pelvis, in standing
REACH = 0.997  # share of the leg's length a leg stretches to
BONES = T2M_SKELETON.target_lengths
LEGS, ARMS = ((1, 4, 7, 10), (2, 5, 8, 11)), ((13, 16, 18, 20), (14, 17, 19, 21))
# Directions of bones that no channel moves by itself: median of captured standing people, made symmetric.
HIP, COLLAR, SHOULDER = (0.945, -0.325, 0.025), (0.365, 0.928, 0.07), (0.963, -0.06, -0.262)
NECK, HEAD = (0.0, 0.995, 0.097), (0.0, 0.989, 0.146)


@dataclass(frozen=True)
class Step:
    """A foot in the air from `lift` to `land` seconds, landing with its toe at (x, z), turned to `yaw`."""

    lift: float
    land: float
    toe: tuple[float, float]
    yaw: float
    height: float


@dataclass
class Puppet:
    """All channels of one clip, at rest; actions add to them. Arrays (T,) or (T,2) for left and right."""

    frames: int
    fps: float = 20.0
    steps: tuple[list[Step], list[Step]] = field(default_factory=lambda: ([], []))

    def __post_init__(self) -> None:
        n = self.frames
        self.time = np.arange(n) / self.fps
        self.x, self.z, self.yaw = np.zeros(n), np.zeros(n), np.zeros(n)
        self.height = np.full(n, 0.925)  # of the pelvis over the floor
        self.sway, self.surge = np.zeros(n), np.zeros(n)  # pelvis to its left, forward, of the path
        self.pelvis_pitch, self.pelvis_roll, self.pelvis_twist = np.zeros(n), np.zeros(n), np.zeros(n)
        self.spine_pitch, self.spine_roll, self.spine_twist = np.zeros(n), np.zeros(n), np.zeros(n)
        self.head_pitch, self.head_yaw = np.zeros(n), np.zeros(n)
        # Arms: swing forward (180: up), swing out, bend of the elbow, and where the forearm bends to
        # (0 forward, 90 inward, -90 outward, for a hanging arm).
        self.arm_flex, self.arm_out = np.full((n, 2), 2.0), np.full((n, 2), 11.0)
        self.elbow, self.arm_twist = np.full((n, 2), 16.0), np.full((n, 2), 10.0)
        # Feet: offset of the toe from where it stands (left, up, forward of its own yaw), extra pitch.
        self.toe_offset, self.foot_pitch = np.zeros((n, 2, 3)), np.zeros((n, 2))
        self.foot_splay = 7.0
        self.stance = STANCE

    def home(self, side: int, x: float, z: float, yaw: float) -> tuple[float, float]:
        """Where the toe of a foot stands when the root is at x, z with that yaw (radians)."""
        left = SIDES[side] * self.stance
        return (
            x + np.cos(yaw) * left + np.sin(yaw) * TOE_AHEAD,
            z - np.sin(yaw) * left + np.cos(yaw) * TOE_AHEAD,
        )

    def joints(self) -> np.ndarray:
        """Joints (T, 22, 3) in metres, Y up."""
        n = self.frames
        joints = np.zeros((n, 22, 3))
        heading = Rotation.from_euler("y", self.yaw[:, None])
        toes, foot_yaw, pitch = self._feet()
        ankles = toes - BONES[[10, 11], None] * _foot_direction(foot_yaw, pitch)
        pelvis_turn = heading * _turn(self.pelvis_twist, self.pelvis_pitch, self.pelvis_roll)
        hips = np.stack(
            [pelvis_turn.apply(unit(np.array(_side(HIP, s)))) * BONES[1 + i] for i, s in enumerate(SIDES)], 1
        )
        shift = heading.apply(np.stack([self.sway, np.zeros(n), self.surge], 1))
        pelvis = np.stack([self.x, np.zeros(n), self.z], 1) + shift
        pelvis[:, 1] = np.minimum(self.height, self._highest(pelvis, hips, ankles))
        joints[:, 0] = pelvis
        for side, (hip, knee, ankle, toe) in enumerate(LEGS):
            joints[:, hip] = pelvis + hips[:, side]
            direction = (self.yaw[:, None] + foot_yaw)[:, side] / 2
            pole = np.stack([np.sin(direction), 0 * direction, np.cos(direction)], 1)
            joints[:, knee], joints[:, ankle] = reach(
                joints[:, hip], ankles[:, side], pole, BONES[knee], BONES[ankle]
            )
            joints[:, toe] = joints[:, ankle] + BONES[toe] * _foot_direction(foot_yaw, pitch)[:, side]
        self._upper_body(joints, pelvis_turn)
        return joints

    def _highest(self, pelvis: np.ndarray, hips: np.ndarray, ankles: np.ndarray) -> np.ndarray:
        """Pelvis height (T,) at which both legs still reach their feet, smoothed so that it never jumps."""
        limit = np.full(self.frames, np.inf)
        for side, (_, knee, ankle, _) in enumerate(LEGS):
            length = REACH * (BONES[knee] + BONES[ankle])
            gap = ankles[:, side] - pelvis - hips[:, side]
            flat = np.minimum((gap[:, [0, 2]] ** 2).sum(1), (0.98 * length) ** 2)
            limit = np.minimum(limit, ankles[:, side, 1] - hips[:, side, 1] + np.sqrt(length**2 - flat))
        return gaussian_filter1d(minimum_filter1d(limit, 5, mode="nearest"), 1.2, mode="nearest")

    def _feet(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Toes (T,2,3), yaw (T,2) radians and pitch (T,2) degrees of both feet."""
        n = self.frames
        toes, yaws, pitch = np.zeros((n, 2, 3)), np.zeros((n, 2)), np.zeros((n, 2))
        for side in (0, 1):
            here, yaw = np.array(self.home(side, self.x[0], self.z[0], self.yaw[0])), self.yaw[0]
            toes[:, side, [0, 2]], yaws[:, side] = here, yaw
            for step in sorted(self.steps[side], key=lambda step: step.lift):
                phase = np.clip((self.time - step.lift) / (step.land - step.lift), 0, 1)
                ease = phase * phase * (3 - 2 * phase)
                after = self.time >= step.lift
                there = np.array(step.toe)
                toes[after, side, 0] = (here[0] + (there[0] - here[0]) * ease)[after]
                toes[after, side, 2] = (here[1] + (there[1] - here[1]) * ease)[after]
                yaws[after, side] = (yaw + (step.yaw - yaw) * ease)[after]
                toes[:, side, 1] += step.height * np.sin(np.pi * phase) ** 2
                # Heel first off the floor, toe last; the swinging foot levels out before it lands.
                moved = min(np.hypot(*(there - here)) / 0.6 + step.height / 0.2, 1.0)
                air = step.land - step.lift
                early = np.clip((self.time - step.lift + 0.35 * air) / (0.5 * air), 0, 1)
                late = np.clip((self.time - step.lift - 0.15 * air) / (0.7 * air), 0, 1)
                pitch[:, side] += 30 * moved * (_smooth(early) - _smooth(late))
                here, yaw = there, step.yaw
            splay = np.radians(self.foot_splay) * SIDES[side]
            facing = yaws[:, side] + splay
            left, up, ahead = self.toe_offset[:, side].T
            toes[:, side, 0] += np.cos(yaws[:, side]) * left + np.sin(yaws[:, side]) * ahead
            toes[:, side, 2] += -np.sin(yaws[:, side]) * left + np.cos(yaws[:, side]) * ahead
            toes[:, side, 1] += up + TOE_HEIGHT
            yaws[:, side] = facing
        return toes, yaws, FLAT_FOOT + pitch + self.foot_pitch

    def _upper_body(self, joints: np.ndarray, pelvis_turn: Rotation) -> None:
        """Fill in spine, head and arms; the spine's angles are shared among its three joints."""
        part = _turn(self.spine_twist / 3, self.spine_pitch / 3, self.spine_roll / 3)
        turn, below = pelvis_turn, 0
        for joint in (3, 6, 9):
            turn = turn * part
            joints[:, joint] = joints[:, below] + turn.apply((0, BONES[joint], 0))
            below = joint
        joints[:, 12] = joints[:, 9] + turn.apply(unit(np.array(NECK)) * BONES[12])
        look = turn * _turn(self.head_yaw, self.head_pitch, np.zeros(self.frames))
        joints[:, 15] = joints[:, 12] + look.apply(unit(np.array(HEAD)) * BONES[15])
        for side, (collar, shoulder, elbow, wrist) in enumerate(ARMS):
            sign = SIDES[side]
            flex, out, bend, twist = (
                np.radians(channel[:, side])
                for channel in (self.arm_flex, self.arm_out, self.elbow, self.arm_twist)
            )
            # Raised arms lift the shoulder girdle.
            raised = np.clip((-np.cos(flex) * np.cos(out) + 0.2) / 1.2, 0, 1)
            lift = Rotation.from_euler("z", sign * 0.45 * raised[:, None])
            chest = turn
            joints[:, collar] = joints[:, 9] + chest.apply(
                unit(np.array(_side(COLLAR, sign))) * BONES[collar]
            )
            joints[:, shoulder] = joints[:, collar] + (chest * lift).apply(
                unit(np.array(_side(SHOULDER, sign))) * BONES[shoulder]
            )
            arm = (
                chest
                * Rotation.from_euler("x", -flex[:, None])
                * Rotation.from_euler("z", sign * out[:, None])
            )
            inward = np.stack([-sign * np.sin(twist), 0 * twist, np.cos(twist)], 1)
            fore = np.cos(bend)[:, None] * np.array([0, -1.0, 0]) + np.sin(bend)[:, None] * inward
            joints[:, elbow] = joints[:, shoulder] + arm.apply((0, -BONES[elbow], 0))
            joints[:, wrist] = joints[:, elbow] + arm.apply(fore) * BONES[wrist]


def reach(
    start: np.ndarray, target: np.ndarray, pole: np.ndarray, upper: float, lower: float
) -> tuple[np.ndarray, np.ndarray]:
    """Two bones from start (T,3) to target (T,3), bending towards pole (T,3): middle and end joint.

    A target out of reach is approached along a straight line.
    """
    way = target - start
    distance = np.linalg.norm(way, axis=1, keepdims=True)
    along = way / np.maximum(distance, 1e-9)
    distance = np.clip(distance, abs(upper - lower) + 1e-4, upper + lower - 1e-6)
    out = unit(pole - (pole * along).sum(1, keepdims=True) * along)
    foot = (distance**2 + upper**2 - lower**2) / (2 * distance)
    middle = start + foot * along + np.sqrt(np.maximum(upper**2 - foot**2, 0)) * out
    return middle, start + distance * along


def ease(time: np.ndarray, keys: Sequence[tuple[float, float]]) -> np.ndarray:
    """A curve (T,) through (seconds, value) keys, at rest in each of them and constant outside."""
    at, values = np.array(keys, float).T
    k = np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2)
    phase = _smooth(np.clip((time - at[k]) / np.maximum(at[k + 1] - at[k], 1e-9), 0, 1))
    return values[k] + (values[k + 1] - values[k]) * phase


def envelope(time: np.ndarray, start: float, end: float, ramp: float) -> np.ndarray:
    """0 outside start..end, 1 inside, with smooth flanks of `ramp` seconds."""
    ramp = min(ramp, (end - start) / 2)
    return ease(time, [(start, 0.0), (start + ramp, 1.0), (end - ramp, 1.0), (end, 0.0)])


def _smooth(phase: np.ndarray) -> np.ndarray:
    return phase**3 * (10 - 15 * phase + 6 * phase**2)


def _turn(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> Rotation:
    """Rotation by yaw (to the left), pitch (forward) and roll (to the left), degrees (T,)."""
    return Rotation.from_euler("YXZ", np.stack([yaw, pitch, -roll], 1), degrees=True)


def _side(direction: tuple[float, float, float], sign: float) -> tuple[float, float, float]:
    return (sign * direction[0], direction[1], direction[2])


def _foot_direction(yaw: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Unit vectors (T,2,3) from ankle to toe."""
    down = np.radians(pitch)
    return np.stack([np.cos(down) * np.sin(yaw), -np.sin(down), np.cos(down) * np.cos(yaw)], -1)
