"""Rules about where hands and feet go: along an axis, to each other, to a target. Numbers as in `rules`."""

from __future__ import annotations

from editing.language.clauses import ABOVE, BELOW, LETTER, LEVEL, OUTWARD, PAIRS, CannotDo, Clause, Mention
from editing.language.lexicon import Amount
from editing.operations import Operation, SetCode, Shift


def along(group: str, sign: float, amount: Amount, usual: float) -> Operation:
    """Set a signed position, or shift it where a little or a number is asked for."""
    if amount.to is not None:
        return SetCode(group, value=sign * amount.to)
    if amount.by is not None or amount.degree in ("slight", "more"):
        by = amount.by if amount.by is not None else amount.pick(0.12, 0.2, 0.2)
        return Shift(group, amount=sign * by)
    return SetCode(group, value=sign * amount.pick(usual, usual, usual + 0.12))


def sideways(way: str, side: str) -> float:
    signs = {"left": -1.0, "right": 1.0, "out": OUTWARD[side], "in": -OUTWARD[side]}
    if way not in signs:
        raise CannotDo(f"{way!r} is not a direction for a hand or foot")
    return signs[way]


def nearer_or_further(clause: Clause, way: str) -> list[Operation]:
    """Hands, elbows, knees or feet nearer to each other or further apart."""
    operations: list[Operation] = []
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


def to_target(clause: Clause, target: Mention) -> list[Operation]:
    """ "... above the head", "... to the left knee", "... at hip height"."""
    operations: list[Operation] = []
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


def touch(clause: Clause) -> list[Operation]:
    """ "touch the left knee with the right hand": the hand is what moves."""
    hands = [mention for mention in clause.targets if mention.relation == "with"]
    if any(mention.part not in ("hand", "arm") for mention in hands):
        raise CannotDo("touch with a hand")
    touched = [mention for mention in clause.parts if mention.part in ("knee", "foot", "shoulder", "elbow")]
    if not touched:
        return []
    operations: list[Operation] = []
    for mention in touched:
        sides = [hand.side for hand in hands] or ([mention.side] if mention.side else [])
        if not sides or None in sides:
            raise CannotDo("touch with which hand? say left, right or both")
        target = Mention(mention.part, mention.side, mention.plural and len(touched) > 1, "to")
        movers = tuple(Mention("hand", side, len(sides) > 1) for side in sides)
        operations += to_target(Clause("touch", movers, (), (), clause.amount), target)
    return operations
