"""Captured clips from the archives' own files: the table, the cutting, and the stored arrays where they are at hand."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter

import numpy as np
import pytest
from rigs import walking

from dataset.building.mocap_source import read_clips
from dataset.captured import SETS, cut_originals, read_cuts
from dataset.captured.originals import floor_slope, index_files, place, ranges, read_take
from dataset.captured.takes import Cut
from dataset.motion_files.write_bvh import write_bvh
from dataset.prepare import build_mocap
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON, retarget

# What the archives call the files of ../shared/data/raw_samples.
SAMPLES = {
    "cmu_02_01.amc": "cmu/subjects/02/02_01.amc",
    "cmu_02.asf": "cmu/subjects/02/02.asf",
    "cmu_07_01.amc": "cmu/subjects/07/07_01.amc",
    "cmu_07.asf": "cmu/subjects/07/07.asf",
    "cmu_daz_06_08.bvh": "daz/06/06_08.bvh",
    "cmu_daz_13_40.bvh": "daz/13/13_40.bvh",
    "dataset-1_bow_normal_001.bvh": "bandai/data/dataset-1_bow_normal_001.bvh",
    "dataset-2_walk-turn-left_normal_001.bvh": "bandai/data/dataset-2_walk-turn-left_normal_001.bvh",
    "HDM_bd_depositFloorR_001_120.amc": "hdm/depositFloorR/HDM_bd_depositFloorR_001_120.amc",
    "HDM_bd.asf": "hdm/HDM_bd.asf",
}
TAKES = {"02_01.amc", "07_01.amc", "06_08.bvh", "13_40.bvh", "dataset-1_bow_normal_001.bvh"}
TAKES |= {"dataset-2_walk-turn-left_normal_001.bvh", "HDM_bd_depositFloorR_001_120.amc"}


def cut(**more) -> Cut:
    facts = {
        "name": "a",
        "group": "mocap",
        "source": "cmu",
        "take": "take.bvh",
        "action": "walk",
        "style": "",
    }
    facts |= {"split": "train", "length": 60, "frames": (0, 60), "height": None, "check": np.zeros((3, 3))}
    return Cut(**(facts | {"lines": ("a person walks#a/DET person/NOUN walk/VERB#0.0#0.0",)} | more))


@pytest.fixture(scope="module")
def walk_file(tmp_path_factory):
    """A folder with a BVH file of a walk that goes through a circle, and its joints (300, 22, 3) on the common skeleton."""
    folder = tmp_path_factory.mktemp("walk")
    joints = retarget(walking(300), T2M_SKELETON)
    joints[..., 0] += 0.2 * np.sin(np.arange(300) / 40)[:, None]
    joints -= (0.0, joints[..., 1].min(), 0.0)
    write_bvh(folder / "take.bvh", joints, fps=20.0)
    return folder, read_take(folder / "take.bvh", None, None), joints


@pytest.fixture(scope="module")
def cuts():
    return read_cuts(SETS)


def test_the_table_names_every_clip_once_and_keeps_takes_within_a_split(cuts):
    assert Counter(c.group for c in cuts) == {"mocap": 2776, "mocap_more": 294}
    assert len({c.name for c in cuts}) == len(cuts)
    assert Counter(c.split for c in cuts if c.group == "mocap") == {"train": 2218, "val": 139, "test": 419}
    by_take: dict[str, list[Cut]] = {}
    for c in cuts:
        by_take.setdefault(c.take, []).append(c)
    for take, of_take in by_take.items():
        assert len({(c.source, c.split) for c in of_take}) == 1, take
        spans = sorted(c.frames for c in of_take if c.frames)
        assert all(stop <= start for (_, stop), (start, _) in zip(spans, spans[1:], strict=False)), take
    assert all(c.frames[1] - c.frames[0] == c.length for c in cuts if c.frames)
    assert {c.source for c in cuts if c.frames is None} == {"reactidle"}
    assert sum(c.height is not None for c in cuts) == 22


def test_captions_are_in_the_format_of_the_field_and_none_is_taken_from_kit(cuts):
    for c in cuts:
        assert 1 <= len(c.lines) <= 3
        for line in c.lines:
            text, tokens, start, end = line.split("#")
            assert text and all("/" in token for token in tokens.split()) and start == end == "0.0"
    shorter = [c for c in cuts if len(c.lines) < 3]
    assert len(shorter) == 28 and {c.source for c in shorter} == {"cmu"}  # each had one caption of KIT's


def test_the_table_agrees_with_the_stored_sets(shared, cuts):
    for group in SETS:
        folder = shared / "data" / group
        stored = {clip.name: clip for clip in read_clips(folder)}
        of_group = [c for c in cuts if c.group == group]
        assert [c.name for c in of_group] == list(stored)
        for split in ("train", "val", "test"):
            names = (folder / f"{split}.txt").read_text().split()
            assert [c.name for c in of_group if c.split == split] == names
        for c in of_group:
            clip = stored[c.name]
            assert len(clip.joints) == c.length and set(c.lines) <= set(clip.lines)
            np.testing.assert_allclose(clip.joints[-1, [0, 20, 21]], c.check, atol=6e-4)


def test_raw_samples_cut_from_their_files_equal_the_stored_arrays(shared, cuts, tmp_path, capsys):
    raw = shared / "data" / "raw_samples"
    for name, place_of in SAMPLES.items():
        (tmp_path / place_of).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(raw / name, tmp_path / place_of)
    # The MotionBuilder conversion of a take is not the one that was used, and is refused.
    shutil.copyfile(raw / "cmu_mb_12_01.bvh", tmp_path / "12_01.bvh")
    (source,) = build_mocap.cut_sets(tmp_path, ["mocap"])
    assert "12_01.bvh has no frames like those of 001317" in capsys.readouterr().err
    names = [c.name for c in cuts if c.take in TAKES]
    with np.load(source / "joints.npz") as built, np.load(shared / "data/mocap/joints.npz") as stored:
        assert built["ids"].tolist() == names and len(names) == 7
        ids = stored["ids"].tolist()
        for number, name in enumerate(names):
            there = slice(*stored["offsets"][ids.index(name) :][:2])
            here = slice(*built["offsets"][number : number + 2])
            np.testing.assert_allclose(built["root"][here], stored["root"][there], rtol=0, atol=5e-6)
            # Whole units of 0.1 mm: the same, but for values on the border between two.
            apart = np.abs(built["local"][here].astype(int) - stored["local"][there])
            assert apart.max() <= 1 and np.mean(apart > 0) < 3e-3, name
    entries = {e["id"]: e for e in map(json.loads, (source / "captions.jsonl").read_text().splitlines())}
    wanted = {e["id"]: e for e in map(json.loads, (shared / "data/mocap/captions.jsonl").open())}
    assert all(entries[name] == wanted[name] for name in names)


def test_a_missing_piece_is_told_and_the_rest_is_cut(walk_file, tmp_path, capsys, monkeypatch):
    folder, joints, _ = walk_file
    check = place(joints[:60])[-1, [0, 20, 21]]
    table = [cut(name="1", check=check), cut(name="2", take="nowhere.bvh", source="hdm05", split="val")]
    table.append(cut(name="3", take="TAKE.BVH", check=check + 0.1))  # other numbers: another version
    found = cut_originals(folder, table)
    assert list(found.joints) == ["1"] and found.missing == {"hdm05": 1}
    assert len(found.wrong) == 1 and "has no frames like those of 3" in found.wrong[0]
    np.testing.assert_allclose(found.joints["1"], place(joints[:60]), atol=1e-6)
    # A file that was cut elsewhere is found by its last frame.
    later = place(joints[196:256])
    moved = cut(name="4", frames=(0, 60), check=later[-1, [0, 20, 21]])
    np.testing.assert_allclose(cut_originals(folder, [moved]).joints["4"], later, atol=1e-6)


def test_the_set_is_built_from_originals_and_again_only_when_they_change(
    walk_file, tmp_path, capsys, monkeypatch
):
    folder, joints, _ = walk_file
    originals = tmp_path / "originals"
    shutil.copytree(folder, originals)
    table = []
    for number, (split, start) in enumerate([("train", 0), ("val", 196), ("test", 196)]):
        check = place(joints[start : start + 60])[-1, [0, 20, 21]]
        table.append(cut(name=f"00000{number}", split=split, frames=(start, start + 60), check=check))
    monkeypatch.setattr(build_mocap, "read_cuts", lambda sets: table)
    arguments = ["--originals", str(originals), "--out", str(tmp_path / "Mocap")]
    build_mocap.main(arguments)
    assert "cut 3 of 3 clips" in capsys.readouterr().out
    clips = {clip.name: clip for clip in read_clips(originals / "captured" / "mocap")}
    np.testing.assert_allclose(clips["000001"].joints, place(joints[196:256]), atol=6e-5)
    assert (tmp_path / "Mocap/test.txt").read_text().split() == ["000002", "M000002"]
    assert np.load(tmp_path / "Mocap/new_joint_vecs/M000000.npy").shape == (59, 263)
    build_mocap.main(arguments)
    assert "nothing to do" in capsys.readouterr().out


def test_wrong_folders_are_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    for flags, said in {
        "--originals none": "none: no such folder; make it by dataset/prepare/download_mocap.sh",
        "--originals empty": "empty holds no files of the set mocap",
        "--originals empty --source empty": "leave out --source",
        "--originals empty --out empty": "choose another --out",
    }.items():
        words = [str(tmp_path / w) if w in ("none", "empty") else w for w in flags.split()]
        out = [] if "--out" in words else ["--out", str(tmp_path / "out")]
        with pytest.raises(UserError, match=re.escape(said)) as error:
            build_mocap.main([*words, *out])
        assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"] and not list(
        (tmp_path / "empty").iterdir()
    )


def test_a_take_is_read_onto_the_common_skeleton_with_its_floor_at_zero(walk_file):
    _, joints, written = walk_file
    assert joints.shape == written.shape and joints[..., 1].min() == pytest.approx(0.0, abs=1e-9)
    assert np.abs(joints - joints[:1, :1] - (written - written[:1, :1])).max() < 2e-3
    clip = place(joints[100:160])
    assert np.abs(clip[0, 0, [0, 2]]).max() < 1e-9
    np.testing.assert_allclose(clip[..., 1], joints[100:160, :, 1])


def test_parts_of_eight_to_ten_seconds_tile_the_take():
    """765 frames make four parts, of 191, 191, 192 and 191 frames, as in the set of people standing idle."""
    assert ranges(765, cut(frames=None, length=192)) == [(382, 574)]
    assert ranges(765, cut(frames=None, length=191)) == [(0, 191), (191, 382), (574, 765)]
    assert ranges(400, cut(frames=None, length=200)) == [(0, 200), (200, 400)]


def test_the_slope_of_a_floor_is_found():
    """Steps of ten frames on a floor that rises by 1.2 mm a frame."""
    frames = np.arange(200)
    joints = np.ones((200, 22, 3))
    joints[:, 10, 1] = 0.1 * np.abs(np.sin(np.pi * frames / 10))
    assert floor_slope(joints) == pytest.approx(0.0, abs=2e-5)
    joints[..., 1] += 0.0012 * frames[:, None]
    assert floor_slope(joints) == pytest.approx(0.0012, abs=2e-5)


def test_files_are_found_anywhere_by_name_in_any_case(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "HDM_x.AMC").touch()
    (tmp_path / "notes.txt").touch()
    assert {name: len(paths) for name, paths in index_files(tmp_path).items()} == {"hdm_x.amc": 1}
