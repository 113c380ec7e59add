"""What sentences ask for: what is read of them, how it is said plainly, and whether joints show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from takes import take

from dataset.building.mocap_source import read_clips
from dataset.composing.bodies import turned as turned_joints
from dataset.features import mirror_joints, swap_sides
from evaluation.claim_table import claim_table, format_claim_table
from models.again import never_back, unseen, with_tries
from models.asked import ALIKE, asked, missed, plainer

PLAINLY = {
    # ways
    "the person shifts over to the left, always facing the front": (
        "a person steps sideways to the left, always facing the front"
    ),
    "side stepping to the right": "a person steps sideways to the right",
    "going round clockwise in a large circle": "a person walks in a large circle to the right",
    "jogging around in a loop": "a person runs around in a circle",
    "he wanders around in circles": "a person walks in a large circle",
    "walk backward slowly": "a person walks backwards slowly",
    "take two steps back": "a person takes two steps back",
    "she jogs on the spot": "a person jogs in place",
    "he walks but does not go anywhere": "a person marches in place",
    # arms
    "reaching up with the left hand": "a person raises the left arm",
    "put your right hand up high above your head": "a person raises the right arm above the head",
    "someone points at something on their left using the left hand": "a person points to the left with the left hand",
    "arms spread like the wings of an airplane": "a person holds both arms out to the sides",
    "raise your left and right arm": "a person raises both arms",
    "stick one hand up to ask a question": "a person raises one arm",
    "raises both hands and lowers them again": "a person raises both arms and lowers both arms",
    # legs
    "the right foot is off the ground": "a person lifts the right foot off the ground",
    "Front kick, left leg": "a person kicks with the left leg",
    "run in place lifting the knees high": "a person lifts the knees high one after the other",
    "standing on one leg like a flamingo": "a person stands on one leg",
    # the body
    "a woman squats low": "a person squats",
    "jump up and down": "a person jumps up and down",
    "hop backwards three times": "a person jumps backwards three times",
    "pick up a coin that lies on the ground": "a person bends down to pick a coin up from the floor",
    "jumps up and down on the left foot": "a person hops on the left leg",
    "someone bounces on her right leg only": "a person hops on the right leg",
    "hop on the spot on your left foot": "a person hops in place on the left leg",
    # the floor and stairs
    "crawling along on all fours": "a person crawls forward on hands and knees",
    "move forward on hands and knees": "a person crawls forward on hands and knees",
    "do pushups": "a person does push-ups", "she does four press-ups": "a person does push-ups four times",
    "the man performs crunches": "a person does sit-ups",
    "sit down cross-legged on the ground": "a person sits cross-legged on the floor",
    "collapses": "a person falls down", "climbing a flight of stairs": "a person walks up the stairs",
    "go downstairs": "a person walks down the stairs", "kneel on the left knee": "a person kneels down on the left knee",
    "she goes down kneeling on one knee": "a person kneels down on one knee",
    # several at once
    "clap as you sidestep to the right": "a person claps while stepping sideways to the right",
    "he walks backwards, both arms raised": "a person walks backwards while raising both arms",
    "stand with the left arm up and the right arm out to the side": (
        "the left arm points up while the right arm points out to the side"
    ),
    "Strut along with your hands on your hips": "strut along with the hands on the hips",
    # told after what is done meanwhile
    "With both hands raised, she walks slowly backwards": "a person walks backwards slowly while raising both arms",
    "While sitting, she waves with her left hand": "a person waves with the left hand while sitting down",
    "Standing on his left leg, he kicks with the right leg": (
        "a person kicks with the right leg while standing on the left leg"
    ),
    "kneel and bow twice": "a person kneels down and bows twice",
    # a clause each, however they are joined
    "sits down then stands up": "a person sits down and stands back up",
    "salute with the right hand then drop it": "a person salutes with the right hand and lowers the arm",
    "stands and jumps": "stands and jumps",
    "rises from a squat": "a person stands up",
    # objects stay
    "throws a rock with the left hand": "a person quickly throws a rock with the left hand",
    "The archer raises the bow with his left arm": "a person raises the left arm",
    "counters with a right kick": "a person kicks with the right leg",
}  # fmt: skip
# What claims something that plain words would lose the side or the count of.
SAYS_MORE = {
    "plays the violin sitting down": "*sit down", "runs forward waving with the right hand": "*wave with the right hand",
    "a drunk man walks": "*walk forward", "a seated person waves": "*wave",
    "gets up from the floor using his left hand": "*stand up",
    "touch the floor with the left hand": "*bend down and *touch the floor", "stands up three times": None,
    "punches twice with the right fist": "*punch with the right hand",
}  # fmt: skip
NOTHING = (
    "a person dances", "don't kick", "touches the left foot with the right hand",
    "he looks to the left", "turn your head to the right", "",
    "lifts the left knee to touch the right elbow",
    "put both hands on your stomach", "a few of them went home",
    "someone tells him to go ahead",
    # something else moves
    "The hips move to the right", "slides his left foot to the left", "moves a chair to the right",
    "runs his hand through his hair",
    "walks his fingers across a table", "is running late", "walks on his hands", "bounces the baby on her left knee",
    "turns the wheel to the left", "The head turns left", "kicks off his left shoe", "waves off a fly", "The wave hits him",
    # nor is this about the floor or stairs
    "the ball falls to the ground", "falls to his knees", "runs up and down the stairs",
    "push up his glasses", "moves up with quick steps", ",", "and", "looks up the stairs",
    "night falls", "falls onto the couch", "walks up to the stairs",
    "throws off the blanket with the left hand", "lowers the hands to the knees",
    "lifts the suitcase with the left hand",
    "a push-up position", "falls asleep", "takes stairs", "crawls up the wall", "an arm falls",
    # nouns and particles
    "plays the violin with the bow", "picks up his phone and puts it to his right ear",
    "rises onto his toes", "The boy picks himself up", "lies on his left side", "brings his right foot to it",
    # refused, in another time, one after the other
    "refuses to sit down", "she is about to jump", "Before sitting down he looks around", "When the music starts, he claps",
    "raises one arm and then the other", "jumps to the left and to the right", "bends the left knee",
    "draw a bow and shoot an arrow", "bow and arrow shooting", "hip hop moves", "butt kicks",
    "looks at the phone in his left hand",
    "gives a thumbs up with the left hand", "climbs up a rope with both hands", "walk in a square",
    "turns head to the right",
    "turns the page with the right hand", "turn right and left",
    "kick left",
)  # fmt: skip


@pytest.mark.parametrize("text", PLAINLY)
def test_what_is_asked_for_is_said_plainly_on_either_side(text):
    plain = PLAINLY[text]
    assert asked(text).plainly() == plain
    assert asked(swap_sides(text.lower())).plainly() == swap_sides(plain)
    again = asked(plain)
    assert {claim.plain for claim in again.claims} == {claim.plain for claim in asked(text).claims}


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_not_understood_asks_for_nothing(text):
    assert asked(text).claims == [] and asked(text).plainly() is None
    assert missed(text, take("walk", 1).joints) == 0


@pytest.mark.parametrize("text", SAYS_MORE)
def test_plain_words_lose_no_side_and_no_count(text):
    assert asked(text).plainly() is None
    assert [claim.plain for claim in asked(text).claims] == ([SAYS_MORE[text]] if SAYS_MORE[text] else [])


def test_only_what_was_missed_is_said_in_other_words():
    parts = ["shuffles off to the left", "hail a taxi", "stick your right hand up"]
    assert plainer(parts, [0.0, 1.0, 1.0]) == [*parts[:2], "a person raises the right arm"]


SHOWN = [
    ("kneel_one", "left", "kneels on the left knee"), ("hop_one_leg", "left", "hops on the left leg"),
    ("walk", "", "walks forward"), ("walk_back", "", "backs away"), ("sidestep", "left", "steps to the left sideways"),
    ("sidestep", "right", "sidesteps right"), ("stand", "", "stands still"), ("raise_one", "left", "raises the left arm"),
    ("raise_both", "", "hands up"), ("wave_one", "right", "waves the right hand"), ("wave_both", "", "waves both hands"),
    ("kick", "left", "kicks with the left leg"), ("squat", "", "squats"), ("bow", "", "bows"),
    ("march", "", "marches on the spot"),
    ("bend_down", "", "bends down to touch the floor"), ("kneel", "", "kneels"), ("sit_stand", "", "sits down"),
    ("jump", "", "jumps"), ("one_leg", "left", "stands on the left leg"), ("clap", "", "claps"),
    ("arms_out", "", "holds both arms out to the sides"), ("hands_on_hips", "", "puts both hands on the hips"),
    ("arms_front", "", "holds both arms straight out in front"), ("stretch", "left", "leans to the left"),
    ("lift_knee", "right", "lifts the right knee"), ("phone", "left", "talks on the phone with the left hand"),
    ("throw_one", "right", "throws a ball with the right hand"), ("hands_behind", "", "holds both hands behind the back"),
    ("leg_aside", "left", "lifts the left leg to the side"), ("leg_back", "right", "stretches the right leg backward"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "side", "text"), SHOWN, ids=[f"{row[0]} {row[1]}".strip() for row in SHOWN]
)
def test_motions_show_what_they_are_asked_for_wherever_they_are_and_others_do_not(action, side, text):
    joints = take(action, 2, side).joints
    assert missed(f"a person {text}", joints) < ALIKE
    away = turned_joints(joints, 2.1) + np.array([3.0, 0.0, -7.0])
    assert missed(f"a person {text}", away) == pytest.approx(missed(f"a person {text}", joints), abs=0.02)
    if action != "stand":
        assert missed(f"a person {text}", take("stand", 3).joints) >= ALIKE
    if side:
        assert missed(f"a person {text}", mirror_joints(joints)) >= ALIKE
        assert missed(f"a person {swap_sides(text)}", mirror_joints(joints)) < ALIKE


def test_counts_are_counted():
    line = np.concatenate([np.zeros(12), *[np.sin(np.linspace(0, np.pi, 16))] * 3, np.zeros(12)])
    joints = np.repeat(take("stand", 3).joints[:1], len(line), 0)
    joints[:, :, 1] += 0.3 * line[:, None]
    assert missed("a person jumps three times", joints) == 0
    assert missed("a person jumps twice", joints) == 0.5 and missed("a person jumps six times", joints) == 0.5
    assert missed("a person jumps", joints) == missed("a person jumps up and down", joints) == 0


def test_captions_of_captured_clips_are_shown_by_them_and_not_by_their_mirror_images(shared):
    source = shared / "data" / "mocap"
    names = set((source / "test.txt").read_text().split())
    clips = [clip for clip in read_clips(source) if clip.name in names]
    table = claim_table([([line.split("#")[0] for line in clip.lines[:2]], clip.joints) for clip in clips])
    assert (
        table[-1]["claim"] == "all" and table[-1]["claims"] == sum(row["claims"] for row in table[:-1]) > 300
    )
    assert table[-1]["shown"] > 0.93 and table[-1]["mirrored"] < 0.03
    lines = format_claim_table(table).splitlines()
    assert len(lines) == len(table) + 2 and "| raise the left/right arm |" in lines[2] + lines[3] + lines[4]


# ------------------------------------------------------------------------------------------------ tries
@dataclass
class Made:
    """A clip of one sentence or several."""

    joints: np.ndarray
    ends: tuple[int, ...]
    segments: tuple[tuple[str, float, float], ...] = ()


def made(*takes_: np.ndarray) -> Made:
    return Made(np.concatenate(takes_), tuple(np.cumsum([len(one) for one in takes_]).tolist()))


def test_what_no_candidate_shows_is_drawn_again_in_plain_words():
    left, right = (take("raise_one", 2, side).joints for side in ("left", "right"))
    told = [[("reach up with the left hand", None)], [("raise the right arm", 60)], [("dance", None)]]
    calls = []

    def draw(told, seeds, counts, first):
        calls.append((told, seeds, counts, first))
        return [made(left)] * len(told)

    clips = [made(right), made(right), made(right)]
    out = with_tries(clips, told, [5, 6, 7], [4, 8, 4], 3, draw)
    assert np.array_equal(out[0].joints, left) and out[1:] == clips[1:]
    assert calls == [
        ([[("a person raises the left arm", None)]], [5], [4], 8)
    ]  # shown at the second try: no third


def test_progress_never_goes_back():
    told: list[float] = []
    progress = never_back(told.append)
    for share in (0.2, 1.0, 0.1, 0.5):
        progress(share)
    assert told == [0.2, 1.0, 1.0, 1.0]


def test_a_clip_says_what_it_does_not_show():
    up, still = take("raise_one", 2, "left").joints, take("stand", 3).joints
    story = Made(np.concatenate([up, still]), (len(up), len(up) + len(still)))
    story.segments = (("stick the left arm up", 0.0, 3.0), ("a person jumps and dances", 3.0, 6.0))
    assert unseen(story) == ["jump"]


def test_a_second_try_that_shows_less_is_not_kept_and_one_try_draws_nothing():
    up, still = take("raise_both", 2).joints, take("stand", 3).joints
    told = [[("hold both arms out to the sides", None), ("hands up", 40)]]
    clips = [made(still, up)]
    seen = []

    def draw(told, *_):
        seen.append(told[0])
        return [made(still, still)]

    assert with_tries(clips, told, [0], [4], 2, draw) == clips
    assert seen == [[("a person holds both arms out to the sides", None), ("hands up", 40)]]
    assert with_tries(clips, told, [0], [4], 1, None) == clips
