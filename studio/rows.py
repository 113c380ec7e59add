"""The rows of the roll: all pose-code groups, by body part, with short names and what each category says."""

from __future__ import annotations

from functools import cache
from typing import Any

from dataset.pose_codes import GROUPS, Group, names
from editing.groups import limbs_of_group

SECTIONS = (
    "Left arm",
    "Right arm",
    "Both arms",
    "Left leg",
    "Right leg",
    "Both legs",
    "Arms to legs",
    "Trunk",
)
_PATTERNS = {
    "angle": "{1} bend",
    "distance": "{0} to {1}",
    "relX": "{0} left/right of {1}",
    "relY": "{0} above/below {1}",
    "relZ": "{0} before/behind {1}",
    "relV": "slant {0} to {1}",
    "ground": "{0} on the floor",
}
# Order inside a section: the most telling first.
_KINDS = ("angle", "relY", "relZ", "relX", "distance", "relV", "ground")


def section_of(group: Group) -> str:
    """The body part under which a group stands."""
    limbs = set(limbs_of_group(group.index))
    sides = {limb.split("_")[0] for limb in limbs if "_" in limb}
    parts = {limb.split("_")[-1] for limb in limbs}
    if parts == {"torso"}:
        return "Trunk"
    if parts == {"arm", "leg"}:
        return "Arms to legs"
    (part,) = parts - {"torso"}
    return f"{next(iter(sides)).capitalize()} {part}" if len(sides) == 1 else f"Both {part}s"


def row_name(group: Group) -> str:
    """What a group is about, in a few words; the side is left out where the section says it."""
    joints = [joint.replace("_", " ") for joint in group.joints]
    section = section_of(group)
    side = section.split()[0].lower()
    if side in ("left", "right"):
        joints = [joint.removeprefix(f"{side} ") for joint in joints]
    elif section == "Both arms" or section == "Both legs":
        if len(joints) == 2 and joints[0].split()[-1] == joints[1].split()[-1]:
            part = joints[0].split()[-1]
            return {
                "distance": f"{part} to {part}",
                "relX": f"left {part} left/right of right",
                "relY": f"left {part} above/below right",
                "relZ": f"left {part} before/behind right",
                "relV": f"slant {part} to {part}",
            }[group.kind]
    return _PATTERNS[group.kind].format(*joints)


def cell_text(group: Group, category: int) -> str:
    """What a cell of the roll says: "80–90°", "20–30 cm", "above"."""
    if group.kind in ("angle", "distance"):
        scale, unit = (1, "°") if group.kind == "angle" else (100, " cm")
        low = scale * group.thresholds[category - 1] if category else 0
        if category < group.size - 1:
            return f"{low:.0f}–{scale * group.thresholds[category]:.0f}{unit}"
        return f"{low:.0f}–180°" if group.kind == "angle" else f"over {low:.0f} cm"
    words = {
        "relX": ("left", "in line", "right"),
        "relY": ("below", "level", "above"),
        "relZ": ("before", "in line", "behind"),
        "relV": ("vertical", "slanted", "horizontal"),
        "ground": ("on the floor", "off the floor"),
    }
    return words[group.kind][category]


@cache
def rows() -> list[dict[str, Any]]:
    """All groups in the order of the roll: index, section, name, label (published form), kind, what categories say."""
    found = [
        {
            "index": group.index,
            "section": section_of(group),
            "name": row_name(group),
            "label": group.label,
            "kind": group.kind,
            "unit": group.unit,
            "thresholds": list(group.thresholds),
            "cells": [cell_text(group, category) for category in range(group.size)],
            "short": [names.meaning(group, category) for category in range(group.size)],
            "says": [names.label(group, category) for category in range(group.size)],
        }
        for group in GROUPS
    ]
    return sorted(
        found, key=lambda row: (SECTIONS.index(row["section"]), _KINDS.index(row["kind"]), row["index"])
    )
