"""The table of captured clips: take, frames, split and captions of each, without any motion.

The motion belongs to the archives it was recorded for (docs/mocap.md says where to get them); what stands in
takes.jsonl.gz is this project's own text. One JSON object a line.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.runtime import UserError
from utils.texts import one_line, parse_json

TABLE = Path(__file__).resolve().parent / "takes.jsonl.gz"
SETS = ("mocap", "mocap_more")
CHECKED_JOINTS = (0, 20, 21)  # pelvis, left and right wrist


@dataclass(frozen=True)
class Cut:
    """One clip: `length` frames, at 20 a second, of a take.

    source: archive; take: name of its file. action, style: what the file's name or the archive's index says.
    frames: first frame and the one after the last; None for parts of 8 to 10 seconds whose place is found by `check`.
    height: metres of the pelvis over the floor in the first frame, for the few takes whose floor is tilted, else None.
    check: (3, 3) metres, where `CHECKED_JOINTS` are in the clip's last frame: tells whether the right frames were found.
    lines: captions, "text#word/POS word/POS ...#start#end".
    """

    name: str
    group: str
    source: str
    take: str
    action: str
    style: str
    split: str
    length: int
    frames: tuple[int, int] | None
    height: float | None
    check: np.ndarray
    lines: tuple[str, ...]


def read_cuts(groups: Sequence[str] = SETS[:1], table: Path = TABLE) -> list[Cut]:
    """Clips of the sets named, in the table's order; UserError for an unknown set or a damaged table."""
    unknown = [name for name in groups if name not in SETS]
    if unknown:
        raise UserError(f"--sets {unknown[0]}: unknown; use {' or '.join(SETS)}")
    try:
        with gzip.open(table, "rt", encoding="utf-8") as lines:
            cuts = [_cut(parse_json(line)) for line in lines]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{table} is damaged ({one_line(error)}): check it out again") from error
    return [cut for cut in cuts if cut.group in groups]


def _cut(entry: dict) -> Cut:
    frames = entry["frames"]
    return Cut(
        name=entry["id"],
        group=entry["set"],
        source=entry["source"],
        take=entry["take"],
        action=entry["action"],
        style=entry["style"],
        split=entry["split"],
        length=entry["length"],
        frames=None if frames is None else (frames[0], frames[1]),
        height=entry.get("height"),
        check=np.array(entry["check"], float) / 1000,
        lines=tuple(entry["lines"]),
    )
