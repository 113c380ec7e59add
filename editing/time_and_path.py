"""Operations on time and path of a motion (see `editing.motion_operations`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from editing.motion_operation import DIRECTIONS, LONGEST, MOVABLE, MotionOperation, is_number
from editing.moving import gestures, path, stepping, timing, whole
from editing.moving.moved import Moved, Stretch
from editing.spans import THROUGHOUT
from utils.runtime import UserError


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
def _require_angle(operation: Turn | Curve) -> None:
    operation._within("degrees", -1080, 1080)
    if not operation.degrees:
        name = type(operation).__name__
        raise UserError(f"{name}: degrees is 0; give an angle to the left (below 0: to the right)")


@dataclass(frozen=True)
class Turn(MotionOperation):
    """Turn the body, and the path from there on, by `degrees` to the left (below 0: to the right), stepping."""

    keeps_poses = True

    degrees: float

    def __post_init__(self) -> None:
        _require_angle(self)

    def apply(self, motion: Stretch) -> Moved:
        return path.turned(motion, self.degrees)


@dataclass(frozen=True)
class Curve(MotionOperation):
    """Let a walk in the span follow a curve that ends `degrees` further to the left (below 0: to the right)."""

    keeps_poses = True

    degrees: float

    def __post_init__(self) -> None:
        _require_angle(self)

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
    """Make the steps in the span `factor` times as long, at the same pace, as far as the legs reach."""

    keeps_poses = True

    factor: float

    def __post_init__(self) -> None:
        self._within("factor", 0.2, 2.0)

    def apply(self, motion: Stretch) -> Moved:
        return stepping.stride(motion, self.factor)


@dataclass(frozen=True)
class WalkBackwards(MotionOperation):
    """Walk the other way round: where the body walks forward, it walks backward, facing as before."""

    keeps_poses = True

    def apply(self, motion: Stretch) -> Moved:
        return whole.walked_backwards(motion)


@dataclass(frozen=True)
class StepAside(MotionOperation):
    """Step `metres` to a side of the body ("left", "right", "forward", "back"), and go on from there.

    Where a span at the clip's end is too short for it, the clip gets longer: a walk goes on for some steps.
    """

    keeps_poses = True

    metres: float
    side: str = field(metadata={"choices": DIRECTIONS})

    def __post_init__(self) -> None:
        self._within("metres", 0.02, 3.0, "metres")
        self._one_of("side")

    def apply(self, motion: Stretch) -> Moved:
        return stepping.aside(motion, self.metres, self.side)


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
            if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(is_number, value)):
                raise UserError(f"Place: {name} {value!r} is no place; give (x, z) in metres")
            object.__setattr__(self, name, (float(value[0]), float(value[1])))
        if self.span != THROUGHOUT:
            raise UserError("Place: it is about the whole clip, leave the span out")

    def apply(self, motion: Stretch) -> Moved:
        return path.placed(motion, self.start, self.end)
