"""Typed edits of pose codes: which groups, when, and what is wanted of them."""

import numpy as np
import pytest
from editing_world import FPS, person

from dataset.features import mirror_joints
from dataset.pose_codes import GROUPS, names, parse_pose_codes
from dataset.pose_codes.measures import measure
from editing import Clamp, Copy, Mirror, SetCode, Shift, Span, plan_edit
from editing.code_search import CodeBank
from editing.groups import dependent_groups, find_groups, limbs_of_group, mirror_codes
from editing.notation import parse_operation
from editing.operations import comfortable, window
from utils.runtime import UserError

L_ELBOW, R_ELBOW, HANDS = 2, 3, 5


@pytest.fixture(scope="module")
def motion():
    joints = person()
    return joints, parse_pose_codes(joints, "heading"), measure(joints, "heading")


def plan(motion, *operations):
    return plan_edit(motion[1], operations, FPS, motion[2])


# ------------------------------------------------------------------------------------------------------------ groups
def test_groups_are_found_by_name_index_and_body_part():
    assert find_groups("L-elbow angle") == find_groups(" l-ELBOW  angle ") == find_groups(2) == (2,)
    assert find_groups(["L-elbow angle", 3, "L-elbow angle"]) == (2, 3)
    assert find_groups("R-hand vs neck relY".replace("hand", "wrist")) == (41,)
    assert set(find_groups("left knee")) == {g.index for g in GROUPS if "left_knee" in g.joints}
    assert set(find_groups("left arm")) == {i for i in range(70) if "left_arm" in limbs_of_group(i)}


@pytest.mark.parametrize("wrong", ["L-elbw angle", 70, -1, "left_tail"])
def test_unknown_groups_are_refused(wrong):
    with pytest.raises(UserError, match="did you mean|groups run|unknown"):
        find_groups(wrong)


def test_a_group_is_what_its_name_says_though_the_release_permuted_three():
    (index,) = find_groups("L-knee vs R-knee relY")
    assert GROUPS[index].joints == ("left_knee", "right_knee")
    assert names.GROUP_NAMES[index] != "L-knee vs R-knee relY"


def test_dependent_groups_share_a_limb():
    dependent = dependent_groups(find_groups("L-hand vs L-shoulder relY")[0])
    assert HANDS in dependent and L_ELBOW in dependent
    assert R_ELBOW not in dependent and find_groups("L-knee angle")[0] not in dependent


def test_mirrored_codes_are_those_of_the_mirrored_pose(motion):
    joints = person(40, yaw=0.0)
    joints = joints + np.random.default_rng(0).normal(0, 0.15, joints.shape)
    expected = parse_pose_codes(mirror_joints(joints), "heading")
    assert (mirror_codes(parse_pose_codes(joints, "heading")) == expected).mean() > 0.999


# ------------------------------------------------------------------------------------------------------------- spans
def test_spans_in_every_unit():
    assert Span(1, 2).frames(60, 20) == (20, 40)
    assert Span(1, 2, "steps").frames(60, 20) == (4, 8)
    assert Span(0.5, 1, "share").frames(60, 20) == (30, 60)
    assert Span(-1, None).frames(60, 20) == (40, 60)
    assert Span(-9, None).frames(60, 20) == (0, 60)
    assert Span(10, 999, "frames").frames(60, 20) == (10, 60)


@pytest.mark.parametrize(
    "make", [lambda: Span(2, 1), lambda: Span(0, 1, "hours"), lambda: Span(9, 10).frames(60, 20)]
)
def test_impossible_spans_are_refused(make):
    with pytest.raises(UserError):
        make()


def test_the_window_eases_to_exactly_zero():
    w = window(40, 10, 20, 6)
    assert (w[10:20] == 1).all() and (w[:4] == 0).all() and (w[26:] == 0).all()
    assert (np.diff(w[3:11]) > 0).all() and np.abs(np.diff(w)).max() < 0.3


# -------------------------------------------------------------------------------------------------------- operations
def test_set_wants_the_middle_of_the_category(motion):
    p = plan(motion, SetCode("L-elbow angle", value=90, span=Span(1, 2)))
    assert p.groups == (L_ELBOW,) and p.edited.sum() == 20
    assert set(p.target_codes[20:40, L_ELBOW]) == {8}  # 80 to 90 degrees holds 90
    assert (p.low[20:40, L_ELBOW] >= 80).all() and (p.high[20:40, L_ELBOW] <= 90).all()
    untouched = np.ones_like(p.edited)
    untouched[20:40, L_ELBOW] = False
    assert (p.target_codes == p.source_codes)[untouched].all()


def test_shift_moves_by_categories_and_stops_at_the_last(motion):
    p = plan(motion, Shift(["L-elbow angle"], categories=-3))
    assert (p.target_codes[:, L_ELBOW] == motion[1][:, L_ELBOW] - 3).all()
    assert (plan(motion, Shift("L-elbow angle", categories=99)).target_codes[:, L_ELBOW] == 17).all()
    assert (
        plan(motion, Shift("L-hand vs R-hand distance", categories=-99)).target_codes[:, HANDS] == 0
    ).all()


def test_shift_by_an_amount_follows_the_motion(motion):
    p = plan(motion, Shift("L-elbow angle", amount=-30.0))
    wanted = motion[2][:, L_ELBOW] - 30
    assert (p.low[:, L_ELBOW] < wanted + 2.1).all() and (p.high[:, L_ELBOW] > wanted - 2.1).all()
    assert np.corrcoef(p.values[:, L_ELBOW], wanted)[0, 1] > 0.9


def test_clamp_leaves_frames_that_comply(motion):
    codes = motion[1][:, L_ELBOW]
    bound = int(np.median(codes))
    p = plan(motion, Clamp("L-elbow angle", at_most=bound))
    assert (p.target_codes[:, L_ELBOW] <= bound).all()
    assert (p.target_codes[:, L_ELBOW] == codes)[codes < bound].all()


def test_copy_takes_codes_from_another_time_or_clip(motion):
    p = plan(motion, Copy("left arm", at=0.5, hold=True, span=Span(1, 2)))
    arm = list(find_groups("left arm"))
    assert (p.target_codes[20:40][:, arm] == motion[1][10, arm]).all()
    other = parse_pose_codes(person(30)[:, :] * [1, 1, 1], "heading")
    other[:, L_ELBOW] = 4
    p = plan(motion, Copy("L-elbow angle", codes=other, at=0))
    assert (p.target_codes[:, L_ELBOW] == 4).all()
    with pytest.raises(UserError, match="outside"):
        plan(motion, Copy("left arm", at=99.0))


def test_mirror_exchanges_the_sides(motion):
    p = plan(motion, Mirror())
    assert (p.target_codes[:, L_ELBOW] == motion[1][:, R_ELBOW]).all()


def test_later_operations_see_what_earlier_ones_left(motion):
    p = plan(motion, SetCode("L-elbow angle", category=10), Shift("L-elbow angle", categories=-2))
    assert (p.target_codes[:, L_ELBOW] == 8).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: SetCode("L-elbow angle"),
        lambda: SetCode("L-elbow angle", category=1, value=2.0),
        lambda: Shift("L-elbow angle"),
        lambda: Clamp("L-elbow angle"),
    ],
)
def test_operations_that_ask_nothing_are_refused(make):
    with pytest.raises(UserError, match="give"):
        make()


def test_codes_a_group_does_not_have_are_refused(motion):
    with pytest.raises(UserError, match="0 to 2"):
        plan(motion, SetCode("L-hand vs R-hand relX", category=3))
    with pytest.raises(UserError, match="no edit"):
        plan(motion)


def test_every_target_lies_in_its_category():
    for group in GROUPS:
        for category in range(group.size):
            low, high = comfortable(group.index, category)
            for value in (low, high):
                assert np.searchsorted(group.thresholds, value, side="left") == category


def test_notation_of_the_command_line():
    assert parse_operation("L-elbow angle=90deg@0.8-2.0") == SetCode(
        ["L-elbow angle"], value=90.0, span=Span(0.8, 2.0)
    )
    assert parse_operation("2,3 -= 2".replace("2,3", "L-elbow angle, R-elbow angle")) == Shift(
        ["L-elbow angle", "R-elbow angle"], categories=-2
    )
    assert parse_operation("L-hand vs R-hand distance+=20cm@1-").amount == pytest.approx(0.2)
    for wrong in ("L-elbow angle", "L-elbow angle=1.5", "nothing=1", "L-elbow angle=90deg@x"):
        with pytest.raises(UserError):
            parse_operation(wrong)


# --------------------------------------------------------------------------------------------------- consistent codes
def test_the_code_bank_completes_an_edit_with_what_the_data_shows(motion):
    raised = motion[1].copy()
    for name, code in (
        ("L-hand vs L-shoulder relY", 2),
        ("L-hand vs R-hand distance", 9),
        ("R-elbow angle", 3),
    ):
        raised[:, find_groups(name)[0]] = code
    bank = CodeBank(np.concatenate([motion[1], raised]))
    p = plan(motion, SetCode("L-hand vs L-shoulder relY", category=2, span=Span(1, 2)))
    codes = bank.complete(p)
    assert (codes[20:40, HANDS] == 9).all()  # shares the left arm: follows
    assert (codes[:, R_ELBOW] == motion[1][:, R_ELBOW]).all()  # does not
    assert (codes[:20] == motion[1][:20]).all()
