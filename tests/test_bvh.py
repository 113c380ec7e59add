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
        (lambda s: s[: s.index("0 0 0 0 0 0 0 0 0")], "truncated", "no whole frame"),
        (lambda s: s.replace("90 0 0 0", "90 0 0 0 0"), "wrong channels", "line 20: 10 values"),
        (lambda s: s.replace("0 0 0 0 0 0 0 0 0\n", "0 0 0 0\n"), "wrong channels", "line 19: 4 values"),
        (lambda s: s.replace("CHANNELS 3", "CHANNELS 2"), "wrong channels", "line 9"),
        (lambda s: s.replace("CHANNELS 3 Z", "CHANNELS 3 W"), "wrong channels", "line 9"),
        (lambda s: s.replace("90 0 0 0", "nan 0 0 0"), "NaN", "frame 1, Hips"),
        (lambda s: s.replace("90 0 0 0", "ninety 0 0 0"), "unreadable", "line 20"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 0"), "frame rate", "--source-fps"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: nan"), "frame rate", "--source-fps"),
        (lambda s: s.replace("Frame Time: 0.05\n", ""), "frame rate", "--source-fps"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 30"), "frame rate", "--source-fps 30"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 33.3333"), "frame rate", "--source-fps 30"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 1e9"), "frame rate", "no motion"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: 1e-9"), "frame rate", "no motion"),
        (lambda s: s.replace("Frame Time: 0.05", "Frame Time: soon"), "unreadable", "line 18"),
        (lambda s: s.replace("Frames: 2", "Frames: -2"), "unreadable", "-2"),
        (lambda s: s.replace("CHANNELS 3 Z", "CHANNELS 3 X"), "wrong channels", "named twice"),
        (
            lambda s: s.replace("  {\n    OFFSET 0 10 0\n", "    OFFSET 0 10 0\n"),
            "unreadable",
            "line 7: not BVH (no {",
        ),
        (lambda s: s.replace("OFFSET 0 10 0", "OFFSET 0 10"), "unreadable", "line 8: not BVH (OFFSET 0 10:"),
        (lambda s: s.replace("OFFSET 0 10 0", "OFFSET 0 10 0 4"), "unreadable", "three numbers"),
        (lambda s: s.replace("  CHANNELS", "  //"), "wrong channels", "holds no motion"),
        (lambda s: "solid cube\n" + s, "unreadable", "HIERARCHY"),
        (lambda s: "", "unreadable", "HIERARCHY"),
    ],
)
def test_damage_is_named_with_its_place(small, change, reason, says):
    with pytest.raises(BadMotion) as error:
        read_bvh(small(change(SMALL)))
    assert error.value.reason == reason
    assert says in str(error.value) and "small.bvh" in str(error.value) and "\n" not in str(error.value)


ONE_LINE = """HIERARCHY ROOT Hips { OFFSET 1 2 3 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation
Yrotation JOINT Chest { OFFSET 0 10 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 5 0 } } }
"""


@pytest.mark.parametrize(
    "change",
    [
        lambda s: "\ufeff" + s,
        lambda s: "\n\n" + s.replace("\n", "\n\n"),
        lambda s: s.replace("\n{", " {").replace("\n  {", "{").replace("\n    {", " {"),
        lambda s: ONE_LINE + s[s.index("MOTION") :],
        lambda s: s.replace("MOTION", "} MOTION").replace("  }\n}\n", "  }\n"),
        lambda s: (
            s.replace("0.05", "0,05").replace("1 2 3", "1,0 2,0 3,0").replace("1 0 0 90", "1,0 0 0 90,00")
        ),
        lambda s: s.replace("1 2 3", "1.0, 2.0, 3.0").replace(
            "1 0 0 90 0 0 0 90 0", "1,0,0,90.0,0,0,0,90.0,0"
        ),
        lambda s: s.replace("1 0 0 90 0 0 0 90 0", "1,0; 0,0; 0; 90; 0; 0; 0; 90; 0"),
        lambda s: s.replace("1 0 0 90 0 0 0 90 0", "1,0 , 0, 0 , 90 ,0, 0, 0, 90 ,0"),
        lambda s: s.replace("1 0 0 90 0 0", "1 0 0 90\n  0 0"),  # rows broken over lines
        lambda s: s + "\nEND OF FILE\nexported by a plug-in\n",
        lambda s: s.replace("Hips\n", "Hips // the root\n").replace("1 2 3", "1 2 3 cm # a remark"),
        lambda s: s.replace("0 90 0\n", "0 90 0 # last\n").replace("0.05", "0.05 seconds"),
        lambda s: s.replace("Frames: 2", "Frames:2 (two)").replace("Frame Time:", "Frame time ="),
        lambda s: s.replace("Zposition Zr", "Zposition ZR").replace("End Site", "End Site Chest Tip"),
        lambda s: (
            "# made by hand\n" + s.replace("Frames: 2\nFrame Time: 0.05", "Frame Time: 0.05\nFrames: 2")
        ),
    ],
)
def test_unusual_ways_of_writing_give_the_same_motion(small, change):
    expected, found = read_bvh(small()), read_bvh(small(change(SMALL)))
    assert found.joints == expected.joints and found.frame_time == expected.frame_time
    np.testing.assert_array_equal(found.values, expected.values)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1", "utf-8"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.bvh"
    path.write_bytes(SMALL.replace("Chest", "Brüst").encode(encoding))
    assert read_bvh(path).names[1] == "Brüst"
    path.write_bytes(
        SMALL.replace("Chest", "腰\x85").encode("utf-8")
    )  # a byte that Latin-1 takes as a line's end
    assert read_bvh(path).joints[1].offset == (0, 10, 0)


@pytest.mark.parametrize(
    ("change", "frames"),
    [
        (lambda s: s.replace("Frames: 2", "Frames: 9"), 2),
        (lambda s: s[:-6], 1),  # the last row ends too early
        (
            lambda s: s.replace("0 90 0\n", "0 90.0000 0.0000\n" + "0 0 0 0 0 0 0 0.0000 0.0").replace(
                ": 2", ": 9"
            ),
            2,
        ),
        (lambda s: s.replace("Frames: 2\n", "") + "1 2", 2),
        (lambda s: s.replace("Frames: 2", "Frames: 1"), 1),
    ],
)
def test_other_numbers_of_rows_than_announced_are_a_warning(small, change, frames):
    bvh = read_bvh(small(change(SMALL)))
    assert len(bvh.values) == frames and len(bvh.warnings) == 1
    np.testing.assert_array_equal(bvh.values, read_bvh(small()).values[:frames])
    assert bvh.raw_motion(small()).warnings == bvh.warnings


def test_a_given_rate_replaces_the_frame_time(small):
    for time in ("0", "30", "1e9", "-1"):
        bvh = read_bvh(small(SMALL.replace("Time: 0.05", f"Time: {time}")), fps=20.0)
        assert bvh.frame_time == 0.05 and len(bvh.values) == 2


def test_a_root_without_channels_only_carries(small):
    around = SMALL.replace("HIERARCHY\n", "HIERARCHY\nROOT Armature\n{\nOFFSET 1 0 0\nCHANNELS 0\n")
    around = around.replace("ROOT Hips", "JOINT Hips").replace("MOTION", "}\nMOTION")
    for text in (around, around.replace("CHANNELS 0\n", "")):
        bvh = read_bvh(small(text))
        assert bvh.names[:2] == ("Armature", "Hips")
        expected = read_bvh(small()).world()[0]
        np.testing.assert_allclose(bvh.world()[0][:, 1:], expected + (1, 0, 0), atol=1e-9)
        assert bvh.raw_motion(small()).starts_at_rest


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
