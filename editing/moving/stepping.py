"""Operations on steps: longer and shorter ones, a step to a side, and a walk that goes on for some steps more.

Legs reach only so far. What would take the pelvis down to where they reach is made shorter, given more time, or refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from dataset.composing.bodies import directions_of, smooth
from editing.moving.feet import FLOOR, Leading, feet_of, lead, on_feet, runs_of, standing
from editing.moving.moved import Moved, Stretch, yaws
from editing.moving.path import ENOUGH, STEP_TIME, gesture_span, led, pace_of
from editing.moving.pieces import chained
from editing.moving.timing import pause
from editing.moving.whole import mirrored
from utils.rotation import turn
from utils.runtime import UserError

SINKS, SINKS_ASIDE = 0.08, 0.12  # metres that a pelvis comes down in longer steps, and in wide ones
STEP_LENGTH = 0.45  # metres of a step that nobody gave a length
SHORTER, LONGER = 0.6, 1.25  # times as long as a walk's own steps that further ones may be
WALKS = 0.4  # metres a second from which a body is walking
STEP_FRAMES = (7, 20)  # of a step of a walk, at 20 frames a second: fewest and most
FEWEST_WALKED = 30  # frames of a walk that shows how it goes on: somewhat more than two steps
NEAR_STEPS = 1.05  # times as long as before: less is no longer step
HALVINGS = 5  # of the range in which the longest possible step is sought


def sunk(motion: Stretch, made: Moved) -> float:
    """Metres by which the pelvis comes down at most, from the frames that are shown."""
    before = motion.joints[np.round(made.origin).astype(int), 0, 1]
    return float((before - made.joints[:, 0, 1]).max())


def stride(motion: Stretch, factor: float) -> Moved:
    """Steps `factor` times as long: the path is stretched, and feet with it; as far as the legs reach."""
    if pace_of(motion.joints)[motion.start : motion.stop].sum() < ENOUGH:
        raise UserError("Stride: nobody walks there, so there are no steps to make longer or shorter")
    made = _strides(motion, factor)
    if factor <= 1 or sunk(motion, made) <= SINKS:
        return made
    low, high = 1.0, factor
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if sunk(motion, _strides(motion, middle)) <= SINKS else (low, middle)
    longest = np.floor(100 * low) / 100
    if longest < NEAR_STEPS:
        raise UserError("Stride: the steps there are as long as the legs reach; they can't be made longer")
    note = f"Stride: the legs reach steps {longest:g} times as long there, not {factor:g} times"
    return replace(_strides(motion, longest), notes=(note,))


def _strides(motion: Stretch, factor: float) -> Moved:
    root = motion.joints[:, 0].astype(float) * FLOOR
    # The sway of the hips stays as it is: the path that is stretched is a smooth one.
    path = gaussian_filter1d(root, 0.25 * motion.fps, axis=0, mode="nearest")
    share = np.clip(motion.eased(0.3), 0, 1)
    steps = np.diff(path, axis=0) * ((factor - 1) * (share[1:] + share[:-1]) / 2)[:, None]
    shift = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    return led(motion, Leading(np.zeros(motion.count), shift), motion.start, motion.stop)


def aside(motion: Stretch, metres: float, side: str) -> Moved:
    """The body goes aside by some metres within the stretch, and on from there.

    At the clip's end there is more time where it is needed: a walk goes on, somebody who stands steps after that.
    """
    at_end = motion.stop == motion.count
    walking = _walks_from(motion) is not None
    if side == "forward" and at_end and walking and not motion.is_whole:
        return _walked_on(motion, metres)
    needed = _step_seconds(metres)
    made = _led_aside(motion, metres, side)
    if sunk(motion, made) <= SINKS_ASIDE:
        return made
    if at_end and side == "forward" and walking:
        return _walked_on(motion, metres)
    if at_end and standing(motion.joints)[-1].all():
        return _stepped_after(motion, metres, side, needed)
    raise UserError(
        f"StepAside: {_way(metres, side)} within {motion.frames / motion.fps:.1f} s is more than the legs reach there; "
        f"give it {needed:.1f} s, or fewer metres"
    )


def _way(metres: float, side: str) -> str:
    return f"{metres:g} m {side if side in ('forward', 'back') else f'to the {side}'}"


def _step_seconds(metres: float) -> float:
    return max(float(STEP_TIME * 2 * np.ceil(metres / 0.5)), 1.0)


def _led_aside(motion: Stretch, metres: float, side: str) -> Moved:
    start, stop = gesture_span(motion, _step_seconds(metres))
    middle = (start + stop) // 2
    angle = float(yaws(motion.joints)[middle]) + {"left": np.pi / 2, "right": -np.pi / 2, "back": np.pi}.get(
        side, 0
    )
    way = metres * np.array([np.sin(angle), 0.0, np.cos(angle)])
    share = smooth((np.arange(motion.count) - start + 1) / (stop - start))
    return led(motion, Leading(np.zeros(motion.count), share[:, None] * way), start, stop)


def _stepped_after(motion: Stretch, metres: float, side: str, seconds: float) -> Moved:
    """The body stands for so long where the clip ends, and steps aside meanwhile."""
    longer = pause(Stretch(motion.joints, motion.count - 1, motion.count, motion.fps), seconds)
    stretch = Stretch(longer.joints, motion.count, len(longer.joints), motion.fps)
    made = _led_aside(stretch, metres, side)
    if sunk(stretch, made) > SINKS_ASIDE:
        raise UserError(f"StepAside: {_way(metres, side)} is more than the legs reach; give fewer metres")
    return Moved(made.joints, longer.origin, np.maximum(longer.weight, made.weight))


# ------------------------------------------------------------------------------------------------------ a walk goes on
def _walks_from(motion: Stretch) -> int | None:
    """The frame from which the body walks until the clip ends; None: it doesn't, or too short to go on from."""
    pace = gaussian_filter1d(pace_of(motion.joints), 3.0, mode="nearest") * motion.fps
    runs = runs_of(pace > max(WALKS, 0.5 * float(np.median(pace))))
    if not runs or runs[-1][1] < motion.count or runs[-1][1] - runs[-1][0] < FEWEST_WALKED:
        return None
    return runs[-1][0]


def _walked_on(motion: Stretch, metres: float) -> Moved:
    """The walk at the clip's end goes on for some metres: its own steps again, each foot in its turn."""
    begin = _walks_from(motion)
    assert begin is not None  # asked before
    joints = motion.joints.astype(float)
    image = mirrored(Stretch(joints, 0, motion.count, motion.fps)).joints
    poses, images = _poses(joints), _poses(image)
    frames = _frames_per_step(poses[begin:], images[begin:])
    own = float(pace_of(joints)[begin:].mean()) * frames
    count = max(round(metres / STEP_LENGTH), int(np.ceil(metres / (LONGER * own))), 1)
    count = max(min(count, int(metres / (SHORTER * own))), 1)
    parts = [(joints, 0, motion.count)]
    last, missing = poses[-2:], count * frames
    while missing > 0:
        length = min(missing, motion.count - begin - 2)
        gaps = [
            (float(np.abs(seen[s - 2 : s] - last).mean()), s, of_image)
            for of_image, seen in enumerate((poses, images))
            for s in range(begin + 2, motion.count - length + 1)
        ]
        _, start, of_image = min(gaps)
        parts.append(((joints, image)[of_image], start, start + length))
        last = (poses, images)[of_image][start + length - 2 : start + length]
        missing -= length
    made = chained(parts)
    longer = np.arange(len(made.joints)) >= motion.count
    path = gaussian_filter1d(made.joints[:, 0] * FLOOR, 0.25 * motion.fps, axis=0, mode="nearest")
    way = np.diff(path, axis=0) * longer[1:, None]
    factor = metres / max(float(np.linalg.norm(way, axis=-1).sum()), 1e-6)
    shift = np.concatenate([np.zeros((1, 3)), np.cumsum((factor - 1) * way, axis=0)])
    weight = np.maximum(made.weight, longer)
    leading = Leading(np.zeros(len(weight)), shift)
    moved = lead(made.joints, leading, standing(made.joints), weight)
    moved = _over_floor(moved, feet_of(joints)[..., 1].min((0, 1)), weight)
    result = Moved(moved, made.origin, weight)
    # A run goes up and down by itself, and its further steps need not do so in time with those that they repeat.
    if joints[begin:, 0, 1].min() - result.joints[:, 0, 1].min() > SINKS_ASIDE:
        raise UserError(
            f"StepAside: {metres:g} m further is more than the legs reach there; give fewer metres"
        )
    return result


def _over_floor(joints: np.ndarray, lowest: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) whose feet are no deeper than ankles and toes were (2,), where weight > 0."""
    feet = feet_of(joints)
    feet[..., 1] += np.maximum(lowest - feet[..., 1], 0).max(2, keepdims=True)
    return on_feet(joints, feet, weight)


def _poses(joints: np.ndarray) -> np.ndarray:
    """Directions (T, 21, 3) of bones, the body facing +z."""
    return directions_of(turn(joints, -yaws(joints)[:, None]))[:, 1:]


def _frames_per_step(poses: np.ndarray, images: np.ndarray) -> int:
    """After so many frames a walk's pose (T, 21, 3) is most like its mirror image (T, 21, 3) of before."""
    lags = range(STEP_FRAMES[0], min(STEP_FRAMES[1], len(poses) // 2) + 1)
    gaps = [float(np.abs(poses[lag:] - images[:-lag]).mean()) for lag in lags]
    return lags[int(np.argmin(gaps))]
