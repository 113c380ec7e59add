"""The training loop on a tiny model: resume, stopping, divergence, best checkpoints, exports."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn
from toy_stage import ToyStage, new_run, settings
from two_processes import meeting_place

from options import parse, refine_parser, tokenizer_parser
from training import loop as train_loop
from training.loop import TrainSettings, train
from utils import precision
from utils.checkpoint import (
    export_weights,
    load_checkpoint,
    load_into,
    load_weights,
    read_arguments,
    save_checkpoint,
    write_arguments,
)
from utils.runtime import UserError

CPU = torch.device("cpu")


def weights(stage: ToyStage) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in stage.model.parameters()]


def same(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def run_straight(tmp_path, total: int, **changes) -> list[torch.Tensor]:
    stage = ToyStage()
    train(stage, settings(total, **changes), new_run(tmp_path))
    return weights(stage)


@pytest.mark.parametrize("changes", [{}, {"grad_accum": 2, "grad_clip": 0.5, "num_workers": 2}])
def test_resumed_run_equals_the_straight_one_bit_for_bit(tmp_path, changes):
    straight = run_straight(tmp_path, 10, **changes)
    first_run = new_run(tmp_path)
    train(ToyStage(), settings(5, **changes), first_run)
    torch.rand(7), random.random()  # whatever happens in between
    stage = ToyStage()
    train(stage, settings(10, resume=True, **changes), new_run(tmp_path, resume=str(first_run.path)))
    assert same(straight, weights(stage))
    accumulation = changes.get("grad_accum", 1)
    assert sorted(stage.seen) == list(range(5 * accumulation, 10 * accumulation))
    assert not same(straight, run_straight(tmp_path, 9, **changes))


def test_validation_and_prefetching_do_not_change_the_training(tmp_path):
    straight = run_straight(tmp_path, 6)
    assert same(straight, run_straight(tmp_path, 6, eval_iter=1, num_workers=2))


def test_seed_matters(tmp_path):
    assert not same(run_straight(tmp_path, 4), run_straight(tmp_path, 4, seed=9))


def test_training_lowers_the_loss(tmp_path):
    stage = ToyStage()
    with torch.no_grad():
        before = stage.loss(stage.batch(0), 0)[0]
    train(
        stage, settings(300, lr_scheduler=(), print_iter=100, eval_iter=300, save_iter=300), new_run(tmp_path)
    )
    stage.model.train()
    assert stage.loss(stage.batch(0), 0)[0] < 0.5 * before


def test_sigterm_saves_and_says_how_to_go_on(tmp_path):
    straight = run_straight(tmp_path, 10)
    stage, run = ToyStage(), new_run(tmp_path)
    stage.stop_at = 6
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        train(stage, settings(10, save_iter=100), run)
    assert load_checkpoint(run.path / "net_last.pth", "net")["nb_iter"] == 7
    stage = ToyStage()
    train(stage, settings(10, resume=True), new_run(tmp_path, resume=str(run.path)))
    assert same(straight, weights(stage))


def test_non_finite_loss_stops_and_keeps_the_last_good_state(tmp_path):
    stage, run = ToyStage(), new_run(tmp_path)
    stage.fail_at = 7
    with pytest.raises(UserError, match="not finite at iteration 7: lower --lr.*net_last.pth"):
        train(stage, settings(10), run)
    content = load_checkpoint(run.path / "net_last.pth", "net")
    assert content["nb_iter"] == 5
    assert all(torch.isfinite(tensor).all() for tensor in content["net"].values())


def test_non_finite_weight_is_never_saved(tmp_path):
    stage, run = ToyStage(), new_run(tmp_path)
    with torch.no_grad():
        stage.model.register_buffer("count", torch.tensor(float("inf")))
    with pytest.raises(UserError, match="count is not finite"):
        train(stage, settings(5), run)
    assert not (run.path / "net_last.pth").exists()


def test_best_checkpoints_follow_their_direction(tmp_path):
    scores = {2: 5.0, 4: 3.0, 6: float("nan"), 8: 4.0}
    run = new_run(tmp_path)
    train(ToyStage(scores), settings(8, eval_iter=2), run)
    for name in ("fid", "top1"):
        best = load_checkpoint(run.path / f"net_best_{name}.pth", "net")
        assert best["nb_iter"] == 4 and "optimizer" not in best
    last = load_checkpoint(run.path / "net_last.pth", "net")
    assert last["best"] == {"fid": 3.0, "top1": -3.0}


def test_best_scores_survive_a_resume(tmp_path):
    run = new_run(tmp_path)
    train(ToyStage({4: 3.0}), settings(4, eval_iter=4), run)
    later = settings(8, eval_iter=4, resume=True)
    train(ToyStage({8: 4.0}), later, new_run(tmp_path, resume=str(run.path)))
    assert load_checkpoint(run.path / "net_best_fid.pth", "net")["nb_iter"] == 4


def test_finished_run_is_left_alone(tmp_path):
    run = new_run(tmp_path)
    train(ToyStage(), settings(3), run)
    stage = ToyStage()
    train(stage, settings(3, resume=True), new_run(tmp_path, resume=str(run.path)))
    assert stage.seen == []


def test_start_from_given_weights(tmp_path):
    run = new_run(tmp_path)
    train(ToyStage(), settings(3), run)
    last = run.path / "net_last.pth"
    stage = ToyStage()
    train(stage, settings(1, lr=1e-30, initial_weights=str(last)), new_run(tmp_path))
    assert same(weights(stage), list(load_weights(last, "net").values()))


def test_kill_minus_9_leaves_a_checkpoint_to_resume_from(tmp_path, repo):
    program = """
import os, signal, sys
from toy_stage import ToyStage, new_run, settings
from training.loop import train
from pathlib import Path
stage = ToyStage()
original = stage.batch
def batch(iteration, rank=0, world_size=1):
    if iteration == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(iteration)
stage.batch = batch
train(stage, settings(10), new_run(Path(sys.argv[1])))
"""
    environment = os.environ | {"PYTHONPATH": f"{repo}:{repo / 'tests'}"}
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env=environment, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    (folder,) = (tmp_path / "out" / "toy").iterdir()
    stage = ToyStage()
    train(stage, settings(10, resume=True), new_run(tmp_path, resume=str(folder)))
    assert same(weights(stage), run_straight(tmp_path / "other", 10))


def test_two_processes_average_their_gradients(tmp_path, repo):
    """Two processes with half of each batch end with the weights of one process with all of it."""
    program = """
import sys
from pathlib import Path
from toy_stage import ToyStage, new_run, settings
from training.loop import train
import torch
class Halves(ToyStage):
    def __init__(self):
        super().__init__()
        self.model = torch.nn.Linear(4, 1)
    def batch(self, iteration, rank=0, world_size=1):
        batch = super().batch(iteration)
        return {"x": batch["x"][rank::world_size], "y": batch["y"][rank::world_size]}
    def loss(self, batch, iteration):
        return (self.model(batch["x"]) - batch["y"]).square().mean(), {}
torch.set_num_threads(1)
train(Halves(), settings(6), new_run(Path(sys.argv[1])))
"""
    paths = {"PYTHONPATH": f"{repo}:{repo / 'tests'}"}
    store, meeting = meeting_place()
    results = []
    for world_size in (1, 2):
        folder = tmp_path / str(world_size)
        group = meeting | {"WORLD_SIZE": str(world_size)}
        started = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(folder)],
                env=os.environ | paths | group | {"RANK": str(rank)},
                stderr=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
            for rank in range(world_size)
        ]
        try:
            for process in started:
                _, err = process.communicate(timeout=120)
                assert process.returncode == 0, err
        finally:
            for process in started:
                process.kill()
        (run,) = (folder / "out" / "toy").iterdir()
        results.append(load_weights(run / "net_last.pth", "net"))
    del store  # kept until all have met
    for name, alone in results[0].items():
        assert torch.allclose(alone, results[1][name], atol=1e-6), name


# --------------------------------------------------------------------------------------------- precision
@pytest.mark.parametrize(
    ("amp", "pays", "half"),
    [("auto", True, True), ("auto", False, False), ("bf16", False, True), ("none", True, False)],
)
def test_amp_follows_what_a_trial_shows(tmp_path, monkeypatch, capsys, amp, pays, half):
    monkeypatch.setattr(precision, "bf16_pays", lambda device: pays)
    monkeypatch.setattr(train_loop, "bf16_pays", lambda device: pays)
    stage, seen = ToyStage(), []
    loss = stage.loss
    stage.loss = lambda batch, iteration: (
        seen.append(torch.is_autocast_enabled("cpu")) or loss(batch, iteration)
    )
    train(stage, settings(2, amp=amp), new_run(tmp_path))
    assert seen == [half, half]
    printed = capsys.readouterr()
    assert ("--amp auto: " + ("bf16" if half else "float32") in printed.out) == (amp == "auto")
    assert ("no faster with it" in printed.err) == (amp == "bf16" and not pays)


def test_compiling_without_a_compiler_stops_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    stage = ToyStage()
    with pytest.raises(UserError, match="--compile: no C\\+\\+ compiler"):
        train(stage, settings(2, compile=True), new_run(tmp_path))
    assert stage.seen == []


# ------------------------------------------------------------------------------------------- the files
def test_missing_truncated_and_foreign_checkpoints_name_the_file(tmp_path):
    good = tmp_path / "good.pth"
    save_checkpoint(good, {"nb_iter": 1, "net": {"w": torch.ones(1000)}})
    truncated, text, listed = (tmp_path / name for name in ("cut.pth", "text.pth", "list.pth"))
    truncated.write_bytes(good.read_bytes()[:2000])
    text.write_text("hello")
    torch.save([1, 2], listed)
    for path in (truncated, text, listed, tmp_path / "none.pth"):
        with pytest.raises(UserError, match=path.name):
            load_checkpoint(path)
    with pytest.raises(UserError, match="expected weights under 'trans', but it holds 'net'"):
        load_checkpoint(good, "trans")


def test_loading_a_checkpoint_runs_no_code(tmp_path):
    marker = tmp_path / "ran"

    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    path = tmp_path / "bad.pth"
    torch.save({"net": Attack()}, path)
    with pytest.raises(UserError, match="bad.pth"):
        load_checkpoint(path)
    assert not marker.exists()


def test_refine_weights_may_stand_under_the_published_training_key(tmp_path):
    path = tmp_path / "net_last.pth"
    save_checkpoint(path, {"trans": {"w": torch.ones(1)}})
    assert load_weights(path, "r_trans")["w"] == 1
    with pytest.raises(UserError, match="'net'"):
        load_weights(path, "net")


def test_weights_that_do_not_fit_name_the_origin():
    with pytest.raises(UserError, match="folder/x.pth: weights do not fit the model: .*size mismatch"):
        load_into(nn.Linear(2, 2), nn.Linear(3, 2).state_dict(), "folder/x.pth")


def test_export_strips_training_state_halves_and_keeps_ties(tmp_path):
    run = new_run(tmp_path)
    shared = torch.randn(1000, 10)
    content = {"nb_iter": 3, "net": {"a": shared, "alias": shared, "index": torch.arange(5)}, "optimizer": {}}
    save_checkpoint(run.path / "net_best_fid.pth", content)
    write_arguments(run.path, {"width": 10})
    path = export_weights(run.path, tmp_path / "small", "net", half=True)
    assert path.stat().st_size < 25_000  # 10,000 halves once
    exported = load_checkpoint(path, "net")
    assert set(exported) == {"nb_iter", "net"} and exported["net"]["a"].dtype == torch.float16
    assert torch.equal(exported["net"]["index"], torch.arange(5))
    assert torch.allclose(exported["net"]["a"].float(), shared, atol=2e-3)
    assert read_arguments(tmp_path / "small") == {"width": 10}
    save_checkpoint(run.path / "net_best_fid.pth", {"net": {"big": torch.tensor([1e6])}})
    with pytest.raises(UserError, match="big exceeds float16"):
        export_weights(run.path, tmp_path / "small", "net", half=True)


def test_arguments_read_as_json_or_yaml(tmp_path):
    write_arguments(tmp_path, {"lr": 1e-4, "vq_norm": None})
    assert (tmp_path / "arguments.yaml").read_text().startswith("{")
    assert read_arguments(tmp_path) == {"lr": 1e-4, "vq_norm": None}
    (tmp_path / "arguments.yaml").write_text("lr: 0.1\nname: x\n")
    assert read_arguments(tmp_path) == {"lr": 0.1, "name": "x"}
    for text in ("a: [", "just words"):
        (tmp_path / "arguments.yaml").write_text(text)
        with pytest.raises(UserError, match="arguments.yaml"):
            read_arguments(tmp_path)
    with pytest.raises(UserError, match="none"):
        read_arguments(tmp_path / "none")


def test_run_folder_is_dated_and_unique(tmp_path):
    folders = {new_run(tmp_path).path for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.name[:2] == "20" and folder.name.count("-") >= 5 for folder in folders)
    with pytest.raises(UserError, match="--resume"):
        new_run(tmp_path, resume=str(tmp_path / "none"))


def test_settings_follow_the_options():
    args = parse(tokenizer_parser(), ["--lr", "3e-4", "--lr-scheduler", "5", "9", "--grad-clip", "1"])
    made = TrainSettings.from_args(args, CPU)
    assert (made.lr, made.lr_scheduler, made.grad_clip, made.warm_up_iter) == (3e-4, (5, 9), 1.0, 1000)
    refine = ["--dec-checkpoint-folder", "x"]
    assert TrainSettings.from_args(parse(refine_parser(), refine), CPU).warm_up_iter == 0
    warm = TrainSettings.from_args(parse(refine_parser(), [*refine, "--start-warm-up"]), CPU)
    assert warm.warm_up_iter == 5000
