"""Rare words are put in plain ones: forms, sides and limbs are kept, captions stay as they are, files are checked."""

from __future__ import annotations

import re

import pytest

from dataset.composing.phrases import more_phrases, phrase_table
from dataset.features import swap_sides
from dataset.plain_words import plain_words, thesaurus
from dataset.said_plainly import said_plainly
from utils.runtime import UserError

PLAIN = {
    "plonk yourself down on a chair": "sit down on a chair",
    "she gets out of her chair": "she stands up from a chair",
    "a man is hoisting his left arm": "a man is raising his left arm",
    "he flung both arms up": "he raised both arms quickly",
    "run but never leave the spot": "run on the spot",
    "back up about three metres": "back up about three meters",
    "he is giving two claps": "he is clapping two times",
    "bring the left ear to the left shoulder": "tilt the head to the left",
    "greet them by hoisting the left arm": "greet them by raising the left arm",
    "a person drops to one knee": "a person kneels down on one knee",
}
KEPT = (
    "a person walks forward",
    "wave with the right hand, then sit down",
    "bring the left ear to the right shoulder",  # no tilt of the head to either side
    "hoisted",  # a word of its own is no phrase
    "raise both hands in surrender",  # a noun
    "",
)


@pytest.mark.parametrize("text", PLAIN)
def test_rare_words_become_plain_ones(text):
    assert plain_words(text) == PLAIN[text]
    assert plain_words(PLAIN[text]) == PLAIN[text]
    assert said_plainly(text) == PLAIN[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_no_phrase_knows_stays(text):
    assert plain_words(text) == text


@pytest.mark.parametrize("text", PLAIN)
def test_sides_are_exchanged_alike(text):
    assert plain_words(swap_sides(text)) == swap_sides(PLAIN[text])


def test_phrases_of_captions_stay_almost_all():
    """What the models were trained on needs no other words."""
    rows = [
        re.sub(r"[*(){}]", "", row)
        for table in (phrase_table(), more_phrases())
        for rows in table.values()
        for row in rows
    ]
    plain = [row for row in rows if "|" not in row]
    assert len(plain) > 800
    assert sum(plain_words(row) != row for row in plain) < 0.1 * len(plain)


def test_every_entry_finds_itself_and_keeps_its_places():
    fill = {
        "{side}": "left",
        "{other}": "right",
        "{n}": "three",
        "{arm}": "the left arm",
        "{whose}": "their",
        "{self}": "themselves",
        "{who}": "they",
    }
    sayings = {saying for row in thesaurus().values() for saying in row}
    assert len(sayings) > 4000
    for saying in sayings:
        said = " ".join(word.split("|")[0] for word in saying.said.split())
        for place, word in fill.items():
            said = said.replace(place, word)
        found = saying.pattern.fullmatch(said.replace("*", ""))
        assert found, saying
        put = saying.put(found)
        assert not re.search(r"[*{}|]", put), (saying, put)
        for place in ("{side}", "{n}", "{arm}"):
            assert (place in saying.said) <= (fill[place] in put or "{other}" in saying.plain), (saying, put)


def test_the_longest_phrase_counts_and_nothing_is_put_twice(tmp_path, monkeypatch):
    file = tmp_path / "thesaurus.txt"
    file.write_text("# words\n*walk\n    *amble; *amble along\n*amble\n    *mosey\nslowly\n    at ease\n")
    table = thesaurus(file)
    monkeypatch.setattr("dataset.plain_words.thesaurus", lambda: table)
    assert plain_words("he ambles along at ease, then moseys") == "he walks slowly, then ambles"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("    *amble\n", 1),
        ("*walk\n    amble\n", 2),
        ("walk\n    *amble\n", 2),
        ("turn\n\n    turn {side}\n", 3),
        ("turn {side}\n    pivot\n", 2),
        ("turn {way}\n    pivot {way}\n", 2),
    ],
)
def test_a_broken_line_is_named(tmp_path, content, line):
    file = tmp_path / "thesaurus.txt"
    file.write_text(content)
    with pytest.raises(UserError, match=f"thesaurus.txt:{line}: "):
        thesaurus(file)
