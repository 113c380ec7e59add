"""Arms of one clip over the body of another, as in SINC (Athanasiou et al. 2023), by geometry.

Arms are carried over relative to the chest, so that they swing along with a walking trunk; of the trunk's lean
they take only a share, so that an arm raised by an upright person stays raised over a leaning one.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.composing.bodies import ARMS, assemble, blend, directions_of, smooth
from utils.rotation import unit

LEAN_SHARE = 0.35  # of the difference in lean between both trunks that the arms follow
NECK, SPINE2, LEFT_COLLAR, RIGHT_COLLAR = 12, 6, 13, 14


def chest_frames(joints: np.ndarray) -> Rotation:
    """Rotation (T) of the chest: x to its left, y up along the spine, z to the front."""
    up = unit(joints[:, NECK] - joints[:, SPINE2])
    left = joints[:, LEFT_COLLAR] - joints[:, RIGHT_COLLAR]
    left = unit(left - (left * up).sum(-1, keepdims=True) * up)
    return Rotation.from_matrix(np.stack([left, up, np.cross(left, up)], -1))


def upright(chest: Rotation) -> Rotation:
    """The heading alone: the chest's turn about the vertical."""
    ahead = chest.apply((0.0, 0.0, 1.0)) * (1, 0, 1)
    return Rotation.from_euler("y", np.arctan2(ahead[:, 0], ahead[:, 2])[:, None])


def overlay_arms(
    base: np.ndarray, arms: np.ndarray, sides: tuple[int, ...], start: int, ramp: int = 8
) -> np.ndarray:
    """Joints (T, 22, 3) of `base`, whose arms do what those of `arms` (N, 22, 3) do from frame `start` on.

    sides: 0 for the left arm, 1 for the right. The take-over fades in and out over `ramp` frames, unless it
    starts with the clip or lasts to its end.
    """
    frames = min(len(arms), len(base) - start)
    span = slice(start, start + frames)
    ours, theirs = chest_frames(base[span]), chest_frames(arms[:frames])
    full = ours * theirs.inv()
    level = upright(ours) * upright(theirs).inv()
    partly = level * Rotation.from_rotvec(LEAN_SHARE * (level.inv() * full).as_rotvec())
    directions, source = directions_of(base), directions_of(arms[:frames])
    place = np.arange(1, frames + 1)
    fade_in = smooth(place / (ramp + 1)) if start > 0 else np.ones(frames)
    fade_out = smooth(place[::-1] / (ramp + 1)) if start + frames < len(base) else np.ones(frames)
    weight = fade_in * fade_out
    for side in sides:
        for joint in ARMS[side]:
            carried = (full if joint in ARMS[side][:2] else partly).apply(source[:, joint])
            directions[span, joint] = blend(directions[span, joint], carried, weight)
    return assemble(base[:, 0], directions)
