"""Rules about time: faster, slower, later, pause, repeat, reverse, cut, end."""

from __future__ import annotations

from editing.groups import SIDES
from editing.language.clauses import ARM_PARTS, LEG_PARTS, CannotDo, Clause
from editing.motion_operations import (
    Cut,
    Delay,
    MotionOperation,
    Pause,
    Repeat,
    Retime,
    Reverse,
    StandStill,
)
from editing.spans import THROUGHOUT, Span

NOT_DELAYED = ("pause", "repeat", "cut", "add", "reverse", "freeze", "mirror")
OWN_PACE = (
    "do",
    "move",
    "walk",
    "run",
    "march",
    "step",
    "turn",
    "dance",
    "play",
    "wave",
    "swing",
    "jump",
    "kick",
)
# What takes the whole body, or an event, though a limb is named: "wave your hand faster".
PACED_WITH_A_LIMB = ("wave", "clap", "punch", "kick", "throw", "nod")
AT_END, AT_START = Span(0.7, 1, "share"), Span(0, 0.3, "share")
MIDDLE = Span(0.5, 1, "share")  # a pause lies where its span begins
VERY_END = Span(0.999, 1, "share")


def _clip_named(clause: Clause) -> None:
    """Use words that stand for the clip, or for what it shows."""
    clause.take("whole")
    clause.take("event")
    clause.take("speed")
    clause.pronoun = False


def _limbs(clause: Clause) -> list[str | None]:
    found: dict[str | None, None] = {}
    for mention in clause.objects:
        mention.used = True
        pair = "arm" if mention.part in ARM_PARTS else "leg" if mention.part in LEG_PARTS else None
        if pair is not None:
            if mention.side in ("other", "one"):
                raise CannotDo(f"which {mention.part}? say left, right or both")
            # Where no side was said, the one that the clip moves is meant: the other shows no difference.
            found |= {f"{side}_{pair}": None for side in ([mention.side] if mention.side else SIDES)}
        elif mention.part in ("head", "torso"):
            found[mention.part] = None
        elif mention.part != "body":
            raise CannotDo(f"'{mention.text}' has no time of its own")
    for pair in ("arm", "leg"):
        if {f"left_{pair}", f"right_{pair}"} <= set(found):
            del found[f"left_{pair}"], found[f"right_{pair}"]
            found[f"{pair}s"] = None
    return list(found) or [None]


def delay(clause: Clause) -> list[MotionOperation] | None:
    """ "start later", "raise the left arm half a second earlier"."""
    if clause.verb == "delay":
        _clip_named(clause)
        seconds = clause.quantity("s")
        amount = clause.amount()
        return [Delay(seconds or amount.pick(0.3, 0.6, 1.2), limb=limb) for limb in _limbs(clause)]
    if not clause.has("compare", "late") or clause.verb in NOT_DELAYED:
        return None
    if clause.aspect in ("opening", "closing", "add"):
        return None
    if clause.verb in ("end", "stop", "last") and not clause.aspect:
        return None
    if clause.aspect in ("end", "stop"):
        raise CannotDo(
            "when one action of several ends is not known: say 'end earlier', or a time in seconds"
        )
    sign = 1.0
    for item in clause.take("compare", "late"):
        sign *= item.sign
    seconds = clause.quantity("s")
    amount = clause.amount((), ())
    _clip_named(clause)
    if clause.verb != "do":
        clause.ways()  # they say which movement it is
        clause.take_targets(("to", "on", "above", "level", "behind", "in front of", "at", "below"))
    limbs = _limbs(clause)
    return [Delay(sign * (seconds or amount.pick(0.3, 0.6, 1.2)), limb=limb) for limb in limbs]


def speed(clause: Clause) -> list[MotionOperation] | None:
    """ "faster", "at half speed", "speed up by 20 %", "make it last 3 seconds"."""
    signs = {"hurry": 1, "slow": -1}
    compared = clause.has("compare", "speed")
    manners = clause.has("manner", "fast", "slow")
    if clause.verb == "last":
        return _lasting(clause)
    if clause.verb in ("pause", "stop", "repeat", "add"):
        return None
    factor_of_speed = clause.has("factor") and (clause.has("speed") or manners)
    if not compared and clause.verb not in signs and not factor_of_speed:
        if clause.has("speed") and clause.verb in ("do", "play", "walk", "run", "move"):
            return _to_speed(clause)
        if clause.verb == "do" and clause.light and not clause.mentions and clause.has("quantity"):
            return _lasting(clause)
        plain = manners and not clause.mentions and not clause.has("direction") and clause.verb in OWN_PACE
        if not plain or clause.aspect == "add":
            return None
        sign = 1 if clause.take("manner", "fast") else -1
        clause.take("manner", "slow")
        clause.take("compare", "speed")
        _clip_named(clause)
        amount = clause.amount((), ())
        return [Retime(factor=_pace(sign, amount.degree))]
    if clause.verb in ("raise", "lower", "bend") and clause.has("quantity"):
        return None
    sign = signs.get(clause.verb, 0)
    for item in clause.items:
        if item.kind == "compare" and item.value in ("speed", "much") and not item.used:
            sign = item.sign if not sign else sign
    slow_word = clause.has("manner", "slow")
    seconds = clause.quantity("s", "in", "to")
    share = clause.quantity("%", "by", "") if clause.verb in signs else None
    amount = clause.amount(("times",), ("speed", "much", "deep"))
    clause.take("manner", "fast", "slow")
    _clip_named(clause)
    _describes(clause)
    if seconds is not None:
        return [Retime(duration=seconds)]
    if share is not None:
        return [Retime(factor=_possible(1 + signs[clause.verb] * share))]
    factor = amount.factor
    if factor is None and (amount.by or amount.to):
        factor = amount.by or amount.to
    if factor is None:
        return [Retime(factor=_pace(sign or 1, amount.degree))]
    if (sign < 0 or slow_word) and factor > 1:
        factor = 1 / factor
    if sign > 0 and factor < 1:
        factor = 1 / factor
    return [Retime(factor=_possible(factor))]


def _pace(sign: int, degree: str) -> float:
    faster = {"slight": 1.2, "much": 2.0, "full": 2.0}.get(degree, 1.5)
    return faster if sign > 0 else {"slight": 0.8, "much": 0.5, "full": 0.5}.get(degree, 0.65)


def _possible(factor: float) -> float:
    if not 0.1 <= factor <= 10:
        raise CannotDo(f"{factor:g} times as fast is too much: take 0.1 to 10")
    return factor


def _describes(clause: Clause) -> None:
    """What says which movement is to be faster; a single limb has no pace of its own."""
    limbs = [m for m in clause.objects if m.part != "body"]
    if limbs and clause.verb not in PACED_WITH_A_LIMB:
        raise CannotDo(f"a pace for '{limbs[0].text}' alone is no operation: say it of the whole motion")
    for mention in clause.objects:
        mention.used = True
    clause.take_targets(("with", "to", "on", "above"))
    clause.ways("up", "down", "left", "right", "around", "forward", "back")


def _to_speed(clause: Clause) -> list[MotionOperation]:
    """ "at 50 % speed", "at 1.5 times speed"."""
    clause.take("speed")
    _clip_named(clause)
    factor = clause.quantity("%", "to", "", "in") or clause.quantity("times")
    if factor is None:
        raise CannotDo("which speed? say 'faster', or 'at half speed'")
    return [Retime(factor=_possible(factor))]


def _lasting(clause: Clause) -> list[MotionOperation]:
    _clip_named(clause)
    if clause.has("compare", "long"):
        if any(item.sign < 0 for item in clause.items if item.kind == "compare" and item.value == "long"):
            raise CannotDo(
                "shorter by hurrying or by leaving some out? say 'make it last 3 seconds' or 'cut the last second'"
            )
        raise CannotDo(
            "longer by slowing down, repeating or adding? say 'slower', 'repeat it' or 'pause for 1 s'"
        )
    clause.take("manner", "big")
    seconds = clause.quantity("s")
    if seconds is None:
        raise CannotDo("how long? say it in seconds")
    return [Retime(duration=seconds)]


def resize(clause: Clause) -> list[MotionOperation] | None:
    """ "increase the speed by 20 %"."""
    if not clause.has("speed"):
        return None
    sign = 1 if clause.verb == "enlarge" else -1
    reached = clause.quantity("%", "to")
    share = clause.quantity("%") if reached is None else None
    amount = clause.amount((), ())
    _clip_named(clause)
    if reached is not None:
        return [Retime(factor=_possible(reached))]
    if share is not None:
        return [Retime(factor=_possible(1 + sign * share))]
    if amount.factor is not None:
        return [
            Retime(factor=_possible(amount.factor if sign > 0 or amount.factor < 1 else 1 / amount.factor))
        ]
    return [Retime(factor=_pace(sign, amount.degree))]


def pause(clause: Clause) -> list[MotionOperation]:
    """Stop for a while: at the end in the last pose, "at 2 s" just there."""
    _clip_named(clause)
    seconds = clause.quantity("s")
    amount = clause.amount((), ("long", "much"))
    clause.ways("place")
    clause.take("manner", "still")
    pause = Pause(seconds or amount.pick(0.5, 1.0, 2.0))
    return [pause.during(MIDDLE) if clause.take("manner", "half") else pause]


def pause_span(span: Span) -> Span:
    """Where a pause lies: a span "at the end" is its last frame; "before the jump" is where the jump begins."""
    if span.event and span.when == "before":
        return Span(event=span.event)
    return VERY_END if span == AT_END else span


def stop(clause: Clause) -> list[MotionOperation] | None:
    """ "stop", "stop after 3 s": stays in the pose; "stop earlier" leaves the rest out."""
    if clause.has("compare", "late"):
        return end(clause)
    seconds = clause.quantity("s", "for")
    _clip_named(clause)
    if seconds is not None:
        return [Pause(seconds)]
    return [StandStill(keep_pose=True)]


def start(clause: Clause) -> list[MotionOperation] | None:
    if clause.items or clause.mentions or clause.contrast:
        return None
    raise CannotDo(
        "start when, or with what? say 'start 1 s later', 'start at (0, 0)' or 'start with a wave'"
    )


def end(clause: Clause) -> list[MotionOperation] | None:
    """ "end one second earlier", "end at 3 s": the rest is left out."""
    if clause.has("compare", "late"):
        sign = 1
        for item in clause.take("compare", "late"):
            sign *= item.sign
        if sign > 0:
            raise CannotDo(
                "later by slowing down, or by waiting? say 'slower', or 'pause for 1 s at the end'"
            )
        seconds = clause.quantity("s")
        amount = clause.amount((), ())
        _clip_named(clause)
        return [Cut(span=Span(-(seconds or amount.pick(0.5, 1.0, 1.5)), None))]
    if clause.spans and not clause.items and not clause.mentions and len(clause.spans) == 1:
        span = clause.spans[0]
        if span.unit == "seconds" and span.start >= 0:
            moment = span.start if span.stop is None or span.start == 0 else (span.start + span.stop) / 2
            moment = span.stop if span.start == 0 and span.stop is not None else moment
            return [Cut(span=Span(moment, None))]
    return None


def repeat(clause: Clause) -> list[MotionOperation] | None:
    """ "repeat it three times", "do it again"; the number is how often it is seen in all."""
    counted = clause.has("count") or any(
        i.kind == "quantity" and i.quantity is not None and i.quantity.unit == "times" for i in clause.items
    )
    if clause.verb != "repeat" and not counted:
        return None
    if clause.mentions:
        raise CannotDo("one limb can't repeat by itself: say it of the whole motion, or of a time")
    _clip_named(clause)
    more = clause.has("compare", "much")
    clause.take("compare", "much")
    counts = [item.number for item in clause.take("count")]
    said = clause.quantity("times")
    times = said if said is not None else max(counts, default=2.0)
    if times != int(times):
        raise CannotDo(f"{times:g} times can't be seen: repeat it a whole number of times")
    if said is not None and more:
        times += 1
    if times < 2:
        raise CannotDo("once is what the clip shows: say a time to cut out, or how often to repeat")
    return [Repeat(times=int(times))]


def reverse(clause: Clause) -> list[MotionOperation] | None:
    """ "reverse the motion", "play it backwards", "do it in reverse"."""
    reversed_ = clause.take("manner", "reversed")
    if (
        clause.verb != "reverse"
        and not reversed_
        and not (clause.verb == "play" and clause.has("direction", "back"))
    ):
        return None
    if clause.verb == "play":
        clause.ways("back")
    _clip_named(clause)
    return [Reverse()]


def cut(clause: Clause) -> list[MotionOperation]:
    """ "cut the first second", "keep only the last half"."""
    if clause.objects:
        raise CannotDo(f"'{clause.objects[0].text}' can't be cut: say which time to cut")
    if not clause.spans:
        raise CannotDo("cut what? say a time, such as in 'cut the first second'")
    if THROUGHOUT in clause.spans:
        raise CannotDo(
            "all of the clip can't be cut: say from when to when, such as in 'cut the first second'"
        )
    kept = clause.take("relation", "to")
    clause.take("whole")
    if not kept:
        return [Cut()]
    if len(clause.spans) != 1:
        raise CannotDo("keep one stretch of time")
    span = clause.spans[0]
    if span.start == 0 and span.stop is not None:
        return [Cut(span=Span(span.stop, 1.0 if span.unit == "share" else None, span.unit))]
    if span.start > 0 and span.stop in (None, 1.0):
        return [Cut(span=Span(0, span.start, span.unit))]
    raise CannotDo("say which time to cut instead")
