"""Folders that are either there and complete, or not there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path` that takes its place on success and is removed on failure.

    What stood at `path` before stays untouched until then.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        exchange_folder(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def exchange_folder(new: Path, path: Path) -> None:
    """Rename `new` to `path`; what stood there goes once that has worked, and stays if it has not."""
    old = path.with_name(f".{path.name}.old-{os.getpid()}")
    try:
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        if old.exists() and not path.exists():  # the exchange itself failed
            old.rename(path)
        shutil.rmtree(old, ignore_errors=True)
