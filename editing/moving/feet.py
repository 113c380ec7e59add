"""Feet of a motion whose body is led elsewhere: those that stand keep standing, and step where they have to.

A foot-plant clean-up in the manner of Kovar et al. (Footskate cleanup, 2002). Each frame of a motion is to be moved by a
turn about the vertical and a shift (`Leading`). While a foot stands, it does what it does in the source, under one turn
and shift; while it swings, it goes from one such place to the next. Where both feet stand for long while the body is led
on, steps are put in, left and right in turn. Legs then bend to reach their feet, the body comes down where they can't.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_closing, binary_opening, gaussian_filter1d

from dataset.composing.bodies import LEGS, bend_legs, grounded, lengths_of, lower_into_reach, smooth
from utils.rotation import turn, unit

SLIDES = 0.02  # metres; what is less, a foot slides
FAR = 0.30  # metres that a foot goes in one step that is put in
WIDE = np.radians(50.0)  # by which it turns in one
SWING = (5, 10)  # frames of a step that is put in: fewest and most
LONG = 10  # frames that both feet stand before a step is put in
LIFT = 0.05  # metres; of a step of no length
FLOOR = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Leading:
    """Where each frame of a motion is led: turned by yaw (T,) radians to the left about the origin, then shifted (T, 3)."""

    yaw: np.ndarray
    shift: np.ndarray

    def of(self, points: np.ndarray, at: np.ndarray | int | None = None) -> np.ndarray:
        """Points (T, ..., 3) led as their own frame is, or all as the frames `at` are."""
        yaw, shift = (self.yaw, self.shift) if at is None else (self.yaw[at], self.shift[at])
        extra = points.ndim - np.ndim(yaw) - 1
        yaw = np.asarray(yaw).reshape(np.shape(yaw) + (1,) * extra)
        shift = np.asarray(shift).reshape(*np.shape(shift)[:-1], *(1,) * extra, 3)
        return turn(points, yaw) + shift


def runs_of(line: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True in (T,) as (start, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def feet_of(joints: np.ndarray) -> np.ndarray:
    """Ankles and toes (T, side, ankle and toe, 3) of joints (T, 22, 3)."""
    return np.stack([joints[:, [ankle, toe]] for _, _, ankle, toe in LEGS], 1)


def standing(joints: np.ndarray) -> np.ndarray:
    """(T, 2) whether each foot stands; touches and breaks of a frame or two don't count."""
    if len(joints) < 3:
        return np.zeros((len(joints), 2), bool)
    found = grounded(joints)
    pad = np.pad(found, ((4, 4), (0, 0)), mode="edge")
    tidy = [binary_opening(binary_closing(line, np.ones(3)), np.ones(3)) for line in pad.T]
    return np.stack(tidy, 1)[4:-4]


def lead(
    joints: np.ndarray,
    leading: Leading,
    stands: np.ndarray,
    weight: np.ndarray,
    body: np.ndarray | None = None,
) -> np.ndarray:
    """Joints (T, 22, 3) of a motion that is led elsewhere, on feet that stand and step.

    joints: the motion before. stands: (T, 2). weight: (T,) 0 where frames only move rigidly. body: (T, 22, 3) what is
    to be above the feet, where that is more than `joints` led.
    """
    led = leading.of(joints) if body is None else np.array(body)
    feet = feet_of(joints)
    steps = _steps_to_put_in(feet, leading, stands, weight)
    target = np.empty_like(feet)
    for side in (0, 1):
        runs = runs_of(stands[:, side])
        segments = _segments(runs, [step for step in steps if step[2] == side], weight)
        target[:, side] = _follow(feet[:, side], leading, segments)
    for start, stop, side in steps:
        share = np.arange(1, stop - start + 1) / (stop - start + 1)
        way = np.linalg.norm((target[stop - 1, side, 0] - target[start, side, 0]) * FLOOR)
        target[start:stop, side, :, 1] += (16 * (share * (1 - share)) ** 2 * (LIFT + 0.12 * way))[:, None]
    return on_feet(led, target, weight)


def on_feet(body: np.ndarray, feet: np.ndarray, weight: np.ndarray, ease: float = 1.5) -> np.ndarray:
    """Joints (T, 22, 3) of a body whose legs bend so that ankles and toes are at feet (T, 2, 2, 3), where weight > 0.

    The body comes down where a leg does not reach.
    """
    acts = weight > 0
    if not acts.any():
        return body
    lengths = lengths_of(body)
    ankles, toes = feet[:, :, 0], unit(feet[:, :, 1] - feet[:, :, 0])
    lowered, _ = lower_into_reach(body, ankles, slice(None), lengths)
    drop = (body[:, 0, 1] - lowered[:, 0, 1]) * smooth(gaussian_filter1d(acts.astype(float), ease) * 2 - 0.5)
    bent = bend_legs(body - drop[:, None, None] * (0.0, 1.0, 0.0), ankles, toes, slice(None), lengths)
    return np.where(acts[:, None, None], bent, body)


def _steps_to_put_in(
    feet: np.ndarray, leading: Leading, stands: np.ndarray, weight: np.ndarray
) -> list[tuple[int, int, int]]:
    """(start, stop, side) of steps where both feet stand for long while the body is led on."""
    steps: list[tuple[int, int, int]] = []
    for start, stop in runs_of(stands.all(1) & (weight > 0)):
        if stop - start < LONG:
            continue
        middle = feet[start:stop].mean(0)  # (side, ankle and toe, 3)
        line = np.stack(
            [turn(middle, np.float64(leading.yaw[t])) + leading.shift[t] for t in range(start, stop)]
        )
        gone = np.linalg.norm(np.diff(line, axis=0), axis=-1).max((1, 2))
        way, angle = gone.sum(), np.abs(np.diff(leading.yaw[start:stop])).sum()
        if np.linalg.norm(line[-1] - line[0], axis=-1).max() < SLIDES and way < 0.1:
            continue
        moving = np.flatnonzero(gone > 0.02 * gone.max())
        begin, end = start + int(moving[0]), start + int(moving[-1]) + 2
        count = 2 * max(int(np.ceil(way / FAR)), int(np.ceil(angle / WIDE / 2)), 1)
        if end - begin < count * SWING[0]:  # steps take their time
            spare = count * SWING[0] - (end - begin)
            begin, end = max(begin - spare // 2, start), min(end + spare - spare // 2, stop)
            count = 2 * max((end - begin) // SWING[0] // 2, 1)
        edges = np.linspace(begin, end, count + 1)
        first = _first_side(line)
        for number in range(count):
            a, b = edges[number], edges[number + 1]
            spare = max(b - a - SWING[1], 0) / 2
            steps.append(
                (round(a + spare), max(round(b - spare), round(a + spare) + 2), (first + number) % 2)
            )
    return steps


def _first_side(line: np.ndarray) -> int:
    """The foot on the side to which both are led: it has the way free; feet (n, side, 2, 3)."""
    across = line[0, 0, 0] - line[0, 1, 0]
    shift = (line[-1] - line[0]).mean((0, 1))
    turned = np.cross(line[0, 0, 1] - line[0, 0, 0], line[-1, 0, 1] - line[-1, 0, 0])[1]
    sideways = float((shift * across).sum())
    return 0 if (sideways if abs(sideways) > 0.01 else turned) > 0 else 1


def _segments(
    runs: list[tuple[int, int]], steps: list[tuple[int, int, int]], weight: np.ndarray
) -> list[tuple[int, int, int]]:
    """(start, stop, frame) of stretches in which a foot is led as one frame is: where it stands, or nothing is edited."""
    found: list[tuple[int, int, int]] = []
    for begin, end in runs_of(weight > 0):
        if begin > 0:
            found.append((0 if not found else found[-1][0], begin, begin - 1))
        for start, stop in runs:
            a, b = max(start, begin), min(stop, end)
            if a < b:
                first, last = max(start, begin - 1), min(stop - 1, end)
                found += _standing(a, b, first, last, [(c, d) for c, d, _ in steps if a <= c and d <= b])
        if end < len(weight):
            found.append((end, len(weight), end))
    return found


def _standing(
    start: int, stop: int, first: int, last: int, steps: list[tuple[int, int]]
) -> list[tuple[int, int, int]]:
    """The stretches of one run of standing: first, last: the frames that lead it at its ends."""
    edges = [start, *[edge for pair in sorted(steps) for edge in pair], stop]
    parts = list(zip(edges[::2], edges[1::2], strict=True))
    if len(parts) == 1:
        if first < start and last >= stop:  # unedited at both ends: it can only slide across
            return [(start, start, first), (stop, stop, last)]
        return [(start, stop, first if first < start else last if last >= stop else (start + stop) // 2)]
    found = []
    for number, (a, b) in enumerate(parts):
        if number == 0:
            found.append((a, b, first))
        elif number == len(parts) - 1:
            found.append((a, b, last))
        else:  # halfway between this landing and the next one
            found.append((a, b, (b + parts[number + 1][0]) // 2))
    return found


def _follow(foot: np.ndarray, leading: Leading, segments: list[tuple[int, int, int]]) -> np.ndarray:
    """Ankle and toe (T, 2, 3) that stand in their segments and go from one to the next in between."""
    count = len(foot)
    before, after, share = np.zeros(count, int), np.zeros(count, int), np.zeros(count)
    if not segments:
        return leading.of(foot)
    position = 0
    held = None
    for start, stop, frame in segments:
        gap = slice(position, start)
        before[gap], after[gap] = frame if held is None else held, frame
        if held is None:  # before it first stands it is led as its own frames are
            before[gap] = np.arange(position, start)
        share[gap] = smooth(np.arange(1, start - position + 1) / (start - position + 1))
        before[start:stop] = after[start:stop] = frame
        position, held = stop, frame
    rest = slice(position, count)
    before[rest], after[rest] = held, np.arange(position, count)
    share[rest] = smooth(np.arange(1, count - position + 1) / (count - position + 1))
    ankle, toe = foot[:, 0], foot[:, 1] - foot[:, 0]
    first, second = leading.of(ankle, before), leading.of(ankle, after)
    place = first + share[:, None] * (second - first)
    angle = leading.yaw[before] + share * (leading.yaw[after] - leading.yaw[before])
    return np.stack([place, place + turn(toe, angle)], 1)


def locked(joints: np.ndarray, stands: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) whose toes stay where they are while they stand (T, 2); in between feet come back smoothly."""
    feet = feet_of(joints)
    times = np.arange(len(joints))
    for side in (0, 1):
        known, values = [], []
        for start, stop in runs_of(stands[:, side]):
            toes = feet[start:stop, side, 1]
            known.append(np.arange(start, stop))
            values.append((np.median(toes, axis=0) - toes) * FLOOR)
        if not known:
            continue
        at, offset = np.concatenate(known), np.concatenate(values)
        steady = np.stack([np.interp(times, at, offset[:, axis]) for axis in range(3)], -1)
        feet[:, side] += steady[:, None] * weight[:, None, None]
    return on_feet(joints, feet, weight)
