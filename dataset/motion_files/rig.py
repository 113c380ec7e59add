"""Joint positions -> rotations of a rig that animation programs can play: constant bones, continuous angles.

Positions leave the twist of each bone open. Hips and shoulders twist so that knees and elbows bend in their
hinge's plane, the spine's twist goes over evenly from pelvis to chest, all other bones take the shortest way from
their parent. Where a limb is straight its twist glides on from frame to frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from utils.bones import constant_bones
from utils.roles import ROLES
from utils.rotation import rotation_between, unit
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, Skeleton

# Zero pose of SMPL's mean body: joint minus parent, metres, rounded. Rotations exported are relative to it.
T2M_REST = (
    (0.0, 0.0, 0.0), (0.0695, -0.0914, -0.0068), (-0.0677, -0.0905, -0.0043), (-0.0025, 0.1090, -0.0267),
    (0.0343, -0.3752, -0.0045), (-0.0383, -0.3826, -0.0089), (0.0055, 0.1352, 0.0011), (-0.0136, -0.3980, -0.0437),
    (0.0158, -0.3984, -0.0423), (0.0015, 0.0529, 0.0254), (0.0264, -0.0558, 0.1193), (-0.0254, -0.0481, 0.1233),
    (-0.0028, 0.2139, -0.0429), (0.0788, 0.1218, -0.0341), (-0.0818, 0.1188, -0.0386), (0.0052, 0.0650, 0.0513),
    (0.0910, 0.0305, -0.0089), (-0.0960, 0.0326, -0.0091), (0.2596, -0.0128, -0.0275), (-0.2537, -0.0133, -0.0214),
    (0.2492, 0.0090, -0.0012), (-0.2553, 0.0078, -0.0056),
)  # fmt: skip
# The same pose for KIT-ML's 21 joints; lengths do not matter.
KIT_REST = (
    (0, 0, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0), (1, 0, 0), (-1, 0, 0), (-1, 0, 0),
    (-1, 0, 0), (0.9, -0.4, 0), (0, -1, 0), (0, -1, 0), (0, -0.6, -0.8), (0, 0, 1), (-0.9, -0.4, 0), (0, -1, 0),
    (0, -1, 0), (0, -0.6, -0.8), (0, 0, 1),
)  # fmt: skip
STRAIGHT = np.sin(np.radians(12.0))  # limbs bent less than this say nothing about their twist
TWIST_PRIOR = 0.01  # pull towards no twist, where a limb is straight
TWIST_STIFFNESS = 2.0  # resistance to twisting between frames, at 20 frames a second


@dataclass(frozen=True)
class Pose:
    """World rotations of a clip's joints, and what they belong to.

    joints: (T, J, 3) metres with constant bones. rest: (J, 3) rest offsets with the clip's bone lengths.
    world: per joint, rotation (T) of the bones that leave it. swings: per joint whose parent has several
    children, world rotation (T) of its own bone: those children move against each other.
    """

    skeleton: Skeleton
    joints: np.ndarray
    rest: np.ndarray
    world: list[Rotation]
    swings: dict[int, Rotation]


def skeleton_for(joints: np.ndarray) -> Skeleton:
    """Skeleton of joints (T, J, 3), by J."""
    return KIT_SKELETON if joints.shape[1] == KIT_SKELETON.num_joints else T2M_SKELETON


def children_of(skeleton: Skeleton) -> list[list[int]]:
    """Children of each joint."""
    children: list[list[int]] = [[] for _ in skeleton.parents]
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            children[parent].append(joint)
    return children


def rest_directions(skeleton: Skeleton) -> np.ndarray:
    """(J, 3) unit directions of bones in a T-pose, zero for the root."""
    return unit(np.array(KIT_REST if skeleton.num_joints == KIT_SKELETON.num_joints else T2M_REST, float))


def solve_pose(joints: np.ndarray, skeleton: Skeleton | None = None, fps: float = 20.0) -> Pose:
    """Rotations of joints (T, J, 3) in metres; see the module's head for what decides the twist."""
    skeleton = skeleton or skeleton_for(joints)
    joints, lengths = constant_bones(joints, skeleton)
    rest = rest_directions(skeleton)
    parents, children = skeleton.parents, children_of(skeleton)
    roles = ROLES[skeleton.num_joints]
    hinges = {upper: lower for upper, lower in zip(roles.hips, roles.knees, strict=True)}
    hinges |= {upper: lower for upper, lower in zip(roles.shoulders, roles.elbows, strict=True)}
    bone = {j: unit(joints[:, j] - joints[:, parents[j]]) for j in range(1, skeleton.num_joints)}

    world: dict[int, Rotation] = {}
    swings: dict[int, Rotation] = {}
    # The chest is where arms and neck part: the last spine joint of t2m, the neck's lower one of KIT-ML.
    chest = next(joint for joint in range(1, skeleton.num_joints) if len(children[joint]) > 1)
    way_up = [chest]
    while parents[way_up[0]] != 0:
        way_up.insert(0, parents[way_up[0]])
    for joint in (0, chest):
        left, right = next(pair for pair in skeleton.left_right if pair[0] in children[joint])
        above = next(child for child in children[joint] if child not in (left, right))
        world[joint] = _trunk(joints[:, left] - joints[:, right], bone[above], rest[above])
        for child in children[joint]:
            swings[child] = _swing(world[joint], rest[child], bone[child])
    spine = _spine_guides(world[0], world[chest], len(way_up))
    for joint, _ in parents_first(skeleton):
        if joint in world:
            continue
        turned = swings[joint] if joint in swings else world[parents[joint]]
        if not children[joint]:
            world[joint] = turned
        elif joint in way_up:
            child = children[joint][0]
            world[joint] = _guided(rest[child], bone[child], spine[way_up.index(joint)])
        elif joint == roles.neck:
            world[joint] = _guided(
                rest[children[joint][0]], bone[children[joint][0]], world[chest].apply((1, 0, 0))
            )
        else:
            child = children[joint][0]
            world[joint] = _swing(turned, rest[child], bone[child])
            if joint in hinges:
                axis = np.array((1.0, 0, 0) if joint in roles.hips else (0, -np.sign(rest[child][0]), 0))
                lower = children[hinges[joint]][0]
                twist = _hinge_twist(world[joint], axis, bone[child], bone[lower], fps)
                world[joint] = Rotation.from_rotvec(twist[:, None] * bone[child]) * world[joint]
    every = [world[joint] for joint in range(skeleton.num_joints)]
    return Pose(skeleton, joints, rest * lengths[:, None], every, swings)


def parents_first(skeleton: Skeleton) -> list[tuple[int, int]]:
    """(joint, parent) of every joint but the root, parents before their children."""
    children = children_of(skeleton)
    pairs = [(child, 0) for child in children[0]]
    for joint, _ in pairs:  # grows while we walk
        pairs += [(child, joint) for child in children[joint]]
    return pairs


def _trunk(across: np.ndarray, up: np.ndarray, rest_up: np.ndarray) -> Rotation:
    """Rotation (T) of pelvis or chest from the vectors to the left (T, 3) and up the spine (T, 3).

    SMPL's spine leans back from pelvis and chest, that of motion capture rises straight from them, and nothing
    in a clip tells which it is: half way between the two is at most 7 degrees wrong.
    """

    def basis(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        z = unit(np.cross(x, y))
        return np.stack([x, np.cross(z, x), z], axis=-1)

    straight = np.array((0.0, 1.0, 0.0))
    rest = basis(np.array((1.0, 0.0, 0.0)), unit(unit(rest_up) + straight))
    return Rotation.from_matrix(basis(unit(across), up) @ rest.T)


def _swing(above: Rotation, rest: np.ndarray, bone: np.ndarray) -> Rotation:
    """World rotation (T) that takes the rest direction (3,) to bone (T, 3), the shortest way from `above`."""
    return rotation_between(above.apply(rest), bone) * above


def _guided(rest: np.ndarray, bone: np.ndarray, x_axis: np.ndarray) -> Rotation:
    """Rotation (T) that takes rest (3,) to bone (T, 3), and the x axis as close as possible to x_axis (T, 3)."""

    def basis(main: np.ndarray, x: np.ndarray) -> np.ndarray:
        z = unit(np.cross(x, main))
        return np.stack([np.cross(main, z), main, z], axis=-1)

    return Rotation.from_matrix(basis(bone, x_axis) @ basis(rest, np.array((1.0, 0.0, 0.0))).T)


def _spine_guides(pelvis: Rotation, chest: Rotation, count: int) -> list[np.ndarray]:
    """Directions (T, 3) of the x axis at the spine's joints, going over evenly from pelvis to chest."""
    turn = continuous_rotvecs(pelvis.inv() * chest)
    shares = [(k + 1) / count for k in range(count)]
    return [(pelvis * Rotation.from_rotvec(turn * share)).apply((1, 0, 0)) for share in shares]


def _hinge_twist(
    swung: Rotation, axis: np.ndarray, upper: np.ndarray, lower: np.ndarray, fps: float
) -> np.ndarray:
    """Angles (T,) about the upper bone (T, 3) that bring its hinge axis to the plane it bends in.

    Least squares over the clip: bent frames pull to their plane, neighbours to each other, all a little to 0.
    """
    normal = np.cross(upper, lower)  # as long as the sine of the bend
    weight = np.clip(np.linalg.norm(normal, axis=-1) - STRAIGHT, 0.0, None) ** 2
    start = swung.apply(axis)
    start = unit(start - np.sum(start * upper, -1, keepdims=True) * upper)
    angle = np.arctan2(np.sum(np.cross(start, normal) * upper, -1), np.sum(start * normal, -1))
    known = weight > 0
    if not known.any():
        return np.zeros(len(upper))
    angle[known] = np.unwrap(angle[known])
    angle -= 2 * np.pi * np.round(np.average(angle, weights=weight) / (2 * np.pi))
    stiffness = TWIST_STIFFNESS * (fps / 20.0) ** 2
    diagonal = (
        weight + TWIST_PRIOR + stiffness * np.r_[1, np.full(max(len(upper) - 2, 0), 2), 1][: len(upper)]
    )
    above = np.r_[0, np.full(len(upper) - 1, -stiffness)]
    if len(upper) == 1:
        return angle * weight / (weight + TWIST_PRIOR)
    return solveh_banded(np.stack([above, diagonal]), weight * np.where(known, angle, 0.0))


def continuous_quaternions(rotation: Rotation) -> np.ndarray:
    """Quaternions (T, 4), scalar last, without sign changes from frame to frame."""
    quaternions = rotation.as_quat()
    flips = np.sum(quaternions[1:] * quaternions[:-1], axis=-1) < 0
    signs = np.where(np.r_[0, np.cumsum(flips)] % 2, -1.0, 1.0)
    return quaternions * signs[:, None]


def continuous_rotvecs(rotation: Rotation) -> np.ndarray:
    """Axis-angles (T, 3) that do not jump where the angle passes 180 degrees."""
    quaternions = continuous_quaternions(rotation)
    if len(quaternions) and quaternions[0, 3] < 0:  # start with the short way round
        quaternions = -quaternions
    sine = np.linalg.norm(quaternions[:, :3], axis=-1)
    angle = 2 * np.arctan2(sine, quaternions[:, 3])  # 0 .. 2 pi
    return quaternions[:, :3] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)[:, None]


def continuous_euler(rotation: Rotation, order: str) -> np.ndarray:
    """Intrinsic Euler angles (T, 3) in degrees, each frame's the closest of all equal ones to the one before."""
    with np.errstate(all="ignore"):
        first = _euler_quietly(rotation, order)
    other = np.stack([first[:, 0] + 180, 180 - first[:, 1], first[:, 2] + 180], axis=-1)
    result = np.empty_like(first)
    last = first[0]
    for t, candidates in enumerate(np.stack([first, other], axis=1)):
        near = candidates - 360 * np.round((candidates - last) / 360)
        last = near[np.abs(near - last).sum(-1).argmin()]
        result[t] = last
    return result


def _euler_quietly(rotation: Rotation, order: str) -> np.ndarray:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Gimbal lock")
        return rotation.as_euler(order, degrees=True)
