"""The report of instructions: by family what became of them, and what the edits did to the motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from editing.measuring.outcomes import EditOutcome, Trial
from editing.measuring.quality import CALM, within_bounds

MEASURES = (
    ("slide", "feet slide, m/s", "{:.3f}"),
    ("sink", "deepest below the floor, cm", "{:.1f}"),
    ("acceleration", "peak acceleration, m/s²", "{:.0f}"),
    ("jerk", "peak jerk, m/s³", "{:.0f}"),
)


def family_numbers(outcomes: Sequence[EditOutcome]) -> dict[str, dict[str, Any]]:
    """Counts and shares by family, and of "all"."""
    families: dict[str, list[EditOutcome]] = {}
    for outcome in outcomes:
        families.setdefault(outcome.instruction.family, []).append(outcome)
    families["all"] = list(outcomes)
    return {family: _numbers(rows) for family, rows in families.items()}


def _numbers(rows: Sequence[EditOutcome]) -> dict[str, Any]:
    refused = [row for row in rows if row.refused and not row.right]
    shown = [trial.passed for row in rows if row.right for trial in row.trials]
    return {
        "instructions": len(rows),
        "right": sum(row.right for row in rows),
        "wrong": sum(row.wrong for row in rows),
        "refused_with_hint": sum(row.hint_works for row in refused),
        "refused": len(refused),
        "shown": _mean(shown),
        "clips": len(shown),
    }


def quality_numbers(outcomes: Sequence[EditOutcome]) -> dict[str, Any]:
    """Of all motions that edits made: measures beside the source's, and the share that stays within bounds."""
    trials = [trial for row in outcomes if not row.instruction.to_refuse for trial in row.trials]
    found: dict[str, Any] = {"motions": len(trials)}
    bounds = [within_bounds(trial.source, trial.edited) for trial in trials]
    for name, _, _ in MEASURES:
        found[name] = {
            "source": _of(trials, attrgetter(f"source.{name}")),
            "edited": _of(trials, attrgetter(f"edited.{name}")),
            "within": _mean([bound[name] for bound in bounds]),
        }
    found["frames"] = _of(trials, lambda trial: trial.preserved.frames)
    found["frames_worst"] = _of(trials, lambda trial: trial.preserved.frames, np.max)
    found["limbs"] = _of(trials, lambda trial: trial.preserved.limbs)
    found["codes"] = _of(trials, lambda trial: trial.success)
    return found


def _of(
    trials: Sequence[Trial], value: Callable[[Trial], float], how: Callable[[np.ndarray], Any] = np.mean
) -> float | None:
    values = np.array([value(trial) for trial in trials], float)
    values = values[np.isfinite(values)]
    return float(how(values)) if values.size else None


def _mean(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def tables(outcomes: Sequence[EditOutcome]) -> str:
    """Both tables in Markdown."""
    lines = [
        "| family | instructions | right | wrong | refused, hint works | refused, no hint | shown by clips |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for family, row in family_numbers(outcomes).items():
        name = f"**{family}**" if family == "all" else family
        lines.append(
            f"| {name} | {row['instructions']} | {_share(row['right'], row['instructions'])} | "
            f"{_share(row['wrong'], row['instructions'])} | {row['refused_with_hint']} | "
            f"{row['refused'] - row['refused_with_hint']} | {_percent(row['shown'])} of {row['clips']} |"
        )
    found = quality_numbers(outcomes)
    lines += [
        "",
        f"| {found['motions']} edited motions | source | edited | within bounds |",
        "|---|---:|---:|---:|",
    ]
    for name, title, form in MEASURES:
        row = found[name]
        lines.append(
            f"| {title} | {_number(row['source'], form)} | {_number(row['edited'], form)} | {_percent(row['within'])} |"
        )
    lines += [
        f"| unedited frames, largest distance, mm | - | {_number(found['frames'], '{:.2f}')} "
        f"(at most {_number(found['frames_worst'], '{:.1f}')}) | |",
        f"| limbs that may not move, cm | - | {_number(found['limbs'], '{:.1f}')} | |",
        f"| edited codes within one category of what was wanted | - | {_percent(found['codes'])} | |",
        "",
        "Within bounds: at most 1.2 times the source's, or no more than "
        + ", ".join(f"{CALM[name]:g} ({title})" for name, title, _ in MEASURES)
        + ".",
    ]
    return "\n".join(lines) + "\n"


def details(outcomes: Sequence[EditOutcome]) -> list[dict[str, Any]]:
    """One entry an instruction, for the JSON file."""
    return [
        {
            "family": row.instruction.family,
            "instruction": row.instruction.sentence,
            "became": "right" if row.right else "wrong" if row.wrong else "refused",
            "clips": [{"clip": trial.clip, "passed": trial.passed} for trial in row.trials],
            "message": row.refusal,
            "hint_works": row.hint_works,
        }
        for row in outcomes
    ]


def _share(count: int, of: int) -> str:
    return f"{count} ({100 * count / of:.0f} %)" if of else "0"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
