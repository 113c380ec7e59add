"""Which pose-code groups an edit is about: by name, index or body part; what moves them; their mirror images."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

import numpy as np

from dataset.pose_codes import GROUPS, NUM_GROUPS, Group, names
from editing.limbs import LIMBS
from utils.runtime import UserError

SIDES = ("left", "right")
# Joint (without its side) -> the limb that moves it. Shoulders and hips are carried by the torso.
_LIMB_OF = {"elbow": "arm", "wrist": "arm", "hand": "arm", "knee": "leg", "ankle": "leg", "foot": "leg"}
GroupChoice = int | str | Group | Iterable["int | str | Group"]


def limb_of(joint: str) -> str:
    """The limb ("left_arm", ..., "torso") that moves a joint of a group."""
    side, _, part = joint.partition("_")
    return f"{side}_{_LIMB_OF[part]}" if part in _LIMB_OF else "torso"


@cache
def limbs_of_group(index: int) -> tuple[str, ...]:
    """The limbs whose movement changes a group, the moved ones before the ones they are compared with."""
    limbs = dict.fromkeys(limb_of(joint) for joint in GROUPS[index].joints)
    if len(limbs) > 1:
        limbs.pop("torso", None)  # "hand over shoulder" is a matter of the arm
    return tuple(limbs)


@cache
def dependent_groups(index: int) -> tuple[int, ...]:
    """Groups that share a limb with this one, hence may contradict it after an edit; without itself."""
    limbs = set(limbs_of_group(index))
    return tuple(i for i in range(NUM_GROUPS) if i != index and limbs & set(limbs_of_group(i)))


@cache
def groups_of_limb(limb: str) -> tuple[int, ...]:
    """All groups that a limb's movement changes."""
    return tuple(i for i in range(NUM_GROUPS) if limb in limbs_of_group(i))


def body_parts() -> dict[str, tuple[int, ...]]:
    """Names accepted for several groups at once: limbs, "arms", "legs", "body", and single joints."""
    parts = {limb.replace("_", " "): groups_of_limb(limb) for limb in LIMBS}
    for pair in ("arm", "leg"):
        parts[f"{pair}s"] = tuple(sorted({*parts[f"left {pair}"], *parts[f"right {pair}"]}))
    for joint in dict.fromkeys(joint for group in GROUPS for joint in group.joints):
        parts.setdefault(joint.replace("_", " "), tuple(g.index for g in GROUPS if joint in g.joints))
    return parts | {"body": tuple(range(NUM_GROUPS))}


def find_groups(choice: GroupChoice) -> tuple[int, ...]:
    """Group indices of a choice: an index, a Group, a published or corrected name, a body part, or several.

    "L-knee vs R-knee relY" is looked up by what groups measure first (names.GROUP_LABELS), so it means the
    knees; the three names that the release gives to the wrong groups are still found, but as what they say.
    Raises UserError with the nearest names.
    """
    if isinstance(choice, Group):
        return (choice.index,)
    if isinstance(choice, int | np.integer):
        if not 0 <= choice < NUM_GROUPS:
            raise UserError(f"pose code group {choice}: groups run from 0 to {NUM_GROUPS - 1}")
        return (int(choice),)
    if not isinstance(choice, str):
        return tuple(dict.fromkeys(index for item in choice for index in find_groups(item)))
    key = " ".join(choice.lower().replace("_", " ").split())
    parts = body_parts()
    if key in parts:
        return parts[key]
    try:
        return (names.find_group(choice, published=False).index,)
    except UserError as error:
        near = difflib.get_close_matches(key, parts, n=2, cutoff=0.7)
        hint = f"; or the body part {' or '.join(map(repr, near))}" if near else ""
        raise UserError(f"{error}{hint}") from None


@cache
def mirror_table() -> tuple[np.ndarray, np.ndarray]:
    """(70,) group that shows a group's mirror image, and (70,) bool: is its order of categories reversed?"""

    def other(joint: str) -> str:
        side, _, part = joint.partition("_")
        return f"{SIDES[1 - SIDES.index(side)]}_{part}" if side in SIDES else joint

    by_joints = {(group.kind, group.joints): group.index for group in GROUPS}
    table, reversed_order = np.empty(NUM_GROUPS, np.int64), np.zeros(NUM_GROUPS, bool)
    for group in GROUPS:
        joints = tuple(map(other, group.joints))
        swapped = (group.kind, joints) not in by_joints  # "left against right" has no "right against left"
        table[group.index] = by_joints[group.kind, joints[::-1] if swapped else joints]
        signed = group.kind in ("relX", "relY", "relZ")
        reversed_order[group.index] = signed and (swapped != (group.kind == "relX"))
    return table, reversed_order


def mirror_codes(codes: np.ndarray) -> np.ndarray:
    """Pose codes (..., 70) of the same poses seen in a mirror."""
    table, reversed_order = mirror_table()
    mirrored = np.asarray(codes)[..., table]
    top = np.array([group.size - 1 for group in GROUPS])
    return np.where(reversed_order, top - mirrored, mirrored).astype(np.uint8)
