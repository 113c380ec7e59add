"""The evaluation of editing: every edit on real test clips, in every way of decoding, in one table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from dataset.clip_npz import DAMAGED
from dataset.motion_clip import MotionClip
from editing.decode import Codec
from editing.edit import EditResult, edit_motion
from editing.language.instructions import parse_instruction
from editing.measure_edits import EditMeasures, average, measure_edit
from editing.settings import EditsSettings
from editing.sources import load_clip, reconstructed
from utils.metrics import frechet_distance
from utils.runtime import UserError, atomic_write
from utils.texts import one_line, read_names, read_yaml

MIN_FRAMES, MAX_FRAMES = 60, 196
REAL_CLIPS = 300  # real clips behind the FID
COLUMNS = (
    ("success", "within 1 category", "{:.1%}"),
    ("changed", "of those that had to change", "{:.1%}"),
    ("exact", "at the target", "{:.1%}"),
    ("frames", "unedited frames, mm", "{:.2f}"),
    ("frames_worst", "their worst joint, mm", "{:.1f}"),
    ("limbs", "unedited limbs, mm", "{:.2f}"),
    ("path", "path, mm", "{:.1f}"),
    ("slide", "feet slide, mm/frame", "{:.2f}"),
    ("border", "acceleration at borders, mm/frame^2", "{:.2f}"),
    ("fid", "FID", "{:.2f}"),
)


@dataclass
class Report:
    """Rows of the table and everything behind them."""

    rows: dict[str, dict[str, float]]
    edits: list[dict]
    table: str


def read_edits(path: str | Path) -> list[str]:
    """Instructions of a YAML file, each understood by the rules. UserError names the file."""
    content = read_yaml(path, "--edits")
    edits = content.get("edits") if isinstance(content, dict) else None
    if not isinstance(edits, list) or not edits:
        raise UserError(f"--edits {path}: needs a list 'edits' of instructions, at least one")
    for number, edit in enumerate(edits, 1):
        if not isinstance(edit, str):
            shown = one_line(repr(edit), 60)
            raise UserError(f"--edits {path}: edit {number} is {shown}; an edit is a sentence")
        try:
            parse_instruction(edit)
        except UserError as error:
            raise UserError(f"--edits {path}: edit {number}: {error}") from error
    return edits


def pick_clips(root: Path, split: str, count: int) -> list[str]:
    """Ids of unmirrored clips of a suitable length, spread evenly over a split."""
    path = root / f"{split}.txt"
    if not path.is_file():
        raise UserError(f"{path} is missing: give the data set's folder by --data-root")
    found = []
    for name in read_names(path):
        if not name.startswith("M") and MIN_FRAMES <= _frames(root, name) <= MAX_FRAMES:
            found.append(name)
    if len(found) < count:
        raise UserError(
            f"{path}: only {len(found)} clips of {MIN_FRAMES} to {MAX_FRAMES} frames, {count} are needed"
        )
    return [found[i] for i in np.linspace(0, len(found) - 1, count).round().astype(int)]


def _frames(root: Path, name: str) -> int:
    """Frames of a data set's clip; 0 where it is missing or damaged, as all loading leaves such clips out."""
    try:
        return np.load(root / "new_joint_vecs" / f"{name}.npy", mmap_mode="r", allow_pickle=False).shape[0]
    except DAMAGED:
        return 0


def evaluate_edits(codec: Codec, edits: list[str], evaluator, settings: EditsSettings) -> Report:
    """Edit clips of a split, each edit in every way of decoding.

    Everything is compared with the clips that `source` says: the data set's own, or their reconstructions.
    """
    root = Path(settings.data_root or codec.spec.folder)
    names = pick_clips(root, settings.split, settings.clips)
    clips = {name: load_clip(name, codec, root, settings.source) for name in names}
    measures: dict[str, list[EditMeasures]] = {}
    features: dict[str, list[np.ndarray]] = {}
    log = []
    tries = [
        (edit, names[(i + k) % len(names)])
        for i, edit in enumerate(edits)
        for k in range(settings.clips_per_edit)
    ]
    for edit, name in tqdm(tries, "edits", unit="edit"):
        clip = clips[name]
        entry: dict = {"edit": edit, "clip": name}
        made = ways(codec, clip, edit, settings.source)
        kept = made["preserve"]
        if not isinstance(kept, EditResult) or kept.fit is None:
            raise UserError(
                f"--edits: {edit!r} changes no pose codes, which is what is measured: leave it out"
            )
        for way, result in made.items():
            edited = result.edited if isinstance(result, EditResult) else result
            found = measure_edit(clip, edited, kept.plan, kept.fit.joints)
            measures.setdefault(way, []).append(found)
            features.setdefault(way, []).append(edited.features)
            entry[way] = asdict(found)
        log.append(entry)
    rows = {way: average(found) for way, found in measures.items()}
    if evaluator is not None:
        real = [
            np.load(root / "new_joint_vecs" / f"{name}.npy")
            for name in pick_clips(root, settings.split, _real(root, settings.split))
        ]
        for way, edits_of_way in features.items():
            if min(len(edits_of_way), len(real)) < 2:
                continue  # a covariance takes two
            rows[way]["fid"] = fid(evaluator, real, edits_of_way, codec)
    return Report(rows, log, table(rows, len(tries), len(names)))


def ways(codec: Codec, clip: MotionClip, edit: str, source: str) -> dict[str, MotionClip | EditResult]:
    """A clip without the edit, and its edits by `edit_motion` in every way that is compared."""

    def edited(of: MotionClip = clip, source: str = source, **how: Any) -> EditResult:
        return edit_motion(of, edit, codec, source=source, **how)

    found: dict[str, MotionClip | EditResult] = {
        "no edit": clip,
        "published": edited(decoding="published", consistency="none"),
        "published + pose fit": edited(decoding="published"),
    }
    if source == "reconstruction":
        return found | {"preserve, no touch-up": edited(touch_up=False), "preserve": edited()}
    shown = reconstructed(clip, codec)
    return found | {
        "no edit, reconstruction": shown,
        "preserve, reconstruction": edited(shown, "reconstruction"),
        "preserve, decoded limbs": edited(source="reconstruction"),
        "preserve": edited(),
    }


def _real(root: Path, split: str) -> int:
    """How many real clips the FID can be taken against."""
    names = read_names(root / f"{split}.txt")
    frames = (_frames(root, name) for name in names if name[0] != "M")
    return min(REAL_CLIPS, sum(MIN_FRAMES <= count <= MAX_FRAMES for count in frames))


@torch.no_grad()
def fid(evaluator, real: list[np.ndarray], made: list[np.ndarray], codec: Codec) -> float:
    """Frechet distance between evaluator embeddings of real and made features (each (T, D))."""
    normaliser = evaluator.normaliser or codec.normaliser

    def embed(clips: list[np.ndarray]) -> np.ndarray:
        found = []
        for clip in clips:
            motion = torch.as_tensor(normaliser.normalise(clip), device=codec.device).float()[None]
            found.append(evaluator.encode_motion(motion, torch.tensor([len(clip)])).cpu().double().numpy())
        return np.concatenate(found)

    return float(frechet_distance(embed(real), embed(made)))


def table(rows: dict[str, dict[str, float]], edits: int, clips: int) -> str:
    """Markdown table."""
    columns = [column for column in COLUMNS if any(column[0] in row for row in rows.values())]
    lines = [
        f"{edits} edits of {clips} clips; means over edits (their worst joint: the largest of all).",
        "",
        "| decoding | " + " | ".join(title for _, title, _ in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for way, row in rows.items():
        cells = [
            form.format(row[key]) if np.isfinite(row.get(key, np.nan)) else "-" for key, _, form in columns
        ]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_report(report: Report, folder: str | Path) -> list[Path]:
    """Write table.md and edits.json; each appears only when complete."""
    folder = Path(folder)
    contents = {
        "table.md": report.table,
        "edits.json": json.dumps({"rows": report.rows, "edits": report.edits}, indent=1) + "\n",
    }
    for name, text in contents.items():
        with atomic_write(folder / name) as path:
            path.write_text(text, encoding="utf-8")
    return [folder / name for name in contents]
