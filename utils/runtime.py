"""What every script needs around its work: errors for people, devices, seeds, atomic files.

A script raises `UserError` for anything its user can mend; `run_script` turns that into one line and exit
code 2. Files are written through `atomic_write`, so that a reader never sees half of one.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch

from utils.distributed import Distributed, is_lost_peer, speaks_first
from utils.leftovers import sweep_once, temporary_name

# torch asks for this when it first allocates a tensor of 2 MiB: in huge pages the CPU reads weights up to a fifth faster.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

DEVICES = ("auto", "cpu", "cuda", "mps")
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """Something the user can mend. The message is one line: what is wrong, where, what to do."""


def run_script(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's `main` and exit: its return code, 2 after bad input (one line), 130 after Ctrl-C.

    Setting the variable PGR2M_TRACEBACK shows the traceback as well. Programming errors are not caught:
    they keep their traceback.
    """
    try:
        sys.exit(_run_and_leave(main))
    except UserError as error:
        _complain(f"error: {error}")
    except torch.OutOfMemoryError as error:
        first_line = str(error).splitlines()[0]
        _complain(f"error: out of device memory ({first_line}); lower --batch-size or use --device cpu")
    except (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError) as error:
        if error.filename is None:
            raise
        _complain(f"error: {error.filename}: {error.strerror}")
    except KeyboardInterrupt as interrupt:
        print(f"\n{interrupt}" if str(interrupt) else "\ninterrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except RuntimeError as error:
        if not is_lost_peer(error):
            raise
        if os.environ.get("PGR2M_TRACEBACK"):
            traceback.print_exc()
    except BrokenPipeError:
        # The reader of our output (`| head`) went away: nothing to report, and nobody to report it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(EXIT_USER_ERROR)


def _run_and_leave(main: Callable[[], int | None]) -> int:
    """`main`'s return code; whether it succeeds or fails, the other processes are left behind in order."""
    try:
        return main() or 0
    finally:
        Distributed.from_env().stop()


def _complain(line: str) -> None:
    if os.environ.get("PGR2M_TRACEBACK"):
        traceback.print_exc()
    if speaks_first():
        print(line, file=sys.stderr)


def announce(line: str) -> None:
    """Print a line, in the first of several processes only."""
    if Distributed.from_env().is_main:
        print(line, flush=True)


def warn(message: str) -> None:
    """Print one line of warning on stderr, in the first of several processes only."""
    if Distributed.from_env().is_main:
        print(f"warning: {message}", file=sys.stderr)


def warn_ignored(explicit: Iterable[str], reasons: Mapping[str, str]) -> list[str]:
    """Say in one line per reason which of the flags that were given have no effect.

    `explicit`: names (argparse dests) of the flags the user typed; `reasons`: dest -> why it has no effect.
    Returns the lines printed.
    """
    flags_by_reason: dict[str, list[str]] = {}
    for dest in explicit:
        if dest in reasons:
            flags_by_reason.setdefault(reasons[dest], []).append("--" + dest.replace("_", "-"))
    lines = [f"no effect: {', '.join(flags)} ({reason})" for reason, flags in flags_by_reason.items()]
    for line in lines:
        warn(line)
    return lines


def pick_device(name: str = "auto") -> torch.device:
    """Device called `name` ("auto", "cpu", "cuda", "cuda:1", "mps"); auto takes cuda, then mps, then cpu.

    Under torchrun each process takes the GPU of its local rank. Raises UserError when it is not there.
    """
    kind = name.split(":")[0]
    if kind not in DEVICES:
        raise UserError(f"--device {name}: unknown device; use one of {', '.join(DEVICES)}")
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        kind = name = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if (kind == "cuda" and not has_cuda) or (kind == "mps" and not has_mps):
        raise UserError(f"--device {name}: no such device on this machine; use --device auto or cpu")
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"--device {name}: not a device; use cpu, cuda, cuda:N or mps") from error
    if kind == "cuda" and device.index >= torch.cuda.device_count():
        raise UserError(f"--device {name}: this machine has {torch.cuda.device_count()} GPU(s), from cuda:0")
    return device


def seed_everything(seed: int) -> None:
    """Seed the global generators of python, numpy and torch (all devices)."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries we call draw from the global generator
    torch.manual_seed(seed)


def make_generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator of its own on `device`, seeded: the same seed draws the same numbers."""
    return torch.Generator(device=device).manual_seed(seed)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure.

    The temporary name keeps the suffix, since writers such as `np.save` add a missing one. Parents are made, and
    what killed processes left unfinished in the folder is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep_once(str(path.parent.absolute()))
    temporary = temporary_name(path)
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())  # the content must be on disk before the name points at it
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
