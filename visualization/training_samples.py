"""Images and videos of a stage in training, for TensorBoard and the run's folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from utils.checkpoint import RunFolder
from visualization.skeleton_video import render_video

SIZE = (320, 240)  # width and height of one panel


def show_stage(stage: Any, run: RunFolder, iteration: int) -> None:
    """Write what a stage has to show, called after each validation.

    Args:
        stage: a `training.stage.Stage`; its `images` and `samples` are shown.
        run: images go to its TensorBoard; videos there (animated) and to `samples/<iteration>_<number>.mp4`.
        iteration: number of iterations trained so far.
    """
    for name, image in stage.images(iteration).items():
        run.writer.add_image(name, image, iteration, dataformats="HWC")
    for number, sample in enumerate(stage.samples(iteration)):
        settings = {
            "fps": sample.fps,
            "captions": sample.text,
            "size": (SIZE[0] * len(sample.clips), SIZE[1]),
            "titles": sample.titles,
        }
        folder = run.path / "samples"
        folder.mkdir(exist_ok=True)
        render_video(folder / f"{iteration:07d}_{number}.mp4", sample.clips, **settings)
        with TemporaryDirectory() as temporary:
            path = render_video(Path(temporary) / "sample.gif", sample.clips, **settings)
            add_animation(run.writer, f"samples/{number}", path.read_bytes(), settings["size"], iteration)


def add_animation(writer: Any, name: str, gif: bytes, size: tuple[int, int], iteration: int) -> None:
    """Put an animated GIF among a SummaryWriter's images (its own add_video needs a further package)."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    image = Summary.Image(height=size[1], width=size[0], colorspace=3, encoded_image_string=gif)
    writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=name, image=image)]), iteration)
