"""A split is cached completely and freshly, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from toy_layout import LENGTHS, SPEC, load, make_layout, random_codes, write_clip

import dataset.read_clips
from dataset.cache import load_split
from dataset.cache_folder import open_or_build
from dataset.pose_codes import to_khot
from utils.runtime import UserError


def cache_folders(root) -> list[str]:
    return sorted(path.name for path in (root / ".cache").iterdir())


def test_clips_are_what_the_files_hold(tmp_path) -> None:
    clips = load(make_layout(tmp_path))
    assert clips.names == list(LENGTHS) and clips.lengths.tolist() == list(LENGTHS.values())
    for index, name in enumerate(clips.names):
        rows = clips.slice(index)
        np.testing.assert_array_equal(clips.features[rows], np.load(tmp_path / f"new_joint_vecs/{name}.npy"))
        np.testing.assert_array_equal(clips.pose_codes[rows], np.load(tmp_path / f"codes_heading/{name}.npy"))
        texts = [clips.caption_texts[row] for row in clips.captions.rows_of(index)]
        assert texts == [caption.text for caption in clips.captions[index]] and len(texts) == 3
    assert isinstance(clips.features, np.memmap) and clips.features.dtype == np.float32
    assert isinstance(clips.pose_codes, np.memmap) and clips.pose_codes.dtype == np.uint8
    np.testing.assert_array_equal(clips.mean, np.load(tmp_path / "Mean.npy"))
    np.testing.assert_allclose(clips.denormalise(clips.normalise(clips.features)), clips.features, atol=1e-5)


def test_the_second_load_builds_nothing(tmp_path, monkeypatch) -> None:
    first = load(make_layout(tmp_path))
    monkeypatch.setattr(dataset.read_clips.SplitReader, "write", lambda *_: pytest.fail("built again"))
    second = load(tmp_path)
    assert second.fingerprint == first.fingerprint and second.caption_texts == first.caption_texts
    np.testing.assert_array_equal(first.features, second.features)


@pytest.mark.parametrize("changed", ["new_joint_vecs/a.npy", "codes_heading/b.npy", "texts/c.txt"])
def test_a_touched_source_makes_the_cache_stale_and_removes_it(tmp_path, changed) -> None:
    old = load(make_layout(tmp_path))
    stat = (tmp_path / changed).stat()
    os.utime(tmp_path / changed, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    new = load(tmp_path)
    assert new.fingerprint != old.fingerprint
    assert cache_folders(tmp_path) == [f"train-{new.fingerprint}"]


def test_changed_content_is_read_again(tmp_path) -> None:
    load(make_layout(tmp_path))
    write_clip(tmp_path, "a", 44, ["new words#new/ADJ#0.0#0.0"])
    clips = load(tmp_path)
    assert clips.length(0) == 44 and clips.captions[0][0].text == "new words"


def test_caches_of_other_settings_live_side_by_side(tmp_path) -> None:
    make_layout(tmp_path)
    (tmp_path / "codes").mkdir()
    for name, length in LENGTHS.items():
        np.save(tmp_path / f"codes/{name}.npy", random_codes(length, np.random.default_rng(0)))
    heading, world = load(tmp_path), load(tmp_path, pose_frame="world")
    assert len(cache_folders(tmp_path)) == 2 and heading.fingerprint != world.fingerprint
    assert not np.array_equal(heading.pose_codes, world.pose_codes)


def test_a_damaged_cache_is_built_again(tmp_path) -> None:
    clips = load(make_layout(tmp_path))
    expected, file = np.array(clips.features), clips.folder / "features.f32"
    del clips
    file.write_bytes(file.read_bytes()[:-4])
    np.testing.assert_array_equal(load(tmp_path).features, expected)


def test_a_kill_in_the_middle_leaves_nothing_usable(tmp_path, repo) -> None:
    make_layout(tmp_path)
    script = (
        "import os, signal, sys\n"
        "import dataset.read_clips as reader\n"
        "from dataset.cache import load_split\n"
        "from dataset.spec import get_spec\n"
        "read, count = reader.SplitReader._read, []\n"
        "def dying(self, name, content):\n"
        "    count.append(name)\n"
        "    if len(count) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return read(self, name, content)\n"
        "reader.SplitReader._read = dying\n"
        "load_split(sys.argv[1], get_spec('toy'), 'train', pose_frame='heading')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    died = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=repo)
    assert died.returncode == -signal.SIGKILL, died.stderr  # an error before the kill would say why
    assert all(name.startswith("building-") for name in cache_folders(tmp_path))  # never read
    assert len(cache_folders(tmp_path)) == 1
    clips = load(tmp_path)
    assert len(clips) == len(LENGTHS)
    assert cache_folders(tmp_path) == [f"train-{clips.fingerprint}"]  # the leftovers are cleared


def test_a_failing_build_leaves_no_folder(tmp_path) -> None:
    def fail(folder):
        (folder / "half").write_text("half")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        open_or_build(tmp_path, "kind", {}, [], fail)
    assert list(tmp_path.iterdir()) == []


def test_of_two_builders_at_once_the_first_wins(tmp_path) -> None:
    def slow(folder):
        open_or_build(tmp_path, "kind", {}, [], lambda _: {"by": "the other"})  # finishes meanwhile
        return {"by": "us"}

    folder, description = open_or_build(tmp_path, "kind", {}, [], slow)
    assert description == {"by": "the other"} and list(tmp_path.iterdir()) == [folder]


def test_bad_clips_are_left_out_with_one_line(tmp_path, capsys) -> None:
    make_layout(tmp_path, LENGTHS | {"nan": 60, "wide": 60, "short": 39, "off": 60, "mute": 60, "gone": 60})
    nan = np.load(tmp_path / "new_joint_vecs/nan.npy")
    nan[30, 5] = np.nan
    np.save(tmp_path / "new_joint_vecs/nan.npy", nan)
    np.save(tmp_path / "new_joint_vecs/wide.npy", np.zeros((60, 251), np.float32))
    np.save(tmp_path / "codes_heading/off.npy", random_codes(58, np.random.default_rng(0)))
    (tmp_path / "texts/mute.txt").unlink()
    (tmp_path / "codes_heading/gone.npy").unlink()
    np.save(tmp_path / "codes_heading/c.npy", random_codes(LENGTHS["c"] + 1, np.random.default_rng(0)))
    for _ in range(2):  # said whenever the split is loaded, not only when the cache is built
        clips = load(tmp_path)
        said = [line for line in capsys.readouterr().err.splitlines() if "skipped" in line]
        assert clips.names == list(LENGTHS)
        assert len(said) == 1 and "skipped 6 of 12 clips" in said[0] and "cropped 1 clips" in said[0]
        assert "NaN or infinite values (nan)" in said[0] and "shorter than 40 frames (short)" in said[0]
        assert "60 frames of motion but 58 of pose codes (off)" in said[0]
    assert clips.length(2) == LENGTHS["c"]


def test_the_summary_names_ten_clips_at_most(tmp_path, capsys) -> None:
    make_layout(tmp_path, {"good": 50} | {f"short{k:02}": 20 for k in range(13)})
    load(tmp_path)
    said = capsys.readouterr().err
    assert "13 shorter than 40 frames" in said and "short09, ..." in said and "short10" not in said


def test_nothing_left_is_an_error(tmp_path) -> None:
    with pytest.raises(UserError, match="nothing usable.*2 shorter than 40 frames"):
        load(make_layout(tmp_path, {"a": 10, "b": 20}))
    assert not list((tmp_path / ".cache").iterdir())


def test_khot_codes_are_read_and_checked(tmp_path) -> None:
    make_layout(tmp_path)
    compact = np.load(tmp_path / "codes_heading/a.npy")
    np.save(tmp_path / "codes_heading/a.npy", to_khot(compact))
    broken = to_khot(np.load(tmp_path / "codes_heading/b.npy"))
    broken[3] = False
    np.save(tmp_path / "codes_heading/b.npy", broken)
    beyond = np.load(tmp_path / "codes_heading/c.npy")
    beyond[0, 0] = 200
    np.save(tmp_path / "codes_heading/c.npy", beyond)
    clips = load(tmp_path)
    assert clips.names == ["a", "d", "e", "f"]
    np.testing.assert_array_equal(clips.pose_codes[clips.slice(0)], compact)


def test_time_tagged_captions_become_clips_of_their_own(tmp_path, capsys) -> None:
    lines = [
        "all of it#all/DET#0.0#0.0",
        "a part#part/NOUN#1.0#4.55",
        "the same part#part/NOUN#1.0#4.55",
        "too short#short/ADJ#1.0#2.0",
        "to the end#end/NOUN#2.0#99.0",
    ]
    make_layout(tmp_path, {"a": 120, "b": 130})
    write_clip(tmp_path, "a", 120, lines)
    write_clip(tmp_path, "b", 130, lines[1:2])
    clips = load(tmp_path)
    assert clips.names == ["a", "a_20_91", "a_40_120", "b", "b_20_91"]
    assert clips.sources == ["a", "a", "a", "b", "b"]
    assert clips.is_whole.tolist() == [True, False, False, True, False]
    assert [[caption.text for caption in captions] for captions in clips.captions] == [
        ["all of it"], ["a part", "the same part"], ["to the end"], [], ["a part"],
    ]  # fmt: skip
    np.testing.assert_array_equal(clips.features[clips.slice(1)][:, 0], np.arange(20, 91))
    assert clips.text_clips().tolist() == [0, 1, 2, 4]  # b as a whole has no caption
    assert clips.window_clips(64).tolist() == [0, 3]  # parts would count their frames twice
    assert "left out 1 captions" in capsys.readouterr().err


def test_long_clips_serve_windows_but_not_text(tmp_path) -> None:
    clips = load(make_layout(tmp_path, {"a": 199, "b": 200, "c": 40}))
    assert clips.text_clips().tolist() == [0, 2] and clips.window_clips(64).tolist() == [0, 1]
    with pytest.raises(UserError, match="--window-size"):
        clips.window_clips(300)


def test_missing_parts_are_named_with_a_remedy(tmp_path) -> None:
    make_layout(tmp_path)
    with pytest.raises(
        UserError, match=r"codes are missing: run `bash dataset/prepare/parse_motion.sh --data"
    ):
        load(tmp_path, pose_frame="world")
    with pytest.raises(UserError, match=r"holds pose codes of the heading frame, not world"):
        load(tmp_path, pose_frame="world", codes_folder="codes_heading")
    (tmp_path / "codes_heading/frame.json").unlink()
    with pytest.raises(UserError, match="of the world frame, not heading"):  # the published files' frame
        load(tmp_path)
    assert len(load(tmp_path, pose_frame="world", codes_folder="codes_heading")) == len(LENGTHS)
    with pytest.raises(UserError, match=r"val\.txt is missing"):
        load_split(tmp_path, SPEC, "val", pose_frame="heading")
    np.save(tmp_path / "Std.npy", np.ones(251, np.float32))
    with pytest.raises(UserError, match=r"Std\.npy must hold 263"):
        load(tmp_path, pose_frame="world", codes_folder="codes_heading")
    (tmp_path / "Mean.npy").unlink()
    with pytest.raises(UserError, match=r"Mean\.npy is missing"):
        load(tmp_path, pose_frame="world", codes_folder="codes_heading")


def test_a_constant_feature_is_divided_by_one(tmp_path) -> None:
    make_layout(tmp_path)
    std = np.load(tmp_path / "Std.npy")
    std[-4:] = 0
    np.save(tmp_path / "Std.npy", std)
    assert load(tmp_path).std[-4:].tolist() == [1, 1, 1, 1]


def test_two_data_sets_can_share_a_cache_folder(tmp_path) -> None:
    roots = [make_layout(tmp_path / name, {"x": length}) for name, length in (("one", 50), ("two", 60))]
    for _ in range(2):
        assert [load(root, cache_dir=tmp_path / "cache").length(0) for root in roots] == [50, 60]
    assert len(list((tmp_path / "cache").iterdir())) == 2
