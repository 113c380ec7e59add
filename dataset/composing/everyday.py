"""Procedural motion of everyday gestures that the captured sets lack; contract and units as in `composing.gestures`."""

from __future__ import annotations

import numpy as np

from dataset.composing.gestures import pose_arm, shift_weight
from dataset.procedural.toy_body import SIDES, Puppet, ease, envelope
from dataset.procedural.toy_motions import TIMES, leap, repeat
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, run_posture, travel


def hand_to_mouth(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand at the mouth, once or several times, the head a little back as in drinking."""
    count = 1 if b - a < 3.5 or rng.random() < 0.5 else 2
    up = envelope(p.time, a, b, min(0.7, 0.3 * (b - a)))
    at = np.zeros(p.frames)
    for start, end in repeat(a, b, count):
        at += envelope(p.time, start, end, min(0.8, 0.35 * (end - start)))
    # Between two sips the forearm stays half way down.
    pose_arm(
        p, side, np.maximum(at, 0.6 * up), rng.uniform(44, 52), rng.uniform(4, 14), rng.uniform(128, 136), 34
    )
    p.head_pitch -= rng.uniform(0, 12) * at
    return {"side": SIDE_NAMES[side]}


def phone(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand at the ear, held there."""
    up = envelope(p.time, a, b, min(0.8, 0.35 * (b - a)))
    pose_arm(p, side, up, rng.uniform(26, 34), rng.uniform(28, 38), rng.uniform(146, 152), -14)
    p.head_yaw += rng.uniform(-6, 6) * up
    return {"side": SIDE_NAMES[side]}


def throw_one(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand back beside the head, then forward over the shoulder, with the trunk's help."""
    length = min(b - a, 2.4)

    def curve(*keys: tuple[float, float]) -> np.ndarray:
        return ease(p.time, [(a + at * length, value) for at, value in keys])

    # However long the clip, the hand comes forward within a fifth of a second.
    fast = 0.46 + rng.uniform(0.15, 0.21) / length
    back = curve((0, 0), (0.36, 1), (0.46, 1), (fast + 0.01, 0))
    out = curve((0.46, 0), (fast, 1), (fast + 0.12, 0.85), (1, 0))
    pose_arm(p, side, np.maximum(back, out), 10, 12, 20, 10)
    p.arm_out[:, side] += 78 * back
    p.arm_flex[:, side] += 20 * back + 86 * out
    p.elbow[:, side] += 88 * back
    p.arm_twist[:, side] += -100 * back
    p.arm_flex[:, 1 - side] += 40 * back
    twist = SIDES[side] * (30 * back - 30 * out)
    p.spine_twist -= twist
    p.pelvis_twist -= 0.3 * twist
    p.spine_pitch += 14 * out
    p.surge += 0.07 * out - 0.03 * back
    return {"side": SIDE_NAMES[side]}


def push(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands from the chest straight forward and back, leaning in."""
    count = int(np.clip(round((b - a) / rng.uniform(1.6, 2.6)), 1, 3))
    held = envelope(p.time, a, b, min(0.6, 0.3 * (b - a)))
    out = np.zeros(p.frames)
    for start, end in repeat(a + 0.3, b - 0.2, count):
        length = end - start
        out += ease(p.time, [(start, 0), (start + 0.4 * length, 1), (start + 0.6 * length, 1), (end, 0)])
    for arm in (0, 1):
        pose_arm(p, arm, held, 22, 14, 112, 12)
        p.arm_flex[:, arm] += 62 * out
        p.elbow[:, arm] -= 96 * out
        p.arm_out[:, arm] -= 8 * out
    p.spine_pitch += 9 * out
    p.pelvis_pitch += 5 * out
    p.surge += 0.05 * out
    return {}


def hands_behind(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands together behind the back."""
    up = envelope(p.time, a, b, min(0.9, 0.35 * (b - a)))
    for arm in (0, 1):
        pose_arm(p, arm, up, rng.uniform(-36, -30), rng.uniform(16, 20), rng.uniform(48, 56), 104)
    return {}


def jumping_jacks(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Feet apart and arms up, then together and down, a hop between."""
    beat = rng.uniform(0.95, 1.25)
    count = int(np.clip((b - a) / beat, 1, len(TIMES) - 1))
    apart, hop = np.zeros(p.frames), np.zeros(p.frames)
    for start, end in repeat(a, a + count * beat, count):
        half = (start + end) / 2
        keys = [(start + 0.08, 0), (half - 0.08, 1), (half + 0.06, 1), (end - 0.08, 0)]
        apart += ease(p.time, [(at, float(value)) for at, value in keys])
        for lift, land in ((start + 0.06, half - 0.06), (half + 0.06, end - 0.06)):
            phase = np.clip((p.time - lift) / (land - lift), 0, 1)
            hop += np.sin(np.pi * phase) ** 2
    size = rng.uniform(0.2, 0.27)
    high = rng.uniform(140, 162)
    for side, sign in enumerate(SIDES):
        p.toe_offset[:, side, 0] += sign * size * apart
        p.toe_offset[:, side, 1] += 0.07 * hop
        p.arm_out[:, side] += (high - p.arm_out[0, side]) * apart
        p.foot_pitch[:, side] += 14 * hop
    p.height += 0.055 * hop - 0.035 * apart - 0.02
    return {"times": TIMES[count]}


def leg_aside(
    p: Puppet, a: float, b: float, rng: np.random.Generator, side: int, back: bool = False
) -> Facts:
    """One straight leg lifted to its side, or backward, the weight over the other."""
    shift_weight(p, a, b, 1 - side)
    up = envelope(p.time, a + 0.25, b - 0.25, min(0.8, 0.4 * (b - a)))
    height = rng.uniform(0.16, 0.3)
    reach = rng.uniform(0.34, 0.46)
    p.toe_offset[:, side, 1] += height * up
    if back:
        p.toe_offset[:, side, 2] -= (reach + 0.05) * up
        p.foot_pitch[:, side] += 30 * up
        p.pelvis_pitch += 9 * up
        p.spine_pitch += 8 * up
    else:
        p.toe_offset[:, side, 0] += SIDES[side] * reach * up
        p.spine_roll -= SIDES[side] * 7 * up
    p.arm_out += (rng.uniform(5, 40) * up)[:, None]
    return {"side": SIDE_NAMES[side]}


def twist(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """The upper body from side to side over hips that stay."""
    busy = envelope(p.time, a, b, 0.6)
    swing = np.sin(2 * np.pi * rng.uniform(0.35, 0.6) * (p.time - a)) * (1 if rng.random() < 0.5 else -1)
    p.spine_twist += rng.uniform(38, 52) * swing * busy
    p.head_yaw -= 10 * swing * busy
    p.arm_flex += (rng.uniform(10, 60) * busy)[:, None]
    p.elbow += (rng.uniform(20, 70) * busy)[:, None]
    return {}


def tiptoe_stand(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Heels up and down again, once or several times."""
    count = int(rng.integers(1, 4)) if b - a > 3 else 1
    for start, end in repeat(a, b, count):
        up = envelope(p.time, start, end, min(0.6, 0.4 * (end - start)))
        p.foot_pitch += (34 * up)[:, None]
        p.height += 0.062 * up
        p.surge += 0.055 * up
        p.arm_out += (8 * up)[:, None]
    return {}


def hop_one_leg(
    p: Puppet, a: float, b: float, rng: np.random.Generator, side: int, forward: bool = False
) -> Facts:
    """Hops on the leg of `side`, the other foot up behind; forward: ahead with every hop."""
    shift_weight(p, a, b, side)
    up = envelope(p.time, a, b, min(0.6, 0.25 * (b - a)))
    other = 1 - side
    p.toe_offset[:, other, 1] += rng.uniform(0.22, 0.34) * up
    p.toe_offset[:, other, 2] -= rng.uniform(0.1, 0.26) * up
    p.foot_pitch[:, other] += 30 * up
    p.arm_out += (rng.uniform(15, 40) * up)[:, None]
    first, last = a + 0.6, b - 0.5
    distance = rng.uniform(0.25, 0.5)
    count = max(int((last - first) / rng.uniform(0.6, 0.85)), 1)
    for start, end in repeat(first, last, count):
        middle, flight = (start + end) / 2, min(0.2, 0.32 * (end - start))
        phase = np.clip((p.time - middle + flight) / (2 * flight), 0, 1)
        rise = rng.uniform(0.13, 0.2) * np.sin(np.pi * phase) ** 2
        if forward:
            leap(p, middle - flight, middle + flight, distance)
        p.height += rise - 0.06 * ease(
            p.time, [(start, 0), (middle - flight, 1), (middle - flight + 0.08, 0)]
        )
        p.toe_offset[:, :, 1] += rise[:, None]
        p.foot_pitch[:, side] += 20 * np.sin(np.pi * phase) ** 2
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}


def run_back(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Running backward, upright, in short quick steps."""
    travel(
        p, a, b, speed=rng.uniform(1.1, 1.7), heading=180.0, pace=rng.uniform(2.5, 3.0), air=1.05, lift=0.13,
        swing=rng.uniform(14, 24), first=int(rng.integers(2)),
    )  # fmt: skip
    run_posture(p, a, b, elbow=60, lean=3)
    return {}


def skip(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Skipping forward: high knees, arms that swing far, a spring in every step."""
    pace = rng.uniform(1.7, 2.1)
    travel(
        p, a, b, speed=rng.uniform(1.1, 1.6), pace=pace, air=1.15, lift=rng.uniform(0.22, 0.3),
        swing=rng.uniform(35, 48), first=int(rng.integers(2)),
    )  # fmt: skip
    active = envelope(p.time, a, b, 0.5)
    p.height += 0.035 * active * (1 - np.cos(2 * np.pi * pace * (p.time - a)))
    p.elbow += active[:, None] * 30
    return {}


def shake_hand(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand held out before the belly and shaken up and down."""
    up = envelope(p.time, a, b, min(0.7, 0.3 * (b - a)))
    pose_arm(p, side, up, rng.uniform(38, 50), rng.uniform(2, 8), rng.uniform(38, 52), 18)
    busy = envelope(p.time, a + 0.5, b - 0.5, 0.3)
    p.elbow[:, side] += 14 * np.sin(2 * np.pi * rng.uniform(1.8, 2.6) * (p.time - a)) * busy
    p.spine_pitch += rng.uniform(2, 7) * up
    return {"side": SIDE_NAMES[side]}


def look_around(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Head and shoulders to one side and to the other."""
    busy = envelope(p.time, a, b, 0.5)
    first = 1 if rng.random() < 0.5 else -1
    swing = first * np.sin(2 * np.pi * rng.uniform(0.25, 0.42) * (p.time - a)) * busy
    p.head_yaw += 55 * swing
    p.spine_twist += rng.uniform(18, 30) * swing
    return {}


def guitar(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """The left hand out at the neck of a guitar, the right one strumming before the belly."""
    up = envelope(p.time, a, b, min(0.8, 0.3 * (b - a)))
    pose_arm(p, 0, up, rng.uniform(30, 40), rng.uniform(28, 38), rng.uniform(72, 88), 20)
    pose_arm(p, 1, up, rng.uniform(4, 12), rng.uniform(20, 28), rng.uniform(84, 96), 62)
    busy = envelope(p.time, a + 0.5, b - 0.3, 0.4)
    p.elbow[:, 1] += 12 * np.sin(2 * np.pi * rng.uniform(1.5, 2.5) * (p.time - a)) * busy
    return {}


def kick_back(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """A quick kick backward, the trunk leaning forward over the other leg."""
    count = 1 if b - a < 3.0 or rng.random() < 0.6 else 2
    reach, height = rng.uniform(0.5, 0.66), rng.uniform(0.26, 0.46)
    for start, end in repeat(a, b, count):
        length = min(end - start, 1.9)

        def curve(*keys: tuple[float, float], start: float = start, length: float = length) -> np.ndarray:
            return ease(p.time, [(start + at * length, value) for at, value in keys])

        weight = curve((0, 0), (0.22, 1), (0.82, 1), (1, 0))
        strike = curve((0.28, 0), (0.48, 1), (0.62, 1), (0.88, 0))
        p.sway -= SIDES[side] * (p.stance - 0.015) * weight
        # The knee comes up before the leg shoots out behind.
        p.toe_offset[:, side, 2] += curve((0.1, 0), (0.28, 0.1), (0.48, -reach), (0.62, -reach), (0.9, 0))
        p.toe_offset[:, side, 1] += curve((0.1, 0), (0.28, 0.16), (0.48, height), (0.62, height), (0.9, 0))
        p.foot_pitch[:, side] += 40 * strike
        p.pelvis_pitch += 16 * strike
        p.spine_pitch += 14 * strike
        p.arm_out += 14 * weight[:, None]
        p.arm_flex += 22 * strike[:, None]
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}
