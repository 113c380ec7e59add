"""Make goldens.npz: procedural motion, its features and pose codes by tests/plain_reference.py.

    python tests/data/make_goldens.py

The stored numbers are what the tests compare with; make them again only if docs/method.md says something else than before.
body: (171, 22, 3), another body than the target skeleton's. joints: (170, 22, 3), on the target and placed; one frame is
cut off, as the official features are those of a longer clip. features: (170, 263), mean, std: of all 171 frames.
codes_world, codes_heading: (170, 392) bool.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plain_reference import features, heading, placed, pose_codes, root_matrix, statistics

from dataset.pose_codes import GROUP_OFFSETS, NUM_CODES
from dataset.prepare.make_toy import toy_clip
from utils.skeleton import T2M_SKELETON

FRAMES = 171
UPPER = (3, 6, 9, *range(12, 22))


def lean(angle: float) -> np.ndarray:
    """Rotation about z: to a side."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def body() -> np.ndarray:
    """A walk and a clap, turned by more than half a circle, shoulders against hips, by a body with longer legs."""
    joints = toy_clip(33, np.random.default_rng(5)).joints
    joints = joints[np.minimum(np.arange(FRAMES), len(joints) - 1)].astype(float)
    result = np.empty_like(joints)
    for t, pose in enumerate(joints):
        turned = root_matrix(0.4 + 3.6 * np.sin(np.pi / 2 * min(t / 110, 1)) ** 2)
        calm = np.cos(np.pi / 2 * t / FRAMES) ** 2  # the smoothing of the end depends on one frame more
        twist = root_matrix(0.5 * calm * np.sin(t / 9)) @ lean(0.25 * calm * np.sin(t / 23))
        result[t, 0] = turned @ (pose[0] * 1.1) + (0.3, 0.2, -0.5)
        for joint in range(1, 22):
            stretch = {4: 1.2, 5: 1.2, 7: 1.15, 8: 1.15, 18: 0.9, 19: 0.9, 15: 1.3}.get(joint, 1.05)
            parent = T2M_SKELETON.parents[joint]
            bone = (turned @ twist if joint in UPPER else turned) @ (pose[joint] - pose[parent])
            result[t, joint] = result[t, parent] + bone * stretch
    return result


def khot(joints: np.ndarray) -> np.ndarray:
    """Codes of poses (T, 22, 3) as (T, 392) bool."""
    found = np.zeros((len(joints), NUM_CODES), bool)
    for row, pose in zip(found, joints, strict=True):
        row[[int(offset) + code for offset, code in zip(GROUP_OFFSETS, pose_codes(pose), strict=False)]] = (
            True
        )
    return found


def main() -> None:
    motion = body()
    joints = placed(motion)
    rows = features(joints)
    mean, std = statistics(rows)
    joints = joints[:-1].astype(np.float32)  # codes are of what is stored
    arrays = {"joints": joints, "features": rows, "mean": mean, "std": std, "body": motion}
    np.savez_compressed(
        Path(__file__).resolve().parent / "goldens.npz",
        codes_world=khot(joints),
        codes_heading=khot([heading(pose) for pose in joints.astype(float)]),
        **{name: array.astype(np.float32) for name, array in arrays.items()},
    )


if __name__ == "__main__":
    main()
