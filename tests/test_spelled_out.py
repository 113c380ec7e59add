"""Phrases that pack several things together, limbs that move by themselves, halts: the parts that models are told."""

from __future__ import annotations

import pytest

from dataset.features import swap_sides
from dataset.heard import heard
from dataset.spelled_out import REST, halt

PARTS = {
    # counts beyond those that models count to
    "a man claps five times": ["a man claps three times", "a man claps twice"],
    "do four squats": ["squat twice", "squat twice"],
    "she performs seven jumps": ["she jumps three times", "she jumps twice", "she jumps twice"],
    "kick with the left leg four times": ["kick with the left leg twice"] * 2,
    "jump up and down six times in a row": ["jump up and down three times"] * 2,
    # turns
    "one and a half turns to the right": [
        "a person turns 360 degrees to the right", "a person turns 180 degrees to the right",
    ],
    "he spins two and a half times": ["he spins 360 degrees", "he spins 360 degrees", "he spins 180 degrees"],
    "spins around twice to the left": ["a person spins around to the left"] * 2,
    # winding paths
    "walk in an S shape": ["walk forward in a curve to the left", "walk forward in a curve to the right"],
    "he jogs along a zigzag line, right first": [
        "he jogs forward in a curve to the right", "he jogs forward in a curve to the left",
        "he jogs forward in a curve to the right",
    ],
    # changes of gait
    "speeding up from a stroll to a full run": ["a person walks forward slowly", "a person runs forward"],
    "slows down from a run to a standstill": ["a person runs forward", f"a person {halt(True)}"],
    # arms that come down, and rest there
    "raises both arms and lowers them again": ["raises both arms and lowers them again", REST],
    "he lifts his left hand, then lets it drop": ["he lifts his left hand, then lets it drop", REST],
    "arms up, then down": ["raise the arms, then lower the arms", REST],
    "raise both hands, then wave with the left": ["raise both hands", "wave with the left hand"],
    "walks backward slowly, then fast": ["a person walks backward slowly", "a person walks backward fast"],
    "he waves with the right hand, then raises the left arm and lowers it": [
        "he waves with the right hand", "he raises the left arm and lowers it",
    ],
    # what else is done is done once
    "squats five times and falls down": ["a person squats three times", "a person squats twice and falls down"],
    "he raises his right arm, walks and stops": [
        "he raises his right arm", "he walks", "he stops and stands still for one second",
    ],
    "walks slowly, then fast": ["a person walks slowly", "a person walks fast"],
    # halts
    "walk, stop for three seconds, walk on": ["walk", halt(False, "for three seconds"), "walk on"],
    "a guy walks up to the counter and comes to a halt there": [
        "a guy walks up to the counter", f"a guy {halt(True)}",
    ],
    # limbs that move by themselves, or are only named
    "left arm up, kick with the right leg, and a jump": [
        "raise the left arm", "kick with the right leg", "a person does a jump",
    ],
    "the left arm goes up, the right arm goes up too, finally both come down": [
        "raise the left arm", "raise both arms and lower both arms", REST,
    ],
    "bow, then both hands stretched up high": ["bow", "stretch both hands up high"],
    "she lifts both arms out to the sides and then up over her head": [
        "she lifts both arms out to the sides", "she lifts both arms up over her head",
    ],
    "she brings up her right hand, waves, and drops it": [
        "she brings up her right hand", "she waves with the right hand and drops it",
    ],
    "Raise your left arm, then your right arm": ["raise your left arm", "raise your right arm"],
    "step to the left and return to the right": ["step to the left", "step to the right"],
    "right kick followed by left punch": ["kick with the right leg", "punch with the left hand"],
    "right hand wave, then left hand wave": ["wave with the right hand", "wave with the left hand"],
    "left turn then right turn": ["turn to the left", "turn to the right"],
    "stand on the left leg for ten seconds, then switch": [
        "stand on the left leg for ten seconds", "stand on the right leg for ten seconds",
    ],
    # "right before" and a side before "before"
    "He steps to the right before jumping": ["he steps to the right", "jumping"],
    "he claps right before sitting down": ["he claps", "sitting down"],
    # what "it" is not
    "kicks the ball with his left foot, then runs after it": [
        "a person kicks the ball with his left foot", "a person runs after it",
    ],
    "walks slowly, then faster": ["a person walks slowly", "a person walks faster"],
    # actions by their nouns
    "a few steps back, a kick with the right leg, and a jump": [
        "a person takes a few steps back", "a person does a kick with the right leg", "a person does a jump",
    ],
    "the actor walks on stage and takes a bow": ["the actor walks on stage", "the actor takes a bow"],
    "he walks up and picks something up": ["he walks up", "he picks something up"],
}  # fmt: skip
WHOLE = {
    # the other arm stays up, who sits goes on sitting, and a thing is put down
    "raise the left arm, lower the right arm": "raise the left arm, lower the right arm",
    "while sitting he raises both arms and lowers them": "while sitting he raises both arms and lowers them",
    "lifts a box with both hands and puts it down": "lifts a box with both hands and puts it down",
    "lowers his arms while walking": "lowers his arms while walking",
    "stumbles but catches himself before falling": "stumbles but catches himself before falling",
    "a person claps three times": "a person claps three times",
    "squat four times while holding both arms out": "squat four times while holding both arms out",
    "the right foot leaves the ground": "lift the right foot off the ground",
    "raise the arms, then lower them halfway": "raise the arms, then lower them halfway",
    "flamingo pose": "stand on one leg pose",
    "bye-bye with the left hand": "wave goodbye with the left hand",
    "walk ahead, both hands down": "walk ahead, both hands down",
    "stand with the left arm up": "stand with the left arm up",
    "sit down and stop": "sit down and stop",
    "a few people walk": "a few people walk",
    "turn around": "turn around",
}


@pytest.mark.parametrize("text", PARTS)
def test_what_is_packed_together_is_told_in_parts_on_either_side(text):
    assert [part for part, _ in heard(text, None, 20.0)] == PARTS[text]
    if not any(word in text for word in ("zigzag", " S ", "right before")):  # begin left, or name no side
        mirrored = [swap_sides(part) for part in PARTS[text]]
        assert [part for part, _ in heard(swap_sides(text), None, 20.0)] == mirrored


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_one_thing_stays_whole(text):
    assert heard(text, None, 20.0) == [(WHOLE[text], None)]


def test_what_is_held_several_times_lasts_as_long_each_time():
    assert heard("squat for three seconds, twice", None, 20.0) == [("squat for three seconds, twice", 140)]
    assert heard("clap twice for five seconds", None, 20.0)[0][1] == 120
    assert heard("kneel for four seconds and get up", None, 20.0)[0][1] == 130
    assert heard("wave for one minute in a secondhand coat", None, 20.0)[0][1] == 1220


def test_with_a_length_of_the_whole_nobody_rests_at_the_end():
    text = "raise both arms and lower them"
    assert heard(text, 60, 20.0) == [(text, 60)] and len(heard(text, None, 20.0)) == 2


def test_a_halt_lasts_as_long_as_it_is_said_to():
    assert heard("walk forward, pause for five seconds, then wave", None, 20.0)[1] == (
        "stop and stand still with the arms at the sides for five seconds", 120,
    )  # fmt: skip
