"""Two processes as one: the same losses and weights, resuming with another number, shared evaluation, errors."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_evaluation import NORMALISER, FakeBatches, FakeEvaluator, joints_of, noisy
from two_processes import CPU, losses, run_two

from benchmarks.training_step import CASES, Sizes, make_case
from dataset.batch_draws import rank_slice
from evaluation.routine import EvaluationSettings, evaluate
from training.corruption import Corruption
from training.loop import Trainer, TrainSettings, train
from training.settings import TransformerSettings
from training.stage import Stage
from utils.checkpoint import RunFolder, load_checkpoint
from utils.distributed import Distributed, speaks_first
from utils.runtime import UserError, run_script

SIZES = Sizes(5, 32, 16, 8, batch=5, batches=6, embed_dim=64, base_layers=1, refine_layers=1, text_layers=1)


class SharedStage(Stage):
    """A real stage's model and loss on fixed batches of five samples, which two processes share three to two."""

    best = {"error": "min"}

    def __init__(self, name: str) -> None:
        torch.manual_seed(0)
        case = make_case(name, replace(SIZES), CPU)
        self.case, self.model, self.loss = case, case.model, case.stage.loss
        self.model_key = case.stage.model_key
        # No noise and no dropout: what is drawn depends on the number of processes.
        settings = case.stage.settings
        if isinstance(settings, TransformerSettings):
            case.stage.settings = replace(settings, corruption=Corruption())
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
            elif hasattr(module, "dropout"):
                module.dropout = 0.0

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict:
        rows = rank_slice(5, rank, world_size)
        batch = self.case.batches[iteration]
        return {
            key: value[rows] if isinstance(value, torch.Tensor) else value for key, value in batch.items()
        }

    def validate(self, iteration: int) -> dict[str, float]:
        return {"error": 1.0 / iteration}


def train_all(folder: Path, total: int, resume: bool = False) -> None:
    """Every stage in folder/<name>, from its beginning or from where it was left."""
    for name in CASES:
        runs = sorted((folder / name).glob("*/")) if resume else [None]
        run = RunFolder(str(folder), name, None if runs[0] is None else str(runs[0]))
        settings = TrainSettings(total, lr=1e-3, eval_iter=3, print_iter=1, save_iter=3, resume=resume)
        train(SharedStage(name), settings, run)


def measure() -> dict:
    """A row of `evaluate` over 96 clips in batches of 20, with everything that is drawn."""
    settings = EvaluationSettings(2, multimodality_captions=30, multimodality_samples=4, seed=3)
    options = {"normaliser": NORMALISER, "settings": settings, "progress": False, "recover_joints": joints_of}
    return evaluate("row", noisy(2.0), FakeBatches(20), FakeEvaluator(), **options)["metrics"]


def work_of_one_of_two(folder: str) -> None:
    """What each of two processes does: train three iterations, go on where one process stopped, evaluate."""
    torch.set_num_threads(1)
    processes = Distributed.from_env()
    processes.start(CPU)
    train_all(Path(folder) / "begun_by_two", 3)
    train_all(Path(folder) / "begun_by_one", 6, resume=True)
    torch.save(measure(), Path(folder) / f"metrics{processes.rank}.pt")
    processes.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, repo) -> Path:
    """Runs of one process, of two, and of one after the other."""
    folder = tmp_path_factory.mktemp("processes")
    train_all(folder / "alone", 6)
    train_all(folder / "begun_by_one", 3)
    run_two(__name__, f"work_of_one_of_two({str(folder)!r})", repo)
    train_all(folder / "begun_by_two", 6, resume=True)
    return folder


@pytest.mark.parametrize("begun", ["begun_by_two", "begun_by_one"])
@pytest.mark.parametrize("name", CASES)
def test_any_number_of_processes_gives_the_same_training(folder, name, begun):
    """Unequal shares of a batch, and a run that goes on with another number of processes."""
    (alone,), (run,) = ((folder / place / name).iterdir() for place in ("alone", begun))  # one folder each
    assert len(losses(alone)) == 6 and losses(run) == pytest.approx(losses(alone), rel=1e-3)
    stored, expected = (load_checkpoint(place / "net_last.pth") for place in (run, alone))
    assert stored["nb_iter"] == 6 and stored["best"] == expected["best"] == {"error": pytest.approx(1 / 6)}
    (key,) = {"net", "trans", "r_trans"} & set(stored)
    start = SharedStage(name).model.state_dict()
    for weight, value in expected[key].items():
        torch.testing.assert_close(stored[key][weight], value, rtol=0, atol=3e-5, msg=weight)
    assert (
        max((start[weight].float() - value.float()).abs().max() for weight, value in expected[key].items())
        > 1e-3
    )


def test_shared_evaluation_gives_one_process_s_numbers_to_all(folder):
    alone = measure()
    assert {"fid", "top3", "multimodality", "pa_mpjpe"} <= set(alone)
    for rank in range(2):
        shared = torch.load(folder / f"metrics{rank}.pt", weights_only=False)
        assert shared.keys() == alone.keys()
        for metric, row in alone.items():
            assert shared[metric]["values"] == pytest.approx(row["values"], rel=1e-6), metric


def test_no_clip_is_measured_twice():
    batches = FakeBatches(20)
    whole = torch.cat([batch["lengths"] for batch in batches.repeat(0)])
    parts = [list(batches.repeat(0, rank, 2)) for rank in range(2)]
    dealt = [parts[number % 2][number // 2]["lengths"] for number in range(5)]
    assert torch.equal(torch.cat(dealt), whole) and sum(map(len, parts)) == 5


def fail_in_second_process() -> None:
    """A training whose second process meets a bad file."""
    torch.set_num_threads(1)
    stage = SharedStage("refine")
    share = stage.batch

    def batch(iteration, rank=0, world_size=1):
        if rank == 1 and iteration == 2:
            raise UserError("clip7.npy: damaged; delete it")
        return share(iteration, rank, world_size)

    stage.batch = batch
    train(stage, TrainSettings(6, lr=1e-3), RunFolder(os.environ["OUT"], "run"))


def test_an_error_in_one_process_ends_all_and_is_said_once(tmp_path, repo, monkeypatch):
    monkeypatch.setenv("OUT", str(tmp_path))
    first, second = run_two(__name__, "run_script(fail_in_second_process)", repo, (2, 2))
    assert [line for line in second.splitlines() if "error" in line] == [
        "error: clip7.npy: damaged; delete it"
    ]
    assert "Traceback" not in first + second and "error:" not in first


def gloo_threads() -> int:
    """How many threads of this process are gloo's, by the names that Linux knows them by."""
    names = [task / "comm" for task in Path("/proc/self/task").iterdir()]
    return sum(name.read_text().strip() == "pt_gloo_runloop" for name in names if name.exists())


def gloo_threads_in_the_end() -> int:
    """As `gloo_threads`, once threads that were joined have had time to vanish from the list."""
    for _ in range(100):
        if not gloo_threads():
            break
        time.sleep(0.05)
    return gloo_threads()


def step_and_fail(processes: Distributed) -> None:
    """A step's gradients, then an error whose traceback holds the wrapped module and its loss."""
    stage = SharedStage("refine")
    wrapped = processes.wrap(stage, CPU)
    loss, _ = wrapped(stage.batch(0, processes.rank, processes.world_size), 0)
    loss.backward()
    assert gloo_threads() > 0
    raise UserError("clip7.npy: damaged; delete it")


def stop_and_count(how: str) -> None:
    """Leave the other process in one of several ways; print how many of gloo's threads outlived `stop`."""
    torch.set_num_threads(1)
    processes = Distributed.from_env()
    processes.start(CPU)
    kept = None
    if how == "after success":
        stage = SharedStage("refine")
        kept = processes.wrap(stage, CPU)
        kept(stage.batch(0, processes.rank, processes.world_size), 0)[0].backward()
        assert gloo_threads() > 0
        processes.stop()
    elif how == "after a training":
        train(SharedStage("refine"), TrainSettings(2, lr=1e-3), RunFolder(os.environ["OUT"], "run"))
        assert gloo_threads() > 0
        processes.stop()
    elif how == "in an except":
        try:
            try:
                step_and_fail(processes)
            except UserError as error:
                raise RuntimeError("later") from error
        except RuntimeError as error:  # both errors' tracebacks live on
            processes.stop()
            kept = error
    elif how == "by run_script":
        try:
            run_script(partial(step_and_fail, processes))
        except SystemExit as end:
            assert end.code == 2
    print(gloo_threads_in_the_end(), file=sys.stderr)
    del kept  # held until here: whoever still holds a wrapped module or an error, stop ends the threads


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted as Linux lists them")
@pytest.mark.parametrize(
    "how",
    ["after success", "after a training", "in an except", "by run_script"],
)
def test_no_thread_of_gloo_outlives_stop(tmp_path, repo, monkeypatch, how):
    monkeypatch.setenv("OUT", str(tmp_path))
    said = run_two(__name__, f"stop_and_count({how!r})", repo)
    assert [text.splitlines()[-1] for text in said] == ["0", "0"]


def test_an_error_of_all_processes_is_said_once(tmp_path, repo):
    """Before they have met: by what they record for torchrun, which names the reason at its end as well."""
    script = tmp_path / "script.py"
    script.write_text(
        "from options import base_parser, parse\n"
        "from utils.runtime import run_script\n"
        "run_script(lambda: parse(base_parser(), ['--dec-checkpoint-folder', 'x', '--batch-size', '0']))\n"
    )
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(script),
    ]
    environment = os.environ | {"PYTHONPATH": str(repo), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(launch, env=environment, capture_output=True, text=True, timeout=120)
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    line = "error: --batch-size 0: must be a whole number from 1 to 1,048,576"
    assert done.returncode != 0 and said == [line]
    assert f"traceback : {line}" in done.stderr.split("Root Cause")[1]


def test_an_error_is_said_where_nothing_can_be_recorded(tmp_path, monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_ERROR_FILE", raising=False)
    assert speaks_first("error: a") and speaks_first("error: a")
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "gone" / "0" / "error.json"))
    assert speaks_first("error: a") and not any(tmp_path.iterdir())
    for rank, first in enumerate((True, False)):
        record = tmp_path / "attempt_0" / str(rank) / "error.json"
        record.parent.mkdir(parents=True)
        monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(record))
        assert speaks_first(f"error: {rank}") is first
        assert json.loads(record.read_text())["message"] == f"error: {rank}"


def test_processes_share_some_draws_and_not_others():
    """Decisions about a whole batch are alike, dropout is each process's own."""
    found = []
    for rank in range(2):
        trainer = Trainer.__new__(Trainer)
        trainer.processes = Distributed(rank, 2)
        trainer.seed(5)
        found.append((random.random(), float(torch.rand(())), np.random.rand()))  # noqa: NPY002
    (first, first_torch, _), (second, second_torch, _) = found
    assert first == second and first_torch != second_torch


assert run_script  # for the processes, which take it from here
