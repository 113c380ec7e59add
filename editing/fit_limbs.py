"""Which limbs a pose fit moves for an edit of some pose-code groups, and which feet it holds while it does."""

from __future__ import annotations

import numpy as np

from dataset.pose_codes import GROUPS
from editing.groups import limb_of

FEET = {"left": (7, 10), "right": (8, 11)}
FOOT_PARTS = ("ankle", "foot")
OVER_FLOOR = ("distance", "relX", "relZ")  # kinds of groups that say where a foot is over the floor
CONTACT_HEIGHT, CONTACT_SPEED = 0.12, 0.02  # metres over the floor, metres per frame
SHOULDERS = "shoulders"  # both collars: no limb of the body (`editing.limbs`), but one of a fit


def limbs_to_move(groups: tuple[int, ...]) -> tuple[dict[str, float], float | None]:
    """Stiffness of the limbs that edits of some groups move, and of the root (None: it stays).

    The limbs of a group's joints move freely, and nothing else: an arm that is measured from its shoulder is no matter
    of the trunk, which could meet the edit by a tilt that takes head and other arm along. What helps them moves
    reluctantly: the trunk where a hand goes to a knee or foot; legs and root where both legs are edited. One shoulder
    over the other is a matter of the collars, unless the trunk is edited too.
    """
    limbs: dict[str, float] = {}
    for index in groups:
        parts = [limb_of(joint) for joint in GROUPS[index].joints]
        own = [limb for limb in parts if limb != "torso"] or ["torso"]
        if _compares_shoulders(index):
            own = [SHOULDERS]
        reaching = reaches_for_leg(index)
        for limb in own:
            stiffness = 4.0 if reaching and limb.endswith("leg") else 1.0
            limbs[limb] = min(limbs.get(limb, stiffness), stiffness)
        if reaching:
            limbs["torso"] = min(limbs.get("torso", 3.0), 3.0)
    if "torso" in limbs:
        limbs.pop(SHOULDERS, None)
    if not any("leg" in limb for limb in limbs):
        return limbs, None
    kneeling = any(GROUPS[i].kind == "ground" and "knee" in GROUPS[i].joints[0] for i in groups)
    if all(limbs.get(f"{side}_leg") == 1.0 for side in FEET) or kneeling:
        limbs.setdefault("torso", 2.0)  # it bends forward over bent knees
    for side in FEET:  # the body balances over its feet, whichever leg is edited
        limbs.setdefault(f"{side}_leg", 1.0)
    return limbs, 0.3


def reaches_for_leg(index: int) -> bool:
    """Whether a group measures how far an arm is from a leg."""
    return {limb_of(joint)[-3:] for joint in GROUPS[index].joints} == {"arm", "leg"}


def keeps_feet(groups: tuple[int, ...]) -> bool:
    """Whether legs are only reached for by hands: then feet stay as they are, on the floor and in their steps.

    Otherwise a leg would be lifted towards the hand in the middle of a walk.
    """
    about_legs = [i for i in groups if any(limb_of(joint).endswith("leg") for joint in GROUPS[i].joints)]
    return bool(about_legs) and all(map(reaches_for_leg, about_legs))


def planted_feet(
    feet: np.ndarray, groups: tuple[int, ...], limbs: dict[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(T, 22) bool each: foot joints that stay where they are, and that stay as high as they are.

    A foot whose leg alone is edited is free: it may be lifted. Feet that are to be elsewhere over the floor stay on it.
    """
    planted, level = np.zeros((2, *feet.shape[:2]), bool)
    if keeps_feet(groups):
        planted[:, [joint for joints in FEET.values() for joint in joints]] = True
        return planted, level
    if len(feet) < 2:
        return planted, level
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1)
    stands = (speed < CONTACT_SPEED) & (feet[..., 1] < feet[..., 1].min() + CONTACT_HEIGHT)
    about = [GROUPS[index] for index in groups]
    edited = [side for side in FEET if any(f"{side}_leg" in map(limb_of, group.joints) for group in about)]
    for side, joints in FEET.items():
        if f"{side}_leg" not in limbs:
            continue
        own = [group for group in about if f"{side}_leg" in map(limb_of, group.joints)]
        placed = [group for group in own if group.kind in (*OVER_FLOOR, "relY")]
        footed = [group for group in placed if any(j[len(side) + 1 :] in FOOT_PARTS for j in group.joints)]
        if not own or (len(edited) == 2 and not footed):
            planted[:, joints] = stands[:, joints]
        elif footed and len(edited) == 2 and all(group.kind in OVER_FLOOR for group in footed):
            level[:, joints] = stands[:, joints]
    return planted, level


def edits_trunk(groups: tuple[int, ...]) -> bool:
    """Whether some group measures how the trunk is held."""
    return any(
        GROUPS[i].kind == "relV" and {limb_of(joint) for joint in GROUPS[i].joints} == {"torso"}
        for i in groups
    )


def _compares_shoulders(index: int) -> bool:
    """Whether a group says which shoulder is higher."""
    group = GROUPS[index]
    return group.kind == "relY" and all(joint.endswith("shoulder") for joint in group.joints)
