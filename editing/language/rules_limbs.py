"""Rules about arms and legs: bend, straighten, raise, lower, move, spread, touch, cross."""

from __future__ import annotations

import re

from editing.catalogue import AnyOperation
from editing.groups import SIDES
from editing.language.clauses import ABOVE, BELOW, LETTER, LEVEL, Amount, CannotDo, Clause
from editing.language.rules_place import along, nearer_or_further, sideways, to_target
from editing.motion_operations import Amplitude
from editing.operations import Scale, SetCode, Shift

FARTHEST_BEND, FARTHEST_RAISE = 150.0, 180.0  # degrees of an elbow or a knee, of an arm or a leg
UP_AND = re.compile(r"\bup(?:wards?)? and (?!down)|(?<!down) and up(?:wards?)?\b")
SLANTING = 0.35  # metres that a hand is to the side (or in front) of the shoulder, and as much over it
HAND, HINGE_ARM, HINGE_LEG = ("hand", "arm"), ("arm", "elbow", "hand", "forearm"), ("leg", "knee")


# --------------------------------------------------------------------------------------------- bend and straighten
def bend(clause: Clause) -> list[AnyOperation]:
    amount = clause.amount(("deg",))
    operations: list[AnyOperation] = []
    for joint, sides in _hinges(clause, either=amount.compares and amount.by is None):
        groups = [f"{LETTER[side]}-{joint} angle" for side in sides]
        if amount.to is not None:
            operations.append(SetCode(groups, value=amount.to))
        elif amount.by is not None:
            if amount.by > FARTHEST_BEND:
                raise CannotDo(f"no {joint} bends by {amount.by:g} degrees: take at most {FARTHEST_BEND:g}")
            operations.append(Shift(groups, amount=-amount.by * (amount.sign or 1)))
        elif amount.factor is not None or amount.sign < 0:
            operations.append(Scale(groups, factor=amount.scale))
        elif amount.degree == "full":
            operations.append(SetCode(groups, value=45.0 if joint == "elbow" else 60.0))
        else:
            operations.append(Shift(groups, categories=-int(amount.pick(2, 4, 6))))
    if operations and clause.has("direction", "up") and joint_is(clause, "forearm"):
        clause.ways("up")
    return operations or what_part(clause)


def joint_is(clause: Clause, part: str) -> bool:
    return any(mention.part == part for mention in clause.objects)


def straighten(clause: Clause) -> list[AnyOperation]:
    amount = clause.amount(("deg",))
    clause.ways("straight")
    operations: list[AnyOperation] = []
    for joint, sides in _hinges(clause):
        groups = [f"{LETTER[side]}-{joint} angle" for side in sides]
        if amount.to is not None:
            operations.append(SetCode(groups, value=amount.to))
        elif amount.by is not None:
            operations.append(Shift(groups, amount=amount.by * (amount.sign or 1)))
        elif amount.compares:
            operations.append(Shift(groups, categories=int(amount.sign * amount.pick(1, 3, 5)) or 3))
        elif amount.degree == "slight":
            operations.append(Shift(groups, categories=2))
        else:
            operations.append(SetCode(groups, category=17))
    if not operations:
        return what_part(clause)
    if UP_AND.search(clause.text) and not clause.targets and set(clause.sides_of("hand", "arm")):
        ways = [way for way in clause.ways() if way != "up"]
        if len(ways) == 1:
            return operations + up_and(clause, ways[0])
        raise CannotDo("up and which way else? say one")
    if any(item.kind == "direction" and not item.used for item in clause.items) or clause.targets:
        return operations + places(clause, Amount(), far=True)
    return operations


def _hinges(clause: Clause, either: bool = False) -> list[tuple[str, list[str]]]:
    """Elbows and knees that a clause's parts mean, with their sides."""
    found = [
        ("elbow", clause.sides_of(*HINGE_ARM, either=either)),
        ("knee", clause.sides_of(*HINGE_LEG, either=either)),
    ]
    return [(joint, sides) for joint, sides in found if sides]


def what_part(clause: Clause) -> list[AnyOperation]:
    """Refuse: which part is meant."""
    if not clause.objects:
        raise CannotDo(f"{clause.verb} what? name a body part")
    raise CannotDo(f"no rule for '{clause.verb} {clause.objects[0].text}'")


# ----------------------------------------------------------------------------------------------------- up and down
def vertical(clause: Clause) -> list[AnyOperation]:
    """Raise or lower, by the verb or by "up" and "down"."""
    sign = 1.0 if clause.verb == "raise" else -1.0
    with_sign = "up" if sign > 0 else "down"
    opposite = "down" if sign > 0 else "up"
    said = clause.ways(with_sign)
    if clause.has("direction", opposite):
        ways = clause.ways(opposite)  # "raise the arm less high", or "raise the arm lower"
        if not clause.has("compare"):
            raise CannotDo(f"{clause.verb} {ways[0]!r} says two things")
        for item in clause.items:
            item.sign = -item.sign if item.kind == "compare" else item.sign
    if clause.has("manner", "high"):
        clause.take("manner", "high")
        said = said or [with_sign]
    straight = _straight(clause)
    amount = clause.amount(("m", "deg"))
    others = [item for item in clause.items if item.kind == "direction" and not item.used]
    if (
        sign > 0
        and UP_AND.search(clause.text)
        and len(others) == 1
        and not clause.targets
        and amount == Amount()
    ):
        return straight + up_and(clause, clause.ways()[0])
    if sign > 0 and {m.part for m in clause.objects} <= {"foot", "leg", "knee"}:
        clause.take_targets(("off", "from"), "ground")
    if sign < 0 and said and others and " and " in clause.text:
        raise CannotDo(f"'down' and {others[0].text!r} at once: say one of them")
    if others or any(not target.used for target in clause.targets):
        if amount != Amount() and amount.degree not in ("slight", "much"):
            raise CannotDo("say either a place or an amount")
        return straight + places(clause, amount, far=sign > 0)
    return straight + (_up_or_down(clause, sign, amount) or what_part(clause))


def up_and(clause: Clause, way: str) -> list[AnyOperation]:
    """ "up and out", "up and to the front": halfway between the two."""
    operations: list[AnyOperation] = []
    for side in clause.sides_of("hand", "arm"):
        s = LETTER[side]
        if way in ("forward", "back"):
            across = SetCode(f"{s}-hand vs torso relZ", value=-SLANTING if way == "forward" else SLANTING / 2)
        else:
            across = SetCode(f"{s}-hand vs {s}-shoulder relX", value=sideways(way, side) * SLANTING)
        operations += [across, SetCode(f"{s}-hand vs {s}-shoulder relY", value=SLANTING)]
    return operations or what_part(clause)


def _up_or_down(clause: Clause, sign: float, amount: Amount) -> list[AnyOperation]:
    operations: list[AnyOperation] = []
    degrees = any(item.quantity is not None and item.quantity.unit == "deg" for item in clause.items)
    either = amount.compares
    if degrees and amount.by is not None and amount.by > FARTHEST_RAISE:
        raise CannotDo(f"no limb goes {amount.by:g} degrees up or down: take at most {FARTHEST_RAISE:g}")
    if sign > 0 and amount.sign > 0 and amount.factor is None and _both_knees(clause):
        clause.sides_of("knee", "thigh")
        # Steps are lifted higher; a knee rises by about half as much as its foot.
        return [Amplitude("legs", round(amount.scale**2, 2))]
    for side in clause.sides_of("hand", "arm", either=either):
        operations += _arm(LETTER[side], sign, amount, degrees)
    for side in clause.sides_of("elbow", "upper arm"):
        operations += _elbow(LETTER[side], sign, amount, degrees)
    for side in clause.sides_of("knee", "thigh", either=either):
        operations += _knee(LETTER[side], sign, amount, degrees)
    for side in clause.sides_of("foot", "leg", either=either):
        operations += _foot(LETTER[side], sign, amount, degrees)
    shoulders = [m.side for m in clause.objects if m.part == "shoulder"]
    if shoulders:
        if len(set(shoulders)) != 1 or None in shoulders or amount.compares:
            raise CannotDo("pose codes compare one shoulder with the other: say 'raise the left shoulder'")
        clause.sides_of("shoulder")
        higher = (shoulders[0] == "left") == (sign > 0)
        operations.append(SetCode("L-shoulder vs R-shoulder relY", category=ABOVE if higher else BELOW))
    return operations


def _both_knees(clause: Clause) -> bool:
    knees = [mention for mention in clause.objects if mention.part in ("knee", "thigh")]
    return bool(knees) and len(knees) == len(clause.objects) and {m.side for m in knees} == set(SIDES)


def _arm(s: str, sign: float, amount: Amount, degrees: bool) -> list[AnyOperation]:
    height = f"{s}-hand vs {s}-shoulder relY"
    if degrees:
        upper = f"{s}-shoulder vs {s}-elbow relV"
        if amount.by is not None:
            return [Shift(upper, amount=sign * amount.by)]
        if amount.to is None or not 0 <= amount.to <= 90:
            raise CannotDo("an arm is raised to an angle between 0 (hanging) and 90 degrees (level)")
        level = [SetCode(height, category=LEVEL)] if amount.to > 75 else []
        return [SetCode(upper, value=amount.to), *level]
    if amount.to is not None:
        raise CannotDo("a height above the ground is no pose code: say 'by 20 cm' or 'to shoulder height'")
    if amount.by is not None:
        return [Shift(height, amount=sign * amount.by)]
    if amount.compares:
        # A raise that goes higher is more of it; one that goes lower is less.
        scale = amount.scale if sign > 0 or amount.factor is not None else 1 / amount.scale
        higher = sign > 0 and amount.sign > 0 and amount.factor is None
        return [Scale(height, factor=scale, otherwise=amount.pick(0.12, 0.2, 0.3) if higher else None)]
    if amount.degree == "slight":
        return [Shift(height, amount=sign * 0.15)]
    if sign > 0:
        high = amount.degree in ("much", "full")
        first = SetCode(height, value=0.5) if high else SetCode(height, category=ABOVE)
        return [first, SetCode(f"{s}-wrist vs neck relY", category=ABOVE)]
    return [SetCode(f"{s}-hand vs {s}-hip relY", value=0.0), SetCode(height, category=BELOW)]


def _elbow(s: str, sign: float, amount: Amount, degrees: bool) -> list[AnyOperation]:
    """The upper arm hangs at 0 degrees and is level at 90."""
    upper = f"{s}-shoulder vs {s}-elbow relV"
    if amount.to is not None:
        if not degrees or not 0 <= amount.to <= 90:
            raise CannotDo("an elbow is raised by degrees or by a distance")
        return [SetCode(upper, value=amount.to)]
    if amount.by is not None:
        return [Shift(upper, amount=sign * (amount.by if degrees else min(amount.by / 0.28, 1.2) * 57.3))]
    if amount.compares or amount.degree == "slight":
        return [Shift(upper, amount=sign * (amount.sign or 1) * amount.pick(15.0, 25.0, 40.0))]
    if sign > 0:
        return [SetCode(upper, category=2)]
    return [SetCode(upper, value=8.0)]


def _knee(s: str, sign: float, amount: Amount, degrees: bool) -> list[AnyOperation]:
    height = f"{s}-hip vs {s}-knee relY"
    if degrees:
        thigh = f"{s}-hip vs {s}-knee relV"
        if amount.by is not None:
            return [Shift(thigh, amount=sign * amount.by)]
        return [SetCode(thigh, value=min(max(amount.to or 0.0, 0.0), 90.0))]
    if amount.to is not None:
        raise CannotDo("a height above the ground is no pose code: say 'by 20 cm' or 'to hip height'")
    if amount.compares:
        return [Scale(height, factor=amount.scale if sign > 0 else 1 / amount.scale)]
    if amount.by is not None or amount.degree == "slight":
        return [Shift(height, amount=-sign * (amount.by or 0.12))]
    if sign > 0:
        return [SetCode(height, value=amount.pick(0.2, 0.06, -0.02))]
    return [SetCode(height, category=ABOVE)]


def _foot(s: str, sign: float, amount: Amount, degrees: bool) -> list[AnyOperation]:
    height = f"{s}-foot vs {s}-hip relY"
    if degrees:
        return _knee(s, sign, amount, degrees)
    if amount.to is not None:
        raise CannotDo("a height above the ground is no pose code: say 'by 20 cm'")
    if amount.compares:
        return [Scale(height, factor=amount.scale if sign > 0 else 1 / amount.scale)]
    if sign > 0:
        rise = amount.by if amount.by is not None else amount.pick(0.15, 0.3, 0.45)
        return [SetCode(f"{s}-foot ground", category=1), Shift(height, amount=rise)]
    if amount.by is not None or amount.degree:
        return [Shift(height, amount=-(amount.by or 0.1))]
    return [SetCode(f"{s}-foot ground", category=0)]


# --------------------------------------------------------------------------------------------------------- movement
def move(clause: Clause) -> list[AnyOperation]:
    """Bring parts somewhere: up, forward, out, together, to a target."""
    if not clause.objects:
        return what_part(clause)
    ways = [item.value for item in clause.items if item.kind == "direction"]
    if clause.has("manner", "wide"):
        clause.take("manner", "wide")
        clause.items += _direction("apart", "wide")
        ways.append("apart")
    if clause.has("manner", "high") and not ways:
        clause.items += _direction("up", "high")
        ways.append("up")
    if "up" in ways or "down" in ways:
        if "up" in ways and "down" in ways:
            raise CannotDo("'up' and 'down' at once")
        verb, clause.verb = clause.verb, "raise" if "up" in ways else "lower"
        try:
            return _brought(clause)
        finally:
            clause.verb = verb
    straight = _straight(clause)
    if clause.has("direction", "bent"):
        clause.ways("bent")
        return straight + bend(clause)
    amount = clause.amount(("m",))
    if straight and not clause.has("direction") and not clause.targets:
        if amount != Amount():
            raise CannotDo("say 'straighten' with an amount")
        clause.sides_of(*HINGE_ARM, *HINGE_LEG)
        return straight
    arms = {mention.part for mention in clause.objects} == {"arm"} and not clause.has("quantity")
    far = arms and amount == Amount() and not clause.targets or bool(straight)  # a straight arm reaches far
    return straight + places(clause, amount, far=far)


def _direction(way: str, text: str) -> list:
    from editing.language.tokens import Item

    return [Item("direction", way, text)]


def _brought(clause: Clause) -> list[AnyOperation]:
    """ "bring the hand higher" shifts where "raise the hand higher" makes more of the raise."""
    compares = clause.has("compare")
    number = any(item.kind in ("quantity", "factor") for item in clause.items)
    others = [item for item in clause.items if item.kind == "direction" and item.value not in ("up", "down")]
    if not compares or number or others or clause.targets:
        return vertical(clause)
    parts = {mention.part for mention in clause.objects}
    if not parts <= {"hand", "arm"}:
        return vertical(clause)
    clause.ways("up", "down")
    amount = clause.amount()
    if not amount.sign:
        raise CannotDo(f"{clause.text!r} compares what has no rule: say 'higher' or 'lower'")
    sign = (1.0 if clause.verb == "raise" else -1.0) * amount.sign
    by = sign * amount.pick(0.12, 0.2, 0.35)
    return [
        Shift(f"{LETTER[side]}-hand vs {LETTER[side]}-shoulder relY", amount=by)
        for side in clause.sides_of("hand", "arm")
    ]


def places(clause: Clause, amount: Amount, far: bool) -> list[AnyOperation]:
    """Directions and targets of the moved parts."""
    operations: list[AnyOperation] = []
    for way in clause.ways():
        operations += _way(clause, way, far, amount)
    for target in [target for target in clause.targets if not target.used]:
        if target.relation == "with":
            raise CannotDo(f"'{target.text}' is not clear here")
        operations += to_target(clause, target)
    return operations or what_part(clause)


def _way(clause: Clause, way: str, far: bool, amount: Amount) -> list[AnyOperation]:
    """One direction. far: stretched out, or lifted."""
    if way in ("closer", "together", "apart"):
        return [*nearer_or_further(clause, way, amount)]
    if way in ("up", "down"):
        return _up_or_down(clause, 1.0 if way == "up" else -1.0, amount)
    operations: list[AnyOperation] = []
    if amount.sign < 0 or amount.factor is not None:
        raise CannotDo(f"say how far {way!r} in cm or in words")
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
        if far and amount.by is None and not clause.targets:
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", category=LEVEL))
    for side in clause.sides_of("foot", "leg"):
        s = LETTER[side]
        if clause.verb == "raise":
            operations.append(SetCode(f"{s}-foot ground", category=1))
        if way in ("forward", "back"):
            sign = -1.0 if way == "forward" else 1.0
            operations.append(along(f"{s}-foot vs torso relZ", sign, amount, 0.3))
        else:
            operations.append(along(f"{s}-foot vs {s}-hip relX", sideways(way, side), amount, 0.28))
    return operations


def _straight(clause: Clause) -> list[AnyOperation]:
    """ "raise both arms straight up": straight limbs are part of the edit."""
    if not clause.has("direction", "straight"):
        return []
    clause.ways("straight")
    found = _hinges(clause)
    return [
        SetCode([f"{LETTER[side]}-{joint} angle" for side in sides], category=17) for joint, sides in found
    ]
