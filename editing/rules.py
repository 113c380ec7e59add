"""What a clause means: verb, body parts, direction, target and amount -> operations on pose codes.

Numbers are measured values: degrees, or metres between the joints of a group. The release's axes are kept, so
relX is negative to a person's left and relZ negative in front of them (dataset/pose_codes/names.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dataset.pose_codes import NUM_GROUPS
from editing.groups import SIDES, groups_of_limb, limbs_of_group
from editing.lexicon import Amount
from editing.operations import Copy, Mirror, Operation, SetCode, Shift
from utils.runtime import UserError

IN_FRONT, BEHIND, LEVEL, BELOW, ABOVE = 0, 2, 1, 0, 2
LETTER = {"left": "L", "right": "R"}
OUTWARD = {"left": -1.0, "right": 1.0}  # sign of relX
PAIRS = {"hand": "hand", "arm": "hand", "elbow": "elbow", "knee": "knee", "foot": "foot", "leg": "foot"}
JOINT_OF = {"arm": "elbow", "elbow": "elbow", "hand": "elbow", "leg": "knee", "knee": "knee"}


class CannotDo(UserError):
    """A clause that has no meaning for the pose codes; says why."""


@dataclass(frozen=True)
class Mention:
    """A body part: side None where it has none or none was said; relation: the preposition before it."""

    part: str
    side: str | None
    plural: bool = False
    relation: str | None = None


@dataclass(frozen=True)
class Clause:
    """One verb and what it is about. parts: what moves; targets: with "to", "above", "with", ..."""

    verb: str
    parts: tuple[Mention, ...]
    targets: tuple[Mention, ...]
    directions: tuple[str, ...]
    amount: Amount
    height: bool = False

    def sides_of(self, *names: str) -> list[str]:
        """Sides of the parts with these names; CannotDo where a side is needed and was not said."""
        found = []
        for mention in self.parts:
            if mention.part in names:
                if mention.side is None:
                    raise CannotDo(f"which {mention.part}? say left, right or both")
                found.append(mention.side)
        return list(dict.fromkeys(found))


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
    amount, operations = clause.amount, []
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
    amount, operations = clause.amount, []
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
    amount, operations = clause.amount, []
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
    amount, operations = clause.amount, []
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
        operations += _to_target(clause, target)
    return operations


def _ways(clause: Clause, way: str, far: bool) -> list[Operation]:
    if way == "up":
        return _up(clause)
    if way == "down":
        return _lower(clause)
    if way in ("closer", "together", "apart"):
        return _pair(clause, way)
    amount, operations = clause.amount, []
    for side in clause.sides_of("hand", "arm"):
        s = LETTER[side]
        if way in ("forward", "back"):
            sign = -1.0 if way == "forward" else 1.0
            operations.append(
                _along(f"{s}-hand vs torso relZ", sign, amount, 0.5 if far and sign < 0 else 0.28)
            )
        else:
            sign = _sideways(way, side)
            operations.append(_along(f"{s}-hand vs {s}-shoulder relX", sign, amount, 0.5 if far else 0.3))
        if far and amount.by is None:
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", category=LEVEL))
    for side in clause.sides_of("foot", "leg"):
        s = LETTER[side]
        if way in ("forward", "back"):
            sign = -1.0 if way == "forward" else 1.0
            operations.append(_along(f"{s}-foot vs torso relZ", sign, amount, 0.3))
        else:
            operations.append(_along(f"{s}-foot vs {s}-hip relX", _sideways(way, side), amount, 0.28))
    return operations


def _along(group: str, sign: float, amount: Amount, usual: float) -> Operation:
    """Set a signed position, or shift it where a little or a number is asked for."""
    if amount.to is not None:
        return SetCode(group, value=sign * amount.to)
    if amount.by is not None or amount.degree in ("slight", "more"):
        by = amount.by if amount.by is not None else amount.pick(0.12, 0.2, 0.2)
        return Shift(group, amount=sign * by)
    return SetCode(group, value=sign * amount.pick(usual, usual, usual + 0.12))


def _sideways(way: str, side: str) -> float:
    signs = {"left": -1.0, "right": 1.0, "out": OUTWARD[side], "in": -OUTWARD[side]}
    if way not in signs:
        raise CannotDo(f"{way!r} is not a direction for a hand or foot")
    return signs[way]


def _pair(clause: Clause, way: str) -> list[Operation]:
    """Hands, elbows, knees or feet nearer to each other or further apart."""
    operations = []
    for joint in dict.fromkeys(PAIRS[m.part] for m in clause.parts if m.part in PAIRS):
        group, amount = f"L-{joint} vs R-{joint} distance", clause.amount
        sign = 1.0 if way == "apart" else -1.0
        if amount.to is not None:
            operations.append(SetCode(group, value=amount.to))
        elif amount.by is not None:
            operations.append(Shift(group, amount=sign * amount.by))
        elif way == "together" and amount.degree != "slight":
            operations.append(SetCode(group, category=0 if clause.verb == "close" and joint == "hand" else 1))
        else:
            operations.append(Shift(group, categories=int(sign * amount.pick(1, 3, 5))))
    return operations


def _to_target(clause: Clause, target: Mention) -> list[Operation]:
    """ "... above the head", "... to the left knee", "... at hip height"."""
    operations = []
    legs = clause.sides_of("knee", "thigh") if target.relation == "level" else []
    for side in legs:
        operations.append(SetCode(f"{LETTER[side]}-hip vs {LETTER[side]}-knee relY", category=LEVEL))
    for side in clause.sides_of("hand", "arm", "elbow"):
        s = LETTER[side]
        if target.side is not None and target.plural and len(clause.parts) > 1 and target.side != side:
            continue  # "hands to the knees": each to its own
        other = LETTER[target.side or side]
        relation, part = target.relation, target.part
        if relation in ("above", "below", "level"):
            operations += _at_height(s, relation, part)
        elif relation in ("in front of", "behind") and part in ("torso", "hip"):
            sign = -1.0 if relation == "in front of" else 1.0
            operations.append(SetCode(f"{s}-hand vs torso relZ", value=sign * (0.3 if sign < 0 else 0.22)))
            if sign > 0:
                operations.append(SetCode(f"{s}-hand vs {s}-hip relY", category=LEVEL))
        elif relation == "to" and part == "hip":
            operations += [
                SetCode(f"{s}-hand vs {s}-hip relY", value=0.08),
                SetCode(f"{s}-elbow angle", value=85.0),
                SetCode(f"{s}-hand vs torso relZ", category=LEVEL),
            ]
        elif relation == "to" and part == "torso":
            operations += [
                SetCode(f"{s}-hand vs torso relZ", value=-0.22),
                SetCode(f"{s}-elbow angle", value=65.0),
            ]
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", value=-0.2))
        elif relation == "to" and part in ("knee", "foot", "shoulder", "elbow"):
            if part == "elbow" and other == s:
                raise CannotDo("a hand can't touch its own elbow")
            group = f"{s}-hand vs {other}-{part} distance"
            operations.append(SetCode(group, category=0 if clause.verb == "touch" else 1))
        else:
            raise CannotDo(f"no pose code says whether a hand is {relation} the {part}")
    return operations


def _at_height(s: str, relation: str, part: str) -> list[Operation]:
    """Hand of side s above, below or level with a part."""
    code = {"above": ABOVE, "below": BELOW, "level": LEVEL}[relation]
    if part == "shoulder":
        return [SetCode(f"{s}-hand vs {s}-shoulder relY", category=code)]
    if part in ("hip", "torso"):
        return [SetCode(f"{s}-hand vs {s}-hip relY", category=code)]
    if part == "head":
        value = {"above": 0.5, "level": 0.28, "below": 0.0}[relation]
        return [SetCode(f"{s}-hand vs {s}-shoulder relY", value=value)]
    raise CannotDo(f"no pose code compares the height of a hand with the {part}")


def _touch(clause: Clause) -> list[Operation]:
    """ "touch the left knee with the right hand": the hand is what moves."""
    hands = [mention for mention in clause.targets if mention.relation == "with"]
    if any(mention.part not in ("hand", "arm") for mention in hands):
        raise CannotDo("touch with a hand")
    touched = [mention for mention in clause.parts if mention.part in ("knee", "foot", "shoulder", "elbow")]
    if not touched:
        return []
    operations = []
    for mention in touched:
        sides = [hand.side for hand in hands] or ([mention.side] if mention.side else [])
        if not sides or None in sides:
            raise CannotDo("touch with which hand? say left, right or both")
        target = Mention(mention.part, mention.side, mention.plural and len(touched) > 1, "to")
        movers = tuple(Mention("hand", side, len(sides) > 1) for side in sides)
        operations += _to_target(Clause("touch", movers, (), (), clause.amount), target)
    return operations


def _spread(clause: Clause) -> list[Operation]:
    arms = [m for m in clause.parts if m.part == "arm"]
    if arms and not clause.directions and clause.amount == Amount():
        return _move(clause, ("out",), reach=True)
    if any(way in ("out", "forward", "back") for way in clause.directions):
        return _move(clause)
    return _pair(clause, "apart")


def _close(clause: Clause) -> list[Operation]:
    return _pair(clause, "closer" if "closer" in clause.directions else "together")


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
    operations = []
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
    "touch": _touch,
}
WHOLE_BODY: dict[str, Callable[[Clause], list[Operation]]] = {
    "lean": _lean,
    "crouch": _crouch,
    "stand": _stand,
    "kneel": _kneel,
    "mirror": _mirror,
    "freeze": _freeze,
}
