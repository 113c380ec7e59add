"""Whether a file of weights is what was written, and whether its numbers are numbers."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from utils.runtime import UserError

FOLDER_MARK = 0x10  # in the attributes of a zip's entry
ZIP_START = b"PK\x03\x04"


def check_archive(path: str | os.PathLike[str]) -> None:
    """UserError unless every part of a zip archive, which torch's files are, has the checksum it was written with.

    torch itself does not look at them: a flipped byte would become another weight. Files in its older format, and
    those written without checksums, hold nothing to compare with and pass.
    """
    path = Path(path)
    with open(path, "rb") as file:
        if file.read(len(ZIP_START)) != ZIP_START:
            return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if not entries:
                raise zipfile.BadZipFile("it is empty")
            if any(entry.file_size and entry.external_attr & FOLDER_MARK for entry in entries):
                raise zipfile.BadZipFile("a part counts as a folder")  # torch would leave its memory as it is
            if any(entry.CRC for entry in entries):
                bad = archive.testzip()
                if bad is not None:
                    raise zipfile.BadZipFile(f"wrong checksum of {bad}")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: damaged ({reason}); train or download it again") from error


def require_finite(values: Mapping[str, Any], origin: str | os.PathLike[str]) -> None:
    """UserError that names the first tensors in `values`, however deep, that hold NaN or infinity.

    origin: the file they came from.
    """
    bad = [name for name, tensor in _tensors(values) if not is_finite(tensor)]
    if bad:
        shown = ", ".join(bad[:3]) + (f" and {len(bad) - 3} more" if len(bad) > 3 else "")
        raise UserError(f"{origin}: NaN or infinity in {shown}; use another checkpoint, or make it again")


def is_finite(tensor: Tensor) -> bool:
    """Whether a tensor holds neither NaN nor infinity."""
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    # Neither can vanish in a sum, which takes a fifth of the time of looking at each value; sums of large ones may
    # overflow.
    total = tensor.sum(dtype=torch.promote_types(tensor.dtype, torch.float32))
    return bool(torch.isfinite(total)) or bool(torch.isfinite(tensor).all())


def _tensors(values: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    if isinstance(values, Tensor):
        yield name, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from _tensors(value, f"{name}.{key}" if name else str(key))
    elif isinstance(values, list | tuple):
        for index, value in enumerate(values):
            yield from _tensors(value, f"{name}[{index}]")
