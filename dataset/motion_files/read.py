"""One reader for all formats, chosen by the file's ending and content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dataset.motion_files.amass import has_angles, read_amass, unpack_motion_x
from dataset.motion_files.amc import read_amc
from dataset.motion_files.arrays import load_arrays
from dataset.motion_files.bvh import read_bvh
from dataset.motion_files.glb import read_glb
from dataset.motion_files.joints_file import position_key, read_csv, read_joints
from dataset.motion_files.rate import require_rate
from dataset.motion_files.raw import BadMotion, RawMotion
from utils.runtime import UserError

MOTION_SUFFIXES = (".bvh", ".amc", ".glb", ".npz", ".npy", ".pkl", ".csv")


@dataclass(frozen=True)
class ReadOptions:
    """What a file may not say itself. asf: skeleton of AMC files; fps: overrides or replaces the file's."""

    asf: Path | None = None
    body_model: Path | None = None
    fps: float | None = None


def read_motions(path: str | Path, options: ReadOptions | None = None) -> list[RawMotion]:
    """The motions of a BVH, AMC, AMASS or joints file, mostly one; a file of several calls them `<path>#<number>`.

    BadMotion (a UserError) says what is wrong with the file.
    """
    path, options = Path(path), options or ReadOptions()
    if not path.is_file():
        raise BadMotion("unreadable", f"{path}: no such file")
    with one_gate(path):
        motions = _read(path, options)
    for motion in motions:
        require_rate(path, options.fps or motion.fps)
    return [replace(motion, fps=options.fps or motion.fps) for motion in motions]


def read_motion(path: str | Path, options: ReadOptions | None = None) -> RawMotion:
    """The one motion of a file; see `read_motions`."""
    motions = read_motions(path, options)
    if len(motions) > 1:
        raise BadMotion(
            "several motions",
            f"{path}: holds {len(motions)} motions; dataset/prepare/import_motion.py --convert writes each to a file",
        )
    return motions[0]


def _read(path: Path, options: ReadOptions) -> list[RawMotion]:
    suffix, read_rate = path.suffix.lower(), options.fps is None
    if suffix == ".bvh":
        return [read_bvh(path, options.fps).raw_motion(path)]
    if suffix == ".amc":
        return [read_amc(path, options.asf, options.fps)]
    if suffix == ".glb":
        return [read_glb(path)]
    if suffix == ".csv":
        return read_joints(path, read_csv(path), read_rate)
    if suffix not in MOTION_SUFFIXES:
        raise BadMotion("unreadable", f"{path}: ending must be one of {', '.join(MOTION_SUFFIXES)}")
    held = unpack_motion_x(load_arrays(path))
    # Positions need no body model, but AMASS's own names promise angles.
    if has_angles(held) and ("poses" in held or options.body_model is not None or position_key(held) is None):
        return [read_amass(path, held, options.body_model, read_rate)]
    return read_joints(path, held, read_rate)


@contextmanager
def one_gate(path: Path) -> Iterator[None]:
    """Whatever goes wrong with a file of others becomes a BadMotion: in a folder, the file is dropped with it.

    Files of others are wrong in more ways than a reader can list, and one of them must not end an import.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # the one gate: see above
        told = " ".join(str(error).split()) or "no more is known"
        raise BadMotion(
            "unreadable", f"{path}: can't be used as motion ({type(error).__name__}: {told[:200]})"
        ) from error
