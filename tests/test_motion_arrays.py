"""Arrays as other projects write them: their axes, names, rates and pickles."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from walking import mdm, rest_pose, swinging, walking

from dataset.features import extract_features, recover_joints
from dataset.motion_files import BadMotion, ReadOptions, convert, read_motion, read_motions
from dataset.motion_files.amass import pose_joints
from dataset.motion_files.arrays import plain_text
from dataset.motion_files.clip_axes import clips_of
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

NAMES = T2M_SKELETON.joint_names


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return walking()


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w,
        lambda w: w.astype(np.float32),
        lambda w: w[None],  # T2M-GPT, MotionGPT
        lambda w: w[:, None],
        lambda w: w[None, None],
        lambda w: w[..., None],
        lambda w: w.reshape(len(w), 66),
        lambda w: w.reshape(1, len(w), 66),
        lambda w: w.transpose(1, 2, 0),
        lambda w: w.transpose(1, 2, 0)[None],  # MDM
    ],
)
def test_one_clip_in_any_order_of_axes(walk, tmp_path, change):
    np.save(tmp_path / "a.npy", change(walk))
    found = convert(read_motion(tmp_path / "a.npy"))
    np.testing.assert_allclose(found.joints, walk, atol=1e-6)


def test_three_joint_axes_are_not_exchanged_with_frames(walk, tmp_path):
    """A clip of 22 frames, or of 3, is no clip of other axes."""
    for frames in (22, 24, 3):
        np.save(tmp_path / "a.npy", walk[:frames])
        np.testing.assert_array_equal(read_motion(tmp_path / "a.npy").positions, walk[:frames])


def test_batches_are_several_motions(walk, tmp_path):
    np.save(tmp_path / "a.npy", np.stack([walk, walk[::-1]]))
    motions = read_motions(tmp_path / "a.npy")
    assert [str(m.path).rsplit("#")[-1] for m in motions] == ["0", "1"]
    np.testing.assert_array_equal(motions[1].positions, walk[::-1])
    with pytest.raises(BadMotion, match="2 motions; .*--convert") as error:
        read_motion(tmp_path / "a.npy")
    assert error.value.reason == "several motions"
    clips = clips_of(tmp_path, [walk, walk[:9]])  # a list, as object arrays and pickles hold it
    assert [len(clip) for clip in clips] == [30, 9]


@pytest.mark.parametrize("width", [263, 251])
def test_features_are_read_with_the_frame_their_last_row_leads_to(walk, tmp_path, width):
    joints = walk
    if width == 251:
        trunk = {"root": "pelvis", "BP": "spine1", "BT": "spine3", "BLN": "neck", "BUN": "head"}
        heels = {"left_heel": "left_ankle", "right_heel": "right_ankle"}
        joints = walk[:, [NAMES.index((trunk | heels).get(n, n)) for n in KIT_SKELETON.joint_names]] * 1000
    joints = joints @ np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]])  # turned, so that headings count
    features = extract_features(joints, T2M_SKELETON if width == 263 else KIT_SKELETON)
    assert features.shape == (29, width)
    scale = 1.0 if width == 263 else 0.001
    for batch in (features, features[None], features[:, None], features.T[None, :, None]):
        np.save(tmp_path / "a.npy", batch)
        motion = read_motion(tmp_path / "a.npy")
        assert (motion.fps, motion.up, motion.unit) == (20.0 if width == 263 else 12.5, "y", scale)
        assert motion.positions.shape == (30, len(motion.names), 3)
        np.testing.assert_allclose(motion.positions[:-1], recover_joints(features), atol=1e-4 / scale)
        # The last frame is as far from the one before it as in the joints that the features were made of.
        again = extract_features(motion.positions, T2M_SKELETON if width == 263 else KIT_SKELETON)
        assert again.shape == features.shape
        np.testing.assert_allclose(again[-1, 1:4], features[-1, 1:4], atol=2e-3 / scale)


def test_mdm_results_are_cut_to_their_lengths(walk, tmp_path):
    np.save(tmp_path / "results.npy", mdm(walk), allow_pickle=True)
    motions = read_motions(tmp_path / "results.npy")
    assert [len(motion) for motion in motions] == [26, 20]
    np.testing.assert_array_equal(motions[1].positions, walk[:20])
    np.save(tmp_path / "one.npy", mdm(walk, (24,)), allow_pickle=True)
    assert len(read_motion(tmp_path / "one.npy")) == 24
    np.save(tmp_path / "odd.npy", mdm(walk) | {"lengths": [0, 99]}, allow_pickle=True)
    assert [len(motion) for motion in read_motions(tmp_path / "odd.npy")] == [40, 40]


def test_pickles_of_other_projects(walk, tmp_path):
    for number, protocol in enumerate((2, 4, 5)):
        (tmp_path / f"{number}.pkl").write_bytes(pickle.dumps({"joints": walk, "length": 30}, protocol))
        np.testing.assert_array_equal(read_motion(tmp_path / f"{number}.pkl").positions, walk)
    edge = {"smpl_poses": np.zeros((30, 72)), "smpl_trans": np.zeros((30, 3))}
    edge["full_pose"] = np.concatenate([walk, walk[:, :2]], 1)
    (tmp_path / "edge.pkl").write_bytes(pickle.dumps(edge))
    found = read_motion(tmp_path / "edge.pkl")
    assert found.fps == 30.0
    np.testing.assert_array_equal(found.positions, walk)


class Evil:
    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize("name", ["a.pkl", "a.npy", "a.npz"])
def test_a_pickle_can_run_nothing(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    if name == "a.pkl":
        (tmp_path / name).write_bytes(pickle.dumps({"joints": Evil()}))
    elif name == "a.npy":
        np.save(tmp_path / name, np.array({"motion": Evil()}), allow_pickle=True)
    else:
        np.savez(tmp_path / name, joints=np.array(Evil()))
    with pytest.raises(BadMotion, match="can't be read as arrays") as error:
        read_motion(tmp_path / name)
    assert "\n" not in str(error.value) and not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("rate", "fps"),
    [
        (30, 30.0),
        (np.array([30]), 30.0),
        (np.array([[29.97]]), 29.97),
        (np.full(30, 25.0), 25.0),
        ("30", 30.0),
    ],
)
def test_rates_of_any_shape(walk, tmp_path, rate, fps):
    np.savez(tmp_path / "a.npz", joints=walk, fps=rate)
    assert read_motion(tmp_path / "a.npz").fps == fps


@pytest.mark.parametrize(
    "rate", [np.nan, -20, 0, np.inf, 1e9, 1 / 30, [], [20, 30], "many", np.array(["x"], object)]
)
def test_rates_that_are_none_are_named_and_can_be_replaced(walk, tmp_path, rate):
    np.savez(tmp_path / "a.npz", joints=walk, fps=np.array(rate))
    with pytest.raises(BadMotion, match="--source-fps") as error:
        read_motion(tmp_path / "a.npz")
    assert error.value.reason == "frame rate"
    assert read_motion(tmp_path / "a.npz", ReadOptions(fps=25.0)).fps == 25.0


def test_kimodo(walk, tmp_path):
    np.savez(tmp_path / "a.npz", posed_joints=walk, global_rot_mats=np.zeros((30, 22, 3, 3)))
    assert read_motion(tmp_path / "a.npz").fps == 30.0
    np.savez(tmp_path / "b.npz", posed_joints=walk, fps=20, root_positions=walk[:, 0])
    np.testing.assert_allclose(convert(read_motion(tmp_path / "b.npz")).joints, walk, atol=1e-9)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder of smplh, smplx and smpl models (male), each with the rest pose that T2M_REST gives."""
    folder = tmp_path_factory.mktemp("models")
    for kind in ("smplh", "smplx", "smpl"):
        (folder / kind / "male").mkdir(parents=True)
        np.savez(folder / kind / "male" / "model.npz", v_template=rest_pose(), shapedirs=np.zeros((22, 3, 10)),
                 J_regressor=np.eye(22))  # fmt: skip
    return folder


def angles() -> tuple[np.ndarray, np.ndarray]:
    return swinging().reshape(30, 66), np.arange(30)[:, None] / 20 * (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "gender",
    [
        "male",
        b"male",
        np.array([b"male"]),
        np.array(["male"]),
        "b'male'",
        np.array("male", object),
        "Male",
        "m",
    ],
)
def test_genders_of_any_type(models, tmp_path, gender):
    poses, trans = angles()
    np.savez(tmp_path / "a.npz", poses=np.pad(poses, ((0, 0), (0, 90))), trans=trans, betas=np.zeros((1, 16)),
             gender=gender, mocap_framerate=np.array([20.0]))  # fmt: skip
    found = read_motion(tmp_path / "a.npz", ReadOptions(body_model=models))
    np.testing.assert_allclose(found.positions, pose_joints(rest_pose(), swinging(), trans), atol=1e-9)
    assert (found.fps, found.up) == (20.0, "z")


def test_a_gender_that_is_no_word_is_none():
    assert plain_text(np.zeros(3), "neutral") == "neutral" and plain_text(b"", "x") == "x"


@pytest.mark.parametrize(
    ("suffix", "up", "fps"),
    [("split", "z", 120.0), ("hmr", None, 20.0), ("matrices", None, 20.0), ("aist", "y", 60.0),
     ("motionx", None, 30.0)],
)  # fmt: skip
def test_angles_under_other_names(models, tmp_path, suffix, up, fps):
    poses, trans = angles()
    path = tmp_path / "a.npz"
    if suffix == "split":
        np.savez(path, root_orient=poses[:, :3], pose_body=poses[:, 3:], pose_hand=np.zeros((30, 90)), trans=trans,
                 gender="male", mocap_frame_rate=120.0, surface_model_type="smplx_locked_head")  # fmt: skip
    elif suffix == "hmr":
        np.savez(path, global_orient=poses[:, :3], body_pose=poses[None, :, 3:], transl=trans, fps=20)
    elif suffix == "matrices":
        from scipy.spatial.transform import Rotation

        turns = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(30, 22, 3, 3)
        np.savez(path, global_orient=turns[:, :1], body_pose=turns[:, 1:], transl=trans, fps=20)
    elif suffix == "aist":
        path = tmp_path / "a.pkl"
        held = {"smpl_poses": np.pad(poses, ((0, 0), (0, 6))), "smpl_trans": trans * 90, "smpl_loss": 1.0,
                "smpl_scaling": np.array([90.0])}  # fmt: skip
        path.write_bytes(pickle.dumps(held))
    else:
        path = tmp_path / "a.npy"
        rows = np.zeros((30, 322))
        rows[:, :66], rows[:, 309:312] = poses, trans
        np.save(path, rows)
    found = read_motion(path, ReadOptions(body_model=models))
    np.testing.assert_allclose(found.positions, pose_joints(rest_pose(), swinging(), trans), atol=1e-6)
    assert (found.up, found.fps) == (up, fps)
    with pytest.raises(BadMotion, match="--body-model"):
        read_motion(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trans": np.zeros((7, 3))}, "wrong shape"),
        ({"poses": np.zeros((30, 10))}, "wrong shape"),
        ({"poses": np.array(["x"] * 30)}, "wrong shape"),
        ({"poses": np.full((30, 156), np.nan)}, "NaN"),
        ({"betas": np.array([np.nan])}, "NaN"),
        ({"mocap_framerate": np.nan}, "frame rate"),
        ({"mocap_framerate": None}, "frame rate"),
    ],
)
def test_damaged_amass_files(models, tmp_path, change, reason):
    poses, trans = angles()
    held = {
        "poses": np.pad(poses, ((0, 0), (0, 90))),
        "trans": trans,
        "gender": "male",
        "mocap_framerate": 20,
    }
    np.savez(tmp_path / "a.npz", **{k: v for k, v in (held | change).items() if v is not None})
    with pytest.raises(BadMotion) as error:
        read_motion(tmp_path / "a.npz", ReadOptions(body_model=models))
    assert error.value.reason == reason


@pytest.mark.parametrize("width", [66, 72, 156])
def test_angles_are_not_taken_for_positions(tmp_path, width):
    poses, _ = angles()
    np.save(tmp_path / "a.npy", np.pad(poses, ((0, 0), (0, width - 66))))
    with pytest.raises(BadMotion, match="joint angles") as error:
        read_motion(tmp_path / "a.npy")
    assert error.value.reason == "stretching"


def test_noisy_positions_are_positions(walk, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "a.npy", walk + rng.normal(scale=0.01, size=walk.shape))
    assert len(read_motion(tmp_path / "a.npy")) == 30


@pytest.mark.parametrize(
    "held",
    [np.zeros((5, 6)), np.zeros((4, 7, 3)), np.zeros(8), np.zeros((2, 25, 6, 9)), np.zeros((0, 22, 3)),
     np.array(["a", "b"]), np.zeros((3, 17, 3)), np.zeros((22, 3)), np.zeros(()), np.zeros((1, 22, 3), complex)],
)  # fmt: skip
def test_other_arrays_are_refused_in_one_line(tmp_path, held):
    np.save(tmp_path / "a.npy", held)
    with pytest.raises(BadMotion, match="a.npy") as error:
        convert(read_motion(tmp_path / "a.npy"))
    assert "\n" not in str(error.value) and "can't be used" not in str(error.value)


def test_tables_of_joints_with_semicolons_and_decimal_commas(walk, tmp_path):
    header = ["time"] + [f"{name}_{axis}" for name in NAMES for axis in "xyz"]
    rows = [[k / 25, *row] for k, row in enumerate(walk.reshape(30, -1))]
    for separator, comma in ((",", "."), (";", ","), ("\t", ",")):
        lines = [separator.join(header)]
        lines += [separator.join(f"{x:.6f}".replace(".", comma) for x in row) for row in rows]
        (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
        motion = read_motion(tmp_path / "a.csv")
        assert motion.fps == pytest.approx(25.0) and motion.names == NAMES
        np.testing.assert_allclose(motion.positions, walk, atol=1e-6)
