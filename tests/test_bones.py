"""Bones of constant length: exact, by the nearest motion that has them, and kept by every file written."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from benchmarks.constant_bones import PARENTS, from_rotations, measures, scaled, ways
from dataset.features import extract_features, recover_joints
from dataset.motion_files import convert, read_motion
from dataset.motion_files.write_bvh import write_bvh
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from dataset.spec import get_spec
from utils.bones import FOOT_WEIGHT, constant_bones
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

FEET = [*T2M_SKELETON.left_foot, *T2M_SKELETON.right_foot]
LENGTHS = T2M_SKELETON.bone_lengths


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    rng = np.random.default_rng(3)
    puppet = make_puppet(61, 20.0, rng)
    KINDS["walk_circle_left"].action(puppet, 0.2, 2.8, rng)
    return extract_features(puppet.joints(), get_spec("t2m"))


@pytest.fixture(scope="module")
def walk(features) -> np.ndarray:
    return recover_joints(features).astype(float)


@pytest.fixture(scope="module")
def breathing(walk) -> np.ndarray:
    """The walk as a decoder gives it: every joint by itself off by centimetres, smoothly in time."""
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(len(walk))[:, None, None] * 0.4 + rng.uniform(0, 6, (22, 3)))
    return walk + waves * rng.uniform(0.005, 0.04, (22, 3))


def lengths(joints: np.ndarray, parents=PARENTS) -> np.ndarray:
    return np.linalg.norm(joints[:, 1:] - joints[:, parents], axis=-1)


@pytest.mark.parametrize("wanted", [None, LENGTHS])
def test_bones_have_exactly_the_lengths_asked_for(breathing, wanted):
    fixed, found = constant_bones(breathing, T2M_SKELETON, wanted)
    expected = np.median(lengths(breathing), 0) if wanted is None else LENGTHS[1:]
    np.testing.assert_allclose(found[1:], expected)
    np.testing.assert_allclose(lengths(fixed), np.tile(expected, (len(fixed), 1)), atol=1e-6)


def test_no_motion_with_these_bones_is_nearer(breathing):
    """A general optimiser over the constraints, started from our answer and from another one, finds no better."""
    fixed, _ = constant_bones(breathing, T2M_SKELETON, LENGTHS)
    weight = np.ones(22)
    weight[FEET] = FOOT_WEIGHT

    def cost(joints: np.ndarray, frame: int) -> float:
        return 1e4 * float((weight[:, None] * (joints.reshape(22, 3) - breathing[frame]) ** 2).sum())

    def slope(joints: np.ndarray, frame: int) -> np.ndarray:
        return 2e4 * (weight[:, None] * (joints.reshape(22, 3) - breathing[frame])).ravel()

    def excess(joints: np.ndarray) -> np.ndarray:
        return 1e2 * (lengths(joints.reshape(1, 22, 3))[0] ** 2 - LENGTHS[1:] ** 2)

    for frame in (0, 20):
        for start in (fixed[frame], scaled(breathing)[frame]):
            best = minimize(
                cost, start.ravel(), (frame,), "SLSQP", slope, constraints={"type": "eq", "fun": excess},
                options={"maxiter": 200, "ftol": 1e-9},
            )  # fmt: skip
            assert not best.success or cost(fixed[frame], frame) < best.fun * 1.0001


def test_feet_move_least(breathing):
    moved = np.linalg.norm(constant_bones(breathing, T2M_SKELETON, LENGTHS)[0] - breathing, axis=-1)
    assert moved[:, FEET].mean() < 0.7 * moved.mean()


def test_rigid_clips_stay_as_they_are(walk):
    np.testing.assert_array_equal(constant_bones(walk, T2M_SKELETON)[0], walk)


def test_collapsed_limbs_get_their_length_back(breathing):
    joints = breathing.copy()
    joints[10, [18, 20]] = joints[10, 16]  # an arm in one point: no direction to go by
    joints[11, 20] = joints[11, 18] + 1e-4
    fixed, _ = constant_bones(joints, T2M_SKELETON, LENGTHS)
    assert np.isfinite(fixed).all()
    np.testing.assert_allclose(lengths(fixed), np.tile(LENGTHS[1:], (len(fixed), 1)), atol=6e-4)


@pytest.mark.parametrize("seed", range(4))
def test_nonsense_gets_bones_too(seed):
    joints = np.random.default_rng(seed).normal(size=(40, 22, 3)) * 10.0 ** (seed - 2)
    fixed, _ = constant_bones(joints, T2M_SKELETON, LENGTHS)
    assert np.isfinite(fixed).all()
    np.testing.assert_allclose(lengths(fixed), np.tile(LENGTHS[1:], (40, 1)), atol=6e-4)


def test_kit_and_the_shortest_clips():
    rng = np.random.default_rng(0)
    for frames in (0, 1, 2):
        joints = rng.normal(size=(frames, 21, 3))
        fixed, found = constant_bones(joints, KIT_SKELETON, np.r_[0, np.full(20, 0.3)])
        np.testing.assert_allclose(lengths(fixed, list(KIT_SKELETON.parents[1:])), 0.3, atol=1e-5)
        assert fixed.shape == joints.shape and found.shape == (21,)


@pytest.mark.parametrize("units", ["m", "cm"])
def test_a_breathing_clip_survives_bvh_as_it_was_made_constant(breathing, tmp_path, units):
    """Required: 5 mm. The file holds exactly the nearest clip with constant bones; that one is millimetres away."""
    write_bvh(tmp_path / "a.bvh", breathing, 20.0, units=units)
    found = convert(read_motion(tmp_path / "a.bvh"), unit=units).joints
    fixed, _ = constant_bones(breathing, T2M_SKELETON)
    assert np.linalg.norm(found - fixed, axis=-1).max() < 1e-4
    assert lengths(found).std(0).max() < 1e-5
    assert (
        np.linalg.norm(found - breathing, axis=-1).mean() < np.abs(lengths(breathing) - lengths(found)).mean()
    )


def test_the_benchmarks_ways_agree_where_they_must(features, walk, breathing):
    np.testing.assert_allclose(from_rotations(features, walk), walk, atol=1e-5)
    np.testing.assert_allclose(lengths(scaled(breathing)), np.tile(LENGTHS[1:], (len(walk), 1)), atol=1e-9)
    found = {name: measures(joints, breathing, walk) for name, joints in ways(breathing, walk).items()}
    assert found["decoded"][0] == 0 and found["rotations"][4] == 0
    nearest = found["nearest, the skeleton's lengths"]
    assert nearest[0] < found["scaled from the pelvis"][0]  # moves less
    assert nearest[4] < found["decoded"][4]  # and comes nearer to the truth
