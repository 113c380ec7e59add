"""Codes obeyed, feet that slide or sink: exact on motions made for it."""

from __future__ import annotations

import numpy as np
import pytest
from takes import take

from dataset.pose_codes import parse_pose_codes
from evaluation.motion_quality import (
    code_faithfulness,
    foot_sliding,
    mean_quality,
    motion_quality,
    penetration,
)


def test_a_motion_obeys_its_own_codes_and_not_those_of_another():
    walk, bow = take("walk", 1).joints[:60], take("bow", 1).joints[:60]
    codes = parse_pose_codes(walk[::4], "heading")
    assert code_faithfulness(walk, codes, "heading") == {"codes": 1.0, "codes_within_1": 1.0}
    other = code_faithfulness(bow, codes, "heading")
    assert other["codes"] < 0.9 and other["codes"] < other["codes_within_1"]
    off = codes.copy()
    off[:, 0] = np.where(off[:, 0] > 0, off[:, 0] - 1, 1)
    assert code_faithfulness(walk, off, "heading") == pytest.approx({"codes": 69 / 70, "codes_within_1": 1.0})


def test_sliding_is_the_speed_of_feet_on_the_floor():
    stand = take("stand", 1).joints
    still = np.repeat(stand[:1], 40, axis=0)
    assert foot_sliding(still) == 0.0
    gliding = still + np.arange(40)[:, None, None] * np.array([0.01, 0, 0])
    assert foot_sliding(gliding) == pytest.approx(0.2)  # metres a second
    assert np.isnan(foot_sliding(gliding + np.array([0, 1.0, 0])))


def test_penetration_is_the_depth_below_the_floor():
    still = np.repeat(take("stand", 1).joints[:1], 10, axis=0)
    still[..., 1] -= still[..., 1].min()
    assert penetration(still) == 0.0
    assert penetration(still - np.array([0, 0.02, 0])) == pytest.approx(20)


def test_rows_say_what_was_measured():
    joints = take("walk", 1).joints
    row = motion_quality(joints, None, "heading", len(joints))
    assert row["at_limit"] == 1.0 and "codes" not in row
    assert motion_quality(joints, None, "heading", len(joints) + 1)["at_limit"] == 0.0
    means = mean_quality([{"sliding": 1.0}, {"sliding": float("nan")}, {"sliding": 3.0, "codes": 0.5}])
    assert means == {"sliding": 2.0, "codes": 0.5}
