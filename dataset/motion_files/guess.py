"""Guess a skeleton map from joint names and the tree, for files that no shipped map fits."""

from __future__ import annotations

import numpy as np
import yaml

from dataset.motion_files.raw import BadMotion, RawMotion
from dataset.motion_files.skeleton_map import JOINT_NAMES, MAPS_FOLDER, SkeletonMap, Source, normalise

SIDES = {"left": ("left", "l"), "right": ("right", "r")}
# Share of the way from pelvis to neck at which the training skeleton has its spine joints.
SPINE = {"spine1": 0.24, "spine2": 0.50, "spine3": 0.60}


def guess_map(motion: RawMotion) -> SkeletonMap:
    """A map from names alone (see _aliases.yaml); BadMotion lists what was guessed and what is missing."""
    aliases = yaml.safe_load((MAPS_FOLDER / "_aliases.yaml").read_text(encoding="utf-8"))
    names = normalise(motion.names)
    found: dict[str, str] = {}
    for role, words in aliases["middle"].items():
        _take(found, role, words, names)
    for role, words in aliases["sides"].items():
        for side, marks in SIDES.items():
            candidates = [f"{mark}{word}" for word in words for mark in marks]
            candidates += [f"{word}{mark}" for word in words for mark in marks]
            _take(found, f"{side}_{role}", candidates, names)
    for side in SIDES:  # a foot without toes ends in an end site
        ankle = found.get(f"{side}_ankle")
        if f"{side}_foot" not in found and f"{ankle}end" in names:
            found[f"{side}_foot"] = f"{ankle}end"

    missing = [
        name for name in JOINT_NAMES if name not in found and not name.startswith(("spine", "neck", "head"))
    ]
    missing = [name for name in missing if not name.endswith("collar")]
    if missing:
        guessed = ", ".join(f"{role}={source}" for role, source in found.items()) or "nothing"
        raise BadMotion(
            "unknown skeleton",
            f"{motion.path}: no skeleton map fits; guessed {guessed}; missing {', '.join(missing)}; the file has "
            f"{', '.join(motion.names)}; write a map like those in configs/skeletons and pass it as --skeleton",
        )
    joints: dict[str, Source] = {role: (source, source, 0.0) for role, source in found.items()}
    joints.setdefault("neck", (found["left_shoulder"], found["right_shoulder"], 0.5))
    neck = found.get("neck")
    joints.setdefault("head", (found["pelvis"], neck, 1.19) if neck else joints["neck"])
    for side in SIDES:
        shoulder = found[f"{side}_shoulder"]
        other = neck or found["right_shoulder" if side == "left" else "left_shoulder"]
        share = 0.35 if neck else 0.33  # from the other shoulder, a third of the way is the opposite collar
        joints.setdefault(f"{side}_collar", (other, shoulder, share) if neck else (shoulder, other, share))
    joints |= _spine(motion, names, found)
    return SkeletonMap("guess", {name: joints[name] for name in JOINT_NAMES}, guessed=True)


def _take(found: dict[str, str], role: str, candidates: list[str], names: list[str]) -> None:
    """The first candidate that the file has and no other role took."""
    for candidate in candidates:
        if candidate in names and candidate not in found.values():
            found[role] = candidate
            return


def _spine(motion: RawMotion, names: list[str], found: dict[str, str]) -> dict[str, Source]:
    """Spine joints at the training skeleton's shares of the way pelvis - spine - neck in the first frame."""
    top = found.get("neck") or found["left_shoulder"]
    way = [names.index(found["pelvis"]), names.index(top)]
    if motion.parents is not None:
        chain = [way[1]]
        while chain[-1] != way[0] and motion.parents[chain[-1]] >= 0:
            chain.append(motion.parents[chain[-1]])
        if chain[-1] == way[0] and found.get("neck"):
            way = chain[::-1]
    points = motion.positions[0, way]
    reach = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1))])
    spine = {}
    for role, share in SPINE.items():
        at = share * reach[-1]
        piece = min(int(np.searchsorted(reach, at, side="right")) - 1, len(way) - 2)
        length = reach[piece + 1] - reach[piece]
        inside = float((at - reach[piece]) / length) if length > 0 else 0.0
        spine[role] = (names[way[piece]], names[way[piece + 1]], inside)
    return spine
