"""A motion file of others -> joints of the training skeleton's kind, whatever is wrong with it said in one way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataset.motion_files.raw import RawMotion
from dataset.motion_files.read import ReadOptions, one_gate, read_motion, read_motions
from dataset.motion_files.to_training import Conversion, convert


@dataclass(frozen=True)
class ConvertOptions:
    """Flags that say how to understand the files; see `dataset.motion_files.convert`."""

    read: ReadOptions = ReadOptions()
    skeleton: str = "auto"
    unit: str = "auto"
    up: str = "auto"
    skip_frames: int | None = None


def load_take(path: Path, options: ConvertOptions, fps: float) -> Conversion:
    """The one take of a file at a frame rate, not yet retargeted. Raises BadMotion, or UserError for a wrong flag."""
    return _converted(read_motion(path, options.read), options, fps)


def load_takes(path: Path, options: ConvertOptions, fps: float) -> list[Conversion]:
    """All takes of a file, of which some hold several; see `load_take`."""
    return [_converted(motion, options, fps) for motion in read_motions(path, options.read)]


def _converted(motion: RawMotion, options: ConvertOptions, fps: float) -> Conversion:
    with one_gate(motion.path):
        return convert(
            motion,
            options.skeleton,
            unit=options.unit,
            up=options.up,
            skip_frames=options.skip_frames,
            fps=fps,
        )
