"""Takes made from others: jumps that turn, any action at another pace, a walk that becomes a run."""

import re

import numpy as np
import pytest

from dataset.composing.bodies import lengths_of
from dataset.composing.in_a_row import _told_after
from dataset.composing.phrases import Doing, phrase_table, sentence
from dataset.composing.takes import NAMED_PACE, PACED_PROCEDURES, PROCEDURES, QUICK, SLOW, paced, turned_jump
from dataset.composing.verify import shows
from utils import quantities as q
from utils.rotation import yaw_of
from utils.skeleton import T2M_SKELETON, facing_direction


class NothingCaptured:
    """Material without captured clips."""

    def has(self, action: str) -> bool:
        return False


def _jumps(count: int = 12) -> list:
    rng = np.random.default_rng(0)
    found = []
    while len(found) < count:
        take = turned_jump(rng)
        found += [] if take is None else [take]
    return found


def test_a_jump_turns_as_far_as_it_says_while_it_is_in_the_air():
    for take in _jumps():
        amount = 90 if take.doing.facts["amount"] in ("a quarter turn", "90 degrees") else 180
        sign = 1 if take.doing.facts["side"] == "left" else -1
        assert q.turned(take.joints) == pytest.approx(sign * amount, abs=6)
        assert shows(take.doing, take.joints)
        # Who stands on both feet doesn't turn.
        toes = take.joints[:, [10, 11], 1]
        down = toes.max(1) < toes.min() + 0.008
        heading = np.unwrap(yaw_of(facing_direction(take.joints, T2M_SKELETON)))
        assert np.abs(np.diff(heading))[down[1:] & down[:-1]].max() < np.radians(2)
    said = [sentence([take.doing], False, np.random.default_rng(n)) for n, take in enumerate(_jumps())]
    sides = [take.doing.facts["side"] for take in _jumps()]
    # The side may be left out, but no other one is told.
    assert all(
        {"left", "right"} & set(re.findall(r"\w+", text)) <= {side}
        for text, side in zip(said, sides, strict=True)
    )
    assert sum(side in text for text, side in zip(said, sides, strict=True)) > len(said) / 2


def test_another_pace_is_said_and_keeps_bones():
    rng = np.random.default_rng(1)
    takes = [take for _ in range(30) if (take := paced(NothingCaptured(), rng)) is not None]
    assert len(takes) > 15 and {take.doing.manner in QUICK for take in takes} == {True, False}
    for take in takes:
        assert take.doing.manner in (*QUICK, *SLOW) and take.doing.action in PACED_PROCEDURES
        assert 45 <= len(take.joints) <= 197 and (take.start, take.stop) == (0, len(take.joints))
        lengths = lengths_of(take.joints)
        assert np.ptp(lengths, axis=0).max() < 1e-5
    assert {p.action for p in PROCEDURES} >= set(PACED_PROCEDURES)
    assert set(NAMED_PACE.values()) <= set(phrase_table())


def test_words_for_what_comes_after_something():
    rng = np.random.default_rng(2)
    walk, run, stand, wave = (Doing(name) for name in ("walk", "run", "stand", "wave_both"))
    after = {
        names: {_told_after(second, first, rng).action for _ in range(30)}
        for names, first, second in [
            ("walk run", walk, run), ("run walk", run, walk), ("walk stand", walk, stand), ("wave walk", wave, walk),
            ("wave stand", wave, stand), ("walk wave", walk, wave),
        ]
    }  # fmt: skip
    assert after == {
        "walk run": {"run", "run_on"}, "run walk": {"walk", "slow_to_walk"}, "walk stand": {"stand", "stop"},
        "wave walk": {"walk", "walk_again"}, "wave stand": {"stand"}, "walk wave": {"wave_both"},
    }  # fmt: skip


@pytest.mark.parametrize(("times", "several"), [("once", False), ("three times", True)])
def test_only_repeated_jumps_are_told_as_repeated(times, several):
    rng = np.random.default_rng(3)
    texts = [sentence([Doing("jump", {"times": times})], False, rng) for _ in range(200)]
    assert (
        any(
            "up and down" in text or re.search(r"\bkeep(?:s|ing)? \w+ing", text) or "again and again" in text
            for text in texts
        )
        == several
    )
    assert not any("  " in text or "{" in text for text in texts)
