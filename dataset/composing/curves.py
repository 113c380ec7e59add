"""Walks and runs led along curves and circles, of which captured clips have few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset.composing.bend import bent
from dataset.composing.drawing import CAPTIONS, Composite, Material, weighted
from dataset.composing.material import Take
from dataset.composing.phrases import Doing, caption_lines


def bent_take(material: Material, rng: np.random.Generator, circle: float) -> Take | None:
    """A captured walk or run led along a curve or, with the probability `circle`, all the way around.

    None where the clip is too short or its legs would not reach.
    """
    gait = weighted({k: v for k, v in {"walk": 4, "run": 1}.items() if material.has(k)}, rng)
    straight = material.draw(gait, rng)
    least = 90 if (around := rng.random() < circle) else 50
    if len(straight.joints) < least:
        return None
    length = min(int(rng.integers(110, 197) if around else rng.integers(50, 150)), len(straight.joints))
    first = int(rng.integers(len(straight.joints) - length + 1))
    back = not around and gait == "walk" and rng.random() < 0.15
    degrees = rng.uniform(340, 400) if around else rng.uniform(165, 195) if back else rng.uniform(50, 150)
    left = rng.random() < 0.5
    joints = bent(straight.joints[first : first + length], degrees if left else -degrees)
    if joints is None:
        return None
    named = {"walk": ("curve", "walk_circle"), "run": ("jog_curve", "jog_circle")}
    doing = Doing("u_turn" if back else named[gait][around], {"side": "left" if left else "right"})
    return replace(straight, joints=joints, doing=doing, start=0, stop=length)


def curved(material: Material, rng: np.random.Generator) -> Composite | None:
    """Walking and running in curves and circles, of which captured clips have few."""
    take = bent_take(material, rng, circle=0.5)
    if take is None:
        return None
    lines = caption_lines([take.doing], CAPTIONS, rng)
    return Composite(take.joints, lines, (take.doing,), ((0, len(take.joints)),), False)
