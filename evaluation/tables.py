"""Evaluation rows as an aligned table (valid Markdown, readable as plain text) and as a JSON report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from utils.runtime import atomic_write

# metric -> heading; the arrow says which way is better, and "->" that the real motion's value is the goal
COLUMNS = {
    "fid": "FID ↓",
    "top1": "top 1 ↑",
    "top2": "top 2 ↑",
    "top3": "top 3 ↑",
    "matching": "matching ↓",
    "diversity": "diversity →",
    "multimodality": "multimodality ↑",
    "mpjpe": "MPJPE mm ↓",
    "pa_mpjpe": "PA-MPJPE mm ↓",
    "acceleration": "accel. mm/frame² ↓",
    "codes": "codes obeyed ↑",
    "codes_within_1": "within one ↑",
    "sliding": "sliding m/s →",
    "penetration": "sinking mm ↓",
    "at_limit": "at limit ↓",
}
DECIMALS = {"mpjpe": 2, "pa_mpjpe": 2, "acceleration": 2, "penetration": 1}


def evaluator_sentence(evaluator: Mapping) -> str:
    """Which evaluator measured, and what its numbers may be compared with."""
    words = evaluator.get("word_vectors", "unknown")
    if evaluator.get("origin") == "official":
        return f"official evaluator (word vectors: {words})"
    return (
        f"own evaluator (word vectors: {words}): comparable only among themselves, not with published numbers"
    )


def format_value(metric: str, summary: Mapping | None) -> str:
    """mean ± 95 % interval; the mean alone after one repeat; a dash where it was not measured."""
    if summary is None:
        return "–"
    digits = DECIMALS.get(metric, 3)
    mean, interval = summary["mean"], summary.get("interval")
    return f"{mean:.{digits}f}" if interval is None else f"{mean:.{digits}f} ± {interval:.{digits}f}"


def format_table(rows: Sequence[Mapping]) -> str:
    """Rows of `evaluation.routine.evaluate` -> Markdown table and one line on evaluator and settings each."""
    metrics = [metric for metric in COLUMNS if any(metric in row["metrics"] for row in rows)]
    cells = [["", *(COLUMNS[metric] for metric in metrics)]]
    for row in rows:
        cells.append([row["name"], *(format_value(metric, row["metrics"].get(metric)) for metric in metrics)])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["| " + " | ".join(_align(line, widths)) + " |" for line in cells]
    rule = (
        "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)) + "|"
    )
    notes = dict.fromkeys(f"{evaluator_sentence(row['evaluator'])}; {_settings_words(row)}" for row in rows)
    return "\n".join([lines[0], rule, *lines[1:], "", *notes])


def _align(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        text.ljust(w) if i == 0 else text.rjust(w)
        for i, (text, w) in enumerate(zip(line, widths, strict=True))
    ]


def _settings_words(row: Mapping) -> str:
    settings = row["settings"]
    words = f"{row['clips']} clips, {settings['repeats']} repeat(s)"
    words += f", retrieval among {settings['retrieval_batch']}"
    short = row.get("short_clips", 0)
    return words + (f", {short} produced clip(s) under 4 frames" if short else "")


def write_report(path: str | Path, rows: Sequence[Mapping], arguments: Mapping | None = None) -> Path:
    """Write rows (every repeat's value, settings, evaluator) and the script's arguments as JSON."""
    path = Path(path)
    report = {"arguments": dict(arguments or {}), "rows": [dict(row) for row in rows]}
    with atomic_write(path) as temporary:
        text = json.dumps(_plain(report), indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def _plain(value):
    """Containers, paths and numbers as JSON has them; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
