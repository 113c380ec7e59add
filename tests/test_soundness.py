"""Damaged weights and statistics are refused, wherever they are read, exported or converted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from folder_states import flip, spoil
from text_files import write_glove, write_openai_clip
from toy_layout import load as load_layout
from toy_layout import make_layout

from dataset.statistics import read_statistics
from dataset.word_vectors import load_word_vectors
from models.build import load_base_transformer, load_refine_transformer, load_tokenizer
from models.evaluator import (
    CONTACTS,
    MODEL_FILE,
    STATISTICS_FOLDER,
    EvaluatorSizes,
    TextMotionEvaluator,
    load_evaluator,
    save_evaluator,
)
from models.text_encoder import convert_openai_clip, load_text_encoder
from utils.checkpoint import export_weights, load_checkpoint, save_checkpoint, write_arguments
from utils.runtime import UserError
from utils.soundness import check_archive, is_finite, require_finite

SIZES = EvaluatorSizes(
    features=20, movement_hidden=8, movement=8, motion_hidden=8, text_hidden=8, embedding=8
)
LOADERS = {
    "exp_pg_tokenizer": load_tokenizer,
    "exp_base_transformer": load_base_transformer,
    "exp_refine_transformer": load_refine_transformer,
}


@pytest.fixture
def small(repo, tmp_path) -> Path:
    """A copy of the models in the repository."""
    return Path(shutil.copytree(repo / "pretrained" / "small", tmp_path / "small"))


@pytest.fixture
def openai_file(tmp_path):
    return write_openai_clip(tmp_path)


@pytest.fixture
def glove_dir(tmp_path):
    return write_glove(tmp_path / "glove")


# -------------------------------------------------------------------------------------- flipped bytes
def test_every_flipped_byte_is_found_or_changes_nothing(tmp_path):
    """Whatever is flipped: an error, or the same content."""
    path = tmp_path / "a.pth"
    weights = {"a": torch.randn(50), "b": torch.arange(9).half()}
    save_checkpoint(path, {"nb_iter": 7, "net": weights})
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")  # several bits of it; of the rest, one bit of each byte
    places = [(place, place % 8) for place in range(directory)]
    places += [(place, bit) for place in range(directory, len(whole)) for bit in (0, 4, 7)]
    refused = 0
    for place, bit in places:
        flip(path, place, bit)
        try:
            content = load_checkpoint(path)
        except UserError as error:
            refused += 1
            assert str(path) in str(error) and "\n" not in str(error)
        else:
            assert content["nb_iter"] == 7 and set(content["net"]) == {"a", "b"}, place
            assert all(torch.equal(content["net"][name], weights[name]) for name in weights), place
        path.write_bytes(whole)
    assert refused > 600  # the tensors, the pickle and the directory of the archive


@pytest.mark.parametrize("stage", LOADERS)
@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_bit_in_the_weights_of_a_stage_is_found(small, stage, place):
    path = small / stage / "net_best_fid.pth"
    flip(path, place)
    with pytest.raises(UserError, match=r"net_best_fid\.pth: damaged .wrong checksum of .*download it again"):
        LOADERS[stage](small / stage)


def test_a_flipped_bit_in_an_evaluator_is_found(small):
    flip(small / "evaluator" / "mocap" / MODEL_FILE, 0.5)
    with pytest.raises(UserError, match=r"finest\.tar: damaged"):
        load_evaluator(small / "evaluator", "mocap")


def test_a_flipped_bit_in_openais_file_is_found(openai_file):
    flip(openai_file, 0.5)
    with pytest.raises(UserError, match=r"ViT-B-32\.pt: damaged"):
        load_text_encoder("clip", openai_file)


def test_files_without_checksums_still_load(tmp_path):
    content = {"net": {"a": torch.ones(3)}}
    torch.save(content, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(content, tmp_path / "unsummed.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    for name in ("old", "unsummed"):
        assert load_checkpoint(tmp_path / f"{name}.pth")["net"]["a"].sum() == 3


def test_a_cut_file_is_damaged(tmp_path):
    save_checkpoint(tmp_path / "a.pth", {"net": {"a": torch.randn(500)}})
    whole = (tmp_path / "a.pth").read_bytes()
    for length in (5, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.pth").write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"a\.pth: damaged"):
            check_archive(tmp_path / "a.pth")


# --------------------------------------------------------------------------------- NaN and infinity
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_single_bad_number_is_seen(bad, dtype):
    values = torch.randn(1000, 7).to(dtype)
    assert is_finite(values)
    values[617, 3] = bad
    assert not is_finite(values)


def test_large_numbers_are_no_infinity():
    assert is_finite(torch.full((100,), torch.finfo(torch.float32).max))  # whose sum is not finite
    assert is_finite(torch.tensor([])) and is_finite(torch.tensor([2**40]))
    with pytest.raises(UserError, match=r"file: NaN or infinity in state\.0\[1\];"):
        require_finite({"state": {0: [torch.ones(1), torch.tensor([float("nan")])]}}, "file")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("stage", LOADERS)
def test_weights_that_are_not_finite_are_named(small, stage, bad):
    name = spoil(small / stage / "net_best_fid.pth", bad)
    with pytest.raises(UserError, match=rf"net_best_fid\.pth: NaN or infinity in {name}"):
        LOADERS[stage](small / stage)


def test_a_codebook_that_is_not_finite_is_named(small):
    path = small / "exp_pg_tokenizer" / "net_best_fid.pth"
    content = torch.load(path, weights_only=True)
    name = next(name for name in content["net"] if name.endswith("codebook"))
    content["net"][name][0, 0] = float("nan")
    torch.save(content, path)
    with pytest.raises(UserError, match=name):
        load_tokenizer(small / "exp_pg_tokenizer")


def test_exports_and_conversions_refuse_what_is_not_finite(tmp_path, openai_file):
    save_checkpoint(tmp_path / "net_best_fid.pth", {"net": {"a": torch.tensor([1.0, float("nan")])}})
    write_arguments(tmp_path, {})
    for half in (False, True):
        with pytest.raises(UserError, match=r"net_best_fid\.pth: NaN or infinity in a"):
            export_weights(tmp_path, tmp_path / "out", "net", half=half)
    state = torch.load(openai_file)
    state["ln_final.weight"][0] = float("inf")
    with pytest.raises(UserError, match="CLIP weights: NaN or infinity in text_model.final_layer_norm"):
        convert_openai_clip(state)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("bad", "said"), [(float("nan"), "NaN or infinity in motion_"), (1e6, "exceeds float16")]
)
def test_an_evaluator_is_saved_whole_or_not_at_all(tmp_path, bad, said):
    evaluator = TextMotionEvaluator(SIZES)
    evaluator.mean = evaluator.std = np.ones(SIZES.features + CONTACTS)
    with torch.no_grad():
        evaluator.motion_encoder.input_emb.weight[0, 0] = bad
    with pytest.raises(UserError, match=said):
        save_evaluator(evaluator, tmp_path, "toy", half=True)
    assert list(tmp_path.iterdir()) == []


def test_an_evaluator_that_is_not_finite_is_refused(tmp_path):
    save_evaluator(TextMotionEvaluator(SIZES), tmp_path, "toy")
    path = tmp_path / "toy" / MODEL_FILE
    name = spoil(path, float("nan"), "text_encoder")
    with pytest.raises(UserError, match=rf"finest\.tar: NaN or infinity in text_encoder\.{name}"):
        load_evaluator(tmp_path, "toy")


def test_word_vectors_that_are_not_finite_are_refused(glove_dir):
    vectors = np.load(glove_dir / "our_vab_data.npy")
    for bad in (np.nan, np.inf, -1e30):
        vectors[3, 3] = bad
        np.save(glove_dir / "our_vab_data.npy", vectors)
        with pytest.raises(UserError, match=r"our_vab_data\.npy is damaged \(NaN"):
            load_word_vectors(glove_dir)


def test_a_hugging_face_folder_with_a_flipped_bit_is_refused(tmp_path, openai_file):
    folder = tmp_path / "hf"
    convert_openai_clip(torch.load(openai_file)).save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json"):
        if (openai_file.parent / name).is_file():
            shutil.copy(openai_file.parent / name, folder)
    state = convert_openai_clip(torch.load(openai_file)).state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")
    load_text_encoder("clip", folder)
    flip(folder / "pytorch_model.bin", 0.5)
    with pytest.raises(UserError, match=r"pytorch_model\.bin: damaged"):
        load_text_encoder("clip", folder)


# ------------------------------------------------------------------------------- mean and deviation
def with_value(values: np.ndarray, value: float) -> np.ndarray:
    values = values.copy()
    values[4] = value
    return values


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("mean", lambda m, s: (with_value(m, np.nan), s), r"mean\.npy: shape .*5 finite numbers"),
        ("std", lambda m, s: (m, with_value(s, np.inf)), r"std\.npy: shape .*5 finite numbers"),
        (
            "std",
            lambda m, s: (m, with_value(s, -1.0)),
            r"std\.npy is negative at 1 features \(the first: 4\)",
        ),
        ("std", lambda m, s: (s, m), r"std\.npy is negative .*are mean\.npy and std\.npy exchanged"),
        ("std", lambda m, s: (m, s * 0), r"std\.npy is 0 for 5 of 5"),
        ("mean", lambda m, s: (with_value(m, 1e30), s), r"mean\.npy holds 1e\+30, beyond any motion"),
        ("std", lambda m, s: (m, s[:3]), r"std\.npy: shape \(3,\)"),
        ("mean", lambda m, s: (m[None], s), r"mean\.npy: shape \(1, 5\)"),
        ("mean", lambda m, s: (m.astype(str), s), r"mean\.npy: shape .*<U"),
    ],
)
def test_statistics_that_can_not_be(tmp_path, name, change, said):
    files = (tmp_path / "mean.npy", tmp_path / "std.npy")
    for path, values in zip(files, change(np.linspace(-1, 1, 5), np.linspace(0.1, 1, 5)), strict=True):
        np.save(path, values)
    with pytest.raises(UserError, match=said + ".* make it again$"):
        read_statistics(*files, None if name == "std" else 5, "make it again")


@pytest.mark.parametrize(
    ("folder", "names", "read"),
    [
        (
            "exp_pg_tokenizer",
            ("mean.npy", "std.npy"),
            lambda small: load_tokenizer(small / "exp_pg_tokenizer"),
        ),
        (
            Path("evaluator/mocap") / STATISTICS_FOLDER,
            ("mean.npy", "std.npy"),
            lambda small: load_evaluator(small / "evaluator", "mocap"),
        ),
    ],
)
def test_exchanged_statistics_beside_weights_are_refused(small, folder, names, read):
    read(small)
    first, second = (small / folder / name for name in names)
    values = np.load(first), np.load(second)
    np.save(second, values[0])
    np.save(first, values[1])
    with pytest.raises(UserError, match="exchanged"):
        read(small)


@pytest.fixture
def measured(tmp_path) -> Path:
    """A data set whose features look like real ones: deviations from 0.02 to 0.4, and their own statistics."""
    make_layout(tmp_path)
    rng = np.random.default_rng(0)
    mean, std = rng.normal(0, 0.5, 263), rng.uniform(0.02, 0.4, 263)
    features = []
    for path in sorted((tmp_path / "new_joint_vecs").glob("*.npy")):
        features.append((rng.standard_normal((len(np.load(path)), 263)) * std + mean).astype(np.float32))
        np.save(path, features[-1])
    np.save(tmp_path / "Mean.npy", np.concatenate(features).mean(0))
    np.save(tmp_path / "Std.npy", np.concatenate(features).std(0))
    return tmp_path


def test_a_data_set_of_its_own_statistics_loads_without_a_word(measured, capsys):
    clips = load_layout(measured)
    normalised = clips.normalise(np.asarray(clips.features))
    assert abs(normalised.mean()) < 1e-3 and abs(normalised.std() - 1) < 1e-3
    assert "warning" not in capsys.readouterr().err


def test_exchanged_mean_and_std_of_a_data_set_are_refused(measured):
    (measured / "Mean.npy").rename(measured / "x")
    (measured / "Std.npy").rename(measured / "Mean.npy")
    (measured / "x").rename(measured / "Std.npy")
    with pytest.raises(UserError, match=r"Std\.npy is negative .*exchanged\?"):
        load_layout(measured)


def test_features_normalised_twice_are_refused(measured):
    mean, std = np.load(measured / "Mean.npy"), np.load(measured / "Std.npy")
    for path in (measured / "new_joint_vecs").glob("*.npy"):
        np.save(path, ((np.load(path) - mean) / std).astype(np.float32))
    with pytest.raises(UserError, match="new_joint_vecs is normalised already"):
        load_layout(measured)


@pytest.mark.parametrize(("index", "value"), [(slice(0, 1), 1e-12), (slice(None), 1e-5)])
def test_deviations_far_too_small_are_refused(measured, index, value):
    std = np.load(measured / "Std.npy")
    std[index] = value
    np.save(measured / "Std.npy", std)
    with pytest.raises(UserError, match="root mean square .*other data or damaged"):
        load_layout(measured)


def test_statistics_of_other_data_are_a_warning(measured, capsys):
    np.save(measured / "Std.npy", np.load(measured / "Std.npy") * 6)
    load_layout(measured)
    assert "deviation 0.167 " in capsys.readouterr().err
    std = np.load(measured / "Std.npy") / 6
    std[:3] = 0
    np.save(measured / "Std.npy", std)
    assert load_layout(measured).std[:3].tolist() == [1, 1, 1]
    assert "Std.npy is 0 for 3 features that vary" in capsys.readouterr().err


# ------------------------------------------------------------------------------------- the real scripts
def script(repo: Path, *words: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=repo, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda small: flip(small / "exp_base_transformer" / "net_best_fid.pth", 0.5), "damaged"),
        (
            lambda small: spoil(small / "exp_pg_tokenizer" / "net_best_fid.pth", float("nan")),
            "NaN or infinity in",
        ),
        (
            lambda small: np.save(small / "exp_pg_tokenizer" / "std.npy", np.full(263, np.nan)),
            "263 finite numbers",
        ),
    ],
)
def test_generate_says_it_in_one_line_and_writes_nothing(small, repo, tmp_path, damage, said):
    damage(small)
    done = script(repo, "generate.py", "a person walks", "--checkpoint-folder", str(small), "--out",
                  str(tmp_path / "out"))  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith(f"error: {small}"), done.stderr
    assert said in done.stderr and done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
