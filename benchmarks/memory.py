"""Memory of a process and of the workers it started, as Linux counts it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

MIB = 2.0**20


@dataclass(frozen=True)
class Resident:
    """Bytes in memory now. Pages of mapped files are the system's: it drops them when memory is short."""

    own: float
    mapped: float

    def __str__(self) -> str:
        return f"{self.own / MIB:.0f} MiB of its own, {self.mapped / MIB:.0f} MiB of mapped files"


def resident() -> Resident:
    """Of this process."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())

    def kilobytes(name: str) -> float:
        return 1024.0 * int(fields[name].split()[0])

    return Resident(kilobytes("RssAnon"), kilobytes("RssFile") + kilobytes("RssShmem"))


class FamilyPeak:
    """Largest memory of a process and its children together, looked at every ``every`` seconds while in the block.

    Pages that several of them share count once (proportional set size).
    """

    def __init__(self, process: int | None = None, every: float = 0.2) -> None:
        self.process, self.every, self.bytes = process or os.getpid(), every, 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> FamilyPeak:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.bytes = max(self.bytes, sum(map(_proportional, [self.process, *_children(self.process)])))
            if self._stop.wait(self.every):
                return


def _children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            direct = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in direct:
            found += [child, *_children(child)]
    return found


def _proportional(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0  # it has ended
    return next((1024.0 * int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0.0)
