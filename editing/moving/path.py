"""Operations on the path: turns, curves, jumps, height over the floor, places; steps are `editing.moving.stepping`'s."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_closing, gaussian_filter1d
from scipy.spatial.transform import Rotation

from dataset.composing.bodies import assemble, directions_of, lengths_of, smooth
from editing.moving.feet import FLOOR, Leading, feet_of, lead, on_feet, runs_of, standing
from editing.moving.moved import Moved, Stretch, rigidly, yaws
from utils import quantities
from utils.rotation import turn, unit
from utils.runtime import UserError

TURN_PACE = 90.0  # degrees a second, of a turn that nobody gave a time
SHORTEST_TURN, STEP_TIME = 0.8, 0.6  # seconds
STEPS_TAKE = 1.2  # seconds in which a step with each foot has room
CROUCH = 12  # frames before and after a jump in which the body bends and comes up
EASE = 0.5  # seconds in which the pelvis goes up or down
LEAN, SIT_BACK = 0.9, 0.25  # radians of bending, metres of going back, per metre that the pelvis is lower
HEEL = 0.09  # metres that heels come up at most
TRUNK = (3, 6, 9, 12, 13, 14, 15, 16, 17)  # arms hang on, head and neck come along
STRAIGHT_WALK, SHORTER, LONGER = 0.5, 0.4, 1.8  # metres, shares: of a path that is turned and stretched
FASTEST = 0.9  # metres a second that a body is led on beside its own pace
ENOUGH = 0.3  # metres of path that can be bent
FEWEST_TURNED = 15.0  # degrees that a body has to turn before a turn can be undone


def gesture_span(motion: Stretch, seconds: float) -> tuple[int, int]:
    """Frames of a movement that lasts `seconds`: the whole stretch, of a whole clip only its middle."""
    if not motion.is_whole:
        return motion.start, motion.stop
    frames = min(max(round(seconds * motion.fps), 2), motion.count)
    start = (motion.count - frames) // 2
    return start, start + frames


def turned(motion: Stretch, degrees: float) -> Moved:
    """Body and path turned by an angle to the left within the stretch."""
    start, stop = gesture_span(motion, max(abs(degrees) / TURN_PACE, SHORTEST_TURN))
    yaw = np.radians(degrees) * smooth((np.arange(motion.count) - start + 1) / (stop - start))
    return _led_by_yaw(motion, yaw, start, stop)


def curved(motion: Stretch, degrees: float) -> Moved:
    """A walk led around a curve: the angle grows with the way."""
    pace = pace_of(motion.joints)
    pace[: motion.start] = pace[motion.stop :] = 0
    way = np.cumsum(gaussian_filter1d(pace, 3.0) * motion.eased(0.3))
    if way[-1] < ENOUGH:
        raise UserError(
            f"Curve: the body goes only {way[-1]:.2f} m there, nothing to bend; Turn turns it on the spot"
        )
    yaw = np.radians(degrees) * way / way[-1]
    return _led_by_yaw(motion, yaw, motion.start, motion.stop)


def kept_heading(motion: Stretch) -> Moved:
    """Turns in the stretch undone: body and path face where they do when it begins, and go on so."""
    joints = motion.joints.astype(float)
    # The sway of the hips within a stride is no turn.
    heading = gaussian_filter1d(yaws(joints), 0.3 * motion.fps, mode="nearest")
    inside = np.clip(np.arange(motion.count), motion.start, motion.stop - 1)
    yaw = heading[motion.start] - heading[inside]
    if np.ptp(yaw) < np.radians(FEWEST_TURNED):
        raise UserError(
            f"KeepHeading: the body turns by {np.degrees(np.ptp(yaw)):.0f} degrees there, no turn to undo"
        )
    return _led_by_yaw(motion, yaw, motion.start, motion.stop)


def pace_of(joints: np.ndarray) -> np.ndarray:
    """Metres (T,) over the floor from the frame before."""
    return np.linalg.norm(np.diff(joints[:, 0] * FLOOR, axis=0, prepend=joints[:1, 0] * FLOOR), axis=-1)


def _led_by_yaw(motion: Stretch, yaw: np.ndarray, start: int, stop: int) -> Moved:
    """The body turned by yaw (T,) radians about its root, whose path turns along."""
    root = motion.joints[:, 0].astype(float)
    steps = np.diff(root, axis=0)
    middle = (yaw[1:] + yaw[:-1]) / 2
    path = np.concatenate([root[:1], root[:1] + np.cumsum(turn(steps, middle), axis=0)])
    path[:, 1] = root[:, 1]
    leading = Leading(yaw, path - turn(root, yaw))
    return led(motion, leading, start, stop)


def led(motion: Stretch, leading: Leading, start: int, stop: int, body: np.ndarray | None = None) -> Moved:
    """The motion led elsewhere from `start` to `stop`, on feet that stand and step."""
    weight = np.zeros(motion.count)
    spare = max(round(STEPS_TAKE * motion.fps) - (stop - start), 0) // 2
    weight[max(start - spare, 0) : stop + spare] = 1
    joints = lead(motion.joints.astype(float), leading, standing(motion.joints), weight, body)
    stays = (weight == 0) & (np.abs(leading.yaw) < 1e-9) & (np.abs(leading.shift).max(1) < 1e-9)
    joints[stays] = motion.joints[stays]
    return Moved(joints, np.arange(motion.count, dtype=float), weight)


def jumped(motion: Stretch, factor: float | None, amount: float | None) -> Moved:
    """Jumps higher or lower: the pelvis' rise over standing height is scaled, the crouch before and after half as much."""
    joints = motion.joints.astype(float)
    height, air = joints[:, 0, 1], quantities.airborne(joints)
    air = binary_closing(air, np.ones(3))
    flights = [
        (start, stop)
        for start, stop in runs_of(air)
        if stop - start >= 2 and start < motion.stop and stop > motion.start
    ]
    if not flights:
        raise UserError("JumpHeight: nobody jumps there, both feet are never off the floor")
    extra, weight = np.zeros(motion.count), np.zeros(motion.count)
    upright = float(np.median(height[~air])) if (~air).any() else float(height.min())
    for start, stop in flights:
        before, after = max(start - 1, 0), min(stop, motion.count - 1)
        line = np.interp(np.arange(motion.count), [before, after], [height[before], height[after]])
        apex = before + int(np.argmax((height - line)[before : after + 1]))
        above = float(height[apex] - line[apex])
        if above < 0.01:
            continue
        rise = max(float(height[apex]) - min(upright, float(line[apex])), above)
        gain = (factor - 1) * rise / above if factor is not None else (amount or 0.0) / above
        gain = max(gain, -0.95)
        near = slice(max(start - CROUCH, 0), min(stop + CROUCH, motion.count))
        window = smooth(
            1 - np.maximum(start - np.arange(motion.count), np.arange(motion.count) - stop + 1) / CROUCH
        )
        over = height - line
        change = window * gain * np.where(over > 0, over, np.clip(0.5 * over, -0.15 / max(gain, 0.3), 0))
        extra[near] += change[near]
        weight[near] = 1
    if not weight.any():
        raise UserError("JumpHeight: nobody jumps there, the body does not rise")
    up = np.array([0.0, 1.0, 0.0])
    feet = feet_of(joints) + (extra * air)[:, None, None, None] * up
    body = joints + extra[:, None, None] * up
    return Moved(on_feet(body, feet, weight), np.arange(motion.count, dtype=float), weight)


def lifted(motion: Stretch, amount: float) -> Moved:
    """The pelvis higher or lower over the feet; lower, it goes back a little and the trunk bends forward."""
    joints = motion.joints.astype(float)
    weight = motion.eased(EASE)
    heading = gaussian_filter1d(yaws(joints), 3.0, mode="nearest")
    ahead = np.stack([np.sin(heading), 0 * heading, np.cos(heading)], -1)
    down = -amount * weight if amount < 0 else 0 * weight
    directions = directions_of(joints)
    left = np.stack([np.cos(heading), 0 * heading, -np.sin(heading)], -1)
    bend = Rotation.from_rotvec(left * (LEAN * down)[:, None])
    for joint in TRUNK:
        directions[:, joint] = bend.apply(directions[:, joint])
    root = (
        joints[:, 0]
        + (amount * weight)[:, None] * np.array([0.0, 1.0, 0.0])
        - ahead * (SIT_BACK * down)[:, None]
    )
    body = assemble(root, directions, lengths_of(joints))
    feet = feet_of(joints)
    if amount > 0:  # onto the toes
        raised = feet[:, :, 0] + np.minimum(amount, HEEL) * weight[:, None, None] * np.array([0.0, 1.0, 0.0])
        length = np.linalg.norm(feet[:, :, 0] - feet[:, :, 1], axis=-1, keepdims=True)
        feet[:, :, 0] = feet[:, :, 1] + length * unit(raised - feet[:, :, 1])
    return Moved(on_feet(body, feet, weight), np.arange(motion.count, dtype=float), weight)


def placed(motion: Stretch, start: tuple[float, float] | None, end: tuple[float, float] | None) -> Moved:
    """The clip moved to start over a place; led to end over another one, its steps longer or shorter, or aside."""
    joints = motion.joints.astype(float)
    if start is not None:
        joints = joints + (np.array([start[0], 0.0, start[1]]) - joints[0, 0] * FLOOR)
    everywhere = np.arange(motion.count, dtype=float)
    if end is None:
        return Moved(joints, everywhere, np.zeros(motion.count))
    own = (joints[-1, 0] - joints[0, 0]) * FLOOR
    wanted = np.array([end[0], 0.0, end[1]]) - joints[0, 0] * FLOOR
    far, farther = float(np.linalg.norm(own)), float(np.linalg.norm(wanted))
    if far > STRAIGHT_WALK and SHORTER < farther / far < LONGER:
        angle = np.arctan2(wanted[0], wanted[2]) - np.arctan2(own[0], own[2])
        joints = rigidly(joints, float(angle), joints[0, 0], joints[0, 0])
    missing = wanted - (joints[-1, 0] - joints[0, 0]) * FLOOR
    seconds = motion.count / motion.fps
    if np.linalg.norm(missing) > FASTEST * seconds:
        raise UserError(
            f"Place: the clip ends {np.linalg.norm(missing):.1f} m away from there, too far for {seconds:.1f} s; "
            "choose a nearer place"
        )
    pace = gaussian_filter1d(pace_of(joints), 3.0) * (pace_of(joints).sum() > STRAIGHT_WALK)
    if pace.sum() < STRAIGHT_WALK:  # it stands: some steps in the middle
        begin, stop = gesture_span(motion, max(float(np.linalg.norm(missing)) / 0.6, 1.0))
        share = smooth((everywhere - begin + 1) / (stop - begin))
    else:
        share = np.cumsum(pace) / pace.sum()
        share = (share - share[0]) / (share[-1] - share[0])
    moved = Stretch(joints, 0, motion.count, motion.fps)
    return led(moved, Leading(np.zeros(motion.count), share[:, None] * missing), 0, motion.count)
