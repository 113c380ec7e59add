"""Operations as short text, and the texts of lists in configs/editing with their expected readings."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import yaml

from editing.catalogue import AnyOperation
from editing.language.instructions import parse_instruction
from editing.spans import THROUGHOUT
from utils.runtime import UserError

CONFIGS = Path(__file__).resolve().parents[1] / "configs" / "editing"
REFUSED = "refused"
# Readings that many sentences share.
UP_LEFT = ["SetCode L-hand vs L-shoulder relY category=2", "SetCode L-wrist vs neck relY category=2"]
DOWN_LEFT = ["SetCode L-hand vs L-hip relY value=0", "SetCode L-hand vs L-shoulder relY category=0"]
HALVES = ("@0-0.5 share", "@0.5-1 share")


def gestures(*lines: str) -> list[str]:
    """The same lines with an onset, a hold and a release."""
    return [f"{line} shape=gesture" for line in lines]


def both(*lines: str) -> list[str]:
    """The same for the left and then the right side."""
    return [*lines, *(re.sub(r"\bL-", "R-", line) for line in lines)]


def shown(operation: AnyOperation) -> str:
    """ "Turn degrees=90 @1-2 seconds": an operation without what says no more than its defaults."""
    words = [type(operation).__name__]
    for field in fields(operation):
        value = getattr(operation, field.name)
        if field.name == "groups":
            words.append(value if isinstance(value, str) else ", ".join(map(str, value)))
        elif field.name not in ("_", "span", "ease") and value is not None and value != field.default:
            words.append(f"{field.name}={value:.3g}" if isinstance(value, float) else f"{field.name}={value}")
    return " ".join(words) + ("" if operation.span == THROUGHOUT else f" @{operation.span}")


def reading(text: str) -> list[str] | str:
    """What the rules make of a text: its operations, or REFUSED."""
    try:
        return [shown(operation) for operation in parse_instruction(text).operations]
    except UserError:
        return REFUSED


def style_texts(name: str = "motionfix_style") -> dict[str, list[str] | str]:
    """Texts of a list (in the style of MotionFix, if none is named), each with its expected reading."""
    return yaml.safe_load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))["texts"]
