"""Several processes, one training: what torchrun or accelerate put into the environment, and gradients.

`torchrun --nproc-per-node 4 train_base_trans.py ...` runs the same script four times. Each process takes its
share of every batch, gradients are averaged, and only the first process validates, logs and saves.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

PATIENCE = timedelta(hours=3)  # the others wait while the first process validates


@dataclass(frozen=True)
class Distributed:
    """This process's place among `world_size` processes; alone: rank 0 of 1."""

    rank: int = 0
    world_size: int = 1

    @classmethod
    def from_env(cls) -> Distributed:
        """Read RANK and WORLD_SIZE as torchrun sets them."""
        return cls(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def start(self, device: torch.device) -> None:
        """Join the other processes; nothing to do when alone."""
        if self.world_size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.world_size > 1:
            dist.barrier()

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether any process raised `flag`: all leave a loop together or not at all."""
        if self.world_size == 1:
            return flag
        votes = torch.tensor(float(flag), device=device)
        dist.all_reduce(votes)
        return votes.item() > 0

    def copy_from_main(self, module: nn.Module) -> None:
        """Give every process the first one's parameters and buffers."""
        if self.world_size > 1:
            for tensor in (*module.parameters(), *module.buffers()):
                dist.broadcast(tensor.detach(), src=0)

    def stop(self) -> None:
        """Leave the other processes."""
        if self.world_size > 1 and dist.is_initialized():
            dist.destroy_process_group()

    def wrap(self, stage: Any, device: torch.device) -> nn.Module:
        """Module whose call is `stage.loss(batch, iteration)`, with gradients averaged over processes."""
        module = StageLoss(stage)
        if self.world_size == 1:
            return module
        # Quantizer dropout skips whole stages, so some parameters have no gradient in some iterations.
        device_ids = [device] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(module, device_ids=device_ids, find_unused_parameters=True)


class StageLoss(nn.Module):
    """A stage's loss as a module's forward: that is where DistributedDataParallel hooks in."""

    def __init__(self, stage: Any) -> None:
        super().__init__()
        self.model = stage.model
        self._loss = stage.loss

    def forward(self, batch: Mapping[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        return self._loss(batch, iteration)
