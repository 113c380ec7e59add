"""Edits of the motion itself as typed operations: time, path, whole body, limbs, head, an action from text.

    operations = [Retime(2.0), Turn(90, span=Span(1, 3)), Amplitude("right_arm", 1.5)]

Each is geometry on joints (T, 22, 3): bones keep their lengths, feet that stand keep standing, frames outside of
`span` keep their pose, and move on rigidly where the path before them has changed. `span` counts in the clip as the
operations before have left it. Metres, seconds, degrees; turns to the left are positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from editing.motion_operation import LIMBS, MOVABLE, PAIRS, MotionOperation
from editing.moving import arms, gestures, head, whole
from editing.moving.moved import Moved, Stretch
from editing.time_and_path import (
    Curve,
    Cut,
    Delay,
    JumpHeight,
    KeepHeading,
    Pause,
    Place,
    Repeat,
    Retime,
    Reverse,
    RootHeight,
    StepAside,
    Stride,
    Turn,
    WalkBackwards,
)
from utils.runtime import UserError

__all__ = [
    "AddAction",
    "Amplitude",
    "BothArms",
    "CopyLimb",
    "Curve",
    "Cut",
    "Delay",
    "Exchange",
    "Head",
    "JumpHeight",
    "KeepHeading",
    "MOTION_OPERATIONS",
    "MirrorMotion",
    "MotionOperation",
    "Pause",
    "Place",
    "Repeat",
    "Retime",
    "Reverse",
    "RootHeight",
    "StandStill",
    "StepAside",
    "Stride",
    "Turn",
    "WalkBackwards",
]


# --------------------------------------------------------------------------------------------------------- whole body
@dataclass(frozen=True)
class MirrorMotion(MotionOperation):
    """Do the span as in a mirror: left and right exchanged, a turn to the left becomes one to the right."""

    def apply(self, motion: Stretch) -> Moved:
        return whole.mirrored(motion)


@dataclass(frozen=True)
class StandStill(MotionOperation):
    """Stand still, upright and with both feet on the floor, while the span lasts.

    keep_pose: stop in the pose in which the span begins instead.
    """

    keep_pose: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.keep_pose, bool):
            raise UserError(f"StandStill: keep_pose {self.keep_pose!r} is neither true nor false")

    def apply(self, motion: Stretch) -> Moved:
        return whole.stood_still(motion, self.keep_pose)


# -------------------------------------------------------------------------------------------------------------- limbs
@dataclass(frozen=True)
class Exchange(MotionOperation):
    """Let the arms, or the legs, exchange what they do."""

    what: str = field(metadata={"choices": PAIRS})

    def __post_init__(self) -> None:
        self._one_of("what")

    def apply(self, motion: Stretch) -> Moved:
        return gestures.exchanged(motion, self.what)


@dataclass(frozen=True)
class CopyLimb(MotionOperation):
    """Let one arm (or leg) do what the other one does: as in a mirror, or else in parallel."""

    source: str = field(metadata={"choices": LIMBS})
    target: str = field(metadata={"choices": LIMBS})
    mirrored: bool = True

    def __post_init__(self) -> None:
        self._one_of("source")
        self._one_of("target")
        if self.source == self.target or self.source[-3:] != self.target[-3:]:
            raise UserError(
                f"CopyLimb: from {self.source} to {self.target}: an arm copies the other arm, a leg the other leg"
            )
        if not isinstance(self.mirrored, bool):
            raise UserError(f"CopyLimb: mirrored {self.mirrored!r} is neither true nor false")

    def apply(self, motion: Stretch) -> Moved:
        return gestures.copied(motion, self.source, self.target, self.mirrored)


@dataclass(frozen=True)
class BothArms(MotionOperation):
    """Let both arms do, as in a mirror, what the one of them does that moves more ("wave with both hands")."""

    def apply(self, motion: Stretch) -> Moved:
        return arms.both_arms(motion)


@dataclass(frozen=True)
class Amplitude(MotionOperation):
    """Make a limb's movement `factor` times as large: 1.5 a bigger wave, 0 none ("keep still", "stop waving").

    limb: "left_arm", "arms", "legs" (how high feet and knees are lifted), "torso", "head", ... What goes to and fro
    grows and shrinks about its middle; a single gesture, and everything at factor 0, about how the limb rests.
    """

    limb: str = field(metadata={"choices": MOVABLE})
    factor: float

    def __post_init__(self) -> None:
        self._one_of("limb")
        self._within("factor", 0.0, 4.0)

    def apply(self, motion: Stretch) -> Moved:
        return gestures.scaled(motion, self.limb, self.factor)


@dataclass(frozen=True)
class Head(MotionOperation):
    """Move head and neck: `turn` degrees to the left, `pitch` up, by `roll` to the left shoulder; below 0 the other way.

    nod, shake: so many times.
    """

    turn: float | None = None
    pitch: float | None = None
    nod: int | None = None
    shake: int | None = None
    roll: float | None = None

    def __post_init__(self) -> None:
        if not any((self.turn, self.pitch, self.nod, self.shake, self.roll)):
            raise UserError("Head: give turn, pitch or roll (degrees), nod or shake (times)")
        self._within("turn", -90, 90, "degrees")
        self._within("pitch", -60, 60, "degrees")
        self._within("roll", -45, 45, "degrees")
        for name in ("nod", "shake"):
            self._within(name, 1, 20)
            value = getattr(self, name)
            if value is not None and value != int(value):
                raise UserError(f"Head: {name} {value!r} is no whole number")

    def apply(self, motion: Stretch) -> Moved:
        return head.moved_head(motion, self.turn, self.pitch, self.nod, self.shake, self.roll)


# ------------------------------------------------------------------------------------------------------------- action
@dataclass(frozen=True)
class AddAction(MotionOperation):
    """Fill the span, or `seconds` after the clip's end, with an action from text.

    A generator makes it (`editing.acting`); transitions lead into it and out of it.
    """

    text: str
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise UserError("AddAction: text is empty; say what is to be done")
        self._within("seconds", 0.4, 10.0)


MOTION_OPERATIONS: dict[str, type[MotionOperation]] = {
    operation.__name__: operation
    for operation in (
        Retime, Pause, Repeat, Reverse, Cut, Delay, Turn, Curve, KeepHeading, Stride, WalkBackwards, StepAside, JumpHeight,
        RootHeight, Place, MirrorMotion, StandStill, Exchange, CopyLimb, BothArms, Amplitude, Head, AddAction,
    )
}  # fmt: skip
