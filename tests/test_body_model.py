"""AMASS through body model files in their published formats: made here with random shapes and known answers."""

from __future__ import annotations

import os
import pickle
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from body_files import JOINTS, SHAPES, VERTICES, rest_joints, smplh
from scipy.sparse import csc_matrix
from scipy.spatial.transform import Rotation

from dataset.motion_files import ReadOptions, convert, read_motion
from dataset.motion_files.body_model import find_model, read_model
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON
from visualization.smpl_body import find_smpl, load_smpl

ARRAYS = ("v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "posedirs", "f")


def write_pickle(path: Path, model: dict[str, np.ndarray]) -> None:
    """As SMPL's authors store it: protocol 2, chumpy objects, a sparse regressor."""
    module, ch = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")
    ch.Ch = type("Ch", (), {"__module__": "chumpy.ch"})
    held = dict(model) | {"bs_style": "lbs", "J_regressor": csc_matrix(model["J_regressor"])}
    for name in ("v_template", "shapedirs"):
        held[name] = ch.Ch()
        held[name].__dict__.update(x=model[name], _dirty_vars={"x"})
    sys.modules |= {"chumpy": module, "chumpy.ch": ch}
    try:
        path.write_bytes(pickle.dumps(held, protocol=2))
    finally:
        del sys.modules["chumpy"], sys.modules["chumpy.ch"]


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    (folder / "smplh" / "female").mkdir(parents=True)
    np.savez(folder / "smplh" / "female" / "model.npz", **smplh())
    write_pickle(folder / "SMPLH_male.pkl", smplh())
    return folder


def amass(path: Path, turns: dict[int, tuple], betas=(), gender: str = "female") -> Path:
    """A take of three frames that turns the joints named by axis-angles; trans (1, 2, 3), z up."""
    poses = np.zeros((3, 156))
    for joint, turn in turns.items():
        poses[:, 3 * joint : 3 * joint + 3] = turn
    betas = np.array([*betas, *np.zeros(SHAPES - len(betas))])
    np.savez(
        path,
        poses=poses,
        trans=np.tile([1.0, 2.0, 3.0], (3, 1)),
        betas=betas,
        gender=gender,
        mocap_framerate=20.0,
    )
    return path


def read(file: Path, models: Path) -> np.ndarray:
    return read_motion(file, ReadOptions(body_model=models)).positions


@pytest.mark.parametrize("gender", ["female", "male"])  # npz, pickle
def test_the_zero_pose_is_the_models_own(models, tmp_path, gender):
    found = read(amass(tmp_path / "a.npz", {}, gender=gender), models)
    np.testing.assert_allclose(found, np.tile(rest_joints()[:22] + (1, 2, 3), (3, 1, 1)), atol=1e-9)


def test_betas_move_the_joints_by_the_regressed_shape(models, tmp_path):
    model = smplh()
    found = read(amass(tmp_path / "a.npz", {}, betas=(2.0, 0, -1.0)), models)
    moved = 2 * model["shapedirs"][..., 0] - model["shapedirs"][..., 2]
    expected = rest_joints()[:22] + (model["J_regressor"] @ moved)[:22] + (1, 2, 3)
    np.testing.assert_allclose(found[0], expected, atol=1e-9)


@pytest.mark.parametrize("joint", [0, 4, 9, 17])  # root, left knee, chest, right shoulder
def test_a_turned_joint_carries_what_hangs_on_it(models, tmp_path, joint):
    turn, rest = np.array([0.3, -0.8, 0.5]), rest_joints()[:22]
    found = read(amass(tmp_path / "a.npz", {joint: turn}), models)[0]
    below = {joint}
    for other, parent in enumerate(T2M_SKELETON.parents):
        if parent in below:
            below.add(other)
    expected = rest.copy()
    for other in below:
        expected[other] = rest[joint] + Rotation.from_rotvec(turn).apply(rest[other] - rest[joint])
    np.testing.assert_allclose(found, expected + (1, 2, 3), atol=1e-9)


def test_a_take_becomes_y_up_metres(models, tmp_path):
    lying_on_z = {0: (np.pi / 2, 0, 0)}  # AMASS stands on z: the body's y axis turned there
    found = convert(read_motion(amass(tmp_path / "a.npz", lying_on_z), ReadOptions(body_model=models)))
    assert (found.map.name, found.up, found.unit, found.fps) == ("smpl", "z", 1.0, 20.0)
    upright = rest_joints()[:22] - rest_joints()[0]
    np.testing.assert_allclose(found.joints[0] - found.joints[0, 0], upright, atol=1e-9)


def test_both_forms_hold_the_same(models):
    from_npz = read_model(models / "smplh" / "female" / "model.npz", ARRAYS)
    from_pickle = read_model(models / "SMPLH_male.pkl", ARRAYS)
    for name in ARRAYS:
        np.testing.assert_allclose(from_npz[name], from_pickle[name], atol=1e-12)
    assert load_smpl(models / "SMPLH_male.pkl").faces.shape == (700, 3)


@pytest.mark.parametrize(
    "place",
    ["smplx/SMPLX_MALE.npz", "SMPLX_MALE.npz", "models/smplx/male/model.pkl", "smplx_male.pkl"],
)
def test_models_are_found_in_their_usual_places(tmp_path, place):
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    root = tmp_path / "models" if place.startswith("models") else tmp_path
    assert find_model(root, "smplx", "male") == file == find_model(file, "smplx", "male")
    assert find_model(root, "smplx", "female") is None
    assert find_smpl(root) == file


def test_smpls_own_names_are_known(tmp_path):
    (tmp_path / "basicModel_f_lbs_10_207_0_v1.0.0.pkl").touch()
    (tmp_path / "basicmodel_m_lbs_10_207_0_v1.1.0.pkl").touch()
    assert find_model(tmp_path, "smpl", "female").name.startswith("basicModel_f")
    assert find_smpl(tmp_path).name.startswith("basicmodel_m")


class Wicked:
    def __reduce__(self):
        return os.system, ("echo harm",)


def test_a_pickle_can_run_nothing(tmp_path, capfd):
    (tmp_path / "SMPL_NEUTRAL.pkl").write_bytes(pickle.dumps({"v_template": Wicked()}, protocol=2))
    with pytest.raises(UserError, match="SMPL_NEUTRAL.pkl is damaged"):
        load_smpl(find_smpl(tmp_path))
    assert "harm" not in capfd.readouterr().out


def test_damaged_and_missing_models_are_one_line(models, tmp_path):
    good = (models / "smplh" / "female" / "model.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(good[: len(good) // 2])
    np.savez(tmp_path / "nan.npz", **smplh() | {"v_template": np.full((VERTICES, 3), np.nan)})
    np.savez(tmp_path / "unfit.npz", **smplh() | {"weights": np.eye(JOINTS)})
    np.savez(tmp_path / "lacks.npz", v_template=np.zeros((9, 3)))
    with open(tmp_path / "array.npz", "wb") as file:
        np.save(file, np.zeros(3))
    for name, words in (
        ("cut.npz", "damaged"),
        ("array.npz", "damaged"),
        ("nan.npz", "v_template holds no finite"),
        ("unfit.npz", "weights of shape"),
        ("lacks.npz", "it lacks f, weights"),
    ):
        with pytest.raises(UserError, match=words) as error:
            load_smpl(tmp_path / name)
        assert "\n" not in str(error.value)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(UserError, match="--smpl-dir"):
            find_smpl(folder)
