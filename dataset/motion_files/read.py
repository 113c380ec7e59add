"""One reader for all formats, chosen by the file's ending and content."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dataset.motion_files.amass import is_amass, read_amass
from dataset.motion_files.amc import read_amc
from dataset.motion_files.bvh import read_bvh
from dataset.motion_files.joints_file import read_joints_file
from dataset.motion_files.raw import BadMotion, RawMotion

MOTION_SUFFIXES = (".bvh", ".amc", ".npz", ".npy", ".csv")


@dataclass(frozen=True)
class ReadOptions:
    """What a file may not say itself. asf: skeleton of AMC files; fps: overrides or replaces the file's."""

    asf: Path | None = None
    body_model: Path | None = None
    fps: float | None = None


def read_motion(path: str | Path, options: ReadOptions | None = None) -> RawMotion:
    """Read a BVH, AMC, AMASS or joints file; BadMotion (a UserError) says what is wrong with it."""
    path, options = Path(path), options or ReadOptions()
    suffix = path.suffix.lower()
    if not path.is_file():
        raise BadMotion("unreadable", f"{path}: no such file")
    if suffix == ".bvh":
        motion = read_bvh(path).raw_motion(path)
    elif suffix == ".amc":
        motion = read_amc(path, options.asf, options.fps)
    elif suffix == ".npz" and is_amass(path):
        motion = read_amass(path, options.body_model)
    elif suffix in (".npz", ".npy", ".csv"):
        motion = read_joints_file(path, options.fps)
    else:
        raise BadMotion("unreadable", f"{path}: ending must be one of {', '.join(MOTION_SUFFIXES)}")
    return replace(motion, fps=options.fps) if options.fps else motion
