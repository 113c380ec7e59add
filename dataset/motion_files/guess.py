"""Guess which points of a file make the training joints, from names and tree, where no shipped map fits."""

from __future__ import annotations

import numpy as np

from dataset.motion_files.body_tree import BodyTree
from dataset.motion_files.guess_checks import body_problem
from dataset.motion_files.guess_middle import middle_joints
from dataset.motion_files.guess_names import by_names, middle_candidates, read_labels
from dataset.motion_files.guess_structure import UPPER_TO_FOREARM, Unclear, by_structure
from dataset.motion_files.joint_names import normalise
from dataset.motion_files.raw import BadMotion, RawMotion
from dataset.motion_files.sources import Source, point_names
from utils.skeleton import T2M_SKELETON

SIDES = ("left", "right")
SHORTEST_FOOT = 0.04  # of the body's size
NEEDED = [
    f"{side}_{role}"
    for side in SIDES
    for role in ("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist")
]


def guess_joints(motion: RawMotion) -> dict[str, Source]:
    """What each of the 22 joints is made of; BadMotion lists what was guessed, what is missing, or what is wrong."""
    body = BodyTree(motion)
    labels = read_labels(body)
    guessed = by_names(body, labels)
    _fill_ends(body, guessed)
    missing = [role for role in NEEDED if role not in guessed]
    if missing:
        try:
            sides = [label.side for label in labels]
            _fill_from_tree(body, guessed, by_structure(body, sides), sides)
        except Unclear as unclear:
            shown = {
                role: points[0]
                for role in ("pelvis", "neck")
                if (points := middle_candidates(body, labels, role))
            }
            raise _unknown(
                motion, body, guessed | shown, f"missing {', '.join(missing)}", str(unclear)
            ) from unclear
    sources = middle_joints(body, labels, guessed)
    sources |= {role: body.source(guessed[role]) for role in NEEDED}
    joints = {name: sources[name] for name in T2M_SKELETON.joint_names}
    problem = _twice(body, joints) or body_problem(
        np.stack([body.place(source) for source in joints.values()], axis=1)
    )
    if problem:
        raise _unknown(motion, body, guessed, f"but {problem}")
    return joints


def _unknown(
    motion: RawMotion, body: BodyTree, found: dict[str, int], problem: str, why: str = ""
) -> BadMotion:
    short = normalise(body.names)
    guessed = ", ".join(f"{role}={short[point]}" for role, point in found.items()) or "nothing"
    return BadMotion(
        "unknown skeleton",
        f"{motion.path}: no skeleton map fits{f' and {why}' if why else ''}; guessed {guessed}; {problem}; the file has "
        f"{', '.join(motion.names)}; write a map like those in configs/skeletons and pass it as --skeleton",
    )


def _fill_ends(body: BodyTree, found: dict[str, int]) -> None:
    """A foot that is not named is what follows the ankle, a wrist the end of the forearm: a joint or an end site."""
    for side in SIDES:
        ankle, shoulder, elbow = (found.get(f"{side}_{role}") for role in ("ankle", "shoulder", "elbow"))
        if ankle is not None and f"{side}_foot" not in found and (after := body.after(ankle)):
            # The first that is not at the ankle still: a foot may begin with a bone of its own.
            far = (point for point in after if body.distance(ankle, point) > SHORTEST_FOOT * body.size)
            found[f"{side}_foot"] = next(far, after[-1])
        if (
            shoulder is not None
            and elbow is not None
            and f"{side}_wrist" not in found
            and (after := body.after(elbow))
        ):
            # Joints that only twist lie in between, and fingers may follow: forearms are about as long as upper arms.
            usual = body.distance(shoulder, elbow) / UPPER_TO_FOREARM
            found[f"{side}_wrist"] = min(after, key=lambda p: abs(body.distance(elbow, p) - usual))


def _fill_from_tree(body: BodyTree, found: dict[str, int], tree: dict[str, int], sides: list[str]) -> None:
    """Add what the tree says to what the names say; Unclear where they disagree."""
    for role, point in tree.items():
        if role in found and body.apart(found[role], point):
            named, other = body.names[found[role]], body.names[point]
            raise Unclear(f"by its name the {role} is {named}, by the tree of joints {other}")
        if sides[point] not in ("", role.split("_")[0]):
            raise Unclear(f"by the tree of joints the {role} is {body.names[point]}")
    found |= {role: point for role, point in tree.items() if role not in found}


def _twice(body: BodyTree, joints: dict[str, Source]) -> str | None:
    """A map goes by names, so two points of one name can't be told apart in it."""
    used = {name for source in joints.values() for name in point_names(source)}
    twice = sorted(name for name in used if body.file_names.count(name) > 1)
    return f"several joints are called {twice[0]}" if twice else None
