"""What data a run was trained on, kept in its folder: a run that is continued on other data says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dataset.cache import Clips
from dataset.cache_folder import fingerprint_of
from utils.runtime import atomic_write

DATA_FILE = "data.json"


def describe_data(clips: Clips) -> dict[str, Any]:
    """Facts of a split as plain values; `content` is the same wherever and whenever the same data is read."""
    return {
        "clips": len(clips),
        "frames": int(clips.offsets[-1]),
        "captions": len(clips.captions.text_rows),
        "files": clips.fingerprint,  # names, sizes and times: equal ones need no further look
        "content": clips.content,  # None: of a cache that has no checksums
        "statistics": fingerprint_of(clips.mean.tobytes().hex(), clips.std.tobytes().hex()),
    }


def changes(folder: Path, data: dict[str, dict[str, Any]]) -> list[str]:
    """What differs from the data that `record` noted in a run's folder, in words; nothing where it noted none.

    data: split -> `describe_data`.
    """
    try:
        before = json.loads((folder / DATA_FILE).read_text(encoding="utf-8"))
        return [
            line
            for split, now in data.items()
            if split in before
            for line in _differences(split, before[split], now)
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # a run of before such records were kept, or one that nobody can compare with


def _differences(split: str, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    lines = []
    comparable = before["content"] is not None and now["content"] is not None
    if before["content"] != now["content"] if comparable else before["files"] != now["files"]:
        counts = [
            f"{before[name]} {name} then, {now[name]} now"
            for name in ("clips", "frames", "captions")
            if before[name] != now[name]
        ]
        lines.append(f"{split}: {'; '.join(counts) or 'as many clips, frames and captions, but other ones'}")
    if before["statistics"] != now["statistics"]:
        lines.append(f"{split}: other Mean.npy or Std.npy")
    return lines


def record(folder: Path, data: dict[str, dict[str, Any]]) -> None:
    """Note the data of a run in its folder."""
    with atomic_write(folder / DATA_FILE) as temporary:
        temporary.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
