"""Time of a training step against the number of processes that share its batch.

    python -m benchmarks.processes                                # each stage at the published sizes, 1 and 2 processes
    python -m benchmarks.processes --stages base --processes 1 2 4 --threads 2
    python -m benchmarks.processes --device cuda --processes 1 8  # one GPU each

The batch is the same for every number of processes: each takes its share, and gradients are averaged. So is the loss,
which is compared before anything is timed. A process has ``--threads`` CPU threads; *efficiency* is the speed-up over
one process divided by the number of processes, and says what sharing costs where there are cores enough.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from argparse import Namespace

import torch

from benchmarks.machine import fastest
from benchmarks.training_step import CASES, LATE, Case, add_size_options, make_case, read_sizes
from dataset.batch_draws import rank_slice
from training.loop import TrainSettings, make_optimizer
from utils.distributed import Distributed
from utils.flags import FlagParser
from utils.ranges import COUNT, whole
from utils.runtime import UserError, pick_device, run_script

TOLERANCE = 1e-5


def main(argv: list[str] | None = None) -> None:
    """Start the workers, compare their losses, print a table."""
    argv = sys.argv[1:] if argv is None else argv
    args = parse_options(argv)
    if args.worker:
        work(args)
        return
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {args.threads} thread(s) a process, {args.device}\n"
    )
    print(f"| {'stage':9} | processes | batch | ms a step | samples/s | speed-up | efficiency |")
    print("|---|---|---|---|---|---|---|")
    for stage in args.stages:
        first: dict = {}
        for count in args.processes:
            found = launch(count, argv, stage, args.threads)
            first = first or found
            difference = abs(found["loss"] - first["loss"]) / abs(first["loss"])
            if difference > TOLERANCE:
                raise UserError(
                    f"{stage}: with {count} processes the loss differs by a share of {difference:.1e}"
                )
            speed = first["seconds"] / found["seconds"]
            print(
                f"| {stage:9} | {count:9} | {found['batch']:5} | {1e3 * found['seconds']:9.1f} | "
                f"{found['batch'] / found['seconds']:9.1f} | {speed:8.2f} | "
                f"{speed * args.processes[0] / count:10.0%} |",
                flush=True,
            )


def launch(count: int, argv: list[str], stage: str, threads: int) -> dict:
    """Run `count` workers under torchrun: {"seconds": of a step, "loss": ..., "batch": samples}."""
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    command = [
        sys.executable,
        "-m",
        *torchrun,
        "-m",
        "benchmarks.processes",
        *argv,
        "--worker",
        "--stages",
        stage,
    ]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"benchmark: {count} workers failed: {' '.join(done.stderr.split())[-400:]}")
    return json.loads(done.stdout.splitlines()[-1])


def work(args: Namespace) -> None:
    """One worker: its share of the middle batch, timed; the first one prints what it found."""
    device = pick_device(args.device)
    processes = Distributed.from_env()
    processes.start(device)
    torch.manual_seed(0)
    case = make_case(args.stages[0], read_sizes(args), device)
    batch = case.batches[len(case.batches) // 2]
    rows = rank_slice(case.samples, processes.rank, processes.world_size)
    share = {key: value[rows] if isinstance(value, torch.Tensor) else value for key, value in batch.items()}
    case.model.eval()
    with torch.no_grad():
        losses = processes.gather(float(case.stage.loss(share, 0)[0]))
    case.model.train()
    # All take part in every step, so the slowest sets the time of each.
    seconds = max(processes.gather(time_step(case, share, processes, device, args.tries)))
    if processes.is_main:
        found = {"seconds": seconds, "loss": sum(losses) / len(losses), "batch": case.samples}
        print(json.dumps(found))
    processes.stop()


def time_step(case: Case, share: dict, processes: Distributed, device: torch.device, tries: int) -> float:
    """Seconds of a step on this process's share, the averaging of gradients included."""
    loss_module = processes.wrap(case.stage, device)
    optimizer = make_optimizer(case.model, TrainSettings(total_iter=1, lr=1e-5, device=device))

    def step() -> None:
        loss_module(share, LATE)[0].backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return fastest(step, device, tries)


def parse_options(argv: list[str]) -> Namespace:
    """Options."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--processes", nargs="+", type=whole(1, 1024), default=[1, 2])
    parser.add_argument("--threads", type=whole(1, 1024), default=1, help="CPU threads of each process")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tries", type=COUNT, default=3, help="steps timed; the fastest counts")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    add_size_options(parser)
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_script(main)
