"""Pose codes of a whole data set: new_joints/<id>.npy -> codes/<id>.npy and codes_heading/<id>.npy.

    bash dataset/prepare/parse_motion.sh                              # HumanML3D, both pose frames
    bash dataset/prepare/parse_motion.sh --dataname kit --pose-frame world --kit-codes published

Codes are written compact, (T, 70) uint8 (--khot: (T, 392) bool, the published form), with a frame.json that
records how they were measured. A folder that is complete and unchanged is left as it is. All processor cores
work (--workers); a run that was killed goes on when started again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
from pathlib import Path
from typing import Any

from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.folders import carries_record
from dataset.building.parse_pool import HowParsed, PartialFolder, parse_clips
from dataset.cache_folder import stat_files
from dataset.pose_codes.files import FRAME_FILE, codes_folder_name, read_frame_info
from dataset.pose_codes.measures import FRAMES
from options.prepare import data_root_of, pose_codes_parser
from utils.runtime import UserError, run_script, warn


def main(argv: list[str] | None = None) -> None:
    args = pose_codes_parser(__doc__).parse_args(argv)
    root = data_root_of(args)
    paths = sorted((root / "new_joints").glob("*.npy"))
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise UserError(
            f"{root / 'new_joints'} has no .npy files: prepare {args.dataname} first, or --data-root"
        )
    published_kit = args.dataname == "kit" and args.kit_codes == "published"
    both = ("world",) if published_kit else FRAMES  # the published KIT codes have no heading frame
    frames = both if args.pose_frame == "both" else (args.pose_frame,)
    if args.codes_folder_name and len(frames) > 1:
        raise UserError("--codes-folder-name is one folder: say which --pose-frame goes there")
    folders = {frame: root / (args.codes_folder_name or codes_folder_name(frame)) for frame in frames}
    write_codes(paths, folders, args)


def write_codes(paths: list[Path], folders: dict[str, Path], args: argparse.Namespace) -> None:
    """Parse the joint files into each pose frame's folder, replacing it in one go; bad clips are left out and named."""
    how = HowParsed(args.dataname, args.kit_codes, args.noise, args.seed, args.khot)
    settings = {
        "noise": args.noise,
        "seed": args.seed if args.noise else None,
        "kit_codes": args.kit_codes if args.dataname == "kit" else None,
        "khot": args.khot,
        "source": fingerprint(paths),
    }
    todo = [
        frame
        for frame, folder in folders.items()
        if not is_complete(folder, {"frame": frame, **settings}, args.force)
    ]
    if not todo:
        return
    with contextlib.ExitStack() as stack:
        partials = []
        for frame in todo:
            partials.append(PartialFolder(folders[frame], frame, {"frame": frame, **settings}))
            stack.callback(partials[-1].close)
        with tqdm(
            total=len(paths), desc=" and ".join(folders[frame].name for frame in todo), unit="clip"
        ) as bar:
            for clips in parse_clips(paths, partials, how, args.workers):
                bar.update(clips)
        bad = partials[0].left_out()
        if len(bad) == len(paths):
            for partial in partials:
                partial.give_up()
            raise UserError(
                f"none of the {len(paths)} clips in {paths[0].parent} could be read: is --dataname right?"
            )
        for partial in partials:
            partial.finish()
            count = len(paths) - len(bad)
            print(f"made {partial.target}: pose codes of {count} clips in the {partial.frame} frame")
    if bad:
        warn(f"{len(bad)} clips left out (NaN, wrong shape or unreadable): {', '.join(bad[:10])}")


def is_complete(folder: Path, settings: dict[str, Any], force: bool) -> bool:
    """Whether a folder holds these codes already; UserError when it holds others, or codes of others.

    `force` replaces what this script made with other settings, and nothing else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not folder.is_dir() or not carries_record(folder, FRAME_FILE):
        raise UserError(
            f"{folder} was not made by this script, and --force does not replace it: move it away, or give another "
            "--codes-folder-name"
        )
    if force:
        return False
    made = read_frame_info(folder)
    if all(made.get(key) == value for key, value in settings.items()):
        print(f"{folder} is complete and its joints unchanged: nothing to do")
        return True
    changed = [key for key in settings if key != "source" and made.get(key, settings[key]) != settings[key]]
    if changed:
        raise UserError(
            f"{folder} has other {', '.join(changed)}: --force replaces it, or --codes-folder-name"
        )
    return False


def fingerprint(paths: list[Path]) -> str:
    """Hash of the joint files' names, sizes and times of change; all of one folder."""
    digest = hashlib.sha256()
    files = stat_files(paths[0].parent)
    for path in paths:
        digest.update(f"{path.name} {files[path.name]}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    run_script(main)
