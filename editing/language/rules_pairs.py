"""Rules about arms and legs together, and about what hands reach for: spread, close, touch, reach, cross."""

from __future__ import annotations

from editing.catalogue import AnyOperation
from editing.groups import SIDES
from editing.language.clauses import ABOVE, LETTER, LEVEL, Amount, CannotDo, Clause, Mention
from editing.language.rules_limbs import places, up_and, what_part
from editing.language.rules_place import nearer_or_further, sideways, to_target
from editing.operations import Scale, SetCode


def spread(clause: Clause) -> list[AnyOperation]:
    parts = {mention.part for mention in clause.objects}
    wide = bool(clause.take("manner", "wide"))
    clause.ways("apart")
    ways = [item.value for item in clause.items if item.kind == "direction" and not item.used]
    amount = clause.amount(("m",))
    if "arm" in parts or ways:
        if amount.compares or amount.degree == "slight":
            return _wider(clause, amount)
        clause.ways("out")
        others = clause.ways()
        if others:
            raise CannotDo(f"'spread' and {others[0]!r} don't go together: say 'stretch'")
        reach = 0.62 if wide or amount.degree in ("much", "full") else 0.5
        operations: list[AnyOperation] = []
        for side in clause.sides_of("arm", "hand"):
            s = LETTER[side]
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relX", value=sideways("out", side) * reach))
            operations.append(SetCode(f"{s}-hand vs {s}-shoulder relY", category=LEVEL))
            if reach > 0.6:
                operations.append(SetCode(f"{s}-elbow angle", category=17))
        return operations
    if wide and not amount.degree:
        amount = Amount("much", amount.sign)
    return [*nearer_or_further(clause, "apart", amount)]


def _wider(clause: Clause, amount: Amount) -> list[AnyOperation]:
    clause.ways("out")
    factor = amount.scale if amount.compares else 1.2
    sides = clause.sides_of("arm", "hand")
    return [Scale(f"{LETTER[side]}-hand vs {LETTER[side]}-shoulder relX", factor=factor) for side in sides]


def close(clause: Clause) -> list[AnyOperation]:
    way = "closer" if clause.ways("closer") else "together"
    clause.ways("together")
    return [*nearer_or_further(clause, way, clause.amount(("m",)))]


def touch(clause: Clause) -> list[AnyOperation]:
    """ "touch the left knee with the right hand": the hand is what moves."""
    hands = clause.take_targets("with")
    if any(mention.part not in ("hand", "arm") for mention in hands):
        raise CannotDo("touch with a hand")
    if not clause.objects:
        return what_part(clause)
    operations: list[AnyOperation] = []
    touched = clause.objects
    for mention in touched:
        mention.used = True
        sides = [hand.side for hand in hands] or ([mention.side] if mention.side else [])
        if not sides or any(side not in SIDES for side in sides):
            raise CannotDo("touch with which hand? say left, right or both")
        movers = [Mention("hand", side, len(sides) > 1) for side in sides]
        target = Mention(mention.part, mention.side, mention.plural and len(touched) > 1, "to", mention.text)
        operations += to_target(Clause("touch", mentions=movers, text=clause.text), target)
    return operations


def reach(clause: Clause) -> list[AnyOperation]:
    """ "reach up with the left arm", "point forward with the right hand": stretched out."""
    for mention in clause.targets:
        if mention.relation == "with":
            mention.relation = None
    if not clause.objects:
        raise CannotDo(f"{clause.verb} with which hand? say left, right or both")
    ways = [item.value for item in clause.items if item.kind == "direction"]
    clause.ways("up")
    if "up" in ways and len(ways) == 2 and not clause.targets:
        return up_and(clause, clause.ways()[0])
    if ways == ["up"]:
        return [operation for s in clause.sides_of("hand", "arm") for operation in _reach_up(LETTER[s])]
    if not ways:
        return places(clause, Amount(), far=False)
    straight = [
        SetCode(f"{LETTER[side]}-elbow angle", category=17) for side in clause.sides_of("hand", "arm")
    ]
    return straight + places(clause, Amount(), far=True)


def _reach_up(s: str) -> list[AnyOperation]:
    return [
        SetCode(f"{s}-hand vs {s}-shoulder relY", value=0.5),
        SetCode(f"{s}-wrist vs neck relY", category=ABOVE),
    ]


def cross(clause: Clause) -> list[AnyOperation]:
    """Cross the arms before the chest."""
    sides = clause.sides_of("arm", "hand")
    clause.take_targets(("in front of", "on", "to"), "chest", "torso", "body")
    clause.ways("in", "forward")
    if len(sides) != 2:
        raise CannotDo("say 'cross the arms'")
    return [
        SetCode(["L-hand vs R-elbow distance", "R-hand vs L-elbow distance"], value=0.12),
        SetCode(["L-hand vs torso relZ", "R-hand vs torso relZ"], value=-0.25),
    ]
