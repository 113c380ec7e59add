"""Items of an instruction -> clauses: where one ends, what belongs to which part, who "it" is.

A clause ends at "then", at "and", "while" or a comma before a verb, and where a second verb follows without any of them
("move slower turn right"). After "and", a part with a direction or a target of its own goes on with the same verb ("bring
the right hand higher and the left hand lower").
"""

from __future__ import annotations

from dataclasses import replace

from editing.language.clauses import CannotDo, Clause, pair_of
from editing.language.ellipsis import goes_with, lacks_verb, objects_of, taken_over, with_parts
from editing.language.phrases import meaning, noun_phrase, verb_ahead
from editing.language.reading import ASPECTS, JOINS, build
from editing.language.tokens import Item

BUT_NOT = "but not"
COMPLEMENTS = ("direction", "relation", "compare", "height", "manner", "quantity", "factor", "relation side")


def sequences(items: list[Item]) -> list[list[Clause]]:
    """Clauses of an instruction: a list for each stretch between one "then" and the next. CannotDo says what is odd."""
    items = with_parts(items)
    stretches: list[list[Item]] = [[]]
    for place, item in enumerate(items):
        if item.kind == "then" and item.text != "before":
            stretches.append([])
        elif item.kind == "then":
            rest = " ".join(other.text for other in items[place:])
            raise CannotDo(f"{rest!r} is no time that the rules can find: say it in seconds")
        else:
            stretches[-1].append(item)
    stretches = [_trimmed(stretch) for stretch in stretches]
    found = []
    for place, stretch in enumerate(stretches):
        again = place > 0 and lacks_verb(stretch) and not _states(stretch)
        if again:
            stretch[:0] = taken_over(stretches[place - 1], stretch)
        found.append([replace(clause, again=again) for clause in _clauses(stretch)])
    return [clauses for clauses in found if clauses] if len(found) > 1 else found


def goes_on(items: list[Item]) -> bool:
    """Does the instruction go on from what the clip shows: "then squat", "turn around afterwards"?"""
    return bool(items) and (items[0].kind == "then" or items[-1].kind == "then")


def _trimmed(items: list[Item]) -> list[Item]:
    while items and items[0].kind in JOINS and items[0].value != "while":
        items = items[1:]
    while items and items[-1].kind in ("and", "comma"):
        items = items[:-1]
    return items


# ------------------------------------------------------------------------------------------------------- where they end
def _clauses(items: list[Item]) -> list[Clause]:
    pieces: list[tuple[str, list[Item]]] = [("", [])]
    place = 0
    while place < len(items):
        item, current = items[place], pieces[-1][1]
        rest = items[place + 1 :]
        if item.kind in JOINS and meaning(current):
            if verb_ahead(rest):
                pieces.append((item.kind, []))
            elif item.text == "but" and _denies(rest):
                denies = BUT_NOT if objects_of(current) else "and"
                pieces.append((denies, [rest[0], *taken_over(current, rest[1:])]))
                place += 1
            elif _gap(current, rest) or goes_with(current, rest):
                joined = "comma" if item.kind == "comma" and not _gap(current, rest) else "gap"
                pieces.append((joined, taken_over(current, rest)))
            elif _states(rest) and (
                item.kind == "comma" or not any(other.kind == "part" for other in current)
            ):
                pieces.append((item.kind, []))
            elif item.kind == "while" and not verb_ahead(rest):
                raise CannotDo(
                    f"{' '.join(i.text for i in items[place:])!r} is no time that the rules can find"
                )
            elif item.kind != "comma":
                current.append(item)
            else:
                current.append(item)
        elif item.kind in JOINS or item.value == "with" and not current and _described(rest):
            pass  # in front of anything
        elif _opens(item, current, rest):
            joined = item.value if item.kind == "relation" else "comma"
            pieces.append((joined, [] if joined == "with" else [item]))
        else:
            current.append(item)
        place += 1
    return _built(pieces)


def _opens(item: Item, current: list[Item], rest: list[Item]) -> bool:
    """Does a new clause start at this item, although nothing joins them?"""
    if not any(other.kind in ("verb", "noun") for other in current):
        return False
    if item.kind == "verb" and _causes(current):
        return False  # "make it last 3 seconds", "let the left arm swing more"
    before = [other for other in current if other.kind != "filler"]
    last = before[-1] if before else None
    if item.kind == "relation" and item.value == "with":
        # "walk with the arms raised"; but "make the wave with the right hand bigger" is about the wave.
        event = any(other.kind == "noun" for other in current) and _compared(rest)
        return _described(rest) and not event
    if item.kind == "not" and verb_ahead(rest):
        return True
    if item.kind == "relation" and item.value == "without":
        return verb_ahead(rest)
    if item.kind != "verb" or item.form not in ("", "s"):
        return False
    if last is None or last.kind in ("not", "instead of") or last.kind == "instead" and len(before) == 1:
        return False
    if last.kind == "verb" and (
        last.value in ("light", *ASPECTS, "continue", "add", "stay", "enlarge", "reduce")
        or last.value == "play"
    ):
        return False
    contrast = any(other.kind == "instead of" for other in current)
    return not (contrast and not any(o.kind == "verb" and o.form != "ing" for o in current))


def _compared(rest: list[Item]) -> bool:
    after = meaning(rest[noun_phrase(rest) :])
    return bool(after) and after[0].kind == "compare"


def _causes(current: list[Item]) -> bool:
    """Has only "make", "let" or the like been said, and who or what?"""
    verbs = [item for item in current if item.kind in ("verb", "noun")]
    known = ("filler", "side", "part", "pronoun", "whole", "time", "and", "not")
    return (
        len(verbs) == 1
        and verbs[0].value == "light"
        and all(i.kind in known for i in current if i is not verbs[0])
    )


def _gap(current: list[Item], rest: list[Item]) -> bool:
    """ "... the right hand higher" and "the left hand lower"?"""
    length = noun_phrase(rest)
    if not length or not _complemented(rest[length:]):
        return False
    parts = [place for place, item in enumerate(current) if item.kind == "part"]
    return bool(parts) and any(item.kind in (*COMPLEMENTS, "degree") for item in current[parts[0] + 1 :])


def _denies(rest: list[Item]) -> bool:
    """ "... but not the right arm": what is not done with it."""
    return bool(rest) and rest[0].kind == "not" and bool(noun_phrase(rest[1:]))


def _complemented(items: list[Item]) -> bool:
    for item in items:
        if item.kind in JOINS:
            return False
        if item.kind in COMPLEMENTS or item.kind == "verb" and item.form == "ed":
            return True
        if item.kind not in ("filler", "degree", "part", "side", "time"):
            return False
    return False


def _states(items: list[Item]) -> bool:
    """ ", arms out": a part and how it is, without a verb."""
    length = noun_phrase(items)
    return bool(length) and _complemented(items[length:])


def _described(items: list[Item]) -> bool:
    """After "with": a part and how it is."""
    length = noun_phrase(items)
    if not length:
        return False
    after = [item for item in items[length:] if item.kind != "filler"]
    return bool(after) and (
        after[0].kind == "verb"
        and after[0].form == "ed"
        or after[0].kind in ("direction", "compare", "relation", "quantity")
        and not (after[0].kind == "relation" and after[0].value in ("of", "with"))
    )


# ---------------------------------------------------------------------------------------------------------- what is said
def _leave_alone(clause: Clause, denied: Clause) -> None:
    """ "raise the left arm but not the right", "raise both arms but not the left": what isn't named stays as it is."""
    left = {(pair_of(m) or m.part, m.side) for m in denied.objects}
    kept = [
        m for m in clause.mentions if m.relation is not None or (pair_of(m) or m.part, m.side) not in left
    ]
    if denied.items or denied.targets or not any(m.relation is None for m in kept):
        raise CannotDo(f"what '{denied.text}' leaves out is not clear: name only what is to be changed")
    clause.mentions = kept
    clause.spans += denied.spans


def _stands_in(clause: Clause) -> bool:
    """ "the other arm", "left arm instead of right arm"?"""
    other = clause.contrast is not None and clause.contrast.mentions
    return (
        bool(clause.objects)
        and not clause.items
        and all(m.side == "other" or other or clause.instead for m in clause.objects)
    )


def _built(pieces: list[tuple[str, list[Item]]]) -> list[Clause]:
    clauses: list[Clause] = []
    waiting: Clause | None = None  # only a time, or only what something is done instead of
    for join, items in pieces:
        if not meaning(items):
            continue
        clause = build(items)
        clause.join = join if clauses else ""
        if join == BUT_NOT and clauses:
            _leave_alone(clauses[-1], clause)
            continue
        if not clause.verb and _stands_in(clause):
            clause.verb = "use"
        if not clause.verb and clause.mentions:
            raise CannotDo("there is no verb in it that the rules know")
        if waiting is not None:
            clause.spans = waiting.spans + clause.spans
            clause.rest_of_time = clause.rest_of_time or waiting.rest_of_time
            clause.time_first = clause.time_first or bool(waiting.spans)
            clause.contrast = waiting.contrast or clause.contrast
            clause.instead = clause.instead or waiting.instead
            waiting = None
        if not clause.verb and not clause.mentions and not clause.items:
            waiting = clause
            continue
        clauses.append(clause)
    if waiting is not None:
        if not clauses:
            raise CannotDo("there is no verb in it that the rules know")
        clauses[-1].spans += waiting.spans
        clauses[-1].rest_of_time |= waiting.rest_of_time
        clauses[-1].contrast = clauses[-1].contrast or waiting.contrast
        clauses[-1].instead |= waiting.instead
    return clauses
