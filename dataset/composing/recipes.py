"""Which composites are made: kinds of them, each a function from material and a generator to a clip or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dataset.composing.at_once import arms_over_body, procedural_together, still_arms
from dataset.composing.bodies import resample
from dataset.composing.curves import curved
from dataset.composing.drawing import CAPTIONS, LONGEST, SHORTEST, Composite, Material, pick, weighted
from dataset.composing.in_a_row import (
    between_standing,
    one_after_another,
    repeated,
    seated,
    stood_up,
    there_and_back,
)
from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, perform
from dataset.composing.phrases import caption_lines

QUICK, SLOW = ("quickly", "fast", "at a fast pace"), ("slowly", "at a slow pace")


def another_pace(material: Material, rng: np.random.Generator) -> Composite | None:
    """A captured action quicker or slower than it was, and words for it."""
    action = weighted(
        {k: v for k, v in {"walk": 5, "run": 1, "wave_one": 1, "raise_one": 1, "bow": 1, "squat": 1, "walk_back": 1}.items()
         if material.has(k)},
        rng,
    )  # fmt: skip
    take = material.draw(action, rng)
    factor = rng.uniform(1.3, 1.6) if rng.random() < 0.5 else rng.uniform(0.55, 0.75)
    frames = int(len(take.joints) / factor)
    if not SHORTEST <= frames:
        return None
    frames = min(frames, LONGEST)
    joints = resample(take.joints, np.arange(frames) * factor)
    words = QUICK if factor > 1 else SLOW
    doing = replace(take.doing, manner=words[rng.integers(len(words))])
    return Composite(joints, caption_lines([doing], CAPTIONS, rng), (take.doing,), ((0, frames),), False)


def procedural(material: Material, rng: np.random.Generator) -> Composite | None:
    """One procedural action, also sitting down and staying, or standing up."""
    chance = rng.random()
    if chance < 0.07:
        take = seated(rng)
        first = int(rng.integers(0, max(take.start, 1)))
        joints = take.joints[first : take.stop]
    elif chance < 0.1:
        take = stood_up(rng)
        joints = take.joints[take.start :]
    else:
        take = perform([pick([*BODY_PROCEDURES, *ARM_PROCEDURES, *LEG_PROCEDURES], rng)], rng)
        joints = take.joints
    if not SHORTEST <= len(joints) <= LONGEST:
        return None
    lines = caption_lines([take.doing], CAPTIONS, rng)
    return Composite(joints, lines, (take.doing,), ((0, len(joints)),), True)


RECIPES: dict[str, tuple[Callable[[Material, np.random.Generator], Composite | None], float]] = {
    "arms_over_body": (arms_over_body, 0.14),
    "one_after_another": (one_after_another, 0.32),
    "curved": (curved, 0.08),
    "there_and_back": (there_and_back, 0.04),
    "between_standing": (between_standing, 0.05),
    "repeated": (repeated, 0.03),
    "another_pace": (another_pace, 0.04),
    "still_arms": (still_arms, 0.05),
    "procedural": (procedural, 0.26),
    "procedural_together": (procedural_together, 0.06),
}
