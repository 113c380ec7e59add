"""Frames per second of the skeleton video, beside drawing every frame with matplotlib as is usual.

    python -m benchmarks.video_speed                  # a walk in a circle, 200 frames at 854x480
    python -m benchmarks.video_speed --frames 400 --matplotlib-frames 20

Both ways write an MP4 of the same motion and size in the same run, encoding included. Processor time is printed as
well, since other programs on the machine make the frames per second less: with two free cores, drawing and encoding
go on side by side, so that the slower of the two sets the pace.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import matplotlib
import numpy as np
from matplotlib import pyplot as plt

from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.flags import FlagParser
from utils.ranges import COUNT
from utils.runtime import run_script
from utils.skeleton import T2M_SKELETON
from visualization.skeleton_video import SIZE, render_video

FPS = 20.0


@dataclass(frozen=True)
class Speed:
    """Of one way of making a video: per frame, in seconds."""

    wall: float
    drawing: float  # processor time of this process
    encoding: float  # processor time of ffmpeg

    def __str__(self) -> str:
        pace = 1 / max(self.drawing, self.encoding)
        return (
            f"{1 / self.wall:7.1f} frames/s   processor: drawing {1e3 * self.drawing:6.1f} ms, "
            f"encoding {1e3 * self.encoding:4.1f} ms a frame = {pace:6.1f} frames/s on two free cores"
        )


def main() -> None:
    """Measure both ways and print them."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=COUNT, default=200)
    parser.add_argument("--matplotlib-frames", type=COUNT, default=16, help="fewer, as it is slow")
    args = parser.parse_args()
    matplotlib.use("Agg")
    joints = walk(args.frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.mp4"
        render_video(path, joints[:3], FPS, "first use reads fonts")
        ours = measure(lambda: render_video(path, joints, FPS, "a person walks in a circle"), len(joints))
        few = joints[: args.matplotlib_frames]
        usual = measure(lambda: with_matplotlib(path, few), len(few))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {SIZE[0]}x{SIZE[1]}, {len(joints)} frames")
    print(f"render_video  {ours}")
    print(f"matplotlib    {usual}")
    spent = (usual.drawing + usual.encoding) / (ours.drawing + ours.encoding)
    print(f"ratio a frame: wall-clock time {usual.wall / ours.wall:.1f}, processor time {spent:.1f}")


def walk(frames: int) -> np.ndarray:
    """A walk in a circle by the toy data's puppet, joints (T,22,3)."""
    rng = np.random.default_rng(0)
    puppet = make_puppet(frames, FPS, rng)
    KINDS["walk_circle_left"].action(puppet, 0.2, frames / FPS - 0.2, rng)
    return puppet.joints()


def measure(act: Callable[[], object], frames: int) -> Speed:
    """Wall-clock and processor time of `act`, which makes so many frames."""
    own, child, wall = (
        _processor(resource.RUSAGE_SELF),
        _processor(resource.RUSAGE_CHILDREN),
        time.perf_counter(),
    )
    act()
    return Speed(
        (time.perf_counter() - wall) / frames,
        (_processor(resource.RUSAGE_SELF) - own) / frames,
        (_processor(resource.RUSAGE_CHILDREN) - child) / frames,
    )


def _processor(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def with_matplotlib(path: Path, joints: np.ndarray) -> None:
    """The usual way: a 3D axes cleared and drawn anew in every frame, its pixels sent to the same encoder."""
    figure = plt.figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
    axes = figure.add_subplot(projection="3d")
    writer = imageio_ffmpeg.write_frames(str(path), SIZE, fps=FPS, macro_block_size=2, codec="libx264")
    writer.send(None)
    for frame, pose in enumerate(joints):
        axes.clear()
        axes.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), zlim=(0, 2))
        axes.view_init(elev=15, azim=-60)
        axes.axis("off")
        floor = np.array([[-1.5, -1.5], [1.5, 1.5]])
        axes.plot_surface(floor, floor.T, np.zeros((2, 2)), color="lightgrey", alpha=0.5)
        for chain in T2M_SKELETON.chains:
            line = pose[list(chain)] - joints[0, 0] * (1, 0, 1)
            axes.plot(line[:, 0], -line[:, 2], line[:, 1], linewidth=4)
        axes.plot(
            joints[: frame + 1, 0, 0], -joints[: frame + 1, 0, 2], 0 * joints[: frame + 1, 0, 0], linewidth=1
        )
        figure.suptitle("a person walks in a circle")
        figure.canvas.draw()
        writer.send(np.ascontiguousarray(np.asarray(figure.canvas.buffer_rgba())[..., :3]))
    writer.close()
    plt.close(figure)


if __name__ == "__main__":
    run_script(main)
