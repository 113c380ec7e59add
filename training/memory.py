"""Whether a work fits into memory: estimated before it starts, since a machine that runs out just kills it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from utils.runtime import UserError

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SAMPLES = 4  # that activations are measured with
GIB = 2**30


def memory_of(device: torch.device) -> int | None:
    """Bytes of memory that a device has, a container's limit included; None where that can't be told."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    for path in CGROUP_LIMITS:
        try:
            total = min(total, int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return total


def require_memory(needed: float, device: torch.device, what: str, remedy: str) -> None:
    """UserError where `what` needs more bytes than `device` has; `remedy` says which flag to lower."""
    there = memory_of(device)
    if there is not None and needed > there:
        raise UserError(
            f"{what} needs about {needed / GIB:,.3g} GiB of memory, {device} has {there / GIB:,.3g} GiB: {remedy}"
        )


def bytes_per_sample(loss: Callable[[dict[str, Any]], Tensor], batch: dict[str, Any]) -> float:
    """What a training step keeps of each sample until its gradients are known, by a forward pass over `batch`.

    Counted are the tensors that autograd saves, but for weights, and the sample itself.
    """
    rows = max(len(value) for value in batch.values() if isinstance(value, Tensor))
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        # Weights and their views are leaves, or end at one; they are there once, whatever the batch.
        if not isinstance(tensor, nn.Parameter) and not isinstance(tensor._base, nn.Parameter):
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = loss(batch)
    del result
    batch_bytes = sum(value.nbytes for value in batch.values() if isinstance(value, Tensor))
    return (sum(kept.values()) + batch_bytes) / rows
