"""Mistyped words are spelled as they were meant; rare words that are right stay."""

from __future__ import annotations

import pytest

from dataset.heard import heard
from dataset.misspelt import respelled


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a persom wlaks foward", "a person walks forward"),
        ("raies his rigth hand", "raise his right hand"),
        ("jumping jaks", "jumping jacks"),
        ("squatts, knels and waevs", "squats, kneels and waves"),
        ("hte man jmps", "the man jumps"),
        ("claping with both hnads", "clapping with both hands"),
        ("turnn arround and go bak", "turn around and go back"),
    ],
)
def test_mistyped_words_are_spelled_right(typed: str, meant: str) -> None:
    assert respelled(typed) == meant


@pytest.mark.parametrize(
    "right",
    [
        "a person clasps the hands",  # near "claps"
        "he hunches forward, then bumps into something",  # near "punches", "jumps"
        "capoeira ginga and a floss dance",
        "sashays, pirouettes and genuflects",
        "lol",
        "walk w/ both arms up, e.g. like a t-rex",
        "turns 3x, can't stop",
    ],
)
def test_right_words_stay(right: str) -> None:
    assert respelled(right) == right


def test_sentences_are_spelled_right_before_they_are_read() -> None:
    assert heard("trun left then wlak foward", None, 20.0) == [("turn left", None), ("walk forward", None)]
