"""Procedural walks of characters (robot, chicken, gorilla, model, the old) and what bodies do when they dodge, cheer or
yawn; contract and units as in `composing.gestures`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset.composing.gestures import hands_on_hips, pose_arm
from dataset.composing.pursuits import arc, hand_at, held, wave_of
from dataset.procedural.toy_body import SIDES, Puppet, ease, envelope
from dataset.procedural.toy_motions import TIMES, repeat, striking_fists
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, travel

Curves = tuple[np.ndarray, np.ndarray]
AIR = 0.8  # of `travel`


def weight_of(p: Puppet, a: float, b: float, pace: float, first: int, air: float = AIR) -> Curves:
    """How far the weight is over the left foot, and that foot in front (T,), -1 to 1, in a walk by `travel`."""
    phase, active = np.pi * ((p.time - a) * pace - air), envelope(p.time, a, b, min(0.5, 0.25 * (b - a)))
    sign = 1 if first == 0 else -1
    return sign * np.sin(phase) * active, sign * np.cos(phase) * active


def set_aside(p: Puppet, far: float) -> None:
    """Set feet down farther out (below 0: in) by `far` metres, but for the last step of each foot."""
    for side, sign in enumerate(SIDES):
        steps = p.steps[side]
        for k, step in enumerate(steps[:-1]):
            x, z = np.cos(step.yaw) * sign * far, -np.sin(step.yaw) * sign * far
            steps[k] = replace(step, toe=(step.toe[0] + x, step.toe[1] + z))


def carry_feet(p: Puppet, out: float, ahead: float) -> None:
    """Carry feet in the air through a point that lies `out` and `ahead` metres off their way."""
    for side, sign in enumerate(SIDES):
        for step in p.steps[side]:
            phase = np.clip((p.time - step.lift) / (step.land - step.lift), 0, 1)
            p.toe_offset[:, side] += np.outer(np.sin(np.pi * phase) ** 2, (sign * out, 0, ahead))


def robot_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Stiff steps with a halt after each, forearms level ahead, the head turning in steps."""
    pace, air, first = rng.uniform(1.3, 1.7), 0.55, int(rng.integers(2))
    travel(p, a, b, speed=rng.uniform(0.45, 0.7), pace=pace, air=air, lift=0.09, swing=0, first=first)
    busy = envelope(p.time, a, b, 0.4)
    # Everything moves while a foot is in the air, and rests while both stand.
    beats = (p.time - a) * pace
    moving = np.clip((beats - np.floor(beats)) / (air + 0.1), 0, 1)
    halting = a + (np.floor(beats) + moving * moving * (3 - 2 * moving)) / pace
    halting = np.where((p.time > a) & (p.time < b), halting, p.time)
    for line in (p.x, p.z, p.sway, p.height):
        line[:] = np.interp(halting, p.time, line)
    stride = np.interp(halting, p.time, weight_of(p, a, b, pace, first, 0.0)[1])
    swing, rise = rng.uniform(12, 24), rng.uniform(0, 24)
    for side, sign in enumerate(SIDES):
        pose_arm(p, side, busy, 4, rng.uniform(4, 10), 90, 0)
        p.arm_flex[:, side] += sign * swing * stride * busy
        p.elbow[:, side] += sign * rise * stride * busy
    p.spine_pitch -= p.spine_pitch * busy
    looks = [(a, 0.0)]
    for k in range(1, int((b - a) * pace) - 1, 2):
        angle = float(rng.choice([-40, -20, 0, 20, 40]))
        looks += [(a + k / pace, looks[-1][1]), (a + k / pace + 0.25, angle)]
    p.head_yaw += ease(p.time, [*looks, (b - 0.3, looks[-1][1]), (b, 0.0)])
    return {}


def chicken_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Bent knees, hands at the armpits, elbows that flap, a head that pecks with every step."""
    pace, first = rng.uniform(1.5, 2.1), int(rng.integers(2))
    travel(p, a, b, speed=rng.uniform(0.3, 0.6), pace=pace, lift=0.13, swing=0, first=first)
    up = held(p, a, b, 0.6)
    flap = 0.5 + 0.5 * wave_of(p, a + 0.3, b - 0.3, rng.uniform(1.6, 2.4))
    for side in (0, 1):
        hand_at(p, side, up, (0.15, -0.1 + 0.03 * flap, 0.12), (1.0, 0.5 * flap - 0.8, -0.3))
    peck = (0.5 - 0.5 * np.cos(2 * np.pi * pace * (p.time - a))) * envelope(p.time, a, b, 0.5)
    p.height -= rng.uniform(0.1, 0.16) * up
    p.surge -= 0.07 * up
    p.pelvis_pitch += rng.uniform(9, 15) * up
    p.spine_pitch += rng.uniform(6, 12) * up + rng.uniform(9, 14) * peck
    p.head_pitch += rng.uniform(14, 22) * peck - 22 * up
    return {}


def gorilla_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Wide low steps, the trunk bent forward and rolling, arms that hang wide and low."""
    pace, first = rng.uniform(1.1, 1.5), int(rng.integers(2))
    travel(p, a, b, speed=rng.uniform(0.35, 0.6), pace=pace, lift=0.09, swing=0, first=first)
    set_aside(p, rng.uniform(0.05, 0.09))
    up, (over, stride) = held(p, a, b, 0.9), weight_of(p, a, b, pace, first)
    p.height -= rng.uniform(0.17, 0.23) * up
    p.surge -= 0.13 * up
    p.pelvis_pitch += rng.uniform(18, 26) * up
    p.spine_pitch += rng.uniform(20, 30) * up
    p.head_pitch -= rng.uniform(26, 38) * up
    p.sway += 0.04 * over
    p.spine_roll += rng.uniform(9, 14) * over
    p.spine_twist -= rng.uniform(8, 14) * stride
    for side, sign in enumerate(SIDES):
        pose_arm(p, side, up, rng.uniform(40, 50), rng.uniform(24, 32), rng.uniform(22, 34), 35)
        p.arm_flex[:, side] -= sign * rng.uniform(14, 22) * stride
    return {}


def catwalk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Upright, one foot before the other on a line, hips that sway, one hand on the hip or none."""
    pace, first = rng.uniform(1.5, 1.8), int(rng.integers(2))
    swing, speed = rng.uniform(10, 18), rng.uniform(0.75, 1.05)
    travel(p, a, b, speed=speed, pace=pace, lift=0.08, swing=swing, first=first)
    set_aside(p, -rng.uniform(0.08, 0.095))
    carry_feet(p, 0.06, 0.0)  # round the foot that stands
    up, (over, stride) = held(p, a, b, 0.7), weight_of(p, a, b, pace, first)
    size = rng.uniform(0.8, 1.2)
    p.sway += 0.02 * size * over
    p.pelvis_roll -= 7 * size * over
    p.spine_roll += 9 * size * over
    p.pelvis_twist -= 7 * size * stride
    p.spine_twist += 9 * size * stride
    p.spine_pitch -= rng.uniform(4, 9) * up
    if rng.random() < 0.5:
        return {}
    side = int(rng.integers(2))
    p.arm_flex[:, side] += SIDES[side] * swing * stride * up  # this arm doesn't swing
    pose_arm(p, side, up, -14, rng.uniform(40, 48), rng.uniform(94, 104), 78)
    return {"side": SIDE_NAMES[side]}


def old_walk(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Bent, in short slow steps, leaning on a cane with the hand of `side`, the other often on the lower back."""
    pace, other = rng.uniform(1.0, 1.4), 1 - side
    travel(p, a, b, speed=rng.uniform(0.2, 0.36), pace=pace, lift=0.045, swing=5, first=other)
    up, (over, stride) = held(p, a, b, 0.9), weight_of(p, a, b, pace, other)
    bent = rng.uniform(0.75, 1.0)
    p.height -= rng.uniform(0.04, 0.07) * up
    p.surge -= 0.07 * bent * up
    p.pelvis_pitch += 16 * bent * up
    p.spine_pitch += (28 * bent + rng.uniform(2, 4) * np.abs(stride)) * up
    p.head_pitch -= rng.uniform(4, 14) * up
    p.spine_roll += rng.uniform(3, 6) * over
    # The cane goes ahead with the other foot and carries the weight while that one stands.
    ahead = -SIDES[side] * stride
    lift = np.clip(SIDES[side] * over, 0, 1)
    hand_at(p, side, up, (0.19, -0.24 + 0.06 * lift, 0.4 + 0.06 * ahead), (0.7, -0.6, -0.5))
    if rng.random() < 0.65:
        hand_at(p, other, up, (0.05, rng.uniform(-0.4, -0.36), -0.06), (1.0, -0.5, -0.3))
    else:
        pose_arm(p, other, up, 26, 10, 24, 20)
    return {"side": SIDE_NAMES[side]}


def big_strides(p: Puppet, a: float, b: float, rng: np.random.Generator, deep: bool = False) -> Facts:
    """Very long slow strides; deep: the knee of each bends as in a lunge."""
    pace, first = rng.uniform(0.75, 0.9) if deep else rng.uniform(1.0, 1.25), int(rng.integers(2))
    length, swing = rng.uniform(0.66, 0.8), rng.uniform(8, 20) if deep else rng.uniform(20, 34)
    travel(p, a, b, speed=length * pace, pace=pace, lift=0.13, swing=swing, first=first)
    joints = p.joints()
    stride = np.clip((joints[:, 10] - joints[:, 11])[:, 2] / length, -1, 1)  # left foot in front: above 0
    apart = stride**2
    p.height -= (rng.uniform(0.26, 0.33) if deep else rng.uniform(0.05, 0.1)) * apart
    p.spine_pitch += 5 * apart
    for side, sign in enumerate(SIDES):
        p.foot_pitch[:, side] += (42 if deep else 18) * np.clip(-sign * stride, 0, 1) ** 2
    if deep and rng.random() < 0.4:
        hands_on_hips(p, a, b, rng)
    return {}


def zigzag(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking ahead in a zigzag: now to the left, now to the right, turning at each corner."""
    count = max(int((b - a) / rng.uniform(1.35, 1.7)), 3)
    angle, sign = rng.uniform(34, 50), 1 if rng.random() < 0.5 else -1
    keys = [(a, 0.0), (a + 0.6, sign * angle)]
    for k, (start, _) in enumerate(repeat(a, b - 0.3, count)[1:]):
        keys += [(start - 0.25, keys[-1][1]), (start + 0.4, sign * angle * (-1) ** (k + 1))]
    p.yaw = p.yaw + np.radians(ease(p.time, keys))
    p.spine_roll += 0.02 * np.gradient(np.degrees(p.yaw), p.time)  # into the corners
    speed, pace, swing = rng.uniform(0.8, 1.15), rng.uniform(1.8, 2.1), rng.uniform(12, 24)
    travel(p, a, b, speed=speed, pace=pace, swing=swing, first=0 if sign > 0 else 1)
    return {}


def strut(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Chest out, arms swinging wide, shoulders rolling with every step."""
    pace, first = rng.uniform(1.35, 1.7), int(rng.integers(2))
    swing, speed = rng.uniform(22, 31), rng.uniform(0.65, 1.0)
    travel(p, a, b, speed=speed, pace=pace, lift=0.08, swing=swing, first=first)
    up, (over, stride) = held(p, a, b, 0.7), weight_of(p, a, b, pace, first)
    p.spine_pitch -= rng.uniform(8, 14) * up
    p.head_pitch -= rng.uniform(0, 6) * up
    p.spine_roll += rng.uniform(6, 10) * over
    p.spine_twist += rng.uniform(6, 11) * stride
    p.sway += 0.02 * over
    p.arm_out += (rng.uniform(12, 20) * up)[:, None]
    p.elbow += (rng.uniform(0, 16) * up)[:, None]
    p.arm_twist += (rng.uniform(8, 26) * up)[:, None]
    return {}


def moonwalk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Gliding backward: one foot slides back flat, the other stands on its toes, in turn."""
    pace, air, first = rng.uniform(1.2, 1.6), 0.94, int(rng.integers(2))
    speed = rng.uniform(0.3, 0.42) * pace
    travel(p, a, b, speed=speed, heading=180.0, pace=pace, air=air, lift=0.0, swing=8, first=first)
    up, (over, stride) = held(p, a, b, 0.5), weight_of(p, a, b, pace, first, air)
    for side, sign in enumerate(SIDES):
        p.foot_pitch[:, side] += 32 * np.clip(0.1 + 1.4 * sign * over, 0, 1) * up
    p.height -= rng.uniform(0.03, 0.05) * up
    p.spine_pitch += rng.uniform(2, 9) * up
    p.spine_twist += 5 * stride
    p.head_pitch += rng.uniform(0, 14) * up
    p.elbow += (rng.uniform(5, 40) * up)[:, None]
    return {}


def sneak_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Slow high careful steps with deep knees, hands before the chest."""
    pace, first = rng.uniform(0.85, 1.15), int(rng.integers(2))
    speed, lift = rng.uniform(0.3, 0.42) * pace, rng.uniform(0.16, 0.24)
    travel(p, a, b, speed=speed, pace=pace, lift=lift, swing=0, first=first)
    carry_feet(p, 0.0, rng.uniform(0.06, 0.12))
    up, (over, stride) = held(p, a, b, 0.8), weight_of(p, a, b, pace, first)
    p.height -= (rng.uniform(0.12, 0.17) + 0.03 * stride**2) * up
    p.surge -= 0.07 * up
    p.sway += 0.03 * over
    p.pelvis_pitch += rng.uniform(14, 20) * up
    p.spine_pitch += rng.uniform(14, 24) * up
    p.head_pitch -= rng.uniform(14, 22) * up
    p.head_yaw += rng.uniform(10, 28) * np.sin(2 * np.pi * rng.uniform(0.2, 0.35) * (p.time - a)) * up
    for side, sign in enumerate(SIDES):
        reach = 0.05 * sign * stride
        hand_at(p, side, up, (0.1, -0.1 - reach, 0.3 - reach), (0.7, -1.0, -0.1))
    return {}


def dodge_back(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """The trunk leans back quickly, as from a punch, and comes up; fists in guard."""
    back, count = _dodges(p, a, b, rng)
    p.spine_pitch -= rng.uniform(20, 30) * back
    p.pelvis_pitch -= rng.uniform(8, 13) * back
    p.head_pitch += rng.uniform(8, 16) * back
    p.surge += 0.05 * back
    p.height -= rng.uniform(0.05, 0.09) * back
    return {"times": TIMES[count]}


def dodge_side(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The trunk goes quickly to that side and back; fists in guard."""
    aside, count = _dodges(p, a, b, rng)
    p.spine_roll += SIDES[side] * rng.uniform(26, 36) * aside
    p.pelvis_roll += SIDES[side] * rng.uniform(6, 10) * aside
    p.spine_twist -= SIDES[side] * rng.uniform(4, 14) * aside
    p.spine_pitch += rng.uniform(4, 12) * aside
    p.sway += SIDES[side] * rng.uniform(0.04, 0.07) * aside
    p.height -= rng.uniform(0.07, 0.13) * aside
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}


def _dodges(p: Puppet, a: float, b: float, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Fists up between a and b, and the share (T,) and number of the dodges within."""
    up, away = held(p, a, b, 0.5), np.zeros(p.frames)
    striking_fists(p, up, np.zeros((p.frames, 2)))
    count = int(np.clip((b - a - 0.6) / rng.uniform(1.2, 1.7), 1, 4))
    for start, end in repeat(a + 0.35, b - 0.3, count):
        hold = 0.1 + rng.uniform(0.1, 0.3) * (end - start - 0.8)
        keys = [(start, 0), (start + 0.3, 1), (start + 0.3 + hold, 1), (min(start + 0.85 + hold, end), 0)]
        away += ease(p.time, keys)
    return away, count


def peek(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Trunk and head lean out to that side, as to look round a corner, and come back."""
    sign, out = SIDES[side], held(p, a, b, rng.uniform(0.8, 1.1))
    look = held(p, a + 0.2, b - 0.2, 0.7)
    p.sway += sign * rng.uniform(0.06, 0.09) * out
    p.pelvis_roll += sign * 6 * out
    p.spine_roll += sign * rng.uniform(24, 34) * out
    p.spine_pitch += rng.uniform(4, 14) * out
    p.spine_twist += sign * rng.uniform(0, 10) * out
    p.head_yaw += sign * rng.uniform(8, 30) * look
    p.foot_pitch[:, 1 - side] += rng.uniform(10, 24) * out
    p.elbow += (rng.uniform(0, 40) * out)[:, None]
    return {"side": SIDE_NAMES[side]}


def cheer(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Small jumps with both fists up, which pump in time."""
    up, high = held(p, a, b, 0.75), rng.uniform(0.54, 0.62)
    count = int(np.clip(round((b - a - 0.8) / rng.uniform(0.6, 0.8)), 2, 8))
    pump, height, wide = np.zeros(p.frames), rng.uniform(0.06, 0.16), rng.uniform(0.24, 0.36)
    for start, end in repeat(a + 0.4, b - 0.4, count):
        flight = 2 * np.sqrt(2 * height / 9.81)
        leave = end - flight - 0.04
        s = np.clip((p.time - leave) / flight, 0, 1)
        rise = 4 * height * s * (1 - s)
        bend = ease(p.time, [(start - 0.04, 0), ((start + leave) / 2, 1), (leave + 0.05, 0)])
        p.height += rise - 0.09 * bend
        p.toe_offset[:, :, 1] += rise[:, None]
        p.foot_pitch += 26 * np.sin(np.pi * s)[:, None]
        pump += bend
    for side in (0, 1):
        hand_at(p, side, up, (wide, high - 0.2 * pump, 0.1 + 0.06 * pump), (0.8, -0.6, 0.2))
    p.head_pitch -= rng.uniform(2, 12) * up
    return {"times": TIMES[count]}


def facepalm(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand comes up to the face, the head sinks into it, perhaps shaking."""
    up, down = held(p, a, b, 0.7), held(p, a + 0.2, b, 0.7)
    hand_at(p, side, up, (rng.uniform(0.01, 0.05), rng.uniform(0.03, 0.07), 0.22), (0.7, -1.0, 0.2))
    p.head_pitch += rng.uniform(18, 28) * down
    p.spine_pitch += rng.uniform(3, 9) * down
    if rng.random() < 0.5:
        p.head_yaw += rng.uniform(5, 9) * wave_of(p, a + 0.7, b - 0.6, rng.uniform(0.8, 1.2))
    return {"side": SIDE_NAMES[side]}


def yawn_stretch(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both fists past the shoulders up and out, the trunk arching back, and down again."""
    up, length, wide = held(p, a, b, 0.9), b - a, rng.uniform(0.3, 0.42)
    out = envelope(p.time, a + 0.12 * length, b - 0.06 * length, 0.3 * length)
    for side in (0, 1):
        spot = arc(out, (0.24, -0.02, 0.16), (wide - 0.02, 0.3, 0.14), (wide, 0.5, -0.02))
        hand_at(p, side, up, spot, (1.0, -0.4, -0.1))
    p.spine_pitch -= rng.uniform(12, 20) * out
    p.head_pitch -= rng.uniform(12, 22) * out
    return {}
