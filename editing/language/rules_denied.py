"""Rules about what is not to be done, and what is done instead: "don't raise the left arm", "squat instead of jumping"."""

from __future__ import annotations

from dataclasses import replace

from editing.groups import SIDES
from editing.language import rules_action, rules_head
from editing.language.clauses import LETTER, CannotDo, Clause, Mention, pair_of
from editing.language.rules_place import to_target
from editing.language.rules_whole import ARM_ACTIONS, TRUNK, AnyOperation, limb_groups, limbs_named
from editing.motion_operations import Amplitude, Exchange, JumpHeight, KeepHeading, StandStill
from editing.operations import Clamp, Copy, Scale
from editing.spans import THROUGHOUT, Span

NEARLY_STRAIGHT, NEARLY_UPRIGHT = (
    162.0,
    0.07,
)  # degrees of a joint; metres that the neck is away from over the pelvis
OPPOSITE_HEIGHT: dict[str | None, str] = {"above": "below", "below": "above"}
LOWERED = -0.3  # metres that a hand is over its shoulder when the arm is not raised


def denied(clause: Clause) -> list[AnyOperation]:
    """What is not to be done: the limb stays as it rests, the body stands still, the knees stay straight."""
    verb = clause.verb
    clause.take("whole")
    if clause.has("compare") or clause.has("degree") or clause.has("quantity") or clause.has("factor"):
        raise CannotDo(f"'not' with an amount is not clear: say 'less' ({clause.text!r})")
    arms = [m for m in clause.objects if pair_of(m) == "arm"]
    if verb == "run" and not clause.spans and not clause.mentions and not clause.has("direction"):
        return _not_happening(clause) or []
    if (
        verb in ("move", "do", "walk", "run", "march", "step")
        and not clause.mentions
        and not clause.has("direction")
    ):
        clause.take("event")
        clause.pronoun = False
        return [StandStill()]
    if (
        verb == "bend"
        and clause.objects
        and {m.part for m in clause.objects} <= {"arm", "elbow", "leg", "knee"}
    ):
        return [Clamp([_hinge(m) for m in _used(clause.objects)], low=NEARLY_STRAIGHT)]
    happens = _not_happening(clause)
    if happens is not None:
        return happens
    if verb in ("lean", "bend", "bow") and not [m for m in clause.objects if m.part not in TRUNK]:
        return _upright(clause)
    if verb == "crouch":
        clause.ways("down")
        # Only the squat: knees that bend in a walk go on bending.
        when = THROUGHOUT if clause.spans else Span(event="squat")
        return [Scale(["L-knee angle", "R-knee angle"], factor=0.0, span=when)]
    if (
        verb == "jump"
        and not clause.mentions
        and not clause.has("direction", "forward", "back", "left", "right")
    ):
        clause.ways("up", "place")
        return [JumpHeight(factor=0.1)]
    if verb == "kick" or verb in ARM_ACTIONS:
        named = [m for m in clause.mentions if m.relation in (None, "with")]
        clause.ways()
        if any(m.relation == "with" and "both" in m.text.split() for m in named):
            raise CannotDo(
                f"to {verb} with which hand then? say 'use only the left hand', or 'don't {verb}' for neither"
            )
        limbs = limbs_named(named, either=True) or ["legs" if verb == "kick" else "arms"]
        if verb == "kick" and limbs in (["left_leg"], ["right_leg"]):
            return _not_kicked(limbs[0], bool(clause.spans))
        still: list[AnyOperation] = [Amplitude(limb, 0.0) for limb in limbs]
        if verb == "wave":  # where a clip waves nearly all the time, the hand's usual place is up
            sides = [side for side in SIDES if {f"{side}_arm", "arms"} & set(limbs)]
            still += [_lowered(side) for side in sides]
        return still
    limits = _limits(clause)
    if limits:
        return limits
    if verb == "lower" or verb in ("move", "keep") and clause.has("direction", "down"):
        return _kept_up(clause)
    if verb == "raise" and clause.objects and all(m.side is None and pair_of(m) for m in clause.objects):
        return [Scale(_heights(clause), factor=0.0)]  # whichever the clip raises
    if verb in ("raise", "move", "spread", "cross", "touch", "swing", "straighten", "use") and clause.objects:
        if verb == "straighten":
            raise CannotDo("say how it should be: 'bend the left arm'")
        if verb in ("spread", "cross", "touch", "straighten") and not arms:
            raise CannotDo(f"say how it should be instead of not to {verb} it")
        if (
            verb == "move"
            and any(m.part in ("foot", "leg") for m in clause.objects)
            and clause.has("direction")
        ):
            raise CannotDo("say how the legs should be")
        clause.ways()
        clause.take_targets(
            ("to", "on", "above", "level", "behind", "in front of", "at", "below", "with", "near")
        )
        if verb == "move" and any(pair_of(m) == "leg" for m in clause.objects):
            raise CannotDo("legs can't be kept still while the body goes on: say 'stand still'")
        named_at_all = "movement" in clause.text or "motion" in clause.text  # "no arm movement"
        still = [Amplitude(limb, 0.0) for limb in limbs_named(clause.objects, either=named_at_all)]
        if verb == "raise":  # where a clip holds an arm up nearly all the time, its usual place is up
            sides = [m.side for m in arms if m.side in SIDES]
            still += [_lowered(side) for side in sides]
        return still
    raise CannotDo(f"what to do instead of not to {verb} is not clear: say what should be seen")


def _not_happening(clause: Clause) -> list[AnyOperation] | None:
    """ "don't turn around", "don't sit down", "don't kick": what else the clip shows goes on, or it waits meanwhile."""
    if clause.mentions and clause.verb != "kick":
        return None
    if clause.verb == "turn":
        if clause.has("direction", *SIDES):
            raise CannotDo("turns to one side can't be left out alone: say 'don't turn' for none at all")
        clause.ways("around", "away", "back")
        return [KeepHeading()]
    event = {"sit": "sit", "kneel": "kneel", "kick": "kick", "run": "run"}.get(clause.verb)
    if any(mention.side in SIDES for mention in clause.mentions):
        return None
    if event is None or clause.spans or any(m.part not in ("foot", "leg") for m in clause.mentions):
        return None
    for mention in clause.mentions:
        mention.used = True
    clause.ways("down", "up", "forward")
    return [StandStill(keep_pose=event in ("sit", "kneel"), span=Span(event=event))]


def _not_kicked(leg: str, timed: bool) -> list[AnyOperation]:
    """One leg stays under its hip while the clip kicks; a kick of the other leg goes on."""
    s = LETTER[leg.removesuffix("_leg")]
    when = THROUGHOUT if timed else Span(event="kick")
    groups = (f"{s}-foot vs {s}-hip relY", f"{s}-foot vs torso relZ")
    return [Scale(group, factor=0.0, span=when) for group in groups]


def _limits(clause: Clause) -> list[AnyOperation]:
    """ "never raise the left hand above the shoulder": it may be raised, but is kept below; "not below": kept above."""
    limits = [target for target in clause.targets if target.relation in OPPOSITE_HEIGHT]
    hands = clause.objects
    one = len({(target.relation, target.part) for target in limits}) == 1
    if not one or not hands or any(m.part not in ("hand", "arm") for m in hands):
        return []
    _used(limits)
    clause.ways("up" if limits[0].relation == "above" else "down")
    sides = dict.fromkeys(side for m in _used(hands) for side in ([m.side] if m.side in SIDES else SIDES))
    kept = Clause("keep", mentions=[Mention("hand", side) for side in sides], text=clause.text)
    height = replace(limits[0], relation=OPPOSITE_HEIGHT[limits[0].relation], plural=False)  # of either side
    return [*to_target(kept, height)]


def _lowered(side: str) -> AnyOperation:
    """Keeps a hand well below its shoulder."""
    return Clamp(f"{LETTER[side]}-hand vs {LETTER[side]}-shoulder relY", high=LOWERED)


def holds_down(operation: AnyOperation, sides: set[str]) -> bool:
    """Does an operation keep one of these hands low, which has something else to do?"""
    return any(operation == _lowered(side) for side in SIDES if LETTER[side] in sides)


def _heights(clause: Clause) -> list[str]:
    """Groups of how high the parts are carried, of both sides."""
    clause.ways("up")
    groups = []
    for mention in _used(clause.objects):
        place = {"arm": "hand vs {}-shoulder", "leg": "foot vs {}-hip"}[str(pair_of(mention))]
        groups += [f"{s}-{place.format(s)} relY" for s in ("L", "R")]
    return groups


def _used(mentions: list[Mention]) -> list[Mention]:
    for mention in mentions:
        mention.used = True
    return mentions


def _hinge(mention: Mention) -> str:
    if mention.side not in SIDES:
        raise CannotDo(f"which {mention.part}? say left, right or both")
    joint = "elbow" if mention.part in ("arm", "elbow") else "knee"
    return f"{LETTER[mention.side]}-{joint} angle"


def _upright(clause: Clause) -> list[AnyOperation]:
    clause.take_objects(*TRUNK)
    ways = clause.ways("forward", "back", "left", "right", "down")
    axes = [
        *(["relZ"] if not ways or set(ways) & {"forward", "back", "down"} else []),
        *(["relX"] if not ways or set(ways) & {"left", "right"} else []),
    ]
    # One side alone where it was said: "don't lean to the left" leaves a lean to the right.
    low = None if ways and set(ways) <= {"right", "back"} else -NEARLY_UPRIGHT
    high = None if ways and set(ways) <= {"left", "forward", "down"} else NEARLY_UPRIGHT
    # One each: a value in metres is not one of groups of different kinds.
    return [Clamp(f"neck vs pelvis {axis}", low=low, high=high) for axis in axes]


def _kept_up(clause: Clause) -> list[AnyOperation]:
    """ "don't lower the arm at the end": it stays as it is when that time begins."""
    if not clause.spans:
        raise CannotDo(
            "not to lower it when? say 'don't lower the left arm at the end', or from when to when"
        )
    clause.ways("down")
    return [Copy(limb_groups(clause), hold=True)]


def instead(clause: Clause) -> list[AnyOperation]:
    """What "instead" adds to a clause: exchanged limbs, or what is no longer done."""
    other = clause.contrast
    if clause.has("only"):
        return _only(clause)
    if other is not None and other.items and not other.mentions and other.verb in ("", "do"):
        if all(item.kind == "degree" for item in other.items):
            raise CannotDo(f"how far 'not {other.text}' is isn't clear: say 'slightly', or by how much")
    named = [m for m in clause.mentions if m.relation in (None, "with") and m.side in SIDES and pair_of(m)]
    one_side = len({m.side for m in named}) == 1
    if other is None:
        takes_over = clause.instead and one_side and clause.verb in ("raise", "move", "bend", "straighten")
        return [Exchange(f"{pair_of(named[0])}s")] if takes_over and not clause.targets else []
    if other.targets and not clause.targets and other.verb in ("", "do", "move"):
        raise CannotDo(
            f"what 'not {other.text}' asks for is not clear: say how far in cm, or to which height"
        )
    strange = {m.part for m in other.objects} - {m.part for m in clause.mentions}
    if (
        strange
        and other.verb in ("", "do", "move")
        and not other.items
        and not any(m.side in SIDES for m in other.objects)
    ):
        raise CannotDo(f"what 'instead of {other.text}' means here is not clear")
    sides = [m.side for m in other.mentions if m.side in SIDES]
    sides += [i.value for i in other.items if i.kind == "direction" and i.value in SIDES]
    bare = other.verb in ("", "do", "move", clause.verb) and not other.targets
    if bare and sides and (other.mentions or other.items):
        if one_side and set(sides) == {SIDES[1 - SIDES.index(str(named[0].side))]}:
            own = clause.verb in ("use", "do", "kick", *ARM_ACTIONS)
            return [] if own else [Exchange(f"{pair_of(named[0])}s")]
        if any(i.kind == "direction" and i.value in SIDES for i in clause.items) and not other.mentions:
            return []
        raise CannotDo(f"what 'instead of {other.text}' means here is not clear")
    if clause.verb in ("stand", "stay", "freeze") or rules_action.replaced_event(clause):
        return []
    if clause.verb in ("walk", "run") and other.verb in ("turn", "curve"):
        return []  # said by the walk that keeps its heading
    limbs = set(clause.limbs())
    same = limbs & set(other.limbs()) or other.pronoun or other.verb == clause.verb
    if not other.verb or other.verb == "do" or same:
        _understood(other)
        return []
    if (
        other.verb == "stay"
        or other.verb == "stand"
        and not any(word in other.text for word in ("up", "rise", "rising"))
    ):
        return []
    if {clause.verb, other.verb} <= {"walk", "run", "march", "step"}:
        raise CannotDo(
            f"to {clause.verb} instead of to {other.verb} is no operation: say 'slower', 'take smaller steps', ..."
        )
    try:
        tried = replace(other.copy(), negated=True)
        head = rules_head.not_moved(tried)
        raised = {LETTER[m.side] for m in clause.objects if m.side in SIDES and pair_of(m) == "arm"}
        return [*head] if head else [o for o in denied(tried) if not holds_down(o, raised)]
    except CannotDo as problem:
        raise CannotDo(f"'instead of {other.text}': {problem}") from None


def _only(clause: Clause) -> list[AnyOperation]:
    """ "raise only the right hand": the other one stays as it rests."""
    named = [m for m in clause.objects if m.side in SIDES and pair_of(m)]
    clause.items = [item for item in clause.items if item.kind != "only"]
    if (
        clause.verb in ("mirror", "swap", "freeze")
        or clause.verb == "lower"
        and len({m.side for m in named}) == 1
    ):
        return []  # other limbs are left alone anyway
    arm = all(pair_of(m) == "arm" for m in named)
    if (
        len({m.side for m in named}) != 1
        or not arm
        or clause.verb not in ("raise", "move", "bend", "straighten")
    ):
        if clause.verb == "use" and len({m.side for m in named}) == 1:
            clause.verb = "only"
            return []
        raise CannotDo("'only' is not clear here")
    other = SIDES[1 - SIDES.index(str(named[0].side))]
    still: list[AnyOperation] = [Amplitude(f"{other}_{pair_of(named[0])}", 0.0)]
    return [*still, _lowered(other)] if clause.verb == "raise" else still


def _understood(other: Clause) -> None:
    """What is no longer done must make sense, though the rest already excludes it."""
    if other.has("unknown"):
        raise CannotDo(f"'instead of {other.text}' is not clear")
