"""Checks of motion: right on motions that are known, wrong on their opposites, and independent of place and heading."""

from __future__ import annotations

import numpy as np
import pytest
from takes import take

from dataset.composing.bodies import turned as turned_joints
from dataset.features import mirror_joints
from utils import quantities as q
from utils.motion_checks import CHECKS, holds, validate
from utils.runtime import UserError

CASES = [
    ("walk", "", "walks"), ("walk_back", "", {"walks": {"direction": "backward", "least": 0.1}}),
    ("sidestep", "left", {"walks": {"direction": "left", "metres": 0.3, "least": 0.1}}),
    ("run", "", {"runs": {"least": 0.8}}),
    ("turn_around", "right", {"turns": {"side": "right", "least": 120}}),
    ("stand", "", "stands_still"), ("raise_one", "left", {"raises": {"side": "left"}}), ("raise_both", "", "raises"),
    ("wave_one", "right", {"waves": {"side": "right"}}), ("wave_both", "", "waves"),
    ("kick", "left", {"kicks": {"side": "left"}}), ("squat", "", "squats"), ("bow", "", {"bows": {"least": 15}}),
    ("bend_down", "", "bends_down"), ("kneel", "", "kneels"), ("sit_stand", "", "sits"), ("jump", "", "jumps"),
    ("one_leg", "left", {"stands_on_one_leg": {"side": "left"}}), ("clap", "", "claps"),
    ("arms_out", "", {"reaches": {"side": "both", "direction": "side"}}), ("hands_on_hips", "", "hands_on_hips"),
    ("arms_front", "", {"reaches": {"side": "both", "direction": "front"}}), ("march", "", "marches"),
    ("stretch", "left", {"leans_sideways": {"side": "left"}}), ("lift_knee", "right", {"lifts_knee": {"side": "right"}}),
    ("hand_to_mouth", "right", {"hand_at_mouth": {"side": "right"}}), ("phone", "left", {"hand_at_head": {"side": "left"}}),
    ("throw_one", "right", {"throws": {"side": "right"}}), ("push", "", "pushes"), ("hands_behind", "", "hands_behind_back"),
    ("jumping_jacks", "", "jumping_jacks"), ("leg_aside", "left", {"lifts_leg": {"direction": "aside", "side": "left"}}),
    ("leg_back", "right", {"lifts_leg": {"direction": "back", "side": "right"}}),
    ("hop_one_leg", "left", {"all": ["jumps", {"stands_on_one_leg": {"side": "left", "seconds": 0.25}}]}),
]  # fmt: skip


@pytest.mark.parametrize("action,side,check", CASES, ids=[case[0] for case in CASES])
def test_a_motion_passes_its_check_wherever_it_happens_and_standing_does_not(action, side, check):
    joints = take(action, 2, side).joints
    assert holds(check, joints)
    away = turned_joints(joints, 2.1) + np.array([3.0, 0.0, -7.0])
    assert holds(check, away)
    if action != "stand":
        assert not holds(check, take("stand", 3).joints)
    assert not holds(check, take("walk_back" if action == "walk" else "walk", 4).joints) or action == "run"


@pytest.mark.parametrize("action,side,check", [case for case in CASES if case[1]], ids=lambda c: str(c)[:20])
def test_a_mirrored_motion_fails_the_check_of_its_side(action, side, check):
    joints = take(action, 2, side).joints
    assert not holds(check, mirror_joints(joints))


def test_quantities_are_in_the_units_they_say():
    walk = take("walk", 1).joints
    front, left = q.travelled(walk)
    assert front == pytest.approx(np.linalg.norm((walk[-1, 0] - walk[0, 0])[[0, 2]]), abs=0.15)
    assert abs(left) < 0.15 and q.seconds(walk) == len(walk) / 20
    assert abs(q.turned(take("turn_quarter", 1, "left").joints) - 90) < 12
    assert q.turned(take("turn_quarter", 1, "right").joints) < -70
    assert q.turned(take("turn_full", 1, "left").joints) > 330
    assert q.swings(np.sin(np.linspace(0, 6 * np.pi, 200)), 0.5) == 6
    assert q.steps(take("stand", 1).joints) == 0 and q.steps(walk) >= 3


def test_sequences_need_their_order():
    from dataset.composing.sequence import Piece, sequence

    wave, walk = take("wave_one", 1, "left").joints, take("walk", 1).joints
    joints, _ = sequence([Piece(wave, 0, len(wave)), Piece(walk, 0, 60)])
    order = [{"waves": {"side": "left"}}, "walks"]
    assert holds({"then": order}, joints) and not holds({"then": order[::-1]}, joints)
    assert holds({"any": ["lies_down", {"then": order}]}, joints) and holds({"not": "lies_down"}, joints)


@pytest.mark.parametrize(
    "expression,word",
    [("flies", "unknown check 'flies'"), ({"walks": {"pace": 1}}, "no setting 'pace'"), ({"all": "walks"}, "needs a list"),
     ({"walks": {}, "runs": {}}, "one name"), ({"then": [{"flip": {}}]}, "unknown check 'flip'"), (3, "expected the name")],
)  # fmt: skip
def test_a_wrong_expression_is_named(expression, word):
    with pytest.raises(UserError, match=word):
        validate(expression, "list.yaml")


def test_every_check_answers_with_a_truth_value_for_any_clip():
    joints = take("walk").joints
    needed = {
        "lifts_leg": {"direction": "aside"},
        "reaches": {"side": "left", "direction": "front"},
        "leans_sideways": {"side": "left"},
        "moves_arm": {"side": "left"},
    }
    for name in CHECKS:
        for clip in (joints, joints[:3]):
            assert holds({name: needed.get(name, {})}, clip) in (True, False)
