"""Operations on the whole body: in a mirror, standing still, walking backwards."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from dataset.composing.bodies import BONES, LEGS, assemble, directions_of, lengths_of
from dataset.features import mirror_joints
from editing.moving.feet import FLOOR, runs_of, standing
from editing.moving.moved import Moved, Stretch, resampled, rigidly, yaws
from editing.moving.pieces import chained
from editing.moving.timing import backwards
from utils import quantities
from utils.rotation import unit
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

WALKS, SETS_OFF = 0.3, 0.05  # metres a second from which a body walks forward, and has begun to
SHORTEST_WALK = 0.6  # seconds
WIDEST = 0.4  # metres between the ankles of somebody who stands at ease
CALM = 0.5  # metres a second that the fastest joint of a body has that stands still
UPRIGHT, LOW_HANDS = (
    0.93,
    0.10,
)  # share of the clip's greatest pelvis height; metres that wrists are below the chest
STOPPING = 6  # frames in which a pose comes to rest
# Directions of bones of somebody who stands at ease, facing +z; left side, then right: medians over 61 clips of the data
# set `mocap` and their mirror images (bowing, waving, beckoning; a calm frame of each).
SPINE = {3: (0, 1, -0.06), 6: (0, 1, -0.06), 9: (0, 1, -0.03), 12: (0, 1, 0.04), 15: (0, 1, 0.09)}
LEFT_SIDE = {
    1: (0.95, -0.31, 0.02), 4: (0.04, -0.99, 0.1), 7: (-0.02, -0.97, -0.26), 10: (0.1, -0.64, 0.76),
    13: (0.36, 0.93, 0.02), 16: (0.95, -0.08, -0.29), 18: (0.24, -0.97, 0.07), 20: (0.08, -0.92, 0.38),
}  # fmt: skip


def mirrored(motion: Stretch) -> Moved:
    """The stretch as in a mirror that stands in the plane of the body where it begins."""
    first = motion.joints[motion.start : motion.start + 1].astype(float)
    # Seen on a body whose sides are alike, so that the mirror image faces where the image of the body does.
    even = (BONES + BONES[list(T2M_SKELETON.mirror_order)]) / 2
    root, yaw = first[0, 0], float(yaws(assemble(first[:, 0], directions_of(first), even))[0])
    home = rigidly(motion.joints.astype(float), -yaw, root, np.zeros(3))
    image = mirror_joints(home)
    # The body keeps its own bones, whose sides differ by millimetres, and its floor.
    image = assemble(image[:, 0], directions_of(image), lengths_of(home))
    image[..., 1] += home[..., 1].min() - image[..., 1].min()
    image = rigidly(image, yaw, np.zeros(3), root)
    if motion.is_whole:
        return Moved(image, np.arange(motion.count, dtype=float), np.ones(motion.count))
    made = chained(
        [
            (motion.joints, 0, motion.start),
            (image, motion.start, motion.stop),
            (motion.joints, motion.stop, motion.count),
        ]
    )
    weight = made.weight.copy()
    weight[motion.start : motion.stop] = 1
    return Moved(made.joints, made.origin, weight)


def stood_still(motion: Stretch, keep_pose: bool) -> Moved:
    """Standing still while the stretch lasts, at ease or in the pose that the body has there."""
    if keep_pose:
        return _stopped(motion)
    pose = _calm_pose(motion)
    root, yaw = motion.joints[motion.start, 0], float(yaws(motion.joints)[motion.start])
    still = np.repeat(rigidly(pose, yaw, pose[0], root)[None], motion.frames, 0)
    made = chained(
        [
            (motion.joints, 0, motion.start),
            (still, 0, motion.frames),
            (motion.joints, motion.stop, motion.count),
        ]
    )
    inside = slice(motion.start, motion.stop)
    origin, weight = made.origin.copy(), made.weight.copy()
    origin[inside], weight[inside] = motion.start, 1
    return Moved(made.joints, origin, weight)


def _stopped(motion: Stretch) -> Moved:
    """The body comes to rest in the pose in which the stretch begins."""
    steps = np.arange(motion.frames)
    own = np.clip(1 - (steps + 0.5) / STOPPING, 0, None) if motion.start > 0 else np.zeros(motion.frames)
    at = np.minimum(motion.start + np.concatenate([[0.0], np.cumsum(own)[:-1]]), motion.count - 1)
    joints = np.concatenate([motion.joints[: motion.start], resampled(motion.joints, at)])
    made = chained([(joints, 0, motion.stop), (motion.joints, motion.stop, motion.count)])
    origin, weight = made.origin.copy(), made.weight.copy()
    origin[motion.start : motion.stop], weight[motion.start : motion.stop] = at, 1
    return Moved(made.joints, origin, weight)


def _calm_pose(motion: Stretch) -> np.ndarray:
    """Joints (22, 3) facing +z of somebody who stands: the clip's calmest standing frame, or else at ease."""
    joints = motion.joints.astype(float)
    pace = np.linalg.norm(np.gradient(joints, axis=0), axis=-1).max(1) * motion.fps
    height = joints[:, quantities.PELVIS, 1] - quantities.floor(joints)
    hands = joints[:, [*quantities.WRISTS], 1].max(1)
    stands = standing(joints).all(1) & (pace < CALM) & (hands < joints[:, quantities.SPINE3, 1] - LOW_HANDS)
    stands &= height > UPRIGHT * height.max()
    together = np.linalg.norm((joints[:, LEGS[0][2]] - joints[:, LEGS[1][2]]) * FLOOR, axis=-1) < WIDEST
    if (stands & together).any():
        found = int(np.flatnonzero(stands & together)[np.argmin(pace[stands & together])])
        pose = joints[found]
        return rigidly(pose[None], -float(yaws(pose[None])[0]), pose[0], np.zeros(3))[0]
    pose = at_ease(np.median(lengths_of(joints), axis=0))
    return pose + (0.0, quantities.floor(joints) - pose[:, 1].min(), 0.0)


def at_ease(lengths: np.ndarray) -> np.ndarray:
    """Joints (22, 3) of somebody who stands at ease over the origin, facing +z; lengths (22,) of bones."""
    directions = np.zeros((22, 3))
    for joint, way in (SPINE | LEFT_SIDE).items():
        directions[joint] = way
    for left, right in T2M_SKELETON.left_right:
        directions[right] = directions[left] * (-1.0, 1.0, 1.0)
    return assemble(np.zeros((1, 3)), unit(directions)[None], lengths)[0]


def walked_backwards(motion: Stretch) -> Moved:
    """Walks forward become walks backward, facing as before: their frames in the other order."""
    joints = motion.joints.astype(float)
    ahead = quantities.facing(joints)
    pace = (np.gradient(joints[:, quantities.PELVIS], axis=0) * ahead).sum(-1) * motion.fps
    walks = gaussian_filter1d(pace, 0.25 * motion.fps, mode="nearest") > WALKS
    walks[: motion.start] = walks[motion.stop :] = False
    sets_off = pace > SETS_OFF
    found: list[tuple[int, int]] = []
    for start, stop in runs_of(walks):
        if stop - start < SHORTEST_WALK * motion.fps:
            continue
        while start > motion.start and sets_off[start - 1]:
            start -= 1
        while stop < motion.stop and sets_off[stop]:
            stop += 1
        if not found or found[-1][1] < start:
            found.append((start, stop))
    if not found:
        raise UserError("WalkBackwards: nobody walks forward there")
    origin, weight = np.arange(motion.count, dtype=float), np.zeros(motion.count)
    for start, stop in found:
        home = joints[start].copy()
        made = backwards(Stretch(joints, start, stop, motion.fps))
        joints, origin = made.joints, origin[np.round(made.origin).astype(int)]
        weight = np.maximum(weight, made.weight)
        weight[start:stop] = 1
        if start == 0:  # it begins where the clip began, facing as it did
            turn_back = float(yaws(home[None])[0] - yaws(joints[:1])[0])
            joints = rigidly(joints, turn_back, joints[0, 0], home[0])
    return Moved(joints, origin, weight)
