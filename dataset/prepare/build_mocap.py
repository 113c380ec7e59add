"""Build dataset/Mocap, in HumanML3D's layout, from captioned motion capture (joints.npz, captions.jsonl).

    python dataset/prepare/build_mocap.py                    # from ../shared/data/mocap, about a minute
    python dataset/prepare/build_mocap.py --source DIR --out DIR

Every clip is also mirrored (M<id>), with left and right exchanged in its captions. A finished folder is left
as it is while its source is unchanged; --force builds it again. Runs from any directory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a plain script, from any directory

from dataset.features import extract_features, feature_statistics, mirror_joints, recover_joints, swap_sides
from dataset.pose_codes.files import codes_folder_name, write_frame_info
from dataset.pose_codes.measures import FRAMES
from dataset.pose_codes.parse import parse_pose_codes
from dataset.prepare.folders import replaced_folder
from dataset.spec import get_spec
from utils.runtime import UserError, run_script

REPOSITORY = Path(__file__).resolve().parents[2]
SPLITS = ("train", "val", "test")
RECORD = "build.json"  # written last: a folder that has it is complete
VERSION = 1  # raise it when the result of a build changes
LOCAL_UNIT = 1e-4  # metres per unit of the stored root-relative positions


@dataclass(frozen=True)
class Clip:
    """One clip to be written: joints (T, 22, 3) in metres and its caption lines."""

    name: str
    joints: np.ndarray
    lines: list[str]

    def mirrored(self) -> Clip:
        return Clip("M" + self.name, mirror_joints(self.joints), [swap_sides(line) for line in self.lines])


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, default=REPOSITORY.parent / "shared" / "data" / "mocap")
    parser.add_argument("--out", type=Path, default=REPOSITORY / get_spec("mocap").folder)
    parser.add_argument("--force", action="store_true", help="build again, and replace whatever is in --out")
    args = parser.parse_args(argv)

    fingerprint = source_fingerprint(args.source)
    if args.out.exists() and not args.force:
        if is_current(args.out, fingerprint):
            print(f"{args.out} is complete and its source unchanged: nothing to do (--force builds it again)")
            return
        if any(args.out.iterdir()) and not (args.out / RECORD).exists():
            raise UserError(
                f"{args.out} holds files this script did not make: choose another --out, or --force"
            )
    counts = build(args.source, args.out, fingerprint)
    print(
        f"made {args.out}: {counts['clips']} clips, mirrored ones included "
        f"({', '.join(f'{split} {counts[split]}' for split in SPLITS)}), {counts['minutes']:.0f} minutes"
    )
    if counts["short"]:
        minimum = get_spec("mocap").min_length
        print(
            f"{counts['short']} of them have fewer than {minimum} feature rows and will be skipped by loaders"
        )
    print("next: python train_pg_tokenizer.py --dataname mocap ... (see README.md)")


def source_fingerprint(source: Path) -> str:
    """Hash of the source's files and of this recipe's version; UserError names what is missing."""
    digest = hashlib.sha256(str(VERSION).encode())
    for name in ("joints.npz", "captions.jsonl", *(f"{split}.txt" for split in SPLITS)):
        path = source / name
        if not path.is_file():
            raise UserError(f"{path} is missing: pass the folder of the motion capture source as --source")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(out: Path, fingerprint: str) -> bool:
    """Whether a finished build of the same source is in `out`, with all its clips."""
    try:
        record = json.loads((out / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    folders = ["new_joints", "new_joint_vecs", "texts", *map(codes_folder_name, FRAMES)]
    complete = all(
        (out / name).is_dir() and len(list((out / name).glob("*[0-9].*"))) == record.get("clips")
        for name in folders
    )
    files = ["Mean.npy", "Std.npy", *(f"{split}.txt" for split in (*SPLITS, "train_val", "all"))]
    return complete and record.get("source") == fingerprint and all((out / name).is_file() for name in files)


def read_clips(source: Path) -> Iterator[Clip]:
    """The source's clips, mirrored ones not included; UserError for a clip without captions."""
    with open(source / "captions.jsonl", encoding="utf-8") as file:
        lines = {entry["id"]: entry["lines"] for entry in map(json.loads, file)}
    with np.load(source / "joints.npz", allow_pickle=False) as arrays:
        names, offsets = arrays["ids"].tolist(), arrays["offsets"].tolist()
        root, local = arrays["root"], arrays["local"]
    for name, start, stop in zip(names, offsets, offsets[1:], strict=False):
        if name not in lines:
            raise UserError(
                f"{source / 'captions.jsonl'} has no captions for clip {name}: get the source again"
            )
        joints = root[start:stop, None] + local[start:stop].astype(np.float32) * LOCAL_UNIT
        yield Clip(name, joints, lines[name])


def build(source: Path, out: Path, fingerprint: str) -> dict[str, float]:
    """Write the whole data set to `out` in one go; returns the counts that `main` reports."""
    spec = get_spec("mocap")
    splits = {split: (source / f"{split}.txt").read_text(encoding="utf-8").split() for split in SPLITS}
    for split in SPLITS:
        splits[split] += [f"M{name}" for name in splits[split]]
    training = set(splits["train"])
    train_features: list[np.ndarray] = []
    frames = clips = short = 0

    with replaced_folder(out) as folder:
        for name in ("new_joints", "new_joint_vecs", "texts", *map(codes_folder_name, FRAMES)):
            (folder / name).mkdir()
        for original in tqdm(list(read_clips(source)), desc="clips", unit="clip"):
            for clip in (original, original.mirrored()):
                features = write_clip(clip, folder)
                if clip.name in training:
                    train_features.append(features)
                frames += len(features)
                clips += 1
                short += len(features) < spec.min_length
        for frame in FRAMES:
            write_frame_info(folder / codes_folder_name(frame), frame)
        mean, std = feature_statistics(train_features, spec.layout)
        np.save(folder / "Mean.npy", mean)
        np.save(folder / "Std.npy", std)
        splits["train_val"] = splits["train"] + splits["val"]
        splits["all"] = splits["train_val"] + splits["test"]
        for split, names in splits.items():
            (folder / f"{split}.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
        record = {"clips": clips, "source": fingerprint}
        (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    lengths = {split: len(splits[split]) for split in SPLITS}
    return {"clips": clips, "minutes": frames / spec.fps / 60, "short": short, **lengths}


def write_clip(clip: Clip, folder: Path) -> np.ndarray:
    """Write one clip's files; returns its features (T-1, 263). Joints and codes are those of the features."""
    features = extract_features(clip.joints, get_spec("mocap"))
    joints = recover_joints(features)
    np.save(folder / "new_joint_vecs" / f"{clip.name}.npy", features)
    np.save(folder / "new_joints" / f"{clip.name}.npy", joints)
    for frame in FRAMES:
        np.save(folder / codes_folder_name(frame) / f"{clip.name}.npy", parse_pose_codes(joints, frame))
    (folder / "texts" / f"{clip.name}.txt").write_text("\n".join(clip.lines) + "\n", encoding="utf-8")
    return features


if __name__ == "__main__":
    run_script(main)
