"""Composites of bodies that are down: arms that act meanwhile, and getting down and up again in one clip."""

from __future__ import annotations

import numpy as np

from dataset.composing.at_once import arm_take
from dataset.composing.bodies import resample
from dataset.composing.drawing import CAPTIONS, LONGEST, SHORTEST, Composite, Material, weighted
from dataset.composing.floor_work import FLOOR_WORK
from dataset.composing.material import BODY_PROCEDURES, FPS, Take, perform
from dataset.composing.overlay import overlay_arms
from dataset.composing.phrases import Doing, caption_lines
from dataset.composing.takes import UPRIGHT, seated

LEVEL = 0.03  # metres above its lowest point within which the pelvis is down
LOW = {"chair": 3.0, "sit_floor": 5.0, "kneel": 1.5, "kneel_one": 2.5}
# Arm actions that need both legs or the hips, or hands that touch what isn't there while one sits.
STANDING_ARMS = ("hands_on_hips", "hands_behind", "push", "swim", "circles_forward")
DOWN_AND_UP = {
    "sit_floor": 4.0,
    "fall_down": 4.0,
    "push_ups": 1.5,
    "plank": 1.0,
    "all_fours": 1.0,
    "sit_ups": 0.7,
}


def _low(kind: str, rng: np.random.Generator) -> Take:
    if kind == "chair":
        return seated(rng)
    if kind == "sit_floor":
        return FLOOR_WORK["sit_floor"](rng)
    performed = [procedure for procedure in BODY_PROCEDURES if procedure.action == kind]
    return perform([performed[rng.integers(len(performed))]], rng, seconds=rng.uniform(4.5, 8.0))


def arms_while_low(material: Material, rng: np.random.Generator) -> Composite | None:
    """An arm action by somebody who sits on a chair or the floor, or kneels."""
    base, arms = _low(weighted(LOW, rng), rng), arm_take(material, rng)
    if arms.doing.action in STANDING_ARMS:
        return None
    body = base.joints[: base.stop]
    height = body[:, 0, 1]
    down = np.flatnonzero(height < height.min() + LEVEL)
    start = int(down[0] + rng.integers(2, 8)) if down[0] else int(rng.integers(0, 12))
    frames = min(arms.stop - arms.start, int(down[-1]) + 1 - start)
    if frames < 35:
        return None
    joints = overlay_arms(body, arms.joints[arms.start : arms.start + frames], arms.sides, start)
    doings = (base.doing, arms.doing)
    first = int(rng.integers(0, max(base.start, 1)))
    spans = ((0, len(body) - first), (start - first, start - first + frames))
    lines = caption_lines(doings, CAPTIONS, rng, together=rng.random() < 0.6)
    return Composite(joints[first:], lines, doings, spans, True)


def down_and_up(material: Material, rng: np.random.Generator) -> Composite | None:
    """Getting down to the floor, and up again by the same way backward; a fall is got up from slowly."""
    kind = weighted(DOWN_AND_UP, rng)
    take = FLOOR_WORK[kind](rng)
    height = take.joints[:, 0, 1]
    if height[0] < UPRIGHT:
        return None
    leaves = int(np.flatnonzero(height > UPRIGHT)[-1])
    down = take.joints
    if kind in ("sit_floor", "fall_down"):  # these rest below; others are done to the end
        settled = leaves + int(np.flatnonzero(height[leaves:] < height.min() + LEVEL)[0])
        least = settled + 8
        down = down[: min(int(rng.integers(least, least + 50)), len(down))]
    way = down[max(leaves - 12, 0) :][::-1]
    pace = rng.uniform(0.45, 0.7) if kind == "fall_down" else rng.uniform(0.85, 1.15)
    if kind in ("push_ups", "sit_ups"):  # the way back leaves the exercise out
        settled = leaves + int(np.flatnonzero(height[leaves:] < height[-1] + LEVEL)[0])
        way = take.joints[max(leaves - 12, 0) : settled + 1][::-1]
        if np.abs(way[0] - down[-1]).max() > 0.12:
            return None
        way = way + (down[-1] - way[0]) * np.linspace(1, 0, len(way))[:, None, None] ** 2
    up = resample(way, np.arange(0, len(way) - 1, pace))
    joints = np.concatenate([down, up])
    if not SHORTEST <= len(joints) <= LONGEST:
        return None
    doings = (take.doing, Doing("get_up_from_floor"))
    spans = ((0, len(down)), (len(down), len(joints)))
    times = tuple((a / FPS, b / FPS) for a, b in spans) if min(len(down), len(up)) > 2.05 * FPS else ()
    return Composite(joints, caption_lines(doings, CAPTIONS, rng, times=times), doings, spans, True)
