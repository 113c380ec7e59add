"""Operations as short text for the command line: "L-elbow angle=90deg@0.8-2.0", "knees-=2"."""

from __future__ import annotations

import re

from editing.operations import Operation, SetCode, Shift
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

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
