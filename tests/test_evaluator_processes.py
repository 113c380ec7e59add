"""Training the evaluator in two processes: each contrasts its share with the whole batch, as one process does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from captioned_world import SIZES, FakeClips, OneCaptionBatches, make_words
from two_processes import CPU, losses, run_two

from dataset.captioned_clips import CaptionedClips
from training.evaluator_stage import EvaluatorStage, EvaluatorTraining
from training.loop import TrainSettings, train
from utils.checkpoint import RunFolder, load_checkpoint
from utils.distributed import Distributed

BATCH = 7  # two processes share it three to four
OBJECTIVES = ("infonce", "margin")


def make_stage(objective: str) -> EvaluatorStage:
    """A small evaluator without dropout, whose numbers depend on the number of processes."""
    torch.manual_seed(0)
    words, validation = make_words(), FakeClips(41, seed=7)
    batches = OneCaptionBatches(CaptionedClips(validation, words, BATCH, augment=False))
    training = EvaluatorTraining(BATCH, objective, dropout=0.0, validation_repeats=2)
    return EvaluatorStage(FakeClips(), words, SIZES, training, validation=(validation, batches))


def measure(folder: Path) -> None:
    """Loss and gradients of a batch, then a training with validations; every process stores what it has."""
    torch.set_num_threads(1)
    processes = Distributed.from_env()
    processes.start(CPU)
    found = {}
    for objective in OBJECTIVES:
        stage = make_stage(objective)
        batch = stage.batch(3, processes.rank, processes.world_size)
        wrapped = processes.wrap(stage, CPU)
        loss, scalars = wrapped(batch, 0)
        loss.backward()
        gradients = {name: x.grad for name, x in stage.model.named_parameters() if x.requires_grad}
        run = RunFolder(str(folder), objective)
        stage = make_stage(objective)
        train(stage, TrainSettings(6, lr=1e-3, eval_iter=3, print_iter=1), run)
        found[objective] = {
            "loss": loss.detach(),
            "top1": scalars["in_batch_top1"],
            "gradients": gradients,
            "validation": stage.validate(6),
        }
    torch.save(found, folder / f"found{processes.rank}.pt")
    processes.stop()


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    measure(folder)
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory, repo) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    run_two(__name__, f"measure(Path({str(folder)!r}))", repo)
    return folder


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_loss_and_gradients_are_those_of_the_whole_batch(alone, shared, objective):
    expected = torch.load(alone / "found0.pt")[objective]
    for rank in range(2):
        found = torch.load(shared / f"found{rank}.pt")[objective]
        torch.testing.assert_close(found["loss"], expected["loss"], rtol=1e-6, atol=0)
        assert found["top1"] == expected["top1"]
        assert found["gradients"].keys() == expected["gradients"].keys()
        for name, gradient in expected["gradients"].items():
            tolerance = 1e-5 * max(float(gradient.abs().max()), 1e-3)
            torch.testing.assert_close(found["gradients"][name], gradient, rtol=0, atol=tolerance, msg=name)
        assert ("log_scale" in found["gradients"]) == (objective == "infonce")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_two_processes_train_and_validate_as_one(alone, shared, objective):
    (one,), (two,) = ((folder / objective).iterdir() for folder in (alone, shared))
    assert len(losses(one)) == 6 + 2  # iterations and validations
    assert losses(two) == pytest.approx(losses(one), rel=1e-3)
    expected = torch.load(alone / "found0.pt")[objective]["validation"]
    for rank in range(2):  # all processes have the same numbers
        found = torch.load(shared / f"found{rank}.pt")[objective]["validation"]
        assert found == pytest.approx(expected, rel=1e-4)
    weights = [load_checkpoint(run / "net_last.pth")["evaluator"] for run in (one, two)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=0, atol=3e-5, msg=name)


def test_half_a_batch_alone_would_give_another_loss(alone):
    """What was wrong once: a contrast within each process's own share is an easier task."""
    stage = make_stage("infonce")
    batch = stage.batch(3)
    text, motion = stage.model(batch)
    half = slice(0, BATCH // 2)
    easier, _ = stage.model.contrast(text[half], motion[half], batch["matches"][half, half])
    assert easier.item() < 0.8 * float(torch.load(alone / "found0.pt")["infonce"]["loss"])
