"""Pickles from elsewhere (GloVe words, CoMo keywords, body models) without running what they may contain.

A pickle can call any function it can name. Here it can name nothing but what an object array needs.
"""

from __future__ import annotations

import pickle
import tokenize
from pathlib import Path
from typing import IO, Any, Literal

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
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name in (
            "_reconstruct",
            "scalar",
        ):
            return _reconstruct_array if name == "_reconstruct" else _plain_scalar
        if module in ("numpy.core.numeric", "numpy._core.numeric") and name == "_frombuffer":
            return _array_of_bytes
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes for Python 2
            return _encode
        return super().find_class(module, name)


def _reconstruct_array(subtype: object, shape: tuple[int, ...], typecode: bytes) -> np.ndarray:
    """Stands for numpy's `_reconstruct`: an empty array that the pickle then fills."""
    if subtype is not _NDARRAY or shape != (0,):
        raise pickle.UnpicklingError("it holds something else than a plain array")
    return np.ndarray(shape, "b")


class _Shell:
    """Stands for an object of chumpy or scipy.sparse: what it held, and none of its code."""

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state if isinstance(state, dict) else {})

    def array(self) -> np.ndarray:
        """The array meant. KeyError where it is none that SMPL's files have."""
        held = self.__dict__
        if "indptr" in held:  # a sparse matrix, column by column
            dense = np.zeros(held["_shape"] if "_shape" in held else held["shape"])
            columns = np.repeat(np.arange(dense.shape[1]), np.diff(held["indptr"]))
            np.add.at(dense, (held["indices"], columns), held["data"])
            return dense
        if "idxs" in held:  # chumpy.reordering.Select
            return held["a"].array().ravel()[held["idxs"]].reshape(held["preferred_shape"])
        return np.asarray(held["x"])


class _ModelUnpickler(_ObjectArrayUnpickler):
    """Admits shells of the two foreign classes of SMPL's files as well."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "chumpy" or (module.startswith("scipy.sparse") and name == "csc_matrix"):
            return _Shell
        if (module, name) in (("copy_reg", "_reconstructor"), ("copyreg", "_reconstructor")):
            return _new_shell
        if module in ("__builtin__", "builtins") and name in ("object", "set"):
            return {"object": object, "set": set}[name]
        return super().find_class(module, name)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Stands for `codecs.encode`, with the one encoding that pickles need."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding}")
    return text.encode(encoding)


def _plain_scalar(dtype: np.dtype, data: bytes | str) -> np.generic:
    """What numpy's `scalar` gives: a single number, as numpy pickles it."""
    if np.dtype(dtype).hasobject:
        raise pickle.UnpicklingError("it holds an object in bytes")
    return np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype)[0]


def _array_of_bytes(
    data: bytes, dtype: np.dtype, shape: tuple[int, ...], order: Literal["C", "F"]
) -> np.ndarray:
    """What numpy's `_frombuffer` gives: an array as newer pickles store it."""
    if np.dtype(dtype).hasobject:
        raise pickle.UnpicklingError("it holds an array of objects in bytes")
    return np.frombuffer(data, dtype).reshape(shape, order=order)


def _new_shell(kind: object, _base: object, _state: object) -> _Shell:
    if kind is not _Shell:
        raise pickle.UnpicklingError("it builds something else than an array")
    return _Shell()


def load_model_pickle(path: str | Path) -> dict[str, Any]:
    """Load a body model's pickle (SMPL, SMPL+H): its arrays by name, dense, beside plain values.

    UserError for a file that holds anything else, or no dict.
    """
    with open(path, "rb") as file:
        held = _load(_ModelUnpickler, file, path, encoding="latin1")
    try:
        return {name: value.array() if isinstance(value, _Shell) else value for name, value in held.items()}
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(f"{path} is no body model ({type(error).__name__}: {error}): get it again") from error


def load_plain_pickle(path: str | Path) -> Any:
    """Load a pickle of plain containers, strings and numbers; UserError for anything else."""
    with open(path, "rb") as file:
        return _load(PlainUnpickler, file, path)


def load_arrays_pickle(path: str | Path) -> Any:
    """Load a pickle of plain containers and numpy arrays, Python 2's included; UserError for anything else."""
    with open(path, "rb") as file:
        return _load(_ObjectArrayUnpickler, file, path, encoding="latin1")


def load_plain_object_array(path: str | Path) -> Any:
    """Load a `.npy` that `np.save` wrote from a plain object, such as a dict of lists; return that object.

    Numeric arrays are returned as they are. UserError when the file holds anything else.
    """
    with open(path, "rb") as file:
        return read_plain_object_array(file, path)


def read_plain_object_array(file: IO[bytes], path: str | Path, encoding: str = "ASCII") -> Any:
    """`load_plain_object_array` from an open file, such as a member of an .npz; `path` is for messages."""
    try:
        version = np.lib.format.read_magic(file)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        dtype = read_header(file)[2]
    except (ValueError, KeyError, tokenize.TokenError) as error:  # numpy tries damaged headers as Python 2's
        raise UserError(f"{path} is not a .npy file: get it again") from error
    if not dtype.hasobject:
        file.seek(0)
        try:
            return np.lib.format.read_array(file, allow_pickle=False)
        except (
            ValueError,
            EOFError,
            OSError,
            MemoryError,
        ) as error:  # a header that announces more than follows
            raise UserError(f"{path} is damaged ({error}): get it again") from error
    value = _load(_ObjectArrayUnpickler, file, path, encoding)
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _load(
    unpickler: type[pickle.Unpickler], file: IO[bytes], path: str | Path, encoding: str = "ASCII"
) -> Any:
    try:
        return unpickler(file, encoding=encoding).load()
    except Exception as error:  # a broken pickle can raise nearly anything
        raise UserError(f"{path} is damaged or not a plain pickle ({error}): get it again") from error
