"""Write motion as SMPL-style axis-angles, with the keys of AMASS's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.rig import T2M_REST, Pose, continuous_rotvecs, rest_directions, solve_pose
from dataset.motion_files.write_joints import checked_joints
from utils.roles import ROLES
from utils.rotation import rotation_between, unit
from utils.runtime import UserError, atomic_write

SMPL_PELVIS = np.array((-0.0018, -0.2233, 0.0282))  # of the mean body in its zero pose
AMASS_WIDTH = 156  # 22 body joints and 30 of the hands, three numbers each
Z_UP = np.array(((1.0, 0, 0), (0, 0, -1.0), (0, 1.0, 0)))  # y up -> z up, as AMASS has it


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
