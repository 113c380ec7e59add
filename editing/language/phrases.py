"""What comes next among the items of an instruction: a verb, a body part with its sides."""

from __future__ import annotations

from editing.language.tokens import Item


def meaning(items: list[Item]) -> list[Item]:
    """Items without the words that only fill in."""
    return [item for item in items if item.kind != "filler"]


def verb_ahead(items: list[Item]) -> bool:
    """Does a verb come next, after words that don't count?"""
    for place, item in enumerate(items):
        if item.kind == "verb":
            return item.form in ("", "s", "ing")
        if item.kind in ("filler", "not", "degree", "time", "instead", "manner", "count") or (
            item.kind == "relation" and item.value == "without"
        ):
            continue
        return item.kind == "noun" and place > 0 and items[place - 1].kind == "not"
    return False


def noun_phrase(items: list[Item]) -> int:
    """Length of "the left and right hand" at the start of items; 0 where there is none."""
    for place, item in enumerate(items):
        if item.kind == "part":
            return place + 1
        if item.kind not in ("filler", "side") and not (
            item.kind == "and" and place and items[place - 1].kind == "side"
        ):
            return 0
    return 0
