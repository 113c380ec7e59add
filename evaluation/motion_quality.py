"""What numbers of distribution don't show: codes obeyed, feet that slide or sink, clips cut at the length limit.

All on joints (T, 22, 3) in metres at 20 frames a second, y up, the floor at y = 0 as features have it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset.pose_codes import parse_pose_codes
from utils.skeleton import T2M_SKELETON

TOES = [T2M_SKELETON.left_foot[1], T2M_SKELETON.right_foot[1]]
DOWN = 0.05  # metres over the floor below which a toe is down
FPS = 20.0


def code_faithfulness(joints: np.ndarray, pose_codes: np.ndarray, frame: str) -> dict[str, float]:
    """Share of group-steps whose code, parsed again from the decoded motion, is the code it was decoded from.

    Args:
        joints: (T, 22, 3) of the decoded motion.
        pose_codes: (L, 70) it was decoded from, a step every T / L frames.
        frame: pose frame of the codes, "world" or "heading".

    Returns:
        {"codes": exact, "codes_within_1": at most one category off}.
    """
    stride = max(len(joints) // len(pose_codes), 1)
    measured = parse_pose_codes(joints[::stride][: len(pose_codes)], frame)
    off = np.abs(measured.astype(int) - pose_codes[: len(measured)])
    return {"codes": float((off == 0).mean()), "codes_within_1": float((off <= 1).mean())}


def foot_sliding(joints: np.ndarray) -> float:
    """Mean horizontal speed of toes that are down, metres a second; NaN where none ever is."""
    toes = joints[:, TOES]
    pace = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * FPS
    down = toes[1:, :, 1] < DOWN
    return float(pace[down].mean()) if down.any() else float("nan")


def penetration(joints: np.ndarray) -> float:
    """Mean depth of the lowest joint below the floor, millimetres; 0 where nothing sinks."""
    return float(np.maximum(-joints[..., 1].min(1), 0.0).mean() * 1000)


def motion_quality(
    joints: np.ndarray, pose_codes: np.ndarray | None, frame: str, longest: int | None
) -> dict[str, float]:
    """All of the above for one clip; with `longest` frames, whether it was cut there."""
    row = {"sliding": foot_sliding(joints), "penetration": penetration(joints)}
    if longest is not None:
        row["at_limit"] = float(len(joints) >= longest)
    if pose_codes is not None:
        row |= code_faithfulness(joints, pose_codes, frame)
    return row


def mean_quality(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means over clips, those without a value left out."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.nanmean([row[name] for row in rows if name in row])) for name in names}
