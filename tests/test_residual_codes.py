"""Residual codes are computed once per tokenizer and data, and never taken from another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from argparse import Namespace

import numpy as np
import pytest
import torch
from tiny_models import stir, tiny_tokenizer
from toy_layout import LENGTHS, make_layout, write_clip

from evaluation.settings import DataSettings
from evaluation.workbench import Workbench, content_hash
from models.pg_tokenizer import PGTokenizer

MORE = LENGTHS | {"long": 300, "f2": 77}


def make_tokenizer(folder="tok", seed=0, **changes):
    tokenizer = stir(tiny_tokenizer(**changes), seed=seed)
    tokenizer.info = Namespace(folder=folder)
    return tokenizer


def make_bench(root) -> Workbench:
    return Workbench(DataSettings("toy", pose_frame="heading", kit_codes="corrected", data_root=str(root)))


@pytest.fixture
def root(tmp_path):
    return make_layout(tmp_path / "data", MORE)


def folders(root) -> list[str]:
    return sorted(path.name for path in (root / ".cache").iterdir() if not path.name.startswith("train"))


def one_by_one(bench, tokenizer) -> list[np.ndarray]:
    """The codes of every clip, without batches, padding or files."""
    clips, codes = bench.clips("train"), []
    for clip in range(len(clips)):
        frames = min(clips.length(clip), 196) // 4 * 4
        motion = clips.normalise(clips.features[clips.slice(clip)][:frames])[None]
        pose_codes = np.array(clips.pose_codes[clips.slice(clip)][:frames:4])[None]
        codes.append(tokenizer.encode(torch.from_numpy(motion), torch.from_numpy(pose_codes))[0].numpy())
    return codes


def count_encodes(monkeypatch) -> list:
    calls, encode = [], PGTokenizer.encode

    def counting(self, *args):
        calls.append(len(args[0]))
        return encode(self, *args)

    monkeypatch.setattr(PGTokenizer, "encode", counting)
    return calls


def test_codes_are_those_of_the_clips_one_by_one(root):
    bench, tokenizer = make_bench(root), make_tokenizer()
    found, expected = bench.residual_codes("train", tokenizer), one_by_one(bench, tokenizer)
    assert len(found) == len(MORE) and len({codes.tobytes() for codes in found}) == len(MORE)
    assert isinstance(found.flat, np.memmap)
    for codes, of_clip in zip(found, expected, strict=True):
        np.testing.assert_array_equal(codes, of_clip)


def test_the_second_run_encodes_nothing(root, monkeypatch):
    first = np.array(make_bench(root).residual_codes("train", make_tokenizer()).flat)
    calls = count_encodes(monkeypatch)
    np.testing.assert_array_equal(make_bench(root).residual_codes("train", make_tokenizer()).flat, first)
    assert not calls and len(folders(root)) == 1


def test_other_weights_in_the_same_folder_replace_the_cache(root):
    old = np.array(make_bench(root).residual_codes("train", make_tokenizer()).flat)
    before = folders(root)
    bench, changed = make_bench(root), make_tokenizer(seed=1)
    found = bench.residual_codes("train", changed)
    assert not np.array_equal(found.flat, old)
    np.testing.assert_array_equal(found.flat, np.concatenate(one_by_one(bench, changed)))
    assert len(folders(root)) == 1 and folders(root) != before


def test_tokenizers_of_other_folders_live_side_by_side(root, monkeypatch):
    for name, seed in (("a", 0), ("b", 1)):
        make_bench(root).residual_codes("train", make_tokenizer(name, seed))
    calls = count_encodes(monkeypatch)
    for name, seed in (("a", 0), ("b", 1)):
        make_bench(root).residual_codes("train", make_tokenizer(name, seed))
    assert not calls and len(folders(root)) == 2


@pytest.mark.parametrize("changed", ["clip", "mean"])
def test_other_data_replace_the_cache(root, changed):
    old = np.array(make_bench(root).residual_codes("train", make_tokenizer()).flat)
    if changed == "clip":
        write_clip(root, "a", 48)
    else:
        np.save(root / "Mean.npy", np.load(root / "Mean.npy") + 1)
    bench = make_bench(root)
    found = bench.residual_codes("train", make_tokenizer())
    assert not np.array_equal(found.flat, old)
    np.testing.assert_array_equal(found.flat, np.concatenate(one_by_one(bench, make_tokenizer())))
    assert len(folders(root)) == 1


def test_a_truncated_file_is_made_again(root):
    expected = np.array(make_bench(root).residual_codes("train", make_tokenizer()).flat)
    file = next((root / ".cache").glob("residual-*")) / "residual_codes.i16"
    file.write_bytes(file.read_bytes()[:-2])
    np.testing.assert_array_equal(make_bench(root).residual_codes("train", make_tokenizer()).flat, expected)


def test_a_kill_in_the_middle_leaves_nothing_that_is_used(root, repo):
    code = """
        import os, signal, sys
        sys.path[:0] = [sys.argv[2]]
        import dataset.residual_codes as module
        from test_residual_codes import make_bench, make_tokenizer
        from models.pg_tokenizer import PGTokenizer
        module.BATCH, encode, calls = 2, PGTokenizer.encode, []
        def dying(self, *args):
            calls.append(1)
            if len(calls) == 3: os.kill(os.getpid(), signal.SIGKILL)
            return encode(self, *args)
        PGTokenizer.encode = dying
        make_bench(sys.argv[1]).residual_codes("train", make_tokenizer())
    """
    arguments = [sys.executable, "-c", textwrap.dedent(code), str(root), os.path.dirname(__file__)]
    died = subprocess.run(arguments, capture_output=True, timeout=600, cwd=repo)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert [name.split("-")[0] for name in folders(root)] == ["building"]
    bench = make_bench(root)
    found = bench.residual_codes("train", make_tokenizer())
    np.testing.assert_array_equal(found.flat, np.concatenate(one_by_one(bench, make_tokenizer())))
    assert [name.split("-")[0] for name in folders(root)] == ["residual"]  # the leftovers are cleared


def test_the_hash_knows_every_weight_and_option():
    tokenizer = make_tokenizer()
    assert content_hash(tokenizer) == content_hash(make_tokenizer("elsewhere"))
    hashes = {content_hash(tokenizer), content_hash(make_tokenizer(residual_ratio=0.5))}
    for values in tokenizer.state_dict().values():
        if values.is_floating_point():
            values.reshape(-1)[-1] += 1
            hashes.add(content_hash(tokenizer))
    floats = sum(values.is_floating_point() for values in tokenizer.state_dict().values())
    assert len(hashes) == floats + 2
