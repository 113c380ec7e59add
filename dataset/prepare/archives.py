"""Unpack zip and tar archives of strangers inside one folder and nowhere else."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath

from utils.runtime import UserError

CHUNK = 1 << 20  # bytes
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    LZMAError,
    RuntimeError,
    NotImplementedError,
)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack into `folder`. UserError for anything but a sound archive of plain files and folders that stay inside."""
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, folder)
        else:
            raise UserError(f"{archive} is no zip or tar archive: get it again")
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; what gzip and bzip2 say of their content has no number
        raise UserError(f"{archive} is damaged ({' '.join(str(error).split())}): get it again") from error


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        for entry in content.infolist():
            path = inside(folder, entry.filename, archive)
            if entry.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            if (entry.external_attr >> 16) & 0o170000 == 0o120000:
                raise UserError(f"{archive} holds the link {entry.filename}: refused")
            path.parent.mkdir(parents=True, exist_ok=True)
            with content.open(entry) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target)


def _unpack_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as content:
        for entry in content:
            path = inside(folder, entry.name, archive)
            if entry.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            if not entry.isfile():
                raise UserError(f"{archive} holds {entry.name}, which is no plain file: refused")
            path.parent.mkdir(parents=True, exist_ok=True)
            with content.extractfile(entry) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target)
        _read_to_the_end(content)


def _read_to_the_end(content: tarfile.TarFile) -> None:
    """Tell a whole archive from one whose rest is missing or damaged, once its entries have been read.

    A damaged header looks like the end to tarfile; only a block of zeros is one. And the checksum of a compressed
    stream comes last, where nobody who wants the entries alone would read it.
    """
    content.fileobj.seek(content.offset)
    if content.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"no end mark after byte {content.offset}")
    while content.fileobj.read(CHUNK):
        pass


def inside(folder: Path, name: str, archive: Path) -> Path:
    """`folder`/`name`; UserError when the name is absolute or climbs out."""
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.is_absolute() or path.drive or ".." in path.parts or path.root:
            raise UserError(f"{archive} holds {name!r}, which leaves the folder: refused")
    return folder / name.replace("\\", "/")
