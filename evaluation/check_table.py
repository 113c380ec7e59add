"""Do the checks tell real clips apart? Pass rates of each check on clips of its action and of other actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from utils.motion_checks import holds, validate
from utils.runtime import UserError
from utils.texts import read_yaml

SHORTEST = 30  # frames; shorter cuts of an action don't show all of it


def read_check_actions(path: Path) -> list[dict[str, Any]]:
    """Rows of {"check", "actions", "also"}: clips of `actions` must pass, those of `also` may."""
    rows = read_yaml(path, "--check-table")
    if not isinstance(rows, list):
        raise UserError(f"{path}: expected a list of rows with check, actions and also")
    for row in rows:
        if not isinstance(row, dict) or "check" not in row or not isinstance(row.get("actions"), list):
            raise UserError(f"{path}: each row needs a check and a list of actions, got {row!r}")
        validate(row["check"], str(path))
    return rows


def check_table(
    rows: Sequence[Mapping[str, Any]], clips: Iterable[tuple[str, np.ndarray]]
) -> list[dict[str, Any]]:
    """For each row the share of passing clips of its own actions and of other actions.

    clips: (action, joints (T, 22, 3)) of real clips.
    """
    usable = [(action, joints) for action, joints in clips if len(joints) >= SHORTEST]
    table = []
    for row in rows:
        own, other = [], []
        for action, joints in usable:
            if action in row["actions"]:
                own.append(holds(row["check"], joints))
            elif action not in row.get("also", ()):
                other.append(holds(row["check"], joints))
        table.append(
            {
                "check": row["check"],
                "own": float(np.mean(own)) if own else None,
                "own_clips": len(own),
                "other": float(np.mean(other)) if other else None,
                "other_clips": len(other),
            }
        )
    return table


def format_check_table(table: Sequence[Mapping[str, Any]]) -> str:
    """The table as Markdown."""
    lines = ["| check | clips of the action | other clips |", "|---|---:|---:|"]
    for row in table:
        own, other = (
            "–" if row[key] is None else f"{row[key]:.0%} of {row[f'{key}_clips']}"
            for key in ("own", "other")
        )
        lines.append(f"| `{check_words(row['check'])}` | {own} | {other} |")
    return "\n".join(lines)


def check_words(check: Any) -> str:
    """A check as one short line."""
    if isinstance(check, str):
        return check
    name, settings = next(iter(check.items()))
    if isinstance(settings, Mapping):
        return f"{name} " + ", ".join(f"{key}={value}" for key, value in settings.items())
    return f"{name} " + "; ".join(map(check_words, settings if isinstance(settings, list) else [settings]))
