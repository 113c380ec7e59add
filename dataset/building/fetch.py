"""Fetch one file from the web: resumed, complete or not at all."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from utils.runtime import UserError, explain

DRIVE_HOST = "drive.google.com"
DRIVE_PAGE = f"https://{DRIVE_HOST}/file/d/{{}}/view"
CHUNK = 1 << 18
CONNECT, TIMEOUT = 15, 60  # seconds until a server answers, and without a byte
PARTIAL = 206  # HTTP: the rest of a file
PAST_THE_END = 416


def fetch(address: str, path: Path) -> Path:
    """Download `address` (http, https, file, or a Google Drive link) to `path`; returns it.

    What has arrived is kept in <path>.part and continued next time. UserError when it can't be had, or when a web page
    came instead of a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    found = re.search(r"drive\.google\.com/(?:file/d/|.*[?&]id=)([\w-]+)", address)
    if found:
        _from_drive(found[1], part, address)
    else:
        _from_web(address, part)
    with open(part, "rb") as file:
        start = file.read(512).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or not start:
        part.unlink()
        raise UserError(
            f"{address} gave a web page instead of a file (link dead, or too many downloads today)"
        )
    part.replace(path)
    return path


def _from_drive(file_id: str, part: Path, address: str) -> None:
    """By gdown, which knows Google Drive's confirmation pages."""
    import gdown

    if not _resolves(DRIVE_HOST):  # gdown would try again for minutes
        raise UserError(f"{address} can't be downloaded (no network: {DRIVE_HOST} is unknown here)")
    try:
        gdown.download(id=file_id, output=str(part), resume=True, timeout=(CONNECT, TIMEOUT))
    except (gdown.DownloadError, OSError) as error:
        raise UserError(f"{address} can't be downloaded ({_one_line(error)})") from error
    if not part.is_file():
        raise UserError(f"{address} can't be downloaded (nothing arrived)")


def _resolves(host: str) -> bool:
    """Whether the name of a host is known; behind a proxy that is the proxy's business."""
    if urllib.request.getproxies():
        return True
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


def _from_web(address: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
            continues = getattr(reply, "status", None) == PARTIAL
            have = have if continues else 0
            rest = reply.headers.get("Content-Length")
            total = have + int(rest) if rest else None
            with (
                open(part, "ab" if continues else "wb") as file,
                tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
            ):
                while chunk := reply.read(CHUNK):
                    _append(file, chunk)
                    bar.update(len(chunk))
    except urllib.error.HTTPError as error:
        if error.code == PAST_THE_END and have:
            return  # everything had arrived
        raise UserError(f"{address} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise UserError(f"{address} can't be downloaded ({_one_line(error)})") from error
    if total is not None and part.stat().st_size < total:
        raise UserError(
            f"{address} broke off after {part.stat().st_size} of {total} bytes; run the command again"
        )


def _append(file: BinaryIO, chunk: bytes) -> None:
    """Write to disk; a full one is not the server's fault."""
    try:
        file.write(chunk)
    except OSError as error:
        raise UserError(
            f"{file.name}: {explain(error)}; what has arrived is kept, free some space"
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
