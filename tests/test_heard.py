"""How long parts of sentences last that say so; no models."""

import pytest

from dataset.heard import heard, said_seconds

FPS = 20.0
SAID = {
    "stand still for three seconds": 3,
    "balance on the left leg for 5 seconds": 5,
    "hold both arms up for about ten seconds": 10,
    "walks for half a minute": 30,
    "jog in place for 20 seconds": 20,
    "waits four seconds": 4,
    "wave for 2.5 seconds": 2.5,
    "stand still": None,
    "wait a second": None,
    "pause for a minute": None,
    "he jumps every two seconds": None,
    "two seconds later he jumps": None,
    "after five seconds he sits down": None,
    "for 10 minutes": None,
    "for three seconds he stands, for five seconds he walks": None,
    "jump three times": None,
}


@pytest.mark.parametrize("text", SAID)
def test_seconds_that_are_said(text):
    assert said_seconds(text) == SAID[text]


def test_parts_last_as_long_as_they_say():
    assert heard("Stand still for 3 seconds, then walk forward", None, FPS) == [
        ("stand still for three seconds", 80),
        ("walk forward", None),
    ]


def test_a_length_that_is_asked_for_counts_more():
    assert heard("stand still for three seconds", 100, FPS) == [("stand still for three seconds", 100)]
    assert heard("jump, then bow", 100, FPS) == [("jump", 50), ("bow", 50)]
    assert heard("jump, then bow", 40, FPS) == [("jump, then bow", 40)]


def test_hostile_sentences_end_quickly():
    for text in ("for " * 3000, "5 seconds " * 2000, "1" * 5000 + " seconds", "1." * 3000):
        heard(text, None, FPS)
