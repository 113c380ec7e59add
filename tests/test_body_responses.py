"""Bodies respond to what their limbs do, as captured ones do, and feet that stand, stand."""

import numpy as np
import pytest
import torch
from editing_world import FPS, person

from dataset.pose_codes import parse_pose_codes
from dataset.pose_codes.measures import measure
from editing import SetCode, Shift, Span, fit_poses, plan_edit
from editing.balance import Balance
from editing.body import Body, arm_terms, responses, torso_frames
from editing.standing import settle_feet
from utils import quantities as q
from utils.rotation import turn
from utils.skeleton import T2M_SKELETON

SPAN = Span(0.8, 1.8)


def fitted(joints, *operations):
    plan = plan_edit(parse_pose_codes(joints, "heading"), operations, FPS, measure(joints, "heading"))
    return fit_poses(joints, plan, "heading").joints, plan


@pytest.fixture(scope="module")
def lifted():
    joints = person(51, yaw=1.0).astype(np.float32)
    return joints, *fitted(joints, SetCode("L-hip vs L-knee relY", value=0.1, span=SPAN))


@pytest.fixture(scope="module")
def crouched():
    joints = person(51, yaw=1.0).astype(np.float32)
    return joints, *fitted(joints, SetCode(["L-knee angle", "R-knee angle"], value=95.0, span=SPAN))


def bones(joints):
    return np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)


def test_a_shoulder_rises_as_far_as_captured_ones_do_and_bones_stay():
    joints = person(8, yaw=0.7)
    body = Body(joints, {"left_arm": 1.0, "right_arm": 1.0}, None)
    parameters = torch.zeros(8, body.size)
    parameters[:, 2] = torch.linspace(0, 2.8, 8)  # the left upper arm about the front: outward and up
    moved = body(parameters).numpy()
    rise = (moved - joints)[:, 16, 1]
    assert np.all(np.diff(rise) > -2e-3) and 0.025 < rise[-1] < 0.06
    assert np.abs((moved - joints)[:, [0, 9, 12, 13, 14, 17, 19]]).max() < 1e-6
    np.testing.assert_allclose(bones(moved), bones(joints), atol=1e-5)


def test_terms_and_frames_are_those_of_the_learnt_numbers():
    frames = torso_frames(person(5, yaw=2.0))
    np.testing.assert_allclose(frames @ frames.transpose(0, 2, 1), np.tile(np.eye(3), (5, 1, 1)), atol=1e-9)
    learnt = responses()["collar"]
    assert len(learnt["coefficients"]) == arm_terms(np.ones((1, 3))).shape[-1]
    for row, names in (("lift", ("over",)), ("bend", ("lean", "back"))):
        for name in names:
            values = responses()[row][name]
            assert values[0] == 0 and values == sorted(values) and len(values) == len(responses()[row]["at"])


def test_a_lifted_leg_takes_the_pelvis_over_the_foot_that_stands(lifted):
    joints, after, plan = lifted
    held = plan.held
    left = turn(np.array([1.0, 0.0, 0.0]), np.float64(1.0))
    over = ((after - joints)[held, 0] * -left).sum(-1)
    assert (over > 0.04).all() and (over < 0.13).all()
    away = ((after[held, 0] - after[held, 8]) * left).sum(-1)
    assert (away > -0.03).all()  # not beyond it


def test_the_foot_that_stands_stays_and_nothing_sinks(lifted, crouched):
    for joints, after, plan in (lifted, crouched):
        feet = [8, 11] if after is lifted[1] else [7, 8, 10, 11]
        assert np.abs((after - joints)[:, feet]).max() < 0.003
        assert after[..., 1].min() > joints[..., 1].min() - 0.003
        np.testing.assert_allclose(bones(after), bones(joints), atol=1e-3)
        assert np.array_equal(after[plan.weight == 0], joints[plan.weight == 0])


def test_a_crouch_bends_the_trunk_forward_and_takes_the_pelvis_back(crouched):
    joints, after, plan = crouched
    held = plan.held
    lean = q.lean(after.astype(float)) - q.lean(joints.astype(float))
    assert (lean[held] > 5).all()
    ahead = turn(np.array([0.0, 0.0, 1.0]), np.float64(1.0))
    assert (((after - joints)[held, 0] * ahead).sum(-1) < -0.05).all()


def test_legs_spread_and_close_at_the_ankles_without_pigeon_toes():
    joints = person(51).astype(np.float32)
    for amount in (0.2, -0.1):
        after, plan = fitted(joints, Shift("L-foot vs R-foot distance", amount=amount, span=SPAN))
        middle = slice(22, 30)
        gap = [np.linalg.norm(m[middle, 7] - m[middle, 8], axis=-1).mean() for m in (joints, after)]
        toes = [np.linalg.norm(m[middle, 10] - m[middle, 11], axis=-1).mean() for m in (joints, after)]
        assert gap[1] - gap[0] == pytest.approx(toes[1] - toes[0], abs=0.03)
        assert abs(gap[1] - gap[0]) > 0.06 and np.sign(gap[1] - gap[0]) == np.sign(amount)
        # Feet step there: while they are on the floor they don't move.
        low = (after[..., 1] < joints[..., 1] + 0.005)[1:, [10, 11]]
        pace = np.linalg.norm(np.diff(after[:, [10, 11]], axis=0)[..., [0, 2]], axis=-1) * FPS
        assert pace[low].mean() < 0.03
        assert np.abs(np.diff(after, 2, axis=0)).max() * FPS**2 < 60


def test_settled_feet_are_exact_and_a_motion_that_stands_is_left_alone():
    joints = person(41)
    weight = np.ones(41)
    assert settle_feet(joints, joints.copy(), weight) is not joints
    np.testing.assert_array_equal(settle_feet(joints, joints.copy(), weight), joints)
    slid = joints.copy()
    slid[..., 0] += (0.012 * np.sin(np.arange(41) / 5))[:, None]  # the whole body sways, its feet with it
    slid[..., 1] -= 0.02
    settled = settle_feet(joints, slid, weight)
    assert np.abs((settled - joints)[:, [7, 8, 10, 11]]).max() < 1e-6
    np.testing.assert_allclose(bones(settled), bones(slid), atol=1e-3)


def test_hips_beyond_their_range_cost_and_feet_that_twist_too():
    joints = torch.tensor(person(6), dtype=torch.float32)
    balance = Balance(joints, torch.zeros(6), True)
    assert float(balance(joints)) < 1e-8
    crossed, twisted = joints.clone(), joints.clone()
    crossed[:, [4, 7, 10], 0] -= 0.3  # the left thigh far across
    twisted[:, 10, 0] -= 0.08
    assert float(balance(crossed)) > 0.01 and float(balance(twisted)) > 0.01
