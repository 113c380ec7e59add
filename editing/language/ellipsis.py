"""What a sentence leaves out because it was said before: "... and lower the right", "look left, then right".

Left out, a side would be read as a direction, and a second time as one more time of the first part.
"""

from __future__ import annotations

from dataclasses import replace

from editing.groups import SIDES
from editing.language import lexicon
from editing.language.phrases import meaning
from editing.language.tokens import Item

JOINTS = ("and", "comma", "while", "then")


def with_parts(items: list[Item]) -> list[Item]:
    """Items with the parts that "the right", "your left one" and "the other" stand for, where the sentence named them."""
    found: list[Item] = []
    part: Item | None = None
    for place, item in enumerate(items):
        if part is not None and item.kind == "side" and item.value == "one":
            continue  # "the right one", whose part is there already
        found.append(item)
        part = _left_out(items, place)
        if part is not None:
            side = _side_before(items[:place])
            if item.value == "other" and side is not None:
                found[-1] = replace(item, value=SIDES[1 - SIDES.index(side.value)])
            found.append(replace(part))
    return found


def _left_out(items: list[Item], place: int) -> Item | None:
    """The part that the side at a place stands for; None where it has a part of its own, or is a direction."""
    item = items[place]
    if item.kind != "side" or item.value not in (*SIDES, "other") or not place:
        return None
    before, after = meaning(items[:place]), meaning(items[place + 1 :])
    # "but not the right" is a clause, "not the right" a contrast.
    but = len(before) > 1 and before[-2].text == "but"
    if (
        items[place - 1].text not in lexicon.OWNERS
        or before
        and (before[-1].kind == "instead of" or before[-1].kind == "not" and not but)
    ):
        return None
    if after and (after[0].kind in ("part", "height") or after[0].kind == "side" and after[0].value != "one"):
        return None
    if len(after) > 1 and after[0].kind == "and" and after[1].kind in ("side", "part"):
        return None  # "the left and right arm"
    side = _side_before(items[:place], both=but and item.value in SIDES)
    if side is None or side.kind != "side" or side.value == item.value:
        return None
    start = next(i for i, other in enumerate(items) if other is side)
    part = next((other for other in items[start + 1 : place] if other.kind == "part"), None)
    return part if part is not None and part.value in lexicon.PAIRED else None


def _side_before(items: list[Item], both: bool = False) -> Item | None:
    """The last left or right (or "both") among items, of a part or as a direction."""
    sides = (*SIDES, "both") if both else SIDES
    sided = [item for item in items if item.value in sides and item.kind != "event"]
    return sided[-1] if sided else None


def goes_with(current: list[Item], rest: list[Item]) -> bool:
    """Does a joint lead to one more way of the same verb: "left at 1 s" and "right at 3 s", "faster" and "slower"?"""
    stretch = _stretch(rest)
    before, kinds = ({item.kind for item in meaning(items)} for items in (current, stretch))
    more = kinds - {"time"}
    timed = "time" in before & kinds and more and (more != {"quantity"} or "quantity" in before)
    measured = {"quantity", "direction"} <= before & kinds
    compared = ({i.value for i in items if i.kind == "compare"} for items in (current, stretch))
    again = timed or measured or set.intersection(*compared)
    return bool(again) and not kinds & {"verb", "noun", "not", "instead of", "unknown"}


def lacks_verb(stretch: list[Item]) -> bool:
    """After "then": only a part or a way, "then the right hand", "then down"?"""
    kinds = {item.kind for item in stretch}
    return bool(kinds & {"part", "side", "direction", "relation side"}) and not kinds & {
        "verb", "noun", "not", "instead of", "unknown", "whole", "pronoun"}  # fmt: skip


def taken_over(current: list[Item], rest: list[Item]) -> list[Item]:
    """The verb said before and, where none is named anew, the parts that it moves."""
    verbs = [replace(item) for item in current if item.kind == "verb" and item.form != "ed"][-1:]
    parts = [] if objects_of(_stretch(rest)) else objects_of(current)
    ways = {item.value for item in _stretch(rest) if item.kind == "direction"}
    for verb in verbs:
        if verb.value in ("raise", "lower") and ways & {"up", "down"}:
            verb.value = "move"  # "raise the hand, then down"
    return [*verbs, *(replace(item) for item in parts)]


def _stretch(items: list[Item]) -> list[Item]:
    """Items up to the next joint."""
    end = next((place for place, item in enumerate(items) if item.kind in JOINTS and place), len(items))
    return items[:end]


def objects_of(items: list[Item]) -> list[Item]:
    """Parts, with their sides, that no preposition stands before."""
    found: list[Item] = []
    phrase: list[Item] = []
    related = False
    for item in meaning(items):
        if item.kind in ("side", "part"):
            phrase.append(item)
            if item.kind == "part":
                found += [] if related else phrase
                phrase = []
            continue
        phrase = []
        related = item.kind in ("relation", "relation side")
    return found
