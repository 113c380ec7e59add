"""An edit in progress: the motion as the operations so far have left it, and what is known of each of its frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.features import extract_features, joints_to_features, recover_joints
from dataset.motion_clip import MotionClip
from editing.decode import Codec, codes_of_edit
from editing.limbs import LIMB_ROOTS, limb_joints
from editing.moving.moved import Moved
from editing.own_motion import SAME, OwnMotion, edit_own
from editing.plan import EditPlan
from utils.place import Place, place_of

HEAD_JOINTS = (12, 15)


@dataclass
class Progress:
    """What is known of each of the T' frames that an edit has made so far.

    origin: (T',) frame of the source, maybe between two, that each one shows. weight: (T',) 0 where a frame keeps its
    pose. low, high, target: (T', 70) what is wanted of pose codes (`EditPlan`). marks: (T', 22) 0..1, joints of limbs
    that operations on the motion have moved.
    """

    origin: np.ndarray
    weight: np.ndarray
    low: np.ndarray
    high: np.ndarray
    target: np.ndarray
    marks: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray) -> Progress:
        """Nothing done yet to a motion of pose codes (T, 70)."""
        frames = len(codes)
        wants = np.full(codes.shape, -np.inf), np.full(codes.shape, np.inf)
        return cls(
            np.arange(frames, dtype=float), np.zeros(frames), *wants, codes.copy(), np.zeros((frames, 22))
        )

    def planned(self, plan: EditPlan) -> None:
        """Take in what an edit of pose codes wants."""
        edited = plan.edited
        self.low, self.high = np.where(edited, plan.low, self.low), np.where(edited, plan.high, self.high)
        self.target = np.where(edited, plan.target_codes, self.target)
        self.weight = np.maximum(self.weight, plan.weight)

    def moved(self, moved: Moved, keeps_poses: bool) -> None:
        """Take in what an operation on the motion did; where it changed poses, codes are no longer wanted."""
        near = np.round(moved.origin).astype(int)
        free = (moved.weight > 0)[:, None] & (not keeps_poses)
        self.low = np.where(free, -np.inf, self.low[near])
        self.high = np.where(free, np.inf, self.high[near])
        self.target = self.target[near]
        self.origin = np.interp(moved.origin, np.arange(len(self.origin)), self.origin)
        self.weight = np.maximum(self.weight[near], moved.weight)
        joints = [joint for limb in moved.limbs for joint in _joints_of(limb)]
        self.marks = self.marks[near]
        self.marks[:, joints] = np.maximum(self.marks[:, joints], moved.weight[:, None])

    def plan(self, source_codes: np.ndarray, achieved: np.ndarray, values: np.ndarray) -> EditPlan:
        """What all operations together want: of pose codes (T, 70) of the source, and those (T', 70) achieved."""
        edited = np.isfinite(self.low)
        return EditPlan(
            source_codes[np.round(self.origin).astype(int)],
            np.where(edited, self.target, achieved).astype(np.uint8),
            self.low,
            self.high,
            self.weight,
            values,
        )


def _joints_of(limb: str) -> tuple[int, ...]:
    return HEAD_JOINTS if limb == "head" else (LIMB_ROOTS[limb], *limb_joints(limb))


def as_own(clip: MotionClip) -> OwnMotion:
    """A clip whose joints are those of its features as a motion of its own."""
    if isinstance(clip, OwnMotion):
        return clip
    here = Place(0.0, np.zeros(3))
    return OwnMotion(
        **vars(clip.with_motion(clip.features, clip.joints)),
        seen=clip.features,
        given=clip.joints,
        place=here,
    )


def after_move(codec: Codec, own: OwnMotion, moved: Moved, residuals: str = "encode") -> OwnMotion:
    """A motion after an operation on it: joints as the operation left them, features and codes of these.

    Frames, features and codes that the operation left alone stay exactly as they are.
    """
    given = moved.joints.astype(np.float32)
    in_place = len(given) == len(own.given) and (moved.origin == np.arange(len(given))).all()
    if in_place and (given == own.given)[moved.weight == 0].all():
        same = (given == own.given).all(-1, keepdims=True)
        joints = np.where(same, own.joints, own.place.take(given.astype(np.float64))).astype(np.float32)
        return edit_own(codec, own, moved.weight, joints, codec.parse(joints), residuals)
    # Features say how a frame leads to the next: the last one goes on as it went.
    longer = np.concatenate([given, given[-1:] * 2 - given[-2:-1]]).astype(np.float64)
    seen = extract_features(longer, codec.spec)
    recovered = recover_joints(seen)
    place = place_of(given, recovered)
    joints = place.take(given.astype(np.float64)).astype(np.float32)
    close = np.abs(joints - recovered).max() < SAME
    features = seen if close else joints_to_features(joints, seen, np.ones(len(joints)), codec.spec)
    steps, stays = _steps_kept(moved, codec.stride, len(own.pose_codes))
    codes, weight = codec.parse(joints), np.ones(len(joints))
    kept = own.with_motion(
        features,
        joints,
        pose_codes=own.pose_codes[steps],
        residual_codes=None if own.residual_codes is None else own.residual_codes[steps],
        segments=own.segments if len(joints) == len(own.joints) else (),
    )
    for step in np.flatnonzero(stays):
        weight[step * codec.stride : (step + 1) * codec.stride] = 0
    pose_codes, residual = codes_of_edit(codec, kept, weight, codes, seen, residuals)
    kept = kept.with_motion(features, joints, pose_codes=pose_codes, residual_codes=residual)
    return OwnMotion(**vars(kept), seen=seen, given=given, place=place)


def _steps_kept(moved: Moved, stride: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """For each step (L',) of codes: the step of the motion before that it shows, and whether it keeps its codes."""
    frames = len(moved.origin)
    starts = np.arange(0, frames, stride)
    steps = np.clip(np.round(moved.origin[starts] / stride).astype(int), 0, count - 1)
    stays = np.zeros(len(starts), bool)
    for number, start in enumerate(starts.tolist()):
        stop = min(start + stride, frames)
        wanted = steps[number] * stride + np.arange(stop - start)
        stays[number] = (moved.weight[start:stop] == 0).all() and (moved.origin[start:stop] == wanted).all()
    return steps, stays
