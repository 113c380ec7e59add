"""Every phrase that the rules know, with what it is; verbs in all their forms. Made of `lexicon` once."""

from __future__ import annotations

import difflib
import re
from functools import cache

from editing.groups import SIDES
from editing.language import lexicon


def inflections(phrase: str) -> list[tuple[str, str]]:
    """(form, phrase) of a verb: base, third person, gerund, past participle. Only regular ones and some others."""
    first, _, rest = phrase.partition(" ")
    rest = f" {rest}" if rest else ""
    irregular = {
        "put": "put", "bring": "brought", "hold": "held", "keep": "kept", "leave": "left-", "spread": "spread", "bend": "-",
        "stand": "stood", "take": "taken", "set": "set", "lay": "laid", "lean": "leaned", "cut": "cut", "swing": "swung",
        "sit": "sat", "throw": "thrown", "kneel": "kneeled", "do": "done", "make": "made", "give": "given", "go": "gone",
        "get": "got", "run": "run", "begin": "begun", "rise": "risen", "shake": "shaken", "spin": "spun", "lie": "lain",
        "have": "had", "come": "come", "shrink": "shrunk", "let": "let", "copy": "copied", "hurry": "hurried",
        "carry": "carried", "amplify": "amplified",
    }  # fmt: skip
    ending = re.search(r"([^aeiou]|qu)([aeiou])([bdgmnpt])$", first)
    doubled = ending and first not in (
        "open",
        "shorten",
        "straighten",
        "widen",
        "lower",
        "exaggerate",
        "quicken",
        "dampen",
        "trim-",
    )
    stem = first[:-1] if first.endswith("e") and not first.endswith("ee") else first
    stem = stem[:-1] + "y" if first.endswith("ie") else stem
    twice = first + first[-1] if doubled else stem
    third = first[:-1] + "ies" if first.endswith("y") and first[-2] not in "aeiou" else first
    if third == first:
        third = first + ("es" if first.endswith(("s", "sh", "ch", "x", "o")) else "s")
    past = irregular.get(first, ("leaped" if first == "leap" else twice + "ed"))
    return [("", phrase), ("s", third + rest), ("ing", f"{twice}ing{rest}"), ("ed", past + rest)]


@cache
def phrases_by_text() -> dict[str, tuple[str, str, str]]:
    """Every known phrase: (kind, value, form)."""
    found: dict[str, tuple[str, str, str]] = {}

    def put(kind: str, value: str, phrases: str, form: str = "") -> None:
        for phrase in phrases.split("|"):
            found[phrase] = (kind, value, form)

    for word in lexicon.FILLERS:
        put("filler", word, word)
    for value, phrases in (*lexicon.VERBS.items(), ("light", lexicon.LIGHT)):
        for phrase in phrases.split("|"):
            for form, words in inflections(phrase):
                found.setdefault(words, ("verb", value, form))
    for noun in lexicon.NOUNS:
        found.setdefault(noun, ("noun", noun, ""))
        found.setdefault(f"{noun}es" if noun.endswith(("ch", "sh")) else f"{noun}s", ("noun", noun, "plural"))
    for value, phrases in lexicon.PARTS.items():
        put("part", value, phrases)
        for phrase in phrases.split("|"):
            found[f"{phrase}es" if phrase.endswith("ch") else f"{phrase}s"] = ("part", value, "plural")
    for phrase, value in lexicon.PLURALS.items():
        put("part", value, phrase, "plural")
    put("part", "gaze", "gaze|eyes")
    for kind, tables in (
        ("relation", lexicon.RELATIONS),
        ("direction", lexicon.DIRECTIONS),
        ("degree", lexicon.DEGREES),
        ("manner", lexicon.MANNERS),
    ):
        for value, phrases in tables.items():
            put(kind, value, phrases)
    for (facet, sign), phrases in lexicon.COMPARISONS.items():
        put("compare", facet, phrases, "+" if sign > 0 else "-")
    for word in (*SIDES, "both"):
        put("side", word, word)
    put("side", "both", "each|all|all of the|both of the")
    put("side", "other", "other|opposite")
    put("side", "one", "one")
    put("pronoun", "it", lexicon.PRONOUNS)
    put("whole", "motion", lexicon.WHOLE)
    put("height", "height", "|".join(lexicon.HEIGHT_WORDS))
    for phrase, count in lexicon.COUNTS.items():
        put("count", str(count), phrase)
    put("not", "not", "not|no|don't")
    put("instead", "instead", "instead")
    put("instead of", "instead of", "instead of|rather than|in place of|as opposed to")
    put("only", "only", "only|just with|exclusively")
    put("also", "also", "too|also|as well")
    put(
        "then",
        "then",
        "and then|then|after that|afterwards|and afterwards|and after that|followed by|finally|, then|before",
    )
    put("and", "and", "and|but|plus|as well as|&")
    put("while", "while", "while|whilst|when|as you|as they|as he|as she")
    put("comma", ",", ",|;|.|:|-|–|/|(|)")
    put("speed", "speed", "speed|pace|tempo|rate")
    for than in ("than", "as"):
        for what in ("before", "now", "it is", "it was", "it is now", "in the original", "currently", "that"):
            put("than", "than", f"{than} {what}")
    return found


@cache
def by_first_word() -> dict[str, list[str]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[str]] = {}
    for phrase in phrases_by_text():
        found.setdefault(phrase.split()[0], []).append(phrase)
    return {word: sorted(phrases, key=len, reverse=True) for word, phrases in found.items()}


def nearest_words(word: str) -> list[str]:
    """Known words that a word may be a slip of, the nearest first; none where it is like none of them."""
    known = [known for known in by_first_word() if len(known) > 2]
    if len(word) > 2:
        swapped = [other for other in known if len(other) == len(word) and sorted(other) == sorted(word)]
        if swapped:
            return swapped  # "trun", "bned"
    return difflib.get_close_matches(word, known, n=1, cutoff=0.75)


def forget() -> None:
    """Make the tables anew when they are next needed, after a change of the lexicon."""
    phrases_by_text.cache_clear()
    by_first_word.cache_clear()
