"""The files written for a motion: arrays, video, still strip, and its pose codes in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from models.pipeline import MotionClip
from utils.runtime import atomic_write
from visualization.describe import describe, describe_table
from visualization.export import write_bvh, write_glb, write_joints, write_smpl_npz
from visualization.player import PlayerClip, write_html
from visualization.skeleton_video import render_strip, render_video

MAX_NAME = 40
EXPORTS = {"bvh": write_bvh, "glb": write_glb, "csv": write_joints, "npy": write_joints}


def file_stem(text: str, number: int) -> str:
    """Readable and unique file name without ending: "003_a_person_walks"."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return f"{number:03d}_{words[:MAX_NAME].rstrip('_') or 'motion'}"


def write_clip(
    clip: MotionClip,
    folder: str | Path,
    stem: str,
    formats: Sequence[str],
    alone: MotionClip | None = None,
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

    Returns:
        The paths, in the order of ``formats``.
    """
    paths = []
    for ending in formats:
        path = Path(folder) / f"{stem}.{ending}"
        if ending == "npz":
            with atomic_write(path) as temporary:
                clip.save(temporary)
        elif ending in ("mp4", "gif"):
            path.parent.mkdir(parents=True, exist_ok=True)
            render_video(path, clip.joints, clip.fps, clip.text)
        elif ending == "png":
            path.parent.mkdir(parents=True, exist_ok=True)
            render_strip(path, clip.joints, caption=clip.text)
        elif ending == "html":
            path.parent.mkdir(parents=True, exist_ok=True)
            write_html(path, [PlayerClip.from_motion(clip, None if alone is None else alone.joints)])
        elif ending == "txt":
            with atomic_write(path) as temporary:
                temporary.write_text(description(clip), encoding="utf-8")
        elif ending == "smpl":
            path = path.with_name(f"{stem}_smpl.npz")
            write_smpl_npz(path, clip.joints, clip.fps)
        elif ending in EXPORTS:
            EXPORTS[ending](path, clip.joints, clip.fps)
        else:
            raise ValueError(f"unknown format {ending!r}")
        paths.append(path)
    return paths


def description(clip: MotionClip) -> str:
    """Sentence, story in words, and every group's codes over time."""
    steps_per_second = clip.fps * len(clip.pose_codes) / len(clip.features)
    story = describe(clip.pose_codes, steps_per_second, clip.pose_frame)
    table = describe_table(clip.pose_codes, steps_per_second)
    seconds = len(clip.features) / clip.fps
    return f"{clip.text}\n{seconds:.1f} seconds\n\n{story}\n\nAll pose codes ({clip.pose_frame} frame):\n{table}\n"
