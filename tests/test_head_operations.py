"""The operation on the head: turns, looks, tilts, nods and shakes, measured on joints of a procedural wave."""

from __future__ import annotations

import numpy as np
import pytest
from takes import performed

import editing
from dataset.procedural import toy_motions
from editing import Span
from utils import quantities
from utils.runtime import UserError

FPS = 20.0


@pytest.fixture(scope="module")
def wave() -> np.ndarray:
    return performed(toy_motions.wave, sides=(1,))


def head_way(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees to the left and up of the direction from the neck to the head, as the body faces."""
    way = joints[:, quantities.HEAD] - joints[:, quantities.NECK]
    ahead = quantities.facing(joints)
    left = way[:, 0] * ahead[:, 2] - way[:, 2] * ahead[:, 0]
    forward = (way * ahead).sum(-1)
    return np.degrees(np.arctan2(left, forward)), np.degrees(np.arctan2(way[:, 1], forward))


@pytest.mark.parametrize("degrees", [60, -40])
def test_the_head_turns_to_a_side(wave, degrees):
    side, _ = head_way(editing.Head(turn=degrees, span=Span(1, 4)).move(wave, FPS).joints)
    assert np.median(side[40:60]) == pytest.approx(degrees, abs=15)
    moved = editing.Head(turn=degrees).move(wave, FPS).joints
    rest = [j for j in range(22) if j not in (12, 15)]
    assert np.abs(moved - wave)[:, rest].max() < 1e-9


@pytest.mark.parametrize("degrees", [30, -30])
def test_the_head_looks_up_and_down(wave, degrees):
    _, before = head_way(wave)
    _, after = head_way(editing.Head(pitch=degrees).move(wave, FPS).joints)
    assert np.median(after - before) == pytest.approx(degrees, abs=6)


@pytest.mark.parametrize("degrees", [25, -25])
def test_the_head_tilts_to_a_shoulder(wave, degrees):
    def aside(joints):  # degrees by which the bone from neck to head leans to the body's left
        bone = joints[:, 15] - joints[:, 12]
        left = quantities.facing(joints)[:, [2, 1, 0]] * (1, 0, -1)
        return np.degrees(np.arcsin((bone * left).sum(-1) / np.linalg.norm(bone, axis=-1)))

    moved = editing.Head(roll=degrees).move(wave, FPS).joints
    assert np.median(aside(moved) - aside(wave)) == pytest.approx(degrees, abs=4)
    assert np.abs(moved - wave)[:, [j for j in range(22) if j not in (12, 15)]].max() < 1e-9


def test_nods_and_shakes_are_counted(wave):
    _, up = head_way(editing.Head(nod=3).move(wave, FPS).joints)
    assert quantities.swings(up, 12) in (5, 6)
    side, _ = head_way(editing.Head(shake=2).move(wave, FPS).joints)
    assert quantities.swings(side, 25) >= 3
    with pytest.raises(UserError, match="take at least"):
        editing.Head(nod=9, span=Span(1, 2)).move(wave, FPS)
