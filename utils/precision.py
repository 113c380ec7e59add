"""Whether half precision pays on the device at hand, found by a quick trial.

Many CPUs have no bfloat16 instructions and emulate them a hundred times slower than float32; some are twice as
fast with them. No list of processors says which: two small matrix products do, in a few milliseconds.
"""

from __future__ import annotations

import time
from functools import cache

import torch

from utils.runtime import UserError

PRECISIONS = ("float32", "bf16", "auto")  # of sampling
WIDTH = 384  # of the trial's square matrices: large enough for full speed, 0.4 s where bfloat16 is emulated
TRIAL_SECONDS = 0.02
PAYS_FROM = 1.5  # times float32's rate: a model also has sums, norms and casts that gain nothing


@cache
def matmul_rate(
    device: torch.device | str, dtype: torch.dtype, rows: int = WIDTH, width: int = WIDTH
) -> float:
    """FLOP/s of a product (rows, width) @ (width, width): the best of a few tries, measured once per process."""
    device = torch.device(device)
    left = torch.ones(rows, width, device=device, dtype=dtype)
    right = torch.ones(width, width, device=device, dtype=dtype)
    first = _seconds(left, right)  # pays for what the library prepares; slow types stop here
    best, spent = first, 0.0
    while first < 10 * TRIAL_SECONDS and spent < TRIAL_SECONDS:
        taken = _seconds(left, right)
        best, spent = min(best, taken), spent + taken
    return 2 * rows * width**2 / best


@torch.no_grad()
def _seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    wait = torch.cuda.synchronize if left.is_cuda else (lambda device: None)
    wait(left.device)
    start = time.perf_counter()
    left @ right
    wait(left.device)
    return max(time.perf_counter() - start, 1e-9)


@cache
def bf16_pays(device: torch.device | str) -> bool:
    """Whether bfloat16 is worth using: on GPUs that compute in it, on CPUs where the trial shows it, never on mps."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    return matmul_rate(device, torch.bfloat16) > PAYS_FROM * matmul_rate(device, torch.float32)


def use_bf16(amp: str, device: torch.device | str) -> bool:
    """The meaning of ``--amp`` (none, bf16, auto) on a device."""
    return amp == "bf16" or (amp == "auto" and bf16_pays(device))


def resolve_precision(precision: str, device: torch.device | str) -> str:
    """The meaning of ``--precision auto`` on a device: bf16 where it pays, else float32; others as they are."""
    if precision not in PRECISIONS:
        raise UserError(f"--precision {precision} is unknown: use one of {', '.join(PRECISIONS)}")
    if precision == "auto":
        return "bf16" if bf16_pays(device) else "float32"
    return precision
