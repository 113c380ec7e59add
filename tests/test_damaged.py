"""Damaged or odd files of ours: clips, arguments.yaml, checkpoints, training states. One line that names the file."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from editing_world import clip, codec, write_tokenizer
from toy_stage import ToyStage, new_run, settings

from editing.sources import load_clip
from models.build import load_tokenizer
from training.loop import train
from utils.checkpoint import LAST_FILE, load_checkpoint, read_arguments, save_checkpoint
from utils.runtime import UserError

CODEC = codec()


@pytest.fixture(scope="module")
def arrays(tmp_path_factory) -> dict[str, np.ndarray]:
    """What a sound clip's file holds."""
    path = tmp_path_factory.mktemp("clip") / "clip.npz"
    clip(40).save(path)
    with np.load(path) as stored:
        return dict(stored)


def refused(path: Path, says: str | None = None) -> None:
    """`load_clip` has one line for it, that names the file."""
    with pytest.raises(UserError, match=says) as error:
        load_clip(path, CODEC)
    assert path.name in str(error.value) and "\n" not in str(error.value)


def test_a_sound_clip_comes_back_as_it_was(tmp_path, arrays):
    np.savez(tmp_path / "clip.npz", **arrays)
    back = load_clip(tmp_path / "clip.npz", CODEC)
    for name in ("features", "joints", "pose_codes", "residual_codes"):
        np.testing.assert_array_equal(getattr(back, name), arrays[name])
    assert (back.fps, back.pose_frame, back.text) == (20.0, "heading", "a person stands")
    without = {name: values for name, values in arrays.items() if name != "residual_codes"}
    np.savez(tmp_path / "pose.npz", **without)
    assert load_clip(tmp_path / "pose.npz", CODEC).residual_codes is None


def with_value(values: np.ndarray, value: float) -> np.ndarray:
    changed = values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    changed.flat[7] = value
    return changed


ODD = {
    "features": [
        lambda a: a[:, :-1], lambda a: a[0], lambda a: a[:0], lambda a: a[:-1], lambda a: a.astype("U8"),
        lambda a: a.astype(complex), lambda a: a > 0, lambda a: with_value(a, np.nan), lambda a: with_value(a, np.inf),
        lambda a: with_value(a, 1e6), lambda a: a[None], lambda a: np.float32(1), lambda a: a.astype(object),
    ],
    "joints": [
        lambda a: a[:, :-1], lambda a: a[..., :2], lambda a: a[:-5], lambda a: a.reshape(len(a), -1),
        lambda a: with_value(a, np.nan), lambda a: with_value(a, -1e30), lambda a: a.astype("S4"),
    ],
    "pose_codes": [
        lambda a: a[:-2], lambda a: a[:, :-1], lambda a: with_value(a, 200), lambda a: with_value(a, -1),
        lambda a: a.astype(float), lambda a: a[:0], lambda a: np.repeat(a, 3, 0), lambda a: a.astype("datetime64[s]"),
    ],
    "residual_codes": [
        lambda a: a[:-1], lambda a: a[:, :-1], lambda a: with_value(a, 8), lambda a: with_value(a, -2),
        lambda a: a.astype(float), lambda a: a[..., None],
    ],
    "fps": [
        lambda a: np.array(np.nan), lambda a: np.array(0.0), lambda a: np.array(-20.0), lambda a: np.array(1e9),
        lambda a: np.array([20.0, 20.0]), lambda a: np.array("fast"), lambda a: np.array(30.0),
    ],
    "pose_frame": [lambda a: np.array("mars"), lambda a: np.array(3), lambda a: np.array(["world"])],
    "text": [lambda a: np.array(3), lambda a: np.array(["a", "b"])],
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_arrays_are_named(tmp_path, arrays, name):
    for number, change in enumerate(ODD[name]):
        path = tmp_path / f"odd{number}.npz"
        np.savez(path, **{**arrays, name: change(arrays[name])})
        # An object array can't be read at all, and says so.
        refused(path, says="features or joints|for .* frames|shape .39, 22|" + name + "|Object arrays")


def test_missing_arrays_and_files_of_another_kind(tmp_path, arrays):
    for name in arrays:
        if name == "residual_codes":
            continue
        np.savez(tmp_path / "less.npz", **{key: values for key, values in arrays.items() if key != name})
        refused(tmp_path / "less.npz", says=name)
    np.save(tmp_path / "array.npy", arrays["features"])
    (tmp_path / "array.npz").write_bytes((tmp_path / "array.npy").read_bytes())
    refused(tmp_path / "array.npz")
    (tmp_path / "folder.npz").mkdir()
    refused(tmp_path / "folder.npz")


def test_damaged_clips_of_a_fixed_seed(tmp_path, arrays):
    """Flipped bytes and cut ends: read as they were written, or refused; never another error."""
    np.savez_compressed(tmp_path / "clip.npz", **arrays)
    np.save(tmp_path / "clip.npy", arrays["features"])
    rng = np.random.default_rng(0)
    for suffix, number in [(".npz", 60), (".npy", 60)]:
        whole = (tmp_path / f"clip{suffix}").read_bytes()
        for index in range(number):
            data = bytearray(whole)
            if index % 3:
                # In .npy files the header is what can be told.
                for place in rng.integers(0, len(data) if suffix == ".npz" else 128, 3):
                    data[place] = rng.integers(256)
            else:
                data = data[: rng.integers(len(data))]
            path = tmp_path / f"damaged{index}{suffix}"
            path.write_bytes(bytes(data))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    load_clip(path, CODEC)
                except UserError as error:
                    assert "\n" not in str(error) and path.name in str(error), str(error)


@pytest.mark.parametrize(
    "change",
    [
        {"depth": 10**6}, {"depth": "3"}, {"depth": [3]}, {"width": -5}, {"width": 1e9}, {"width": True},
        {"down_t": 40}, {"dataname": 7}, {"dataname": ["t2m"]}, {"vq_act": {"a": 1}}, {"rvq_nb_code": 10**12},
        {"rvq_num_quantizers": 0}, {"dilation_growth_rate": 64, "depth": 12}, {"unuse_ema": "maybe"},
        {"width": float("nan")}, {"pose_frame": 0}, {"code_dim": None}, {"width": None}, {"vq_act": "tanh"},
        {"vq_norm": "XX"}, {"rvq_quantizer_type": "firm"}, {"pdrop_res": 2}, {"rvq_init_method": "x"},
    ],
)  # fmt: skip
def test_settings_of_models_that_can_not_be(tmp_path, change):
    folder = write_tokenizer(tmp_path / "tokenizer")
    path = folder / "arguments.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    if change == {"rvq_init_method": "x"}:
        assert load_tokenizer(folder) is not None  # only a training asks
        return
    with pytest.raises(UserError, match="tokenizer") as error:
        load_tokenizer(folder)
    assert "\n" not in str(error.value)


def test_published_settings_pass(tmp_path):
    (tmp_path / "arguments.yaml").write_text(
        json.dumps({"depth": 3, "clip_dim": None, "extra": [1, {"a": 2}]})
    )
    assert read_arguments(tmp_path)["depth"] == 3


@pytest.mark.parametrize(
    "content",
    [
        {"net": 3}, {"net": [torch.zeros(2)]}, {"net": {"a": 3}}, {"net": {3: torch.zeros(2)}}, {"net": None},
        {"net": {"a": torch.zeros(2, dtype=torch.complex64)}}, {"net": {"a": torch.zeros(2, 2).to_sparse()}},
        {"net": {"a": {"b": torch.zeros(2)}}}, {"net": {}, "nb_iter": "many"}, {"net": {}, "nb_iter": -1},
        {"net": {}, "nb_iter": True}, {"net": {}, "nb_iter": None}, {"net": {}}, {}, {3: 4},
        {"net": {"encoder.model.0.weight": torch.zeros(3)}},
    ],
)  # fmt: skip
def test_checkpoints_of_odd_content_name_the_file(tmp_path, content):
    folder = write_tokenizer(tmp_path / "tokenizer")
    torch.save(content, folder / "net_last.pth")
    with pytest.raises(UserError, match="tokenizer") as error:
        load_tokenizer(folder)
    assert "\n" not in str(error.value)


def test_damaged_checkpoints_of_a_fixed_seed(tmp_path):
    """Old and new format, flipped and cut: refused, or read where the format can't tell; never another error."""
    rng = np.random.default_rng(1)
    for new in (True, False):
        path = tmp_path / f"new{new}.pth"
        torch.save({"net": {"a": torch.zeros(20)}, "nb_iter": 3}, path, _use_new_zipfile_serialization=new)
        whole = path.read_bytes()
        for index in range(80):
            data = bytearray(whole)
            if index % 4:
                for place in rng.integers(0, len(data), 3):
                    data[place] = rng.integers(256)
            else:
                data = data[: rng.integers(len(data))]
            path.write_bytes(bytes(data))
            try:
                load_checkpoint(path, "net")
            except UserError as error:
                assert path.name in str(error) and "\n" not in str(error)


STATES = {
    "optimizer": [None, 3, {}, {"state": {}, "param_groups": 3}, {"state": {}, "param_groups": [{}]}],
    "scheduler": [None, []],
    "rng": [None, {}, {"python": 3}, {"python": (3, (1, 2), None), "numpy": 3, "torch": 4}],
    "best": [None, 3, {"fid": "low"}, {"fid": None}],
    "stage": [None, 5],
    "nb_iter": [None, "x", -3],
}


@pytest.mark.parametrize("name", STATES)
def test_resuming_from_a_damaged_state_names_the_file(tmp_path, name):
    run = new_run(tmp_path)
    train(ToyStage(), settings(2), run)
    path = run.path / LAST_FILE
    sound = load_checkpoint(path)
    for value in [*STATES[name], "left out"]:
        content = {key: values for key, values in sound.items() if key != name or value != "left out"}
        if value != "left out":
            content[name] = value
        save_checkpoint(path, content)
        with pytest.raises(UserError, match=LAST_FILE) as error:
            train(ToyStage(), settings(4, resume=True), new_run(tmp_path, resume=str(run.path)))
        assert "\n" not in str(error.value)
