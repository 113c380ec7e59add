"""One test in two processes that train or measure together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import torch
from torch.distributed import TCPStore

CPU = torch.device("cpu")
HANG = 600  # seconds after which processes that wait for each other are stopped


def meeting_place() -> tuple[TCPStore, dict[str, str]]:
    """Where processes find each other while the store is kept, and what tells them of it: their environment.

    As torchrun does it. A port that was found free, and that the first process opens seconds later, may be another
    test's by then.
    """
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    port = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port)}
    return store, port | {"TORCHELASTIC_USE_AGENT_STORE": "True"}


def run_two(module: str, call: str, repo: Path, codes: tuple[int, int] = (0, 0)) -> tuple[str, str]:
    """Run `call`, a line that may use the names of a test module, in two processes; their error output."""
    store, meeting = meeting_place()
    common = os.environ | meeting | {"WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    common["PYTHONPATH"] = f"{repo}:{repo / 'tests'}"
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                "-c",
                f"import {module}; exec({call!r}, vars({module}))",
            ],
            env=common | {"RANK": str(rank)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = tuple(process.communicate(timeout=HANG)[1] for process in started)
    finally:
        for process in started:
            process.kill()
        del store
    assert tuple(process.returncode for process in started) == codes, said
    return said


def losses(run: Path) -> list[float]:
    """The loss of every iteration, from run.log."""
    lines = (run / "run.log").read_text().splitlines()
    return [float(line.split(" loss ")[1].split()[0]) for line in lines if " loss " in line]
