"""A generated motion as in a mirror, with the codes that stand for it.

A model mixes up the sides of what it saw rarely: told to kneel on the right knee, it kneels on the left one. The mirror
image of that is what was asked for, and as good a motion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from dataset.features import extract_features, mirror_joints
from dataset.motion_clip import MotionClip
from dataset.pose_codes import parse_pose_codes
from models.code_search import LONGEST_SEARCHED, search_codes
from models.pg_tokenizer import PGTokenizer
from utils.skeleton import T2M_SKELETON


def mirrored_clip(tokenizer: PGTokenizer, clip: MotionClip) -> MotionClip | None:
    """The clip with left and right exchanged: pose codes of its mirror image, residual codes searched for, and their motion.

    None for a clip of pose codes alone, of another skeleton, or of more than `LONGEST_SEARCHED` seconds.
    """
    if clip.residual_codes is None or tokenizer.info.spec.skeleton is not T2M_SKELETON:
        return None
    if len(clip.features) > LONGEST_SEARCHED * clip.fps:
        return None
    joints = mirror_joints(clip.joints.astype(np.float64))
    # Features tell the way to the next frame; the last one goes on as before.
    joints = np.concatenate([joints, 2 * joints[-1:] - joints[-2:-1]])
    features = extract_features(joints, tokenizer.info.spec)
    stride, steps = tokenizer.frames_per_step, len(clip.pose_codes)
    codes = parse_pose_codes(joints[:-1:stride], tokenizer.info.pose_frame)[:steps]
    missing = steps * stride - len(features)
    device = next(tokenizer.parameters()).device
    padded = np.pad(features, ((0, missing), (0, 0)), mode="edge")
    motion = torch.as_tensor(tokenizer.normaliser.normalise(padded), device=device).float()[None]
    pose_codes = torch.as_tensor(codes, device=device).long()[None]
    found = search_codes(tokenizer, motion, pose_codes)
    with torch.no_grad():
        decoded = tokenizer.decode(pose_codes, found)[0].cpu().numpy()
    features = tokenizer.normaliser.restore(decoded[: len(features)])
    return replace(clip.with_motion(features), pose_codes=codes, residual_codes=found[0].cpu().numpy())
