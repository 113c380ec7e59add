"""What is counted wrong gets more time in the next try; other parts keep their own."""

from __future__ import annotations

import numpy as np

from dataset.motion_clip import MotionClip
from models.again import LONGER, with_tries


def _clip(frames: int, text: str) -> MotionClip:
    """Somebody who stands and claps never."""
    joints = np.zeros((frames, 22, 3))
    joints[..., 1] = 1.0
    joints[:, 20, 0], joints[:, 21, 0] = 0.4, -0.4
    features, codes = np.zeros((frames, 259), np.float32), np.zeros((frames // 4, 70), np.uint8)
    return MotionClip(text, features, joints, codes, None, 20.0, "heading")


def test_what_is_counted_wrong_is_drawn_longer():
    told = [[("clap three times", None)], [("wave", None)], [("clap three times", 80)]]
    clips = [_clip(48, parts[0][0]) for parts in told]
    drawn = []

    def draw(again, seeds, counts, first):
        drawn.extend(again)
        return [_clip(60, parts[0][0]) for parts in again]

    with_tries(clips, told, [1, 2, 3], [4, 4, 4], 2, draw)
    frames = {parts[0][0]: parts[0][1] for parts in drawn if parts[0][1] != 80}
    assert round(48 * LONGER) in frames.values()
    assert [parts[0][1] for parts in drawn].count(None) == 1 and [p[0][1] for p in drawn].count(80) == 1
