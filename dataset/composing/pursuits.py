"""Procedural actions of the upper body: sports, music and work without their tools, and what hands tell people.

Contract and units as in `composing.gestures`. Hands are put where they belong: metres from the middle between the
shoulders, to the arm's own side, up and forward, turning with the chest.
"""

from __future__ import annotations

import numpy as np

from dataset.composing.gestures import pose_arm
from dataset.procedural.toy_body import BONES, SIDES, Puppet, ease, envelope, reach
from dataset.procedural.toy_motions import repeat
from dataset.procedural.toy_travel import SIDE_NAMES, Facts
from utils.rotation import unit

Curve = np.ndarray | float
Spot = tuple[Curve, Curve, Curve]  # of a wrist: outward (below 0: beyond the middle), up, ahead
SHOULDER_OUT, SHOULDER_LIFT = 0.176, 0.05  # of the middle; how far an arm that points up lifts its shoulder


def hand_at(p: Puppet, side: int, up: np.ndarray, spot: Spot, elbow: Spot = (0.5, -1.0, -0.3)) -> None:
    """Bring the wrist of `side` to `spot` by the share `up` (T,) of the way, its elbow pointing to `elbow`."""
    target, pole = (np.stack(np.broadcast_arrays(*where, up)[:3], 1).astype(float) for where in (spot, elbow))
    high = np.clip(target[:, 1] / 0.5, 0, 1)
    shoulder = np.stack([np.full(p.frames, SHOULDER_OUT), SHOULDER_LIFT * high, 0 * high], 1)
    # Nearly stretched arms give way softly, or elbows would snap.
    way = target - shoulder
    far, soft = np.linalg.norm(way, axis=1, keepdims=True), BONES[18] + BONES[20] - 0.1
    target = shoulder + way / far * np.where(far < soft, far, soft + 0.098 * np.tanh((far - soft) / 0.098))
    middle, end = reach(shoulder, target, pole, BONES[18], BONES[20])
    upper, fore = unit(middle - shoulder), unit(end - middle)
    out = np.arcsin(np.clip(upper[:, 0], -1, 1))
    flex = np.unwrap(np.arctan2(upper[:, 2], -upper[:, 1]))
    # The forearm as seen from the upper arm: undo the swing forward, then the swing out.
    back = np.cos(flex) * fore[:, 1] + np.sin(flex) * -fore[:, 2]
    ahead = np.sin(flex) * fore[:, 1] + np.cos(flex) * fore[:, 2]
    across = np.cos(out) * fore[:, 0] + np.sin(out) * back
    down = -np.sin(out) * fore[:, 0] + np.cos(out) * back
    bend, twist = np.arccos(np.clip(-down, -1, 1)), np.unwrap(np.arctan2(-across, ahead))
    twist -= 2 * np.pi * np.round(np.median(twist) / (2 * np.pi))
    flex -= 2 * np.pi * np.round((np.median(flex) - 0.4 * np.pi) / (2 * np.pi))
    pose_arm(p, side, up, *(np.degrees(angle) for angle in (flex, out, bend, twist)))


def grip(p: Puppet, up: np.ndarray, spot: Spot, apart: Curve = 0.06, elbow: Spot = (0.6, -1.0, -0.1)) -> None:
    """Both hands on one thing at `spot`, whose first number is to the left; apart: from hand to hand."""
    for side, sign in enumerate(SIDES):
        hand_at(p, side, up, (sign * np.asarray(spot[0]) + apart / 2, spot[1], spot[2]), elbow)


def arc(share: np.ndarray, start: Spot, via: Spot, end: Spot) -> Spot:
    """From start (share 0) through via (0.5) to end (1) on a smooth curve."""
    first, middle, last = (1 - share) * (1 - 2 * share), 4 * share * (1 - share), share * (2 * share - 1)
    x, y, z = (first * s + middle * v + last * e for s, v, e in zip(start, via, end, strict=True))
    return x, y, z


def wave_of(p: Puppet, a: float, b: float, beat: float, ramp: float = 0.3) -> np.ndarray:
    """A sine (T,) of `beat` rounds a second between a and b, fading in and out."""
    return np.sin(2 * np.pi * beat * (p.time - a)) * envelope(p.time, a, b, ramp)


def held(p: Puppet, a: float, b: float, ramp: float = 0.8) -> np.ndarray:
    """The share (T,) of a pose between a and b: there after `ramp` seconds or a third of the window."""
    return envelope(p.time, a, b, min(ramp, 0.34 * (b - a)))


def strokes(p: Puppet, a: float, b: float, seconds: float, keys: list[tuple[float, float]]) -> np.ndarray:
    """A curve (T,) of (share, value) keys, again and again between a and b, each about `seconds` long."""
    curve = np.zeros(p.frames)
    for start, end in repeat(a, b, max(round((b - a) / seconds), 1)):
        curve += ease(p.time, [(start + at * (end - start), value) for at, value in keys])
    return curve


def beckon(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand held out forward curls back towards the shoulder again and again."""
    up = held(p, a, b, 0.7)
    ramp = min(0.6, 0.3 * (b - a))
    curl = strokes(p, a + ramp, b - 0.7 * ramp, rng.uniform(0.65, 1.0), [(0, 0), (0.5, 1), (1, 0)])
    pose_arm(p, side, up, rng.uniform(58, 70), rng.uniform(6, 14), 28, rng.uniform(4, 16))
    p.elbow[:, side] += rng.uniform(72, 92) * curl * up
    p.arm_flex[:, side] -= 14 * curl * up
    return {"side": SIDE_NAMES[side]}


def knock(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The fist raps forward at the height of the face, a few times, perhaps after a pause again."""
    up = held(p, a, b, 0.6)
    rap = wave_of(p, a + 0.4, b - 0.4, rng.uniform(2.0, 2.7), 0.2)
    if b - a > 3.0:
        rap *= 1 - envelope(p.time, (a + b) / 2 - 0.5, (a + b) / 2 + 0.4, 0.2)
    size, high = rng.uniform(0.055, 0.08), rng.uniform(0.0, 0.1)
    hand_at(p, side, up, (rng.uniform(0.08, 0.16), high - 0.25 * size * rap, 0.34 + size * rap))
    return {"side": SIDE_NAMES[side]}


def check_watch(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The forearm comes up across the chest, and the head bends down to its wrist."""
    up = held(p, a, b, 0.7)
    hand_at(p, side, up, (rng.uniform(-0.03, 0.05), rng.uniform(-0.2, -0.1), 0.3), (1.0, -0.5, 0.2))
    look = held(p, a + 0.15, b - 0.05, 0.6)
    p.head_pitch += rng.uniform(24, 36) * look
    p.head_yaw += SIDES[side] * rng.uniform(0, 10) * look
    return {"side": SIDE_NAMES[side]}


def curl_one(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """One elbow stays at the ribs and bends fully, again and again."""
    _curl(p, side, strokes(p, a, b, rng.uniform(1.2, 2.0), CURL), held(p, a, b, 0.4), rng)
    return {"side": SIDE_NAMES[side]}


def curls(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both elbows bend fully, together or in turn."""
    seconds, up = rng.uniform(1.3, 2.1), held(p, a, b, 0.4)
    late = 0.5 * seconds if b - a > 3.2 and rng.random() < 0.4 else 0.0
    for side in (0, 1):
        shift = late * (side - 0.5)
        _curl(p, side, strokes(p, a + max(shift, 0) * 2, b + min(shift, 0) * 2, seconds, CURL), up, rng)
    return {}


CURL = [(0.0, 0.0), (0.45, 1.0), (0.55, 1.0), (1.0, 0.0)]


def _curl(p: Puppet, side: int, bent: np.ndarray, up: np.ndarray, rng: np.random.Generator) -> None:
    pose_arm(p, side, up, 2, rng.uniform(10, 16), 14, rng.uniform(-4, 8))
    p.elbow[:, side] += rng.uniform(112, 126) * bent
    p.arm_flex[:, side] += 12 * bent


def overhead_press(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both fists from the shoulders straight up over the head and back."""
    up, wide = held(p, a, b, 0.7), rng.uniform(0.2, 0.3)
    ramp = min(0.7, 0.3 * (b - a))
    press = strokes(p, a + 0.8 * ramp, b - 0.8 * ramp, rng.uniform(1.5, 2.3), CURL)
    spot = (wide + 0.02 * press, 0.02 + 0.61 * press, 0.16 - 0.12 * press)
    for side in (0, 1):
        hand_at(p, side, up, spot, (0.7, -0.6, 0.1))
    p.height -= 0.02 * up * (1 - press)
    return {}


def golf(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands low before the body go up over one shoulder and swing down and through to the other."""
    sign = 1 if rng.random() < 0.8 else -1  # the ball flies to the left
    up, length = held(p, a, b, 0.7), min(b - a, 4.5)
    keys = [(0, 0.5), (0.18, 0.5), (0.42, 0.0), (0.46, 0.0), (0.7, 1.0), (0.86, 1.0), (1, 0.5)]
    share = ease(p.time, [(a + at * length, value) for at, value in keys])
    x, y, z = arc(share, (-0.28, 0.06, 0.2), (0, -0.5, 0.3), (0.28, 0.1, 0.2))
    grip(p, up, (sign * x, y, z), 0.05, (1.0, -0.7, 0.0))
    turned = sign * (share - 0.5)
    p.spine_twist += rng.uniform(70, 90) * turned * up
    p.pelvis_twist += 24 * turned * up
    p.head_yaw -= 60 * turned * up * (share < 0.5)
    p.head_pitch += 14 * up * (1 - np.abs(2 * share - 1))
    lean = up * (1 - 0.5 * np.clip(2 * share - 1, 0, 1))
    p.spine_pitch += rng.uniform(16, 24) * lean
    p.pelvis_pitch += 12 * lean
    p.surge -= 0.05 * lean
    p.height -= 0.03 * up
    return {}


def bat(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands at one shoulder, then swung flat across the front to the other side."""
    sign = 1 if rng.random() < 0.75 else -1  # from the right shoulder
    up, length = held(p, a, b, 0.6), min(b - a, 3.6)
    share = ease(p.time, [(a + 0.48 * length, 0.0), (a + 0.72 * length, 1.0)])
    x, y, z = arc(share, (-0.22, 0.06, 0.2), (0.0, -0.2, 0.42), (0.26, 0.08, 0.2))
    ready = wave_of(p, a + 0.2 * length, a + 0.48 * length, 1.6)
    grip(p, up, (sign * x, y + 0.03 * ready, z), 0.05, (1.0, -0.5, 0.0))
    turned = sign * (share - 0.4) * up
    p.spine_twist += rng.uniform(80, 100) * turned
    p.pelvis_twist += 30 * turned
    p.head_yaw += sign * 36 * up * (1 - share)
    p.height -= rng.uniform(0.03, 0.06) * up
    p.spine_pitch += 8 * up
    return {}


def racket(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand back and out beside the hip, then forward and up across the body to the other shoulder."""
    sign = SIDES[side]
    up, share = held(p, a, b, 0.6), np.zeros(p.frames)
    for start, end in repeat(a, b, 1 if b - a < 4.2 else 2):
        keys = [(0, 0.4), (0.34, 0.0), (0.39, 0.0), (0.7, 1.0), (0.77, 1.0), (1, 0.4)]
        share += ease(p.time, [(start + at * (end - start), value - 0.4) for at, value in keys])
    share += 0.4
    hand_at(p, side, up, arc(share, (0.5, -0.2, -0.12), (0.4, -0.14, 0.4), (-0.1, 0.1, 0.3)))
    pose_arm(p, 1 - side, up, 34, 18, 50, 20)
    turned = sign * (0.45 - share) * up
    p.spine_twist += rng.uniform(46, 62) * turned
    p.pelvis_twist += 16 * turned
    p.head_yaw -= 34 * turned
    p.height -= 0.03 * up
    return {"side": SIDE_NAMES[side]}


def violin(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """The left hand out at the neck of a violin on the shoulder, the right one drawing a bow across."""
    up = held(p, a, b, 0.9)
    bow = wave_of(p, a + 0.5, b - 0.4, rng.uniform(0.6, 1.1), 0.4)
    hand_at(p, 0, up, (rng.uniform(0.2, 0.28), rng.uniform(0.0, 0.06), 0.4), (-0.1, -1.0, 0.0))
    hand_at(p, 1, up, (0.11 + 0.17 * bow, -0.02 - 0.06 * bow, 0.31 - 0.03 * bow), (1.0, -0.5, 0.0))
    p.head_yaw += rng.uniform(16, 28) * up
    p.head_pitch += rng.uniform(8, 16) * up
    p.spine_roll += 3 * wave_of(p, a, b, 0.35) * up
    return {}


def piano(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both forearms level in front, the hands beating in turn and wandering sideways."""
    up, beat = held(p, a, b, 0.7), rng.uniform(1.4, 2.2)
    wander, low = rng.uniform(0.03, 0.12), rng.uniform(-0.34, -0.26)
    for side in (0, 1):
        press = wave_of(p, a + 0.4 + 0.5 * side / beat, b - 0.4, beat)
        aside = wander * wave_of(p, a, b, rng.uniform(0.2, 0.4), 0.8)
        hand_at(p, side, up, (0.15 + aside, low + 0.055 * press, 0.34))
    p.head_pitch += rng.uniform(6, 18) * up
    return {}


def drums(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands strike down before the body in turn, sometimes out to the side."""
    up, beat = held(p, a, b, 0.6), rng.uniform(1.3, 2.0)
    size, wander = rng.uniform(0.09, 0.13), rng.uniform(0.0, 0.16)
    for side in (0, 1):
        hit = wave_of(p, a + 0.3 + 0.5 * side / beat, b - 0.3, beat)
        aside = wander * np.clip(wave_of(p, a, b, rng.uniform(0.25, 0.4), 0.6), 0, 1)
        hand_at(p, side, up, (0.15 + aside, -0.22 + size * hit, 0.34 - 0.3 * size * hit))
    return {}


def drive(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands on a wheel before the chest, turning to and fro."""
    up, size = held(p, a, b, 0.8), rng.uniform(0.16, 0.2)
    first = 1 if rng.random() < 0.5 else -1
    turned = np.radians(rng.uniform(38, 62)) * wave_of(
        p, a + 0.5, b - 0.5, first * rng.uniform(0.4, 0.65), 0.5
    )
    for side, sign in enumerate(SIDES):
        spot = (size * np.cos(turned), -0.16 - sign * size * np.sin(turned), 0.4 + 0 * turned)
        hand_at(p, side, up, spot, (0.8, -1.0, 0.0))
    p.spine_twist += 5 * turned * up
    p.spine_roll -= 4 * turned * up
    return {}


def pull_rope(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Hand over hand: each in turn reaches far ahead and pulls back to the belly."""
    up, beat = held(p, a, b, 0.7), rng.uniform(0.6, 0.95)
    busy = envelope(p.time, a + 0.3, b - 0.3, 0.5)
    for side in (0, 1):
        angle = 2 * np.pi * beat * (p.time - a) + np.pi * side
        far, high = busy * np.cos(angle), busy * np.sin(angle)
        hand_at(p, side, up, (0.07 - 0.03 * far, -0.19 - 0.07 * high + 0.04 * far, 0.33 + 0.15 * far))
    p.spine_twist += rng.uniform(8, 15) * busy * np.cos(2 * np.pi * beat * (p.time - a) + np.pi)
    p.spine_pitch += rng.uniform(-6, 8) * up
    p.height -= rng.uniform(0.02, 0.06) * up
    return {}


def stir(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand goes round in level circles before the belly."""
    up, way = held(p, a, b, 0.7), 1 if rng.random() < 0.5 else -1
    angle = way * 2 * np.pi * rng.uniform(0.7, 1.2) * (p.time - a)
    size = rng.uniform(0.09, 0.13) * envelope(p.time, a + 0.2, b - 0.2, 0.5)
    low = rng.uniform(-0.28, -0.22)
    hand_at(p, side, up, (0.06 + size * np.sin(angle), low, 0.29 + size * np.cos(angle)))
    p.head_pitch += rng.uniform(6, 16) * up
    return {"side": SIDE_NAMES[side]}


def wipe(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand goes round, or to and fro, on an upright pane before the shoulder."""
    up, busy = held(p, a, b, 0.7), envelope(p.time, a + 0.2, b - 0.2, 0.5)
    angle = 2 * np.pi * rng.uniform(0.7, 1.1) * (p.time - a)
    wide, high = ((0.16, 0.15), (0.22, 0.03), (0.05, 0.2))[int(rng.integers(3))]
    drift = 0.06 * np.sin(2 * np.pi * 0.15 * (p.time - a)) * busy
    spot = (0.14 + wide * busy * np.sin(angle), 0.06 + drift + high * busy * np.cos(angle), 0.38)
    hand_at(p, side, up, spot, (0.7, -1.0, 0.0))
    return {"side": SIDE_NAMES[side]}


def sweep(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """One hand above the other on a broom, which goes from side to side low in front."""
    up, lower = held(p, a, b, 0.8), int(rng.integers(2))
    swing = wave_of(p, a + 0.3, b - 0.3, rng.uniform(0.55, 0.9), 0.5)
    for side, sign in enumerate(SIDES):
        low = side == lower
        x = 0.06 * SIDES[lower] + (0.2 if low else 0.08) * swing
        spot = (sign * x, -0.44 if low else -0.2, 0.32 if low else 0.24)
        hand_at(p, side, up, spot, (0.8, -1.0, -0.1))
    p.spine_twist += rng.uniform(14, 22) * swing
    p.spine_pitch += rng.uniform(10, 18) * up
    p.pelvis_pitch += 8 * up
    p.surge -= 0.03 * up
    p.head_pitch += 12 * up
    return {}


def archery(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """One arm stretched out to its side, where the head looks; the other hand draws back to the chin."""
    sign, other, length = SIDES[side], 1 - side, b - a
    up = held(p, a, b, 0.8)
    keys = [(0.0, 0.0), (0.25, 0.0), (0.55, 1.0), (0.76, 1.0), (0.84, 1.25), (1.0, 1.0)]
    draw = ease(p.time, [(a + at * length, value) for at, value in keys])
    pose_arm(p, side, up, rng.uniform(18, 26), rng.uniform(80, 88), 6, 30)
    hand_at(p, other, up, (0.27 * draw - 0.16, 0.06 * draw - 0.02, 0.34 - 0.16 * draw), (1.0, -0.1, -0.2))
    p.spine_twist -= sign * rng.uniform(18, 30) * up
    p.head_yaw += sign * rng.uniform(62, 72) * up
    return {"side": SIDE_NAMES[side]}


def pray(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Palms together before the chest, the head bent a little."""
    up, high = held(p, a, b, 0.9), rng.uniform(-0.15, -0.03)
    for side in (0, 1):
        hand_at(p, side, up, (0.03, high, rng.uniform(0.22, 0.26)), (1.0, -0.8, -0.1))
    p.head_pitch += rng.uniform(8, 26) * up
    return {}


def shrug_arms(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Forearms out to both sides with open palms, lifted a little once or twice."""
    up = held(p, a, b, 0.6)
    ramp = min(0.4, 0.25 * (b - a))
    lift = strokes(p, a + ramp, b - ramp, rng.uniform(1.0, 1.8), [(0, 0), (0.4, 1), (0.6, 1), (1, 0)])
    wide = rng.uniform(0.4, 0.48)
    for side in (0, 1):
        spot = (wide + 0.03 * lift, -0.24 + rng.uniform(0.09, 0.13) * lift, rng.uniform(0.2, 0.26))
        hand_at(p, side, up, spot, (0.3, -1.0, -0.4))
    p.head_pitch -= 5 * lift
    return {}


def blow_kiss(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The hand to the mouth, then out forward, once or twice."""
    up, out = held(p, a, b, 0.7), np.zeros(p.frames)
    for start, end in repeat(a, b, 1 if b - a < 3.6 else 2):
        keys = [(0.4, 0.0), (0.68, 1.0), (0.8, 1.0), (1.0, 0.0)]
        out += ease(p.time, [(start + at * (end - start), value) for at, value in keys])
    spot = arc(out, (0.02, 0.1, 0.18), (0.08, 0.09, 0.34), (rng.uniform(0.14, 0.28), 0.0, 0.44))
    hand_at(p, side, up, spot, (0.7, -1.0, 0.0))
    p.head_pitch += 6 * out
    p.spine_pitch += 5 * out
    return {"side": SIDE_NAMES[side]}


def hug(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both arms open wide, then close round somebody in front, and hold."""
    up, length = held(p, a, b, 0.7), b - a
    close = ease(p.time, [(a + 0.15 * length, 0.0), (a + 0.48 * length, 1.0)])
    squeeze = wave_of(p, a + 0.5 * length, b - 0.2 * length, 0.8)
    over = int(rng.integers(2))
    for side in (0, 1):
        high = 0.05 if side == over else -0.12
        end = (-0.09, high, 0.34 + 0.02 * squeeze - 0.03 * (side != over))
        hand_at(p, side, up, arc(close, (0.56, high - 0.02, 0.2), (0.3, high, 0.42), end), (1.0, -0.4, 0.1))
    p.spine_pitch += rng.uniform(4, 10) * close * up
    p.head_yaw += SIDES[over] * 10 * close * up
    return {}


def shiver(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Arms wrapped about the chest, a little bent, trembling fast."""
    up, beat = held(p, a, b, 0.7), rng.uniform(4.0, 5.0)
    tremble = wave_of(p, a + 0.4, b - 0.3, beat) * (1 + 0.5 * np.sin(2 * np.pi * 0.6 * (p.time - a)))
    for side in (0, 1):
        spot = (-0.12 + 0.014 * tremble, -0.1 - 0.07 * side + 0.012 * tremble, 0.19 + 0.04 * side)
        hand_at(p, side, up, spot, (0.5, -1.0, 0.3))
    p.spine_pitch += rng.uniform(10, 18) * up
    p.spine_twist += 1.6 * tremble
    p.head_pitch += rng.uniform(4, 14) * up
    p.height -= rng.uniform(0.02, 0.05) * up
    return {}


def conduct(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
    """Both hands beat the time in mirrored strokes: down, and out or in on the way up."""
    up, busy = held(p, a, b, 0.6), envelope(p.time, a + 0.2, b - 0.2, 0.5)
    angle = 2 * np.pi * rng.uniform(0.45, 0.75) * (p.time - a)
    wide, high = rng.uniform(0.1, 0.15), rng.uniform(0.1, 0.15)
    for side in (0, 1):
        hand_at(p, side, up, (0.26 + wide * busy * np.sin(angle), high * busy * np.cos(2 * angle), 0.34))
    return {}


def punch_up(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int) -> Facts:
    """The fist pumps from the shoulder up into the air, again and again."""
    up, ramp = held(p, a, b, 0.6), min(0.45, 0.25 * (b - a))
    pump = strokes(p, a + ramp, b - ramp, rng.uniform(0.75, 1.1), [(0, 0), (0.45, 1), (0.55, 1), (1, 0)])
    low = rng.uniform(0.04, 0.16)
    hand_at(p, side, up, (0.24, low + (0.61 - low) * pump, 0.16 - 0.08 * pump), (0.6, -0.8, 0.2))
    p.spine_roll -= 2.5 * SIDES[side] * up
    p.head_pitch -= 6 * up
    return {"side": SIDE_NAMES[side]}
