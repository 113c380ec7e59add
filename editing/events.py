"""When something happens in a motion, for times such as "before the turn" or "while jumping": found on joints.

located(Turn(90, span=Span(event="jump", when="after")), joints, fps)     the same at those frames
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from scipy.ndimage import binary_closing, binary_dilation, gaussian_filter1d, maximum_filter1d

from editing.motion_operations import MotionOperation
from editing.moving.feet import runs_of
from editing.operations import Operation
from editing.spans import Span
from utils import quantities as q
from utils.runtime import UserError

GAP, SHORTEST = 0.4, 0.15  # seconds: pauses that don't end an event, and what is too short for one
EDGE = 4  # frames
LEAST_AROUND = 0.3  # seconds that there must be before or after an event
TURNING, TURNED = 25.0, 30.0  # degrees a second of a body that turns, and degrees of a turn
STEPPING, RUNNING = 0.3, 1.6  # metres a second of the pelvis over the floor
LOWER, LEANING = 0.15, 15.0  # metres that a squat lowers the pelvis, degrees that a bow bends the trunk
SWINGING, SHOOTING = 0.45, 1.4  # metres a second of a hand, seen from the chest, that waves, and that punches
HAND_UP, LIFTED, KICKING = -0.12, 0.2, 0.9  # metres over the chest and the floor; metres a second of a toe
TOGETHER = 0.25  # metres between the wrists of hands that clap

Kind = TypeVar("Kind", Operation, MotionOperation)


def _pace(joints: np.ndarray) -> np.ndarray:
    """Metres a second (T,) of the pelvis over the floor, without the sway of the hips."""
    path = gaussian_filter1d(joints[:, q.PELVIS][:, [0, 2]], 0.25 * q.FPS, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(path, axis=0), axis=-1) * q.FPS


def _turns(joints: np.ndarray) -> np.ndarray:
    heading = gaussian_filter1d(q.heading(joints), 0.2 * q.FPS, mode="nearest")
    rate = np.gradient(heading) * q.FPS
    found = np.zeros(len(joints), bool)
    for start, stop in runs_of(binary_closing(np.abs(rate) > TURNING, np.ones(round(GAP * q.FPS)))):
        found[start:stop] = abs(heading[stop - 1] - heading[start]) > TURNED
    return found


def _with_ways(surely: np.ndarray, maybe: np.ndarray) -> np.ndarray:
    """Frames (T,) of stretches that may belong to an event and in which it surely happens: the ways there and back."""
    found = np.zeros(len(surely), bool)
    for start, stop in runs_of(maybe | surely):
        found[start:stop] = surely[start:stop].any()
    return found


def _low(joints: np.ndarray) -> np.ndarray:
    height = joints[:, q.PELVIS, 1] - q.floor(joints)
    lowered = np.percentile(height, 90) - height
    return _with_ways(lowered > LOWER, lowered > LOWER / 3)


def _bows(joints: np.ndarray) -> np.ndarray:
    lean = q.lean(joints) - np.percentile(q.lean(joints), 15)
    return _with_ways(lean > LEANING, lean > LEANING / 2)


def _hand_pace(joints: np.ndarray, side: int) -> np.ndarray:
    place = gaussian_filter1d(q.chest_coordinates(joints, q.WRISTS[side]), 1.0, axis=0, mode="nearest")
    return np.linalg.norm(np.gradient(place, axis=0), axis=-1) * q.FPS


def _waves(joints: np.ndarray) -> np.ndarray:
    found = np.zeros(len(joints), bool)
    for side in (0, 1):
        place = q.chest_coordinates(joints, q.WRISTS[side])
        up = (place[:, 1] > HAND_UP) & (joints[:, q.WRISTS[side], 1] > joints[:, q.ELBOWS[side], 1])
        quick = maximum_filter1d(_hand_pace(joints, side), round(0.5 * q.FPS)) > SWINGING
        for start, stop in runs_of(up & quick):
            line = gaussian_filter1d(place[start:stop], 1.0, axis=0)
            found[start:stop] |= max(q.swings(line[:, axis], 0.06) for axis in (0, 1)) >= 2
    return found


def _raises(joints: np.ndarray) -> np.ndarray:
    return np.any([q.wrist_over(joints, side, q.SHOULDERS[side]) > HAND_UP for side in (0, 1)], axis=0)


def _kicks(joints: np.ndarray) -> np.ndarray:
    found = np.zeros(len(joints), bool)
    for side in (0, 1):
        lifted = q.foot_height(joints, side) > LIFTED
        quick = maximum_filter1d(q.speed(joints, q.TOES[side]), round(0.5 * q.FPS)) > KICKING
        found |= _with_ways(lifted & quick, q.foot_height(joints, side) > LIFTED / 3)
    return found


def _jumps(joints: np.ndarray) -> np.ndarray:
    return binary_dilation(q.airborne(joints), np.ones(round(0.5 * q.FPS)))


def _punches(joints: np.ndarray) -> np.ndarray:
    quick = np.max([_hand_pace(joints, side) for side in (0, 1)], axis=0) > SHOOTING
    return binary_dilation(quick, np.ones(round(0.3 * q.FPS)))


def _claps(joints: np.ndarray) -> np.ndarray:
    near = np.linalg.norm(joints[:, q.WRISTS[0]] - joints[:, q.WRISTS[1]], axis=-1) < TOGETHER
    return binary_dilation(near, np.ones(round(0.4 * q.FPS)))


# Event -> the frames (T,) of joints (T, 22, 3) in which it happens.
EVENTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "walk": lambda joints: _pace(joints) > STEPPING,
    "run": lambda joints: _pace(joints) > RUNNING,
    "turn": _turns,
    "jump": _jumps,
    "squat": _low,
    "sit": _low,
    "kneel": _low,
    "bow": _bows,
    "wave": _waves,
    "raise": _raises,
    "punch": _punches,
    "throw": _punches,
    "clap": _claps,
    "kick": _kicks,
}


def stretch_of(event: str, joints: np.ndarray) -> tuple[int, int]:
    """The frames a..b-1 of joints (T, 22, 3) from an event's first to its last. UserError where it never happens."""
    joints = np.asarray(joints, np.float64)
    happens = binary_closing(np.pad(EVENTS[event](joints), 8), np.ones(round(GAP * q.FPS)))[8:-8]
    runs = [run for run in runs_of(happens) if run[1] - run[0] >= SHORTEST * q.FPS]
    if not runs:
        raise UserError(f"the clip shows no {event}: say the time in seconds, or 'at the end'")
    return runs[0][0], runs[-1][1]


def span_of(span: Span, joints: np.ndarray, fps: float) -> Span:
    """A span in frames of joints (T, 22, 3) for one that an event gives; any other one as it is."""
    if not span.event:
        return span
    start, stop = stretch_of(span.event, joints)
    # What is left at an end of the clip is too short to go on from.
    start, stop = (edge if EDGE < edge < len(joints) - EDGE else round(edge / len(joints)) * len(joints)
                   for edge in (start, stop))  # fmt: skip
    edges = {"during": (start, stop), "before": (0, start), "after": (stop, len(joints))}[span.when]
    if edges[1] - edges[0] < LEAST_AROUND * fps and span.when != "during":
        raise UserError(f"there is no time {span.when} the {span.event}: it lasts from {start / fps:.1f} to "
                        f"{stop / fps:.1f} s of {len(joints) / fps:.1f} s")  # fmt: skip
    return Span(float(edges[0]), float(edges[1]), "frames")


def located(operation: Kind, joints: np.ndarray, fps: float) -> Kind:
    """An operation whose time an event gives, at the frames where it happens in joints (T, 22, 3)."""
    return operation.during(span_of(operation.span, joints, fps)) if operation.span.event else operation
