"""Edits move the limb that they name: other limbs, trunk and head stay, feet keep their steps, nothing sinks."""

from __future__ import annotations

import numpy as np
import pytest
from editing_world import SPEC, codec
from takes import performed

from dataset.features import extract_features
from dataset.motion_clip import MotionClip
from dataset.procedural import toy_motions, toy_travel
from editing import Scale, SetCode, Shift, Span, edit_motion
from editing.body import MOST_SHRUGGED, Body
from editing.fit_limbs import limbs_to_move
from editing.sources import clip_of
from utils import quantities as q
from utils.runtime import UserError

ARM = {"left": (16, 18, 20), "right": (17, 19, 21)}
UPPER_ARM = "L-shoulder vs L-elbow relV"
FEET = [*q.ANKLES, *q.TOES]
SAME = 1e-3  # metres
LEVEL, LEANS_BACK = 0.005, 5.0  # metres, degrees


def made(joints: np.ndarray) -> MotionClip:
    return clip_of(extract_features(joints, SPEC), codec(), "a person")


@pytest.fixture(scope="module")
def clips() -> dict[str, MotionClip]:
    return {
        "walk": made(performed(toy_travel.walk)),
        "wave": made(performed(toy_motions.wave, sides=(1,))),
        "kick": made(performed(toy_motions.kick, side=0)),
    }


def edited(clip: MotionClip, edit) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, 22, 3) before and after."""
    result = edit_motion(clip, edit, codec())
    return np.asarray(result.source.joints, float), np.asarray(result.edited.joints, float)


def gap(before: np.ndarray, after: np.ndarray, joints) -> float:
    """The farthest that some joints have moved, metres."""
    return float(np.linalg.norm(after - before, axis=-1)[:, list(joints)].max())


def others(side: str) -> list[int]:
    return [joint for joint in range(22) if joint not in ARM[side]]


@pytest.mark.parametrize("kind", ["walk", "wave", "kick"])
@pytest.mark.parametrize(
    "edit, side",
    [
        (SetCode(UPPER_ARM, category=2, shape="gesture"), "left"),
        (Shift(UPPER_ARM, amount=20), "left"),
        (SetCode("R-shoulder vs R-elbow relV", value=8.0, span=Span(1, 2)), "right"),
        ("freeze the left arm", "left"),
        ("freeze the right arm from 1 s to 2 s", "right"),
        ("don't lower the left arm at the end", "left"),
    ],
)
def test_an_arm_moves_alone(clips, kind, edit, side):
    before, after = edited(clips[kind], edit)
    assert gap(before, after, others(side)) < SAME
    if not isinstance(edit, str) and side == "left":
        assert gap(before, after, ARM[side]) > 0.05
    assert q.airborne(after).sum() == q.airborne(before).sum()
    assert (
        np.abs(q.lean(after) - q.lean(before)).max()
        < 1
        > np.abs(q.side_lean(after) - q.side_lean(before)).max()
    )


def test_a_frozen_arm_is_still_while_the_other_one_swings(clips):
    before, after = edited(clips["walk"], "freeze the left arm")
    way = [
        [np.linalg.norm(np.diff(q.chest_coordinates(j, wrist), axis=0), axis=-1).sum() for wrist in q.WRISTS]
        for j in (before, after)
    ]
    assert way[1][0] < 0.5 * way[0][0] and way[1][1] == pytest.approx(way[0][1], rel=0.05)


def test_groups_of_one_limb_are_no_matter_of_the_trunk():
    assert limbs_to_move((57,)) == ({"left_arm": 1.0}, None)  # the upper arm, measured from its shoulder
    assert "torso" not in limbs_to_move((53,))[0]  # the thigh
    assert limbs_to_move((63,)) == ({"torso": 1.0}, None)  # pelvis to neck
    assert limbs_to_move((28,)) == ({"shoulders": 1.0}, None)
    assert limbs_to_move((28, 63)) == ({"torso": 1.0}, None)


@pytest.mark.parametrize("kind", ["walk", "wave"])
def test_a_dropped_shoulder_takes_its_arm_along_and_nothing_else(clips, kind):
    before, after = edited(clips[kind], SetCode("L-shoulder vs R-shoulder relY", category=0, shape="gesture"))
    middle = len(before) // 2
    drop = (before - after)[:, 16, 1]
    assert 0.025 < drop.max() < 0.06 and drop[middle] > 0.02
    assert gap(before, after, (0, 3, 6, 9, 12, 15, 1, 2, 4, 5, 7, 8, 10, 11)) < SAME
    assert gap(before, after, (*ARM["left"], *ARM["right"])) < 0.06
    hangs = [joints[:, list(ARM["left"][1:])] - joints[:, [16]] for joints in (before, after)]
    np.testing.assert_allclose(*hangs, atol=SAME)  # carried, not turned


def test_collars_go_no_farther_than_collars_do(clips):
    import torch

    joints = np.asarray(clips["wave"].joints[:5], np.float32)
    body = Body(joints, {"shoulders": 1.0}, None)
    with torch.no_grad():
        moved = body(torch.full((5, body.size), 100.0)).numpy()
    rise = np.linalg.norm((moved - joints)[:, [16, 17]], axis=-1)
    longest = np.linalg.norm(joints[:, [16, 17]] - joints[:, [13, 14]], axis=-1).max()
    assert rise.max() <= longest * 2 * np.sin(MOST_SHRUGGED / 2) + 1e-4
    assert (moved - joints)[:, [16, 17], 1].min() > 0


@pytest.mark.parametrize(
    "kind, edit",
    [
        ("walk", SetCode("R-hand vs L-knee distance", category=0, shape="gesture")),
        ("walk", SetCode("L-hand vs R-knee distance", category=0, span=Span(1, 2))),
        ("wave", SetCode("R-hand vs L-knee distance", category=0, shape="gesture")),
    ],
)
def test_a_hand_that_reaches_for_a_knee_leaves_the_feet_their_steps(clips, kind, edit):
    before, after = edited(clips[kind], edit)
    assert gap(before, after, FEET) < LEVEL
    assert after[..., 1].min() > before[..., 1].min() - LEVEL
    assert q.airborne(after).sum() == q.airborne(before).sum()
    hand, knee = (21, 4) if "L-knee" in edit.groups else (20, 5)
    assert np.linalg.norm(after[:, hand] - after[:, knee], axis=-1).min() < 0.16
    assert q.lean(after).min() > q.lean(before).min() - LEANS_BACK
    over = [(j[:, 0] + j[:, 12])[:, [0, 2]] / 2 for j in (before, after)]
    assert np.linalg.norm(over[1] - over[0], axis=-1).max() < 0.12  # the weight stays over the feet


@pytest.mark.parametrize("sentence", ["freeze the right leg from 1 s to 2 s", "freeze both legs"])
def test_a_leg_that_carries_a_walk_is_not_frozen(clips, sentence):
    with pytest.raises(UserError, match="can't be held still while the body goes"):
        edited(clips["walk"], sentence)


def test_a_leg_of_somebody_who_stands_is_frozen(clips):
    before, after = edited(clips["wave"], "freeze the right leg from 1 s to 2 s")
    assert gap(before, after, range(22)) < 0.05 and gap(before, after, ARM["left"]) < 0.03


def test_a_waving_hand_is_carried_higher_and_goes_on_waving(clips):
    before, after = edited(clips["wave"], Scale("R-hand vs R-shoulder relY", factor=1.5))
    lines = [q.chest_coordinates(joints, 21) for joints in (before, after)]
    waves = lines[0][:, 1] > 0.1
    rise = np.median(lines[1][waves, 1]) - np.median(lines[0][waves, 1])
    to_and_fro = [np.abs(np.diff(line[waves], axis=0)).sum(0) for line in lines]
    assert rise > 0.025  # as much as an arm that is nearly straight has room for
    assert to_and_fro[1][0] > 0.7 * to_and_fro[0][0]  # to the left and right
    assert gap(before, after, others("right")) < SAME


def test_a_single_raise_is_still_scaled_as_a_whole(clips):
    before, after = edited(clips["kick"], SetCode("R-hand vs R-shoulder relY", category=2, span=Span(1, 2)))
    raised = made(after)
    lower = edited(raised, Scale("R-hand vs R-shoulder relY", factor=0.6))[1]
    peaks = [q.wrist_over(joints, 1, 17).max() for joints in (before, after, lower)]
    assert peaks[0] < peaks[2] < peaks[1] - 0.1
