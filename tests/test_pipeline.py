"""Text to motion: finding the folders, generating reproducibly, and one line for whatever does not fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from published_files import REFINE, refine_state, write_folder
from stage_folders import ALL, DATE, FakeEncoder, write_stages

from dataset.features import recover_joints
from models import pipeline
from models.pipeline import TextToMotion, find_stage_folders
from models.sampling import Sampling
from utils.runtime import UserError


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    return write_stages(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def fake_encoder(monkeypatch) -> None:
    monkeypatch.setattr(pipeline, "load_text_encoder", lambda name, path, device: FakeEncoder(name))


@pytest.fixture
def t2m(models) -> TextToMotion:
    return TextToMotion.from_pretrained(models)


def same(a, b) -> bool:
    return np.array_equal(a.features, b.features) and np.array_equal(a.pose_codes, b.pose_codes)


# -------------------------------------------------------------------------------------- finding the folders
def names(found: dict[str, Path]) -> dict[str, str]:
    return {stage: path.name for stage, path in found.items()}


def test_a_folder_of_folders(models):
    assert names(find_stage_folders(models)) == ALL
    assert names(find_stage_folders(models / "exp_refine_trans")) == ALL
    assert names(find_stage_folders(models / "exp_pg_tokenizer")) == ALL
    base_alone = {stage: ALL[stage] for stage in ("tokenizer", "base")}
    assert names(find_stage_folders(models / "exp_base_trans")) == base_alone


def test_dated_runs_stand_behind_their_names(tmp_path):
    root = write_stages(tmp_path, dated=True)
    newer = root / "exp_base_trans" / "2026-01-01-00-00-00"
    shutil.copytree(root / "exp_base_trans" / DATE, newer)
    for start in (root, root / "exp_refine_trans", root / "exp_refine_trans" / DATE):
        found = find_stage_folders(start)
        assert found["base"] == newer and found["tokenizer"].name == found["refine"].name == DATE


def test_evaluations_beside_the_stages_are_not_taken_for_them(tmp_path, capsys):
    root = write_stages(tmp_path, dated=True)
    for name in ("eval_pg_tokenizer", "a_base_evaluation", "exp_base_trans"):
        folder = root / name / "2027-01-01-00-00-00"  # of the last, a run that has saved nothing yet
        folder.mkdir(parents=True)
        (folder / "arguments.yaml").write_text("{}")
    assert {path.parent.name for path in find_stage_folders(root).values()} == set(ALL.values())
    assert capsys.readouterr().err == ""


def test_stored_arguments_lead_to_the_other_stages(tmp_path, models):
    shutil.copytree(models / "exp_pg_tokenizer", tmp_path / "elsewhere" / "a")
    shutil.copytree(models / "exp_base_trans", tmp_path / "elsewhere" / "b")
    places = {
        "dec_checkpoint_folder": str(tmp_path / "elsewhere" / "a"),
        "t2m_checkpoint_folder": "moved/from/b",
    }
    run = write_folder(tmp_path / "elsewhere" / "c", "r_trans", refine_state(REFINE), REFINE | places)
    found = find_stage_folders(run)
    assert names(found) == {"tokenizer": "a", "base": "b", "refine": "c"}  # b lies beside the run now


def test_folders_may_be_named_one_by_one(models):
    folders = {stage: models / name for stage, name in ALL.items()}
    assert TextToMotion.from_pretrained("nowhere", folders=folders).refine is not None
    folders["refine"] = None
    assert TextToMotion.from_pretrained("nowhere", folders=folders).refine is None


def test_what_was_looked_for_is_said(tmp_path, models):
    with pytest.raises(UserError, match="no such checkpoint folder"):
        TextToMotion.from_pretrained(tmp_path / "nowhere")
    lonely = tmp_path / "lonely" / "exp_pg_tokenizer"
    shutil.copytree(models / "exp_pg_tokenizer", lonely)
    shutil.copytree(models / "exp_base_trans", tmp_path / "somebody_s_base")  # further up: another project's
    for start in (lonely.parent, lonely):
        with pytest.raises(UserError, match=r"found no base checkpoint; looked at .*\*base\*") as error:
            TextToMotion.from_pretrained(start)
    assert "\n" not in str(error.value)


# ----------------------------------------------------------------------------------------------- generating
def test_a_clip_fits_together(t2m):
    clip = t2m.generate("a person waves", seconds=1.2, seed=3)
    assert clip.text == "a person waves" and clip.fps == 20 and clip.pose_frame == "world"
    assert clip.pose_codes.shape == (6, 70) and clip.residual_codes.shape == (6, 3)
    assert clip.features.shape == (24, 263) and clip.features.dtype == np.float32
    np.testing.assert_allclose(clip.joints, recover_joints(clip.features), atol=1e-6)
    # By hand: decode the codes, undo the normalisation.
    codes, residual = (torch.from_numpy(x)[None] for x in (clip.pose_codes, clip.residual_codes))
    np.testing.assert_allclose(clip.features, t2m.tokenizer.decode(codes, residual)[0] * 0.1, atol=1e-5)


def test_the_same_seed_gives_the_same_clip(t2m):
    first, again, other = (t2m.generate("a person waves", seconds=1, seed=seed) for seed in (1, 1, 2))
    assert same(first, again) and not same(first, other)
    sentence = t2m.generate("a person jumps", seconds=1, seed=1)
    assert not same(first, sentence)


def test_sentences_do_not_depend_on_their_neighbours(t2m):
    texts = ["a person waves", "a person jumps", "a person waves"]
    clips = t2m.generate(texts, seed=5)
    assert [clip.text for clip in clips] == texts
    for row, (text, clip) in enumerate(zip(texts, clips, strict=True)):
        alone = t2m.generate(text, seed=5 + row)
        np.testing.assert_array_equal(alone.pose_codes, clip.pose_codes)
        np.testing.assert_array_equal(alone.residual_codes, clip.residual_codes)
        np.testing.assert_allclose(alone.features, clip.features, atol=1e-5)


def test_temperature_0_takes_the_most_probable(t2m):
    a, b = (t2m.generate("a person waves", seconds=1, seed=seed, temperature=0) for seed in (1, 2))
    assert same(a, b)
    c, d = (
        t2m.generate("a person waves", seconds=1, seed=seed, temperature=0, refine_temperature=1)
        for seed in (1, 2)
    )
    assert np.array_equal(c.pose_codes, d.pose_codes) and not np.array_equal(
        c.residual_codes, d.residual_codes
    )


def test_lengths(t2m):
    clips = t2m.generate(["a", "b", "c"], seconds=[0.2, 0.71, 1.6])
    assert [len(clip.features) for clip in clips] == [4, 14, 32]  # exact, at 20 frames a second
    assert [len(clip.pose_codes) for clip in clips] == [1, 4, 8]  # whole steps of 4 frames
    assert [clip.steps_per_second for clip in clips] == [5, 5, 5]
    assert t2m.max_seconds == pytest.approx(1.6)  # 8 steps are left by the block size of 20
    free = t2m.generate(["a", "b", "c", "d"], seed=0)
    assert all(1 <= len(clip.pose_codes) <= 8 for clip in free)


def test_pose_codes_alone(t2m):
    whole = t2m.generate("a person waves", seconds=1)
    alone = t2m.generate("a person waves", seconds=1, use_residuals=False)
    np.testing.assert_array_equal(alone.pose_codes, whole.pose_codes)
    assert alone.residual_codes is None and not np.allclose(alone.features, whole.features, atol=1e-3)
    (stripped,) = t2m.without_residuals([whole])
    np.testing.assert_allclose(stripped.features, alone.features, atol=1e-5)
    assert stripped.residual_codes is None and whole.residual_codes is not None


def test_saved_clips(t2m, tmp_path):
    clip = t2m.generate("a person waves", seconds=1)
    clip.save(tmp_path / "clip.npz")
    with np.load(tmp_path / "clip.npz", allow_pickle=False) as stored:
        assert str(stored["text"]) == "a person waves" and float(stored["fps"]) == 20
        for name in ("features", "joints", "pose_codes", "residual_codes"):
            np.testing.assert_array_equal(stored[name], getattr(clip, name))


@pytest.mark.parametrize("text", ["", "  ", [], ["a person waves", "\n"]])
def test_empty_sentences_are_refused(t2m, text):
    with pytest.raises(UserError, match="empty sentence"):
        t2m.generate(text)


@pytest.mark.parametrize("seconds", [0, 0.1, 3601, -3, float("nan"), float("inf")])
def test_impossible_lengths_are_refused(t2m, seconds):
    with pytest.raises(UserError, match=r"from 0.2 to 3600 seconds"):
        t2m.generate("a person waves", seconds=seconds)


def test_a_length_for_every_sentence(t2m):
    with pytest.raises(UserError, match="2 lengths for 3 sentences"):
        t2m.generate(["a", "b", "c"], seconds=[1, 1])


# ------------------------------------------------------------------------------------ what does not fit
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokenizer": {"pose_frame": "heading"}}, "disagree on the pose frame"),
        ({"tokenizer": {"dataname": "kit"}}, "disagree on the feature width"),
        ({"refine": {"text_encoder": "minilm"}}, "disagree on the text encoder"),
        ({"tokenizer": {"rvq_num_quantizers": 2}}, "predicts 3 residual stages.* has 2"),
    ],
)
def test_stages_that_were_not_trained_together(tmp_path, changes, said):
    root = write_stages(tmp_path, **changes)
    with pytest.raises(UserError, match=said) as error:
        TextToMotion.from_pretrained(root)
    assert "exp_" in str(error.value) and "\n" not in str(error.value)


def test_another_text_encoder_is_refused_before_it_is_loaded(models, monkeypatch):
    monkeypatch.setattr(pipeline, "load_text_encoder", lambda *_, **__: pytest.fail("loaded"))
    with pytest.raises(
        UserError, match="trained with text encoder clip, not minilm; use --text-encoder clip"
    ):
        TextToMotion.from_pretrained(models, text_encoder="minilm")


def test_statistics_come_from_the_folder_or_from_the_data_set(tmp_path):
    root = write_stages(tmp_path / "models")
    (root / "exp_pg_tokenizer" / "std.npy").unlink()
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "Mean.npy", np.full(263, 3.0))
    with pytest.raises(UserError, match="--data-root"):
        TextToMotion.from_pretrained(root, data_root=data)
    np.save(data / "Std.npy", np.full(263, 2.0))
    model = TextToMotion.from_pretrained(root, data_root=data)
    assert (model.mean == 3).all() and (model.std == 2).all() and model.std.dtype == np.float32


def test_one_object_says_how_to_draw(t2m):
    said = t2m.generate("a person walks", 1.0, seed=3, temperature=0.7, use_residuals=False)
    assert same(
        said, t2m.generate("a person walks", 1.0, seed=3, sampling=Sampling(0.7, use_residuals=False))
    )
