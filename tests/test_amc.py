"""ASF/AMC: bones' own axes, ends as positions, units; damaged files."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.motion_files.amc import find_asf, read_amc, read_asf
from dataset.motion_files.raw import BadMotion

ASF = """# comment
:version 1.10
:units
  mass 1.0
  length 0.5
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name thigh
     direction 0 -1 0
     length 2
     axis 0 0 90 XYZ
     dof rx rz
     limits (-10.0 10.0)
            (-10.0 10.0)
  end
  begin
     id 2
     name shin
     direction 0 -1 0
     length 1
     axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root thigh
    thigh shin
  end
"""
AMC = """#!OML:ASF x
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
thigh 0 0
2
root 0 0 0 0 90 0
thigh 90 0
"""


@pytest.fixture
def files(tmp_path):
    def write(amc: str = AMC, asf: str = ASF):
        (tmp_path / "a.asf").write_text(asf)
        (tmp_path / "a_01.amc").write_text(amc)
        return tmp_path / "a_01.amc"

    return write


def test_angles_act_in_the_bones_own_axes(files):
    motion = read_amc(files())
    assert motion.names == ("root", "thigh", "shin") and motion.parents == (-1, 0, 1)
    np.testing.assert_allclose(motion.positions[0], [[1, 2, 3], [1, 0, 3], [1, -1, 3]], atol=1e-9)
    # The thigh's axes are turned by 90 degrees about z, so its rx is a turn about the world's y, which leaves
    # a bone along y where it is.
    np.testing.assert_allclose(motion.positions[1], [[0, 0, 0], [0, -2, 0], [0, -3, 0]], atol=1e-9)
    turned = read_amc(files(AMC.replace("thigh 90 0", "thigh 0 90").replace("0 90 0\n", "0 0 0\n")))
    np.testing.assert_allclose(turned.positions[1, 1], [2, 0, 0], atol=1e-9)


def test_units_and_radians(files):
    motion = read_amc(files())
    assert motion.unit == pytest.approx(0.0254 / 0.5) and motion.fps == 120 and motion.up == "y"
    radians = AMC.replace(":DEGREES", ":RADIANS").replace("0 90 0\n", f"0 {np.pi / 2} 0\n")
    radians = radians.replace("thigh 90 0", f"thigh {np.pi / 2} 0")
    # Only the motion is in radians here; the skeleton's axes stay in the unit of its own header.
    np.testing.assert_allclose(read_amc(files(radians)).positions, motion.positions, atol=1e-9)


@pytest.mark.parametrize(
    ("amc", "reason", "says"),
    [
        (AMC.replace("thigh 90 0", "thigh 90"), "wrong channels", "line 9"),
        (AMC.replace("thigh 90 0", "wing 90 0"), "wrong skeleton", "'wing'"),
        (AMC[: AMC.rindex("thigh")], "truncated", "announces 2 frames and holds 1 of bone thigh"),
        (AMC.replace("thigh 90 0", "thigh nan 0"), "NaN", "frame 1, thigh"),
        ("", "unreadable", "no frame"),
    ],
)
def test_damage_is_named_with_its_place(files, amc, reason, says):
    with pytest.raises(BadMotion, match="a_01.amc") as error:
        read_amc(files(amc))
    assert error.value.reason == reason and says in str(error.value)


def test_an_incomplete_skeleton_is_refused(files):
    files(asf=ASF[: ASF.index(":hierarchy")])
    with pytest.raises(BadMotion, match="hierarchy"):
        read_asf(files(asf=ASF[: ASF.index(":hierarchy")]).parent / "a.asf")


def test_byte_order_marks_and_decimal_commas(files):
    expected = read_amc(files()).positions
    found = read_amc(files("\ufeff" + AMC.replace("root 1 2 3", "root 1,0 2,0 3,0"), "\ufeff" + ASF))
    np.testing.assert_array_equal(found.positions, expected)


def test_the_skeleton_is_found_by_name(tmp_path):
    for name in ("07.asf", "0.asf", "x.asf"):
        (tmp_path / name).touch()
    assert find_asf(tmp_path / "07_01.amc").name == "07.asf"
    with pytest.raises(BadMotion, match="--asf"):
        find_asf(tmp_path / "y_01.amc")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("length 0.5", "length 0", "unit of length"),
        ("length 0.5", "length -1", "unit of length"),
        ("length 0.5", "length nan", "unit of length"),
        ("length 0.5", "length 1e-320", "unit of length"),
        ("length 0.5", "length 1e320", "unit of length"),
        ("length 2", "length inf", "bone thigh"),
        ("direction 0 -1 0\n     length 2", "direction 0 nan 0\n     length 2", "bone thigh"),
        ("direction 0 -1 0\n     length 2", "direction 0 -1\n     length 2", "bone thigh"),
        ("position 0 0 0", "position 0 0", "root's position"),
        ("    root thigh\n    thigh shin", "    shin thigh\n    thigh shin", "hang on the root"),
        ("    thigh shin", "    thigh root", "root"),
    ],
)
def test_a_skeleton_without_size_or_place_is_refused(files, old, new, says):
    assert old in ASF
    path = files(asf=ASF.replace(old, new, 1))
    with pytest.raises(BadMotion, match=says):
        read_amc(path)


def test_skeletons_in_other_encodings_and_binaries(files, tmp_path):
    expected = read_amc(files()).positions
    path = files()
    skeleton = find_asf(path)
    for data in (ASF.encode("utf-16"), ASF.replace("# comment", "# Größe").encode("latin-1")):
        skeleton.write_bytes(data)
        np.testing.assert_array_equal(read_amc(path).positions, expected)
    skeleton.write_bytes(bytes(range(256)))
    with pytest.raises(BadMotion, match="binary"):
        read_amc(path)
