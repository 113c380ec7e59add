"""Skeletons and kinematics: facts of the two trees, and what retargeting keeps."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dataset.spec import KIT_LAYOUT, SPECS, T2M_LAYOUT, get_spec, layout_for_width
from utils.rotation import rotation_between, rotation_from_6d, rotation_to_6d, turn, yaw_of
from utils.runtime import UserError
from utils.skeleton import (
    KIT_SKELETON,
    T2M_SKELETON,
    facing_direction,
    forward_kinematics,
    inverse_kinematics,
    retarget,
    root_yaw,
)

SKELETONS = pytest.mark.parametrize("skeleton", [T2M_SKELETON, KIT_SKELETON], ids=lambda s: s.name)


def wobbly_joints(skeleton, frames=30, seed=0):
    """A random moving figure (frames, J, 3) with rigid bones."""
    generator = np.random.default_rng(seed)
    lengths = generator.uniform(0.1, 0.4, skeleton.num_joints)
    phase = generator.uniform(0, 6, (skeleton.num_joints, 3))
    vectors = np.sin(np.arange(frames)[:, None, None] / 7 + phase) * 0.5 + skeleton.rest_directions
    joints = np.zeros((frames, skeleton.num_joints, 3))
    joints[:, 0] = np.stack([np.arange(frames) * 0.02, np.ones(frames), np.arange(frames) * 0.05], -1)
    for chain in skeleton.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            bone = vectors[:, child] / np.linalg.norm(vectors[:, child], axis=-1, keepdims=True)
            joints[:, child] = joints[:, parent] + bone * lengths[child]
    return joints


@SKELETONS
def test_tree_is_consistent(skeleton):
    joints = skeleton.num_joints
    assert skeleton.parents[0] == -1 and all(0 <= parent < joints for parent in skeleton.parents[1:])
    assert np.allclose(np.linalg.norm(skeleton.rest_directions[1:], axis=-1), 1)
    order = list(skeleton.mirror_order)
    assert [order[i] for i in order] == list(range(joints))
    for left, right in skeleton.left_right:
        assert skeleton.joint_names[left].replace("left", "right") == skeleton.joint_names[right]
        mirrored = skeleton.rest_directions[left] * (-1, 1, 1)
        assert np.array_equal(mirrored, skeleton.rest_directions[right])


def test_layouts_have_the_published_widths():
    assert (T2M_LAYOUT.width, KIT_LAYOUT.width) == (263, 251)
    stops = [part.stop for part in T2M_LAYOUT.parts.values()]
    assert stops == [1, 3, 4, 67, 193, 259, 263]
    assert T2M_LAYOUT.velocities == slice(193, 259)
    assert layout_for_width(251).joints == 21
    with pytest.raises(ValueError, match="100 wide"):
        layout_for_width(100)


def test_specs_are_found_by_name():
    assert {name: spec.min_length for name, spec in SPECS.items()} == {
        "t2m": 40,
        "kit": 24,
        "mocap": 40,
        "toy": 40,
    }
    assert (get_spec("kit").fps, get_spec("kit").joints, get_spec("kit").contact_threshold) == (
        12.5,
        21,
        0.05,
    )
    with pytest.raises(UserError, match="nonesuch"):
        get_spec("nonesuch")
    assert dataclasses.replace(get_spec("toy"), folder="x").folder == "x"


def test_rotation_between_turns_source_into_target_even_when_opposite():
    generator = np.random.default_rng(1)
    source, target = generator.normal(size=(2, 50, 3))
    target[0] = -2 * source[0]
    target[1] = 3 * source[1]
    turned = rotation_between(source, target).apply(source)
    cosine = np.sum(turned * target, -1) / np.linalg.norm(turned, axis=-1) / np.linalg.norm(target, axis=-1)
    assert np.allclose(cosine, 1)
    assert np.allclose(rotation_between(source, np.zeros_like(source)).magnitude(), 0)


def test_6d_form_returns():
    rotation = Rotation.random(20, rng=2)
    assert np.allclose(
        (rotation_from_6d(1.3 * rotation_to_6d(rotation)).inv() * rotation).magnitude(), 0, atol=1e-7
    )


@SKELETONS
def test_kinematics_invert_each_other(skeleton):
    joints = wobbly_joints(skeleton)
    lengths = np.zeros(skeleton.num_joints)
    lengths[1:] = np.linalg.norm(joints[0, 1:] - joints[0, list(skeleton.parents[1:])], axis=-1)
    root = Rotation.from_rotvec(root_yaw(joints, skeleton)[:, None] * (0.0, 1.0, 0.0))
    rotations = inverse_kinematics(joints, skeleton, root)
    assert np.allclose(forward_kinematics(rotations, joints[:, 0], skeleton, lengths), joints, atol=1e-9)
    # Retargeting to the lengths it already has changes nothing, and to double lengths doubles all.
    assert np.allclose(retarget(joints, skeleton, lengths), joints, atol=1e-9)
    assert np.allclose(retarget(joints, skeleton, 2 * lengths), 2 * joints, atol=1e-9)


def test_retarget_without_target_lengths_keeps_kit_as_it_is():
    joints = wobbly_joints(KIT_SKELETON)
    assert KIT_SKELETON.bone_lengths is None
    assert np.array_equal(retarget(joints, KIT_SKELETON), joints)
    with pytest.raises(ValueError, match="bone_lengths"):
        forward_kinematics(np.zeros((1, 21, 4)) + (0, 0, 0, 1), np.zeros((1, 3)), KIT_SKELETON)


def test_retarget_gives_target_lengths_and_survives_a_collapsed_bone():
    joints = wobbly_joints(T2M_SKELETON)
    joints[:, 15] = joints[:, 12]  # no head
    joints[:, 21] = joints[:, 19] + (0.0, 0.3, 0.0)  # forearm straight up, opposite to its rest direction
    result = retarget(joints, T2M_SKELETON)
    lengths = np.linalg.norm(result[:, 1:] - result[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    assert np.allclose(lengths, T2M_SKELETON.bone_lengths[1:])
    assert np.allclose(result[:, 21] - result[:, 19], (0, T2M_SKELETON.bone_lengths[21], 0))


def test_target_lengths_are_those_of_the_golden_clip(reference_joints):
    joints = reference_joints
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    assert np.abs(lengths - T2M_SKELETON.bone_lengths[1:]).max() < 5e-6


def test_left_is_plus_x_when_facing_plus_z():
    joints = wobbly_joints(T2M_SKELETON)[:1]
    facing = facing_direction(joints, T2M_SKELETON)[0]
    turned = turn(joints, yaw_of(facing))
    assert np.allclose(facing_direction(turned, T2M_SKELETON), [[0, 0, 1]])
    left, right = (turned[0, [T2M_SKELETON.index(f"{side}_{part}") for part in ("hip", "shoulder")], 0].sum()
                   for side in ("left", "right"))  # fmt: skip
    assert left > right


def test_turn_is_the_rotation_about_y():
    points = np.random.default_rng(3).normal(size=(10, 3))
    expected = Rotation.from_rotvec((0, 0.7, 0)).apply(points)
    assert np.allclose(turn(points, np.full(10, 0.7)), expected)
