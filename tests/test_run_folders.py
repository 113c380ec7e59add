"""Runs that are refused leave nothing, count for nothing and change nothing; continued ones say what changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from folder_states import all_files, dead_process

from dataset.prepare import make_toy
from models.folders import find_stage_folders
from options import parse, tokenizer_parser
from training.data_record import DATA_FILE
from training.from_options import tokenizer_stage
from training.run import run_training
from utils.checkpoint import newest_run, read_arguments, save_checkpoint, write_arguments
from utils.runtime import UserError

SMALL = (
    "--dataname toy --width 16 --code-dim 16 --depth 1 --rvq-num-quantizers 2 --rvq-nb-code 8 --batch-size 4"
)
SHORT = "--total-iter 1 --eval-iter 100 --num_workers 0 --device cpu --num-sample-videos 0 --exp-name run"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("toy") / "data"
    make_toy.main(["--out", str(folder), "--clips", "20"])
    return folder


@pytest.fixture
def data(made, tmp_path) -> Path:
    """A data set of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def flags(data: Path, more: str = "") -> list[str]:
    place = ["--data-root", str(data), "--out-dir", str(data.parent / "out"), "--checkpoints-dir", "none"]
    return [*f"{SMALL} {SHORT} {more}".split(), *place]


def train(data: Path, more: str = "") -> Path:
    return run_training(parse(tokenizer_parser(), flags(data, more)), tokenizer_stage)


# ------------------------------------------------------------------------------------- refused trainings
def test_a_training_refused_for_its_validation_split_leaves_no_folder(data, repo):
    (data / "val.txt").unlink()
    done = subprocess.run(
        [sys.executable, "train_pg_tokenizer.py", *flags(data)],
        cwd=repo,
        env=os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning")]
    assert done.returncode == 2 and len(lines) == 1 and "val.txt is missing" in lines[0], done.stderr
    assert not (data.parent / "out").exists()


@pytest.mark.parametrize("spoil", [lambda p: p.write_text(""), lambda p: p.write_text("nobody\n")])
def test_an_empty_validation_split_is_refused_before_the_run(data, spoil):
    spoil(data / "val.txt")
    with pytest.raises(UserError, match="val"):
        train(data)
    assert not (data.parent / "out").exists()


def test_start_weights_that_do_not_fit_leave_no_folder(data):
    save_checkpoint(data.parent / "start.pth", {"net": {"x": torch.ones(1)}})
    with pytest.raises(UserError, match=r"start\.pth: weights do not fit"):
        train(data, f"--resume-pth {data.parent / 'start.pth'}")
    assert list((data.parent / "out").glob("*/*")) == []


def test_a_refused_continuation_changes_nothing(data):
    run = train(data)
    before = all_files(run)
    with pytest.raises(UserError, match="weights do not fit"):
        train(data, f"--resume {run} --width 32")
    after = all_files(run)
    assert {name for name in before if before[name] != after[name]} <= {"run.log"}


# ------------------------------------------------------------------------------- runs without checkpoint
def make_run(folder: Path, with_weights: bool = True) -> Path:
    write_arguments(folder, {})
    if with_weights:
        save_checkpoint(folder / "net_last.pth", {"net": {}, "trans": {}})
    return folder


def test_a_run_without_checkpoint_never_counts_as_the_newest(tmp_path, capsys):
    good = make_run(tmp_path / "run" / "2025-01-01-00-00-00")
    make_run(tmp_path / "run" / "2026-01-01-00-00-00", with_weights=False)
    (tmp_path / "run" / "2027-01-01-00-00-00").mkdir()
    killed = make_run(tmp_path / "run" / "2028-01-01-00-00-00", with_weights=False)
    (killed / ".net_last.tmp-0badcafe-7.pth").touch()
    assert newest_run(tmp_path / "run") == good
    assert capsys.readouterr().err == ""  # there is no choice to speak of
    shutil.rmtree(good)
    with pytest.raises(UserError, match="no run with arguments.yaml and a checkpoint in it"):
        newest_run(tmp_path / "run")
    with pytest.raises(UserError, match="found no tokenizer and base checkpoint"):
        find_stage_folders(tmp_path / "run")


def test_continuing_a_run_sweeps_what_its_killed_save_left(data):
    run = train(data)
    left = run / f".net_last.tmp-{dead_process()}.pth"
    left.write_bytes(b"half")
    train(data, f"--resume {run}")
    assert not left.exists() and (run / "net_last.pth").is_file()


# ---------------------------------------------------------------------------------------- changed data
def test_a_run_that_goes_on_says_whether_its_data_changed(data, capsys):
    run = train(data)
    noted = json.loads((run / DATA_FILE).read_text())
    assert noted["train"]["clips"] >= 16 and noted["val"]["clips"] >= 1 and noted["train"]["content"]

    def resume(total: int) -> str:
        capsys.readouterr()
        train(data, f"--resume {run} --total-iter {total}")
        return capsys.readouterr().err

    assert "the data changed" not in resume(2)
    for path in data.rglob("*.npy"):  # copied anew: other times, the same content
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    assert "the data changed" not in resume(3)

    names = (data / "train.txt").read_text().split()
    (data / "train.txt").write_text("\n".join(names[1:]) + "\n")
    said = resume(4)
    assert (
        "the data changed since this run was started" in said
        and f"{noted['train']['clips']} clips then, " in said
    )
    assert "the data changed" in (run / "run.log").read_text()
    assert "the data changed" not in resume(5)  # it has been said, and noted

    path = data / "new_joint_vecs" / f"{names[3]}.npy"
    features = np.load(path)
    features[10, 5] += 1e-3
    np.save(path, features)
    assert "train: as many clips, frames and captions, but other ones" in resume(6)
    np.save(data / "Std.npy", np.load(data / "Std.npy") * 1.01)
    assert "train: other Mean.npy or Std.npy" in resume(7)
    assert read_arguments(run)["total_iter"] == 7
