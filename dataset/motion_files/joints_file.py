"""Joint positions, or HumanML3D's features, as arrays with or without names and frame rate, or as .csv."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.features import recover_joints
from dataset.motion_files.arrays import ONLY
from dataset.motion_files.clip_axes import SMPL_JOINTS, WIDTHS, clips_of
from dataset.motion_files.rate import rate_of
from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from dataset.motion_files.text import read_text, to_number
from dataset.spec import get_spec, layout_for_width
from utils.rotation import turn
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

DEFAULT_FPS = 20.0  # of joint files that don't say; the training frame rate
POSITION_KEYS = (
    "joints", "positions", "joint_positions", "joints3d", "keypoints3d", "joints_3d", "keypoints_3d", "joints3D",
    "posed_joints", "full_pose", "motion", "motions", "motion_xyz", "global_positions", "features", ONLY,
)  # fmt: skip
KEY_RATES = {"posed_joints": 30.0, "full_pose": 30.0}  # of kimodo and EDGE, which store none
NAME_KEYS = ("joint_names", "names")
LENGTH_KEYS = ("lengths", "length", "m_length", "m_lens", "motion_length")
NO_POSITIONS = 0.25  # a bone whose length varies by more than this share is none


def position_key(held: Mapping[str, Any]) -> str | None:
    """The name under which a file holds positions or features, or its only array; None where there is none."""
    known = next((key for key in POSITION_KEYS if key in held), None)
    return known or (next(iter(held)) if len(held) == 1 else None)


def read_joints(path: Path, held: Mapping[str, Any], read_rate: bool = True) -> list[RawMotion]:
    """The clips of a file's arrays. Without names, SMPL's family is taken as SMPL's first 22, 21 joints as KIT-ML's.

    read_rate: False where the user gave the rate, so that the file's own may be nonsense.
    Raises BadMotion (a UserError) for other shapes, or values that are not finite.
    """
    key = position_key(held)
    if key is None:
        raise BadMotion(
            "no motion",
            f"{path}: holds {', '.join(held) or 'nothing'}; expected joints under {POSITION_KEYS[0]!r}, or AMASS's "
            "poses and trans",
        )
    names = next((_names(held[k]) for k in NAME_KEYS if k in held), None)
    rate = rate_of(path, held) if read_rate else None
    rate = rate if rate is not None else KEY_RATES.get(key)
    lengths = next((held[k] for k in LENGTH_KEYS if k in held), None)
    clips = clips_of(path, held[key], lengths)
    paths = [path] if len(clips) == 1 else [Path(f"{path}#{k}") for k in range(len(clips))]
    return [joints_motion(one, clip, names, rate) for one, clip in zip(paths, clips, strict=True)]


def _names(value: Any) -> tuple[str, ...]:
    words = np.asarray(value).ravel().tolist()
    return tuple(word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in words)


def joints_motion(
    path: Path, clip: np.ndarray, names: tuple[str, ...] | None = None, rate: float | None = None
) -> RawMotion:
    """A motion of joints (T, J, 3) or features (T, D)."""
    if clip.ndim == 2:
        return _features_motion(path, clip, rate)
    count = clip.shape[1]
    if names is not None and len(names) != count:
        raise BadMotion("wrong shape", f"{path}: {len(names)} joint names for {count} joints")
    skeleton = None
    if names is None and count == KIT_SKELETON.num_joints:
        skeleton, names = KIT_SKELETON, KIT_SKELETON.joint_names
        rate = get_spec("kit").fps if rate is None else rate
    elif names is None and count in SMPL_JOINTS:
        skeleton, names = T2M_SKELETON, T2M_SKELETON.joint_names
        clip = clip[:, : T2M_SKELETON.num_joints]
    elif names is None:
        raise BadMotion(
            "wrong shape",
            f"{path}: {count} joints without names; store an .npz with 'joints' and 'joint_names', SMPL's first "
            "22 joints, or KIT-ML's 21",
        )
    require_finite(path, clip, names)
    joints = clip.astype(float)
    if skeleton is T2M_SKELETON:
        _require_positions(path, joints)
    return RawMotion(
        path,
        "joints",
        names,
        joints,
        DEFAULT_FPS if rate is None else rate,
        skeleton.parents if skeleton else None,
    )


def _features_motion(path: Path, features: np.ndarray, rate: float | None) -> RawMotion:
    """Joints of features (T, D): T + 1 frames, since a row's velocities lead to the frame after it."""
    kit = features.shape[1] != WIDTHS[0]
    skeleton = KIT_SKELETON if kit else T2M_SKELETON
    require_finite(path, features[:, None], ("features",))
    joints = recover_joints(features)
    layout = layout_for_width(features.shape[1])
    yaw = 2 * np.sum(features[:-1, layout.root_rotation_velocity], dtype=float)
    steps = features[-1, layout.velocities].reshape(-1, 3)
    joints = np.concatenate([joints, (joints[-1] + turn(steps, np.array(-yaw)))[None]]).astype(float)
    if rate is None:
        rate = get_spec("kit" if kit else "t2m").fps
    return RawMotion(
        path,
        "joints",
        skeleton.joint_names,
        joints,
        rate,
        skeleton.parents,
        unit=skeleton.metres_per_unit,
        up="y",
    )


def _require_positions(path: Path, joints: np.ndarray) -> None:
    """BadMotion where joints (T, 22, 3) without names can only be SMPL's angles: most bones are none."""
    if np.linalg.norm(joints[:, 1:], axis=-1).max() > 2 * np.pi:
        return
    bones = np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    length, deviation = bones.mean(0), bones.std(0)
    varies = deviation > NO_POSITIONS * np.maximum(length, 1e-9)
    missing = length < 0.01 * length.max()  # joints at rest have no angle, but no two joints share a place
    if varies.any() and (varies | missing).mean() > 0.5:
        bone = int(np.argmax(deviation / np.maximum(length, 1e-9)))
        name, share = T2M_SKELETON.joint_names[bone + 1], deviation[bone] / length[bone]
        raise BadMotion(
            "stretching",
            f"{path}: its bones are stretching (that of {name} by {share:.0%}) "
            "or have no length, so these are joint angles (SMPL's poses?), no positions; store them as AMASS does: an "
            ".npz of poses, trans, betas, gender and mocap_framerate",
        )


def read_csv(path: Path) -> dict[str, Any]:
    """Columns `<joint>_x,<joint>_y,<joint>_z`; a column `time` (seconds) gives the frame rate.

    Columns may be separated by semicolons or tabs, and numbers have decimal commas then.
    """
    lines = read_text(path).strip().split("\n")
    separator = max(",;\t", key=lines[0].count)
    header = [name.strip().strip('"') for name in lines[0].split(separator)]
    names = tuple(name[:-2] for name in header if name.endswith("_x"))
    columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
    missing = [column for column in columns if column not in header]
    if not names or missing:
        why = f"lacks {missing[0]}" if missing else "has no columns <joint>_x, _y, _z"
        raise BadMotion("unreadable", f"{path}: can't be read as joints (its header {why})")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = [field.strip().strip('"') for field in line.split(separator)]
        if not line.strip():
            continue
        if len(fields) != len(header):
            raise BadMotion(
                "unreadable", f"{path}, line {number}: not the {len(header)} fields of the header"
            )
        try:
            rows.append([to_number(fields[header.index(c)]) for c in (*columns, *({"time"} & set(header)))])
        except ValueError as error:
            raise BadMotion("unreadable", f"{path}, line {number}: {error}") from error
    if not rows:
        raise BadMotion("truncated", f"{path}: holds no frame")
    table = np.array(rows)
    held: dict[str, Any] = {
        "joints": table[:, : len(columns)].reshape(len(rows), len(names), 3),
        "joint_names": names,
    }
    if "time" in header and len(rows) > 1 and table[-1, -1] != table[0, -1]:
        held["fps"] = (len(rows) - 1) / (table[-1, -1] - table[0, -1])
    return held
