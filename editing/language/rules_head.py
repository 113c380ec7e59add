"""Rules about head and gaze: turn, look, raise and lower, nod, shake."""

from __future__ import annotations

from editing.language.clauses import CannotDo, Clause
from editing.motion_operations import Amplitude, Head, MotionOperation

PARTS = ("head", "face", "neck", "gaze", "chin", "eye", "nose")
SIGNS = {"left": 1.0, "right": -1.0}
STILL = Amplitude("head", 0.0)


def _of_head(clause: Clause) -> bool:
    parts = {mention.part for mention in clause.objects}
    return bool(parts) and parts <= set(PARTS)


def turn(clause: Clause) -> list[MotionOperation] | None:
    """ "turn the head to the left by 30 degrees"."""
    sideways = clause.has("direction", "left", "right")
    if not _of_head(clause) or not sideways or clause.verb == "keep" and not sideways:
        return None
    clause.take_objects(*PARTS)
    return [_turned(clause)]


def _turned(clause: Clause) -> Head:
    sides = clause.ways("left", "right")
    if len(sides) != 1:
        raise CannotDo("turn the head to which side? say left or right")
    amount = clause.amount(("deg",), ("much", "far", "big"))
    degrees = amount.by if amount.by is not None else amount.to
    if degrees is None:
        degrees = amount.pick(20.0, 45.0, 70.0, 80.0)
    if amount.sign < 0 or amount.factor is not None:
        raise CannotDo("say by how many degrees to turn the head")
    return Head(turn=SIGNS[sides[0]] * degrees)


def _pitched(clause: Clause, sign: float, usual: float = 25.0) -> Head:
    amount = clause.amount(("deg",), ("much", "far", "big", "deep"))
    degrees = amount.by if amount.by is not None else amount.to
    if degrees is None:
        degrees = amount.pick(12.0, usual, 40.0, 50.0)
    if amount.factor is not None:
        raise CannotDo("say by how many degrees to tilt the head")
    return Head(pitch=sign * (amount.sign or 1) * degrees)


def _tilted(clause: Clause) -> Head:
    """ "tilt the head to the left": the ear goes to the shoulder."""
    if clause.verb not in ("lean", "bend"):
        raise CannotDo("turn or tilt the head to that side? say 'turn' or 'tilt'")
    sides = clause.ways("left", "right")
    if len(sides) != 1 or clause.has("direction", "up", "down", "back", "forward"):
        raise CannotDo("tilt the head to which side? say left or right")
    clause.take_targets(("to", "on", "near"), "side", "shoulder")
    amount = clause.amount(("deg",), ("much", "far", "big", "deep"))
    if amount.sign < 0 or amount.factor is not None:
        raise CannotDo("say by how many degrees to tilt the head")
    degrees = amount.by if amount.by is not None else amount.to
    return Head(roll=SIGNS[sides[0]] * (amount.pick(10.0, 20.0, 35.0, 40.0) if degrees is None else degrees))


def pitch(clause: Clause) -> list[MotionOperation] | None:
    """ "raise the head", "bow the head", "head down", "tilt the head back"."""
    if not _of_head(clause):
        return None
    clause.take_objects(*PARTS)
    if clause.has("direction", "left", "right"):
        return [_tilted(clause)]
    verb = {"raise": 1.0, "lower": -1.0}.get(clause.verb)
    up, down = clause.ways("up", "back"), clause.ways("down", "forward", "ground")
    if up and down or verb is not None and (verb > 0 and down or verb < 0 and up):
        raise CannotDo("the head up or down? say one")
    if clause.verb == "move" and "forward" in down or clause.verb in ("turn", "keep") and not (up or down):
        return None
    if verb is None and not up and not down:
        if clause.verb in ("bend", "bow") and not clause.has("direction"):
            return [_pitched(clause, -1.0)]
        return None
    return [_pitched(clause, verb if verb is not None else 1.0 if up else -1.0)]


def ahead(clause: Clause) -> list[MotionOperation] | None:
    """ "keep the head straight": it stays as it rests."""
    if not _of_head(clause) or not clause.has("direction", "straight", "forward"):
        return None
    clause.take_objects(*PARTS)
    clause.ways("straight", "forward")
    return [STILL]


def look(clause: Clause) -> list[MotionOperation]:
    """ "look up", "look to the left", "look at the floor", "look over the left shoulder"."""
    shoulder = clause.take_targets("above", "shoulder")
    if shoulder:
        if shoulder[0].side not in SIGNS:
            raise CannotDo("look over which shoulder? say left or right")
        return [Head(turn=SIGNS[shoulder[0].side] * 75.0)]
    ground = clause.take_targets(("at", "to", "on"), "ground", "foot", "toe")
    clause.take("manner", "still")
    ways = [item.value for item in clause.items if item.kind == "direction"]
    operations: list[MotionOperation] = []
    if "left" in ways or "right" in ways:
        operations.append(_turned(clause))
    if ground or clause.has("direction", "down", "ground"):
        clause.ways("down", "ground")
        operations.append(_pitched(clause, -1.0, 30.0))
    elif clause.ways("up"):
        operations.append(_pitched(clause, 1.0, 30.0))
    elif clause.ways("forward", "straight"):
        operations.append(STILL)
    if not operations:
        raise CannotDo("look where? say left, right, up, down or ahead")
    return operations


def nod(clause: Clause) -> list[MotionOperation]:
    """ "nod twice", "shake the head"."""
    if clause.objects and not _of_head(clause):
        raise CannotDo(f"only a head is shaken or nodded, not '{clause.objects[0].text}'")
    if clause.verb == "shake" and not clause.objects and clause.aspect != "add":
        raise CannotDo("shake what? say 'shake the head'")
    clause.take_objects(*PARTS)
    clause.take_targets("with", "head")
    if clause.noun and clause.aspect == "add":
        clause.take("relation")
    times = clause.quantity("times") or next((item.number for item in clause.take("count")), 2.0)
    if clause.take("event") and clause.verb == "shake":
        pass
    return [Head(nod=int(times)) if clause.verb == "nod" else Head(shake=int(times))]


def not_moved(clause: Clause) -> list[MotionOperation] | None:
    """ "don't turn the head", "don't look down", "don't nod": it stays as it rests."""
    if clause.verb not in ("look", "nod") and not _of_head(clause):
        return None
    if clause.verb not in ("look", "nod", "shake", "turn", "raise", "lower", "move", "bend", "lean", "bow"):
        return None
    clause.take_objects(*PARTS)
    if clause.has("direction", "left", "right") and clause.verb in ("look", "turn"):
        raise CannotDo("a head can't be kept from one side alone: say 'keep the head still'")
    clause.ways()
    clause.take_targets(("at", "to", "on"), "ground", "foot")
    return [STILL]
