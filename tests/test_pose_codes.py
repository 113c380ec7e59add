"""Pose codes: equal to the published ones, to a plain re-reading of the rules, and true to their words."""

import inspect
import json

import numpy as np
import pytest
import torch
from conftest import GOLDENS
from plain_reference import heading, pose_codes

from dataset.cache import load_split
from dataset.motion_clip import MotionClip
from dataset.pose_codes import (
    END,
    GROUP_OFFSETS,
    GROUP_SIZES,
    GROUPS,
    NUM_CODES,
    NUM_GROUPS,
    PAD,
    from_khot,
    names,
    parse_pose_codes,
    to_code_index,
    to_khot,
)
from dataset.pose_codes.files import codes_folder_name, read_codes, read_frame_info, write_frame_info
from dataset.pose_codes.measures import EXTRA_JOINTS, KIT_MAPS, measure
from dataset.pose_codes.parse import bin_values, parse_frames
from dataset.pose_codes.quick import quick_codes
from dataset.pose_codes.tensor_measures import measure_tensor
from editing.pose_fit import fit_poses
from utils.rotation import turn
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON
from visualization.describe import describe, describe_spans

DIRECTED = [group.index for group in GROUPS if group.kind in ("relX", "relZ")]


@pytest.fixture(scope="module", params=["procedural", "official"])
def golden(request):
    """Joints (170, 22, 3) and their codes (170, 392), world frame, no noise: ours by a plain loop, or published ones."""
    if request.param == "procedural":
        with np.load(GOLDENS) as arrays:
            return {"joints": arrays["joints"], "codes": arrays["codes_world"]}
    with np.load(request.getfixturevalue("shared") / "reference/golden/pose_codes_012314.npz") as arrays:
        return dict(arrays)


def standing():
    """A person (22, 3) who stands facing +z: arms hanging, hands a little in front, left at +x."""
    pose = {
        "pelvis": (0, 0.9, 0), "spine1": (0, 1.0, 0), "spine2": (0, 1.1, 0), "spine3": (0, 1.2, 0),
        "neck": (0, 1.4, 0), "head": (0, 1.5, 0), "hip": (0.1, 0.85, 0), "knee": (0.1, 0.45, 0),
        "ankle": (0.1, 0.05, 0), "foot": (0.1, 0.0, 0.12), "collar": (0.07, 1.35, 0),
        "shoulder": (0.2, 1.35, 0), "elbow": (0.25, 1.1, 0), "wrist": (0.27, 0.9, 0.15),
    }  # fmt: skip
    joints = []
    for name in T2M_SKELETON.joint_names:
        side = -1 if name.startswith("right_") else 1
        x, y, z = pose[name.removeprefix("left_").removeprefix("right_")]
        joints.append((side * x, y, z))
    return np.array(joints, float)


def code_of(joints, group_name, frame="world", **options):
    return int(parse_pose_codes(joints, frame, **options)[..., names.find_group(group_name).index])


def test_codes_equal_the_published_ones(golden):
    codes = parse_pose_codes(golden["joints"], "world")
    assert codes.shape == (170, 70) and codes.dtype == np.uint8
    assert np.array_equal(to_khot(codes), golden["codes"])
    assert np.array_equal(from_khot(golden["codes"], strict=True), codes)


def test_heading_codes_equal_the_plain_ones():
    with np.load(GOLDENS) as arrays:
        assert np.array_equal(to_khot(parse_pose_codes(arrays["joints"], "heading")), arrays["codes_heading"])


def test_codes_equal_a_plain_loop(golden):
    joints = golden["joints"][::9]
    assert parse_pose_codes(joints, "world").tolist() == [pose_codes(pose) for pose in joints]
    turned = [pose_codes(heading(pose)) for pose in joints.astype(float)]
    assert parse_pose_codes(joints, "heading").tolist() == turned


def test_any_leading_dimensions_and_tensors(golden):
    joints = golden["joints"][:12]
    codes = parse_pose_codes(joints, "world")
    assert np.array_equal(parse_pose_codes(joints.reshape(3, 4, 22, 3), "world").reshape(12, 70), codes)
    assert np.array_equal(parse_pose_codes(torch.from_numpy(joints), "world"), codes)
    assert np.array_equal(parse_pose_codes(joints[5], "world"), codes[5])


def test_heading_frame_ignores_where_a_person_faces(golden):
    joints = golden["joints"]
    turned = turn(joints.astype(np.float64), np.linspace(0, 5, len(joints))[:, None]) + (2.0, 0.0, -1.0)
    heading, again = parse_pose_codes(joints, "heading"), parse_pose_codes(turned, "heading")
    assert np.mean(heading != again) < 1e-3  # values on a threshold may fall either way
    world, other = parse_pose_codes(joints, "world"), parse_pose_codes(turned, "world")
    assert np.mean(world[:, DIRECTED] != other[:, DIRECTED]) > 0.2
    rest = np.setdiff1d(np.arange(70), DIRECTED)
    assert np.mean(world[:, rest] != heading[:, rest]) < 1e-3


def test_frames_agree_while_facing_z():
    assert np.array_equal(parse_pose_codes(standing(), "world"), parse_pose_codes(standing(), "heading"))


def test_texts_tell_left_from_right_and_front_from_back():
    """The published words of relX and relZ say the opposite; the texts of `names` must not."""
    joints = standing()
    for frame in ("world", "heading"):
        for name, expected in {
            "L-hand vs R-hand relX": "the left hand is to the left of the right hand",
            "L-hand vs torso relZ": "the left hand is in front of the torso",
            "L-hip vs L-knee relY": "the left hip is above the left knee",
            "L-hip vs L-knee relV": "the line from the left hip to the left knee is vertical",
            "L-foot ground": "the left foot is on the ground",
            "R-knee angle": "the right knee is at 170 to 180 degrees",
            "L-knee vs R-knee distance": "the left knee is 0.1 to 0.2 m from the right knee",
        }.items():
            assert names.label(names.find_group(name), code_of(joints, name, frame=frame)) == expected
    behind = joints.copy()
    behind[20, 2] = -0.4
    assert (
        names.meaning(names.find_group("L-hand vs torso relZ"), code_of(behind, "L-hand vs torso relZ"))
        == "behind"
    )
    assert code_of(joints, "L-hand vs R-hand relX") == 0  # published word: "at the right of"
    assert names.find_group("L-hand vs R-hand relX").categories[0] == "at the right of"


def test_raising_the_left_hand_changes_left_codes_only():
    joints = standing()
    joints[20] = joints[18] + (0.0, 0.27, 0.0)
    raised, lowered = parse_pose_codes(joints, "world"), parse_pose_codes(standing(), "world")
    changed = [GROUPS[i] for i in np.flatnonzero(raised != lowered)]
    assert "L-elbow angle" in [group.full_name for group in changed]
    assert all(any(joint in ("left_hand", "left_wrist") for joint in group.joints) for group in changed)


def test_value_on_a_threshold_falls_in_the_lower_bin():
    joints = standing()
    joints[18], joints[19] = (0.125, 1.0, 0.0), (-0.125, 1.0, 0.0)
    assert measure(joints, "world")[names.find_group("L-elbow vs R-elbow distance").index] == 0.25
    joints[18, 0] = 0.375
    assert measure(joints, "world")[names.find_group("L-elbow vs R-elbow distance").index] == 0.5
    assert code_of(joints, "L-elbow vs R-elbow distance") == 4


def test_noise_is_seeded_and_bounded(golden):
    joints = golden["joints"]
    clean = parse_pose_codes(joints, "world")
    noisy = parse_pose_codes(joints, "world", noise=1.0, seed=3)
    assert np.array_equal(noisy, parse_pose_codes(joints, "world", noise=1.0, seed=3))
    assert not np.array_equal(noisy, parse_pose_codes(joints, "world", noise=1.0, seed=4))
    changed = np.mean(noisy != clean, axis=0)
    assert 0.15 < changed[:4].mean() < 0.35  # 5 degrees either way in bins of 10: a quarter
    assert np.abs(noisy.astype(int) - clean).max() == 1
    assert np.array_equal(parse_pose_codes(joints, "world", noise=0.0, seed=3), clean)


def kit_pose(joints):
    """HumanML3D joints put in KIT-ML order and units (millimetres)."""
    result = np.zeros((*joints.shape[:-2], 21, 3))
    for smpl, kit in KIT_MAPS["corrected"].items():
        result[..., kit, :] = joints[..., smpl, :] * 1000
    result[..., [14, 19], :] = result[..., [13, 18], :]
    return result


def test_kit_codes_are_those_of_the_same_pose(golden):
    joints = golden["joints"]
    codes = parse_pose_codes(kit_pose(joints), "heading", skeleton=KIT_SKELETON)
    assert np.mean(codes != parse_pose_codes(joints, "heading")) < 1e-3


def test_published_kit_codes_cross_the_legs_and_forget_the_scale(golden):
    joints = kit_pose(golden["joints"])
    published = parse_pose_codes(joints, "world", skeleton=KIT_SKELETON, kit_codes="published")
    corrected = parse_pose_codes(joints, "world", skeleton=KIT_SKELETON)
    distances = [group.index for group in GROUPS if group.kind == "distance"]
    assert (published[:, distances] == 9).all() and not (corrected[:, distances] == 9).all()
    assert KIT_SKELETON.joint_names[KIT_MAPS["published"][1]] == "right_hip"
    for smpl, kit in KIT_MAPS["corrected"].items():
        if T2M_SKELETON.joint_names[smpl].startswith(("left", "right")):
            assert T2M_SKELETON.joint_names[smpl] == KIT_SKELETON.joint_names[kit]
    with pytest.raises(UserError, match="world"):
        parse_pose_codes(joints, "heading", skeleton=KIT_SKELETON, kit_codes="published")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"frame": "body"}, "body"), ({"skeleton": KIT_SKELETON}, "21"), ({"kit_codes": "x"}, "kit-codes")],
)
def test_bad_choices_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        parse_pose_codes(standing(), **{"frame": "world"} | options)
    with pytest.raises(UserError, match="NaN"):
        parse_pose_codes(np.full((22, 3), np.nan), "world")


def test_degenerate_poses_have_codes():
    codes = parse_pose_codes(np.zeros((3, 22, 3)), "heading")
    assert (codes < GROUP_SIZES).all()


# Vocabulary, both forms, names


def test_vocabulary_agrees_with_itself():
    """70 groups whose codes follow one another without gaps, one more than a group has thresholds; then END and PAD."""
    assert (NUM_GROUPS, NUM_CODES, END, PAD) == (70, 392, 392, 393)
    assert [group.index for group in GROUPS] == list(range(70))
    assert len({(group.kind, group.name) for group in GROUPS}) == 70
    following = 0
    for group in GROUPS:
        assert group.first_code == following and group.size == len(group.thresholds) + 1
        assert len(group.categories) == len(set(group.categories)) == group.size
        steps = np.diff(group.thresholds)
        assert (steps > 0).all() or (steps < 0).all(), group.name
        assert 1 <= len(group.joints) == len(set(group.joints)) <= 3, group.name
        following += group.size
    assert following == NUM_CODES and list(GROUP_SIZES) == [group.size for group in GROUPS]


def test_vocabulary_is_that_of_the_reference(shared):
    reference = json.loads((shared / "reference/pose_code_groups.json").read_text())
    assert (NUM_GROUPS, NUM_CODES, END, PAD) == (
        70,
        reference["codes"],
        reference["end_token"],
        reference["pad_token"],
    )
    for group, entry in zip(GROUPS, reference["groups"], strict=True):
        assert (group.index, group.name, list(group.joints)) == (
            entry["group"],
            entry["name"],
            entry["joints"],
        )
        assert group.first_code + group.size - 1 == entry["last_code"]
        assert group.size == len(group.thresholds) + 1 == len(group.categories)
    assert np.array_equal(GROUP_OFFSETS[1:], np.cumsum(GROUP_SIZES)[:-1])


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_khot_has_one_code_per_group_and_returns(kind):
    codes = np.random.default_rng(0).integers(0, GROUP_SIZES, (2, 5, NUM_GROUPS)).astype(np.uint8)
    codes[0, 0] = GROUP_SIZES - 1
    given = codes if kind == "numpy" else torch.from_numpy(codes)
    khot = to_khot(given)
    assert khot.shape == (2, 5, 392)
    per_group = np.add.reduceat(np.asarray(khot, dtype=int), GROUP_OFFSETS, axis=-1)
    assert (per_group == 1).all()
    assert np.array_equal(from_khot(khot, strict=True), codes)
    assert np.array_equal(from_khot(-5.0 + khot * 1.0), codes)  # scores will do
    assert np.array_equal(
        np.take_along_axis(np.asarray(khot), np.asarray(to_code_index(given)), -1), np.ones_like(codes)
    )


def test_bad_forms_are_refused():
    khot = to_khot(np.zeros((4, NUM_GROUPS), np.uint8))
    khot[2, 5] = True
    with pytest.raises(ValueError, match="exactly one"):
        from_khot(khot, strict=True)
    with pytest.raises(ValueError, match="category"):
        to_khot(np.full((4, NUM_GROUPS), 2, np.uint8))
    with pytest.raises(ValueError, match="width 12"):
        to_khot(np.zeros((4, 12), np.uint8))
    with pytest.raises(ValueError, match="width 70"):
        from_khot(np.zeros((4, 70)))


def test_names_find_their_groups():
    assert len(set(names.GROUP_NAMES)) == len(set(names.GROUP_LABELS)) == 70
    assert [names.find_group(name).index for name in names.GROUP_NAMES] == list(range(70))
    assert names.find_group("l-elbow  ANGLE").joints == ("left_shoulder", "left_elbow", "left_wrist")
    with pytest.raises(UserError, match="did you mean 'L-elbow angle'"):
        names.find_group("L-elbow angel")


def test_permuted_published_names_have_right_labels():
    wrong = [group.index for group in GROUPS if group.label != group.full_name]
    assert wrong == [31, 32, 33]
    assert names.find_group("L-knee vs R-knee relY").index == 33  # published, at the right ankle and the neck
    assert names.find_group("L-knee vs R-knee relY", published=False).index == 31
    assert "left knee" in GROUPS[31].description and "right knee" in GROUPS[31].description


def test_every_code_has_a_text_of_its_own():
    texts = [names.code_name(code) for code in range(394)]
    assert len(set(texts)) == 394 and texts[END] == "end"
    with pytest.raises(ValueError, match="394"):
        names.code_name(394)
    with pytest.raises(ValueError, match="categories 0 to 2"):
        names.label(22, 3)


def test_files_in_both_forms(tmp_path):
    codes = parse_pose_codes(np.stack([standing()] * 4), "world")
    np.save(tmp_path / "a.npy", codes)
    np.save(tmp_path / "b.npy", to_khot(codes))
    np.save(tmp_path / "c.npy", np.zeros((4, 71), np.uint8))
    assert np.array_equal(read_codes(tmp_path / "a.npy"), codes)
    assert np.array_equal(read_codes(tmp_path / "b.npy"), codes)
    with pytest.raises(ValueError, match="shape"):
        read_codes(tmp_path / "c.npy")
    assert read_frame_info(tmp_path)["frame"] == "world"  # the release leaves no record
    write_frame_info(tmp_path, "heading", noise=0.5, seed=1)
    assert read_frame_info(tmp_path) == {"frame": "heading", "noise": 0.5, "seed": 1}
    assert (codes_folder_name("world"), codes_folder_name("heading")) == ("codes", "codes_heading")
    (tmp_path / "frame.json").write_text("{")
    with pytest.raises(UserError, match="frame.json"):
        read_frame_info(tmp_path)


def test_a_pose_frame_is_said_or_told_of():
    """Codes of the wrong frame look like any others, so no function has a frame of its own choosing."""
    with pytest.warns(FutureWarning, match='frame="heading"'):
        assert np.array_equal(parse_pose_codes(standing()), parse_pose_codes(standing(), "world"))
    for function, name in (
        (measure, "frame"),
        (measure_tensor, "frame"),
        (fit_poses, "frame"),
        (describe, "frame"),
        (describe_spans, "frame"),
        (load_split, "pose_frame"),
        (MotionClip, "pose_frame"),
    ):
        assert inspect.signature(function).parameters[name].default is inspect.Parameter.empty, function


# ---------------------------------------------------------------------------------- many poses at once
def exact_codes(joints, frame, **options):
    return bin_values(measure(joints, frame, **options))


@pytest.mark.parametrize("frame", ["world", "heading"])
def test_quick_codes_are_those_of_double_precision(golden, frame):
    rng = np.random.default_rng(0)
    joints = np.concatenate([golden["joints"]] * 8)
    joints = joints + rng.normal(scale=0.05, size=joints.shape)
    for scale in (1.0, 0.02, 30.0):  # tiny bodies have no directions, giants reach too far
        some = (joints * scale).astype(np.float32)
        assert np.array_equal(parse_pose_codes(some, frame), exact_codes(some, frame))
    far = joints + [300.0, 2.0, -1000.0]
    assert np.array_equal(parse_pose_codes(far, frame), exact_codes(far, frame))


def test_values_at_thresholds_are_left_to_double_precision(golden):
    """Poses scaled until some value is a hair below or above a threshold: single precision can't tell."""
    rng = np.random.default_rng(1)
    joints = golden["joints"].astype(np.float64)
    values = measure(joints, "world")
    crafted = []
    for group in GROUPS:
        if group.kind in ("angle", "relV"):  # scaling leaves these as they are
            continue
        for threshold in group.thresholds:
            frames = rng.integers(len(joints), size=12)
            factor = threshold / np.where(values[frames, group.index], values[frames, group.index], np.inf)
            usable = (factor > 0.7) & (factor < 1.4) & (not set(group.joints) & set(EXTRA_JOINTS))
            crafted.append(
                (joints[frames] * (factor * (1 + rng.choice([-3e-8, 3e-8], 12)))[:, None, None])[usable]
            )
    crafted = np.concatenate(crafted)
    assert len(crafted) > 50
    found = quick_codes(crafted, ("world",))["world"]
    assert found.unsure.all()
    assert np.array_equal(parse_pose_codes(crafted, "world"), exact_codes(crafted, "world"))


def test_few_poses_are_left_to_double_precision(golden):
    found = quick_codes(golden["joints"], ("world", "heading"))
    for frame in ("world", "heading"):
        assert found[frame].unsure.mean() < 0.1
        sure = ~found[frame].unsure
        assert np.array_equal(found[frame].codes.T[sure], exact_codes(golden["joints"], frame)[sure])


def test_both_frames_at_once_and_no_poses_at_all(golden):
    world, heading = parse_frames(golden["joints"], ("world", "heading"))
    assert np.array_equal(world, parse_pose_codes(golden["joints"], "world"))
    assert np.array_equal(heading, parse_pose_codes(golden["joints"], "heading"))
    assert parse_pose_codes(np.zeros((0, 22, 3)), "world").shape == (0, 70)
    with pytest.raises(UserError, match="NaN"):
        parse_frames(np.full((3, 22, 3), np.nan), ("world",))


@pytest.mark.parametrize("kit_codes", ["corrected", "published"])
def test_quick_kit_codes_are_those_of_double_precision(golden, kit_codes):
    joints = kit_pose(golden["joints"])
    options = {"skeleton": KIT_SKELETON, "kit_codes": kit_codes}
    for frame in ("world", "heading") if kit_codes == "corrected" else ("world",):
        assert np.array_equal(
            parse_pose_codes(joints, frame, **options), exact_codes(joints, frame, **options)
        )
