"""Unpack zip and tar archives of strangers inside one folder and nowhere else."""

from __future__ import annotations

import errno
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from utils.runtime import UserError
from utils.texts import one_line

CHUNK = 1 << 20  # bytes
RATIO, ALWAYS_ALLOWED = 100, 1 << 30  # an archive may unpack to 100 times its size, and to a GiB in any case
MOST_ENTRIES = 1_000_000
# A name too long or with impossible characters, a file where a folder is or the other way round.
IMPOSSIBLE_NAMES = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ)
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
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # of the disk; what gzip and bzip2 say of their content has no number, a place before the start is EINVAL
        raise UserError(f"{archive} is damaged ({' '.join(str(error).split())}): get it again") from error


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        target = _Target(archive, folder)
        for entry in content.infolist():
            if (entry.external_attr >> 16) & 0o170000 == 0o120000:
                raise UserError(f"{archive} holds the link {entry.filename!r}: refused")
            target.take(entry.filename, None if entry.is_dir() else partial(content.open, entry))


def _unpack_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as content:
        target = _Target(archive, folder)
        for entry in content:
            if not entry.isfile() and not entry.isdir():
                raise UserError(f"{archive} holds {entry.name!r}, which is no plain file: refused")
            target.take(entry.name, None if entry.isdir() else partial(_open_member, content, entry))
        _read_to_the_end(content, target)


def _open_member(content: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    """The content of an entry that is a plain file."""
    source = content.extractfile(entry)
    if source is None:
        raise tarfile.ReadError(f"{entry.name} has no content")
    return source


class _Target:
    """A folder that takes an archive's entries, as long as they are possible and no more than an archive has.

    A sound archive is known by what it unpacks to: small ones that unpack to terabytes are made to fill disks.
    """

    def __init__(self, archive: Path, folder: Path) -> None:
        self.archive, self.folder = archive, folder
        self.bytes_left = max(ALWAYS_ALLOWED, RATIO * archive.stat().st_size)
        self.entries_left = MOST_ENTRIES

    def take(self, name: str, open_entry: Callable[[], IO[bytes]] | None) -> None:
        """Write one entry; open_entry: opens its content, None for a folder. UserError for one that can't be."""
        self.entries_left -= 1
        if self.entries_left < 0:
            raise UserError(f"{self.archive} holds more than {MOST_ENTRIES} entries: refused")
        path = inside(self.folder, name, self.archive)
        shown = one_line(ascii(name), 80)
        try:
            (path if open_entry is None else path.parent).mkdir(parents=True, exist_ok=True)
            if open_entry is not None:
                target = open(path, "wb")  # noqa: SIM115 - closed below
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno not in IMPOSSIBLE_NAMES:
                raise  # of the disk
            reason = getattr(error, "strerror", None) or str(error)
            raise UserError(
                f"{self.archive} holds {shown}, which can't be made ({reason}): get it again"
            ) from error
        if open_entry is not None:
            with target, open_entry() as source:
                while chunk := source.read(CHUNK):
                    self.count(len(chunk))
                    target.write(chunk)

    def count(self, size: int) -> None:
        """Take bytes off what may still come; UserError when that is too much."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise UserError(
                f"{self.archive} unpacks to more than {RATIO} times its size: refused; if it is sound, unpack it "
                "yourself and give the folder by --folder"
            )


def _read_to_the_end(content: tarfile.TarFile, target: _Target) -> None:
    """Tell a whole archive from one whose rest is missing or damaged, once its entries have been read.

    A damaged header looks like the end to tarfile; only a block of zeros is one. And the checksum of a compressed
    stream comes last, where nobody who wants the entries alone would read it.
    """
    content.fileobj.seek(content.offset)
    if content.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"no end mark after byte {content.offset}")
    while chunk := content.fileobj.read(CHUNK):
        target.count(len(chunk))


def inside(folder: Path, name: str, archive: Path) -> Path:
    """`folder`/`name`; UserError when the name is absolute or climbs out."""
    for path in (PurePosixPath(name), PureWindowsPath(name)):
        if path.is_absolute() or path.drive or ".." in path.parts or path.root:
            raise UserError(f"{archive} holds {name!r}, which leaves the folder: refused")
    return folder / name.replace("\\", "/")
