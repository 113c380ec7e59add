"""Rules about what limbs or the whole body do: mirror, exchange, copy, bigger, smaller, still, not at all, instead."""

from __future__ import annotations

from dataset.pose_codes import NUM_GROUPS
from editing.groups import SIDES, groups_of_limb, limbs_of_group
from editing.language import lexicon
from editing.language.clauses import LEG_PARTS, Amount, CannotDo, Clause, Mention, pair_of
from editing.language.rules_limbs import move
from editing.motion_operations import (
    Amplitude,
    BothArms,
    CopyLimb,
    Exchange,
    MirrorMotion,
    MotionOperation,
    Pause,
    StandStill,
)
from editing.operations import Copy, Mirror, Operation
from editing.spans import Span

AnyOperation = Operation | MotionOperation
SWINGS = ("big", "much", "far", "deep", "long")
ARM_ACTIONS = ("wave", "swing", "clap", "punch", "throw", "salute", "dance")
TRUNK = ("torso", "body", "back", "chest", "hip", "waist", "shoulder")


def limbs_named(mentions: list[Mention], either: bool = False) -> list[str]:
    """Names for Amplitude of the limbs that parts belong to; uses the parts. either: as in `Clause.sides_of`."""
    found: dict[str, None] = {}
    for mention in mentions:
        pair = pair_of(mention)
        if pair is not None:
            if mention.side is None and either:
                found |= {f"{side}_{pair}": None for side in SIDES}
            elif mention.side in SIDES:
                found[f"{mention.side}_{pair}"] = None
            else:
                raise CannotDo(f"which {mention.part}? say left, right or both")
        elif mention.part in ("head", "neck", "face"):
            found["head"] = None
        elif mention.part in TRUNK:
            found["torso"] = None
        elif mention.part == "limb":
            found |= {"arms": None, "legs": None}
        else:
            raise CannotDo(f"'{mention.text}' does not move by itself")
        mention.used = True
    for pair in ("arm", "leg"):
        if {f"left_{pair}", f"right_{pair}"} <= set(found):
            del found[f"left_{pair}"], found[f"right_{pair}"]
            found[f"{pair}s"] = None
    return list(found)


# -------------------------------------------------------------------------------------------------------------- still
def still(clause: Clause) -> list[AnyOperation] | None:
    """ "keep the left arm still", "keep the arms down and still"."""
    if not clause.has("manner", "still"):
        return None
    clause.take("manner", "still")
    if not clause.objects or {m.part for m in clause.objects} == {"body"}:
        clause.take_objects("body")
        clause.take("whole")
        return [StandStill(keep_pose=bool(clause.spans))]
    if any(pair_of(m) == "leg" for m in clause.objects):
        raise CannotDo("legs that don't move can't walk on: say 'stand still'")
    more = any(item.kind == "direction" and not item.used for item in clause.items) or clause.targets
    further = move(clause) if more else []
    return [*(Amplitude(limb, 0.0) for limb in limbs_named(clause.objects)), *further]


def stand_still(clause: Clause) -> list[AnyOperation] | None:
    """ "stand still", "stay in place"; "for 2 seconds" needs to say when."""
    calm = clause.take("manner", "still")
    if clause.verb == "stay" and not calm and clause.has("direction", "place") and clause.contrast is None:
        raise CannotDo(
            "may the arms and the head move there? say 'stand still' for nothing at all, or 'don't walk'"
        )
    if not calm and not clause.ways("place"):
        return None
    clause.take("relation", "in", "at")
    seconds = clause.quantity("s", "for", "")
    keeps = clause.verb != "stand" and bool(clause.spans)
    if seconds is None:
        return [StandStill(keep_pose=keeps)]
    ends = {Span(0.7, 1, "share"): Span(-seconds, None), Span(0, 0.3, "share"): Span(0, seconds)}
    if len(clause.spans) != 1 or clause.spans[0] not in ends:
        raise CannotDo("stand still when? say 'stand still for 2 seconds at the end', or from when to when")
    return [StandStill(span=ends[clause.spans[0]])]


def freeze(clause: Clause) -> list[AnyOperation]:
    """Hold a limb's pose, or stop altogether in the pose in which the time begins."""
    if not clause.objects or {m.part for m in clause.objects} == {"body"}:
        clause.take_objects("body")
        clause.take("whole")
        clause.pronoun = False
        seconds = clause.quantity("s", "for")
        return [StandStill(keep_pose=True) if seconds is None else Pause(seconds)]
    return [Copy(limb_groups(clause), hold=True)]


def limb_groups(clause: Clause) -> tuple[int, ...]:
    """Groups of the limbs that a clause names, without those between two limbs, unless both arms or legs are named."""
    found: dict[int, None] = {}
    named = {f"{side}_{pair_of(m)}" for m in clause.objects for side in _sides_meant(m)}
    # A group between the left and the right hand is about the other arm as well: holding it would hold that arm too.
    own = {
        i
        for i in range(NUM_GROUPS)
        if len({limb[-3:] for limb in limbs_of_group(i)}) == 1
        and (len(limbs_of_group(i)) == 1 or named >= set(limbs_of_group(i)))
    }
    for mention in clause.objects:
        mention.used = True
        pair = pair_of(mention)
        if pair is None:
            if mention.part not in TRUNK:
                raise CannotDo(f"pose codes say nothing about '{mention.text}'")
            found |= dict.fromkeys(groups_of_limb("torso"))
            if "upper body" in mention.text:  # its arms with it
                arms = {f"{side}_arm" for side in SIDES}
                found |= {
                    i: None for i in range(NUM_GROUPS) if limbs_of_group(i) and set(limbs_of_group(i)) <= arms
                }
            continue
        for side in _sides_meant(mention):
            found |= {i: None for i in groups_of_limb(f"{side}_{pair}") if i in own}
    return tuple(found)


def _sides_meant(mention: Mention) -> tuple[str, ...]:
    """The side that a part is on; both, where none is said."""
    return (str(mention.side),) if mention.side in SIDES else SIDES


# ------------------------------------------------------------------------------------------------ mirror and exchange
def mirror(clause: Clause) -> list[AnyOperation] | None:
    """ "mirror", "do it on the other side", "mirror the arms"."""
    if clause.verb == "do":
        if not clause.has("direction", "opposite") or clause.mentions:
            return None
        clause.ways("opposite")
        clause.take("whole")
        clause.pronoun = False
        return [MirrorMotion()]
    if clause.targets and len(clause.objects) == 1:
        return copy(clause)
    clause.ways("left", "right", "opposite")
    clause.take("whole")
    clause.take("event")
    clause.take_objects("body", "side")
    clause.pronoun = False
    groups = limb_groups(clause) if any(not m.used for m in clause.objects) else ()
    return [Mirror(groups)] if groups else [MirrorMotion()]


def other_side(clause: Clause) -> list[AnyOperation] | None:
    """ "turn in the other direction"; "wave with the other hand"."""
    named = [m for m in clause.mentions if m.side == "other"]
    if clause.verb in ("kick", *ARM_ACTIONS) and not named and (clause.instead or _sided(clause.contrast)):
        sided = [m for m in clause.mentions if m.side in SIDES and pair_of(m) is not None]
        if len({m.side for m in sided}) == 1 and len(sided) == len(clause.mentions) and not clause.items:
            return [Exchange(f"{pair}s") for pair in _pairs(clause, sided)]
    if not named:
        if clause.has("direction", "opposite") and clause.verb in (
            "turn",
            "kick",
            "lean",
            "curve",
            "swing",
            "step",
        ):
            clause.ways("opposite", "in")
            for mention in clause.objects:
                if mention.part not in ("body", *LEG_PARTS, "torso"):
                    raise CannotDo(f"'{mention.text}' can't be mirrored by itself this way")
                mention.used = True
            return [MirrorMotion()]
        return None
    if clause.verb in ("keep", "touch") or clause.has("direction") or clause.has("compare"):
        raise CannotDo(f"'{named[0].text}' is not clear: say left or right")
    if any(m.relation not in (None, "with", "to") for m in clause.mentions):
        raise CannotDo(f"'{named[0].text}' is not clear: say left or right")
    clause.take("whole")
    clause.take("event")
    clause.pronoun = False
    return [Exchange(f"{pair}s") for pair in _pairs(clause, clause.mentions)]


def _sided(contrast: Clause | None) -> bool:
    """Is it "instead of the right (hand)"?"""
    if contrast is None or contrast.verb not in ("", "do", "move"):
        return False
    ways = [item.value for item in contrast.items if item.kind == "direction"]
    return bool(ways) and set(ways) <= set(SIDES) or any(m.side in SIDES for m in contrast.mentions)


def _pairs(clause: Clause, mentions: list[Mention]) -> list[str]:
    found: dict[str, None] = {}
    for mention in mentions:
        pair = pair_of(mention)
        if pair is None:
            raise CannotDo(f"'{mention.text}' can't be exchanged")
        mention.used = True
        found[pair] = None
    return list(found)


def exchange(clause: Clause) -> list[AnyOperation]:
    """ "swap the arms", "exchange left and right"."""
    clause.take("whole")
    clause.take("event")
    clause.pronoun = False
    sides = clause.ways("left", "right", "opposite")
    clause.take("side")
    parts = [mention for mention in clause.mentions if mention.part != "side"]
    clause.take_objects("side")
    clause.take_targets("to", "side")
    if not parts:
        return [MirrorMotion()] if sides or clause.mentions else _nothing(clause)
    return [Exchange(f"{pair}s") for pair in _pairs(clause, parts)]


def _nothing(clause: Clause) -> list[AnyOperation]:
    raise CannotDo(f"{clause.verb} what? say 'swap the arms', 'swap the legs' or 'swap left and right'")


def copy(clause: Clause) -> list[AnyOperation]:
    """ "copy the left arm to the right", "let the left arm do what the right arm does"."""
    targets = clause.take_targets(("to", "on", "above", "with"))
    objects = clause.objects
    for mention in objects:
        mention.used = True
    subject_first = clause.form == "s" or not clause.text.startswith(("copy", "mirror"))
    if len(objects) == 2 and (clause.verb == "imitate" or subject_first):
        target, source = objects
    elif len(objects) == 1 and not targets and clause.has("direction", *SIDES):
        onto = any(item.value in SIDES and item.text.startswith(("to", "on")) for item in clause.items)
        other = Mention(objects[0].part, clause.ways(*SIDES)[0])
        source, target = (objects[0], other) if onto else (other, objects[0])
    elif len(objects) == 1 and len(targets) == 1:
        source, target = objects[0], targets[0]
    else:
        raise CannotDo("copy which arm or leg to which? say 'copy the left arm to the right arm'")
    pairs = pair_of(source), pair_of(target)
    if pairs[0] is None or pairs[0] != pairs[1] or source.side not in SIDES or target.side not in SIDES:
        raise CannotDo("an arm copies the other arm, a leg the other leg")
    if source.side == target.side:
        raise CannotDo("copy from one side to the other")
    return [CopyLimb(f"{source.side}_{pairs[0]}", f"{target.side}_{pairs[0]}")]


def both_arms(clause: Clause) -> list[AnyOperation] | None:
    """ "use both hands", "wave with both hands", "punch with both arms instead of one"."""
    named = [m for m in clause.mentions if m.relation in (None, "with")]
    one_more = clause.verb in ("use", "do", *ARM_ACTIONS) and not clause.aspect and not clause.goes_on
    if not one_more or clause.spans or {m.side for m in named} != set(SIDES) or clause.has("compare"):
        return None
    if any(pair_of(m) != "arm" for m in named):
        raise CannotDo("both legs can't do it at once: say 'swap the legs', or name a leg")
    for mention in clause.mentions:
        mention.used = mention.used or mention in named
    clause.take("whole")
    clause.take("also")
    clause.pronoun = False
    return [BothArms()]


def only(clause: Clause) -> list[AnyOperation]:
    """ "use only the left hand": the other one stays as it rests."""
    pair, sides = _pairs(clause, clause.objects)[0], {m.side for m in clause.objects}
    return [Amplitude(f"{side}_{pair}", 0.0) for side in SIDES if side not in sides]


def use(clause: Clause) -> list[AnyOperation] | None:
    """ "use the left hand instead", "do it with the left leg", "do the same with the left arm too"."""
    named = clause.objects if clause.verb == "use" else clause.targets
    if not named or clause.verb == "do" and any(m.relation != "with" for m in named):
        return None
    if any(pair_of(m) is None for m in named):
        return None
    sides = {m.side for m in named}
    if clause.verb != "use" and clause.objects:
        return None
    if sides == set(SIDES):
        return both_arms(clause)
    if not sides <= set(SIDES):
        raise CannotDo(f"which {named[0].part}? say left or right")
    also = clause.take("also")
    clause.take("whole")
    clause.pronoun = False
    pair = _pairs(clause, named)[0]
    side = next(iter(sides))
    if also:
        return [CopyLimb(f"{SIDES[1 - SIDES.index(side)]}_{pair}", f"{side}_{pair}")]
    return [Exchange(f"{pair}s")]


# ---------------------------------------------------------------------------------------------------------- amplitude
def amplitude(clause: Clause) -> list[AnyOperation] | None:
    """ "wave bigger", "swing the arms less", "make the gestures smaller", "exaggerate the motion"."""
    growing = {"enlarge": 1, "reduce": -1}.get(clause.verb, 0)
    if clause.aspect == "add" or clause.has("speed"):
        return None
    events = [item.value for item in clause.items if item.kind == "event"]
    if "step" in events or clause.has("count"):
        return None
    if not growing and not clause.has("compare") and not clause.has("factor"):
        return None
    if clause.verb == "move" and (not clause.objects or clause.targets or clause.has("direction")):
        return None
    if (
        clause.verb == "do"
        and not (clause.has("whole") or events)
        or clause.verb == "do"
        and clause.has("compare", "long")
    ):
        return None
    something = clause.mentions or clause.pronoun or clause.has("whole") or events
    alone = (
        clause.text in ("exaggerate", "amplify")
        or clause.text.startswith(("exaggerate ", "amplify "))
        and (clause.text.split()[-1] not in lexicon.OWNERS)
    )
    if growing and not something and not alone:
        raise CannotDo(f"{clause.text.split()[0]} what? say 'increase the arm swing', or 'do it faster'")
    clause.ways("apart", "up")  # "swing the arms higher", "wave wider"
    if clause.has("direction", "down"):
        return None
    share = clause.quantity("%", "by") if growing else None
    amount = Amount(factor=1 + growing * share) if share is not None else clause.amount((), SWINGS)
    if growing < 0:
        factor = amount.factor if amount.factor is not None else amount.pick(0.8, 0.6, 0.35)
    elif growing > 0 and not amount.compares:
        factor = amount.pick(1.2, 1.4, 1.8)
    else:
        factor = amount.scale
    if clause.take("whole") or clause.take("event"):
        clause.take("relation", "of", "with")
    clause.pronoun = False
    named = [m for m in clause.mentions if m.relation in (None, "with", "of")]
    limbs = limbs_named(named, either=factor > 0)
    if not limbs:
        gesture = "gesture" in clause.text
        limbs = (
            ["arms"]
            if gesture or clause.verb in ARM_ACTIONS or set(events) & set(ARM_ACTIONS)
            else ["arms", "legs"]
        )
    return [Amplitude(limb, factor) for limb in limbs]


def arm_swing(clause: Clause) -> list[AnyOperation] | None:
    """ "walk with a bigger arm swing"."""
    return amplitude(clause) if clause.has("event", "swing") else None
