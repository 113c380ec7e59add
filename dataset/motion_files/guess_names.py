"""Which joint is which by the names, with the words of configs/skeletons/_aliases.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from dataset.motion_files.body_tree import BodyTree
from dataset.motion_files.joint_names import own_words
from utils.texts import read_yaml

WORDS_FILE = Path(__file__).resolve().parents[2] / "configs" / "skeletons" / "_aliases.yaml"
# Roles of a limb from the body outwards.
LIMBS = {"leg": ("hip", "knee", "ankle", "foot"), "arm": ("collar", "shoulder", "elbow", "wrist")}
CANDIDATES = 8  # tried for a role, best words first
MISSING = 1000.0  # what a role without a joint costs, against ranks of words
MADE_UP = {"collar": 0.5, "foot": 0.9, "wrist": 0.9}  # times that: these can be made from the others


@dataclass(frozen=True)
class Words:
    """Words of each role, best first; marks of the two sides; names of limbs; words that say nothing."""

    middle: Mapping[str, Sequence[str]]
    sides: Mapping[str, Sequence[str]]
    marks: Mapping[str, Sequence[str]]
    limbs: frozenset[str]
    noise: frozenset[str]


@dataclass(frozen=True)
class Label:
    """What a name says: "left", "right" or "" for neither, a word without side and number, and its numbers."""

    side: str
    word: str
    number: tuple[int, ...]


@cache
def known_words() -> Words:
    """The words of _aliases.yaml."""
    content = read_yaml(WORDS_FILE)
    little = (frozenset(content[key]) for key in ("limbs", "noise"))
    return Words(content["middle"], content["sides"], content["marks"], *little)


def read_labels(body: BodyTree) -> list[Label]:
    """Labels of all points of a body, in their order."""
    words = known_words()
    roles = {word for group in (words.middle, words.sides) for listed in group.values() for word in listed}
    keep = roles | {mark for marks in words.marks.values() for mark in marks}
    # Skyrim's "NPC L Thigh [LThg]" says it twice.
    names = [re.sub(r"\s*[\[(].*", "", name) or name for name in body.names]
    return [_label(own, words, roles) for own in own_words(names, keep)]


def _label(own: list[str], words: Words, roles: set[str]) -> Label:
    number = tuple(int(word) for word in own if word.isdecimal())
    letters = [word for word in own if not word.isdecimal()]
    sides = {side for side, marks in words.marks.items() for word in letters if word in marks}
    if len(sides) > 1:  # "LeftRightBlend" is no joint
        return Label("", "", number)
    side = sides.pop() if sides else ""
    letters = [word for word in letters if not side or word not in words.marks[side]]
    word = _word(letters, words, roles)
    if side or word in roles:
        return Label(side, word, number)
    for side, marks in words.marks.items():
        for mark in (m for m in marks if m in ("left", "right") or len(m) == 1):
            # A letter right before or behind a word is a mark if the word is known; 左 is one in any case.
            certain = len(mark) > 1 or not (mark.isascii() or mark.islower())
            for rest in (word.removeprefix(mark), word.removesuffix(mark)):
                if rest != word and (rest in roles or (certain and rest)):
                    return Label(side, rest, number)
    return Label("", word, number)


def _word(letters: list[str], words: Words, roles: set[str]) -> str:
    """What is left of a name without side and numbers: as it stands if a list has it, else the least of it."""
    said = [word for word in letters if word not in words.noise] or letters
    shorter = said[1:] if said and said[0] in words.limbs else said
    tries = ["".join(some) for some in (letters, said, shorter)]
    return next((word for word in tries if word in roles), tries[1])


def by_names(body: BodyTree, labels: list[Label]) -> dict[str, int]:
    """Points of the limbs' roles ("left_hip", ...) that the names tell."""
    found: dict[str, int] = {}
    words = known_words()
    for side in words.marks:
        for roles in LIMBS.values():
            lists = [_candidates(labels, words.sides[role], side, body) for role in roles]
            best = _best_limb(body, lists, [MISSING * MADE_UP.get(role, 1.0) for role in roles])
            found |= {f"{side}_{role}": p for role, p in zip(roles, best, strict=True) if p is not None}
    return found


def _candidates(
    labels: list[Label], words: Sequence[str], side: str, body: BodyTree
) -> list[tuple[float, int]]:
    """(cost, point) of the points whose name is one of the words; of equal words the first in the chain is best."""
    fitting = [
        (words.index(label.word), label.number, body.depth(i), i)
        for i, label in enumerate(labels)
        if label.side == side and label.word in words and not body.is_end[i]
    ]
    best = sorted(fitting)[:CANDIDATES]
    return [(10.0 * rank + place, i) for place, (rank, _, _, i) in enumerate(best)]


def _best_limb(
    body: BodyTree, lists: list[list[tuple[float, int]]], missing: list[float]
) -> list[int | None]:
    """The cheapest choice of one point (or none) for each role in which each descends from the one before."""
    best: list[int | None] = [None] * len(lists)
    cheapest = sum(missing)
    options: list[list[tuple[float, int | None]]] = [
        [*found, (price, None)] for found, price in zip(lists, missing, strict=True)
    ]
    for choice in product(*options):
        cost = sum(price for price, _ in choice)
        points = [point for _, point in choice if point is not None]
        pairs = zip(points, points[1:], strict=False)
        if cost < cheapest and len(set(points)) == len(points) and all(body.is_below(b, a) for a, b in pairs):
            best, cheapest = [point for _, point in choice], cost
    return best


def middle_candidates(body: BodyTree, labels: list[Label], role: str) -> list[int]:
    """Points without a side whose name fits a role of the middle, best first; pelvis, neck, head or spine."""
    return [point for _, point in _candidates(labels, known_words().middle[role], "", body)]
