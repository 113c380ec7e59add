"""The files written for a motion: arrays, video, still strip, and its pose codes in words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from dataset.motion_files.write_joints import write_joints
from dataset.motion_files.write_smpl import write_smpl_npz
from utils.runtime import UserError, atomic_write, warn
from visualization.describe import describe, describe_table
from visualization.export import write_glb
from visualization.mannequin import SkinnedBody, mannequin
from visualization.player import PlayerClip, write_html
from visualization.scene import Look
from visualization.skeleton_video import SIZE, Captions, render_strip, render_video
from visualization.smpl_body import find_smpl, load_smpl

MAX_NAME = 40
EXPORTS: dict[str, Callable[[Path, np.ndarray, float], None]] = {
    "bvh": write_bvh,
    "csv": write_joints,
    "npy": write_joints,
}
GRID_FORMATS = ("mp4", "gif", "html")
GRID_SIZE = (1280, 720)


@dataclass(frozen=True)
class Figure:
    """Who is shown. video: for `render_video`; mesh: for players and GLB, None: the mannequin; sticks: in players."""

    video: Look = "mannequin"
    mesh: SkinnedBody | None = None
    sticks: bool = False


def choose_figure(body: str, smpl_dir: str | Path | None = None) -> Figure:
    """The figure that generate.py's --body and --smpl-dir ask for; UserError without a readable SMPL model."""
    if body == "smpl":
        if smpl_dir is None:
            raise UserError("--body smpl: needs --smpl-dir, the folder of your SMPL, SMPL+H or SMPL-X model")
        mesh = load_smpl(find_smpl(smpl_dir))
        return Figure(mesh, mesh)
    if body == "smooth":
        return Figure(mannequin())
    return Figure(body, sticks=body == "sticks")


def file_stem(text: str, number: int, seed: int | None = None) -> str:
    """Readable and unique file name without ending: "003_a_person_walks", with a seed "003_a_person_walks_seed7".

    Letters of any script are kept that the file system takes.
    """
    letters = text.lower().encode(sys.getfilesystemencoding(), "ignore").decode(sys.getfilesystemencoding())
    words = re.sub(r"[\W_]+", "_", letters).strip("_")
    named = "" if seed is None else f"_seed{seed}"
    return f"{number:03d}_{words[:MAX_NAME].rstrip('_') or 'motion'}{named}"


def warn_of_replaced(folder: str | Path, stems: Sequence[str]) -> None:
    """Warn once when a folder has files of these names, which are about to be replaced."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    wanted = set(stems)
    there = [
        name
        for name in sorted(names)
        if {name.partition(".")[0], name.partition(".")[0].removesuffix("_smpl")} & wanted
    ]
    if there:
        warn(
            f"{folder} has files of the same sentences and seed, {there[0]} for one: they are replaced; give another "
            "--out or --seed to keep both"
        )


def write_clip(
    clip: MotionClip,
    folder: str | Path,
    stem: str,
    formats: Sequence[str],
    alone: MotionClip | None = None,
    figure: Figure | None = None,
) -> list[Path]:
    """Write a clip as ``<folder>/<stem>.<format>`` for each format; each file appears only when complete.

    Args:
        clip: the motion.
        folder: made when missing.
        stem: file name without ending.
        formats: of npz (joints, features, pose codes, residual codes), mp4, gif, png (strip of poses), txt,
            html (player), bvh, glb (animated mannequin), csv and npy (joints), smpl (axis-angles, as
            ``<stem>_smpl.npz``).
        alone: the clip decoded without residual codes, which the player can switch to.
        figure: who is shown; None: the mannequin.

    Returns:
        The paths, in the order of ``formats``.
    """
    figure, paths = figure or Figure(), []
    for ending in formats:
        path = Path(folder) / f"{stem}.{ending}"
        if ending == "npz":
            with atomic_write(path) as temporary:
                clip.save(temporary)
        elif ending in ("mp4", "gif"):
            path.parent.mkdir(parents=True, exist_ok=True)
            render_video(path, clip.joints, clip.fps, captions([clip]), look=figure.video)
        elif ending == "png":
            path.parent.mkdir(parents=True, exist_ok=True)
            render_strip(path, clip.joints, caption=clip.text)
        elif ending == "html":
            path.parent.mkdir(parents=True, exist_ok=True)
            shown = PlayerClip.from_motion(clip, None if alone is None else alone.joints)
            write_html(path, [shown], body=figure.mesh, sticks_first=figure.sticks)
        elif ending == "txt":
            with atomic_write(path) as temporary:
                temporary.write_text(description(clip), encoding="utf-8")
        elif ending == "smpl":
            path = path.with_name(f"{stem}_smpl.npz")
            write_smpl_npz(path, clip.joints, clip.fps)
        elif ending == "glb":
            write_glb(path, clip.joints, clip.fps, figure.mesh)
        elif ending in EXPORTS:
            EXPORTS[ending](path, clip.joints, clip.fps)
        else:
            raise ValueError(f"unknown format {ending!r}")
        paths.append(path)
    return paths


def write_grid(
    samples: Sequence[tuple[MotionClip, MotionClip | None]],
    folder: str | Path,
    stem: str,
    formats: Sequence[str],
    figure: Figure | None = None,
) -> list[Path]:
    """Write all samples of a sentence into one ``<folder>/<stem>_grid.<format>`` for each of mp4, gif and html.

    Args:
        samples: each clip, and the same without residual codes or None; they share text and frame rate.
        folder: made when missing.
        stem: file name without ending.
        formats: others than `GRID_FORMATS` are passed over.
        figure: who is shown; None: the mannequin.
    """
    figure, paths = figure or Figure(), []
    clips = [clip for clip, _ in samples]
    names = [f"sample {number}" for number in range(1, len(samples) + 1)]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for ending in (f for f in formats if f in GRID_FORMATS):
        path = Path(folder) / f"{stem}_grid.{ending}"
        if ending == "html":
            shown = [
                replace(PlayerClip.from_motion(clip, None if alone is None else alone.joints), title=name)
                for (clip, alone), name in zip(samples, names, strict=True)
            ]
            write_html(path, shown, clips[0].text, figure.mesh, figure.sticks)
        else:
            size = GRID_SIZE if len(clips) > 2 else SIZE
            joints = [clip.joints for clip in clips]
            render_video(path, joints, clips[0].fps, captions(clips), size, names, look=figure.video)
        paths.append(path)
    return paths


def captions(clips: Sequence[MotionClip]) -> Captions:
    """For `render_video`: the sentence that clips share, or for sequences each clip's sentences in turn."""
    if not any(clip.segments for clip in clips):
        return clips[0].text
    # The last one stays to the end of the video, which the longest clip decides.
    last = max(len(clip.joints) for clip in clips)
    said = []
    for clip in clips:
        ends = [round(end * clip.fps) for _, _, end in clip.segments[:-1]] + [last]
        texts = [text for text, _, _ in clip.segments] or [clip.text]
        said.append(list(zip(texts, [0, *ends[:-1]], ends, strict=True)))
    return said


def description(clip: MotionClip) -> str:
    """Sentence, story in words, and every group's codes over time."""
    story = describe(clip.pose_codes, clip.steps_per_second, frame=clip.pose_frame)
    table = describe_table(clip.pose_codes, clip.steps_per_second)
    sentences = "".join(f"{start:.1f}-{end:.1f} s: {text}\n" for text, start, end in clip.segments)
    seconds = len(clip.features) / clip.fps
    head = f"{clip.text}\n{seconds:.1f} seconds\n{sentences}"
    return f"{head}\n{story}\n\nAll pose codes ({clip.pose_frame} frame):\n{table}\n"
