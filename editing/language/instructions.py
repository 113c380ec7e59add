"""Everyday English -> operations, by rules: deterministic, offline, and strict.

    parse_instruction("Raise the left hand at the end and bend both knees slightly").operations

A sentence falls into clauses at "then", and at "and" or a comma where a verb follows. In each clause times and
amounts are cut out, the rest must be known words (`lexicon`): one verb, body parts with their sides, a direction or
a target. `rules` says what operations that means. Anything unknown is refused, with the nearest understood examples.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace

from editing.groups import SIDES
from editing.language import lexicon
from editing.language.clauses import CannotDo, Clause, Mention
from editing.language.lexicon import Amount
from editing.language.rules import operations_of
from editing.operations import Operation
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

EXAMPLES = (
    "Bend both arms more deeply",
    "Raise left hand at the end",
    "Bring both hands closer together",
    "Bend your knees more deeply",
    "Bend the left elbow to 90 degrees from 1 s to 2 s",
    "Straighten the right arm in the first second",
    "Raise both hands above the head",
    "Lower the right hand at the end",
    "Raise the left knee in the middle",
    "Lift the right foot from 1 s to 2 s",
    "Move the left hand forward by 20 cm",
    "Put both hands behind the back",
    "Put the hands on the hips",
    "Touch the left knee with the right hand",
    "Move the right hand to the left shoulder",
    "Stretch both arms out to the sides",
    "Spread the feet wider apart",
    "Bring the knees together",
    "Lean forward slightly",
    "Lean to the left throughout",
    "Squat at the end",
    "Stand up straight",
    "Kneel on the left knee at the end",
    "Mirror the arms",
    "Freeze the arms at the end",
)
OWNERS = ("the", "your", "his", "her", "their", "my", "its")
_TABLE = lexicon.phrase_table()
_WORD = re.compile(r"[a-z']+|\d+(?:\.\d+)?|[^\s\w]")


@dataclass(frozen=True)
class Parsed:
    """What an instruction was understood as."""

    text: str
    operations: tuple[Operation, ...]
    clauses: tuple[str, ...]  # each clause with its time, for people


@dataclass
class _Reading:
    """A clause while it is being read."""

    verbs: list[str] = field(default_factory=list)
    directions: list[str] = field(default_factory=list)
    parts: list[Mention] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)  # waiting for their part
    relation: str | None = None  # the preposition before the next part
    height: bool = False
    pronoun: bool = False


def parse_instruction(text: str) -> Parsed:
    """Understand an English instruction. Raises UserError that says what was not understood and what would be."""
    cleaned = " ".join(text.lower().replace("’", "'").strip(" .!\n\t").split())
    if not cleaned:
        raise UserError(f"empty instruction; try, for example: {EXAMPLES[0]!r}")
    sequence = [
        _split_clauses(part)
        for part in re.split(r"[,;.]?\s*(?:\band\s+)?\bthen\b\s*,?\s*|;\s*|\.\s+", cleaned)
    ]
    sequence = [clauses for clauses in sequence if clauses]
    operations: list[Operation] = []
    said: list[str] = []
    before: tuple[Mention, ...] = ()
    timed = [[_with_time(clause) for clause in clauses] for clauses in sequence]
    any_time = any(spans for clauses in timed for _, spans in clauses)
    last: Span | None = None
    for place, clauses in enumerate(timed):
        # "... then ...": equal shares of the clip where no times are said, else from where the last edit ended.
        usual = THROUGHOUT
        if len(timed) > 1 and not any_time:
            usual = Span(place / len(timed), (place + 1) / len(timed), "share")
        elif (
            last is not None
            and last.stop is not None
            and last.stop > 0
            and last != Span(last.start, 1, "share")
        ):
            usual = Span(last.stop, None, last.unit)
        later = next((spans for _, spans in reversed(clauses) if spans), [usual])
        last = later[-1]
        for words, spans in clauses:
            try:
                clause = _read(words, before)
                found = operations_of(clause)
            except CannotDo as problem:
                raise UserError(f"can't edit by {text.strip()!r}: {problem}; {suggestion(words)}") from None
            before = clause.parts or before
            for span in spans or later:
                operations += [operation.during(span) for operation in found]
                said.append(f"{words.strip()} [{_when(span)}]")
    return Parsed(text, tuple(operations), tuple(said))


def suggestion(text: str, count: int = 3) -> str:
    """The examples nearest to a text, as a hint."""
    words = set(text.split())

    def likeness(example: str) -> float:
        lowered = example.lower()
        return len(words & set(lowered.split())) + difflib.SequenceMatcher(None, text, lowered).ratio()

    near = sorted(EXAMPLES, key=likeness, reverse=True)[:count]
    return f"understood are, for example: {' | '.join(near)}"


def _split_clauses(text: str) -> list[str]:
    """Split at "and" and commas wherever a verb follows."""
    verbs = "|".join(sorted("|".join(lexicon.VERBS.values()).split("|"), key=len, reverse=True))
    fillers = r"(?:(?:please|also|just|let|make)\s+)*"
    parts = re.split(rf"(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+while\s+)(?={fillers}(?:{verbs})\b)", text)
    parts = [part.strip(" ,") for part in parts if part.strip(" ,")]
    if len(parts) > 1 and not lexicon.take_times(f" {parts[0]} ")[0].strip():
        parts[:2] = [f"{parts[1]} {parts[0]}"]  # "at the end, raise ...": a time in front is one behind
    return parts


def _with_time(clause: str) -> tuple[str, list[Span]]:
    rest, spans = lexicon.take_times(f" {clause} ")
    return " ".join(rest.split()), spans


def _read(text: str, before: tuple[Mention, ...]) -> Clause:
    """Words of a clause, without times -> its meaning; `before`: parts of the clause before, for "it"."""
    rest, amount = lexicon.take_amount(f" {text} ")
    words = _WORD.findall(rest)
    reading = _Reading()
    position = 0
    while position < len(words):
        length, entry = _longest(words, position)
        if (
            words[position] == "back"
            and reading.relation is None
            and words[max(position - 1, 0)] not in OWNERS
        ):
            entry = ("direction", "back", False)  # "lean back", but "straighten your back"
        if entry is None:
            if words[position] not in lexicon.FILLERS and words[position] not in ",-":
                raise CannotDo(f"the word {words[position]!r} is unknown to the rules")
            length = 1
        else:
            following = words[position + length :]
            if entry[:2] in (("direction", "left"), ("direction", "right")) and _part_follows(following):
                # "to the left" and then "shoulder": a side, and a target.
                reading.relation = "to"
                entry = ("side", entry[1], False)
            _take(reading, *entry, following)
        position += length
    if reading.sides:
        raise CannotDo(f"{reading.sides[-1]!r} what? name a body part")
    if not reading.verbs and reading.parts and (reading.directions or reading.height):
        reading.verbs.append("move")  # "hands up"
    if not reading.verbs:
        raise CannotDo("there is no verb in it that the rules know")
    if len(reading.verbs) > 1:
        raise CannotDo(f"two verbs in one clause ({' and '.join(reading.verbs)})")
    parts = [mention for mention in reading.parts if mention.relation is None]
    if reading.pronoun:
        parts = [replace(mention, relation=None) for mention in before]
        if not parts:
            raise CannotDo("'it' refers to nothing named before")
    targets = [mention for mention in reading.parts if mention.relation is not None]
    return Clause(
        reading.verbs[0], tuple(parts), tuple(targets), tuple(reading.directions), amount, reading.height
    )


def _longest(words: list[str], position: int) -> tuple[int, tuple[str, str, bool] | None]:
    """The longest known phrase that starts here."""
    for phrase, entry in _TABLE:
        length = len(phrase.split())
        if words[position : position + length] == phrase.split():
            return length, entry
    return 1, None


def _take(reading: _Reading, kind: str, value: str, plural: bool, following: list[str]) -> None:
    """Add one phrase to what was read so far."""
    if kind == "verb":
        # "keep the hand lower", "hold it up straight": a second verb-like word says where to.
        if reading.verbs and value == "lower":
            reading.directions.append("down")
        elif reading.verbs and value == "straighten":
            reading.directions.append("straight")
        else:
            reading.verbs.append(value)
    elif kind == "direction":
        # "behind" and "in front" want a part where one follows.
        relation = {"back": "behind", "forward": "in front of"}.get(value)
        if relation and _part_follows(following) and following[0] in (*lexicon.FILLERS, *SIDES, "both"):
            reading.relation = relation if relation else None
        else:
            reading.directions.append(value)
    elif kind == "side":
        if value != "both" and not _part_follows(following) and not _side_follows(following):
            reading.directions.append(value)
        else:
            reading.sides.append(value)
    elif kind == "preposition":
        reading.relation = value
    elif kind == "pronoun":
        reading.pronoun = True
    elif kind == "height":
        reading.height = True
        if reading.parts:
            reading.parts[-1] = replace(reading.parts[-1], relation="level")
    elif kind == "part":
        sides = _sides(reading.sides, plural)
        reading.parts += [
            Mention(value, side, plural or "both" in reading.sides, reading.relation) for side in sides
        ]
        reading.sides = []
        if not (following and following[0] == "and"):
            reading.relation = None


def _sides(said: list[str], plural: bool) -> tuple[str | None, ...]:
    """Sides of a part: as said; both for plurals; None where a single one is left open."""
    if "both" in said:
        return SIDES
    if said:
        return tuple(dict.fromkeys(said))
    return SIDES if plural else (None,)


def _part_follows(words: list[str]) -> bool:
    """Does a body part come next, possibly after filler words and a side?"""
    position = 0
    while position < len(words) and words[position] in (*lexicon.FILLERS - {"to", "and"}, *SIDES, "both"):
        position += 1
    entry = _longest(words, position)[1] if position < len(words) else None
    return entry is not None and entry[0] == "part"


def _side_follows(words: list[str]) -> bool:
    """Is it "left and right ..." ?"""
    return len(words) > 1 and words[0] == "and" and words[1] in SIDES and _part_follows(words[2:])


def _when(span: Span) -> str:
    if span == THROUGHOUT:
        return "throughout"
    if span.unit == "share":
        return f"{100 * span.start:.0f}-{100 * (span.stop or 1):.0f} % of the clip"
    return str(span)


__all__ = ["EXAMPLES", "Amount", "Parsed", "parse_instruction", "suggestion"]
