"""Sentences that leave out what was just said: "kicks with the left leg, then the right", "first a bow, then a kick"."""

from __future__ import annotations

import re

import numpy as np

SIDED = re.compile(
    r"(?P<link>\b(?:with|on|to|over|using|of) )?"
    r"(?P<whose>\b(?:the|their|his|her|just the|only the) )?"
    r"\b(?P<side>left|right)\b(?P<part> (?:hand|arm|fist|leg|foot|knee|side|thigh|shoulder|elbow)\b)?"
)
# One phrase in full, then what changes. {a} is the first action, {b} what is left of the second.
FORMS = (
    "{a} and then {b}", "{a}, then {b}", "{a} and {b}", "{a} and afterwards {b}", "{a}, next {b}", "{a}, and after that {b}",
    "{a} first and then {b}", "{a} and later {b}", "first {a}, then {b}", "first {a} and then {b}", "{a}, then {b} too",
)  # fmt: skip
LOWERED = (
    "{a}, (*lower it|*put it down|*put it back down|*lower it again) and (then|) {verb} {b}",
    "{a} and (*lower it|*put it down), (then|and then) {verb} {b}",
    "{a}, then {verb} {b} (instead|)",
)
LIFTS = re.compile(r"^\*(?:raise|lift|hold|put|stretch|bring)\b")
# Verbs that say nothing by themselves: what they do can be named alone.
NAMED = re.compile(r"^\*(?:do|make|take|give|throw|perform) ((?:a|an|one) .+)$")
NAMED_AFTER = (
    "first {a}, then {b}", "{a}, then {b}", "{a} and then {b}", "{s} does {a} and then {b}", "{a} followed by {b}",
    "{s} performs {a}, followed by {b}", "first {a} and afterwards {b}",
)  # fmt: skip
NAMED_THREE = (
    "first {a}, then {b}, then {c}", "{a}, {b} and {c}", "{a}, then {b} and finally {c}", "{s} does {a}, {b}, and then {c}",
)  # fmt: skip
CHOICE = re.compile(r"\(([^()]*)\)|([\w*]+(?:\|[\w*]+)+)")


def _chosen(text: str, rng: np.random.Generator) -> str:
    def choose(match: re.Match[str]) -> str:
        choices = (match[1] if match[1] is not None else match[2]).split("|")
        return choices[rng.integers(len(choices))]

    return " ".join(CHOICE.sub(choose, text).split()).replace(" ,", ",")


def other_side(phrase: str, rng: np.random.Generator) -> str | None:
    """A phrase of an action on one side, continued to the other: "*kick with the left leg and then with the right".

    None where the phrase doesn't say its side exactly once.
    """
    found = list(SIDED.finditer(phrase))
    if len(found) != 1 or " other" in phrase:
        return None
    said = found[0]
    other = "right" if said["side"] == "left" else "left"
    link, whose, part = said["link"] or "", said["whose"] or "", said["part"] or ""
    if part and whose:
        short = (
            f"{whose}{other}{part}",
            f"{whose}{other}",
            f"the {other} one",
            f"the other{part}",
            "the other one",
        )
        rest = short[rng.choice(5, p=(0.3, 0.3, 0.2, 0.1, 0.1))]
    else:
        rest = f"{whose}{other}"
    if not whose and phrase[said.end() :].strip():
        return None  # "*make a left turn": the side stands before what it belongs to
    rest = f"{link}{rest}"
    if LIFTS.match(phrase) and not link and rng.random() < 0.35:
        verb = phrase.split()[0]
        form = (
            LOWERED[rng.integers(len(LOWERED))]
            .replace("{a}", phrase)
            .replace("{verb}", verb)
            .replace("{b}", rest)
        )
        return _chosen(form, rng)
    # "with the left and then with the right leg": the part may be left out the first time as well.
    if part and rest.endswith(part) and phrase.endswith(part) and rng.random() < 0.3:
        phrase = phrase.removesuffix(part)
    return FORMS[rng.integers(len(FORMS))].replace("{a}", phrase).replace("{b}", rest)


def named(phrase: str) -> str | None:
    """What a phrase does, without its verb: "a kick with the left foot" of "*do a kick with the left foot", or None."""
    found = NAMED.match(phrase)
    return found[1] if found and "*" not in found[1] else None
