"""Files of arrays (.npz, .npy, .pkl) as a mapping of names to arrays, without running what a pickle may contain."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_files.raw import BadMotion
from dataset.safe_pickle import load_arrays_pickle, load_plain_object_array, read_plain_object_array
from utils.runtime import UserError

ONLY = "array"  # the name of what a file without names holds
DAMAGE = (OSError, ValueError, EOFError, TypeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def load_arrays(path: Path) -> Mapping[str, Any]:
    """What a file holds, by name; a lone array is called `ONLY`. An .npz is read member by member, as asked for.

    BadMotion (a UserError) where the file is damaged or holds more than arrays and plain values.
    """
    try:
        if path.suffix.lower() == ".npz":
            return _Npz(path)
        held = load_arrays_pickle(path) if path.suffix.lower() == ".pkl" else load_plain_object_array(path)
    except (*DAMAGE, UserError) as error:
        raise _unreadable(path, error) from error
    if isinstance(held, np.ndarray) and held.ndim == 0:
        held = held.item()
    return {str(name): value for name, value in held.items()} if isinstance(held, dict) else {ONLY: held}


class _Npz(Mapping[str, Any]):
    """The arrays of an .npz, read when asked for. Damage shows then, as BadMotion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.members = {name.removesuffix(".npy"): name for name in archive.namelist()}

    def __getitem__(self, name: str) -> Any:
        member = self.members[name]
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(member) as file:
                return read_plain_object_array(file, f"{self.path}: {name}", "latin1")
        except (*DAMAGE, UserError) as error:
            raise _unreadable(self.path, error) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


def _unreadable(path: Path, error: Exception) -> BadMotion:
    told = " ".join(str(error).split()) or type(error).__name__
    return BadMotion("unreadable", f"{path}: can't be read as arrays ({told.removeprefix(f'{path} ')})")


def plain_text(value: Any, default: str) -> str:
    """A word stored as text, as bytes (Python 2 did so), or as an array of one of them."""
    values = np.asarray(value).ravel()
    if len(values) != 1:
        return default
    word = values[0]
    text = word.decode("latin-1") if isinstance(word, bytes) else str(word)
    return text.strip().removeprefix("b'").strip("'\" ").lower() or default
