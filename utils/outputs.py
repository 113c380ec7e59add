"""Whether results can be written where they are wanted: asked before the work, not after it. Nothing is made."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from utils.leftovers import LONGEST_NAME
from utils.runtime import UserError, explain

LEAST_SPACE = 2**20  # bytes; with less a disk counts as full


def require_folder(path: str | os.PathLike[str], flag: str) -> None:
    """UserError that names `flag` unless the folder `path` is there, or can be made, and takes new files."""
    said = f"{flag} {os.fspath(path) or chr(39) * 2}"
    if not os.fspath(path).strip() or "\0" in os.fspath(path):
        raise UserError(f"{said}: is no name; give a folder")
    place = Path(path).absolute()
    missing = []
    try:
        while (kind := _kind(place)) is None:
            missing.append(place.name)
            place = place.parent
    except OSError as error:
        raise UserError(f"{said}: {explain(error)}; give another folder") from error
    if not stat.S_ISDIR(kind):
        raise UserError(f"{said}: {place} is a file; give a folder")
    for name in missing:
        if len(os.fsencode(name)) > LONGEST_NAME:
            raise UserError(f"{said}: a name of {len(name)} letters is too long; give a shorter one")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f"{said}: {place} can't be written to; give another folder, or change its rights")
    if shutil.disk_usage(place).total and shutil.disk_usage(place).free < LEAST_SPACE:
        raise UserError(f"{said}: the disk of {place} is full; free some space, or give another folder")


def require_file(path: str | os.PathLike[str], flag: str) -> None:
    """UserError that names `flag` unless the file `path` can be made, or replaced."""
    path = Path(path)
    require_folder(path.parent, flag)
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise UserError(f"{flag} {path}: a name of {len(path.name)} letters is too long; give a shorter one")
    if path.is_dir() or not path.name:
        raise UserError(f"{flag} {path}: is a folder; give the name of a file")


def _kind(path: Path) -> int | None:
    """Mode of what stands at `path`, links followed; None where there is nothing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        if os.path.lexists(path):
            raise  # a link that leads nowhere: no folder can be made in its place
        return None
    except NotADirectoryError:
        return None  # a parent is a file: found further up
