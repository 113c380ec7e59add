"""An instruction as items: verbs, parts, directions, amounts, times, ... each knowing the words it stands for.

Words that can be two things ("lower", "step", "back", "left") are decided by their neighbours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from editing.groups import SIDES
from editing.language import lexicon
from editing.language.event_times import match_event
from editing.language.times import Quantity, match_factor, match_quantity, match_rest, match_time
from editing.language.vocabulary import by_first_word, phrases_by_text
from editing.spans import Span

ADJECTIVES = ("small", "big", "high", "much", "long", "far", "deep", "speed")  # "a bigger step"


@dataclass
class Item:
    """Something that was said. kind: verb, part, side, direction, compare, degree, quantity, time, ... (`tokenise`)."""

    kind: str
    value: str = ""
    text: str = ""
    form: str = ""  # of verbs: "", "ing", "s", "ed"; of parts: "plural"
    sign: int = 0  # of comparisons
    number: float = 0.0  # of factors and counts
    quantity: Quantity | None = None
    span: Span | None = None
    used: bool = False


_COORDINATE = r"(-?\d+(?:\.\d+)?)\s*m?"
_SPOT = re.compile(
    rf"(?:(?:at|over|in|on|from)\s+)?\(\s*{_COORDINATE}\s*[,;]\s*{_COORDINATE}\s*\)|(?:at|in|on|from|over)\s+the\s+"
    r"(?:origin|center|centre)(?!\w)"
)
_WORD = re.compile(r"[a-z_']+|\d+(?:\.\d+)?|[^\s\w]")


def tokenise(text: str) -> list[Item]:
    """Items of a normalised instruction, in order; unknown words have the kind "unknown".

    Raises UserError for an empty range of time.
    """
    items: list[Item] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        end, item = _next(text, at)
        item.text = text[at:end]
        items.append(item)
        at = end
    return [item for item in _decided(items) if item.kind != "than"]


def _next(text: str, at: int) -> tuple[int, Item]:
    spot = _SPOT.match(text, at)
    if spot is not None:
        return spot.end(), Item("spot", f"{spot[1]} {spot[2]}" if spot[1] else "0 0")
    event = match_event(text, at)
    if event is not None:
        return event[0], Item("time", span=event[1])
    rest = match_rest(text, at)
    if rest is not None:
        return rest, Item("time", "rest")
    time = match_time(text, at)
    if time is not None and not re.match(r"a(?:n)?\b", text[at:]):
        return time[0], Item("time", span=time[1])
    known_end, item = _longest(text, at)
    factor = match_factor(text, at)
    if factor is not None and factor[0] > known_end:
        return factor[0], Item("factor", number=factor[1])
    quantity = match_quantity(text, at)
    if quantity is not None and quantity[0] > known_end:
        return quantity[0], Item("quantity", quantity=quantity[1])
    return known_end, item


def _longest(text: str, at: int) -> tuple[int, Item]:
    """The longest known phrase that starts here, or one unknown word."""
    first = _WORD.match(text, at)
    if first is None:
        return at + 1, Item("unknown")
    if first[0].startswith("so_"):
        return first.end(), Item("as", first[0][3:])
    for phrase in by_first_word().get(first[0], ()):
        end = at + len(phrase)
        if text.startswith(phrase, at) and not re.match(r"[\w']", text[end : end + 1]):
            kind, value, form = phrases_by_text()[phrase]
            sign = {"+": 1, "-": -1}.get(form, 0) if kind == "compare" else 0
            count = float(value) if kind == "count" else 0.0
            return end, Item(kind, value, form=form, sign=sign, number=count)
    number = re.match(r"(\d+)\b(?!\.)", text[at:])
    if number:
        return at + number.end(), Item("number", number=float(number[1]))
    return first.end(), Item("unknown")


# ----------------------------------------------------------------------------------------------- words with two senses
def _decided(items: list[Item]) -> list[Item]:
    """Decide, by the neighbours, what words with two senses are."""
    found: list[Item] = []
    for place, item in enumerate(items):
        before = found[-1] if found else None
        after = items[place + 1 :]
        _decide(item, before, found, after)
        found.append(item)
    return found


def _decide(item: Item, before: Item | None, found: list[Item], after: list[Item]) -> None:
    following = next((other for other in after if other.kind != "filler"), None)
    owned = before is not None and before.text in lexicon.OWNERS
    if item.text in ("lower", "low") and item.kind in ("verb", "compare"):
        opens = (
            before is None
            or before.text == "to"
            or before.kind
            in (
                "and",
                "then",
                "comma",
                "not",
                "while",
                "without",
                "instead of",
                "filler",
            )
        )
        thing = next((other for other in after if other.kind not in ("filler", "only")), None)
        object_follows = thing is not None and thing.kind in ("part", "side", "pronoun")
        opens = opens or before is not None and before.kind == "time" and not _has_verb(found)
        if (
            opens
            and object_follows
            and not (before is not None and before.kind == "filler" and _has_verb(found))
        ):
            item.kind, item.value, item.form, item.sign = "verb", "lower", "", 0
        else:
            item.kind, item.value, item.form, item.sign = "compare", "low", "", 1
    elif item.text == "high" and not (before is not None and before.kind == "part" and before.form != "plural" and found[:-1]
                                      and any(other.kind in ("part", "verb") for other in found[:-1])
                                      and before.value not in ("hand", "arm", "leg", "foot")):  # fmt: skip
        item.kind, item.value = "manner", "high"
    elif item.text == "slow" and (before is not None and before.kind == "factor" or _made(found)):
        item.kind, item.form = "manner", ""
    elif item.text == "back" and owned and item.kind == "direction":
        item.kind, item.value = "part", "back"
    elif (
        item.text == "behind"
        and following is not None
        and (following.kind in ("part", "side") or following.text == "back")
    ):
        item.kind, item.value = "relation", "behind"
    elif item.text == "face" and item.kind in ("verb", "part"):
        noun = owned or before is not None and before.kind in ("relation", "side") or _has_verb(found)
        item.kind, item.value = ("part", "face") if noun else ("verb", "face")
    elif (
        item.text in ("close", "closer")
        and following is not None
        and following.kind == "part"
        and item.kind != "verb"
    ):
        pass
    elif item.kind == "verb" and item.form in ("", "s") and _is_noun(item, before, found):
        base = item.value
        item.kind, item.value, item.form = "noun", base, "plural" if item.form == "s" else ""
    elif item.kind == "noun" and not _is_noun(item, before, found):
        item.kind = "verb" if item.value in lexicon.VERBS else "noun"
    elif (
        item.kind == "direction"
        and item.value in SIDES
        and item.text.startswith(("to the", "on the", "towards the"))
    ):
        # "to the left" and then "shoulder": a side, and a target.
        if following is not None and following.kind == "part":
            item.kind = "relation side"
    if item.kind == "noun" and item.value in lexicon.NOUN_VERBS:
        item.value = lexicon.NOUN_VERBS[item.value]


def _made(found: list[Item]) -> bool:
    """Is what comes next how something is to be: "make the first second slow"?"""
    for other in reversed(found):
        if other.kind in ("then", "comma", "and", "while", "verb", "noun"):
            return other.kind == "verb" and other.value == "light" and other is not found[-1]
    return False


def _has_verb(found: list[Item]) -> bool:
    """Is there a verb already, since the last joint of clauses?"""
    for other in reversed(found):
        if other.kind in ("then", "comma", "and", "while"):
            return False
        if other.kind in ("verb", "noun"):
            return True
    return False


def _is_noun(item: Item, before: Item | None, found: list[Item]) -> bool:
    """Is a word like "step" or "wave" the name of something: after an article or an adjective?"""
    if item.value not in lexicon.NOUNS and item.value not in ("step", "turn"):
        return False
    if before is None:
        return False
    if before.kind == "verb" and before.value in ("enlarge", "reduce"):
        return True  # "reduce wave"
    if before.text in (
        "the",
        "a",
        "an",
        "your",
        "his",
        "her",
        "their",
        "my",
        "its",
        "this",
        "these",
        "those",
        "any",
        "one's",
    ):
        return True
    if before.kind in ("manner", "compare") and before.value in (
        "small",
        "big",
        "high",
        "much",
        "long",
        "far",
        "deep",
        "speed",
    ):
        return before.kind == "manner" or before.value in ("big", "long", "deep") or _light_before(found)
    if before.kind == "part":
        if len(found) > 1 and found[-2].kind == "compare":
            return True  # "a bigger arm swing"
        return any(
            o.value in ("light", "enlarge", "reduce", "increase") for o in found
        )  # "reduce the arm swing"
    return before.kind in ("number", "side", "quantity") or before.text in (
        "more",
        "less",
        "no",
        "first",
        "second",
        "last",
    )


def _light_before(found: list[Item]) -> bool:
    return any(other.kind == "verb" and other.value in ("light", "add") for other in found[-4:])
