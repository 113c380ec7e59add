"""BVH files: a tree of joints with offsets and channels, then one line of channel values per frame.

Rotations are intrinsic in the order of the channels. Where a joint has position channels, they replace its
offset. Angles are degrees, lengths whatever the file's author used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.bvh_hierarchy import CHANNELS, BvhJoint, parse_hierarchy
from dataset.motion_files.bvh_values import checked_frame_time, parse_head, parse_values
from dataset.motion_files.raw import BadMotion, RawMotion, require_finite
from dataset.motion_files.rest_pose import starts_at_rest
from dataset.motion_files.text import read_text
from utils.runtime import atomic_write

HEADER = re.compile(r"(?:\s|#.*\n|//.*\n)*HIERARCHY\b", re.IGNORECASE)
MOTION = re.compile(r"^[ \t}]*\b(MOTION)\b[ \t:]*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Bvh:
    """A BVH file. values: (T, C) channel values, joint after joint; frame_time in seconds.

    warnings: what was odd in the file it was read from.
    """

    joints: tuple[BvhJoint, ...]
    values: np.ndarray
    frame_time: float
    warnings: tuple[str, ...] = ()

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
        positions = self.world()[0]
        angles = [
            self.values[:, columns][:, [c.endswith("rotation") for c in joint.channels]]
            for joint, columns in zip(self.joints, self.columns(), strict=True)
        ]
        parents = tuple(joint.parent for joint in self.joints)
        return RawMotion(
            path,
            "bvh",
            self.names,
            positions,
            1 / self.frame_time,
            parents,
            starts_at_rest=starts_at_rest(angles, positions),
            warnings=self.warnings,
        )


def read_bvh(path: str | Path, fps: float | None = None) -> Bvh:
    """Read a BVH file; BadMotion (a UserError) names the line where it is not one.

    fps: frames per second, instead of the file's frame time, which then need not be sensible. A file with
    fewer rows than it announces is read as far as it goes, with a warning in `warnings`.
    """
    path = Path(path)
    text = read_text(path)
    header = HEADER.match(text)
    if header is None:
        raise BadMotion("unreadable", f"{path}: does not start with HIERARCHY, so it is no BVH file")
    motion = MOTION.search(text, header.end())
    if motion is None:
        raise BadMotion("truncated", f"{path}: ends before its MOTION part; get the file again")
    joints = parse_hierarchy(
        path, text[header.end() : motion.start(1)], 1 + text.count("\n", 0, header.end())
    )
    head = parse_head(path, text, motion.end(), 1 + text.count("\n", 0, motion.end()))
    frame_time = 1 / fps if fps else checked_frame_time(path, head.frame_time)
    width = sum(len(joint.channels) for joint in joints)
    values, told = parse_values(path, text[head.start :], width, head.frames, head.line)
    bvh = Bvh(joints, values, frame_time, told)
    for joint, columns in zip(joints, bvh.columns(), strict=True):
        require_finite(path, values[:, None, columns], (joint.name,))
    return bvh


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
