"""Motion files of others become training joints, and a folder of them a data set."""

from __future__ import annotations

import json

import numpy as np
import pytest
from plain_motion_files import BVH_KINDS, write_bvh_kind, write_cmu

from dataset.building.import_take import sentences_of, windows
from dataset.captions import read_captions
from dataset.motion_files import BadMotion, RawMotion, ReadOptions, convert, read_motion
from dataset.motion_files.amass import pose_joints
from dataset.motion_files.caption_table import match_files, read_caption_table
from dataset.motion_files.quality import Limits, clip_problem, clip_warnings, source_problem
from dataset.motion_files.rig import T2M_REST
from dataset.motion_files.skeleton_map import find_map, load_map, shipped_maps
from dataset.motion_files.to_training import nominal_rate, resample
from dataset.prepare import import_motion
from dataset.spec import get_spec
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

SPEC = get_spec("mocap")
NAMES = T2M_SKELETON.joint_names
SAMPLES = {
    "dataset-1_bow_normal_001.bvh": "bandai_namco",
    "dataset-2_walk-turn-left_normal_001.bvh": "bandai_namco",
    "dataset-2_raise-up-left-hand_active_010.bvh": "bandai_namco",
    "cmu_mb_12_01.bvh": "motionbuilder",
    "cmu_daz_06_08.bvh": "daz",
    "cmu_daz_13_40.bvh": "daz",
    "cmu_daz_09_02.bvh": "daz",
    "cmu_07_01.amc": "cmu",
    "cmu_02_01.amc": "cmu",
    "HDM_bd_depositFloorR_001_120.amc": "cmu",
}


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """(61, 22, 3) SMPL's mean body walking with swinging legs and hanging arms, its lowest joint on y = 0."""
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        rest[joint] = rest[T2M_SKELETON.parents[joint]] + T2M_REST[joint]
    time = np.arange(61) / 20
    turns = np.zeros((61, 22, 3))
    turns[:, 1, 0], turns[:, 2, 0] = 0.4 * np.sin(6 * time), -0.4 * np.sin(6 * time)  # hips
    turns[:, 4, 0] = turns[:, 5, 0] = 0.3 + 0.3 * np.sin(6 * time)  # knees
    turns[:, 16, 2], turns[:, 17, 2] = -1.3, 1.3  # shoulders
    joints = pose_joints(rest, turns, time[:, None] * (0.0, 0.0, 1.0))
    return joints - (0, joints[..., 1].min(), 0)


def raw(joints: np.ndarray, names=NAMES, fps=20.0, **more) -> RawMotion:
    return RawMotion("clip", "joints", tuple(names), joints, fps, **more)


@pytest.mark.parametrize(("name", "skeleton"), SAMPLES.items())
def test_real_files_give_the_expected_joints(shared, name, skeleton):
    folder = shared / "data" / "raw_samples"
    with np.load(folder / "expected_joints.npz") as arrays:
        expected = arrays[name.rsplit(".", 1)[0]]
    found = convert(read_motion(folder / name))
    assert found.map.name == skeleton
    assert found.joints.shape == expected.shape
    assert np.linalg.norm(found.joints - expected, axis=-1).max() < 1e-5  # required: 0.02 m


@pytest.mark.parametrize("kind", [*BVH_KINDS, "cmu"])
def test_files_of_procedural_motion_give_the_joints_they_mean(tmp_path, kind):
    """As the real files, for whoever has none: plainly written, plainly computed."""
    if kind == "cmu":
        path, expected = tmp_path / "walk.amc", write_cmu(tmp_path)
    else:
        path = tmp_path / "walk.bvh"
        expected = write_bvh_kind(path, kind)
    found = convert(read_motion(path))
    assert found.map.name == kind and found.fps == 20
    assert found.joints.shape == expected[::6].shape
    assert np.linalg.norm(found.joints - expected[::6], axis=-1).max() < 1e-5


@pytest.mark.parametrize(
    "unit, size", [("m", 1.0), ("cm", 0.01), ("mm", 0.001), ("cmu", 0.0254 / 0.45), ("inch", 0.0254)]
)
@pytest.mark.parametrize("up", ["y", "z"])
def test_unit_and_up_axis_are_found_by_the_body(walk, unit, size, up):
    file = walk / size
    if up == "z":
        file = np.stack([file[..., 0], -file[..., 2], file[..., 1]], -1)
    found = convert(raw(file))
    assert (found.up, found.unit) == (up, size)
    np.testing.assert_allclose(found.joints, walk, atol=1e-9)


def test_flags_win_over_guesses(walk):
    found = convert(raw(walk), unit="0.5", up="-y", skip_frames=3)
    np.testing.assert_allclose(found.joints, walk[3:] * (0.5, -0.5, -0.5), atol=1e-12)
    for flags in ({"unit": "ell"}, {"up": "w"}, {"skeleton": "horse"}):
        with pytest.raises(UserError, match=next(iter(flags.values()))):
            convert(raw(walk), **flags)


def test_frame_rates():
    assert nominal_rate(1 / 0.0083333) == 120.0 and nominal_rate(29.97) == 29.97
    joints = np.arange(121.0)[:, None, None] / 120 * np.ones((1, 22, 3))
    np.testing.assert_array_equal(resample(joints, 120.0, 20.0), joints[::6])
    for rate in (30.0, 25.0, 10.0, 59.94):
        times = np.arange(int(rate) + 1) / rate
        curve = np.sin(3 * times)[:, None, None] * np.ones((1, 22, 3))
        found = resample(curve, rate, 20.0)
        expected = np.sin(3 * np.arange(len(found)) / 20)
        assert len(found) == int(times[-1] * 20 + 1e-6) + 1
        np.testing.assert_allclose(found[:, 0, 0], expected, atol=2e-3)


def test_shipped_maps_are_complete_and_prefixes_do_not_matter(walk):
    maps = {m.name: m for m in shipped_maps()}
    assert {"cmu", "hdm05", "daz", "bandai_namco", "mixamo", "smpl", "motionbuilder"} <= set(maps)
    names = [f"mixamorig:{maps['mixamo'].joints[name][0]}" for name in NAMES]
    assert find_map(raw(walk, names)).name == "mixamo"
    np.testing.assert_allclose(convert(raw(walk, names)).joints, walk, atol=1e-12)


def test_unknown_names_are_guessed(walk):
    words = {"pelvis": "Root", "left_hip": "L Thigh", "left_knee": "L Calf", "left_ankle": "L Foot"}
    words |= {"left_foot": "L Toe0", "left_shoulder": "L UpperArm", "left_elbow": "L Forearm"}
    words |= {"left_wrist": "L Hand", "left_collar": "L Clavicle", "neck": "Neck", "head": "Head"}
    words |= {k.replace("left", "right"): v.replace("L ", "R ") for k, v in words.items()}
    words |= {"spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2"}
    names = [f"Bip01 {words[name]}" for name in NAMES]
    found = convert(raw(walk, names, parents=T2M_SKELETON.parents))
    assert found.map.guessed
    error = np.linalg.norm(found.joints - walk, axis=-1).max(0)
    spine = [NAMES.index(f"spine{k}") for k in (1, 2, 3)]
    assert np.delete(error, spine).max() < 1e-9 and error[spine].max() < 0.03

    legless = [i for i, name in enumerate(NAMES) if "knee" not in name]
    with pytest.raises(
        BadMotion, match=r"guessed .*pelvis=root.*missing left_knee, right_knee; the file has Bip01"
    ):
        convert(raw(walk[:, legless], [names[i] for i in legless]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("joints: {pelvis: a}", "missing: left_hip"),
        ("joint: {}", "keys must be of"),
        ("[1", "not YAML"),
        ("extends: nothing", "nothing.yaml is missing"),
    ],
)
def test_a_bad_map_is_refused(tmp_path, text, says):
    (tmp_path / "my.yaml").write_text(text)
    with pytest.raises(UserError, match=says):
        load_map(tmp_path / "my.yaml")


def test_joint_files(walk, tmp_path):
    np.savez(tmp_path / "named.npz", joints=walk, joint_names=np.array(NAMES), fps=20)
    np.save(tmp_path / "smpl.npy", np.concatenate([walk, walk[:, :2]], 1))
    for name in ("named.npz", "smpl.npy"):
        np.testing.assert_allclose(convert(read_motion(tmp_path / name)).joints, walk, atol=1e-9)
    bad = walk.copy()
    bad[7, 4, 1] = np.nan
    np.save(tmp_path / "nan.npy", bad)
    np.save(tmp_path / "shape.npy", walk[:, :19])
    (tmp_path / "empty.npz").write_bytes(b"")
    for name, says in (("nan.npy", "frame 7, left_knee"), ("shape.npy", "19 joints"), ("empty.npz", "read")):
        with pytest.raises(BadMotion, match=says):
            read_motion(tmp_path / name)


@pytest.mark.parametrize("size", [1.0, 1000.0])  # KIT-ML's files are in millimetres, ours of it in metres
def test_joints_of_kit_ml_become_the_training_skeleton(walk, tmp_path, size):
    trunk = {"root": "pelvis", "BP": "spine1", "BT": "spine3", "BLN": "neck", "BUN": "head"}
    heels = {"left_heel": "left_ankle", "right_heel": "right_ankle"}
    order = [NAMES.index((trunk | heels).get(name, name)) for name in KIT_SKELETON.joint_names]
    np.save(tmp_path / "00001.npy", walk[:, order] * size)
    found = convert(read_motion(tmp_path / "00001.npy"), fps=12.5)
    assert (found.map.name, found.map.guessed, found.source_fps) == ("kit", False, 12.5)
    error = np.linalg.norm(found.joints - walk, axis=-1).max(0)
    own = [i for i, name in enumerate(NAMES) if not name.startswith("spine") and "collar" not in name]
    assert error[own].max() < 1e-9 and error.max() < 0.08  # metres: the spine's joints are SMPL's by share


@pytest.fixture
def amass(tmp_path):
    """An AMASS file with a turned root and a bent knee, and the joints it stands for, z up."""
    rng = np.random.default_rng(1)
    poses = np.zeros((9, 156))
    poses[:, :66] = rng.normal(size=(1, 66)) * 0.1
    trans = rng.normal(size=(9, 3))
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        rest[joint] = rest[T2M_SKELETON.parents[joint]] + T2M_REST[joint]
    file = tmp_path / "take.npz"
    np.savez(file, poses=poses, trans=trans, betas=np.ones(16), gender="male", mocap_framerate=20.0)
    return file, rest, pose_joints(rest, poses[:, :66].reshape(-1, 22, 3), trans)


def test_amass_through_a_model_file(amass, tmp_path):
    file, rest, expected = amass
    folder = tmp_path / "models" / "smplh" / "male"
    folder.mkdir(parents=True)
    shapes = np.zeros((22, 3, 10))
    shapes[0, 0] = 0.1  # each of the ten betas that the model knows moves the first vertex
    template = rest.copy()
    template[0, 0] -= 1.0
    np.savez(folder / "model.npz", v_template=template, shapedirs=shapes, J_regressor=np.eye(22))
    found = read_motion(file, ReadOptions(body_model=tmp_path / "models"))
    assert (found.up, found.unit, found.format) == ("z", 1.0, "amass")
    np.testing.assert_allclose(found.positions, expected, atol=1e-9)


def test_amass_without_its_model_says_which(amass, tmp_path):
    file, _, _ = amass
    with pytest.raises(UserError, match="--body-model"):
        read_motion(file)
    with pytest.raises(UserError, match="no smplh male model there"):
        read_motion(file, ReadOptions(body_model=tmp_path))


def test_quality_reasons(walk):
    assert source_problem(walk, Limits()) is None and clip_problem(walk, Limits()) is None
    jump = walk.copy()
    jump[30:] += (0.4, 0, 0)
    swapped = walk[:, list(T2M_SKELETON.mirror_order)]
    stretching = walk.copy()
    stretching[::2, 20] += 0.3
    assert source_problem(walk * (1, -1, -1), Limits())[0] == "upside-down"
    assert source_problem(walk * 3, Limits())[0] == "size"
    assert source_problem(swapped, Limits())[0] == "mirrored"
    assert source_problem(stretching, Limits())[0] == "stretching"
    assert clip_problem(jump, Limits())[0] == "jump"
    assert clip_problem(walk + (0, 0.5, 0), Limits())[0] == "floating"
    assert clip_warnings(np.repeat(walk[:1], 60, 0), Limits()) == ["nothing moves"]


def test_long_takes_are_cut_and_sentences_follow():
    assert windows(197, SPEC) == [(0, 197)]
    assert windows(198, SPEC) == [(0, 99), (99, 198)]
    whole, part, late = ("a", 0.0, 0.0), ("b", 1.0, 4.0), ("c", 5.0, 9.0)
    assert sentences_of([whole, part, late], 0.0, 4.95, SPEC) == [("a", 0, 0), ("b", 1, 4)]
    assert sentences_of([part, late], 5.0, 9.0, SPEC) == [("c", 0, 0)]  # it covers the part
    assert sentences_of([("d", 3.0, 6.0)], 5.0, 9.0, SPEC) == []  # one second is too short


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "walk.bvh,a person walks\n", "first line must name the columns"),
        ("a.csv", "file,caption\nwalk.bvh,a person walks, slowly\n", "line 2: more fields"),
        ("a.csv", "file,caption,start,end\nw,walks,3,2\n", "line 2: start 3"),
        ("a.jsonl", '{"file": "w"}\n', "line 1: needs a file and a caption"),
        ("a.jsonl", '{"file": "w", "caption": "x", "split": "dev"}\n', "split 'dev'"),
        ("a.jsonl", "nope\n", "line 1: not JSON"),
        ("a.txt", "", "must be a .csv"),
    ],
)
def test_bad_caption_tables(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=says):
        read_caption_table(tmp_path / name)


def test_captions_find_their_files(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("file,caption\nsub/a.bvh,one\na,two\n./b.npy,three\n")
    files = [tmp_path / "sub" / "a.bvh", tmp_path / "b.npy"]
    matched = match_files(read_caption_table(table), files, tmp_path)
    assert [[s[0] for s in matched[file].sentences] for file in files] == [["one", "two"], ["three"]]
    with pytest.raises(UserError, match="several files"):
        match_files(read_caption_table(table), [*files, tmp_path / "a.npy"], tmp_path)


def test_a_folder_becomes_a_data_set(walk, tmp_path, capsys):
    pytest.importorskip("spacy")
    source, out = tmp_path / "takes", tmp_path / "Mine"
    source.mkdir()
    for number in range(4):
        np.savez(source / f"walk{number}.npz", joints=walk * 100, joint_names=np.array(NAMES), fps=20)
    np.save(source / "short.npy", walk[:30])
    (source / "broken.bvh").write_text("HIERARCHY\n")
    rows = [{"file": f"walk{k}", "captions": ["a person walks left", "someone is walking"]} for k in range(4)]
    rows[3]["split"] = "test"
    rows += [{"file": name, "caption": "x"} for name in ("short", "broken.bvh", "absent")]
    table = tmp_path / "captions.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    import_motion.main([str(source), "--captions", str(table), "--out", str(out)])

    names = {s: (out / f"{s}.txt").read_text().split() for s in ("train", "val", "test", "all")}
    assert {s: len(n) for s, n in names.items()} == {"train": 4, "val": 2, "test": 2, "all": 8}
    assert names["test"] == ["000003", "M000003"]
    features = np.load(out / "new_joint_vecs" / "000000.npy")
    assert features.shape == (60, 263) and np.load(out / "codes_heading" / "000000.npy").shape == (60, 70)
    assert np.load(out / "Std.npy").shape == (263,)
    tokens = read_captions(out / "texts" / "000000.txt")[0].tokens
    assert tokens[:3] == ("a/DET", "person/NOUN", "walk/VERB")
    assert "right" in read_captions(out / "texts" / "M000000.txt")[0].text
    report = json.loads((out / "import_report.json").read_text())
    assert report["dropped"] == {"truncated": 1, "too short": 1}
    assert report["captions_without_files"] == ["absent"] and report["clips"] == 4
    assert "too short" in capsys.readouterr().out

    with pytest.raises(UserError, match="--force"):
        import_motion.main([str(source), "--captions", str(table), "--out", str(out)])


def test_every_reason_to_drop_a_clip_is_reported(walk, tmp_path):
    """A folder with one bad file of each kind: only the good one is kept, and the report says why."""
    whole = np.repeat(walk, 5, 0)  # slow, 15 s
    rising = np.clip((np.arange(len(whole)) - 60) / 60, 0, 1)[:, None, None] * (0, 0.6, 0)
    jumping, broken = walk.copy(), walk.copy()
    jumping[30:] += (0.8, 0, 0)
    broken[10, 3] = np.nan
    files = {
        "good": walk,
        "jump": jumping,
        "nan": broken,
        "upside": walk * (1, -1, -1),
        "float": whole + rising,
    }
    files |= {"swapped": walk[:, list(T2M_SKELETON.mirror_order)], "short": walk[:30]}
    for name, joints in files.items():
        np.savez(tmp_path / f"{name}.npz", joints=joints, joint_names=np.array(NAMES), fps=20)
    table = tmp_path / "captions.csv"
    table.write_text("file,caption\n" + "".join(f"{name},a person walks\n" for name in files))
    import_motion.main(
        [
            str(tmp_path),
            "--captions",
            str(table),
            "--out",
            str(tmp_path / "O"),
            "--report-only",
            "--unit",
            "m",
        ]
    )
    report = json.loads((tmp_path / "O_import_report.json").read_text())
    why = {
        take["file"].rsplit("/")[-1]: {part["reason"] for part in take["dropped"]} for take in report["files"]
    }
    assert why == {
        "good.npz": set(), "jump.npz": {"jump"}, "nan.npz": {"NaN"}, "upside.npz": {"upside-down"},
        "float.npz": {"floating"}, "swapped.npz": {"mirrored"}, "short.npz": {"too short"},
    }  # fmt: skip
    text = (tmp_path / "O_import_report.txt").read_text()
    assert "frame 10, spine1" in text and "above the floor of the take" in text


def test_nothing_left_is_an_error_and_leaves_a_report(walk, tmp_path):
    np.save(tmp_path / "short.npy", walk[:30])
    (tmp_path / "c.csv").write_text("file,caption\nshort,x\n")
    with pytest.raises(UserError, match="nothing is left"):
        import_motion.main(
            [str(tmp_path), "--captions", str(tmp_path / "c.csv"), "--out", str(tmp_path / "O")]
        )
    assert not (tmp_path / "O").exists() and (tmp_path / "O_import_report.txt").is_file()


def test_one_file_is_converted(walk, tmp_path):
    np.save(tmp_path / "a.npy", walk)
    import_motion.main([str(tmp_path / "a.npy"), "--convert", str(tmp_path / "b.npz")])
    with np.load(tmp_path / "b.npz") as arrays:
        assert arrays["joints"].shape == (60, 22, 3) and arrays["features"].shape == (60, 263)
