"""Procedural motion for actions that captured data has too little of, with the puppet of the toy data set.

Each action has the contract of `dataset.procedural.toy_motions`: it adds itself to the puppet's channels within a
window of seconds, starts and ends in the neutral pose, and returns facts for its phrases. Degrees, metres, seconds.
"""

from __future__ import annotations

import numpy as np

from dataset.number_words import NUMBERS
from dataset.procedural.toy_body import SIDES, Puppet, Step, ease, envelope
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, travel


def stand(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Nothing but the puppet's own breathing."""
    return {}


def one_leg(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Weight over the leg of `side`, the other foot up, arms a little out, with small corrections."""
    other = 1 - side
    shift_weight(p, a, b, side)
    up = envelope(p.time, a + 0.3, b - 0.3, min(0.7, 0.3 * (b - a)))
    behind = rng.random() < 0.4
    high = rng.uniform(0.18, 0.5)
    p.toe_offset[:, other, 1] += high * up
    p.toe_offset[:, other, 2] += (-0.28 if behind else rng.uniform(0.0, 0.14)) * up
    p.foot_pitch[:, other] += (35 if behind else 20) * up
    p.arm_out += (rng.uniform(5, 55) * up)[:, None]
    wobble = np.sin(2 * np.pi * p.time[:, None] * rng.uniform(0.3, 0.8, 2) + rng.uniform(0, 6, 2)).sum(1)
    p.spine_roll += 1.2 * wobble * up
    p.arm_out += 3 * (wobble * up)[:, None]
    return {"side": SIDE_NAMES[side]}


def lift_knee(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The knee of `side` up to the hip and down again."""
    shift_weight(p, a, b, 1 - side)
    up = envelope(p.time, a + 0.25, b - 0.25, min(0.7, 0.35 * (b - a)))
    p.toe_offset[:, side, 1] += rng.uniform(0.36, 0.5) * up
    p.toe_offset[:, side, 2] += rng.uniform(0.1, 0.2) * up
    p.foot_pitch[:, side] += 15 * up
    p.arm_out += (rng.uniform(0, 25) * up)[:, None]
    return {"side": SIDE_NAMES[side]}


def shift_weight(p: Puppet, a: float, b: float, side: int) -> None:
    """Put the weight over the leg of `side` (0 left, 1 right) between a and b seconds."""
    weight = envelope(p.time, a, b, min(0.6, 0.25 * (b - a)))
    p.sway += SIDES[side] * (p.stance - 0.012) * weight
    p.pelvis_roll += SIDES[side] * 2 * weight


def kneel(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Down on both knees, which come to the floor before the feet, and up again."""
    down = envelope(p.time, a, b, min(1.4, 0.36 * (b - a)))
    lean = ease(p.time, _bump(a, min(1.4, 0.36 * (b - a)))) + ease(
        p.time, _bump(b, -min(1.4, 0.36 * (b - a)))
    )
    p.height -= 0.465 * down
    p.surge += 0.33 * down
    p.foot_pitch += (38 * down)[:, None]
    p.spine_pitch += 14 * lean
    p.pelvis_pitch += 12 * lean
    p.arm_flex += (rng.uniform(0, 30) * down)[:, None]
    p.elbow += (rng.uniform(0, 40) * down)[:, None]
    return {}


def _bump(at: float, seconds: float) -> list[tuple[float, float]]:
    """Keys of a curve that is 1 in the middle of a movement which starts (or, below 0, ends) at `at`."""
    start, end = min(at, at + seconds), max(at, at + seconds)
    return [(start, 0.0), ((start + end) / 2, 1.0), (end, 0.0)]


def bend_down(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """The upper body forward and down until the hands come near the floor."""
    down = ease(p.time, [(a, 0), (a + 0.4 * (b - a), 1), (a + 0.58 * (b - a), 1), (b, 0)])
    knees = rng.uniform(0.03, 0.22)
    p.pelvis_pitch += rng.uniform(58, 72) * down
    p.spine_pitch += rng.uniform(44, 62) * down
    p.height -= (0.02 + knees) * down
    p.surge -= (0.17 + 0.2 * knees) * down
    p.head_pitch += rng.uniform(-25, 5) * down
    sides = [(0, 1), (0,), (1,)][int(rng.integers(3))]
    for side in (0, 1):
        p.arm_flex[:, side] += (rng.uniform(92, 108) if side in sides else 70) * down
    return {}


def arms_out(p: Puppet, a: float, b: float, rng: np.random.Generator, sides: tuple[int, ...]) -> Facts:
    """Straight out to the sides."""
    up = envelope(p.time, a, b, min(rng.uniform(0.6, 1.2), 0.4 * (b - a)))
    angle = rng.uniform(82, 96)
    for side in sides:
        p.arm_out[:, side] += up * (angle - p.arm_out[0, side])
        p.elbow[:, side] += up * (rng.uniform(3, 14) - p.elbow[0, side])
    return {"side": SIDE_NAMES[sides[0]]}


def arms_front(p: Puppet, a: float, b: float, rng: np.random.Generator, sides: tuple[int, ...]) -> Facts:
    """Straight forward at the height of the shoulders."""
    up = envelope(p.time, a, b, min(rng.uniform(0.5, 1.1), 0.4 * (b - a)))
    angle = rng.uniform(80, 95)
    for side in sides:
        p.arm_flex[:, side] += up * (angle - p.arm_flex[0, side])
        p.arm_out[:, side] += up * (3 - p.arm_out[0, side])
        p.elbow[:, side] += up * (rng.uniform(3, 14) - p.elbow[0, side])
    return {"side": SIDE_NAMES[sides[0]]}


def pose_arm(
    p: Puppet, side: int, up: np.ndarray, flex: float, out: float, elbow: float, twist: float
) -> None:
    """Bring the arm of `side` to these angles (degrees, see `Puppet`) by the share `up` (T,) of the way."""
    for channel, value in ((p.arm_flex, flex), (p.arm_out, out), (p.elbow, elbow), (p.arm_twist, twist)):
        channel[:, side] += up * (value - channel[0, side])


def hands_on_hips(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Elbows out, hands at the hip bones."""
    up = envelope(p.time, a, b, min(0.8, 0.4 * (b - a)))
    for side in (0, 1):
        pose_arm(p, side, up, -14, rng.uniform(40, 48), rng.uniform(94, 104), 78)
    return {}


def cross_arms(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Forearms over each other before the chest."""
    up = envelope(p.time, a, b, min(0.8, 0.4 * (b - a)))
    for side in (0, 1):
        pose_arm(p, side, up, 34 + 6 * side, 6, rng.uniform(98, 108), 66)
    return {}


def salute(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand beside the forehead."""
    up = envelope(p.time, a, b, min(0.6, 0.35 * (b - a)))
    pose_arm(p, side, up, 28, rng.uniform(70, 82), rng.uniform(138, 147), -72)
    return {"side": SIDE_NAMES[side]}


def touch_head(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand on top of the head, moving a little."""
    up = envelope(p.time, a, b, min(0.8, 0.35 * (b - a)))
    pose_arm(p, side, up, 22, rng.uniform(104, 118), rng.uniform(134, 142), -84)
    p.elbow[:, side] += 5 * np.sin(2 * np.pi * 2 * p.time) * up
    return {"side": SIDE_NAMES[side]}


def nod(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    busy = envelope(p.time, a, b, 0.4)
    p.head_pitch += busy * (
        10 + rng.uniform(20, 32) * np.sin(2 * np.pi * rng.uniform(0.9, 1.6) * (p.time - a))
    )
    return {}


def shake_head(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    busy = envelope(p.time, a, b, 0.4)
    p.head_yaw += busy * rng.uniform(22, 36) * np.sin(2 * np.pi * rng.uniform(0.8, 1.4) * (p.time - a))
    return {}


def look(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    turn = envelope(p.time, a, b, min(0.7, 0.35 * (b - a)))
    p.head_yaw += SIDES[side] * rng.uniform(50, 70) * turn
    p.spine_twist += SIDES[side] * rng.uniform(14, 26) * turn  # joints don't show a head that turns alone
    return {"side": SIDE_NAMES[side]}


def march(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Steps on the spot."""
    travel(
        p, a, b, pace=rng.uniform(1.5, 2.1), lift=rng.uniform(0.1, 0.24), swing=rng.uniform(15, 32),
        first=int(rng.integers(2)),
    )  # fmt: skip
    return {}


def counted_steps(p: Puppet, a: float, b: float, rng: np.random.Generator, back: bool = False) -> Facts:
    """One to six steps, forward or back, the last foot drawn up beside the other."""
    count = int(rng.integers(1, 7 if b - a > 3.6 else 5))
    length = rng.uniform(0.42, 0.65) * (0.7 if back else 1.0) * (-1 if back else 1)
    pace = min(rng.uniform(1.3, 1.8), (count + 1) / max(b - a, 0.5) * 1.6)
    half = 1 / pace
    first = int(rng.integers(2))
    keys = [(a, 0.0)]
    for k in range(count + 1):
        side = (first + k) % 2
        # The closing step comes beside the foot before it, and does not carry the body on.
        ahead = length * min(k + 1, count)
        lift = a + k * half
        target = ahead
        p.steps[side].append(Step(lift, lift + 0.8 * half, p.home(side, 0.0, target, 0.0), 0.0, 0.07))
        if k < count:
            keys.append((lift + half, length * (k + 0.62 if k + 1 < count or count == 0 else k + 1)))
    keys[-1] = (a + (count + 0.6) * half, length * count)
    path = ease_path(p.time, keys)
    p.z = p.z + path
    active = envelope(p.time, a, a + (count + 1) * half, 0.4)
    phase = np.pi * (p.time - a) / half
    for side, sign in enumerate(SIDES):
        p.arm_flex[:, side] += sign * 9 * np.sin(phase) * active * (1 if first else -1)
    p.sway += 0.02 * active * np.sin(phase) * (1 if first == 0 else -1) * -1
    p.height -= 0.02 * active
    return {"number": NUMBERS[count]}


def ease_path(time: np.ndarray, keys: list[tuple[float, float]]) -> np.ndarray:
    """A path (T,) through (seconds, metres) that goes on smoothly between its ends."""
    at, values = np.array(keys).T
    line = np.interp(time, at, values)
    width = max(int(0.25 / (time[1] - time[0])), 1)
    kernel = np.hanning(2 * width + 1)
    padded = np.pad(line, width, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
