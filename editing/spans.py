"""When an edit holds: a stretch of time in seconds, frames, steps or shares of the clip."""

from __future__ import annotations

from dataclasses import dataclass

from utils.runtime import UserError

FRAMES_PER_STEP = 4  # of the models (two convolutions with stride 2)
UNITS = ("seconds", "frames", "steps", "share")
# What a time can be told by; `editing.events` finds it in a motion.
EVENTS = (
    "walk",
    "run",
    "turn",
    "jump",
    "squat",
    "sit",
    "kneel",
    "bow",
    "wave",
    "raise",
    "punch",
    "throw",
    "clap",
    "kick",
)
WHEN = ("during", "before", "after")


@dataclass(frozen=True)
class Span:
    """From `start` to before `stop`; None for `stop` is the clip's end. share: 0 is the start, 1 the end.

    event, when: instead of these, during, before or after what the clip shows, such as event="jump", when="after".
    """

    start: float = 0.0
    stop: float | None = None
    unit: str = "seconds"
    event: str = ""
    when: str = "during"

    def __post_init__(self) -> None:
        if self.event and self.event not in EVENTS:
            raise UserError(f"event {self.event!r} is unknown: use one of {', '.join(EVENTS)}")
        if self.when not in WHEN:
            raise UserError(f"when {self.when!r} is none of {', '.join(WHEN)}")
        if self.event and (self.start, self.stop) != (0.0, None):
            raise UserError(f"a time is either an event ({self.event}) or start and stop, not both")
        if self.unit not in UNITS:
            raise UserError(f"time unit {self.unit!r} is unknown: use one of {', '.join(UNITS)}")
        if self.stop is not None and self.stop <= self.start:
            raise UserError(
                f"empty time range {self.start:g} to {self.stop:g}: the end must follow the start"
            )

    def frames(self, count: int, fps: float) -> tuple[int, int]:
        """The frames a..b-1 of a clip of `count` frames; at least one. UserError when outside the clip."""
        if self.event:
            raise UserError(f"where {self} is depends on the motion: editing.events.located finds it")
        scale = {"seconds": fps, "frames": 1.0, "steps": float(FRAMES_PER_STEP), "share": float(count)}
        start, stop = self._edges(scale[self.unit], count)
        if start >= count or stop <= 0:
            raise UserError(f"time {self} lies outside the clip, which lasts {count / fps:.1f} s")
        start = min(max(round(start), 0), count - 1)
        return start, max(min(round(stop), count), start + 1)

    def _edges(self, scale: float, count: int) -> tuple[float, float]:
        """Start and stop in frames; negative values count from the end ("the last second")."""
        start = self.start * scale
        stop = count if self.stop is None else self.stop * scale
        if start < 0:
            # "the last two seconds" of a clip of one second is all of it
            start, stop = max(start + count, 0), count if self.stop is None else stop + count * (stop <= 0)
        return start, stop

    def __str__(self) -> str:
        if self.event:
            return f"{self.when} the {self.event}"
        stop = "end" if self.stop is None else f"{self.stop:g}"
        return f"{self.start:g}-{stop} {self.unit}"


THROUGHOUT = Span()
