"""Everyday English -> operations, by rules: deterministic, offline, and strict.

    parse_instruction("Raise the left hand at the end and bend both knees slightly").operations

`tokens` makes items of the words, `grammar` clauses of the items, `rules` operations of each clause, using every word
that carries meaning. What can't be carried out whole is refused, with what is understood and the nearest that works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from editing.catalogue import AnyOperation
from editing.groups import SIDES
from editing.language import grammar
from editing.language.clause_times import (
    UNDIVIDED,
    Carried,
    all_new,
    appends,
    during,
    held,
    in_order,
    later_first,
    outside,
    times,
)
from editing.language.clauses import LETTER, CannotDo, Clause, pair_of
from editing.language.rules import operations_of
from editing.language.rules_action import THIRD_PERSON, manner_text, one_more
from editing.language.rules_denied import holds_down
from editing.language.rules_time import AT_END, AT_START
from editing.language.spelling import normalise
from editing.language.suggestions import EXAMPLES, nearest_examples, shortened
from editing.language.tokens import Item, tokenise
from editing.language.wording import reworded
from editing.motion_operations import AddAction, MotionOperation, StandStill
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

OPPOSITES = (
    {"up", "down"},
    {"forward", "back"},
    {"out", "in"},
    {"left", "right"},
    {"apart", "together"},
    {"bent", "straight"},
)
VERB_WAYS = {
    "raise": "up",
    "lower": "down",
    "bend": "bent",
    "straighten": "straight",
    "spread": "apart",
    "close": "together",
}
GOES_ON = (
    "walk",
    "run",
    "march",
    "do",
    "move",
    "stand",
)  # "... while walking": what the clip shows all along
CONTEXT = ("walk", "run", "march", "do", "move", "stand", "stay", "step", "jump", "dance")
POSES = ("raise", "lower", "bend", "straighten", "move", "keep", "spread", "close", "touch", "cross", "lean", "reach",
         "turn")  # fmt: skip
DOWN = ("crouch", "kneel", "bow", "sit", "lie")  # "squat and stand up" is one after the other
MANNERS = ("with", "while", "without")


@dataclass(frozen=True)
class Parsed:
    """What an instruction was understood as."""

    text: str
    operations: tuple[AnyOperation, ...]
    clauses: tuple[str, ...]  # each clause with its time, for people


def parse_instruction(text: str) -> Parsed:
    """Understand an English instruction. Raises UserError that says what was not understood and what would be."""
    cleaned = normalise(text)
    if not cleaned:
        raise UserError(f"empty instruction; try, for example: {EXAMPLES[0]!r}")
    try:
        return _parsed(text, tokenise(reworded(cleaned)))
    except UserError as problem:  # of the rules, or of an operation that takes less
        hint = suggestion(cleaned)
        raise UserError(f"can't edit by {text.strip()!r}: {problem}; {hint}") from None


def suggestion(cleaned: str, count: int = 2) -> str:
    """What of a text is understood, and the nearest sentences that work."""
    said = {item.text for item in tokenise(cleaned)}

    def works(rest: str) -> bool:
        # Of whole phrases: "freeze at 2 s for half a second" is not "at half a second".
        return all(item.text in said for item in tokenise(rest)) and _works(rest)

    short = shortened(cleaned, works)
    near = nearest_examples(cleaned, count if short else count + 1)
    if short:
        return f"understood is {short!r}, which works, and so do, for example: {' | '.join(near)}"
    return f"what works is, for example: {' | '.join(near)}"


def with_examples(text: str, problem: UserError) -> UserError:
    """What a clip gives an instruction nothing to do for, and sentences near it that may suit the clip."""
    return UserError(
        f"{problem}; what works elsewhere is, for example: {' | '.join(nearest_examples(normalise(text)))}"
    )


def _works(cleaned: str) -> bool:
    try:
        return bool(_parsed(cleaned, tokenise(reworded(cleaned))).operations)
    except UserError:
        return False


def _parsed(text: str, items: list[Item]) -> Parsed:
    goes_on = grammar.goes_on(items)
    found = [_without_context(clauses, new=goes_on or place > 0)
             for place, clauses in enumerate(grammar.sequences(items))]  # fmt: skip
    sequence = [part for clauses in found for part in _split_opposites(clauses)]
    for place, clauses in enumerate(sequence):
        for clause in clauses:
            clause.goes_on = goes_on or place > 0 and not clause.again
    carried = [
        _with_manners([(clause, _operations(clause, clauses)) for clause in clauses])
        for clauses in _linked(sequence)
    ]
    _give_rest([clause for stretch in carried for clause, _ in stretch])
    timed = later_first(times(_after_actions(carried)))
    operations: list[AnyOperation] = []
    said: list[str] = []
    for clause, made, spans in timed:
        for span in in_order(spans, made):
            operations += [during(operation, span, clause) for operation in made]
            said.append(f"{clause.text} [{_when(span)}]")
    if goes_on and not all_new(operations):
        operations = [o if o.span != THROUGHOUT or isinstance(o, UNDIVIDED) else held(o, AT_END)
                      for o in operations]  # fmt: skip
    if not operations:
        raise CannotDo("there is nothing in it to be changed")
    return Parsed(text, tuple(operations), tuple(said))


def _operations(clause: Clause, clauses: list[Clause]) -> list[AnyOperation]:
    """Operations of a clause; none where the next clause says what is done instead, with the same limbs."""
    place = clauses.index(clause)
    following = clauses[place + 1] if place + 1 < len(clauses) else None
    if place and clauses[place - 1].negated and _just_stands(clause):
        return [StandStill()]
    made = operations_of(clause)
    if clause.negated and place and _of_other_limbs(clauses[place - 1], clause):
        return []
    if clause.negated:
        used = {LETTER[m.side] for other in clauses if not other.negated for m in other.objects
                if m.side in SIDES and pair_of(m) == "arm"}  # fmt: skip
        made = (
            [operation for operation in made if not holds_down(operation, used)]
            if clause.verb == "wave"
            else made
        )
    if not clause.negated or following is None or following.negated:
        return made
    same = set(clause.limbs()) & set(following.limbs())
    instead = following.verb == "use" and following.objects
    replaced = following.pronoun or instead or same and following.verb == clause.verb
    return [] if replaced or _just_stands(following) else made


def _of_other_limbs(first: Clause, denied: Clause) -> bool:
    """ "raise the left arm without moving the head": that edit moves no head anyhow, so it is left alone."""
    without = denied.join == "without" or denied.text.startswith("without")
    posed = first.verb in POSES and first.objects and not first.negated
    return bool(without and posed and denied.objects and not set(first.limbs()) & set(denied.limbs()))


def _just_stands(clause: Clause) -> bool:
    """ "don't kick, just stand"?"""
    words = {"stand", "just", "simply", "there", "instead"}
    return clause.verb == "stand" and set(clause.text.split()) <= words and not clause.negated


# ------------------------------------------------------------------------------------------------------------- clauses
def _without_context(clauses: list[Clause], new: bool) -> list[Clause]:
    """Without clauses that only say what goes on anyhow: "walk with the arms raised", "... while walking".

    new: it is said behind a "then", so that "walk with the arms raised" is what the clip does not show yet.
    """
    kept = []
    for place, clause in enumerate(clauses):
        bare = clause.verb in CONTEXT and not (
            clause.items or clause.mentions or clause.negated or clause.aspect
        )
        followed = (
            not new and place + 1 < len(clauses) and clauses[place + 1].join in ("with", "while", "without")
        )
        whole = all(item.kind == "whole" for item in clause.items) and not clause.mentions
        if (
            clause.verb in ("start", "end")
            and whole
            and place + 1 < len(clauses)
            and clauses[place + 1].join == "with"
        ):
            clauses[place + 1].spans.append(AT_START if clause.verb == "start" else AT_END)
            continue
        if bare and len(clauses) > 1 and (followed or clause.join == "while" and clause.verb in GOES_ON):
            for other in clauses[place + 1 :] if followed else clauses[:place]:
                other.lasting = True
                other.spans = other.spans or clause.spans
            continue
        if (
            clause.join == "while"
            and clause.form == "ing"
            and clause.verb in THIRD_PERSON
            and not clause.negated
        ):
            raise CannotDo(f"'while {clause.text}' is no time that the rules can find: say it in seconds")
        kept.append(clause)
    return kept


def _split_opposites(clauses: list[Clause]) -> list[list[Clause]]:
    """ "raise both arms and put them down" is one after the other."""
    groups: list[list[Clause]] = []
    for clause in clauses:
        before = groups[-1][-1] if groups else None
        if before is None or not _opposed(before, clause):
            groups = groups or [[]]
            groups[-1].append(clause)
        else:
            groups.append([clause])
    return groups


def _opposed(first: Clause, second: Clause) -> bool:
    if (
        first.verb in DOWN
        and second.verb in ("stand", "straighten")
        and not (first.negated or second.negated)
    ):
        return not (
            second.objects or second.targets or second.has("manner", "still") or second.join in MANNERS
        )
    limbs = second.pronoun or set(first.limbs()) & set(second.limbs())
    if not limbs or first.negated or second.negated or first.contrast or second.contrast:
        return False
    one, two = _direction(first), _direction(second)
    pairs = [pair for pair in OPPOSITES if pair != set(SIDES) or first.verb == second.verb]
    # A hand may go up while its elbow goes down; but either bends and straightens the same joint.
    parts = second.pronoun or _parts(first) & _parts(second)
    return any(
        one & pair and two & pair and (one & pair) != (two & pair) and (parts or "bent" in pair)
        for pair in pairs
    )


def _parts(clause: Clause) -> set[tuple[str, str | None]]:
    """The parts that a clause moves, each with its sides; a hand and its arm are one."""
    same = {"hand": "arm", "foot": "leg"}
    return {(same.get(m.part, m.part), side) for m in clause.objects
            for side in ((m.side,) if m.side in SIDES else (*SIDES, None))}  # fmt: skip


def _direction(clause: Clause) -> set[str]:
    ways = {item.value for item in clause.items if item.kind == "direction"}
    return ways | ({VERB_WAYS[clause.verb]} if clause.verb in VERB_WAYS and not ways else set())


def _with_manners(carried: list[Carried]) -> list[Carried]:
    """ "sit down with the arms crossed": how a new action is done is for its generator, not an edit of the clip."""
    kept: list[Carried] = []
    for clause, made in carried:
        action, added = kept[-1] if kept else (None, [])
        if action is None or clause.join not in MANNERS or not all_new(added):
            kept.append((clause, made))
            continue
        if clause.spans and not action.spans:
            action.spans = clause.spans
            added = operations_of(action)
        manner = manner_text(clause)
        kept[-1] = action, [replace(o, text=f"{o.text} {manner}") for o in added if isinstance(o, AddAction)]
    return kept


def _after_actions(sequence: list[list[Carried]]) -> list[list[Carried]]:
    """ "clap, then bow": behind an action that comes after the clip's end, a bow is one more."""
    found: list[list[Carried]] = []
    for stretch in sequence:
        if any(appends(before) for before in found):
            stretch = [(clause, one_more(clause) or made) for clause, made in stretch]
        found.append(stretch)
    return found


def _give_rest(clauses: list[Clause]) -> None:
    """Give "the rest" its time: what the clauses before it leave."""
    for place, clause in enumerate(clauses):
        if clause.rest_of_time:
            before = [span for other in clauses[:place] for span in other.spans]
            clause.spans += outside(before)


def _linked(sequence: list[list[Clause]]) -> list[list[Clause]]:
    """Let "it" and "them" stand for the parts named before, and "the elbow" be of the arm named before."""
    before: list = []
    for clauses in sequence:
        for clause in clauses:
            for mention in clause.mentions:
                sides = {m.side for m in before if pair_of(m) is not None and pair_of(m) == pair_of(mention)}
                if mention.side is None and len(sides) == 1:
                    mention.side = sides.pop()
            takes = clause.pronoun and not clause.objects
            if takes and before and not _about_clip(clause):
                clause.mentions += [replace(m, relation=None, used=False) for m in before]
            elif takes and not _about_clip(clause):
                raise CannotDo("'it' refers to nothing named before")
            before = clause.objects or before
    return sequence


def _about_clip(clause: Clause) -> bool:
    """Is "it" the motion: "do it faster", "repeat it"?"""
    if clause.verb in ("repeat", "reverse", "cut", "play", "hurry", "slow", "delay", "mirror", "start", "end", "stop",
                       "last", "pause", "swap"):  # fmt: skip
        return True
    return clause.verb == "do"


def _when(span: Span) -> str:
    if span == THROUGHOUT:
        return "throughout"
    if span.unit == "share":
        return f"{100 * span.start:.0f}-{100 * (span.stop or 1):.0f} % of the clip"
    return str(span)


__all__ = ["EXAMPLES", "SIDES", "MotionOperation", "Parsed", "parse_instruction", "suggestion"]
