"""Where the three stages' checkpoints lie: found by folder names, stored arguments and siblings."""

from __future__ import annotations

import os
import re
from pathlib import Path

from models.build import find_weights
from utils.checkpoint import ARGUMENTS_FILE, WEIGHT_FILES, has_weights, load_checkpoint, read_arguments
from utils.runtime import UserError, warn
from utils.stage_files import STAGES, TRAINED_ON

DATED = re.compile(r"\d{4}-\d\d-\d\d")  # a run's own folder


def find_stage_folders(folder: str | Path) -> dict[str, Path]:
    """Folders of the stages: {"tokenizer": ..., "base": ..., "refine": ...}, refine only where there is one.

    ``folder`` may hold the stages' folders, by names as in ``STAGES``; or be one stage's folder (or its folder of
    dated runs), which leads to the others by its stored arguments and its siblings.

    Raises:
        UserError: naming every place that was looked at.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such checkpoint folder")
    looked: list[str] = []
    found: dict[str, Path] = {}
    _search(folder, found, looked)
    if {"tokenizer", "base"} <= set(found):
        return found
    found.clear()
    own_stage = None
    if (run := _run_in(folder)) is not None:
        own_stage = _stage_of(run)
        found[own_stage] = run
        _follow_arguments(run, found, looked)
        # Siblings lie beside the run, or beside the folder of dated runs that it is in; no further up.
        _search(run.parent.parent if DATED.match(run.name) else run.parent, found, looked)
    if not {"tokenizer", "base"} <= set(found):
        missing = " and ".join(stage for stage in ("tokenizer", "base") if stage not in found)
        raise UserError(
            f"{folder}: found no {missing} checkpoint; looked at {', '.join(dict.fromkeys(looked))}"
        )
    if own_stage == "base":
        found.pop("refine", None)  # whoever points at the base transformer wants it alone
    return found


def _search(parent: Path, found: dict[str, Path], looked: list[str]) -> None:
    """Add the stages not yet found that lie in ``parent`` under a name they go by."""
    for stage, files in STAGES.items():
        if stage in found:
            continue
        looked.append(str(parent / files.pattern))
        places = [path for path in sorted(parent.glob(files.pattern)) if path.is_dir()]
        runs = (_run_in(path) for path in places)
        if (run := next((run for run in runs if run is not None), None)) is not None:
            found[stage] = run
        elif (half := next(filter(_is_half, places), None)) is not None:
            # To do without what is meant to be there would be another model, and nobody would notice.
            raise UserError(
                f"{half}: holds weights or {ARGUMENTS_FILE}, but the other can't be read: restore it, or move it away"
            )


def _is_half(folder: Path) -> bool:
    """Whether a stage's folder has weights without arguments, or arguments that are no file.

    Arguments alone are an evaluation's.
    """
    arguments = folder / ARGUMENTS_FILE
    has_broken_arguments = os.path.lexists(arguments) and not arguments.is_file()
    weights = any(os.path.lexists(folder / name) for name in WEIGHT_FILES)
    return not has_weights(folder) and (weights or has_broken_arguments)


def _run_in(folder: Path) -> Path | None:
    """The run with weights that a folder is or, by date, last received; None where there is none.

    Evaluations keep arguments under names like a stage's: without weights they are no run of it.
    """
    runs = [run for run in (folder, *sorted(folder.glob("*/"))) if has_weights(run)]
    if not runs:
        return None
    if runs[0] == folder:
        return folder
    if len(runs) > 1:
        warn(f"{folder} holds {len(runs)} runs: using the newest, {runs[-1].name}")
    return runs[-1]


def _stage_of(run: Path) -> str:
    """Which stage a run is, by the key of its weights."""
    keys = load_checkpoint(find_weights(run))
    if "net" in keys:
        return "tokenizer"
    # While it trains, the release stores the refine transformer under the base transformer's key.
    return "refine" if "r_trans" in keys or "share_weight" in read_arguments(run) else "base"


def _follow_arguments(run: Path, found: dict[str, Path], looked: list[str]) -> None:
    """Add the folders that a run's arguments.yaml names, taken from the working directory or beside the run."""
    stored = read_arguments(run)
    for stage in TRAINED_ON:
        value = stored.get(STAGES[stage].option)
        if stage in found or not value:
            continue
        for candidate in (Path(value), run.parent / Path(value).name):
            looked.append(str(candidate))
            if (place := _run_in(candidate)) is not None:
                found[stage] = place
                break
