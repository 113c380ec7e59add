"""Pickles from elsewhere (GloVe words, CoMo keywords) without running what they may contain.

A pickle can call any function it can name. Here it can name nothing but what an object array needs.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from utils.runtime import UserError


class PlainUnpickler(pickle.Unpickler):
    """Admits lists, dicts, tuples, sets, strings, bytes, numbers, None; nothing that has to be imported."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


_NDARRAY = object()


class _ObjectArrayUnpickler(PlainUnpickler):
    """Admits numpy arrays of plain objects as well: what `np.save` writes for a dict."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if (module, name) == ("numpy", "ndarray"):
            return _NDARRAY  # to be named only: calling ndarray with a buffer could forge pointers
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _reconstruct_array
        return super().find_class(module, name)


def _reconstruct_array(subtype: object, shape: tuple[int, ...], typecode: bytes) -> np.ndarray:
    """Stands for numpy's `_reconstruct`: an empty array that the pickle then fills."""
    if subtype is not _NDARRAY or shape != (0,):
        raise pickle.UnpicklingError("it holds something else than a plain array")
    return np.ndarray(shape, "b")


def load_plain_pickle(path: str | Path) -> Any:
    """Load a pickle of plain containers, strings and numbers; UserError for anything else."""
    with open(path, "rb") as file:
        return _load(PlainUnpickler, file, path)


def load_plain_object_array(path: str | Path) -> Any:
    """Load a `.npy` that `np.save` wrote from a plain object, such as a dict of lists; return that object.

    Numeric arrays are returned as they are. UserError when the file holds anything else.
    """
    with open(path, "rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            dtype = read_header(file)[2]
        except (ValueError, KeyError) as error:
            raise UserError(f"{path} is not a .npy file: get it again") from error
        if not dtype.hasobject:
            return np.load(path, allow_pickle=False)
        value = _load(_ObjectArrayUnpickler, file, path)
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _load(unpickler: type[pickle.Unpickler], file: BinaryIO, path: str | Path) -> Any:
    try:
        return unpickler(file).load()
    except Exception as error:  # a broken pickle can raise nearly anything
        raise UserError(f"{path} is damaged or not a plain pickle ({error}): get it again") from error
