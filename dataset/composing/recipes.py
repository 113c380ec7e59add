"""Which composites are made: kinds of them, each a function from material and a generator to a clip or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from dataset.composing.bend import bent
from dataset.composing.bodies import resample
from dataset.composing.material import (
    ARM_PROCEDURES,
    ARMS_OF,
    BODY_PROCEDURES,
    FPS,
    LEG_PROCEDURES,
    Procedure,
    Take,
    perform,
)
from dataset.composing.overlay import overlay_arms
from dataset.composing.phrases import Doing, caption_lines
from dataset.composing.sequence import Piece, sequence
from dataset.procedural.toy_travel import make_puppet

LONGEST = 197  # frames of joints, one more than rows of features
SHORTEST = 45
CAPTIONS = 4
LOCOMOTION = ("walk", "run", "walk_back", "curve", "corner")
SIDED = ("raise_one", "wave_one", "kick")  # may be done again, on the other side
LAST_ONLY = ("lie_down", "sit")  # the body does not come up again
# Actions that captured clips lack altogether, or that sentences tell in many ways and amounts, are performed more often.
OFTEN = {
    "turn_around": 2.5, "turn_quarter": 3.0, "turn_full": 6.0, "turn_slight": 1.5, "sidestep": 2.5, "one_leg": 8.0,
    "hop_one_leg": 1.5, "circle": 4.0, "jump_times": 2.5, "jump": 2.0, "steps_forward": 2.0, "steps_back": 1.5, "sit_stand": 1.5, "clap": 1.5,
    "hands_on_hips": 1.5,
}  # fmt: skip
QUICK, SLOW = ("quickly", "fast", "at a fast pace"), ("slowly", "at a slow pace")


@dataclass(frozen=True)
class Composite:
    """A new clip: joints (T, 22, 3), caption lines, the actions in it, and whether some of it is procedural."""

    joints: np.ndarray
    lines: list[str]
    doings: tuple[Doing, ...]
    spans: tuple[tuple[int, int], ...]
    is_procedural: bool


class Material:
    """Captured takes by action, from which the recipes draw."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self.by_action: dict[str, list[Take]] = {}
        for take in takes:
            self.by_action.setdefault(take.doing.action, []).append(take)

    def draw(self, action: str, rng: np.random.Generator) -> Take:
        takes = self.by_action[action]
        return takes[rng.integers(len(takes))]

    def has(self, action: str) -> bool:
        return action in self.by_action


def weighted(choices: dict[str, float], rng: np.random.Generator) -> str:
    names, weights = list(choices), np.array(list(choices.values()))
    return names[rng.choice(len(names), p=weights / weights.sum())]


def pick(procedures: Sequence[Procedure], rng: np.random.Generator) -> Procedure:
    """A procedure; actions have equal weights but for those that come in many forms (`OFTEN`), not sides of them."""
    actions = sorted({procedure.action for procedure in procedures})
    action = weighted({name: OFTEN.get(name, 1.0) for name in actions}, rng)
    performed = [procedure for procedure in procedures if procedure.action == action]
    return performed[rng.integers(len(performed))]


def _arm_take(material: Material, rng: np.random.Generator) -> Take:
    if rng.random() < 0.25:
        return perform([pick(ARM_PROCEDURES, rng)], rng)
    names = {"wave_one": 4, "raise_one": 4, "wave_both": 2, "raise_both": 2, "arm_circles": 0.4}
    return material.draw(weighted({k: v for k, v in names.items() if material.has(k)}, rng), rng)


def arms_over_body(material: Material, rng: np.random.Generator) -> Composite | None:
    """An arm action while walking, running, turning or standing."""
    names = {"walk": 9, "run": 2, "walk_back": 2, "corner": 2, "curve": 1, "stand": 1, "procedural": 3}
    choice = weighted({k: v for k, v in names.items() if k == "procedural" or material.has(k)}, rng)
    base = perform([pick(LEG_PROCEDURES, rng)], rng) if choice == "procedural" else material.draw(choice, rng)
    arms = _arm_take(material, rng)
    body = base.joints
    if len(body) < 60:
        return None
    if len(body) > 130 and rng.random() < 0.5:
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


def _part(
    material: Material, budget: int, place: str, previous: str, rng: np.random.Generator
) -> tuple[Take, Piece] | None:
    """One part of a sequence that fits into a budget of frames. place: first, middle or last."""
    names = {
        "walk": 5, "run": 1.5, "walk_back": 3, "corner": 1, "wave_one": 2.5, "raise_one": 3, "wave_both": 1.2,
        "raise_both": 1.2, "bow": 2, "kick": 2, "squat": 3, "hop": 1.5, "jump_forward": 1, "curved": 1.5,
        "stand": 2, "two_at_once": 4, "pick_up": 1, "sneak": 0.4,
        "elbow_to_knee": 0.5, "grab_high": 0.5, "throw": 0.3, "lie_down": 1.2, "body": 5, "turn_around": 5,
        "turn_quarter": 3, "arms": 1.5, "legs": 1.5, "sit": 1.2,
    }  # fmt: skip
    if place != "last":
        names = {k: v for k, v in names.items() if k not in LAST_ONLY}
    names = {k: v for k, v in names.items() if k != previous or k in SIDED}
    choice = weighted({k: v for k, v in names.items() if k in (*PROCEDURAL, *MADE) or material.has(k)}, rng)
    if choice in MADE:
        made = MADE[choice](material, rng)
        if made is None:
            return None
        take = made
    elif choice in PROCEDURAL:
        take = PROCEDURAL[choice](rng)
    else:
        take = material.draw(choice, rng)
    start, stop = take.start, take.stop
    action = take.doing.action
    if take.doing.also is not None:
        stop = min(stop, start + int(rng.integers(50, 90)))
    elif action in (*LOCOMOTION, "stand", "march", "run_in_place") and action != "corner":
        length = int(rng.integers(36, 90))
        start = (
            int(rng.integers(max(stop - start - length, 0) + 1)) + start if action != "sidestep" else start
        )
        stop = min(start + length, stop)
    elif action in ARMS_OF:
        stop = min(stop, start + int(rng.integers(50, 100)))
    if stop - start > budget or stop - start < 14:
        return None
    return take, Piece(take.joints, start, stop)


def _seated(rng: np.random.Generator) -> Take:
    """Sitting down, cut while the puppet sits."""
    procedure = next(p for p in BODY_PROCEDURES if p.action == "sit_stand")
    take = perform([procedure], rng, seconds=rng.uniform(5.5, 7.5))
    low = np.flatnonzero(take.joints[:, 0, 1] < take.joints[:, 0, 1].min() + 0.02)
    return replace(take, doing=Doing("sit"), stop=int(low[-1]))


def _stood_up(rng: np.random.Generator) -> Take:
    procedure = next(p for p in BODY_PROCEDURES if p.action == "sit_stand")
    take = perform([procedure], rng, seconds=rng.uniform(4.5, 6.5))
    low = np.flatnonzero(take.joints[:, 0, 1] < take.joints[:, 0, 1].min() + 0.02)
    start = int(rng.integers(low[0], low[-1] + 1))
    return replace(take, doing=Doing("stand_up"), start=start)


def _named(action: str, procedures: Sequence[Procedure]) -> Callable[[np.random.Generator], Take]:
    performed = [procedure for procedure in procedures if procedure.action == action]
    return lambda rng: perform([performed[rng.integers(len(performed))]], rng)


PROCEDURAL: dict[str, Callable[[np.random.Generator], Take]] = {
    "body": lambda rng: perform([pick(BODY_PROCEDURES, rng)], rng),
    "arms": lambda rng: perform([pick(ARM_PROCEDURES, rng)], rng),
    "legs": lambda rng: perform([pick(LEG_PROCEDURES, rng)], rng),
    "turn_around": _named("turn_around", LEG_PROCEDURES),
    "turn_quarter": _named("turn_quarter", LEG_PROCEDURES),
    "sit": _seated,
}


def one_after_another(
    material: Material, rng: np.random.Generator, count: int | None = None
) -> Composite | None:
    """Two or three actions in a row."""
    count = count or (2 if rng.random() < 0.4 else 3)
    parts: list[tuple[Take, Piece]] = []
    left = LONGEST
    for number in range(count):
        place = "first" if number == 0 else "last" if number == count - 1 else "middle"
        previous = parts[-1][0].doing.action if parts else ""
        part = _part(material, left - 24 * (count - number - 1), place, previous, rng)
        if part is None or (parts and part[0].doing == parts[-1][0].doing):
            return None
        parts.append(part)
        left -= part[1].frames
    return _told(parts, rng)


def _bent_take(material: Material, rng: np.random.Generator, circle: float) -> Take | None:
    """A captured walk or run led along a curve or, with the probability `circle`, all the way around."""
    gait = weighted({k: v for k, v in {"walk": 4, "run": 1}.items() if material.has(k)}, rng)
    straight = material.draw(gait, rng)
    least = 90 if (around := rng.random() < circle) else 50
    if len(straight.joints) < least:
        return None
    length = min(int(rng.integers(least, 150)), len(straight.joints))
    first = int(rng.integers(len(straight.joints) - length + 1))
    degrees = rng.uniform(320, 400) if around else rng.uniform(50, 160)
    left = rng.random() < 0.5
    joints = bent(straight.joints[first : first + length], degrees if left else -degrees)
    if joints is None:
        return None
    named = {"walk": ("curve", "walk_circle"), "run": ("jog_curve", "jog_circle")}
    doing = Doing(named[gait][around], {"side": "left" if left else "right"})
    return replace(straight, joints=joints, doing=doing, start=0, stop=length)


def _two_at_once(material: Material, rng: np.random.Generator) -> Take | None:
    """An arm action over a body's, as one part of a sequence."""
    made = arms_over_body(material, rng)
    if made is None or len(made.doings) < 2:
        return None
    (body, arms), (start, stop) = made.doings, made.spans[1]
    return Take(made.joints, replace(body, also=arms), start, stop, is_procedural=made.is_procedural)


MADE: dict[str, Callable[[Material, np.random.Generator], Take | None]] = {
    "curved": partial(_bent_take, circle=0.2),
    "two_at_once": _two_at_once,
}


def curved(material: Material, rng: np.random.Generator) -> Composite | None:
    """Walking and running in curves and circles, of which captured clips have few."""
    take = _bent_take(material, rng, circle=0.5)
    if take is None:
        return None
    lines = caption_lines([take.doing], CAPTIONS, rng)
    return Composite(take.joints, lines, (take.doing,), ((0, len(take.joints)),), False)


def there_and_back(material: Material, rng: np.random.Generator) -> Composite | None:
    """Walking, a turn around, and walking on, which then leads back."""
    way = material.draw("walk", rng)
    if len(way.joints) < 110:
        return None
    turn = PROCEDURAL["turn_around"](rng)
    length = int(rng.integers(40, 62))
    start = int(rng.integers(len(way.joints) - length))
    again = int(rng.integers(len(way.joints) - length))
    pieces = [
        (way, Piece(way.joints, start, start + length)),
        (turn, Piece(turn.joints, turn.start, min(turn.stop, turn.start + 60))),
        (replace(way, doing=Doing("walk_return")), Piece(way.joints, again, again + length)),
    ]
    return _told(pieces, rng)


def _told(parts: Sequence[tuple[Take, Piece]], rng: np.random.Generator) -> Composite | None:
    pieces = [piece for _, piece in parts]
    made = sequence(pieces, width=int(rng.integers(9, 15)))
    if made is None or not SHORTEST <= len(made[0]) <= LONGEST:
        return None
    joints, starts = made
    ends = [*starts[1:], len(joints)]
    doings = [take.doing for take, _ in parts]
    told = [
        replace(doing, action="walk_again")
        if number and doing.action == "walk" and rng.random() < 0.5
        else doing
        for number, doing in enumerate(doings)
    ]
    seconds = [(a / FPS, b / FPS) for a, b in zip(starts, ends, strict=True)]
    # Parts too short for a clip of their own are told in the whole's sentences only.
    tagged = all(b - a >= 2.05 for a, b in seconds)
    lines = caption_lines(told, CAPTIONS, rng, times=seconds if tagged else ())
    spans = tuple(zip(starts, ends, strict=True))
    return Composite(joints, lines, tuple(doings), spans, any(take.is_procedural for take, _ in parts))


def repeated(material: Material, rng: np.random.Generator) -> Composite | None:
    """A short action two or three times."""
    action = weighted(
        {k: 1.0 for k in ("kick", "squat", "hop", "bow", "elbow_to_knee") if material.has(k)}, rng
    )
    take = material.draw(action, rng)
    count = int(rng.integers(2, 4))
    if (take.stop - take.start) * count > LONGEST:
        return None
    made = sequence([Piece(take.joints, take.start, take.stop)] * count, width=8)
    if made is None or len(made[0]) < SHORTEST:
        return None
    times = {2: "twice", 3: "three times"}[count]
    doing = replace(take.doing, manner=times)
    spans = ((0, len(made[0])),)
    return Composite(made[0], caption_lines([doing], CAPTIONS, rng), (take.doing,), spans, False)


def between_standing(material: Material, rng: np.random.Generator) -> Composite | None:
    """A short captured action with standing before and after it: alone it is too short for a clip."""
    action = weighted(
        {k: 1.0 for k in ("kick", "squat", "hop", "elbow_to_knee", "arm_circles", "grab_high", "sneak", "bow",
                          "pick_up", "throw", "lie_down", "jump_forward") if material.has(k)},
        rng,
    )  # fmt: skip
    take = material.draw(action, rng)
    idle = material.draw("stand", rng)
    before, after = int(rng.integers(8, 30)), int(rng.integers(16, 34))
    first = int(rng.integers(len(idle.joints) - before - 20))
    pieces = [Piece(idle.joints, first, first + before), Piece(take.joints, take.start, take.stop)]
    if action not in LAST_ONLY:
        later = int(rng.integers(len(idle.joints) - after))
        pieces.append(Piece(idle.joints, later, later + after))
    if sum(piece.frames for piece in pieces) > LONGEST:
        return None
    made = sequence(pieces, width=8)
    if made is None or len(made[0]) < SHORTEST:
        return None
    joints, starts = made
    lines = caption_lines([take.doing], CAPTIONS, rng)
    spans = ((starts[1], starts[1] + pieces[1].frames),)
    return Composite(joints, lines, (take.doing,), spans, False)


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
        take = _seated(rng)
        first = int(rng.integers(0, max(take.start, 1)))
        joints = take.joints[first : take.stop]
    elif chance < 0.1:
        take = _stood_up(rng)
        joints = take.joints[take.start :]
    else:
        take = perform([pick([*BODY_PROCEDURES, *ARM_PROCEDURES, *LEG_PROCEDURES], rng)], rng)
        joints = take.joints
    if not SHORTEST <= len(joints) <= LONGEST:
        return None
    lines = caption_lines([take.doing], CAPTIONS, rng)
    return Composite(joints, lines, (take.doing,), ((0, len(joints)),), True)


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
