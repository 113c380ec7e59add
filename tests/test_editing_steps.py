"""Steps go as far as legs reach: longer ones are limited, further ones take their time, and no pelvis sinks to its feet."""

from __future__ import annotations

import numpy as np
import pytest
from editing_world import SPEC, codec
from takes import performed

from dataset.composing.bodies import lengths_of
from dataset.features import extract_features
from dataset.procedural import toy_motions, toy_travel
from editing import Span, StepAside, Stride, edit_motion
from editing.moving.feet import standing
from editing.moving.stepping import SINKS, SINKS_ASIDE
from editing.sources import clip_of
from utils import quantities as q
from utils.runtime import UserError

FPS = 20.0
AT_END = Span(0.7, 1, "share")
TOES = [*q.TOES]


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """A walk that the clip's end cuts off in the middle of a stride."""
    return performed(toy_travel.walk, frames=110)[20:72]


@pytest.fixture(scope="module")
def stands() -> np.ndarray:
    return performed(toy_motions.wave, sides=(1,))


def sunk(before: np.ndarray, after: np.ndarray) -> float:
    return float(before[:, 0, 1].min() - after[:, 0, 1].min())


def slide(joints: np.ndarray) -> float:
    """Metres a frame, mean, of toes that stand."""
    stood = standing(joints)
    pace = np.linalg.norm(np.diff(joints[:, TOES][..., [0, 2]], axis=0), axis=-1)
    return float(pace[stood[1:] & stood[:-1]].mean())


@pytest.mark.parametrize("metres, least, most", [(0.45, 1, 2), (0.9, 1, 4), (1.35, 2, 5)])
def test_a_walk_goes_on_for_further_steps_in_time_of_their_own(walk, metres, least, most):
    moved = StepAside(metres, "forward", span=AT_END).move(walk, FPS)
    after = moved.joints
    np.testing.assert_allclose(after[: len(walk) - 10], walk[:-10], atol=1e-6)
    assert least <= q.steps(after) - q.steps(walk) <= most
    assert q.displacement(after) - q.displacement(walk) == pytest.approx(metres, abs=0.15)
    assert sunk(walk, after) < 0.03 and after[..., 1].min() > walk[..., 1].min() - 0.01
    assert slide(after) < slide(walk) + 0.01
    assert q.airborne(after).sum() <= q.airborne(walk).sum()
    np.testing.assert_allclose(lengths_of(after)[-1], lengths_of(walk)[0], atol=1e-6)
    pace = np.linalg.norm(np.diff(after[:, 0], axis=0), axis=-1)
    assert pace[len(walk) - 4 :].max() < 1.6 * pace[: len(walk)].max()


@pytest.mark.parametrize("side", ["left", "right", "forward", "back"])
@pytest.mark.parametrize("metres", [0.4, 1.0])
def test_somebody_who_stands_steps_aside_without_sinking(stands, metres, side):
    for span in (Span(), AT_END):
        after = StepAside(metres, side, span=span).move(stands, FPS).joints
        assert q.displacement(after) == pytest.approx(metres + q.displacement(stands), abs=0.1)
        assert sunk(stands, after) <= SINKS_ASIDE
        assert after[..., 1].min() > stands[..., 1].min() - 0.01
        assert slide(after) < 0.01


def test_a_step_that_has_no_time_is_refused(walk):
    with pytest.raises(UserError, match="2 m forward within 0.8 s is more than the legs reach"):
        StepAside(2.0, "forward", span=Span(1, 1.8)).move(walk, FPS)


def test_strides_are_as_long_as_legs_reach_and_it_is_told(walk):
    moved = Stride(2.0).move(walk, FPS)
    drop = (walk - moved.joints)[:, 0, 1].max()
    assert drop <= SINKS and q.path_length(moved.joints) > 1.1 * q.path_length(walk)
    (note,) = moved.notes
    assert "the legs reach steps 1." in note and "not 2 times" in note
    clip = clip_of(extract_features(walk, SPEC), codec(), "a person walks")
    assert edit_motion(clip, Stride(2.0), codec()).difference.startswith("Stride: the legs reach")


def test_strides_within_reach_are_what_was_asked_for(walk):
    for factor in (0.7, 1.1):
        moved = Stride(factor).move(walk, FPS)
        assert moved.notes == ()
        assert q.path_length(moved.joints) == pytest.approx(factor * q.path_length(walk), rel=0.06)
