"""Head and neck: where a person looks, nodding, shaking the head."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from dataset.composing.bodies import assemble, directions_of, lengths_of, smooth
from dataset.composing.overlay import chest_frames
from editing.moving.moved import Moved, Stretch, yaws
from editing.moving.path import gesture_span
from utils.rotation import unit
from utils.runtime import UserError

NECK, HEAD = 12, 15
NECK_SHARE = 0.3  # of the head's turn that the neck makes
UPRIGHT = 35.0  # degrees that an upright trunk leans at most
EASE = 0.4  # seconds in which the head comes to look elsewhere
NODS, SHAKES, QUICKEST = 1.2, 1.4, 3.0  # a second
NOD, SHAKE = 24.0, 35.0  # degrees: down from where the head is; to either side
# The bone from neck to head is nearly the axis about which a head turns: its lean shows where the face looks.
LEAN = np.radians(16.0)


def moved_head(
    motion: Stretch,
    turn: float | None,
    pitch: float | None,
    nod: int | None,
    shake: int | None,
    roll: float | None = None,
) -> Moved:
    """The head turned to the left, up, and tilted to the left by so many degrees while the stretch lasts.

    nod, shake: so many times in it.
    """
    held = motion.eased(EASE)
    yaw, up, aside = held * (turn or 0.0), held * (pitch or 0.0), held * (roll or 0.0)
    weight = held if turn or pitch or roll else np.zeros(motion.count)
    if nod:
        phase, busy = _cycles(motion, nod, NODS)
        up = up - NOD * busy * (1 - np.cos(phase)) / 2
        weight = np.maximum(weight, busy)
    if shake:
        phase, busy = _cycles(motion, shake, SHAKES)
        yaw = yaw + SHAKE * busy * np.sin(phase)
        weight = np.maximum(weight, busy)
    joints = motion.joints.astype(float)
    frames, directions = _frames(joints), directions_of(joints)
    for bone, share in ((NECK, NECK_SHARE), (HEAD, 1.0)):
        seen = frames.inv().apply(directions[:, bone])
        if bone == HEAD:  # leans to where it looks, as much as the turn is one
            turned = np.clip(np.abs(yaw) / 30.0, 0, 1)[:, None]
            ahead = np.stack([0 * yaw, seen[:, 1], np.maximum(seen[:, 2], np.tan(LEAN))], -1)
            seen = unit((1 - turned) * seen + turned * ahead)
        # About the body's left first: up and down; about its front; then about its vertical.
        tilt = Rotation.from_euler("x", -np.radians(share * up)[:, None])
        spin = Rotation.from_euler("y", np.radians(share * yaw)[:, None])
        bent = Rotation.from_euler("z", -np.radians(share * aside)[:, None])
        directions[:, bone] = frames.apply((spin * bent * tilt).apply(seen))
    made = assemble(joints[:, 0], directions, lengths_of(joints))
    made = np.where((weight > 0)[:, None, None], made, joints)
    return Moved(made, np.arange(motion.count, dtype=float), weight, ("head",))


def _frames(joints: np.ndarray) -> Rotation:
    """Frames (T) in which a head looks ahead: upright while the body is, the chest's where it lies or bows low."""
    chest = chest_frames(joints)
    level = Rotation.from_euler("y", gaussian_filter1d(yaws(joints), 2.0, mode="nearest")[:, None])
    tilt = np.degrees(np.arccos(np.clip(chest.apply((0.0, 1.0, 0.0))[:, 1], -1, 1)))
    share = smooth((tilt - UPRIGHT) / UPRIGHT)[:, None]
    return level * Rotation.from_rotvec(share * (level.inv() * chest).as_rotvec())


def _cycles(motion: Stretch, times: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Phase (T,) of so many cycles, 2 pi each, and where they are (T,) as 0..1; UserError where there is no room."""
    start, stop = gesture_span(motion, times / rate)
    if stop - start > round(times / rate * motion.fps):  # no slower than people do
        spare = stop - start - round(times / rate * motion.fps)
        start, stop = start + spare // 2, stop - (spare - spare // 2)
    if times / ((stop - start) / motion.fps) > QUICKEST:
        raise UserError(
            f"Head: {times} times take at least {times / QUICKEST:.1f} s, there are {(stop - start) / motion.fps:.1f} s"
        )
    t = np.arange(motion.count) - start + 0.5
    share = t / (stop - start)
    ease = 0.5 / times
    busy = smooth(np.minimum(share, 1 - share) / min(ease, 0.25)) * (share > 0) * (share < 1)
    return 2 * np.pi * times * np.clip(share, 0, 1), busy
