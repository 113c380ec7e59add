"""SMPL, SMPL+H or SMPL-X in videos, players and GLB files, for users who have the model (it is not ours to share).

    write_html("walk.html", clips, body=load_smpl("SMPLX_NEUTRAL.npz"))
    python generate.py "a person walks" --body smpl --smpl-dir body_models

The template mesh is bound to the mannequin's bones by the model's own weights. Its shape is the mean, pose-dependent
corrections are left out, and bones stretch to the given joints: a body to look at, not a fit of the model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dataset.motion_files.body_model import GENDERS, KINDS, SUFFIXES, find_model, read_model
from utils.runtime import UserError
from visualization.body import LEFT, MIDDLE, RIGHT, SKIN
from visualization.mannequin import BONES, SkinnedBody, joints_by_role
from visualization.mesh_raster import vertex_normals

ARRAYS = ("v_template", "f", "weights", "J_regressor", "kintree_table")
TRUNK_BONES = {
    0: ("pelvis",),
    3: ("abdomen",),
    6: ("abdomen",),
    9: ("chest",),
    12: ("chest", "head"),
    15: ("head",),
}
LIMB_BONES = {  # left joint of the model's first 22, which are HumanML3D's: bone; the right one is the next
    1: "thigh", 4: "shin", 7: "foot", 10: "toes", 13: "collar", 16: "upper_arm", 18: "forearm", 20: "forearm",
}  # fmt: skip


def find_smpl(folder: str | Path) -> Path:
    """The model to draw among a user's files: SMPL-X before SMPL+H before SMPL, neutral before male and female.

    UserError where there is none; `folder` may be the file itself.
    """
    if not Path(folder).exists():
        raise UserError(f"--smpl-dir {folder}: no such folder")
    models = (find_model(folder, kind, gender) for kind in KINDS for gender in GENDERS)
    path = next(filter(None, models), None)
    if path is None or path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"--smpl-dir {folder}: no SMPL model there (such as smplx/SMPLX_NEUTRAL.npz, smplh/neutral/model.npz or "
            "SMPL_NEUTRAL.pkl); get one from its website, or leave --body smpl out"
        )
    return path


def load_smpl(path: str | Path) -> SkinnedBody:
    """Read a model file (npz or pkl). UserError where it is missing or holds something else."""
    path = Path(path)
    template, faces, weights, regressor, tree = read_model(path, ARRAYS).values()
    if weights.ndim != 2 or weights.shape[1] < 22 or len(weights) != len(template):
        raise UserError(
            f"{path}: weights of shape {weights.shape} for {len(template)} vertices; expected 22 joints or more"
        )
    fits = regressor.shape == weights.shape[::-1] and tree.shape == (2, weights.shape[1])
    if not fits or template.shape[1:] != (3,) or faces.shape[1:] != (3,) or faces.max() >= len(template):
        raise UserError(f"{path}: damaged: its arrays do not fit each other; get it again")
    joints = regressor @ template
    by_bone = weights @ _bones_of(tree[0].astype(np.int64))
    bones = np.argsort(-by_bone, axis=1)[:, :4]
    kept = np.take_along_axis(by_bone, bones, axis=1)
    faces = faces.astype(np.int64)
    return SkinnedBody(
        (template - joints[0]).astype(np.float32),
        vertex_normals(template, faces).astype(np.float32),
        faces,
        (by_bone @ _colours()).round().astype(np.uint8),
        np.ones(len(template), np.float32),
        bones,
        (kept / kept.sum(1, keepdims=True)).astype(np.float32),
        {name: at[0] for name, at in joints_by_role((joints[:22] - joints[0])[None]).items()},
    )


def _bones_of(parents: np.ndarray) -> np.ndarray:
    """(J,B): which share of a model's joint each of our bones stands for; fingers, jaw and eyes follow their parents."""
    share = np.zeros((len(parents), len(BONES)))
    named = dict(TRUNK_BONES)
    for joint, bone in LIMB_BONES.items():
        named |= {joint: (f"left_{bone}",), joint + 1: (f"right_{bone}",)}
    for joint in range(len(parents)):
        if joint in named:
            for bone in named[joint]:
                share[joint, BONES.index(bone)] = 1 / len(named[joint])
        else:
            share[joint] = share[parents[joint]]
    return share


def _colours() -> np.ndarray:
    """(B,3): limbs in the colour of their side, as everywhere."""
    limb = {"left": LEFT, "right": RIGHT}
    rows = [
        MIDDLE if "collar" in b else SKIN if b == "head" else limb.get(b.split("_")[0], MIDDLE) for b in BONES
    ]
    return np.array(rows, float)
