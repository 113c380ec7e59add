"""Write motion for other programs: BVH, SMPL-style axis-angles, GLB, and joints as npy or csv.

All take joints (T, 22, 3) or (T, 21, 3), y up, metres (KIT-ML's millimetres are scaled); files appear only when
complete. `write_bvh` and `write_glb` use one rig: joints of the clip, constant bones, continuous rotations.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.bvh import Bvh, BvhJoint, write_bvh_file
from utils.rotation import rotation_between, unit
from utils.runtime import UserError, atomic_write
from utils.skeleton import Skeleton
from visualization.body import ROLES
from visualization.gltf import write_rigged_glb
from visualization.mannequin import SkinnedBody, mannequin
from visualization.rig import (
    T2M_REST,
    Pose,
    children_of,
    continuous_euler,
    continuous_rotvecs,
    rest_directions,
    skeleton_for,
    solve_pose,
)

LEAF_LENGTH = 0.08  # metres, of the end sites that show where a head, hand or toe points
POSITION_CHANNELS = ("xposition", "yposition", "zposition")
SMOOTH_STEP = 40.0  # degrees between frames
BVH_UNITS = {"m": 1.0, "cm": 100.0}
SMPL_PELVIS = np.array((-0.0018, -0.2233, 0.0282))  # of the mean body in its zero pose
AMASS_WIDTH = 156  # 22 body joints and 30 of the hands, three numbers each
Z_UP = np.array(((1.0, 0, 0), (0, 0, -1.0), (0, 1.0, 0)))  # y up -> z up, as AMASS has it


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


def write_smpl_npz(path: str | Path, joints: np.ndarray, fps: float) -> None:
    """Write SMPL-style axis-angles with AMASS's keys: poses (T, 156), trans (T, 3), z up, zero betas.

    Rotations are relative to SMPL's zero pose, hands are flat. They keep the directions of the limbs; the mean
    body has its own proportions, so the path of the hips is scaled by the ratio of leg lengths (`scale`), which
    keeps its feet near the floor. `joints` (T, 22, 3) is the clip itself, y up.
    """
    joints = checked_joints(joints)
    if joints.shape[1] != len(T2M_REST):
        raise UserError(f"SMPL export needs the 22 joints of t2m, this clip has {joints.shape[1]}")
    pose = solve_pose(joints, fps=fps)
    world, parents = smpl_rotations(pose), pose.skeleton.parents
    to_z_up = Rotation.from_matrix(Z_UP)
    poses = np.zeros((len(joints), AMASS_WIDTH))
    for joint, parent in enumerate(parents):
        above = to_z_up.inv() if parent < 0 else world[parent]
        poses[:, 3 * joint : 3 * joint + 3] = continuous_rotvecs(above.inv() * world[joint])
    mean_body = np.array(T2M_REST)
    legs, hips = [4, 7], [1, 2]
    scale = np.linalg.norm(mean_body[legs], axis=-1).sum() / np.linalg.norm(pose.rest[legs], axis=-1).sum()
    root = pose.joints[:, hips].mean(1) * scale - world[0].apply(mean_body[hips].mean(0))
    with atomic_write(path) as temporary:
        np.savez_compressed(
            temporary,
            poses=poses,
            trans=to_z_up.apply(root) - SMPL_PELVIS,
            betas=np.zeros(16),
            gender=np.array("neutral"),
            mocap_framerate=np.array(float(fps)),
            surface_model_type=np.array("smplh"),
            scale=np.array(scale),
            joints=pose.joints.astype(np.float32),
        )


def smpl_rotations(pose: Pose) -> list[Rotation]:
    """World rotations (T) of SMPL's 22 joints: those of the rig, but for the spine and the head.

    Sources put joints of the spine and head at other places inside the body than SMPL does. So the bend from
    pelvis to chest is shared evenly by the spine, and a head joint that usually lies more than 25 degrees off
    SMPL's direction is read as looking ahead.
    """
    world, rest = list(pose.world), rest_directions(pose.skeleton)
    roles = ROLES[pose.skeleton.num_joints]
    bend = continuous_rotvecs(world[0].inv() * world[roles.spine[-1]])
    for number, joint in enumerate(roles.spine, 1):
        world[joint] = world[0] * Rotation.from_rotvec(bend * number / len(roles.spine))
    chest, neck, head = world[roles.spine[-1]], roles.neck, roles.head
    bone = pose.joints[:, head] - pose.joints[:, neck]
    usual = unit(np.median(chest.inv().apply(unit(bone)), axis=0))
    ahead = usual if usual @ rest[head] < np.cos(np.radians(25.0)) else rest[head]
    world[neck] = world[head] = rotation_between(chest.apply(ahead), bone) * chest
    return world


def write_glb(path: str | Path, joints: np.ndarray, fps: float, body: SkinnedBody | None = None) -> None:
    """Write a self-contained GLB: an animated skeleton, and a body skinned to it.

    body: None: the mannequin; or one of `visualization.smpl_body.load_smpl`.
    """
    pose = solve_pose(checked_joints(joints), fps=fps)
    write_rigged_glb(path, pose, mannequin() if body is None else body, fps)


def write_joints(path: str | Path, joints: np.ndarray, fps: float = 20.0) -> None:
    """Write joints as .npy (T, J, 3), or as .csv with columns frame, time and <joint>_x, _y, _z in metres."""
    path = Path(path)
    joints = checked_joints(joints)
    if path.suffix not in (".npy", ".csv"):
        raise UserError(f"{path}: joints are written as .npy or .csv")
    with atomic_write(path) as temporary:
        if path.suffix == ".npy":
            np.save(temporary, joints.astype(np.float32))
            return
        names = skeleton_for(joints).joint_names
        header = ["frame", "time", *(f"{name}_{axis}" for name in names for axis in "xyz")]
        rows = joints.reshape(len(joints), -1).tolist()
        lines = [",".join(header)]
        lines += [
            f"{i},{i / fps:.6f}," + ",".join(f"{value:.6f}" for value in row) for i, row in enumerate(rows)
        ]
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def checked_joints(joints: np.ndarray) -> np.ndarray:
    """Joints as float64 metres; UserError for a wrong shape or values that are not finite."""
    joints = np.asarray(joints, np.float64)
    if joints.ndim != 3 or joints.shape[1:] not in ((22, 3), (21, 3)) or not len(joints):
        raise UserError(f"joints have shape {joints.shape}, expected (frames, 22 or 21, 3)")
    if not np.isfinite(joints).all():
        raise UserError("joints contain NaN or infinite values: this clip can't be exported")
    skeleton = skeleton_for(joints)
    # KIT-ML's files are in millimetres, decoded features too; a thigh of 20 m tells.
    knee = ("left_hip", "left_knee")
    thigh = np.linalg.norm(np.subtract(*(joints[:, skeleton.index(name)] for name in knee)), axis=-1).mean()
    return joints * skeleton.metres_per_unit if thigh > 20 else joints
