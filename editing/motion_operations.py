"""Edits of the motion itself as typed operations: time, path, whole body, limbs, head, an action from text.

    operations = [Retime(2.0), Turn(90, span=Span(1, 3)), Amplitude("right_arm", 1.5)]

Each is geometry on joints (T, 22, 3): bones keep their lengths, feet that stand keep standing, frames outside of
`span` keep their pose, and move on rigidly where the path before them has changed. `span` counts in the clip as the
operations before have left it. Metres, seconds, degrees; turns to the left are positive.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from typing import ClassVar, Self

import numpy as np

from editing.moving import arms, gestures, head, path, timing, whole
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
        if not _is_number(value) or not low <= value <= high:
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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# --------------------------------------------------------------------------------------------------------------- time
@dataclass(frozen=True)
class Retime(MotionOperation):
    """Play the span `factor` times as fast (2: in half the time), or in `duration` seconds."""

    keeps_poses = True

    factor: float | None = None
    duration: float | None = None

    def __post_init__(self) -> None:
        self._exactly_one("factor", "duration")
        self._within("factor", 0.1, 10.0)
        self._within("duration", 0.2, 10 * LONGEST, "seconds")

    def apply(self, motion: Stretch) -> Moved:
        return timing.retime(motion, self.factor, self.duration)


@dataclass(frozen=True)
class Pause(MotionOperation):
    """Stop for `seconds` where the span starts; without a span at the calmest moment in the middle half."""

    keeps_poses = True

    seconds: float

    def __post_init__(self) -> None:
        self._within("seconds", 0.1, LONGEST)

    def apply(self, motion: Stretch) -> Moved:
        return timing.pause(motion, self.seconds)


@dataclass(frozen=True)
class Repeat(MotionOperation):
    """Do the span `times` times in all, each time where the last one ended."""

    keeps_poses = True

    times: int = 2

    def __post_init__(self) -> None:
        self._within("times", 2, 20)
        if self.times != int(self.times):
            raise UserError(f"Repeat: times {self.times!r} is no whole number")

    def apply(self, motion: Stretch) -> Moved:
        return timing.repeat(motion, int(self.times))


@dataclass(frozen=True)
class Reverse(MotionOperation):
    """Play the span backwards in time."""

    keeps_poses = True

    def apply(self, motion: Stretch) -> Moved:
        return timing.reverse(motion)


@dataclass(frozen=True)
class Cut(MotionOperation):
    """Leave the span out."""

    keeps_poses = True

    def apply(self, motion: Stretch) -> Moved:
        return timing.cut(motion)


@dataclass(frozen=True)
class Delay(MotionOperation):
    """Let what happens in the span happen `seconds` later (below 0: earlier).

    limb: only what this limb does ("left_arm", "arms", ..., "torso", "head"); None: the whole body. The clip keeps its
    length, unless the span is the whole clip: then the body waits before it starts, or its start is left out.
    """

    keeps_poses = True

    seconds: float
    limb: str | None = field(default=None, metadata={"choices": MOVABLE})

    def __post_init__(self) -> None:
        self._within("seconds", -LONGEST, LONGEST)
        if not self.seconds:
            raise UserError("Delay: seconds is 0; give how much later (below 0: earlier)")
        if self.limb is not None:
            self._one_of("limb")

    def apply(self, motion: Stretch) -> Moved:
        if self.limb is not None:
            return gestures.delayed(motion, self.seconds, self.limb)
        return timing.delay(motion, self.seconds)


# --------------------------------------------------------------------------------------------------------------- path
@dataclass(frozen=True)
class Turn(MotionOperation):
    """Turn the body, and the path from there on, by `degrees` to the left (below 0: to the right), stepping."""

    keeps_poses = True

    degrees: float

    def __post_init__(self) -> None:
        self._within("degrees", -1080, 1080)
        if not self.degrees:
            raise UserError("Turn: degrees is 0; give an angle to the left (below 0: to the right)")

    def apply(self, motion: Stretch) -> Moved:
        return path.turned(motion, self.degrees)


@dataclass(frozen=True)
class Curve(MotionOperation):
    """Let a walk in the span follow a curve that ends `degrees` further to the left (below 0: to the right)."""

    keeps_poses = True

    degrees: float

    def __post_init__(self) -> None:
        self._within("degrees", -1080, 1080)
        if not self.degrees:
            raise UserError("Curve: degrees is 0; give an angle to the left (below 0: to the right)")

    def apply(self, motion: Stretch) -> Moved:
        return path.curved(motion, self.degrees)


@dataclass(frozen=True)
class KeepHeading(MotionOperation):
    """Don't turn in the span: the body faces, and goes, where it does when the span begins."""

    keeps_poses = True

    def apply(self, motion: Stretch) -> Moved:
        return path.kept_heading(motion)


@dataclass(frozen=True)
class Stride(MotionOperation):
    """Make the steps in the span `factor` times as long, at the same pace."""

    keeps_poses = True

    factor: float

    def __post_init__(self) -> None:
        self._within("factor", 0.2, 2.0)

    def apply(self, motion: Stretch) -> Moved:
        return path.stride(motion, self.factor)


@dataclass(frozen=True)
class WalkBackwards(MotionOperation):
    """Walk the other way round: where the body walks forward, it walks backward, facing as before."""

    keeps_poses = True

    def apply(self, motion: Stretch) -> Moved:
        return whole.walked_backwards(motion)


@dataclass(frozen=True)
class StepAside(MotionOperation):
    """Step `metres` to a side of the body ("left", "right", "forward", "back"), and go on from there."""

    keeps_poses = True

    metres: float
    side: str = field(metadata={"choices": DIRECTIONS})

    def __post_init__(self) -> None:
        self._within("metres", 0.02, 3.0, "metres")
        self._one_of("side")

    def apply(self, motion: Stretch) -> Moved:
        return path.aside(motion, self.metres, self.side)


@dataclass(frozen=True)
class JumpHeight(MotionOperation):
    """Make jumps in the span `factor` times as high, or higher by `amount` metres."""

    factor: float | None = None
    amount: float | None = None

    def __post_init__(self) -> None:
        self._exactly_one("factor", "amount")
        self._within("factor", 0.1, 4.0)
        self._within("amount", -1.0, 1.0, "metres")

    def apply(self, motion: Stretch) -> Moved:
        return path.jumped(motion, self.factor, self.amount)


@dataclass(frozen=True)
class RootHeight(MotionOperation):
    """Carry the pelvis `amount` metres higher (below 0: lower) over feet that stay where they are."""

    amount: float

    def __post_init__(self) -> None:
        self._within("amount", -0.7, 0.3, "metres")
        if not self.amount:
            raise UserError("RootHeight: amount is 0; give metres (below 0: closer to the ground)")

    def apply(self, motion: Stretch) -> Moved:
        return path.lifted(motion, self.amount)


@dataclass(frozen=True)
class Place(MotionOperation):
    """Let the clip start, or end, with the pelvis over (x, z) metres."""

    keeps_poses = True

    start: tuple[float, float] | None = None
    end: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise UserError("Place: give start=(x, z) or end=(x, z), in metres")
        for name in ("start", "end"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_number, value)):
                raise UserError(f"Place: {name} {value!r} is no place; give (x, z) in metres")
            object.__setattr__(self, name, (float(value[0]), float(value[1])))
        if self.span != THROUGHOUT:
            raise UserError("Place: it is about the whole clip, leave the span out")

    def apply(self, motion: Stretch) -> Moved:
        return path.placed(motion, self.start, self.end)


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
    """Move head and neck: `turn` degrees to the left, `pitch` degrees up (below 0: down); nod or shake so many times."""

    turn: float | None = None
    pitch: float | None = None
    nod: int | None = None
    shake: int | None = None

    def __post_init__(self) -> None:
        if not any((self.turn, self.pitch, self.nod, self.shake)):
            raise UserError("Head: give turn or pitch (degrees), nod or shake (times)")
        self._within("turn", -90, 90, "degrees")
        self._within("pitch", -60, 60, "degrees")
        for name in ("nod", "shake"):
            self._within(name, 1, 20)
            value = getattr(self, name)
            if value is not None and value != int(value):
                raise UserError(f"Head: {name} {value!r} is no whole number")

    def apply(self, motion: Stretch) -> Moved:
        return head.moved_head(motion, self.turn, self.pitch, self.nod, self.shake)


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
