"""Do constant bones cost accuracy? Reconstructed clips whose bones breathe, made constant in several ways.

    python -m benchmarks.constant_bones --data-root dataset/Mocap                # 100 clips of the test split
    python -m benchmarks.constant_bones --data-root dataset/Toy --clips 5

Each clip goes through the tokenizer and back. "scaled" is the naive way: keep the direction of every decoded bone, set
its length, from the pelvis outwards. "rotations" takes the decoded rotations of joints instead of their positions.
Errors are against the true motion, aligned at the pelvis; the move is against what the decoder gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from dataset.features import recover_joints
from dataset.pose_codes import parse_pose_codes
from dataset.spec import get_spec
from models.build import load_tokenizer, normaliser_of
from utils.bones import constant_bones
from utils.flags import FlagParser
from utils.ranges import COUNT, SEED
from utils.rotation import UP, rotation_from_6d
from utils.runtime import UserError, run_script
from utils.skeleton import T2M_SKELETON, forward_kinematics

LAYOUT = get_spec("t2m").layout
FEET = [*T2M_SKELETON.left_foot, *T2M_SKELETON.right_foot]
PARENTS = list(T2M_SKELETON.parents[1:])
COLUMNS = ("move mm", "largest", "feet", "bones vary", "MPJPE mm", "acceleration error")


def main() -> None:
    """Measure and print a Markdown table."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", default="pretrained/small/exp_pg_tokenizer")
    parser.add_argument("--data-root", type=Path, default=Path("dataset/Mocap"))
    parser.add_argument("--clips", type=COUNT, default=100)
    parser.add_argument("--seed", type=SEED, default=0)
    args = parser.parse_args()
    rows: dict[str, list[tuple[float, ...]]] = {}
    for truth, decoded, turned in reconstructions(args.tokenizer, args.data_root, args.clips, args.seed):
        for name, joints in ways(decoded, turned).items():
            rows.setdefault(name, []).append(measures(joints, decoded, truth))
    count = len(rows["decoded"])
    print(f"{count} clips of {args.data_root}'s test split; metres and frames as in the data set\n")
    print("| bones |", " | ".join(COLUMNS), "|\n|---|" + "---:|" * len(COLUMNS))
    for name, values in rows.items():
        table = np.array(values)
        mean = table.mean(0)
        mean[[1, 3]] = table[:, [1, 3]].max(0)
        print(f"| {name} |", " | ".join(f"{value:.2f}" for value in mean), "|")


def reconstructions(
    folder: str | Path, root: Path, count: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """True joints, decoded joints (T, 22, 3), and decoded rotations as joints, of clips drawn from the test split."""
    tokenizer = load_tokenizer(folder)
    normaliser = normaliser_of(tokenizer, root)
    if not (root / "test.txt").is_file():
        raise UserError(f"{root}/test.txt: no such file; --data-root names a data set with a test split")
    names = (root / "test.txt").read_text(encoding="utf-8").split()
    step = tokenizer.frames_per_step
    for name in np.random.default_rng(seed).permutation(names)[:count]:
        features = np.load(root / "new_joint_vecs" / f"{name}.npy")[: tokenizer.info.spec.max_length]
        features = features[: len(features) // step * step]
        truth = recover_joints(features).astype(float)
        codes = parse_pose_codes(truth, frame=tokenizer.info.pose_frame)[::step].astype(np.int64)
        motion = torch.from_numpy(normaliser.normalise(features)).float()[None]
        with torch.no_grad():
            known = torch.from_numpy(codes)[None]
            out = normaliser.restore(tokenizer.decode(known, tokenizer.encode(motion, known))[0].numpy())
        decoded = recover_joints(out.astype(np.float32)).astype(float)
        yield truth, decoded, from_rotations(out, decoded)


def from_rotations(features: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) by the rotations (six numbers a joint) of features (T, 263), with the skeleton's bones."""
    turns = rotation_from_6d(features[:, LAYOUT.rotations].reshape(-1, 6)).as_quat().reshape(-1, 21, 4)
    yaw = np.concatenate([[0.0], np.cumsum(features[:-1, 0])]) * 2  # features hold half of each turn
    root = Rotation.from_rotvec(yaw[:, None] * UP).as_quat()
    return forward_kinematics(np.concatenate([root[:, None], turns], 1), joints[:, 0], T2M_SKELETON)


def scaled(joints: np.ndarray) -> np.ndarray:
    """The naive way: every bone keeps its direction and gets its length, from the pelvis outwards."""
    out, lengths = joints.copy(), T2M_SKELETON.bone_lengths
    for chain in T2M_SKELETON.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            way = joints[:, child] - joints[:, parent]
            out[:, child] = out[:, parent] + way * (
                lengths[child] / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
            )
    return out


def ways(decoded: np.ndarray, turned: np.ndarray) -> dict[str, np.ndarray]:
    """Joints (T, 22, 3) of each way."""
    return {
        "decoded": decoded,
        "scaled from the pelvis": scaled(decoded),
        "rotations": turned,
        "nearest, the clip's lengths": constant_bones(decoded, T2M_SKELETON)[0],
        "nearest, the skeleton's lengths": constant_bones(decoded, T2M_SKELETON, T2M_SKELETON.bone_lengths)[
            0
        ],
    }


def measures(joints: np.ndarray, decoded: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    """The values of `COLUMNS`, in millimetres (per frame squared)."""
    moved = 1e3 * np.linalg.norm(joints - decoded, axis=-1)
    bones = 1e3 * np.linalg.norm(joints[:, 1:] - joints[:, PARENTS], axis=-1)
    error = np.linalg.norm((joints - joints[:, :1]) - (truth - truth[:, :1]), axis=-1)
    faster = np.linalg.norm(np.diff(joints, 2, axis=0) - np.diff(truth, 2, axis=0), axis=-1)
    return (
        moved.mean(), moved.max(), moved[:, FEET].mean(), bones.std(0).max(), 1e3 * error.mean(), 1e3 * faster.mean(),
    )  # fmt: skip


if __name__ == "__main__":
    run_script(main)
