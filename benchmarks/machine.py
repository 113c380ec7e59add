"""What the machine under a benchmark can do at best, and how benchmarks take times.

Every share "of the machine's limit" that a benchmark prints is taken against these rates, probed in the same run.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Machine:
    """Rates of one device, probed."""

    read_rate: float  # bytes/s: weights streamed from memory
    flop_rates: dict[torch.dtype, float]  # FLOP/s of a large matrix product
    name: str
    vector_rate: float = float("nan")  # bytes/s: weights read by torch's matrix-vector product

    def limit(self, bytes_read: float, flops: float, dtype: torch.dtype = torch.float32) -> float:
        """Seconds that a pass takes at least: it must read its bytes and do its sums, at best side by side."""
        return max(bytes_read / self.read_rate, flops / self.flop_rates[dtype])

    def __str__(self) -> str:
        rates = ", ".join(
            f"{str(dtype).removeprefix('torch.')} {rate / 1e9:.0f} GFLOP/s"
            for dtype, rate in self.flop_rates.items()
        )
        return (
            f"{self.name}; {torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}; "
            f"reads {self.read_rate / 1e9:.1f} GB/s (matrix-vector product {self.vector_rate / 1e9:.1f}), {rates}"
        )


def probe(device: torch.device | str = "cpu", dtypes: tuple[torch.dtype, ...] = (torch.float32,)) -> Machine:
    """Measure what the device sustains for half a second: streaming 512 MiB, and 2048 x 2048 matrix products."""
    device = torch.device(device)
    data = torch.ones(2**27, device=device)
    read = 4 * len(data) / sustained(data.sum, device)
    matrix, vector = data.view(2**14, 2**13), torch.ones(2**13, device=device)
    vector_rate = 4 * len(data) / sustained(lambda: matrix @ vector, device)
    rates = {}
    for dtype in dtypes:
        left, right = (torch.randn(2048, 2048, device=device).to(dtype) for _ in range(2))
        rates[dtype] = 2 * 2048**3 / sustained(lambda: left @ right, device)  # noqa: B023 - used at once
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return Machine(read, rates, name, vector_rate)


def fastest(act: Callable[[], object], device: torch.device | str = "cpu", tries: int = 5) -> float:
    """Seconds of the fastest of ``tries`` calls after one to warm up: the cost without others' interference."""
    seconds(act, device)
    return min(seconds(act, device) for _ in range(tries))


def sustained(act: Callable[[], object], device: torch.device | str = "cpu", span: float = 0.5) -> float:
    """Mean seconds of calls that fill ``span`` seconds, after one to warm up.

    What the machine does on average, as a benchmark of some seconds meets it: its best moments are too short for that.
    """
    seconds(act, device)
    count, spent = 0, 0.0
    while spent < span:
        spent += seconds(act, device)
        count += 1
    return spent / count


def seconds(act: Callable[[], object], device: torch.device | str = "cpu") -> float:
    """Wall-clock seconds of one call, the device's queue included."""
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    act()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def peak_memory() -> float:
    """Largest resident memory of this process so far, bytes (includes mapped file pages)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores"
