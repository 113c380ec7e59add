"""Whether a guessed skeleton is a human body: a wrong guess is refused, never silently wrong."""

from __future__ import annotations

import numpy as np

from utils.skeleton import T2M_SKELETON

# Generous: cartoon figures and children pass, a joint taken for its neighbour does not.
RATIOS = {
    "thigh to shin": (("hip", "knee"), ("knee", "ankle"), 0.55, 1.8),
    "upper arm to forearm": (("shoulder", "elbow"), ("elbow", "wrist"), 0.55, 1.8),
    "foot to shin": (("ankle", "foot"), ("knee", "ankle"), 0.08, 0.8),
    "arm to leg": (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), 0.38, 1.3),
}
STRETCH = 0.15  # share of its mean by which the length of a limb's bone may vary
SIDES_ALIKE = 1.3  # at most, of the lengths of left and right
TRUNK = (0.3, 1.5)  # pelvis to neck as a share of the leg
OFF_CENTRE = 0.25  # of the trunk: how far the neck may be from the middle plane between the shoulders


def body_problem(joints: np.ndarray) -> str | None:
    """Why joints (T, 22, 3), in any unit and axes, are no human body; None if they may be one."""
    index = T2M_SKELETON.index

    def length(*names: str) -> float:
        points = joints[:, [index(name) for name in names]]
        return float(np.median(np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(1)))

    for side in ("left", "right"):
        for bone in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
            a, b = (joints[:, index(f"{side}_{joint}")] for joint in bone)
            lengths = np.linalg.norm(a - b, axis=-1)
            if lengths.std() > STRETCH * lengths.mean():
                return f"from {side} {bone[0]} to {bone[1]} its length varies by {lengths.std() / lengths.mean():.0%}"
    for name, (first, second, low, high) in RATIOS.items():
        for side in ("left", "right"):
            a, b = (length(*(f"{side}_{joint}" for joint in joints_of)) for joints_of in (first, second))
            if not low * b < a < high * b:
                return f"{side} {name} is {a:.3g} to {b:.3g}"
        left, right = (length(*(f"{side}_{joint}" for joint in first)) for side in ("left", "right"))
        if not 1 / SIDES_ALIKE < left / right < SIDES_ALIKE:
            return f"of {' - '.join(first)} the left is {left:.3g} long, the right {right:.3g}"
    leg, trunk = length("left_hip", "left_knee", "left_ankle"), length("pelvis", "neck")
    if not TRUNK[0] * leg < trunk < TRUNK[1] * leg:
        return f"from pelvis to neck it is {trunk:.3g}, and the leg is {leg:.3g} long"
    hips, shoulders = (
        joints[:, index(f"left_{joint}")] - joints[:, index(f"right_{joint}")]
        for joint in ("hip", "shoulder")
    )
    if np.median(np.sum(hips * shoulders, -1)) <= 0:
        return "left and right are crossed: the left arm is on the side of the right leg"
    middle = (joints[:, index("left_shoulder")] + joints[:, index("right_shoulder")]) / 2
    across = shoulders / np.maximum(np.linalg.norm(shoulders, axis=-1, keepdims=True), 1e-12)
    aside = np.abs(np.sum((joints[:, index("neck")] - middle) * across, -1))
    if np.median(aside) > OFF_CENTRE * trunk:
        return "the neck is not between the shoulders"
    return None
