"""Rules about where the body goes: turn, curve, walk, step, jump, how high it is carried."""

from __future__ import annotations

from editing.language.clauses import CannotDo, Clause
from editing.motion_operations import (
    Curve,
    JumpHeight,
    KeepHeading,
    MirrorMotion,
    MotionOperation,
    Place,
    RootHeight,
    StepAside,
    Stride,
    Turn,
    WalkBackwards,
)
from editing.spans import Span

SIGNS = {"left": 1.0, "right": -1.0}
LAST_PART = Span(0.7, 1, "share")
LONGEST_STRIDE, FARTHEST, HIGHEST = 2.0, 3.0, 4.0  # times as long, metres of steps, times as high a jump
LENGTHS = ("much", "far", "long", "big", "deep")


def turn(clause: Clause) -> list[MotionOperation] | None:
    """ "turn 90 degrees to the right", "turn around", "face away"."""
    if clause.objects and {m.part for m in clause.objects} - {"body"}:
        if {m.part for m in clause.objects} & {"torso", "hip", "shoulder", "waist"}:
            raise CannotDo("a twist of the trunk alone is no operation: say 'turn to the left'")
        return None
    clause.take_objects("body")
    contrast = clause.contrast
    opposite = contrast is not None and any(
        item.kind == "direction" and item.value in SIGNS for item in contrast.items
    )
    sides = clause.ways("left", "right")
    sides += ["right" for _ in clause.ways("clockwise")] + ["left" for _ in clause.ways("anticlockwise")]
    clause.ways("forward") if opposite else None
    if len(sides) > 1:
        raise CannotDo("turn to which side? say left or right")
    amount = clause.amount(("deg",), ("much", "far", "big", "deep", "long"))
    if sides and (opposite or clause.instead) and amount.by is None and amount.to is None:
        # The clip turns to the other side: its mirror image turns to this one.
        return [MirrorMotion()]
    if (
        amount.factor is not None
        or contrast is not None
        and any(i.quantity or i.kind == "number" for i in contrast.items)
    ):
        raise CannotDo("say by how many degrees more to turn, and to which side")
    back = clause.ways("around", "away", "back") or clause.verb == "face" and clause.ways("opposite")
    degrees = amount.by if amount.by is not None else amount.to
    if amount.compares:
        if not sides:
            raise CannotDo(f"{'more' if amount.sign > 0 else 'less'} to which side? say left or right")
        by = degrees if degrees is not None else amount.pick(20.0, 45.0, 90.0)
        return [Turn(SIGNS[sides[0]] * amount.sign * by)]
    if degrees is None:
        if not sides and not back:
            raise CannotDo("turn to which side? say left, right or around")
        degrees = 180.0 if back else amount.pick(30.0, 90.0, 135.0, 180.0)
    elif not sides and degrees % 180 and not back:
        raise CannotDo("turn to which side? say left or right")
    if not degrees:
        raise CannotDo("0 degrees are no turn")
    return [Turn((SIGNS[sides[0]] if sides else 1.0) * degrees)]


def curve(clause: Clause) -> list[MotionOperation]:
    """ "walk in a curve to the left", "curve by 60 degrees to the right", "walk in a circle"."""
    circle = clause.ways("circle")
    clause.ways("in")
    clause.take("event", "curve", "walk")
    sides = clause.ways("left", "right")
    amount = clause.amount(("deg",), LENGTHS)
    if len(sides) != 1 and not circle or len(sides) > 1:
        raise CannotDo("a curve to which side? say left or right")
    if clause.contrast is not None and not sides:
        raise CannotDo("what it is instead of is not clear")
    if clause.instead or clause.contrast is not None:
        return [MirrorMotion()]
    usual = 360.0 if circle else amount.pick(30.0, 60.0, 90.0)
    degrees = amount.by if amount.by is not None else amount.to if amount.to is not None else usual
    sign = (SIGNS[sides[0]] if sides else 1.0) * (amount.sign or 1)
    return [Curve(sign * degrees)]


def walk(clause: Clause) -> list[MotionOperation] | None:
    """What changes the clip's own walk; a walk that is to be added is for `rules_action`."""
    if clause.has("event", "curve") or clause.has("direction", "circle"):
        return curve(clause)
    other = clause.contrast
    if other is not None and other.verb in ("turn", "curve") or clause.has("direction", "straight"):
        clause.ways("straight", "forward", "in")
        return [KeepHeading()] if not clause.aspect and not clause.goes_on else None
    if clause.has("event", "crouch"):
        clause.take("event", "crouch")
        clause.take("relation", "in")
        clause.ways("in")
        return [RootHeight(-0.18)]
    if clause.aspect == "add" or clause.has("count") or clause.goes_on:
        return None
    if clause.has("event", "step"):
        clause.take("relation", "with")
        clause.take("event", "step")
        return step(clause)
    if clause.has("compare", "far", "long", "big") or clause.has("factor"):
        clause.ways("forward")
        return [Stride(_stride(clause))]
    if clause.has("direction", "back"):
        ways = [item.text for item in clause.take("direction", "back")]
        if "back" in ways:
            raise CannotDo("'walk back' may mean to return: say 'walk backwards'")
        return [WalkBackwards()]
    if clause.has("direction", "left", "right") and clause.verb != "run" and not clause.has("quantity"):
        amount = clause.amount((), LENGTHS)
        if clause.contrast is not None:
            return None
        sides = clause.ways("left", "right")
        return [Curve(SIGNS[sides[0]] * (amount.sign or 1) * amount.pick(30.0, 60.0, 90.0))]
    if clause.has("quantity"):
        return stepping(clause)
    return None


def _stride(clause: Clause) -> float:
    amount = clause.amount((), LENGTHS)
    factor = amount.scale if amount.compares else amount.pick(1.2, 1.4, 1.7)
    if not 0.2 <= factor <= LONGEST_STRIDE:
        raise CannotDo(f"{factor:g} times as far is more than steps can do: take 0.2 to {LONGEST_STRIDE:g}")
    return factor


def step(clause: Clause) -> list[MotionOperation] | None:
    """Longer and shorter steps; a step to a side, forward or back."""
    lengths = clause.has("compare", "long", "big", "far") or clause.has("factor")
    ways = [item.value for item in clause.items if item.kind == "direction"]
    counted = [
        i
        for i in clause.items
        if i.kind == "quantity" and i.quantity is not None and i.quantity.unit == "steps"
    ]
    if clause.has("compare", "long", "big") and set(ways) & {"left", "right"} and clause.light:
        raise CannotDo("longer steps are of both feet: say 'take longer steps'")
    if lengths and not ways and not counted:
        return [Stride(_stride(clause))]
    if lengths and ways == ["forward"] and not counted:
        clause.ways("forward")
        return [Stride(_stride(clause))]
    if clause.has("manner", "big", "small") and not ways and not counted and clause.form == "plural":
        big = bool(clause.take("manner", "big"))
        clause.take("manner", "small")
        return [Stride(1.4 if big else 0.6)]
    return stepping(clause)


def stepping(clause: Clause) -> list[MotionOperation] | None:
    """A step of the whole body: "step to the left", "move forward by 50 cm", "take two steps back"."""
    if clause.objects or clause.targets or clause.pronoun:
        return None
    ways = [item.value for item in clause.items if item.kind == "direction"]
    counted = any(i.quantity is not None and i.quantity.unit == "steps" for i in clause.items)
    if not ways and clause.verb != "step" and not counted:
        return None
    sides = clause.ways("left", "right", "forward", "back")
    clause.ways("out")
    other = clause.contrast
    if (
        clause.verb in ("move", "do")
        and sides == ["back"]
        and other is not None
        and other.has("direction", "forward")
    ):
        return [WalkBackwards()]
    more = clause.has("quantity") and any(word in clause.text for word in (" more step", " extra step"))
    if not sides and more:
        sides, clause.spans = ["forward"], clause.spans or [LAST_PART]
    if len(sides) != 1:
        raise CannotDo("a step to which side? say left, right, forward or back")
    number = clause.quantity("steps") or next((item.number for item in clause.take("number")), 1.0)
    big, small = bool(clause.take("manner", "big")), bool(clause.take("manner", "small"))
    amount = clause.amount(("m",), LENGTHS, farthest=FARTHEST)
    if amount.sign < 0 or amount.factor is not None:
        raise CannotDo("say how far to step in cm or m")
    usual = 0.7 if big else 0.2 if small else amount.pick(0.2, 0.45, 0.8)
    metres = amount.by if amount.by is not None else amount.to if amount.to is not None else usual * number
    if metres > FARTHEST:
        raise CannotDo(
            f"{metres:g} m are too far to step: take at most {FARTHEST:g} m, or say 'then walk forward'"
        )
    found = StepAside(metres, sides[0])
    return [found.during(LAST_PART) if more else found]


def jump(clause: Clause) -> list[MotionOperation] | None:
    """Higher, lower and further jumps of the clip."""
    if clause.aspect == "add" or clause.mentions:
        return None
    far = (
        clause.has("compare", "far", "long")
        or clause.has("factor")
        and any(i.text == "far" for i in clause.items)
    )
    if far:
        clause.ways("forward")
        clause.items = [item for item in clause.items if not (item.kind == "degree" and item.text == "far")]
        return [Stride(_stride(clause))]
    high = clause.has("direction", "up", "down") and clause.has("compare") or clause.has("manner", "high")
    high = high or clause.has("compare", "big", "deep", "much") or clause.has("factor")
    if not high or clause.has("count"):
        return None
    down = bool(clause.ways("down"))
    clause.ways("up")
    if clause.take("manner", "high") and not clause.has("factor"):
        return [JumpHeight(factor=1.5)]
    amount = clause.amount(("m",), LENGTHS)
    if amount.to is not None:
        raise CannotDo("say by how much higher to jump")
    sign = -amount.sign if down else amount.sign
    if amount.by is not None:
        return [JumpHeight(amount=(sign or 1) * amount.by)]
    scale = amount.scale if not down else amount.pick(0.8, 0.6, 0.35)
    if scale > HIGHEST:
        raise CannotDo(f"{scale:g} times as high is too much: take at most {HIGHEST:g}")
    return [JumpHeight(factor=scale)]


def height(clause: Clause) -> list[MotionOperation] | None:
    """How high the body is carried: "stand closer to the ground", "lower the hips by 10 cm", "get lower"."""
    parts = {mention.part for mention in clause.objects}
    if parts - {"body", "hip", "torso", "waist"} or clause.pronoun:
        return None
    if clause.verb == "do" and not clause.light:
        raise CannotDo("higher or lower what? name a body part, or say 'jump higher'")
    near = clause.has("direction", "ground")
    if not near and not clause.has("direction", "up", "down") and clause.verb not in ("lower", "raise"):
        return None
    if not near and not clause.has("compare") and not parts and not clause.has("quantity"):
        return None
    if clause.verb in ("move", "keep") and not parts and not near and not clause.has("compare"):
        return None
    clause.take_objects("body", "hip", "torso", "waist")
    down = bool(clause.ways("down", "ground")) or clause.verb == "lower"
    up = bool(clause.ways("up")) or clause.verb == "raise"
    if down == up and not near:
        raise CannotDo("higher or lower? say one")
    amount = clause.amount(("m",), ("much", "deep", "big"))
    if amount.to is not None or amount.factor is not None:
        raise CannotDo("say by how many cm")
    by = amount.by if amount.by is not None else amount.pick(0.08, 0.15, 0.25) if down else 0.06
    sign = (-1.0 if down else 1.0) * (amount.sign or 1)
    return [RootHeight(sign * by)]


def place(clause: Clause) -> list[MotionOperation] | None:
    """ "start at (1, 2)": where the clip starts or ends."""
    spot = clause.take("spot")
    if spot:
        x, z = (float(number) for number in spot[0].value.split())
        return [Place(start=(x, z)) if clause.verb == "start" else Place(end=(x, z))]
    ways = [item.value for item in clause.items if item.kind == "direction"]
    if clause.verb != "end" or not ways or clause.mentions:
        return None
    found = stepping(clause)
    return [operation.during(LAST_PART) for operation in found or []]
