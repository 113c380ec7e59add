"""Operations as text: short for the command line ("L-elbow angle=90deg@0.8-2.0"), and as lists in YAML files.

operations:
- SetCode: {groups: [L-elbow angle], value: 90, span: {start: 0.8, stop: 2.0}}
- Turn: {degrees: 90, span: {start: 1}}
- MirrorMotion
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dataset.pose_codes import Group
from editing.catalogue import OPERATIONS, AnyOperation
from editing.operations import Operation, SetCode, Shift
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError
from utils.texts import one_line, parse_yaml, read_text

_FORM = re.compile(
    r"(?P<groups>.+?)\s*(?P<sign>[+-]?)=\s*(?P<number>-?\d+(?:\.\d+)?)\s*(?P<unit>deg|cm|m)?"
    r"(?:\s*@\s*(?P<start>\d+(?:\.\d+)?)\s*-\s*(?P<stop>\d+(?:\.\d+)?)?\s*s?)?"
)


def parse_operation(text: str) -> Operation:
    """One operation. "=" sets, "+=" and "-=" shift; a number without unit is a code, deg, cm and m are values.

    Groups are joined by commas. "@0.8-2.0" are seconds, "@2-" lasts to the end. UserError for anything else.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise UserError(
            f'--set {text!r}: write "GROUP=CODE@START-STOP", for example "L-elbow angle=90deg@0.8-2.0"'
        )
    groups = [name.strip() for name in match["groups"].split(",")]
    span = THROUGHOUT
    if match["start"] is not None:
        span = Span(float(match["start"]), None if match["stop"] is None else float(match["stop"]))
    number = float(match["number"]) * (0.01 if match["unit"] == "cm" else 1.0)
    if match["unit"] is None and number != int(number):
        raise UserError(f"--set {text!r}: codes are whole numbers; for a value add deg, cm or m")
    if match["sign"]:
        number = number if match["sign"] == "+" else -number
        if match["unit"] is None:
            operation: Operation = Shift(groups, categories=int(number), span=span)
        else:
            operation = Shift(groups, amount=number, span=span)
    elif match["unit"] is None:
        operation = SetCode(groups, category=int(number), span=span)
    else:
        operation = SetCode(groups, value=number, span=span)
    operation.resolved()  # complain about unknown groups now
    return operation


def operations_to_yaml(operations: Sequence[AnyOperation]) -> str:
    """A list of operations as YAML, from which `operations_from_yaml` makes equal ones."""
    content = [_content(operation) for operation in operations]
    return yaml.safe_dump({"operations": content}, sort_keys=False, default_flow_style=None, width=120)


def operations_from_yaml(text: str, where: str = "operations") -> list[AnyOperation]:
    """Operations of a YAML text: a list, or a mapping that has it as `operations`.

    Each entry is an operation's name, or a mapping of its name to its fields; `span` is {start, stop, unit} or
    [start, stop] in seconds. UserError names the entry (as an entry of `where`) and what is wrong with it.
    """
    try:
        content = parse_yaml(text)
    except (ValueError, yaml.YAMLError) as error:
        raise UserError(f"{where}: not YAML ({one_line(error)})") from error
    entries = content.get("operations") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise UserError(
            f"{where}: needs a list of operations, at least one, such as '- Turn: {{degrees: 90}}'"
        )
    return [_operation(entry, f"{where}: operation {number}") for number, entry in enumerate(entries, 1)]


def read_operations(path: str | Path) -> list[AnyOperation]:
    """Operations of a YAML file. UserError names the file."""
    return operations_from_yaml(read_text(path, "--operations"), f"--operations {path}")


def _content(operation: AnyOperation) -> str | dict[str, Any]:
    """An operation as plain values: fields that say no more than their default are left out."""
    content = {}
    for field in fields(operation):
        value = getattr(operation, field.name)
        if field.default is not MISSING and not isinstance(value, np.ndarray) and value == field.default:
            continue
        content[field.name] = _plain(value)
    name = type(operation).__name__
    return {name: content} if content else name


def _plain(value: Any) -> Any:
    if isinstance(value, Span):
        if value.event:
            return {"event": value.event} | ({} if value.when == "during" else {"when": value.when})
        plain: dict[str, Any] = {"start": value.start}
        if value.stop is not None:
            plain["stop"] = value.stop
        return plain if value.unit == "seconds" else plain | {"unit": value.unit}
    if isinstance(value, Group):
        return value.label
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    return [_plain(item) for item in value]


def _operation(entry: Any, where: str) -> AnyOperation:
    name: Any = entry
    given: Any = {}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, given),) = entry.items()
    given = {} if given is None else given
    if not isinstance(name, str) or not isinstance(given, dict):
        raise UserError(f"{where}: {one_line(entry, 60)!r} is no operation such as 'Turn: {{degrees: 90}}'")
    if name not in OPERATIONS:
        near = difflib.get_close_matches(name, OPERATIONS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(OPERATIONS)}"
        raise UserError(f"{where}: unknown operation {one_line(name, 40)!r}; {hint}")
    kind: Any = OPERATIONS[name]
    known = [field.name for field in fields(kind)]
    unknown = [key for key in given if key not in known]
    if unknown:
        raise UserError(f"{where}: {name} has no field {unknown[0]!r}; it has {', '.join(known)}")
    missing = [
        field.name
        for field in fields(kind)
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise UserError(f"{where}: {name} needs {' and '.join(missing)}")
    try:
        values = {key: _span(value) if key == "span" else value for key, value in given.items()}
        if values.get("codes") is not None:
            values["codes"] = np.asarray(values["codes"], np.uint8)
        operation: AnyOperation = kind(**values)
        if isinstance(operation, Operation):
            operation.resolved()  # complain about unknown groups now
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(
            f"{where}: {name} can't be made of {one_line(given, 80)} ({one_line(error)})"
        ) from error
    return operation


def _span(value: Any) -> Span:
    """A span of {start, stop, unit}, of {event, when}, or of [start, stop] in seconds."""
    if isinstance(value, list | tuple) and 1 <= len(value) <= 2:
        value = dict(zip(("start", "stop"), value, strict=False))
    if not isinstance(value, dict) or not set(value) <= {field.name for field in fields(Span)}:
        raise UserError(
            f"span {one_line(value, 40)} is none of {{start, stop, unit}}, {{event, when}}, [start, stop]"
        )
    for name in ("start", "stop"):
        number = value.get(name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
            raise UserError(f"span: {name} {one_line(number, 40)!r} is no number")
    return Span(**value)
