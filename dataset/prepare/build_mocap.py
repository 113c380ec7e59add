"""Build dataset/Mocap, in HumanML3D's layout, from captioned motion capture (joints.npz, captions.jsonl).

    python dataset/prepare/build_mocap.py --originals dataset/originals     # cut from what download_mocap.sh brought
    python dataset/prepare/build_mocap.py --source DIR [DIR ...] --out DIR   # from a captured set that is there

--originals cuts the clips of this project's table of takes (docs/mocap.md) from the public archives' files, anywhere
below that folder, and keeps them in its folder captured/, in the format that --source and compose.py read.

Every clip is also mirrored (M<id>), with left and right exchanged in its captions. A finished folder is left
as it is while its source is unchanged; --force builds it again. Runs from any directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.folders import require_replaceable
from dataset.building.layout import RECORD, SPLITS, write_dataset
from dataset.building.mocap_source import (
    read_sources,
    sources_fingerprint,
    with_mirrored,
    write_source,
)
from dataset.captured import SETS, cut_originals, read_cuts
from dataset.pose_codes.files import codes_folder_name
from dataset.pose_codes.measures import FRAMES
from dataset.spec import get_spec
from options.prepare import CAPTURED_FOLDER, mocap_parser
from utils.outputs import require_folder
from utils.runtime import UserError, run_script, warn
from utils.texts import read_json_or_nothing

SHOWN = 5  # takes that are told one by one


def main(argv: list[str] | None = None) -> None:
    args = mocap_parser(__doc__).parse_args(argv)
    sources = args.source or [CAPTURED_FOLDER / SETS[0]]
    if args.originals is not None:
        if args.source is not None:
            raise UserError("--originals makes the captured sets itself: leave out --source")
        require_replaceable(args.out, RECORD, force=True, inputs=[("originals", args.originals)])
        sources = cut_sets(args.originals, args.sets)
    fingerprint = sources_fingerprint(sources)
    if args.out.exists() and not args.force:
        if is_current(args.out, fingerprint):
            print(f"{args.out} is complete and its source unchanged: nothing to do (--force builds it again)")
            return
    # What is out of date is built again without asking.
    require_replaceable(args.out, RECORD, force=True, inputs=[("source", source) for source in sources])
    counts = build(sources, args.out, fingerprint)
    print(
        f"made {args.out}: {counts['clips']} clips, mirrored ones included "
        f"({', '.join(f'{split} {counts[split]}' for split in SPLITS)}), {counts['minutes']:.0f} minutes"
    )
    if counts["short"]:
        minimum = get_spec("mocap").min_length
        print(
            f"{counts['short']} of them have fewer than {minimum} feature rows and will be skipped by loaders"
        )
    print("next: python train_pg_tokenizer.py --dataname mocap ... (see docs/training.md)")


def cut_sets(originals: Path, sets: Sequence[str]) -> list[Path]:
    """Cut the captured sets from the originals, into originals/captured/<set>; returns those folders.

    What could not be cut is told in a line for each source. UserError when a set would be empty.
    """
    if not originals.is_dir():
        raise UserError(
            f"--originals {originals}: no such folder; make it by dataset/prepare/download_mocap.sh"
        )
    cuts = read_cuts(sets)
    cut_clips = cut_originals(originals, cuts)
    for source, count in sorted(cut_clips.missing.items()):
        total = sum(cut.source == source for cut in cuts)
        warn(f"{count} of {total} clips of {source} left out: {originals} lacks their files (docs/mocap.md)")
    for problem in cut_clips.wrong[:SHOWN]:
        warn(f"left out: {problem}")
    if len(cut_clips.wrong) > SHOWN:
        warn(f"and {len(cut_clips.wrong) - SHOWN} more takes like these")
    folders = []
    for group in sets:
        of_group = [cut for cut in cuts if cut.group == group]
        here = sum(cut.name in cut_clips.joints for cut in of_group)
        if not here:
            raise UserError(
                f"{originals} holds no files of the set {group}: get them by dataset/prepare/download_mocap.sh "
                "(docs/mocap.md)"
            )
        folders.append(originals / "captured" / group)
        require_folder(folders[-1], "--originals")
        write_source(folders[-1], of_group, cut_clips.joints)
        print(f"cut {here} of {len(of_group)} clips into {folders[-1]}")
    return folders


def is_current(out: Path, fingerprint: str) -> bool:
    """Whether a finished build of the same source is in `out`, with all its clips."""
    record = read_json_or_nothing(out / RECORD)
    if not isinstance(record, dict):
        return False
    folders = ["new_joints", "new_joint_vecs", "texts", *map(codes_folder_name, FRAMES)]
    complete = all(
        (out / name).is_dir() and len(list((out / name).glob("*[0-9].*"))) == record.get("clips")
        for name in folders
    )
    files = ["Mean.npy", "Std.npy", *(f"{split}.txt" for split in (*SPLITS, "train_val", "all"))]
    return complete and record.get("source") == fingerprint and all((out / name).is_file() for name in files)


def build(sources: Sequence[Path], out: Path, fingerprint: str) -> dict[str, float]:
    """Write every clip and its mirror image to `out` in one go; returns the counts that `main` reports."""
    originals, splits = read_sources(sources)
    clips = (
        clip
        for original in tqdm(originals, desc="clips", unit="clip")
        for clip in (original, original.mirrored())
    )
    return write_dataset(out, clips, with_mirrored(splits), get_spec("mocap"), {"source": fingerprint})


if __name__ == "__main__":
    run_script(main)
