"""Standing and getting about: the toy data set's walks, turns, side steps and runs (see toy_motions.py)."""

from __future__ import annotations

import numpy as np

from dataset.procedural.toy_body import SIDES, Puppet, Step, envelope

Facts = dict[str, str]
SIDE_NAMES = ("left", "right")


def make_puppet(frames: int, fps: float, rng: np.random.Generator) -> Puppet:
    """A standing puppet with its own posture, breathing and fidgeting."""
    p = Puppet(frames, fps)
    p.height += rng.uniform(-0.015, 0.0)
    p.stance += rng.uniform(-0.02, 0.02)
    p.foot_splay = rng.uniform(3, 12)
    p.arm_out += rng.uniform(-3, 4)
    p.arm_flex += rng.uniform(-3, 5)
    p.elbow += rng.uniform(-8, 14)
    p.spine_pitch += rng.uniform(-2, 5)
    p.head_pitch += rng.uniform(-4, 4)

    def drift(size: float) -> np.ndarray:
        periods, phases = rng.uniform(2.0, 6.0, 3), rng.uniform(0, 2 * np.pi, 3)
        return size / 2 * np.sin(2 * np.pi * p.time[:, None] / periods + phases).sum(1)

    p.spine_pitch += drift(1.2)
    p.spine_roll += drift(0.8)
    p.spine_twist += drift(1.5)
    p.head_yaw += drift(5.0)
    p.head_pitch += drift(2.0)
    p.sway += drift(0.008)
    p.surge += drift(0.006)
    for channel, size in ((p.arm_flex, 2.0), (p.arm_out, 1.2), (p.elbow, 3.0)):
        channel += np.stack([drift(size), drift(size)], 1)
    return p


def travel(
    p: Puppet,
    start: float,
    end: float,
    *,
    speed: float = 0.0,
    heading: float = 0.0,
    turn: float = 0.0,
    pace: float = 1.8,
    air: float = 0.8,
    lift: float = 0.07,
    swing: float = 22.0,
    first: int = 0,
) -> None:
    """Steps along a path that starts where the puppet is.

    speed m/s in the direction `heading` degrees left of the front; turn: degrees to the left over the whole
    way; pace: steps per second; air: time a foot is in the air, in steps; lift: metres; swing: of the arms,
    degrees; first: side that steps first. Feet stand still while they stand.
    """
    half = 1 / pace
    stop = end - 1.2 * half  # the last steps catch up
    drive = envelope(p.time, start, stop, min(0.6, 0.3 * (stop - start)))
    dt = 1 / p.fps
    total = max(drive.sum() * dt, 1e-6)
    p.yaw = p.yaw + np.radians(turn) * np.cumsum(drive) * dt / total
    way = p.yaw + np.radians(heading)
    p.x = p.x + np.cumsum(drive * speed * np.sin(way)) * dt
    p.z = p.z + np.cumsum(drive * speed * np.cos(way)) * dt

    def place(side: int, when: float) -> tuple[tuple[float, float], float]:
        x, z, yaw = (float(np.interp(when, p.time, line)) for line in (p.x, p.z, p.yaw))
        return p.home(side, x, z, yaw), yaw

    count = int(np.ceil((end - start) / half))
    where = [place(side, start) for side in (0, 1)]
    for k in range(count + 1):
        side = (first + k) % 2
        lifted = start + k * half
        landed = lifted + air * half
        if landed > end + 0.1 and k > 1:
            break
        middle = (landed + lifted + 2 * half) / 2
        last = lifted + 2 * half + air * half > end + 0.1  # this foot's last chance
        (toe, yaw), (old, old_yaw) = place(side, p.time[-1] if last else middle), where[side]
        moved = np.hypot(toe[0] - old[0], toe[1] - old[1]) + 0.3 * abs(yaw - old_yaw)
        if moved < 0.012 and speed:
            continue
        height = lift * (min(0.3 + moved / 0.3, 1.0) if speed or turn else 1.0)
        p.steps[side].append(Step(lifted, landed, toe, yaw, height))
        where[side] = (toe, yaw)

    active = envelope(p.time, start, end, min(0.5, 0.25 * (end - start)))
    phase = np.pi * (p.time - start - air * half) / half
    stride = np.cos(phase) * active * (1 if first == 0 else -1)  # +1: left foot in front
    back = np.cos(np.radians(heading))
    for side, sign in enumerate(SIDES):
        p.arm_flex[:, side] -= sign * swing * stride * np.sign(back if abs(back) > 0.1 else 1)
        p.elbow[:, side] += active * swing * 0.35 * (1 - sign * stride)
    p.pelvis_twist -= 0.16 * swing * stride * back
    p.spine_twist += 0.35 * swing * stride * back
    # Over the standing foot: to the right while the left one swings (half a step before it lands).
    p.sway += 0.022 * active * np.sin(phase) * (1 if first == 0 else -1)
    p.height -= active * (0.014 + 0.012 * np.cos(2 * phase))


def walk(p, a, b, rng, heading: float = 0.0, turn: float = 0.0) -> Facts:
    """Walk forward or (heading 180) backward, straight or on an arc."""
    speed = rng.uniform(0.65, 1.35) * (0.6 if heading else 1.0)
    pace = float(np.clip(1.1 + 0.7 * speed + rng.uniform(-0.1, 0.1), 1.3, 2.2))
    swing = rng.uniform(12, 28) * (0.5 if heading else 1.0)
    p.pelvis_pitch += envelope(p.time, a, b, 0.5) * (2.5 * speed if not heading else -1.5)
    travel(
        p, a, b, speed=speed, heading=heading, turn=turn, pace=pace, lift=0.05 + 0.03 * speed, swing=swing,
        first=int(rng.integers(2)),
    )  # fmt: skip
    word = "slowly" if speed < (0.5 if heading else 0.85) else "quickly" if speed > 1.15 else ""
    return {"manner": word}


def walk_circle(p, a, b, rng, side: int) -> Facts:
    # 45 to 80 degrees a second keeps the radius near one metre.
    turn = min(rng.uniform(45, 80) * (b - a - 1.2), 360.0) * SIDES[side]
    facts = walk(p, a, b, rng, turn=turn)
    p.spine_roll += SIDES[side] * 2.5 * envelope(p.time, a, b, 0.7)
    full = abs(turn) > 320
    return facts | {"side": SIDE_NAMES[side], "shape": "circle" if full else "curve"}


def turn_in_place(p, a, b, rng, side: int) -> Facts:
    angle = float(rng.choice([90, 180, 360] if b - a > 4 else [90, 180] if b - a > 2.4 else [90]))
    pace = rng.uniform(1.7, 2.3)
    travel(p, a, b, turn=SIDES[side] * angle, pace=pace, lift=0.06, swing=5, first=side)
    p.head_yaw += SIDES[side] * 14 * envelope(p.time, a - 0.1, b - 0.6, 0.5)
    amount = {90: "ninety degrees", 180: "half way around", 360: "all the way around"}[int(angle)]
    return {"side": SIDE_NAMES[side], "amount": amount}


def sidestep(p, a, b, rng, side: int) -> Facts:
    pace = rng.uniform(1.5, 2.1)
    travel(
        p, a, b, speed=rng.uniform(0.16, 0.26) * pace, heading=90 * SIDES[side], pace=pace, lift=0.06,
        swing=0, first=side,
    )  # fmt: skip
    arms = envelope(p.time, a, b, 0.5)[:, None]
    p.arm_out += arms * rng.uniform(0, 18)
    return {"side": SIDE_NAMES[side], "manner": "quickly" if pace > 1.95 else "slowly" if pace < 1.6 else ""}


def run_in_place(p, a, b, rng) -> Facts:
    lift = rng.uniform(0.16, 0.3)
    pace = rng.uniform(2.3, 3.1)
    travel(p, a, b, pace=pace, air=1.15, lift=lift, swing=rng.uniform(28, 42), first=int(rng.integers(2)))
    active = envelope(p.time, a, b, 0.4)
    p.elbow += active[:, None] * 62
    p.arm_flex += active[:, None] * 6
    p.pelvis_pitch += 5 * active
    for side in (0, 1):
        for step in p.steps[side]:
            phase = np.clip((p.time - step.lift) / (step.land - step.lift), 0, 1)
            p.toe_offset[:, side, 2] -= 0.12 * np.sin(np.pi * phase) ** 2
    return {"knees": "high" if lift > 0.24 else ""}


def jog(p, a, b, rng) -> Facts:
    speed = rng.uniform(1.7, 2.3)
    travel(
        p, a, b, speed=speed, pace=rng.uniform(2.5, 2.9), air=1.1, lift=0.17, swing=rng.uniform(28, 40),
        first=int(rng.integers(2)),
    )  # fmt: skip
    run_posture(p, a, b, elbow=65, lean=7)
    return {}


def run_posture(p: Puppet, a: float, b: float, elbow: float, lean: float) -> None:
    """Bent elbows, a pelvis tilted forward (degrees), and knees that give a little, as long as somebody runs."""
    active = envelope(p.time, a, b, 0.5)
    p.elbow += active[:, None] * elbow
    p.pelvis_pitch += lean * active
    p.height -= 0.02 * active
