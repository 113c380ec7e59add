"""Temporary names of files and folders in the making, and the removal of what killed processes left of them.

A name says which process of which machine it belongs to: only what a dead process left is removed.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

# ".<stem>.tmp-<machine>-<process><suffix>"; before, names had no machine.
TEMPORARY = re.compile(
    r"\.(?P<stem>.+)\.tmp-(?:(?P<machine>[0-9a-f]{8})-)?(?P<process>\d{1,10})(?P<suffix>(?:\.\w+)*)"
)
LONGEST_NAME = 255  # bytes that file systems allow for one name
LONGEST_PAUSE = 24 * 3600.0  # seconds; no process of another machine leaves what it writes alone for longer


def temporary_name(path: Path) -> Path:
    """The name beside `path` under which this process makes it; the suffix stays, as some writers add a missing one."""
    ending = f".tmp-{this_machine()}-{os.getpid()}{path.suffix}"
    # A name that just fits must not be refused for what is added to it while it is made.
    room = LONGEST_NAME - len(os.fsencode(ending)) - 1
    stem = os.fsencode(path.stem)[: max(room, 1)].decode(errors="ignore")
    return path.with_name(f".{stem}{ending}")


def final_name(path: str | os.PathLike[str]) -> str:
    """What a path will be called once it is complete: temporary names in it replaced by those they stand for."""
    found = [(part, TEMPORARY.fullmatch(part)) for part in Path(path).parts]
    return str(Path(*(match["stem"] + match["suffix"] if match else part for part, match in found)))


@functools.cache
def this_machine() -> str:
    """Eight hex digits that tell this machine from others that share a disk with it."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def sweep(folder: str | os.PathLike[str]) -> list[Path]:
    """Remove what dead processes left unfinished in `folder`; returns what went."""
    gone = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _is_leftover(entry):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    Path(entry.path).unlink(missing_ok=True)
                gone.append(Path(entry.path))
    return gone


@functools.cache
def sweep_once(folder: str) -> None:
    """`sweep`, at most once in a process: a folder may take thousands of files."""
    sweep(folder)


def _is_leftover(entry: os.DirEntry) -> bool:
    found = TEMPORARY.fullmatch(entry.name)
    if found is None:
        return False
    if found["machine"] not in (None, this_machine()):
        # Nothing tells whether a process of another machine is alive; what it has long not touched is left over.
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > LONGEST_PAUSE
    process = int(found["process"])
    return process != os.getpid() and not is_running(process)


def is_running(process: int) -> bool:
    """Whether a process of this machine is alive; where that can't be told, True."""
    if os.name == "nt":
        return True  # there, os.kill would end the process
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # exists, but belongs to somebody else
    return True


@contextlib.contextmanager
def made_parents(path: Path) -> Iterator[None]:
    """The folders above `path`, which exist meanwhile; those made here that are empty at the end go again."""
    made = [folder for folder in path.absolute().parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for folder in made:  # innermost first
                folder.rmdir()
