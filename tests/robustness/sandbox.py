"""Run a script's `main` in this process as the shell would run the script, and note everything that it does."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import resource
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from utils.runtime import run_script

KEY = "sk-canary-4f1d9c27e8b3a650"  # in the environment of every case; must never come out anywhere
SECONDS = 60  # after which a case counts as hanging
MEMORY = 6 << 30  # bytes of address space that a case may take beyond what the process has


class TooSlow(BaseException):
    """The case did not end in time. No script catches it."""


@dataclass
class Outcome:
    """What a script did: its exit code, or the exception that a shell would have shown as a traceback."""

    code: int | None = None
    out: str = ""
    err: str = ""
    crash: str = ""  # traceback, empty where there is none
    warned: list[str] = field(default_factory=list)  # of Python's `warnings`, which users see too
    seconds: float = 0.0


def run(
    script: str,
    arguments: Sequence[str],
    folder: Path,
    seconds: float = SECONDS,
    disk: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Run the module `script` (such as "generate" or "models.export") in `folder` with command-line arguments.

    disk: bytes that a file may have; writing more fails as on a full disk.
    """
    module = importlib.import_module(script)
    return run_main(lambda: run_script(module.main), [script, *arguments], folder, seconds, disk, environment)


def run_main(
    call: Callable[[], object],
    argv: Sequence[str],
    folder: Path,
    seconds: float = SECONDS,
    disk: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Call a function as a process of its own would be run: see `run`."""
    outcome, out, err = Outcome(), io.StringIO(), io.StringIO()
    start = time.monotonic()
    with _as_process(argv, folder, environment or {}), _limits(seconds, disk), _warnings_in(outcome.warned):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                call()
                outcome.code = 0
            except SystemExit as ending:
                outcome.code = (
                    ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
                )
                if isinstance(ending.code, str):
                    err.write(ending.code)
            except TooSlow:
                outcome.crash = f"no end within {seconds:.0f} seconds\n{traceback.format_exc()}"
            except BaseException:  # noqa: B036 - whatever would have become a traceback is what we look for
                outcome.crash = traceback.format_exc()
    outcome.seconds = time.monotonic() - start
    outcome.out, outcome.err = out.getvalue(), err.getvalue()
    return outcome


@contextlib.contextmanager
def _as_process(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Command line, working directory, environment and what scripts change in a process, restored at the end."""
    before_argv, before_folder, before_environment = sys.argv, os.getcwd(), dict(os.environ)
    before_signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before_handlers = list(logging.getLogger().handlers)
    before_hook = threading.excepthook
    before_sleep, before_threads = time.sleep, torch.get_num_threads()
    sys.argv = [*argv]
    os.environ.update({"OPENAI_API_KEY": KEY} | dict(environment))
    os.environ.pop("PGR2M_TRACEBACK", None)
    time.sleep = lambda seconds: before_sleep(min(seconds, 0.01))  # nobody waits for a server's recovery
    os.chdir(folder)
    try:
        yield
    finally:
        time.sleep, threading.excepthook = before_sleep, before_hook
        os.chdir(before_folder)
        sys.argv = before_argv
        os.environ.clear()
        os.environ.update(before_environment)
        for number, handler in before_signals.items():
            signal.signal(number, handler)
        for logger in (logging.getLogger(), *map(logging.getLogger, list(logging.Logger.manager.loggerDict))):
            for handler in list(logger.handlers):
                if isinstance(handler, logging.FileHandler) and handler not in before_handlers:
                    logger.removeHandler(handler)
                    handler.close()
        torch.set_num_threads(before_threads)


@contextlib.contextmanager
def _limits(seconds: float, disk: int | None = None) -> Iterator[None]:
    """An end to cases that hang or take all memory."""

    def stop(number, frame):
        raise TooSlow

    before = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _LINUX else None
    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    files = resource.getrlimit(resource.RLIMIT_FSIZE)
    if disk is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (disk, files[1]))
    if now is not None:
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, before[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, files)


_LINUX = sys.platform == "linux"


@contextlib.contextmanager
def _warnings_in(said: list[str]) -> Iterator[None]:
    """Collect the warnings that Python would print."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        warnings.showwarning = lambda message, category, *where: said.append(
            f"{category.__name__}: {message}"
        )
        yield
