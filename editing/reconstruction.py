"""How far what a clip's codes decode to is from the clip itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.features import recover_joints
from dataset.motion_clip import MotionClip
from editing.decode import Codec

EXACT = 5e-4  # metres
POOR_POSE, POOR_PATH = (
    0.06,
    0.3,
)  # metres from which a reconstruction is another motion rather than a blurred one


@dataclass
class Reconstruction(MotionClip):
    """A clip that shows what its codes decode to, with the features (T, D) of the motion that was encoded."""

    encoded: np.ndarray | None = None


@dataclass(frozen=True)
class ReconstructionError:
    """Distances in metres, on the tokenizer's skeleton."""

    pose: float  # mean over joints and frames, roots aligned
    worst: float  # of any joint in any frame, not aligned
    path: float  # of the root over the floor, its largest

    @property
    def poor(self) -> bool:
        """Whether the reconstruction is another motion rather than a blurred one."""
        return self.pose > POOR_POSE or self.path > POOR_PATH

    def __str__(self) -> str:
        if self.worst < EXACT:
            return "the source itself"
        pose, worst, path = (1000 * value for value in (self.pose, self.worst, self.path))
        return (
            f"{pose:.0f} mm from the source on average (root aligned), {worst:.0f} mm at most, "
            f"the path up to {path:.0f} mm"
        )


def reconstruction_error(clip: MotionClip, codec: Codec) -> ReconstructionError:
    """The error of what a clip's codes decode to, against the features that they stand for."""
    encoded = clip.encoded if isinstance(clip, Reconstruction) and clip.encoded is not None else clip.features
    steps = min(len(clip.pose_codes), codec.steps(len(encoded)))
    frames = min(steps * codec.stride, len(encoded))
    residual = None if clip.residual_codes is None else np.asarray(clip.residual_codes)[:steps]
    decoded = recover_joints(codec.decode(np.asarray(clip.pose_codes)[:steps], residual, frames))
    source = recover_joints(np.asarray(encoded[:frames], np.float32))
    gap = decoded.astype(np.float64) - source
    apart = np.linalg.norm(gap, axis=-1)
    aligned = np.linalg.norm(gap - gap[:, :1], axis=-1)
    over_floor = np.linalg.norm(gap[:, 0, [0, 2]], axis=-1)
    return ReconstructionError(float(aligned.mean()), float(apart.max()), float(over_floor.max()))
