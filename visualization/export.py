"""Files of motion for other programs: the writers of `dataset.motion_files`, and a drawn body for GLB.

All take joints (T, 22, 3) or (T, 21, 3), y up, metres (KIT-ML's millimetres are scaled); files appear only when
complete. `write_bvh` and `write_glb` use one rig: joints of the clip, constant bones, continuous rotations.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.motion_files.rig import solve_pose
from dataset.motion_files.write_bvh import write_bvh
from dataset.motion_files.write_glb import write_rigged_glb
from dataset.motion_files.write_joints import checked_joints, write_joints
from dataset.motion_files.write_smpl import SMPL_PELVIS, write_smpl_npz
from visualization.mannequin import SkinnedBody, mannequin
from visualization.skin import bind

__all__ = ["SMPL_PELVIS", "write_bvh", "write_glb", "write_joints", "write_smpl_npz"]


def write_glb(path: str | Path, joints: np.ndarray, fps: float, body: SkinnedBody | None = None) -> None:
    """Write a self-contained GLB: an animated skeleton, and a body skinned to it.

    body: None: the mannequin; or one of `visualization.smpl_body.load_smpl`.
    """
    pose = solve_pose(checked_joints(joints), fps=fps)
    write_rigged_glb(path, pose, bind(mannequin() if body is None else body, pose), fps)
