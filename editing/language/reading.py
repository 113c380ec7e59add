"""The items of one clause -> `Clause`: its verb, parts with what stands before them, directions, amounts, times."""

from __future__ import annotations

from dataclasses import replace

from editing.groups import SIDES
from editing.language import lexicon
from editing.language.clauses import CannotDo, Clause, Mention, is_place
from editing.language.phrases import meaning, noun_phrase, verb_ahead
from editing.language.tokens import Item
from editing.language.vocabulary import nearest_words
from editing.spans import EVENTS, Span

JOINS = ("and", "comma", "while")
ASPECTS = ("start", "stop", "end", "keep", "delay")
BOUNDS = {"start": "opening", "end": "closing"}  # "start with a wave", "end by sitting down"
# Participles that say how a part is: "with the arms raised".
PARTICIPLES = {"raise": "up", "lower": "down", "straighten": "straight", "spread": "apart", "bend": "bent"}


def build(items: list[Item]) -> Clause:
    """One clause of its items. CannotDo names words that are unknown or that fit nowhere."""
    for item in items:
        if item.kind == "unknown":
            near = nearest_words(item.text)
            meant = f"; is {near[0]!r} meant?" if near and near[0] != item.text else ""
            raise CannotDo(f"the word {item.text!r} is unknown to the rules{meant}")
    clause = Clause(text=" ".join(item.text for item in items))
    items, clause.contrast = _contrast(items)
    words = meaning(items)
    clause.time_first = bool(words) and words[0].kind == "time"
    clause.negated = _take_not(words)
    relation: str | None = None
    place = 0
    while place < len(words):
        item = words[place]
        following = words[place + 1 :]
        if item.kind in ("verb", "noun"):
            relation = _verb(clause, item, relation, following)
        elif item.kind == "relation":
            relation = item.value
            kinds = ("pronoun", "side", "whole", "verb", "noun")
            if relation == "of" and not _part_ahead(following):
                relation = None
            elif not _part_ahead(following) and not (following and following[0].kind in kinds):
                clause.items.append(item)
                relation = None
        elif item.kind == "relation side":
            word = item.text.split()[0]
            side = Item("side", item.value, item.text.partition(" ")[2])
            length = _mention(clause, [side, *following], "on" if word == "on" else "to") - 1
            place += length
        elif item.kind in ("side", "part"):
            length = _mention(clause, words[place:], relation)
            place += length - 1
            ahead = words[place + 1 :]
            if not (ahead and ahead[0].kind == "and"):
                relation = None
        elif item.kind == "time" and item.span is not None:
            clause.spans.append(item.span)
            if item.text.split()[0] in ("at", "around", "about") and item.span.unit == "seconds":
                clause.moment = (item.span.start + (item.span.stop or item.span.start)) / 2
        elif item.kind == "time":
            clause.rest_of_time = True
        elif item.kind == "instead":
            clause.instead = True
        elif item.kind == "pronoun":
            if relation is None:
                clause.pronoun = True
            else:
                clause.items.append(replace(item, text=f"{relation} {item.text}"))
            relation = None
        elif item.kind == "whole":
            clause.items.append(item)
            relation = None
        elif item.kind == "compare" and item.value in ("high", "low", "wide"):
            way = {"high": "up", "low": "down", "wide": "apart"}[item.value]
            clause.items += [
                Item("direction", way, item.text),
                Item("compare", "much", item.text, sign=item.sign),
            ]
        elif item.kind not in JOINS:
            clause.items.append(item)
        place += 1
    if relation is not None and relation != "of":
        clause.items.append(Item("relation", relation, relation))
    _time_of_contrast(clause)
    _settle(clause)
    return clause


def _verb(clause: Clause, item: Item, relation: str | None, following: list[Item]) -> str | None:
    """Take a verb or an event into a clause."""
    if (
        item.kind == "verb"
        and item.form == "ed"
        and item.value in PARTICIPLES
        and (clause.mentions or clause.verb)
    ):
        if clause.verb or clause.light:
            clause.items.append(Item("direction", PARTICIPLES[item.value], item.text))
        else:
            clause.verb = item.value  # "the left arm should be raised"
        return relation
    if item.kind == "verb" and item.value == "light":
        clause.light = item.text
    elif not clause.verb or clause.verb == "light":
        clause.verb, clause.form, clause.noun = item.value, item.form, item.kind == "noun"
        if item.kind == "noun" and item.form == "plural":
            clause.form = "plural"
    elif clause.verb in ASPECTS and item.kind == "verb" and not clause.aspect:
        clause.aspect, clause.verb, clause.form = clause.verb, item.value, item.form
        if relation in ("at", "with") and clause.aspect in BOUNDS:
            clause.aspect = BOUNDS[clause.aspect]
    elif clause.verb in BOUNDS and item.kind == "noun" and relation == "with":
        clause.aspect, clause.verb, clause.noun = BOUNDS[clause.verb], item.value, True
        return None
    elif clause.verb == "add" and not clause.aspect:
        clause.aspect, clause.verb, clause.form, clause.noun = (
            "add",
            item.value,
            item.form,
            item.kind == "noun",
        )
    elif item.kind == "noun":
        clause.items.append(Item("event", item.value, item.text, form=item.form))
    elif item.form == "ed" and item.value == "cross" and clause.verb in ("keep", "move"):
        clause.aspect, clause.verb = "keep", "cross"
    else:
        raise CannotDo(f"two verbs in one clause ({clause.verb} and {item.text})")
    if item.kind == "noun" and relation is not None and relation not in ("of", "with"):
        clause.items.append(Item("relation", relation, relation))
    return None


def _settle(clause: Clause) -> None:
    """What a clause is about once all is read: its verb, and how long its time lasts."""
    _name_verb(clause)
    if clause.verb == "stay" and clause.objects:
        clause.verb = "keep"  # "the left hand should stay behind the back"
    if clause.verb not in ("use", "do"):
        clause.items = [item for item in clause.items if item.kind != "also"]
    for item in list(clause.items):
        said = item.quantity
        if said is not None and said.unit == "s" and said.mode == "for" and len(clause.spans) == 1:
            lasting = _lasting(clause.spans[0], said.value)
            if clause.moment is not None:
                lasting = Span(clause.moment, clause.moment + said.value)
            if lasting is not None and clause.verb not in ("pause", "stop", "freeze", "stand", "stay"):
                clause.spans = [lasting]
                clause.items.remove(item)


def _time_of_contrast(clause: Clause) -> None:
    """ "... instead of the right hand at the end" is a time of the whole; "but not at the end" leaves that time out."""
    other = clause.contrast
    if other is None or not other.spans:
        return
    if other.verb or other.mentions or other.items:
        clause.spans += other.spans
        other.spans = []
        return
    moved = clause.verb in EVENTS and clause.verb != "raise" and not clause.mentions
    if clause.spans and moved and "instead of" in clause.text:
        raise CannotDo(f"to move it to another time, say by how much: 'the {clause.verb} 1 s later'")
    clause.contrast = None
    clause.spans = clause.spans or [span for left_out in other.spans for span in _outside(left_out)]


def _outside(span: Span) -> list[Span]:
    """The times after and before a span; the later one first, since an edit of the earlier one may move it."""
    end = 1.0 if span.unit == "share" else None
    if span.event or span.start < 0 or span == Span():
        raise CannotDo("'not' with that time leaves open when it is done: say until when, in seconds")
    after = [Span(span.stop, end, span.unit)] if span.stop not in (None, end) else []
    return [*after, *([Span(0, span.start, span.unit)] if span.start > 0 else [])]


def _lasting(span: Span, seconds: float) -> Span | None:
    """ "at the end" and "for two seconds"."""
    if span == Span(0.7, 1, "share"):
        return Span(-seconds, None)
    if span == Span(0, 0.3, "share"):
        return Span(0, seconds)
    if span.unit == "seconds" and span.start > 0 and span.stop is None:
        return Span(span.start, span.start + seconds)
    return None


def _name_verb(clause: Clause) -> None:
    """The verb of a clause that has none: "hands up", "a bit faster", "do it twice"; "stop waving" is "don't wave"."""
    if clause.aspect == "stop":
        clause.negated, clause.aspect = not clause.negated, ""
    counted = any(i.quantity is not None and i.quantity.unit == "steps" for i in clause.items)
    if counted and clause.verb in ("", "add"):
        clause.aspect, clause.verb, clause.noun = clause.verb, "step", True
    if clause.verb or not (clause.items or clause.mentions or clause.light or clause.pronoun):
        return
    ways = any(item.kind == "direction" for item in clause.items)
    if (
        clause.objects
        or clause.pronoun
        and ways
        and clause.light not in ("do", "perform", "execute", "carry out")
    ):
        stated = clause.items or clause.targets
        clause.verb = "move" if stated or clause.light else ""
    else:
        clause.verb = "do"


def _take_not(words: list[Item]) -> bool:
    """Is the clause denied? "not as high" turns into "less high"; what is left of a "not" is taken out."""
    denials = [item for item in words if item.kind == "not"]
    compared = [item for item in words if item.kind == "as"]
    for item in compared:
        if not denials:
            raise CannotDo(
                f"'{item.text.replace('_', ' ')}' needs something to compare with: say 'higher', 'less', ..."
            )
        less = lexicon.AS_ADJECTIVES[item.value]
        facet, sign = next(key for key, phrases in lexicon.COMPARISONS.items() if less in phrases.split("|"))
        item.kind, item.value, item.sign, item.text = "compare", facet, sign, less
    for item in denials:
        words.remove(item)
    without = [
        item
        for place, item in enumerate(words)
        if item.kind == "relation" and item.value == "without" and verb_ahead(words[place + 1 :])
    ]
    for item in without:
        words.remove(item)
    if len(denials) + len(without) > 1:
        raise CannotDo("'not' is said twice in one clause")
    return bool(denials or without) and not compared


def _contrast(items: list[Item]) -> tuple[list[Item], Clause | None]:
    """Cut out what follows "instead of" (or "not" behind the rest): the other items, and a clause of it."""
    start = next((place for place, item in enumerate(items) if item.kind == "instead of"), None)
    if start is None:
        later = [place for place, item in enumerate(items) if item.kind == "not"]
        if not later or not any(
            i.kind in ("verb", "noun", "direction", "part", "side") for i in items[: later[0]]
        ):
            return items, None
        if verb_ahead(items[later[0] + 1 :]) or any(item.kind == "as" for item in items):
            return items, None
        start = later[0]
    stop = start + 1
    while stop < len(items) and items[stop].kind != "comma":
        if items[stop].kind == "verb" and items[stop].form in ("", "s") and not meaning(items[:start]):
            break
        stop += 1
    inner = items[start + 1 : stop]
    rest = items[:start] + items[stop:]
    if not meaning(inner):
        raise CannotDo(f"'{items[start].text}' what?")
    return rest, build(inner)


# ----------------------------------------------------------------------------------------------------------- body parts
def _part_ahead(items: list[Item]) -> bool:
    return bool(noun_phrase(items))


def _mention(clause: Clause, items: list[Item], relation: str | None) -> int:
    """Take a noun phrase into a clause; how many items it has."""
    length = noun_phrase(items)
    if not length:
        return _side_alone(clause, items, relation)
    phrase = items[:length]
    words = [item for item in phrase if item.kind == "side"]
    part = phrase[-1]
    if relation == "of":
        relation = None
        if clause.mentions and part.value in ("body", "torso"):
            return length  # "the side of the body"
    if len(items) > length and items[length].kind == "height":
        length += 1
        relation = relation if relation in ("above", "below") else "level"
    sides = [item.value for item in words]
    plural = part.form == "plural"
    text = " ".join(item.text for item in ([Item("", "", relation)] if relation else []) + phrase)
    if "both" in sides:
        found: tuple[str | None, ...] = SIDES
    elif sides:
        found = tuple(dict.fromkeys(sides))
    elif plural and part.value in lexicon.PAIRED:
        found = SIDES
    else:
        found = (_same_side(clause, part.value, relation),)
    many = plural or "both" in sides
    clause.mentions += [Mention(part.value, side, many, relation, text) for side in found]
    return length


def _same_side(clause: Clause, part: str, relation: str | None) -> str | None:
    """ "the left arm and leg": the side of the part before."""
    if is_place(part) or not clause.mentions:
        return None
    last = clause.mentions[-1]
    if last.relation == relation and not last.plural and last.side in SIDES and last.part != part:
        return last.side
    return None


def _side_alone(clause: Clause, items: list[Item], relation: str | None) -> int:
    """A side without a part: a direction ("turn left"), or the part said before ("in front of the right")."""
    item = items[0]
    before = [mention for mention in clause.mentions if mention.side in SIDES]
    if relation is not None and relation != "to" and before and item.value in (*SIDES, "other"):
        side = item.value
        if side == "other":
            side = SIDES[1 - SIDES.index(before[-1].side)]
        clause.mentions.append(Mention(before[-1].part, side, False, relation, f"{relation} {item.text}"))
    elif item.value in SIDES:
        if relation in ("to", "on", "at") or relation is None:
            clause.items.append(Item("direction", item.value, item.text))
        else:
            raise CannotDo(f"'{relation} {item.text}' what? name a body part")
    else:
        clause.items.append(item)
    return 1
