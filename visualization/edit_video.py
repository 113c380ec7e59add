"""Source and edited motion side by side, the edited limbs in another colour while the edit holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from utils.runtime import UserError, atomic_write
from visualization import lettering, raster
from visualization.body import Body
from visualization.scene import Scene, cameras_for, check_joints
from visualization.skeleton_video import LINE, SIZE
from visualization.video_file import write_video

HIGHLIGHT = (226, 48, 140)


def render_edit(
    path: str | Path,
    before: np.ndarray,
    after: np.ndarray,
    highlight: np.ndarray,
    fps: float,
    caption: str = "",
    titles: Sequence[str] = ("before", "after"),
    size: tuple[int, int] = SIZE,
) -> Path:
    """Write a video (.mp4 or .gif) of two motions side by side.

    before, after: joints (T, 22, 3) metres of one length. highlight: (T, 22) 0..1, how strongly the limbs at a
    joint are coloured in a frame. The file appears only when complete. Raises UserError for bad input.
    """
    path = Path(path)
    if path.suffix.lower() not in (".mp4", ".gif"):
        raise UserError(f"{path}: videos end in .mp4 or .gif")
    clips = [check_joints(before, "before"), check_joints(after, "after")]
    if len(clips[0]) != len(clips[1]) or highlight.shape != clips[0].shape[:2]:
        raise UserError(
            f"before, after and highlight differ in length: {len(before)}, {len(after)}, {len(highlight)}"
        )
    width, height = (int(v) // 4 * 4 for v in size)
    text = max(round(height * 0.042), 10)
    lines = lettering.wrap(caption, width * 0.92, text, 2) if caption else []
    footer = round(len(lines) * text * LINE + 10) if lines else 0
    panel = (width // 2, height - footer)
    cameras = cameras_for(clips, panel, (text * 1.8, 4.0), True)
    scenes = [Scene(joints, fps, camera) for joints, camera in zip(clips, cameras, strict=True)]
    for scene, title in zip(scenes, titles, strict=True):
        raster.draw_text(
            scene.canvas, [title], (panel[0] // 2, 4), round(text * 1.1), align="center", bold=True
        )
    plain = scenes[0].body

    def frames():
        page = np.full((height, width, 3), 246, np.float32)
        if lines:
            raster.draw_text(page, lines, (width // 2, height - footer + 1), text, align="center")
        for t in range(len(before)):
            for i, scene in enumerate(scenes):
                scene.body = coloured(plain, highlight[t])
                scene.draw(t, out=page[: panel[1], i * panel[0] : (i + 1) * panel[0]])
            page[: panel[1], panel[0] : panel[0] + 1] -= 14
            raster.draw_text(page, [f"{t / fps:4.1f} s"], (width - 6, 4), text - 2, align="right")
            yield np.clip(page, 0, 255).astype(np.uint8)

    with atomic_write(path) as temporary:
        write_video(temporary, frames(), (width, height), fps)
    return path


def coloured(body: Body, strength: np.ndarray) -> Body:
    """A body whose capsules take the highlight colour as strongly as both their joints ask for, (J,) 0..1."""
    joints = np.concatenate(
        [strength, np.zeros(int(max(body.first.max(), body.second.max())) + 1 - len(strength))]
    )
    # Hands and toe tips are virtual points: they follow the joint at their other end.
    ends = np.stack([joints[body.first], joints[body.second]])
    virtual = np.stack([body.first, body.second]) >= len(strength)
    share = np.where(virtual.any(0), ends.max(0), ends.min(0))[:, None]
    return replace(
        body, colours=((1 - share) * body.colours + share * np.array(HIGHLIGHT)).astype(np.float32)
    )
