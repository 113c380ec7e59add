"""`python -m models.export`: all of it, or nothing; never over what it reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from folder_states import all_files, flip, spoil

from models import export
from models.build import load_tokenizer
from models.evaluator import MODEL_FILE, load_evaluator
from utils.runtime import UserError


@pytest.fixture
def mini(repo, tmp_path) -> Path:
    return Path(shutil.copytree(repo / "pretrained" / "mini", tmp_path / "mini"))


def publish(monkeypatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, words)])
    export.main()


def sources(mini: Path) -> list[object]:
    return ["--base", mini / "exp_base_transformer", "--tokenizer", mini / "exp_pg_tokenizer",
            "--evaluator", mini / "evaluator" / "mocap"]  # fmt: skip


def test_everything_appears_beside_what_was_there(mini, tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "out"
    (out / "exp_pg_tokenizer").mkdir(parents=True)
    (out / "exp_pg_tokenizer" / "card.md").write_text("mine")
    publish(monkeypatch, *sources(mini), "--out", out, "--half")
    assert (out / "exp_pg_tokenizer" / "card.md").read_text() == "mine"
    assert load_tokenizer(out / "exp_pg_tokenizer").info.mean is not None
    assert load_evaluator(out / "evaluator", "mocap").note["origin"] == "own"
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"out"}
    assert str(out / "exp_base_transformer") in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage",
    [
        lambda mini: spoil(mini / "exp_pg_tokenizer" / "net_best_fid.pth", float("nan")),
        lambda mini: flip(mini / "exp_pg_tokenizer" / "net_best_fid.pth", 0.5),
        lambda mini: np.save(mini / "exp_pg_tokenizer" / "std.npy", np.full(263, -1.0)),
        lambda mini: (mini / "exp_pg_tokenizer" / "std.npy").unlink(),
        lambda mini: flip(mini / "evaluator" / "mocap" / MODEL_FILE, 0.5),
        lambda mini: shutil.rmtree(mini / "evaluator"),
    ],
)
def test_a_failed_export_leaves_nothing(mini, tmp_path, monkeypatch, damage):
    damage(mini)
    before = all_files(tmp_path)
    for out in (tmp_path / "not" / "there", mini / "exp_refine_transformer"):
        with pytest.raises(UserError):
            publish(monkeypatch, *sources(mini), "--out", out)
    assert all_files(tmp_path) == before and not (tmp_path / "not").exists()


def test_the_command_says_it_in_one_line(mini, tmp_path, repo):
    name = spoil(mini / "exp_base_transformer" / "net_best_fid.pth", float("inf"))
    words = [*map(str, sources(mini)), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "models.export", *words], cwd=repo, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert f"NaN or infinity in {name};" in done.stderr and not (tmp_path / "out").exists()


def test_an_export_over_its_own_source_is_refused(mini, monkeypatch):
    content = torch.load(mini / "exp_base_transformer" / "net_best_fid.pth", weights_only=True)
    torch.save(content, mini / "exp_base_transformer" / "net_last.pth")
    (mini / "exp_base_transformer" / "net_best_fid.pth").unlink()
    before = all_files(mini)
    for words in (["--base", mini / "exp_base_transformer"], ["--evaluator", mini / "evaluator" / "mocap"]):
        with pytest.raises(UserError, match="is the folder that would be written: choose another --out"):
            publish(monkeypatch, *words, "--out", mini)
    with pytest.raises(UserError, match="nothing to export"):
        publish(monkeypatch, "--out", mini / "new")
    assert all_files(mini) == before
