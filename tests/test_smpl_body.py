"""A user's SMPL file becomes a body of the player; here a stub that has the files' arrays stands in for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from utils.roles import ROLES
from visualization.body import LEFT
from visualization.mannequin import BONES, bone_transforms, mannequin, pose
from visualization.player import PlayerClip, write_html
from visualization.smpl_body import load_smpl

HANDS = 2  # extra joints after the first 22, children of the wrists


def stub(path: Path) -> dict[str, np.ndarray]:
    """The mannequin in SMPL's arrays: its joints are single vertices, its weights those of the nearest joint."""
    body, roles = mannequin(), ROLES[22]
    joints = np.zeros((22 + HANDS, 3))
    middle = {roles.pelvis: "pelvis", roles.spine[-1]: "chest", roles.neck: "neck", roles.head: "head"}
    for index, name in middle.items():
        joints[index] = body.rest[name]
    joints[[3, 6]] = [0.35 * body.rest["chest"], 0.7 * body.rest["chest"]]
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"):
        for i, side in enumerate(("left", "right")):
            joints[getattr(roles, f"{name}s")[i]] = body.rest[f"{side}_{name}"]
    joints[[13, 14]] = 0.5 * (joints[9] + joints[[16, 17]])
    joints[[22, 23]] = joints[[20, 21]] * 1.2
    parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
    vertices = np.concatenate([body.vertices, joints]) + (
        0.3,
        1.0,
        0.2,
    )  # files don't have the pelvis at the origin
    nearest = np.linalg.norm(vertices[:, None] - (0.3, 1.0, 0.2) - joints, axis=-1).argmin(1)
    regressor = np.zeros((len(joints), len(vertices)))
    regressor[np.arange(len(joints)), len(body.vertices) + np.arange(len(joints))] = 1
    arrays = {
        "v_template": vertices,
        "f": body.faces.astype(np.uint32),
        "weights": np.eye(len(joints))[nearest],
        "J_regressor": regressor,
        "kintree_table": np.array([parents, range(len(joints))]),
    }
    np.savez(path, **arrays)
    return arrays


def test_the_model_is_bound_to_our_bones(tmp_path: Path) -> None:
    arrays = stub(tmp_path / "SMPLX_STUB.npz")
    body = load_smpl(tmp_path / "SMPLX_STUB.npz")
    assert np.allclose(body.rest["pelvis"], 0) and np.allclose(body.weights.sum(1), 1)
    joint = arrays["weights"].argmax(1)
    for index, bone in ((4, "left_shin"), (19, "right_forearm"), (22, "left_forearm"), (15, "head")):
        assert (body.bones[joint == index, 0] == BONES.index(bone)).all(), bone
    assert np.allclose(body.colours[joint == 4], LEFT)
    agree = (body.normals[: len(mannequin().vertices)] * mannequin().normals).sum(1)
    assert np.median(agree) > 0.95


def test_it_moves_with_the_joints_and_fits_the_player(tmp_path: Path) -> None:
    arrays = stub(tmp_path / "SMPLX_STUB.npz")
    body = load_smpl(tmp_path / "SMPLX_STUB.npz")
    joints = np.repeat((arrays["J_regressor"] @ arrays["v_template"])[None, :22], 5, axis=0)
    still = pose(body, bone_transforms(joints, body.rest))[0]
    assert np.abs(still - arrays["v_template"]).max() < 1e-3
    page = write_html(tmp_path / "smpl.html", [PlayerClip({"m": joints}, 20)], body=body).read_text()
    assert f'"vertices":{{"shape":[{len(body.vertices)},3]' in page
