"""The 70 groups and 392 pose codes (docs/method.md section 2), read from groups.json.

A frame has exactly one code in each group. Its compact form is 70 category indices (uint8); its 70-hot form
has 392 entries, group g's category c at GROUP_OFFSETS[g] + c. 392 and 393 are the transformers' END and PAD.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Group:
    """One statement about a pose, with the codes it can take.

    name: as published; not unique without the kind, and wrong for groups 31 to 33 (see `label`).
    joints: joint names, in the order of the measurement. Besides joints of the HumanML3D skeleton these are
    left_hand, right_hand and torso (see measures.py).
    categories: published words of the categories. For relX and relZ they are the opposite of what a person
    facing +z does (see names.py, whose texts are right).
    """

    index: int
    kind: str  # angle, distance, relX, relY, relZ, relV, ground
    name: str
    joints: tuple[str, ...]
    first_code: int
    size: int
    unit: str
    thresholds: tuple[float, ...]
    categories: tuple[str, ...]
    noise_half_width: float

    @property
    def full_name(self) -> str:
        """Published name with the kind, which is unique: "L-elbow angle", "L-hand vs R-hand relX"."""
        return f"{self.name} {self.kind}"

    @property
    def label(self) -> str:
        """Like `full_name`, but from the joints.

        The published names of groups 31, 32 and 33 are permuted: "L-ankle vs neck", "R-ankle vs neck" and
        "L-knee vs R-knee" stand at the joints of "L-knee vs R-knee", "L-ankle vs neck" and "R-ankle vs neck".
        Their codes are what the joints say, so this label is right where the name is not.
        """
        sides = [joint.replace("left_", "L-").replace("right_", "R-") for joint in self.joints]
        measured = sides[1:2] if self.kind == "angle" else sides
        return f"{' vs '.join(measured)} {self.kind}"

    @property
    def description(self) -> str:
        """What is measured, in words: "bend of the left elbow", "height of the left wrist over the neck"."""
        joints = [f"the {joint.replace('_', ' ')}" for joint in self.joints]
        patterns = {
            "angle": "angle at {1} between {0} and {2}",
            "distance": "distance between {0} and {1}",
            "relX": "sideways position of {0} relative to {1}",
            "relY": "height of {0} relative to {1}",
            "relZ": "position of {0} before or behind {1}",
            "relV": "slant of the line from {0} to {1}",
            "ground": "height of {0} above the ground",
        }
        return patterns[self.kind].format(*joints)


def _read_groups() -> tuple[Group, ...]:
    data = json.loads(Path(__file__).with_name("groups.json").read_text(encoding="utf-8"))
    groups = []
    for entry in data["groups"]:
        kind = data["kinds"][entry["kind"]]
        groups.append(
            Group(
                index=entry["group"],
                kind=entry["kind"],
                name=entry["name"],
                joints=tuple(entry["joints"]),
                first_code=entry["first_code"],
                size=entry["last_code"] - entry["first_code"] + 1,
                unit=kind["unit"],
                thresholds=tuple(float(value) for value in kind["thresholds"]),
                categories=tuple(kind["categories"]),
                noise_half_width=float(kind["noise_half_width"]),
            )
        )
    return tuple(groups)


GROUPS = _read_groups()
NUM_GROUPS = len(GROUPS)  # 70
NUM_CODES = sum(group.size for group in GROUPS)  # 392
END, PAD = NUM_CODES, NUM_CODES + 1
GROUP_OFFSETS = np.array([group.first_code for group in GROUPS], dtype=np.int64)
GROUP_SIZES = np.array([group.size for group in GROUPS], dtype=np.int64)
KINDS = tuple(dict.fromkeys(group.kind for group in GROUPS))
for _array in (GROUP_OFFSETS, GROUP_SIZES):
    _array.setflags(write=False)  # shared by everybody
