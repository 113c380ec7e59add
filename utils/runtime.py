"""What every script needs around its work: errors for people, devices, seeds, atomic files.

A script raises `UserError` for anything its user can mend; `run_script` turns that into one line and exit
code 2. Files are written through `atomic_write`, so that a reader never sees half of one.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch

from utils.distributed import Distributed, is_lost_peer, speaks_first
from utils.leftovers import final_name, made_parents, sweep_once, temporary_name

DEVICES = ("auto", "cpu", "cuda", "mps")
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """Something the user can mend. The message is one line: what is wrong, where, what to do."""


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Show what ended a thread; not for TensorBoard's writer, whose error on a full disk the training meets itself."""
    if not (
        issubclass(failure.exc_type, OSError) and type(failure.thread).__module__.startswith("tensorboard")
    ):
        threading.__excepthook__(failure)


def run_script(main: Callable[[], int | None]) -> NoReturn:
    """Run a script's `main` and exit: its return code, 2 after bad input (one line), 130 after Ctrl-C.

    Setting the variable PGR2M_TRACEBACK shows the traceback as well. Programming errors are not caught:
    they keep their traceback.
    """
    # torch asks for this when it first allocates 2 MiB: in huge pages the CPU reads weights up to a fifth faster.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # letters that the terminal lacks are no reason to end
            stream.reconfigure(errors="backslashreplace")
    threading.excepthook = _thread_failed
    try:
        code = _run_and_leave(main)
        if sys.stdout is not None:
            with naming("standard output"):
                sys.stdout.flush()  # a full disk is said here, where it still can be
        sys.exit(code)
    except UserError as error:
        _complain(f"error: {error}")
    except torch.OutOfMemoryError as error:
        first_line = str(error).splitlines()[0]
        _complain(f"error: out of device memory ({first_line}); lower --batch-size or use --device cpu")
    except KeyboardInterrupt as interrupt:
        print(f"\n{interrupt}" if str(interrupt) else "\ninterrupted", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        _silence_stdout()  # its reader (`| head`) went away: nothing to report, and nobody to report it to
    except OSError as error:
        _complain(f"error: {explain(error)}")
        _settle_stdout()
    except (MemoryError, RuntimeError) as error:
        if not is_lost_peer(error):
            _complain(f"error: {_out_of_memory(error)}; lower --batch-size, lengths or the model's sizes")
        elif os.environ.get("PGR2M_TRACEBACK"):
            traceback.print_exc()
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
    if speaks_first(line):
        print(line, file=sys.stderr)


def _settle_stdout() -> None:
    """Where what was printed can't be written, keep Python from trying again at its end, and complaining."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _silence_stdout()


def _silence_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _out_of_memory(error: MemoryError | RuntimeError) -> str:
    """What is said of an error that means too little memory; any other is raised again."""
    if not isinstance(error, MemoryError) and "can't allocate memory" not in str(error):
        raise error
    wanted = re.search(r"allocate (\d+) bytes|allocate ([\d.]+ [KMGTPE]iB)", str(error))
    if wanted is None:
        return "out of memory"
    return f"out of memory ({wanted[2] or f'{int(wanted[1]) / 2**30:.3g} GiB'} asked for at once)"


def explain(error: OSError) -> str:
    """An error of the operating system in one line: the file or folder as its user knows it, and what is wrong."""
    place = error.filename2 or error.filename
    reason = " ".join(str(error.strerror or error).split()) or type(error).__name__
    return reason if place is None else f"{final_name(os.fsdecode(place))}: {reason}"


@contextlib.contextmanager
def naming(path: str | os.PathLike[str], instead_of: str | os.PathLike[str] | None = None) -> Iterator[None]:
    """Let errors of the operating system that don't say which file they are about, or say `instead_of`, name `path`.

    Failed writes don't know the file's name; torch reports them as its own RuntimeError.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None and "requested and" not in str(error):
            raise  # not of a failed write: numpy's say "3000000 requested and 262112 written"
        named = {os.fspath(name) for name in (error.filename, error.filename2) if name is not None}
        if not named <= {str(path), str(instead_of)}:
            raise
        raise _named(error, path) from error
    except RuntimeError as error:
        if not isinstance(error.__context__, OSError):
            raise
        raise _named(error.__context__, path) from error


def _named(error: OSError, path: str | os.PathLike[str]) -> OSError:
    return OSError(error.errno or errno.EIO, error.strerror or f"{error}; is the disk full?", str(path))


def announce(line: str) -> None:
    """Print a line, in the first of several processes only."""
    if Distributed.from_env().is_main:
        print(line, flush=True)


_HEARD: ContextVar[list[str] | None] = ContextVar("heard warnings", default=None)


@contextlib.contextmanager
def heard_warnings() -> Iterator[list[str]]:
    """Collect the lines of `warn` in a list instead of printing them, in this thread and while this lasts."""
    lines: list[str] = []
    before = _HEARD.set(lines)
    try:
        yield lines
    finally:
        _HEARD.reset(before)


def warn(message: str) -> None:
    """Print one line of warning on stderr, in the first of several processes only; see also `heard_warnings`."""
    heard = _HEARD.get()
    if heard is not None:
        heard.append(message)
    elif Distributed.from_env().is_main:
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
    with made_parents(path):
        sweep_once(str(path.parent.absolute()))
        temporary = temporary_name(path)
        try:
            with naming(path, instead_of=temporary):
                yield temporary
                with open(temporary, "rb") as written:
                    os.fsync(written.fileno())  # the content must be on disk before the name points at it
                os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
