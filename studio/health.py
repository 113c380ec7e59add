"""Whether an edit made a motion worse: feet that slide, and joints that jerk."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from utils import quantities as q
from utils.skeleton import T2M_SKELETON
from visualization.body import find_contacts

NEAR = 0.1  # metres over the floor
SLIDE_WORSE = (1.2, 1.0)  # as many times as much, and by so many mm per frame
PEAK_WORSE = (1.25, 10.0)  # ... m/s^2


@dataclass(frozen=True)
class Health:
    """slide: mm per frame that standing toes move over the floor, averaged; peak: largest acceleration, m/s^2."""

    slide: float
    peak: float
    joint: str  # where the peak is
    second: float  # when


def health_of(joints: np.ndarray, fps: float, standing: np.ndarray) -> Health:
    """Of joints (T, 22, 3) in metres; standing: (T, 2) bool, left and right foot; 0 where there is nothing to say."""
    joints = np.asarray(joints, np.float64)
    if len(joints) < 3:
        return Health(0.0, 0.0, "", 0.0)
    toes = joints[:, [*q.TOES]]
    counted = standing[1:] & standing[:-1]
    moved = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1)
    acceleration = np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1) * fps**2
    frame, joint = np.unravel_index(int(acceleration.argmax()), acceleration.shape)
    return Health(
        float(moved[counted].mean() * 1000) if counted.any() else 0.0,
        float(acceleration[frame, joint]),
        T2M_SKELETON.joint_names[int(joint)].replace("_", " "),
        float((frame + 1) / fps),
    )


def compare(before: np.ndarray, after: np.ndarray, fps: float) -> dict[str, Any]:
    """Health before and after, and one line for each thing that got worse. Joints (T, 22, 3) and (T', 22, 3).

    Of motions of one length the feet that stand before are watched in both, where they are near the floor after: one
    that the edit drags over the floor would no longer count as standing. One that it lifts does not slide.
    """
    first, second = (find_contacts(joints, fps) for joints in (before, after))
    if len(before) == len(after):
        second = first & (after[:, [*q.TOES], 1] < NEAR)
    old, new = health_of(before, fps, first), health_of(after, fps, second)
    worse = []
    if _worse(old.slide, new.slide, SLIDE_WORSE):
        worse.append(f"feet slide more: {old.slide:.1f} -> {new.slide:.1f} mm a frame")
    if _worse(old.peak, new.peak, PEAK_WORSE):
        worse.append(
            f"a sharper jerk: {old.peak:.0f} -> {new.peak:.0f} m/s² ({new.joint} at {new.second:.1f} s)"
        )
    return {"before": asdict(old), "after": asdict(new), "worse": worse}


def _worse(old: float, new: float, limits: tuple[float, float]) -> bool:
    return new > limits[0] * old and new > old + limits[1]
