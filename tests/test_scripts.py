"""The real scripts as a user runs them, on a tiny toy data set: train all stages, measure, generate, go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from models.pipeline import TextToMotion

MODEL = "--embed-dim-gpt 32 --num-layers 1 --n-head-gpt 2 --text-encoder minilm --batch-size 8"
TOKENIZER = "--width 32 --code-dim 32 --depth 1 --rvq-num-quantizers 2 --rvq-nb-code 16 --batch-size 8"
ITERATIONS = "--total-iter 3 --eval-iter 3 --num_workers 0"
WORDS = "a person walks forward"


class Workplace:
    """A folder with toy data and everything that the scripts write; commands run from the repository."""

    def __init__(self, folder: Path, repo: Path) -> None:
        self.folder, self.repo = folder, repo
        self.data, self.evaluators = folder / "data", folder / "checkpoints"
        self.environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}

    def command(self, script: str, flags: str, words: str = "", processes: int = 1) -> list[str]:
        sentence = [words] if words else []
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        launcher = [sys.executable, *(torchrun if processes > 1 else [])]
        return [*launcher, str(self.repo / script), *sentence, *flags.split()]

    def run(
        self, script: str, flags: str, words: str = "", code: int = 0, processes: int = 1
    ) -> subprocess.CompletedProcess:
        """Run a script to its end; `code` is the exit status it should have."""
        done = subprocess.run(
            self.command(script, flags, words, processes),
            cwd=self.repo,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == code, f"{script} gave {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def run_all(self, *jobs: tuple) -> list[subprocess.CompletedProcess]:
        """Several scripts, two at a time: the arguments of `run` for each."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda job: self.run(*job), jobs))

    def newest(self, name: str) -> Path:
        return sorted((self.folder / name).iterdir())[-1]

    @property
    def places(self) -> str:
        return f"--data-root {self.data} --checkpoints-dir {self.evaluators} --out-dir {self.folder}"

    def stages(self, *names: str) -> str:
        flags = {"tokenizer": "dec", "base": "t2m", "refine": "residual-t2m"}
        return " ".join(f"--{flags[name]}-checkpoint-folder {self.folder / name}" for name in names)


@pytest.fixture(scope="session")
def place(tmp_path_factory, repo) -> Workplace:
    """Toy data and one small model of each kind, trained for three iterations by the scripts."""
    place = Workplace(tmp_path_factory.mktemp("scripts"), repo)
    place.run("dataset/prepare/make_toy.py", f"--out {place.data} --clips 44")
    widths = "--movement-width 16 --motion-width 16 --text-width 16 --embedding-width 16 --batch-size 8"
    common = f"{place.places} {ITERATIONS}"
    frame = "--dataname toy --pose-frame heading"
    place.run("train_evaluator.py", f"{frame} {common} {widths} --exp-name evaluator")
    place.run("train_pg_tokenizer.py", f"{frame} {common} {TOKENIZER} --exp-name tokenizer")
    place.run("train_base_trans.py", f"{common} {MODEL} {place.stages('tokenizer')} --exp-name base")
    folders = place.stages("tokenizer", "base")
    place.run("train_refine_trans.py", f"{common} {MODEL} {folders} --share-weight --exp-name refine")
    return place


# ----------------------------------------------------------------------------------------------- training
@pytest.mark.parametrize(("name", "key"), [("tokenizer", "net"), ("base", "trans"), ("refine", "r_trans")])
def test_training_leaves_what_the_next_stage_needs(place, name, key):
    folder = place.newest(name)
    assert {"arguments.yaml", "net_last.pth", "net_best_fid.pth", "run.log"} <= {
        p.name for p in folder.iterdir()
    }
    assert json.loads((folder / "arguments.yaml").read_text())["dataname"] == "toy"
    content = torch.load(folder / "net_last.pth", weights_only=True)
    assert content["nb_iter"] == 3 and all(torch.isfinite(x).all() for x in content[key].values())
    assert "validation at 3" in (folder / "run.log").read_text()
    np.testing.assert_array_equal(np.load(folder / "std.npy"), np.load(place.data / "Std.npy"))


def test_the_trained_stages_work_together(place):
    model = TextToMotion.from_pretrained(place.folder)
    assert model.tokenizer.info.pose_frame == "heading" and model.refine is not None
    clip = model.generate(WORDS, seconds=1)
    assert clip.joints.shape == (20, 22, 3) and np.isfinite(clip.joints).all()


def test_a_killed_tokenizer_run_goes_on_with_its_codebooks(place):
    """Also: a tokenizer with 8 frames a step, which is validated like any other."""
    flags = f"--dataname toy {place.places} {TOKENIZER} --num_workers 0 --down-t 3 --exp-name killed"
    command = place.command(
        "train_pg_tokenizer.py", f"{flags} --total-iter 100000 --save-iter 2 --eval-iter 100000"
    )
    with open(place.folder / "killed.log", "w") as log:
        process = subprocess.Popen(command, cwd=place.repo, env=place.environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 500
            while not list((place.folder / "killed").glob("*/net_last.pth")):
                assert process.poll() is None and time.monotonic() < deadline, (
                    place.folder / "killed.log"
                ).read_text()
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    folder = place.newest("killed")
    before = torch.load(folder / "net_last.pth", weights_only=True)
    done = before["nb_iter"]
    assert before["net"]["rvq.initialised"]

    place.run("train_pg_tokenizer.py", f"--resume {folder} --total-iter {done + 1} --eval-iter 1")
    after = torch.load(folder / "net_last.pth", weights_only=True)
    assert after["nb_iter"] == done + 1 and place.newest("killed") == folder
    for name in ("rvq.layers.0.codebook", "rvq.layers.1.attn.to_v.weight"):
        # One step of a rate that is still warming up moves them by less than a thousandth of a fresh start.
        torch.testing.assert_close(after["net"][name], before["net"][name], rtol=0, atol=1e-4)
        assert not torch.equal(after["net"][name], before["net"][name])
    assert "validation at" in (folder / "run.log").read_text()


def losses(run: Path) -> list[str]:
    """Losses of a run as it logged them."""
    lines = (run / "run.log").read_text().splitlines()
    return [line.split(" loss ")[1].split()[0] for line in lines if " loss " in line and "iteration" in line]


def test_two_processes_train_as_one_does(place):
    """Seven clips a batch, four and three for each: the same losses, one folder, one line at the end."""
    flags = f"{place.places} {ITERATIONS} {MODEL} --batch-size 7 --drop-out-rate 0 --pkeep 1 --print-iter 1"
    flags += f" {place.stages('tokenizer')} --exp-name"
    one = place.run("train_base_trans.py", f"{flags} by_one")
    two = place.run("train_base_trans.py", f"{flags} by_two", processes=2)
    assert len(list((place.folder / "by_two").iterdir())) == 1
    curves = [losses(place.newest(name)) for name in ("by_one", "by_two")]
    assert len(curves[0]) == 3 and curves[0] == curves[1]
    assert one.stdout.count("base transformer in") == two.stdout.count("base transformer in") == 1


# --------------------------------------------------------------------------------------------- evaluation
ROWS = {
    "eval_pg_tokenizer": ("reconstruction", "reconstruction, pose codes alone"),
    "eval_base_trans": ("base",),
    "eval_refine_trans": ("base", "base + refine"),
}


def test_evaluation(place):
    protocol = f"{place.places} --split train --repeats 1"  # the only toy split here with a full batch of 32
    stages = ("tokenizer", "base", "refine")
    jobs = [
        (f"{name}.py", f"{protocol} {place.stages(*stages[: count + 1])} --exp-name {name}")
        for count, name in enumerate(ROWS)
    ]
    shared = ("eval_base_trans.py", jobs[1][1] + "_by_two", "", 0, 2)
    finished = place.run_all(*jobs, shared)
    for (name, rows), done in zip(ROWS.items(), finished, strict=False):
        report = json.loads((place.newest(name) / "results.json").read_text())
        found = {row["name"]: row["metrics"] for row in report["rows"]}
        assert {"real motion", *rows} <= set(found)
        for row, metrics in found.items():
            assert {"fid", "top1", "top3", "matching", "diversity"} <= set(metrics)
            assert all(np.isfinite(value["mean"]) for value in metrics.values())
            assert row in done.stdout and row in (place.newest(name) / "table.md").read_text()
        assert found["real motion"]["fid"]["mean"] < 1e-3

    # Two processes share the evaluation: one table, the same numbers.
    assert finished[-1].stdout.count("| real motion") == 1
    folders = [place.newest(name) for name in ("eval_base_trans", "eval_base_trans_by_two")]
    tables = [json.loads((folder / "results.json").read_text())["rows"] for folder in folders]
    for alone, row in zip(*tables, strict=True):
        for metric, value in alone["metrics"].items():
            assert row["metrics"][metric]["mean"] == pytest.approx(value["mean"], rel=1e-5, abs=1e-9)


# --------------------------------------------------------------------------------------------- generation
def clips(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Arrays of every npz of a folder."""
    return {path.name: dict(np.load(path)) for path in sorted(folder.glob("*.npz"))}


def test_generating_several_sentences_and_again_with_the_same_seed(place, tmp_path):
    (tmp_path / "sentences.txt").write_text("someone jumps\n\nsomeone bows down\n")
    flags = f"--checkpoint-folder {place.folder} --text-file {tmp_path / 'sentences.txt'} --num-samples 2"
    flags += " --seconds 1.2 --formats npz txt --batch-size 4"
    place.run_all(
        *(("generate.py", f"{flags} --seed 7 --out {tmp_path / name}", WORDS) for name in ("first", "again"))
    )
    first, again = (clips(tmp_path / name) for name in ("first", "again"))
    assert len(first) == 6 and all("walks" in name for name in list(first)[:2])
    assert {str(clip["text"]) for clip in first.values()} == {WORDS, "someone jumps", "someone bows down"}
    for name, clip in first.items():
        assert clip["features"].shape == (24, 263) and clip["pose_codes"].shape == (6, 70)
        assert all(np.array_equal(clip[key], again[name][key]) for key in clip)
        assert (tmp_path / "first" / name).with_suffix(".txt").read_text().strip()
    codes = [clip["pose_codes"].tobytes() for clip in first.values()]
    assert len(set(codes)) == 6  # the two samples of a sentence differ


def test_generating_a_video(place, tmp_path):
    flags = f"--checkpoint-folder {place.folder / 'refine'} --seconds 0.4 --formats mp4 --out {tmp_path}"
    done = place.run("generate.py", flags, WORDS)
    (video,) = tmp_path.glob("*.mp4")
    assert video.stat().st_size > 1000 and str(video) in done.stdout


BAD_INPUT = {
    "empty sentence": ("  ", "--checkpoint-folder {folder}"),
    "nowhere": (WORDS, "--checkpoint-folder {folder}/nowhere"),
    "trained with text encoder minilm": (WORDS, "--checkpoint-folder {folder} --text-encoder clip"),
}


def test_bad_input_gets_one_line(place, tmp_path):
    out = tmp_path / "out"
    jobs = [
        ("generate.py", f"{flags.format(folder=place.folder)} --out {out}", words, 2)
        for words, flags in BAD_INPUT.values()
    ]
    for said, done in zip(BAD_INPUT, place.run_all(*jobs), strict=True):
        lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert len(lines) == 1 and said in lines[0]
        assert "Traceback" not in done.stderr and not out.exists()
