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
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a plain script, from any directory

from dataset.building.folders import require_replaceable, same_place
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
from utils.flags import FlagParser
from utils.outputs import require_file
from utils.ranges import SEED, SHARE_BELOW_1, positive, real, whole
from utils.runtime import UserError, atomic_write, run_script, warn

REPORT = "import_report"


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
    kept = [take for take in takes if take.clips]
    if not kept or args.report_only:
        write_report(args.report or args.out.with_name(f"{args.out.name}_{REPORT}"), report, text)
    if not kept:
        raise UserError(f"{args.source}: nothing is left to train on; the report above says why")
    if args.report_only:
        return
    splits = split_takes(kept, matched, {"val": args.val, "test": args.test}, args.seed)
    record = {"source": f"import_motion of {args.source.name}", "files": len(kept)}
    clips, names = named_clips(kept, splits, mirror=not args.no_mirror)
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
    parser = FlagParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of motion files (searched through), or one file")
    parser.add_argument("--captions", type=Path, help="CSV, TSV or JSONL table of files and captions")
    parser.add_argument("--out", type=Path, help="folder of the data set")
    parser.add_argument(
        "--convert", type=Path, help="instead: write one file's joints and features to this .npz"
    )
    parser.add_argument(
        "--skeleton", default="auto", help="auto, a name in configs/skeletons, or a YAML file"
    )
    parser.add_argument("--unit", default="auto", help="auto, m, cm, mm, inch, cmu, or metres per unit")
    parser.add_argument(
        "--up", default="auto", help="axis that points up: auto, y, z, x, or --up=-y and so on"
    )
    parser.add_argument(
        "--source-fps", type=positive(1e5), help="frame rate of the files, instead of what they say"
    )
    parser.add_argument(
        "--skip-frames", type=whole(0, 10**9), help="source frames to leave out at the start of each file"
    )
    parser.add_argument(
        "--asf", type=Path, help="skeleton of AMC files; by default the fitting .asf beside each"
    )
    parser.add_argument(
        "--body-model", type=Path, help="your SMPL-H or SMPL-X models' folder, for AMASS files"
    )
    parser.add_argument("--no-mirror", action="store_true", help="do not add every clip mirrored")
    parser.add_argument("--val", type=SHARE_BELOW_1, default=0.05, help="share of files for validation")
    parser.add_argument("--test", type=SHARE_BELOW_1, default=0.15, help="share of files for testing")
    parser.add_argument("--seed", type=SEED, default=0, help="of the split")
    parser.add_argument(
        "--max-step", type=positive(1e6), default=Limits.max_step, help="metres a joint may jump"
    )
    parser.add_argument(
        "--max-float", type=real(0, 1e6), default=Limits.max_float, help="metres above the floor"
    )
    parser.add_argument("--report", type=Path, help="also write the report here (.json and .txt)")
    parser.add_argument("--report-only", action="store_true", help="check the files, make no data set")
    parser.add_argument("--force", action="store_true", help="replace the data set in --out")
    args = parser.parse_args(argv)
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


def make_report(
    takes: list[Take], files: list[Path], matched: dict[Path, Described], described: dict[str, Described]
) -> dict:
    """Everything a person wants to check, as plain values."""
    used = {id(entry) for entry in matched.values()}
    number = 0
    entries = []
    for take in takes:
        entry: dict = {"file": str(take.path), "clips": []}
        for joints, sentences in take.clips:
            entry["clips"].append({"id": f"{number:06d}", "frames": len(joints), "captions": len(sentences)})
            number += 1
        if take.conversion is not None:
            entry["conversion"] = take.conversion.describe()
            if take.conversion.map.guessed:
                entry["guessed"] = take.conversion.map.describe()
        entry["dropped"] = [dict(zip(("part", "reason", "detail"), d, strict=True)) for d in take.dropped]
        entry["warnings"] = take.warnings
        entries.append(entry)
    return {
        "clips": number,
        "dropped": dict(Counter(reason for take in takes for _, reason, _ in take.dropped).most_common()),
        "files": entries,
        "files_without_captions": [str(file) for file in files if file not in matched],
        "captions_without_files": [name for name, entry in described.items() if id(entry) not in used],
    }


def report_text(report: dict, most: int = 20) -> str:
    """The report in words: counts, then files with something to say, `most` of each kind."""
    dropped = sum(report["dropped"].values())
    reasons = ", ".join(f"{reason} {count}" for reason, count in report["dropped"].items())
    lines = [
        f"{len(report['files'])} files read, {report['clips']} clips kept, {dropped} dropped"
        + (f" ({reasons})" if dropped else "")
    ]
    how = Counter(entry["conversion"] for entry in report["files"] if "conversion" in entry)
    lines += [f"  {count} x {text}" for text, count in how.most_common(most)]
    for title, key in (("dropped", "dropped"), ("to check", "warnings"), ("skeleton guessed", "guessed")):
        found = [(entry["file"], entry[key]) for entry in report["files"] if entry.get(key)]
        if found:
            lines.append(f"{title}:")
        for file, what in found[:most]:
            lines += [f"  {line}" for line in _told(Path(file).name, what)]
        if len(found) > most:
            lines.append(f"  and {len(found) - most} more files: see {REPORT}.json")
    for title, key in (
        ("files without captions, not used", "files_without_captions"),
        ("captions without a motion file", "captions_without_files"),
    ):
        if report[key]:
            shown = ", ".join(Path(name).name for name in report[key][:5])
            lines.append(f"{title}: {len(report[key])} ({shown}{', ...' if len(report[key]) > 5 else ''})")
    return "\n".join(lines)


def _told(name: str, what: list | str) -> list[str]:
    if isinstance(what, str):
        return [f"{name}: {what}"]
    return [
        f"{name}: {w}" if isinstance(w, str) else f"{name} ({w['part']}): {w['reason']}: {w['detail']}"
        for w in what
    ]


def write_report(stem: Path, report: dict, text: str) -> None:
    """`<stem>.json` and `<stem>.txt`."""
    for target, content in zip(report_files(stem), (json.dumps(report, indent=1), text), strict=True):
        with atomic_write(target) as path:
            path.write_text(content + "\n", encoding="utf-8")


def report_files(stem: Path) -> tuple[Path, Path]:
    """The two files of a report; an ending in `stem` is left out."""
    base = stem.with_suffix("") if stem.suffix in (".json", ".txt") else stem
    return base.with_name(base.name + ".json"), base.with_name(base.name + ".txt")


if __name__ == "__main__":
    run_script(main)
