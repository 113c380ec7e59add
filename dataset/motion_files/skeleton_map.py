"""Which points of a file make the 22 training joints: maps in YAML, chosen or guessed by joint names.

A map (configs/skeletons/*.yaml) gives each of the 22 joints as a name, or as [a, b, t]: the point a + t (b - a)
between two of them. Names are compared without case, punctuation, name spaces and prefixes that all joints share.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dataset.motion_files.raw import BadMotion, RawMotion
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

MAPS_FOLDER = Path(__file__).resolve().parents[2] / "configs" / "skeletons"
JOINT_NAMES = T2M_SKELETON.joint_names
KEYS = {"formats", "unit", "up", "rest_frames", "joints", "extends"}
Source = tuple[str, str, float]  # a + t (b - a)


@dataclass(frozen=True)
class SkeletonMap:
    """unit: a name of `to_training.UNITS`, "file" or "auto"; up: "y", "z" or "auto".

    rest_frames: frames left out at the start of a file that begins in its rest pose.
    """

    name: str
    joints: Mapping[str, Source]
    formats: tuple[str, ...] = ("bvh", "amc", "joints", "amass")
    unit: str = "auto"
    up: str = "auto"
    rest_frames: int = 0
    extends: str | None = None
    guessed: bool = False

    def missing(self, names: Iterable[str]) -> list[str]:
        """Points this map needs that a file's names lack."""
        known = set(normalise(names))
        needed = dict.fromkeys(point for a, b, _ in self.joints.values() for point in (a, b))
        return [point for point in needed if _plain(point) not in known]

    def apply(self, motion: RawMotion) -> np.ndarray:
        """Joints (T, 22, 3) in the file's units and axes; BadMotion names what the file lacks."""
        missing = self.missing(motion.names)
        if missing:
            raise BadMotion(
                "unknown skeleton",
                f"{motion.path}: skeleton {self.name} needs {', '.join(missing)}; the file has "
                f"{', '.join(motion.names)}",
            )
        index: dict[str, int] = {}
        for i, name in enumerate(normalise(motion.names)):
            index.setdefault(name, i)
        first, second, share = zip(*(self.joints[name] for name in JOINT_NAMES), strict=True)
        a = motion.positions[:, [index[_plain(name)] for name in first]]
        b = motion.positions[:, [index[_plain(name)] for name in second]]
        return a + np.array(share)[:, None] * (b - a)

    def describe(self) -> str:
        """One line: what each joint was made of."""
        parts = [f"{n}={a}" if a == b else f"{n}={a}..{b}@{t:.2g}" for n, (a, b, t) in self.joints.items()]
        return ", ".join(parts)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", re.split(r"[:|]", name)[-1].lower())


def normalise(names: Iterable[str]) -> list[str]:
    """Names in the form they are compared in: "mixamorig:LeftArm" and "Bip01 L Thigh" lose what all share."""
    plain = [_plain(name) for name in names]
    shared = os.path.commonprefix(plain)
    # A prefix is a word before every joint's name; one or two equal letters are chance.
    if len(plain) > 3 and len(shared) > 2 and all(len(name) > len(shared) for name in plain):
        plain = [name[len(shared) :] for name in plain]
    return plain


def load_map(path: str | Path) -> SkeletonMap:
    """Read one map; UserError says what is wrong in it."""
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"skeleton map {path}: can't be read ({error})".replace("\n", " ")) from error
    if not isinstance(content, dict) or not set(content) <= KEYS:
        raise UserError(f"skeleton map {path}: keys must be of {', '.join(sorted(KEYS))}")
    if "extends" in content:
        content = _yaml_of(path.with_name(f"{content['extends']}.yaml")) | content
    sources = content.pop("joints", None) or {}
    wrong = [name for name in JOINT_NAMES if name not in sources]
    wrong += [name for name in sources if name not in JOINT_NAMES]
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
    return SkeletonMap(path.stem, joints, **content)


def _yaml_of(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"skeleton map {path} is missing, and another one extends it")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _source(entry: Any) -> Source:
    if isinstance(entry, str):
        return entry, entry, 0.0
    first, second, share = entry
    return str(first), str(second), float(share)


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
        return max(fitting, key=lambda m: len({point for a, b, _ in m.joints.values() for point in (a, b)}))
    from dataset.motion_files.guess import guess_map  # it builds SkeletonMaps itself

    return guess_map(motion)
