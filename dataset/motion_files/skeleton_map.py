"""Which points of a file make the 22 training joints: maps in YAML, chosen or guessed by joint names.

A map (configs/skeletons/*.yaml) gives each of the 22 joints as a name, or as [a, b, t]: the point a + t (b - a)
between two of them, which may be such points themselves. Names are compared as `dataset.motion_files.joint_names` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_files.guess import guess_joints
from dataset.motion_files.joint_names import find_names
from dataset.motion_files.raw import BadMotion, RawMotion
from dataset.motion_files.sources import Source, describe, place, point_names
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON
from utils.texts import read_yaml

MAPS_FOLDER = Path(__file__).resolve().parents[2] / "configs" / "skeletons"
JOINT_NAMES = T2M_SKELETON.joint_names
FORMATS = ("bvh", "amc", "joints", "amass", "glb")
# Keys of a map: what their values must be.
KEYS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "formats": (
        f"a list of {', '.join(FORMATS)}",
        lambda value: isinstance(value, list) and all(v in FORMATS for v in value),
    ),
    "unit": ("a name of a unit, or metres", lambda value: type(value) in (str, int, float)),
    "up": ("an axis", lambda value: isinstance(value, str)),
    "rest_frames": ("a number of frames", lambda value: type(value) is int and 0 <= value < 100_000),
    "extends": ("the name of another map", lambda value: isinstance(value, str)),
    "joints": ("a mapping, joint: name or [name, name, number]", lambda value: isinstance(value, dict)),
}


@dataclass(frozen=True)
class SkeletonMap:
    """unit: a name of `to_training.UNITS`, "file" or "auto"; up: "y", "z" or "auto".

    rest_frames: frames left out at the start of a file that begins in its rest pose: 0, or at least so many.
    """

    name: str
    joints: Mapping[str, Source]
    formats: tuple[str, ...] = FORMATS
    unit: str = "auto"
    up: str = "auto"
    rest_frames: int = 1
    extends: str | None = None
    guessed: bool = False

    def missing(self, names: Sequence[str]) -> list[str]:
        """Points this map needs that a file's names lack."""
        needed = self.needed()
        places = find_names(needed, names)
        return [point for point in needed if point not in places]

    def needed(self) -> list[str]:
        """Names of all points that this map is made of."""
        return list(dict.fromkeys(name for source in self.joints.values() for name in point_names(source)))

    def apply(self, motion: RawMotion) -> np.ndarray:
        """Joints (T, 22, 3) in the file's units and axes; BadMotion names what the file lacks."""
        missing = self.missing(motion.names)
        if missing:
            raise BadMotion(
                "unknown skeleton",
                f"{motion.path}: skeleton {self.name} needs {', '.join(missing)}; the file has "
                f"{', '.join(motion.names)}",
            )
        index = find_names(self.needed(), motion.names)
        return np.stack([place(self.joints[name], motion.positions, index) for name in JOINT_NAMES], axis=1)

    def describe(self) -> str:
        """One line: what each joint was made of."""
        return ", ".join(f"{name}={describe(source)}" for name, source in self.joints.items())


def load_map(path: str | Path) -> SkeletonMap:
    """Read one map; UserError says what is wrong in it."""
    path = Path(path)
    content = _content(path)
    if "extends" in content:
        above = path.with_name(f"{content['extends']}.yaml")
        if not above.is_file():
            raise UserError(f"skeleton map {above} is missing, and another one extends it")
        content = _content(above) | content
    sources = content.pop("joints", None) or {}
    wrong = [name for name in JOINT_NAMES if name not in sources]
    wrong += [str(name) for name in sources if name not in JOINT_NAMES]
    if wrong:
        raise UserError(
            f"skeleton map {path}: joints must be the 22 of t2m; wrong or missing: {', '.join(wrong)}"
        )
    try:
        joints = {name: _source(sources[name]) for name in JOINT_NAMES}
    except (TypeError, ValueError) as error:
        raise UserError(
            f"skeleton map {path}: a joint is a name or [name, name, number] ({error})"
        ) from error
    content["formats"] = tuple(content.get("formats", SkeletonMap.formats))
    content["unit"] = str(content.get("unit", SkeletonMap.unit))
    return SkeletonMap(path.stem, joints, **content)


def _content(path: Path) -> dict[str, Any]:
    """What a map's file says, each of its keys of the right kind."""
    content = read_yaml(path, "skeleton map")
    if not isinstance(content, dict) or not set(content) <= set(KEYS):
        raise UserError(f"skeleton map {path}: keys must be of {', '.join(sorted(KEYS))}")
    for key, (needs, fits) in KEYS.items():
        if key in content and not fits(content[key]):
            raise UserError(f"skeleton map {path}: {key} must be {needs}, not {content[key]!r}"[:300])
    return content


def _source(entry: Any) -> Source:
    if isinstance(entry, list):
        first, second, share = entry
        a, b = (_source(point) if isinstance(point, list) else _name(point) for point in (first, second))
        if isinstance(share, bool) or not math.isfinite(share):
            raise ValueError(f"{share!r} is no number")
        return a, b, float(share)
    return _name(entry), _name(entry), 0.0


def _name(entry: Any) -> str:
    if isinstance(entry, bool) or not isinstance(entry, str | int):
        raise ValueError(f"{entry!r} is no name; put it in quotes")
    return str(entry)


def shipped_maps() -> list[SkeletonMap]:
    """All maps of configs/skeletons; those that extend another come after it."""
    maps = [load_map(path) for path in sorted(MAPS_FOLDER.glob("[!_]*.yaml"))]
    return sorted(maps, key=lambda m: m.extends is not None)


def find_map(motion: RawMotion, choice: str = "auto") -> SkeletonMap:
    """The map for a file: a shipped one or a YAML file by name, or "auto".

    Auto takes the shipped map all of whose points the file has (the one with most points where several
    fit), else guesses by joint names. BadMotion lists what was guessed and what is missing.
    """
    if choice != "auto":
        path = Path(choice) if choice.endswith((".yaml", ".yml")) else MAPS_FOLDER / f"{choice}.yaml"
        if not path.is_file():
            names = ", ".join(m.name for m in shipped_maps())
            raise UserError(f"--skeleton {choice}: unknown; use auto, a YAML file, or one of {names}")
        return load_map(path)
    fitting = [m for m in shipped_maps() if motion.format in m.formats and not m.missing(motion.names)]
    if fitting:
        return max(fitting, key=lambda m: len(m.needed()))
    return SkeletonMap("guess", guess_joints(motion), guessed=True)
