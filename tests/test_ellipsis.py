"""Sentences that leave out what was just said: the other side, and actions called by their names."""

import re

import numpy as np
import pytest

from dataset.composing.ellipsis import named, other_side
from dataset.composing.in_a_row import BOTH_SIDES
from dataset.composing.phrases import Doing, inflect, predicate, sentence

FACTS = {"side": "left", "number": "two", "times": "once"}


def _told(phrase: str, seeds: int = 60) -> set[str]:
    told = (other_side(phrase, np.random.default_rng(seed)) for seed in range(seeds))
    return {inflect(text, "s") for text in told if text}


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("*kick with the left leg", "kicks with the left leg and then with the right"),
        ("*kick with the left leg", "kicks with the left, then with the right leg"),
        ("*raise the right hand", "raises the right hand, then the left hand"),
        ("*turn to the left", "turns to the left and then to the right"),
        ("*look right", "looks right, then left"),
        ("*take two steps to the left", "takes two steps to the left, next to the right"),
    ],
)
def test_the_other_side_is_said_without_the_rest(phrase, expected):
    assert expected in _told(phrase, 600)


@pytest.mark.parametrize(
    "phrase",
    [
        "*make a left turn",  # the side stands before what it belongs to
        "*lean to the left with the right arm over the head",  # two sides
        "*wave",  # none
        "*lift the other leg and *stand on the left one",  # "the other" would be the wrong one
    ],
)
def test_what_does_not_say_its_side_once_is_not_shortened(phrase):
    assert not _told(phrase)


@pytest.mark.parametrize("action", sorted(set(BOTH_SIDES)))
def test_both_sides_are_named_and_in_their_order(action):
    rng = np.random.default_rng(3)
    left = Doing(action, FACTS)
    shortened = 0
    for _ in range(60):
        phrase = predicate(left, rng)
        told = other_side(phrase, rng)
        if told is None:
            continue
        shortened += 1
        assert not set("{}|()") & set(told) and "  " not in told, told
        said = re.findall(r"\b(left|right|other)\b", told)
        first = re.findall(r"\b(left|right)\b", phrase)[0]
        assert said[0] == first and said[-1] in ({"left": "right", "right": "left"}[first], "other"), told
    assert shortened > 5


def test_lowering_comes_between_where_something_is_lifted():
    assert any("lowers it" in text or "puts it" in text for text in _told("*raise the left arm", 300))
    assert not any("lowers" in text or "puts" in text for text in _told("*kick with the left leg", 300))


def test_a_sentence_about_both_sides_is_shortened_only_where_they_are_alike():
    left, rng = Doing("kick", {"side": "left"}), np.random.default_rng(0)
    texts = [sentence([left, left.mirrored()], False, rng) for _ in range(80)]
    # A verb that comes once stands for both kicks.
    assert sum(len(re.findall(r"kick|swing|strik|shoot|bring", text)) == 1 for text in texts) > 10
    for text in (sentence([left, Doing("kick", {"side": "left"})], False, rng) for _ in range(80)):
        # The other leg may be named as one that does nothing else.
        told = re.sub(r"(?:not|never|rather than) [^,.]*right", "", text)
        assert not re.search(r"\bkick(?:s|ing)? (?:\w+ )*with (?:the|their) right", told), text


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("*do a kick with the left foot", "a kick with the left foot"),
        ("*take a bow", "a bow"),
        ("*throw a punch", "a punch"),
        ("*kick", None),
        ("*take a long step forward and *bend the knees", None),
        ("*raise a hand", None),
    ],
)
def test_names_of_actions(phrase, name):
    assert named(phrase) == name


def test_actions_in_a_row_are_told_by_their_names():
    rng = np.random.default_rng(0)
    bow_then_kick = [Doing("bow"), Doing("kick", {"side": "left"})]
    texts = [sentence(bow_then_kick, False, rng) for _ in range(200)]
    named_ones = [text for text in texts if re.match(r"(first )?an? (\w+ )?bow\b", text)]
    assert named_ones and all(text.index("bow") < text.index("kick") for text in named_ones)
