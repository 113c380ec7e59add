"""Names of groups and readable texts of pose codes.

The release words relX and relZ categories for a person facing +z, but measures them after a half turn about y
(measures.py), so its words say the opposite of what happens: a left hand hanging left of the right one is
"at the right of". `Group.categories` keeps the published words for lookup and published prompts; the texts
here are right, from the person's own point of view. In the world frame they hold while the person faces +z,
in the heading frame always.
"""

from __future__ import annotations

import difflib

from dataset.pose_codes.vocabulary import END, GROUP_OFFSETS, GROUPS, NUM_CODES, PAD, Group
from utils.runtime import UserError

GROUP_NAMES = tuple(group.full_name for group in GROUPS)  # published, "L-hand vs R-hand relX"
GROUP_LABELS = tuple(group.label for group in GROUPS)  # the same but for groups 31-33, where these are right

_AXIS_WORDS = {
    "relX": ("to the left of", "sideways in line with", "to the right of"),
    "relY": ("below", "level with", "above"),
    "relZ": ("in front of", "front to back in line with", "behind"),
}
_SLANTS = ("vertical", "slanted", "horizontal")


def find_group(name: str, published: bool = True) -> Group:
    """The group of a name like "L-elbow angle" or "L-hand vs R-hand relX"; case and spaces don't matter.

    published=True takes the published names, whose groups 31 to 33 are permuted; False takes the labels, by
    which "L-knee vs R-knee relY" is about the knees. Raises UserError with the nearest names otherwise.
    """
    choices = GROUP_NAMES if published else GROUP_LABELS
    by_key = {_key(choice): index for index, choice in enumerate(choices)}
    if _key(name) in by_key:
        return GROUPS[by_key[_key(name)]]
    near = [choices[by_key[key]] for key in difflib.get_close_matches(_key(name), by_key, n=3)]
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"an example is {choices[0]!r}"
    raise UserError(f"pose code group {name!r} is unknown: {hint}")


def meaning(group: Group | int, category: int) -> str:
    """What a category says, without the joints: "80 to 90 degrees", "to the left of", "vertical"."""
    group = _group(group)
    if not 0 <= category < group.size:
        raise ValueError(f"group {group.label!r} has categories 0 to {group.size - 1}, not {category}")
    if group.kind in _AXIS_WORDS:
        return _AXIS_WORDS[group.kind][category]
    if group.kind == "relV":
        return _SLANTS[category]
    if group.kind == "ground":
        return ("on the ground", "off the ground")[category]
    low = group.thresholds[category - 1] if category else 0.0
    if category == group.size - 1:
        return "170 to 180 degrees" if group.kind == "angle" else f"more than {low:g} m"
    unit = "degrees" if group.kind == "angle" else "m"
    return f"{low:g} to {group.thresholds[category]:g} {unit}"


def label(group: Group | int, category: int) -> str:
    """A pose code as a clause: "the left hand is to the left of the right hand".

    group: Group or index 0..69; category: index inside the group, ValueError outside it.
    """
    group = _group(group)
    joints = [joint.replace("_", " ") for joint in group.joints]
    said = meaning(group, category)
    if group.kind == "angle":
        return f"the {joints[1]} is at {said}"
    if group.kind == "distance":
        return f"the {joints[0]} is {said} from the {joints[1]}"
    if group.kind == "relV":
        return f"the line from the {joints[0]} to the {joints[1]} is {said}"
    if group.kind == "ground":
        return f"the {joints[0]} is {said}"
    return f"the {joints[0]} is {said} the {joints[1]}"


def code_name(code: int) -> str:
    """Text of one of the 394 tokens: 392 codes, END and PAD; ValueError outside 0..393."""
    if code in (END, PAD):
        return "end" if code == END else "padding"
    if not 0 <= code < NUM_CODES:
        raise ValueError(f"pose codes run from 0 to {PAD}, not {code}")
    group = int(GROUP_OFFSETS.searchsorted(code, side="right")) - 1
    return label(group, code - GROUPS[group].first_code)


def _group(group: Group | int) -> Group:
    return group if isinstance(group, Group) else GROUPS[group]


def _key(name: str) -> str:
    return " ".join(name.lower().split())
