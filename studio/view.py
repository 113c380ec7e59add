"""What the page is told: a session in few words, and all that it draws of one state."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from editing import AnyOperation
from studio.bench import Shown
from studio.forms import in_words, to_plain
from studio.health import compare
from studio.history import Session
from visualization.body import find_contacts
from visualization.describe import describe_spans
from visualization.mannequin import mannequin
from visualization.player import PlayerClip, clip_data

AFTER, BEFORE, ALONE = "after", "before", "pose codes alone"


def told_session(session: Session) -> dict[str, Any]:
    """A session as JSON values: takes, what is shown, what can be undone."""
    state = session.state
    return {
        "id": session.id,
        "revision": session.revision,
        "takes": [vars(take) for take in session.takes],
        "take": state.take,
        "title": session.title,
        "operations": [
            {
                "plain": plain,
                "name": name_of(operation),
                "says": in_words(operation),
                "span": _span(operation),
            }
            for plain, operation in zip(to_plain(state.operations), state.operations, strict=True)
        ],
        "undo": state.label if session.at else "",
        "redo": session.states[session.at + 1].label if session.at + 1 < len(session.states) else "",
    }


def name_of(operation: AnyOperation) -> str:
    """The operation's name in `editing.OPERATIONS`."""
    return type(operation).__name__


def _span(operation: AnyOperation) -> dict[str, Any]:
    return {"start": operation.span.start, "stop": operation.span.stop, "unit": operation.span.unit}


def told_motion(shown: Shown) -> dict[str, Any]:
    """A state's motion as JSON values: the player's clip, codes, words, contacts, and what the edit says."""
    before, after = shown.before, shown.after
    variants = {AFTER: after.joints}
    if shown.alone is not None:
        variants[ALONE] = shown.alone
    if shown.result is not None:
        variants[BEFORE] = before.joints
    clip = clip_data(PlayerClip(variants, after.fps), mannequin().rest, after.text)
    rate = after.steps_per_second
    spans = describe_spans(after.pose_codes, rate, frame=after.pose_frame)
    wanted, follows = _marks(shown)
    return {
        "clip": clip,
        "fps": after.fps,
        "stepSeconds": 1 / rate,
        "codes": packed(after.pose_codes),
        "codesBefore": packed(before.pose_codes),
        "edited": packed(wanted.astype(np.uint8)),
        "follows": packed(follows.astype(np.uint8)),
        "spans": [{"begin": s.begin, "end": s.end, "says": list(s.statements)} for s in spans],
        "sentences": [{"says": text, "begin": begin, "end": end} for text, begin, end in after.segments],
        "contacts": [_runs(side) for side in find_contacts(after.joints, after.fps).T],
        "difference": shown.result.difference.splitlines() if shown.result is not None else [],
        "success": _success(shown),
        "health": compare(before.joints, after.joints, after.fps) if shown.result is not None else None,
    }


def _marks(shown: Shown) -> tuple[np.ndarray, np.ndarray]:
    """(L, 70) bool each: what operations on codes decide in a step, and what else has changed there.

    What follows is told by codes that were measured in both motions, at the moments that correspond.
    """
    codes = shown.after.pose_codes
    if shown.result is None:
        return np.zeros(codes.shape, bool), np.zeros(codes.shape, bool)
    plan, achieved = shown.result.plan, shown.result.achieved
    starts = np.arange(0, len(achieved), -(-len(achieved) // len(codes)))
    wanted = np.logical_or.reduceat(plan.edited, starts, axis=0)
    return wanted, (achieved[starts] != plan.source_codes[starts]) & ~wanted


def _success(shown: Shown) -> float | None:
    """Share of the edited codes within one category of what was asked for; None where no codes were."""
    if shown.result is None or not shown.result.plan.edited.any():
        return None
    return shown.result.success


def _runs(mask: np.ndarray) -> list[list[int]]:
    """Runs of True in a mask (T,) as [first, stop] frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return np.reshape(edges, (-1, 2)).tolist()


def packed(array: np.ndarray) -> dict[str, Any]:
    """A uint8 array for player_render.js's `unpack`."""
    array = np.ascontiguousarray(array, np.uint8)
    return {"shape": list(array.shape), "uint8": base64.b64encode(array.tobytes()).decode("ascii")}
