"""When the clauses of an instruction hold: a time of their own, a shared one, or a share between one "then" and the next."""

from __future__ import annotations

from dataclasses import replace

from editing.catalogue import AnyOperation
from editing.language.clauses import CannotDo, Clause
from editing.language.rules_time import AT_END, AT_START, pause_span
from editing.motion_operations import (
    AddAction,
    Amplitude,
    BothArms,
    CopyLimb,
    Cut,
    Delay,
    Exchange,
    JumpHeight,
    KeepHeading,
    MirrorMotion,
    Pause,
    Repeat,
    Retime,
    Reverse,
    StandStill,
    Stride,
    WalkBackwards,
)
from editing.operations import Copy, SetCode
from editing.spans import THROUGHOUT, Span

# Whole by themselves: "mirror it, then repeat it" says in which order it is done, not to which half.
UNDIVIDED = (AddAction, MirrorMotion, Repeat, Reverse, Exchange, CopyLimb, BothArms)
# Of the whole clip where no time is said with it: "make it faster and raise the left arm at the end".
OF_THE_CLIP = (
    MirrorMotion, Repeat, Reverse, Exchange, CopyLimb, BothArms, Retime, Stride, JumpHeight, WalkBackwards, KeepHeading,
    Amplitude, Delay,
)  # fmt: skip
MOVES_TIME = (Pause, Retime, Repeat, Cut)
Carried = tuple[Clause, "list[AnyOperation]"]
Made = tuple[Clause, "list[AnyOperation]", "list[Span]"]


def times(sequence: list[list[Carried]]) -> list[Made]:
    """Give every clause its time: its own, the one it shares by "and", or its share between "then" and "then"."""
    found: list[Made] = []
    any_time = any(clause.spans for clauses in sequence for clause, _ in clauses)
    lasting = [c for c in sequence if not all(_undivided(k, o) for k, made in c for o in made)]
    last: Span | None = None
    for clauses in sequence:
        usual = THROUGHOUT
        if clauses in lasting and len(lasting) > 1 and not any_time:
            place = lasting.index(clauses)
            usual = Span(place / len(lasting), (place + 1) / len(lasting), "share")
        elif (
            last is not None
            and last.stop is not None
            and last.stop > 0
            and last != Span(last.start, 1, "share")
        ):
            usual = Span(last.stop, None, last.unit)
        elif any(appends(before) for before in sequence[: sequence.index(clauses)]):
            usual = AT_END
        for place, (clause, made) in enumerate(clauses):
            spans = clause.spans or _shared(clauses, place) or [usual]
            found.append((clause, made, spans))
            last = spans[-1]
    return found


def _undivided(clause: Clause, operation: AnyOperation) -> bool:
    """Is an operation of the whole clip, whatever follows: "make it slower, then turn left"?"""
    if clause.spans:
        return False
    named = any(item.kind == "whole" for item in clause.items) or clause.pronoun and not clause.mentions
    return isinstance(operation, UNDIVIDED) or named and isinstance(operation, OF_THE_CLIP)


def outside(spans: list[Span]) -> list[Span]:
    """The times that some times leave. CannotDo where there are none, or where they are counted in several ways."""
    units = {span.unit for span in spans}
    unclear = any(span.event or span.start < 0 or span == THROUGHOUT for span in spans)
    if not spans or len(units) > 1 or unclear:
        raise CannotDo("which time 'the rest' is can't be told: say from when to when, in seconds")
    end = 1.0 if spans[0].unit == "share" else None
    found, start = [], 0.0
    for span in sorted(spans, key=lambda span: span.start):
        if span.start > start:
            found.append(Span(start, span.start, span.unit))
        if span.stop in (None, end):
            break
        start = max(start, span.stop or 0.0)
    else:
        found.append(Span(start, end, spans[0].unit))
    if not found:
        raise CannotDo("no time is left for 'the rest'")
    return found[::-1]


def later_first(made: list[Made]) -> list[Made]:
    """Clauses that are joined by "and", the later time first where the earlier one would move it."""
    found = list(made)
    for _ in found:
        for place in range(len(found) - 1):
            first, second = found[place], found[place + 1]
            spans = [*first[2], *second[2]]
            counted = len({span.unit for span in spans}) == 1 and not any(
                span.event or span.start < 0 or span == THROUGHOUT for span in spans
            )
            timed = all(isinstance(o, MOVES_TIME) for o in (*first[1], *second[1]))
            joined = second[0].join in ("and", "comma", "gap")
            if (
                counted
                and timed
                and joined
                and max(s.start for s in first[2]) < min(s.start for s in second[2])
            ):
                found[place : place + 2] = [second, first]
    return found


def in_order(spans: list[Span], made: list[AnyOperation]) -> list[Span]:
    """Times of one clause; the later ones first where an edit of the earlier ones would move them."""
    moved = any(isinstance(operation, MOVES_TIME) for operation in made)
    if not moved or len({span.unit for span in spans}) > 1 or any(span.event for span in spans):
        return spans
    return sorted(spans, key=lambda span: (span.start < 0, span.start), reverse=True)


def _shared(carried: list[Carried], place: int) -> list[Span]:
    """A time that a clause shares with its neighbours: one said behind all, or one in front of all."""
    clauses = [clause for clause, _ in carried]
    of_clip = all(isinstance(operation, OF_THE_CLIP) for operation in carried[place][1])
    if clauses[place].held:
        return []
    for following in clauses[place + 1 :]:
        if following.join not in ("and", "while", "gap", "with"):
            break
        if following.spans and of_clip and following.join != "gap":
            return []
        if following.spans:
            return [] if following.time_first else following.spans
    for before in range(place - 1, -1, -1):
        if clauses[before + 1].join not in ("and", "while", "gap", "with"):
            break
        if clauses[before].spans:
            return clauses[before].spans if clauses[before].time_first else []
    return []


def during(operation: AnyOperation, span: Span, clause: Clause) -> AnyOperation:
    """An operation at its time. One that has a time of its own (a cut "one second earlier") keeps it."""
    if clause.aspect in ("add", "closing", "opening") and not clause.spans:
        if isinstance(operation, AddAction):
            return operation
        span = AT_START if clause.aspect == "opening" else AT_END
        return operation.during(pause_span(span)) if isinstance(operation, Pause) else held(operation, span)
    if operation.span != THROUGHOUT or span == THROUGHOUT and not clause.spans:
        return operation
    if clause.moment is not None and isinstance(operation, Pause | StandStill | Copy):
        return operation.during(Span((span.start + (span.stop or span.start)) / 2, None))
    if isinstance(operation, Pause):
        return operation.during(pause_span(span))
    if isinstance(operation, AddAction) and operation.seconds is not None:
        return operation
    if isinstance(operation, Delay) and clause.verb == "start":
        return operation
    return held(operation, span)


def held(operation: AnyOperation, span: Span) -> AnyOperation:
    timed = operation.during(span)
    return replace(timed, shape="throughout") if isinstance(timed, SetCode) else timed


def appends(stretch: list[Carried]) -> bool:
    """Does a stretch put an action behind the clip's end?"""
    return any(isinstance(o, AddAction) and o.seconds is not None for _, made in stretch for o in made)


def all_new(made: list[AnyOperation]) -> bool:
    return bool(made) and all(isinstance(operation, AddAction) for operation in made)
