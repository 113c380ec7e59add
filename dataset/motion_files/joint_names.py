"""Joint names in the form they are compared in: without case, punctuation, name spaces and what all of them share."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from os.path import commonprefix

from dataset.motion_files.raw import END

SHARED = 0.6  # of the joints: a word before or behind so many names is the rig's, not the joint's
_END = re.compile(rf"{END}\d*$")


def words_of(name: str) -> list[str]:
    """Lower-case words and numbers of a name in any script: "mixamorig:LeftUpLeg_01" gives left, up, leg, 01."""
    words, before = [""], ""
    text = unicodedata.normalize("NFKC", re.split(r"[:|]", name.rstrip(":|"))[-1])
    for i, letter in enumerate(text):
        kind = _kind(letter)
        if kind == "mark":  # an accent or a vowel sign belongs to the letter before it
            kind = before
        after = _kind(text[i + 1]) if i + 1 < len(text) else ""
        new_word = kind == "upper" and (before != "upper" or after == "lower")
        if new_word or (kind != before and (before, kind) != ("upper", "lower")):
            words.append("")
        if kind != "gap":
            words[-1] += letter
        before = kind
    return [word.casefold() for word in words if word]


def _kind(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] == "N":
        return "digit"
    kinds = {"Lu": "upper", "Lt": "upper", "Ll": "lower"}
    return kinds.get(category, {"L": "other", "M": "mark"}.get(category[0], "gap"))


def plain(name: str) -> str:
    """A name's letters and digits: "Bip01 L Thigh" gives bip01lthigh."""
    return "".join(words_of(name))


def split_end(name: str) -> tuple[str, str]:
    """A point's joint and what the reader put behind it: ("LeftFoot", "_end") of an end site, else (name, "")."""
    end = _END.search(name)
    return (name[: end.start()], end.group()) if end and end.start() else (name, "")


def own_words(names: Iterable[str], keep: Collection[str] = ()) -> list[list[str]]:
    """Words of each name without those that most names begin or end with, unless they are to keep.

    A word is taken off as long as another is left, so a root that is named as the prefix keeps its name.
    An end site's words are its joint's.
    """
    every = [words_of(split_end(name)[0]) for name in names]
    for place in (0, -1):
        while True:
            longer = [words for words in every if len(words) > 1]
            counts = Counter(words[place] for words in longer if words[place] not in keep)
            word, count = counts.most_common(1)[0] if counts else ("", 0)
            # Numbers at the end count the joints of a chain.
            if len(every) < 4 or count < SHARED * len(every) or (place == -1 and word.isdigit()):
                break
            for words in longer:
                if words[place] == word:
                    words.pop(place)
    return every


def normalise(names: Sequence[str]) -> list[str]:
    """`plain` names without what they share: "mixamorig:LeftArm", "Bip01 L Thigh" and "hips_JNT" lose it."""
    ends = [plain(split_end(name)[1]) for name in names]
    short = ["".join(words) for words in own_words(names)]
    joints = [name for name, end in zip(short, ends, strict=True) if not end]
    for reverse in (False, True):  # words that no capital or punctuation tells apart
        shared = _shared_letters(joints, reverse)
        short = [_without(name, shared, reverse) for name in short]
        joints = [_without(name, shared, reverse) for name in joints]
    return [name + end for name, end in zip(short, ends, strict=True)]


def _shared_letters(names: list[str], reverse: bool) -> str:
    turned = [name[::-1] if reverse else name for name in names]
    shared = commonprefix(turned)
    # One or two equal letters are chance.
    useful = len(names) > 3 and len(shared) > 2 and sum(len(name) > len(shared) for name in names) > 3
    return (shared[::-1] if reverse else shared) if useful else ""


def _without(name: str, shared: str, reverse: bool) -> str:
    if not shared or len(name) <= len(shared):
        return name
    return name.removesuffix(shared) if reverse else name.removeprefix(shared)


def find_names(wanted: Iterable[str], names: Sequence[str]) -> dict[str, int]:
    """Index of each wanted name that `names` has: as it stands, else by `plain`, else by `normalise`."""
    forms: tuple[Callable[[str], str], ...] = (str, plain)
    tables = [_first_of([form(name) for name in names]) for form in forms]
    tables.append(_first_of(normalise(names)))
    places = {}
    for name in wanted:
        for key, table in zip((name, plain(name), plain(name)), tables, strict=True):
            if key and key in table:
                places[name] = table[key]
                break
    return places


def _first_of(names: list[str]) -> dict[str, int]:
    table: dict[str, int] = {}
    for i, name in enumerate(names):
        table.setdefault(name, i)
    return table
