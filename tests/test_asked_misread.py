"""Words that mislead: adverbs, palms, instruments, ways there and back, postures; what is read of them and said plainly."""

from __future__ import annotations

import pytest

from dataset.features import swap_sides
from models.asked import asked

# Sentences of either side -> what is read.
READ = {
    # a leg, no direction
    "hop on left three times": ["*hop on the left leg three times"], "hop on the left twice": ["*hop on the left leg twice"],
    "hops on one leg, the left one": ["*hop on the left leg"], "jump to the left": ["*jump to the left"],
    "hop on the left side of the line": ["*jump"], "boxer bounces left, right": [],
    "hop twice on the left leg and once on the right": [], "steps left, right, left": [],
    "hop forward on the left foot": ["*hop forward on the left leg"],
    "hop sideways to the left on the right leg": ["*hop to the left on the right leg"],
    # palms
    "palms up": [], "shrugs with palms up": [], "stands with left palm up": [],
    "hold both hands out, palms facing up": [], "arms raised with palms facing forward": ["*raise both arms"],
    "both arms out in front, palms up": ["*hold both arms straight out in front"],
    "raise both palms above your head": ["*raise both arms above the head"],
    "raise left arm forward and up": ["*raise the left arm"],
    # with what it is done
    "throws a ball with his left hand forward": ["quickly *throw a ball with the left hand"],
    "punches with the left hand forward": ["*punch with the left hand"],
    "kicks with his left leg high": ["*kick with the left leg"],
    "waves with the left hand raised": ["*wave with the left hand"],
    "kicks with the left foot out to the side": [], "swims with both arms forward": [],
    "salutes with his left hand at his forehead": ["*salute with the left hand"],
    "kicks with both hands raised": ["*kick", "*raise both arms"],
    "walks with the left arm raised": ["*walk forward", "*raise the left arm"],
    # there and back
    "he takes two steps forward and one step back": [], "he jumps forward and back": ["*jump"],
    "leans left and right": [], "run forward and back": [],
    "walk backward, the arms forward": ["*walk backwards", "*hold both arms straight out in front"],
   
    "leans to the left with the right arm up": ["*lean to the left", "*raise the right arm"],
    # back, and not backwards
    "walks back five steps": [], "take three steps back to the start": [], 
    "take three steps back": ["*take three steps back"],
    "turn around and take three steps back": [], "bows and comes back up": ["*bow", "*stand back up"],
    "back up slowly": ["*walk backwards slowly"],
    # one step
    "step back": ["*take one step back"], "take a step back": ["*take one step back"],
    "takes a step backward in fear": ["*take one step back"], "takes a long step forward": ["*take one step forward"],
    "steps back several times": ["*walk backwards"], "takes a few steps back": ["*walk backwards"],
    # who stands already
    "he swims standing up": [], "claps while standing up": ["*clap"], "standing up, he juggles": [],
    "a man stands up tall and salutes": [], "a man standing up": ["*stand up"], "standing up from the chair": ["*stand up"],
    "gets down and gets back up holding the left knee": ["*stand back up"], "has the left knee come up": [],
    # picked up from where
    "picks up a glass and drinks with the left hand": ["*drink from a cup with the left hand"],
    "picks up his bag and puts it on his shoulder": [], "picks up box with both hands": [],
    "picks up something": ["*bend down to pick something up"], "picks up something from the table": [],
    "picks the coin up off the floor": ["*bend down to pick the coin up from the floor"],
    # refused
    "walk without raising the left arm": ["*walk forward"], "squat without raising arms": ["*squat"],
    "stand up without using the hands": ["*stand up"],
    "walk without using the arms": ["*walk forward", "*keep the arms still"],
    "raise anything but the left arm": [], "raises everything except the left arm": [],
    # missed before
    "stand on left leg": ["*stand on the left leg"], "balance on left foot": ["*stand on the left leg"],
    "hands over the head": ["*raise both arms above the head"], "hands in the air": ["*raise both arms"],
    "throw a left punch": ["*punch with the left hand"], "give a left hook": ["*throw a left hook"],
    "left uppercut": ["*throw a left uppercut"], "left hook, right uppercut": [],
    "throws several hooks with the left hand": ["*throw a left hook"],
    "raise left hand and right leg": ["*raise the left arm", "*lift the right foot off the ground"],
    "raises the left knee and the right arm": ["*lift the left knee", "*raise the right arm"],
    "lift your left leg and your right leg": [],
    # something else is lifted, once or not
    "lift yourself up with both hands": [], "lifts weights with the left arm": [],
    "the one who jumps claps": ["*jump", "*clap"], "jump with arms raised, twice": ["*jump twice", "*raise both arms"],
    "on hands and knees, lift the left leg": [], "brings the left knee down to the floor": [],
    # paces
    "walks briskly": ["*walk forward briskly"], "walks in a hurry": ["*walk forward quickly"],
    "strolls along": ["*walk forward slowly"], "inches forward": ["*walk forward slowly"],
    "jogs lightly": ["*jog forward slowly"], "sprints": ["*sprint forward"], "hits a home run": [],
    # standing with nothing to do
    "upright and motionless, arms by the sides": ["*stand still with the arms at the sides"],
    "a person idles": ["*stand still"], "just stands there doing nothing": ["*stand still"],
    "idles, turns left and waves": ["*wave"], "stands with the left arm at the side": [],
    # jumps, and what else is done in the air
    "jump with a half turn to the left": ["*jump"], "hop like a bunny": ["*hop forward with both feet together"],
    "hop in place repeatedly": ["*jump up and down"], "keeps a ball bouncing with the left hand": [],
    "jump with the arms and legs spread": [],
    "do five jumping jacks": ["*do five jumping jacks"], "does a star jump": ["*do one jumping jack"],
    "ducks under a branch": ["*duck down"], "walks like a duck": [], "ducks to the left": [],
    # one hand
    "stirs a pot with his left hand": ["*stir with the left hand"],
    "bicep curls with the left arm": ["*curl a dumbbell with the left hand"],
    "puts the left hand on the head": ["*hold the left hand at the head"],
    "left hand rests on the head, right arm straight out in front": [
        "*hold the left hand at the head", "*hold the right arm straight out in front",
    ],
    "stirs with the left hand while waving with the right hand": ["*wave with the right hand"],
    "throws someone a kiss with the left hand": [],
    "checks his watch on the left wrist": ["*look at the watch with the left hand"],
}  # fmt: skip
# "Right" that is no side has no other one.
RIGHT = {
    "he jumps right up": ["*jump"], "jump right back up": ["*jump"], "leaps right forward": ["*jump forward"],
    "leans right back": [], "he bends right down and touches the floor": ["*bend down and *touch the floor"],
    "leans to the right": ["*lean to the right"], "right now he jumps": ["*jump"],
}  # fmt: skip
PLAINLY = {
    "sit down slowly": "a person sits down slowly", "quickly raise both arms": "a person raises both arms quickly",
    "as the music swells, he lifts his arms": "as the music swells, a person raises both arms",
    "bend down and touch the floor": "bend down and touch the floor",
    "bend down and pick a coin up off the floor": "bend down to pick a coin up from the floor",
    "picks up a glass and drinks with the left hand": (
        "picks up a glass and drinks from a cup with the left hand"
    ),
    "claps while standing up": "a person claps while standing up",
    "arms out to the sides, palms down": "a person holds both arms out to the sides, palms down",
    # told as it was said
    "he swims standing up": None, "stirs a pot with his left hand": None, "walk without raising the arms": None,
    "jumps with a half turn": None, "lifts himself up with both hands": None,
}  # fmt: skip


def read(text: str) -> list[str]:
    return [claim.plain for claim in asked(text).claims]


@pytest.mark.parametrize("text", READ)
def test_what_is_asked_for_is_read_on_either_side(text):
    assert read(text) == READ[text]
    assert read(swap_sides(text)) == [swap_sides(plain) for plain in READ[text]]


@pytest.mark.parametrize("text", RIGHT)
def test_right_before_a_way_is_no_side(text):
    assert read(text) == RIGHT[text]


@pytest.mark.parametrize("text", PLAINLY)
def test_plain_words_keep_speeds_objects_and_what_opens_a_sentence(text):
    assert asked(text).plainly() == PLAINLY[text]
