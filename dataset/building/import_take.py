"""One motion file -> clips of the training skeleton with captions, or the reasons why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dataset.features import place_at_origin
from dataset.motion_files import BadMotion, Conversion
from dataset.motion_files.caption_table import Described
from dataset.motion_files.load import ConvertOptions, load_take
from dataset.motion_files.quality import Limits, clip_problem, clip_warnings, source_problem, windows
from dataset.motion_files.read import one_gate
from dataset.spec import DatasetSpec
from utils.skeleton import retarget

Sentence = tuple[str, float, float]  # text, start and end in seconds of the clip


@dataclass
class Take:
    """What became of one file. clips: (joints (T, 22, 3), sentences); dropped: (part, reason, detail)."""

    path: Path
    conversion: Conversion | None = None
    clips: list[tuple[np.ndarray, list[Sentence]]] = field(default_factory=list)
    dropped: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def import_take(
    path: Path, described: Described, options: ConvertOptions, limits: Limits, spec: DatasetSpec
) -> Take:
    """Convert, check, retarget and cut one file. What is wrong with the file ends up in `dropped`."""
    take = Take(path)
    try:
        with one_gate(path):
            take.conversion = conversion = load_take(path, options, spec.fps)
            _cut(take, conversion, described, limits, spec)
    except BadMotion as error:
        take.clips = []
        take.dropped = [("all", error.reason, str(error))]
    return take


def _cut(take: Take, conversion: Conversion, described: Described, limits: Limits, spec: DatasetSpec) -> None:
    """Put the clips of a converted motion into the take, and what is wrong with them into `dropped`."""
    problem = source_problem(conversion.joints, limits)
    if problem:
        take.dropped.append(("all", *problem))
        return
    take.warnings += conversion.warnings
    joints = retarget(conversion.joints, spec.skeleton)
    joints = place_at_origin(joints, spec.skeleton)  # the floor of the whole take
    for first, stop in windows(len(joints), spec):
        part = "all" if (first, stop) == (0, len(joints)) else f"{first / spec.fps:g}-{stop / spec.fps:g} s"
        clip = joints[first:stop]
        sentences = sentences_of(described.sentences, first / spec.fps, (stop - 1) / spec.fps, spec)
        if len(clip) - 1 < spec.min_length:  # T joint frames make T - 1 rows of features
            needed = spec.min_length + 1
            detail = (
                f"{len(clip)} frames ({len(clip) / spec.fps:.2f} s) at {spec.fps:g} per second, at least {needed} "
                f"({needed / spec.fps:.2f} s) needed"
            )
            take.dropped.append((part, "too short", detail))
        elif problem := clip_problem(clip, limits):
            take.dropped.append((part, *problem))
        elif not sentences:
            take.dropped.append((part, "no caption", "no sentence is about this part for long enough"))
        else:
            take.warnings += [f"{part}: {warning}" for warning in clip_warnings(clip, limits)]
            take.clips.append((clip.astype(np.float32), sentences))


def sentences_of(sentences: list[Sentence], start: float, end: float, spec: DatasetSpec) -> list[Sentence]:
    """Sentences about the part start..end (seconds) of a take, with times counted from its start.

    A sentence about a time keeps it as far as it lies inside, if that is long enough to be a clip; if it
    covers the part it becomes a sentence about all of it, as those without times are.
    """
    kept = []
    for text, first, last in sentences:
        if first == last == 0.0:
            kept.append((text, 0.0, 0.0))
            continue
        a, b = max(first, start) - start, min(last, end) - start
        if a < 1 / spec.fps and b > end - start - 2 / spec.fps:
            kept.append((text, 0.0, 0.0))
        elif int(b * spec.fps) - int(a * spec.fps) >= spec.min_length:
            kept.append((text, round(a, 3), round(b, 3)))
    return kept
