"""AMASS files (SMPL-H or SMPL-X parameters) -> the first 22 joints, through the user's own body model.

The body models may not be passed on, so each user downloads them: a folder with the models' .npz files (read
directly: joints need no mesh), or with .pkl files, which the package smplx opens.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

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
    """Joints (22, 3) of a body shape in the zero pose, in the model's coordinates."""
    if body_model is None:
        raise UserError(
            f"AMASS files need the {kind} body model: download it from its authors and pass its folder as --body-model"
        )
    folder = Path(body_model)
    file = find_model(folder, kind, gender)
    if file is not None and file.suffix == ".npz":
        try:
            with np.load(file, allow_pickle=False) as model:
                return _shaped_joints(model, betas)
        except (ValueError, KeyError, OSError):
            pass  # arrays stored as objects: smplx opens those
    return _joints_of_smplx(folder, kind, gender, betas)


def find_model(folder: Path, kind: str, gender: str) -> Path | None:
    """The model's file in any of the usual layouts: smplh/male/model.npz, smplx/SMPLX_MALE.npz, or the file."""
    if folder.is_file():
        return folder
    name = f"{kind.upper()}_{gender.upper()}"
    places = [f"{kind}/{gender}/model", f"{gender}/model", f"{kind}/{name}", name]
    files = [folder / f"{place}{suffix}" for suffix in (".npz", ".pkl") for place in places]
    return next((file for file in files if file.is_file()), None)


def _shaped_joints(model: Any, betas: np.ndarray) -> np.ndarray:
    """Joint regressor times shaped template; the templates' shape space may be wider or narrower than betas."""
    shapes = model["shapedirs"]
    count = min(len(betas), shapes.shape[-1])
    vertices = model["v_template"] + shapes[..., :count] @ betas[:count]
    return np.asarray(model["J_regressor"] @ vertices, float)[:JOINTS]


def _joints_of_smplx(folder: Path, kind: str, gender: str, betas: np.ndarray) -> np.ndarray:
    try:
        import smplx
        import torch
    except ImportError as error:
        raise UserError(
            f"--body-model {folder}: no readable {kind} {gender} .npz model there (smplh/{gender}/model.npz or "
            f"smplx/SMPLX_{gender.upper()}.npz); for .pkl models install the package smplx"
        ) from error
    try:
        model = smplx.create(
            str(folder), model_type=kind, gender=gender, num_betas=len(betas), use_pca=False, ext="pkl"
        )
    except (OSError, AssertionError, ValueError) as error:
        raise UserError(
            f"--body-model {folder}: smplx can't open a {kind} {gender} model there ({error})"
        ) from error
    with torch.no_grad():
        output = model(betas=torch.as_tensor(betas, dtype=torch.float32)[None])
    return output.joints[0, :JOINTS].numpy().astype(float)
