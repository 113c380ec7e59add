"""Fits that are remembered: the same as new ones, and made once."""

from __future__ import annotations

import numpy as np
import pytest
from editing_world import clip, codec

import editing.pose_fit as pose_fit
from editing import SetCode, Span, edit_motion
from editing.fit_memory import FitMemory

FIRST = SetCode("L-elbow angle", value=80, span=Span(0.4, 0.8), ease=0.2)
SECOND = SetCode("R-elbow angle", value=60, span=Span(2.0, 2.4), ease=0.2)


@pytest.fixture
def fitted(monkeypatch) -> list[slice]:
    """The stretches that are fitted."""
    made: list[slice] = []
    fit = pose_fit._fit_part

    def watched(joints, feet, plan, part, *rest):
        made.append(part)
        return fit(joints, feet, plan, part, *rest)

    monkeypatch.setattr(pose_fit, "_fit_part", watched)
    return made


def test_an_edit_that_stays_is_not_fitted_again_and_nothing_changes(fitted):
    memory, who, what = FitMemory(), clip(), codec()
    first = edit_motion(who, FIRST, what, touch_up=False, fits=memory)
    assert len(fitted) == len(memory) == 1
    both = edit_motion(who, [FIRST, SECOND], what, touch_up=False, fits=memory)
    assert len(fitted) == len(memory) == 2 and fitted[1].start > fitted[0].stop
    again = edit_motion(who, FIRST, what, touch_up=False, fits=memory)
    assert len(fitted) == 2 and np.array_equal(again.edited.joints, first.edited.joints)
    anew = edit_motion(who, [FIRST, SECOND], what, touch_up=False)
    assert np.array_equal(anew.edited.joints, both.edited.joints)
    assert np.array_equal(anew.edited.pose_codes, both.edited.pose_codes)


def test_whatever_decides_a_fit_makes_it_another_one():
    memory, made = FitMemory(most=3), []

    def fit() -> np.ndarray:
        made.append(len(made))
        return np.full(2, made[-1])

    base = np.zeros((2, 3), np.float32)
    assert memory.recall([base], "a", fit)[0] == 0 == memory.recall([base.copy()], "a", fit)[0]
    for arrays, settings in (
        ([base], "b"), ([base, base], "a"), ([base + 1], "a"), ([base.reshape(3, 2)], "a"), ([base.astype(float)], "a"),
    ):  # fmt: skip
        before = len(made)
        memory.recall(arrays, settings, fit)
        assert len(made) == before + 1
    assert (
        len(memory) == 3 and memory.recall([base], "a", fit)[0] == len(made) - 1
    )  # the oldest was forgotten
