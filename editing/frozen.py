"""Limbs that are to be held in one pose: legs that carry a body somewhere can't be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from editing.groups import SIDES, groups_of_limb, limbs_of_group
from editing.operations import Copy, Operation
from utils.runtime import UserError

GOES = 0.25  # metres over the floor that a body goes on legs that move
SIDES_OF_LEGS = tuple(f"{side}_leg" for side in SIDES)


def refuse_frozen_legs(operations: Sequence[Operation], joints: np.ndarray, fps: float) -> None:
    """UserError for an operation that holds a leg's pose while the body of joints (T, 22, 3) goes somewhere.

    The path stays as it is in edits of pose codes: over a leg that does not move, the body would sink and float.
    """
    for operation in operations:
        if not isinstance(operation, Copy) or not operation.hold:
            continue
        groups = set(operation.resolved())
        legs = [leg for leg in SIDES_OF_LEGS if groups >= _own_groups(leg)]
        if not legs:
            continue
        start, stop = operation.span.frames(len(joints), fps)
        root = joints[start:stop, 0][:, [0, 2]]
        far = float(np.linalg.norm(root - root[0], axis=-1).max())
        if far > GOES:
            named = "the legs" if len(legs) > 1 else f"the {legs[0].replace('_', ' ')}"
            raise UserError(
                f"Copy: {named} can't be held still while the body goes {far:.1f} m: say 'stand still', or choose a "
                "time in which it stands"
            )


def _own_groups(limb: str) -> set[int]:
    """Groups that a limb's movement alone changes."""
    return {i for i in groups_of_limb(limb) if limbs_of_group(i) == (limb,)}
