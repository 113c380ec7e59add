"""Sentences that say what is wrong with a clip, leave something alone, or name one event: none becomes something else."""

import re

import pytest
from edit_readings import DOWN_LEFT, REFUSED, UP_LEFT, both, gestures, reading

from editing.language.instructions import parse_instruction
from utils.runtime import UserError

UP = gestures(*UP_LEFT)
UP_RIGHT = [re.sub("L-", "R-", line) for line in UP_LEFT]
NO_WAVE = ["Amplitude limb=arms factor=0", *both("Clamp L-hand vs L-shoulder relY high=-0.3")]
END = "@0.7-1 share"
KNEES, ELBOWS, LEGS = (
    "L-knee angle, R-knee angle",
    "L-elbow angle, R-elbow angle",
    "L-foot vs L-hip relY, R-foot vs R-hip relY",
)
HANDS = "L-hand vs L-shoulder relY, R-hand vs R-shoulder relY"


def at(span, *lines):
    return [f"{line} @{span}" for line in lines]


TOO_MUCH = {
    "the steps are too small": ["Stride factor=1.4"],
    "the steps are a bit too long": ["Stride factor=0.8"],
    "steps too short": ["Stride factor=1.4"],
    "the steps are short, make them longer": ["Stride factor=1.4"],
    "his arms are too straight": [f"Shift {ELBOWS} categories=-4"],
    "the knees are too bent": [f"Scale {KNEES} factor=0.6"],
    "knees are bent too much": [f"Scale {KNEES} factor=0.6"],
    "the feet are too close together": ["Shift L-foot vs R-foot distance categories=3"],
    "the stance is too wide": ["Shift L-foot vs R-foot distance categories=-3"],
    "the hands are too close to the body": [
        "Shift L-hand vs L-shoulder relX amount=-0.15",
        "Shift R-hand vs R-shoulder relX amount=0.15",
    ],
    "the left hand is too low": ["Shift L-hand vs L-shoulder relY amount=0.2"],
    "the jump is too short": ["Stride factor=1.4"],
    "the wave is too small": ["Amplitude limb=arms factor=1.4"],
    "the kick is not high enough": [f"Scale {LEGS} factor=1.4"],
    "the squat is too low": [f"Scale {KNEES} factor=0.6"],
    "he is walking too fast": ["Retime factor=0.65"],
    "the end is too fast": [f"Retime factor=0.65 {END}"],
    "the first second is too fast": ["Retime factor=0.65 @0-1 seconds"],
    "the wave with the right hand is too small": ["Amplitude limb=right_arm factor=1.4"],
    "the arms are fine but the steps are too short": ["Stride factor=1.4"],
    "raise the left arm higher, it is too low": ["Scale L-hand vs L-shoulder relY factor=1.4 otherwise=0.2"],
    "the arms are too low, bend the knees": [
        *both("Shift L-hand vs L-shoulder relY amount=0.2"),
        f"Shift {KNEES} categories=-4",
    ],
    "the walk is too slow, speed it up": ["Retime factor=1.5"],
    "make sure the left arm is raised": UP,
    "there is too much arm swing": ["Amplitude limb=arms factor=0.6"],
    "the head is hanging, lift it": ["Head pitch=25"],
    "the left arm hangs down, raise it": UP,
    "raise the left arm too": UP,
    "don't raise the left arm too high": ["Scale L-hand vs L-shoulder relY factor=0.6"],
}
A_BIT = {
    "look up but not too much": ["Head pitch=12"],
    "turn left but not so far": ["Turn degrees=30"],
    "raise the left arm, but not too high": ["Shift L-hand vs L-shoulder relY amount=0.15"],
    "squat but not too deep": [f"SetCode {KNEES} value=130 shape=gesture"],
    "step forward but not too far": ["StepAside metres=0.2 side=forward"],
    "raise the left arm, it should not be too high": ["Shift L-hand vs L-shoulder relY amount=0.15"],
    "bend forward, but not much": ["Shift neck vs pelvis relZ amount=-0.1"],
    "walk faster, but not too fast": ["Retime factor=1.2"],
    "don't squat so deep": [f"Scale {KNEES} factor=0.6"],
}
AMOUNTS = {
    "reduce the speed to 30%": ["Retime factor=0.3"],
    "reduce the speed by 30%": ["Retime factor=0.7"],
    "increase the speed by half": ["Retime factor=1.5"],
    "jump higher by half": ["JumpHeight factor=1.5"],
    "longer steps by a third": ["Stride factor=1.33"],
    "reduce the arm swing by half": ["Amplitude limb=arms factor=0.5"],
    "make it a third slower": ["Retime factor=0.667"],
    "reduce the squat by 30%": [f"Scale {KNEES} factor=0.7"],
    "increase the jump by 50%": ["JumpHeight factor=1.5"],
    "exaggerate the kick": [f"Scale {LEGS} factor=1.4"],
    "exaggerate the bow": ["Scale neck vs pelvis relZ factor=1.4"],
    "squat 10 degrees deeper": [f"Scale {KNEES} amount=-10"],
    "squat 10 cm deeper": ["RootHeight amount=-0.1 @during the squat"],
    "make the bow 20 degrees deeper": ["Scale neck vs pelvis relZ amount=-0.175"],
    "kick 20 cm higher": [f"Scale {LEGS} amount=0.2"],
    "wave higher": [f"Scale {HANDS} amount=0.2"],
    "jump twice as far": ["Stride factor=2"],
    "turn right 90": ["Turn degrees=-90"],
    "rotate 90 deg ccw": ["Turn degrees=90"],
    "increase right elbow flexion by 15 degrees": ["Shift R-elbow angle amount=-15"],
    "set the left elbow angle to 90": ["SetCode L-elbow angle value=90 shape=gesture"],
    "turn left no more than 60 degrees": ["Turn degrees=60"],
}
ONE_EVENT = {
    "repeat the kick": ["Repeat @during the kick"],
    "make the turn slower": ["Retime factor=0.65 @during the turn"],
    "do the jump in slow motion": ["Retime factor=0.5 @during the jump"],
    "mirror the kick": ["MirrorMotion @during the kick"],
    "play the jump backwards": ["Reverse @during the jump"],
    "move the kick half a second later": ["Delay seconds=0.5 @during the kick"],
    "the jump should come one second later": ["Delay seconds=1 @during the jump"],
    "jump earlier": ["Delay seconds=-0.6 @during the jump"],
    "make the jump and the kick faster": [
        "Retime factor=1.5 @during the jump",
        "Retime factor=1.5 @during the kick",
    ],
    "start turning earlier": ["Delay seconds=-0.6 @during the turn"],
    "make the walk slower": ["Retime factor=0.65"],
    "without the wave": NO_WAVE,
    "remove the jump": ["JumpHeight factor=0.1"],
    "stop the kick": ["StandStill @during the kick"],
    "get rid of the turn": ["KeepHeading"],
    "delete the clapping": ["Amplitude limb=arms factor=0"],
    "walk without the arm swing": ["Amplitude limb=arms factor=0"],
    "don't run": ["StandStill @during the run"],
    "don't kick with the left leg": [
        "Scale L-foot vs L-hip relY factor=0 @during the kick",
        "Scale L-foot vs torso relZ factor=0 @during the kick",
    ],
    "leave out the squat": [f"Scale {KNEES} factor=0 @during the squat"],
    "don't lean to the left": ["Clamp neck vs pelvis relX low=-0.07"],
}
LEFT_ALONE = {
    "don't bend the left elbow and raise the left arm": ["Clamp L-elbow angle low=162", *UP],
    "don't raise the left arm, keep it down": DOWN_LEFT,
    "don't wave with the right hand, use the left": ["Exchange what=arms"],
    "not the left arm but the right arm up": gestures(*UP_RIGHT),
    "don't raise the left arm but the right": gestures(*UP_RIGHT),
    "don't look left, look right": ["Head turn=-45"],
    "raise the left arm, everything else stays the same": UP,
    "bend the knees more but not the elbows": [f"Shift {KNEES} categories=-4"],
    "raise the left arm but not the right": UP,
    "raise both arms but not the right": UP,
    "raise the left arm without raising the shoulder": UP,
    "raise the left arm without bending the elbow": [*UP, "Clamp L-elbow angle low=162"],
    "walk without swinging your arms": ["Amplitude limb=arms factor=0"],
    "raise the left arm only at the end": at("0.7-1 share", *UP_LEFT),
    "bend the knees, arms unchanged": [f"Shift {KNEES} categories=-4"],
    "lower the left hand, but keep the right one where it is": gestures(*DOWN_LEFT),
    "lower the left arm and keep it there": DOWN_LEFT,
    "raise the left hand without waving": [*UP, NO_WAVE[0], NO_WAVE[2]],
    "straighten the arms out": [f"SetCode {ELBOWS} category=17 shape=gesture"],
    "lift the left arm up and out": gestures(
        "SetCode L-hand vs L-shoulder relX value=-0.35", "SetCode L-hand vs L-shoulder relY value=0.35"
    ),
}
TIMES = {
    "raise the left arm at 50%": at("0.35-0.65 share", *UP_LEFT),
    "raise the left arm at 1 s until the end": at("1-end seconds", *UP_LEFT),
    "raise the left arm from 1 s on until 2 s": at("1-2 seconds", *UP_LEFT),
    "raise the left arm not at the end but at the start": at("0-0.3 share", *UP_LEFT),
    "at 10% of the clip turn left": ["Turn degrees=90 @0-0.25 share"],
    "walk at 50 percent speed": ["Retime factor=0.5"],
    "make the end slower": [f"Retime factor=0.65 {END}"],
    "raise the left arm between seconds 1 and 2": at("1-2 seconds", *UP_LEFT),
    "raise the left arm from 0:01 to 0:02": at("1-2 seconds", *UP_LEFT),
    "raise the left arm @2s": at("1.5-2.5 seconds", *UP_LEFT),
    "raise the left arm at t=2": at("1.5-2.5 seconds", *UP_LEFT),
    "raise the left arm at 1,5 s": at("1-2 seconds", *UP_LEFT),
    "raise the left arm at frame 30": at("20-40 frames", *UP_LEFT),
    "raise the left arm in the 2nd second": at("1-2 seconds", *UP_LEFT),
    "raise the left arm between 30% and 60% of the clip": at("0.3-0.6 share", *UP_LEFT),
    "raise the left arm at 1 s for 2 seconds": at("1-3 seconds", *UP_LEFT),
    "raise the left arm after the first second": at("1-end seconds", *UP_LEFT),
    "raise the left arm until the jump": at("before the jump", *UP_LEFT),
    "hold the last pose for 2 s": ["Pause seconds=2 @0.999-1 share"],
    "make the first second twice as slow and the rest faster": [
        "Retime factor=1.5 @1-end seconds",
        "Retime factor=0.5 @0-1 seconds",
    ],
    "the first half slower, the rest faster": [
        "Retime factor=1.5 @0.5-1 share",
        "Retime factor=0.65 @0-0.5 share",
    ],
    "make it faster and raise the left arm at the end": ["Retime factor=1.5", *at("0.7-1 share", *UP_LEFT)],
    "mirror it and nod at the end": ["MirrorMotion", f"Head nod=2 {END}"],
    "make it slower, then turn left": ["Retime factor=0.65", "Turn degrees=90"],
    "walk slowly, then fast": ["Retime factor=0.65 @0-0.5 share", "Retime factor=1.5 @0.5-1 share"],
    "raise the left hand and lower the left elbow": [
        *UP,
        "SetCode L-shoulder vs L-elbow relV value=8 shape=gesture",
    ],
    "at 1 s raise the left arm, at 2 s lower it": [
        *at("0.5-1.5 seconds", *UP_LEFT),
        *at("1.5-2.5 seconds", *DOWN_LEFT),
    ],
}
STRAIGHT = f"SetCode {KNEES} category=17"
UPRIGHT = "SetCode pelvis vs neck relV category=0"
EVERYDAY = {
    "no, left arm up": UP,
    "no no, turn left": ["Turn degrees=90"],
    "sorry, slower": ["Retime factor=0.65"],
    "I meant turn left": ["Turn degrees=90"],
    "even faster": ["Retime factor=1.5"],
    "knees deeper": [f"Shift {KNEES} categories=-4"],
    "elbows deeper": [f"Shift {ELBOWS} categories=-4"],
    "lower stance": ["RootHeight amount=-0.15"],
    "deeper horse stance": ["RootHeight amount=-0.15"],
    "lower the stance by 10 cm": ["RootHeight amount=-0.1"],
    "wider stance": ["Shift L-foot vs R-foot distance categories=3"],
    "stand with feet shoulder width apart": ["SetCode L-foot vs R-foot distance value=0.4"],
    "move the body 50 cm to the right": ["StepAside metres=0.5 side=right"],
    "move the body 10 cm down": ["RootHeight amount=-0.1"],
    "another jump": ["AddAction text=a person jumps seconds=2.5"],
    "a second kick at the end": ["AddAction text=a person kicks seconds=2.5"],
    "another step to the left": [f"StepAside metres=0.45 side=left {END}"],
    "wave 3 times": ["AddAction text=a person waves three times seconds=2.5"],
    "three nods": ["Head nod=3"],
    "replace the punch with a kick": ["AddAction text=a person kicks @during the punch"],
    "sit down and stand up again": [
        "AddAction text=a person sits down seconds=2.5",
        "AddAction text=a person stands up seconds=2.5",
    ],
    "squat and stand up": [
        f"SetCode {KNEES} value=85 @0-0.5 share",
        *at("0.5-1 share", STRAIGHT, UPRIGHT),
    ],
    "get back up": [STRAIGHT, UPRIGHT],
    "stop slouching": [UPRIGHT],
    "back straighter": [UPRIGHT],
    "eyes on the floor": ["Head pitch=-30"],
    "head to the left shoulder": ["Head roll=20"],
    "up with the left arm": UP,
    "arms horizontal": gestures(*both("SetCode L-hand vs L-shoulder relY category=1")),
    "lower only the right arm": [re.sub("L-", "R-", line) for line in gestures(*DOWN_LEFT)],
    "trim the end by half a second": ["Cut @-0.5-end seconds"],
    "freeze the last frame for 2 seconds": ["Pause seconds=2 @0.999-1 share"],
    "wait two seconds, then start": ["Delay seconds=2"],
    "play it twice": ["Repeat"],
    "speed x2": ["Retime factor=2"],
    "half speed between 1 and 2 s": ["Retime factor=0.5 @1-2 seconds"],
    "slow-mo at the end": [f"Retime factor=0.65 {END}"],
}
READINGS = TOO_MUCH | A_BIT | AMOUNTS | ONE_EVENT | LEFT_ALONE | TIMES | EVERYDAY

# What a refusal must name, rather than do something else.
REFUSALS = {
    "the steps are short": "says how it is",
    "the arms are down, bend the knees": "says how it is",
    "the left arm is too stiff": "says how it is",
    "raise the left arm by half": "is a share",
    "raise the left arm a lot but not all the way": "how far",
    "while the left arm is up, bend the knees": "'while the left arm is up' is no time",
    "jump without the arms": "jump without the arms",
    "raise the left arm without the hand": "is not clear",
    "the left arm goes up too fast": "a pace for 'left arm' alone",
    "exaggerate the sit": "two verbs",
    "lower the arms down and out": "say one of them",
    "raise the left arm faster": "a pace for 'left arm' alone",
    "make the rest slower": "'the rest'",
    "raise the left arm right before the jump": "say 'before the jump'",
    "raise the left arm one second after the jump": "say 'after the jump'",
    "raise the left arm when he turns left": "say 'when he turns'",
    "don't turn left": "say 'don't turn'",
    "don't look left": "keep the head still",
    "wave longer": "repeat it",
    "walk three times as far": "take 0.2 to 2",
    "take 10 steps forward": "at most 3 m",
    "jump 5 times as high": "at most 4",
    "lean forward 120 degrees": "at most 80",
    "repeat it 2.5 times": "whole number",
    "bend the knees 170 degrees": "at most 150",
    "raise the left arm 200 degrees": "at most 180",
    "bend the left elbow at most 60 degrees": "is a limit",
    "spread the fingers": "no fingers",
    "tilt the pelvis": "hips can't",
    "stay in place": "stand still",
    "skip to the end": "all of the clip",
    "rotate the whole motion by 90 degrees": "turn 90 degrees to the left",
    "trun left": "is 'turn' meant?",
    "lft arm up": "is unknown",
    "raise the rigth arm": "is 'right' meant?",
    "hands off the hips": "says where the hand is not",
    "take the left hand off the head": "says where the hand is not",
    "put the left hand behind the left knee": "no pose code",
    "left hand in front of the right shoulder": "no pose code",
    "get the arms out of the way": "is where?",
    "open the hands": "no fingers",
    "hands open": "no fingers",
    "close your hands": "no fingers",
    "arms out, palms down": "faces is no part",
    "walk faster and faster": "little by little",
    "gradually slow down": "little by little",
    "2x": "as fast, or as often",
    "don't wave with both hands": "with which hand then",
    "jump at 2 s instead of at 1 s": "to another time",
    "no, the other arm": "say the whole edit",
    "no, the other way": "say the whole edit",
    "same with the other hand": "say the whole edit",
    "undo that": "undo another",
    "make it two seconds shorter": "shorter by hurrying",
}


@pytest.mark.parametrize(("text", "expected"), READINGS.items(), ids=list(READINGS))
def test_what_is_meant_is_carried_out(text, expected):
    assert reading(text) == expected


@pytest.mark.parametrize(("text", "names"), REFUSALS.items(), ids=list(REFUSALS))
def test_a_refusal_is_better_than_something_else(text, names):
    with pytest.raises(UserError, match=re.escape(names)) as refused:
        parse_instruction(text)
    message = str(refused.value)
    assert "\n" not in message
    for offered in message.split("for example: ")[1].split(" | "):
        assert reading(offered) != REFUSED
