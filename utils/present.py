"""Whether a file that may be absent is there: what stands in for an absent file must not stand in for a bad one."""

from __future__ import annotations

import os

from utils.runtime import UserError


def has_file(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a file, links followed.

    UserError where something else bears its name: a folder, or a link that leads nowhere or round in a circle.
    """
    if os.path.isfile(path):
        return True
    if os.path.lexists(path):
        what = (
            "a folder" if os.path.isdir(path) else "a link to no file" if os.path.islink(path) else "no file"
        )
        raise UserError(f"{path}: is {what}; restore the file, or move away what bears its name")
    return False
