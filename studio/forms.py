"""Every operation of `editing` as a form, made from its dataclass: what is added there appears here by itself."""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any

import numpy as np

from dataset.pose_codes import Group, names
from editing import OPERATIONS, AnyOperation, Operation, Span, operations_from_yaml, operations_to_yaml
from utils.texts import one_line, parse_yaml

CATEGORIES = ("category", "at_least", "at_most")  # fields that are told by what the category says
Plain = str | dict[str, Any]  # an operation as the YAML notation has it: its name, or its name and fields


@cache
def forms() -> dict[str, dict[str, Any]]:
    """Name -> what it does, and its fields: name, kind, whether it may stay empty, default, choices."""
    return {
        name: {"about": inspect.getdoc(operation) or "", "fields": _fields(operation)}
        for name, operation in OPERATIONS.items()
    }


def _fields(operation: type[AnyOperation]) -> list[dict[str, Any]]:
    # GroupChoice names Group as text, of a module that may not be the operation's own.
    hints = typing.get_type_hints(operation, localns={"Group": Group})
    shown = []
    for field in fields(operation):
        kind, choices = _kind(hints[field.name])
        if field.name == "groups":
            kind = "groups"
        choices = list(field.metadata.get("choices", choices))
        if kind == "":
            continue  # arrays: nothing that a person types
        default = None if field.default is MISSING else _plain_default(field)
        shown.append(
            {
                "name": field.name,
                "kind": "choice" if choices else kind,
                "choices": choices,
                "optional": field.default is None,
                "needed": field.default is MISSING and field.default_factory is MISSING,
                "default": default,
            }
        )
    return shown


def _kind(hint: Any) -> tuple[str, Sequence[str]]:
    """What a form shows for a type: span, switch, whole, number, text, numbers; "" for what is not typed in."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) or _is_union(hint) else (hint,)
    options = tuple(option for option in options if option is not type(None))
    if any(option is np.ndarray for option in options):
        return "", ()
    for option in options:
        if typing.get_origin(option) is typing.Literal:
            return "choice", [str(value) for value in typing.get_args(option)]
        if typing.get_origin(option) is tuple:
            return "numbers", ()
    for wanted, kind in ((Span, "span"), (bool, "switch"), (float, "number"), (int, "whole"), (str, "text")):
        if wanted in options:
            return kind, ()
    return "text", ()


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Union


def _plain_default(field: Field) -> Any:
    if isinstance(field.default, Span):
        return None
    return field.default if isinstance(field.default, bool | int | float | str) else None


def to_plain(operations: Sequence[AnyOperation]) -> list[Plain]:
    """Operations as JSON values, in the form of the YAML notation."""
    return parse_yaml(operations_to_yaml(operations))["operations"] if operations else []


def from_plain(entries: Sequence[Any]) -> tuple[AnyOperation, ...]:
    """Operations of JSON values. UserError for what is none; the notation's reader is the one gate."""
    if not entries:
        return ()
    text = json.dumps(list(entries), ensure_ascii=True)  # JSON is YAML
    return tuple(operations_from_yaml(text, "operations"))


def in_words(operation: AnyOperation) -> str:
    """One line for the list of operations: "L-elbow angle; value 90"; the time is shown beside it."""
    said = []
    for field in fields(operation):
        value = getattr(operation, field.name)
        if field.name == "span" or value is None or isinstance(value, np.ndarray):
            continue
        if field.default is not MISSING and value == field.default:
            continue
        if field.name == "groups":
            many = [value] if isinstance(value, str | int) or not hasattr(value, "__iter__") else list(value)
            words = [str(getattr(item, "label", item)) for item in many]
            said.append(", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else ""))
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            if field.name in CATEGORIES and isinstance(operation, Operation):
                shown = names.meaning(operation.resolved()[0], value)
            said.append(f"{field.name.replace('_', ' ')} {shown}")
    return one_line("; ".join(said), 160)
