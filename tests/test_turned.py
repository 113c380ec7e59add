"""Bodies that turn to the side that was said turn as far as was said, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from takes import take

from dataset.features import extract_features
from dataset.motion_clip import MotionClip, joints_in_metres
from dataset.spec import get_spec
from models.turned import YAW_RATE, turned_as_said
from utils import quantities as q
from utils.rotation import turn


def _jump(degrees: float) -> MotionClip:
    """A jump during which the body turns so far to the left, as features have it."""
    joints = take("jump", 3).joints
    share = np.linspace(0, 1, len(joints))
    root = joints[:, :1] * (1, 0, 1)
    joints = turn(joints - root, np.repeat((share * np.radians(degrees))[:, None], 22, 1)) + root
    features = np.asarray(extract_features(joints, get_spec("mocap")), np.float32)
    codes = np.zeros((len(features) // 4, 70), np.uint8)
    return MotionClip("", features, joints_in_metres(features), codes, None, 20.0, "heading")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_that_turned_too_little_turns_as_far_as_said(sign):
    clip = _jump(95 * sign)
    side = "left" if sign > 0 else "right"
    for text in (f"jump and turn 180 degrees to the {side}", "jump with a half turn"):
        made = turned_as_said(clip, [(text, None)])
        assert abs(q.turned(made.joints) * sign - 180) < 25
        others = [i for i in range(clip.features.shape[1]) if i != YAW_RATE]
        assert np.array_equal(made.features[:, others], clip.features[:, others])
        assert np.allclose(made.joints[..., 1], clip.joints[..., 1], atol=1e-4)


def test_what_turns_the_other_way_far_enough_or_not_as_told_stays():
    clip = _jump(95)
    for text in ("jump and turn 180 degrees to the right", "jump and turn 90 degrees to the left", "jump up",
                 "turn 360 degrees to the left"):  # fmt: skip
        assert turned_as_said(clip, [(text, None)]) is clip
    hardly = _jump(10)
    assert turned_as_said(hardly, [("jump with a half turn to the left", None)]) is hardly
    world = replace(clip, pose_frame="world")
    assert turned_as_said(world, [("jump with a half turn", None)]) is world
