"""Checks of edits: they tell a right motion from a wrong one, and the list of instructions is sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from editing_world import clip, codec, person
from takes import take

from dataset.features import mirror_joints
from editing.measuring.checks import EDIT_CHECKS, edit_holds, resampled, validate_edit_check, window
from editing.measuring.instructions import procedural_clip, read_instruction_list
from editing.measuring.outcomes import EditOutcome, Trial, carry_out, hint_works, offers
from editing.measuring.quality import Preserved, preserved, quality, within_bounds
from editing.measuring.series import SIDED, WHOLE, series
from editing.measuring.tables import family_numbers, tables
from utils.motion_checks import holds
from utils.rotation import turn
from utils.runtime import UserError

LIST = Path(__file__).resolve().parents[1] / "configs/editing/instructions.yaml"


def raised(joints: np.ndarray, side: int, by: float, frames: slice = slice(None)) -> np.ndarray:
    """The forearm lifted: not a possible body, but a hand that is higher."""
    out = joints.copy()
    out[frames, (20, 21)[side], 1] += by
    return out


WALK, STAND = take("walk", 1).joints, take("stand", 1).joints
SQUAT, WAVE = take("squat", 2).joints, take("wave_one", 2, "right").joints
SLOW = resampled(WALK, 2 * len(WALK))
SQUAT_LATER = np.concatenate([SQUAT[:1].repeat(10, 0), SQUAT])
LEFT, RIGHT = (take("turn_quarter", 1, side).joints for side in ("left", "right"))
ASIDE_LEFT, ASIDE_RIGHT = (take("sidestep", 1, side).joints[:40] for side in ("left", "right"))
UP, UP_ONCE = raised(STAND, 0, 0.2), raised(STAND, 0, 0.2, slice(20, 40))
# A check, a motion before, a motion that is right, and one that is wrong.
PAIRS = [
    ({"changes": {"what": "left hand up", "least": 0.1, "when": "end"}}, STAND, UP, raised(STAND, 1, 0.2)),
    ({"changes": {"what": "left hand up", "stat": "gain", "least": 0.1}}, STAND, UP_ONCE, STAND),
    ({"reads": {"what": "pelvis height", "high": 0.7, "seconds": 0.1}}, STAND, SQUAT, WALK),
    ({"scales": {"what": "left hand ahead", "stat": "swing", "most": 0.5}}, WALK, STAND, WALK),
    ({"follows": {"what": "pelvis height"}}, SQUAT, SQUAT * (1, 0.9, 1), STAND),
    ({"keeps": {"what": "left hand up", "within": 0.05}}, STAND, raised(STAND, 1, 0.5), raised(STAND, 0, 0.1, slice(5, 9))),
    ({"swings": {"what": "pelvis height", "times": 1, "size": 0.1}}, STAND, SQUAT, STAND),
    ({"lasts": {"low": 1.8, "high": 2.2}}, WALK, SLOW, WALK),
    ({"lasts": {"longer": [-1.1, -0.9]}}, WALK, WALK[:-20], WALK[:-40]),
    ({"all": [{"same_poses": {"within": 0.02}}, {"lasts": {"low": 1.5}}]}, WALK, SLOW, resampled(STAND, 2 * len(WALK))),
    ({"same_poses": {"mirror": True, "within": 0.01}}, WAVE, mirror_joints(WAVE), WAVE),
    ({"same_poses": {"reverse": True, "within": 0.01}}, SQUAT, SQUAT[::-1], WAVE),
    ({"limb_does": {"limb": "left_arm", "source": "right_arm"}}, WAVE, mirror_joints(WAVE), WAVE),
    ({"keeps_limb": {"limb": "left_leg"}}, WALK, raised(WALK, 0, 1.0), resampled(STAND, len(WALK))),
    ({"turns_more": {"least": 60, "most": 120}}, STAND, LEFT, RIGHT),
    ({"faces": {"degrees": 180}}, STAND, turn(STAND, np.full(STAND.shape[:2], np.pi)), STAND),
    ({"travels": {"low": 1.3}}, WALK, WALK * (1, 1, 1.5), WALK * (1, 1, 0.8)),
    ({"ends_aside": {"side": "left", "least": 0.2, "most": 0.8}}, STAND, ASIDE_LEFT, ASIDE_RIGHT),
    ({"repeats": {"times": 2, "what": "pelvis height"}}, SQUAT, np.concatenate([SQUAT, SQUAT]), SQUAT),
    ({"rests": {"seconds": 1.0}}, WALK, np.repeat(WALK[:1], 40, 0), WALK),
    ({"shifts": {"what": "pelvis height", "least": 0.4, "most": 0.6}}, SQUAT, SQUAT_LATER, SQUAT),
    ({"ends_with": {"check": "squats"}}, WALK, np.concatenate([WALK, SQUAT]), np.concatenate([WALK, WALK])),
    ({"waves": {"side": "right"}}, STAND, WAVE, mirror_joints(WAVE)),
]  # fmt: skip


@pytest.mark.parametrize("check,before,right,wrong", PAIRS, ids=[str(pair[0])[:50] for pair in PAIRS])
def test_a_check_tells_right_from_wrong_wherever_it_happens(check, before, right, wrong):
    validate_edit_check(check)
    assert edit_holds(check, before, right)
    assert not edit_holds(check, before, wrong)
    assert edit_holds({"not": check}, before, wrong)
    both = [turn(motion, np.full(motion.shape[:2], 2.1)) + (3.0, 0.0, -7.0) for motion in (before, right)]
    assert edit_holds(check, *both)


def test_every_check_has_a_pair():
    said = str([pair[0] for pair in PAIRS])
    assert not [name for name in EDIT_CHECKS if f"'{name}'" not in said]


def test_series_of_the_sides_exchange_in_a_mirror_and_all_are_finite():
    joints = take("walk", 3).joints
    for name in SIDED:
        left, right = series(f"left {name}", joints), series(f"right {name}", mirror_joints(joints))
        assert np.abs(left - right).max() < 1e-6 and np.isfinite(left).all(), name
    for name in WHOLE:
        assert np.isfinite(series(name, joints)).all() and len(series(name, joints)) == len(joints)


@pytest.mark.parametrize(
    "check,culprit",
    [
        ({"changes": {"what": "tail up"}}, "tail up"),
        ({"changes": {"what": "left hand up", "when": "sometimes"}}, "sometimes"),
        ({"changes": {"what": "left hand up", "stat": "mode"}}, "mode"),
        ({"changes": {"least": 1}}, "what"),
        ({"reads": {"what": "lean", "height": 1}}, "height"),
        ({"frobnicates": {}}, "frobnicates"),
        ({"ends_with": {"check": {"walks": {"speed": 1}}}}, "speed"),
    ],
)
def test_what_a_check_does_not_know_is_named(check, culprit):
    with pytest.raises(UserError, match=culprit):
        validate_edit_check(check, "here")


def test_times_are_windows_of_the_clip():
    assert window(100, "end") == slice(88, 100) and window(100, "start").start == 0
    assert window(100, [1.0, 2.0]) == slice(20, 40) and window(100, [-1.0, 99]) == slice(80, 100)


# ----------------------------------------------------------------------------------------------- the list of the project
def test_the_list_is_long_and_its_procedural_clips_are_of_their_kind():
    listed = read_instruction_list(LIST)
    families = {row.family for row in listed.instructions}
    assert len(listed.instructions) >= 100 and len(families) >= 8
    for kind in listed.kinds.values():
        if kind.name in ("walk", "raise left", "wave right", "squat", "bow", "kick left", "jump"):
            assert holds(kind.check, procedural_clip(kind.toy, codec(), 0).joints.astype(float)), kind.name


def test_no_check_of_the_list_passes_on_all_unedited_clips():
    """A check that untouched motions pass would call an edit right that did nothing."""
    listed = read_instruction_list(LIST)
    clips = {
        name: [procedural_clip(kind.toy, codec(), seed).joints.astype(float) for seed in (0, 1)]
        for name, kind in listed.kinds.items()
    }
    passed = [
        row.sentence
        for row in listed.instructions
        if not row.to_refuse
        and all(edit_holds(row.check, motion, motion) for kind in row.kinds for motion in clips[kind])
    ]
    assert not passed


def test_bad_lists_are_named(tmp_path):
    path = tmp_path / "list.yaml"
    for text, culprit in (
        ("clips: {}\ninstructions: {}\n", "expected"),
        ("a: 1\n", "clips"),
        ("clips: {w: {check: walks, toy: fly}}\ninstructions: {a: {b: {clips: w, check: walks}}}\n", "fly"),
        ("clips: {w: {check: walks, toy: bow}}\ninstructions: {a: {b: {clips: v, check: walks}}}\n", "'v'"),
        ("clips: {w: {check: walks, toy: bow}}\ninstructions: {a: {b: {clips: w, check: flies}}}\n", "flies"),
        (
            "clips: {w: {check: walks, toy: bow}}\ninstructions: {a: {b: {clips: w, check: walks, moves: [tail]}}}\n",
            "tail",
        ),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=culprit):
            read_instruction_list(path)


# ------------------------------------------------------------------------------------------------------------ outcomes
def _instruction(sentence: str):
    return next(row for row in read_instruction_list(LIST).instructions if row.sentence == sentence)


def test_an_edit_is_right_refused_or_wrong_by_its_joints():
    row = _instruction("raise the left hand at the end")
    right = carry_out(row, [clip()], codec())
    assert right.right and not right.wrong and right.trials[0].preserved.frames < 1e-3
    from editing.language.instructions import parse_instruction

    other = carry_out(row, [clip()], codec(), lambda *_: parse_instruction("lean forward").operations)
    assert other.wrong and not other.right
    assert carry_out(_instruction("bend the left elbow to 1 m"), [clip()], codec(), _refuse).right
    refused = carry_out(row, [clip()], codec(), _refuse)
    assert refused.refused and not refused.right and not refused.wrong and not refused.hint_works


def _refuse(sentence, _):
    raise UserError(f"can't edit by {sentence!r}")


def test_a_hint_works_where_what_it_offers_is_accepted_and_is_about_the_same():
    def understand(sentence, _):
        if sentence != "raise the left hand":
            raise UserError("no")
        return ()

    said = "can't edit by 'hoist the left hand'; try 'raise the left hand'"
    assert offers(said) == ["hoist the left hand", "raise the left hand"]
    assert hint_works("hoist the left hand", said, clip(), understand)
    assert not hint_works("squat lower", said, clip(), understand)
    assert not hint_works(
        "hoist the left hand", "no; for example: hoist a hand | lift a hand", clip(), understand
    )


def test_shares_count_what_they_say():
    row = _instruction("raise the left hand at the end")
    still = quality(person(), 0.0)
    trial = Trial("clip", True, still, still, Preserved(0.0, 0.0), 1.0, person(), person())
    wrong = Trial("clip", False, still, still, Preserved(0.0, 0.0), 1.0, person(), person())
    outcomes = [EditOutcome(row, [trial, wrong]), EditOutcome(row, [wrong]), EditOutcome(row, [], "no", True)]
    found = family_numbers(outcomes)["all"]
    assert (found["right"], found["wrong"], found["refused"], found["refused_with_hint"]) == (1, 1, 1, 1)
    assert found["shown"] == 0.5 and "1 (33 %)" in tables(outcomes)


# ------------------------------------------------------------------------------------------------------------- quality
def test_quality_sees_sliding_sinking_and_peaks():
    joints = person(60)
    floor = joints[..., 1].min()
    good = quality(joints, floor)
    sliding, sunk, kicked = joints.copy(), joints.copy(), joints.copy()
    sliding[..., 0] += 0.02 * np.arange(60)[:, None]
    sunk[20, 10, 1] -= 0.04
    kicked[30, 20] += 0.1
    assert good.slide < 1e-6 and quality(sliding, floor).slide == pytest.approx(0.4, abs=0.01)
    assert quality(sunk, floor).sink == pytest.approx(4.0, abs=0.01)
    assert (
        quality(kicked, floor).acceleration > 50
        and not within_bounds(good, quality(kicked, floor))["acceleration"]
    )
    assert (
        all(within_bounds(good, good).values()) and not within_bounds(good, quality(sliding, floor))["slide"]
    )


def test_preservation_is_seen_through_a_rigid_move_and_not_through_a_change():
    joints, weight = person(60), np.zeros(60)
    weight[20:40] = 1
    moved = joints.copy()
    moved[20:40, 20] += 0.3  # where the edit acts
    moved[40:] = turn(moved[40:], np.full(moved[40:].shape[:2], 1.0)) + (1.0, 0.0, 2.0)
    found = preserved(joints, moved, np.arange(60.0), weight, ["left_arm"])
    assert found.frames < 1e-6 and found.limbs < 1e-6
    moved[50, 5] += 0.01
    assert preserved(joints, moved, np.arange(60.0), weight, ["left_arm"]).frames > 8
    moved[20:40, 21] += 0.3
    assert preserved(joints, moved, np.arange(60.0), weight, ["left_arm"]).limbs > 1
