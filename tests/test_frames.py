"""Frames of captions: who does it, what is asked for, what is not done; and kicks and arms that they tell of."""

import re

import numpy as np
import pytest
from takes import take

from dataset.composing.arms import RESTING, WAYS
from dataset.composing.phrases import Doing, frame_table, more_phrases, phrase_table, sentence
from dataset.composing.verify import shows
from dataset.said_plainly import said_plainly
from utils.motion_checks import holds
from utils.runtime import UserError

FACTS = {
    "side": "left", "times": "twice", "deep": "deep", "number": "two", "knees": "high", "amount": "around", "first": "up",
    "second": "forward",
}  # fmt: skip


def _told(action: str, count: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [sentence([Doing(action, FACTS)], False, rng) for _ in range(count)]


def test_every_frame_becomes_a_sentence_without_marks():
    frames, rng = frame_table(), np.random.default_rng(0)
    for kind, doings, together in (
        ("alone", ["walk"], False), ("together", ["walk", "clap"], True), ("after", ["walk", "bow"], False),
        ("three", ["walk", "bow", "jump"], False),
    ):  # fmt: skip
        slots = {name for form in frames[kind] for name in re.findall(r"\{(\w)", form)}
        assert slots <= {"s", "o", *"abc"[: len(doings)]}
        for _ in range(200):
            text = sentence([Doing(action, {"times": "once"}) for action in doings], together, rng)
            assert not re.search(r"[*{}|]|  ", text) and text == text.strip()


def test_who_is_asked_for_is_an_object():
    texts = _told("walk", 2000)
    assert not any(re.search(r"\b(?:see|make|show|want|of) (?:he|she)\b", text) for text in texts)
    assert any(re.search(r"\b(?:him|her)\b", text) for text in texts)


def test_whose_arm_it_is_follows_who_does_it():
    texts = _told("raise_one", 1500)
    assert not any(re.match(r"(?:a|the) (?:man|boy|guy) .*\bher\b", text) for text in texts)
    assert not any(re.match(r"(?:a|the) (?:woman|girl|lady) .*\bhis\b", text) for text in texts)
    assert any("your left" in text for text in texts) and any("my left" in text for text in texts)


def test_what_is_not_done_is_another_action_and_can_be_left_out():
    not_done = frame_table()["not_done"]
    assert set(not_done) <= set(phrase_table())
    for action in ("run", "turn_quarter", "sit"):
        refused = [text for text in _told(action, 1500) if re.search(r"\binstead of|\bdon't \w+, ", text)]
        assert refused
        plain = [said_plainly(text) for text in refused]
        assert sum("instead of" in text for text in plain) < 0.2 * len(plain)


def test_rarer_phrases_know_no_other_actions():
    assert set(more_phrases()) <= set(phrase_table())
    assert sum(map(len, more_phrases().values())) > 2000


def test_a_broken_file_of_frames_is_named(tmp_path):
    broken = tmp_path / "frames.yaml"
    broken.write_text("subjects: [he]\n")
    with pytest.raises(UserError, match="frames.yaml.*expected lists"):
        frame_table(broken)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("seed", range(3))
def test_kicks_backward_go_backward_on_their_side(side, seed):
    kick = take("kick_back", seed, side)
    assert shows(kick.doing, kick.joints)
    assert not holds({"kicks": {"side": side}}, kick.joints)
    assert not shows(kick.mirrored().doing, kick.joints)


@pytest.mark.parametrize("seed", range(6))
def test_each_arm_goes_where_it_is_told(seed):
    made = take("arms_two_ways", seed, "left")
    checks = {
        "up": lambda side: {"raises": {"side": side, "alone": False}},
        "front": lambda side: {"reaches": {"side": side, "direction": "front"}},
        "out": lambda side: {"reaches": {"side": side, "direction": "side"}},
    }
    for words, side in ((made.doing.facts["first"], "left"), (made.doing.facts["second"], "right")):
        way = next(name for name, (*_, said) in WAYS.items() if words in said)
        assert way in RESTING or holds(checks[way](side), made.joints)
