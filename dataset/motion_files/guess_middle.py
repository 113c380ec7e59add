"""Pelvis, spine, neck, head and collars of a guessed skeleton, once its limbs are known.

Every joint of the middle is a point of the file or lies between points that mirror each other, so that no guess leans
to one side: without a neck the middle of the shoulders stands for it.
"""

from __future__ import annotations

import numpy as np

from dataset.motion_files.body_tree import BodyTree
from dataset.motion_files.guess_checks import SIDES_ALIKE
from dataset.motion_files.guess_names import Label, middle_candidates
from dataset.motion_files.sources import Source

SIDES = ("left", "right")
# Share of the way from pelvis to neck at which the training skeleton has its spine joints.
SPINE = {"spine1": 0.24, "spine2": 0.50, "spine3": 0.60}
SPINE_NEAR = 0.18  # three joints of a file that are this near to those shares are the spine's joints
HEAD = 1.19  # of the way from pelvis to neck, where a file has no head
COLLAR = 0.35  # of the way from neck to shoulder, where a file has no collar
PELVIS_NEAR = 0.6  # of the thigh: how far a pelvis may be from the middle of the hips
NECK_NEAR = 0.5  # of the trunk: how far a neck may be from the middle of the shoulders
ASIDE = 0.3  # of the shoulders' width: by how much a neck may be nearer to one shoulder
HIGH = 0.25  # of the trunk: a lone joint that is higher above the shoulders is a head, no neck


def middle_joints(body: BodyTree, labels: list[Label], found: dict[str, int]) -> dict[str, Source]:
    """Sources of pelvis, spine, neck, head and collars. found: points of the limbs' roles."""
    limbs = _Limbs(body, labels, found)
    pelvis, neck = _pelvis(limbs), _neck(limbs)
    head = _head(limbs, neck)
    sources: dict[str, Source] = {
        "pelvis": limbs.hips_middle if pelvis is None else body.source(pelvis),
        "neck": limbs.shoulders_middle if neck is None else body.source(neck),
    }
    above: Source = _short(sources["pelvis"]), _short(sources["neck"]), HEAD
    sources["head"] = above if head is None else body.source(head)
    collars = [_collar(limbs, side) for side in SIDES]
    own = _mirror_each_other(limbs, collars)
    for side, collar, shoulder in zip(SIDES, collars, limbs.shoulders, strict=True):
        between: Source = _short(sources["neck"]), body.source(shoulder)[0], COLLAR
        sources[f"{side}_collar"] = body.source(collar) if own and collar is not None else between
    return sources | _spine(body, sources, _trunk(limbs, pelvis, neck))


class _Limbs:
    """Where the limbs are that the middle lies between.

    hips, shoulders: left and right; hips_middle, shoulders_middle: sources; chest: the point where the arms meet and
    tops the first of each arm from there, if a tree is known.
    """

    def __init__(self, body: BodyTree, labels: list[Label], found: dict[str, int]) -> None:
        self.body, self.labels, self.found = body, labels, found
        self.hips, self.shoulders = (
            [found[f"{side}_{role}"] for side in SIDES] for role in ("hip", "shoulder")
        )
        self.hips_middle, self.shoulders_middle = (
            _halfway(body, *pair) for pair in (self.hips, self.shoulders)
        )
        self.trunk = body.between(self.hips_middle, self.shoulders_middle)
        self.chest = body.meeting(self.shoulders)
        ways = (
            [body.way(self.chest, shoulder) for shoulder in self.shoulders] if self.chest is not None else []
        )
        self.tops = [way[1] for way in ways if len(way) > 1]

    def named(self, role: str, near: float) -> list[int]:
        """Points named so that fit between the shoulders, best first."""
        return [point for point in middle_candidates(self.body, self.labels, role) if self.fits(point, near)]

    def fits(self, point: int, near: float) -> bool:
        """Whether a point is as near to one shoulder as to the other, near to both, and in no limb."""
        body, (left, right) = self.body, self.shoulders
        if point in self.found.values() or (
            body.parents is not None
            and any(body.is_below(point, limb) for limb in (*self.hips, *self.shoulders))
        ):
            return False
        aside = abs(body.distance(point, left) - body.distance(point, right))
        return aside < ASIDE * body.distance(left, right) and self.above(point) < near * self.trunk

    def above(self, point: int) -> float:
        """Distance from the middle of the shoulders."""
        return self.body.between(self.body.source(point), self.shoulders_middle)

    def own_place(self, point: int) -> bool:
        """Whether a point starts where neither its parent nor the collars do: that is the chest's place (CMU)."""
        return self.body.own_place(point) and all(self.body.apart(point, top) for top in self.tops)

    def neck_branch(self) -> list[int]:
        """The longest way up from where the arms meet that leads to no limb; empty where there is no tree."""
        body = self.body
        if self.chest is None or body.parents is None:
            return []
        to_limbs = {point for limb in (*self.hips, *self.shoulders) for point in body.way_up(limb)}
        free = [child for child in body.children[self.chest] if child not in to_limbs]
        branch = body.chain(max(free, key=body.branch)) if free else []
        return [
            point for point in branch if all(body.apart(point, other) for other in (self.chest, *self.tops))
        ]


def _halfway(body: BodyTree, left: int, right: int) -> Source:
    """The middle of two points."""
    return body.source(left)[0], body.source(right)[0], 0.5


def _short(source: Source) -> str | Source:
    return source if source[2] else source[0]


def _pelvis(limbs: _Limbs) -> int | None:
    """The lowest point above both legs that is named so, else the one nearest to the hips."""
    body = limbs.body
    named = [
        point
        for point in middle_candidates(body, limbs.labels, "pelvis")
        if point not in limbs.found.values()
    ]
    named = [point for point in named if all(body.is_below(hip, point) for hip in limbs.hips)]
    named.sort(key=body.depth, reverse=True)  # keeps the order of the words where there is no tree
    meeting = body.meeting(limbs.hips)
    # Where they meet, or above it (Biped).
    above = [point for point in ([] if meeting is None else body.way_up(meeting)) if point not in limbs.hips]
    away = {point: body.between(body.source(point), limbs.hips_middle) for point in (*named, *above)}
    near = PELVIS_NEAR * body.distance(limbs.hips[0], limbs.found["left_knee"])
    return next((p for p in (*named, *sorted(above, key=lambda p: away[p])) if away[p] < near), None)


def _neck(limbs: _Limbs) -> int | None:
    """A neck by name, else by the branch between the arms; None where there is none."""
    named = limbs.named("neck", NECK_NEAR)
    own = [point for point in named if limbs.own_place(point)]
    if own:
        return own[0]
    chest, body = limbs.chest, limbs.body
    if chest is not None and not named and limbs.fits(chest, NECK_NEAR) and _beyond_shoulders(limbs, chest):
        return chest  # the collars hang on the neck (Biped)
    joints = [point for point in limbs.neck_branch() if not body.is_end[point]]
    heads = limbs.named("head", 2 * NECK_NEAR)
    if heads and heads[0] in joints:
        joints = joints[: joints.index(heads[0])]
    elif len(joints) == 1 and limbs.above(joints[0]) > HIGH * limbs.trunk:
        joints = []
    found = [point for point in joints[:1] if limbs.fits(point, NECK_NEAR)] or named
    return found[0] if found else None


def _beyond_shoulders(limbs: _Limbs, point: int) -> bool:
    """Whether a point is on the far side of the shoulders, seen from the hips."""
    hips, middle = (limbs.body.place(source) for source in (limbs.hips_middle, limbs.shoulders_middle))
    here = limbs.body.place(limbs.body.source(point))
    return bool(np.median(np.sum((here - middle) * (middle - hips), -1)) > 0)


def _head(limbs: _Limbs, neck: int | None) -> int | None:
    """A head by name, else what is about as far above the neck as heads are; None where there is none."""
    named = [point for point in limbs.named("head", 2 * NECK_NEAR) if point != neck]
    if named:
        return named[0]
    body, branch = limbs.body, limbs.neck_branch()
    if neck is None:
        joints = [point for point in branch if not body.is_end[point]]
        return joints[0] if joints and limbs.fits(joints[0], 2 * NECK_NEAR) else None
    above = [point for point in branch if body.is_below(point, neck)]
    usual = HEAD * body.between(limbs.hips_middle, body.source(neck))
    return min(
        above, key=lambda p: abs(body.between(limbs.hips_middle, body.source(p)) - usual), default=None
    )


def _collar(limbs: _Limbs, side: str) -> int | None:
    """A named collar, else the first joint between chest and shoulder, if it has a place of its own."""
    body, shoulder = limbs.body, limbs.found[f"{side}_shoulder"]
    way = body.way_up(shoulder)
    between = way[1 : way.index(limbs.chest)] if limbs.chest in way else []
    collar = limbs.found.get(f"{side}_collar", between[-1] if between else None)
    if collar is None or not body.apart(collar, shoulder) or not body.own_place(collar):
        return None
    return collar


def _mirror_each_other(limbs: _Limbs, collars: list[int | None]) -> bool:
    """Whether there are two collars, as far from their shoulders, and not both in the chest's place."""
    left, right = collars
    if left is None or right is None or not limbs.body.apart(left, right):
        return False
    one, two = (limbs.body.distance(*pair) for pair in zip((left, right), limbs.shoulders, strict=True))
    return 1 / SIDES_ALIKE < one / two < SIDES_ALIKE


def _trunk(limbs: _Limbs, pelvis: int | None, neck: int | None) -> list[int]:
    """Joints between pelvis and neck, from below: those of the tree, else those whose names say spine."""
    body = limbs.body
    if body.parents is None:
        named = [p for p in middle_candidates(body, limbs.labels, "spine") if p not in (pelvis, neck)]
        return sorted(named, key=lambda p: sum(body.distance(p, hip) for hip in limbs.hips))
    start = body.meeting(limbs.hips) if pelvis is None else pelvis
    end = limbs.chest if neck is None else neck
    if start is None or end is None:
        return []
    return [point for point in body.way(start, end) if point not in (pelvis, neck)]


def _spine(body: BodyTree, sources: dict[str, Source], trunk: list[int]) -> dict[str, Source]:
    """The trunk's joints where they are three at the training skeleton's shares of the way, else those shares."""
    bottom, top = sources["pelvis"], sources["neck"]
    whole = body.between(bottom, top)
    way = [bottom]
    for point in trunk:
        here = body.source(point)
        detour = body.between(bottom, here) + body.between(here, top)
        gaps = (body.between(way[-1], here), body.between(here, top))
        # Joints beside the way, such as a root on the floor, and joints at the place of others are no spine.
        if detour < 1.4 * whole and min(gaps) > 0.03 * whole:
            way.append(here)
    way.append(top)
    reach = np.cumsum([0.0, *(body.between(a, b) for a, b in zip(way, way[1:], strict=False))])
    shares = np.array(list(SPINE.values()))
    if len(way) == 5 and np.abs(reach[1:4] / reach[-1] - shares).max() < SPINE_NEAR:
        return dict(zip(SPINE, way[1:4], strict=True))
    spine: dict[str, Source] = {}
    for role, share in SPINE.items():
        at = share * reach[-1]
        piece = min(int(np.searchsorted(reach, at, side="right")) - 1, len(way) - 2)
        length = reach[piece + 1] - reach[piece]
        inside = float((at - reach[piece]) / length) if length > 0 else 0.0
        spine[role] = (_short(way[piece]), _short(way[piece + 1]), inside)
    return spine
