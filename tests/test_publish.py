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
def small(repo, tmp_path) -> Path:
    return Path(shutil.copytree(repo / "pretrained" / "small", tmp_path / "small"))


def publish(monkeypatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, words)])
    export.main()


def sources(small: Path) -> list[object]:
    return ["--base", small / "exp_base_transformer", "--tokenizer", small / "exp_pg_tokenizer",
            "--evaluator", small / "evaluator" / "mocap", "--matcher", small / "evaluator" / "mocap"]  # fmt: skip


def test_everything_appears_beside_what_was_there(small, tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "out"
    (out / "exp_pg_tokenizer").mkdir(parents=True)
    (out / "exp_pg_tokenizer" / "card.md").write_text("mine")
    publish(monkeypatch, *sources(small), "--out", out, "--half")
    assert (out / "exp_pg_tokenizer" / "card.md").read_text() == "mine"
    assert load_tokenizer(out / "exp_pg_tokenizer").info.mean is not None
    for name in ("evaluator", "matcher"):
        assert load_evaluator(out / name, "mocap").note["origin"] == "own"
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"out"}
    assert str(out / "exp_base_transformer") in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage",
    [
        lambda small: spoil(small / "exp_pg_tokenizer" / "net_best_fid.pth", float("nan")),
        lambda small: flip(small / "exp_pg_tokenizer" / "net_best_fid.pth", 0.5),
        lambda small: np.save(small / "exp_pg_tokenizer" / "std.npy", np.full(263, -1.0)),
        lambda small: (small / "exp_pg_tokenizer" / "std.npy").unlink(),
        lambda small: flip(small / "evaluator" / "mocap" / MODEL_FILE, 0.5),
        lambda small: shutil.rmtree(small / "evaluator"),
    ],
)
def test_a_failed_export_leaves_nothing(small, tmp_path, monkeypatch, damage):
    damage(small)
    before = all_files(tmp_path)
    for out in (tmp_path / "not" / "there", small / "exp_refine_transformer"):
        with pytest.raises(UserError):
            publish(monkeypatch, *sources(small), "--out", out)
    assert all_files(tmp_path) == before and not (tmp_path / "not").exists()


def test_the_command_says_it_in_one_line(small, tmp_path, repo):
    name = spoil(small / "exp_base_transformer" / "net_best_fid.pth", float("inf"))
    words = [*map(str, sources(small)), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "models.export", *words], cwd=repo, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert f"NaN or infinity in {name};" in done.stderr and not (tmp_path / "out").exists()


def test_an_export_over_its_own_source_is_refused(small, monkeypatch):
    content = torch.load(small / "exp_base_transformer" / "net_best_fid.pth", weights_only=True)
    torch.save(content, small / "exp_base_transformer" / "net_last.pth")
    (small / "exp_base_transformer" / "net_best_fid.pth").unlink()
    before = all_files(small)
    for words in (["--base", small / "exp_base_transformer"], ["--evaluator", small / "evaluator" / "mocap"]):
        with pytest.raises(UserError, match="is the folder that would be written: choose another --out"):
            publish(monkeypatch, *words, "--out", small)
    with pytest.raises(UserError, match="nothing to export"):
        publish(monkeypatch, "--out", small / "new")
    assert all_files(small) == before


def test_sums_of_codebooks_stay_behind_and_come_back_on_loading(small, tmp_path, monkeypatch):
    source = small / "exp_pg_tokenizer" / "net_best_fid.pth"
    content = torch.load(source, weights_only=True)
    layers = {name.rpartition(".")[0] for name in content["net"] if name.endswith(".code_count")}
    for layer in layers:
        codebook, count = content["net"][f"{layer}.codebook"], content["net"][f"{layer}.code_count"]
        content["net"][f"{layer}.code_sum"] = codebook.float() * count.float()[:, None]
    torch.save(content, source)
    publish(monkeypatch, "--tokenizer", small / "exp_pg_tokenizer", "--out", tmp_path / "out")
    written = torch.load(tmp_path / "out" / "exp_pg_tokenizer" / "net_best_fid.pth", weights_only=True)["net"]
    assert layers and not any(name.endswith(".code_sum") for name in written)
    loaded = load_tokenizer(tmp_path / "out" / "exp_pg_tokenizer").state_dict()
    for name, tensor in content["net"].items():
        assert torch.equal(loaded[name].float(), tensor.float()), name
