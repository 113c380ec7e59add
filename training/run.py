"""Run one training stage: what the three training scripts have in common."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from evaluation.settings import DataSettings
from evaluation.workbench import Workbench
from models.build import FORMAT
from training.data_record import changes, describe_data, record
from training.loop import TrainSettings, train
from training.loop_parts import to_device
from training.memory import SAMPLES, bytes_per_sample, require_memory
from training.stage import Stage
from utils.checkpoint import RunFolder, random_state, set_random_state
from utils.distributed import Distributed
from utils.runtime import atomic_write, pick_device, seed_everything, warn

MakeStage = Callable[[Namespace, Workbench, torch.device], Stage]
Show = Callable[[Stage, RunFolder, int], None]


def run_training(args: Namespace, make_stage: MakeStage, show: Show | None = None) -> Path:
    """Build a stage from parsed options, train it, and return its run folder.

    ``show(stage, run, iteration)`` is called after each validation (visualization.training_samples).

    The folder holds arguments.yaml, mean.npy and std.npy (the data's feature statistics) and the checkpoints:
    everything that evaluation and generation need.
    """
    device = pick_device(args.device)
    processes = Distributed.from_env()
    processes.start(device)
    try:
        return _run_training(args, make_stage, show, device)
    finally:
        processes.stop()


def _require_memory(stage: Stage, batch_size: int, device: torch.device) -> None:
    """UserError where a batch can't fit into this machine's memory; measured with a few samples of one, before it runs.

    Nothing of the training changes: random states and the model are as before.
    """
    world = Distributed.joined().world_size
    size = stage.batch_size
    if size is None:
        return
    state = random_state()
    stage.model.eval()
    batch = to_device(stage.batch(0, 0, max(size // SAMPLES, 1)), device)
    needed = bytes_per_sample(lambda samples: stage.loss(samples, 0)[0], batch) * size / world
    stage.model.train()
    set_random_state(state)
    require_memory(needed, device, f"--batch-size {batch_size}: a batch of {size} samples", "lower it")


def _run_training(args: Namespace, make_stage: MakeStage, show: Show | None, device: torch.device) -> Path:
    seed_everything(args.seed)
    args.format = FORMAT
    with Distributed.joined().main_first():  # the first process fills the caches
        bench = Workbench(DataSettings.from_args(args), device)
        stage = make_stage(args, bench, device)
    _require_memory(stage, args.batch_size, device)
    stage.open_validation()
    data = {split: describe_data(bench.clips(split)) for split in ("train", "val")}
    run = RunFolder(args.out_dir, args.exp_name, args.resume)
    run.path = Distributed.joined().from_main(run.path)  # dated by the first process
    parameters = sum(parameter.numel() for parameter in stage.model.parameters())
    run.log(f"{run.path}: {parameters / 1e6:.2f} M parameters on {device}")

    def accepted() -> None:
        """What is written once the run is known to go on: a refused one must not change a folder's settings."""
        if not run.active:
            return
        for line in changes(run.path, data):
            said = f"the data changed since this run was started, the training goes on with what is there now ({line})"
            warn(said)
            run.log(said, show=False)
        run.write_arguments(args)
        record(run.path, data)
        statistics = {"mean": bench.normaliser.mean, "std": bench.normaliser.std}
        for name, values in statistics.items():
            with atomic_write(run.path / f"{name}.npy") as temporary:
                np.save(temporary, values)

    after = None if show is None else partial(show, stage, run)
    train(stage, TrainSettings.from_args(args, device), run, after, accepted)
    return run.path
