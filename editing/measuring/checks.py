"""Does an edited motion do what was asked of it? Named checks on joints before and after, (T, 22, 3) and (T', 22, 3).

Expressions are those of `utils.motion_checks` (all, any, not); the checks of that module are of the motion after the edit.
Those below compare two motions, mostly by one of the series of `editing.measuring.series`:

    {changes: {what: left hand up, least: 0.2, when: end}}       0.2 metres higher at the end than before
    {reads: {what: left elbow bend, low: 75, high: 105, when: [1, 2]}}
    {all: [{follows: {what: pelvis height}}, {scales: {what: pelvis height, least: 1.15}}]}   the squat is a deeper squat

when: all, start, middle, end, or [from, to] in seconds (below 0: from the end).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.ndimage import median_filter

from dataset.features import mirror_joints
from editing.limbs import LIMB_ROOTS, limb_joints
from editing.measuring.series import require_series, series
from utils import quantities as q
from utils.motion_checks import CHECKS, holds, parts_of, validate
from utils.rotation import turn, yaw_of
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON, facing_direction

Check = Callable[..., bool]
When = str | list
# Shares of the clip that must show what is asked for "at the end" and so on; people's sense of them is wider.
SHARES = {"all": (0.0, 1.0), "start": (0.0, 0.15), "middle": (0.45, 0.55), "end": (0.88, 1.0)}
STATISTICS = ("median", "max", "min", "first", "last", "mean", "range", "swing", "gain", "loss")


def window(frames: int, when: When) -> slice:
    """Frames of a time; at least two."""
    if isinstance(when, str):
        low, high = (share * frames for share in SHARES[when])
    else:
        low, high = (edge * q.FPS if edge >= 0 else frames + edge * q.FPS for edge in when)
    start = int(np.clip(round(low), 0, frames - 2))
    return slice(start, int(np.clip(round(high), start + 2, frames)))


def statistic(line: np.ndarray, stat: str) -> float:
    """One number of a series (n,): see STATISTICS; range is from the lowest to the highest, single frames left out."""
    if stat == "range":
        return float(np.ptp(median_filter(line, 3, mode="nearest")))
    if stat == "swing":  # what goes to and fro, without what drifts
        return float(np.percentile(line, 95) - np.percentile(line, 5))
    ends = {"first": line[:2].mean(), "last": line[-2:].mean()}
    return float(ends[stat] if stat in ends else getattr(np, stat)(line))


def resampled(line: np.ndarray, frames: int) -> np.ndarray:
    """A series (T, ...) stretched to other many frames."""
    at = np.linspace(0, len(line) - 1, frames)
    low = np.floor(at).astype(int).clip(0, len(line) - 1)
    high = (low + 1).clip(max=len(line) - 1)
    share = (at - low).reshape(-1, *[1] * (line.ndim - 1))
    return (1 - share) * line[low] + share * line[high]


def changes(
    before: np.ndarray,
    after: np.ndarray,
    what: str,
    least: float = -np.inf,
    most: float = np.inf,
    when: When = "all",
    stat: str = "median",
) -> bool:
    """A statistic of a series, in a time, is higher by `least` to `most` than before (below 0: lower).

    stat gain: the most by which it is higher in some moment, loss: the least, for motions of one length.
    """
    old, new = series(what, before), series(what, after)
    if stat in ("gain", "loss"):
        gap = new - resampled(old, len(new))
        gap = median_filter(gap, 3, mode="nearest")[window(len(gap), when)]
        found = gap.max() if stat == "gain" else gap.min()
    else:
        found = statistic(new[window(len(new), when)], stat) - statistic(old[window(len(old), when)], stat)
    return bool(least <= found <= most)


def reads(
    before: np.ndarray,
    after: np.ndarray,
    what: str,
    low: float = -np.inf,
    high: float = np.inf,
    when: When = "all",
    stat: str = "",
    seconds: float = 0.0,
    share: float = 0.8,
) -> bool:
    """After the edit a series is from `low` to `high`: for `share` of a time, or `seconds` on end, or in a statistic."""
    line = series(what, after)[window(len(after), when)]
    if stat:
        return bool(low <= statistic(line, stat) <= high)
    inside = (line >= low) & (line <= high)
    return q.longest_run(inside) >= seconds if seconds else bool(inside.mean() >= share)


def scales(
    before: np.ndarray,
    after: np.ndarray,
    what: str,
    least: float = 0.0,
    most: float = np.inf,
    when: When = "all",
    stat: str = "range",
) -> bool:
    """A series' range (or another statistic) is `least` to `most` times what it was."""
    old, new = (
        statistic(series(what, motion)[window(len(motion), when)], stat) for motion in (before, after)
    )
    return bool(least * old <= new <= most * old)


def follows(before: np.ndarray, after: np.ndarray, what: str, least: float = 0.8) -> bool:
    """A series still goes up and down as before: correlation, stretched to one length."""
    old, new = series(what, before), series(what, after)
    old = resampled(old, len(new))
    if min(np.std(old), np.std(new)) < 1e-6:
        return False
    return bool(np.corrcoef(old, new)[0, 1] >= least)


def keeps(before: np.ndarray, after: np.ndarray, what: str, within: float, when: When = "all") -> bool:
    """A series stays within so much of what it was in every frame; motions of different lengths are stretched."""
    old, new = series(what, before), series(what, after)
    gap = np.abs(new - resampled(old, len(new)))[window(len(new), when)]
    return bool(gap.max() <= within)


def swings(
    before: np.ndarray,
    after: np.ndarray,
    what: str,
    times: int,
    size: float,
    most: int = 99,
    when: When = "all",
) -> bool:
    """A series goes to and fro by `size` at least `times` and at most `most` times (there and back is once)."""
    line = series(what, after)[window(len(after), when)]
    count = (q.swings(np.concatenate([line[:1], line, line[:1]]), size) + 1) // 2
    return times <= count <= most


def lasts(
    before: np.ndarray,
    after: np.ndarray,
    low: float = 0.0,
    high: float = np.inf,
    seconds: list | None = None,
    longer: list | None = None,
) -> bool:
    """Lasts `low` to `high` times as long as before; or so many seconds; or so many seconds longer."""
    if longer is not None:
        return bool(longer[0] <= (len(after) - len(before)) / q.FPS <= longer[1])
    if seconds is not None:
        return bool(seconds[0] <= len(after) / q.FPS <= seconds[1])
    return bool(low <= len(after) / len(before) <= high)


def local_poses(joints: np.ndarray) -> np.ndarray:
    """Joints (T, 22, 3) seen from the pelvis, facing +z."""
    yaw = yaw_of(facing_direction(joints, T2M_SKELETON))
    return turn(joints - joints[:, :1], yaw[:, None])


def same_poses(
    before: np.ndarray,
    after: np.ndarray,
    within: float = 0.04,
    reverse: bool = False,
    mirror: bool = False,
    when: When = "all",
    joints: list | None = None,
) -> bool:
    """The poses are those of before, in as many frames as there are now: mean distance in metres; or turned round.

    reverse: in the opposite order; mirror: as in a mirror; joints: only these.
    """
    old = local_poses(mirror_joints(before) if mirror else before)
    new = local_poses(after)
    old = resampled(old[::-1] if reverse else old, len(new))
    part = window(len(new), when)
    chosen = slice(None) if joints is None else joints
    return bool(np.linalg.norm(new - old, axis=-1)[part][:, chosen].mean() <= within)


def limb_poses(joints: np.ndarray, limb: str) -> np.ndarray:
    """A limb's joints (T, n, 3) seen from its shoulder or hip, the body facing +z."""
    local = local_poses(joints)
    return local[:, list(limb_joints(limb))] - local[:, [LIMB_ROOTS[limb]]]


def limb_does(
    before: np.ndarray, after: np.ndarray, limb: str, source: str, mirrored: bool = True, within: float = 0.12
) -> bool:
    """A limb does what another (or itself) did before, as in a mirror or as it is: mean distance in metres."""
    theirs = limb_poses(before, source) * ((-1, 1, 1) if mirrored else (1, 1, 1))
    gap = np.linalg.norm(limb_poses(after, limb) - resampled(theirs, len(after)), axis=-1)
    return bool(gap.mean() <= within)


def keeps_limb(
    before: np.ndarray, after: np.ndarray, limb: str, within: float = 0.05, when: When = "all"
) -> bool:
    """A limb's pose stays within a mean distance of what it was."""
    gap = np.linalg.norm(limb_poses(after, limb) - resampled(limb_poses(before, limb), len(after)), axis=-1)
    return bool(gap[window(len(after), when)].mean() <= within)


def turns_more(before: np.ndarray, after: np.ndarray, least: float, most: float, when: When = "all") -> bool:
    """Ends turned by so many degrees more to the left than before."""
    gap = q.turned(after[window(len(after), when)]) - q.turned(before[window(len(before), when)])
    return bool(least <= gap <= most)


def faces(
    before: np.ndarray, after: np.ndarray, degrees: float, within: float = 30, when: When = "all"
) -> bool:
    """Throughout a time the body faces so many degrees to the left of where it faced before."""
    gap = q.heading(after) - resampled(q.heading(before), len(after))
    gap = (gap - degrees + 180) % 360 - 180
    return bool((np.abs(gap[window(len(after), when)]) <= within).mean() >= 0.8)


def travels(before: np.ndarray, after: np.ndarray, low: float = 0.0, high: float = np.inf) -> bool:
    """The pelvis ends `low` to `high` times as far from its start as before."""
    return bool(low * q.displacement(before) <= q.displacement(after) <= high * q.displacement(before))


def ends_aside(
    before: np.ndarray, after: np.ndarray, side: str, least: float, most: float = np.inf, when: When = "all"
) -> bool:
    """Ends so many metres to a side (left, right, forward, back) of where it ended before, seen as it faced there."""
    last = window(len(before), when).stop - 1
    now = window(len(after), when).stop - 1
    gap = (after[now, q.PELVIS] - before[last, q.PELVIS]) - (after[0, q.PELVIS] - before[0, q.PELVIS])
    ahead = q.facing(before)[last]
    left = np.array([ahead[2], 0.0, -ahead[0]])
    way = {"forward": ahead, "back": -ahead, "left": left, "right": -left}[side]
    return bool(least <= float((gap * way).sum()) <= most)


def repeats(before: np.ndarray, after: np.ndarray, times: int, what: str, least: float = 0.8) -> bool:
    """A series does `times` times over what it did, in about as many times the time."""
    if not 0.8 * times <= len(after) / len(before) <= 1.3 * times:
        return False
    new, old = series(what, after), series(what, before)
    line = resampled(np.tile(old - old.mean(), times), len(new))
    return bool(np.corrcoef(line, new)[0, 1] >= least)


def rests(
    before: np.ndarray, after: np.ndarray, seconds: float, pace: float = 0.15, when: When = "all"
) -> bool:
    """No joint moves faster than `pace` for so many seconds on end."""
    return q.longest_run(series("fastest joint", after)[window(len(after), when)] < pace) >= seconds


def shifts(
    before: np.ndarray, after: np.ndarray, what: str, least: float, most: float, alike: float = 0.8
) -> bool:
    """What a series does comes so many seconds later (below 0: earlier), and looks alike."""
    old, new = series(what, before), series(what, after)
    best, delay = -1.0, 0.0
    longest = int(min(len(old), len(new)) * 0.7)
    for lag in range(-longest, longest + 1):
        a = old[max(-lag, 0) : min(len(old), len(new) - lag)]
        b = new[max(lag, 0) :][: len(a)]
        if len(a) < 12 or min(np.ptp(a), np.ptp(b)) < 0.6 * np.ptp(old):
            continue
        found = float(np.corrcoef(a, b)[0, 1])
        if found > best:
            best, delay = found, lag / q.FPS
    return bool(best >= alike and least <= delay <= most)


def ends_with(before: np.ndarray, after: np.ndarray, check: Any, seconds: float = 3.0) -> bool:
    """What was added, or else the last seconds, passes a check of one motion, in all of it or in its last two thirds."""
    added = len(after) - len(before)
    frames = round(seconds * q.FPS) if added < 8 else added + 8
    parts = [min(frames, len(after)), min(round(2 * frames / 3), len(after))]
    return any(holds(check, after[-count:]) for count in parts)


EDIT_CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        changes, reads, scales, follows, keeps, swings, lasts, same_poses, limb_does, keeps_limb, turns_more, faces,
        travels, ends_aside, repeats, rests, shifts, ends_with,
    )
}  # fmt: skip


def validate_edit_check(expression: Any, where: str = "check") -> None:
    """UserError when an expression names an unknown check, setting, series, time or statistic."""
    name, settings = parts_of(expression, where)
    if name in ("all", "any", "not"):
        for part in settings if isinstance(settings, list) else [settings]:
            validate_edit_check(part, where)
        return
    if name not in EDIT_CHECKS:
        if name not in CHECKS and name != "then":
            known = ", ".join(sorted({*EDIT_CHECKS, *CHECKS}))
            raise UserError(f"{where}: unknown check '{name}'; known are {known}")
        return validate(expression, where)
    parameters = inspect.signature(EDIT_CHECKS[name]).parameters
    allowed = list(parameters)[2:]
    for key in settings:
        if key not in allowed:
            raise UserError(f"{where}: {name} has no setting '{key}'; it has {', '.join(allowed)}")
    for key in allowed:
        if parameters[key].default is inspect.Parameter.empty and key not in settings:
            raise UserError(f"{where}: {name} needs the setting '{key}'")
    if name == "ends_with":
        validate(settings["check"], where)
    if "what" in settings:
        require_series(settings["what"], where)
    _require_time(settings.get("when", "all"), where)
    if settings.get("stat", "max") not in (*STATISTICS, ""):
        raise UserError(f"{where}: statistic {settings['stat']!r} is none of {', '.join(STATISTICS)}")


def _require_time(when: Any, where: str) -> None:
    pair = isinstance(when, list) and len(when) == 2 and all(isinstance(edge, int | float) for edge in when)
    if not pair and when not in tuple(SHARES):
        raise UserError(f"{where}: time {when!r} is none of {', '.join(SHARES)} or [from, to] in seconds")


def edit_holds(expression: Any, before: np.ndarray, after: np.ndarray) -> bool:
    """Whether an edit from joints `before` (T, 22, 3) to `after` (T', 22, 3) passes an expression."""
    name, settings = parts_of(expression, "check")
    if name == "all":
        return all(edit_holds(part, before, after) for part in settings)
    if name == "any":
        return any(edit_holds(part, before, after) for part in settings)
    if name == "not":
        return not edit_holds(settings, before, after)
    if name in EDIT_CHECKS:
        return bool(EDIT_CHECKS[name](before, after, **settings))
    return holds(expression, after)
