"""One motion with its codes and its words: what generation makes, editing changes, and one npz holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dataset.clip_npz import CodeShape, read_clip_arrays
from dataset.features import joints_in_metres, joints_to_features
from dataset.pose_codes import frames_per_step
from dataset.spec import DatasetSpec
from utils.bones import constant_bones
from utils.place import place_of
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, Skeleton

Segment = tuple[str, float | None]  # sentence and seconds


@dataclass
class MotionClip:
    """One motion of T frames in L steps of codes, the last of which may be cut short.

    Features and joints are the same motion; where the joints stand elsewhere (an edited motion file), they are so up to
    a turn about y and a shift. The codes are those that it was decoded from, before its bones got constant lengths; of
    a motion that no decoder made, those that describe it.
    """

    text: str
    features: np.ndarray  # (T, D) float32, metres and radians, not normalised
    joints: np.ndarray  # (T, J, 3) metres
    pose_codes: np.ndarray  # (L, 70) uint8; L = T / frames_per_step, rounded up
    residual_codes: np.ndarray | None  # (L, Q) int64, -1 = dropped; None: pose codes alone
    fps: float
    pose_frame: str
    segments: tuple[
        tuple[str, float, float], ...
    ] = ()  # of several sentences: each with start and end, seconds

    @property
    def steps_per_second(self) -> float:
        """Rate of the pose codes; the last step may be cut short by the length that was asked for."""
        return self.fps / frames_per_step(len(self.features), len(self.pose_codes))

    @property
    def ends(self) -> list[int]:
        """Frame where each sentence ends."""
        return [round(end * self.fps) for _, _, end in self.segments] or [len(self.features)]

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton whose joints these are."""
        return KIT_SKELETON if self.joints.shape[1] == KIT_SKELETON.num_joints else T2M_SKELETON

    def with_motion(self, features: np.ndarray, joints: np.ndarray | None = None, **changes) -> MotionClip:
        """The clip with another motion, features (T, D), and whatever else changes with it, such as its codes.

        joints: (T, J, 3) metres; None: those of the features.
        """
        features = np.asarray(features, np.float32)
        joints = joints_in_metres(features) if joints is None else np.asarray(joints, np.float32)
        kept = {field.name: getattr(self, field.name) for field in fields(MotionClip)}
        return MotionClip(**{**kept, **changes, "features": features, "joints": joints})

    def with_constant_bones(self) -> MotionClip:
        """The same motion with bones of the training skeleton's lengths, in joints and features.

        Joints move as little as that takes (`utils.bones`); the codes stay those that it was decoded from.
        """
        skeleton, unit = self.skeleton, self.skeleton.metres_per_unit
        place = place_of(self.joints, joints_in_metres(self.features))
        joints, _ = constant_bones(
            place.take(self.joints.astype(np.float64)), skeleton, skeleton.bone_lengths
        )
        everywhere = np.ones(len(joints))
        features = joints_to_features(joints / unit, self.features, everywhere, skeleton)
        joints = joints_in_metres(features)  # features say nothing about where frame 0 is
        return self.with_motion(features, joints if place.is_here else place.put(joints.astype(np.float64)))

    def save(self, path: str | Path) -> None:
        """Write everything as one npz."""
        arrays: dict[str, Any] = {
            "features": self.features,
            "joints": self.joints,
            "pose_codes": self.pose_codes,
        }
        if self.residual_codes is not None:
            arrays["residual_codes"] = self.residual_codes
        if self.segments:
            arrays["segment_texts"] = np.array([text for text, _, _ in self.segments])
            arrays["segment_seconds"] = np.array([span for _, *span in self.segments])
        np.savez_compressed(
            path,
            text=np.array(self.text),
            fps=np.array(self.fps),
            pose_frame=np.array(self.pose_frame),
            **arrays,
        )

    @classmethod
    def load(
        cls, path: str | Path, spec: DatasetSpec | None = None, shape: CodeShape | None = None
    ) -> MotionClip:
        """Read what `save` wrote.

        spec, shape: of the data and the codes that it must fit; None: any that its own arrays agree about.
        UserError names the file and what is wrong with it.
        """
        arrays = read_clip_arrays(Path(path), spec, shape)
        texts, spans = arrays.get("segment_texts", ()), arrays.get("segment_seconds", ())
        return cls(
            text=str(arrays["text"]),
            features=arrays["features"],
            joints=arrays["joints"],
            pose_codes=arrays["pose_codes"],
            residual_codes=arrays.get("residual_codes"),
            fps=float(arrays["fps"]),
            pose_frame=str(arrays["pose_frame"]),
            segments=tuple(
                (str(text), float(begin), float(end)) for text, (begin, end) in zip(texts, spans, strict=True)
            ),
        )


def story_text(story: Sequence[Segment]) -> str:
    """What a clip of several sentences is called."""
    return ", then ".join(text for text, _ in story)
