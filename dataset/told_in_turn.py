"""What a sentence tells in turn: "walks forward, then turns around and waves" -> what is done first, next and last.

A model of clips that last seconds leaves out, or mixes up, much of what a sentence puts one after another; told one thing
at a time, it does each (`models.pipeline`; measured in docs/evaluation.md). Sentences are divided by rules alone: at
"then", "before", "after", "followed by" and the like, and at commas that list actions. What happens at the same time
stays together, and so does a sentence that no rule understands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataset import postures
from dataset import turn_words as words_of
from dataset.left_out import LIMB
from dataset.number_words import HOW_OFTEN
from dataset.spelled_out import gears, halt, spelled_out
from dataset.told_order import afterwards, in_order, subject_of
from dataset.turn_words import SIDED, verbs

MOST = 8  # parts of a sentence; what seems to have more is not understood
NOUN = "noun"
RAISED = re.compile(r"^(?:raise|lift|bring|put|hold|reach|stick|get)(?:s|es|ing|ting|ed)?\b")
HANDS = re.compile(r"\b(?:hands?|arms?|it|them)\b")
OTHER_ONE = re.compile(r"^(?:(?:with|on|to) )?(?:the|his|her|their|your) other(?: one)?$")
ONE_LIMB = re.compile(r"\b(one) (?:arm|hand|leg|foot|knee|fist)\b")
TURN = {"s": "turns", "ing": "turning", "ed": "turned"}  # by form of the verbs around it
OTHER = words_of.OPPOSITE | {"other": "other"}


def in_turn(text: str) -> list[str]:
    """Parts of a sentence that are done one after another, each a sentence of its own; [text] where there is but one.

    What parts leave out is said again: "kicks with the left leg and then with the right" gives "a person kicks with the
    left leg" and "a person kicks with the right leg".
    """
    plain = _plain(text)
    if words_of.ALL_ALONG.search(plain):
        return [text]
    if (both := gears(plain)) is not None:
        return both
    subject, pieces = _pieces(in_order(plain))
    told: list[_Piece] = []
    for piece in pieces:
        understood = _understood(piece, told)
        if understood is None:
            return [text]
        told.append(understood)
    parts = [one for part in _with_turns(_held_together(told)) for one in spelled_out(part)]
    has_waited = len(told) > 1 and any(words_of.WAITS.match(piece.words) for piece in told)
    divided = 1 < len(parts) <= MOST or has_waited
    return [_said(part, subject) for part in parts] if divided else [text]


@dataclass(frozen=True)
class _Piece:
    """One part: its words from the verb on, and the verb."""

    words: str
    verb: str


# --------------------------------------------------------------------------------------------------- dividing
def _plain(text: str) -> str:
    """Lower case, without signs and numbers in front of parts, and without what asks for the motion."""
    plain = words_of.SIGNS.sub(", then ", text.strip().lower())
    if len(words_of.NUMBERED.findall(plain)) > 1:
        plain = words_of.NUMBERED.sub(", then ", plain)
    plain = re.sub(r"^[\s,]*(?:then )?", "", " ".join(plain.split())).rstrip(".!? ")
    return afterwards(words_of.ASKING.sub("", plain))


def _pieces(text: str) -> tuple[str, list[str]]:
    """The subject, and the pieces between joints and listing commas."""
    text = words_of.OPENING.sub("", text)
    subject = subject_of(text)
    text = words_of.OPENING.sub("", text[len(subject) :].strip())
    text = re.sub(r"\bfirst (?=(?:to|with|on|left|right)\b)", "", text)
    stretches = [piece.strip(" ,") for piece in words_of.JOINT.split(text)]
    stretches = [piece for piece in stretches if piece]
    among_others = len(stretches) > 1
    return subject, [
        piece for stretch in stretches for piece in _listed(stretch, among_others, bool(subject))
    ]


def _listed(stretch: str, among_others: bool, has_subject: bool) -> list[str]:
    """Pieces of "A, B, and C", clauses whose verbs have one form; among_others: of a sentence with other joints."""
    pieces = [piece.strip() for piece in stretch.split(",")]
    if any(map(words_of.REFUSED.match, pieces)):  # "don't move your feet, wave" is done at once
        return [stretch]
    if len(pieces) == 1:
        return _one_then_other(stretch)
    last = words_of.LAST.split(pieces[-1])
    if all(_form(part) for part in last):
        pieces = [*pieces[:-1], *last]
    pieces = [piece.removeprefix("and ") for piece in pieces if piece]
    forms = {_form(piece) for piece in pieces}
    # "walking, waving" is done at once.
    at_once = "ing" in forms and not among_others and (has_subject or len(pieces) < 3 or " and " in stretch)
    later = [_bare(piece) for piece in pieces[1:]]
    stays = any(
        piece.split(" ")[0] in words_of.staying() and not words_of.WAITS.match(piece) for piece in later
    )
    if len(pieces) > 1 and len(forms - {NOUN}) < 2 and None not in forms and not at_once and not stays:
        return pieces
    return [stretch]


def _one_then_other(stretch: str) -> list[str]:
    """Pieces of "turns around and walks back", clauses of a verb form each that nobody does at once, or of three or more."""
    pieces = stretch.split(" and ")
    forms = {_form(piece) for piece in pieces}
    if len(pieces) == 1 or len(forms) > 1 or None in forms:
        return [stretch]
    if len(pieces) > 2:
        shared = any(len(_bare(piece).split()) == 1 for piece in pieces[:-1])  # "raises and lowers the arm"
        return [stretch] if "ing" in forms or shared and "raise" in stretch else pieces
    first, second = (_deed(_bare(piece)) for piece in pieces)
    rows = any(first in before and second in behind for before, behind in words_of.in_a_row())
    if re.search(r"\bsteps?\b", pieces[0]) and re.search(r"\bknees?\b", pieces[1]):
        rows = False  # "takes a long step and bends the knees", a lunge
    risen = words_of.RISEN.match(_bare(pieces[0])) and second in words_of.going()
    returns = first in words_of.going() and words_of.RETURNING.match(_bare(pieces[1]))
    stops = _halts(*map(_bare, pieces))
    to_side = SIDED.search(pieces[0]) and words_of.RETURN_TO_SIDE.match(_bare(pieces[1]))
    return pieces if rows or risen or returns or stops or to_side else [stretch]


def _deed(bare: str) -> str:
    """What is done, as a verb: "bow" for "takes a bow", "bend" for "reaches down"."""
    if (noun := words_of.NOUN_DONE.match(bare)) is not None:
        return noun["noun"]
    return "bend" if words_of.REACHING_DOWN.match(bare) else bare.split(" ")[0]


def _bare(words: str) -> str:
    """Words without subject and what else may stand before the verb; adverbs that say how go behind."""
    how = ""
    while True:
        shorter = words[len(subject_of(words)) :].strip() or words
        if shorter.split(" ")[0] not in verbs():
            shorter = words_of.LEADING.sub("", f"{shorter} ").strip()
        adverb = words_of.HOW.match(shorter)
        if adverb:
            how += "" if adverb[1] in words_of.ORDERING else f" {adverb[1]}"
            shorter = shorter[adverb.end() :]
        if shorter == words or not shorter:
            return f"{words}{how}"
        words = shorter


def _form(words: str) -> str | None:
    """Form of the verb with which words begin, or `NOUN` ("a jump"); None where they begin with neither."""
    bare = _bare(words)
    return verbs().get(bare.split(" ")[0]) or (NOUN if words_of.NOUN_DONE.match(bare) else None)


# --------------------------------------------------------------------------------------------------- understanding
def _understood(words: str, before: Sequence[_Piece]) -> _Piece | None:
    """A piece with all that it leaves out; None where that can't be told."""
    if words_of.HOW_IT_IS.match(words) and before:
        return _Piece(words, "")
    bare = words_of.SAME.sub("", _bare(words))
    if bare != _bare(words):
        # "Raises the left arm, lowers it, then the same with the right": the raise is meant.
        before = [piece for piece in before if not words_of.UNDONE.match(piece.words)]
    if before and (pace := words_of.PACE.match(bare)) is not None:
        same = words_of.PACES.sub("", before[-1].words)
        return _Piece(f"{same} {'slowly' if pace[1] == 'slow' else pace[1]}", before[-1].verb)
    if before and words_of.AGAIN.match(bare):
        return before[-1]
    if before and (again := _counted_anew(bare, before[-1])) is not None:
        return again
    bare = _with_objects(words_of.AUXILIARY.sub("", bare), before)
    if before:
        bare = words_of.ONE_MORE.sub("", bare)
        if (other_side := _of_other_side(bare, before[-1])) is not None:
            return other_side
        bare = _with_both(bare, before[-1])
    verb = bare.split(" ")[0]
    if verb in verbs() and not words_of.AS_WAY.match(bare):
        return _Piece(_with_part(_with_hand(bare, before), before), verb)
    if words_of.COUNTED.match(bare):
        usual = "takes" if re.search(r"\bsteps?\b", bare) else "does"
        shared = before and before[-1].verb in words_of.LIGHT and not before[-1].verb.startswith("tak")
        light = before[-1].verb if shared else usual
        return _Piece(f"{light} {bare}", light)
    if before and words_of.WAY.match(bare):
        return _Piece(_with_part(_taken_over(bare, before[-1]), before), before[-1].verb)
    if (posed := words_of.POSED.match(bare)) is not None:
        return _posed(posed)
    # A word that nobody listed: what comes first, and behind a joint, is a verb more often than not.
    return None if words_of.NO_VERB.match(verb) else _Piece(_with_part(bare, before), verb)


def _counted_anew(bare: str, before: _Piece) -> _Piece | None:
    """The same in another count or by another angle, to the other side: "then twice on the left", "then 90 right"."""
    if (found := words_of.COUNT_AND_SIDE.match(bare)) is not None and HOW_OFTEN.search(before.words):
        words = HOW_OFTEN.sub(found["times"], before.words, count=1)
        told = _taken_over(found["side"], _Piece(words, before.verb))
        return _Piece(told if found["times"] in told else f"{told} {found['times']}", before.verb)
    found = words_of.ANGLE_AND_SIDE.match(bare)
    if found is None or not words_of.TURNED.match(before.verb) or re.search(r"\bhead\b", before.words):
        return None
    return _Piece(f"{before.verb} {found['angle']} degrees to the {found['side']}", before.verb)


def _of_other_side(bare: str, before: _Piece) -> _Piece | None:
    """What only says that the other side's turn has come: "then switch", "return to the right"; None for others."""
    if len(SIDED.findall(before.words)) != 1:
        return None
    if (switch := words_of.SWITCH.match(bare)) is not None:
        return _Piece(_taken_over(switch["to"] or "to the other", before), before.verb)
    if (back := words_of.RETURN_TO_SIDE.match(bare)) is not None:
        return _Piece(_taken_over(back["to"], before), before.verb)
    return None


def _with_both(bare: str, before: _Piece) -> str:
    """Say that both are up, where one is raised "too" and the other was: "raise the right arm too"."""
    also = words_of.AS_WELL.match(bare)
    if also is None or before.verb not in words_of.raising():
        return bare
    if not re.search(rf"\b{words_of.OPPOSITE[also['side']]} (?:arm|hand)\b", before.words):
        return bare
    return f"{also['verb']}{also['form'] or ''} both {also['part']}s{bare[also.end() :]}"


def _posed(posed: re.Match[str]) -> _Piece:
    """What is done with a limb of which only is said how it is held: "both hands stretched up high"."""
    rises = posed["way"] in ("up", "high", "overhead", "above")
    held = words_of.POSING.get(posed["done"] or "", "raise" if rises else "hold")
    limb = posed["limb"]
    if not re.match(r"(?:both|the|his|her|their|your|one)\b", limb):
        limb = f"the {limb}"
    return _Piece(f"{held} {limb} {posed['rest']}", held)


def _with_hand(bare: str, before: Sequence[_Piece]) -> str:
    """Say which hand waves, where the part before named it: "brings up the right hand, waves"."""
    verb = bare.split(" ")[0]
    raised = before and RAISED.match(before[-1].words)
    if not raised or verb not in words_of.forms_of("wave") or HANDS.search(bare):
        return bare
    arms = [found for found in SIDED.finditer(before[-1].words) if found["part"] in (" hand", " arm")]
    if len(arms) != 1:
        return bare
    return f"{verb} with the {arms[0]['side']} hand{bare[len(verb) :]}"


def _with_objects(bare: str, before: Sequence[_Piece]) -> str:
    """Say what "it" and "them" are, where a part of the body was named: "brings his arms together"."""
    if any(words_of.THING.search(piece.words) for piece in before):
        return bare  # "kicks the ball with the left foot, runs after it"
    for pronoun, kind in words_of.OBJECTS:
        found = pronoun.search(bare)
        if found and kind.search(bare[: found.start()]):
            return bare  # "raises the left arm and lowers it"
        named = [match[0] for piece in before for match in kind.finditer(piece.words)]
        if found and named and not words_of.UNDONE.match(bare):
            return f"{bare[: found.start()]}{named[-1]}{bare[found.end() :]}"
    return bare


def _taken_over(bare: str, before: _Piece) -> str:
    """What comes after "then" with the verb from before: "with the right" -> "kicks with the right leg"."""
    if OTHER_ONE.match(bare) and (one := ONE_LIMB.search(before.words)):
        return f"{before.words[: one.start()]}the other{before.words[one.end(1) :]}"
    new, old = SIDED.match(bare), list(SIDED.finditer(before.words))
    if new is None or len(old) != 1 or bare[new.end() :].strip() not in ("", "too"):
        moved = re.match(rf"{before.verb} (?:up )?({LIMB})\b", before.words)
        if moved is None or not words_of.UPWARD.match(bare):
            return f"{before.verb} {bare}"
        if before.verb in words_of.raising() and re.match(r"(?:back )?down\b", bare):
            return f"lower {moved[1]}"
        verb = before.verb if before.verb not in words_of.forms_of("lower") else "hold"
        return f"{verb} {moved[1]} {bare}"
    said = old[0]
    side = OTHER[said["side"]] if new["side"] == "other" else new["side"]
    part = (said["part"] or "") if new["part"] in (None, " one") else new["part"]
    whose = said["whose"] or (new["whose"] if part else "") or ""
    return (
        f"{before.words[: said.start()]}{said['link'] or ''}{whose}{side}{part}{before.words[said.end() :]}"
    )


def _with_part(bare: str, before: Sequence[_Piece]) -> str:
    """Say what "the right one" is: "raises the right arm", where an arm had a side before. "With both" likewise."""
    if (
        before
        and bare.endswith(" both")
        and (part := re.search(r"\b(hand|arm|leg|foot|fist|knee)\b", before[-1].words))
    ):
        return f"{bare} {'feet' if part[0] == 'foot' else f'{part[0]}s'}"
    new = list(SIDED.finditer(bare))
    if (
        len(new) != 1
        or not new[0]["whose"]
        or new[0]["part"] not in (None, " one")
        or new[0]["link"] == "to "
    ):
        return bare
    said = new[0]
    said_before = " ".join(piece.words for piece in before)
    old = [found for found in SIDED.finditer(said_before) if found["part"]]
    pair = re.search(
        r"\b(?:(?:both|the|his|her|their|your) (arm|hand|leg|fist|knee)s|one (arm|hand|leg|foot|fist|knee))\b",
        said_before,
    )
    whole, last = (
        (old[-1]["part"], old[-1]["side"]) if old else (f" {pair[1] or pair[2]}" if pair else " one", "other")
    )
    if whole == " one" or not words_of.AFTER_A_PART.match(bare[said.end() :]):
        return bare
    side = OTHER[last] if said["side"] == "other" else said["side"]
    return f"{bare[: said.start()]}{said['link'] or ''}{said['whose']}{side}{whole}{bare[said.end() :]}"


def _halts(before: str, words: str) -> bool:
    """Whether words say that who went before halts. Of "two steps and stops" models know all at once."""
    goes = before.split(" ")[0] in words_of.halting() and not re.search(r"\bsteps?\b", before)
    return goes and (words_of.STOPS.match(words) or words_of.SLOWS.match(words)) is not None


def _held_together(pieces: Sequence[_Piece]) -> list[str]:
    """Pieces as parts: what undoes the one before joins it, and what is done on the floor or on a chair stays there."""
    parts: list[str] = []
    halted = has_waited = False
    for piece in pieces:
        last = parts[-1] if parts else ""
        if _halts(last, piece.words):
            long = re.search(r"\bfor (?:\w+ )?\w+ seconds?\b", piece.words)
            how_long = long[0] if long else "for one second"
            parts.append(halt(_form(last) == "s", how_long, " ".join(parts)))
            halted = True
            continue
        # How the body is held, or which way it looks then, is no part: "turns around, ending up facing the wall".
        if last and words_of.HOW_IT_IS.match(piece.words):
            parts[-1] = f"{last}, {piece.words}"
            continue
        if last and (longer := postures.waited(last, piece.words)) is not None:
            parts[-1], has_waited = longer, True
            continue
        up = postures.risen(last, piece.words, has_waited)
        has_waited = False
        if up is not None:
            parts += up
            continue
        undone = words_of.UNDONE.match(piece.words) and not words_of.LYING.search(last) and not halted
        if words_of.IN_THE_AIR.search(piece.words) and words_of.JUMPS.search(last):
            parts[-1] = f"{last} and {piece.words}"
            continue
        # Of two raised limbs one is lowered: the other one stays up, so that nothing is undone.
        if undone and re.search(r"\bboth\b|^lower", last) and SIDED.search(piece.words):
            undone = None
        halted = False
        if last and (undone or (postures.is_low(last) and not words_of.RISING.match(piece.words))):
            parts[-1] = f"{last} and {piece.words}"
        else:
            parts.append(piece.words)
    return parts


def _with_turns(parts: Sequence[str]) -> list[str]:
    """Parts with the turn before "walks back", where somebody went and nobody turned."""
    out: list[str] = []
    for part in parts:
        gone = out and out[-1].split(" ")[0] in words_of.going() and not words_of.TURNED.search(" ".join(out))
        if gone and words_of.RETURNING.match(part):
            form = _form(part) or ""
            out.append(f"{TURN.get(form, 'turn')} around")
        out.append(part)
    return out


def _said(words: str, subject: str) -> str:
    """A part as a sentence: third persons have a subject."""
    verb = words.split(" ")[0]
    if verbs().get(verb, "s" if re.search(r"[^su]s$", verb) else "") not in ("s", "ed"):
        return words
    return f"{'a person' if subject in words_of.UNSAID else subject} {words}"
