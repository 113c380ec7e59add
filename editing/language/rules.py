"""What a clause means: verb, body parts, direction, target and amount -> operations on pose codes.

Numbers are measured values: degrees, or metres between the joints of a group. The release's axes are kept, so
relX is negative to a person's left and relZ negative in front of them (dataset/pose_codes/names.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dataset.pose_codes import NUM_GROUPS
from editing.groups import SIDES, groups_of_limb, limbs_of_group
from editing.language.clauses import ABOVE, BELOW, LETTER, LEVEL, CannotDo, Clause
from editing.language.lexicon import Amount
from editing.language.rules_place import along, nearer_or_further, sideways, to_target, touch
from editing.operations import Copy, Mirror, Operation, SetCode, Shift


def operations_of(clause: Clause) -> list[Operation]:
    """Operations of a clause, all with the default span. CannotDo when it means nothing."""
    for mention in (*clause.parts, *clause.targets):
        if mention.part == "head" and mention.relation not in ("above", "level", "to", "over"):
            raise CannotDo("pose codes say nothing about the head")
    if clause.amount.to is not None and clause.amount.by is not None:
        raise CannotDo("say either 'to' or 'by' an amount")
    if clause.verb in WHOLE_BODY:
        return _found(WHOLE_BODY[clause.verb](clause), clause)
    if not clause.parts and clause.verb not in ("bend", "straighten"):
        raise CannotDo(f"{clause.verb} what? name a body part")
    return _found(VERBS[clause.verb](clause), clause)


def _found(operations: Iterable[Operation], clause: Clause) -> list[Operation]:
    operations = list(operations)
    if not operations:
        parts = " and ".join(dict.fromkeys(mention.part for mention in clause.parts)) or "that"
        ways = " ".join((*clause.directions, *(f"{t.relation} {t.part}" for t in clause.targets)))
        raise CannotDo(f"no rule for {clause.verb} {parts} {ways}".strip())
    return operations


# --------------------------------------------------------------------------------------------- bend and straighten
def _bend(clause: Clause) -> list[Operation]:
    if _is_lean(clause):
        return _lean(clause)
    operations: list[Operation] = []
    amount = clause.amount
    for joint, sides in _hinges(clause):
        groups = [f"{LETTER[side]}-{joint} angle" for side in sides]
        if amount.to is not None:
            operations.append(SetCode(groups, value=amount.to))
        elif amount.by is not None:
            operations.append(Shift(groups, amount=-amount.by))
        elif amount.degree == "full":
            operations.append(SetCode(groups, value=45.0 if joint == "elbow" else 60.0))
        else:
            operations.append(Shift(groups, categories=-int(amount.pick(2, 4, 6))))
    return operations


def _straighten(clause: Clause) -> list[Operation]:
    if not clause.parts or any(mention.part == "torso" for mention in clause.parts):
        return _stand(clause)
    operations: list[Operation] = []
    amount = clause.amount
    for joint, sides in _hinges(clause):
        groups = [f"{LETTER[side]}-{joint} angle" for side in sides]
        if amount.to is not None:
            operations.append(SetCode(groups, value=amount.to))
        elif amount.by is not None:
            operations.append(Shift(groups, amount=amount.by))
        elif amount.degree == "slight":
            operations.append(Shift(groups, categories=2))
        else:
            operations.append(SetCode(groups, category=17))
    ways = [way for way in clause.directions if way != "straight"]
    return operations + (_move(clause, tuple(ways), reach=True) if ways or clause.targets else [])


def _hinges(clause: Clause) -> list[tuple[str, list[str]]]:
    """Elbows and knees that a clause's parts mean, with their sides."""
    found = [("elbow", clause.sides_of("arm", "elbow", "hand")), ("knee", clause.sides_of("leg", "knee"))]
    return [(joint, sides) for joint, sides in found if sides]


# ----------------------------------------------------------------------------------------------------- up and down
def _raise(clause: Clause) -> list[Operation]:
    ways = [way for way in clause.directions if way not in ("up", "straight")]
    operations = _straight_arms(clause)
    if ways or clause.targets:
        return operations + _move(clause, tuple(ways))
    return operations + _up(clause)


def _up(clause: Clause) -> list[Operation]:
    operations: list[Operation] = []
    amount = clause.amount
    for side in clause.sides_of("hand", "arm"):
        s = LETTER[side]
        if amount.by is not None or amount.degree in ("slight", "more"):
            rise = amount.by if amount.by is not None else amount.pick(0.15, 0.3, 0.3)
            operations.append(Shift(f"{s}-hand vs {s}-shoulder relY", amount=rise))
        else:
            shoulder = f"{s}-hand vs {s}-shoulder relY"
            high = amount.degree in ("much", "full")
            operations.append(SetCode(shoulder, value=0.5) if high else SetCode(shoulder, category=ABOVE))
            operations.append(SetCode(f"{s}-wrist vs neck relY", category=ABOVE))
    for side in clause.sides_of("elbow"):
        operations.append(SetCode(f"{LETTER[side]}-shoulder vs {LETTER[side]}-elbow relV", category=2))
    for side in clause.sides_of("knee", "thigh"):
        s = LETTER[side]
        if amount.by is not None or amount.degree == "slight":
            operations.append(Shift(f"{s}-hip vs {s}-knee relY", amount=-(amount.by or 0.12)))
        else:
            operations.append(SetCode(f"{s}-hip vs {s}-knee relY", value=amount.pick(0.2, 0.06, -0.02)))
    for side in clause.sides_of("foot", "leg"):
        s = LETTER[side]
        rise = amount.by if amount.by is not None else amount.pick(0.15, 0.3, 0.45)
        operations.append(SetCode(f"{s}-foot ground", category=1))
        operations.append(Shift(f"{s}-foot vs {s}-hip relY", amount=rise))
    sides = clause.sides_of("shoulder")
    if len(sides) == 1:
        operations.append(
            SetCode("L-shoulder vs R-shoulder relY", category=ABOVE if sides == ["left"] else BELOW)
        )
    return operations


def _lower(clause: Clause) -> list[Operation]:
    operations: list[Operation] = []
    amount = clause.amount
    if clause.targets:
        return _move(clause, ())
    for side in clause.sides_of("hand", "arm"):
        s = LETTER[side]
        if amount.by is not None or amount.degree in ("slight", "more"):
            fall = amount.by if amount.by is not None else amount.pick(0.15, 0.3, 0.3)
            operations.append(Shift(f"{s}-hand vs {s}-shoulder relY", amount=-fall))
        else:
            operations.append(SetCode(f"{s}-hand vs {s}-hip relY", value=0.0))
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", category=BELOW))
    for side in clause.sides_of("knee", "thigh"):
        operations.append(SetCode(f"{LETTER[side]}-hip vs {LETTER[side]}-knee relY", category=ABOVE))
    for side in clause.sides_of("foot", "leg"):
        operations.append(SetCode(f"{LETTER[side]}-foot ground", category=0))
    sides = clause.sides_of("shoulder")
    if len(sides) == 1:
        operations.append(
            SetCode("L-shoulder vs R-shoulder relY", category=BELOW if sides == ["left"] else ABOVE)
        )
    if any(mention.part in ("torso", "hip") for mention in clause.parts):
        operations += _crouch(clause)
    return operations


# --------------------------------------------------------------------------------------------------------- movement
def _move(clause: Clause, ways: tuple[str, ...] | None = None, reach: bool = False) -> list[Operation]:
    """Bring parts somewhere. reach: arms are stretched, so far away is meant."""
    ways = clause.directions if ways is None else ways
    if any(mention.part == "torso" for mention in clause.parts):
        return _lean(clause)
    operations = _straight_arms(clause) if not reach else []
    far = reach or clause.verb == "raise"
    for way in ways:
        operations += _ways(clause, way, far)
    for target in clause.targets:
        operations += to_target(clause, target)
    return operations


def _ways(clause: Clause, way: str, far: bool) -> list[Operation]:
    if way == "up":
        return _up(clause)
    if way == "down":
        return _lower(clause)
    if way in ("closer", "together", "apart"):
        return nearer_or_further(clause, way)
    operations: list[Operation] = []
    amount = clause.amount
    for side in clause.sides_of("hand", "arm"):
        s = LETTER[side]
        if way in ("forward", "back"):
            sign = -1.0 if way == "forward" else 1.0
            operations.append(
                along(f"{s}-hand vs torso relZ", sign, amount, 0.5 if far and sign < 0 else 0.28)
            )
        else:
            sign = sideways(way, side)
            operations.append(along(f"{s}-hand vs {s}-shoulder relX", sign, amount, 0.5 if far else 0.3))
        if far and amount.by is None:
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", category=LEVEL))
    for side in clause.sides_of("foot", "leg"):
        s = LETTER[side]
        if way in ("forward", "back"):
            sign = -1.0 if way == "forward" else 1.0
            operations.append(along(f"{s}-foot vs torso relZ", sign, amount, 0.3))
        else:
            operations.append(along(f"{s}-foot vs {s}-hip relX", sideways(way, side), amount, 0.28))
    return operations


def _spread(clause: Clause) -> list[Operation]:
    arms = [m for m in clause.parts if m.part == "arm"]
    if arms and not clause.directions and clause.amount == Amount():
        return _move(clause, ("out",), reach=True)
    if any(way in ("out", "forward", "back") for way in clause.directions):
        return _move(clause)
    return nearer_or_further(clause, "apart")


def _close(clause: Clause) -> list[Operation]:
    return nearer_or_further(clause, "closer" if "closer" in clause.directions else "together")


def _straight_arms(clause: Clause) -> list[Operation]:
    """ "raise both arms straight up": straight limbs are part of the edit."""
    if "straight" not in clause.directions:
        return []
    return [
        SetCode([f"{LETTER[side]}-{joint} angle" for side in sides], category=17)
        for joint, sides in _hinges(clause)
    ]


# -------------------------------------------------------------------------------------------------------- whole body
def _is_lean(clause: Clause) -> bool:
    ways = set(clause.directions) & {"forward", "back", "left", "right", "down"}
    return not clause.parts and bool(ways) or any(mention.part == "torso" for mention in clause.parts)


def _lean(clause: Clause) -> list[Operation]:
    ways = [way for way in clause.directions if way in ("forward", "back", "left", "right")]
    if not ways and (clause.verb == "bend" or "down" in clause.directions):
        ways = ["forward"]
    operations: list[Operation] = []
    for way in ways:
        axis = "relZ" if way in ("forward", "back") else "relX"
        sign = -1.0 if way in ("forward", "left") else 1.0
        amount, group = clause.amount, f"neck vs pelvis {axis}"
        if amount.by is not None and amount.by >= 3:  # degrees; the neck is half a metre over the pelvis
            operations.append(Shift(group, amount=sign * 0.5 * min(amount.by, 80) / 57.3))
        elif amount.degree == "slight" or amount.by is not None:
            operations.append(Shift(group, amount=sign * (amount.by or 0.1)))
        elif amount.to is not None:
            raise CannotDo("say how far to lean in words or 'by' an amount")
        else:
            operations.append(SetCode(group, value=sign * amount.pick(0.1, 0.26, 0.38)))
    return operations


def _crouch(clause: Clause) -> list[Operation]:
    amount, knees = clause.amount, ["L-knee angle", "R-knee angle"]
    if amount.by is not None:
        return [Shift(knees, amount=-amount.by)]
    return [SetCode(knees, value=amount.to or amount.pick(135.0, 105.0, 80.0, 65.0))]


def _stand(clause: Clause) -> list[Operation]:
    return [
        SetCode(["L-knee angle", "R-knee angle"], category=17),
        SetCode("pelvis vs neck relV", category=0),
    ]


def _kneel(clause: Clause) -> list[Operation]:
    sides = [m.side for m in (*clause.parts, *clause.targets) if m.part == "knee" and m.side] or list(SIDES)
    return [SetCode(f"{LETTER[side]}-knee ground", category=0) for side in sides]


def _mirror(clause: Clause) -> list[Operation]:
    return [Mirror(_limb_groups(clause) or "body")]


def _freeze(clause: Clause) -> list[Operation]:
    return [Copy(_limb_groups(clause) or "body", hold=True)]


def _limb_groups(clause: Clause) -> tuple[int, ...]:
    """Groups of the limbs that a clause names; both arms or both legs where no side was said."""
    found: dict[int, None] = {}
    own = {
        i for i in range(NUM_GROUPS) if len({limb[-3:] for limb in limbs_of_group(i)}) == 1
    }  # no hand to knee
    for mention in clause.parts:
        if mention.part == "torso":
            found |= dict.fromkeys(groups_of_limb("torso"))
            continue
        limb = "leg" if mention.part in ("leg", "knee", "foot", "thigh") else "arm"
        for side in [mention.side] if mention.side else SIDES:
            found |= {i: None for i in groups_of_limb(f"{side}_{limb}") if i in own}
    return tuple(found)


VERBS: dict[str, Callable[[Clause], list[Operation]]] = {
    "bend": _bend,
    "straighten": _straighten,
    "raise": _raise,
    "lower": _lower,
    "move": _move,
    "spread": _spread,
    "close": _close,
    "touch": touch,
}
WHOLE_BODY: dict[str, Callable[[Clause], list[Operation]]] = {
    "lean": _lean,
    "crouch": _crouch,
    "stand": _stand,
    "kneel": _kneel,
    "mirror": _mirror,
    "freeze": _freeze,
}
