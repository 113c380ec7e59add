"""Pose codes: frames per second beside loops over clips, frames and groups, and a whole data set of HumanML3D's size.

    python -m benchmarks.pose_codes                                   # dataset/Mocap, repeated to 29,000 clips
    python -m benchmarks.pose_codes --source dataset/Toy --clips 2000
    python -m benchmarks.pose_codes --all                             # every code against double precision

The per-clip loop does what published code does: one clip at a time, one tensor expression per group, 70-hot output.
The per-frame loop is plain Python, the fastest way for single numbers. All give the same codes, which is checked.
The data set is made of hard links to the source's clips in a folder that is removed at the end, so its joints come from
the page cache; its codes are written to disk. Clips are those of the source that are longest, so that they are as long
as HumanML3D's on average, where it has such.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import probe, seconds
from benchmarks.memory import MIB, FamilyPeak
from dataset.pose_codes import GROUPS, NUM_CODES, from_khot
from dataset.pose_codes.measures import EXTRA_JOINTS, FRAMES, HAND_LENGTH, JOINT_INDEX
from dataset.pose_codes.parse import bin_values, measure, parse_frames
from utils.flags import FlagParser
from utils.ranges import COUNT, whole
from utils.runtime import UserError, run_script
from utils.skeleton import T2M_SKELETON

REPOSITORY = Path(__file__).resolve().parent.parent
HUMANML3D_CLIPS, HUMANML3D_FRAMES = 29_000, 141.0  # frames of a clip on average


def add_data_set(parser: FlagParser) -> None:
    """Flags of a data set that is repeated up to the size of HumanML3D."""
    parser.add_argument(
        "--source", type=Path, default=REPOSITORY / "dataset" / "Mocap", help="a data set's folder"
    )
    parser.add_argument(
        "--clips",
        type=whole(0, 10**6),
        default=HUMANML3D_CLIPS,
        help="of the repeated data set; 0: leave it out",
    )


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    add_data_set(parser)
    parser.add_argument("--loop-clips", type=COUNT, default=100, help="clips that the per-clip loop parses")
    parser.add_argument(
        "--loop-frames", type=COUNT, default=300, help="frames that the per-frame loop parses"
    )
    parser.add_argument("--tries", type=COUNT, default=5)
    parser.add_argument(
        "--all", action="store_true", help="only compare all clips' codes with those of double precision"
    )
    parser.add_argument("--no-probe", action="store_true", help="don't measure the machine")
    args = parser.parse_args(argv)
    if args.all:
        compare_precisions(args.source)
        return
    if not args.no_probe:
        print(probe())
    paths = clips_of_length(args.source, HUMANML3D_FRAMES)
    clips = [np.load(path) for path in paths[:: max(len(paths) // args.loop_clips, 1)][: args.loop_clips]]
    frames = sum(map(len, clips))
    print(f"{len(clips)} clips, {frames / len(clips):.0f} frames each on average; one process")
    compare(clips, args)
    if args.clips:
        whole_data_set(args.source, paths, args.clips)


def clips_of_length(source: Path, mean: float) -> list[Path]:
    """The longest clips of a data set, as many as have this mean length (all when they are shorter anyway)."""
    paths = sorted((source / "new_joints").glob("*.npy"))
    if not paths:
        raise UserError(f"{source / 'new_joints'} has no .npy files: give another --source")
    lengths = np.array([np.load(path, mmap_mode="r").shape[0] for path in paths])
    order = np.argsort(-lengths, kind="stable")
    means = np.cumsum(lengths[order]) / np.arange(1, len(order) + 1)
    count = max(int(np.searchsorted(-means, -mean, side="right")), 1)
    return [paths[index] for index in sorted(order[:count])]


# ------------------------------------------------------------------------------------------------- the three ways
def compare(clips: list[np.ndarray], args: argparse.Namespace) -> None:
    """Frames per second of each way, and how many times as fast the vectorised one is."""
    together = np.concatenate(clips)
    few = together[: args.loop_frames]
    expected = by_vectors(clips)
    for name, codes, count in (
        ("per clip and group", by_clip_and_group(clips), len(together)),
        ("per frame and group", by_frame_and_group(few), len(few)),
        ("double precision", double_precision(clips), len(together)),
    ):
        if not np.array_equal(codes, expected[:count]):
            raise AssertionError(f"{name}: other codes")
    ways = {
        "per frame, per group (Python)": (lambda: by_frame_and_group(few), len(few)),
        "per clip, per group (torch)": (lambda: khot_of_clips(clips), len(together)),
        "per clip, groups together, double": (lambda: double_precision(clips), len(together)),
        "ours, one frame of reference": (lambda: by_vectors(clips), len(together)),
        "ours, world and heading": (lambda: parse_frames(together, ("world", "heading")), len(together)),
    }
    cores = os.cpu_count() or 1
    parts = np.array_split(together, cores)
    pool = ThreadPoolExecutor(cores)
    ways[f"ours, one frame, {cores} threads"] = (
        lambda: list(pool.map(lambda part: parse_frames(part, ("world",)), parts)),
        len(together),
    )
    rates = {name: count / fastest(act, args.tries) for name, (act, count) in ways.items()}
    loops = list(rates.values())[:2]
    print(f"{'':35s}{'frames/s':>12s}{'per-frame loop':>16s}{'per-clip loop':>15s}")
    for name, rate in rates.items():
        print(f"{name:35s}{rate:12,.0f}{rate / loops[0]:15.1f}x{rate / loops[1]:14.1f}x")


def fastest(act: Callable[[], object], tries: int) -> float:
    """Seconds of the fastest of some calls."""
    return min(seconds(act) for _ in range(tries))


def compare_precisions(source: Path) -> None:
    """Count the frames of a data set, in both pose frames, and those with a code that double precision does not give."""
    frames = other = 0
    for path in sorted((source / "new_joints").glob("*.npy")):
        joints = np.load(path)
        for frame, codes in zip(FRAMES, parse_frames(joints, FRAMES), strict=True):
            exact = bin_values(measure(joints, frame))
            other += int((codes != exact).any(axis=1).sum())
        frames += len(joints)
    print(
        f"{frames:,} frames, {len(FRAMES)} pose frames: {other:,} with another code than in double precision"
    )


def by_vectors(clips: list[np.ndarray]) -> np.ndarray:
    """Our way: all clips in one array. Codes (F, 70)."""
    return parse_frames(np.concatenate(clips), ("world",))[0]


def double_precision(clips: list[np.ndarray]) -> np.ndarray:
    """One clip at a time, all groups of a kind at once, in double precision: what `measure` gives."""
    return np.concatenate([bin_values(measure(clip, "world")) for clip in clips])


def by_clip_and_group(clips: list[np.ndarray]) -> np.ndarray:
    """One clip at a time, one group at a time, as published code does; 70-hot, brought to codes (F, 70) at the end."""
    return from_khot(np.concatenate(khot_of_clips(clips)))


def khot_of_clips(clips: list[np.ndarray]) -> list[np.ndarray]:
    """What published code ends in: (T, 392) bool of every clip."""
    return [khot_of_clip(torch.from_numpy(clip)) for clip in clips]


def khot_of_clip(joints: torch.Tensor) -> np.ndarray:
    """Joints (T, 22, 3) -> (T, 392) bool, group by group."""
    joints = joints.double() * torch.tensor([-1.0, 1.0, -1.0], dtype=torch.float64)
    elbows, wrists = joints[:, [18, 19]], joints[:, [20, 21]]
    tips = wrists + HAND_LENGTH * torch.nn.functional.normalize(wrists - elbows, dim=-1)
    torso = joints[:, [JOINT_INDEX[name] for name in ("pelvis", "neck", "spine3")]].mean(1, keepdim=True)
    joints = torch.cat([joints, tips, (wrists + tips) / 2, torso], dim=1)
    ground = joints[..., 1].amin(1)
    khot = torch.zeros(len(joints), NUM_CODES, dtype=torch.bool)
    rows = torch.arange(len(joints))
    for group in GROUPS:
        first, *others = (joints[:, JOINT_INDEX[name]] for name in group.joints)
        if group.kind == "angle":
            value = torch.rad2deg(torch.arccos(cosine(first - others[0], others[1] - others[0])))
        elif group.kind == "distance":
            value = torch.linalg.vector_norm(first - others[0], dim=-1)
        elif group.kind == "relV":
            line = torch.nn.functional.normalize(first - others[0], dim=-1)
            value = torch.rad2deg(torch.arccos(line[:, 1].abs().clamp(max=1)))
        elif group.kind == "ground":
            value = first[:, 1] - ground
        else:
            axis = "XYZ".index(group.kind[-1])
            value = first[:, axis] - others[0][:, axis]
        category = torch.bucketize(value, torch.tensor(group.thresholds, dtype=torch.float64))
        khot[rows, group.first_code + category] = True
    return khot.numpy()


def cosine(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Of the angle between vectors (T, 3)."""
    return torch.nn.functional.cosine_similarity(left, right, dim=-1).clamp(-1, 1)


def by_frame_and_group(joints: np.ndarray) -> np.ndarray:
    """One frame at a time, one group at a time, in plain Python. Codes (T, 70)."""
    names = (*T2M_SKELETON.joint_names, *EXTRA_JOINTS)
    thresholds = [(group, [JOINT_INDEX[name] for name in group.joints]) for group in GROUPS]
    return np.array([codes_of_frame(pose, thresholds, len(names)) for pose in joints.tolist()], np.uint8)


def codes_of_frame(pose: list[list[float]], groups: list, joints: int) -> list[int]:
    """Codes of one pose, 22 joints of x, y, z."""
    at = [(-x, y, -z) for x, y, z in pose]
    hands = []
    for elbow, wrist in ((18, 20), (19, 21)):
        length = math.dist(at[elbow], at[wrist])
        tip = tuple(w + HAND_LENGTH * (w - e) / length for w, e in zip(at[wrist], at[elbow], strict=True))
        hands.append(tuple((w + t) / 2 for w, t in zip(at[wrist], tip, strict=True)))
        at.append(tip)
    at += hands
    at.append(tuple((a + b + c) / 3 for a, b, c in zip(at[0], at[12], at[9], strict=True)))
    ground = min(position[1] for position in at[:joints])
    codes = []
    for group, (first, *others) in groups:
        a, b = at[first], at[others[0]] if others else None
        if group.kind == "angle":
            u, v = ([p - q for p, q in zip(at[end], b, strict=True)] for end in (first, others[1]))
            cos = sum(p * q for p, q in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)
            value = math.degrees(math.acos(max(-1.0, min(1.0, cos))))
        elif group.kind == "distance":
            value = math.dist(a, b)
        elif group.kind == "relV":
            value = math.degrees(math.acos(min(1.0, abs(a[1] - b[1]) / math.dist(a, b))))
        elif group.kind == "ground":
            value = a[1] - ground
        else:
            axis = "XYZ".index(group.kind[-1])
            value = a[axis] - b[axis]
        codes.append(sum(threshold < value for threshold in group.thresholds))
    return codes


# --------------------------------------------------------------------------------------------- a whole data set
def whole_data_set(source: Path, paths: list[Path], count: int) -> None:
    """Time and memory of dataset/prepare/parse_motion.py on `count` clips, both pose frames, all cores."""
    with tempfile.TemporaryDirectory(dir=source.parent, prefix=".benchmark-") as folder:
        joints = Path(folder) / "new_joints"
        joints.mkdir()
        for number in range(count):
            repeat(paths[number % len(paths)], joints / f"{number:06d}.npy")
        frames = sum(np.load(path, mmap_mode="r").shape[0] for path in paths) * count / len(paths)
        command = [sys.executable, str(REPOSITORY / "dataset/prepare/parse_motion.py"), "--dataname", "mocap"]
        start = time.perf_counter()
        with subprocess.Popen([*command, "--data-root", folder], stderr=subprocess.DEVNULL) as process:
            with FamilyPeak(process.pid) as peak:
                status = process.wait()
        elapsed = time.perf_counter() - start
        made = [len(list((Path(folder) / name).glob("*.npy"))) for name in ("codes", "codes_heading")]
        if status or made != [count, count]:
            raise UserError(f"parse_motion.py ended with {status} and made {made} of {count} clips")
    print(
        f"parse_motion.py: {count:,} clips, {frames / 1e6:.2f} M frames, both pose frames, {os.cpu_count()} cores: "
        f"{elapsed:.1f} s, {2 * count / elapsed:,.0f} files/s written, at most {peak.bytes / MIB:.0f} MiB"
    )


def repeat(path: Path, name: Path) -> None:
    """The same file under another name."""
    try:
        os.link(path, name)
    except OSError:  # another file system
        shutil.copy(path, name)


if __name__ == "__main__":
    run_script(main)
