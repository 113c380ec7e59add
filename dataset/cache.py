"""One split of a data set in the HumanML3D layout, read once and kept as memory-mapped arrays.

`load_split` turns thousands of small files (new_joint_vecs/<id>.npy, texts/<id>.txt, codes/<id>.npy) into
one file per array under `<root>/.cache/<split>-<fingerprint>/`. The fingerprint covers name, size and time of
every source file and the settings, so a cache is either current or not used.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dataset.cache_folder import ArrayWriter, discard, fingerprint_of, open_array, open_or_build
from dataset.caption_table import CaptionTable, read_lines, write_lines
from dataset.read_clips import ClipRecord, SplitReader
from dataset.spec import DatasetSpec
from dataset.statistics import check_normalisation, divisor, read_statistics
from utils.normaliser import Normaliser
from utils.present import has_file
from utils.runtime import UserError
from utils.texts import read_json, read_names

CACHE_FOLDER = ".cache"
CACHE_VERSION = 2  # of what the files below mean; raise it when that changes
POSE_FRAMES = ("heading", "world")
CODES_FOLDERS = {"world": "codes", "heading": "codes_heading"}
MAKERS = {
    "mocap": "dataset/prepare/build_mocap.py makes it",
    "toy": "dataset/prepare/make_toy.py makes it",
}


@dataclass
class Clips:
    """All usable clips of one split: whole recordings, and the parts of them that have captions of their own.

    Frames of clip i are rows `slice(i)` of `features` and `pose_codes`, which are memory-mapped.
    """

    spec: DatasetSpec
    split: str
    pose_frame: str
    fingerprint: str
    folder: Path  # of the cache
    root: Path
    scope: str  # what a cache folder shared by several data sets must keep apart; empty inside a data set
    names: list[str]  # unique
    sources: list[str]  # id of the recording a clip is (a part of)
    is_whole: np.ndarray  # (n,) bool: whole recording, not a time-tagged part of one
    offsets: np.ndarray  # (n+1,) int64
    features: np.ndarray  # (F, D) float32, not normalised
    pose_codes: np.ndarray  # (F, 70) uint8
    captions: CaptionTable  # of every clip; empty where a recording has time-tagged captions only
    mean: np.ndarray  # (D,) float32
    std: np.ndarray  # (D,) float32, positive
    content: str | None = None  # hash of all of this but the statistics; None: of a cache without checksums

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def normaliser(self) -> Normaliser:
        """What normalises the features."""
        return Normaliser(self.mean, self.std)

    @property
    def caption_texts(self) -> list[str]:
        """Distinct captions."""
        return self.captions.texts

    @property
    def lengths(self) -> np.ndarray:
        """Frames of every clip, (n,) int64."""
        return np.diff(self.offsets)

    def length(self, index: int) -> int:
        """Frames of one clip."""
        return int(self.offsets[index + 1] - self.offsets[index])

    def slice(self, index: int) -> slice:
        """Rows of one clip."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def window_clips(self, window: int) -> np.ndarray:
        """Indices of whole recordings of at least `window` frames; UserError when there are none."""
        clips = np.flatnonzero(self.is_whole & (self.lengths >= window))
        if not len(clips):
            raise UserError(f"no clip of {self.root} ({self.split}) has {window} frames: lower --window-size")
        return clips

    def text_clips(self) -> np.ndarray:
        """Indices of clips with captions and min_length..max_clip frames; UserError when there are none."""
        lengths = self.lengths
        in_range = (lengths >= self.spec.min_length) & (lengths <= self.spec.max_clip)
        clips = np.flatnonzero(in_range & (self.captions.counts > 0))
        if not len(clips):
            raise UserError(
                f"no clip of {self.root} ({self.split}) has a caption and {self.spec.min_length} to "
                f"{self.spec.max_clip} frames"
            )
        return clips

    def normalise(self, features: np.ndarray) -> np.ndarray:
        """(features - mean) / std over the last axis."""
        return self.normaliser.normalise(features)

    def normalised_rows(self, rows: np.ndarray) -> np.ndarray:
        """Normalised features of the given rows: indices (...) -> (..., D) float32, a copy."""
        return self.normaliser.normalise_in_place(np.asarray(self.features)[rows])

    def denormalise(self, features: np.ndarray) -> np.ndarray:
        """Undo `normalise`."""
        return self.normaliser.restore(features)


def load_split(
    root: str | Path,
    spec: DatasetSpec,
    split: str,
    *,
    pose_frame: str,
    codes_folder: str | Path | None = None,
    kit_codes: str | None = None,
    cache_dir: str | Path | None = None,
) -> Clips:
    """Load a split (train, val, test, train_val, all), building its cache when that is absent or stale.

    root: the data set's folder. pose_frame: frame the pose codes were parsed in. codes_folder: name inside
    root, or a path; default `codes` (world) or `codes_heading`. kit_codes: "corrected" or "published", how
    KIT-ML's codes were measured; None: either. cache_dir: default `<root>/.cache`.
    Unusable clips are left out with one summary line on stderr; UserError when something needed is missing,
    the codes are of the other frame, or no clip is left.
    """
    root = Path(root)
    if pose_frame not in POSE_FRAMES:
        raise UserError(f"--pose-frame {pose_frame} is unknown: use {' or '.join(POSE_FRAMES)}")
    names = _read_split_file(root, spec, split)
    motions, texts = _needed_folder(root / "new_joint_vecs", spec), _needed_folder(root / "texts", spec)
    codes = _find_codes(root, spec, pose_frame, codes_folder, kit_codes if spec.name == "kit" else None)
    mean, std = _read_statistics(root, spec)
    reader = SplitReader(spec, names, motions, texts, codes)
    # Inside the data set's folder a cache may move with it; elsewhere it must say whose it is.
    scope = "" if cache_dir is None else str(root.resolve())
    settings = {
        "scope": scope,
        "version": CACHE_VERSION,
        "data": spec.name,
        "width": spec.layout.width,
        "fps": spec.fps,
        "lengths": [spec.min_length, spec.max_clip],
        "pose_frame": pose_frame,
        "codes": str(codes_folder or CODES_FOLDERS[pose_frame]),
    }
    parent = Path(cache_dir) if cache_dir is not None else root / CACHE_FOLDER
    for attempt in range(2):
        folder, description = open_or_build(
            parent, split, settings, reader.identity(), lambda building: _build(reader, building, root, split)
        )
        try:
            clips = _open(folder, description)
            break
        except (OSError, ValueError, KeyError) as error:
            if attempt:
                raise UserError(f"the cache {folder} can't be read ({error}): delete it") from error
            discard(folder)  # damaged from outside: build it once more
    check_normalisation(clips["features"], mean, std, root, split)
    if description["summary"] and os.environ.get("RANK", "0") == "0":
        print(description["summary"], file=sys.stderr)
    return Clips(
        spec=spec,
        split=split,
        pose_frame=pose_frame,
        fingerprint=folder.name.rpartition("-")[2],
        folder=folder,
        root=root,
        scope=scope,
        mean=mean,
        std=divisor(std),
        content=_content(description),
        **clips,
    )


def _content(description: dict[str, Any]) -> str | None:
    """Hash of what a cache holds, by its checksums, whatever files it was made from."""
    if "crc" not in description["features"]:
        return None
    return fingerprint_of({part: value for part, value in description.items() if part != "summary"})


def _build(reader: SplitReader, folder: Path, root: Path, split: str) -> dict[str, Any]:
    """Write the arrays of a split; returns what `_open` needs."""
    with tqdm(reader.names, desc=f"caching {root.name}/{split}", unit="clip", mininterval=0.5) as progress:
        content = reader.write(folder, progress)
    if not content.clips:
        raise UserError(f"nothing usable in {root} ({split}): {content.summary(root.name, split)}")
    return {
        "features": content.features,
        "pose_codes": content.pose_codes,
        "clips": _write_clips(folder, content.clips),
        "captions": CaptionTable.of(clip.captions for clip in content.clips).write(folder),
        "summary": content.summary(root.name, split),
    }


def _write_clips(folder: Path, clips: list[ClipRecord]) -> dict[str, Any]:
    """Write what is known of every clip besides its frames and captions."""
    table = ArrayWriter(folder / "clips.i64", "<i8", (2,))
    table.append(np.array([(clip.frames, clip.is_whole) for clip in clips]))
    return {
        "table": table.close(),
        "names": write_lines(folder / "clips.names", [clip.name for clip in clips]),
        "sources": write_lines(folder / "clips.sources", [clip.source for clip in clips]),
    }


def _open(folder: Path, description: dict[str, Any]) -> dict[str, Any]:
    """The fields of `Clips` that the cache holds; ValueError, KeyError or OSError when it is damaged."""
    features = open_array(folder, description["features"])
    pose_codes = open_array(folder, description["pose_codes"])
    clips = description["clips"]
    names, sources = (read_lines(folder, clips[part]) for part in ("names", "sources"))
    frames, is_whole = open_array(folder, clips["table"]).T
    offsets = np.concatenate([[0], np.cumsum(frames)]).astype(np.int64)
    captions = CaptionTable.read(folder, description["captions"])
    if not len(features) == len(pose_codes) == offsets[-1]:
        raise ValueError("its arrays differ in length")
    if not len(names) == len(sources) == len(frames) == len(captions):
        raise ValueError("its clips are not complete")
    return {
        "names": names,
        "sources": sources,
        "is_whole": is_whole.astype(bool),
        "offsets": offsets,
        "features": features,
        "pose_codes": pose_codes,
        "captions": captions,
    }


def _maker(spec: DatasetSpec) -> str:
    return MAKERS.get(spec.name, "see docs/data_sets.md, or give --data-root")


def _read_split_file(root: Path, spec: DatasetSpec, split: str) -> list[str]:
    path = root / f"{split}.txt"
    if not path.is_file():
        raise UserError(f"{path} is missing: {_maker(spec)}")
    names = list(dict.fromkeys(read_names(path)))
    if not names:
        raise UserError(f"{path} lists no clips: {_maker(spec)}")
    return names


def _needed_folder(folder: Path, spec: DatasetSpec) -> Path:
    if not folder.is_dir():
        raise UserError(f"{folder} is missing: {_maker(spec)}")
    return folder


def _find_codes(
    root: Path, spec: DatasetSpec, pose_frame: str, folder: str | Path | None, kit_codes: str | None
) -> Path:
    """The folder of pose codes, measured as asked for. Published folders have no frame.json: world frame."""
    codes = root / (folder or CODES_FOLDERS[pose_frame])  # an absolute folder stays as it is
    command = f"bash dataset/prepare/parse_motion.sh --dataname {spec.name} --pose-frame {pose_frame}"
    if root != Path(spec.folder):
        command += f" --data-root {root}"
    if kit_codes is not None:
        command += f" --kit-codes {kit_codes}"
    if not codes.is_dir():
        raise UserError(f"pose codes {codes} are missing: run `{command}`")
    stated, stated_kit = "world", "published"
    note = codes / "frame.json"
    if has_file(note):
        try:
            content = read_json(note)
            stated, stated_kit = content["frame"], content.get("kit_codes") or "corrected"
        except (UserError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{note} does not say the frame of the codes: run `{command}`") from error
    if stated != pose_frame:
        raise UserError(
            f"{codes} holds pose codes of the {stated} frame, not {pose_frame}: use --pose-frame {stated}, "
            f"or run `{command}`"
        )
    if kit_codes is not None and stated_kit != kit_codes:
        raise UserError(
            f"{codes} holds {stated_kit} KIT-ML pose codes, not {kit_codes}: use --kit-codes {stated_kit}, "
            f"or run `{command} --force`"
        )
    return codes


def _read_statistics(root: Path, spec: DatasetSpec) -> tuple[np.ndarray, np.ndarray]:
    """Mean.npy and Std.npy, which may be 0 for features that never change."""
    remedy = f"{_maker(spec)}; is --dataname right?"
    return read_statistics(root / "Mean.npy", root / "Std.npy", spec.layout.width, remedy)
