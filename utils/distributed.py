"""Several processes, one training: what torchrun puts into the environment, and gradients.

`torchrun --nproc-per-node 4 train_base_trans.py ...` runs the same script four times. Each process takes its share of
every batch, gradients are averaged, validation and evaluation are shared out as well, and only the first process logs
and saves.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

# DistributedDataParallel imports this module, whose default arguments are the group of that moment: imported once a
# group exists, it would keep that group, and gloo's threads, until the interpreter's end, where they can abort it.
import torch.distributed.nn
from torch import Tensor, nn

PATIENCE = timedelta(hours=3)  # the others wait while the first process builds caches or writes videos


@dataclass(frozen=True)
class Distributed:
    """This process's place among `world_size` processes; alone: rank 0 of 1."""

    rank: int = 0
    world_size: int = 1

    @classmethod
    def from_env(cls) -> Distributed:
        """Read RANK and WORLD_SIZE as torchrun sets them."""
        return cls(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))

    @classmethod
    def joined(cls) -> Distributed:
        """This process's place among those it has joined; alone before `start` and after `stop`."""
        return cls.from_env() if is_distributed() else cls()

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def start(self, device: torch.device) -> bool:
        """Join the other processes; whether that was still to do, and so is for the caller to `stop`."""
        if self.world_size == 1 or dist.is_initialized():
            return False
        # What the host asks (stop? whose metrics?) goes through gloo: it must not wait for the GPU's queue.
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        if device.type == "cuda":
            torch.cuda.set_device(device)
        dist.init_process_group(backend, timeout=PATIENCE)
        return True

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.world_size > 1:
            self.any(False)

    def any(self, flag: bool) -> bool:
        """Whether any process raised `flag`: all leave a loop together or not at all."""
        if self.world_size == 1:
            return flag
        votes = torch.tensor(float(flag))  # on the host: asking does not wait for the device
        dist.all_reduce(votes)
        return votes.item() > 0

    @contextlib.contextmanager
    def main_first(self) -> Iterator[None]:
        """The first process does the block before all others do: it fills caches that they then read."""
        if not self.is_main:
            self.wait()
        yield
        if self.is_main:
            self.wait()

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Each number's mean over the processes that have it."""
        if self.world_size == 1:
            return dict(values)
        found: dict[str, list[float]] = {}
        for theirs in self.gather(dict(values)):
            for name, value in theirs.items():
                found.setdefault(name, []).append(value)
        return {name: sum(numbers) / len(numbers) for name, numbers in found.items()}

    def gather(self, item: Any) -> list[Any]:
        """Every process's `item` (anything that pickles), in the order of ranks, in every process."""
        if self.world_size == 1:
            return [item]
        items: list[Any] = [None] * self.world_size
        dist.all_gather_object(items, item)
        return items

    def from_main(self, item: Any) -> Any:
        """The first process's `item` (anything that pickles), in every process."""
        if self.world_size == 1:
            return item
        items = [item]
        dist.broadcast_object_list(items, src=0)
        return items[0]

    def copy_from_main(self, tensors: Any) -> None:
        """Give every process the first one's tensors, in place."""
        if self.world_size > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), src=0)

    def stop(self) -> None:
        """Leave the other processes: none of gloo's threads is left, after an error and inside its `except` too.

        Those threads need Python's lock to drop finished work. So nothing may join them while it holds the lock, as
        a wrapped module's reducer does where it is the last to let the group go, and none may live on until the
        interpreter's end: whatever holds the group lets go first, and the group itself ends last.
        """
        if self.world_size == 1 or not dist.is_initialized():
            return
        clear_errors_in_flight()
        gc.collect()
        for module in wrapped_modules():
            for name in ("logger", "reducer", "process_group"):
                setattr(module, name, None)
        gc.collect()
        dist.destroy_process_group()

    def wrap(self, stage: Any, device: torch.device) -> nn.Module:
        """Module whose call is `stage.loss(batch, iteration)`, with gradients averaged over processes."""
        module = StageLoss(stage)
        if self.world_size == 1:
            return module
        # Buffers are alike by construction (codebooks), or matter in validation alone (batch norm), before which they
        # are copied.
        return nn.parallel.DistributedDataParallel(
            module,
            device_ids=[device] if device.type == "cuda" else None,
            find_unused_parameters=stage.skips_parameters,
            forward_sync_buffers=False,
        )


class StageLoss(nn.Module):
    """A stage's loss as a module's forward: that is where DistributedDataParallel hooks in."""

    def __init__(self, stage: Any) -> None:
        super().__init__()
        self.model = stage.model
        self._loss = stage.loss

    def forward(self, batch: Mapping[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        return self._loss(batch, iteration)


def clear_errors_in_flight() -> None:
    """Drop the local variables that the errors now being handled keep alive by their tracebacks."""
    waiting, seen = [sys.exc_info()[1]], set()
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            traceback.clear_frames(error.__traceback__)
            waiting += (error.__cause__, error.__context__)


def wrapped_modules() -> list[nn.parallel.DistributedDataParallel]:
    """Every module of this process that averages its gradients over processes, whoever still holds it."""
    return [found for found in gc.get_objects() if type(found) is nn.parallel.DistributedDataParallel]


def speaks_first(line: str) -> bool:
    """Record an error's line for torchrun; whether no process of this machine has recorded one before.

    So an error of all processes is said once, and torchrun, which shows the record at its end, names the reason. A
    process that torchrun did not start has no place for a record, and may always speak.
    """
    place = os.environ.get("TORCHELASTIC_ERROR_FILE")
    if place is None:
        return True
    record = Path(place)
    try:
        unfinished = record.with_suffix(".tmp")  # torchrun must not find half a record
        unfinished.write_text(json.dumps({"message": line, "timestamp": int(time.time())}))
        unfinished.replace(record)
        (record.parent.parent / "said").touch(exist_ok=False)  # the folder of this start of all processes
    except FileExistsError:
        return False
    except OSError:
        return True  # nothing can be recorded there
    return True


def is_lost_peer(error: BaseException) -> bool:
    """Whether an error only says that another process has ended, which has told its reason itself."""
    if Distributed.from_env().world_size == 1:
        return False
    text = str(error).lower()
    return isinstance(error, dist.DistError) or any(word in text for word in ("gloo", "nccl", "tcpstore"))


def is_distributed() -> bool:
    """Whether this process has joined others."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def share(count: Tensor | int, like: Tensor) -> Tensor | float:
    """What a mean over `count` items weighs among the processes: count / (mean count of all processes).

    A loss times its share, averaged over processes, is the mean over the global batch, however the batch was dealt.
    Nothing is read back from the device.

    Args:
        count: number of items that this process's mean is over; scalar.
        like: tensor on the device to sum on.
    """
    if not is_distributed():
        return 1.0
    mine = torch.zeros((), device=like.device) + count  # a copy from the host would wait for the device
    total = mine.clone()
    dist.all_reduce(total)
    return mine * dist.get_world_size() / total


class _MeanEverywhere(torch.autograd.Function):
    """Sum over processes divided by their number, forwards and backwards."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone()
        dist.all_reduce(total)
        return total / dist.get_world_size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total / dist.get_world_size()


def mean_everywhere(rows: Tensor) -> Tensor:
    """Mean over the first axis of all processes' rows (n, ...); its gradient reaches all of them.

    For losses that are not linear in a mean. The gradient is such that averaging the processes' parameters' gradients,
    as DistributedDataParallel does, gives that of the global batch.
    """
    mean = rows.mean(dim=0)
    if not is_distributed():
        return mean
    return _MeanEverywhere.apply(mean * share(len(rows), mean))


def concatenated(rows: Tensor) -> Tensor:
    """All processes' rows (n, W), in the order of ranks; n may differ between them. Waits for the device."""
    return torch.cat(_parts(rows)) if is_distributed() else rows


def _parts(rows: Tensor) -> list[Tensor]:
    """Each process's rows, in the order of ranks."""
    counts: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(counts, len(rows))
    padded = rows.new_zeros(max(counts), *rows.shape[1:])
    padded[: len(rows)] = rows
    parts = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(parts, padded)
    return [part[:count] for part, count in zip(parts, counts, strict=True)]


class _Gathered(torch.autograd.Function):
    """All processes' rows; backwards, this process's rows times the number of processes."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = _parts(rows)
        ctx.first, ctx.count = sum(map(len, parts[: dist.get_rank()])), len(rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient[ctx.first : ctx.first + ctx.count] * dist.get_world_size()


def gathered(rows: Tensor) -> Tensor:
    """As `concatenated`, with gradients, for losses of the whole batch that every process computes alike.

    Each process's gradient takes in its own rows alone, times the number of processes: averaging the processes'
    parameters' gradients, as DistributedDataParallel does, gives that of the global batch.
    """
    return _Gathered.apply(rows) if is_distributed() else rows


def shared_draw() -> float:
    """A uniform number in [0, 1) that all processes draw alike, for decisions about a whole batch.

    It comes from Python's global generator, which the training loop seeds alike everywhere.
    """
    return random.random()
