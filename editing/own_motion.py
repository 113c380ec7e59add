"""What an edit starts from: the clip's own joints, and how far the tokenizer's reconstruction is from them.

A tokenizer sees a clip as features: on its own skeleton, at the origin, facing +z. The clip's joints may stand
elsewhere and have other bones (a motion file), or have been made rigid (generate.py). An edit works on those joints,
in the place that the features have, and is put back afterwards: what it leaves alone is then the clip's, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.features import joints_to_features, recover_joints
from dataset.motion_clip import MotionClip
from editing.assemble import carry
from editing.decode import TOUCH_UP_ITERATIONS, Codec, codes_of_edit
from editing.fit_memory import FitMemory
from editing.plan import EditPlan
from editing.pose_fit import FitResult, fit_poses
from utils.bones import RIGID
from utils.place import Place, place_of
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

SAME = 1e-3  # metres within which joints are those of the features
SAME_BODY = (
    0.012  # metres by which a decoder's bones may differ, in their medians, from the training skeleton's
)


@dataclass(kw_only=True)
class OwnMotion(MotionClip):
    """A clip's own joints, moved rigidly to where its features are; features that agree with these joints."""

    seen: np.ndarray  # (T, D) features as the tokenizer takes them: on its skeleton
    given: np.ndarray  # (T, 22, 3) the clip's joints where they stand
    place: Place

    def at_home(self, joints: np.ndarray) -> np.ndarray:
        """Edited joints (T, 22, 3) back in the clip's place; those that have not changed are the clip's, exactly."""
        same = (joints == self.joints).all(-1, keepdims=True)
        return np.where(same, self.given, self.place.put(joints.astype(np.float64))).astype(np.float32)


def own_motion(clip: MotionClip, codec: Codec) -> OwnMotion:
    """The motion of a clip as it is shown, cut to what its joints, features and codes cover together."""
    steps = min(len(clip.pose_codes), codec.steps(min(len(clip.features), len(clip.joints))))
    frames = min(steps * codec.stride, len(clip.features), len(clip.joints))
    seen = np.asarray(clip.features[:frames], np.float32)
    given = np.asarray(clip.joints[:frames], np.float32)
    recovered = recover_joints(seen)
    place = place_of(given, recovered)
    joints = place.take(given.astype(np.float64)).astype(np.float32)
    if np.abs(joints - recovered).max() < SAME:
        features = seen
    else:
        features = joints_to_features(joints, seen, np.ones(frames), codec.spec)
    residual = None if clip.residual_codes is None else np.asarray(clip.residual_codes)[:steps]
    codes = np.asarray(clip.pose_codes)[:steps]
    moved = clip.with_motion(features, joints, pose_codes=codes, residual_codes=residual)
    return OwnMotion(**vars(moved), seen=seen, given=given, place=place)


def fit_own(
    own: OwnMotion, plan: EditPlan, frame: str, touch_up: bool = True, fits: FitMemory | None = None
) -> FitResult:
    """The pose fit of own joints; where an edited code misses its target, fitted a second, shorter time from there."""
    fit = fit_poses(own.joints, plan, frame, memory=fits)
    if touch_up and fit.reached(plan, 1) < 1:
        fit = fit_poses(
            fit.joints, plan, frame, planted_at=own.joints, iterations=TOUCH_UP_ITERATIONS, memory=fits
        )
    return fit


def edit_own(
    codec: Codec,
    own: OwnMotion,
    weight: np.ndarray,
    joints: np.ndarray,
    codes: np.ndarray,
    residuals: str = "encode",
) -> OwnMotion:
    """A motion whose own joints have changed, with features and codes of the new ones.

    What a tokenizer can express does not matter: its encoder gives the residual codes, for the change as it looks on
    the tokenizer's skeleton.

    weight: (T,) above 0 where frames may have changed. joints: (T, 22, 3) in the features' place. codes: (T, 70) of
    these. residuals: "encode" or "fade".
    """
    fitted = carry(own.joints, joints, recover_joints(own.seen))
    seen = joints_to_features(fitted, own.seen, weight, codec.spec)
    pose_codes, residual = codes_of_edit(codec, own, weight, codes, seen, residuals)
    features = joints_to_features(joints, own.features, weight, codec.spec)
    edited = own.with_motion(features, joints, pose_codes=pose_codes, residual_codes=residual)
    return OwnMotion(**vars(edited), seen=seen, given=own.at_home(joints), place=own.place)


def rigid(clip: MotionClip) -> MotionClip:
    """A clip as a decoder left it with bones of constant length; any other clip as it is.

    Decoded bones breathe about the training skeleton's lengths. A clip with other bones, or with constant ones, is
    somebody's own body.
    """
    if clip.joints.shape[1] != T2M_SKELETON.num_joints:
        return clip
    bones = np.linalg.norm(clip.joints[:, 1:] - clip.joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    breathing = np.ptp(bones, axis=0).max() > 2 * RIGID
    ours = np.abs(np.median(bones, axis=0) - np.asarray(T2M_SKELETON.bone_lengths)[1:]).max() < SAME_BODY
    return clip.with_constant_bones() if breathing and ours else clip


def require_editable(clip: MotionClip, codec: Codec) -> None:
    """UserError for a clip, or a tokenizer, that can't be edited."""
    if codec.spec.joints != 22:
        raise UserError(
            f"{codec.tokenizer.info.folder}: editing needs the 22 joints of HumanML3D, this tokenizer has "
            f"{codec.spec.joints}; use a tokenizer trained on t2m or mocap"
        )
    if clip.pose_frame != codec.frame:
        raise UserError(
            f"the clip's pose codes are of the {clip.pose_frame} frame, the tokenizer's of the {codec.frame} frame: "
            "use the tokenizer that the clip was made with"
        )
    if not len(clip.pose_codes):
        raise UserError(f"the clip is shorter than one step of {codec.stride} frames: nothing to edit")
