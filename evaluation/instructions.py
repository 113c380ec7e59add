"""Instruction following: does the motion made for a sentence do what the sentence says?

Sentences and their checks stand in configs/evaluation/instructions.yaml; checks are those of `utils.motion_checks`, on
joints alone: no pose codes, no learned model. A sentence with a side is asked a second time with left and right
exchanged, and must then show the exchanged behaviour and not its own: side consistency.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dataset.features import swap_sides
from utils.motion_checks import holds, validate
from utils.runtime import UserError
from utils.texts import read_yaml

CONFIDENCE = 1.96
Generate = Callable[[Sequence[str], int], Sequence[Any]]  # sentences and a seed -> clips with .joints


@dataclass(frozen=True)
class Instruction:
    """A sentence, the family it belongs to, and what must hold of the motion."""

    family: str
    sentence: str
    check: Any

    @property
    def has_side(self) -> bool:
        """Whether the check says left or right, and so does the sentence."""
        return swap_sides(self.sentence) != self.sentence and swapped(self.check) != self.check

    def exchanged(self) -> Instruction:
        """The sentence with left and right exchanged, and what must then hold."""
        return Instruction(self.family, swap_sides(self.sentence), swapped(self.check))


@dataclass
class Outcome:
    """Of one instruction: which seeds passed, which were right on both sides, and the motions that failed."""

    instruction: Instruction
    passed: list[bool] = field(default_factory=list)
    consistent: list[bool] = field(default_factory=list)
    failures: list[tuple[int, np.ndarray]] = field(default_factory=list)  # seed, joints (T, 22, 3)
    at_limit: int = 0


def read_instructions(path: str | Path, families: Sequence[str] = ()) -> list[Instruction]:
    """Instructions of a YAML file of families; UserError names the line of an unknown check, setting or family."""
    content = read_yaml(path, "--instructions")
    if not isinstance(content, dict) or not content:
        raise UserError(f"--instructions {path}: expected families, each with lines of 'sentence: check'")
    instructions = []
    for family, rows in content.items():
        if not isinstance(rows, dict) or not rows:
            raise UserError(
                f"--instructions {path}: family '{family}' needs lines of 'sentence: check', got {rows!r}"
            )
        for sentence, check in rows.items():
            validate(check, f'--instructions {path}: {family}: "{sentence}"')
            instructions.append(Instruction(str(family), str(sentence), check))
    for family in families:
        if family not in content:
            raise UserError(f"--families {family}: {path} has {', '.join(map(str, content))}")
    return [row for row in instructions if not families or row.family in families]


def swapped(check: Any) -> Any:
    """A check with left and right exchanged, wherever a setting's value is one of them."""
    if isinstance(check, dict):
        return {key: swapped(value) for key, value in check.items()}
    if isinstance(check, list):
        return [swapped(value) for value in check]
    return (
        {"left": "right", "right": "left"}.get(check, check) if isinstance(check, str) else copy.copy(check)
    )


def follow(
    instructions: Sequence[Instruction],
    generate: Generate,
    seeds: Sequence[int],
    longest: int,
    progress: Callable[[Sequence[Instruction]], Any] = lambda rows: rows,
) -> list[Outcome]:
    """Generate every sentence with every seed and check the motions.

    generate: (sentences, seed) -> clips, sentence i drawn from a stream of its own. longest: frames of a part of a clip
    that was cut by the length limit. A clip with a part that ends there is counted in `at_limit`, whether it passes or not.
    """
    outcomes = []
    for row in progress(instructions):
        outcome = Outcome(row)
        other = row.exchanged() if row.has_side else None
        for seed in seeds:
            sentences = [row.sentence] if other is None else [row.sentence, other.sentence]
            made = generate(sentences, seed)
            clips = [np.asarray(clip.joints, float) for clip in made]
            right = holds(row.check, clips[0])
            outcome.passed.append(right)
            outcome.at_limit += int(np.diff([0, *made[0].ends]).max()) >= longest
            if not right:
                outcome.failures.append((seed, clips[0]))
            if other is not None:
                exchanged = holds(other.check, clips[1]) and not holds(row.check, clips[1])
                outcome.consistent.append(right and exchanged)
        outcomes.append(outcome)
    return outcomes


def share(passed: Sequence[bool]) -> dict[str, float | int | None]:
    """Share of True with Wilson's 95 % interval (1927): {"share", "low", "high", "count"}; None where there is none."""
    count = len(passed)
    if not count:
        return {"share": None, "low": None, "high": None, "count": 0}
    mean, z = float(np.mean(passed)), CONFIDENCE
    centre = (mean + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(mean * (1 - mean) / count + z**2 / (4 * count**2))
    return {
        "share": mean,
        "low": max(float(centre - half), 0.0),
        "high": min(float(centre + half), 1.0),
        "count": count,
    }


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares by family and in all, side consistency, and clips at the length limit."""
    families: dict[str, list[bool]] = {}
    for outcome in outcomes:
        families.setdefault(outcome.instruction.family, []).extend(outcome.passed)
    everything = [value for outcome in outcomes for value in outcome.passed]
    return {
        "families": {family: share(passed) for family, passed in families.items()},
        "all": share(everything),
        "side_consistency": share([value for outcome in outcomes for value in outcome.consistent]),
        "at_length_limit": share(
            [False] * (len(everything) - _limits(outcomes)) + [True] * _limits(outcomes)
        ),
        "sentences": {outcome.instruction.sentence: float(np.mean(outcome.passed)) for outcome in outcomes},
    }


def _limits(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.at_limit for outcome in outcomes)


def format_summary(result: Mapping[str, Any]) -> str:
    """The summary as a Markdown table."""
    rows = [("family", "right", "95 % interval", "motions"), ("---", "---:", "---:", "---:")]
    named = {**result["families"], "**all**": result["all"], "side consistency": result["side_consistency"]}
    for name, value in {**named, "at the length limit": result["at_length_limit"]}.items():
        if value["count"]:
            rows.append(
                (
                    name,
                    f"{value['share']:.2f}",
                    f"{value['low']:.2f}–{value['high']:.2f}",
                    str(value["count"]),
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )
