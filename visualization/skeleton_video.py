"""Motion as video, frame or strip: a shaded skeleton on a floor, seen by one fixed camera per clip.

    render_video("walk.mp4", joints, fps=20, captions="a person walks forward")
    render_video("edit.mp4", [before, after], fps=20, titles=["before", "after"])
    render_video("story.mp4", joints, fps=20, captions=[[("a person walks", 0, 60), ("and waves", 60, 100)]])

Left limbs are blue, right ones orange. Joints are (T,J,3), Y up: 22 of HumanML3D in metres or 21 of KIT-ML.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from utils.runtime import UserError, atomic_write
from visualization import lettering, raster
from visualization.body import body_points, make_body
from visualization.camera import fit_camera
from visualization.scene import SOLE, Look, Scene, cameras_for, check_joints, draw_person
from visualization.video_file import write_video

SIZE = (854, 480)
LINE = raster.LINE_HEIGHT
Clips = np.ndarray | Sequence[np.ndarray]
Timed = Sequence[tuple[str, int, int]]  # texts, each from a first frame up to an end frame
Captions = str | Sequence[str | Timed] | None


@dataclass(frozen=True)
class _Layout:
    """Where panels and texts go. Panels are (x, y) corners in reading order."""

    size: tuple[int, int]
    panel: tuple[int, int]
    corners: tuple[tuple[int, int], ...]
    text: int  # font size in pixels
    title: int


@dataclass(frozen=True)
class _Caption:
    """Lines under one panel: one text for the whole clip, or several that take turns."""

    texts: tuple[tuple[list[str], int, int], ...]  # lines, first frame, end frame
    changes: bool

    @property
    def height(self) -> int:
        """Lines of the longest text."""
        return max((len(lines) for lines, _, _ in self.texts), default=0)

    def at(self, frame: int) -> list[str]:
        """Lines shown in a frame."""
        return next((lines for lines, first, end in self.texts if first <= frame < end), [])


def render_video(
    path: str | Path,
    clips: Clips,
    fps: float,
    captions: Captions = None,
    size: tuple[int, int] = SIZE,
    titles: Sequence[str] | None = None,
    contacts: np.ndarray | Sequence[np.ndarray] | None = None,
    columns: int | None = None,
    shared_camera: bool | None = None,
    look: Look = "mannequin",
) -> Path:
    """Write a video (.mp4: H.264, yuv420p) or animation (.gif) of one clip or of several side by side.

    clips: joints (T,J,3) or a list of them; shorter ones hold their last pose. fps: frames per second of the
    joints and the video. captions: one for all, or one per clip, which may be a list of (text, first frame, end
    frame) instead of a text. titles: one per clip. contacts: foot contacts per clip, bool (T,2) or (T,4) in feature
    order; found from the joints when absent. size: (width, height), rounded to even numbers. columns: panels per
    row. shared_camera: see `scene.cameras_for`.
    look: "mannequin", "sticks" or a mesh, see `scene.Scene`.
    The file appears only when complete. Returns its path. Raises UserError for bad input.
    """
    path = Path(path)
    if path.suffix.lower() not in (".mp4", ".gif"):
        raise UserError(f"{path}: videos end in .mp4 or .gif")
    frames = _frames(_as_list(clips), fps, captions, size, titles, contacts, columns, shared_camera, look)
    _, size = next(frames)
    with atomic_write(path) as temporary:
        write_video(temporary, frames, size, fps)
    return path


def render_frame(
    clips: Clips,
    frame: int,
    fps: float = 20.0,
    captions: Captions = None,
    size: tuple[int, int] = SIZE,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    look: Look = "mannequin",
) -> np.ndarray:
    """Frame number `frame` of what `render_video` would write (negative: from the end), (H,W,3) uint8."""
    frames = _frames(_as_list(clips), fps, captions, size, titles, None, columns, None, look)
    total, _ = next(frames)
    if not -total <= frame < total:
        raise UserError(f"frame {frame}: the clip has {total} frames")
    # `send` asks for a frame by number, so those before it are marked on the floor but not drawn.
    return frames.send(frame % total)


def render_strip(
    path: str | Path,
    joints: np.ndarray,
    n: int = 8,
    caption: str | None = None,
    size: tuple[int, int] = (1280, 400),
) -> Path:
    """Write a PNG of `n` poses, evenly spread over the clip, next to each other from left to right.

    joints (T,J,3). Turning shows; travel is taken out (a clip on the spot and a walk look alike but for the
    legs), and each pose carries its frame number.
    """
    image = strip_image(joints, n, caption, size)
    save_png(path, image)
    return Path(path)


def strip_image(
    joints: np.ndarray, n: int = 8, caption: str | None = None, size: tuple[int, int] = (1280, 400)
) -> np.ndarray:
    """The image of `render_strip`, (H,W,3) uint8."""
    joints = check_joints(joints)
    if n < 1:
        raise UserError(f"n = {n}: a strip needs at least one pose")
    picks = np.linspace(0, len(joints) - 1, n).round().astype(int)
    text = max(round(size[1] * 0.045), 10)
    lines = lettering.wrap(caption or "", size[0] * 0.94, text, 2)
    margins = (0.02 * size[1], text * LINE * (len(lines) + 1.5))
    poses = body_points(joints)[picks]
    poses[..., [0, 2]] -= poses[:, :1, [0, 2]]
    # All poses stand in a row along the image plane and are seen by one camera; each needs its own width.
    cell = (size[0] // n, size[1])
    camera = fit_camera(poses, cell, margins, azimuth=32.0)
    base = raster.background(camera, -SOLE)
    floor, _ = camera.floor_map(-SOLE, raster.SHADOW_STEP)
    body = make_body(joints.shape[1])
    image = np.full((size[1], size[0], 3), 240, np.float32)
    for i, (pose, pick) in enumerate(zip(poses, picks, strict=True)):
        view = image[:, i * cell[0] : (i + 1) * cell[0]]
        view[:] = base
        draw_person(view, camera, pose, body, floor)
        at = (cell[0] // 2, round(size[1] - margins[1]))
        raster.draw_text(view, [str(pick)], at, max(text - 4, 9), align="center", colour=(120, 126, 136))
    image[:, n * cell[0] :] = image[:, n * cell[0] - 1 : n * cell[0]]
    if lines:
        at = (size[0] // 2, round(size[1] - text * LINE * len(lines) - 6))
        raster.draw_text(image, lines, at, text, align="center")
    return np.clip(image, 0, 255).astype(np.uint8)


def save_png(path: str | Path, image: np.ndarray) -> None:
    """Write an image (H,W,3) uint8 as PNG; the file appears only when complete."""
    with atomic_write(Path(path)) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")


def _as_list(clips: Clips) -> list[np.ndarray]:
    if isinstance(clips, np.ndarray) or hasattr(clips, "detach"):
        return [cast(np.ndarray, clips)]
    clips = list(clips)
    if not clips:
        raise UserError("nothing to draw: the list of clips is empty")
    return clips


def _frames(
    clips, fps, captions, size, titles, contacts, columns, shared_camera, look
) -> Generator[Any, int | None, None]:
    """Yield (number of frames, size) first, then every frame (H,W,3) uint8; `send(i)` skips to frame i."""
    clips = [np.asarray(c.detach().cpu() if hasattr(c, "detach") else c) for c in clips]
    clips = [check_joints(c, "joints" if len(clips) == 1 else f"clip {i}") for i, c in enumerate(clips)]
    if not fps > 0:
        raise UserError(f"fps {fps}: must be positive")
    layout, footer, below = _plan(len(clips), size, columns, captions)
    titles = _per_clip(titles, len(clips), "titles") or [""] * len(clips)
    lines = max(caption.height for caption in below)
    margins = (layout.title * 1.6 if any(titles) else 0.0, lines * layout.text * LINE + 8 if lines else 0.0)
    cameras = cameras_for(clips, layout.panel, margins, shared_camera)
    contacts = [contacts] if isinstance(contacts, np.ndarray) else contacts
    contacts = _per_clip(contacts, len(clips), "contacts") or [None] * len(clips)
    scenes = [Scene(j, fps, cam, con, look) for j, cam, con in zip(clips, cameras, contacts, strict=True)]
    total = max(len(c) for c in clips)
    _write_still_texts(scenes, layout, titles, below)
    page = _Page(scenes, layout, footer, below)
    wanted = yield total, layout.size
    frame = -1
    while True:
        frame = frame + 1 if wanted is None else wanted
        if frame >= total:
            return
        wanted = yield page.draw(frame, f"{frame / fps:4.1f} s   {frame + 1}/{total}")


def _plan(
    count: int, size: tuple[int, int], columns: int | None, captions
) -> tuple[_Layout, list[str], list[_Caption]]:
    """Layout, lines of a caption for all, and captions under each panel; one of the last two is empty."""
    w, h = (int(v) // 2 * 2 for v in size)
    if w < 64 or h < 64:
        raise UserError(f"size {size}: too small, use at least 64x64")
    if columns is None:
        columns = min(range(1, count + 1), key=lambda c: _misfit(count, c, w / h))
    if columns < 1:
        raise UserError(f"columns {columns}: must be at least 1")
    rows = int(np.ceil(count / columns))
    text = int(np.clip(min(h / rows * 0.042, w / columns * 0.05), 9, 40))
    footer, below = [], [_Caption((), False)] * count
    if isinstance(captions, str):
        footer = lettering.wrap(captions, w * 0.92, text)
    elif captions is not None:
        width = w / columns * 0.92
        below = [_caption(c, width, text) for c in _per_clip(captions, count, "captions")]
    panel = (w // columns, (h - _footer_height(footer, text)) // rows)
    corners = tuple(((i % columns) * panel[0], (i // columns) * panel[1]) for i in range(count))
    return _Layout((w, h), panel, corners, text, round(text * 1.1)), footer, below


def _caption(said: str | Timed, width: float, size: int) -> _Caption:
    """A clip's caption, broken into lines."""
    if isinstance(said, str):
        return _Caption(((lettering.wrap(said, width, size), 0, 0),), False)
    try:
        return _Caption(
            tuple((lettering.wrap(text, width, size), int(first), int(end)) for text, first, end in said),
            True,
        )
    except (TypeError, ValueError) as error:
        raise UserError(
            f"captions: {said!r} is neither a text nor (text, first frame, end frame)s"
        ) from error


def _misfit(count: int, columns: int, aspect: float) -> float:
    """How badly panels in that many columns suit a body (0.9 wide per high) and fill the page."""
    rows = int(np.ceil(count / columns))
    empty = (rows * columns - count) / count
    return abs(np.log(aspect * rows / columns / 0.9)) + empty


def _footer_height(lines: list[str], text: int) -> int:
    return round(len(lines) * text * LINE + 10) if lines else 0


def _per_clip(values, count: int, name: str):
    if values is None:
        return None
    values = list(values)
    if len(values) != count:
        raise UserError(f"{name}: {len(values)} given for {count} clips; give one per clip")
    return values


def _write_still_texts(scenes, layout: _Layout, titles: list[str], below: list[_Caption]) -> None:
    """Titles and captions that don't change are painted on the panels' backgrounds, once."""
    w, _ = layout.panel
    for scene, title, caption in zip(scenes, titles, below, strict=True):
        if title:
            top = lettering.wrap(title, w * 0.7, layout.title, 1)
            raster.draw_text(scene.canvas, top, (w // 2, 4), layout.title, align="center", bold=True)
        if caption.texts and not caption.changes:
            _write_caption(scene.canvas, caption.texts[0][0], layout)


def _write_caption(panel: np.ndarray, lines: list[str], layout: _Layout) -> None:
    """Lines at a panel's lower edge; panel (h,w,3) float32 or the lower part of one."""
    at = (layout.panel[0] // 2, round(len(panel) - len(lines) * layout.text * LINE - 8))
    raster.draw_text(panel, lines, at, layout.text, align="center")


class _Page:
    """Paper, the caption for all, and the panels. Only what changes from frame to frame is drawn again."""

    def __init__(self, scenes: list[Scene], layout: _Layout, footer: list[str], below: list[_Caption]):
        self.scenes, self.layout = scenes, layout
        self.changing = [(corner, c) for corner, c in zip(layout.corners, below, strict=True) if c.changes]
        self.paint = np.full((layout.size[1], layout.size[0], 3), 246, np.float32)
        if footer:
            at = (layout.size[0] // 2, layout.size[1] - _footer_height(footer, layout.text) + 1)
            raster.draw_text(self.paint, footer, at, layout.text, align="center")
        w, h = layout.panel
        self.views = [self.paint[y : y + h, x : x + w] for x, y in layout.corners]
        for scene, (x, y) in zip(scenes, layout.corners, strict=True):
            if x:
                scene.canvas[:, :1] -= 14  # a hairline between panels
            if y:
                scene.canvas[:1] -= 14
        self.image = self.paint.astype(np.uint8)

    def draw(self, frame: int, clock: str) -> np.ndarray:
        """All panels of one frame, and the time -> (h,w,3) uint8, a copy."""
        for scene, view, (x, y) in zip(self.scenes, self.views, self.layout.corners, strict=True):
            left, top, right, bottom = scene.draw(frame, out=view)
            changed = raster.inside((x + left, y + top, x + right, y + bottom))
            self.image[changed] = np.clip(self.paint[changed], 0, 255)
        w, h = self.layout.panel
        for (x, y), caption in self.changing:
            band = np.s_[
                max(y + h - round(caption.height * self.layout.text * LINE) - 8, y) : y + h, x : x + w
            ]
            patch = self.paint[band].copy()
            _write_caption(patch, caption.at(frame), self.layout)
            self.image[band] = np.clip(patch, 0, 255)
        small = max(self.layout.text - 3, 9)
        corner = np.s_[: 2 * small + 8, -20 * small :]
        patch = self.paint[corner].copy()
        raster.draw_text(
            patch, [clock], (patch.shape[1] - 6, 4), small, align="right", colour=(105, 112, 124)
        )
        self.image[corner] = np.clip(patch, 0, 255)
        return self.image.copy()
