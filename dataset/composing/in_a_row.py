"""Actions in a row (as in TEACH, Athanasiou et al. 2022): two or three parts, repetitions, a way there and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from dataset.composing.amounts import measured
from dataset.composing.at_once import arms_over_body
from dataset.composing.curves import bent_take
from dataset.composing.drawing import CAPTIONS, LONGEST, SHORTEST, Composite, Material, pick, weighted
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
from dataset.composing.phrases import Doing, caption_lines
from dataset.composing.sequence import Piece, sequence
from dataset.composing.takes import (
    floor_work_from_standing,
    got_up,
    got_up_from_floor,
    paced,
    rose_from_knees,
    seated,
    stayed_low,
    stood_up,
)

LOCOMOTION = ("walk", "run", "walk_back", "curve", "corner")
SPUN_OUT = (
    "stand",
    "march",
    "run_in_place",
    "limp",
    "tiptoe_walk",
    "march_forward",
)  # any stretch of them will do
SIDED = ("raise_one", "wave_one", "kick")  # may be done again, on the other side
LAST_ONLY = ("lie_down", "sit", "squat_low", "on_the_floor")  # the body does not come up again
FIRST_ONLY = ("get_up", "stand_up", "rise_from_knees", "get_up_from_floor")  # the body must be down before
BOTH_SIDES = ("sidestep", "raise_one", "raise_one", "wave_one", "kick", "kick", "punch", "lift_knee", "leg_aside",
              "turn_quarter", "stretch", "arm_out_one", "arm_front_one", "lunge", "one_leg", "hop_one_leg", "look",
              "touch_head", "side_steps", "side_steps", "jump_aside", "hand_on_chest")  # fmt: skip


def _part(
    material: Material, budget: int, place: str, previous: str, rng: np.random.Generator
) -> tuple[Take, Piece] | None:
    """One part of a sequence that fits into a budget of frames. place: first, middle or last."""
    # What lasts as long as one likes is kept short where little is left for the others.
    longest = 90 if budget > 130 else 64
    names = {
        "walk": 5, "run": 1.5, "walk_back": 3, "corner": 1, "wave_one": 2.5, "raise_one": 3, "wave_both": 1.2,
        "raise_both": 1.2, "bow": 2, "kick": 2, "squat": 3, "hop": 1.5, "jump_forward": 1, "curved": 1.5,
        "stand": 2, "two_at_once": 4, "paced": 1.5, "pick_up": 1.5, "bend_down": 1.5, "jump_times": 1, "squat_times": 0.7,
        "kick_times": 0.7, "turn_full": 1.5, "squat_low": 0.6, "get_up": 1.5, "stand_up": 1.5, "rise_from_knees": 0.6,
        "sneak": 0.4,
        "elbow_to_knee": 0.5, "grab_high": 0.5, "throw": 0.3, "lie_down": 1.2, "body": 8, "turn_around": 5,
        "turn_quarter": 3, "arms": 6, "legs": 3, "sit": 1.2, "clap": 1, "on_the_floor": 3.5, "get_up_from_floor": 1,
    }  # fmt: skip
    barred = (*(LAST_ONLY if place != "last" else ()), *(FIRST_ONLY if place != "first" else ()))
    names = {k: v for k, v in names.items() if k not in barred}
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
        stop = min(stop, start + int(rng.integers(50, max(longest, 51))))
    elif action in (*LOCOMOTION, *SPUN_OUT) and action != "corner":
        length = int(rng.integers(36, longest))
        start = (
            int(rng.integers(max(stop - start - length, 0) + 1)) + start if action != "sidestep" else start
        )
        stop = min(start + length, stop)
    elif action in ARMS_OF and not take.doing.facts.get("times"):
        stop = min(stop, start + int(rng.integers(50, longest + 10)))
    if stop - start > budget or stop - start < 14:
        return None
    return take, Piece(take.joints, start, stop)


def _named(action: str, procedures: Sequence[Procedure]) -> Callable[[np.random.Generator], Take]:
    performed = [procedure for procedure in procedures if procedure.action == action]
    return lambda rng: perform([performed[rng.integers(len(performed))]], rng)


PROCEDURAL: dict[str, Callable[[np.random.Generator], Take]] = {
    "body": lambda rng: perform([pick(BODY_PROCEDURES, rng)], rng),
    "arms": lambda rng: perform([pick(ARM_PROCEDURES, rng)], rng),
    "legs": lambda rng: perform([pick(LEG_PROCEDURES, rng)], rng),
    "turn_around": _named("turn_around", LEG_PROCEDURES),
    "turn_quarter": _named("turn_quarter", LEG_PROCEDURES),
    "turn_full": _named("turn_full", LEG_PROCEDURES),
    **{
        name: _named(name, BODY_PROCEDURES)
        for name in ("bend_down", "jump_times", "squat_times", "kick_times")
    },
    "clap": _named("clap", ARM_PROCEDURES),
    "sit": seated,
    "stand_up": stood_up,
    "squat_low": stayed_low,
    "rise_from_knees": rose_from_knees,
}


def _two_at_once(material: Material, rng: np.random.Generator) -> Take | None:
    """An arm action over a body's, as one part of a sequence."""
    made = arms_over_body(material, rng)
    if made is None or len(made.doings) < 2:
        return None
    (body, arms), (start, stop) = made.doings, made.spans[1]
    return Take(made.joints, replace(body, also=arms), start, stop, is_procedural=made.is_procedural)


MADE: dict[str, Callable[[Material, np.random.Generator], Take | None]] = {
    "curved": partial(bent_take, circle=0.2),
    "paced": paced,
    "two_at_once": _two_at_once,
    "get_up": got_up,
    "on_the_floor": lambda material, rng: floor_work_from_standing(rng),
    "get_up_from_floor": lambda material, rng: got_up_from_floor(rng),
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


def one_side_then_other(material: Material, rng: np.random.Generator) -> Composite | None:
    """The same on one side and then on the other, and now and then something else after that."""
    action = BOTH_SIDES[rng.integers(len(BOTH_SIDES))]
    performed = [p for p in (*ARM_PROCEDURES, *BODY_PROCEDURES, *LEG_PROCEDURES) if p.action == action]
    first = perform([performed[0]], rng)
    second = perform([performed[1]], rng)
    if rng.random() < 0.5:
        first, second = second, first
    longest = LONGEST // 2
    parts = [(t, Piece(t.joints, t.start, t.stop)) for t in (first, second)]
    if any(piece.frames > longest for _, piece in parts):
        return None
    left = LONGEST - sum(piece.frames for _, piece in parts)
    if left > 50 and rng.random() < 0.5:
        third = _part(material, left, "last", action, rng)
        if third is None:
            return None
        parts.append(third)
    return _told(parts, rng)


def changing_gait(material: Material, rng: np.random.Generator) -> Composite | None:
    """A walk that becomes a run, a run that becomes a walk, or either that comes to a stop."""
    names = [
        ("walk", "run"), ("walk", "run"), ("run", "walk"), ("walk", "stand"), ("run", "stand"), ("walk_back", "stand"),
    ][rng.integers(6)]  # fmt: skip
    parts = []
    for name in names:
        if not material.has(name):
            return None
        take = material.draw(name, rng)
        length = int(rng.integers(40, 80))
        start = int(rng.integers(max(take.stop - take.start - length, 0) + 1)) + take.start
        stop = min(start + length, take.stop)
        if stop - start < 24:
            return None
        parts.append((take, Piece(take.joints, start, stop)))
    return _told(parts, rng)


def back_and_forth(material: Material, rng: np.random.Generator) -> Composite | None:
    """Walking, turning around, and walking back, once more in long clips."""
    way = material.draw("walk", rng)
    if len(way.joints) < 80:
        return None
    parts: list[tuple[Take, Piece]] = []
    for number in range(int(rng.integers(2, 4))):
        if number:
            turn = PROCEDURAL["turn_around"](rng)
            parts.append((turn, Piece(turn.joints, turn.start, min(turn.stop, turn.start + 36))))
        length = int(rng.integers(30, 44))
        start = int(rng.integers(len(way.joints) - length))
        parts.append((way, Piece(way.joints, start, start + length)))
    made = sequence([piece for _, piece in parts], width=int(rng.integers(9, 13)))
    if made is None or not SHORTEST <= len(made[0]) <= LONGEST:
        return None
    doing = Doing("pace")
    return Composite(made[0], caption_lines([doing], CAPTIONS, rng), (doing,), ((0, len(made[0])),), True)


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


def _told_after(doing: Doing, before: Doing, rng: np.random.Generator) -> Doing:
    """An action with words for what it is after another: walking that goes on, a walk that becomes a run, standing that is
    a stop.
    """
    going = before.action in LOCOMOTION
    other = {
        "walk": "slow_to_walk" if before.action == "run" else "walk_again",
        "run": "run_on" if before.action == "walk" else "run",
        "stand": "stop" if going else "stand",
    }.get(doing.action)
    return replace(doing, action=other) if other and rng.random() < 0.5 else doing


def _told(parts: Sequence[tuple[Take, Piece]], rng: np.random.Generator) -> Composite | None:
    pieces = [piece for _, piece in parts]
    made = sequence(pieces, width=int(rng.integers(9, 15)))
    if made is None or not SHORTEST <= len(made[0]) <= LONGEST:
        return None
    joints, starts = made
    ends = [*starts[1:], len(joints)]
    doings = [take.doing for take, _ in parts]
    told = [doings[0], *(_told_after(doing, before, rng) for before, doing in pairwise(doings))]
    told = [measured(doing, joints[a:b]) for doing, a, b in zip(told, starts, ends, strict=True)]
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
