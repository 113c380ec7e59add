"""Captions of the toy data set: a small template grammar, with lemmas and part-of-speech tags by lookup.

In a template `*verb` is conjugated, {slot} comes from the action's facts, and a trailing /TAG overrides the tag
of an ambiguous word.
"""

from __future__ import annotations

import re

import numpy as np

from dataset.captions import Caption, format_line

SUBJECTS = ("a person", "a person", "the person", "someone", "a man", "a woman", "a figure")

# kind -> predicates; those with a slot that the action left empty are not used. The manner, if any, is appended.
PREDICATES: dict[str, tuple[str, ...]] = {
    "walk_forward": ("*walk forward", "*walk ahead", "*step forward", "*walk in a straight line"),
    "walk_backward": ("*walk backward", "*step backward", "*take a few steps backward"),
    "walk_circle": (
        "*walk in a {shape} to the {side}/NOUN", "*walk around to the {side}/NOUN",
        "*walk forward and *turn to the {side}/NOUN", "*walk in a {side} {shape}",
    ),
    "turn": (
        "*turn {side}/ADV in place", "*turn to the {side}/NOUN", "*turn {amount} to the {side}/NOUN",
        "*stand in place and *turn to the {side}/NOUN", "*spin {amount} to the {side}/NOUN",
    ),
    "sidestep": (
        "*step sideways to the {side}/NOUN", "*sidestep to the {side}/NOUN", "*move sideways to the {side}/NOUN",
        "*take a few steps to the {side}/NOUN",
    ),
    "run_in_place": (
        "*run in place", "*jog in place", "*run on the spot", "*run in place with {knees} knees",
    ),
    "jog_forward": ("*jog forward", "*run forward", "*run ahead in a straight line"),
    "wave": (
        "*wave {limb}", "*wave with {limb}", "*lift {limb} and *wave", "*raise {limb} {high} and *wave",
        "*greet someone by waving {limb}",
    ),
    "raise": (
        "*raise {limb}", "*raise {limb} above the head", "*lift {limb} up to the {way} and *lower it",
        "*lift {limb} over the head and *bring it back/ADV down",
    ),
    "stretch": (
        "*stretch to the {side}/NOUN", "*bend the upper body to the {side}/NOUN",
        "*lean to the {side}/NOUN with the {other} arm over the head",
        "*stretch sideways to the {side}/NOUN and *reach over with the {other} arm",
    ),
    "clap": ("*clap", "*clap the hands", "*clap the hands together", "*applaud with both hands"),
    "punch": (
        "*punch with the {side} hand", "*punch {times} with the {side} hand", "*punch forward with the {side} fist",
        "*throw a {side} punch/NOUN", "*hit forward {times} with the {side} fist",
    ),
    "kick": (
        "*kick with the {side} leg", "*kick {times} with the {side} leg", "*kick forward with the {side} foot",
        "*kick {high} with the {side} leg", "*swing the {side} leg forward and up",
    ),
    "squat": (
        "*squat down", "*squat {times}", "*bend the knees and *squat down {times}", "*do a {deep} squat/NOUN",
        "*squat down with the arms {arms}", "*crouch down and *stand up",
    ),
    "jump": ("*jump up", "*jump {times}", "*jump up and down", "*jump in place {times}", "*crouch and *jump into the air"),
    "jump_forward": ("*jump forward", "*jump forward {times}", "*leap forward {times}", "*hop forward with both feet"),
    "bow": ("*bow", "*bow {deep}", "*bend forward to bow/VERB", "*bow {times}", "*bend the upper body forward {deep}"),
    "sit": (
        "*sit down and *stand up", "*sit down on a chair and *stand up again", "*sit for {stay} and then *stand up",
        "*take a seat and *get up again",
    ),
    "lunge": (
        "*lunge forward with the {side} leg", "*take a long step forward with the {side} foot and *bend the knees",
        "*lunge {times} with the {side} leg", "*step forward into a {side} lunge/NOUN",
    ),
}  # fmt: skip

# Words by tag; nouns with a plural as "plural:lemma".
_TAGS = {
    "DET": "a the both all",
    "NOUN": "person man woman figure line place circle curve way side front spot knees:knee hand hands:hand arm "
    "arms:arm head body leg foot feet:foot fist air chair seat step steps:step times:time degrees:degree "
    "while",
    "PRON": "someone it them",
    "ADJ": "straight few left right upper long high low deep",
    "ADV": "forward ahead backward sideways up down again together quickly slowly deeply slightly then once twice",
    "NUM": "ninety three four five six seven eight",
    "ADP": "in to on with by above over around into for",
    "CCONJ": "and",
    "PART": "",
}
LEXICON = {
    entry.split(":")[0]: (entry.split(":")[-1], tag)
    for tag, words in _TAGS.items()
    for entry in words.split()
} | {"half": ("half", "DET"), "waving": ("wave", "VERB")}
# Verbs whose last consonant comes twice: stopping, beginning.
_DOUBLED = re.compile(r"(?:[^aeiou]*(?:qu)?[aeiou][^aeiouwxy]|begin|sidestep)")


def captions_for(
    parts: list[tuple[str, dict[str, str], float, float]], count: int, rng: np.random.Generator
) -> list[str]:
    """Caption lines of a clip made of (kind, facts, start, end) parts, `count` different ones for the whole.

    A clip of several parts also gets a line for each part, tagged with its time.
    """
    lines: list[str] = []
    for _ in range(200):  # the grammar has hundreds of sentences per kind: the bound is never reached
        said = [_predicate(kind, facts, rng) for kind, facts, _, _ in parts]
        line = format_line(_sentence(" and then ".join(said), rng))
        if line not in lines:
            lines.append(line)
        if len(lines) == count:
            break
    if len(parts) > 1:
        for kind, facts, start, end in parts:
            lines.append(format_line(_sentence(_predicate(kind, facts, rng), rng, start, end)))
    return lines


def base_kind(kind: str) -> str:
    """ "wave_left" -> "wave": kinds that differ in the side share their templates."""
    for side in ("_left", "_right", "_both"):
        kind = kind.removesuffix(side)
    return kind


def conjugate(verb: str, form: str) -> str:
    """`form` "s" (walks) or "ing" (walking) of a verb."""
    if form == "s" and verb in ("have", "be"):
        return {"have": "has", "be": "is"}[verb]
    if form == "s" and re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    if form == "s":
        return verb + ("es" if verb.endswith(("s", "sh", "ch", "o", "x")) else "s")
    if _DOUBLED.fullmatch(verb):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb == "be":
        return "being"
    return (verb[:-1] if verb.endswith("e") and not verb.endswith(("oe", "ee")) else verb) + "ing"


def _predicate(kind: str, facts: dict[str, str], rng: np.random.Generator) -> str:
    usable = [t for t in PREDICATES[base_kind(kind)] if all(facts.get(slot) for slot in _slots(t))]
    # "lift both arms and lower it" would be wrong.
    text = usable[rng.integers(len(usable))].format(**facts)
    if facts.get("limb", "").startswith("both"):
        text = text.replace(" it", " them")
    manner = facts.get("manner", "")
    return f"{text} {manner}" if manner and rng.random() < 0.6 else text


def _slots(template: str) -> list[str]:
    return [piece.split("}")[0] for piece in template.split("{")[1:]]


def _sentence(predicate: str, rng: np.random.Generator, start: float = 0.0, end: float = 0.0) -> Caption:
    """Subject and predicate, in the simple or the progressive present."""
    progressive = rng.random() < 0.35
    subject = SUBJECTS[rng.integers(len(SUBJECTS))]
    words, tokens = [], []
    for word in [*subject.split(), *(["is/AUX"] if progressive else []), *predicate.split()]:
        if word.startswith("*"):
            words.append(conjugate(word[1:], "ing" if progressive else "s"))
            tokens.append(f"{word[1:]}/VERB")
            continue
        word, _, tag = word.partition("/")
        lemma, usual = (word, tag) if word not in LEXICON else LEXICON[word]
        words.append(word)
        tokens.append(f"{lemma}/{tag or usual}")
    return Caption(" ".join(words), tuple(tokens), start, end)
