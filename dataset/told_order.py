"""What a sentence tells the other way round, in its order: "waves after bowing" is "bows, then waves"."""

from __future__ import annotations

import re
from functools import cache

from dataset import turn_words as words_of
from dataset.turn_words import SUBJECT, verbs


@cache
def _after() -> re.Pattern[str]:
    """What those say who learn the language: "go left, after go right"; "after" goes with no plain form of a verb."""
    known = "|".join(word for word, form in verbs().items() if form == "they" and word not in words_of.NOUNS)
    nouns = "|".join(words_of.NOUNS)
    ends = r"(?=$|[,;.]| (?:with|to|on|your|the|left|right|up|down|back|forward|again|around)\b)"
    return re.compile(rf"(?:,|\s+and) after,? (?=(?:he |she )?(?:(?:{known})\b|(?:{nouns}){ends}))")


@cache
def _orders() -> tuple[re.Pattern[str], ...]:
    """Patterns of two clauses, a the earlier one and b the later one, however they are told."""
    known = "|".join(sorted(verbs(), key=len, reverse=True))
    who = r"(?:they|he|she|it|you|the (?:person|man|woman|boy|girl|figure|character))(?:'s| has| had| have)?"
    doing = rf"(?:and |but )?(?P<{{}}>{who} [^,;.]+|(?:\w+ly )?(?:{known}|\w+ing)\b[^,;.]*)"
    first, second = doing.format("a"), doing.format("b")
    done = rf"(?: {who})?(?: having)?(?: (?:done|finished|through)(?: with)?)?"
    # "to the right before sitting" names a side, "right before sitting" does not.
    sooner = (
        r"(?:(?<!the )(?<!his )(?<!her )(?<!their )(?<!your )(?<!\band )(?<!\bor )(?<!hand )(?<!turn )"
        r"(?<!turns )(?<!turning )(?<!look )(?<!looks )(?<!looking )(?<!step )(?<!steps )right|shortly|just|immediately)?\s*"
    )
    soon = r"(?:(?:right|just|shortly|soon|straight|immediately) )?"
    orders = (
        rf"^{soon}(?:after|once|as soon as|when(?= {who} (?:done|finished)))(?:{done}) {first},\s*(?P<b>.+)$",
        rf"^{soon}(?:after|once|as soon as) (?P<a>{who} [^,;.]+?) (?P<b>(?:he|she|they) .+)$",
        r"^after (?P<a>\w+ing\b[^,;.]*?) (?P<b>(?:he|she|they) .+)$",
        rf"^after (?P<a>an? [^,;.]+?),? (?P<b>{who} .+)$",
        r"^after (?P<a>an? [^,;.]+),\s*(?P<b>.+)$",
        r"^(?P<a>having \w+ed\b[^,;.]*),\s*(?P<b>.+)$",
        rf"^{soon}before {second},\s*(?P<a>.+)$",
        r"^(?P<b>.+?),? (?:but|though|although) (?:first|before that),? (?P<a>.+)$",
        r"^(?P<b>.+?),? but only (?:once|after|when) (?P<a>.+)$",
        r"^(?P<b>.+?)[,;.] before that,? (?P<a>.+)$",
        rf"^(?P<b>.+?),? {sooner}(?<!run )(?<!runs )(?<!running )(?<!and )after(?: having)? {first}$",
        rf"^(?P<a>.+?),? {sooner}before {second}(?P<rest>(?:[,;.]|,? and).*)?$",
        r"^(?P<a>.+?),? until (?P<b>(?:they|he|she|it) (?!reach|get|hit|arrive|face|stand|is\b|are\b)[^,;.]+)$",
    )
    return tuple(map(re.compile, orders))


def afterwards(text: str) -> str:
    """Text with ", then" for an "after" that means it."""
    return _after().sub(", then ", text)


def in_order(text: str) -> str:
    """What is told the other way round in its order: "B after A-ing" and "before B-ing, A" as "A, then B"."""
    if words_of.SAVED.search(text):
        return text
    for pattern in _orders():
        found = pattern.match(text)
        if found is None:
            continue
        earlier, later = found["a"].strip(), found["b"].strip()
        named = subject_of(later)
        if named and not subject_of(earlier):  # the subject is told where the sentence begins
            does = "does " if re.match(r"an? ", earlier) else ""  # "a short walk" has no verb
            earlier, later = f"{named} {does}{earlier}", later[len(named) :].strip()
        return f"{earlier}, then {later}{found.groupdict().get('rest') or ''}"
    return text


def subject_of(text: str) -> str:
    """Who does it, where words begin with that; a noun counts where a verb of the third person follows."""
    found = SUBJECT.match(text)
    if found is None or (found["next"] not in verbs() and words_of.UNKNOWN_ACTS.match(text)):
        found = words_of.UNKNOWN_ACTS.match(text)
        return found["who"] if found and not any(word in verbs() for word in found["who"].split()) else ""
    is_noun = re.match(words_of.PRONOUN, found[0]) is None
    if is_noun and "person" not in found[0] and verbs().get(found["next"], "") not in ("s", "ed", "ing"):
        return ""
    return found[0]
