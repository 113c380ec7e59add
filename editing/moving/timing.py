"""Operations on time: faster, slower, pauses, repeats, backwards, cuts, earlier and later."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from dataset.composing.bodies import smooth
from editing.moving.moved import Moved, Stretch, resampled
from editing.moving.pieces import chained
from utils.quantities import speed
from utils.runtime import UserError

EASE = 0.25  # seconds in which a change of speed sets in
SHORTEST = 8  # frames that a clip keeps
STOPPING = 0.3  # seconds in which a body comes to rest, and sets off again
SQUEEZE = 0.25  # share of its length that a stretch of time keeps at least when another one moves


def retime(motion: Stretch, factor: float | None, duration: float | None) -> Moved:
    """The stretch `factor` times as fast, or in `duration` seconds."""
    wanted = motion.frames / factor if factor is not None else (duration or 0.0) * motion.fps
    frames = round(wanted)
    if motion.count - motion.frames + frames < SHORTEST or frames < 2:
        raise UserError(
            f"Retime: {motion.frames / motion.fps:.1f} s would last {wanted / motion.fps:.2f} s; choose a smaller change"
        )
    at = np.concatenate(
        [
            np.arange(motion.start),
            motion.start + _progress(motion, frames),
            np.arange(motion.stop, motion.count),
        ]
    )
    weight = np.zeros(len(at))
    weight[motion.start : motion.start + frames] = 1
    return Moved(resampled(motion.joints, at), at, weight)


def _progress(motion: Stretch, frames: int) -> np.ndarray:
    """Source frames (frames,) from the stretch's start that are shown, at a speed that sets in smoothly."""
    open_end = motion.stop == motion.count
    steps = frames - 1 if open_end else frames
    total = motion.frames - 1 if open_end else motion.frames
    middle = np.arange(steps) + 0.5
    ease = min(EASE * motion.fps, frames / 4)
    own = np.zeros(steps)  # how far each step keeps the clip's own speed
    if motion.start > 0:
        own = np.maximum(own, smooth(1 - middle / ease))
    if not open_end:
        own = np.maximum(own, smooth(1 - (steps - middle) / ease))
    own *= min(1.0, 0.5 * total / max(own.sum(), 1e-9))  # where so little is shown, the speed jumps a little
    pace = (total - own.sum()) / (steps - own.sum())
    return np.concatenate([[0.0], np.cumsum(own + (1 - own) * pace)])[:frames]


def pause(motion: Stretch, seconds: float) -> Moved:
    """A stop of `seconds` where the stretch starts; in a whole clip at the calmest moment of its middle half."""
    at = motion.start
    if motion.is_whole:
        calm = np.sum([speed(motion.joints, joint) for joint in range(motion.joints.shape[1])], axis=0)
        quarter = motion.count // 4
        at = quarter + int(np.argmin(calm[quarter : motion.count - quarter]))
    frames = max(round(seconds * motion.fps), 1)
    ramp = 2 * (min(round(STOPPING * motion.fps), frames) // 2)  # even, so that it covers whole frames
    slowing = ramp if at >= ramp // 2 and at > 0 else 0
    starting = ramp if at + ramp // 2 < motion.count else 0
    begin = at - slowing // 2
    standing = frames - slowing // 2 - starting // 2
    steps = np.arange(slowing + standing + starting) + 0.5  # from one shown frame to the next
    rest = np.minimum(
        smooth(steps / slowing) if slowing else 1.0,
        smooth((len(steps) - steps) / starting) if starting else 1.0,
    )
    stopped = begin + np.concatenate([[0.0], np.cumsum(1 - rest)])
    where = np.concatenate(
        [np.arange(begin), stopped[:-1], np.arange(begin + len(steps) - frames, motion.count)]
    )
    weight = np.zeros(len(where))
    weight[begin : begin + len(steps)] = 1
    return Moved(resampled(motion.joints, where), where, weight)


def repeat(motion: Stretch, times: int) -> Moved:
    """The stretch `times` times in all, each time from where the last one ended."""
    if motion.frames < 4:
        raise UserError("Repeat: the span is shorter than 0.2 s; give a longer one")
    parts = [(0, motion.stop), *[(motion.start, motion.stop)] * (times - 2), (motion.start, motion.count)]
    made = chained([(motion.joints, *part) for part in parts])
    weight = made.weight.copy()
    weight[motion.start : motion.stop + (times - 1) * motion.frames] = 1
    return Moved(made.joints, made.origin, weight)


def reverse(motion: Stretch) -> Moved:
    """The stretch backwards in time; in a whole clip where it stood, else from where the body is."""
    if motion.is_whole:
        origin = np.arange(motion.count)[::-1].astype(float)
        return Moved(motion.joints[::-1].astype(float), origin, np.ones(motion.count))
    made = backwards(motion)
    weight = made.weight.copy()
    weight[motion.start : motion.stop] = 1
    return Moved(made.joints, made.origin, weight)


def backwards(motion: Stretch) -> Moved:
    """The stretch backwards in time, from where the body is, then on from where that leads."""
    if motion.frames < 4:
        raise UserError("the span is shorter than 0.2 s; give a longer one")
    flipped, count = motion.joints[::-1], motion.count
    parts = [
        (motion.joints, 0, motion.start),
        (flipped, count - motion.stop, count - motion.start),
        (motion.joints, motion.stop, count),
    ]
    made = chained(parts)
    origin = made.origin.copy()
    inside = slice(motion.start, motion.stop)
    origin[inside] = count - 1 - origin[inside]
    return Moved(made.joints, origin, made.weight)


def cut(motion: Stretch) -> Moved:
    """The clip without the stretch."""
    if motion.count - motion.frames < SHORTEST:
        raise UserError("Cut: nothing of the clip would be left; give the time to leave out")
    return chained([(motion.joints, 0, motion.start), (motion.joints, motion.stop, motion.count)])


def delay(motion: Stretch, seconds: float) -> Moved:
    """What happens in the stretch `seconds` later (below 0: earlier), by slower and faster time around it."""
    frames = round(seconds * motion.fps)
    if frames == 0:
        raise UserError(f"Delay: {seconds:g} s is less than a frame")
    if motion.is_whole and frames < 0:
        return cut(Stretch(motion.joints, 0, min(-frames, motion.count), motion.fps))
    if motion.is_whole:
        return pause(Stretch(motion.joints, 0, 1, motion.fps), seconds)
    at = delayed_times(motion, frames)
    weight = (np.abs(at - np.round(at)) > 1e-6) | (np.round(at) != np.arange(len(at)))
    return Moved(resampled(motion.joints, at), at, weight.astype(float))


def delayed_times(motion: Stretch, frames: int, keep_length: bool = False) -> np.ndarray:
    """Frames (T',) that are shown when the stretch comes so many frames later, below 0: earlier.

    T' is T, but for a stretch that lasts to the end, unless `keep_length`.
    """
    last = motion.count - 1
    start, stop = motion.start + frames, motion.stop - 1 + frames
    knots = {0: 0} if motion.start > 0 else {}
    if motion.start > 0 and start < SQUEEZE * motion.start:
        raise UserError(
            f"Delay: only {motion.start / motion.fps:.1f} s lie before; move it by less than "
            f"{(1 - SQUEEZE) * motion.start / motion.fps:.1f} s"
        )
    ends_with_clip = motion.stop == motion.count
    if not ends_with_clip and last - stop < SQUEEZE * (last - motion.stop + 1):
        room = (1 - SQUEEZE) * (last - motion.stop + 1) / motion.fps
        raise UserError(f"Delay: too little follows; move it by less than {room:.1f} s")
    count = motion.count
    if ends_with_clip and not keep_length:
        count += frames
    knots |= {start: motion.start, stop: motion.stop - 1}
    if not ends_with_clip:
        knots[last] = last
    at, shown = (np.array(list(line), float) for line in (knots.keys(), knots.values()))
    times = np.clip(np.arange(count), at[0], at[-1])
    line = PchipInterpolator(at, shown)(times) if len(at) > 1 else np.full(count, shown[0])
    inside = (times >= start) & (times <= stop)
    line[inside] = np.arange(count)[inside] - frames  # the stretch itself is shown frame by frame
    return np.clip(line, 0, last)
