"""Rules about the body as a whole: lean, crouch, kneel, stand."""

from __future__ import annotations

from editing.groups import SIDES
from editing.language.clauses import LETTER, OTHER, Amount, CannotDo, Clause
from editing.motion_operations import MotionOperation, RootHeight
from editing.operations import Operation, Scale, SetCode, Shift
from editing.spans import Span

TRUNK = ("torso", "body", "chest", "waist", "hip", "back")
KNEES = ["L-knee angle", "R-knee angle"]
UPRIGHT = SetCode("pelvis vs neck relV", category=0)
FARTHEST_LEAN = 80.0  # degrees
WAYS = ("forward", "back", "left", "right")


def lean(clause: Clause) -> list[Operation] | None:
    """The trunk tilts: "lean forward", "bend over", "move the upper body to the left"."""
    parts = {mention.part for mention in clause.objects}
    ways = [item.value for item in clause.items if item.kind == "direction"]
    at_waist = any(t.relation == "at" and t.part in ("waist", "hip") for t in clause.targets)
    from_waist = any(t.relation == "from" and t.part in ("waist", "hip") for t in clause.targets)
    if parts - set(TRUNK) or clause.pronoun:
        return None
    if (
        not parts
        and clause.verb in ("move", "keep")
        or not (ways or at_waist or from_waist or clause.verb in ("lean", "bow"))
    ):
        return None
    if "straight" in ways:
        return straight_back(clause)
    if clause.verb in ("move", "lean") and parts and parts <= {"waist", "hip"}:
        raise CannotDo("hips can't be moved by themselves: say 'step to the left', or 'lean to the left'")
    clause.take_objects(*TRUNK)
    clause.take_targets(("at", "from"), "waist", "hip")
    said = [way for way in clause.ways(*WAYS)]
    if clause.has("direction", "down", "around") or not said:
        clause.ways("down", "around" if any(i.text == "over" for i in clause.items) else "down")
    said = said or ["forward"]
    clause.take_targets("to", "side")
    amount = clause.amount(("deg", "m"))
    degrees = any(item.quantity is not None and item.quantity.unit == "deg" for item in clause.items)
    operations: list[Operation] = []
    for way in said:
        axis = "relZ" if way in ("forward", "back") else "relX"
        sign = -1.0 if way in ("forward", "left") else 1.0
        operations.append(_tilted(clause, f"neck vs pelvis {axis}", sign, amount, degrees))
    return operations


def _tilted(clause: Clause, group: str, sign: float, amount: Amount, degrees: bool) -> Operation:
    """The neck is half a metre over the pelvis."""
    if amount.to is not None:
        raise CannotDo("say how far to lean in words or 'by' an amount")
    if amount.by is not None:
        if degrees and amount.by > FARTHEST_LEAN:
            raise CannotDo(f"nobody leans by {amount.by:g} degrees: take at most {FARTHEST_LEAN:g}")
        metres = 0.5 * amount.by / 57.3 if degrees else amount.by
        if amount.sign and (
            clause.noun or clause.verb == "bow"
        ):  # the bow that the clip shows, and only that
            return Scale(group, amount=sign * metres * amount.sign)
        return Shift(group, amount=sign * metres * (amount.sign or 1))
    if amount.factor is not None or amount.sign < 0 or amount.sign > 0 and clause.verb != "lean":
        return Scale(group, factor=amount.scale)
    if amount.sign > 0:
        return Shift(group, amount=sign * amount.pick(0.08, 0.14, 0.22))
    if amount.degree == "slight":
        return Shift(group, amount=sign * 0.1)
    return SetCode(group, value=sign * amount.pick(0.1, 0.26, 0.38))


def straight_back(clause: Clause) -> list[Operation] | None:
    """ "straighten your back", "keep the back straight": the trunk alone; without a part the whole body."""
    if not clause.objects:
        return posture(clause) if clause.verb == "straighten" else None
    if {mention.part for mention in clause.objects} - {"back", "torso", "body", "chest"}:
        return None
    clause.take_objects("back", "torso", "body", "chest")
    clause.ways("straight", "up")
    clause.take("manner", "tall")
    return [UPRIGHT]


def crouch(clause: Clause) -> list[Operation | MotionOperation]:
    clause.ways("down")
    clause.take_targets(("at", "in"), "knee")
    amount = clause.amount(("deg", "m"), ("much", "deep", "far", "big", "long"))
    degrees = any(item.quantity is not None and item.quantity.unit == "deg" for item in clause.items)
    if amount.by is not None and not degrees:
        lower = RootHeight(-amount.by * (amount.sign or 1))
        # A squat that is to be deeper is the clip's own: the rest of the clip keeps its height.
        return [lower.during(Span(event="squat")) if amount.sign and not clause.spans else lower]
    if amount.to is not None and not degrees:
        raise CannotDo(
            "a height above the ground is no amount for a squat: say 'by 10 cm' or 'to 90 degrees'"
        )
    if amount.by is not None and amount.sign:
        return [Scale(KNEES, amount=-amount.by * amount.sign)]
    if amount.compares:
        return [Scale(KNEES, factor=amount.scale)]
    if amount.by is not None:
        return [Shift(KNEES, amount=-amount.by)]
    return [SetCode(KNEES, value=amount.to or amount.pick(130.0, 85.0, 70.0, 60.0))]


def posture(clause: Clause) -> list[Operation]:
    """Stand up, stand straight: legs and trunk."""
    clause.ways("straight", "up")
    clause.take("manner", "tall")
    clause.take_targets("on", "ground")
    return [SetCode(KNEES, category=17), UPRIGHT]


def one_leg(clause: Clause) -> list[Operation] | None:
    """ "stand on the left leg": the other foot leaves the ground."""
    feet = [t for t in clause.targets if t.relation in ("on", "with") and t.part in ("leg", "foot")]
    if not feet or clause.verb == "stay" and not feet:
        return None
    if len({foot.side for foot in feet}) != 1 or feet[0].side not in SIDES:
        raise CannotDo("stand on which leg? say left or right")
    clause.take_targets(("on", "with"), "leg", "foot")
    one, two = LETTER[feet[0].side], LETTER[OTHER[feet[0].side]]
    return [
        SetCode(f"{one}-foot ground", category=0),
        SetCode(f"{two}-foot ground", category=1),
        SetCode(f"{two}-hip vs {two}-knee relY", value=0.2),
        Shift(f"{two}-foot vs {two}-hip relY", amount=0.2),  # else the shin folds back and the toe hangs low
    ]


def stance(clause: Clause) -> list[Operation] | None:
    """ "stand wider", "stand with the feet apart"."""
    if not clause.has("direction", "apart", "closer", "together") and not clause.has("manner", "wide"):
        return None
    way = [
        *clause.ways("apart", "closer", "together"),
        *(["apart"] if clause.take("manner", "wide") else []),
    ][0]
    amount = clause.amount(("m",))
    sign = (1.0 if way == "apart" else -1.0) * (amount.sign or 1)
    if amount.by is not None:
        return [Shift("L-foot vs R-foot distance", amount=sign * amount.by)]
    return [Shift("L-foot vs R-foot distance", categories=int(sign * amount.pick(1, 2, 4)))]


def kneel(clause: Clause) -> list[Operation]:
    clause.ways("down")
    knees = [m for m in clause.mentions if m.part == "knee"]
    for mention in knees:
        if mention.side not in SIDES:
            raise CannotDo("kneel on which knee? say left, right or both")
        mention.used = True
    clause.take_targets("on", "ground")
    sides = [mention.side for mention in knees if mention.side] or list(SIDES)
    if len(set(sides)) == 1:  # the other foot would have to stand in front, which the pose fit does not find
        raise CannotDo(
            f"kneeling on the {sides[0]} knee alone is no operation: say 'kneel down' for both knees"
        )
    return [SetCode(f"{LETTER[side]}-knee ground", category=0) for side in sides]


def go(clause: Clause) -> list[Operation | MotionOperation] | None:
    """ "go down", "come up"."""
    if clause.mentions or not clause.light:
        return None
    if clause.has("direction", "down"):
        return crouch(clause)
    if clause.has("direction", "up"):
        return list(posture(clause))
    return None
