"""The pose fit: edits are reached by small, smooth changes of the right limbs, and nothing else moves."""

import numpy as np
import pytest
import torch
from editing_world import FPS, person

from dataset.pose_codes import parse_pose_codes
from dataset.pose_codes.measures import measure
from dataset.pose_codes.tensor_measures import measure_tensor
from editing import SetCode, Shift, Span, fit_poses, parse_instruction, plan_edit
from editing.body import Body
from editing.limbs import LIMBS, limb_change, limb_joints, moved_limbs
from editing.pose_fit import limbs_to_move
from utils.rotation import turn
from utils.skeleton import T2M_SKELETON

FEET = [7, 8, 10, 11]


def planned(joints, *operations):
    return plan_edit(parse_pose_codes(joints, "heading"), operations, FPS, measure(joints, "heading"))


def bones(joints):
    return np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)


@pytest.mark.parametrize("frame", ["world", "heading"])
def test_measurements_in_torch_are_those_of_the_pose_codes(frame):
    joints = person(20, yaw=1.0) + np.random.default_rng(0).normal(0, 0.1, (20, 22, 3))
    found = measure_tensor(torch.tensor(joints), frame).numpy()
    np.testing.assert_allclose(found, measure(joints, frame), atol=0.05)


def test_a_body_without_change_is_the_source():
    joints = person(10)
    body = Body(joints, {"left_arm": 1.0, "torso": 1.0, "left_leg": 1.0}, 1.0)
    moved = body(torch.zeros(10, body.size)).numpy()
    np.testing.assert_allclose(moved, joints, atol=1e-6)


def test_bent_bodies_keep_their_bones():
    joints = person(10)
    body = Body(joints, {"left_arm": 1.0, "right_leg": 1.0, "torso": 1.0}, 1.0)
    moved = body(torch.randn(10, body.size, generator=torch.Generator().manual_seed(0))).numpy()
    np.testing.assert_allclose(bones(moved), bones(joints), atol=1e-5)
    assert np.abs(moved - joints).max() > 0.1


def test_elbows_bend_forward_and_knees_backward():
    joints = person(4)
    body = Body(joints, {"left_arm": 1.0, "left_leg": 1.0}, None)
    parameters = torch.zeros(4, body.size)
    parameters[:, 3 * len(body.balls) :] = 1.0
    moved = body(parameters).numpy()
    assert (moved[:, 20, 2] > joints[:, 20, 2] + 0.1).all()  # wrist to the front
    assert (moved[:, 7, 2] < joints[:, 7, 2] - 0.1).all()  # ankle to the back


@pytest.mark.parametrize("yaw", [0.0, 2.0])
def test_an_edit_is_reached_and_leaves_the_rest_alone(yaw):
    joints = person(61, yaw=yaw).astype(np.float32)
    plan = planned(joints, *parse_instruction("raise the left hand from 1 s to 2 s").operations)
    fit = fit_poses(joints, plan, "heading")
    assert fit.reached(plan) == 1.0
    unedited = plan.weight == 0
    assert unedited.sum() > 15 and np.array_equal(fit.joints[unedited], joints[unedited])
    others = [j for j in range(22) if j not in (16, 18, 20)]
    assert np.abs(fit.joints[:, others] - joints[:, others]).max() < 1e-5
    rise = (fit.joints - joints)[:, 16, 1]
    assert 0.02 < rise.max() < 0.06 and rise.min() > -0.01  # the shoulder goes up with its arm
    np.testing.assert_allclose(bones(fit.joints), bones(joints), atol=1e-4)
    jumps = np.linalg.norm(np.diff(fit.joints, axis=0), axis=-1).max()
    assert jumps < 0.15  # metres per frame: a fast arm, not a teleport


def test_contradicted_codes_follow():
    joints = person(41)
    plan = planned(joints, SetCode("L-hand vs L-shoulder relY", category=2))
    codes = fit_poses(joints, plan, "heading").codes
    height_over_hip = 42
    assert (plan.target_codes[:, height_over_hip] < 2).all() and (codes[:, height_over_hip] == 2).all()


def test_bent_knees_lower_the_body_over_planted_feet():
    joints = person(41)
    plan = planned(joints, SetCode(["L-knee angle", "R-knee angle"], value=110.0, span=Span(0.5, 1.5)))
    fit = fit_poses(joints, plan, "heading")
    assert fit.reached(plan, 1) == 1.0
    held = plan.held
    assert (joints[held, 0, 1] - fit.joints[held, 0, 1] > 0.05).all()
    assert np.abs(fit.joints[:, FEET] - joints[:, FEET]).max() < 0.03
    knees_ahead = fit.joints[held][:, [4, 5], 2] - fit.joints[held][:, [7, 8], 2]
    assert (knees_ahead > 0).all()


def test_a_knee_that_bends_alone_lifts_its_foot():
    joints = person(41)
    fit = fit_poses(
        joints, planned(joints, Shift("L-knee angle", categories=-6, span=Span(0.5, 1.5))), "heading"
    )
    moved = moved_limbs(joints, fit.joints)
    assert moved["left_leg"] and moved["root"] and not moved["left_arm"] and not moved["right_arm"]
    assert (fit.joints - joints)[:, [7, 10], 1].max() > 0.05
    assert np.abs((fit.joints - joints)[:, [8, 11]]).max() < 0.005  # the other one stands


def test_hands_brought_together_do_not_pass_each_other():
    joints = person(41)
    plan = planned(joints, SetCode("L-hand vs R-hand distance", category=1))
    fit = fit_poses(joints, plan, "heading")
    assert fit.reached(plan, 1) == 1.0
    assert (fit.joints[:, 20, 0] - fit.joints[:, 21, 0] > -0.03).all()


def test_the_fit_does_not_care_where_the_person_faces():
    joints = person(31)
    turned = turn(joints, 1.3)
    operations = parse_instruction("raise both hands").operations
    a, b = (fit_poses(j, planned(j, *operations), "heading").joints for j in (joints, turned))
    np.testing.assert_allclose(turn(a, 1.3), b, atol=0.05)


def test_which_limbs_move():
    assert limbs_to_move((2,)) == ({"left_arm": 1.0}, None)
    limbs, root = limbs_to_move((0, 1))
    assert set(limbs) == {"left_leg", "right_leg", "torso"} and root is not None
    limbs, root = limbs_to_move((17,))  # right hand to left knee
    assert limbs["right_arm"] < limbs["torso"] and "left_arm" not in limbs


def test_the_limbs_share_out_the_body():
    joints = [joint for limb in LIMBS for joint in limb_joints(limb)]
    assert sorted([*joints, 0, 1, 2]) == list(range(22))  # pelvis and hips belong to none
    assert limb_joints("left_arm") == (18, 20) and limb_joints("right_leg") == (5, 8, 11)
    bent = person(10)
    bent[:, 18] += [0.0, 0.0, 0.1]
    assert limb_change(person(10), bent, "left_arm").max() == pytest.approx(0.1)
    assert [limb for limb, moved in moved_limbs(person(10), bent).items() if moved] == ["left_arm"]
