"""Does a motion do what is asked? Named checks on joints (T, 22, 3), by the quantities of `utils.quantities`.

A check is a function of joints and keyword settings that returns True or False. Configurations name checks:

    walks                          a check with its defaults
    {walks: {direction: backward}} with settings
    {all: [check, check]}          several at the same time
    {any: [check, check]}          one of several
    {then: [check, check, ...]}    one after another, each in a part of its own
    {not: check}
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from utils import floor_checks, gesture_checks
from utils import quantities as q
from utils.quantities import SIDES
from utils.runtime import UserError

Check = Callable[..., bool]
SHORTEST_PART = 12  # frames of a part in a sequence
SPLITS = 14  # places at which a sequence may be divided


def walks(
    joints: np.ndarray,
    direction: str = "forward",
    least: float = 0.25,
    most: float = 2.2,
    metres: float = 0.5,
) -> bool:
    """Moves in a direction of its own body, with steps, at `least` to `most` metres a second over `metres`."""
    front, left = q.travelled(joints)
    along, aside = {
        "forward": (front, left), "backward": (-front, left), "left": (left, front), "right": (-left, front),
    }[direction]  # fmt: skip
    pace = along / q.seconds(joints)
    return along > metres and along > 1.2 * abs(aside) and least < pace < most and q.steps(joints) >= 2


def runs(joints: np.ndarray, least: float = 1.6) -> bool:
    """Moves forward at `least` metres a second or more."""
    front, left = q.travelled(joints)
    return front / q.seconds(joints) > least and front > 1.2 * abs(left)


def stays(joints: np.ndarray, metres: float = 0.5) -> bool:
    """The pelvis ends near where it began, and went no far way."""
    root = joints[:, q.PELVIS][:, [0, 2]]
    return bool(np.linalg.norm(root - root[0], axis=-1).max() < metres)


def stands_still(joints: np.ndarray) -> bool:
    """Upright, feet where they are, hands hardly moving."""
    feet = joints[:, [*q.TOES]][..., [0, 2]]
    upright = (joints[:, q.PELVIS, 1] - q.floor(joints)).min() > 0.75
    moved = np.linalg.norm(feet - feet[:1], axis=-1).max()
    hands = max(np.ptp(q.chest_coordinates(joints, wrist), axis=0).max() for wrist in q.WRISTS)
    return bool(upright and moved < 0.15 and hands < 0.32 and stays(joints, 0.2))


def turns(joints: np.ndarray, side: str = "", least: float = 50, most: float = 500) -> bool:
    """Ends turned by `least` to `most` degrees to a side, or to either."""
    angle = q.turned(joints)
    angle = {"left": angle, "right": -angle, "": abs(angle)}[side]
    return bool(least <= angle <= most)


def keeps_heading(joints: np.ndarray, most: float = 35) -> bool:
    """Ends facing nearly where it began."""
    return abs(q.turned(joints)) < most


def raises(
    joints: np.ndarray, side: str = "both", over: str = "shoulder", seconds: float = 0.3, alone: bool = True
) -> bool:
    """A wrist, or both, above the shoulder or the head for a while; with `alone` the other wrist stays below."""
    wanted = (0, 1) if side == "both" else (SIDES[side],)
    above = []
    for arm in (0, 1):
        joint = q.HEAD if over == "head" else q.SHOULDERS[arm]
        above.append(q.longest_run(q.wrist_over(joints, arm, joint) > -0.08))
    others = [arm for arm in (0, 1) if arm not in wanted]
    free = not alone or all(
        q.longest_run(q.wrist_over(joints, arm, q.SHOULDERS[arm]) > 0) < 0.25 for arm in others
    )
    return all(above[arm] >= seconds for arm in wanted) and free


def arms_down(joints: np.ndarray) -> bool:
    """Both wrists below the chest all the time."""
    return all((joints[:, wrist, 1] < joints[:, q.SPINE3, 1]).mean() > 0.95 for wrist in q.WRISTS)


def arms_still(joints: np.ndarray, metres: float = 0.22) -> bool:
    """Wrists hardly move relative to the chest."""
    return all(np.ptp(q.chest_coordinates(joints, w)[:, [0, 2]], axis=0).max() < metres for w in q.WRISTS)


def waves(joints: np.ndarray, side: str = "both", swings: int = 3, alone: bool = True) -> bool:
    """A raised hand, or both, that swings to and fro; with `alone` the other arm does not."""
    wanted = (0, 1) if side == "both" else (SIDES[side],)
    swings_of_arms = [_waving(joints, arm) for arm in (0, 1)]
    others = [arm for arm in (0, 1) if arm not in wanted]
    return all(swings_of_arms[arm] >= swings for arm in wanted) and not (
        alone and any(swings_of_arms[arm] >= swings for arm in others)
    )


def _waving(joints: np.ndarray, arm: int) -> int:
    """Swings of a hand while it is raised to the height of the chest or more."""
    place = q.chest_coordinates(joints, q.WRISTS[arm])
    up = (place[:, 1] > -0.12) & (joints[:, q.WRISTS[arm], 1] > joints[:, q.ELBOWS[arm], 1] + 0.02)
    if up.sum() < 10:
        return 0
    first, last = np.flatnonzero(up)[[0, -1]]
    raised = place[first : last + 1]
    # In the elbow's frame, so that a walker's sway does not count.
    elbow = q.chest_coordinates(joints, q.ELBOWS[arm])[first : last + 1]
    return max(q.swings(gaussian_filter1d((raised - elbow)[:, axis], 1.0), 0.06) for axis in (0, 1))


def reaches(joints: np.ndarray, side: str, direction: str, seconds: float = 0.4) -> bool:
    """A stretched arm, or both, held to the front or out to the side at about the height of the shoulder."""
    arms = (0, 1) if side == "both" else (SIDES[side],)
    for arm in arms:
        way = q.chest_coordinates(joints, q.WRISTS[arm]) - q.chest_coordinates(joints, q.SHOULDERS[arm])
        outward = way[:, 0] * (1, -1)[arm]
        along = way[:, 2] if direction == "front" else outward
        level = np.abs(way[:, 1]) < 0.25
        if q.longest_run((along > 0.33) & level) < seconds:
            return False
    return True


def kicks(joints: np.ndarray, side: str = "", times: int = 1) -> bool:
    """A foot swings up before the body quickly, more than the other one does."""
    peaks = [_kick_height(joints, leg) for leg in (0, 1)]
    if side:
        leg = SIDES[side]
        return peaks[leg] > 0.25 and peaks[leg] > peaks[1 - leg] + 0.12
    return max(peaks) > 0.25


def _kick_height(joints: np.ndarray, leg: int) -> float:
    """Metres of a toe above the floor at its highest, where it is in front of the pelvis, moved fast and knee open."""
    ahead = ((joints[:, q.TOES[leg]] - joints[:, q.PELVIS]) * q.facing(joints)).sum(-1)
    fast = gaussian_filter1d(q.speed(joints, q.TOES[leg]), 2) > 0.9
    near = maximum_filter1d(fast, 9)
    high = np.where((ahead > 0.3) & near, q.foot_height(joints, leg), 0.0)
    return float(high.max())


def stands_on_one_leg(joints: np.ndarray, side: str = "", seconds: float = 1.0) -> bool:
    """One foot well above the floor for a while, the other on it; side: the one stood on."""
    held = [
        q.longest_run((q.foot_height(joints, 1 - leg) > 0.1) & (q.foot_height(joints, leg) < 0.08))
        for leg in (0, 1)
    ]
    if not stays(joints, 0.6):
        return False
    if side:
        return held[SIDES[side]] >= seconds and held[1 - SIDES[side]] < seconds
    return max(held) >= seconds


def lifts_knee(joints: np.ndarray, side: str = "") -> bool:
    """A knee comes up nearly to the hip's height."""
    up = [
        (joints[:, q.KNEES[leg], 1] - joints[:, q.HIPS[leg], 1]).max() > -0.2
        and q.foot_height(joints, leg).max() > 0.2
        for leg in (0, 1)
    ]
    return bool(up[SIDES[side]] and not up[1 - SIDES[side]]) if side else bool(any(up))


def squats(joints: np.ndarray, times: int = 1, back_up: bool = True) -> bool:
    """The pelvis goes well down over bent knees with feet on the floor and comes up again, `times` times or more."""
    height = joints[:, q.PELVIS, 1] - q.floor(joints)
    deep = (height < 0.72) & (np.minimum(q.knee_bend(joints, 0), q.knee_bend(joints, 1)) > 55)
    if q.longest_run(deep) < 0.1 or np.abs(q.lean(joints)).max() > 85 or not stays(joints, 0.6):
        return False
    rises = bool(height[-1] > 0.78) or not back_up
    return rises and _times(height, 0.15) >= times


def _times(height: np.ndarray, least: float) -> int:
    """How often a series goes down and up again by `least`."""
    return (q.swings(np.concatenate([[height.max()], height, [height.max()]]), least) + 1) // 2


def sits(joints: np.ndarray, seconds: float = 0.4) -> bool:
    """Thighs near level, trunk upright, the pelvis as low as on a seat, held for a while with feet on the floor."""
    height = joints[:, q.PELVIS, 1] - q.floor(joints)
    level = np.ones(len(joints), bool)
    for leg in (0, 1):
        level &= joints[:, q.HIPS[leg], 1] - joints[:, q.KNEES[leg], 1] < 0.26
        level &= q.knee_bend(joints, leg) > 40
    upright = np.abs(q.lean(joints)) < 50
    return q.longest_run((height < 0.68) & level & upright) >= seconds


def stands_up(joints: np.ndarray) -> bool:
    """Begins low, ends upright."""
    height = joints[:, q.PELVIS, 1] - q.floor(joints)
    return bool(height[:8].mean() < 0.72 and height[-4:].mean() > 0.8)


def kneels(joints: np.ndarray, seconds: float = 0.4) -> bool:
    """A knee on the floor while the trunk is upright."""
    ground = q.floor(joints)
    knees = joints[:, [*q.KNEES], 1].min(1) - ground
    return q.longest_run((knees < 0.17) & (np.abs(q.lean(joints)) < 50)) >= seconds


def bows(joints: np.ndarray, least: float = 22, most: float = 120) -> bool:
    """The trunk leans forward and comes back over legs that stay nearly straight."""
    angle = q.lean(joints) - min(np.percentile(q.lean(joints), 10), 12)
    height = joints[:, q.PELVIS, 1] - q.floor(joints)
    return bool(
        least < angle.max() < most
        and angle[-4:].mean() < 0.6 * angle.max()
        and height.min() > 0.72
        and stays(joints, 0.5)
        and q.steps(joints) <= 3
    )


def bends_down(joints: np.ndarray) -> bool:
    """A hand comes down below the knees' height when standing."""
    low = min((joints[:, wrist, 1] - q.floor(joints)).min() for wrist in q.WRISTS)
    return bool(low < 0.42 and q.lean(joints).max() > 30)


def lies_down(joints: np.ndarray) -> bool:
    """Ends with head and pelvis near the floor."""
    ground = q.floor(joints)
    return bool(
        (joints[-4:, q.HEAD, 1].mean() - ground < 0.5) and joints[-4:, q.PELVIS, 1].mean() - ground < 0.4
    )


def jumps(joints: np.ndarray, times: int = 1, forward: float | None = None) -> bool:
    """Both feet off the floor at once, upward, `times` times or more; forward: metres got ahead at least."""
    up = q.airborne(joints, 0.06)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], up.astype(int), [0]])))
    flights = sum(stop - start >= 2 for start, stop in zip(edges[::2], edges[1::2], strict=True))
    if forward is not None and q.travelled(joints)[0] < forward:
        return False
    height = joints[:, q.PELVIS, 1]
    return bool(flights >= times and height.max() - np.median(height) > 0.05 and not runs(joints, 1.4))


def leans_sideways(joints: np.ndarray, side: str, least: float = 14) -> bool:
    """The trunk bends to a side."""
    angle = q.side_lean(joints) * (1, -1)[SIDES[side]]
    return bool(angle.max() > least)


def takes_steps(joints: np.ndarray, least: int = 1, most: int = 99) -> bool:
    """Number of steps, the closing one counted or not."""
    return least <= q.steps(joints) <= most


def marches(joints: np.ndarray, least: int = 3) -> bool:
    """Feet leave the floor in turn without getting anywhere."""
    lifts = sum(q.swings(q.foot_height(joints, leg), 0.05) // 2 for leg in (0, 1))
    return stays(joints, 0.6) and lifts >= least


def circles(joints: np.ndarray, least: float = 240) -> bool:
    """Walks while turning nearly all the way around."""
    return abs(q.turned(joints)) > least and q.path_length(joints) > 1.5


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        walks, runs, stays, stands_still, turns, keeps_heading, raises, arms_down, arms_still, waves, reaches, kicks,
        stands_on_one_leg, lifts_knee, squats, sits, stands_up, kneels, bows, bends_down, lies_down, jumps,
        leans_sideways, takes_steps, marches, circles, *gesture_checks.CHECKS, *floor_checks.CHECKS,
    )
}  # fmt: skip


def validate(expression: Any, where: str = "check") -> None:
    """UserError when an expression names an unknown check or setting."""
    name, settings = parts_of(expression, where)
    if name in ("all", "any", "then", "not"):
        for part in settings if isinstance(settings, list) else [settings]:
            validate(part, where)
        return
    if name not in CHECKS:
        raise UserError(f"{where}: unknown check '{name}'; known are {', '.join(sorted(CHECKS))}")
    allowed = list(inspect.signature(CHECKS[name]).parameters)[1:]
    for key in settings:
        if key not in allowed:
            raise UserError(f"{where}: {name} has no setting '{key}'; it has {', '.join(allowed) or 'none'}")


def holds(expression: Any, joints: np.ndarray) -> bool:
    """Whether joints (T, 22, 3) pass an expression."""
    name, settings = parts_of(expression, "check")
    if name == "all":
        return all(holds(part, joints) for part in settings)
    if name == "any":
        return any(holds(part, joints) for part in settings)
    if name == "not":
        return not holds(settings, joints)
    if name == "then":
        return _in_turn(settings, joints)
    return bool(CHECKS[name](joints, **settings))


def _in_turn(parts: list, joints: np.ndarray) -> bool:
    """Whether the clip can be divided so that each part passes its check, in order."""
    places = np.unique(np.linspace(SHORTEST_PART, len(joints) - SHORTEST_PART, SPLITS).astype(int))
    for borders in combinations(places.tolist(), len(parts) - 1):
        edges = [0, *borders, len(joints)]
        if min(np.diff(edges)) < SHORTEST_PART:
            continue
        spans = zip(parts, edges, edges[1:], strict=False)
        if all(holds(part, joints[start:stop]) for part, start, stop in spans):
            return True
    return False


def parts_of(expression: Any, where: str) -> tuple[str, Any]:
    """Name and settings of an expression; UserError where it is none."""
    if isinstance(expression, str):
        return expression, {}
    if not isinstance(expression, dict) or len(expression) != 1:
        raise UserError(
            f"{where}: expected the name of a check, or one name with settings, got {expression!r}"
        )
    name, settings = next(iter(expression.items()))
    if name in ("all", "any", "then"):
        if not isinstance(settings, list) or not settings:
            raise UserError(f"{where}: {name} needs a list of checks")
        return name, settings
    return name, settings if name == "not" else (settings or {})
