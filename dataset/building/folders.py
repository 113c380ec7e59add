"""Folders that are either there and complete, or not there; and what must never be replaced."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

from utils.leftovers import is_running, sweep, temporary_name, this_machine
from utils.outputs import require_folder
from utils.runtime import UserError, naming, warn
from utils.texts import read_json_or_nothing


def require_replaceable(
    out: Path, record: str, force: bool, inputs: Iterable[tuple[str, Path | None]] = ()
) -> None:
    """UserError unless `out` may become a new folder: it is free, or `force` is given and it carries our record.

    record: file name, inside `out`, of the JSON object that says the folder was made by us. inputs: what is read, by
    flag or name; none of it may lie in `out`, which would delete it.
    """
    for name, path in inputs:
        if path is not None and is_inside(path, out):
            where = "is" if same_place(path, out) else "holds"
            raise UserError(
                f"--out {out} {where} the {name} {path}, which would be deleted: choose another --out"
            )
    require_folder(out, "--out")
    require_folder(out.parent, "--out")  # it is made there, and then renamed
    if not out.exists():
        return
    if not any(out.iterdir()):
        return
    if not carries_record(out, record):
        raise UserError(
            f"{out} holds other files, which this script did not make: choose another --out (--force replaces "
            "only what this project's scripts made)"
        )
    if not force:
        raise UserError(f"{out} was made already: choose another --out, or --force to replace it")


def carries_record(folder: Path, record: str) -> bool:
    """Whether a folder holds the JSON object that the scripts write last into what they make."""
    return isinstance(read_json_or_nothing(folder / record), dict)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether `path` is `folder` or lies in it, links followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths name one file or folder, links followed; neither need be there."""
    return os.path.realpath(one) == os.path.realpath(other)


@contextlib.contextmanager
def replaced_folder(path: Path, ours: Iterable[str] = ("*",)) -> Iterator[Path]:
    """Yield an empty folder beside `path` that takes its place on success and is removed on failure.

    What stood at `path` before stays untouched until then. A link stays a link: what it leads to is replaced.
    ours: see `exchange_folder`.
    """
    path = Path(os.path.realpath(path))
    if path.parent.is_dir():
        sweep(path.parent)
    temporary = temporary_name(path)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        with naming(path):
            yield temporary
        exchange_folder(temporary, path, ours)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def exchange_folder(new: Path, path: Path, ours: Iterable[str] = ("*",)) -> None:
    """Rename `new` to `path`; what stood there goes once that has worked, and stays if it has not.

    ours: patterns of the names in `path` that we make. Anything else that was there is somebody's: it is moved to a
    folder beside `path`, and one line says so.
    """
    path = Path(os.path.realpath(path))
    ours = list(ours)
    _recover(path, ours)
    old = path.with_name(f".{path.name}.old-{this_machine()}-{os.getpid()}")
    try:
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        if old.exists() and not path.exists():  # the exchange itself failed
            old.rename(path)
        if old.exists():
            _rescue(old, path, ours)
        shutil.rmtree(old, ignore_errors=True)


def _recover(path: Path, ours: list[str]) -> None:
    """Finish what an exchange that was killed had begun: the old folder comes back, or goes where it was replaced."""
    for old in path.parent.glob(f".{glob.escape(path.name)}.old-{this_machine()}-*"):
        process = old.name.rpartition("-")[2]
        if not process.isdigit() or is_running(int(process)):
            continue
        if path.exists():
            _rescue(old, path, ours)
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(path)


def _rescue(old: Path, path: Path, ours: list[str]) -> None:
    """Move what we did not make out of `old`, which is about to go."""
    others = [entry for entry in old.iterdir() if not any(fnmatch(entry.name, pattern) for pattern in ours)]
    if not others:
        return
    number = 1
    while (goal := path.with_name(f"{path.name}_others{number if number > 1 else ''}")).exists():
        number += 1
    goal.mkdir()
    for entry in others:
        entry.rename(goal / entry.name)
    names = ", ".join(sorted(entry.name for entry in others)[:5]) + (", ..." if len(others) > 5 else "")
    warn(f"{path} held what this script did not make ({names}): moved to {goal}")
