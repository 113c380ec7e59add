"""Data set builders, run on a tiny source made here: layout, mirrored clips, idempotence, errors."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from dataset.building.folders import replaced_folder
from dataset.features import feature_statistics, recover_joints
from dataset.pose_codes import from_khot, names, parse_pose_codes
from dataset.pose_codes.files import read_frame_info
from dataset.prepare import build_mocap, parse_motion
from dataset.spec import T2M_LAYOUT
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

CAPTION = "a man raises the left hand#a/DET man/NOUN raise/VERB the/DET left/ADJ hand/NOUN#0.0#0.0"
SPLITS = {"train": ["000001", "000002"], "val": ["000003"], "test": ["000005"]}


def left_raise(frames):
    """A person on the target skeleton (frames, 22, 3) who walks forward and raises the left arm."""
    joints = np.zeros((frames, 22, 3))
    joints[:, 0] = np.stack([np.zeros(frames), np.full(frames, 0.9), np.linspace(0, 1, frames)], -1)
    for chain in T2M_SKELETON.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            direction = np.repeat(T2M_SKELETON.rest_directions[child][None], frames, 0)
            if child in (18, 20):
                angle = np.linspace(0, 3, frames)
                direction = np.stack([np.sin(angle), -np.cos(angle), 0 * angle], -1)
            joints[:, child] = joints[:, parent] + direction * T2M_SKELETON.bone_lengths[child]
    joints[..., 1] -= joints[..., 1].min()
    return joints


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A motion capture source of four clips in the real one's format."""
    folder = tmp_path_factory.mktemp("source")
    clips = {
        name: left_raise(frames)
        for name, frames in zip(sum(SPLITS.values(), []), (60, 50, 45, 40), strict=True)
    }
    root = np.concatenate([joints[:, 0] for joints in clips.values()]).astype(np.float32)
    everything = np.concatenate(list(clips.values()))
    offsets = np.cumsum([0, *(len(joints) for joints in clips.values())])
    local = np.round((everything - everything[:, :1]) * 1e4).astype(np.int16)
    np.savez(folder / "joints.npz", ids=np.array(list(clips)), offsets=offsets, root=root, local=local)
    entries = [json.dumps({"id": name, "lines": [CAPTION]}) for name in clips]
    (folder / "captions.jsonl").write_text("\n".join(entries) + "\n")
    for split, members in SPLITS.items():
        (folder / f"{split}.txt").write_text("\n".join(members) + "\n")
    return folder


@pytest.fixture(scope="module")
def built(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "Mocap"
    build_mocap.main(["--source", str(source), "--out", str(out)])
    return out


def test_layout_and_splits(built):
    ids = sorted(path.stem for path in (built / "new_joints").iterdir())
    assert ids == sorted([*sum(SPLITS.values(), []), *("M" + name for name in sum(SPLITS.values(), []))])
    for folder in ("new_joint_vecs", "texts", "codes", "codes_heading"):
        assert sorted(path.stem for path in (built / folder).glob("*0*.*")) == ids
    lists = {name: (built / f"{name}.txt").read_text().split() for name in (*SPLITS, "train_val", "all")}
    assert lists["train"] == ["000001", "000002", "M000001", "M000002"]
    assert lists["test"] == ["000005", "M000005"]
    assert lists["train_val"] == lists["train"] + lists["val"] and sorted(lists["all"]) == ids
    assert not list(built.parent.glob(".Mocap*"))


def test_files_of_a_clip_agree(built):
    for name in ("000001", "M000001"):
        features = np.load(built / "new_joint_vecs" / f"{name}.npy")
        joints = np.load(built / "new_joints" / f"{name}.npy")
        assert features.shape == (59, 263) and joints.dtype == features.dtype == np.float32
        assert np.array_equal(recover_joints(features), joints)
        for folder, frame in (("codes", "world"), ("codes_heading", "heading")):
            codes = np.load(built / folder / f"{name}.npy")
            assert np.array_equal(codes, parse_pose_codes(joints, frame)) and codes.dtype == np.uint8
            assert read_frame_info(built / folder) == {"frame": frame, "noise": 0.0}
    # Already on the target skeleton: left as it was.
    assert np.abs(np.load(built / "new_joints" / "000001.npy") - left_raise(60)[:-1]).max() < 1e-3


def test_mirrored_clips_raise_the_other_hand_and_say_so(built):
    original, mirrored = (np.load(built / "new_joints" / f"{name}.npy") for name in ("000001", "M000001"))
    left, right = T2M_SKELETON.index("left_wrist"), T2M_SKELETON.index("right_wrist")
    assert np.ptp(original[:, left, 1]) > 0.8 and np.ptp(original[:, right, 1]) < 0.01
    assert np.ptp(mirrored[:, right, 1]) > 0.8 and np.ptp(mirrored[:, left, 1]) < 0.01
    assert mirrored[-1, 0, 2] > 0.9  # still walks forward
    group = names.find_group("R-wrist vs neck relY")
    codes = np.load(built / "codes_heading" / "M000001.npy")
    assert names.label(group, codes[-1, group.index]) == "the right wrist is above the neck"
    assert (built / "texts" / "000001.txt").read_text() == CAPTION + "\n"
    assert (built / "texts" / "M000001.txt").read_text() == CAPTION.replace("left", "right") + "\n"


def test_statistics_are_those_of_the_training_split(built):
    members = (built / "train.txt").read_text().split()
    mean, std = feature_statistics(
        (np.load(built / "new_joint_vecs" / f"{n}.npy") for n in members), T2M_LAYOUT
    )
    assert np.array_equal(np.load(built / "Mean.npy"), mean)
    assert np.array_equal(np.load(built / "Std.npy"), std)


def test_finished_folder_is_left_alone_until_something_changes(source, tmp_path, capsys):
    out = tmp_path / "Mocap"
    arguments = ["--source", str(source), "--out", str(out)]
    build_mocap.main(arguments)
    marker = out / "kept"
    marker.touch()
    build_mocap.main(arguments)
    assert marker.exists() and "nothing to do" in capsys.readouterr().out
    (out / "texts" / "000001.txt").unlink()  # incomplete: made again
    build_mocap.main(arguments)
    assert not marker.exists() and (out / "texts" / "000001.txt").exists()
    assert "2 of them have fewer than 40 feature rows" in capsys.readouterr().out
    marker.touch()
    build_mocap.main([*arguments, "--force"])
    assert not marker.exists()


def test_missing_source_and_foreign_folder_are_errors(source, tmp_path):
    with pytest.raises(UserError, match="--source"):
        build_mocap.main(["--source", str(tmp_path / "none"), "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(UserError, match="did not make"):
        build_mocap.main(["--source", str(source), "--out", str(tmp_path / "mine")])
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_replaced_folder_keeps_the_old_one_when_the_work_fails(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(RuntimeError), replaced_folder(target) as temporary:
        (temporary / "new").touch()
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]
    with replaced_folder(target) as temporary:
        (temporary / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "new"]


def test_parse_motion_makes_both_frames_and_leaves_out_bad_clips(built, tmp_path, capsys):
    joints = np.load(built / "new_joints" / "000001.npy")
    (tmp_path / "new_joints").mkdir()
    np.save(tmp_path / "new_joints" / "a.npy", joints)
    np.save(tmp_path / "new_joints" / "nan.npy", np.full((50, 22, 3), np.nan))
    np.save(tmp_path / "new_joints" / "flat.npy", np.zeros((22, 3)))
    arguments = ["--dataname", "mocap", "--data-root", str(tmp_path)]
    parse_motion.main(arguments)
    assert "2 clips left out" in capsys.readouterr().err
    for folder, frame in (("codes", "world"), ("codes_heading", "heading")):
        assert [path.name for path in (tmp_path / folder).glob("*.npy")] == ["a.npy"]
        assert np.array_equal(np.load(tmp_path / folder / "a.npy"), parse_pose_codes(joints, frame))
        assert read_frame_info(tmp_path / folder)["frame"] == frame
    parse_motion.main(arguments)
    assert capsys.readouterr().out.count("nothing to do") == 2
    with pytest.raises(UserError, match="khot"):
        parse_motion.main([*arguments, "--khot"])
    parse_motion.main([*arguments, "--khot", "--pose-frame", "world", "--codes-folder-name", "published"])
    khot = np.load(tmp_path / "published" / "a.npy")
    assert khot.dtype == bool and np.array_equal(
        from_khot(khot, strict=True), parse_pose_codes(joints, "world")
    )


def test_parse_motion_noise_is_repeatable_and_differs_between_clips(built, tmp_path):
    joints = np.load(built / "new_joints" / "000001.npy")
    (tmp_path / "new_joints").mkdir()
    for name in "ab":
        np.save(tmp_path / "new_joints" / f"{name}.npy", joints)
    results = []
    for folder, seed in (("first", "1"), ("second", "1"), ("third", "2")):
        parse_motion.main(["--data-root", str(tmp_path), "--pose-frame", "world", "--noise", "1",
                           "--seed", seed, "--codes-folder-name", folder])  # fmt: skip
        results.append([np.load(tmp_path / folder / f"{name}.npy") for name in "ab"])
    first, second, third = results
    assert np.array_equal(first[0], second[0]) and not np.array_equal(first[0], third[0])
    assert not np.array_equal(first[0], first[1])


def test_parse_motion_never_replaces_codes_of_others(tmp_path):
    (tmp_path / "new_joints").mkdir()
    np.save(tmp_path / "new_joints" / "a.npy", left_raise(40))
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "a.npy").touch()
    with pytest.raises(UserError, match="--force"):
        parse_motion.main(["--data-root", str(tmp_path)])
    with pytest.raises(UserError, match="no .npy files"):
        parse_motion.main(["--data-root", str(tmp_path / "codes")])


def test_scripts_run_from_anywhere_and_report_in_one_line(repo, tmp_path):
    prepare = repo / "dataset" / "prepare"
    commands = [
        [sys.executable, str(prepare / "build_mocap.py"), "--source", "none"],
        ["bash", str(prepare / "parse_motion.sh"), "--data-root", "none"],
    ]
    environment = os.environ | {"PYTHON": sys.executable}
    running = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    for process in running:
        _, errors = process.communicate()
        assert process.returncode == 2, errors
        assert errors.startswith("error: ") and errors.count("\n") == 1
