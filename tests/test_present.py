"""A folder or a looping link under the name of a file is refused by name, where an absent file has a stand-in."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from published_files import BASE, TOKENIZER, base_state, tokenizer_state, write_folder
from toy_layout import LENGTHS, SPEC, make_layout

from dataset.cache import load_split
from dataset.pose_codes.files import read_frame_info
from dataset.word_vectors import GLOVE_FILES, load_word_vectors
from editing.evaluation import pick_clips
from models.build import find_weights, load_tokenizer
from models.evaluator import NOTE_FILE, EvaluatorSizes, TextMotionEvaluator, load_evaluator, save_evaluator
from models.folders import find_stage_folders
from models.follow import follow_tokenizer
from training.evaluator_stage import export_evaluator
from utils.checkpoint import newest_run, write_arguments
from utils.present import has_file
from utils.runtime import UserError


def folder_instead(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def circle(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def nowhere(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("not-there")


SPOILS = (folder_instead, circle, nowhere)
EACH = pytest.mark.parametrize("spoil", SPOILS)


def refused(path: Path, call) -> None:
    """That `call` is refused in one line that names `path`."""
    with pytest.raises(UserError) as error:
        call()
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.fixture
def run(tmp_path) -> Path:
    """A tokenizer's run with both files of weights."""
    folder = tmp_path / "tokenizer" / "2026-01-01-00-00-00"
    write_folder(folder, "net", tokenizer_state(TOKENIZER), TOKENIZER)
    shutil.copy(folder / "net_best_fid.pth", folder / "net_last.pth")
    return folder


@EACH
def test_a_file_is_there_absent_or_refused(tmp_path, spoil):
    path = tmp_path / "file"
    assert not has_file(path)
    path.write_text("x")
    assert has_file(path)
    (tmp_path / "link").symlink_to("file")
    assert has_file(tmp_path / "link")
    spoil(path)
    refused(path, lambda: has_file(path))


# ----------------------------------------------------------------------------------------- trained models
@EACH
def test_the_last_weights_stand_in_for_no_broken_best(run, spoil):
    best = run / "net_best_fid.pth"
    best.unlink()
    assert find_weights(run).name == "net_last.pth"
    spoil(best)
    refused(best, lambda: find_weights(run))
    refused(best, lambda: load_tokenizer(run))


@EACH
@pytest.mark.parametrize("name", ["net_best_fid.pth", "arguments.yaml"])
def test_an_older_run_stands_in_for_no_broken_one(run, spoil, name):
    newer = Path(shutil.copytree(run, run.with_name("2026-02-02-00-00-00")))
    (newer / "net_last.pth").unlink()
    spoil(newer / name)
    assert newest_run(run.parent) == newer
    refused(newer / name, lambda: load_tokenizer(newest_run(run.parent)))


@EACH
def test_stages_are_not_found_elsewhere(run, spoil, tmp_path):
    base = write_folder(tmp_path / "base", "trans", base_state(BASE), BASE)
    assert find_stage_folders(tmp_path) == {"tokenizer": run, "base": base}
    spoil(run / "net_best_fid.pth")
    refused(run / "net_best_fid.pth", lambda: load_tokenizer(find_stage_folders(tmp_path)["tokenizer"]))


@EACH
def test_the_data_set_s_statistics_stand_in_for_no_broken_ones(run, spoil):
    for name in ("mean", "std"):
        np.save(run / f"{name}.npy", np.ones(263, np.float32))
    assert load_tokenizer(run).info.mean is not None
    spoil(run / "std.npy")
    refused(run / "std.npy", lambda: load_tokenizer(run))


@EACH
def test_an_evaluator_with_a_broken_note_is_not_the_official_one(tmp_path, spoil):
    save_evaluator(TextMotionEvaluator(EvaluatorSizes()), tmp_path, "toy")
    assert load_evaluator(tmp_path, "toy").note["origin"] == "own"
    spoil(tmp_path / "toy" / NOTE_FILE)
    refused(tmp_path / "toy" / NOTE_FILE, lambda: load_evaluator(tmp_path, "toy"))


@EACH
def test_an_evaluator_is_not_exported_from_other_weights(tmp_path, spoil):
    write_arguments(tmp_path, {})
    (tmp_path / "net_last.pth").write_text("x")
    spoil(tmp_path / "net_best_top1.pth")
    refused(tmp_path / "net_best_top1.pth", lambda: export_evaluator(tmp_path, tmp_path / "out"))


@pytest.mark.parametrize("wrong", [{"dataname": "nowhere"}, {"dataname": None}, {"pose_frame": "sideways"}])
def test_a_transformer_names_the_tokenizer_s_file_not_a_flag(run, wrong):
    path = run / "arguments.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    args = Namespace(dec_checkpoint_folder=str(run.parent), dataname=None, pose_frame=None)
    refused(path, lambda: follow_tokenizer(args))


# --------------------------------------------------------------------------------------------------- data
@EACH
def test_codes_with_a_broken_record_are_not_the_release_s(tmp_path, spoil):
    assert read_frame_info(tmp_path)["frame"] == "world"
    spoil(tmp_path / "frame.json")
    refused(tmp_path / "frame.json", lambda: read_frame_info(tmp_path))


@EACH
def test_spacy_s_vectors_stand_in_for_no_broken_file(tmp_path, spoil, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the default folder is looked for
    Path("glove").mkdir()
    spoil(Path("glove") / GLOVE_FILES[0])
    refused(Path("glove") / GLOVE_FILES[0], load_word_vectors)


@EACH
@pytest.mark.parametrize(
    ("file", "reason"),
    [("texts/a.txt", "captions"), ("new_joint_vecs/a.npy", "motion"), ("codes_heading/a.npy", "pose codes")],
)
def test_a_clip_with_a_broken_file_is_left_out(tmp_path, capsys, spoil, file, reason):
    make_layout(tmp_path)
    spoil(tmp_path / file)
    clips = load_split(tmp_path, SPEC, "train", pose_frame="heading")
    assert clips.names == [name for name in LENGTHS if name != "a"]
    said = capsys.readouterr().err
    assert "skipped 1 of 6 clips" in said and f"{reason} (a)" in said


@EACH
def test_a_data_set_of_one_broken_clip_is_refused_in_a_line(tmp_path, spoil):
    make_layout(tmp_path, {"a": 50})
    spoil(tmp_path / "texts" / "a.txt")
    with pytest.raises(UserError, match="captions .a.") as error:
        load_split(tmp_path, SPEC, "train", pose_frame="heading")
    assert "\n" not in str(error.value)


@EACH
def test_edits_are_measured_on_sound_clips_only(tmp_path, spoil):
    make_layout(tmp_path)
    spoil(tmp_path / "new_joint_vecs" / "c.npy")
    (tmp_path / "new_joint_vecs" / "d.npy").write_bytes(b"damaged")
    assert pick_clips(tmp_path, "train", 2) == ["b", "f"]
