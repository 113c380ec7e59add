"""Which joint of a skeleton is which part of the body, for what treats both skeletons alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Roles:
    """Joint indices by role; `hips` etc. are (left, right)."""

    pelvis: int
    spine: tuple[int, ...]  # from above the pelvis to the chest
    neck: int
    head: int
    shoulders: tuple[int, int]
    elbows: tuple[int, int]
    wrists: tuple[int, int]
    hips: tuple[int, int]
    knees: tuple[int, int]
    ankles: tuple[int, int]
    toes: tuple[int, int]


# By the number of joints: HumanML3D's 22, KIT-ML's 21.
ROLES = {
    22: Roles(0, (3, 6, 9), 12, 15, (16, 17), (18, 19), (20, 21), (1, 2), (4, 5), (7, 8), (10, 11)),
    21: Roles(0, (1, 2), 3, 4, (5, 8), (6, 9), (7, 10), (11, 16), (12, 17), (13, 18), (15, 20)),
}
