"""BVH files: a tree of joints with offsets and channels, then one line of channel values per frame.

Rotations are intrinsic in the order of the channels. Where a joint has position channels, they replace its
offset. Angles are degrees, lengths whatever the file's author used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.raw import END, BadMotion, RawMotion, require_finite
from utils.runtime import atomic_write

AXES = "xyz"
CHANNELS = {f"{axis}{kind}": (kind, i) for i, axis in enumerate(AXES) for kind in ("position", "rotation")}


@dataclass(frozen=True)
class BvhJoint:
    """One joint or end site. channels: lower-case names such as "xposition", empty for an end site."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...] = ()

    @property
    def is_end(self) -> bool:
        return not self.channels and self.name.rstrip("0123456789").endswith(END)

    @property
    def rotation_order(self) -> str:
        """Axes of the rotation channels in file order, for example "ZXY" (upper case: intrinsic)."""
        return "".join(c[0] for c in self.channels if c.endswith("rotation")).upper()


@dataclass(frozen=True)
class Bvh:
    """A BVH file. values: (T, C) channel values, joint after joint; frame_time in seconds."""

    joints: tuple[BvhJoint, ...]
    values: np.ndarray
    frame_time: float

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    def columns(self) -> list[slice]:
        """Slice of `values` of each joint."""
        ends = np.cumsum([len(joint.channels) for joint in self.joints])
        return [slice(int(end) - len(j.channels), int(end)) for j, end in zip(self.joints, ends, strict=True)]

    def world(self) -> tuple[np.ndarray, list[Rotation]]:
        """Positions (T, N, 3) in file units, and the world rotation (T) of each joint."""
        frames = len(self.values)
        positions = np.empty((frames, len(self.joints), 3))
        rotations: list[Rotation] = []
        for i, (joint, columns) in enumerate(zip(self.joints, self.columns(), strict=True)):
            values = self.values[:, columns]
            local = np.tile(np.array(joint.offset, float), (frames, 1))
            turning = [k for k, c in enumerate(joint.channels) if c.endswith("rotation")]
            for k, channel in enumerate(joint.channels):
                if k not in turning:
                    local[:, CHANNELS[channel][1]] = values[:, k]
            rotation = Rotation.identity(frames)
            if turning:
                rotation = Rotation.from_euler(joint.rotation_order, values[:, turning], degrees=True)
            if joint.parent >= 0:
                above = rotations[joint.parent]
                local = positions[:, joint.parent] + above.apply(local)
                rotation = above * rotation
            positions[:, i] = local
            rotations.append(rotation)
        return positions, rotations

    def raw_motion(self, path: Path) -> RawMotion:
        """Positions of all joints and end sites; an end site is named `<joint>_end`."""
        turning = [k for k, c in enumerate(self.joints[0].channels) if c.endswith("rotation")]
        root = np.abs(self.values[:, turning])
        at_rest = len(root) > 1 and bool(turning) and root[0].max() < 1e-6 and root[1].max() > 1e-3
        parents = tuple(joint.parent for joint in self.joints)
        return RawMotion(
            path,
            "bvh",
            self.names,
            self.world()[0],
            1 / self.frame_time,
            parents,
            starts_at_rest=bool(at_rest),
        )


def read_bvh(path: str | Path) -> Bvh:
    """Read a BVH file; BadMotion (a UserError) names the line where it is not one, or is cut short."""
    path = Path(path)
    try:
        lines = path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise BadMotion("unreadable", f"{path}: can't be read ({error.strerror})") from error
    start = next((i for i, line in enumerate(lines) if line.strip().upper() == "MOTION"), None)
    if not lines or lines[0].strip().upper() != "HIERARCHY":
        raise BadMotion("unreadable", f"{path}: does not start with HIERARCHY, so it is no BVH file")
    if start is None:
        raise BadMotion("truncated", f"{path}: ends before its MOTION part; get the file again")
    joints = _parse_hierarchy(path, lines[:start])
    count, frame_time, first = _parse_motion_head(path, lines, start)
    width = sum(len(joint.channels) for joint in joints)
    rows = []
    for number, line in enumerate(lines[first:], first + 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != width:
            last = not any(rest.strip() for rest in lines[number:])
            cut = last and len(fields) < width
            raise BadMotion(
                "truncated" if cut else "wrong channels",
                f"{path}, line {number}: {len(fields)} values where the hierarchy has {width} channels"
                + ("; the file is cut short, get it again" if cut else "; the file is damaged"),
            )
        rows.append(_numbers(path, number, fields))
    if len(rows) < count:
        raise BadMotion(
            "truncated",
            f"{path}: announces {count} frames and holds {len(rows)}; it is cut short, get it again",
        )
    if not rows:
        raise BadMotion("truncated", f"{path}: holds no frame")
    values = np.array(rows[: count or None])
    bvh = Bvh(joints, values, frame_time)
    for joint, columns in zip(joints, bvh.columns(), strict=True):
        require_finite(path, values[:, None, columns], (joint.name,))
    return bvh


def _numbers(path: Path, number: int, fields: list[str]) -> np.ndarray:
    try:
        return np.array(fields, float)
    except ValueError as error:
        raise BadMotion("unreadable", f"{path}, line {number}: {error}") from error


def _parse_hierarchy(path: Path, lines: list[str]) -> tuple[BvhJoint, ...]:
    """Joints in file order. An open brace makes the last joint the parent of what follows."""
    joints: list[BvhJoint] = []
    open_joints: list[int] = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split()
        keyword = fields[0].upper() if fields else ""
        parent = open_joints[-1] if open_joints else -1
        try:
            if keyword in ("ROOT", "JOINT"):
                joints.append(BvhJoint(" ".join(fields[1:]), parent, (0.0, 0.0, 0.0)))
            elif keyword == "END":
                joints.append(BvhJoint(_end_name(joints, parent), parent, (0.0, 0.0, 0.0)))
            elif keyword == "{":
                open_joints.append(len(joints) - 1)
            elif keyword == "}":
                open_joints.pop()
            elif keyword == "OFFSET":
                x, y, z = (float(field) for field in fields[1:])
                joints[open_joints[-1]] = replace(joints[open_joints[-1]], offset=(x, y, z))
            elif keyword == "CHANNELS":
                channels = tuple(field.lower() for field in fields[2:])
                unknown = [c for c in channels if c not in CHANNELS]
                if unknown or len(channels) != int(fields[1]):
                    raise BadMotion(
                        "wrong channels",
                        f"{path}, line {number}: CHANNELS {' '.join(fields[1:])}: the count does not fit, or a "
                        "channel is none of X/Y/Zposition and X/Y/Zrotation",
                    )
                joints[open_joints[-1]] = replace(joints[open_joints[-1]], channels=channels)
            elif keyword:
                raise ValueError(f"unknown word {fields[0]!r}")
        except (ValueError, IndexError) as error:
            raise BadMotion("unreadable", f"{path}, line {number}: not BVH ({error})") from error
    if open_joints or not joints or not joints[0].channels:
        raise BadMotion("truncated", f"{path}: its hierarchy is not complete; get the file again")
    return tuple(joints)


def _end_name(joints: list[BvhJoint], parent: int) -> str:
    name = joints[parent].name + END
    taken = {joint.name for joint in joints}
    return (
        name if name not in taken else next(f"{name}{k}" for k in range(2, 99) if f"{name}{k}" not in taken)
    )


def _parse_motion_head(path: Path, lines: list[str], start: int) -> tuple[int, float, int]:
    """Number of frames, seconds per frame, and index of the first line of values."""
    found: dict[str, float] = {}
    for index in range(start + 1, len(lines)):
        key, colon, value = lines[index].partition(":")
        if not colon:
            if lines[index].strip():
                break
            continue
        try:
            found[" ".join(key.lower().split())] = float(value)
        except ValueError as error:
            raise BadMotion("unreadable", f"{path}, line {index + 1}: {error}") from error
    else:
        index = len(lines)
    if "frames" not in found or not found.get("frame time", 0) > 0:
        raise BadMotion("truncated", f"{path}: its MOTION part lacks Frames or a Frame Time above 0")
    return int(found["frames"]), found["frame time"], index


def write_bvh_file(path: str | Path, bvh: Bvh) -> None:
    """Write a BVH file; it appears only when complete. Values get 6 decimals, a micrometre in metres."""
    children: dict[int, list[int]] = {}
    for i, joint in enumerate(bvh.joints):
        children.setdefault(joint.parent, []).append(i)
    lines = ["HIERARCHY"]

    def add(i: int, depth: int) -> None:
        joint, pad = bvh.joints[i], "  " * depth
        head = "End Site" if joint.is_end else f"{'JOINT' if depth else 'ROOT'} {joint.name}"
        lines.extend([pad + head, pad + "{", f"{pad}  OFFSET " + " ".join(f"{x:.6f}" for x in joint.offset)])
        if joint.channels:
            names = " ".join(channel[0].upper() + channel[1:] for channel in joint.channels)
            lines.append(f"{pad}  CHANNELS {len(joint.channels)} {names}")
        for child in children.get(i, []):
            add(child, depth + 1)
        lines.append(pad + "}")

    for root in children[-1]:
        add(root, 0)
    lines += ["MOTION", f"Frames: {len(bvh.values)}", f"Frame Time: {bvh.frame_time:.9f}"]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in bvh.values.tolist()]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
