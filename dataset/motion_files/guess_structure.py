"""Which joint is which by the tree alone: two legs, two arms, and left and right by where feet and knees point.

For files whose names tell nothing, in whatever script. What is not clear is refused by a reason, never decided by luck.
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from dataset.motion_files.body_tree import STRETCH, BodyTree
from dataset.motion_files.guess_checks import CLEAR, left_votes

ALIKE = 0.12  # share by which lengths of the two limbs of a pair may differ
SHORTEST_LIMB = 0.2  # of the longest branch of the body
FOOT, ARM = 0.17, 0.65  # usual foot and arm (shoulder to wrist) as a share of the leg (hip to ankle)
UPPER_TO_FOREARM = 1.1
TIE = 0.05  # scores of two readings of a limb that are this near don't decide between them
WORST = {3: 0.9, 4: 1.5}  # score of an arm (three joints) or leg (four) beyond which it is none
NECK = 0.12  # of the leg: a branch between two limbs that is at least so long may be a neck with a head
MOST_LIMBS = 24  # that hang on one point
Pair = tuple[int, int]  # first points of two limbs that mirror each other
Joints = tuple[int, ...]  # of a limb
Reading = tuple[float, tuple[Joints, Joints]]  # of a pair, and its score: the lower, the more like a human's


class Unclear(Exception):
    """Why a skeleton can't be told from its tree."""


def by_structure(body: BodyTree, sides: list[str]) -> dict[str, int]:
    """Points of the limbs' roles ("left_hip", ...); Unclear says why not.

    sides: what the name of each point says, "left", "right" or "".
    """
    if body.parents is None:
        raise Unclear("the file tells no tree of joints")
    leg_joints, arm_joints = _legs_and_arms(body, _pairs(body))
    left_leg = _left_leg(body, leg_joints, [_said_side(joints, sides) for joints in leg_joints])
    across = _direction(body, leg_joints[1][0], leg_joints[0][0])
    same = np.mean(np.sum(across * _direction(body, arm_joints[1][0], arm_joints[0][0]), -1))
    if abs(same) < CLEAR:
        raise Unclear("arms and legs don't lie on the same two sides")
    left_arm = left_leg if same > 0 else 1 - left_leg
    said = [_said_side(joints, sides) for joints in arm_joints]
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
    shortest = SHORTEST_LIMB * max(body.reach)
    pairs = []
    for children in body.children:
        limbs = {child: _lengths(body, child) for child in children if body.branch(child) >= shortest}
        if len(limbs) > MOST_LIMBS:
            continue
        found = []
        for (a, first), (b, second) in combinations(limbs.items(), 2):
            if (
                len(first) == len(second) > 2
            ):  # three joints of a limb are two bones, and one that it hangs on
                whole = max(sum(first), sum(second))
                found.append((float(np.abs(np.subtract(first, second)).max()) / whole, (a, b)))
        if found and min(found)[0] < ALIKE:
            pairs.append(min(found)[1])
    # Within a limb nothing is a limb of its own.
    limb_points = {point for pair in pairs for point in pair}
    return [pair for pair in pairs if not limb_points & set(body.way_up(pair[0])[1:])]


def _lengths(body: BodyTree, limb: int) -> list[float]:
    """Lengths of the bones of a limb, from the one that it hangs on; none if they stretch, as animators' helpers do."""
    chain = body.chain(limb)
    bones = [body.lengths(a, b) for a, b in zip([body.way_up(limb)[1], *chain], chain, strict=False)]
    stretching = any(bone.std() > STRETCH * bone.mean() for bone in bones)
    return [] if stretching else [float(np.median(bone)) for bone in bones]


def _legs_and_arms(body: BodyTree, pairs: list[Pair]) -> tuple[tuple[Joints, Joints], tuple[Joints, Joints]]:
    """Joints of two legs and two arms: the two pairs that are the most like those; a neck stands between arms."""
    readings = []
    why = f"its tree has {len(pairs)} pairs of limbs that mirror each other"
    for one, two in permutations(pairs, 2):
        try:
            leg_score, legs = _legs(body, one)
            length = float(np.mean([body.distance(h, k) + body.distance(k, a) for h, k, a, _ in legs]))
            arm_score, arms = _arms(body, two, length)
        except Unclear as unclear:
            why = str(unclear)
            continue
        score = leg_score + arm_score
        if _neck_length(body, one, two) > NECK * length >= _neck_length(body, two, one):
            score += 1  # what looks like a neck stands between what would be the legs
        readings.append((score, legs, arms))
    readings.sort(key=lambda reading: reading[0])
    if not readings:
        raise Unclear(f"two legs and two arms can't be told ({why})")
    if len(readings) > 1 and readings[1][0] - readings[0][0] < 4 * TIE:
        raise Unclear("arms and legs can't be told apart")
    return readings[0][1], readings[0][2]


def _neck_length(body: BodyTree, pair: Pair, other: Pair) -> float:
    """Length of the longest branch between two limbs that leads not to the other pair."""
    way = set(body.way_up(other[0]))
    siblings = body.children[body.way_up(pair[0])[1]]
    return max(
        (body.branch(child) for child in siblings if child not in pair and child not in way), default=0.0
    )


def _legs(body: BodyTree, pair: Pair) -> Reading:
    """Hip, knee, ankle and foot of both: two bones about as long as each other, and a foot."""
    needs = "a leg needs a hip, a knee, an ankle and a foot"
    readings: dict[Joints, float] = {}
    for chain in map(body.chain, pair):
        for places in combinations(range(len(chain)), 4):
            i, j, k, m = places
            bones = [_bone(body, chain, i, j), _bone(body, chain, j, k)]
            leg, foot = bones[0][0] + bones[1][0], body.distance(chain[k], chain[m])
            score = abs(np.log(bones[0][0] / bones[1][0])) + 0.5 * abs(np.log(foot / (FOOT * leg)))
            score += 2 * np.log(body.reach[chain[0]] / leg) + bones[0][1] + bones[1][1]
            readings[places] = readings.get(places, 0.0) + float(score) / 2
    return _best(body, pair, readings, needs)


def _arms(body: BodyTree, pair: Pair, leg: float) -> Reading:
    """Shoulder, elbow and wrist of both: two bones about as long as each other, in human proportion to the leg."""
    readings: dict[Joints, float] = {}
    for chain in map(body.chain, pair):
        for places in combinations(range(len(chain)), 3):
            i, j, k = places
            upper, lower = _bone(body, chain, i, j), _bone(body, chain, j, k)
            score = abs(np.log(upper[0] / lower[0] / UPPER_TO_FOREARM)) + upper[1] + lower[1]
            score += abs(np.log((upper[0] + lower[0]) / (ARM * leg)))
            readings[places] = readings.get(places, 0.0) + float(score) / 2
    return _best(body, pair, readings, "an arm needs a shoulder, an elbow and a wrist")


def _bone(body: BodyTree, chain: list[int], first: int, last: int) -> tuple[float, float]:
    """Length of a bone made of a chain's joints first..last, and what it costs that it is bent or stretches."""
    lengths = body.lengths(chain[first], chain[last])
    length = float(np.median(lengths))
    steps = sum(
        body.distance(a, b) for a, b in zip(chain[first:last], chain[first + 1 : last + 1], strict=True)
    )
    length = max(length, 1e-9 * body.size)
    return length, 5 * (steps / length - 1) + 5 * float(lengths.std() / length)


def _best(body: BodyTree, pair: Pair, readings: dict[Joints, float], needs: str) -> Reading:
    """The reading of the lowest score; Unclear where one with another hip, knee or ankle is as good.

    readings: places in the chains of both limbs -> score.
    """
    if not readings:
        raise Unclear(needs)
    chains = [body.chain(point) for point in pair]
    best, *others = sorted(readings, key=lambda places: readings[places])
    if readings[best] > WORST[len(best)]:
        raise Unclear(f"{needs} of human proportions")
    for other in others:
        places = zip(best[:3], other[:3], strict=True)
        if readings[other] < readings[best] + TIE and any(
            body.apart(chains[0][a], chains[0][b]) for a, b in places
        ):
            names = ", ".join(body.names[chains[0][place]] for place in best)
            raise Unclear(f"{needs}, and {names} are not the only ones that fit")
    one, two = (tuple(chain[place] for place in best) for chain in chains)
    return readings[best], (one, two)


def _direction(body: BodyTree, start: int, end: int) -> np.ndarray:
    """Unit vectors (T, 3)."""
    way = body.positions[:, end] - body.positions[:, start]
    return way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-12)


def _said_side(joints: Joints, sides: list[str]) -> str:
    """The side that the names of a limb's joints agree on, "" where they say none."""
    said = {sides[point] for point in joints} - {""}
    return said.pop() if len(said) == 1 else ""


def _left_leg(body: BodyTree, legs: tuple[Joints, Joints], said: list[str]) -> int:
    """0 or 1: the leg to the left of where the toes point and the knees bend to. said: what names say."""
    votes = left_votes(*([body.positions[:, point] for point in leg] for leg in legs))
    if set(said) == {"left", "right"}:
        votes.append(said[0] == "left")
    if len(set(votes)) != 1:
        raise Unclear("left and right can't be told from feet, knees and names")
    return 0 if votes[0] else 1
