"""Reading one split's files into arrays, leaving out what is unusable and keeping account of why."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dataset.cache_folder import ArrayWriter, stat_files
from dataset.captions import Caption, read_captions
from dataset.npy_files import read_npy
from dataset.pose_codes import NUM_GROUPS
from dataset.pose_codes.files import compact_codes
from dataset.spec import DatasetSpec
from utils.runtime import UserError

NAMED_IN_SUMMARY = 10
FRAMES_OFF = 1  # codes parsed from joints may have a frame more than the features


class BadClip(Exception):
    """A clip that can't be used; the message is the reason, the same for all clips of its kind."""


@dataclass
class ClipRecord:
    """What is known of a clip besides its frames."""

    name: str
    source: str
    is_whole: bool
    frames: int
    captions: list[Caption]


@dataclass
class SplitContent:
    """What was read: clips in order, descriptions of the two arrays, and an account of what was not used."""

    clips: list[ClipRecord] = field(default_factory=list)
    features: dict[str, Any] = field(default_factory=dict)
    pose_codes: dict[str, Any] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)  # name -> reason
    cropped: int = 0  # clips whose codes and motion differed by one frame
    unused_captions: int = 0  # time tags around too few or too many frames
    total: int = 0

    def summary(self, data: str, split: str) -> str:
        """One line, empty when everything was used."""
        notes = []
        if self.bad:
            notes.append(f"skipped {len(self.bad)} of {self.total} clips: {self._reasons()}")
        if self.cropped:
            notes.append(f"cropped {self.cropped} clips by a frame, their codes and motion differed by one")
        if self.unused_captions:
            notes.append(
                f"left out {self.unused_captions} captions whose time tags mark too few or many frames"
            )
        return f"{data}/{split}: {'; '.join(notes)}" if notes else ""

    def _reasons(self) -> str:
        """Every reason with its count, the first ten clips by name."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.bad.items():
            by_reason.setdefault(reason, []).append(name)
        nameable, parts = NAMED_IN_SUMMARY, []
        for reason, names in by_reason.items():
            named = names[:nameable] + (["..."] if len(names) > nameable else [])
            nameable = max(nameable - len(names), 0)
            parts.append(f"{len(names)} {reason} ({', '.join(named)})")
        return ", ".join(parts)


class SplitReader:
    """The source files of one split: their identity, and their content written as arrays."""

    def __init__(self, spec: DatasetSpec, names: list[str], motions: Path, texts: Path, codes: Path) -> None:
        self.spec, self.names = spec, names
        self.motions, self.texts, self.codes = motions, texts, codes

    def identity(self) -> list[str]:
        """Name, size and time of change (ns) of every source file, a line for each clip; - where a file is absent."""
        folders = ((self.motions, ".npy"), (self.texts, ".txt"), (self.codes, ".npy"))
        columns = []
        for folder, suffix in folders:
            stats = stat_files(folder)
            columns.append([stats.get(name + suffix, "-") for name in self.names])
        return list(map("\t".join, zip(self.names, *columns, strict=True)))

    def write(self, folder: Path, progress: Iterable[str]) -> SplitContent:
        """Write features and pose codes of all usable clips into `folder`. progress: yields the names."""
        content = SplitContent(total=len(self.names))
        features = ArrayWriter(folder / "features.f32", "<f4", (self.spec.layout.width,))
        pose_codes = ArrayWriter(folder / "pose_codes.u8", "u1", (NUM_GROUPS,))
        for name in progress:
            try:
                motion, codes, captions = self._read(name, content)
            except BadClip as bad:
                content.bad[name] = str(bad)
                continue
            for record, frames in self._clips_of(name, len(motion), captions, content):
                content.clips.append(record)
                features.append(motion[frames])
                pose_codes.append(codes[frames])
        content.features, content.pose_codes = features.close(), pose_codes.close()
        return content

    def _read(self, name: str, content: SplitContent) -> tuple[np.ndarray, np.ndarray, list[Caption]]:
        """Features (T, D), pose codes (T, 70) and captions of one recording; BadClip when unusable."""
        motion = _load_array(self.motions / f"{name}.npy", "motion")
        width = self.spec.layout.width
        if motion.ndim != 2 or motion.shape[1] != width:
            raise BadClip(f"motion of shape {motion.shape}, not (T, {width})")
        if motion.dtype.kind not in "fiu":
            raise BadClip(f"motion of {motion.dtype}, not of numbers")
        if len(motion) < self.spec.min_length:
            raise BadClip(f"shorter than {self.spec.min_length} frames")
        if not np.isfinite(motion).all():
            raise BadClip("NaN or infinite values")
        codes = _compact(_load_array(self.codes / f"{name}.npy", "pose codes"))
        frames = min(len(motion), len(codes))
        if abs(len(motion) - len(codes)) > FRAMES_OFF:
            raise BadClip(f"{len(motion)} frames of motion but {len(codes)} of pose codes")
        if frames < self.spec.min_length:
            raise BadClip(f"shorter than {self.spec.min_length} frames")
        captions = self._read_captions(name)
        content.cropped += len(motion) != len(codes)
        return motion[:frames], codes[:frames], captions

    def _read_captions(self, name: str) -> list[Caption]:
        path = self.texts / f"{name}.txt"
        if not path.is_file():
            raise BadClip("unreadable captions" if os.path.lexists(path) else "no captions")
        try:
            captions = read_captions(path)
        except UserError as error:
            raise BadClip(str(error)) from error
        if not captions:
            raise BadClip("no captions")
        return captions

    def _clips_of(
        self, name: str, length: int, captions: list[Caption], content: SplitContent
    ) -> list[tuple[ClipRecord, slice]]:
        """The whole recording with its untagged captions, then one clip per time range that captions name."""
        whole = [caption for caption in captions if not caption.is_tagged]
        clips = [(ClipRecord(name, name, True, length, whole), slice(0, length))]
        ranges: dict[tuple[int, int], list[Caption]] = {}
        for caption in captions:
            if caption.is_tagged:
                first, end = caption.frame_range(self.spec.fps)
                ranges.setdefault((max(first, 0), min(end, length)), []).append(caption)
        for (first, end), tagged in ranges.items():
            if not self.spec.min_length <= end - first <= self.spec.max_clip:
                content.unused_captions += len(tagged)
                continue
            record = ClipRecord(f"{name}_{first}_{end}", name, False, end - first, tagged)
            clips.append((record, slice(first, end)))
        return clips


def _compact(codes: np.ndarray) -> np.ndarray:
    """`compact_codes`, for which a misfit makes a bad clip."""
    try:
        return compact_codes(codes)
    except ValueError as error:
        raise BadClip(str(error)) from error


def _load_array(path: Path, what: str) -> np.ndarray:
    try:
        return read_npy(path)
    except FileNotFoundError:
        raise BadClip(f"no {what}") from None
    except (ValueError, EOFError, OSError) as error:
        raise BadClip(f"unreadable {what}") from error
