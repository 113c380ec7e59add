"""Sentences about composed motion: what each action is called, and how two actions are told together.

The phrases stand in configs/composing/phrases.yaml; tokens and parts of speech come from the tagger that also
serves sentences of users (dataset.word_vectors.tokenize).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dataset.captions import Caption, format_line
from dataset.composing.ellipsis import NAMED_AFTER, NAMED_THREE, named, other_side
from dataset.procedural.toy_captions import conjugate
from dataset.word_vectors import tokenize
from utils.runtime import UserError

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "composing"
PHRASES_FILE = FOLDER / "phrases.yaml"
TAILS_FILE = FOLDER / "tails.yaml"
SUBJECTS = (
    "a person", "a person", "a person", "the person", "someone", "somebody", "a man", "a woman", "the man",
    "a figure", "a human", "an individual", "he", "she", "the figure", "this person", "a guy", "one person", "the woman",
    "a boy", "a girl", "the character", "an actor",
)  # fmt: skip
ALONE = (
    *("{s} {a}",) * 7, *("{s} is {a:ing}",) * 3, "{a:they}", "{a:they}", "{a:ing}", "{a:ing}", "{s} {a:ing}",
    "{s} begins to {a:they}", "{s} starts {a:ing}", "{s} is seen {a:ing}", "{s} can be seen {a:ing}",
    "{s} seems to be {a:ing}",
)  # fmt: skip
TOGETHER = (
    "{s} {a} while {b:ing}", "{s} {b} while {a:ing}", "{s} {a} and {b}", "{s} {a} and {b} at the same time",
    "{s} is {a:ing} and {b:ing}", "while {a:ing}, {s} {b}", "{s} {b} as they {a:they}", "{s} {b} and {a}",
    "{s} {a}, {b:ing}", "{a:ing} and {b:ing}", "{a:they} and {b:they}", "{a:they} while {b:ing}",
    "{s} {a} while also {b:ing}", "{s} {b}, {a:ing} all the while", "as {s} {a}, they {b:they}",
    "{s} is {a:ing} while {b:ing}", "{a:they} and at the same time {b:they}", "{b:ing} while {a:ing}",
    "{s} keeps {b:ing} while {a:ing}",
)  # fmt: skip
AFTER = (
    "{s} {a}, then {b}", "{s} {a} and then {b}", "{s} {a} then {b}", "{s} first {a} and then {b}",
    "{s} {a} before {b:ing}", "after {a:ing}, {s} {b}", "{s} {b} after {a:ing}", "{s} {a}, and then they {b:they}",
    "{s} {a} and {b}", "{s} {a} and after that {b}", "{s} is {a:ing} and then {b}", "{s} {a}. then they {b:they}",
    "{s} {a}, {b}", "{s} {a}, and afterwards {b}", "{s} starts by {a:ing} and ends by {b:ing}", "{a:they}, then {b:they}",
    "{a:ing}, then {b:ing}", "{a:they} and then {b:they}", "once done {a:ing}, {s} {b}", "{s} {a} for a moment, then {b}",
    "{s} {a}, stops, and {b}", "{s} {a}, followed by {b:ing}", "{a:ing} followed by {b:ing}",
    "first {s} {a}, next they {b:they}", "before {b:ing}, {s} {a}", "{s} {a}, after which they {b:they}",
    "{s} {a}, then stops and {b}", "{s} starts out {a:ing} and then {b}", "{a:they}; {b:they}",
    "{a:they}, and afterwards {b:they}", "{s} {a} and later {b}",
)  # fmt: skip
THREE = (
    "{s} {a}, then {b}, then {c}", "{s} {a}, {b} and {c}", "{s} {a}, {b}, and then {c}", "{s} {a}, then {b} and {c}",
    "{s} first {a}, then {b} and finally {c}", "{s} {a}, then {b} and then {c}", "{s} {a} and {b}, then {c}",
    "{s} {a}, {b}, and {c}", "{s} {a}, {b}, and {c}", "{s} {a}, {b}, {c}", "{s} {a}, {b} and then {c}",
    "{s} {a} before {b:ing} and then {c}", "after {a:ing}, {s} {b} and {c}", "{s} {a} and {b} and {c}",
    "{s} {a}. then they {b:they} and {c:they}", "{a:they}, {b:they}, and then {c:they}", "{a:ing}, {b:ing}, then {c:ing}",
    "{s} {a}, {b}, and finally {c}", "{s} {a}, next {b}, and lastly {c}",
    "first {s} {a}, then they {b:they}, and in the end they {c:they}", "{a:they}, {b:they}, {c:they}",
    "{a:they}, then {b:they}, then {c:they}", "{s} {a}, {b}, then {c}",
)  # fmt: skip
ALTERNATIVES = re.compile(r"\([^()]*\)|[\w*']+(?:\|[\w*']+)+")
NAMED = 0.2  # how often a sequence is told by names where its actions have some
TAILED = 0.12  # share of the actions that may have a tail and do
PLACE = re.compile(r"\{(\w)(?::(\w+))?\}")


@dataclass(frozen=True)
class Doing:
    """An action with what its phrases need: side "left" or "right", and other facts; manner is an adverb.

    also: what is done at the same time, where both are one part of a sequence.
    """

    action: str
    facts: Mapping[str, str] = field(default_factory=dict)
    manner: str = ""
    also: Doing | None = None

    def mirrored(self) -> Doing:
        """The same on the other side."""
        swap = {"left": "right", "right": "left"}
        facts = {k: swap.get(v, v) for k, v in self.facts.items()}
        return replace(self, facts=facts, also=self.also and self.also.mirrored())


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path} can't be read as YAML: {error}") from error


@cache
def tail_table(path: Path = TAILS_FILE) -> dict[str, list[str]]:
    """What may be said after an action without changing it, by action; UserError names a broken file."""
    table: dict[str, list[str]] = {}
    try:
        for group in _read(path):
            for action in group["actions"]:
                table.setdefault(action, []).extend(map(str, group["tails"]))
    except (TypeError, KeyError) as error:
        raise UserError(f"{path}: expected a list of groups with actions and tails") from error
    return table


@cache
def phrase_table(path: Path = PHRASES_FILE) -> dict[str, list[str]]:
    """Phrases by action, alternatives written out; UserError names a broken file."""
    table = _read(path)
    if not isinstance(table, dict) or not all(isinstance(rows, list) for rows in table.values()):
        raise UserError(f"{path}: expected a list of phrases for each action")
    return {action: [str(row) for row in rows] for action, rows in table.items()}


def predicate(doing: Doing, rng: np.random.Generator) -> str:
    """One phrase for an action, verbs still marked: "*wave the left hand slowly"."""
    table = phrase_table()
    if doing.action not in table:
        raise UserError(f"{PHRASES_FILE} has no phrases for the action {doing.action}")
    text = _filled(table[doing.action], doing, rng)
    if doing.facts.get("number") == "one":
        text = text.replace(" steps", " step")
    text = f"{text} {doing.manner}" if doing.manner else text
    if doing.also is None:
        return text
    other = predicate(doing.also, rng)
    forms = (
        f"{text} while {inflect(other, 'ing')}",
        f"{text}, {inflect(other, 'ing')}",
        f"{other} while {inflect(text, 'ing')}",
    )
    return forms[rng.integers(len(forms))]


def _filled(rows: Sequence[str], doing: Doing, rng: np.random.Generator) -> str:
    """One of the rows whose slots the action's facts fill, its choices made."""
    facts = dict(doing.facts)
    if facts.get("side"):
        facts.setdefault("other", "right" if facts["side"] == "left" else "left")
        clock = "counterclockwise" if facts["side"] == "left" else "clockwise"  # seen from above
        facts.setdefault("clock", clock)
    if facts.get("times", "once") not in ("", "once"):
        # Words that only more than one allow; {more} is no word, but marks a phrase that does.
        facts.update(several="several", squats="squats", more=" ")
    elif facts.get("times") == "once":
        facts["single"] = " "
    usable = [row for row in rows if all(facts.get(slot) for slot in re.findall(r"\{(\w+)\}", row))]

    def choose(match: re.Match[str]) -> str:
        choices = match[0].strip("()").split("|")
        return choices[rng.integers(len(choices))]

    text = ALTERNATIVES.sub(choose, usable[rng.integers(len(usable))]).format(**facts)
    return " ".join(text.split())  # a choice may be empty


def inflect(text: str, form: str) -> str:
    """Conjugate the marked verbs of a predicate: form "s" (walks), "ing" (walking) or "they" (walk)."""

    def verb(match: re.Match[str]) -> str:
        return match[1] if form == "they" else conjugate(match[1], form)

    def negated(match: re.Match[str]) -> str:
        if form == "ing":
            return f"not {conjugate(match[1], form)}"
        return f"{'does' if form == 's' else 'do'}n't {match[1]}"

    return re.sub(r"\*(\w+)", verb, re.sub(r"\*don't (\w+)", negated, text))


def _tail(doing: Doing, rng: np.random.Generator) -> str:
    """Now and then, that something else is not done: "without moving the feet"."""
    rows = tail_table().get(doing.action)
    if rows is None or doing.also is not None or rng.random() > TAILED:
        return ""
    return f" {_filled(rows, doing, rng)}"


def _predicates(doings: Sequence[Doing], rng: np.random.Generator) -> list[str]:
    """Phrases of actions in a row. The same on the other side is now and then told without repeating what it is."""
    said: list[str] = []
    before: Doing | None = None
    for doing in doings:
        if before is not None and _is_mirror(doing, before) and rng.random() < 0.6:
            told = other_side(said[-1], rng)
            if told is not None:
                said[-1], before = told, None
                continue
        said.append(predicate(doing, rng))
        before = doing
    return said


def _is_mirror(doing: Doing, other: Doing) -> bool:
    return bool(doing.facts.get("side")) and doing == other.mirrored()


def _by_name(doings: Sequence[Doing], rng: np.random.Generator) -> str | None:
    """A sentence that names actions in a row, "first a bow, then a jump"; None where one has no name."""
    names = []
    for doing in doings:
        if doing.also is not None or doing.manner:
            return None
        phrases = (predicate(doing, rng) for _ in range(6))
        name = next(filter(None, map(named, phrases)), None)
        if name is None:
            return None
        names.append(name)
    forms = NAMED_AFTER if len(names) == 2 else NAMED_THREE
    subject = SUBJECTS[rng.integers(len(SUBJECTS))]
    return forms[rng.integers(len(forms))].format(s=subject, **dict(zip("abc", names, strict=False)))


def sentence(doings: Sequence[Doing], together: bool, rng: np.random.Generator) -> str:
    """One sentence about one, two or three actions, at the same time or one after another."""
    subject = SUBJECTS[rng.integers(len(SUBJECTS))]
    if len(doings) > 1 and not together:
        if rng.random() < NAMED and (told := _by_name(doings, rng)) is not None:
            return told
        said = _predicates(doings, rng)
    else:
        said = [predicate(doing, rng) for doing in doings]
    if len(said) == len(doings) and not (together and len(doings) > 1):
        if not any(doing.action == "sit" for doing in doings):
            said = [text + _tail(doing, rng) for text, doing in zip(said, doings, strict=True)]
    if len(said) == 1:
        form = ALONE[rng.integers(len(ALONE))]
    else:
        forms = TOGETHER if together else AFTER if len(said) == 2 else THREE
        form = forms[rng.integers(len(forms))]
    parts = dict(zip("abc", said, strict=False))

    def fill(match: re.Match[str]) -> str:
        name, how = match.groups()
        return subject if name == "s" else inflect(parts[name], how or "s")

    return PLACE.sub(fill, form)


def caption_lines(
    doings: Sequence[Doing],
    count: int,
    rng: np.random.Generator,
    *,
    together: bool = False,
    times: Sequence[tuple[float, float]] = (),
) -> list[str]:
    """Lines of a caption file: `count` sentences about the whole, and one for each part with its time tags."""
    texts: list[str] = []
    for _ in range(20 * count):
        text = sentence(doings, together, rng)
        if text not in texts:
            texts.append(text)
        if len(texts) == count:
            break
    lines = [line_of(text) for text in texts]
    for doing, (start, end) in zip(doings, times, strict=False):
        lines.append(line_of(sentence([doing], False, rng), start, end))
    return lines


def line_of(text: str, start: float = 0.0, end: float = 0.0) -> str:
    """A caption line with tokens and parts of speech."""
    return format_line(Caption(text, _tokens(text), start, end))


_tokens = cache(tokenize)
