"""AMASS files (SMPL-H or SMPL-X parameters) -> the first 22 joints, through the user's own body model.

The body models may not be passed on, so each user downloads them; `dataset.motion_files.body_model` finds and reads
their files. Joints need no mesh, only the template, its shape space and the joint regressor.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.body_model import find_model, read_model
from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

JOINTS = 22
RATE_KEYS = ("mocap_framerate", "mocap_frame_rate")
KINDS = {156: "smplh", 165: "smplx", 72: "smpl", 66: "smpl"}  # width of `poses` -> body model


def is_amass(path: Path) -> bool:
    """Whether an npz has AMASS's arrays."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {"poses", "trans"} <= set(arrays.files)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile):
        return False


def read_amass(path: str | Path, body_model: str | Path | None) -> RawMotion:
    """Joints of an AMASS file, z up, metres. body_model: the user's folder of SMPL-H / SMPL-X models.

    Raises UserError without a model, BadMotion for a file that lacks something.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {
                key: arrays[key]
                for key in ("poses", "trans", "betas", "gender", "surface_model_type", *RATE_KEYS)
                if key in arrays
            }
    except ValueError as error:
        raise BadMotion("unreadable", f"{path}: can't be read ({error})") from error
    poses, trans = np.asarray(found["poses"], float), np.asarray(found["trans"], float)
    rate = next((float(found[key]) for key in RATE_KEYS if key in found), None)
    if rate is None or poses.ndim != 2 or poses.shape[1] not in KINDS or trans.shape != (len(poses), 3):
        raise BadMotion(
            "wrong shape",
            f"{path}: not AMASS: poses {poses.shape} (width {', '.join(map(str, KINDS))} expected), trans "
            f"{trans.shape}, {'no ' if rate is None else ''}mocap_framerate",
        )
    require_finite(path, np.concatenate([poses, trans], 1)[:, None], ("poses and trans",))
    gender = str(found.get("gender", "neutral")).strip("b'\" ") or "neutral"
    kind = str(found.get("surface_model_type", KINDS[poses.shape[1]]))
    betas = np.asarray(found.get("betas", np.zeros(10)), float).ravel()
    rest = rest_joints(body_model, kind, gender, betas)
    positions = pose_joints(rest, poses[:, : 3 * JOINTS].reshape(-1, JOINTS, 3), trans)
    names, parents = T2M_SKELETON.joint_names, T2M_SKELETON.parents
    return RawMotion(path, "amass", names, positions, rate, parents, unit=1.0, up="z")


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


def rest_joints(body_model: str | Path | None, kind: str, gender: str, betas: np.ndarray) -> np.ndarray:
    """Joints (22, 3) of a body shape in the zero pose, in the model's coordinates.

    The joint regressor times the shaped template; a model's shape space may be wider or narrower than betas (S,).
    """
    if body_model is None:
        raise UserError(
            f"AMASS files need the {kind} body model: download it from its authors and pass its folder as --body-model"
        )
    file = find_model(body_model, kind, gender)
    if file is None:
        raise UserError(
            f"--body-model {body_model}: no {kind} {gender} model there (such as {kind}/{gender}/model.npz or "
            f"{kind}/{kind.upper()}_{gender.upper()}.npz)"
        )
    model = read_model(file, ("v_template", "shapedirs", "J_regressor"))
    template, shapes, regressor = model["v_template"], model["shapedirs"], model["J_regressor"]
    count = min(len(betas), shapes.shape[-1])
    try:
        joints = regressor @ (template + shapes[..., :count] @ betas[:count])
        return np.asarray(joints, float)[:JOINTS].reshape(JOINTS, 3)
    except ValueError as error:
        raise UserError(f"{file}: its arrays do not fit each other ({error})") from error
