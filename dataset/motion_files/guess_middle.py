"""Pelvis, spine, neck, head and collars of a guessed skeleton, once its limbs are known.

Every joint of the middle is a point of the file or lies between points that mirror each other, so that no guess leans
to one side: without a neck the middle of the shoulders stands for it.
"""

from __future__ import annotations

import numpy as np

from dataset.motion_files.body_tree import BodyTree
from dataset.motion_files.guess_names import Label, middle_candidates
from dataset.motion_files.sources import Source

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
    hips, shoulders = (_middle_of(body, found, role) for role in ("hip", "shoulder"))
    pelvis = _pelvis(body, labels, found, hips)
    neck, head = _neck_and_head(body, labels, found, _length(body, hips, shoulders))
    sources = {
        "pelvis": hips if pelvis is None else body.source(pelvis),
        "neck": shoulders if neck is None else body.source(neck),
    }
    sources["head"] = (
        (_short(sources["pelvis"]), _short(sources["neck"]), HEAD) if head is None else body.source(head)
    )
    for side in ("left", "right"):
        collar, shoulder = _collar(body, found, side), body.source(found[f"{side}_shoulder"])
        made = (_short(sources["neck"]), _short(shoulder), COLLAR)
        sources[f"{side}_collar"] = made if collar is None else body.source(collar)
    return sources | _spine(body, sources, _trunk(body, labels, found, pelvis, neck))


def _middle_of(body: BodyTree, found: dict[str, int], role: str) -> Source:
    left, right = (body.source(found[f"{side}_{role}"])[0] for side in ("left", "right"))
    return left, right, 0.5


def _short(source: Source) -> str | Source:
    return source if source[2] else source[0]


def _length(body: BodyTree, a: Source, b: Source) -> float:
    return float(np.median(np.linalg.norm(body.place(a) - body.place(b), axis=-1)))


def _pelvis(body: BodyTree, labels: list[Label], found: dict[str, int], hips: Source) -> int | None:
    """The lowest point above both legs that is named so, else the one nearest to the hips."""
    legs = [found["left_hip"], found["right_hip"]]
    named = [point for point in middle_candidates(body, labels, "pelvis") if point not in found.values()]
    named = [point for point in named if all(body.is_below(hip, point) for hip in legs)]
    named.sort(key=body.depth, reverse=True)  # keeps the order of the words where there is no tree
    near = PELVIS_NEAR * body.distance(found["left_hip"], found["left_knee"])
    distance = {point: _length(body, body.source(point), hips) for point in named}
    if all(distance[point] >= near for point in named) and (meeting := body.meeting(legs)) is not None:
        above = [point for point in body.way_up(meeting) if point not in legs]
        distance = {point: _length(body, body.source(point), hips) for point in above}
        named = sorted(above, key=lambda point: distance[point])  # where they meet, or above it (Biped)
    return next((point for point in named if distance[point] < near), None)


def _neck_and_head(
    body: BodyTree, labels: list[Label], found: dict[str, int], trunk: float
) -> tuple[int | None, int | None]:
    """Neck and head by name, else by the longest branch between the arms; None where there is none."""
    shoulders = [found["left_shoulder"], found["right_shoulder"]]
    limbs = [*shoulders, found["left_hip"], found["right_hip"]]
    width = body.distance(*shoulders)
    middle = _middle_of(body, found, "shoulder")

    def fits(point: int, near: float) -> bool:
        beside = abs(body.distance(point, shoulders[0]) - body.distance(point, shoulders[1])) > ASIDE * width
        in_limb = body.parents is not None and any(body.is_below(point, limb) for limb in limbs)
        return not (beside or in_limb or point in found.values()) and (
            _length(body, body.source(point), middle) < near * trunk
        )

    necks = [point for point in middle_candidates(body, labels, "neck") if fits(point, NECK_NEAR)]
    # A neck that starts where its parent does is that parent's own place (CMU's files for MotionBuilder).
    necks.sort(key=lambda point: not body.own_place(point))
    heads = [point for point in middle_candidates(body, labels, "head") if fits(point, 2 * NECK_NEAR)]
    neck, head = (points[0] if points else None for points in (necks, heads))
    branch = _branch_between(body, shoulders, limbs)
    joints = [point for point in branch if not body.is_end[point]]
    meeting = body.meeting(shoulders)
    if (
        neck is None
        and meeting is not None
        and _above_shoulders(body, found, meeting)
        and fits(meeting, NECK_NEAR)
    ):
        neck = meeting  # collars hang on it (Biped)
    elif neck is None and head in joints:
        joints = joints[: joints.index(head)]
    elif neck is None and len(joints) == 1 and _length(body, body.source(joints[0]), middle) > HIGH * trunk:
        head, joints = (joints[0] if head is None else head), []
    if neck is None and joints and fits(joints[0], NECK_NEAR):
        neck = joints[0]
    if neck is not None and head is None:
        above = [point for point in branch if body.is_below(point, neck)]
        hips = _middle_of(body, found, "hip")
        height = HEAD * _length(body, hips, body.source(neck))
        head = min(above, key=lambda p: abs(_length(body, hips, body.source(p)) - height), default=None)
    return neck, head


def _above_shoulders(body: BodyTree, found: dict[str, int], point: int) -> bool:
    """Whether a point is on the far side of the shoulders, seen from the hips."""
    hips, middle = (body.place(_middle_of(body, found, role)) for role in ("hip", "shoulder"))
    here = body.place(body.source(point))
    return bool(np.median(np.sum((here - middle) * (middle - hips), -1)) > 0)


def _branch_between(body: BodyTree, shoulders: list[int], limbs: list[int]) -> list[int]:
    """The longest way up from where the arms meet that leads to no limb; empty where there is no tree."""
    chest = body.meeting(shoulders)
    if chest is None or body.parents is None:
        return []
    to_limbs = {point for limb in limbs for point in body.way_up(limb)}
    free = [child for child in body.children[chest] if child not in to_limbs]
    branch = body.chain(max(free, key=body.branch)) if free else []
    return [point for point in branch if body.apart(point, chest)]


def _collar(body: BodyTree, found: dict[str, int], side: str) -> int | None:
    """A named collar, else the first joint between chest and shoulder, if it has a place of its own."""
    shoulder = found[f"{side}_shoulder"]
    chest = body.meeting([found["left_shoulder"], found["right_shoulder"]])
    way = body.way_up(shoulder)
    between = way[1 : way.index(chest)] if chest in way else []
    collar = found.get(f"{side}_collar", between[-1] if between else None)
    if collar is None or not body.apart(collar, shoulder) or not body.own_place(collar):
        return None
    return collar


def _trunk(
    body: BodyTree, labels: list[Label], found: dict[str, int], pelvis: int | None, neck: int | None
) -> list[int]:
    """Joints between pelvis and neck, from below: those of the tree, else those whose names say spine."""
    hips = [found["left_hip"], found["right_hip"]]
    start = body.meeting(hips) if pelvis is None else pelvis
    if body.parents is None:
        named = [p for p in middle_candidates(body, labels, "spine") if p not in (pelvis, neck)]
        return sorted(named, key=lambda p: sum(body.distance(p, hip) for hip in hips))
    end = body.meeting([found["left_shoulder"], found["right_shoulder"]]) if neck is None else neck
    if start is None or end is None:
        return []
    return [point for point in body.way(start, end) if point not in (pelvis, neck)]


def _spine(body: BodyTree, sources: dict[str, Source], trunk: list[int]) -> dict[str, Source]:
    """The trunk's joints where they are three at the training skeleton's shares of the way, else those shares."""
    bottom, top = sources["pelvis"], sources["neck"]
    whole = _length(body, bottom, top)
    way = [bottom]
    for point in trunk:
        here = body.source(point)
        detour = _length(body, bottom, here) + _length(body, here, top)
        gaps = (_length(body, way[-1], here), _length(body, here, top))
        # Joints beside the way, such as a root on the floor, and joints at the place of others are no spine.
        if detour < 1.4 * whole and min(gaps) > 0.03 * whole:
            way.append(here)
    way.append(top)
    reach = np.cumsum([0.0, *(_length(body, a, b) for a, b in zip(way, way[1:], strict=False))])
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
