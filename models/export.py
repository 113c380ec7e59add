"""Publish trained stages as one small folder, such as ``pretrained/small``.

    python -m models.export --tokenizer exp_result/mini_pg_tokenizer --base exp_result/mini_base_trans \\
        --refine exp_result/mini_refine_trans --evaluator checkpoints/mocap --out exp_result/mini --half

Writes OUT/exp_pg_tokenizer, OUT/exp_base_transformer, OUT/exp_refine_transformer, OUT/evaluator/<dataname> and
OUT/matcher/<dataname>, without optimizer states, as float16 with --half (loading restores float32).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from dataset.statistics import read_statistics
from models.build import (
    find_weights,
    load_base_transformer,
    load_evaluator,
    load_refine_transformer,
    load_tokenizer,
)
from models.evaluator import NOTE_FILE, STATISTICS_FOLDER
from utils.checkpoint import export_weights, newest_run, read_arguments, write_arguments
from utils.flags import FlagParser
from utils.outputs import require_folder
from utils.runtime import UserError, atomic_write, run_script
from utils.stage_files import STAGES, TRAINED_ON
from utils.staging import staged

LOAD = {"tokenizer": load_tokenizer, "base": load_base_transformer, "refine": load_refine_transformer}
EVALUATORS = ("evaluator", "matcher")  # options, and folders below --out
DERIVED = (".code_sum",)  # codebook times count: `models.build.adapt_tokenizer_weights` makes it again
MACHINE_SETTINGS = (
    "data_root",
    "cache_dir",
    "text_encoder_path",
    "resume",
    "resume_pth",
    "resume_trans",
    "preset",
)


def export_stage(stage: str, run: Path, out: Path, half: bool) -> Path:
    """Copy one stage's weights, statistics and arguments from its run folder; returns its new folder."""
    folder = out / STAGES[stage].folder
    weights = find_weights(run)
    LOAD[stage](run)  # weights that don't fit their arguments are of no use to anybody
    exported = export_weights(
        run, folder, STAGES[stage].weights, half=half, file_name=weights.name, leave_out=DERIVED
    )
    if exported.name != "net_best_fid.pth":
        exported.rename(folder / "net_best_fid.pth")
    read_statistics(run / "mean.npy", run / "std.npy", None, "give the folder that the training wrote")
    for statistics in ("mean.npy", "std.npy"):
        with atomic_write(folder / statistics) as temporary:
            shutil.copyfile(run / statistics, temporary)
    arguments = {**read_arguments(run), **dict.fromkeys(MACHINE_SETTINGS)}
    # The folders of this machine mean nothing elsewhere: point at the siblings.
    for files in (STAGES[other] for other in TRAINED_ON):
        if arguments.get(files.option):
            arguments[files.option] = files.folder
    write_arguments(folder, arguments)
    return folder


def copy_evaluator(source: Path, target: Path) -> None:
    """Copy a data set's evaluator; what an earlier one left there and this one lacks would change its numbers."""
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*.tmp-*"))
    drop_older_parts(source, target)


def drop_older_parts(source: Path, target: Path) -> None:
    """Remove what an evaluator in `target` had that the one copied from `source` has not."""
    for name in (NOTE_FILE, STATISTICS_FOLDER / "mean.npy", STATISTICS_FOLDER / "std.npy"):
        if not (source / name).is_file():
            (target / name).unlink(missing_ok=True)


def main() -> None:
    """Parse options and copy."""
    parser = FlagParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for stage in STAGES:
        parser.add_argument(
            f"--{stage}", type=Path, help=f"run folder of the {stage}, or its folder of dated runs"
        )
    parser.add_argument(
        "--evaluator", type=Path, help="folder of one data set's evaluator: checkpoints/<dataname>"
    )
    parser.add_argument(
        "--matcher",
        type=Path,
        help="folder of the evaluator that chooses among candidates in place of --evaluator's",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--half", action="store_true", help="store float16")
    args = parser.parse_args()
    require_folder(args.out, "--out")
    for line in export_all(args):
        print(line)


def export_all(args: argparse.Namespace) -> list[Path]:
    """Copy all that the options name, or nothing where one of it can't be had; returns the folders written."""
    runs = {stage: newest_run(run) for stage in STAGES if (run := getattr(args, stage)) is not None}
    sources = {stage: (run, args.out / STAGES[stage].folder) for stage, run in runs.items()}
    evaluators = {name: path for name in EVALUATORS if (path := getattr(args, name)) is not None}
    for name, path in evaluators.items():
        if not path.is_dir():
            raise UserError(f"--{name} {path}: no such folder; train_evaluator.py makes it")
        sources[name] = (path, args.out / name / path.resolve().name)
    if not sources:
        raise UserError(
            "nothing to export: give a run by --tokenizer, --base, --refine, --evaluator or --matcher"
        )
    for name, (source, target) in sources.items():
        if source.resolve() == target.resolve():
            raise UserError(f"--{name} {source} is the folder that would be written: choose another --out")
    with staged(args.out) as folder:
        for stage, run in runs.items():
            export_stage(stage, run, folder, args.half)
        for name, path in evaluators.items():
            load_evaluator(path.resolve().parent, path.resolve().name)  # sound?
            copy_evaluator(path, folder / name / path.resolve().name)
    for name in evaluators:
        drop_older_parts(*sources[name])
    return [target for _, target in sources.values()]


if __name__ == "__main__":
    run_script(main)
