"""Which composites are made: kinds of them, each a function from material and a generator to a clip or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dataset.composing.amounts import measured
from dataset.composing.at_once import arms_over_body, procedural_together, still_arms
from dataset.composing.curves import curved
from dataset.composing.drawing import CAPTIONS, LONGEST, SHORTEST, Composite, Material, pick
from dataset.composing.in_a_row import (
    back_and_forth,
    between_standing,
    changing_gait,
    one_after_another,
    one_side_then_other,
    repeated,
    there_and_back,
)
from dataset.composing.low import arms_while_low, down_and_up
from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, Take, perform
from dataset.composing.phrases import caption_lines
from dataset.composing.takes import (
    changing_pace,
    floor_work,
    got_up,
    got_up_from_floor,
    paced,
    rose_from_knees,
    seated,
    stayed_low,
    stood_up,
    turned_jump,
)


def another_pace(material: Material, rng: np.random.Generator) -> Composite | None:
    """A captured action quicker or slower than it was, or a walk that grows so."""
    take = changing_pace(material, rng) if rng.random() < 0.2 else paced(material, rng)
    return None if take is None else _alone(take, rng)


def procedural(material: Material, rng: np.random.Generator) -> Composite | None:
    """One procedural action, also such as end low or begin there."""
    chance = rng.random()
    take: Take | None
    if chance < 0.05:
        take = seated(rng)
    elif chance < 0.08:
        take = stood_up(rng)
    elif chance < 0.11:
        take = stayed_low(rng)
    elif chance < 0.125:
        take = rose_from_knees(rng)
    elif chance < 0.205:
        take = turned_jump(rng)
    else:
        alone = perform([pick([*BODY_PROCEDURES, *ARM_PROCEDURES, *LEG_PROCEDURES], rng)], rng)
        take = replace(alone, start=0, stop=len(alone.joints))
    return None if take is None else _alone(take, rng)


def from_the_floor(material: Material, rng: np.random.Generator) -> Composite | None:
    """Getting up from the floor."""
    take = got_up(material, rng)
    return None if take is None else _alone(take, rng)


def on_the_floor(material: Material, rng: np.random.Generator) -> Composite | None:
    """Crawling, push-ups and the like, falling down, stairs, or getting up."""
    take = got_up_from_floor(rng) if rng.random() < 0.1 else floor_work(rng)
    return None if take is None else _alone(take, rng)


def _alone(take: Take, rng: np.random.Generator) -> Composite | None:
    joints = take.joints[take.start : take.stop]
    if not SHORTEST <= len(joints) <= LONGEST:
        return None
    lines = caption_lines([measured(take.doing, joints)], CAPTIONS, rng)
    return Composite(joints, lines, (take.doing,), ((0, len(joints)),), take.is_procedural)


RECIPES: dict[str, tuple[Callable[[Material, np.random.Generator], Composite | None], float]] = {
    "arms_over_body": (arms_over_body, 0.15),
    "arms_while_low": (arms_while_low, 0.07),
    "down_and_up": (down_and_up, 0.04),
    "one_after_another": (one_after_another, 0.32),
    "one_side_then_other": (one_side_then_other, 0.07),
    "curved": (curved, 0.09),
    "changing_gait": (changing_gait, 0.02),
    "there_and_back": (there_and_back, 0.04),
    "back_and_forth": (back_and_forth, 0.015),
    "between_standing": (between_standing, 0.05),
    "from_the_floor": (from_the_floor, 0.015),
    "on_the_floor": (on_the_floor, 0.1),
    "repeated": (repeated, 0.03),
    "another_pace": (another_pace, 0.07),
    "still_arms": (still_arms, 0.045),
    "procedural": (procedural, 0.46),
    "procedural_together": (procedural_together, 0.07),
}
