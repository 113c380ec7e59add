"""Write a data set in HumanML3D's layout from clips of joints and caption lines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataset.balance import ACTIONS_FILE
from dataset.building.folders import replaced_folder
from dataset.cache import CACHE_FOLDER
from dataset.features import extract_features, feature_statistics, mirror_joints, recover_joints, swap_sides
from dataset.pose_codes.files import codes_folder_name, write_frame_info
from dataset.pose_codes.measures import FRAMES
from dataset.pose_codes.parse import parse_pose_codes
from dataset.spec import DatasetSpec

SPLITS = ("train", "val", "test")
RECORD = "build.json"  # written last: a folder that has it is complete
# Everything that scripts put into a data set; keywords are not among it, as they may have cost money.
OURS = (
    *("new_joints", "new_joint_vecs", "texts", "codes", "codes_*", ".codes*", "Mean.npy", "Std.npy"),
    *(
        "train.txt",
        "val.txt",
        "test.txt",
        "train_val.txt",
        "all.txt",
        ACTIONS_FILE,
        RECORD,
        CACHE_FOLDER,
        "import_report.*",
    ),
)
REPLIES = Path(CACHE_FOLDER) / "keywords"  # of language models, by caption: good for any data set


@dataclass(frozen=True)
class Clip:
    """One clip to be written: joints (T, 22, 3) in metres, its caption lines, and what is done in it where known."""

    name: str
    joints: np.ndarray
    lines: list[str]
    actions: tuple[str, ...] = ()

    def mirrored(self) -> Clip:
        lines, actions = [swap_sides(line) for line in self.lines], tuple(map(swap_sides, self.actions))
        return Clip("M" + self.name, mirror_joints(self.joints), lines, actions)


def write_clip(clip: Clip, folder: Path, spec: DatasetSpec) -> np.ndarray:
    """Write one clip's files; returns its features (T-1, 263). Joints and codes are those of the features."""
    features = extract_features(clip.joints, spec)
    joints = recover_joints(features)
    np.save(folder / "new_joint_vecs" / f"{clip.name}.npy", features)
    np.save(folder / "new_joints" / f"{clip.name}.npy", joints)
    for frame in FRAMES:
        np.save(folder / codes_folder_name(frame) / f"{clip.name}.npy", parse_pose_codes(joints, frame))
    (folder / "texts" / f"{clip.name}.txt").write_text("\n".join(clip.lines) + "\n", encoding="utf-8")
    return features


def write_dataset(
    out: Path,
    clips: Iterable[Clip],
    splits: Mapping[str, list[str]],
    spec: DatasetSpec,
    record: dict,
    measured: Container[str] | None = None,
) -> dict[str, float]:
    """Write all clips, statistics and split files to `out`, which is replaced as a whole.

    splits: names of train, val and test clips; train_val and all are added. record: facts stored in
    build.json, the number of clips is added. measured: names of the clips whose mean and standard deviation are
    written; None: those of the training split. Returns counts of clips, by split too, of those too short to
    be used, and minutes.
    """
    measured = set(splits["train"]) if measured is None else measured
    train_features: list[np.ndarray] = []
    actions: dict[str, tuple[str, ...]] = {}
    count = frames = short = 0
    with replaced_folder(out, OURS) as folder:
        for name in ("new_joints", "new_joint_vecs", "texts", *map(codes_folder_name, FRAMES)):
            (folder / name).mkdir()
        for clip in clips:
            features = write_clip(clip, folder, spec)
            if clip.name in measured:
                train_features.append(features)
            if clip.actions:
                actions[clip.name] = clip.actions
            count += 1
            frames += len(features)
            short += len(features) < spec.min_length
        for frame in FRAMES:
            write_frame_info(folder / codes_folder_name(frame), frame)
        mean, std = feature_statistics(train_features, spec.layout)
        np.save(folder / "Mean.npy", mean)
        np.save(folder / "Std.npy", std)
        train_val = [*splits["train"], *splits["val"]]
        for split, names in {**splits, "train_val": train_val, "all": [*train_val, *splits["test"]]}.items():
            (folder / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        if actions:
            (folder / ACTIONS_FILE).write_text(json.dumps(actions, indent=0) + "\n", encoding="utf-8")
        (folder / RECORD).write_text(
            json.dumps({"clips": count, **record}, indent=1) + "\n", encoding="utf-8"
        )
        if (out / REPLIES).is_dir():
            shutil.copytree(out / REPLIES, folder / REPLIES)
    sizes = {split: len(splits[split]) for split in SPLITS}
    return {"clips": count, "minutes": frames / spec.fps / 60, "short": short, **sizes}
