"""Procedural exercise: loads that are lifted and carried, punches and throws from the hip, poses of yoga.

Contract and units as in `composing.gestures`; hands are put where they belong as in `composing.pursuits`.
"""

from __future__ import annotations

import numpy as np

from dataset.composing.gestures import pose_arm, shift_weight
from dataset.composing.pursuits import Curve, Spot, hand_at, held
from dataset.procedural.toy_body import BONES, COLLAR, SHOULDER, SIDES, Puppet, Step, ease, envelope
from dataset.procedural.toy_motions import TIMES, repeat
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, travel
from utils.rotation import unit

Chest = tuple[np.ndarray, np.ndarray]  # its middle (T, 3) and axes (T, 3, 3): left, up, ahead


def _chest(p: Puppet) -> Chest:
    """Where the middle between the shoulders is, as the trunk and the legs are posed so far."""
    joints = p.joints()
    left = unit(joints[:, 13] - joints[:, 14])
    rise = unit((joints[:, 13] + joints[:, 14]) / 2 - joints[:, 9])
    front = np.cross(left, rise)
    _, c, s = unit(np.array((0.0, *COLLAR[1:])))
    axes = np.stack([left, c * rise - s * front, s * rise + c * front], 1)
    (_, up, ahead) = BONES[13] * unit(np.array(COLLAR)) + BONES[16] * unit(np.array(SHOULDER))
    return joints[:, 9] + up * axes[:, 1] + ahead * axes[:, 2], axes


def _hand_to(p: Puppet, chest: Chest, side: int, up: np.ndarray, place: Spot, elbow: Spot) -> None:
    """As `hand_at`, for a place over the floor where the puppet started: metres to the arm's side, up and ahead."""
    outward, high, ahead = (np.broadcast_to(value, p.frames) for value in place)
    way = np.stack([SIDES[side] * outward, high, ahead], 1) - chest[0]
    left, rise, front = (chest[1] @ way[:, :, None])[:, :, 0].T
    hand_at(p, side, up, (SIDES[side] * left, rise, front), elbow)


def _between(a: float, b: float, seconds: float, least: int = 1, most: int = 8) -> int:
    """How often something that takes about `seconds` is done in a window."""
    return int(np.clip(round((b - a) / seconds), least, most))


def _mix(start: Spot, *ways: tuple[Curve, Spot]) -> Spot:
    """From start by each share of the way to its end."""
    x, y, z = (at + sum(share * (end[i] - at) for share, end in ways) for i, at in enumerate(start))
    return x, y, z


def skip_rope(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Small quick hops with both feet, elbows at the ribs, the wrists circling once for each."""
    up, first, last = held(p, a, b, 0.5), a + 0.4, b - 0.4
    count = max(round((last - first) * rng.uniform(1.7, 2.3)), 1)
    turn = np.clip((p.time - first) / (last - first), 0, 1) * count
    height = rng.uniform(0.05, 0.09)
    flight = 2 * np.sqrt(2 * height / 9.81) * count / (last - first)
    s = np.clip((turn % 1 - 0.5) / flight + 0.5, 0, 1)
    busy = envelope(p.time, first - 0.1, last + 0.1, 0.2)
    rise, tip = 4 * height * s * (1 - s), 0.5 - 0.5 * np.cos(2 * np.pi * turn)
    p.height += rise + busy * (0.05 * tip - 0.025)
    p.toe_offset[:, :, 1] += rise[:, None]
    p.foot_pitch += ((8 + 16 * tip) * busy)[:, None]
    p.surge += 0.02 * busy
    for side, sign in enumerate(SIDES):
        p.toe_offset[:, side, 0] -= sign * (p.stance - 0.07) * envelope(p.time, a, b, 0.4)
    size, wide, low = rng.uniform(0.04, 0.07), rng.uniform(0.34, 0.4), rng.uniform(-0.36, -0.3)
    angle = 2 * np.pi * turn  # forward and down while the feet are in the air
    for side in (0, 1):
        spot = (wide, low + size * busy * np.cos(angle), 0.16 + size * busy * np.sin(angle))
        hand_at(p, side, up, spot, (0.4, -1.0, -0.6))
    return {"times": TIMES[count] if count < len(TIMES) else ""}


def lift_box(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Down in the knees, both hands on a box on the floor, up with it before the belly; perhaps down with it again."""
    length, again = b - a, b - a > 3.8 and rng.random() < 0.6
    t = [a + at * length for at in ((0.25, 0.31, 0.54, 0.66, 0.86, 0.9) if again else (0.4, 0.5, 0.88))]
    keys, lifts = [(a, 0.0), (t[0], 1.0), (t[1], 1.0), (t[2], 0.0)], [(t[1], 0.0), (t[2], 1.0)]
    hands = [(a + 0.05 * length, 0.0), (t[0], 1.0)]
    if again:
        keys += [(t[3], 0.0), (t[4], 1.0), (t[5], 1.0), (b + 0.1, 0.0)]
        lifts += [(t[3], 1.0), (t[4], 0.0)]
        hands += [(t[5], 1.0), (b + 0.1, 0.0)]
    down, lift, up = (ease(p.time, line) for line in (keys, lifts, hands))
    p.height -= rng.uniform(0.36, 0.46) * down
    p.surge -= 0.2 * down + 0.02 * lift
    p.pelvis_pitch += rng.uniform(30, 38) * down
    p.spine_pitch += rng.uniform(22, 30) * down - 5 * lift
    p.head_pitch -= 14 * down
    wide, high, chest = rng.uniform(0.14, 0.2), rng.uniform(0.95, 1.05), _chest(p)
    for side in (0, 1):
        _hand_to(
            p, chest, side, up, (wide, 0.26 + (high - 0.26) * lift, 0.36 - 0.07 * lift), (0.6, -1.0, -0.4)
        )
    return {"down": " "} if again else {}


def carry(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking ahead with both forearms held out in front under a load."""
    up = held(p, a, b, 0.7)
    speed = rng.uniform(0.5, 0.95)
    first = int(rng.integers(2))
    travel(p, a + 0.3, b - 0.1, speed=speed, pace=1.1 + 0.7 * speed, lift=0.07, swing=0, first=first)
    wide, low, far = rng.uniform(0.13, 0.21), rng.uniform(-0.32, -0.2), rng.uniform(0.28, 0.34)
    for side in (0, 1):
        hand_at(p, side, up, (wide, low + 0 * up, far), (0.5, -1.0, -0.5))
    p.spine_pitch -= rng.uniform(3, 7) * up
    p.surge -= 0.01 * up
    return {}


def deadlift(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Hips back and the trunk down, straight arms to the shins, and up again, two to four times."""
    count = _between(a, b, rng.uniform(1.7, 2.4), 2, 4)
    down = np.zeros(p.frames)
    for start, end in repeat(a, b, count):
        middle, rest = (start + end) / 2, 0.05 * (end - start)
        down += ease(p.time, [(start, 0), (middle - rest, 1), (middle + rest, 1), (end, 0)])
    up, knees = held(p, a, b, 0.5), rng.uniform(0.08, 0.18)
    p.height -= knees * down
    p.surge -= (0.17 + 0.3 * knees) * down
    p.pelvis_pitch += rng.uniform(58, 66) * down
    p.spine_pitch += rng.uniform(14, 22) * down
    p.head_pitch -= rng.uniform(15, 30) * down
    wide, low, chest = rng.uniform(0.18, 0.24), rng.uniform(0.1, 0.25), _chest(p)
    for side in (0, 1):
        _hand_to(p, chest, side, up, (wide, 0.82 - (0.82 - low) * down, 0.16 + 0.06 * down), (1.0, 0.0, -1.0))
    return {"times": TIMES[count]}


GUARD: Spot = (0.1, -0.04, 0.26)


def _blows(
    p: Puppet, a: float, b: float, rng: np.random.Generator, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Facts]:
    """Both fists up, the trunk wound and let go again and again: shares (T,) of guard, windings and hits, and facts."""
    up, first, last = held(p, a, b, 0.45), a + 0.35, b - 0.35
    count = _between(first, last, rng.uniform(1.0, 1.4))
    back, out = np.zeros(p.frames), np.zeros(p.frames)
    for start, end in repeat(first, last, count):
        length = min(end - start, 1.3)
        t = [start + share * length for share in (0.0, 0.32, 0.38, 0.58, 0.66, 1.0)]
        back += ease(p.time, [(t[0], 0), (t[1], 1), (t[2], 1), (t[3], 0)])
        out += ease(p.time, [(t[2], 0), (t[3], 1), (t[4], 1), (t[5], 0)])
    hand_at(p, 1 - side, up, GUARD)
    turned = SIDES[side] * (0.7 * back - out)
    p.spine_twist += rng.uniform(24, 34) * turned
    p.pelvis_twist += rng.uniform(8, 14) * turned
    p.head_yaw -= 28 * turned
    p.height -= 0.03 * up
    p.surge += 0.03 * out
    return up, back, out, {"side": SIDE_NAMES[side], "times": TIMES[count]}


def uppercut(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The fist from the hip up before the chin, out of bent knees."""
    up, back, out, facts = _blows(p, a, b, rng, side)
    wind = (rng.uniform(0.2, 0.26), rng.uniform(-0.42, -0.36), 0.1)
    hit = (rng.uniform(-0.02, 0.04), rng.uniform(0.1, 0.18), 0.34)
    hand_at(p, side, up, _mix(GUARD, (back, wind), (out, hit)))
    p.height -= rng.uniform(0.06, 0.11) * back - 0.02 * out
    p.spine_pitch += 8 * back - 3 * out
    p.spine_roll += SIDES[side] * 8 * back
    return facts


def hook(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The fist from outside across at the height of the shoulder, the elbow as high."""
    up, back, out, facts = _blows(p, a, b, rng, side)
    bend, flat = rng.uniform(74, 92), np.clip(back + out, 0, 1)
    hand_at(p, side, up, GUARD)
    for channel, value in ((p.arm_flex, 82), (p.arm_out, 0), (p.elbow, bend), (p.arm_twist, 84)):
        channel[:, side] += flat * (value - channel[:, side])
    p.arm_out[:, side] += rng.uniform(66, 80) * back - 4 * out
    return facts


def bowl(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The arm back, then low and forward past the knee, out of a long step with the other foot."""
    other, far, length = 1 - side, rng.uniform(0.5, 0.68), min(b - a, 3.2)

    def curve(*keys: tuple[float, float]) -> np.ndarray:
        return ease(p.time, [(a + at * length, value) for at, value in keys])

    for foot, lift, land in ((other, 0.2, 0.42), (side, 0.74, 0.98)):
        p.steps[foot].append(Step(a + lift * length, a + land * length, p.home(foot, 0, far, 0), 0, 0.07))
    low = curve((0.2, 0), (0.46, 1), (0.62, 1), (0.96, 0))
    p.z = p.z + far * curve((0.18, 0), (0.46, 0.6), (0.66, 0.64), (0.98, 1))
    p.height -= rng.uniform(0.16, 0.24) * low
    p.foot_pitch[:, side] += 42 * curve((0.28, 0), (0.48, 1), (0.7, 1), (0.9, 0))
    p.pelvis_pitch += rng.uniform(24, 32) * low
    p.spine_pitch += rng.uniform(16, 24) * low
    swing = curve((0, 0), (0.14, 0.3), (0.36, -1), (0.4, -1), (0.56, 1), (0.66, 1), (0.98, 0))
    up = curve((0, 0), (0.14, 1), (0.7, 1), (0.98, 0))
    pose_arm(p, side, up, 20, 6, 12, 0)
    p.arm_flex[:, side] += np.where(swing > 0, rng.uniform(78, 98), rng.uniform(62, 76)) * swing
    p.elbow[:, side] += 46 * curve((0, 0), (0.14, 1), (0.28, 0))
    pose_arm(p, other, low, 30, rng.uniform(30, 50), 20, 0)
    p.spine_twist += SIDES[side] * rng.uniform(12, 20) * -swing * up
    p.head_pitch -= rng.uniform(20, 34) * low
    return {"side": SIDE_NAMES[side]}


def frisbee(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The arm wound across the chest, then flung out ahead and to its side."""
    up, length = held(p, a, b, 0.5), min(b - a, 2.6)
    t = [a + share * length for share in (0.05, 0.4, 0.5, 0.5 + 0.26 / length, 0.74, 0.98)]
    wind = ease(p.time, [(t[0], 0), (t[1], 1), (t[2], 1), (t[3], 0)])
    out = ease(p.time, [(t[2], 0), (t[3], 1), (t[4], 1), (t[5], 0)])
    high = rng.uniform(-0.14, -0.04)
    across = (rng.uniform(-0.2, -0.12), high, 0.25)
    flung = (rng.uniform(0.4, 0.5), high + rng.uniform(0.0, 0.08), 0.32)
    elbow = _mix((0.6, -1.0, 0.0), (wind, (0.7, -0.3, 0.7)), (out, (0.6, -1.0, 0.0)))
    hand_at(p, side, up, _mix((0.2, -0.3, 0.2), (wind, across), (out, flung)), elbow)
    turned = SIDES[side] * (0.6 * out - wind)
    p.spine_twist += rng.uniform(30, 40) * turned
    p.pelvis_twist += rng.uniform(12, 18) * turned
    p.head_yaw -= rng.uniform(30, 42) * turned
    p.sway += 0.04 * turned
    p.height -= rng.uniform(0.02, 0.05) * np.clip(wind + out, 0, 1)
    p.spine_pitch += 6 * wind
    return {"side": SIDE_NAMES[side]}


def tree_pose(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """On the leg of `side`, the other sole at its inner knee or calf, that knee out, the palms together."""
    other, high = 1 - side, rng.uniform(0.26, 0.42)
    shift_weight(p, a, b, side)
    ramp = min(1.1, 0.28 * (b - a))
    inner, home = p.home(side, -0.072 * SIDES[side], -0.07, 0), p.home(other, 0, 0, 0)
    out = SIDES[other] * np.radians(rng.uniform(140, 160))
    up_by, down_from = a + 0.3 + ramp, b - 0.3 - ramp
    p.steps[other].extend([Step(a + 0.3, up_by, inner, out, 0), Step(down_from, b - 0.3, home, 0, 0)])
    up = envelope(p.time, a + 0.2, b - 0.2, ramp)
    p.toe_offset[:, other, 1] += high * up
    p.foot_pitch[:, other] += 44 * envelope(p.time, a + 0.1, b - 0.1, 0.7 * ramp)
    wobble = np.sin(2 * np.pi * p.time[:, None] * rng.uniform(0.3, 0.7, 2) + rng.uniform(0, 6, 2)).sum(1)
    p.spine_roll += 0.8 * wobble * up
    over = rng.random() < 0.5
    spot = (0.03, 0.5, 0.06) if over else (0.03, rng.uniform(-0.16, -0.06), 0.24)
    hands = held(p, a + 0.3, b - 0.3, 1.1)
    for arm in (0, 1):
        hand_at(p, arm, hands, spot, (1.0, -0.4, 0.1) if over else (1.0, -0.8, -0.1))
    return {"side": SIDE_NAMES[side], "where": "over the head" if over else "in front of the chest"}


def warrior(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """A long step ahead with the leg of `side`, its knee bent, both arms out over the legs or up, held."""
    other, far, over = 1 - side, rng.uniform(0.78, 0.95), rng.random() < 0.4
    ahead, home, pivot = p.home(side, 0, far, 0), p.home(side, 0, 0, 0), p.home(other, 0, 0, 0)
    out = -SIDES[side] * np.radians(rng.uniform(35, 50) if over else rng.uniform(60, 75))
    p.steps[side].extend([Step(a + 0.1, a + 0.8, ahead, 0, 0.1), Step(b - 0.8, b - 0.1, home, 0, 0.1)])
    p.steps[other].extend([Step(a, a + 0.6, pivot, out, 0.015), Step(b - 0.6, b, pivot, 0, 0.015)])
    ramp = min(1.4, 0.34 * (b - a))
    forward, down = envelope(p.time, a + 0.1, b - 0.1, 0.85 * ramp), envelope(p.time, a + 0.2, b - 0.2, ramp)
    p.surge += 0.62 * far * forward
    p.height -= rng.uniform(0.13, 0.18) * down + 0.03 * forward
    turned = -SIDES[side] * down * (rng.uniform(8, 16) if over else rng.uniform(64, 76))
    p.pelvis_twist += 0.6 * turned
    p.spine_twist += (-0.6 if over else 0.4) * turned
    p.head_yaw -= 0 if over else 0.85 * turned
    arms = held(p, a + 0.2, b - 0.2, 1.2)
    for arm in (0, 1):
        if over:
            hand_at(p, arm, arms, (rng.uniform(0.06, 0.18), 0.54, 0.04), (1.0, -0.2, 0.2))
        else:
            pose_arm(p, arm, arms, 0, rng.uniform(85, 92), rng.uniform(3, 8), 0)
    return {"side": SIDE_NAMES[side], "arms": "over the head" if over else "out to the sides"}


def toe_touch_alternate(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Feet apart; one hand down to the foot of the other side over straight legs, up, and the other one, in turn."""
    first, last, wide = a + 0.6, b - 0.6, rng.uniform(0.14, 0.22)
    count, side = _between(first, last, rng.uniform(1.2, 1.8), 2), int(rng.integers(2))
    for foot, sign in enumerate(SIDES):
        for when, left in ((a + 0.3 * foot, sign * wide), (b - 0.6 + 0.3 * foot, 0)):
            p.steps[foot].append(Step(when, when + 0.3, p.home(foot, left, 0, 0), 0, 0.05))
    turns = np.zeros((p.frames, 2))  # of the left and the right hand
    for k, (start, end) in enumerate(repeat(first, last, count)):
        middle = (start + end) / 2
        keys = [(start, 0), (middle - 0.05, 1), (middle + 0.05, 1), (end, 0)]
        turns[:, (side + k) % 2] += ease(p.time, keys)
    down, twisted = turns.sum(1), turns[:, 1] - turns[:, 0]
    p.surge -= 0.19 * down
    p.height -= 0.02 * down
    p.pelvis_pitch += rng.uniform(60, 68) * down
    p.spine_pitch += rng.uniform(44, 54) * down
    p.spine_twist += rng.uniform(30, 40) * twisted
    p.pelvis_twist += 8 * twisted
    p.head_pitch -= 6 * down
    windmill, chest, up = rng.random() < 0.6, _chest(p), held(p, a, b, 0.6)
    for arm in (0, 1):
        if windmill:
            pose_arm(p, arm, up * (1 - turns[:, arm]), 4, rng.uniform(80, 90), 8, 0)
        else:
            p.arm_flex[:, arm] += 60 * turns[:, 1 - arm]
        _hand_to(p, chest, arm, turns[:, arm], (-p.stance - wide, 0.14, 0.1), (1.0, 0.0, -1.0))
    return {}


def side_lunge(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """A wide step to `side`, down in that knee over the foot, the other leg straight, and back."""
    count, far = _between(a, b, rng.uniform(2.2, 2.9)), rng.uniform(0.55, 0.72)
    sign, style, down = SIDES[side], int(rng.integers(3)), np.zeros(p.frames)
    out = sign * np.radians(rng.uniform(8, 25))
    for start, end in repeat(a, b, count):
        length = min(end - start, 3.2)
        t = [start + share * length for share in (0.02, 0.28, 0.46, 0.58, 0.7, 0.97)]
        p.steps[side].append(Step(t[0], t[1], p.home(side, sign * far, 0, 0), out, 0.08))
        p.steps[side].append(Step(t[4], t[5], p.home(side, 0, 0, 0), 0, 0.08))
        aside = ease(p.time, [(t[0], 0), (t[1], 0.6), (t[2], 1), (t[3], 1), (t[4], 0.55), (t[5], 0)])
        down += ease(p.time, [(t[0], 0), (t[1], 0.25), (t[2], 1), (t[3], 1), (t[4], 0.2), (t[5], 0)])
        p.sway += sign * 0.8 * far * aside
    p.height -= rng.uniform(0.26, 0.34) * down
    p.surge -= 0.12 * down
    p.pelvis_pitch += rng.uniform(18, 26) * down
    p.spine_pitch += rng.uniform(10, 18) * down
    p.spine_roll -= sign * 6 * down
    p.head_pitch -= 16 * down
    for arm in (0, 1):
        if style == 0:
            pose_arm(p, arm, down, 86, 4, 12, 0)
        elif style == 1:
            hand_at(p, arm, down, (0.04, -0.12, 0.26), (1.0, -0.8, -0.1))
        else:
            pose_arm(p, arm, down, 34, 10, 16, 10)
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}
