"""Parts of the training loop that know nothing of training: batches ahead, averages, pace, stop signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

Batch = dict[str, Any]


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Move the tensors of a batch; other entries stay as they are."""
    return {
        name: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
        for name, value in batch.items()
    }


def pin_memory(batch: Batch) -> Batch:
    """Tensors in page-locked memory, from which copies to a GPU overlap with its work."""
    return {name: value.pin_memory() if isinstance(value, Tensor) else value for name, value in batch.items()}


def prefetch(prepare: Callable[[int], Batch], indices: Iterable[int], workers: int) -> Generator[Batch]:
    """Yield prepare(index) in order, prepared ahead in up to `workers` threads (0: when asked for)."""
    workers = min(workers, os.cpu_count() or 1)
    if workers == 0:
        yield from map(prepare, indices)
        return
    indices = iter(indices)
    waiting: deque[Future[Batch]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        while True:
            while len(waiting) <= workers and (index := next(indices, None)) is not None:
                waiting.append(pool.submit(prepare, index))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Pace:
    """Iterations a second since the last reading, and the time left at that pace."""

    def __init__(self, done: int) -> None:
        self.done, self.clock = done, time.monotonic()

    def text(self, done: int, total: int) -> str:
        """ "12.3 it/s, 0:10:05 left"; starts anew."""
        now = time.monotonic()
        rate = (done - self.done) / max(now - self.clock, 1e-9)
        self.done, self.clock = done, now
        left = timedelta(seconds=round((total - done) / rate)) if rate > 0 else "?"
        return f"{rate:.3g} it/s, {left} left"


class Averages:
    """Means of scalars since they were last read; sums stay on the device, so adding never waits for it."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, scalars: Mapping[str, Tensor]) -> None:
        """Add one value of each scalar."""
        for name, value in scalars.items():
            value = value.detach().float()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1

    def read(self) -> dict[str, float]:
        """Means by name, in one transfer; starts anew."""
        if not self.sums:
            return {}
        names = list(self.sums)
        totals = torch.stack([self.sums[name] for name in names]).tolist()
        means = {name: total / self.counts[name] for name, total in zip(names, totals, strict=True)}
        self.sums, self.counts = {}, {}
        return means


class StopSignal:
    """Ctrl-C and SIGTERM ask the loop to stop after the iteration; a second Ctrl-C stops at once."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():  # handlers exist only there
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._request)
        return self

    def _request(self, number: int, frame: Any) -> None:
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt("stopped at once; --resume goes on from the last net_last.pth")
        self.requested = True
        tqdm.write("stopping after this iteration (Ctrl-C again: at once)", file=sys.stderr)

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
