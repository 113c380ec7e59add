"""SMPL's joint angles, as AMASS and its relatives store them -> joints, through the user's own body model.

The body models may not be passed on, so each user downloads them; `dataset.motion_files.body_model` finds and reads
their files. Joints need no mesh, only the template, its shape space and the joint regressor.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.arrays import ONLY, plain_text
from dataset.motion_files.body_model import GENDERS, find_model, read_model
from dataset.motion_files.rate import rate_of
from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

JOINTS = 22
KINDS = {156: "smplh", 165: "smplx", 72: "smpl", 66: "smpl"}  # width of `poses` -> body model
# Arrays that make the angles, the first of which is the root's, and the names their translation may have:
# AMASS; AMASS in parts; AIST++; what models that see people in videos write.
POSES = (("poses",), ("root_orient", "pose_body"), ("smpl_poses",), ("global_orient", "body_pose"))
TRANSLATIONS = ("trans", "smpl_trans", "transl")
MOTION_X = 322  # width of Motion-X's rows: SMPL-X angles, face, then translation and betas
GENDER_LETTERS = {"m": "male", "f": "female", "n": "neutral"}


def has_angles(held: Mapping[str, Any]) -> bool:
    """Whether a file holds SMPL's angles and a translation."""
    return _parts(held) is not None and any(key in held for key in TRANSLATIONS)


def _parts(held: Mapping[str, Any]) -> tuple[str, ...] | None:
    return next((names for names in POSES if set(names) <= set(held)), None)


def unpack_motion_x(held: Mapping[str, Any]) -> Mapping[str, Any]:
    """Motion-X's rows (T, 322) under AMASS's names; anything else as it is."""
    rows = held.get(ONLY)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != MOTION_X:
        return held
    return {
        "global_orient": rows[:, :3], "body_pose": rows[:, 3:66], "transl": rows[:, 309:312],
        "betas": rows[:, 312:], "surface_model_type": "smplx", "fps": 30.0,
    }  # fmt: skip


def read_amass(
    path: Path, held: Mapping[str, Any], body_model: str | Path | None, read_rate: bool = True
) -> RawMotion:
    """Joints, in metres, of a file's angles. body_model: the user's folder of SMPL-H / SMPL-X / SMPL models.

    read_rate: False where the user gave the rate. BadMotion (a UserError) for a file that lacks something,
    and where there is no model for it.
    """
    parts = _parts(held) or POSES[0]
    poses = np.concatenate([_rows(path, name, held) for name in parts], axis=1)
    trans = _rows(path, next(key for key in TRANSLATIONS if key in held), held)
    rate = rate_of(path, held) if read_rate else 0.0
    if rate is None and parts == ("smpl_poses",):
        rate = 60.0  # AIST++'s, which stores none
    whole = parts == POSES[0]
    if (
        poses.shape[1] < 3 * JOINTS
        or (whole and poses.shape[1] not in KINDS)
        or trans.shape != (len(poses), 3)
    ):
        raise BadMotion(
            "wrong shape",
            f"{path}: not AMASS: {' and '.join(parts)} {poses.shape} (width {', '.join(map(str, KINDS))} expected), "
            f"trans {trans.shape}",
        )
    if rate is None:
        raise BadMotion("frame rate", f"{path}: has no mocap_framerate; pass the rate as --source-fps")
    if "smpl_scaling" in held:  # AIST++ keeps the body's size, and gives translations of a scaled one
        trans = trans / np.asarray(held["smpl_scaling"], float).ravel()[0]
    require_finite(path, np.concatenate([poses, trans], 1)[:, None], ("poses and trans",))
    rest = rest_joints(body_model, _kind(held, parts, poses), _gender(held), _betas(path, held))
    positions = pose_joints(rest, poses[:, : 3 * JOINTS].reshape(-1, JOINTS, 3), trans)
    up = {"root_orient": "z", "poses": "z", "smpl_poses": "y"}.get(parts[0])
    names, parents = T2M_SKELETON.joint_names, T2M_SKELETON.parents
    return RawMotion(path, "amass", names, positions, rate, parents, unit=1.0, up=up)


def _rows(path: Path, name: str, held: Mapping[str, Any]) -> np.ndarray:
    """(T, D) of an array, which may have an axis of one person in front, or one of joints at the end."""
    array = np.asarray(held[name])
    if array.dtype.kind not in "fiu" or array.ndim < 2 or not array.size:
        raise BadMotion(
            "wrong shape", f"{path}: {name} has shape {array.shape} ({array.dtype}), expected (T, D)"
        )
    array = array.astype(float)
    if array.ndim > 2 and len(array) == 1:
        array = array[0]
    if array.ndim > 2 and array.shape[-2:] == (3, 3):
        array = Rotation.from_matrix(array.reshape(-1, 3, 3)).as_rotvec().reshape(*array.shape[:-2], 3)
    return array.reshape(len(array), -1)


def _kind(held: Mapping[str, Any], parts: tuple[str, ...], poses: np.ndarray) -> str:
    """The body model a file is made for: as it says, or by its width and its other arrays."""
    told = plain_text(held.get("surface_model_type", ""), "")
    kind = next((kind for kind in ("smplx", "smplh", "smpl") if told.startswith(kind)), None)
    if kind:
        return kind
    if parts in (POSES[0], POSES[2]):
        return KINDS.get(poses.shape[1], "smpl")
    if {"pose_jaw", "jaw_pose", "expression", "pose_eye"} & set(held):
        return "smplx"
    return "smplh" if parts == POSES[1] else "smpl"


def _gender(held: Mapping[str, Any]) -> str | None:
    """male, female or neutral; None where the file does not say."""
    told = plain_text(held.get("gender", ""), "")
    gender = told if told in GENDERS else GENDER_LETTERS.get(told)
    return gender or ("neutral" if told else None)


def _betas(path: Path, held: Mapping[str, Any]) -> np.ndarray:
    """(S,) of betas (S,), or of the first frame of (T, S)."""
    betas = np.asarray(held["betas"] if "betas" in held else np.zeros(10))
    if betas.dtype.kind not in "fiu" or not np.isfinite(betas).all():
        raise BadMotion("NaN", f"{path}: betas hold something else than finite numbers: repair the file")
    return betas.astype(float).reshape(-1, betas.shape[-1] if betas.ndim else 1)[0]


def pose_joints(rest: np.ndarray, axis_angles: np.ndarray, trans: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) of SMPL's kinematic tree: rest joints (22, 3), axis-angles (T, 22, 3), trans (T, 3)."""
    positions = np.empty_like(axis_angles)
    world: list[Rotation] = []
    for joint, parent in enumerate(T2M_SKELETON.parents):
        local = Rotation.from_rotvec(axis_angles[:, joint])
        if parent < 0:
            positions[:, joint] = rest[joint] + trans
            world.append(local)
            continue
        positions[:, joint] = positions[:, parent] + world[parent].apply(rest[joint] - rest[parent])
        world.append(world[parent] * local)
    return positions


def rest_joints(
    body_model: str | Path | None, kind: str, gender: str | None, betas: np.ndarray
) -> np.ndarray:
    """Joints (22, 3) of a body shape in the zero pose, in the model's coordinates.

    The joint regressor times the shaped template; a model's shape space may be wider or narrower than betas (S,).
    gender: None takes the first of neutral, male and female that is there.
    """
    if body_model is None:
        raise BadMotion(
            "no body model",
            f"AMASS files need the {kind} body model: download it from its authors and pass its folder as "
            "--body-model",
        )
    models = (find_model(body_model, kind, one) for one in ((gender,) if gender else GENDERS))
    file = next(filter(None, models), None)
    if file is None:
        gender = gender or GENDERS[0]
        raise BadMotion(
            "no body model",
            f"--body-model {body_model}: no {kind} {gender} model there (such as {kind}/{gender}/model.npz or "
            f"{kind}/{kind.upper()}_{gender.upper()}.npz)",
        )
    model = read_model(file, ("v_template", "shapedirs", "J_regressor"))
    template, shapes, regressor = model["v_template"], model["shapedirs"], model["J_regressor"]
    count = min(len(betas), shapes.shape[-1])
    try:
        joints = regressor @ (template + shapes[..., :count] @ betas[:count])
        return np.asarray(joints, float)[:JOINTS].reshape(JOINTS, 3)
    except ValueError as error:
        raise UserError(f"{file}: its arrays do not fit each other ({error})") from error
