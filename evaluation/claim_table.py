"""Are captions read, and claims measured, rightly? Shares of their captions' claims that captured clips show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dataset.features import mirror_joints, swap_sides
from dataset.heard import heard
from dataset.spelled_out import REST
from models.asked import ALIKE, asked
from utils.quantities import FPS

SIDES = re.compile(r"\b(?:left|right)\b")
BOTH_WAYS = "lower"  # an arm that is lowered is low in the mirror image too


def claim_table(clips: Iterable[tuple[Sequence[str], np.ndarray]]) -> list[dict[str, Any]]:
    """For each kind of claim of captions that tell one thing: shares that their clips show, and mirror images of these.

    clips: (captions, joints (T, 22, 3)) of real clips. "mirrored" is None for claims that name no side.
    """
    shown: dict[str, list[bool]] = {}
    mirrored: dict[str, list[bool]] = {}
    for captions, joints in clips:
        joints = np.asarray(joints, float)
        image = mirror_joints(joints)
        for caption in captions:
            parts = [part for part, _ in heard(caption, None, FPS) if part != REST]
            for claim in asked(parts[0]).claims if len(parts) == 1 else ():
                kind = SIDES.sub("left/right", claim.plain.replace("*", ""))
                shown.setdefault(kind, []).append(claim.missed(joints) < ALIKE)
                if swap_sides(claim.plain) != claim.plain and BOTH_WAYS not in claim.plain:
                    mirrored.setdefault(kind, []).append(claim.missed(image) < ALIKE)
    rows = [_row(kind, values, mirrored.get(kind, [])) for kind, values in shown.items()]
    rows.sort(key=lambda row: -row["claims"])
    return [*rows, _row("all", _joined(shown), _joined(mirrored))]


def _joined(values: Mapping[str, list[bool]]) -> list[bool]:
    return [value for kind in values.values() for value in kind]


def _row(kind: str, shown: Sequence[bool], mirrored: Sequence[bool]) -> dict[str, Any]:
    return {
        "claim": kind,
        "claims": len(shown),
        "shown": float(np.mean(shown)) if shown else None,
        "mirrored": float(np.mean(mirrored)) if mirrored else None,
    }


def format_claim_table(table: Sequence[Mapping[str, Any]]) -> str:
    """The table as Markdown."""
    lines = [
        "| claim of a caption | claims | shown by its clip | by the mirror image |",
        "|---|---:|---:|---:|",
    ]
    for row in table:
        shown, mirrored = ("–" if row[key] is None else f"{row[key]:.0%}" for key in ("shown", "mirrored"))
        lines.append(f"| {row['claim']} | {row['claims']} | {shown} | {mirrored} |")
    return "\n".join(lines)
