"""Procedural gaits, counted actions and gestures do what their names say, and tails of captions stay true."""

from __future__ import annotations

import numpy as np
import pytest
from takes import take

from dataset.composing import phrases
from dataset.composing.drawing import Material
from dataset.composing.material import LEG_PROCEDURES, perform
from dataset.composing.phrases import Doing, phrase_table, sentence, tail_table
from dataset.composing.takes import changing_pace
from dataset.number_words import NUMBERS
from dataset.procedural.toy_motions import TIMES
from utils import quantities as q
from utils.motion_checks import holds

FACTS = {
    "side": "left",
    "times": "twice",
    "deep": "deep",
    "number": "two",
    "knees": "high",
    "amount": "around",
}
WRISTS, ANKLES, HEAD, CHEST = (20, 21), (7, 8), 15, 9


@pytest.mark.parametrize(("side", "bad"), [("left", 0), ("right", 1)])
def test_who_limps_dips_over_the_leg_that_hurts(side, bad):
    joints = take("limp", 4, side).joints
    height = joints[:, 0, 1]
    on_bad = joints[:, ANKLES[1 - bad], 1] > joints[0, ANKLES[1 - bad], 1] + 0.03  # the good foot is up
    walking = slice(*np.flatnonzero(on_bad)[[0, -1]])
    on_bad, height = on_bad[walking], height[walking]
    assert height[on_bad].mean() < height[~on_bad].mean() - 0.01


def test_tiptoes_keep_the_heels_up_and_marching_lifts_the_knees():
    tiptoe, walk, march = (take(name, 2).joints for name in ("tiptoe_walk", "walk", "march_forward"))
    middle = slice(25, -25)
    assert tiptoe[middle][:, ANKLES, 1].min() > tiptoe[0, ANKLES, 1].max() + 0.03
    assert march[:, (4, 5), 1].max() > walk[:, (4, 5), 1].max() + 0.05


@pytest.mark.parametrize("seed", range(4))
def test_side_steps_are_as_many_as_told_and_face_ahead(seed):
    made = take("side_steps", seed, "left")
    moved = float(made.joints[-1, 0, 0] - made.joints[0, 0, 0])
    count = NUMBERS.index(made.doing.facts["number"])
    assert 0.2 * count < moved < 0.42 * count
    assert abs(q.turned(made.joints)) < 15


def test_jumps_to_a_side_and_back_land_there():
    for action, side, axis, sign in (("jump_aside", "right", 0, -1), ("jump_back", "", 2, -1)):
        joints = take(action, 1, side).joints
        assert holds("jumps", joints) and sign * (joints[-1, 0, axis] - joints[0, 0, axis]) > 0.25
    assert not holds("jumps", take("diagonal", 1).joints)


@pytest.mark.parametrize("seed", range(4))
def test_claps_and_raises_are_counted(seed):
    claps = take("clap_times", seed)
    count = TIMES.index(claps.doing.facts["times"])
    assert holds({"claps": {"times": count}}, claps.joints)
    assert not holds({"claps": {"times": count + 1}}, claps.joints)
    raises = take("raise_one_times", seed, "right")
    over = (raises.joints[:, 21, 1] > raises.joints[:, HEAD, 1]).astype(int)
    assert (np.diff(over) == 1).sum() == ("once", "twice", "three times").index(
        raises.doing.facts["times"]
    ) + 1


def test_gestures_bring_the_hands_where_they_belong():
    def nearest(action: str, joint: int, wrists: tuple[int, ...]) -> float:
        joints = take(action, 3, "left" if len(wrists) == 1 else "").joints
        return float(np.linalg.norm(joints[:, wrists] - joints[:, [joint]], axis=-1).max(1).min())

    assert nearest("hands_on_head", HEAD, WRISTS) < 0.25
    assert nearest("cover_face", HEAD, WRISTS) < 0.25
    assert nearest("hand_on_chest", CHEST, WRISTS[:1]) < 0.25
    for action in ("swim", "circles_forward"):
        joints = take(action, 3).joints
        assert (joints[:, WRISTS, 1] > joints[:, [HEAD], 1]).any(0).all()
        assert np.abs(joints[-1, WRISTS, 1] - joints[0, WRISTS, 1]).max() < 0.15  # the arms hang again
    flap = take("flap", 3).joints[:, 20, 1]
    assert (np.abs(np.diff(np.sign(np.diff(flap[10:-10])))) == 2).sum() >= 3  # up and down
    box = take("box", 3).joints
    assert holds({"punches": {"side": "left"}}, box) and holds({"punches": {"side": "right"}}, box)


def test_a_changing_pace_grows_or_shrinks():
    walk = next(p for p in LEG_PROCEDURES if p.action == "walk")
    material = Material([perform([walk], np.random.default_rng(7), seconds=9.0)])
    seen = set()
    for seed in range(8):
        made = changing_pace(material, np.random.default_rng(seed))
        if made is None:
            continue
        seen.add(made.doing.action)
        pace = np.linalg.norm(np.diff(made.joints[20:-30, 0][:, [0, 2]], axis=0), axis=-1)
        early, late = pace[: len(pace) // 3].mean(), pace[-len(pace) // 3 :].mean()
        assert (late > early) == (made.doing.action == "speed_up")
    assert seen == {"speed_up", "slow_down"}


def test_tails_belong_to_known_actions_and_are_written_out(monkeypatch):
    assert set(tail_table()) <= set(phrase_table())
    monkeypatch.setattr(phrases, "TAILED", 1.0)
    rng = np.random.default_rng(0)
    for action in tail_table():
        for _ in range(12):
            text = sentence([Doing(action, FACTS)], False, rng)
            assert not set("*{}|()") & set(text) and " not move " not in text, text


def test_tails_are_said_of_nothing_that_happens_during_something_else(monkeypatch):
    monkeypatch.setattr(phrases, "TAILED", 1.0)
    rng = np.random.default_rng(1)
    wave, walk = Doing("wave_one", {"side": "left"}), Doing("walk")
    for doings, together in (([walk, wave], True), ([Doing("sit"), wave], False)):
        for _ in range(40):
            text = sentence(doings, together, rng)
            assert "feet" not in text and "spot" not in text and "without turning" not in text, text
    texts = [sentence([wave], False, rng) for _ in range(60)]
    assert any("feet" in text for text in texts)
