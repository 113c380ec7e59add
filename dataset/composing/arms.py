"""Procedural arm gestures and counted actions that the captured sets lack; contract and units as in `composing.gestures`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dataset.composing.gestures import pose_arm
from dataset.procedural.toy_body import Puppet, ease, envelope
from dataset.procedural.toy_motions import (
    TIMES,
    raise_arms,
    repeat,
    striking_fists,
)
from dataset.procedural.toy_travel import SIDE_NAMES, Facts

# Where an arm may be: flex, out, elbow and twist in degrees (see `Puppet`), and words for it.
WAYS: dict[str, tuple[float, float, float, float, tuple[str, ...]]] = {
    "out": (0, 88, 8, 0, ("out to the side", "sideways", "straight out to the side", "to the side")),
    "front": (88, 4, 8, 0, ("forward", "straight ahead", "out in front", "to the front", "in front")),
    "up": (166, 8, 10, 0, ("up", "straight up", "overhead", "over the head", "in the air")),
    "hip": (-14, 44, 98, 78, ("on the hip", "on the waist")),
    "head": (22, 110, 138, -84, ("on the head", "on top of the head", "on the top of the head")),
}

RESTING = ("hip", "head")  # ways in which a hand rests somewhere


def again(run: Callable[..., Facts], seconds: float) -> Callable[..., Facts]:
    """An action done twice or three times, with the count among its facts; seconds: the least that one takes."""

    def several(p: Puppet, a: float, b: float, rng: np.random.Generator, **settings: object) -> Facts:
        count = 3 if b - a > 3 * seconds and rng.random() < 0.5 else 2
        facts: Facts = {}
        for start, end in repeat(a, b, count):
            facts = run(p, start, end, rng, **settings)
        facts.pop("manner", None)
        return {**facts, "times": TIMES[count]}

    return several


def raise_one(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """One arm up over the head and down."""
    raise_arms(p, a, b, rng, sides=(side,))
    return {"side": SIDE_NAMES[side]}


def clap_times(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Hands together before the chest one to six times."""
    up = envelope(p.time, a, b, 0.5)[:, None]
    count = int(np.clip((b - a - 0.6) / 0.5, 1, rng.integers(1, 7)))
    beat = min((b - a - 0.6) / count, rng.uniform(0.45, 0.8))
    close = np.zeros(p.frames)
    for start, end in repeat(a + 0.4, a + 0.4 + count * beat, count):
        close += ease(
            p.time, [(start, 0), ((start + end) / 2 - 0.02, 1), ((start + end) / 2 + 0.03, 1), (end, 0)]
        )
    p.arm_flex += up * (rng.uniform(26, 42) - p.arm_flex[:1])
    p.arm_out += up * (20 - p.arm_out[:1]) - 8 * close[:, None] * up
    p.elbow += up * (78 - p.elbow[:1])
    p.arm_twist += up * (4 - p.arm_twist[:1]) + 44 * close[:, None] * up
    return {"times": TIMES[count]}


def box(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Guard with both fists, then straight punches left and right in turn."""
    count = int(np.clip(round((b - a - 0.8) / rng.uniform(0.55, 0.85)), 2, 9))
    guard = envelope(p.time, a, b, 0.4)
    first = int(rng.integers(2))
    hits = np.zeros((p.frames, 2))
    for number, (start, end) in enumerate(repeat(a + 0.4, b - 0.4, count)):
        length = min(end - start, 0.8)
        keys = [(start, 0), (start + 0.4 * length, 1), (start + 0.55 * length, 1), (start + length, 0)]
        hits[:, (first + number) % 2] += ease(p.time, [(at, float(value)) for at, value in keys])
    striking_fists(p, guard, hits)
    return {}


def flap(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both straight arms up and down at the sides, like wings."""
    up = envelope(p.time, a, b, 0.6)
    beat, size = rng.uniform(0.7, 1.5), rng.uniform(28, 42)
    swing = np.sin(2 * np.pi * beat * (p.time - a)) * envelope(p.time, a + 0.2, b - 0.2, 0.4)
    for arm in (0, 1):
        p.arm_out[:, arm] += up * (76 - p.arm_out[0, arm]) + size * swing
        p.elbow[:, arm] += 10 * (1 - swing) * up
    return {}


def swim(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Arms over the head and down before the body in turn, as in front crawl, leaning a little forward."""
    rounds = max(int((b - a) / rng.uniform(1.2, 2.0)), 1)
    lean = envelope(p.time, a, b, 0.7)
    late = 0.5 * (b - a) / (rounds + 0.5)
    for arm, (start, end) in enumerate(((a, b - late), (a + late, b))):
        # The arm comes back and up behind, then down in front.
        turned = 360.0 * rounds * np.clip((p.time - start) / (end - start), 0, 1)
        p.arm_flex[:, arm] -= turned
        p.elbow[:, arm] += 12 * lean
    p.spine_pitch += rng.uniform(6, 24) * lean
    p.pelvis_pitch += rng.uniform(2, 10) * lean
    return {}


def circles_forward(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both straight arms in circles, forward over the top."""
    rounds = max(int((b - a) / rng.uniform(1.0, 1.8)), 1)
    turned = 360.0 * rounds * ease(p.time, [(a, 0.0), (b, 1.0)])
    p.arm_flex -= turned[:, None]
    p.arm_out += (8 * envelope(p.time, a, b, 0.5))[:, None]
    return {}


def hands_on_head(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands on top of the head."""
    up = envelope(p.time, a, b, min(0.8, 0.35 * (b - a)))
    for arm in (0, 1):
        pose_arm(p, arm, up, 22, rng.uniform(104, 116), rng.uniform(134, 141), -84)
    return {}


def cover_face(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands before the face, the head down a little."""
    up = envelope(p.time, a, b, min(0.8, 0.35 * (b - a)))
    for arm in (0, 1):
        pose_arm(p, arm, up, rng.uniform(46, 52), rng.uniform(6, 12), rng.uniform(130, 136), 30)
    p.head_pitch += rng.uniform(4, 16) * up
    return {}


def hand_on_chest(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand flat on the chest."""
    up = envelope(p.time, a, b, min(0.8, 0.35 * (b - a)))
    pose_arm(p, side, up, rng.uniform(14, 20), rng.uniform(18, 26), rng.uniform(118, 126), 56)
    return {"side": SIDE_NAMES[side]}


def dribble(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The forearm beats up and down before the hip over knees that give."""
    up = envelope(p.time, a, b, 0.5)
    beat = rng.uniform(1.3, 2.0)
    swing = np.sin(2 * np.pi * beat * (p.time - a)) * envelope(p.time, a + 0.2, b - 0.2, 0.3)
    pose_arm(p, side, up, rng.uniform(12, 24), rng.uniform(10, 20), 62, 0)
    p.elbow[:, side] += 22 * swing
    p.height -= up * rng.uniform(0.03, 0.09)
    p.spine_pitch += rng.uniform(6, 14) * up
    return {"side": SIDE_NAMES[side]}


def arms_two_ways(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """Each arm another way: stretched out to its side, to the front or up, or with the hand on the hip or the head."""
    up = envelope(p.time, a, b, min(rng.uniform(0.6, 1.1), 0.4 * (b - a)))
    stretched = [way for way in WAYS if way not in RESTING]
    first = stretched[rng.integers(len(stretched))]
    others = [way for way in WAYS if way != first]
    second = others[rng.integers(len(others))]  # the hand that rests is what the other one does
    for arm, way in ((side, first), (1 - side, second)):
        flex, out, elbow, twist, _ = WAYS[way]
        pose_arm(p, arm, up, flex + rng.uniform(-4, 4), out + rng.uniform(-4, 4), elbow, twist)
    words = [WAYS[way][4][rng.integers(len(WAYS[way][4]))] for way in (first, second)]
    return {"side": SIDE_NAMES[side], "first": words[0], "second": words[1]}
