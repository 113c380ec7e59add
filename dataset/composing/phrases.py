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
from dataset.number_words import NUMBERS, how_often
from dataset.procedural.toy_captions import conjugate
from dataset.word_vectors import tokenize
from utils.runtime import UserError

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "composing"
PHRASES_FILE = FOLDER / "phrases.yaml"
MORE_PHRASES = (FOLDER / "phrases_legs.yaml", FOLDER / "phrases_arms.yaml")
TAILS_FILE = FOLDER / "tails.yaml"
FRAMES_FILE = FOLDER / "frames.yaml"
OBJECTS = {"he": "him", "she": "her"}
HIS = re.compile(r"\b(?:he|man|boy|guy|gentleman|king|sportsman|stickman|waiter|knight|wizard)$|\bman in\b")
HERS = re.compile(r"\b(?:she|woman|girl|lady|queen|actress|bride|nurse)$|\bwoman in\b")
BODY_PART = re.compile(
    r"\b(the|their|his|her)(?= (?:(?:left|right|other|upper) )?(?:hands?|arms?|fists?|legs?|foot|feet|knees?|head|hips?|"
    r"waist|body|torso|chest|back|shoulders?|elbows?|face|toes|heels?)\b)"
)
ALTERNATIVES = re.compile(r"\([^()]*\)|[\w*']+(?:\|[\w*']+)+")
NAMED = 0.2  # how often a sequence is told by names where its actions have some
IN_OTHER_WORDS = 0.45  # how often a phrase is out of `MORE_PHRASES`, where these know the action
TAILED = 0.12  # share of the actions that may have a tail and do
CONTRASTED = 0.07  # share of the single actions that are told beside one that is not done
CAST = 0.3  # how often somebody out of `characters` does it
ADJOINED = 0.07  # how often a sentence says something that changes nothing
RESPELLED = 0.25  # how often a number is written in another way
SPELLINGS = {
    "one": ("1", "a single"), "two": ("2", "a couple of"), "three": ("3",), "four": ("4",), "five": ("5",), "six": ("6",),
    "seven": ("7",), "eight": ("8",), "twice": ("two times", "2 times", "2x"),
}  # fmt: skip
PLACE = re.compile(r"\{(\w)(?::(\w+))?\}")


@dataclass(frozen=True)
class Doing:
    """An action with what its phrases need: side "left" or "right", and other facts; manner is an adverb.

    also: what is done at the same time, where both are one part of a sequence. amounts: facts measured on the joints
    (`composing.amounts`), which don't make it another action.
    """

    action: str
    facts: Mapping[str, str] = field(default_factory=dict)
    manner: str = ""
    also: Doing | None = None
    amounts: Mapping[str, str] = field(default_factory=dict, compare=False)

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
def frame_table(path: Path = FRAMES_FILE) -> dict[str, Any]:
    """What phrases are set into, by kind of frame; UserError names a broken file."""
    table = _read(path)
    kinds = ("subjects", "characters", "alone", "together", "after", "three", "adjuncts", "contrasts")
    if not isinstance(table, dict) or not all(isinstance(table.get(kind), list) for kind in kinds):
        raise UserError(f"{path}: expected lists named {', '.join(kinds)}")
    if not isinstance(table.get("not_done"), dict):
        raise UserError(f"{path}: expected a list of predicates for each action under not_done")
    return table


@cache
def phrase_table(path: Path = PHRASES_FILE) -> dict[str, list[str]]:
    """Phrases by action, alternatives written out; UserError names a broken file."""
    table = _read(path)
    if not isinstance(table, dict) or not all(isinstance(rows, list) for rows in table.values()):
        raise UserError(f"{path}: expected a list of phrases for each action")
    return {action: [str(row) for row in rows] for action, rows in table.items()}


@cache
def more_phrases() -> dict[str, list[str]]:
    """Phrases by action of `MORE_PHRASES`; UserError names a broken file."""
    tables = [phrase_table(path) for path in MORE_PHRASES]
    return {
        action: [row for table in tables for row in table.get(action, [])]
        for action in {action for table in tables for action in table}
    }


def predicate(doing: Doing, rng: np.random.Generator) -> str:
    """One phrase for an action, verbs still marked: "*wave the left hand slowly"."""
    table = phrase_table()
    if doing.action not in table:
        raise UserError(f"{PHRASES_FILE} has no phrases for the action {doing.action}")
    text = ""
    if rng.random() < IN_OTHER_WORDS:
        text = _filled(more_phrases().get(doing.action, []), doing, rng)
    text = text or _filled(table[doing.action], doing, rng)
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
    """One of the rows whose slots the action's facts fill, its choices made; "" where there is none."""
    facts = {**doing.amounts, **doing.facts}
    if facts.get("side"):
        facts.setdefault("other", "right" if facts["side"] == "left" else "left")
        clock = "counterclockwise" if facts["side"] == "left" else "clockwise"  # seen from above
        facts.setdefault("clock", clock)
    if facts.get("times", "once") not in ("", "once"):
        # Words that only more than one allow; {more} is no word, but marks a phrase that does.
        facts.update(
            several="several", squats="squats", more=" ", count=NUMBERS[how_often(facts["times"]) or 0]
        )
    elif facts.get("times") == "once":
        facts["single"] = " "
    usable = [row for row in rows if all(facts.get(slot) for slot in re.findall(r"\{(\w+)\}", row))]

    def choose(match: re.Match[str]) -> str:
        choices = match[0].strip("()").split("|")
        return choices[rng.integers(len(choices))]

    if not usable:
        return ""
    row = usable[rng.integers(len(usable))]
    facts.update({slot: _respelled(facts[slot], rng) for slot in ("number", "times") if facts.get(slot)})
    return " ".join(ALTERNATIVES.sub(choose, row).format(**facts).split())  # a choice may be empty


def _respelled(number: str, rng: np.random.Generator) -> str:
    """A number in another spelling now and then: "three times" or "3 times"."""
    word, *rest = number.split()
    if word not in SPELLINGS or rng.random() > RESPELLED:
        return number
    choices = SPELLINGS[word]
    found = choices[rng.integers(len(choices) if not rest else 1)]
    return " ".join([found, *rest])


def inflect(text: str, form: str) -> str:
    """Conjugate the marked verbs of a predicate: form "s" (walks), "ing" (walking) or "they" (walk)."""

    def verb(match: re.Match[str]) -> str:
        return match[1] if form == "they" else conjugate(match[1], form)

    def negated(match: re.Match[str]) -> str:
        if form == "ing":
            return f"not {conjugate(match[1], form)}"
        return f"{'does' if form == 's' else 'do'}n't {match[1]}"

    return re.sub(r"\*(\w+)", verb, re.sub(r"\*don't (\w+)", negated, text))


def _one_of(rows: list[str], rng: np.random.Generator) -> str:
    return rows[rng.integers(len(rows))]


def _subject(rng: np.random.Generator) -> str:
    return _one_of(frame_table()["characters" if rng.random() < CAST else "subjects"], rng)


def _contrast(doing: Doing, rng: np.random.Generator) -> str | None:
    """A predicate of something else, which the action is not; None where there is none."""
    rows = frame_table()["not_done"].get(doing.action)
    if not rows:
        return None
    return _filled(rows, doing, rng) or None


def _adjoined(text: str, rng: np.random.Generator) -> str:
    """Now and then, a sentence with a place or the like, which changes nothing."""
    if rng.random() > ADJOINED:
        return text
    adjunct = _one_of(frame_table()["adjuncts"], rng)
    if rng.random() < 0.25:
        return f"{adjunct}, {text}"
    stop = text[-1] if text[-1] in ".!?" else ""
    return f"{text.removesuffix(stop)} {adjunct}{stop}"


def _tail(doing: Doing, rng: np.random.Generator) -> str:
    """Now and then, that something else is not done: "without moving the feet"."""
    rows = tail_table().get(doing.action)
    if rows is None or doing.also is not None or rng.random() > TAILED:
        return ""
    return f" {_filled(rows, doing, rng)}".rstrip()


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
    return _one_of([*forms], rng).format(s=_subject(rng), **dict(zip("abc", names, strict=False)))


def sentence(doings: Sequence[Doing], together: bool, rng: np.random.Generator) -> str:
    """One sentence about one, two or three actions, at the same time or one after another."""
    return _adjoined(_plain_sentence(doings, together, rng), rng)


def _plain_sentence(doings: Sequence[Doing], together: bool, rng: np.random.Generator) -> str:
    frames = frame_table()
    if len(doings) > 1 and not together:
        if rng.random() < NAMED and (told := _by_name(doings, rng)) is not None:
            return told
        said = _predicates(doings, rng)
    else:
        said = [predicate(doing, rng) for doing in doings]
    alone = doings[0] if len(doings) == 1 else None
    contrast = None
    if alone is not None and not alone.also and rng.random() < CONTRASTED:
        contrast = _contrast(alone, rng)
    if contrast is None and len(said) == len(doings) and not (together and len(doings) > 1):
        if not any(doing.action == "sit" for doing in doings):
            said = [text + _tail(doing, rng) for text, doing in zip(said, doings, strict=True)]
    if contrast is not None:
        kind = "contrasts"
    elif len(said) == 1:
        kind = "alone"
    else:
        kind = "together" if together else "after" if len(said) == 2 else "three"
    parts = dict(zip("abc", said, strict=False)) | ({"n": contrast} if contrast else {})
    subject = _subject(rng)

    def fill(match: re.Match[str]) -> str:
        name, how = match.groups()
        if name in "so":
            return subject if name == "s" else OBJECTS.get(subject, subject)
        return inflect(parts[name], how or "s")

    form = _one_of(frames[kind], rng)
    return _possessive(PLACE.sub(fill, form), form, subject, rng)


def _possessive(text: str, form: str, subject: str, rng: np.random.Generator) -> str:
    """A sentence that says his, her, my or your in place of "the" or "their" now and then, where it fits who does it."""
    if "{s}" in form or "{o}" in form:
        whose = "his" if HIS.search(subject) else "her" if HERS.search(subject) else "their"
    else:
        said = (("my", "i "), ("his", " him "), ("her", " her "))
        whose = next((word for word, sign in said if sign in f" {form}"), "your")
    replaced = ("the", "their", "his", "her") if rng.random() < 0.4 else ("his", "her")
    return BODY_PART.sub(lambda match: whose if match[1] in replaced else match[1], text)


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
