"""Motion features: equal to the official ones, invertible, and independent of where a clip starts."""

import numpy as np
import plain_reference
import pytest
import torch
from conftest import GOLDENS

from dataset.features import (
    extract_features,
    feature_statistics,
    mirror_joints,
    place_at_origin,
    recover_joints,
    swap_sides,
)
from dataset.prepare.make_toy import toy_clips
from dataset.spec import KIT_LAYOUT, T2M_LAYOUT, FeatureLayout, get_spec
from utils.rotation import turn
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, retarget


@pytest.fixture(scope="module", params=["procedural", "official"])
def golden(request):
    """Joints (T, 22, 3), features (T, 263), mean, std: ours by tests/plain_reference.py, or HumanML3D's clip 012314."""
    if request.param == "procedural":
        with np.load(GOLDENS) as arrays:
            return dict(arrays)
    with np.load(request.getfixturevalue("shared") / "reference/golden/humanml3d_012314.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module", params=["procedural", "captured"])
def mocap(request):
    """A few clips on the target skeleton, joints (T, 22, 3)."""
    if request.param == "procedural":
        return [retarget(clip.joints, T2M_SKELETON).astype(np.float32) for clip in toy_clips(20, seed=1)]
    with np.load(request.getfixturevalue("shared") / "data/mocap/joints.npz", allow_pickle=False) as z:
        offsets, root, local = z["offsets"], z["root"], z["local"]
    spans = [(offsets[i], offsets[i + 1]) for i in range(0, len(offsets) - 1, 150)]
    return [root[a:b, None] + local[a:b].astype(np.float32) * 1e-4 for a, b in spans]


def spinning_joints(frames=60, turns=2.0):
    """A rigid figure (frames, 22, 3) on the target skeleton that walks in circles, past every heading."""
    joints = np.zeros((22, 3))
    for chain in T2M_SKELETON.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            direction = T2M_SKELETON.rest_directions[child]
            joints[child] = joints[parent] + direction * T2M_SKELETON.bone_lengths[child]
    yaw = np.linspace(0, 2 * np.pi * turns, frames)
    path = np.stack([np.cumsum(np.sin(yaw)), np.ones(frames), np.cumsum(np.cos(yaw))], -1) * (0.05, 1, 0.05)
    return turn(np.repeat(joints[None], frames, 0), yaw[:, None]) + path[:, None]


def test_extraction_equals_the_official_features(golden):
    ours, official = extract_features(golden["joints"]), golden["features"][:-1]
    assert ours.shape == official.shape and ours.dtype == np.float32
    tolerance = {"rotations": 2e-2}
    early = slice(0, len(ours) - 80)  # later, smoothing misses the frame that the official clip had more
    for name, part in T2M_LAYOUT.parts.items():
        difference = np.abs(ours[early, part] - official[early, part]).max()
        assert difference < 1e-4, name  # far inside the tolerance asked for
        assert np.abs(ours[:, part] - official[:, part]).max() < tolerance.get(name, 1e-2), name
    assert np.array_equal(ours[:, T2M_LAYOUT.contacts], official[:, T2M_LAYOUT.contacts])


def test_the_stored_numbers_are_those_of_the_plain_reference():
    with np.load(GOLDENS) as arrays:
        joints, expected = arrays["joints"].astype(float), arrays["features"]
    roots = [plain_reference.root_matrix(angle) for angle in plain_reference.smoothed_angles(joints)]
    for frame in (0, 1, 40, 85):  # later, smoothing misses the frame that was cut off
        row = plain_reference.feature_row(joints, roots, frame)
        np.testing.assert_allclose(row, expected[frame], atol=1e-5)


def test_another_body_is_brought_onto_the_target_skeleton_first():
    with np.load(GOLDENS) as arrays:
        body, expected = arrays["body"], arrays["features"]
    thigh, shin = (np.linalg.norm(body[0, end] - body[0, start]) for start, end in ((2, 5), (5, 8)))
    assert thigh + shin > 1.05 * T2M_SKELETON.bone_lengths[[5, 8]].sum()
    assert np.abs(extract_features(body) - expected).max() < 2e-5


def test_hip_quirk_is_what_makes_rotations_match(golden):
    """With the hips the right way round in inverse kinematics the official rotations are missed by far."""
    joints = golden["joints"].copy()
    joints[:, [1, 2]] = joints[:, [2, 1]]  # undoes the exchange inside (and breaks the hips themselves)
    upper = slice(67 + 6 * 12, 67 + 6 * 21)  # rotations of the arms, which hang on the root rotation
    ours = extract_features(joints)[40:80, upper]
    assert np.abs(ours - golden["features"][40:80, upper]).max() > 0.05


def test_recovery_equals_the_joints_for_numpy_and_torch(golden):
    features, joints = golden["features"], golden["joints"]
    assert np.abs(recover_joints(features) - joints).max() < 1e-5
    batch = torch.from_numpy(np.stack([features, features[::-1].copy()]))
    recovered = recover_joints(batch)
    assert recovered.shape == (2, len(features), 22, 3) and recovered.dtype == torch.float32
    assert np.abs(recovered[0].numpy() - joints).max() < 1e-4
    assert recover_joints(features[None, :1]).shape == (1, 1, 22, 3)
    with pytest.raises(ValueError, match="200 wide"):
        recover_joints(features[:, :200])


def test_recovery_passes_gradients(golden):
    features = torch.from_numpy(golden["features"][None, :20]).requires_grad_()
    recover_joints(features).square().sum().backward()
    used = features.grad[0, 5].abs() > 0
    assert used[:67].all() and not used[67:].any()


def test_real_clips_come_back_within_a_millimetre(mocap):
    for joints in mocap:
        recovered = recover_joints(extract_features(joints))
        placed = place_at_origin(joints.astype(np.float64))[:-1]
        # 1 mm for the pose; the path adds the rounding of the leg length, 1e-4 of the distance walked.
        assert np.abs((recovered - recovered[:, :1]) - (placed - placed[:, :1])).max() < 1e-3
        assert np.linalg.norm(recovered - placed, axis=-1).max() < 3e-3
        again = recover_joints(extract_features(recovered))
        assert np.abs(again - recovered[:-1]).max() < 1e-3


def test_turning_past_the_back_comes_back():
    joints = spinning_joints(frames=400)
    recovered = recover_joints(extract_features(joints))
    assert np.abs(recovered - place_at_origin(joints)[:-1]).max() < 1e-4
    # A half angle, with the same sign in the frame that passes -z (where the official code loses it).
    assert np.allclose(extract_features(joints)[100:300, 0], -2 * np.pi / 399, atol=1e-4)


def test_features_do_not_depend_on_place_and_heading(mocap):
    joints = mocap[0].astype(np.float64)
    moved = turn(joints, np.full(joints.shape[:2], 1.9)) + (3.0, 0.4, -7.0)
    assert np.abs(extract_features(moved) - extract_features(joints)).max() < 1e-4


def test_signs_of_root_velocity(mocap):
    """Forward is +z in the features' frame; turning to the left gives a negative rotation velocity."""
    joints = spinning_joints(turns=0.5)  # heading goes from +z towards +x, which is the left
    features = extract_features(joints)
    assert features[10:40, 2].min() > 0.03 and features[10:40, 0].max() < 0
    assert recover_joints(features)[-1, 0, 0] > 1


def test_mirror_twice_is_identity_and_exchanges_hands(mocap):
    joints = mocap[0]
    mirrored = mirror_joints(joints)
    assert np.array_equal(mirror_joints(mirrored), joints)
    assert np.array_equal(mirrored[:, 20, 1], joints[:, 21, 1])
    assert np.array_equal(mirrored[:, 20, 0], -joints[:, 21, 0])
    assert torch.equal(mirror_joints(torch.from_numpy(joints)), torch.from_numpy(mirrored))
    # A mirrored clip is a person still: the left hip stays at the left.
    assert (place_at_origin(mirrored)[0, 1, 0] > 0) and (place_at_origin(mirrored)[0, 2, 0] < 0)


@pytest.mark.parametrize(
    ("caption", "swapped"),
    [
        ("raises the left arm, not the right", "raises the right arm, not the left"),
        ("Left foot forward; leftward, upright", "Right foot forward; rightward, upright"),
        ("turns clockwise then counterclockwise", "turns counterclockwise then clockwise"),
        ("spins counter-clockwise", "spins clockwise"),
        (
            "his left hand#his/PRON left/ADJ hand/NOUN#0.0#0.0",
            "his right hand#his/PRON right/ADJ hand/NOUN#0.0#0.0",
        ),
        ("x#counter/NOUN -/PUNCT clockwise/ADV#0.0#0.0", "x#clockwise/ADV#0.0#0.0"),
        ("a bright copyright", "a bright copyright"),
    ],
)
def test_swap_sides(caption, swapped):
    assert swap_sides(caption) == swapped


def test_statistics_average_the_deviation_within_parts(golden):
    clips = [golden["features"][:100], golden["features"][100:]]
    mean, std = feature_statistics(clips, T2M_LAYOUT)
    assert np.allclose(mean, golden["features"].mean(0), atol=1e-5)
    plain = golden["features"].astype(np.float64).std(0)
    for part in T2M_LAYOUT.parts.values():
        assert np.allclose(std[part], plain[part].mean(), rtol=1e-4)
        assert np.ptp(golden["std"][part]) == 0  # the official one is made so, too
    assert mean.dtype == std.dtype == np.float32


def test_statistics_of_constant_or_bad_features():
    layout = FeatureLayout(22)
    _, std = feature_statistics([np.ones((5, 263))], layout)
    assert np.array_equal(std, np.ones(263, np.float32))
    with pytest.raises(ValueError, match="finite"):
        feature_statistics([np.full((5, 263), np.nan)], layout)
    with pytest.raises(ValueError, match="at least one frame"):
        feature_statistics([], layout)


def test_kit_features(mocap):
    """No KIT-ML clip is at hand: real motion in KIT order and units must come back, its back to +z."""
    joints = kit_joints(mocap[0])
    features = extract_features(joints, get_spec("kit"))
    assert features.shape == (len(joints) - 1, 251)
    recovered = recover_joints(features)
    assert np.abs(recovered - place_at_origin(joints, KIT_SKELETON)[:-1]).max() < 1.0  # millimetres
    left, right = recovered[0, 11, 0], recovered[0, 16, 0]
    assert left < right  # the official roles call 11 right
    slow = np.sum(np.diff(joints[:, [19, 20, 14, 15]], axis=0) ** 2, -1) < 0.05
    assert np.array_equal(features[:, KIT_LAYOUT.contacts], slow)
    doubled = extract_features(joints, KIT_SKELETON, bone_lengths=2 * kit_lengths(joints))
    assert np.allclose(doubled[:, 3], 2 * features[:, 3], rtol=1e-3)


def kit_joints(joints):
    """HumanML3D joints put in KIT-ML order, millimetres; heels half way between ankle and foot."""
    order = [0, 3, 6, 9, 12, 16, 18, 20, 17, 19, 21, 1, 4, 7, 7, 10, 2, 5, 8, 8, 11]
    result = joints[:, order].astype(np.float64) * 1000
    result[:, [14, 19]] = (result[:, [13, 18]] + result[:, [15, 20]]) / 2
    return result


def kit_lengths(joints):
    bones = joints[:, 1:] - joints[:, list(KIT_SKELETON.parents[1:])]
    return np.concatenate([[0.0], np.linalg.norm(bones, axis=-1).mean(0)])


@pytest.mark.parametrize(
    ("joints", "message"),
    [
        (np.zeros((10, 21, 3)), "shape"),
        (np.zeros((1, 22, 3)), "shape"),
        (np.full((10, 22, 3), np.nan), "NaN"),
    ],
)
def test_bad_joints_are_refused_in_one_line(joints, message):
    with pytest.raises(UserError, match=message) as error:
        extract_features(joints)
    assert "\n" not in str(error.value)


def test_motionless_collapsed_figure_gives_finite_features():
    assert np.isfinite(extract_features(np.zeros((5, 22, 3)))).all()
