"""What a clause means: which rule is for it, and that nothing that was said stays unused.

Numbers in the rules are measured values: degrees, or metres between the joints of a group. The release's axes are kept,
so relX is negative to a person's left and relZ negative in front of them (dataset/pose_codes/names.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from editing.language import (
    rules_action,
    rules_body,
    rules_denied,
    rules_head,
    rules_limbs,
    rules_pairs,
    rules_path,
    rules_strokes,
    rules_time,
    rules_whole,
)
from editing.language.clauses import CannotDo, Clause
from editing.language.tokens import Item
from editing.motion_operations import Delay, MirrorMotion, MotionOperation, Repeat, Retime, Reverse
from editing.operations import Operation, Scale, SetCode, Shift
from editing.spans import THROUGHOUT, Span

AnyOperation = Operation | MotionOperation
Rule = Callable[[Clause], "Sequence[AnyOperation] | None"]

LASTING = (
    "wave",
    "clap",
    "punch",
    "throw",
    "kick",
    "crouch",
    "bow",
    "dance",
    "salute",
    "nod",
    "shake",
    "spin",
    "sit",
    "kneel",
    "swing",
)  # what takes a time, so that "longer" isn't larger
GOES_ON = ("walk", "run")  # what is the clip itself
EVENT_EDITS = (Retime, Repeat, Reverse, MirrorMotion, Delay)  # of one event, where one is named
PALM_WAYS = ("up", "down", "forward", "back", "in", "out", "left", "right")  # "palms down" is no lower hand
SLOW, QUICK = 1.2, 0.2  # seconds that lead into a slow and a quick change
# In order: the first that does not pass a clause on (None) carries it out. Later ones are more general.
RULES: dict[str, tuple[Rule, ...]] = {
    "bend": (rules_head.pitch, rules_body.lean, rules_limbs.bend),
    "straighten": (rules_body.straight_back, rules_limbs.straighten),
    "raise": (rules_head.pitch, rules_whole.still, rules_limbs.vertical),
    "lower": (rules_head.pitch, rules_whole.still, rules_path.height, rules_limbs.vertical),
    "move": (rules_head.turn, rules_head.pitch, rules_whole.still, rules_path.stepping, rules_path.height, rules_body.lean,
             rules_whole.amplitude, rules_limbs.move),
    "keep": (rules_whole.still, rules_head.turn, rules_head.pitch, rules_head.ahead, rules_path.height, rules_body.lean,
             rules_limbs.move),
    "stay": (rules_whole.stand_still, rules_path.height),
    "spread": (rules_pairs.spread,),
    "close": (rules_pairs.close,),
    "touch": (rules_pairs.touch,),
    "reach": (rules_pairs.reach,),
    "cross": (rules_pairs.cross,),
    "lean": (rules_head.pitch, rules_body.lean),
    "bow": (rules_head.pitch, rules_action.action, rules_body.lean),
    "crouch": (rules_body.crouch,),
    "kneel": (rules_body.kneel,),
    "stand": (rules_whole.stand_still, rules_path.height, rules_body.one_leg, rules_body.stance, rules_body.posture),
    "mirror": (rules_whole.mirror,),
    "freeze": (rules_whole.freeze,),
    "turn": (rules_head.turn, rules_head.pitch, rules_path.turn),
    "face": (rules_path.turn,),
    "curve": (rules_path.curve,),
    "walk": (rules_path.walk, rules_whole.arm_swing, rules_action.action),
    "run": (rules_path.walk, rules_action.action),
    "march": (rules_path.walk, rules_action.action),
    "step": (rules_path.step, rules_action.action),
    "jump": (rules_path.jump, rules_action.action),
    "kick": (rules_strokes.kick, rules_action.action),
    "swing": (rules_whole.amplitude,),
    "wave": (rules_strokes.higher, rules_whole.amplitude, rules_whole.both_arms, rules_action.action),
    "punch": (rules_strokes.higher, rules_whole.amplitude, rules_whole.both_arms, rules_action.action),
    "throw": (rules_strokes.higher, rules_whole.amplitude, rules_whole.both_arms, rules_action.action),
    "look": (rules_head.look,),
    "nod": (rules_head.nod,),
    "shake": (rules_head.nod,),
    "enlarge": (rules_whole.amplitude, rules_time.resize),
    "reduce": (rules_whole.amplitude, rules_time.resize),
    "hurry": (rules_time.speed,),
    "slow": (rules_time.speed,),
    "pause": (rules_time.pause,),
    "stop": (rules_time.stop,),
    "start": (rules_time.start, rules_path.place),
    "end": (rules_time.end, rules_path.place),
    "last": (rules_time.speed,),
    "delay": (rules_time.delay,),
    "repeat": (rules_time.repeat,),
    "reverse": (rules_time.reverse,),
    "play": (rules_time.reverse, rules_time.speed),
    "cut": (rules_time.cut,),
    "swap": (rules_whole.exchange,),
    "copy": (rules_whole.copy,),
    "imitate": (rules_whole.copy,),
    "use": (rules_whole.use,),
    "only": (rules_whole.only,),
    "add": (rules_action.add,),
    "do": (rules_time.speed, rules_whole.mirror, rules_whole.use, rules_time.repeat, rules_time.reverse,
           rules_whole.amplitude, rules_path.height, rules_body.go),
}  # fmt: skip
# Rules that come before those of the verb: they are about the clip's own motion, whatever it does.
FIRST: tuple[Rule, ...] = (rules_time.delay, rules_time.speed, rules_whole.other_side)


def operations_of(clause: Clause) -> list[AnyOperation]:
    """Operations of a clause, all with the default span. CannotDo when it is not carried out whole."""
    contrast = _replaces(clause)
    found = _found(clause)
    return [*contrast, *found]


def _replaces(clause: Clause) -> list[AnyOperation]:
    """What "instead (of ...)" adds to the operations of a clause. CannotDo where two things can't be exchanged."""
    return rules_denied.instead(clause)


def _found(clause: Clause) -> list[AnyOperation]:
    """Operations of the first rule that carries the clause out whole."""
    parts = _of_two_kinds(clause)
    if parts is not None:
        return [operation for part in parts for operation in _found(part)]
    clause = _bent_deeper(_resized(clause))
    _refuse_unclear(clause)
    problem: CannotDo | None = None
    if (
        clause.aspect in ("start", "end", "keep", "delay")
        and not clause.has("compare", "late", "speed")
        and clause.verb not in ("cross", "look")
    ):
        raise CannotDo(
            f"'{clause.aspect} {clause.verb}...' says when, but not how it changes: say 'earlier' or 'later'"
        )
    rules: tuple[Rule, ...] = RULES.get(clause.verb, (rules_action.action,))
    if clause.negated:
        rules = (rules_head.not_moved, rules_denied.denied)
    else:
        rules = (*FIRST, *rules)
    for rule in rules:
        tried = clause.copy()
        try:
            operations = rule(tried)
        except CannotDo as error:
            problem = problem or error
            continue
        if operations is None:
            continue
        operations = _of_event(tried, _paced(tried, operations))
        rest = tried.rest()
        if operations and not rest:
            return [_shaped(operation, clause) for operation in _merged(operations)]
        if rest and problem is None:
            problem = CannotDo(f"no rule says what {rest[0]!r} means with {_said(clause)}")
    if problem is None:
        problem = CannotDo(f"no rule for {clause.text!r}")
    raise problem


def _resized(clause: Clause) -> Clause:
    """ "exaggerate the kick", "reduce the squat by 30%": what makes that event larger or smaller is its own rule."""
    sign = {"enlarge": 1, "reduce": -1}.get(clause.verb)
    events = [item for item in clause.items if item.kind == "event"]
    if sign is None or len(events) != 1 or clause.mentions or clause.negated or clause.has("speed"):
        return clause
    event = events[0].value
    if event in (*rules_whole.ARM_ACTIONS, "walk", "run", "march", "step", "curve"):
        return clause
    more = Item("compare", "much", "more" if sign > 0 else "less", sign=sign)
    others = [item for item in clause.items if item is not events[0] and item.kind != "compare"]
    return replace(clause, verb=event, noun=True, items=[*others, more])


def _bent_deeper(clause: Clause) -> Clause:
    """ "knees deeper": what is deeper of a joint is its bend, not what its limb does."""
    joints = bool(clause.objects) and all(m.part in ("knee", "elbow") for m in clause.objects)
    deep = clause.has("compare", "deep") and not clause.has("direction") and not clause.targets
    return replace(clause, verb="bend") if clause.verb == "move" and joints and deep else clause


def _refuse_unclear(clause: Clause) -> None:
    """What no rule may take for something else."""
    if clause.verb in LASTING and clause.has("compare", "long") and not clause.targets:
        if any(item.sign < 0 for item in clause.items if item.kind == "compare" and item.value == "long"):
            raise CannotDo("shorter by hurrying, or by less of it? say 'faster', or which time to cut")
        raise CannotDo(
            "longer by slowing down, repeating or waiting? say 'slower', 'repeat it' or 'pause for 1 s'"
        )
    if clause.verb in ("turn", "move") and clause.has("whole") and not clause.objects and not clause.negated:
        raise CannotDo(
            "the clip isn't moved as a whole: say 'start at (1, 2)', or 'turn 90 degrees to the left'"
        )
    if _of_fingers(clause):
        raise CannotDo(
            "the body has no fingers of its own, so a hand can't open or close: say 'spread the arms', 'hands together'"
        )
    palms = [mention.text for mention in clause.objects if "palm" in mention.text]
    if palms and clause.verb in ("move", "turn", "face", "keep") and clause.has("direction", *PALM_WAYS):
        raise CannotDo(f"which way '{palms[0]}' faces is no part of an edit: say where the hands should be")
    fingers = [mention.text for mention in clause.objects if "finger" in mention.text]
    if fingers and clause.verb in ("spread", "close", "bend", "straighten", "cross", "wave"):
        raise CannotDo(
            f"the body has no fingers of its own, so '{fingers[0]}' can't do that: name the hand or the arm"
        )


def _of_fingers(clause: Clause) -> bool:
    """ "open your hands", "hands open": not hands apart; "close the hands together" is about both."""
    word = re.search(r"\b(?:open|close)(?:d|ed|s)?\b", clause.text)
    hands = bool(clause.objects) and all(m.part == "hand" for m in clause.objects)
    alone = not clause.targets and not any(
        item.kind in ("direction", "compare", "manner") for item in clause.items
    )
    return word is not None and clause.verb in ("spread", "close") and hands and alone


def _merged(operations: Sequence[AnyOperation]) -> list[AnyOperation]:
    """Scales that say the same of several groups as one, which needs only some of them to move in the clip."""
    found: list[AnyOperation] = []
    for operation in operations:
        before = found[-1] if found else None
        if (
            isinstance(operation, Scale)
            and isinstance(before, Scale)
            and replace(before, groups=operation.groups) == operation
            and _listed(before)[-1].split()[-1] == _listed(operation)[0].split()[-1]  # of one axis
        ):
            found[-1] = replace(operation, groups=[*_listed(before), *_listed(operation)])
        else:
            found.append(operation)
    return found


def _listed(operation: Scale) -> list[str]:
    groups = operation.groups
    return [groups] if isinstance(groups, str) else [str(group) for group in groups]  # type: ignore[union-attr]


def _of_two_kinds(clause: Clause) -> tuple[Clause, Clause] | None:
    """ "kick higher and faster": what is compared besides the pace or the time is for a rule of its own."""
    compared = [item for item in clause.items if item.kind == "compare"]
    paced = [item for item in compared if item.value in ("speed", "late")]
    others = [item for item in compared if item.value not in ("speed", "late")]
    others += [item for item in clause.items if item.kind == "direction" and item.value == "opposite"]
    if len({item.value for item in paced}) > 1:
        others = [item for item in paced if item.value == "late"]
        paced = [item for item in paced if item.value == "speed"]
    if not paced or not others or clause.negated or clause.has("quantity") or clause.has("factor"):
        return None
    gone = [id(item) for item in others]
    gone += [id(item) for item in clause.items if item.kind in ("direction", "degree")]
    one = replace(clause, items=[item for item in clause.items if id(item) not in gone])
    two = replace(clause, items=[item for item in clause.items if item not in paced])
    return two.copy(), one.copy()


def _of_event(clause: Clause, operations: Sequence[AnyOperation]) -> Sequence[AnyOperation]:
    """ "repeat the kick", "make the turn slower", "jump earlier": only while that happens."""
    named = [item.value for item in clause.items if item.kind == "event" and item.used]
    named[:0] = [clause.verb] if clause.noun and not clause.aspect else []
    events = [event for name in named if (event := rules_action.EVENT_OF.get(name)) not in (None, *GOES_ON)]
    moved = rules_action.EVENT_OF.get(clause.verb) if clause.aspect in ("", "start") else None
    if clause.objects or clause.negated or moved in GOES_ON:
        moved = None
    found: list[AnyOperation] = []
    for operation in operations:
        of_limb = isinstance(operation, Delay) and operation.limb is not None
        of_it = events or ([moved] if moved and isinstance(operation, Delay) else [])
        timed = clause.spans or clause.rest_of_time or operation.span != THROUGHOUT or of_limb
        if timed or not of_it or not isinstance(operation, EVENT_EDITS):
            found.append(operation)
        else:
            found += [operation.during(Span(event=event)) for event in dict.fromkeys(of_it) if event]
    return found


def _paced(clause: Clause, operations: Sequence[AnyOperation]) -> Sequence[AnyOperation]:
    """ "raise the arm slowly": it takes longer to get there."""
    limbs = [operation for operation in operations if isinstance(operation, SetCode | Shift)]
    if not limbs or len(limbs) < len(operations):
        return operations
    if clause.take("manner", "slow"):
        return [replace(operation, ease=SLOW) for operation in limbs]
    if clause.take("manner", "fast"):
        return [replace(operation, ease=QUICK) for operation in limbs]
    return operations


def _said(clause: Clause) -> str:
    parts = dict.fromkeys(mention.part for mention in clause.objects)
    return repr(" ".join([clause.verb, *parts]).strip())


def _shaped(operation: AnyOperation, clause: Clause) -> AnyOperation:
    """A target without a time comes and goes where the clip moves that limb, unless it is to be kept."""
    if operation == rules_body.UPRIGHT or clause.verb == "stand":
        return operation  # a posture, not a gesture
    if isinstance(operation, SetCode) and not clause.spans and not clause.held:
        return replace(operation, shape="gesture")
    return operation
