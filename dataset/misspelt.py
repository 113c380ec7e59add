"""Words that somebody mistyped, as they are spelled: "wlaks foward" is "walks forward".

A word that no English dictionary has, and that one letter parts from a word of captions, is meant to be that one. Words that
are right but rare stay: the thesaurus (`dataset.plain_words`) or the text encoder knows them.
"""

from __future__ import annotations

import re
from functools import cache

from dataset.composing.phrases import MORE_PHRASES, PHRASES_FILE
from dataset.number_words import NUMBERS
from dataset.plain_words import THESAURUS
from dataset.turn_words import verbs
from utils.texts import read_text

WORD = re.compile(r"(?<![\w'’/.-])[a-z]{3,}(?![\w'’/-])")
LONG_ENOUGH = 4  # letters; a shorter word is only another one in a wrong order ("hte") or a usual one ("bak")
USUAL = 90_000  # how often a word stands in the dictionary's texts
ALSO = (
    "right",
    "left",
    "forward",
    "backward",
    "person",
    "while",
    "then",
    "after",
    "before",
    "both",
    "their",
    "with",
    "degrees",
)


def respelled(text: str) -> str:
    """A sentence in lower case with its mistyped words spelled right; as it was where there are none."""
    return WORD.sub(lambda found: _right(found[0]), text)


@cache
def _right(word: str) -> str:
    if word in _ours() or word in _dictionary():
        return word
    near = [one for one in _dictionary().edit_distance_1(word) if one in _ours()]
    if len(word) < LONG_ENOUGH:
        near = [one for one in near if _slip(word, one) == 3 or _dictionary()[one] > USUAL]
    return max(near, key=lambda one: (_slip(word, one), _dictionary()[one]), default=word)


def _slip(typed: str, meant: str) -> int:
    """How usual the slip is that makes one word of another; of the same slip, the more usual word is meant."""
    if sorted(typed) == sorted(meant):
        return 3  # two letters in a wrong order
    if len(typed) < len(meant):
        return 2  # a letter left out
    return 1 if len(typed) > len(meant) else 0  # one too many, or a wrong one


@cache
def _ours() -> frozenset[str]:
    """Words of captions, and of those that the thesaurus puts into words of captions."""
    texts = [read_text(path) for path in (PHRASES_FILE, *MORE_PHRASES, THESAURUS)]
    words = {word for text in texts for word in re.findall(r"[a-z]{3,}", text.lower())}
    return frozenset({*words, *verbs(), *NUMBERS, *ALSO})


@cache
def _dictionary():  # noqa: ANN202 - the library has no types
    """English words with how often they are used; loaded where a word isn't known."""
    from spellchecker import SpellChecker

    return SpellChecker(distance=1)
