"""Sentences as people write them: carried out whole, or refused by one line that leads on."""

import re
from pathlib import Path

import numpy as np
import pytest
from edit_readings import DOWN_LEFT, HALVES, REFUSED, UP_LEFT, both, gestures, reading, style_texts
from editing_world import clip, codec, heights

from editing import edit_motion
from editing.language.instructions import EXAMPLES, parse_instruction
from utils.runtime import UserError

LANGUAGE = Path(__file__).resolve().parents[1] / "editing" / "language"
END = "@0.7-1 share"

# Sentences that once did something else, and others of their kind.
RIGHT = {
    "bring your right hand higher and your left hand lower": [
        "Shift R-hand vs R-shoulder relY amount=0.2",
        "Shift L-hand vs L-shoulder relY amount=-0.2",
    ],
    "left arm up and right arm down": gestures(*UP_LEFT, *(re.sub("L-", "R-", line) for line in DOWN_LEFT)),
    "put the left hand on the hip and the right hand on the head": None,
    "lift the left arm up to chest level": gestures("SetCode L-hand vs L-shoulder relY value=-0.17"),
    "raise the right hand to waist height": gestures("SetCode R-hand vs R-hip relY value=0.12"),
    "squat a bit deeper": ["Scale L-knee angle, R-knee angle factor=1.2"],
    "squat lower": ["Scale L-knee angle, R-knee angle factor=1.4"],
    "don't squat so deep": ["Scale L-knee angle, R-knee angle factor=0.6"],
    "squat half as deep": ["Scale L-knee angle, R-knee angle factor=0.5"],
    "raise your right hand higher": ["Scale R-hand vs R-shoulder relY factor=1.4 otherwise=0.2"],
    "raise the right hand half as high": ["Scale R-hand vs R-shoulder relY factor=0.5"],
    "don't raise the left arm so high": ["Scale L-hand vs L-shoulder relY factor=0.6"],
    "stand still": ["StandStill"],
    "stand still at the end for two seconds": ["StandStill @-2-end seconds"],
    "stand on the left leg": [
        "SetCode L-foot ground category=0",
        "SetCode R-foot ground category=1",
        "SetCode R-hip vs R-knee relY value=0.2",
        "Shift R-foot vs R-hip relY amount=0.2",
    ],
    "put the left foot in front of the right": gestures(
        "SetCode L-foot vs torso relZ value=-0.22", "SetCode R-foot vs torso relZ value=0.12"
    ),
    "put the right foot behind the left foot": gestures(
        "SetCode R-foot vs torso relZ value=0.22", "SetCode L-foot vs torso relZ value=-0.12"
    ),
    "raise your knees more": ["Amplitude limb=legs factor=1.96"],
    "clap your hands above the head": ["AddAction text=a person claps their hands above their head seconds=2.5"],
    "keep the right arm lower, raise both arms at the end": [
        "Shift R-hand vs R-shoulder relY amount=-0.2",
        *(f"{line} {END}" for line in both(*UP_LEFT)),
    ],
    "raise the right elbow slightly higher": ["Shift R-shoulder vs R-elbow relV amount=15"],
    "keep the arms down and still": ["Amplitude limb=arms factor=0", *both(*DOWN_LEFT)],
    "keep the arms closer to the body": [
        "Clamp L-hand vs L-shoulder relX low=-0.05",
        "Clamp L-hand vs torso relZ low=-0.2 high=0.15",
        "Clamp R-hand vs R-shoulder relX high=0.05",
        "Clamp R-hand vs torso relZ low=-0.2 high=0.15",
    ],
    "raise the left arm by 30 degrees": ["Shift L-shoulder vs L-elbow relV amount=30"],
    "put the left hand on the back": gestures(
        "SetCode L-hand vs torso relZ value=0.16",
        "SetCode L-hand vs L-hip relY value=0.14",
        "SetCode L-hand vs L-shoulder relX value=0.1",
    ),
    "put left hand behind body": gestures(
        "SetCode L-hand vs torso relZ value=0.22", "SetCode L-hand vs L-hip relY category=1"
    ),
    "keep the right hand below shoulder level": ["Clamp R-hand vs R-shoulder relY high=-0.06"],
    "keep the left hand above the head": ["Clamp L-hand vs L-shoulder relY low=0.34"],
    "raise both arms and put them down": [
        *(f"{line} {HALVES[0]}" for line in both(*UP_LEFT)),
        *(f"{line} {HALVES[1]}" for line in both(*DOWN_LEFT)),
    ],
    "raise both hands, squat at the end": [
        *gestures(*both(*UP_LEFT)),
        f"SetCode L-knee angle, R-knee angle value=85 {END}",
    ],
    "at the end raise the left hand and squat": [
        *(f"{line} {END}" for line in UP_LEFT),
        f"SetCode L-knee angle, R-knee angle value=85 {END}",
    ],
    "straighten your back": ["SetCode pelvis vs neck relV category=0"],
    "mirror": ["MirrorMotion"],
    "freeze": ["StandStill keep_pose=True"],
    # time
    "do it faster": ["Retime factor=1.5"],
    "walk 20 % slower": ["Retime factor=0.8"],
    "move at half the speed in the second half": ["Retime factor=0.5 @0.5-1 share"],
    "play it twice as fast": ["Retime factor=2"],
    "make it last three seconds": ["Retime duration=3"],
    "start half a second later": ["Delay seconds=0.5"],
    "raise the left arm a second earlier": ["Delay seconds=-1 limb=left_arm"],
    "delay the left arm by half a second": ["Delay seconds=0.5 limb=left_arm"],
    "pause for two seconds at 1.5 s": ["Pause seconds=2 @1.5-end seconds"],
    "wait before starting": ["Pause seconds=1 @0-0.3 share"],
    "repeat it twice": ["Repeat"],
    "do it three times": ["Repeat times=3"],
    "play it backwards": ["Reverse"],
    "cut the last second": ["Cut @-1-end seconds"],
    "keep only the first 2 seconds": ["Cut @2-end seconds"],
    "kick higher and faster": [
        "Scale L-foot vs L-hip relY, R-foot vs R-hip relY factor=1.4",
        "Retime factor=1.5",
    ],
    # path
    "turn 90 degrees to the right": ["Turn degrees=-90"],
    "turn around to face away": ["Turn degrees=180"],
    "turn left instead of right": ["MirrorMotion"],
    "walk in a curve to the left": ["Curve degrees=60"],
    "take longer steps": ["Stride factor=1.4"],
    "walk backwards": ["WalkBackwards"],
    "take two steps to the left": ["StepAside metres=0.9 side=left"],
    "jump 20 cm higher": ["JumpHeight amount=0.2"],
    "stand 10 cm closer to the ground": ["RootHeight amount=-0.1"],
    "start at (1, 2)": ["Place start=(1.0, 2.0)"],
    # limbs, head
    "swap the arms": ["Exchange what=arms"],
    "do it with the other leg": ["Exchange what=legs"],
    "use the left hand instead of the right": ["Exchange what=arms"],
    "let the left arm do what the right arm does": ["CopyLimb source=right_arm target=left_arm"],
    "walk with a bigger arm swing": ["Amplitude limb=arms factor=1.4"],
    "swing your arms less": ["Amplitude limb=arms factor=0.6"],
    "don't raise the left arm": ["Amplitude limb=left_arm factor=0", "Clamp L-hand vs L-shoulder relY high=-0.3"],
    "raise only the right hand": [
        "Amplitude limb=left_arm factor=0",
        "Clamp L-hand vs L-shoulder relY high=-0.3",
        *gestures(*(re.sub("L-", "R-", line) for line in UP_LEFT)),
    ],
    "turn the head to the left by 30 degrees": ["Head turn=30"],
    "look down while walking": ["Head pitch=-30"],
    "don't turn your head": ["Amplitude limb=head factor=0"],
    "nod twice at the end": [f"Head nod=2 {END}"],
    "wave with both hands": ["BothArms"],
    "do it with both arms instead of one": ["BothArms"],
    # told by what the clip shows
    "raise the left hand before the turn": [f"{line} @before the turn" for line in UP_LEFT],
    "raise the left hand when jumping": [f"{line} @during the jump" for line in UP_LEFT],
    "after you jump, nod once": ["Head nod=1 @after the jump"],
    "pause for a second before turning": ["Pause seconds=1 @during the turn"],
    "after the turn raise the left hand": [f"{line} @after the turn" for line in UP_LEFT],
    "turn right after bowing": ["Turn degrees=-90 @after the bow"],
    "don't turn around": ["KeepHeading"],
    "don't kick, just stand": ["StandStill"],
    "jump instead of squatting": ["AddAction text=a person jumps @during the squat"],
    "walk straight on instead of turning": ["KeepHeading"],
    "don't sit down": ["StandStill keep_pose=True @during the sit"],
    "instead of waving, clap your hands": ["AddAction text=a person claps their hands @during the wave"],
    # actions
    "then wave with the right hand": ["AddAction text=a person waves with their right hand seconds=2.5"],
    "add a jump at the end": ["AddAction text=a person jumps seconds=2.5"],
    "sit down in the last two seconds": ["AddAction text=a person sits down @-2-end seconds"],
    # manners of speaking
    "could you please make the person raise the left hand?": gestures(*UP_LEFT),
    "the left arm should be raised": gestures(*UP_LEFT),
    "I'd like the figure to raise his left arm, please": gestures(*UP_LEFT),
    "walk with the left arm raised": UP_LEFT,
    "keep the left hand up": UP_LEFT,
    "raise the left hand throughout": UP_LEFT,
    "raise the left hand for two seconds at the end": [f"{line} @-2-end seconds" for line in UP_LEFT],
}  # fmt: skip

# What a refusal must name.
REFUSALS = {
    "bend the left elbow to 1 m": "'to 1 m' is a distance",
    "bend the left knee by 20 cm": "'by 20 cm' is a distance",
    "move the left hand forward by 20 degrees": "'by 20 degrees' is an angle",
    "raise the left arm by 30 metres": "more than a body can do",
    "bring the left elbow to the right knee": "to the right knee",
    "raise your heels": "heels",
    "raise the left hand angrily": "angrily",
    "stand on one leg": "left or right",
    "turn": "left, right or around",
    "turn 90 degrees": "left or right",
    "put one hand on the hip": "one hand",
    "keep the legs still": "stand still",
    "walk slower instead of running": "run",
    "do it once": "once",
    "raise the left hand up and down": "up",
    "turn 180 degrees instead of 90": "degrees more",
    "move the left elbow with a smile": "smile",
    "do it slowly and don't stand up": "stand",
    "raise the arm": "which arm",
    "raise the left arm a bit but not above the shoulder": "above the shoulder",
    "make the left step longer": "both feet",
    "tilt the head": "tilt the head",
}


@pytest.mark.parametrize(("text", "expected"), RIGHT.items(), ids=list(RIGHT))
def test_every_word_is_carried_out(text, expected):
    found = reading(text)
    if expected is None:  # many lines; what counts is which side they are for
        assert {line.split()[1][0] for line in found} == {"L", "R"}
    else:
        assert found == expected


def test_wide_is_wider():
    def reach(text):
        return max(abs(o.value) for o in parse_instruction(text).operations if "relX" in o.groups)

    assert reach("spread the arms wide") > reach("spread the arms")


@pytest.mark.parametrize(("text", "names"), REFUSALS.items(), ids=list(REFUSALS))
def test_refusals_name_what_is_not_carried_out(text, names):
    with pytest.raises(UserError, match=re.escape(names)) as refused:
        parse_instruction(text)
    assert "\n" not in str(refused.value)


def offered(message: str) -> list[str]:
    """Sentences that a refusal offers."""
    understood = re.findall(r"understood is '(.*?)', which works", message)
    understood += re.findall(r'understood is "(.*?)", which works', message)
    return understood + message.split("for example: ")[1].split(" | ")


@pytest.mark.parametrize("text", [*REFUSALS, *(t for t, r in style_texts().items() if r == REFUSED)])
def test_what_a_refusal_offers_works(text):
    with pytest.raises(UserError) as refused:
        parse_instruction(text)
    sentences = offered(str(refused.value))
    assert sentences
    for sentence in sentences:
        assert parse_instruction(sentence).operations, sentence


def test_a_refusal_says_what_is_understood():
    with pytest.raises(UserError, match="understood is 'raise the left hand at the end', which works"):
        parse_instruction("raise the left hand gracefully at the end")


def test_what_is_understood_never_drops_a_denial_or_a_part():
    for text in ("don't wiggle the left arm", "raise the left hand instead of the tail"):
        with pytest.raises(UserError) as refused:
            parse_instruction(text)
        assert "understood is" not in str(refused.value)


def test_hints_in_the_rules_work():
    """What the rules' own refusals tell to say: "say 'pause for 1 s at the end'"."""
    hints = set()
    for path in LANGUAGE.glob("rules*.py"):
        for message in re.findall(r'CannotDo\(\s*f?"([^"]*)"', path.read_text(encoding="utf-8")):
            for advice in re.findall(r"say (.*)", message):
                hints |= set(re.findall(r"'([a-z][a-z0-9 (),]*)'", advice))
    hints = {hint for hint in hints if " " in hint}
    assert len(hints) > 15
    wrong = [hint for hint in hints if reading(hint) == REFUSED and not hint.startswith(("by ", "to "))]
    assert not wrong


@pytest.mark.parametrize(("text", "expected"), style_texts().items(), ids=list(style_texts()))
def test_texts_in_the_style_of_motionfix(text, expected):
    assert reading(text) == expected


def test_enough_of_them_are_accepted():
    texts = style_texts()
    accepted = sum(expected != REFUSED for expected in texts.values())
    assert len(texts) >= 150 and accepted / len(texts) >= 0.45


@pytest.mark.parametrize(
    "wrap", ["please {}", "can you {}?", "{}, please", "  {}. ", "I want the person to {}", "just {}"]
)
def test_politeness_changes_nothing(wrap):
    for example in EXAMPLES:
        if example.startswith(("Then", "Don't", "Keep")):
            continue
        plain = example[0].lower() + example[1:]
        assert reading(wrap.format(plain)) == reading(example), example


# ------------------------------------------------------------------------------------------------------------- on joints
@pytest.fixture(scope="module")
def standing():
    return clip(60), codec()


def edited(standing, text):
    result = edit_motion(standing[0], text, standing[1])
    return result.source.joints, result.edited.joints


def test_directions_go_to_the_hand_they_were_said_of(standing):
    before, after = edited(standing, "bring your right hand higher and your left hand 10 cm forward")
    assert (heights(after, "right") - heights(before, "right")).mean() > 0.1
    assert abs((heights(after, "left") - heights(before, "left")).mean()) < 0.08


def test_a_hand_that_the_clip_does_not_raise_is_lifted_when_it_is_to_be_higher(standing):
    before, after = edited(standing, "raise the right hand higher")
    assert (heights(after, "right") - heights(before, "right")).mean() > 0.1
    assert np.abs(heights(after, "left") - heights(before, "left")).max() < 0.01


def test_a_comma_gives_the_first_clause_no_time_of_the_second(standing):
    before, after = edited(standing, "keep the left hand up, bend the right elbow to 60 degrees at the end")
    rise = heights(after, "left") - heights(before, "left")
    assert rise[5:].min() > 0.3
