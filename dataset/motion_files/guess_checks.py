"""Whether a guessed skeleton is a human body: a wrong guess is refused, never silently wrong."""

from __future__ import annotations

import numpy as np

from utils.rotation import unit
from utils.skeleton import T2M_SKELETON

# Generous: cartoon figures and children pass, a joint taken for its neighbour does not.
RATIOS = {
    "thigh to shin": (("hip", "knee"), ("knee", "ankle"), 0.55, 1.8),
    "upper arm to forearm": (("shoulder", "elbow"), ("elbow", "wrist"), 0.5, 2.3),  # CMU's forearms are short
    "foot to shin": (("ankle", "foot"), ("knee", "ankle"), 0.08, 0.8),
    "arm to leg": (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), 0.38, 1.3),
}
STRETCH = 0.15  # share of its mean by which the length of a limb's bone may vary
SIDES_ALIKE = 1.3  # at most, of the lengths of left and right
TRUNK = (0.3, 1.5)  # pelvis to neck as a share of the leg
OFF_CENTRE = 0.25  # of the trunk: how far the neck may be from the middle plane between the shoulders
MOVES = 0.01  # share by which a length must vary to count as no bone's
AHEAD = 0.05  # of the leg: where feet point or knees bend by less, it may be noise
CLEAR = 0.3  # cosine from which a direction tells left from right
LIMBS = (("hip", "knee", "ankle", "foot"), ("shoulder", "elbow", "wrist"))


def body_problem(joints: np.ndarray) -> str | None:
    """Why joints (T, 22, 3), in any unit and axes, are no human body; None if they may be one."""
    points = {name: joints[:, i] for i, name in enumerate(T2M_SKELETON.joint_names)}
    return _bones_problem(points) or _proportions_problem(points) or _sides_problem(points)


def _lengths(points: dict[str, np.ndarray], a: str, b: str) -> np.ndarray:
    return np.linalg.norm(points[a] - points[b], axis=-1)


def _bones_problem(points: dict[str, np.ndarray]) -> str | None:
    """Bones keep their length, better than what may be taken for them does."""
    for side, other in (("left", "right"), ("right", "left")):
        for limb in LIMBS:
            for a, b in zip(limb, limb[1:], strict=False):
                bone = _lengths(points, f"{side}_{a}", f"{side}_{b}")
                if bone.std() > STRETCH * bone.mean():
                    return f"from {side} {a} to {b} its length varies by {bone.std() / bone.mean():.0%}"
                crossed = _lengths(points, f"{side}_{a}", f"{other}_{b}")
                if _is_bone_rather(crossed, bone):
                    return f"left and right are crossed between {a} and {b}"
            for a, b, c in zip(limb, limb[1:], limb[2:], strict=False):
                bone, longer = (_lengths(points, f"{side}_{a}", f"{side}_{end}") for end in (b, c))
                if _moves(bone) and _is_bone_rather(longer, bone):
                    return f"{side} {b} and {c} are exchanged"
    return None


def _moves(lengths: np.ndarray) -> bool:
    return bool(lengths.std() > MOVES * lengths.mean())


def _is_bone_rather(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the first of two distances over time is a bone rather than the second."""
    if _moves(other):
        return bool(one.std() / one.mean() < 0.5 * other.std() / other.mean())
    return not _moves(one) and bool(np.median(one) < np.median(other))


def _proportions_problem(points: dict[str, np.ndarray]) -> str | None:
    def length(*names: str) -> float:
        return float(np.median(sum(_lengths(points, a, b) for a, b in zip(names, names[1:], strict=False))))

    for name, (first, second, low, high) in RATIOS.items():
        for side in ("left", "right"):
            a, b = (length(*(f"{side}_{joint}" for joint in limb)) for limb in (first, second))
            if not low * b < a < high * b:
                return f"{side} {name} is {a:.3g} to {b:.3g}"
        left, right = (length(*(f"{side}_{joint}" for joint in first)) for side in ("left", "right"))
        if not 1 / SIDES_ALIKE < left / right < SIDES_ALIKE:
            return f"of {' - '.join(first)} the left is {left:.3g} long, the right {right:.3g}"
    leg, trunk = length("left_hip", "left_knee", "left_ankle"), length("pelvis", "neck")
    if not TRUNK[0] * leg < trunk < TRUNK[1] * leg:
        return f"from pelvis to neck it is {trunk:.3g}, and the leg is {leg:.3g} long"
    return None


def _sides_problem(points: dict[str, np.ndarray]) -> str | None:
    hips, shoulders = (points[f"left_{joint}"] - points[f"right_{joint}"] for joint in ("hip", "shoulder"))
    if np.median(np.sum(hips * shoulders, -1)) <= 0:
        return "left and right are crossed: the left arm is on the side of the right leg"
    middle = (points["left_shoulder"] + points["right_shoulder"]) / 2
    aside = np.abs(np.sum((points["neck"] - middle) * unit(shoulders), -1))
    if np.median(aside) > OFF_CENTRE * np.median(_lengths(points, "pelvis", "neck")):
        return "the neck is not between the shoulders"
    votes = left_votes(*([points[f"{side}_{joint}"] for joint in LIMBS[0]] for side in ("left", "right")))
    if votes and not any(votes):
        return "left and right are exchanged: feet or knees point backwards"
    return None


def left_votes(one: list[np.ndarray], two: list[np.ndarray]) -> list[bool]:
    """Whether the first of two legs is the left one, by where the toes point and by where the knees bend to.

    one, two: positions (T, 3) of hip, knee, ankle and foot. What points nowhere in particular has no vote.
    """
    up = unit(one[0] - one[2]) + unit(two[0] - two[2])
    across = unit(one[0] - two[0])
    toes, knees = np.zeros_like(up), np.zeros_like(up)
    for hip, knee, ankle, foot in (one, two):
        toes = toes + _aside(foot - ankle, ankle - knee)
        knees = knees + _aside(knee - hip, ankle - hip)
    leg = np.median(np.linalg.norm(one[1] - one[0], axis=-1) + np.linalg.norm(one[2] - one[1], axis=-1))
    votes = []
    for ahead in (toes, knees):
        left = np.cross(unit(up), ahead)
        sizes = np.linalg.norm(left, axis=-1)
        vote = np.sum(left * across) / max(float(sizes.sum()), 1e-12)
        if sizes.max() > AHEAD * leg and abs(vote) > CLEAR:
            votes.append(bool(vote > 0))
    return votes


def _aside(way: np.ndarray, line: np.ndarray) -> np.ndarray:
    """The part of ways (T, 3) that is across the direction of lines (T, 3)."""
    along = unit(line)
    return way - np.sum(way * along, -1, keepdims=True) * along
