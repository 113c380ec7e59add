"""Actions from text put into a motion: where they come, what stays, what is said where nothing can make them."""

from __future__ import annotations

import numpy as np
import pytest
from editing_world import FPS, codec

from dataset.composing.bodies import lengths_of
from dataset.features import extract_features
from dataset.motion_clip import MotionClip
from dataset.procedural import toy_motions, toy_travel
from editing import AddAction, Generator, Retime, Span, edit_motion
from editing.moving.moved import placed_on
from editing.sources import clip_of
from utils import quantities
from utils.runtime import UserError


def made(action, frames: int, size: float = 1.0, **how) -> np.ndarray:
    rng = np.random.default_rng(5)
    puppet = toy_travel.make_puppet(frames, FPS, rng)
    action(puppet, 0.2, frames / FPS - 0.2, rng, **how)
    return size * puppet.joints()


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    joints = made(toy_travel.walk, 81, size=0.9)
    return clip_of(extract_features(joints, codec().spec), codec(), "a person walks", joints=joints)


class Squatter:
    """An actor that always squats, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int]] = []

    def __call__(self, text: str, frames: int, before: MotionClip) -> np.ndarray:
        self.asked.append((text, frames, len(before.joints)))
        return made(toy_motions.squat, frames)


@pytest.mark.parametrize(
    ("operation", "frames", "start"),
    [
        (AddAction("a person squats", seconds=2.5), 130, 80),
        (AddAction("a person squats", seconds=2.5, span=Span(0.85, 1, "share")), 130, 80),
        (AddAction("a person squats", span=Span(1, 3.5)), 80, 20),
        (AddAction("a person squats", span=Span(-2.5)), 80, 30),
        (AddAction("a person squats"), 140, 80),
    ],
)
def test_an_action_comes_in_its_time_and_the_rest_stays(walk, operation, frames, start):
    actor = Squatter()
    result = edit_motion(walk, operation, codec(), actor=actor)
    after = result.edited.joints.astype(float)
    length = frames - 80 if frames > 80 else 50
    assert len(after) == frames and actor.asked == [("a person squats", length, start)]
    height = after[:, 0, 1] - after[..., 1].min()
    inside = slice(start, start + length)
    assert height[inside].min() < 0.62 < height[: start - 9].min()
    assert start <= int(height.argmin()) < start + length
    outside = result.plan.weight == 0
    assert outside[: max(start - 9, 0)].all()
    shown = walk.joints[np.round(result.origin).astype(int)][outside]
    assert np.linalg.norm(after[outside] - placed_on(shown, after[outside]), axis=-1).max() < 5e-3
    assert np.abs(lengths_of(after) - lengths_of(walk.joints)[0]).max() < 1e-3
    step = np.linalg.norm(np.diff(after, axis=0), axis=-1).max()
    assert step < 1.5 * np.linalg.norm(np.diff(walk.joints, axis=0), axis=-1).max() + 0.1
    assert after[..., 1].min() > walk.joints[..., 1].min() - 0.02


def test_later_operations_see_the_action(walk):
    result = edit_motion(walk, [AddAction("squat", seconds=2.0), Retime(2.0)], codec(), actor=Squatter())
    assert len(result.edited.joints) == 60 and "AddAction" in result.difference
    assert quantities.displacement(result.edited.joints) > 1.0


def test_without_a_generator_it_is_said(walk, tmp_path):
    with pytest.raises(UserError, match=r"AddAction\('squat'\) needs a generator") as error:
        edit_motion(walk, AddAction("squat"), codec())
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match=f"AddAction needs a generator, {tmp_path} gives none"):
        edit_motion(walk, AddAction("squat"), codec(), actor=Generator(tmp_path))
