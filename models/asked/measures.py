"""How far joints (T, 22, 3) are from showing something: 0 where they do, up to 1 where nothing of it is seen.

Measures of what sentences ask for (`models.asked.reading`), by which motions are compared that were drawn for one sentence.
Graded, and with limits of their own: the checks by which `eval_instructions.py` judges are others (`utils.motion_checks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from utils import quantities as q

HELD = 0.4  # seconds that a pose is to be held
FAR = 0.5  # metres to get somewhere


def lacks(value: float, needed: float) -> float:
    """Share of an amount that is not there."""
    return float(np.clip(1 - value / needed, 0, 1))


def _other(side: int) -> int:
    return 1 - side


# ----------------------------------------------------------------------------------------------------------- arms
def arms_up(
    joints: np.ndarray,
    arms: Sequence[int],
    over_head: bool = False,
    alone: bool = False,
    times: int | None = None,
) -> float:
    """Wrists over the shoulders, or the head; alone: not the other one's."""
    missed = []
    for arm in arms:
        over = q.wrist_over(joints, arm, q.HEAD if over_head else q.SHOULDERS[arm])
        missed.append(lacks(q.longest_run(over > (0 if over_head else -0.06)), HELD))
        if times is not None and not missed[-1]:
            lifts = dips(-gaussian_filter1d(over, 2.0), 0.3)
            missed.append(miscount(lifts, times))
    if alone:
        other = q.wrist_over(joints, _other(arms[0]), q.SHOULDERS[_other(arms[0])])
        missed.append(1 - lacks(q.longest_run(other > -0.05), HELD))
    return max(missed)


def _reach(joints: np.ndarray, arm: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Metres (T,) of a wrist from its shoulder: outward, up, to the front."""
    way = q.chest_coordinates(joints, q.WRISTS[arm]) - q.chest_coordinates(joints, q.SHOULDERS[arm])
    return way[:, 0] * (1, -1)[arm], way[:, 1], way[:, 2]


def arms_out(joints: np.ndarray, arms: Sequence[int], direction: str, alone: bool = False) -> float:
    """Stretched arms, held level to the "side" or to the "front"; alone: not the other one."""

    def held(arm: int) -> float:
        aside, up, ahead = _reach(joints, arm)
        return q.longest_run(((aside if direction == "side" else ahead) > 0.35) & (np.abs(up) < 0.22))

    missed = [lacks(held(arm), HELD) for arm in arms]
    return max([*missed, 1 - lacks(held(_other(arms[0])), HELD)] if alone else missed)


def arms_wave(joints: np.ndarray, arms: Sequence[int], alone: bool = False, least: int = 3) -> float:
    """Raised hands that swing to and fro; alone: not the other one."""
    missed = [lacks(_swings(joints, arm), least) for arm in arms]
    if alone:
        missed.append(1 - lacks(_swings(joints, _other(arms[0])), 3))
    return max(missed)


def _swings(joints: np.ndarray, arm: int) -> int:
    wrist, elbow = (q.chest_coordinates(joints, joint[arm]) for joint in (q.WRISTS, q.ELBOWS))
    raised = (wrist[:, 1] > -0.1) & (wrist[:, 1] > elbow[:, 1] + 0.03)
    if raised.sum() < 10:
        return 0
    first, last = np.flatnonzero(raised)[[0, -1]]
    forearm = gaussian_filter1d((wrist - elbow)[first : last + 1], 1.0, axis=0)
    return max(q.swings(forearm[:, axis], 0.05) for axis in (0, 1))


def arms_end_down(joints: np.ndarray, arms: Sequence[int] = (0, 1)) -> float:
    """At the end wrists are under the chest."""
    high = max(float((joints[-4:, q.WRISTS[arm], 1] - joints[-4:, q.SPINE3, 1]).mean()) for arm in arms)
    return float(np.clip((high + 0.08) / 0.3, 0, 1))


def arms_still(joints: np.ndarray) -> float:
    """Wrists hardly move, seen from the chest."""
    moved = [np.ptp(q.chest_coordinates(joints, wrist)[:, [0, 2]], axis=0).max() for wrist in q.WRISTS]
    return float(np.clip((max(moved) - 0.17) / 0.3, 0, 1))


def hand_at_head(joints: np.ndarray, arm: int) -> float:
    """This hand near the head for a while, at the forehead of who salutes, the other one not."""
    own, other = (
        np.linalg.norm(joints[:, q.WRISTS[side]] - joints[:, q.HEAD], axis=-1) for side in (arm, _other(arm))
    )
    return max(lacks(q.longest_run(own < 0.36), 0.5), 1 - lacks(q.longest_run(other < 0.28), 0.4))


def thrusts(joints: np.ndarray, arm: int) -> float:
    """This hand shoots forward, to the height of the chest or over it, faster than the other one."""
    paces = []
    for wrist in q.WRISTS:
        place = q.chest_coordinates(joints, wrist)
        pace = gaussian_filter1d(np.gradient(place[:, 2]), 0.7) * q.FPS
        paces.append(float(np.where(place[:, 1] > -0.2, pace, 0.0).max()))
    return max(lacks(paces[arm], 1.7), lacks(paces[arm], 1.2 * paces[_other(arm)] + 1e-6))


def throws(joints: np.ndarray, arm: int) -> float:
    """This hand goes from behind the chest's front, raised, forward over the height of the chest."""
    place = q.chest_coordinates(joints, q.WRISTS[arm])
    drawn = np.flatnonzero((place[:, 2] < 0.06) & (place[:, 1] > 0.08))
    ahead = place[:, 2] > 0.34
    thrown = any(ahead[start : start + 13].any() for start in drawn)
    return max(thrusts(joints, arm), 0.0 if thrown else 1.0)


def any_arm(measure: Callable[..., float], joints: np.ndarray, **settings: object) -> float:
    """One arm or the other, or both."""
    return min(measure(joints, arms, **settings) for arms in ((0,), (1,), (0, 1)))


def hands_on_hips(joints: np.ndarray) -> float:
    """Wrists beside the pelvis, elbows out."""
    held = np.ones(len(joints), bool)
    for arm in (0, 1):
        held &= np.linalg.norm(joints[:, q.WRISTS[arm]] - joints[:, q.HIPS[arm]], axis=-1) < 0.28
        held &= q.elbow_bend(joints, arm) > 60
    return lacks(q.longest_run(held), 0.7)


def hands_behind_back(joints: np.ndarray) -> float:
    """Wrists behind the pelvis, near each other."""
    gap = np.linalg.norm(joints[:, q.WRISTS[0]] - joints[:, q.WRISTS[1]], axis=-1)
    back = q.chest_coordinates(joints, q.PELVIS)[:, 2] - 0.05
    behind = np.all([q.chest_coordinates(joints, wrist)[:, 2] < back for wrist in q.WRISTS], axis=0)
    return lacks(q.longest_run(behind & (gap < 0.3)), 0.7)


def claps(joints: np.ndarray, times: int | None = None) -> float:
    """Hands come together and part again."""
    gap = np.linalg.norm(joints[:, q.WRISTS[0]] - joints[:, q.WRISTS[1]], axis=-1)
    met = dips(gap, 0.05, max(0.2, float(gap.min()) + 0.06)) if gap.min() < 0.23 else 0
    return lacks(met, 2) if times is None else miscount(met, times)


# ----------------------------------------------------------------------------------------------------------- legs
def kicks(joints: np.ndarray, side: int | None, times: int | None = None) -> float:
    """A foot swings up before the body, higher than the other one."""
    high = [_kick(joints, leg) for leg in (0, 1)]
    leg = int(np.argmax([line.max() for line in high])) if side is None else side
    missed = lacks(high[leg].max(), 0.3)
    if side is not None:
        missed = max(missed, lacks(high[leg].max() - high[_other(leg)].max(), 0.15))
    if times is None or missed:
        return missed
    return miscount(dips(-gaussian_filter1d(high[leg], 2.0), 0.15), times)


def _kick(joints: np.ndarray, leg: int) -> np.ndarray:
    ahead = ((joints[:, q.TOES[leg]] - joints[:, q.PELVIS]) * q.facing(joints)).sum(-1)
    return np.where(ahead > 0.25, q.foot_height(joints, leg), 0.0)


def knee_up(joints: np.ndarray, side: int | None) -> float:
    """A knee comes up nearly to the height of the hip, the other one doesn't."""
    up = [
        float((joints[:, q.KNEES[leg], 1] - joints[:, q.HIPS[leg], 1]).max() + 0.4) for leg in (0, 1)
    ]  # 0 where the thigh hangs, 0.4 where it is level
    if side is None:
        return lacks(max(up), 0.22)
    return max(lacks(up[side], 0.22), 1 - lacks(up[_other(side)], 0.2) if up[_other(side)] > 0.12 else 0.0)


def knees_up_in_turn(joints: np.ndarray, in_place: bool = False) -> float:
    """Both knees come up, several times; in_place: and the body gets nowhere."""
    missed = [stays(joints) if in_place else 0.0]
    for leg in (0, 1):
        knee = joints[:, q.KNEES[leg], 1] - joints[:, q.HIPS[leg], 1]
        missed += [lacks(float(knee.max() + 0.4), 0.24), lacks(q.swings(knee, 0.12), 2)]
    return max(missed)


def stands_on(joints: np.ndarray, side: int | None) -> float:
    """One foot on the floor, the other one held over it."""
    held = [
        q.longest_run((q.foot_height(joints, _other(leg)) > 0.12) & (q.foot_height(joints, leg) < 0.07))
        for leg in (0, 1)
    ]
    return lacks(max(held) if side is None else held[side], 1.2)


def leg_out(joints: np.ndarray, side: int, direction: str) -> float:
    """A leg held out to its "side" or to the "back", its foot off the floor."""
    way = q.chest_coordinates(joints, q.ANKLES[side]) - q.chest_coordinates(joints, q.HIPS[side])
    out = way[:, 0] * (1, -1)[side] if direction == "side" else -way[:, 2]
    return lacks(q.longest_run((out > 0.22) & (q.foot_height(joints, side) > 0.1)), HELD)


# ----------------------------------------------------------------------------------------------------------- ways
def travels(joints: np.ndarray, direction: str, metres: float = FAR) -> float:
    """Gets "forward", "backward", "left" or "right", seen from its own body, farther than any other way."""
    front, left = q.travelled(joints)
    along, aside = {
        "forward": (front, left), "backward": (-front, left), "left": (left, front), "right": (-left, front),
    }[direction]  # fmt: skip
    return max(lacks(along, metres), lacks(along, 1.3 * abs(aside)) if abs(aside) > 0.1 else 0.0)


def runs(joints: np.ndarray) -> float:
    """Gets forward at the pace of a run."""
    return lacks(q.travelled(joints)[0] / q.seconds(joints), 1.7)


def stays(joints: np.ndarray) -> float:
    """Gets nowhere."""
    root = joints[:, q.PELVIS][:, [0, 2]]
    return float(np.clip(np.linalg.norm(root - root[0], axis=-1).max() / 0.45 - 1, 0, 1))


def steps_in_place(joints: np.ndarray) -> float:
    """Feet leave the floor in turn, and the body gets nowhere."""
    lifts = [q.swings(q.foot_height(joints, leg), 0.05) // 2 for leg in (0, 1)]
    return max(stays(joints), lacks(sum(lifts), 3), lacks(min(lifts), 1))


def goes_round(joints: np.ndarray, sign: int, least: float, most: float) -> float:
    """Gets ahead while turning by `least` to `most` degrees, to the left (1), the right (-1) or either (0)."""
    angle = q.turned(joints) * sign if sign else abs(q.turned(joints))
    excess = float(np.clip((angle - most) / 90, 0, 1))
    return max(lacks(angle, least), excess, lacks(q.path_length(joints), 0.8))


def dips(line: np.ndarray, least: float, below: float | None = None) -> int:
    """How often a series goes down by `least`, to less than `below`, and up again."""
    count, falling, low, high = 0, False, np.inf, -np.inf
    for value in [line.max() + least, *line.tolist(), line.max() + least]:
        low, high = min(low, value), max(high, value)
        if not falling and value <= high - least:
            falling, low = True, value
        elif falling and value >= low + least:
            count += below is None or low < below
            falling, high = False, value
    return count


def miscount(found: int, times: int) -> float:
    return min(abs(found - times) / max(times, 1), 1.0)


# ----------------------------------------------------------------------------------------------------------- body
def squats(joints: np.ndarray, times: int | None = None) -> float:
    """The pelvis goes down over bent knees, the feet stay where they are."""
    height = gaussian_filter1d(q.pelvis_height(joints), 1.5)
    bent = min(q.knee_bend(joints, leg).max() for leg in (0, 1))
    missed = max(lacks(0.9 - height.min(), 0.22), lacks(bent, 60))
    return missed if times is None or missed else miscount(dips(height, 0.15), times)


def sits(joints: np.ndarray) -> float:
    """The pelvis as low as on a seat, thighs near level, the trunk upright."""
    seated = (q.pelvis_height(joints) < 0.7) & (np.abs(q.lean(joints)) < 45)
    for leg in (0, 1):
        seated &= joints[:, q.HIPS[leg], 1] - joints[:, q.KNEES[leg], 1] < 0.24
    return lacks(q.longest_run(seated), 0.5)


def kneels(joints: np.ndarray) -> float:
    """A knee on the floor, the trunk upright."""
    knee = joints[:, [*q.KNEES], 1].min(1) - q.floor(joints)
    return lacks(q.longest_run((knee < 0.15) & (np.abs(q.lean(joints)) < 45)), 0.5)


def lies(joints: np.ndarray) -> float:
    """Head and pelvis near the floor."""
    low = joints[:, [q.HEAD, q.PELVIS], 1].max(1) - q.floor(joints)
    return lacks(q.longest_run(low < 0.42), 0.4)


def bows(joints: np.ndarray, times: int | None = None) -> float:
    """The trunk leans forward over straight legs and comes back."""
    angle = gaussian_filter1d(q.lean(joints), 1.5)
    bent = angle.max() - min(np.percentile(angle, 10), 12)
    missed = max(lacks(bent, 28), lacks(q.pelvis_height(joints).min(), 0.74))
    return missed if times is None or missed else miscount(dips(-angle, 0.5 * bent), times)


def bends_down(joints: np.ndarray) -> float:
    """A hand comes down under the knees."""
    low = min((joints[:, wrist, 1] - q.floor(joints)).min() for wrist in q.WRISTS)
    return float(np.clip((low - 0.38) / 0.3, 0, 1))


def leans(joints: np.ndarray, sign: int) -> float:
    """The trunk bends to the left (1) or to the right (-1)."""
    return lacks(float((q.side_lean(joints) * sign).max()), 17)


def jumps(joints: np.ndarray, times: int | None = None, least: int = 1) -> float:
    """Both feet off the floor at once, the pelvis up, `least` times or more, or so many times."""
    up = q.airborne(joints, 0.07)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], up.astype(int), [0]])))
    flights = sum(stop - start >= 2 for start, stop in zip(edges[::2], edges[1::2], strict=True))
    rise = float(joints[:, q.PELVIS, 1].max() - np.median(joints[:, q.PELVIS, 1]))
    missed = max(lacks(flights, least), lacks(rise, 0.06))
    return missed if times is None or missed else miscount(flights, times)


def hops_on(joints: np.ndarray, leg: int | None, times: int | None = None, in_place: bool = False) -> float:
    """Leaves the floor twice or more, or so many times, from one leg, the named one, the other foot up meanwhile."""
    missed = []
    for own in (0, 1) if leg is None else (leg,):
        up = gaussian_filter1d(q.foot_height(joints, _other(own)), 1.0) > 0.08
        low = q.foot_height(joints, own) < 0.07
        flights = int((np.diff((up & ~low).astype(int), prepend=0) == 1).sum())
        counted = lacks(flights, 2) if times is None else miscount(flights, times)
        missed.append(max(lacks(q.longest_run(up), 0.8), counted, lacks(float((up & low).sum()), 4)))
    return max(min(missed), stays(joints) if in_place else 0.0)


def jumps_to(joints: np.ndarray, direction: str, times: int | None = None) -> float:
    """Jumps, and lands some way off in that direction."""
    return max(jumps(joints, times), travels(joints, direction, 0.25))


def takes_steps(joints: np.ndarray, times: int) -> float:
    """As many steps, the closing one counted or not."""
    found = q.steps(joints)
    return 0.0 if found == times + 1 else miscount(found, times)


def turns(joints: np.ndarray, sign: int) -> float:
    """Turns to the left (1), the right (-1) or either (0)."""
    angle = q.turned(joints) * sign if sign else abs(q.turned(joints))
    return lacks(angle, 45)


def stands_still(joints: np.ndarray) -> float:
    """Upright, and neither feet nor hands go anywhere."""
    feet = joints[:, [*q.TOES]][..., [0, 2]]
    moved = float(np.linalg.norm(feet - feet[:1], axis=-1).max())
    hands = max(float(np.ptp(q.chest_coordinates(joints, wrist), axis=0).max()) for wrist in q.WRISTS)
    missed = [(moved - 0.12) / 0.3, (hands - 0.25) / 0.4, (0.78 - q.pelvis_height(joints).min()) / 0.2]
    return float(np.clip(max(missed), 0, 1))


def ends_upright(joints: np.ndarray) -> float:
    """At the end the pelvis is as high as one stands."""
    return lacks(float(q.pelvis_height(joints)[-4:].mean()) - 0.6, 0.22)


def gets_up(joints: np.ndarray) -> float:
    """Begins low, ends upright."""
    return max(lacks(0.95 - float(q.pelvis_height(joints)[:6].mean()), 0.25), ends_upright(joints))
