"""Which joint is which by the tree alone: two legs, two arms, and left and right by where feet and knees point.

For files whose names tell nothing, in whatever script. What is not clear is refused by a reason, never decided by luck.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from dataset.motion_files.body_tree import BodyTree

ALIKE = 0.12  # share by which lengths of the two limbs of a pair may differ
SHORTEST_LIMB = 0.25  # of the longest branch of the body
FOOT, ARM = 0.17, 0.65  # usual foot and arm (shoulder to wrist) as a share of the leg (hip to ankle)
UPPER_TO_FOREARM = 1.1
CLEAR = 0.3  # cosine from which a direction tells left from right
SEEN = 0.05  # of the leg: what points ahead by less may be noise
TIE = 0.05  # scores of two readings of a limb that are this near don't decide between them
Pair = tuple[int, int]  # first points of two limbs that mirror each other


class Unclear(Exception):
    """Why a skeleton can't be told from its tree."""


def by_structure(body: BodyTree, sides: list[str]) -> dict[str, int]:
    """Points of the limbs' roles ("left_hip", ...); Unclear says why not.

    sides: what the name of each point says, "left", "right" or "".
    """
    if body.parents is None:
        raise Unclear("the file tells no tree of joints")
    legs, arms = _legs_and_arms(body, _pairs(body))
    leg_joints = [_leg(body, point) for point in legs]
    arm_joints = [_arm(body, point, _length_of(body, leg_joints)) for point in arms]
    left_leg = _left_leg(body, leg_joints, [_said_side(body, point, sides) for point in legs])
    across = _direction(body, leg_joints[1][0], leg_joints[0][0])
    same = np.mean(np.sum(across * _direction(body, arm_joints[1][0], arm_joints[0][0]), -1))
    if abs(same) < CLEAR:
        raise Unclear("arms and legs don't lie on the same two sides")
    left_arm = left_leg if same > 0 else 1 - left_leg
    said = [_said_side(body, point, sides) for point in arms]
    if said[left_arm] == "right" or said[1 - left_arm] == "left":
        raise Unclear("names and positions of the arms disagree about left and right")
    found: dict[str, int] = {}
    for roles, joints, left in (
        (("hip", "knee", "ankle", "foot"), leg_joints, left_leg),
        (("shoulder", "elbow", "wrist"), arm_joints, left_arm),
    ):
        for side, which in (("left", left), ("right", 1 - left)):
            found |= {f"{side}_{role}": point for role, point in zip(roles, joints[which], strict=True)}
    return found


def _pairs(body: BodyTree) -> list[Pair]:
    """Limbs that mirror each other, of those that hang on one point the most alike."""
    longest = max(body.reach)
    pairs = []
    for children in body.children:
        found = []
        for a, b in combinations(children, 2):
            first, second = _lengths(body, a), _lengths(body, b)
            whole = max(sum(first), sum(second))
            if len(first) != len(second) or min(sum(first), sum(second)) < SHORTEST_LIMB * longest:
                continue
            difference = float(np.abs(np.subtract(first, second)).max()) / whole
            if difference < ALIKE:
                found.append((difference, (a, b)))
        if found:
            pairs.append(min(found)[1])
    # Within a limb nothing is a limb of its own.
    limbs = {point for pair in pairs for point in pair}
    return [pair for pair in pairs if not limbs & set(body.way_up(pair[0])[1:])]


def _lengths(body: BodyTree, limb: int) -> list[float]:
    chain = body.chain(limb)
    parent = body.way_up(limb)[1]
    return [
        body.distance(parent, limb),
        *(body.distance(a, b) for a, b in zip(chain, chain[1:], strict=False)),
    ]


def _legs_and_arms(body: BodyTree, pairs: list[Pair]) -> tuple[Pair, Pair]:
    """The longer pair is the legs', and a neck or head stands between the arms."""
    if len(pairs) != 2:
        raise Unclear(f"{len(pairs)} pairs of limbs that mirror each other, where two are expected")
    one, two = pairs
    votes = []
    ratio = np.log(body.reach[one[0]] / body.reach[two[0]])
    if abs(ratio) > ALIKE / 2:
        votes.append(ratio > 0)
    necks = [
        _neck_length(body, pair, other) > 0.3 * body.reach[pair[0]]
        for pair, other in ((one, two), (two, one))
    ]
    if necks[0] != necks[1]:
        votes.append(necks[1])
    if len(set(votes)) != 1:
        raise Unclear("arms and legs can't be told apart")
    return (one, two) if votes[0] else (two, one)


def _neck_length(body: BodyTree, pair: Pair, other: Pair) -> float:
    """Length of the longest branch between two limbs that leads not to the other pair."""
    way = set(body.way_up(other[0]))
    siblings = body.children[body.way_up(pair[0])[1]]
    return max(
        (body.branch(child) for child in siblings if child not in pair and child not in way), default=0.0
    )


def _leg(body: BodyTree, limb: int) -> tuple[int, int, int, int]:
    """Hip, knee, ankle and foot: two bones about as long as each other, and a foot."""
    chain = body.chain(limb)
    readings = []
    for i, j, k in combinations(range(len(chain) - 1), 3):
        bones = [_bone(body, chain, i, j), _bone(body, chain, j, k)]
        leg = bones[0][0] + bones[1][0]
        foot = body.distance(chain[k], chain[k + 1])
        score = abs(np.log(bones[0][0] / bones[1][0])) + 0.5 * abs(np.log(foot / (FOOT * leg)))
        score += 2 * np.log(body.reach[limb] / leg) + bones[0][1] + bones[1][1]
        readings.append((float(score), (chain[i], chain[j], chain[k], chain[k + 1])))
    return _best(body, readings, "a leg needs a hip, a knee, an ankle and a foot")


def _arm(body: BodyTree, limb: int, leg: float) -> tuple[int, int, int]:
    """Shoulder, elbow and wrist: two bones about as long as each other, in human proportion to the leg."""
    chain = body.chain(limb)
    readings = []
    for i, j, k in combinations(range(len(chain)), 3):
        upper, lower = _bone(body, chain, i, j), _bone(body, chain, j, k)
        score = abs(np.log(upper[0] / lower[0] / UPPER_TO_FOREARM)) + upper[1] + lower[1]
        score += abs(np.log((upper[0] + lower[0]) / (ARM * leg)))
        readings.append((float(score), (chain[i], chain[j], chain[k])))
    return _best(body, readings, "an arm needs a shoulder, an elbow and a wrist")


def _bone(body: BodyTree, chain: list[int], first: int, last: int) -> tuple[float, float]:
    """Length of a bone made of a chain's joints first..last, and what it costs that it is bent or stretches."""
    ends = body.positions[:, chain[first]] - body.positions[:, chain[last]]
    lengths = np.linalg.norm(ends, axis=-1)
    length = float(np.median(lengths))
    steps = sum(
        body.distance(a, b) for a, b in zip(chain[first:last], chain[first + 1 : last + 1], strict=True)
    )
    length = max(length, 1e-9 * body.size)
    return length, 5 * (steps / length - 1) + 5 * float(lengths.std() / length)


def _best(body: BodyTree, readings: list[tuple[float, tuple[int, ...]]], needs: str) -> tuple[int, ...]:
    if not readings:
        raise Unclear(needs)
    readings = sorted(readings)
    score, best = readings[0]
    if score > 1.5:
        raise Unclear(f"{needs} of human proportions")
    for other_score, other in readings[1:]:
        same = all(not body.apart(a, b) for a, b in zip(best, other, strict=True))
        if other_score < score + TIE and not same:
            raise Unclear(
                f"{needs}, and {', '.join(body.names[p] for p in best)} are not the only ones that fit"
            )
    return best


def _direction(body: BodyTree, start: int, end: int) -> np.ndarray:
    """Unit vectors (T, 3)."""
    way = body.positions[:, end] - body.positions[:, start]
    return way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-12)


def _length_of(body: BodyTree, legs: list[tuple[int, int, int, int]]) -> float:
    return float(np.mean([body.distance(h, k) + body.distance(k, a) for h, k, a, _ in legs]))


def _said_side(body: BodyTree, limb: int, sides: list[str]) -> str:
    """The side that the names of a limb's joints agree on, "" where they say none."""
    said = {sides[point] for point in body.chain(limb)} - {""}
    return said.pop() if len(said) == 1 else ""


def _left_leg(body: BodyTree, legs: list[tuple[int, int, int, int]], said: list[str]) -> int:
    """0 or 1: the leg to the left of where the toes point and the knees bend to. said: what names say."""
    votes = []
    up = np.mean([_direction(body, ankle, hip) for hip, _, ankle, _ in legs], axis=0)
    across = _direction(body, legs[1][0], legs[0][0])
    for ahead in (_toes_ahead(body, legs), _knees_ahead(body, legs)):
        left = np.cross(up, ahead)
        sizes = np.linalg.norm(left, axis=-1)
        vote = np.sum(left * across) / max(float(sizes.sum()), 1e-12)
        if sizes.max() > SEEN and abs(vote) > CLEAR:
            votes.append(bool(vote > 0))
    if set(said) == {"left", "right"}:
        votes.append(said[0] == "left")
    if len(set(votes)) != 1:
        raise Unclear("left and right can't be told from feet, knees and names")
    return 0 if votes[0] else 1


def _toes_ahead(body: BodyTree, legs: list[tuple[int, int, int, int]]) -> np.ndarray:
    """Where toes point (T, 3), as a share of the shin, across it."""
    ahead = np.zeros_like(body.positions[:, 0])
    for _, knee, ankle, foot in legs:
        down = _direction(body, knee, ankle)
        toes = (body.positions[:, foot] - body.positions[:, ankle]) / body.distance(knee, ankle)
        ahead = ahead + toes - np.sum(toes * down, -1, keepdims=True) * down
    return ahead


def _knees_ahead(body: BodyTree, legs: list[tuple[int, int, int, int]]) -> np.ndarray:
    """Where knees bend to (T, 3), as a share of the leg: away from the line between hip and ankle."""
    ahead = np.zeros_like(body.positions[:, 0])
    for hip, knee, ankle, _ in legs:
        line = _direction(body, hip, ankle)
        way = (body.positions[:, knee] - body.positions[:, hip]) / body.distance(hip, ankle)
        ahead = ahead + way - np.sum(way * line, -1, keepdims=True) * line
    return ahead
