"""Files and tables of eval_instructions.py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dataset.building.mocap_source import read_clips, source_fingerprint
from dataset.composing.material import read_actions
from evaluation.check_table import check_table, format_check_table, read_check_actions
from evaluation.claim_table import claim_table, format_claim_table
from evaluation.instructions import Outcome, format_summary, summary
from utils.runtime import atomic_write
from utils.texts import read_names
from visualization.skeleton_video import save_png, strip_image

CHECK_ACTIONS = Path(__file__).resolve().parents[1] / "configs" / "evaluation" / "checks.yaml"
STRIP_SIZE, STRIP_POSES = (1000, 190), 10


def write_outcomes(
    outcomes: Sequence[Outcome], folder: str | Path, settings: Mapping[str, Any], sheet_rows: int
) -> list[Path]:
    """Print the table; write it, all numbers with the settings as JSON, and a sheet of failures.

    sheet_rows: failed motions on the sheet; 0: no sheet. Returns the files' paths.
    """
    result, out = summary(outcomes), Path(folder)
    table = format_summary(result)
    print(table)
    paths = [out / "table.md", out / "instructions.json"]
    with atomic_write(paths[0]) as temporary:
        temporary.write_text(table + "\n", encoding="utf-8")
    with atomic_write(paths[1]) as temporary:
        temporary.write_text(
            json.dumps({**result, "settings": dict(settings)}, indent=1) + "\n", encoding="utf-8"
        )
    failed = [(o.instruction.sentence, seed, joints) for o in outcomes for seed, joints in o.failures[:1]]
    if failed and sheet_rows:
        paths.append(out / "failures.png")
        save_png(paths[-1], contact_sheet(failed[:sheet_rows]))
    return paths


def contact_sheet(failed: Sequence[tuple[str, int, np.ndarray]]) -> np.ndarray:
    """Strips of motions (sentence, seed, joints) below each other, (H, W, 3) uint8."""
    strips = [
        strip_image(joints.astype(np.float32), STRIP_POSES, f"{sentence} (seed {seed})", STRIP_SIZE)
        for sentence, seed, joints in failed
    ]
    return np.concatenate(strips)


def print_check_table(sources: Sequence[str]) -> None:
    """Pass rates of the checks on the test clips of captured sets, and of claims (`models.asked`) of their captions."""
    clips, captioned = [], []
    for source in map(Path, sources):
        source_fingerprint(source)  # names what is missing
        actions, test = read_actions(source), set(read_names(source / "test.txt"))
        for clip in read_clips(source):
            if clip.name in test:
                clips.append((actions[clip.name][0], clip.joints.astype(float)))
                captioned.append(([line.split("#")[0] for line in clip.lines], clip.joints))
    print(format_check_table(check_table(read_check_actions(CHECK_ACTIONS), clips)))
    print("\n" + format_claim_table(claim_table(captioned)))
