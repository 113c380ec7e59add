"""Procedural ways of getting about that the captured sets lack; contract and units as in `composing.gestures`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset.composing.gestures import ease_path, pose_arm
from dataset.number_words import NUMBERS
from dataset.procedural.toy_body import SIDES, Puppet, Step, ease, envelope
from dataset.procedural.toy_motions import TIMES, jump, leap, repeat
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, travel


def limp(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Walking on a leg that hurts: short under weight, the body dips over it, its foot is hardly lifted."""
    pace, first = rng.uniform(1.3, 1.7), 1 - side
    travel(p, a, b, speed=rng.uniform(0.38, 0.7), pace=pace, lift=0.09, swing=rng.uniform(8, 16), first=first)
    p.steps[side][:] = [replace(step, height=0.025) for step in p.steps[side]]
    dip = np.zeros(p.frames)
    for step in p.steps[1 - side]:
        phase = np.clip((p.time - step.lift) / (step.land - step.lift), 0, 1)
        dip += np.sin(np.pi * phase) ** 2
    p.height -= rng.uniform(0.045, 0.075) * dip
    p.spine_roll += SIDES[side] * rng.uniform(7, 12) * dip
    p.spine_pitch += rng.uniform(3, 9) * dip + 4 * envelope(p.time, a, b, 0.6)
    return {"side": SIDE_NAMES[side]}


def tiptoe_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking slowly with the heels up."""
    travel(
        p, a, b, speed=rng.uniform(0.35, 0.8), pace=rng.uniform(1.4, 1.9), lift=0.09,
        swing=rng.uniform(4, 14), first=int(rng.integers(2)),
    )  # fmt: skip
    up = envelope(p.time, a - 0.1, b + 0.1, 0.5)
    p.foot_pitch += (30 * up)[:, None]
    p.height += 0.05 * up
    p.surge += 0.05 * up
    p.arm_out += (rng.uniform(4, 22) * up)[:, None]
    return {}


def march_forward(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking with high knees and arms that swing far."""
    travel(
        p, a, b, speed=rng.uniform(0.5, 0.95), pace=rng.uniform(1.6, 2.0), lift=rng.uniform(0.18, 0.28),
        swing=rng.uniform(34, 52), first=int(rng.integers(2)),
    )  # fmt: skip
    return {}


def diagonal(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Walking ahead and to a side at once, the body facing ahead."""
    travel(
        p, a, b, speed=rng.uniform(0.5, 0.9), heading=SIDES[side] * rng.uniform(35, 55),
        pace=rng.uniform(1.5, 1.9), swing=rng.uniform(8, 18), first=side,
    )  # fmt: skip
    return {"side": SIDE_NAMES[side]}


def side_steps(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """One to five steps to a side, the other foot drawn up beside after each."""
    half = rng.uniform(0.3, 0.55)
    count = int(np.clip((b - a - 0.3) / (2 * half), 1, rng.integers(1, 6)))
    length = rng.uniform(0.24, 0.4)
    keys = [(a, 0.0)]
    for k in range(count):
        target, lift = SIDES[side] * length * (k + 1), a + 2 * k * half
        for foot, late in ((side, 0.0), (1 - side, half)):
            toe = p.home(foot, target, 0.0, 0.0)
            p.steps[foot].append(Step(lift + late, lift + late + 0.85 * half, toe, 0.0, 0.06))
        keys.append((lift + 1.9 * half, target))
    p.x = p.x + ease_path(p.time, keys)
    p.height -= 0.025 * envelope(p.time, a, a + 2 * count * half, 0.4)
    manner = "quickly" if half < 0.37 else "slowly" if half > 0.5 else ""
    return {"side": SIDE_NAMES[side], "number": NUMBERS[count], "manner": manner}


def jump_aside(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Both feet off the floor and down again beside where they stood."""
    return {**jump(p, a, b, rng, forward=True, heading=SIDES[side] * 90.0), "side": SIDE_NAMES[side]}


def bunny_hops(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Quick hops ahead with both feet together, the hands before the chest or at the sides."""
    count = int(np.clip(round((b - a - 0.5) / rng.uniform(0.62, 0.95)), 2, 8))
    narrow = envelope(p.time, a, b, 0.3) * (p.stance - 0.05)
    for side, sign in enumerate(SIDES):
        p.toe_offset[:, side, 0] -= sign * narrow
    distance, paws = rng.uniform(0.2, 0.5), rng.random() < 0.5
    if paws:
        up = envelope(p.time, a, b, 0.4)
        for arm in (0, 1):
            pose_arm(p, arm, up, 26, 6, 118, 24)
    for start, end in repeat(a + 0.1, b - 0.3, count):
        height = rng.uniform(0.1, 0.2)
        flight = 2 * np.sqrt(2 * height / 9.81)
        leave = max(end - flight - 0.08, start + 0.1)
        leap(p, leave, leave + flight, distance)
        s = np.clip((p.time - leave) / flight, 0, 1)
        rise = 4 * height * s * (1 - s)
        bend = ease(p.time, [(start, 0), (leave - 0.08, 1), (leave + 0.06, 0)])
        p.height += rise - 0.13 * bend
        p.surge -= 0.04 * bend
        p.pelvis_pitch += 10 * bend
        p.toe_offset[:, :, 1] += rise[:, None]
        p.foot_pitch += 24 * np.sin(np.pi * s)[:, None]
        if not paws:
            p.arm_flex += (22 * ease(p.time, [(start, -0.5), (leave + 0.1, 1), (end, -0.5)]))[:, None]
    return {"times": TIMES[count] if count < len(TIMES) else ""}


def high_knees(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Steps on the spot with knees as high as the hips, walking or running."""
    pace = rng.uniform(1.5, 3.2)
    lift = rng.uniform(0.36, 0.48)
    ahead = rng.uniform(0.1, 0.2)
    travel(
        p, a, b, pace=pace, air=rng.uniform(0.85, 1.0), lift=lift, swing=rng.uniform(18, 38), first=int(rng.integers(2))
    )  # fmt: skip
    for side in (0, 1):
        for step in p.steps[side]:  # the knee comes up ahead of the hip
            phase = np.clip((p.time - step.lift) / (step.land - step.lift), 0, 1)
            p.toe_offset[:, side, 2] += ahead * np.sin(np.pi * phase) ** 2
    p.elbow += (envelope(p.time, a, b, 0.4) * rng.uniform(0, 60))[:, None]
    return {}
