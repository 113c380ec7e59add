"""Folders of arrays derived from other data: built once, keyed by what they were built from.

A cache folder is called `<kind>-<fingerprint>` and appears under that name only when it is complete: it is
built under a temporary name in the same parent and renamed. A build that dies leaves nothing that is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from utils.leftovers import is_running
from utils.runtime import UserError
from utils.texts import read_json_or_nothing

META_FILE = "meta.json"
BUILDING_PREFIX = "building-"


def fingerprint_of(*parts: Any) -> str:
    """16 hex digits of a JSON-able description; equal descriptions give equal fingerprints."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stat_files(folder: Path) -> dict[str, str]:
    """File name -> "size time", bytes and the time of change in ns, in one pass over the folder."""
    found = {}  # of strings, which the garbage collector need not look through
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_file():
                    stat = entry.stat()
                    found[entry.name] = f"{stat.st_size} {stat.st_mtime_ns}"
            except OSError:  # a circle of links, say: not there, as a link that leads nowhere
                continue
    return found


class ArrayWriter:
    """Appends rows of one dtype and width to a raw file, so that an array needn't be in memory at once."""

    def __init__(self, path: Path, dtype: str, row_shape: tuple[int, ...]) -> None:
        self.path, self.dtype, self.row_shape, self.rows = path, np.dtype(dtype), row_shape, 0
        self.crc = 0
        self._file = open(path, "wb")  # noqa: SIM115 - closed by `close`

    def append(self, rows: np.ndarray) -> None:
        """Add rows, shape (n, *row_shape)."""
        if rows.shape[1:] != self.row_shape:
            raise ValueError(f"{self.path.name} takes rows of {self.row_shape}, not {rows.shape[1:]}")
        content = np.ascontiguousarray(rows, self.dtype).tobytes()
        self.crc = zlib.crc32(content, self.crc)
        self._file.write(content)
        self.rows += len(rows)

    def close(self) -> dict[str, Any]:
        """Flush to disk; returns the description `open_array` needs."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        shape = [self.rows, *self.row_shape]
        return {"file": self.path.name, "dtype": self.dtype.str, "shape": shape, "crc": self.crc}


def open_array(folder: Path, description: dict[str, Any]) -> np.ndarray:
    """Map an array of a cache folder read-only; ValueError when the file's size is not the recorded one."""
    path, shape = folder / description["file"], tuple(description["shape"])
    dtype = np.dtype(description["dtype"])
    if path.stat().st_size != int(np.prod(shape)) * dtype.itemsize:
        raise ValueError(f"{path} has the wrong size")
    if 0 in shape:  # an empty file can't be mapped
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", shape=shape)


def open_or_build(
    parent: Path,
    kind: str,
    settings: dict[str, Any],
    sources: Any,
    build: Callable[[Path], dict[str, Any]],
) -> tuple[Path, dict[str, Any]]:
    """Return the complete cache folder for (settings, sources) and its description, building it if need be.

    parent: where cache folders lie. kind: leading part of the name. settings: how the cache was made; caches
    of the same kind and settings but other sources are stale and deleted. sources: JSON-able identity of the
    data read. build(folder): writes the files, returns a JSON-able description stored as meta.json.
    """
    fingerprint = fingerprint_of(kind, settings, sources)
    folder = parent / f"{kind}-{fingerprint}"
    description = _read_meta(folder)
    if description is None:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _remove_dead_builds(parent)
            building = parent / f"{_building_prefix()}{secrets.token_hex(4)}"
            building.mkdir()
        except OSError as error:
            raise UserError(f"can't write a cache in {parent}: {error.strerror}; make it writable") from error
        try:
            description = build(building)
            meta = {"settings": settings, "description": description}
            _write_synced(building / META_FILE, json.dumps(meta))
            description = _move_into_place(building, folder, description)
        except OSError as error:
            raise UserError(f"building the cache in {parent} failed: {error}; is the disk full?") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)
    _remove_stale(parent, kind, settings, folder)
    return folder, description


def discard(folder: Path) -> None:
    """Remove a cache folder whose files turn out damaged: first its name, so nobody reads half of it."""
    grave = folder.with_name(f"{_building_prefix()}discarded-{folder.name}")
    with contextlib.suppress(OSError):
        folder.rename(grave)
    shutil.rmtree(grave, ignore_errors=True)


def _move_into_place(building: Path, folder: Path, description: dict[str, Any]) -> dict[str, Any]:
    """Rename; when another process was faster, its folder (same fingerprint, same content) is taken."""
    try:
        building.rename(folder)
        return description
    except OSError:
        theirs = _read_meta(folder)
        if theirs is not None:
            return theirs
    discard(folder)  # a damaged folder under our name
    building.rename(folder)
    return description


def _read_meta(folder: Path) -> dict[str, Any] | None:
    meta = read_json_or_nothing(folder / META_FILE)
    return meta.get("description") if isinstance(meta, dict) else None


def _write_synced(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _building_prefix() -> str:
    return f"{BUILDING_PREFIX}{socket.gethostname()}-{os.getpid()}-"


def _remove_dead_builds(parent: Path) -> None:
    """Clear what killed builds on this machine left; builds of other machines may be alive."""
    for left in parent.glob(f"{BUILDING_PREFIX}{socket.gethostname()}-*"):
        process = left.name.removeprefix(f"{BUILDING_PREFIX}{socket.gethostname()}-").split("-")[0]
        if process.isdigit() and int(process) != os.getpid() and not is_running(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _remove_stale(parent: Path, kind: str, settings: dict[str, Any], current: Path) -> None:
    """Delete caches of the same kind and settings built from other sources or in an older format, and unreadable ones."""
    for other in parent.glob(f"{kind}-*"):
        # The fingerprint tells a cache from a folder of the user's that is called alike.
        if other == current or re.fullmatch(r"-[0-9a-f]{16}", other.name.removeprefix(kind)) is None:
            continue
        meta = read_json_or_nothing(other / META_FILE)
        if not isinstance(meta, dict):
            meta = {"settings": settings}
        if {**meta.get("settings", {}), "version": None} == {**settings, "version": None}:
            discard(other)
