"""One clip after another: the second turned and moved to where the first ends, with feet that step across.

As in TEACH (Athanasiou et al. 2022) and PriorMDM (Shafir et al. 2023) a sequence is made of single actions; here the
transition is geometry: directions of bones are cross-faded, the root's speed too, and feet that stand are lifted from
where the first clip left them to where the second needs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dataset.composing.bodies import (
    BONES,
    LEGS,
    SMALLEST_STEP,
    assemble,
    bend_legs,
    blend,
    directions_of,
    facing_yaw,
    grounded,
    lead_into,
    lower_into_reach,
    smooth,
    turned,
)
from utils.rotation import unit

DECAY = 3.0  # frames in which a movement that is not continued dies away
DEEPEST = 0.10  # metres by which a body may be lowered to reach its feet
ROOT_HEIGHT = 1
AROUND = 9  # frames beside a transition that a lowered body eases into and out of


@dataclass(frozen=True)
class Piece:
    """Frames start..stop of joints (T, 22, 3); what lies after `stop` serves the transition."""

    joints: np.ndarray
    start: int
    stop: int
    lengths: np.ndarray = field(default_factory=BONES.copy)  # (22,) metres, of the body that is put together

    @property
    def frames(self) -> int:
        return self.stop - self.start


def join(first: Piece, second: Piece, width: int = 12, deepest: float = DEEPEST) -> np.ndarray | None:
    """Joints (T, 22, 3) of `first`, then `second`, the first `width` frames of which are a transition.

    T is the sum of both pieces' frames. None where a body would have to be lowered by more than `deepest` metres for
    its legs to reach, so that the pieces don't fit.
    """
    width = min(width, second.frames - 1)
    before = first.joints[first.start : first.stop]
    going_on = _continuation(first, width)
    coming = second.joints[second.start : second.stop]
    middle = width // 2
    yaw = facing_yaw(coming[middle : middle + 2]) - facing_yaw(going_on[middle : middle + 2])
    coming = turned(coming, yaw)
    weight = smooth(np.arange(1, width + 1) / (width + 1))
    root = _root(before, going_on, coming, weight)
    directions = directions_of(coming)
    directions[:width] = lead_into(directions_of(going_on), directions[:width], weight)
    after = assemble(root, directions, second.lengths)
    joints = np.concatenate([before, after])
    placed = coming - coming[:, :1] + root[:, None]
    placed[..., 1] = coming[..., 1]
    joints, drop = _with_steps(joints, len(before), going_on, placed, second.lengths)
    return None if drop > deepest else joints


def sequence(
    pieces: list[Piece], width: int = 12, deepest: float = DEEPEST
) -> tuple[np.ndarray, list[int]] | None:
    """Several pieces one after another: joints, and the frame at which each part starts; None as `join`."""
    joints, starts, lengths = pieces[0].joints[: pieces[0].stop], [0], pieces[0].lengths
    made = Piece(pieces[0].joints[pieces[0].start :], 0, pieces[0].frames, lengths)
    for piece in pieces[1:]:
        starts.append(made.frames)
        joined = join(made, piece, width, deepest)
        if joined is None:
            return None
        joints = joined
        # What follows the new piece in its own clip, moved along, so that the next transition knows it.
        tail = piece.joints[piece.stop : piece.stop + width + 2]
        if len(tail):
            joints = np.concatenate([joints, _moved_along(joints, piece, tail)])
        made = Piece(joints, 0, starts[-1] + piece.frames, lengths)
    return made.joints[: made.stop], starts


def _moved_along(joints: np.ndarray, piece: Piece, tail: np.ndarray) -> np.ndarray:
    """Frames after a piece, placed so that they continue the piece's last frame in `joints`."""
    last = piece.joints[piece.stop - 1 : piece.stop]
    yaw = facing_yaw(last) - facing_yaw(joints[-1:])
    moved = turned(tail, yaw)
    shift = joints[-1, 0] - turned(last, yaw)[0, 0]
    return moved + shift * (1.0, 0.0, 1.0)


def _continuation(piece: Piece, width: int) -> np.ndarray:
    """`width` frames after a piece: its own clip's, and after that clip's end a movement that dies away."""
    there = piece.joints[piece.stop : piece.stop + width]
    if len(there) == width:
        return there
    known = piece.joints[piece.start : piece.stop + len(there)]
    missing = np.arange(1, width - len(there) + 1)
    travelled = DECAY * (1 - np.exp(-missing / DECAY))[:, None]
    pace = known[-1] - known[-2] if len(known) > 1 else np.zeros_like(known[-1])
    root = known[-1, 0] + travelled * pace[0]
    directions = directions_of(known[-2:])
    change = directions[-1] - directions[0]
    later = unit(directions[-1] + travelled[..., None] * change)
    return np.concatenate([there, assemble(root, later, piece.lengths)])


def _root(before: np.ndarray, going_on: np.ndarray, coming: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Root path (T, 3) of the second piece: speeds cross-faded over the floor, heights by themselves."""
    width = len(weight)
    pace = np.diff(coming[:, 0], axis=0, prepend=coming[:1, 0])
    pace[0] = pace[1] if len(pace) > 1 else 0
    old = np.diff(np.concatenate([before[-1:, 0], going_on[:, 0]]), axis=0)
    pace[:width] = (1 - weight)[:, None] * old + weight[:, None] * pace[:width]
    root = before[-1, 0] + np.cumsum(pace, axis=0)
    height = coming[:, 0, ROOT_HEIGHT].copy()
    height[:width] = (1 - weight) * going_on[:, 0, ROOT_HEIGHT] + weight * height[:width]
    root[:, ROOT_HEIGHT] = height
    return root


def _with_steps(
    joints: np.ndarray, seam: int, going_on: np.ndarray, placed: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, float]:
    """Let each foot keep to the first clip, then step to where the second has it; joints, and the body's drop.

    joints: all frames, cross-faded; seam: where the transition starts; going_on (W, 22, 3): the first clip's
    frames there; placed: the second clip in its final place; lengths (22,) of bones.
    """
    width = len(going_on)
    span = slice(seam, seam + width)
    stands_before, stands_after = (
        grounded(part)[at] for part, at in ((going_on, 0), (placed[: width + 1], -1))
    )
    order = _order(stands_before, stands_after, going_on, placed)
    ankles, toes = np.zeros((len(joints), 2, 3)), np.zeros((len(joints), 2, 3))
    for side, (_, _, ankle, toe) in enumerate(LEGS):
        ankles[:, side] = joints[:, ankle]
        toes[:, side] = unit(joints[:, toe] - joints[:, ankle])
        begin, end = ((0.0, 0.55), (0.45, 1.0))[order.index(side)]
        share = smooth((np.arange(1, width + 1) / (width + 1) - begin) / (end - begin))
        old, new = going_on[:, ankle], placed[:width, ankle]
        way = (1 - share)[:, None] * old + share[:, None] * new
        distance = float(np.linalg.norm((new[-1] - old[0])[[0, 2]]))
        if stands_before[side] and stands_after[side] and distance > SMALLEST_STEP:
            way[:, 1] += 4 * share * (1 - share) * min(0.02 + 0.15 * distance, 0.09)
        ankles[span, side] = way
        old_toe, new_toe = directions_of(going_on)[:, toe], directions_of(placed[:width])[:, toe]
        toes[span, side] = blend(old_toe, new_toe, share)
    joints, drop = lower_into_reach(joints, ankles, span, lengths)
    reach = slice(max(seam - AROUND, 0), min(seam + width + AROUND, len(joints)))
    return bend_legs(joints, ankles, toes, reach, lengths), drop


def _order(before: np.ndarray, after: np.ndarray, going_on: np.ndarray, placed: np.ndarray) -> list[int]:
    """The side that moves first: one in the air already, or not needed on the floor first, or farther away."""
    if before[0] != before[1]:
        return [1, 0] if before[0] else [0, 1]
    if after[0] != after[1]:
        return [0, 1] if after[0] else [1, 0]
    away = [
        np.linalg.norm((placed[len(going_on) - 1, ankle] - going_on[0, ankle])[[0, 2]])
        for ankle in (LEGS[0][2], LEGS[1][2])
    ]
    return [0, 1] if away[0] >= away[1] else [1, 0]
