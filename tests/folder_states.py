"""States of files and folders: what is there, what is damaged, what a dead process left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch


def all_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def dead_process() -> int:
    """Number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    done.wait()
    return done.pid


def flip(path: Path, place: float | int, bit: int = 6) -> None:
    """Flip one bit of a file, at a share of its length or at a byte."""
    data = bytearray(path.read_bytes())
    place = int(place * len(data)) if isinstance(place, float) else place
    data[place] ^= 1 << bit
    path.write_bytes(data)


def spoil(path: Path, value: float, key: str | None = None) -> str:
    """Put `value` into one floating tensor of a checkpoint; returns the tensor's name."""
    content = torch.load(path, weights_only=True)
    tensors = content[key] if key else next(part for part in content.values() if isinstance(part, dict))
    name = [name for name, tensor in tensors.items() if tensor.is_floating_point()][-1]
    tensors[name].view(-1)[0] = value
    torch.save(content, path)
    return name
