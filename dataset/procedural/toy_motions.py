"""About thirty kinds of motion for the toy data set, as trajectories of the puppet's channels.

An action takes a puppet, a window of time (seconds) and a generator, adds itself to the channels, and returns
the facts its captions need (side, how often, how fast). It starts and ends in the neutral pose, so that
actions can follow each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dataset.procedural.toy_body import SIDES, Puppet, Step, ease, envelope
from dataset.procedural.toy_travel import (
    SIDE_NAMES,
    Facts,
    jog,
    run_in_place,
    sidestep,
    turn_in_place,
    walk,
    walk_circle,
)

Action = Callable[[Puppet, float, float, np.random.Generator], Facts]
TIMES = (
    "",
    "once",
    "twice",
    "three times",
    "four times",
    "five times",
    "six times",
    "seven times",
    "eight times",
)


@dataclass(frozen=True)
class Kind:
    """An action with the shortest and longest time it takes, in seconds."""

    name: str
    action: Action
    shortest: float
    longest: float


def repeat(start: float, end: float, count: int) -> list[tuple[float, float]]:
    """Starts and ends (seconds) of `count` equal parts of a window."""
    borders = np.linspace(start, end, count + 1)
    return list(zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True))


def _count(start: float, end: float, seconds: float, rng: np.random.Generator) -> int:
    """How often something that takes about `seconds` happens in a window."""
    return int(np.clip(round((end - start) / (seconds * rng.uniform(0.85, 1.3))), 1, 8))


def wave(p, a, b, rng, sides: tuple[int, ...]) -> Facts:
    """Upper arm out to the side, forearm up and swinging from side to side."""
    ramp = min(0.8, 0.3 * (b - a))
    up = envelope(p.time, a, b, ramp)
    high = rng.random() < 0.4
    out, bend = (
        (rng.uniform(118, 138), rng.uniform(30, 50)) if high else (rng.uniform(72, 95), rng.uniform(85, 105))
    )
    beat = rng.uniform(1.1, 2.0)
    size = rng.uniform(16, 30)
    busy = envelope(p.time, a + 0.6 * ramp, b - 0.6 * ramp, 0.3)
    for i, side in enumerate(sides):
        mirror = 1 if i == 0 or rng.random() < 0.5 else -1
        swing = np.sin(2 * np.pi * beat * (p.time - a)) * busy * mirror
        p.arm_out[:, side] += up * (out - p.arm_out[0, side]) + 0.25 * size * swing
        p.arm_flex[:, side] += up * 16
        p.elbow[:, side] += up * (bend - p.elbow[0, side]) + size * swing
        p.arm_twist[:, side] += up * (-88 - p.arm_twist[0, side])
    if len(sides) == 1:
        p.spine_roll -= 2.5 * SIDES[sides[0]] * up
    return {"limb": _limb(sides, "hand", "hands"), "high": "high" if high else ""} | _manner(
        1 / beat, 0.55, 0.85
    )


def raise_arms(p, a, b, rng, sides: tuple[int, ...]) -> Facts:
    """Arms up over the head, through the front or the sides, held, and down."""
    ramp = min(rng.uniform(0.6, 1.3), 0.4 * (b - a))
    up = envelope(p.time, a, b, ramp)
    front = rng.random() < 0.5
    angle = rng.uniform(158, 172)
    for side in sides:
        channel = p.arm_flex if front else p.arm_out
        channel[:, side] += up * (angle - channel[0, side])
        other = p.arm_out if front else p.arm_flex
        other[:, side] += up * ((8 if front else 6) - other[0, side])
        p.elbow[:, side] += up * (rng.uniform(6, 20) - p.elbow[0, side])
    if len(sides) == 1:
        p.spine_roll -= 3.5 * SIDES[sides[0]] * up
    p.head_pitch -= 6 * up
    facts = {"limb": _limb(sides, "arm", "arms"), "way": "front" if front else "side"}
    return facts | _manner(ramp, 0.75, 1.1)


def stretch_sideways(p, a, b, rng, side: int) -> Facts:
    """The upper body bends to `side`, the opposite arm reaches over the head."""
    bend = envelope(p.time, a, b, min(1.2, 0.4 * (b - a)))
    sign, over = SIDES[side], 1 - side
    p.spine_roll += sign * rng.uniform(26, 38) * bend
    p.pelvis_roll += sign * 5 * bend
    p.sway -= sign * 0.07 * bend
    p.arm_out[:, over] += bend * (rng.uniform(158, 172) - p.arm_out[0, over])
    p.elbow[:, over] += bend * 12
    p.arm_twist[:, over] += bend * 70
    p.arm_out[:, side] += bend * 8
    return {"side": SIDE_NAMES[side], "other": SIDE_NAMES[over]}


def clap(p, a, b, rng) -> Facts:
    up = envelope(p.time, a, b, 0.5)[:, None]
    beat = rng.uniform(1.6, 2.8)
    busy = envelope(p.time, a + 0.3, b - 0.3, 0.3)[:, None]
    # From apart (0) to together (1) and back.
    close = (0.5 - 0.5 * np.cos(2 * np.pi * beat * (p.time - a)))[:, None] * busy
    height = rng.uniform(24, 46)
    p.arm_flex += up * (height - p.arm_flex[:1])
    p.arm_out += up * (20 - p.arm_out[:1]) - 8 * close * up
    p.elbow += up * (78 - p.elbow[:1])
    p.arm_twist += up * (4 - p.arm_twist[:1]) + 44 * close
    return _manner(1 / beat, 0.42, 0.58)


def punch(p, a, b, rng, side: int) -> Facts:
    """Guard with both fists, then jabs straight forward with one."""
    count = _count(a + 0.4, b - 0.4, 0.85, rng)
    guard = envelope(p.time, a, b, 0.4)
    hits = np.zeros((p.frames, 2))
    for start, end in repeat(a + 0.4, b - 0.4, count):
        length = min(end - start, 0.8)
        hits[:, side] += ease(
            p.time, [(start, 0), (start + 0.35 * length, 1), (start + 0.5 * length, 1), (start + length, 0)]
        )
    striking_fists(p, guard, hits)
    p.surge += 0.05 * hits[:, side]
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}


def striking_fists(p: Puppet, guard: np.ndarray, hits: np.ndarray) -> None:
    """Both fists before the chest by the share `guard` (T,), each shot forward by `hits` (T, 2)."""
    for arm in (0, 1):
        strike = hits[:, arm]
        p.arm_flex[:, arm] += guard * (28 - p.arm_flex[0, arm]) + strike * 58
        p.elbow[:, arm] += guard * (118 - p.elbow[0, arm]) - strike * 112
        p.arm_twist[:, arm] += guard * 16
        p.arm_out[:, arm] -= strike * 6
        p.spine_twist -= SIDES[arm] * 22 * strike
        p.pelvis_twist -= SIDES[arm] * 7 * strike
        p.head_yaw += SIDES[arm] * 18 * strike
    p.height -= 0.035 * guard


def kick(p, a, b, rng, side: int) -> Facts:
    """Shift onto one leg, swing the other forward and up."""
    count = _count(a, b, 2.0, rng)
    high = rng.uniform(0.35, 0.85)
    for start, end in repeat(a, b, count):
        length = min(end - start, 1.8)

        def curve(*keys: tuple[float, float], start=start, length=length) -> np.ndarray:
            return ease(p.time, [(start + at * length, value) for at, value in keys])

        weight = curve((0, 0), (0.25, 1), (0.8, 1), (1, 0))
        p.sway -= SIDES[side] * (p.stance - 0.015) * weight
        p.pelvis_roll -= SIDES[side] * 3 * weight
        p.toe_offset[:, side, 2] += curve((0.12, 0), (0.3, -0.22), (0.5, 0.72), (0.58, 0.72), (0.9, 0))
        p.toe_offset[:, side, 1] += curve((0.12, 0), (0.3, 0.2), (0.5, high), (0.58, high), (0.9, 0))
        p.foot_pitch[:, side] += curve((0.12, 0), (0.3, 35), (0.5, -35), (0.58, -35), (0.88, 0))
        strike = curve((0.3, 0), (0.5, 1), (0.58, 1), (0.85, 0))
        p.pelvis_pitch -= 10 * strike
        p.spine_pitch += 4 * strike
        p.arm_out += weight[:, None] * 22
        p.arm_flex[:, 1 - side] += 28 * strike
        p.arm_flex[:, side] -= 18 * strike
    word = "high" if high > 0.65 else "low" if high < 0.5 else ""
    return {"side": SIDE_NAMES[side], "times": TIMES[count], "high": word}


def squat(p, a, b, rng) -> Facts:
    count = _count(a, b, 2.0, rng)
    depth = rng.uniform(0.26, 0.44)
    arms = rng.random() < 0.6
    for start, end in repeat(a, b, count):
        length = end - start
        hold = rng.uniform(0.0, 0.14)
        keys = [
            (start + 0.05 * length, 0),
            (start + (0.47 - hold) * length, 1),
            (start + (0.53 + hold) * length, 1),
        ]
        down = ease(p.time, [*keys, (end - 0.05 * length, 0)])
        p.height -= depth * down
        p.surge -= 0.32 * depth * down
        p.pelvis_pitch += 62 * depth * down
        p.spine_pitch += 28 * depth * down
        p.head_pitch -= 50 * depth * down
        if arms:
            p.arm_flex += down[:, None] * 80
        else:
            p.arm_flex += down[:, None] * 25
            p.elbow += down[:, None] * 35
    facts = {"times": TIMES[count], "deep": "deep" if depth > 0.36 else "", "arms": "forward" if arms else ""}
    return facts | _manner((b - a) / count, 1.7, 2.5)


def jump(p, a, b, rng, forward: bool = False, heading: float = 0.0) -> Facts:
    """Crouch, take off with swinging arms, land in the knees; forward: ahead, or `heading` degrees left of the front."""
    count = _count(a, b, 1.5, rng)
    for start, end in repeat(a, b, count):
        begin = start + rng.uniform(0, 0.15) * (end - start)
        height = rng.uniform(0.14, 0.32)
        flight = 2 * np.sqrt(2 * height / 9.81)
        crouch, leave = begin + 0.4, begin + 0.62
        land = leave + flight
        rest = max(min(land + 0.65, end), land + 0.35)
        s = np.clip((p.time - leave) / flight, 0, 1)
        rise = 4 * height * s * (1 - s)
        down = ease(p.time, [(begin, 0), (crouch, 1), (leave, 0), (land, 0), (land + 0.16, 0.75), (rest, 0)])
        p.height += rise - 0.24 * down
        p.toe_offset[:, :, 1] += rise[:, None]
        tip = ease(p.time, [(leave - 0.1, 0), (leave, 1), (land - 0.12, 0.3), (land, 0)])
        p.foot_pitch += 28 * tip[:, None]
        p.surge -= 0.07 * down
        p.pelvis_pitch += 20 * down
        p.spine_pitch += 8 * down
        up = ease(p.time, [(begin, 0), (crouch, -0.45), (leave + 0.2, 1), (land + 0.05, 0.5), (rest, 0)])
        p.arm_flex += up[:, None] * 70
        p.elbow += np.abs(up)[:, None] * 25
        if forward:
            leap(p, leave, land, rng.uniform(0.35, 0.7), heading)
    return {"times": TIMES[count]}


def leap(p: Puppet, leave: float, land: float, distance: float, heading: float = 0.0) -> None:
    """Carry the path and both feet along in the air; heading: degrees to the left of the front."""
    shift = distance * ease(p.time, [(leave - 0.08, 0), (land + 0.04, 1)])
    yaw = float(np.interp(leave, p.time, p.yaw))
    way = yaw + np.radians(heading)
    p.x, p.z = p.x + shift * np.sin(way), p.z + shift * np.cos(way)
    end = float(p.x[-1]), float(p.z[-1])
    for side in (0, 1):
        p.steps[side].append(Step(leave, land, p.home(side, *end, yaw), yaw, 0.0))


def bow(p, a, b, rng) -> Facts:
    count = _count(a, b, 3.2, rng)
    deep = rng.uniform(28, 75)
    for start, end in repeat(a, b, count):
        length = min(end - start, 4.0)
        keys = [
            (start, 0.0),
            (start + 0.38 * length, 1.0),
            (start + 0.58 * length, 1.0),
            (start + 0.97 * length, 0.0),
        ]
        down = ease(p.time, keys)
        p.pelvis_pitch += 0.6 * deep * down
        p.spine_pitch += 0.45 * deep * down
        p.head_pitch += 8 * down
        p.surge -= 0.0022 * deep * down
        p.arm_flex += down[:, None] * 0.75 * deep  # the arms keep hanging down
    word = "deeply" if deep > 58 else "slightly" if deep < 40 else ""
    return {"times": TIMES[count] if count > 1 else "", "deep": word}


def sit_and_stand(p, a, b, rng) -> Facts:
    """Sit down as if on a chair behind, stay, stand up again."""
    length = b - a
    down_for, up_for = min(1.3, 0.35 * length), min(1.2, 0.3 * length)
    seat = ease(p.time, [(a, 0), (a + down_for, 1), (b - up_for, 1), (b, 0)])
    sat, rising = (a + down_for + 0.4, 0.15), (b - up_for - 0.2, 0.15)
    lean = ease(p.time, [(a, 0), (a + 0.6 * down_for, 1), sat, rising, (b - 0.55 * up_for, 1), (b, 0)])
    drop = rng.uniform(0.40, 0.46)
    p.height -= drop * seat
    p.surge -= 0.36 * seat
    p.pelvis_pitch += 26 * lean
    p.spine_pitch += 20 * lean
    p.head_pitch -= 14 * lean
    p.arm_flex += (24 * seat + 14 * lean)[:, None]
    p.elbow += (48 * seat)[:, None]
    p.arm_twist += (18 * seat)[:, None]
    return {"stay": "a while" if length - down_for - up_for > 1.8 else ""}


def lunge(p, a, b, rng, side: int) -> Facts:
    """A long step forward with one foot, down in the knees, and back."""
    count = _count(a, b, 2.8, rng)
    length_of_step = rng.uniform(0.6, 0.8)
    for start, end in repeat(a, b, count):
        length = min(end - start, 3.4)
        t = [start + share * length for share in (0.0, 0.27, 0.45, 0.6, 0.72, 1.0)]
        forward = ease(p.time, [(t[0], 0), (t[1], 0.75), (t[2], 1), (t[3], 1), (t[5], 0)])
        down = ease(p.time, [(t[1] - 0.1, 0), (t[2], 1), (t[3], 1), (t[4], 0.1), (t[5], 0)])
        x, z, yaw = (float(np.interp(start, p.time, line)) for line in (p.x, p.z, p.yaw))
        home = p.home(side, x, z, yaw)
        ahead = (home[0] + length_of_step * np.sin(yaw), home[1] + length_of_step * np.cos(yaw))
        p.steps[side].append(Step(t[0] + 0.05, t[1], ahead, yaw, 0.09))
        p.steps[side].append(Step(t[4], t[5], home, yaw, 0.08))
        p.surge += (0.5 * length_of_step + 0.04) * forward
        p.height -= rng.uniform(0.27, 0.36) * down + 0.05 * forward
        p.foot_pitch[:, 1 - side] += 46 * forward  # the heel behind comes up
        p.spine_pitch += 4 * down
        p.arm_out += (12 * down)[:, None]
        p.elbow += (18 * down)[:, None]
    return {"side": SIDE_NAMES[side], "times": TIMES[count]}


def _limb(sides: tuple[int, ...], one: str, several: str) -> str:
    return f"both {several}" if len(sides) == 2 else f"the {SIDE_NAMES[sides[0]]} {one}"


def _manner(seconds: float, quick: float, slow: float) -> Facts:
    return {"manner": "quickly" if seconds < quick else "slowly" if seconds > slow else ""}


def _bound(action: Callable, **fixed) -> Action:
    return lambda p, a, b, rng: action(p, a, b, rng, **fixed)


def _sided(name: str, action: Callable, shortest: float, longest: float) -> list[Kind]:
    return [Kind(f"{name}_{SIDE_NAMES[i]}", _bound(action, side=i), shortest, longest) for i in (0, 1)]


def _limbed(name: str, action: Callable, shortest: float, longest: float) -> list[Kind]:
    sides = {"left": (0,), "right": (1,), "both": (0, 1)}
    return [Kind(f"{name}_{who}", _bound(action, sides=s), shortest, longest) for who, s in sides.items()]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in [
        Kind("walk_forward", walk, 2.6, 6.5),
        Kind("walk_backward", _bound(walk, heading=180.0), 2.8, 6.0),
        *_sided("walk_circle", walk_circle, 3.6, 8.6),
        *_sided("turn", turn_in_place, 2.2, 5.5),
        *_sided("sidestep", sidestep, 2.6, 6.0),
        Kind("run_in_place", run_in_place, 2.6, 6.5),
        Kind("jog_forward", jog, 2.6, 4.5),
        *_limbed("wave", wave, 2.8, 6.5),
        *_limbed("raise", raise_arms, 2.6, 5.5),
        *_sided("stretch", stretch_sideways, 2.8, 6.0),
        Kind("clap", clap, 2.6, 6.0),
        *_sided("punch", punch, 2.4, 5.5),
        *_sided("kick", kick, 2.4, 6.0),
        Kind("squat", squat, 2.4, 7.0),
        Kind("jump", jump, 2.4, 6.0),
        Kind("jump_forward", _bound(jump, forward=True), 2.4, 5.0),
        Kind("bow", bow, 2.6, 6.0),
        Kind("sit", sit_and_stand, 3.6, 8.0),
        *_sided("lunge", lunge, 2.8, 7.0),
    ]
}
