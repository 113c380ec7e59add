"""Joint positions as arrays: .npy (T, J, 3), .npz with names and frame rate, or .csv with a header."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from dataset.spec import get_spec
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

DEFAULT_FPS = 20.0  # of joint files that don't say; the training frame rate
POSITION_KEYS = ("joints", "positions", "joint_positions", "joints3d", "keypoints3d")
NAME_KEYS = ("joint_names", "names")
RATE_KEYS = ("fps", "mocap_framerate", "mocap_frame_rate", "frame_rate")
SMPL_JOINTS = (22, 24, 45, 52, 55, 73, 127, 144)  # outputs of SMPL's family: all start with the same 22


def read_joints_file(path: str | Path, fps: float | None = None) -> RawMotion:
    """Joints of a file. Without names, an output of SMPL's family is taken as SMPL's first 22, 21 joints as KIT-ML's.

    Raises BadMotion (a UserError) for other shapes, values that are not finite, or a file that is damaged.
    """
    path = Path(path)
    names: tuple[str, ...] | None = None
    try:
        if path.suffix.lower() == ".csv":
            joints, names, rate = _read_csv(path)
        elif path.suffix.lower() == ".npy":
            joints, rate = np.load(path, allow_pickle=False), None
        else:
            joints, names, rate = _read_npz(path)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise BadMotion("unreadable", f"{path}: can't be read as joints ({error})") from error
    if joints.ndim == 2 and joints.shape[1] % 3 == 0:
        joints = joints.reshape(len(joints), -1, 3)
    if joints.ndim != 3 or joints.shape[-1] != 3 or not len(joints) or joints.dtype.kind not in "fiu":
        raise BadMotion(
            "wrong shape",
            f"{path}: joints have shape {joints.shape} ({joints.dtype}), expected (frames, joints, 3)",
        )
    parents = None
    if names is None and joints.shape[1] == KIT_SKELETON.num_joints:
        names, parents, rate = KIT_SKELETON.joint_names, KIT_SKELETON.parents, rate or get_spec("kit").fps
    if names is None:
        if joints.shape[1] not in SMPL_JOINTS:
            raise BadMotion(
                "wrong shape",
                f"{path}: {joints.shape[1]} joints without names; store an .npz with 'joints' and 'joint_names', "
                "SMPL's first 22 joints, or KIT-ML's 21",
            )
        joints, names, parents = joints[:, :22], T2M_SKELETON.joint_names, T2M_SKELETON.parents
    if len(names) != joints.shape[1]:
        raise BadMotion("wrong shape", f"{path}: {len(names)} joint names for {joints.shape[1]} joints")
    require_finite(path, joints, names)
    return RawMotion(path, "joints", names, joints.astype(float), fps or rate or DEFAULT_FPS, parents)


def _read_npz(path: Path) -> tuple[np.ndarray, tuple[str, ...] | None, float | None]:
    with np.load(path, allow_pickle=False) as arrays:
        key = next((key for key in POSITION_KEYS if key in arrays), None)
        if key is None:
            raise ValueError(
                f"holds {', '.join(arrays.files) or 'nothing'}; expected joints under {POSITION_KEYS[0]!r}, or "
                "AMASS's poses and trans"
            )
        names = next((tuple(map(str, arrays[k].tolist())) for k in NAME_KEYS if k in arrays), None)
        rate = next((float(arrays[k]) for k in RATE_KEYS if k in arrays), None)
        return arrays[key], names, rate


def _read_csv(path: Path) -> tuple[np.ndarray, tuple[str, ...], float | None]:
    """Columns `<joint>_x,<joint>_y,<joint>_z`; a column `time` (seconds) gives the frame rate."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    header = [name.strip() for name in lines[0].split(",")] if lines else []
    names = tuple(name[:-2] for name in header if name.endswith("_x"))
    columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
    missing = [column for column in columns if column not in header]
    if not names or missing:
        raise ValueError(
            f"its header lacks {missing[0]}" if missing else "its header has no columns <joint>_x, _y, _z"
        )
    rows = [line.split(",") for line in lines[1:] if line.strip()]
    wrong = next((i for i, row in enumerate(rows, 2) if len(row) != len(header)), None)
    if wrong is not None:
        raise ValueError(f"line {wrong}: not the {len(header)} fields of the header")
    table = np.array(rows, float).reshape(len(rows), len(header))
    joints = table[:, [header.index(column) for column in columns]].reshape(len(rows), len(names), 3)
    rate = None
    if "time" in header and len(rows) > 1:
        seconds = table[:, header.index("time")]
        rate = (len(rows) - 1) / (seconds[-1] - seconds[0]) if seconds[-1] > seconds[0] else None
    return joints, names, rate
