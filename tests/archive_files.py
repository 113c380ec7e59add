"""Archives made in memory: sound ones, ones of odd entries, and ones that unpack without measure."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile

GLOVE = {"our_vab_data.npy": b"vectors", "our_vab_words.pkl": b"words", "our_vab_idx.pkl": b"index"}


def zipped(files: dict[str, bytes], prefix: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return buffer.getvalue()


def tarred(entries: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def plain_tar(mode: str) -> bytes:
    """The three files as a tar archive ("w", "w:gz", "w:bz2", "w:xz"), with content that compresses badly."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for number, name in enumerate(GLOVE):
            content = hashlib.shake_256(bytes([number])).digest(700)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def of_kind(kind: str, files: dict[str, bytes]) -> bytes:
    return zipped(files) if kind == "zip" else tarred([(tarfile.TarInfo(n), c) for n, c in files.items()])


def bomb(kind: str, size: int) -> bytes:
    if kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in (GLOVE | {"zeros": bytes(size)}).items():
                archive.writestr(name, content)
        return buffer.getvalue()
    if kind == "tail of a tar":  # behind the archive's end
        return gzip.compress(gzip.decompress(of_kind("tar", GLOVE)) + bytes(size))
    return of_kind("tar", GLOVE | {"zeros": bytes(size)})


def content_of(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
