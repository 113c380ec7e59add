"""BVH files: reading real ones, what is wrong with damaged ones, writing."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.motion_files.bvh import Bvh, BvhJoint, read_bvh, write_bvh_file
from dataset.motion_files.raw import BadMotion

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 10 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.05
0 0 0 0 0 0 0 0 0
1 0 0 90 0 0 0 90 0
"""


@pytest.fixture
def small(tmp_path):
    def write(text: str = SMALL, newline: str = "\n"):
        path = tmp_path / "small.bvh"
        path.write_text(text.replace("\n", newline), newline="")
        return path

    return write


def test_rotations_are_intrinsic_in_channel_order_and_position_channels_replace_the_offset(small):
    positions, _ = read_bvh(small()).world()
    np.testing.assert_allclose(positions[0], [[0, 0, 0], [0, 10, 0], [0, 15, 0]], atol=1e-9)
    # The root turns y to -x; the chest then turns about its own x axis, which is the world's y by now.
    np.testing.assert_allclose(positions[1], [[1, 0, 0], [-9, 0, 0], [-9, 0, 5]], atol=1e-9)


def test_end_sites_line_ends_and_case_do_not_matter(small):
    bvh = read_bvh(
        small(SMALL.replace("Frame Time:", "FRAME TIME:\t").replace("End Site", "end site"), "\r\n")
    )
    assert bvh.names == ("Hips", "Chest", "Chest_end")
    assert bvh.frame_time == 0.05 and bvh.values.shape == (2, 9)


def test_a_rest_pose_in_front_is_noticed(small, tmp_path):
    assert read_bvh(small()).raw_motion(tmp_path).starts_at_rest
    assert (
        not read_bvh(small(SMALL.replace("\n0 0 0 0 0", "\n0 0 0 3 0"))).raw_motion(tmp_path).starts_at_rest
    )


@pytest.mark.parametrize(
    ("change", "reason", "says"),
    [
        (lambda s: s[:120], "truncated", "before its MOTION"),
        (lambda s: s.replace("MOTION", "}\nMOTION"), "unreadable", "line 16"),
        (lambda s: s.replace("  }\n}\nMOTION", "MOTION"), "truncated", "hierarchy is not complete"),
        (lambda s: s[: s.index("1 0 0 90")], "truncated", "announces 2 frames and holds 1"),
        (lambda s: s[:-6], "truncated", "line 20: 7 values where the hierarchy has 9"),
        (lambda s: s.replace("0 0 0 0 0 0 0 0 0\n", "0 0 0 0\n"), "wrong channels", "line 19: 4 values"),
        (lambda s: s.replace("CHANNELS 3", "CHANNELS 2"), "wrong channels", "line 9"),
        (lambda s: s.replace("CHANNELS 3 Z", "CHANNELS 3 W"), "wrong channels", "line 9"),
        (lambda s: s.replace("90 0 0 0", "nan 0 0 0"), "NaN", "frame 1, Hips"),
        (lambda s: s.replace("90 0 0 0", "ninety 0 0 0"), "unreadable", "line 20"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 0"), "truncated", "Frame Time"),
        (lambda s: "solid cube\n" + s, "unreadable", "HIERARCHY"),
        (lambda s: "", "unreadable", "HIERARCHY"),
    ],
)
def test_damage_is_named_with_its_place(small, change, reason, says):
    with pytest.raises(BadMotion) as error:
        read_bvh(small(change(SMALL)))
    assert error.value.reason == reason
    assert says in str(error.value) and "small.bvh" in str(error.value) and "\n" not in str(error.value)


def test_what_is_written_reads_back(tmp_path):
    rng = np.random.default_rng(0)
    joints = (
        BvhJoint(
            "root", -1, (0.0, 0.0, 0.0), ("xposition", "yposition", "zposition", "yrotation", "xrotation")
        ),
        BvhJoint("arm", 0, (0.1, 0.2, 0.3), ("zrotation", "xrotation", "yrotation")),
        BvhJoint("arm_end", 1, (0.0, 0.1, 0.0)),
        BvhJoint("leg", 0, (0.0, -0.4, 0.0), ("xrotation",)),
        BvhJoint("leg_end", 3, (0.0, -0.4, 0.0)),
    )
    bvh = Bvh(joints, rng.uniform(-90, 90, (7, 9)), 1 / 30)
    write_bvh_file(tmp_path / "sub" / "a.bvh", bvh)
    again = read_bvh(tmp_path / "sub" / "a.bvh")
    assert again.joints == bvh.joints
    assert again.frame_time == pytest.approx(bvh.frame_time, abs=1e-8)
    np.testing.assert_allclose(again.values, bvh.values, atol=1e-6)
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["a.bvh"]
