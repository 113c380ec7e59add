"""Flags of the training loop (training/loop.py)."""

from __future__ import annotations

from dataclasses import dataclass

from options.core import OptionParser, switch, writes_into
from training.settings import TrainSettings
from utils.ranges import ITERATIONS, ITERATIONS_OR_NONE, SEED, SHARE_BELOW_1, positive, real, whole

DEFAULT_SEED = TrainSettings.seed


@dataclass(frozen=True)
class TrainingDefaults:
    """Published settings that differ from script to script."""

    exp_name: str
    total_iter: int
    lr: float
    lr_scheduler: tuple[int, ...]
    gamma: float
    warm_up_iter: int
    eval_iter: int


def add_run_options(parser: OptionParser, out_dir: str, exp_name: str) -> None:
    """Where results go, on which device, from which seed."""
    add_preset_option(parser)
    group = parser.add_argument_group("run")
    group.add_argument("--out-dir", default=out_dir, help="results go to OUT_DIR/EXP_NAME/<date>")
    group.add_argument("--exp-name", default=exp_name, help="name of the run")
    add_device_options(parser)
    parser.check(writes_into("out_dir", "exp_name"))


def add_preset_option(parser: OptionParser) -> None:
    """`--preset FILE.yaml`, read by options.core.parse."""
    parser.add_argument(
        "--preset",
        metavar="FILE.yaml",
        action="append",
        default=[],
        help="flag values from a YAML file; may be repeated, flags on the command line win",
    )


def add_device_options(parser: OptionParser) -> None:
    """Device and seed."""
    group = parser.add_argument_group("device and randomness")
    group.add_argument(
        "--seed", type=SEED, default=DEFAULT_SEED, help="seed: the same seed gives the same results"
    )
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")


def add_start_weights(parser: OptionParser, flag: str) -> None:
    """The published flag for starting from a checkpoint's weights."""
    parser.add_argument(
        flag,
        metavar="FILE.pth",
        default=None,
        help="start from the weights in this file, at iteration 0 (to continue a run: --resume)",
    )


def add_training_options(parser: OptionParser, defaults: TrainingDefaults, resume: bool = True) -> None:
    """Length of training, optimiser, schedule, precision, checkpoints. `resume`: offer --resume too."""
    group = parser.add_argument_group("training")
    group.add_argument(
        "--total-iter",
        type=ITERATIONS,
        default=defaults.total_iter,
        help="training iterations (optimiser steps)",
    )
    group.add_argument("--lr", type=positive(10), default=defaults.lr, help="peak learning rate")
    group.add_argument(
        "--lr-scheduler",
        type=ITERATIONS_OR_NONE,
        nargs="+",
        default=list(defaults.lr_scheduler),
        metavar="ITER",
        help="iterations at which the learning rate is multiplied by --gamma",
    )
    group.add_argument(
        "--gamma",
        type=positive(10),
        default=defaults.gamma,
        help="factor on the learning rate at --lr-scheduler",
    )
    group.add_argument(
        "--warm-up-iter",
        type=ITERATIONS_OR_NONE,
        default=defaults.warm_up_iter,
        help="iterations over which the learning rate rises linearly to its peak",
    )
    group.add_argument(
        "--weight-decay",
        type=real(0, 10),
        default=TrainSettings.weight_decay,
        help="AdamW weight decay of matrices (biases and norms: none)",
    )
    group.add_argument(
        "--adam-betas",
        type=SHARE_BELOW_1,
        nargs=2,
        default=list(TrainSettings.betas),
        metavar="BETA",
        help="AdamW's two betas",
    )
    group.add_argument(
        "--eval-iter", type=ITERATIONS, default=defaults.eval_iter, help="iterations between validations"
    )
    group.add_argument(
        "--print-iter",
        type=ITERATIONS,
        default=TrainSettings.print_iter,
        help="iterations between logged losses",
    )
    group.add_argument(
        "--save-iter",
        type=ITERATIONS,
        default=TrainSettings.save_iter,
        help="iterations between saves of net_last.pth",
    )
    group.add_argument(
        "--amp",
        choices=("none", "bf16", "auto"),
        default=TrainSettings.amp,
        help="mixed precision; auto: bf16 where the device is clearly faster with it, as a quick trial shows",
    )
    switch(
        group, "--compile", help="compile the model's forward pass with torch.compile (needs a C++ compiler)"
    )
    group.add_argument(
        "--grad-clip",
        type=real(0, 1e6),
        default=TrainSettings.grad_clip,
        help="clip the gradients' total norm to this; 0: no clipping",
    )
    group.add_argument(
        "--grad-accum",
        type=whole(1, 10_000),
        default=TrainSettings.grad_accum,
        help="batches whose gradients are averaged for one optimiser step",
    )
    if resume:
        group.add_argument(
            "--resume",
            metavar="FOLDER",
            default=None,
            help="continue the run in this dated folder, with its stored settings; flags given here win",
        )
        parser.check(writes_into("resume"))
