"""Cut the captured clips from the archives' own files (ASF/AMC, BVH), wherever they lie below a folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.ndimage import minimum_filter1d
from tqdm import tqdm

from dataset.captured.takes import CHECKED_JOINTS, Cut
from dataset.motion_files import BadMotion, ReadOptions
from dataset.motion_files.load import ConvertOptions, load_take
from utils.rotation import turn, yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction, retarget

FPS = 20.0
LONGEST = 196  # frames of a clip of a long take
PART_SECONDS = (8, 10)  # of a take that is cut into equal parts
STRIDE = 15  # frames: a foot is on the floor at some time in so many
TOLERANCE = 2e-3  # metres, of the checked joints; the table has them to the millimetre


@dataclass
class Cuttings:
    """joints: (length, 22, 3) metres by clip name; missing: clips whose file is not there, by source.

    wrong: one sentence for each take whose file is damaged, or not the one that the clip was cut from.
    """

    joints: dict[str, np.ndarray] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def cut_originals(folder: Path, cuts: Iterable[Cut]) -> Cuttings:
    """Clips of all takes found below `folder`."""
    takes: dict[str, list[Cut]] = defaultdict(list)
    for cut in cuts:
        takes[cut.take].append(cut)
    files, result = index_files(folder), Cuttings()
    for take, of_take in tqdm(sorted(takes.items()), desc="takes", unit="take"):
        candidates = files.get(take.lower(), [])
        if not candidates:
            result.missing.update(cut.source for cut in of_take)
            continue
        clips: dict[str, np.ndarray] = {}
        problem = ""
        for path in candidates:  # the same name may be another conversion of the same take
            try:
                joints = read_take(path, find_skeleton(path, files), of_take[0].height)
            except BadMotion as error:
                problem = problem or str(error)
                continue
            clips = {cut.name: clip for cut in of_take if (clip := find_clip(joints, cut)) is not None}
            if clips:
                break
        result.joints |= clips
        if len(clips) < len(of_take):
            lost = ", ".join(cut.name for cut in of_take if cut.name not in clips)
            problem = (
                problem or f"{candidates[0]} has no frames like those of {lost}: another version of the take"
            )
            result.wrong.append(problem)
    return result


def index_files(folder: Path) -> dict[str, list[Path]]:
    """Motion and skeleton files anywhere below a folder, by name in small letters."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".amc", ".asf", ".bvh") and path.is_file():
            files[path.name.lower()].append(path)
    return files


def find_skeleton(path: Path, files: Mapping[str, Sequence[Path]]) -> Path | None:
    """ASF file of an AMC file: 01.asf of 01_05.amc, HDM_bd.asf of HDM_bd_..., beside it or anywhere; None: no AMC."""
    if path.suffix.lower() != ".amc":
        return None
    parts = path.stem.lower().split("_")
    name = ("_".join(parts[:2]) if parts[0] == "hdm" else parts[0]) + ".asf"
    skeletons = [asf for asf in files.get(name, ()) if asf.parent == path.parent] or files.get(name, ())
    if not skeletons:
        raise BadMotion("no skeleton", f"{path}: its skeleton {name} is nowhere in the folder; get it, too")
    return skeletons[0]


def read_take(path: Path, asf: Path | None, height: float | None) -> np.ndarray:
    """Joints (T, 22, 3) of a whole take on the common skeleton, its floor at y = 0; `height` as in `Cut`."""
    take = load_take(path, ConvertOptions(ReadOptions(asf=asf)), FPS)
    joints = retarget(take.joints, T2M_SKELETON)
    if height is None:
        return joints - (0.0, joints[..., 1].min(), 0.0)
    slope = floor_slope(joints)
    joints[..., 1] -= slope * np.arange(len(joints))[:, None]
    return joints - (0.0, joints[0, 0, 1] - height, 0.0)


def floor_slope(joints: np.ndarray) -> float:
    """Metres a frame by which the floor rises under a walk (T, 22, 3): a line through each stride's lowest point."""
    lowest = minimum_filter1d(joints[..., 1].min(1), STRIDE)
    return float(np.polyfit(np.arange(len(lowest)), lowest, 1)[0])


def find_clip(joints: np.ndarray, cut: Cut) -> np.ndarray | None:
    """The frames of a take (T, 22, 3) that a clip was cut from, placed as in the sets; None if not there."""
    for start, stop in ranges(len(joints), cut):
        clip = place(joints[start:stop])
        if np.abs(clip[-1, list(CHECKED_JOINTS)] - cut.check).max() < TOLERANCE:
            return clip
    return None


def ranges(total: int, cut: Cut) -> list[tuple[int, int]]:
    """Frame ranges of a take of `total` frames that may be a clip: the table's own first, then all of its length."""
    if cut.frames is not None:
        starts = [cut.frames[0], *range(0, total, LONGEST)]
        return [(start, start + cut.length) for start in starts if start + cut.length <= total]
    shortest, longest = (int(seconds * FPS) for seconds in PART_SECONDS)
    found = []
    for parts in range(-(-total // longest), total // shortest + 1):
        bounds = [round(part * total / parts) for part in range(parts + 1)]
        found += [
            (start, stop)
            for start, stop in zip(bounds, bounds[1:], strict=False)
            if stop - start == cut.length
        ]
    return found


def place(joints: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3), the pelvis over x = z = 0 and facing +z in the first frame; heights stay."""
    joints = joints - joints[0, 0] * (1.0, 0.0, 1.0)
    return turn(joints, yaw_of(facing_direction(joints[:1], T2M_SKELETON)[0]))
