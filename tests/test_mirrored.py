"""A motion that shows the other side of what was asked for is kept in a mirror, with codes that stand for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from takes import take

from dataset.features import extract_features, mirror_joints
from dataset.motion_clip import MotionClip
from dataset.pose_codes import parse_pose_codes
from editing.decode import Codec
from models.again import other_way_round
from models.build import load_tokenizer
from models.mirrored import mirrored_clip

SMALL = Path(__file__).resolve().parents[1] / "pretrained" / "small"


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load_tokenizer(SMALL / "exp_pg_tokenizer"))


def clip_of(codec: Codec, action: str, side: str) -> MotionClip:
    """A clip decoded from the codes of a procedural take."""
    features = extract_features(take(action, 2, side).joints, codec.spec)
    frames = len(features) // codec.stride * codec.stride
    joints = take(action, 2, side).joints[:frames]
    codes = parse_pose_codes(joints[:: codec.stride], codec.frame)
    residual = codec.encode(features[:frames], codes, search=True)
    blank = MotionClip(action, features[:frames], joints, codes, residual, codec.spec.fps, codec.frame)
    return blank.with_motion(codec.decode(codes, residual, frames))


def test_a_mirrored_clip_is_the_mirror_image_and_its_codes_decode_to_it(codec):
    clip = clip_of(codec, "raise_one", "left")
    made = mirrored_clip(codec.tokenizer, clip)
    assert made.joints.shape == clip.joints.shape and made.pose_codes.shape == clip.pose_codes.shape
    image = mirror_joints(clip.joints)
    gap = (made.joints - made.joints[:, :1]) - (image - image[:, :1])
    assert np.linalg.norm(gap, axis=-1).mean() < 0.04
    decoded = codec.decode(made.pose_codes, made.residual_codes, len(made.features))
    assert np.abs(decoded - made.features).max() < 1e-3
    assert np.mean(made.pose_codes != clip.pose_codes) > 0.02


def test_what_no_decoder_could_make_is_not_mirrored(codec):
    clip = clip_of(codec, "raise_one", "left")
    assert mirrored_clip(codec.tokenizer, replace(clip, residual_codes=None)) is None
    long = replace(clip, features=np.repeat(clip.features, 40, 0))
    assert mirrored_clip(codec.tokenizer, long) is None


@pytest.mark.parametrize(
    ("action", "text"), [("raise_one", "raise the {} arm"), ("kneel_one", "kneel on the {} knee")]
)
def test_only_a_motion_on_the_wrong_side_is_turned_round(codec, action, text):
    clip = clip_of(codec, action, "left")
    calls = []

    def mirrored(wrong: MotionClip) -> MotionClip | None:
        calls.append(wrong)
        return mirrored_clip(codec.tokenizer, wrong)

    (kept,) = other_way_round([clip], [[(text.format("left"), None)]], mirrored)
    assert kept is clip and not calls
    (turned,) = other_way_round([clip], [[(text.format("right"), None)]], mirrored)
    assert len(calls) == 1 and turned is not clip
    (again,) = other_way_round([turned], [[(text.format("right"), None)]], mirrored)
    assert again is turned and len(calls) == 1


def test_who_turned_the_way_that_was_said_is_not_turned_round():
    joints = take("turn_quarter", 1, "left").joints
    clip = MotionClip(
        "",
        np.zeros((len(joints), 263), np.float32),
        joints,
        np.zeros((9, 70), np.uint8),
        None,
        20.0,
        "heading",
    )
    told = [[("turn 90 degrees to the left while raising the right arm", None)]]
    (kept,) = other_way_round([clip], told, lambda clip: pytest.fail("mirrored"))
    assert kept is clip
    said = [[("do nine push-ups and wave with the right hand", None)]]
    assert other_way_round([clip], said, lambda clip: pytest.fail("mirrored")) == [clip]
