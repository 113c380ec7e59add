"""What every operation on the motion itself has: a span, how it is carried out, checks of its fields."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import ClassVar, Self

import numpy as np

from editing.moving.moved import Moved, Stretch
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

SIDES = ("left", "right")
DIRECTIONS = (*SIDES, "forward", "back")
PAIRS = ("arms", "legs")
LIMBS = ("left_arm", "right_arm", "left_leg", "right_leg")
MOVABLE = (*LIMBS, *PAIRS, "torso", "head")
LONGEST = 60.0  # seconds that one operation may add or move


@dataclass(frozen=True)
class MotionOperation:
    """One edit of a motion's joints. span: when it holds."""

    keeps_poses: ClassVar[bool] = (
        False  # whether each frame shows a pose that was there before, maybe turned and moved
    )

    _: KW_ONLY
    span: Span = THROUGHOUT

    def during(self, span: Span) -> Self:
        """The same operation at another time."""
        return replace(self, span=span)

    def move(self, joints: np.ndarray, fps: float) -> Moved:
        """What the operation makes of joints (T, 22, 3) in metres. UserError where they give it nothing to do."""
        start, stop = self.span.frames(len(joints), fps)
        return self.apply(Stretch(np.asarray(joints), start, stop, fps))

    def apply(self, motion: Stretch) -> Moved:
        """Carry the operation out on a stretch of a motion."""
        raise NotImplementedError

    def _within(self, name: str, low: float, high: float, unit: str = "") -> None:
        """UserError unless a field that is given is a number from `low` to `high`."""
        value = getattr(self, name)
        if value is None:
            return
        if not is_number(value) or not low <= value <= high:
            raise UserError(
                f"{type(self).__name__}: {name} {value!r} is not between {low:g} and {high:g}{unit and ' ' + unit}"
            )

    def _one_of(self, name: str) -> None:
        """UserError unless a field is one of the choices that its metadata names (forms offer the same)."""
        choices = next(one.metadata["choices"] for one in fields(self) if one.name == name)
        value = getattr(self, name)
        if value not in choices:
            raise UserError(f"{type(self).__name__}: {name} {value!r} is none of {', '.join(choices)}")

    def _exactly_one(self, *names: str) -> None:
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            raise UserError(f"{type(self).__name__}: give exactly one of {', '.join(names)}")


def is_number(value: object) -> bool:
    """Whether a value is a finite number (True and False are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
