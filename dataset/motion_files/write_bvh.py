"""Write motion as BVH: joints of the clip, constant bones, continuous rotations."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.bvh import Bvh, BvhJoint, write_bvh_file
from dataset.motion_files.rig import Pose, children_of, continuous_euler, solve_pose
from dataset.motion_files.write_joints import checked_joints
from utils.runtime import UserError
from utils.skeleton import Skeleton

LEAF_LENGTH = 0.08  # metres, of the end sites that show where a head, hand or toe points
POSITION_CHANNELS = ("xposition", "yposition", "zposition")
SMOOTH_STEP = 40.0  # degrees between frames
BVH_UNITS = {"m": 1.0, "cm": 100.0}


def write_bvh(
    path: str | Path, joints: np.ndarray, fps: float, skeleton: Skeleton | None = None, units: str = "m"
) -> None:
    """Write a BVH file. units: "m" (Blender's default import scale) or "cm" (MotionBuilder, Maya).

    Where several bones leave a joint (pelvis, chest), each gets a joint `<child>_base` of its own there, as in
    CMU's BVH files, since measured hips and collars move against each other. Raises UserError for bad joints.
    """
    if units not in BVH_UNITS:
        raise UserError(f"BVH units {units!r}: use {' or '.join(BVH_UNITS)}")
    pose = solve_pose(checked_joints(joints), skeleton, fps)
    write_bvh_file(path, bvh_of(pose, fps, BVH_UNITS[units]))


def bvh_of(pose: Pose, fps: float, scale: float = 1.0) -> Bvh:
    """The BVH hierarchy and channel values of a pose."""
    children = children_of(pose.skeleton)
    nodes: list[BvhJoint] = []
    columns: list[np.ndarray] = []

    def add(name: str, parent: int, offset: np.ndarray, joint: int, local: Rotation) -> int:
        order, angles = euler_channels(pose, joint, local)
        x, y, z = (offset * scale).tolist()
        channels = tuple(f"{axis.lower()}rotation" for axis in order)
        if parent < 0:
            channels = (*POSITION_CHANNELS, *channels)
            columns.append(pose.joints[:, 0] * scale)
        columns.append(angles)
        nodes.append(BvhJoint(name, parent, (x, y, z), channels))
        return len(nodes) - 1

    def visit(joint: int, parent: int, above: Rotation | None, offset: np.ndarray) -> None:
        name = pose.skeleton.joint_names[joint]
        local = pose.world[joint] if above is None else above.inv() * pose.world[joint]
        node = add(name, parent, offset, joint, local)
        for child in children[joint]:
            start, rotation = node, pose.world[joint]
            if child in pose.swings:
                rotation = pose.swings[child]
                swing = pose.world[joint].inv() * rotation
                base = f"{pose.skeleton.joint_names[child]}_base"
                start = add(base, node, np.zeros(3), child, swing)
            visit(child, start, rotation, pose.rest[child])
        if not children[joint]:
            end = pose.rest[joint] / max(np.linalg.norm(pose.rest[joint]), 1e-9) * LEAF_LENGTH
            nodes.append(BvhJoint(f"{name}_end", node, tuple((end * scale).tolist())))

    visit(0, -1, None, np.zeros(3))
    return Bvh(tuple(nodes), np.concatenate(columns, axis=1), 1.0 / fps)


def euler_channels(pose: Pose, joint: int, local: Rotation) -> tuple[str, np.ndarray]:
    """Rotation order of a joint and its angles (T, 3) in degrees.

    Usual orders keep usual poses away from gimbal lock (a middle angle of 90 degrees). Where a clip comes near it
    all the same, the order with the smallest steps is taken: programs interpolate between a file's frames.
    """
    name = pose.skeleton.joint_names[joint]
    arm = any(part in name for part in ("collar", "shoulder", "elbow", "wrist"))
    # Heading first at the root: a person turns all the way, but rarely pitches by 90 degrees.
    usual = "YXZ" if joint == 0 else "XYZ" if arm else "XZY"
    angles = continuous_euler(local, usual)
    if largest_step(angles) <= SMOOTH_STEP:
        return usual, angles
    orders = {"".join(order): None for order in permutations("XYZ")}
    tried = {order: continuous_euler(local, order) for order in orders}
    best = min(tried, key=lambda order: largest_step(tried[order]))
    return best, tried[best]


def largest_step(angles: np.ndarray) -> float:
    """Largest change of an angle (T, 3) between two frames."""
    return float(np.abs(np.diff(angles, axis=0)).max(initial=0.0))
