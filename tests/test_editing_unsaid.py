"""Sentences that leave out what was said before, limits, and actions with a manner: nothing of them is lost."""

import re

import numpy as np
import pytest
from edit_readings import DOWN_LEFT, HALVES, REFUSED, UP_LEFT, both, gestures, reading, style_texts
from editing_world import clip, codec, heights

from editing import edit_motion
from editing.language.instructions import parse_instruction
from utils.runtime import UserError

UP_RIGHT, DOWN_RIGHT = ([re.sub("L-", "R-", line) for line in lines] for lines in (UP_LEFT, DOWN_LEFT))


def at(span, *lines):
    return [f"{line} @{span}" for line in lines]


READINGS = {
    # a part with its own time is not one more part of the first time
    "raise the left hand at the start and the right hand at the end": [
        *at("0-0.3 share", *UP_LEFT),
        *at("0.7-1 share", *UP_RIGHT),
    ],
    "turn 90 degrees left at 1 s and 45 degrees right at 3 s": [
        "Turn degrees=90 @0.5-1.5 seconds",
        "Turn degrees=-45 @2.5-3.5 seconds",
    ],
    "look down at the start and up at the end": [
        "Head pitch=-30 @0-0.3 share",
        "Head pitch=30 @0.7-1 share",
    ],
    "step 50 cm forward and 30 cm to the left": [
        "StepAside metres=0.5 side=forward",
        "StepAside metres=0.3 side=left",
    ],
    "raise the left hand between 1 s and 2 s and between 3 s and 4 s": [
        *at("1-2 seconds", *UP_LEFT),
        *at("3-4 seconds", *UP_LEFT),
    ],
    # after "then" without a verb, or without the part
    "look left, then right": ["Head turn=45 @0-0.5 share", "Head turn=-45 @0.5-1 share"],
    "turn the head to the left, then to the right": ["Head turn=45 @0-0.5 share", "Head turn=-45 @0.5-1 share"],
    "walk to the left and then to the right": ["Curve degrees=60 @0-0.5 share", "Curve degrees=-60 @0.5-1 share"],
    "first raise the left hand, then the right": [
        *at(HALVES[0][1:], *UP_LEFT),
        *at(HALVES[1][1:], *UP_RIGHT),
    ],
    "raise the left hand, then down": [*at(HALVES[0][1:], *UP_LEFT), *at(HALVES[1][1:], *DOWN_LEFT)],
    # "the right (one)", "the other", "the elbow"
    "raise the left hand and don't move the right": [*gestures(*UP_LEFT), "Amplitude limb=right_arm factor=0"],
    "raise your left hand, but keep the right one down": [*gestures(*UP_LEFT), *DOWN_RIGHT],
    "raise the left hand, then lower the other": [
        *at(HALVES[0][1:], *UP_LEFT),
        *at(HALVES[1][1:], *DOWN_RIGHT),
    ],
    "raise the left hand but keep the elbow bent": [
        *gestures(*UP_LEFT),
        "Shift L-elbow angle categories=-4",
    ],
    "raise the arm on the right side higher": ["Scale R-hand vs R-shoulder relY factor=1.4 otherwise=0.2"],
    # a turn and a tilt are no opposites
    "turn your head to the left and tilt it to the right": ["Head turn=45", "Head roll=-20"],
    "copy the left arm to the right": ["CopyLimb source=left_arm target=right_arm"],
    "the left arm should copy the right": ["CopyLimb source=right_arm target=left_arm"],
    "raise the left hand instead of the right hand at the end": [
        "Exchange what=arms @0.7-1 share",
        *at("0.7-1 share", *UP_LEFT),
    ],
    "raise the left hand at the start instead of at the end": at("0-0.3 share", *UP_LEFT),
    # "then" of what is done to the whole clip says in which order; of two paces each has its time
    "mirror it, then repeat it": ["MirrorMotion", "Repeat"],
    "walk faster, slower at the end": ["Retime factor=1.5", "Retime factor=0.65 @0.7-1 share"],
    # the later first, since it is moved by the earlier
    "pause at 1 s and at 3 s for half a second": [
        "Pause seconds=0.5 @3-end seconds",
        "Pause seconds=0.5 @1-end seconds",
    ],
    "cut the first second and the last second": ["Cut @-1-end seconds", "Cut @0-1 seconds"],
    "raise the left hand with a straight elbow": [
        *gestures(*UP_LEFT),
        "SetCode L-elbow angle category=17 shape=gesture",
    ],
    # a time that is left out, a part that is left out
    "walk faster but not at the end": ["Retime factor=1.5 @0-0.7 share"],
    "swing the arms more except between 1 s and 2 s": [
        "Amplitude limb=arms factor=1.4 @2-end seconds",
        "Amplitude limb=arms factor=1.4 @0-1 seconds",
    ],
    "walk faster except for the last second": REFUSED,
    "bend the left knee but not the right one": ["Shift L-knee angle categories=-4"],  # which is left as it is
    "move backwards instead of forwards": ["WalkBackwards"],
    # limits
    "never raise the left hand above the shoulder": ["Clamp L-hand vs L-shoulder relY high=-0.06"],
    "don't let your hands go above your shoulders": both("Clamp L-hand vs L-shoulder relY high=-0.06"),
    "don't lower the right hand below the hip": ["Clamp R-hand vs R-hip relY low=0.06"],
    # a straight arm reaches as far as it is long
    "hold the left arm straight out in front of you at chest height": [
        "SetCode L-elbow angle category=17",
        "SetCode L-hand vs torso relZ value=-0.5",
        "SetCode L-hand vs L-shoulder relY value=-0.17",
    ],
    # actions, with all that was said of them
    "then walk forward three steps": ["AddAction text=a person walks forward three steps seconds=2.5"],
    "then walk with your arms raised": ["AddAction text=a person walks with their arms raised seconds=2.5"],
    "add a bow with both hands behind the back at the start": [
        "AddAction text=a person bows with both hands behind the back @0-0.3 share"
    ],
    "add a wave and a jump": ["AddAction text=a person waves and jumps seconds=2.5"],
    "add three jumps at the end": ["AddAction text=a person jumps three times seconds=2.5"],
    "clap twice and then bow": [
        "AddAction text=a person claps twice seconds=2.5",
        "AddAction text=a person bows seconds=2.5",
    ],
    "wave and then raise the right hand": [
        "AddAction text=a person waves seconds=2.5",
        *at("0.7-1 share", *UP_RIGHT),
    ],
    # amounts, times
    "slow down by 30 percent": ["Retime factor=0.7"],
    "speed up by 20% at the end": ["Retime factor=1.2 @0.7-1 share"],
    "reduce the arm swing by 30 %": ["Amplitude limb=arms factor=0.7"],
    "freeze at 2 s for half a second": ["Pause seconds=0.5 @2-end seconds"],
    "pause halfway for 1.5 seconds": ["Pause seconds=1.5 @0.5-1 share"],
    "cut the first 20 frames": ["Cut @0-20 frames"],
    "trim 1 second off the end": ["Cut @-1-end seconds"],
    "trim the clip down to 3 s": ["Cut @3-end seconds"],
    "pause after the jump for 2 seconds": ["Pause seconds=2 @after the jump"],
    "remove the middle part": ["Cut @0.35-0.65 share"],
    "two seconds in, nod": ["Head nod=2 @1.5-2.5 seconds"],
    "nod 1 second before the end": ["Head nod=2 @-1-end seconds"],
    "walk faster in the first half and slower in the second": [
        "Retime factor=0.65 @0.5-1 share",
        "Retime factor=1.5 @0-0.5 share",
    ],
    "make a u-turn at the end": ["Turn degrees=180 @0.7-1 share"],
    "take three big steps forward": ["StepAside metres=2.1 side=forward"],
    "mirror the motion twice in a row": REFUSED,
    "raise the left hand halfway": REFUSED,
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READINGS.items(), ids=list(READINGS))
def test_what_is_left_out_is_what_was_said_before(text, expected):
    assert reading(text) == expected


def test_a_list_of_fresh_sentences_is_read_as_it_says():
    texts = style_texts("fresh_instructions")
    wrong = {text: found for text, expected in texts.items() if (found := reading(text)) != expected}
    assert not wrong


# What a refusal offers says neither the opposite, nor something made of halves of phrases.
@pytest.mark.parametrize(
    "text",
    [
        "make it 2 seconds longer",
        "don't repeat it",
    ],
)
def test_no_hint_is_better_than_one_that_says_something_else(text):
    with pytest.raises(UserError) as refused:
        parse_instruction(text)
    assert "understood is" not in str(refused.value)


# ------------------------------------------------------------------------------------------------------------- on joints
@pytest.fixture(scope="module")
def standing():
    return clip(60), codec()


def rise(standing, text, side):
    result = edit_motion(standing[0], text, standing[1])
    return heights(result.edited.joints, side) - heights(result.source.joints, side)


def test_each_hand_rises_at_its_own_time(standing):
    text = "raise the left hand at the start and the right hand at the end"
    left, right = (rise(standing, text, side) for side in ("left", "right"))
    assert left[5:12].min() > 0.4 and np.abs(left[-12:]).max() < 0.02
    assert right[-12:-5].min() > 0.4 and np.abs(right[:12]).max() < 0.02


def test_a_hand_that_may_not_go_above_the_shoulder_still_rises_below_it(standing):
    raised = edit_motion(standing[0], "keep the left hand up", standing[1]).edited
    assert heights(raised.joints, "left").min() > 0
    kept = edit_motion(raised, "never raise the left hand above the shoulder", standing[1]).edited
    assert -0.2 < heights(kept.joints, "left").mean() < 0


def test_the_arm_that_is_copied_stays_as_it_is(standing):
    raised = edit_motion(standing[0], "keep the left hand up", standing[1]).edited
    copied = edit_motion(raised, "copy the left arm to the right", standing[1]).edited
    assert min(heights(copied.joints, side).min() for side in ("left", "right")) > 0
