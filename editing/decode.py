"""From edited codes to motion: the published way, and one that preserves what nobody edited."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch

from dataset.clip_npz import CodeShape
from dataset.features import heading_of, joints_to_features
from dataset.motion_clip import MotionClip
from dataset.pose_codes import parse_pose_codes
from editing.assemble import graft, place_on
from editing.plan import EditPlan
from editing.pose_fit import FitResult, fit_poses
from models.build import normaliser_of
from models.code_search import LONGEST_SEARCHED, search_codes
from models.pg_tokenizer import PGTokenizer
from utils.runtime import UserError

RESIDUALS = ("encode", "fade")
TOUCH_UP_ITERATIONS = 60


class Codec:
    """A tokenizer on unnormalised features, for one clip at a time.

    data_root: data set whose statistics a tokenizer of the release goes by; None: its default folder.
    """

    def __init__(self, tokenizer: PGTokenizer, data_root: str | Path | None = None) -> None:
        self.tokenizer, self.spec, self.frame = tokenizer, tokenizer.info.spec, tokenizer.info.pose_frame
        self.normaliser = normaliser_of(tokenizer, data_root)
        self.stride = tokenizer.frames_per_step
        self.device = next(tokenizer.parameters()).device

    @property
    def shape(self) -> CodeShape:
        """What this tokenizer's codes look like."""
        return CodeShape(self.stride, self.tokenizer.quantizers, self.tokenizer.residual_vocabulary)

    @torch.no_grad()
    def encode(self, features: np.ndarray, pose_codes: np.ndarray, search: bool = False) -> np.ndarray:
        """Residual codes (L, Q) of features (T, D), given pose codes (L, 70).

        The tokenizer works in whole steps: one that is cut short is filled up with the last frame's features.
        search: take, in a second or two, those whose decoded motion is closest (`models.code_search`), not those of
        the encoder alone; motions longer than a minute are left to the encoder.
        """
        missing = len(pose_codes) * self.stride - len(features)
        features = np.pad(features, ((0, missing), (0, 0)), mode="edge")
        motion = torch.as_tensor(self.normaliser.normalise(features), device=self.device).float()
        encode = self.tokenizer.encode
        if search and len(features) <= LONGEST_SEARCHED * self.spec.fps:
            encode = partial(search_codes, self.tokenizer)
        return encode(motion[None], self._codes(pose_codes))[0].cpu().numpy()

    @torch.no_grad()
    def decode(
        self, pose_codes: np.ndarray, residual_codes: np.ndarray | None = None, frames: int | None = None
    ) -> np.ndarray:
        """Features (T, D) of pose codes (L, 70) and residual codes (L, Q); frames: T, None: all of the steps'."""
        residual = None
        if residual_codes is not None:
            residual = torch.as_tensor(residual_codes, device=self.device)[None]
        motion = self.tokenizer.decode(self._codes(pose_codes), residual)[0].cpu().numpy()
        return self.normaliser.restore(motion[:frames])

    def steps(self, frames: int) -> int:
        """Steps that cover so many frames."""
        return -(-frames // self.stride)

    def parse(self, joints: np.ndarray) -> np.ndarray:
        """Pose codes (T, 70) of joints (T, J, 3), as this tokenizer's data has them."""
        return parse_pose_codes(joints, self.frame, skeleton=self.spec.skeleton)

    def _codes(self, pose_codes: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(np.asarray(pose_codes), dtype=torch.long, device=self.device)[None]


def decode_published(codec: Codec, source: MotionClip, codes: np.ndarray) -> MotionClip:
    """Decode codes (T, 70) the published way: each step's first codes, no residuals, for the whole clip."""
    steps = codes[:: codec.stride].astype(np.uint8)
    return source.with_motion(codec.decode(steps, frames=len(codes)), pose_codes=steps, residual_codes=None)


def decode_preserve(
    codec: Codec,
    source: MotionClip,
    plan: EditPlan,
    fit: FitResult,
    residuals: str = "encode",
    touch_up: bool = True,
) -> MotionClip:
    """Decode an edit so that only what was edited changes.

    1. Pose codes: the fitted motion's where the plan's weight is above 0, the source's elsewhere. Residual codes:
       near the edit those that the tokenizer's encoder gives for the fitted motion and the new pose codes
       ("encode"), or none ("fade"); elsewhere the source's own. Both are decoded together.
    2. The decoded limbs that the fit moves are grafted onto the source's reconstruction: bone directions decoded,
       bone lengths and all other limbs the reconstruction's, blended in and out by the plan's weight. The root
       path is the reconstruction's plus the fit's shift. Frames of weight 0 thus equal the reconstruction.
    3. touch_up: where decoding has blurred the edit, a second, short fit moves the decoded limbs just back into
       the wanted intervals and planted feet back to where they stood.

    source: the unedited reconstruction and the codes it was decoded from. Raises UserError for unknown residuals.
    """
    spec = codec.spec
    fitted_features = joints_to_features(fit.joints, source.features, plan.weight, spec)
    pose_codes, residual = codes_of_edit(codec, source, plan.weight, fit.codes, fitted_features, residuals)
    decoded = codec.decode(pose_codes, residual, len(plan.weight))
    decoded = place_on(decoded, fit.joints, heading_of(source.features), spec)
    joints = graft(source.joints, decoded, fit.joints, plan.weight)
    if touch_up:
        joints = fit_poses(
            joints, plan, codec.frame, planted_at=fit.joints, iterations=TOUCH_UP_ITERATIONS
        ).joints
    features = joints_to_features(joints, source.features, plan.weight, spec)
    return source.with_motion(features, joints, pose_codes=pose_codes, residual_codes=residual)


def codes_of_edit(
    codec: Codec,
    source: MotionClip,
    weight: np.ndarray,
    codes: np.ndarray,
    fitted_features: np.ndarray,
    residuals: str = "encode",
) -> tuple[np.ndarray, np.ndarray | None]:
    """Pose codes (L, 70) and residual codes (L, Q) of an edit: the fitted motion's near it, the source's elsewhere.

    weight: (T,) of the plan; codes: (T, 70) of the fitted motion, whose features (T, D) the tokenizer's encoder takes;
    residuals: "encode", or "fade" for none near the edit. Raises UserError for another word.
    """
    if residuals not in RESIDUALS:
        raise UserError(f"residuals {residuals!r} are unknown: use one of {', '.join(RESIDUALS)}")
    near = np.logical_or.reduceat(weight > 0, np.arange(0, len(weight), codec.stride))[:, None]  # (L, 1)
    pose_codes = np.where(near, codes[:: codec.stride], source.pose_codes).astype(np.uint8)
    kept = source.residual_codes
    if kept is None:
        return pose_codes, None
    fresh = codec.encode(fitted_features, pose_codes) if residuals == "encode" else np.full_like(kept, -1)
    return pose_codes, np.where(near, fresh, kept)
