"""Pose codes of a whole data set: new_joints/<id>.npy -> codes/<id>.npy and codes_heading/<id>.npy.

    bash dataset/prepare/parse_motion.sh                              # HumanML3D, both pose frames
    bash dataset/prepare/parse_motion.sh --dataname kit --pose-frame world --kit-codes published

Codes are written compact, (T, 70) uint8 (--khot: (T, 392) bool, the published form), with a frame.json that
records how they were measured. A folder that is complete and unchanged is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a plain script, from any directory

from dataset.pose_codes.files import FRAME_FILE, codes_folder_name, read_frame_info, write_frame_info
from dataset.pose_codes.measures import FRAMES, KIT_CODES
from dataset.pose_codes.parse import parse_pose_codes, to_khot
from dataset.prepare.folders import replaced_folder
from dataset.spec import SPECS, get_spec
from utils.runtime import UserError, run_script, warn

REPOSITORY = Path(__file__).resolve().parents[2]


def main(argv: list[str] | None = None) -> None:
    args = parse_arguments(argv)
    root = args.data_root or REPOSITORY / get_spec(args.dataname).folder
    paths = sorted((root / "new_joints").glob("*.npy"))
    if not paths:
        raise UserError(
            f"{root / 'new_joints'} has no .npy files: prepare {args.dataname} first, or --data-root"
        )
    published_kit = args.dataname == "kit" and args.kit_codes == "published"
    both = ("world",) if published_kit else FRAMES  # the published KIT codes have no heading frame
    frames = both if args.pose_frame == "both" else (args.pose_frame,)
    if args.codes_folder_name and len(frames) > 1:
        raise UserError("--codes-folder-name is one folder: say which --pose-frame goes there")
    for frame in frames:
        write_codes(paths, root / (args.codes_folder_name or codes_folder_name(frame)), frame, args)


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataname", choices=sorted(SPECS), default="t2m")
    parser.add_argument(
        "--data-root", type=Path, help="folder that holds new_joints (default: by --dataname)"
    )
    parser.add_argument("--pose-frame", choices=(*FRAMES, "both"), default="both")
    parser.add_argument(
        "--kit-codes", choices=KIT_CODES, default="corrected",
        help="KIT-ML only: published = no scale and crossed legs, for the published weights",
    )  # fmt: skip
    parser.add_argument("--codes-folder-name", help="default: codes (world), codes_heading (heading)")
    parser.add_argument(
        "--noise", type=float, default=0.0, help="multiple of the published noise (default 0)"
    )
    parser.add_argument("--seed", type=int, default=123, help="of the noise")
    parser.add_argument("--khot", action="store_true", help="write the published (T, 392) bool form")
    parser.add_argument("--force", action="store_true", help="replace codes made otherwise")
    return parser.parse_args(argv)


def write_codes(paths: list[Path], folder: Path, frame: str, args: argparse.Namespace) -> None:
    """Parse the joint files into `folder`, replacing it in one go; clips that fail are left out and named."""
    skeleton = get_spec(args.dataname).skeleton
    settings = {
        "frame": frame,
        "noise": args.noise,
        "seed": args.seed if args.noise else None,
        "kit_codes": args.kit_codes if args.dataname == "kit" else None,
        "khot": args.khot,
        "source": fingerprint(paths),
    }
    if folder.exists() and any(folder.iterdir()) and not args.force:
        if not (folder / FRAME_FILE).exists():
            raise UserError(
                f"{folder} was not made by this script: --force replaces it, or --codes-folder-name"
            )
        made = read_frame_info(folder)
        if all(made.get(key) == value for key, value in settings.items()):
            print(f"{folder} is complete and its joints unchanged: nothing to do")
            return
        changed = [
            key for key in settings if key != "source" and made.get(key, settings[key]) != settings[key]
        ]
        if changed:
            raise UserError(
                f"{folder} has other {', '.join(changed)}: --force replaces it, or --codes-folder-name"
            )
    bad: list[str] = []
    with replaced_folder(folder) as temporary:
        for number, path in enumerate(tqdm(paths, desc=f"{folder.name}", unit="clip")):
            try:
                joints = np.load(path)
                if joints.ndim != 3 or not len(joints):
                    raise ValueError(f"shape {joints.shape}")
                # Each clip draws from a seed of its own, so that its codes don't depend on the other clips.
                seed = (
                    np.random.SeedSequence((args.seed, number)).generate_state(1)[0] if args.noise else None
                )
                codes = parse_pose_codes(joints, frame, args.noise, seed, skeleton, args.kit_codes)
            except (UserError, ValueError, OSError):
                bad.append(path.stem)
                continue
            np.save(temporary / path.name, to_khot(codes) if args.khot else codes)
        if len(bad) == len(paths):
            raise UserError(
                f"none of the {len(paths)} clips in {paths[0].parent} could be read: is --dataname right?"
            )
        write_frame_info(temporary, **settings)
    if bad:
        warn(f"{len(bad)} clips left out (NaN, wrong shape or unreadable): {', '.join(bad[:10])}")
    print(f"made {folder}: pose codes of {len(paths) - len(bad)} clips in the {frame} frame")


def fingerprint(paths: list[Path]) -> str:
    """Hash of the joint files' names, sizes and times of change."""
    digest = hashlib.sha256()
    for path in paths:
        stat = path.stat()
        digest.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    run_script(main)
