"""Write joints as they are, npy or csv; and what is asked of joints before any file of them is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.motion_files.rig import skeleton_for
from utils.runtime import UserError, atomic_write


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
