"""Procedural dancing, staggering and other ways of moving that the captured sets lack; contract and units as in
`composing.gestures`.
"""

from __future__ import annotations

import numpy as np

from dataset.composing.gestures import pose_arm
from dataset.procedural.toy_body import SIDES, Puppet, Step, ease, envelope
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, travel


def _drift(p: Puppet, rng: np.random.Generator, slow: float, fast: float) -> np.ndarray:
    """A wandering curve (T,) between -1 and 1, of three waves with periods of `fast` to `slow` seconds."""
    periods, phases = rng.uniform(fast, slow, 3), rng.uniform(0, 2 * np.pi, 3)
    return np.sin(2 * np.pi * p.time[:, None] / periods + phases).mean(1)


def stagger(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking unsteadily: a path that weaves, a trunk that sways, arms that feel for balance."""
    busy = envelope(p.time, a, b, 0.7)
    weave = rng.uniform(25, 45) * np.sin(2 * np.pi * (p.time - a) / rng.uniform(2.6, 4.2) + rng.uniform(0, 6))
    p.yaw = p.yaw + np.radians(weave * busy)
    pace = rng.uniform(1.2, 1.7)
    travel(p, a, b, speed=rng.uniform(0.35, 0.65), pace=pace, lift=0.07, swing=8, first=int(rng.integers(2)))
    for side in (0, 1):
        aside = SIDES[side] * rng.uniform(0, 0.07, len(p.steps[side]))
        p.steps[side][:] = [
            Step(s.lift, s.land, (s.toe[0] + far, s.toe[1]), s.yaw, s.height)
            for s, far in zip(p.steps[side], aside, strict=True)
        ]
    roll = np.sin(np.pi * pace * (p.time - a) / 2 + rng.uniform(0, 6)) + 0.6 * _drift(p, rng, 3.0, 1.2)
    p.spine_roll += rng.uniform(11, 18) * roll * busy
    p.sway += 0.05 * roll * busy
    p.spine_pitch += (rng.uniform(6, 16) + 12 * _drift(p, rng, 3.0, 1.5)) * busy
    p.head_pitch += (8 + 14 * _drift(p, rng, 3.0, 1.5)) * busy
    for side in (0, 1):
        p.arm_out[:, side] += (rng.uniform(12, 30) + 22 * _drift(p, rng, 2.5, 1.0)) * busy
        p.arm_flex[:, side] += (10 + 26 * _drift(p, rng, 2.5, 1.0)) * busy
        p.elbow[:, side] += rng.uniform(5, 35) * busy
    p.height -= rng.uniform(0.02, 0.04) * busy
    return {}


def zombie_walk(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Slow stiff steps, the trunk rolling from side to side, both arms stretched ahead."""
    busy = envelope(p.time, a, b, 0.8)
    pace = rng.uniform(1.1, 1.5)
    travel(p, a, b, speed=rng.uniform(0.3, 0.6), pace=pace, lift=0.05, swing=0, first=int(rng.integers(2)))
    p.spine_roll += rng.uniform(6, 11) * np.sin(np.pi * pace * (p.time - a)) * busy
    p.head_yaw += rng.uniform(-18, 18) * busy
    p.head_pitch += rng.uniform(-6, 12) * busy
    for side in (0, 1):
        pose_arm(p, side, busy, rng.uniform(68, 90), rng.uniform(0, 10), rng.uniform(8, 34), 10)
    return {}


def stumble(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Walking, a lurch forward with arms flung up, two quick steps that catch it, and walking on or standing."""
    at = a + rng.uniform(0.4, 0.55) * (b - a)
    travel(
        p, a, b, speed=rng.uniform(0.7, 1.0), pace=rng.uniform(1.7, 2.0), swing=16, first=int(rng.integers(2))
    )
    lurch = ease(p.time, [(at - 0.1, 0), (at + 0.28, 1), (at + 0.5, 0.8), (at + 1.1, 0)])
    p.spine_pitch += rng.uniform(26, 38) * lurch
    p.pelvis_pitch += rng.uniform(16, 26) * lurch
    p.height -= rng.uniform(0.08, 0.14) * lurch
    p.surge += rng.uniform(0.1, 0.16) * lurch
    p.head_pitch -= 18 * lurch
    for side in (0, 1):
        p.arm_flex[:, side] += rng.uniform(48, 80) * lurch
        p.arm_out[:, side] += rng.uniform(14, 40) * lurch
        p.elbow[:, side] += rng.uniform(10, 40) * lurch
    return {}


def duck(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Quickly down with the head low, as under something that flies by, and up again."""
    hold = min(rng.uniform(0.3, 0.9), b - a - 1.0)
    down = ease(p.time, [(a, 0), (a + 0.4, 1), (a + 0.4 + hold, 1), (a + 1.0 + hold, 0)])
    p.height -= rng.uniform(0.26, 0.38) * down
    p.pelvis_pitch += rng.uniform(24, 34) * down
    p.spine_pitch += rng.uniform(22, 36) * down
    p.head_pitch += rng.uniform(12, 24) * down
    p.surge -= 0.06 * down
    if rng.random() < 0.6:
        for side in (0, 1):
            pose_arm(p, side, down, rng.uniform(64, 80), rng.uniform(30, 44), rng.uniform(126, 138), 0)
    else:
        p.elbow += (rng.uniform(20, 50) * down)[:, None]
    return {}


def kneel_one(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Down on the knee of `side`, the other foot set ahead, the trunk upright, and up again."""
    other, reach = 1 - side, rng.uniform(0.42, 0.5)
    ramp = min(1.2, 0.34 * (b - a))
    down = envelope(p.time, a + 0.2, b - 0.2, ramp)
    yaw = float(np.interp(a, p.time, p.yaw))
    home = p.home(other, float(np.interp(a, p.time, p.x)), float(np.interp(a, p.time, p.z)), yaw)
    ahead = (home[0] + np.sin(yaw) * reach, home[1] + np.cos(yaw) * reach)
    p.steps[other].extend([Step(a, a + 0.65, ahead, yaw, 0.08), Step(b - 0.65, b, home, yaw, 0.08)])
    p.height -= rng.uniform(0.455, 0.475) * down
    p.surge += 0.28 * down
    p.foot_pitch[:, side] += 42 * down
    p.spine_pitch += 10 * ease(p.time, [(a, 0), (a + 0.5 * ramp, 1), (a + ramp + 0.2, 0)])
    if rng.random() < 0.4:  # a hand or both rest on the knee that is up
        for arm in (0, 1) if rng.random() < 0.5 else (other,):
            pose_arm(p, arm, down, rng.uniform(24, 34), rng.uniform(2, 8), rng.uniform(24, 40), 40)
    return {"side": SIDE_NAMES[side]}


def dance(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Steps from side to side or on the spot to a beat, with hips, shoulders and arms in time."""
    beat = rng.uniform(1.5, 2.2)
    busy = envelope(p.time, a, b, 0.5)
    phase = np.pi * beat * (p.time - a)
    if rng.random() < 0.55:
        _side_touches(p, a, b, beat, rng.uniform(0.16, 0.32))
    else:
        travel(p, a, b, pace=beat, lift=rng.uniform(0.05, 0.14), swing=0, first=int(rng.integers(2)))
    swing = np.sin(phase)
    p.height -= (0.03 + 0.025 * np.cos(2 * phase)) * busy
    p.sway += rng.uniform(0.03, 0.06) * swing * busy
    p.pelvis_roll += rng.uniform(3, 8) * swing * busy
    p.spine_roll -= rng.uniform(4, 11) * swing * busy
    p.spine_twist += rng.uniform(4, 18) * np.sin(phase + rng.uniform(0, 1)) * busy
    p.head_yaw += rng.uniform(-15, 15) * swing * busy
    _dancing_arms(p, swing, busy, int(rng.integers(4)), rng)
    return {}


def _side_touches(p: Puppet, a: float, b: float, beat: float, length: float) -> None:
    """Steps to one side, the other foot drawn up, and back, two beats each."""
    count = max(int((b - a) * beat / 2), 1)
    keys = [(a, 0.0)]
    for k in range(count):
        side = k % 2
        lift = a + 2 * k / beat
        there = length if side == 0 and k < count - 1 else 0.0
        for foot, late in ((side, 0.0), (1 - side, 1 / beat)):
            toe = p.home(foot, there, 0.0, 0.0)
            p.steps[foot].append(Step(lift + late, lift + late + 0.75 / beat, toe, 0.0, 0.06))
        keys.append((lift + 1.6 / beat, there))
    p.x = p.x + ease(p.time, keys)


def _dancing_arms(
    p: Puppet, swing: np.ndarray, busy: np.ndarray, style: int, rng: np.random.Generator
) -> None:
    """Arms that swing low, bend in turn, sway over the head, or open and close at the sides."""
    for side, sign in enumerate(SIDES):
        wave = sign * swing
        if style == 0:
            p.arm_flex[:, side] += (24 + 34 * wave) * busy
            p.elbow[:, side] += (55 + 20 * wave) * busy
        elif style == 1:
            pose_arm(p, side, busy, 40, 26, 92, 10)
            p.arm_flex[:, side] += 26 * wave * busy
            p.elbow[:, side] += 24 * wave * busy
        elif style == 2:
            pose_arm(p, side, busy, 154, 16, 26, 0)
            p.arm_out[:, side] += 18 * wave * busy
        else:
            pose_arm(p, side, busy, 10, 52, 48, -30)
            p.arm_out[:, side] += (20 + 24 * swing) * busy
