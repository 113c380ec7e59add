"""The one training loop: step, log, validate, save, resume.

A stage brings a model, batches, a loss and a validation (`Stage`); the loop does the rest. Batches are a
function of the iteration alone and the random states are saved, so a run that was killed and resumed gives
the same weights, bit for bit on the CPU, as one that was not.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import LambdaLR
from tqdm import tqdm

from training.compilation import compile_model
from training.loop_parts import Averages, Batch, Pace, StopSignal, pin_memory, prefetch, to_device
from training.schedules import warm_up_multi_step
from training.settings import TrainSettings, make_optimizer
from training.stage import Stage
from utils.checkpoint import (
    DAMAGED,
    LAST_FILE,
    RunFolder,
    load_checkpoint,
    load_into,
    load_weights,
    random_state,
    save_checkpoint,
    set_random_state,
)
from utils.distributed import Distributed
from utils.precision import bf16_pays, use_bf16
from utils.runtime import UserError, seed_everything, warn
from utils.soundness import require_finite
from utils.stored import require_training_state


def train(
    stage: Stage,
    settings: TrainSettings,
    run: RunFolder,
    after_validation: Callable[[int], None] | None = None,
    accepted: Callable[[], None] | None = None,
) -> None:
    """Train `stage` until `settings.total_iter`, in `run`'s folder.

    `after_validation(iteration)` may show more of the model than its metrics; it can't change the training.
    `accepted()` is called once the weights to start from are loaded: a new run that is refused before leaves no folder.

    Raises UserError when the loss or a weight is no longer finite (nothing of it is saved), and
    KeyboardInterrupt after Ctrl-C or SIGTERM, once net_last.pth is written.
    """
    trainer = Trainer(stage, settings, run, after_validation)
    try:
        trainer.start()
    except (UserError, OSError):
        run.remove_unused()
        raise
    if accepted is not None:
        accepted()
    trainer.run_all()


class Trainer:
    """State of one training: optimiser, schedule, best scores, iteration."""

    def __init__(
        self,
        stage: Stage,
        settings: TrainSettings,
        run: RunFolder,
        after_validation: Callable[[int], None] | None = None,
    ) -> None:
        self.stage, self.settings, self.run = stage, settings, run
        self.after_validation = after_validation or (lambda iteration: None)
        self.device = settings.device
        self.processes = Distributed.from_env()
        self.model = stage.model.to(self.device)
        if settings.device.type == "cuda":
            torch.set_float32_matmul_precision("high")
        self.optimizer = make_optimizer(self.model, settings)
        self.scheduler: LambdaLR = warm_up_multi_step(
            self.optimizer, settings.warm_up_iter, settings.lr_scheduler, settings.gamma
        )
        self.best: dict[str, float] = {}
        self.done = 0  # iterations completed
        self.half = False  # whether the forward pass runs in bf16
        self.averages, self.pace = Averages(), Pace(0)

    def start(self) -> None:
        """Seed, and load what the training starts from."""
        self.seed(self.settings.seed)
        self.restore()

    def run_all(self) -> None:
        """Iterate, save."""
        settings, processes = self.settings, self.processes
        if self.done >= settings.total_iter:
            self.run.log(f"{self.run.path}: already at iteration {self.done} of {settings.total_iter}")
            return
        self.pace = Pace(self.done)
        started = processes.start(self.device)
        self.half = self.choose_precision()
        if settings.compile:
            compile_model(self.model, self.device)
        loss_module = processes.wrap(self.stage, self.device)
        batches = self.batches()
        try:
            with StopSignal() as stop, self.progress_bar() as bar, contextlib.closing(batches):
                self.model.train()
                while self.done < settings.total_iter:
                    self.iterate(loss_module, batches, bar)
                    if self.should_stop(stop):
                        self.save_last()
                        raise KeyboardInterrupt(self.resume_line())
        finally:
            self.run.close()
            if started:
                processes.stop()

    def batches(self) -> Generator[Batch]:
        """Batches from here to the end, prepared ahead; iteration i has i * grad_accum and following."""
        settings, processes = self.settings, self.processes

        def prepare(index: int) -> Batch:
            batch = self.stage.batch(index, processes.rank, processes.world_size)
            return pin_memory(batch) if self.device.type == "cuda" else batch

        indices = range(self.done * settings.grad_accum, settings.total_iter * settings.grad_accum)
        return prefetch(prepare, indices, settings.num_workers)

    # ------------------------------------------------------------------------------------- one iteration
    def iterate(self, loss_module: nn.Module, batches: Iterator[Batch], bar: tqdm) -> None:
        """One optimiser step, then whatever is due: logging, validation, saving."""
        settings = self.settings
        self.step(loss_module, batches)
        if self.done == 1:
            # Codebooks initialised from the first batch differ between processes until now.
            self.processes.copy_from_main((*self.model.parameters(), *self.model.buffers()))
        bar.update()
        finished = self.done == settings.total_iter
        if self.done % settings.print_iter == 0 or finished:
            self.report(bar)
        if self.done % settings.eval_iter == 0 or finished:
            self.validate()
        if self.done % settings.save_iter == 0 or finished:
            self.save_last()

    def step(self, loss_module: nn.Module, batches: Iterator[Batch]) -> None:
        """Gradients of `grad_accum` batches, clipped, then one step of optimiser and schedule."""
        settings, iteration = self.settings, self.done
        for part in range(settings.grad_accum):
            batch = to_device(next(batches), self.device)
            more = part + 1 < settings.grad_accum
            # Only the last of several backward passes needs to average over processes.
            waits = (
                loss_module.no_sync()
                if more and isinstance(loss_module, DistributedDataParallel)
                else contextlib.nullcontext()
            )
            with waits:
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                    loss, scalars = loss_module(batch, iteration)
                (loss / settings.grad_accum).backward()
            self.averages.add({"loss": loss.detach(), **scalars})
            if self.device.type == "cpu" and not math.isfinite(loss.item()):  # reading it costs nothing here
                raise self.diverged()
        if settings.grad_clip > 0:
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), settings.grad_clip)
            self.averages.add({"grad_norm": norm})
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.scheduler.step()
        self.done += 1

    def report(self, bar: tqdm) -> None:
        """Read the averages since the last report from the device, over all processes; log them."""
        values = self.processes.mean(self.averages.read())
        if not math.isfinite(values["loss"]):
            raise self.diverged()
        rate = float(self.scheduler.get_last_lr()[0])
        bar.set_postfix(loss=f"{values['loss']:.4g}", lr=f"{rate:.2g}")
        self.run.scalars(
            {f"train/{name}": value for name, value in values.items()} | {"train/lr": rate}, self.done
        )
        parts = " ".join(f"{name} {value:.4g}" for name, value in values.items())
        total = self.settings.total_iter
        pace = self.pace.text(self.done, total)
        self.run.log(f"iteration {self.done}/{total} {parts} lr {rate:.3g} {pace}", show=bool(bar.disable))

    def validate(self) -> None:
        """Measure, log, and keep the weights that are the best so far by some metric.

        All processes measure, each its share. The random states are put back afterwards: how often one looks does
        not change the training.
        """
        processes = self.processes
        state = random_state()
        processes.copy_from_main(self.model.buffers())  # those of batch norm differ between processes
        metrics = self.stage.validate(self.done)
        if processes.is_main:
            self.after_validation(self.done)
        set_random_state(state)
        self.model.train()
        if processes.is_main:
            self.keep_best(metrics)
        processes.wait()

    def keep_best(self, metrics: Mapping[str, float]) -> None:
        """Log the metrics of a validation; save the weights under each metric that they improve."""
        if metrics:
            self.run.scalars({f"validation/{name}": value for name, value in metrics.items()}, self.done)
            text = " ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            tqdm.write(f"validation at {self.done}: {text}")
            self.run.log(f"validation at {self.done}: {text}", show=False)
        for name, value in metrics.items():
            if is_better(value, self.best.get(name), self.stage.best.get(name)):
                self.best[name] = value
                self.save(f"net_best_{name}.pth", self.weights())

    # ------------------------------------------------------------------------------------------- storing
    def weights(self) -> dict[str, Any]:
        """The published content of a checkpoint: weights and iteration."""
        return {"nb_iter": self.done, self.stage.model_key: self.model.state_dict()}

    def save(self, file_name: str, content: Mapping[str, Any]) -> None:
        """Write a checkpoint, unless a weight is not finite: a good one must not be replaced by that."""
        for name, tensor in self.model.state_dict().items():
            if tensor.is_floating_point() and not torch.isfinite(tensor).all():
                raise self.diverged(f"weight {name}")
        save_checkpoint(self.run.path / file_name, content)

    def save_last(self) -> None:
        """Write net_last.pth, from which --resume goes on."""
        if not self.processes.is_main:
            return
        training = {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "rng": random_state(),
            "best": dict(self.best),
            "stage": self.stage.state(),
        }
        self.save(LAST_FILE, self.weights() | training)

    def restore(self) -> None:
        """Continue from net_last.pth, or start from given weights, as the settings say."""
        settings, key = self.settings, self.stage.model_key
        last = self.run.path / LAST_FILE
        if settings.resume and last.is_file():
            content = load_checkpoint(last, key)
            require_training_state(content, last)
            require_finite(content["optimizer"], last)
            load_into(self.model, content[key], str(last))
            try:
                self.optimizer.load_state_dict(content["optimizer"])
                self.scheduler.load_state_dict(content["scheduler"])
                self.best = {str(name): float(value) for name, value in content["best"].items()}
                self.done = content["nb_iter"]
                self.stage.load_state(content["stage"])
                set_random_state(content["rng"])
            except DAMAGED as error:
                reason = " ".join(str(error).split())[:200]
                raise UserError(f"{last}: its training state does not fit this model ({reason})") from error
            if not self.processes.is_main:  # only the first process's states are stored
                torch.manual_seed(settings.seed + self.processes.rank + 1000 * self.done)
            self.run.log(f"continuing {self.run.path} at iteration {self.done}")
        elif settings.resume and os.path.lexists(last):
            raise UserError(f"{last}: is no file; restore it, or remove it to start at iteration 0")
        elif settings.resume:
            self.run.log(f"{last}: nothing saved yet, starting at iteration 0")
        elif settings.initial_weights is not None:
            weights = load_weights(settings.initial_weights, key)
            weights = self.stage.adapt_weights(weights)
            load_into(self.model, weights, settings.initial_weights)
            self.run.log(f"starting from the weights in {settings.initial_weights}")

    # ------------------------------------------------------------------------------------------- helpers
    def seed(self, seed: int) -> None:
        """Seed the global generators: Python's alike in all processes (see `shared_draw`), the others apart."""
        seed_everything(seed + self.processes.rank)
        random.seed(seed)

    def choose_precision(self) -> bool:
        """Whether to run in bf16, the same in all processes; says what `--amp auto` found."""
        amp, device = self.settings.amp, self.device
        if amp == "bf16" and device.type == "cpu" and not bf16_pays(device):
            warn(
                "--amp bf16: this CPU is no faster with it, perhaps many times slower; --amp auto would leave it"
            )
        half = not self.processes.any(not use_bf16(amp, device))
        if amp == "auto":
            self.run.log(f"--amp auto: {'bf16' if half else 'float32'} on {device}")
        return half

    def should_stop(self, stop: StopSignal) -> bool:
        return self.processes.any(stop.requested)

    def resume_line(self) -> str:
        script = os.path.basename(sys.argv[0])
        return f"stopped at iteration {self.done}; go on with: python {script} --resume {self.run.path}"

    def diverged(self, what: str = "the loss") -> UserError:
        """The error for a training that left the finite numbers."""
        last = self.run.path / LAST_FILE
        kept = f"; {last} holds the last good state" if last.is_file() else ""
        return UserError(
            f"{what} is not finite at iteration {self.done}: lower --lr or set --grad-clip 1{kept}"
        )

    def progress_bar(self) -> tqdm:
        """Bar with rate, remaining time and loss; silent in log files, where lines are written instead."""
        return tqdm(
            total=self.settings.total_iter,
            initial=self.done,
            disable=not (self.processes.is_main and sys.stderr.isatty()),
            dynamic_ncols=True,
            unit="it",
        )


def is_better(value: float, best: float | None, direction: str | None) -> bool:
    """Whether `value` beats `best` in `direction` ("min", "max"; None: not kept). NaN never does."""
    if direction is None or math.isnan(value):
        return False
    if best is None:
        return True
    return value < best if direction == "min" else value > best
