"""ASF/AMC (Acclaim): a skeleton file with bones, and a motion file with their angles per frame.

A bone's axes C are turned against the world's; its angles M act in them, so its local rotation is C M C^-1,
and it reaches from its parent's end along its direction. Positions are bone ENDS, named after the bone.
Lengths are in inches divided by the skeleton file's `length`, which is what CMU and HDM05 mean by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from dataset.motion_files.text import read_text, to_number

ROOT_CHANNELS = ("TX", "TY", "TZ", "RX", "RY", "RZ", "L")
INCH = 0.0254
DEFAULT_FPS = 120.0  # AMC files don't say; CMU and HDM05 were recorded at this rate


@dataclass(frozen=True)
class Bone:
    """direction: unit vector; axis: angles and order of its axes; dof: names of its AMC values, in order."""

    name: str
    direction: np.ndarray
    length: float
    axis: Rotation
    order: str  # of rotations, applied about fixed axes in this order: "xyz"
    dof: tuple[str, ...]


@dataclass(frozen=True)
class AsfSkeleton:
    """An ASF file. parents: bone name -> parent's name ("root" at the top); bones in an order parents first."""

    bones: dict[str, Bone]
    parents: dict[str, str]
    metres: float  # per unit of length
    degrees: bool
    root_position: np.ndarray


def read_asf(path: str | Path) -> AsfSkeleton:
    """Read a skeleton; BadMotion (a UserError) says what is missing."""
    path = Path(path)
    sections = _sections(path)
    units = dict(line.split()[:2] for line in sections.get("units", []) if len(line.split()) > 1)
    degrees = units.get("angle", "deg").lower().startswith("deg")
    try:
        bones = {}
        for block in _blocks(sections.get("bonedata", [])):
            bone = _bone(block, degrees)
            bones[bone.name] = bone
        root = {line.split()[0].lower(): line.split()[1:] for line in sections["root"] if line.strip()}
        order = "".join(name[1] for name in root["order"] if name.upper().startswith("R")).lower()
        axis = Rotation.from_euler(
            root.get("axis", ["XYZ"])[0].lower(), np.array(root.get("orientation", [0, 0, 0]), float), degrees
        )
        unknown = [name for name in root["order"] if name.upper() not in ROOT_CHANNELS]
        if unknown:
            raise ValueError(f"the root's order has {unknown[0]!r}, which is no channel")
        bones["root"] = Bone(
            "root", np.zeros(3), 0.0, axis, order, tuple(name.lower() for name in root["order"])
        )
        parents: dict[str, str] = {}
        for line in sections["hierarchy"]:
            parent, *children = line.split() or [""]
            if parent not in ("begin", "end", ""):
                parents.update(dict.fromkeys(children, parent))
        unknown = [name for name in (*parents, *parents.values()) if name not in bones]
        if unknown:
            raise ValueError(f"the hierarchy names {unknown[0]!r}, which is no bone")
        position = np.array(root.get("position", [0, 0, 0]), float)
        _require_sound(bones, parents, position)
        return AsfSkeleton(bones, parents, _metres(units), degrees, position)
    except (KeyError, ValueError, IndexError) as error:
        raise BadMotion(
            "unreadable", f"{path}: not a complete ASF skeleton ({error}); get it again"
        ) from error


def _metres(units: dict[str, str]) -> float:
    """Metres per unit of length; ValueError for a unit without size."""
    length = float(units.get("length", 1.0))
    if not (0 < length < math.inf and 0 < INCH / length < math.inf):
        raise ValueError(f"its unit of length is {units['length']}, which must be a positive number")
    return INCH / length


def _require_sound(bones: dict[str, Bone], parents: dict[str, str], position: np.ndarray) -> None:
    """ValueError for bones without a place: numbers that are none, or a hierarchy that does not hang on the root."""
    for bone in bones.values():
        if not (
            np.isfinite(bone.direction).all() and bone.direction.shape == (3,) and 0 <= bone.length < math.inf
        ):
            raise ValueError(f"direction or length of bone {bone.name} is no finite number")
        if bone.length > 0 and not bone.direction.any():
            raise ValueError(f"bone {bone.name} has a length, but no direction")
    if position.shape != (3,) or not np.isfinite(position).all():
        raise ValueError("the root's position is not three finite numbers")
    if "root" in parents:
        raise ValueError(f"the root hangs on bone {parents['root']!r}")
    reached = ["root"]
    for parent in reached:  # grows while we walk
        reached += [name for name, above in parents.items() if above == parent]
    lost = [name for name in parents if name not in reached]
    if lost:
        raise ValueError(f"bone {lost[0]!r} does not hang on the root")


def _sections(path: Path) -> dict[str, list[str]]:
    """Lines of each ":section" of an ASF file; what stands behind the section's name is its first line."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in read_text(path).split("\n"):
        line = line.split("#")[0].strip()
        if line.startswith(":"):
            name, _, rest = line[1:].partition(" ")
            current = sections.setdefault(name.lower(), [rest] if rest else [])
        elif line:
            current.append(line)
    return sections


def _blocks(lines: list[str]) -> list[dict[str, list[str]]]:
    blocks: list[dict[str, list[str]]] = []
    for line in lines:
        key, *fields = line.split()
        if key == "begin":
            blocks.append({})
        elif blocks and key != "end":
            blocks[-1][key.lower()] = fields
    return blocks


def _bone(block: dict[str, list[str]], degrees: bool) -> Bone:
    direction = np.array(block["direction"], float)
    *angles, order = block["axis"]
    return Bone(
        block["name"][0],
        direction / max(float(np.linalg.norm(direction)), 1e-12),
        float(block["length"][0]),
        Rotation.from_euler(order.lower(), np.array(angles, float), degrees),
        order.lower(),
        tuple(name.lower() for name in block.get("dof", [])),
    )


def read_amc(path: str | Path, asf: str | Path | None = None, fps: float | None = None) -> RawMotion:
    """Read a motion and its skeleton (by default the .asf beside it). BadMotion says what is wrong and where."""
    path = Path(path)
    skeleton = read_asf(asf if asf is not None else find_asf(path))
    values, degrees = _read_values(path, skeleton)
    frames = len(next(iter(values.values())))
    order = ["root"]
    for parent in order:  # grows while we walk: parents first
        order += [name for name, above in skeleton.parents.items() if above == parent]
    positions = np.empty((frames, len(order), 3))
    world: dict[str, Rotation] = {}
    for i, name in enumerate(order):
        bone = skeleton.bones[name]
        local = bone.axis * _dof_rotation(bone, values.get(name), frames, degrees) * bone.axis.inv()
        if name == "root":
            moves = [bone.dof.index(d) if d in bone.dof else -1 for d in ("tx", "ty", "tz")]
            for axis, column in enumerate(moves):
                moved = values[name][:, column] if column >= 0 else 0.0
                positions[:, 0, axis] = moved + skeleton.root_position[axis]
            world[name] = local
            continue
        parent = skeleton.parents[name]
        world[name] = world[parent] * local
        reach = world[name].apply(bone.direction * bone.length)
        positions[:, i] = positions[:, order.index(parent)] + reach
    parents = (-1, *(order.index(skeleton.parents[name]) for name in order[1:]))
    rate = DEFAULT_FPS if fps is None else fps
    return RawMotion(path, "amc", tuple(order), positions, rate, parents, unit=skeleton.metres, up="y")


def _dof_rotation(bone: Bone, values: np.ndarray | None, frames: int, degrees: bool) -> Rotation:
    """Rotations (T) of a bone's own axes; angles it has no degree of freedom for are zero."""
    angles = np.zeros((frames, 3))
    for column, axis in enumerate(bone.order):
        if values is not None and f"r{axis}" in bone.dof:
            angles[:, column] = values[:, bone.dof.index(f"r{axis}")]
    return Rotation.from_euler(bone.order, angles, degrees)


def _read_values(path: Path, skeleton: AsfSkeleton) -> tuple[dict[str, np.ndarray], bool]:
    """Values (T, number of degrees of freedom) of each bone, and whether they are degrees."""
    degrees = skeleton.degrees
    rows: dict[str, list[list[float]]] = {}
    frames = 0
    for number, line in enumerate(read_text(path).split("\n"), 1):
        fields = line.split("#")[0].split()
        if not fields:
            continue
        if fields[0].startswith(":"):
            degrees = {":DEGREES": True, ":RADIANS": False}.get(fields[0].upper(), degrees)
        elif len(fields) == 1 and fields[0].isdigit():
            frames += 1
        else:
            rows.setdefault(fields[0], []).append(_bone_values(path, number, fields, skeleton))
    if not frames or "root" not in rows:
        raise BadMotion("unreadable", f"{path}: holds no frame, so it is no AMC file")
    short = [name for name, found in rows.items() if len(found) != frames]
    if short:
        raise BadMotion(
            "truncated",
            f"{path}: announces {frames} frames and holds {len(rows[short[0]])} of bone {short[0]}; "
            "it is cut short, get it again",
        )
    values = {name: np.array(found) for name, found in rows.items()}
    for name, found in values.items():
        require_finite(path, found[:, None], (name,))
    return values, degrees


def _bone_values(path: Path, number: int, fields: list[str], skeleton: AsfSkeleton) -> list[float]:
    name, *numbers = fields
    if name not in skeleton.bones:
        raise BadMotion(
            "wrong skeleton",
            f"{path}, line {number}: bone {name!r} is not in its skeleton; choose with --asf",
        )
    expected = len(skeleton.bones[name].dof)
    if len(numbers) != expected:
        raise BadMotion(
            "wrong channels",
            f"{path}, line {number}: {len(numbers)} values for bone {name}, which has {expected} degrees of freedom",
        )
    try:
        return [to_number(field) for field in numbers]
    except ValueError as error:
        raise BadMotion("unreadable", f"{path}, line {number}: {error}") from error


def find_asf(path: Path) -> Path:
    """The skeleton of a motion: the .asf beside it whose name its own starts with, or the folder's only one."""
    skeletons = sorted(path.parent.glob("*.[aA][sS][fF]"))
    fitting = [asf for asf in skeletons if path.stem.lower().startswith(asf.stem.lower())]
    if fitting:
        return max(fitting, key=lambda asf: len(asf.stem))
    if len(skeletons) == 1:
        return skeletons[0]
    raise BadMotion(
        "no skeleton",
        f"{path}: {'several' if skeletons else 'no'} .asf skeletons beside it and none has its name; pass --asf FILE",
    )
