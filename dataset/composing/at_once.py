"""Two actions at the same time: arms of one clip over the body of another (as in SINC, Athanasiou et al. 2023)."""

from __future__ import annotations

import numpy as np

from dataset.composing.curves import bent_take
from dataset.composing.drawing import CAPTIONS, LONGEST, Composite, Material, pick, weighted
from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, FPS, LEG_PROCEDURES, Take, perform
from dataset.composing.overlay import overlay_arms
from dataset.composing.phrases import Doing, caption_lines
from dataset.procedural.toy_travel import make_puppet

# Actions of the whole body that arms go with, beside those of the legs.
BUSY_BODIES = ("jump", "kick", "one_leg", "lunge", "squat", "circle")


def arm_take(material: Material, rng: np.random.Generator) -> Take:
    """An arm action, captured or procedural."""
    if rng.random() < 0.55:
        return perform([pick(ARM_PROCEDURES, rng)], rng)
    names = {"wave_one": 4, "raise_one": 4, "wave_both": 2, "raise_both": 2, "arm_circles": 0.4}
    return material.draw(weighted({k: v for k, v in names.items() if material.has(k)}, rng), rng)


def arms_over_body(material: Material, rng: np.random.Generator) -> Composite | None:
    """An arm action while walking, running, turning or standing."""
    made = {
        "procedural": lambda: perform([pick(LEG_PROCEDURES, rng)], rng),
        "busy": lambda: perform([pick([p for p in BODY_PROCEDURES if p.action in BUSY_BODIES], rng)], rng),
        "circle": lambda: bent_take(material, rng, circle=1.0),
    }
    names = {
        "walk": 9, "run": 2, "walk_back": 3, "corner": 2, "curve": 1, "stand": 1, "procedural": 6, "busy": 3.5, "circle": 1,
    }  # fmt: skip
    choice = weighted({k: v for k, v in names.items() if k in made or material.has(k)}, rng)
    base = made[choice]() if choice in made else material.draw(choice, rng)
    if base is None:
        return None
    arms = arm_take(material, rng)
    body = base.joints
    if len(body) < 60:
        return None
    if len(body) > 130 and choice not in ("busy", "circle") and rng.random() < 0.5:
        first = int(rng.integers(len(body) - 110))
        body = body[first : first + int(rng.integers(90, 130))]
    start = 0 if rng.random() < 0.15 else int(rng.integers(1, max(len(body) // 4, 2)))
    frames = min(arms.stop - arms.start, len(body) - start)
    if frames < 35:
        return None
    joints = overlay_arms(body, arms.joints[arms.start : arms.start + frames], arms.sides, start)
    doings: tuple[Doing, ...] = (base.doing, arms.doing)
    if base.doing.action == "stand" and rng.random() < 0.5:
        doings = (arms.doing,)
    lines = caption_lines(doings, CAPTIONS, rng, together=True)
    spans = ((0, len(body)), (start, start + frames))[: len(doings)]
    return Composite(joints, lines, doings, spans, base.is_procedural or arms.is_procedural)


def still_arms(material: Material, rng: np.random.Generator) -> Composite | None:
    """Walking with arms that hang still."""
    base, quiet = material.draw("walk", rng), material.draw("stand", rng)
    frames = min(len(base.joints), len(quiet.joints))
    if frames < 60:
        return None
    joints = overlay_arms(base.joints[:frames], quiet.joints[:frames], (0, 1), 0)
    doing = Doing("walk_still_arms")
    return Composite(joints, caption_lines([doing], CAPTIONS, rng), (doing,), ((0, frames),), False)


def procedural_together(material: Material, rng: np.random.Generator) -> Composite | None:
    """Two procedural actions at once, one of legs and one of arms."""
    legs = pick(
        [*LEG_PROCEDURES, *(p for p in BODY_PROCEDURES if p.action in ("squat", "one_leg", "kneel"))], rng
    )
    arms = pick(ARM_PROCEDURES, rng)
    seconds = rng.uniform(max(legs.shortest, arms.shortest), max(legs.longest, arms.shortest + 1))
    before, after = rng.uniform(0.1, 0.5, 2)
    frames = min(int((before + seconds + after) * FPS) + 1, LONGEST)
    puppet_end = (frames - 1) / FPS - after
    puppet = make_puppet(frames, FPS, rng)
    doings = []
    for procedure in (legs, arms):
        facts = procedure.run(puppet, before, puppet_end, rng)
        facts.pop("manner", None)
        doings.append(Doing(procedure.action, facts))
    lines = caption_lines(doings, CAPTIONS, rng, together=True)
    return Composite(puppet.joints(), lines, tuple(doings), ((0, frames),) * 2, True)
