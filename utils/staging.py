"""Several files that are to appear together or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from utils.leftovers import sweep, temporary_name


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder whose files move into `folder` on success, over those of the same names; else nothing stays.

    Other files in `folder` stay as they are.
    """
    folder = Path(os.path.realpath(folder))
    place = folder.parent
    while not place.is_dir():  # no parents are made for what may fail
        place = place.parent
    sweep(place)
    temporary = temporary_name(place / folder.name)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for path in sorted(temporary.rglob("*")):
            goal = folder / path.relative_to(temporary)
            if path.is_dir():
                goal.mkdir(parents=True, exist_ok=True)
            else:
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, goal)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
