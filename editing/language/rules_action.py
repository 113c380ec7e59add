"""Rules for new actions, which the generator makes from text: "then wave", "add a jump at the end"."""

from __future__ import annotations

from dataclasses import replace

from editing.catalogue import AnyOperation
from editing.language import lexicon
from editing.language.clauses import CannotDo, Clause
from editing.language.tokens import tokenise
from editing.motion_operations import AddAction, MotionOperation, Pause
from editing.spans import EVENTS, Span

SECONDS = 2.5  # of an action that is put behind the clip
AT_END, OPENING = Span(0.7, 1, "share"), Span(0, 0.3, "share")
THIRD_PERSON = {
    "sit": "sits down", "lie": "lies down", "crouch": "squats", "kneel": "kneels down", "stand": "stands up",
    "step": "steps", "bow": "bows", "nod": "nods", "throw": "throws", "punch": "punches", "dance": "dances",
    "salute": "salutes",
    "spin": "spins around", "march": "marches in place", "lunge": "lunges", "clap": "claps", "wave": "waves",
    "jump": "jumps", "kick": "kicks", "walk": "walks", "run": "runs", "turn": "turns",
}  # fmt: skip


# Verbs whose event can be found in a clip.
EVENT_OF: dict[str, str] = {"crouch": "squat"} | {event: event for event in EVENTS if event != "raise"}


def action(clause: Clause) -> list[MotionOperation] | None:
    """An action with all that was said of it, for the generator."""
    if clause.aspect == "add":
        clause.take("whole")  # "add a waving motion"
    if clause.verb not in THIRD_PERSON or clause.pronoun or clause.has("whole"):
        return None
    if clause.verb in ("bow", "crouch", "kneel", "stand", "turn", "nod") and not clause.aspect:
        return None  # geometry does it
    if clause.verb in ("walk", "run", "march", "step", "kick", "punch", "throw") and not (
        clause.aspect or clause.spans or clause.goes_on or replaced_event(clause)
    ):
        raise CannotDo(f"to {clause.verb} when? say 'then {clause.verb}', or at which time")
    replaced = replaced_event(clause)
    if clause.has("compare") or clause.has("factor") or not replaced and (clause.instead or clause.contrast):
        return None
    if any(mention.side in ("other", "one") for mention in clause.mentions):
        raise CannotDo("say left or right")
    if clause.has("relation") or any(mention.relation == "without" for mention in clause.mentions):
        return None  # "waves without" what?
    seconds = clause.quantity("s", "for", "")
    if clause.has("quantity") and clause.verb not in ("turn", "walk", "step"):
        return None
    words = [THIRD_PERSON[clause.verb]]
    words += [_part_text(mention.text) for mention in clause.mentions]
    others = [THIRD_PERSON[i.value] for i in clause.items if i.kind == "event" and i.value in THIRD_PERSON]
    if others and (clause.mentions or clause.aspect != "add"):
        raise CannotDo("these are two actions: say 'add a wave, then add a jump'")
    words += [
        f"and {THIRD_PERSON[item.value]}" if item.kind == "event" and others else item.text
        for item in clause.items
        if not item.used and item.kind != "whole" and not _said_by_verb(item.text, words)
    ]
    for mention in clause.mentions:
        mention.used = True
    for item in clause.items:
        item.used = True
    text = "a person " + " ".join(dict.fromkeys(words))
    if replaced:
        return [AddAction(text, span=Span(event=replaced))]
    if clause.aspect == "opening":
        return [AddAction(text, span=OPENING)]
    if clause.spans and clause.spans != [AT_END]:
        return [AddAction(text)]
    return [AddAction(text, seconds=min(seconds or SECONDS, 10.0))]


def one_more(clause: Clause) -> list[AnyOperation]:
    """A clause behind an action that was added, as one more of them; none where it changes what the clip shows."""
    if clause.spans or clause.negated or clause.aspect:
        return []
    return [*(action(replace(clause.copy(), aspect="add")) or [])]


def manner_text(clause: Clause) -> str:
    """ "with their arms crossed": how an action is done, for the generator."""
    items = [item for item in tokenise(clause.text) if item.kind != "time"]
    words = ["their" if i.text in lexicon.OWNERS and i.text != "the" else i.text for i in items]
    return " ".join(words if words[0] == clause.join else [clause.join, *words])


def replaced_event(clause: Clause) -> str:
    """The event in whose place an action comes, "clap instead of waving"; "" where none is."""
    other = clause.contrast
    if (
        other is None
        or clause.spans
        or clause.has("compare")
        or clause.has("factor")
        or clause.verb == other.verb
        or clause.verb not in THIRD_PERSON
    ):
        return ""
    if clause.verb in ("bow", "crouch", "kneel", "stand", "turn", "nod", "lie"):
        return ""
    if other.verb == "turn" and clause.verb in ("walk", "run"):
        return ""  # the same walk without the turn
    described = any(item.kind not in ("whole", "filler") for item in other.items)
    event = EVENT_OF.get(other.verb, "")
    return "" if described or other.objects and other.verb != "wave" else event


def _said_by_verb(word: str, words: list[str]) -> bool:
    return word in words[0].split() or word in ("with", "of", "in")


def _part_text(text: str) -> str:
    """ "with right hand" -> "with their right hand"."""
    for relation in sorted({*lexicon.RELATIONS, "with"}, key=len, reverse=True):
        if text.startswith(f"{relation} "):
            return f"{relation} {_owned(text[len(relation) + 1 :])}"
    return _owned(text)


def _owned(text: str) -> str:
    words = [word for word in text.split() if word not in lexicon.FILLERS]
    return " ".join(words if words[0] == "both" else ["their", *words])


def add(clause: Clause) -> list[MotionOperation]:
    """ "add ..." without an action that is known."""
    if clause.has("event", "pause"):
        clause.take("event")
        return [Pause(clause.quantity("s") or 1.0)]
    raise CannotDo(f"add which action? known are {', '.join(sorted(THIRD_PERSON))}")
