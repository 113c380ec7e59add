"""A training stage small enough to be followed by hand, and runs of it."""

from __future__ import annotations

import os
import random
import signal

import numpy as np
import torch
from torch import nn

from training.loop import TrainSettings
from training.stage import Stage
from utils.checkpoint import RunFolder
from utils.runtime import seed_everything


class ToyStage(Stage):
    """Regression with dropout, and noise from all three global generators."""

    model_key = "net"

    def __init__(self, scores: dict[int, float] | None = None) -> None:
        seed_everything(5)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 1))
        self.best = {"fid": "min", "top1": "max"}
        self.scores = scores or {}
        self.seen: list[int] = []
        self.fail_at: int | None = None
        self.stop_at: int | None = None

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict:
        self.seen.append(iteration)
        generator = torch.Generator().manual_seed(iteration)
        x = torch.randn(8, 4, generator=generator)
        return {"x": x, "y": x.sum(dim=1, keepdim=True), "names": ["a"] * 8}

    def loss(self, batch: dict, iteration: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        assert self.model.training
        noise = random.random() + np.random.rand() + torch.rand(())  # noqa: NPY002
        error = self.model(batch["x"]) - batch["y"] + 0.1 * noise
        if self.fail_at == iteration:
            error = error * float("nan")
        if self.stop_at == iteration:
            os.kill(os.getpid(), signal.SIGTERM)
        loss = error.square().mean()
        return loss, {"error": error.detach().abs().mean()}

    def validate(self, iteration: int) -> dict[str, float]:
        self.model.eval()
        torch.rand(3)  # looking must not change the training
        return {"fid": self.scores[iteration], "top1": -self.scores[iteration]} if self.scores else {}


def settings(total: int, **changes) -> TrainSettings:
    fixed = {
        "lr": 1e-2,
        "warm_up_iter": 3,
        "lr_scheduler": (7,),
        "eval_iter": 4,
        "save_iter": 5,
        "print_iter": 2,
    }
    return TrainSettings(total_iter=total, **(fixed | changes))


def new_run(tmp_path, resume=None) -> RunFolder:
    return RunFolder(str(tmp_path / "out"), "toy", resume)
