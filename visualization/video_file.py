"""Frames to an mp4 or gif file, through ffmpeg; a failure of its own is an error here too."""

from __future__ import annotations

import contextlib
import errno
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import IO, cast

import imageio_ffmpeg
import numpy as np

GIF = (
    "-vcodec", "gif", "-pix_fmt", "pal8", "-loop", "0",
    "-filter_complex", "split[a][b];[a]palettegen=128[p];[b][p]paletteuse",
)  # fmt: skip
MP4 = (
    "-vcodec", "libx264", "-pix_fmt", "yuv420p",
    "-preset", "veryfast", "-crf", "20", "-movflags", "+faststart",
)  # fmt: skip
NEW_GROUP = 0x00000200 if sys.platform == "win32" else 0  # Windows' way to keep Ctrl-C from ffmpeg


def write_video(path: Path, frames: Iterable[np.ndarray], size: tuple[int, int], fps: float) -> None:
    """Write frames (height, width, 3) uint8 of `size` (width, height); the suffix says as what.

    OSError where ffmpeg fails, a full disk say, which imageio does not look at; the caller removes `path`.
    """
    width, height = size
    even = (width + width % 2, height + height % 2)  # what the codec can do
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-y",
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-s",
        f"{width}x{height}",
    ]
    command += ["-pix_fmt", "rgb24", "-r", str(Fraction(fps).limit_denominator()), "-i", "-", "-an"]
    command += [] if even == size else ["-vf", f"scale={even[0]}:{even[1]}"]
    command += [*(GIF if path.suffix.lower() == ".gif" else MP4), str(path)]
    with tempfile.TemporaryFile() as said, _ffmpeg(command, said) as process:
        try:
            with contextlib.suppress(BrokenPipeError):  # ffmpeg has ended: it says why
                pipe = cast(IO[bytes], process.stdin)  # it was asked for
                for frame in frames:
                    pipe.write(np.ascontiguousarray(frame).data)
                pipe.close()
        except BaseException:
            process.kill()
            raise
        finally:
            # Closing writes what is still buffered, which fails where ffmpeg has ended; closed here, `with` won't try.
            with contextlib.suppress(BrokenPipeError):
                cast(IO[bytes], process.stdin).close()
        if process.wait():
            said.seek(0)
            raise _failure(said.read().decode(errors="replace"), path)


def _ffmpeg(command: list[str], said: IO[bytes]) -> subprocess.Popen:
    # A session of its own: Ctrl-C is for us, who end ffmpeg ourselves.
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        creationflags=NEW_GROUP,
        start_new_session=sys.platform != "win32",
    )


def _failure(text: str, path: Path) -> OSError:
    """What ffmpeg printed, as an error about `path`."""
    lines = [line.rpartition("] ")[2].strip() for line in text.splitlines() if line.strip()]
    full = any("No space left" in line for line in lines)
    reason = (
        "No space left on device" if full else f"ffmpeg failed: {lines[0] if lines else 'without a word'}"
    )
    return OSError(errno.ENOSPC if full else errno.EIO, reason, str(path))
