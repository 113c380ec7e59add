"""Turn a folder of your own motion files and their captions into a data set that is ready for training.

    python dataset/prepare/import_motion.py my_takes --captions captions.csv --out dataset/Mine
    python train_pg_tokenizer.py --dataname mocap --data-root dataset/Mine ...
    python dataset/prepare/import_motion.py walk.bvh --convert output/walk.npz      # one file, joints only

Reads BVH, AMC (with ASF), AMASS npz and AIST++ pkl (with your body model), and joints or HumanML3D features as npy,
npz, pkl or csv, in the orders of axes that MDM, MLD, MoMask, MotionGPT, T2M-GPT and kimodo write. captions.csv: a row
per sentence with columns file and caption, and if wanted start, end (seconds), split (train, val, test), group
(kept in one split); or JSONL with the same fields. Skeleton, unit and up axis are found by names and body
size; --report-only says what was found and what would be dropped, and writes nothing but the report.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.folders import require_replaceable, same_place
from dataset.building.import_report import (
    REPORT,
    make_report,
    report_files,
    report_text,
    write_report,
)
from dataset.building.import_take import Take, import_take
from dataset.building.layout import RECORD, Clip, write_dataset
from dataset.captions import Caption, format_line
from dataset.features import extract_features, recover_joints
from dataset.motion_files import MOTION_SUFFIXES, ReadOptions
from dataset.motion_files.caption_table import SPLITS, Described, match_files, read_caption_table
from dataset.motion_files.load import ConvertOptions, load_takes
from dataset.motion_files.quality import Limits, take_warnings
from dataset.motion_files.read import one_gate
from dataset.spec import get_spec
from dataset.word_vectors import tokenize
from options.prepare import import_parser
from utils.outputs import require_file
from utils.runtime import UserError, atomic_write, run_script, warn


def main(argv: list[str] | None = None) -> None:
    args = parse_arguments(argv)
    options = ConvertOptions(
        ReadOptions(args.asf, args.body_model, args.source_fps),
        args.skeleton,
        args.unit,
        args.up,
        args.skip_frames,
    )
    limits = Limits(max_step=args.max_step, max_float=args.max_float)
    if args.convert is not None:
        convert_one(args.source, args.convert, options, limits)
        return
    described = read_caption_table(args.captions)
    files = motion_files(args.source)
    matched = match_files(described, files, args.source)
    if not matched:
        raise UserError(
            f"{args.captions}: none of its {len(described)} files is in {args.source}; the first is "
            f"{next(iter(described))!r}"
        )
    spec = get_spec("mocap")  # the skeleton, frame rate and lengths of t2m
    takes = [
        import_take(file, entry, options, limits, spec)
        for file, entry in tqdm(sorted(matched.items()), desc="files", unit="file")
    ]
    report = make_report(takes, files, matched, described)
    text = report_text(report)
    print(text)
    imported = [take for take in takes if take.clips]
    if not imported or args.report_only:
        write_report(args.report or args.out.with_name(f"{args.out.name}_{REPORT}"), report, text)
    if not imported:
        raise UserError(f"{args.source}: nothing is left to train on; the report above says why")
    if args.report_only:
        return
    splits = split_takes(imported, matched, {"val": args.val, "test": args.test}, args.seed)
    record = {"source": f"import_motion of {args.source.name}", "files": len(imported)}
    clips, names = named_clips(imported, splits, mirror=not args.no_mirror)
    counts = write_dataset(args.out, tqdm(clips, desc="clips", unit="clip"), names, spec, record)
    write_report(args.out / REPORT, report, text)
    if args.report is not None:
        write_report(args.report, report, text)
    print(
        f"made {args.out}: {counts['clips']} clips, {'not ' if args.no_mirror else ''}mirrored "
        f"({', '.join(f'{split} {counts[split]}' for split in SPLITS)}), {counts['minutes']:.1f} minutes\n"
        f"next: python train_pg_tokenizer.py --dataname mocap --data-root {args.out} ... (see docs/training.md)"
    )


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """Flags, checked; UserError names the one that is wrong."""
    args = import_parser(__doc__).parse_args(argv)
    if not (args.val >= 0 and args.test >= 0 and args.val + args.test < 1):
        raise UserError(f"--val {args.val} --test {args.test}: shares must leave something for training")
    if args.convert is not None:
        require_free_places(args)
        return args
    if args.captions is None or args.out is None:
        raise UserError("pass --captions TABLE and --out FOLDER to make a data set, or --convert FILE.npz")
    require_free_places(args)
    return args


def require_free_places(args: argparse.Namespace) -> None:
    """UserError where something to be written would take the place of something that is read, or of another's files."""
    inputs = [
        ("source", args.source),
        ("table of --captions", args.captions),
        ("skeleton of --asf", args.asf),
        ("--body-model", args.body_model),
        ("map of --skeleton", Path(args.skeleton) if Path(args.skeleton).is_file() else None),
    ]
    if args.convert is None and not args.report_only:
        require_replaceable(args.out, RECORD, args.force, inputs)
    written = [("--convert", args.convert)]
    if args.report is not None and args.convert is None:
        written += [("--report", path) for path in report_files(args.report)]
    for flag, path in written:
        if path is not None:
            require_file(path, flag)
        for name, given in inputs:
            if path is not None and given is not None and same_place(path, given):
                raise UserError(
                    f"{flag} {path} is the {name}, which would be overwritten: choose another {flag}"
                )


def motion_files(source: Path) -> list[Path]:
    """All motion files below a folder, sorted; UserError when there are none."""
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; pass the folder of the motion files")
    files = sorted(p for p in source.rglob("*") if p.suffix.lower() in MOTION_SUFFIXES and p.is_file())
    if not files:
        raise UserError(f"{source}: holds no motion file ({', '.join(MOTION_SUFFIXES)})")
    return files


def convert_one(source: Path, out: Path, options: ConvertOptions, limits: Limits) -> None:
    """Write joints (T-1, 22, 3) on the training skeleton, features (T-1, 263) and fps of one file.

    Of a file with several motions, each goes to a file of its own: out_0.npz, out_1.npz and so on. What an
    import of a folder would drop the file for is a warning here.
    """
    if out.suffix != ".npz":
        raise UserError(f"--convert {out}: must end in .npz")
    spec = get_spec("mocap")
    takes = load_takes(source, options, spec.fps)
    places = [out] if len(takes) == 1 else [out.with_stem(f"{out.stem}_{k}") for k in range(len(takes))]
    if any(same_place(place, source) for place in places):
        raise UserError(f"--convert {out}: would overwrite the source {source}: choose another name")
    with one_gate(source):
        features = [extract_features(take.joints, spec) for take in takes]
        told = [(*take.warnings, *take_warnings(take.joints, limits)) for take in takes]
    for place, take, rows, lines in zip(places, takes, features, told, strict=True):
        with atomic_write(place) as temporary:
            np.savez_compressed(temporary, joints=recover_joints(rows), features=rows, fps=np.array(spec.fps))
        print(f"{place}: {len(rows)} frames ({take.describe()})")
        for line in lines:
            warn(f"{place}: {line}" if len(takes) > 1 else f"{source}: {line}")
        if take.map.guessed:
            warn(f"skeleton guessed: {take.map.describe()}")


def split_takes(
    takes: list[Take], matched: dict[Path, Described], shares: dict[str, float], seed: int
) -> dict[Path, str]:
    """Split of each file: the table's, else drawn by group (a file alone is its own group).

    Few files still fill all three splits; a single group serves as all of them, with a warning.
    """
    chosen = {take.path: matched[take.path].split for take in takes}
    groups = sorted({_group(p, matched) for p, split in chosen.items() if split is None})
    shuffled = np.random.default_rng(seed).permutation(len(groups)).tolist()
    drawn: dict[str, str] = {}
    given = set(chosen.values())
    for split, share in shares.items():
        wanted = round(share * len(groups))
        if not wanted and share > 0 and split not in given and len(groups) >= 3:
            wanted = 1
        for _ in range(wanted):
            drawn[groups[shuffled.pop()]] = split
    return {path: split or drawn.get(_group(path, matched), "train") for path, split in chosen.items()}


def _group(path: Path, matched: dict[Path, Described]) -> str:
    return matched[path].group or str(path)


def named_clips(
    takes: list[Take], splits: dict[Path, str], mirror: bool
) -> tuple[Iterator[Clip], dict[str, list[str]]]:
    """Clips in order, lazily, and their names by split; every split gets at least something."""
    names: dict[str, list[str]] = {split: [] for split in SPLITS}
    parts = [(take, joints, sentences) for take in takes for joints, sentences in take.clips]
    for number, (take, _, _) in enumerate(parts):
        name = f"{number:06d}"
        names[splits[take.path]] += [name, f"M{name}"] if mirror else [name]
    filled = next(names[split] for split in SPLITS if names[split])
    for split in SPLITS:
        if not names[split]:
            warn(
                f"too few files for a {split} split of their own: it repeats other clips, its scores mean nothing"
            )
            names[split] = list(filled)

    def clips() -> Iterator[Clip]:
        for number, (_, joints, sentences) in enumerate(parts):
            lines = [format_line(Caption(text, tokenize(text), a, b)) for text, a, b in sentences]
            clip = Clip(f"{number:06d}", joints, lines)
            yield clip
            if mirror:
                yield clip.mirrored()

    return clips(), names


if __name__ == "__main__":
    run_script(main)
