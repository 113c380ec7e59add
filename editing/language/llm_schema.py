"""What a language model may answer: JSON schema, repair of sloppy answers, and the way to operations.

An edit is a change of codes (group, action, code), or any other operation (`llm_operations`).
"""

from __future__ import annotations

import difflib
import re
from typing import Any

import jsonschema

from dataset.pose_codes import GROUPS, NUM_GROUPS, names
from editing.catalogue import AnyOperation
from editing.groups import find_groups
from editing.language.llm_operations import SCHEMAS, BadReply, operation_of, repair_entry
from editing.operations import SetCode, Shift
from editing.spans import Span
from utils.runtime import UserError
from utils.texts import one_line, parse_json

MAX_EDITS = 40
GROUP_LABELS = names.GROUP_LABELS

EDIT = {
    "type": "object",
    "properties": {
        "group": {"type": "string", "enum": list(GROUP_LABELS)},
        "start_frame": {"type": "integer", "minimum": 0},
        "end_frame": {"type": "integer", "minimum": 1},
        "action": {"type": "string", "enum": ["set", "shift"]},
        "code": {"type": "integer", "minimum": -17, "maximum": 17},
    },
    "required": ["group", "start_frame", "end_frame", "action", "code"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "possible": {"type": "boolean"},
        "reason": {"type": "string"},
        "edits": {"type": "array", "items": {"anyOf": [EDIT, *SCHEMAS.values()]}, "maxItems": MAX_EDITS},
    },
    "required": ["possible", "reason", "edits"],
    "additionalProperties": False,
}


class Declined(UserError):
    """The model says that no edit can do what was asked for."""


def read_json(text: str) -> Any:
    """The JSON value in an answer: bare, in a code fence, or inside prose; trailing commas are forgiven.

    Raises BadReply when there is none.
    """
    fenced = re.search(r"```(?:json)?\s*(.*?)```", text, re.DOTALL)
    candidates = [text, fenced.group(1) if fenced else "", text[text.find("{") : text.rfind("}") + 1]]
    for candidate in candidates:
        for attempt in (candidate, re.sub(r",\s*([}\]])", r"\1", candidate)):
            try:
                return parse_json(attempt)
            except ValueError:
                continue
    raise BadReply(f"the answer is not JSON: {one_line(text, 80)!r}")


def repair(answer: Any, frames: int) -> dict[str, Any]:
    """An answer with what is unmistakable set right, checked against the schema and the clip's length.

    Set right are: a bare list of edits, missing "possible" and "reason", group names in other spelling (published
    names too), numbers written as text or with a fraction, an unsigned code in range of a set, exchanged or
    overlong frame ranges, unknown extra fields. Raises BadReply naming the first thing that can't be.
    """
    if isinstance(answer, list):
        answer = {"edits": answer}
    if not isinstance(answer, dict) or not isinstance(answer.get("edits"), list):
        raise BadReply('the answer needs a list "edits"')
    if len(answer["edits"]) > MAX_EDITS:
        raise BadReply(f"{len(answer['edits'])} edits, at most {MAX_EDITS} are taken")
    edits = [_repair_edit(edit, number, frames) for number, edit in enumerate(answer["edits"])]
    result = {
        "possible": _yes(answer.get("possible", bool(edits))),
        "reason": str(answer.get("reason", "")),
        "edits": edits,
    }
    for number, edit in enumerate(edits):
        _check(edit, SCHEMAS[edit["operation"]] if "operation" in edit else EDIT, f"edits/{number}")
    _check(result, SCHEMA, "answer")
    if result["possible"] and not edits:
        raise BadReply("the answer holds no edit")
    return result


def _check(value: Any, schema: dict[str, Any], place: str) -> None:
    """BadReply naming the place where a value does not follow its schema."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    if error is not None:
        where = "/".join([place, *map(str, error.absolute_path)])
        raise BadReply(f"{where}: {one_line(error.message, 120)}")


def operations_of(answer: dict[str, Any], frames: int) -> list[AnyOperation]:
    """Operations of a repaired answer for a clip of `frames`.

    Raises Declined when the model declined, BadReply for values that an operation does not take.
    """
    if not answer["possible"]:
        raise Declined(f"the language model declined: {one_line(answer['reason']) or 'no reason given'}")
    operations: list[AnyOperation] = []
    for number, edit in enumerate(answer["edits"]):
        if "operation" in edit:
            operations.append(operation_of(edit, f"edits/{number}", frames))
            continue
        span = Span(edit["start_frame"], edit["end_frame"], "frames")
        if edit["action"] == "set":
            operations.append(SetCode(edit["group"], category=edit["code"], span=span))
        else:
            operations.append(Shift(edit["group"], categories=edit["code"], span=span))
    return operations


def _repair_edit(edit: Any, number: int, frames: int) -> dict[str, Any]:
    place = f"edits/{number}"
    if not isinstance(edit, dict):
        raise BadReply(
            f"{place}: an edit is an object with group, start_frame, end_frame, action and code, or with an operation"
        )
    if edit.get("operation") is not None:
        return repair_entry(edit, place, frames)
    label = _group_label(edit.get("group"), place)
    start, end = (_integer(edit.get(key), f"{place}/{key}") for key in ("start_frame", "end_frame"))
    start, end = min(start, end), max(start, end)
    if start >= frames or end <= 0:
        raise BadReply(f"{place}: frames {start} to {end} lie outside the clip (0 to {frames})")
    start, end = max(start, 0), min(end, frames)
    action = str(edit.get("action", "set")).lower()
    code = _integer(edit.get("code"), f"{place}/code")
    size = GROUPS[find_groups(label)[0]].size
    if action == "set" and not 0 <= code < size:
        raise BadReply(f"{place}: code {code} of {label!r}, whose codes run from 0 to {size - 1}")
    if action == "shift" and (code == 0 or abs(code) >= max(size, 2)):
        raise BadReply(f"{place}: a shift of {label!r} by {code} codes, of {size}")
    return {
        "group": label,
        "start_frame": start,
        "end_frame": max(end, start + 1),
        "action": action,
        "code": code,
    }


def _group_label(value: Any, place: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < NUM_GROUPS:
        return GROUP_LABELS[value]
    if not isinstance(value, str):
        raise BadReply(f"{place}/group: needs the name of a group")
    by_key = {_key(label): label for label in GROUP_LABELS}
    if _key(value) in by_key:
        return by_key[_key(value)]
    # One spelling mistake is forgiven, unless two groups are equally near: a wrong limb is worse than a question.
    near = difflib.get_close_matches(_key(value), by_key, n=2, cutoff=0.9)
    scores = [difflib.SequenceMatcher(None, _key(value), key).ratio() for key in near]
    if near and (len(near) == 1 or scores[0] - scores[1] > 0.05):
        return by_key[near[0]]
    raise BadReply(f"{place}/group: {one_line(value, 80)!r} is no group of the list")


def _key(name: str) -> str:
    name = re.sub(r"\bleft[\s_-]+", "l-", name.lower())
    name = re.sub(r"\bright[\s_-]+", "r-", name)
    return re.sub(r"[\s_]+", " ", name).strip()


def _yes(value: Any) -> bool:
    """A truth value, also as a word."""
    return value.strip().lower() not in ("false", "no", "0", "") if isinstance(value, str) else bool(value)


def _integer(value: Any, place: str) -> int:
    shown = one_line(repr(value), 80) if not isinstance(value, int) or abs(value) < 1 << 64 else "a huge one"
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadReply(f"{place}: needs a number, got {shown}") from None
    if isinstance(value, bool) or number != number or abs(number) > 1e6:
        raise BadReply(f"{place}: needs a number, got {shown}")
    return round(number)
