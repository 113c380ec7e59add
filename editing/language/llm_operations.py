"""Operations in a language model's answer: their JSON schema, and the way from an entry to an operation.

    {"operation": "Turn", "start_frame": 0, "end_frame": 60, "degrees": 90}

Both are made of the operations' own fields (`editing.catalogue`), so that a new operation is known here at once.
"""

from __future__ import annotations

import dataclasses
import difflib
from typing import Any

from editing.catalogue import OPERATIONS, AnyOperation
from editing.operations import Operation
from editing.spans import EVENTS, THROUGHOUT, WHEN, Span
from utils.runtime import UserError
from utils.texts import one_line

NOT_ASKED = ("_", "span", "ease", "codes", "at")  # fields that an answer has no say in
# JSON types of the fields' annotations.
TYPES: dict[str, dict[str, Any]] = {
    "float": {"type": "number"}, "int": {"type": "integer"}, "str": {"type": "string"}, "bool": {"type": "boolean"},
    "GroupChoice": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "tuple[float, float]": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
}  # fmt: skip
FRAMES = {
    "start_frame": {"type": "integer", "minimum": 0},
    "end_frame": {"type": "integer", "minimum": 1},
    "event": {"type": ["string", "null"], "enum": [*EVENTS, None]},  # in the frames' place
    "when": {"type": ["string", "null"], "enum": [*WHEN, None]},
}


class BadReply(UserError):
    """An answer that can't be used even after repair; says why, so that the model can be asked again."""


def asked_fields(name: str) -> list[dataclasses.Field]:
    """The fields of an operation that an answer gives."""
    return [field for field in dataclasses.fields(OPERATIONS[name]) if field.name not in NOT_ASKED]


def _json_type(field: dataclasses.Field) -> dict[str, Any]:
    """JSON schema of a field; what may be left out may be null."""
    known = dict(TYPES[str(field.type).replace(" | None", "")])
    if field.default is dataclasses.MISSING:
        return known
    return known | {"type": [known["type"], "null"]}


def schema_of(name: str) -> dict[str, Any]:
    """JSON schema of an entry with one operation; strict endpoints want all fields required."""
    properties = {"operation": {"type": "string", "enum": [name]}, **FRAMES}
    properties |= {field.name: _json_type(field) for field in asked_fields(name)}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMAS = {name: schema_of(name) for name in OPERATIONS}


def described() -> str:
    """The operations for a prompt: name, fields, and what they do."""
    lines = []
    for name, kind in OPERATIONS.items():
        fields = ", ".join(
            field.name + ("" if field.default is dataclasses.MISSING else "?") for field in asked_fields(name)
        )
        lines.append(f"- {name}({fields}): {' '.join((kind.__doc__ or '').split())}")
    return "\n".join(lines)


def repair_entry(entry: dict[str, Any], place: str, frames: int) -> dict[str, Any]:
    """An entry with what is unmistakable set right: another spelling, numbers as text, left-out or foreign fields.

    Raises BadReply naming `place` for an unknown operation, and for frames outside a clip of `frames`.
    """
    name = _name(entry.get("operation"), place)
    start, end = (_frame(entry.get(key), f"{place}/{key}") for key in ("start_frame", "end_frame"))
    start, end = 0 if start is None else start, frames if end is None else end
    start, end = min(start, end), max(start, end)
    if start >= frames or end <= 0:
        raise BadReply(f"{place}: frames {start} to {end} lie outside the clip (0 to {frames})")
    start, end = max(start, 0), min(end, frames)
    repaired: dict[str, Any] = {"operation": name, "start_frame": start, "end_frame": max(end, start + 1)}
    repaired |= {key: str(entry[key]).lower() if entry.get(key) else None for key in ("event", "when")}
    for field in asked_fields(name):
        value = entry.get(field.name)
        if value is None and field.default is dataclasses.MISSING:
            raise BadReply(f"{place}: {name} needs {field.name}")
        repaired[field.name] = _plain(value, str(field.type))
    return repaired


def operation_of(entry: dict[str, Any], place: str, frames: int) -> AnyOperation:
    """The operation of a repaired entry; one that lasts for the whole clip has no span. Raises BadReply."""
    name = entry["operation"]
    values = {field.name: entry[field.name] for field in asked_fields(name) if entry[field.name] is not None}
    whole = entry["start_frame"] <= 0 and entry["end_frame"] >= frames
    span = THROUGHOUT if whole else Span(entry["start_frame"], entry["end_frame"], "frames")
    if entry["event"]:
        span = Span(event=entry["event"], when=entry["when"] or "during")
    try:
        operation = OPERATIONS[name](**values, span=span)
        if isinstance(operation, Operation):
            operation.resolved()  # complain about unknown groups now
    except UserError as problem:
        raise BadReply(f"{place}: {problem}") from None
    except (TypeError, ValueError, OverflowError) as problem:
        raise BadReply(f"{place}: {name} can't be made of this ({one_line(problem, 80)})") from None
    return operation


def _name(value: Any, place: str) -> str:
    by_key = {name.lower(): name for name in OPERATIONS}
    key = str(value).replace("_", "").replace(" ", "").lower()
    if key in by_key:
        return by_key[key]
    near = difflib.get_close_matches(key, by_key, n=1, cutoff=0.6)
    hint = f"did you mean {by_key[near[0]]}?" if near else f"known are {', '.join(OPERATIONS)}"
    raise BadReply(f"{place}/operation: {one_line(str(value), 40)!r} is no operation; {hint}")


def _frame(value: Any, place: str) -> int | None:
    if value is None:
        return None
    number = _number(value)
    if number is None or abs(number) > 1e6:
        raise BadReply(f"{place}: needs a number, got {one_line(repr(value), 40)}")
    return round(number)


def _number(value: Any) -> float | None:
    """A number, also as text; None for anything else, and what is not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if isinstance(value, bool) or number != number or abs(number) == float("inf") else number


def _plain(value: Any, annotation: str) -> Any:
    """A field's value in its JSON type where that is unmistakable, else as it is: the schema then says what is wrong."""
    wanted = annotation.replace(" | None", "")
    if wanted in ("float", "int"):
        number = _number(value)
        if number is None:
            return value
        return int(number) if wanted == "int" and number == int(number) else number
    if wanted == "GroupChoice" and isinstance(value, str | int) and not isinstance(value, bool):
        return [str(value)]
    return value
