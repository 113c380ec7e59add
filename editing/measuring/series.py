"""Time series of a body by name, for checks of edits: `series("left hand up", joints)`.

Metres, degrees and metres a second. A name that starts with a side is of that side; "up" and "ahead" of hands are seen from
the upper chest, "out" is to the side that the limb is on, heights are over the floor.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter1d

from utils import quantities as q
from utils.runtime import UserError

Sided = Callable[[np.ndarray, int], np.ndarray]
Whole = Callable[[np.ndarray], np.ndarray]
OUTWARD = (1.0, -1.0)  # sign of "to the left" that is outward, of each side


def _from_body(joints: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Vectors (T, 3) as metres to the body's left, up, and to the front."""
    ahead = q.facing(joints)
    left = np.stack([ahead[:, 2], 0 * ahead[:, 0], -ahead[:, 0]], -1)
    return np.stack([(way * left).sum(-1), way[:, 1], (way * ahead).sum(-1)], -1)


def _over_floor(joint: int | tuple[int, int]) -> Sided:
    return lambda joints, side: (
        joints[:, joint if isinstance(joint, int) else joint[side], 1] - q.floor(joints)
    )


def _gap(pair: tuple[int, int]) -> Whole:
    return lambda joints: np.linalg.norm(joints[:, pair[0]] - joints[:, pair[1]], axis=-1)


def _apart(pair: tuple[int, int]) -> Whole:
    """Metres by which the left one is further to the left than the right one."""
    return lambda joints: _from_body(joints, joints[:, pair[0]] - joints[:, pair[1]])[:, 0]


def _foot_ahead(joints: np.ndarray, side: int) -> np.ndarray:
    return _from_body(joints, joints[:, q.ANKLES[side]] - joints[:, q.ANKLES[1 - side]])[:, 2]


def _foot_out(joints: np.ndarray, side: int) -> np.ndarray:
    return _from_body(joints, joints[:, q.ANKLES[side]] - joints[:, q.PELVIS])[:, 0] * OUTWARD[side]


def _toe_out(joints: np.ndarray, side: int) -> np.ndarray:
    """Degrees by which a foot points outward; below 0: a pigeon toe."""
    way = _from_body(joints, joints[:, q.TOES[side]] - joints[:, q.ANKLES[side]])
    return np.degrees(np.arctan2(way[:, 0] * OUTWARD[side], way[:, 2]))


def _upper_arm(joints: np.ndarray, side: int) -> np.ndarray:
    """Degrees by which the upper arm is raised from hanging down."""
    way = joints[:, q.ELBOWS[side]] - joints[:, q.SHOULDERS[side]]
    return np.degrees(np.arccos(np.clip(-way[:, 1] / np.linalg.norm(way, axis=-1), -1, 1)))


def _thigh(joints: np.ndarray, side: int) -> np.ndarray:
    """Degrees by which the thigh is raised to the front from hanging down."""
    way = _from_body(joints, joints[:, q.KNEES[side]] - joints[:, q.HIPS[side]])
    return np.degrees(np.arctan2(way[:, 2], -way[:, 1]))


def _elbow_out(joints: np.ndarray, side: int) -> np.ndarray:
    return q.chest_coordinates(joints, q.ELBOWS[side])[:, 0] * OUTWARD[side]


def _hand_to(joints: np.ndarray, side: int, place: int | tuple[int, int], across: bool = False) -> np.ndarray:
    joint = place if isinstance(place, int) else place[1 - side if across else side]
    return np.linalg.norm(joints[:, q.WRISTS[side]] - joints[:, joint], axis=-1)


def _hand_pace(joints: np.ndarray, side: int) -> np.ndarray:
    """Metres a second of a hand, seen from the chest."""
    place = gaussian_filter1d(q.chest_coordinates(joints, q.WRISTS[side]), 1.0, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(place, axis=0), axis=-1) * q.FPS


def _head(joints: np.ndarray) -> np.ndarray:
    """Neck to head (T, 3): to the left, up, to the front."""
    return _from_body(joints, joints[:, q.HEAD] - joints[:, q.NECK])


def _head_pitch(joints: np.ndarray) -> np.ndarray:
    """Degrees (T,) by which the bone from neck to head points up, from the front; beyond 90 it leans back."""
    head = _head(joints)
    return np.degrees(np.arctan2(head[:, 1], head[:, 2]))


def _pace(joints: np.ndarray) -> np.ndarray:
    path = gaussian_filter1d(joints[:, q.PELVIS][:, [0, 2]], 2.0, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(path, axis=0), axis=-1) * q.FPS


def _fastest(joints: np.ndarray) -> np.ndarray:
    """Metres a second of the joint that is fastest."""
    smooth = gaussian_filter1d(joints, 1.0, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(smooth, axis=0), axis=-1).max(1) * q.FPS


SIDED: dict[str, Sided] = {
    "hand up": lambda joints, side: q.chest_coordinates(joints, q.WRISTS[side])[:, 1],
    "hand out": lambda joints, side: q.chest_coordinates(joints, q.WRISTS[side])[:, 0] * OUTWARD[side],
    "hand ahead": lambda joints, side: q.chest_coordinates(joints, q.WRISTS[side])[:, 2],
    "hand over shoulder": lambda joints, side: q.wrist_over(joints, side, q.SHOULDERS[side]),
    "hand over head": lambda joints, side: q.wrist_over(joints, side, q.HEAD),
    "hand over hip": lambda joints, side: q.wrist_over(joints, side, q.HIPS[side]),
    "hand height": _over_floor(q.WRISTS),
    "hand to head": lambda joints, side: _hand_to(joints, side, q.HEAD),
    "hand to hip": lambda joints, side: _hand_to(joints, side, q.HIPS),
    "hand to knee": lambda joints, side: _hand_to(joints, side, q.KNEES),
    "hand to shoulder": lambda joints, side: _hand_to(joints, side, q.SHOULDERS),
    "hand to other knee": lambda joints, side: _hand_to(joints, side, q.KNEES, across=True),
    "hand to other shoulder": lambda joints, side: _hand_to(joints, side, q.SHOULDERS, across=True),
    "hand to other elbow": lambda joints, side: _hand_to(joints, side, q.ELBOWS, across=True),
    "hand to chest": lambda joints, side: _hand_to(joints, side, q.SPINE3),
    "hand pace": _hand_pace,
    "elbow up": lambda joints, side: q.chest_coordinates(joints, q.ELBOWS[side])[:, 1],
    "elbow out": _elbow_out,
    "elbow to other knee": lambda joints, side: np.linalg.norm(
        joints[:, q.ELBOWS[side]] - joints[:, q.KNEES[1 - side]], axis=-1
    ),
    "elbow bend": q.elbow_bend,
    "upper arm": _upper_arm,
    "shoulder up": lambda joints, side: joints[:, q.SHOULDERS[side], 1] - joints[:, q.SPINE3, 1],
    "knee bend": q.knee_bend,
    "knee up": lambda joints, side: joints[:, q.KNEES[side], 1] - joints[:, q.HIPS[side], 1],
    "knee height": _over_floor(q.KNEES),
    "ankle height": _over_floor(q.ANKLES),
    "toe height": q.foot_height,
    "foot ahead": _foot_ahead,
    "foot out": _foot_out,
    "toe out": _toe_out,
    "thigh": _thigh,
}
WHOLE: dict[str, Whole] = {
    "hands apart": _gap(q.WRISTS),
    "elbows apart": _gap(q.ELBOWS),
    "knees apart": _apart(q.KNEES),
    "ankles apart": _apart(q.ANKLES),
    "toes apart": _apart(q.TOES),
    "pelvis height": lambda joints: joints[:, q.PELVIS, 1] - q.floor(joints),
    "head height": lambda joints: joints[:, q.HEAD, 1] - q.floor(joints),
    "lean": q.lean,
    "left lean": q.side_lean,
    "right lean": lambda joints: -q.side_lean(joints),
    "heading": q.heading,
    "turned": lambda joints: q.heading(joints) - q.heading(joints)[0],
    "head turn": lambda joints: np.degrees(np.arctan2(_head(joints)[:, 0], _head(joints)[:, 2])),
    "head side": lambda joints: _head(joints)[:, 0],
    "head pitch": _head_pitch,
    "pace": _pace,
    "fastest joint": _fastest,
    "airborne": lambda joints: joints[:, [*q.TOES], 1].min(1) - q.floor(joints),
}


def require_series(name: str, where: str) -> None:
    """UserError where no series has this name."""
    if name not in WHOLE and _sided(name)[1] not in SIDED:
        known = ", ".join(sorted({*WHOLE, *(f"left {name}" for name in SIDED)}))
        raise UserError(f"{where}: unknown series '{name}'; known are {known} (and those of the right)")


def series(name: str, joints: np.ndarray) -> np.ndarray:
    """A series (T,) of joints (T, 22, 3)."""
    require_series(name, "series")
    if name in WHOLE:
        return np.asarray(WHOLE[name](joints), float)
    side, what = _sided(name)
    return np.asarray(SIDED[what](joints, side), float)


def _sided(name: str) -> tuple[int, str]:
    side, _, what = name.partition(" ")
    return {"left": 0, "right": 1}.get(side, 0), what if side in ("left", "right") else ""
