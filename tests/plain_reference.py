"""Features and pose codes in plain loops over frames and joints, written from docs/method.md sections 1 and 2.

Nothing of the code under test is used but its tables: the skeleton's chains and lengths, the groups of pose codes. Slow, and
meant to be read beside the equations.
"""

from __future__ import annotations

import math

import numpy as np

from dataset.pose_codes import GROUPS
from utils.skeleton import T2M_SKELETON

SIGMA = 20.0  # frames, of the smoothing of the facing direction
CONTACT = 0.002  # square metres
UP = np.array([0.0, 1.0, 0.0])
RIGHT_HIP, LEFT_HIP, RIGHT_SHOULDER, LEFT_SHOULDER = 2, 1, 17, 16
THIGH, SHIN = 5, 8  # bones are called after the joint they end in
WRIST_TO_PHALANX = 0.1367  # metres


def features(joints: np.ndarray) -> np.ndarray:
    """(T, 22, 3) of joints that `placed` gave -> (T - 1, 263)."""
    roots = [root_matrix(angle) for angle in smoothed_angles(joints)]
    return np.stack([feature_row(joints, roots, t) for t in range(len(joints) - 1)])


def placed(joints: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) of any body on the target skeleton, on the floor, facing +z in frame 0."""
    joints = np.stack([_with_target_bones(joints, t) for t in range(len(joints))])
    lowest = min(joint[1] for pose in joints for joint in pose)
    start = joints[0, 0].copy()
    turned = root_matrix(angle_to_front(across(joints[0], quirk=False)))
    move = np.array([start[0], lowest, start[2]])
    return np.stack([[turned @ (joint - move) for joint in pose] for pose in joints])


def _with_target_bones(joints: np.ndarray, t: int) -> np.ndarray:
    lengths, parents = T2M_SKELETON.bone_lengths, T2M_SKELETON.parents

    def leg(pose: np.ndarray) -> float:
        return sum(float(np.linalg.norm(pose[bone] - pose[parents[bone]])) for bone in (THIGH, SHIN))

    pose = np.zeros((22, 3))
    pose[0] = joints[t, 0] * (lengths[THIGH] + lengths[SHIN]) / leg(joints[0])
    for joint in range(1, 22):  # a parent's number is smaller than its child's
        bone = joints[t, joint] - joints[t, parents[joint]]
        pose[joint] = pose[parents[joint]] + bone / np.linalg.norm(bone) * lengths[joint]
    return pose


def across(pose: np.ndarray, quirk: bool) -> np.ndarray:
    """From the left to the right of a body; with the official code's exchange of the hips where `quirk` is set."""
    hips = pose[RIGHT_HIP] - pose[LEFT_HIP]
    return (-hips if quirk else hips) + pose[RIGHT_SHOULDER] - pose[LEFT_SHOULDER]


def angle_to_front(sideways: np.ndarray) -> float:
    """Angle about y that turns the facing direction, up x sideways, to +z."""
    forward = np.cross(UP, sideways)
    return -math.atan2(forward[0], forward[2])


def root_matrix(angle: float) -> np.ndarray:
    """Rotation about y."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def smoothed_angles(joints: np.ndarray) -> list[float]:
    """Angle of each frame's root: of the facing direction smoothed along time, 0 in frame 0."""
    forward = []
    for pose in joints:
        sideways = across(pose, quirk=True)
        forward.append(
            np.cross(UP, sideways / np.linalg.norm(sideways))
        )  # shorter where the body leans to a side
    reach = int(4 * SIGMA + 0.5)
    weights = [math.exp(-((offset / SIGMA) ** 2) / 2) for offset in range(-reach, reach + 1)]
    angles = []
    for t in range(len(joints)):
        mean = np.zeros(3)
        for weight, offset in zip(weights, range(-reach, reach + 1), strict=True):
            mean += weight * forward[min(max(t + offset, 0), len(joints) - 1)]
        angles.append(0.0 if t == 0 else -math.atan2(mean[0], mean[2]))
    return angles


def feature_row(joints: np.ndarray, roots: list[np.ndarray], t: int) -> np.ndarray:
    """Features (263,) of frame t; roots: rotations of all frames."""
    here, after = joints[t], joints[t + 1]
    turn = roots[t + 1] @ roots[t].T
    step = roots[t + 1] @ (after[0] - here[0])
    ground = np.array([here[0, 0], 0.0, here[0, 2]])
    row = [math.atan2(turn[0, 2], turn[2, 2]) / 2, step[0], step[2], here[0, 1]]
    for joint in range(1, 22):
        row += list(roots[t] @ (here[joint] - ground))
    locals_ = local_matrices(here, roots[t])
    for joint in range(1, 22):
        row += [*locals_[joint][:, 0], *locals_[joint][:, 1]]
    for joint in range(22):
        row += list(roots[t] @ (after[joint] - here[joint]))
    for joint in (7, 10, 8, 11):
        row.append(float(sum((after[joint] - here[joint]) ** 2) < CONTACT))
    return np.array(row)


def local_matrices(pose: np.ndarray, root: np.ndarray) -> dict[int, np.ndarray]:
    """Rotation of each bone against the one before it in its chain; each chain starts at the root's rotation."""
    found = {}
    for chain in T2M_SKELETON.chains:
        above = root
        for parent, child in zip(chain, chain[1:], strict=False):
            bone = pose[child] - pose[parent]
            here = least_rotation(T2M_SKELETON.rest_directions[child], bone / np.linalg.norm(bone))
            found[child] = above.T @ here
            above = here
    return found


def least_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotation that takes one unit vector to another: Rodrigues' formula."""
    axis, cosine = np.cross(start, end), float(start @ end)
    x, y, z = axis
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + skew + skew @ skew / (1 + cosine)


def statistics(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation (263,) of feature rows, the deviation averaged within each part."""
    mean, deviation = rows.mean(0), rows.std(0)
    start = 0
    for width in (1, 2, 1, 63, 126, 66, 4):
        deviation[start : start + width] = deviation[start : start + width].mean()
        start += width
    return mean, deviation


def heading(pose: np.ndarray) -> np.ndarray:
    """A pose (22, 3) turned so that hips and shoulders face +z."""
    turned = root_matrix(angle_to_front(across(pose, quirk=False)))
    return np.stack([turned @ joint for joint in pose])


def pose_codes(pose: np.ndarray) -> list[int]:
    """The 70 codes of one pose (22, 3) in the world's frame."""
    at = {
        name: (-float(x), float(y), -float(z))
        for name, (x, y, z) in zip(T2M_SKELETON.joint_names, pose, strict=True)
    }
    for side in ("left", "right"):
        elbow, wrist = at[f"{side}_elbow"], at[f"{side}_wrist"]
        length = math.dist(elbow, wrist)
        tip = tuple(w + WRIST_TO_PHALANX * (w - e) / length for w, e in zip(wrist, elbow, strict=True))
        at[f"{side}_tip"] = tip
        at[f"{side}_hand"] = tuple((w + t) / 2 for w, t in zip(wrist, tip, strict=True))
    at["torso"] = tuple(sum(at[name][axis] for name in ("pelvis", "neck", "spine3")) / 3 for axis in range(3))
    ground = min(position[1] for position in at.values())
    codes = []
    for group in GROUPS:
        a, *rest = (at[joint] for joint in group.joints)
        b = rest[0] if rest else None
        if group.kind == "angle":
            u, v = ([p - q for p, q in zip(end, b, strict=True)] for end in (a, rest[1]))
            cosine = sum(p * q for p, q in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)
            value = math.degrees(math.acos(max(-1, min(1, cosine))))
        elif group.kind == "distance":
            value = math.dist(a, b)
        elif group.kind == "relV":
            value = math.degrees(math.acos(min(1, abs(a[1] - b[1]) / math.dist(a, b))))
        elif group.kind == "ground":
            value = a[1] - ground
        else:
            axis = "XYZ".index(group.kind[-1])
            value = a[axis] - b[axis]
        codes.append(sum(threshold < value for threshold in group.thresholds))
    return codes
