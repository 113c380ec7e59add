"""Descriptions of pose codes say what a body does, from the person's own point of view."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.pose_codes import GROUPS, NUM_GROUPS, names, parse_pose_codes, to_khot
from dataset.procedural.toy_body import Puppet
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.runtime import UserError
from visualization.describe import UPRIGHT, WORLD_NOTE, describe, describe_spans, describe_table


def posed(**channels) -> np.ndarray:
    """Joints of one second (20, 22, 3) in a pose; channels of the puppet are set, pairs are (left, right)."""
    puppet = Puppet(20)
    for name, value in channels.items():
        getattr(puppet, name)[:] = value
    return puppet.joints()


def said(joints: np.ndarray, frame: str = "heading") -> str:
    return describe(parse_pose_codes(joints[::4], frame), frame=frame)


def code(joints: np.ndarray, group: int) -> int:
    return int(parse_pose_codes(joints[0], "world")[group])


def test_standing():
    assert said(posed()) == f"0.0-1.0 s: {UPRIGHT}"


@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_in_front_of_the_torso(side):
    flex = np.where(np.arange(2) == side, 85.0, 2.0)
    joints, who = posed(arm_flex=flex), ("left", "right")[side]
    assert f"{who} hand at shoulder height, in front of the body" in said(joints)
    assert said(joints).count("hand") == 1
    # The release's word for that category is the opposite: it measures after a half turn.
    group = GROUPS[49 + side]
    assert group.joints == (f"{who}_hand", "torso")
    assert group.categories[code(joints, group.index)] == "behind"
    assert names.meaning(group, code(joints, group.index)) == "in front of"


@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_out_to_its_own_side(side):
    out = np.where(np.arange(2) == side, 88.0, 11.0)
    joints, who = posed(arm_out=out), ("left", "right")[side]
    assert f"{who} hand at shoulder height, out to the side" in said(joints)
    group = GROUPS[24 + side]
    assert group.joints == (f"{who}_hand", f"{who}_shoulder")
    other = ("right", "left")[side]
    assert group.categories[code(joints, group.index)] == f"at the {other} of"
    assert names.meaning(group, code(joints, group.index)) == f"to the {who} of"


def test_left_hand_is_left_of_the_right_hand():
    group = GROUPS[22]
    assert group.joints == ("left_hand", "right_hand")
    assert names.meaning(group, code(posed(), 22)) == "to the left of"
    assert group.categories[code(posed(), 22)] == "at the right of"


def test_a_hand_behind_and_a_hand_across():
    assert "left hand at hip height, behind the body" in said(posed(arm_flex=(-50.0, 0.0), elbow=5.0))
    crossing = said(
        posed(arm_flex=(55.0, 0.0), arm_out=(-15.0, 11.0), elbow=(60.0, 15.0), arm_twist=(80.0, 10.0))
    )
    assert "left hand" in crossing and "right hand" not in crossing


def test_meanings_follow_the_joints_where_published_names_are_permuted():
    # Group 31 is published as "L-ankle vs neck" but measures the knees.
    assert GROUPS[31].name == "L-ankle vs neck" and GROUPS[31].joints == ("left_knee", "right_knee")
    offset = np.zeros((2, 3))
    offset[0] = (0.0, 1.0, 0.75)
    kick = posed(toe_offset=offset)
    knee_raised = names.meaning(31, code(kick, 31))
    assert knee_raised == "above" and names.meaning(32, code(kick, 32)) == "below"
    assert "left leg raised" in said(kick) and "right leg" not in said(kick)


@pytest.mark.parametrize(
    ("channels", "text"),
    [
        ({"arm_flex": 170.0}, "both hands at head height or above"),
        ({"elbow": (95.0, 16.0)}, "left elbow bent to 80-90 degrees"),
        ({"pelvis_pitch": 30.0}, "leaning forward"),
        ({"pelvis_pitch": -30.0}, "leaning back"),
        ({"spine_roll": 40.0}, "leaning to the left"),
        ({"spine_roll": -40.0}, "leaning to the right"),
        ({"height": 0.5, "surge": -0.2}, "both knees"),
        ({"arm_flex": 40.0, "elbow": 80.0, "arm_twist": 45.0}, "hands together"),
    ],
)
def test_pose_and_its_words(channels, text):
    assert text in said(posed(**channels))


def test_a_turned_person_reads_the_same_in_the_heading_frame():
    joints = posed(arm_flex=(85.0, 2.0))
    quarter = joints[..., [2, 1, 0]] * np.array([1, 1, -1.0])  # to the left
    assert said(quarter) == said(joints)
    world = said(quarter, "world")
    assert world.startswith(WORLD_NOTE) and "body turned to the left" in world
    assert "body turned" not in said(joints, "world")
    assert "body turned to the right" in said(joints[..., [2, 1, 0]] * np.array([-1, 1, 1.0]), "world")


def test_spans_cover_the_clip_and_say_when_things_happen():
    rng = np.random.default_rng(0)
    puppet = make_puppet(120, 20.0, rng)
    KINDS["raise_left"].action(puppet, 1.5, 5.0, rng)
    codes = parse_pose_codes(puppet.joints()[::4], "heading")
    spans = describe_spans(codes, frame="heading")
    assert (spans[0].start, spans[-1].stop) == (0, len(codes))
    assert all(a.stop == b.start for a, b in zip(spans[:-1], spans[1:], strict=True))
    assert all(span.stop - span.start >= 3 for span in spans)
    high = [span for span in spans if any("left hand at head height" in text for text in span.statements)]
    assert high and high[0].begin > 1.0 and high[-1].end < 5.5
    assert all("right hand" not in str(span) for span in spans)
    assert str(spans[0]).startswith("0.0-")


def test_walking_is_told_from_standing():
    rng = np.random.default_rng(0)
    puppet = make_puppet(140, 20.0, rng)
    KINDS["walk_forward"].action(puppet, 1.0, 5.5, rng)
    spans = describe_spans(parse_pose_codes(puppet.joints()[::4], "heading"), frame="heading")
    assert any("stepping" in text for text in spans[len(spans) // 2].statements)
    assert not any("stepping" in text for text in spans[-1].statements)


def test_time_follows_the_rate_of_the_steps():
    codes = np.repeat(parse_pose_codes(posed()[:1], "heading"), 40, axis=0)
    assert describe(codes, fps_of_steps=20, frame="heading").startswith("0.0-2.0 s")
    assert describe(codes, fps_of_steps=5, frame="heading").startswith("0.0-8.0 s")


def test_short_flickers_are_absorbed_and_statements_are_limited():
    codes = parse_pose_codes(posed(arm_flex=85.0, elbow=90.0, height=0.55, surge=-0.2)[:1], "heading")
    codes = np.repeat(codes, 12, axis=0)
    flicker = codes.copy()
    flicker[6, GROUPS[36].index] = 0
    assert describe(flicker, frame="heading") == describe(codes, frame="heading")
    assert all(len(span.statements) <= 2 for span in describe_spans(codes, max_statements=2, frame="heading"))


def test_both_forms_of_codes_are_read():
    codes = parse_pose_codes(posed(arm_flex=170.0)[::4], "heading")
    assert describe(to_khot(codes), frame="heading") == describe(codes, frame="heading")


def test_the_table_lists_every_group_with_its_times():
    codes = parse_pose_codes(np.concatenate([posed()[:2], posed(elbow=105.0)[:2]]), "heading")
    lines = describe_table(codes).splitlines()
    assert len(lines) == NUM_GROUPS
    elbow = next(line for line in lines if line.startswith("L-elbow angle"))
    assert elbow == "L-elbow angle (degrees): 160-170 at 0.0-0.4 s | 70-80 at 0.4-0.8 s"


@pytest.mark.parametrize("bad", [np.zeros((4, 69)), np.zeros(70), np.zeros((0, 70)), np.full((2, 70), 200)])
def test_what_is_not_pose_codes_is_refused(bad):
    with pytest.raises(UserError, match="pose codes"):
        describe(bad, frame="heading")


def test_an_unknown_frame_is_refused():
    with pytest.raises(UserError, match="frame"):
        describe(np.zeros((2, 70), int), frame="camera")
