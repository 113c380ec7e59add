"""Rules about where hands and feet go: along an axis, to each other, to a target. Numbers as in `rules`."""

from __future__ import annotations

from editing.groups import SIDES
from editing.language.clauses import (
    ABOVE,
    ARM_PARTS,
    BELOW,
    LETTER,
    LEVEL,
    OTHER,
    OUTWARD,
    PAIRS,
    Amount,
    CannotDo,
    Clause,
    Mention,
)
from editing.operations import Clamp, Operation, Scale, SetCode, Shift

# Height of places on the body: metres over the shoulder (of a body of about 1.7 m).
OVER_SHOULDER = {
    "head": 0.28, "forehead": 0.26, "eye": 0.2, "ear": 0.2, "nose": 0.17, "face": 0.17, "mouth": 0.13, "chin": 0.09,
    "neck": 0.05, "chest": -0.17, "torso": -0.2,
}  # fmt: skip
OVER_HIP = {"stomach": 0.18, "waist": 0.12, "hip": 0.0, "body": 0.0, "thigh": -0.2}
FRONT = ("torso", "body", "chest", "stomach", "waist", "hip", "face", "head", "mouth", "eye", "chin", "nose")


def along(group: str, sign: float, amount: Amount, usual: float) -> Operation:
    """Set a signed position, or shift it where a little, more or a number is asked for."""
    if amount.to is not None:
        return SetCode(group, value=sign * amount.to)
    if amount.by is not None or amount.degree == "slight" or amount.sign > 0:
        by = amount.by if amount.by is not None else amount.pick(0.12, 0.2, 0.3)
        return Shift(group, amount=sign * by)
    return SetCode(group, value=sign * amount.pick(usual, usual, usual + 0.12))


def sideways(way: str, side: str) -> float:
    signs = {"left": -1.0, "right": 1.0, "out": OUTWARD[side], "in": -OUTWARD[side]}
    if way not in signs:
        raise CannotDo(f"{way!r} is not a direction for a hand or foot")
    return signs[way]


def nearer_or_further(clause: Clause, way: str, amount: Amount) -> list[Operation]:
    """Hands, elbows, knees or feet nearer to each other or further apart."""
    operations: list[Operation] = []
    names = list(dict.fromkeys(m.part for m in clause.objects if m.part in PAIRS))
    for name in names:
        sides = clause.sides_of(name)
        if len(sides) != 2:
            raise CannotDo(f"one {name} alone can't be {way}: say both, or 'out' and 'in'")
        group = f"L-{PAIRS[name]} vs R-{PAIRS[name]} distance"
        sign = 1.0 if way == "apart" else -1.0
        if amount.sign < 0:
            sign = -sign
        if amount.to is not None:
            operations.append(SetCode(group, value=amount.to))
        elif amount.by is not None:
            operations.append(Shift(group, amount=sign * amount.by))
        elif amount.factor is not None:
            operations.append(Scale(group, factor=amount.factor))
        elif way == "together" and amount.degree != "slight":
            touching = clause.verb == "close" and PAIRS[name] == "hand"
            operations.append(SetCode(group, category=0 if touching else 1))
        else:
            operations.append(Shift(group, categories=int(sign * amount.pick(1, 3, 5))))
    return operations


def to_target(clause: Clause, target: Mention) -> list[Operation]:
    """ "... above the head", "... to the left knee", "... at hip height"."""
    target.used = True
    if target.relation == "without":
        raise CannotDo(f"what '{target.text}' means here is not clear")
    names = {mention.part for mention in clause.objects}
    if target.side in ("one", "other"):
        raise CannotDo(f"'{target.text}' is not clear: say left or right")
    if names <= {"knee", "thigh"}:
        return _knees(clause, target)
    if names <= {"foot", "leg"}:
        return _feet(clause, target)
    if names & {"elbow", "forearm", "upper arm"}:
        return _elbows(clause, target, names)
    if not names <= {"hand", "arm"}:
        raise CannotDo(f"no rule brings '{clause.objects[0].text}' {target.relation} the {target.part}")
    operations: list[Operation] = []
    many = len({m.side for m in clause.objects}) > 1
    for side in clause.sides_of("hand", "arm"):
        if target.side in SIDES and target.plural and many and target.side != side:
            continue  # "hands to the knees": each to its own
        operations += _hand(clause, side, target)
    return operations


def _hand(clause: Clause, side: str, target: Mention) -> list[Operation]:
    s, relation, part = LETTER[side], target.relation, target.part
    own = target.side in (None, side)
    if part == "ground":
        raise CannotDo("pose codes don't say how far a hand is from the ground: say 'touch the feet'")
    if (
        relation == "above"
        and target.text.startswith("over")
        and part in ("ear", "eye", "face", "mouth", "nose")
    ):
        relation = "on"
    if relation in ("above", "below", "level"):
        return _at_height(clause, s, str(relation), part)
    if relation == "in front of" and part in FRONT:
        height = _height(s, part) if part not in ("torso", "body", "hip", "waist") else []
        inward = [_inward(s, 0.1)] if part in OVER_SHOULDER else []
        return [SetCode(f"{s}-hand vs torso relZ", value=-0.3), *height, *inward]
    if relation == "behind" and part in ("torso", "body", "hip", "back", "waist"):
        return [
            SetCode(f"{s}-hand vs torso relZ", value=0.22),
            SetCode(f"{s}-hand vs {s}-hip relY", category=LEVEL),
        ]
    if relation == "behind" and part in ("head", "neck"):
        return [SetCode(f"{s}-hand vs torso relZ", value=0.14), *_height(s, part), _inward(s, 0.1)]
    if (
        relation in ("near", "from")
        and part in ("body", "torso", "side")
        or relation == "from"
        and part == "chest"
    ):
        return _nearness(s, side, near=relation == "near")
    beside = relation == "at" and own and part in ("hip", "body", "thigh", "waist", "torso")
    if relation in ("at", "to", "on", "near") and part == "side" or beside:
        return [
            SetCode(f"{s}-hand vs {s}-hip relY", value=0.0),
            SetCode(f"{s}-hand vs {s}-shoulder relX", value=OUTWARD[side] * 0.1),
            SetCode(f"{s}-hand vs torso relZ", category=LEVEL),
        ]
    if relation in ("off", "from"):
        raise CannotDo(
            f"'{target.text}' says where the hand is not: say where it should be, such as 'lower the left hand'"
        )
    if relation in ("at", "between", "of", "like", "behind", "in front of"):
        raise CannotDo(f"no pose code says whether a hand is '{target.text}'")
    if part == "hip" and own:
        return [
            SetCode(f"{s}-hand vs {s}-hip relY", value=0.08),
            SetCode(f"{s}-elbow angle", value=85.0),
            SetCode(f"{s}-hand vs torso relZ", category=LEVEL),
        ]
    if part in ("waist",) and own:
        return [
            SetCode(f"{s}-hand vs {s}-hip relY", value=0.12),
            SetCode(f"{s}-elbow angle", value=85.0),
            SetCode(f"{s}-hand vs torso relZ", category=LEVEL),
        ]
    if part == "back":
        return [
            SetCode(f"{s}-hand vs torso relZ", value=0.16),
            SetCode(f"{s}-hand vs {s}-hip relY", value=0.14),
            _inward(s, 0.1),
        ]
    if part in ("torso", "chest"):
        return [
            SetCode(f"{s}-hand vs torso relZ", value=-0.22),
            SetCode(f"{s}-elbow angle", value=65.0),
            SetCode(f"{s}-hand vs {s}-shoulder relY", value=-0.2),
        ]
    if part == "stomach":
        return [
            SetCode(f"{s}-hand vs torso relZ", value=-0.2),
            SetCode(f"{s}-hand vs {s}-hip relY", value=0.18),
            _inward(s, 0.12),
        ]
    if part in ("head", "forehead", "face", "mouth", "nose", "chin", "eye", "ear") and own:
        depth = {"head": -0.02, "ear": -0.03}.get(part, -0.17)
        across = {"ear": 0.06, "head": 0.1}.get(part, 0.14)
        return [*_height(s, part), _inward(s, across), SetCode(f"{s}-hand vs torso relZ", value=depth)]
    if part in ("knee", "foot", "shoulder", "elbow", "toe", "ankle", "hand"):
        return _joint(clause, side, target)
    raise CannotDo(f"no pose code says whether a hand is {relation} the {part}")


def _joint(clause: Clause, side: str, target: Mention) -> list[Operation]:
    s = LETTER[side]
    part = {"toe": "foot", "ankle": "foot"}.get(target.part, target.part)
    other = LETTER[target.side if target.side in SIDES else side]
    near = 0 if clause.verb == "touch" else 1
    if part == "hand":
        if target.side == side:
            raise CannotDo("a hand can't touch itself")
        return [SetCode("L-hand vs R-hand distance", category=near)]
    if part == "elbow" and other == s:
        raise CannotDo("a hand can't touch its own elbow")
    return [SetCode(f"{s}-hand vs {other}-{part} distance", category=near)]


def _inward(s: str, metres: float) -> Operation:
    side = "left" if s == "L" else "right"
    return SetCode(f"{s}-hand vs {s}-shoulder relX", value=-OUTWARD[side] * metres)


def _height(s: str, part: str) -> list[Operation]:
    """Hand of side s as high as a part."""
    if part in OVER_SHOULDER:
        return [SetCode(f"{s}-hand vs {s}-shoulder relY", value=OVER_SHOULDER[part])]
    return [SetCode(f"{s}-hand vs {s}-hip relY", value=OVER_HIP[part])]


def _nearness(s: str, side: str, near: bool) -> list[Operation]:
    """Arms closer to the body: hands at most a little outside the shoulder and before the trunk; or further out."""
    across = f"{s}-hand vs {s}-shoulder relX"
    if not near:
        return [Shift(across, amount=OUTWARD[side] * 0.15)]
    inside = Clamp(across, low=-0.05) if side == "left" else Clamp(across, high=0.05)
    return [inside, Clamp(f"{s}-hand vs torso relZ", low=-0.2, high=0.15)]


def _at_height(clause: Clause, s: str, relation: str, part: str) -> list[Operation]:
    """Hand of side s above, below or level with a part."""
    code = {"above": ABOVE, "below": BELOW, "level": LEVEL}[relation]
    if part == "shoulder" or part in OVER_SHOULDER:
        group, base = f"{s}-hand vs {s}-shoulder relY", OVER_SHOULDER.get(part, 0.0)
    elif part in OVER_HIP or part in ("side",):
        group, base = f"{s}-hand vs {s}-hip relY", OVER_HIP.get(part, 0.0)
    elif part in ("elbow", "hand", "knee", "foot") and relation != "level":
        raise CannotDo(f"no pose code compares the height of a hand with the {part}")
    else:
        raise CannotDo(f"no pose code compares the height of a hand with the {part}")
    if clause.held and relation in ("above", "below"):
        return [
            Clamp(group, low=base + 0.06) if relation == "above" else Clamp(group, high=base - 0.06),
        ]
    if part in ("shoulder", "hip", "body"):
        return [SetCode(group, category=code)]
    offset = {"above": 0.22, "level": 0.0, "below": -0.22}[relation]
    return [SetCode(group, value=base + offset)]


def _knees(clause: Clause, target: Mention) -> list[Operation]:
    sides = clause.sides_of("knee", "thigh")
    if target.relation in ("level", "to", "above") and target.part in ("hip", "waist"):
        code = LEVEL if target.relation != "above" else BELOW
        return [SetCode(f"{LETTER[side]}-hip vs {LETTER[side]}-knee relY", category=code) for side in sides]
    if target.relation in ("level", "to") and target.part in ("chest", "stomach"):
        return [SetCode(f"{LETTER[side]}-hip vs {LETTER[side]}-knee relY", value=-0.2) for side in sides]
    raise CannotDo(f"no pose code says whether a knee is '{target.text}'")


def _feet(clause: Clause, target: Mention) -> list[Operation]:
    sides = clause.sides_of("foot", "leg")
    if target.part == "ground" and target.relation in ("on", "to"):
        return [SetCode([f"{LETTER[side]}-foot ground" for side in sides], category=0)]
    if len(sides) == 1 and target.part in ("foot", "leg") and target.side == OTHER[sides[0]]:
        one, two = LETTER[sides[0]], LETTER[target.side]
        if target.relation in ("in front of", "behind"):
            sign = -1.0 if target.relation == "in front of" else 1.0
            return [
                SetCode(f"{one}-foot vs torso relZ", value=sign * 0.22),
                SetCode(f"{two}-foot vs torso relZ", value=-sign * 0.12),
            ]
        if target.relation in ("near", "to", "at"):
            return [SetCode("L-foot vs R-foot distance", category=1)]
    raise CannotDo(f"no pose code says whether a foot is '{target.text}'")


def _elbows(clause: Clause, target: Mention, names: set[str]) -> list[Operation]:
    if names <= {"elbow", "upper arm"} and target.part == "shoulder" and target.relation in ("level", "to"):
        return [
            SetCode(f"{LETTER[side]}-shoulder vs {LETTER[side]}-elbow relV", value=85.0)
            for side in clause.sides_of("elbow", "upper arm")
        ]
    if (
        names <= {"elbow"}
        and target.part in ("body", "torso", "side")
        and target.relation in ("near", "to", "at")
    ):
        return [
            SetCode(f"{LETTER[side]}-shoulder vs {LETTER[side]}-elbow relV", value=8.0)
            for side in clause.sides_of("elbow")
        ]
    raise CannotDo(f"no pose code says whether an elbow is '{target.text}'; hands can be moved there")


__all__ = ["ARM_PARTS"]
