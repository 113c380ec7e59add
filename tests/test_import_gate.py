"""One gate for motion files: what is wrong with one is said in one way, in a folder and alone, and ends nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from plain_motion_files import write_bvh_kind
from walking import mdm, swinging, walking

from dataset.motion_files import BadMotion, read_motion
from dataset.motion_files import read as reading
from dataset.motion_files.caption_table import read_caption_table
from dataset.motion_files.load import ConvertOptions, load_take
from dataset.motion_files.quality import take_warnings
from dataset.prepare import import_motion
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

SCRIPT = Path(__file__).resolve().parents[1] / "dataset" / "prepare" / "import_motion.py"
BVH = """HIERARCHY
ROOT Hips
{
OFFSET 0 0 0
CHANNELS 3 Xposition Yposition Zposition
End Site
{
OFFSET 0 1 0
}
}
MOTION
Frames: 2
Frame Time: 0.05
0 0 0
1 0 0
"""


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return walking()


@pytest.fixture
def takes(walk, tmp_path):
    """A folder of one good take, and of files that are wrong each in its own way, with captions for all."""
    folder = tmp_path / "takes"
    folder.mkdir()
    long = np.concatenate([walk, walk + (0, 0, walk[-1, 0, 2] - walk[0, 0, 2])])
    np.save(folder / "good.npy", long)
    np.savez(folder / "nan_rate.npz", joints=long, fps=np.nan)
    np.savez(folder / "no_rate.npz", joints=long, fps=["soon", "later"])
    np.savez(folder / "slow.npz", joints=long, fps=1 / 30)
    np.savez(folder / "amass.npz", poses=np.zeros((60, 156)), trans=np.zeros((60, 3)), mocap_framerate=20)
    np.savez(folder / "odd.npz", joints="nothing")
    np.save(folder / "angles.npy", swinging(60).reshape(60, 66))
    np.save(folder / "mirrored.npy", long[:, list(T2M_SKELETON.mirror_order)])
    np.save(folder / "results.npy", mdm(walk), allow_pickle=True)
    (folder / "empty.npz").write_bytes(b"")
    (folder / "cut.npz").write_bytes((folder / "nan_rate.npz").read_bytes()[:300])
    (folder / "noise.pkl").write_bytes(bytes(range(256)))
    (folder / "rate.bvh").write_text(BVH.replace("0.05", "30"))
    (folder / "pose.bvh").write_text(BVH)
    (folder / "x.csv").write_text("a,b\n1,2\n")
    (folder / "binary.amc").write_bytes(b"\0\1\2" * 99)
    rows = "".join(f"{file.name};a person walks\n" for file in sorted(folder.iterdir()))
    (tmp_path / "captions.csv").write_text("file;caption\n" + rows)
    return folder


WHY = {
    "nan_rate.npz": "frame rate", "no_rate.npz": "frame rate", "slow.npz": "frame rate", "amass.npz": "no body model",
    "odd.npz": "wrong shape", "angles.npy": "stretching", "mirrored.npy": "mirrored", "results.npy": "several motions",
    "empty.npz": "unreadable", "cut.npz": "unreadable", "noise.pkl": "unreadable", "rate.bvh": "frame rate",
    "pose.bvh": "unknown skeleton", "x.csv": "unreadable", "binary.amc": "no skeleton", "good.npy": None,
}  # fmt: skip


def test_odd_files_are_dropped_with_their_reason_and_the_others_are_kept(takes, tmp_path):
    out = tmp_path / "O"
    arguments = [str(takes), "--captions", str(tmp_path / "captions.csv"), "--out", str(out), "--report-only"]
    import_motion.main(arguments)
    report = json.loads((tmp_path / "O_import_report.json").read_text())
    found = {Path(take["file"]).name: [d["reason"] for d in take["dropped"]] for take in report["files"]}
    assert found == {name: [why] if why else [] for name, why in WHY.items()}
    assert report["clips"] == 1


@pytest.mark.parametrize(
    "name", [name for name, why in WHY.items() if why not in (None, "mirrored", "several motions")]
)
def test_the_same_files_alone_are_one_line(takes, tmp_path, name, capsys):
    with pytest.raises(UserError) as error:
        import_motion.main([str(takes / name), "--convert", str(tmp_path / "o.npz")])
    assert "\n" not in str(error.value) and len(str(error.value)) < 700
    assert not (tmp_path / "o.npz").exists()


def test_the_script_says_it_and_ends_with_2(takes, tmp_path):
    def run(name: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(SCRIPT), str(takes / name), "--convert", str(tmp_path / "o.npz")]
        return subprocess.run(command, capture_output=True, text=True)

    bad, mirrored = run("nan_rate.npz"), run("mirrored.npy")
    assert bad.returncode == 2 and bad.stderr.startswith("error: ") and bad.stderr.count("\n") == 1
    assert mirrored.returncode == 0 and "warning" in mirrored.stderr and "mirrored" in mirrored.stderr
    assert (tmp_path / "o.npz").is_file()


def test_what_no_reader_foresees_is_one_line_too(takes, monkeypatch, walk):
    def fail(*_):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(reading, "read_joints", fail)
    with pytest.raises(BadMotion, match="good.npy.*ZeroDivisionError: division by zero") as error:
        read_motion(takes / "good.npy")
    assert error.value.reason == "unreadable"
    monkeypatch.undo()
    monkeypatch.setattr("dataset.motion_files.to_training.resample", fail)
    with pytest.raises(BadMotion, match="ZeroDivisionError"):
        load_take(takes / "good.npy", ConvertOptions(), 20.0)


def test_several_motions_become_several_files(takes, tmp_path, capsys):
    import_motion.main([str(takes / "results.npy"), "--convert", str(tmp_path / "sub" / "o.npz")])
    files = sorted((tmp_path / "sub").iterdir())
    assert [file.name for file in files] == ["o_0.npz", "o_1.npz"]
    frames = []
    for file in files:
        with np.load(file) as arrays:
            frames.append(arrays["joints"].shape)
    assert frames == [(25, 22, 3), (19, 22, 3)]  # the last frame of 26 and of 20 only serves for velocities


def test_several_motions_never_replace_their_source(walk, tmp_path):
    source = tmp_path / "o_0.npz"
    np.savez(source, joints=np.stack([walk, walk]))
    before = source.read_bytes()
    with pytest.raises(UserError, match="overwrite the source"):
        import_motion.main([str(source), "--convert", str(tmp_path / "o.npz")])
    assert source.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_single_file_is_told_what_a_folder_would_drop_it_for(walk):
    def reasons(joints: np.ndarray) -> list[str]:
        return [line.split(":")[0] for line in take_warnings(joints)]

    assert reasons(walk) == []
    assert reasons(walk[:, list(T2M_SKELETON.mirror_order)]) == ["mirrored"]
    assert reasons(walk * 3) == ["size"]
    stretching, jumping = walk.copy(), walk.copy()
    stretching[::2, 20] += 0.3
    assert "stretching" in reasons(stretching)
    jumping[15:] += (0.9, 0, 0)
    assert reasons(jumping) == ["jump"]
    assert reasons(walk * (1, -1, -1))[0] == "upside-down"
    rising = np.repeat(walk, 3, 0) + np.clip((np.arange(90) - 20) / 20, 0, 1)[:, None, None] * (0, 0.6, 0)
    assert reasons(rising) == ["floating"]
    assert take_warnings(np.repeat(walk[:1], 300, 0)) == ["nothing moves"]  # a statue
    assert reasons(np.full_like(walk, np.nan)) == ["NaN"]


@pytest.mark.parametrize(
    ("joints", "says"),
    [
        ("two", "2 frames at 60 per second (0.0333 s) make 1 at 20"),
        ("skipped", "1 frames at 20 per second without"),
    ],
)
def test_a_take_too_short_says_so_in_frames_and_seconds(walk, tmp_path, joints, says):
    frames, fps = (2, 60) if joints == "two" else (3, 20)
    np.savez(tmp_path / "a.npz", joints=walk[:frames], fps=fps)
    with pytest.raises(BadMotion) as error:
        load_take(tmp_path / "a.npz", ConvertOptions(skip_frames=0 if frames == 2 else 2), 20.0)
    assert error.value.reason == "too short" and says in str(error.value)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('file;caption\nw.bvh;"walks; slowly"\n', 0.0),
        ('sep=;\nfile;caption\nw.bvh;"walks; slowly"\n', 0.0),
        ("file\tcaption\nw.bvh\twalks; slowly\n", 0.0),
        ("File | Caption\nw.bvh|walks; slowly\n", 0.0),
        ('file,caption\nw.bvh,"walks; slowly"\n', 0.0),
        ('file;caption;start;end\nw.bvh;"walks; slowly";0,5;2,75\n', 0.5),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_tables_of_any_separator(tmp_path, text, start, ending):
    (tmp_path / "c.csv").write_text(text.replace("\n", ending), encoding="utf-8-sig", newline="")
    (entry,) = read_caption_table(tmp_path / "c.csv").values()
    assert entry.sentences == [("walks; slowly", start, 2.75 if start else 0.0)]


def test_too_many_fields_name_the_separator(tmp_path):
    (tmp_path / "c.csv").write_text("sep=;\nfile;caption\nw;walks; slowly\n")
    with pytest.raises(UserError, match="line 3: more fields .* semicolons"):
        read_caption_table(tmp_path / "c.csv")


def same_line(text: str) -> str:
    """A BVH file's braces behind what they belong to."""
    return re.sub(r"\n\s*\{", " {", text)


def in_armature(text: str) -> str:
    """A BVH file whose root is an object without channels, as Blender writes it."""
    head, motion = text.split("MOTION")
    body = head.removeprefix("HIERARCHY\n").replace("ROOT", "JOINT", 1)
    return f"HIERARCHY\nROOT Armature\n{{\nOFFSET 0 0 0\nCHANNELS 0\n{body}}}\nMOTION{motion}"


FRAME_TIME = "Frame Time: 0.0083333"
OWN_CASES = {  # change, flags -> frames of the result, or a word of the refusal
    "as it is": (lambda text: text, [], 20),
    "byte order mark": (lambda text: "\ufeff" + text, [], 20),
    "braces on the same line": (same_line, [], 20),
    "no frame time": (lambda text: text.replace(FRAME_TIME, "Frame Time: 0"), ["--source-fps", "120"], 20),
    "frame time is a rate": (
        lambda text: text.replace(FRAME_TIME, "Frame Time: 120"),
        [],
        "--source-fps 120",
    ),
    "cut off": (lambda text: "\n".join(text.splitlines()[:-60]), [], 10),
    "a pose of two frames": (lambda text: "\n".join(text.splitlines()[:-119]), [], "too short|make 1 at 20"),
    "root without channels": (in_armature, [], 20),
}


@pytest.mark.parametrize("name", OWN_CASES)
def test_odd_bvh_files_of_procedural_motion(tmp_path, name):
    change, flags, expected = OWN_CASES[name]
    path = tmp_path / "walk.bvh"
    write_bvh_kind(path, "mixamo")
    import_motion.main([str(path), "--convert", str(tmp_path / "plain.npz")])
    text = path.read_text(encoding="utf-8")
    assert FRAME_TIME in text
    path.write_text(change(text), encoding="utf-8")
    command = [str(path), "--convert", str(tmp_path / "o.npz"), *flags]
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            import_motion.main(command)
        return
    import_motion.main(command)
    with np.load(tmp_path / "o.npz") as found, np.load(tmp_path / "plain.npz") as plain:
        assert len(plain["joints"]) == 20 and len(found["joints"]) == expected
        # A shorter clip stands on another lowest point.
        above = (0, found["joints"][0, 0, 1] - plain["joints"][0, 0, 1], 0)
        np.testing.assert_allclose(found["joints"], plain["joints"][:expected] + above, atol=2e-3)


CASES = {  # file, flags -> frames of the result, or a word of the refusal
    "bom/bom.bvh": ([], 26), "brace_same_line/brace_same.bvh": ([], 26), "features_263/walk.npy": ([], 26),
    "frame_time_0/ft0.bvh": (["--source-fps", "30"], 26), "frame_time_is_fps/ft_fps.bvh": ([], "--source-fps 30"),
    "frames_announced_too_many/cut.bvh": ([], 9), "npz_rate_array/fps_shape_1.npz": ([], 3),
    "pose_of_two_frames/stance_60fps.bvh": ([], "too short|make 1 at 20"),
    "arrays_of_the_field/t2mgpt_1xTx22x3.npy": ([], 5), "arrays_of_the_field/kimodo_like.npz": ([], 3),
    "arrays_of_the_field/mdm_results.npy": ([], 5), "root_without_channels/armature_channels_0.bvh": ([], 5),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases_that_went_wrong(shared, tmp_path, name):
    flags, expected = CASES[name]
    source = shared / "cases" / "import" / name
    if not source.is_file():
        pytest.skip(f"needs {name} of the shared cases")
    command = [str(source), "--convert", str(tmp_path / "o.npz"), *flags]
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            import_motion.main(command)
        return
    import_motion.main(command)
    with np.load(tmp_path / "o.npz") as arrays:
        joints = arrays["joints"]
    assert len(joints) == expected
    if expected == 26:
        import_motion.main([str(shared / "cases/import/base.bvh"), "--convert", str(tmp_path / "base.npz")])
        with np.load(tmp_path / "base.npz") as arrays:
            assert np.linalg.norm(joints - arrays["joints"], axis=-1).max() < 0.02  # metres
