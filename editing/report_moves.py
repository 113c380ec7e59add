"""What operations on the motion itself changed, measured: "Turn(90): turned to the left -3 -> 87 degrees"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields

import numpy as np

from editing.catalogue import AnyOperation
from editing.limbs import LIMB_ROOTS, limb_joints
from editing.motion_operations import MotionOperation
from utils import quantities
from utils.rotation import turn, unit

# Name, unit, factor to that unit, least change that is told, and how it is measured on joints (T, 22, 3).
Measure = tuple[str, str, float, float, Callable[[np.ndarray], float]]


def _height(joints: np.ndarray) -> np.ndarray:
    return joints[:, quantities.PELVIS, 1] - quantities.floor(joints)


def _reach(limb: str) -> Callable[[np.ndarray], float]:
    """Metres of the largest range of a limb's joints, seen from the joint that it hangs on and as the body faces."""

    def reach(joints: np.ndarray) -> float:
        away = joints[:, list(limb_joints(limb))] - joints[:, [LIMB_ROOTS[limb]]]
        away = turn(away, -np.radians(quantities.heading(joints))[:, None])
        return float(np.linalg.norm(np.ptp(away, axis=0), axis=-1).max())

    return reach


def _looks(joints: np.ndarray) -> float:
    """Degrees that the head's direction from the neck ranges over, as the body faces."""
    way = joints[:, quantities.HEAD] - joints[:, quantities.NECK]
    way = turn(unit(way), -np.radians(quantities.heading(joints)))
    return float(np.degrees(np.arccos(np.clip((way * way[:1]).sum(-1), -1, 1))).max())


MEASURES: tuple[Measure, ...] = (
    ("turned to the left", "degrees", 1, 5, quantities.turned),
    ("way over the floor", "m", 1, 0.1, quantities.path_length),
    ("start to end", "m", 1, 0.1, quantities.displacement),
    ("forward", "m", 1, 0.1, lambda joints: quantities.travelled(joints)[0]),
    ("lowest pelvis", "cm", 100, 0.02, lambda joints: float(_height(joints).min())),
    ("highest pelvis", "cm", 100, 0.02, lambda joints: float(_height(joints).max())),
    *((f"range of the {limb.replace('_', ' ')}", "cm", 100, 0.03, _reach(limb)) for limb in LIMB_ROOTS),
    ("range of the head", "degrees", 1, 4, _looks),
)  # fmt: skip


def describe_moves(
    before: np.ndarray, after: np.ndarray, operations: Sequence[AnyOperation], fps: float
) -> list[str]:
    """The operations on the motion, and what all operations changed; joints (T, 22, 3) and (T', 22, 3)."""
    moves = [operation for operation in operations if isinstance(operation, MotionOperation)]
    if not moves:
        return []
    changes = []
    if len(before) != len(after):
        changes.append(f"length {len(before) / fps:.1f} -> {len(after) / fps:.1f} s")
    for name, measure, factor, least, measured in MEASURES:
        old, new = measured(before), measured(after)
        if abs(new - old) >= least:
            digits = 0 if measure == "degrees" or factor > 1 else 2
            changes.append(f"{name} {factor * old:.{digits}f} -> {factor * new:.{digits}f} {measure}")
    return [*map(said, moves), *(f"  {change}" for change in changes)]


def said(operation: MotionOperation) -> str:
    """An operation as it is written in Python, with the fields that are not left out, and its time."""
    given = [
        f"{field.name}={getattr(operation, field.name)!r}"
        for field in fields(operation)
        if field.name != "span"
        and (field.default is MISSING or getattr(operation, field.name) != field.default)
    ]
    return f"{operation.span}: {type(operation).__name__}({', '.join(given)})"
