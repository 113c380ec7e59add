"""Captioned motion capture as one file of joints and one of captions, read and checked.

joints.npz holds `ids` (N,) text, `offsets` (N + 1,) whole, `root` (T, 3) metres and `local` (T, 22, 3) in units of
LOCAL_UNIT, of all N clips one behind the other. captions.jsonl has an object per clip: `id` and `lines`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from dataset.building.folders import replaced_folder
from dataset.building.layout import SPLITS, Clip
from dataset.captured import Cut
from dataset.motion_files.arrays import load_arrays
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON
from utils.texts import one_line, parse_json, read_lines, read_names

VERSION = 2  # raise it when the result of a build changes
LOCAL_UNIT = 1e-4  # metres per unit of the stored root-relative positions
JOINTS_FILE, CAPTIONS_FILE = "joints.npz", "captions.jsonl"
KINDS = {"ids": "U", "offsets": "iu", "root": "f", "local": "iuf"}  # of numpy's dtypes


def read_clips(source: Path) -> Iterator[Clip]:
    """The source's clips, mirrored ones not included; UserError for a damaged file or a clip without captions."""
    captions = _read_captions(source / CAPTIONS_FILE)
    names, offsets, root, local = _read_joints(source / JOINTS_FILE)
    for name, start, stop in zip(names, offsets, offsets[1:], strict=False):
        if name not in captions:
            raise UserError(f"{source / CAPTIONS_FILE} has no captions for clip {name}: get the source again")
        joints = root[start:stop, None] + local[start:stop].astype(np.float32) * LOCAL_UNIT
        yield Clip(name, joints, *captions[name])


def source_fingerprint(source: Path) -> str:
    """Hash of the source's files and of this recipe's version; UserError names what is missing."""
    digest = hashlib.sha256(str(VERSION).encode())
    for name in (JOINTS_FILE, CAPTIONS_FILE, *(f"{split}.txt" for split in SPLITS)):
        path = source / name
        if not path.is_file():
            raise UserError(
                f"{path} is missing: pass the folder of a captured set as --source, or cut one from "
                "the public archives by build_mocap.py --originals (docs/mocap.md)"
            )
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sources_fingerprint(sources: Sequence[Path]) -> str:
    """`source_fingerprint` of one source, or of several in their order."""
    fingerprints = [source_fingerprint(source) for source in sources]
    return (
        fingerprints[0]
        if len(fingerprints) == 1
        else hashlib.sha256("".join(fingerprints).encode()).hexdigest()
    )


def read_sources(sources: Sequence[Path]) -> tuple[list[Clip], dict[str, list[str]]]:
    """Clips of all sources, and the names of each split; UserError for a name that two of them use."""
    clips = [clip for source in sources for clip in read_clips(source)]
    seen: set[str] = set()
    for clip in clips:
        if clip.name in seen:
            raise UserError(f"--source: two clips are called {clip.name}; give each source once")
        seen.add(clip.name)
    splits = {
        split: [name for source in sources for name in read_names(source / f"{split}.txt")]
        for split in SPLITS
    }
    for split, names in splits.items():
        if not seen & set(names):
            listed = ", ".join(str(source / f"{split}.txt") for source in sources)
            raise UserError(f"{listed}: names none of the clips of {JOINTS_FILE}: get the source again")
    return clips, splits


def with_mirrored(splits: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Splits with the names of the mirror images added."""
    return {split: [*names, *(f"M{name}" for name in names)] for split, names in splits.items()}


def write_source(folder: Path, cuts: Sequence[Cut], joints: Mapping[str, np.ndarray]) -> None:
    """Write the clips that `joints`, (T, 22, 3) by name, has, as a folder that `read_clips` reads; all at once.

    What is written is rounded: root to float32, the rest to LOCAL_UNIT about it.
    """
    cuts = [cut for cut in cuts if cut.name in joints]
    clips = [joints[cut.name] for cut in cuts]
    local = [np.round((clip - clip[:, :1]) / LOCAL_UNIT).astype(np.int16) for clip in clips]
    files = (JOINTS_FILE, CAPTIONS_FILE, *(f"{split}.txt" for split in SPLITS))
    with replaced_folder(folder, files) as temporary:
        np.savez_compressed(
            temporary / JOINTS_FILE,
            ids=np.array([cut.name for cut in cuts]),
            offsets=np.cumsum([0, *map(len, clips)]),
            root=np.concatenate([clip[:, 0] for clip in clips]).astype(np.float32),
            local=np.concatenate(local),
        )
        entries = (
            {key: getattr(cut, key) for key in ("source", "take", "action", "style", "lines")} for cut in cuts
        )
        text = "".join(
            json.dumps({"id": cut.name} | entry, ensure_ascii=False) + "\n"
            for cut, entry in zip(cuts, entries, strict=True)
        )
        (temporary / CAPTIONS_FILE).write_text(text, encoding="utf-8")
        for split in SPLITS:
            names = "".join(f"{cut.name}\n" for cut in cuts if cut.split == split)
            (temporary / f"{split}.txt").write_text(names, encoding="utf-8")


def _read_captions(path: Path) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Caption lines of each clip, and its action where the file says one."""
    try:
        entries = [entry for entry in map(parse_json, read_lines(path)) if entry != ""]
        lines = {entry["id"]: entry["lines"] for entry in entries}
        actions = {entry["id"]: (str(entry["action"]),) if entry.get("action") else () for entry in entries}
        wrong = next((k for k, v in lines.items() if not isinstance(v, list) or not _texts(v)), None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({one_line(error)}): get it again") from error
    if wrong is not None:
        raise UserError(f"{path} is damaged (the lines of {wrong} are no list of texts): get it again")
    return {name: (lines[name], actions[name]) for name in lines}


def _texts(values: list) -> bool:
    return bool(values) and all(isinstance(value, str) for value in values)


def _read_joints(path: Path) -> tuple[list[str], list[int], np.ndarray, np.ndarray]:
    """Names, borders, root (T, 3) and local (T, 22, 3) positions; UserError names the file and what is wrong."""
    held = load_arrays(path)
    missing = [name for name in KINDS if name not in held]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}: get the source again")
    arrays = {name: np.asarray(held[name]) for name in KINDS}
    for name, values in arrays.items():
        if values.dtype.kind not in KINDS[name]:
            raise UserError(
                f"{path}: {name} holds {values.dtype}, not what belongs there: get the source again"
            )
    ids, offsets, root, local = arrays.values()
    frames = len(root) if root.ndim else 0
    problems = {
        "ids are no list of different names": ids.ndim != 1
        or not len(ids)
        or len(set(ids.tolist())) < len(ids),
        f"offsets are no {ids.size + 1} borders": offsets.shape != (ids.size + 1,),
        f"root is {root.shape}, not (frames, 3)": root.shape != (frames, 3) or not frames,
        f"local is {local.shape}, not (frames, {T2M_SKELETON.num_joints}, 3)": (
            local.shape != (frames, T2M_SKELETON.num_joints, 3)
        ),
        "root or local is not finite": not (np.isfinite(root).all() and np.isfinite(local).all()),
    }
    problem = next((said for said, holds in problems.items() if holds), None)
    if problem is None and (
        offsets[0] != 0 or offsets[-1] != frames or (np.diff(offsets.astype(int)) < 2).any()
    ):
        problem = f"offsets do not divide its {frames} frames into clips"
    if problem is not None:
        raise UserError(f"{path}: {problem}: get the source again")
    return ids.tolist(), offsets.tolist(), root, local
