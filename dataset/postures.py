"""Postures that what comes next in a sentence depends on: waiting in them, and getting up from them.

Of "sits down, waits two seconds, stands up", told all at once, models leave out the wait; told to sit for two seconds, and
then to stand up from the chair, they do both.
"""

from __future__ import annotations

import re

from dataset import turn_words as words_of

HELD = re.compile(
    rf"^(?:rais|lift|hold|stretch|extend|put|point|reach|spread)\w* (?:{words_of.WHOSE}|both|one)\b"
    r".*\b(?:arm|hand|leg|foot|knee)s?\b"
)
NUMBERED = re.compile(r"\b(?!an?\b)\w+ (?:seconds?|minutes?)$")
FROM = (
    (re.compile(r"\bkneel\w*|\bknees\b"), "gets up from the knees"),
    (re.compile(rf"{words_of.LYING.pattern}|\b(?:floor|ground)\b"), "gets up from the floor"),
    (re.compile(r"\b(?:sit\w*|seat\w*)\b"), "stands up from the chair"),
)


def is_low(part: str) -> bool:
    """Whether a part ends in a posture that one rises from."""
    return words_of.LOW.search(part) is not None and words_of.RISING.search(part) is None


def waited(part: str, words: str) -> str | None:
    """A part with the time that words say somebody waits in its posture; None where they say no such thing."""
    found = words_of.WAITS.match(words)
    if found is None:
        return None
    held = HELD.match(part) and not words_of.LOWERED.search(part)
    if not (is_low(part) or held):
        keeps = words.split(" ")[0][:4] in ("hold", "stay", "rema")
        return f"{part} and {words}" if part and keeps else None
    long = (found["long"] or "").removeprefix("for ")
    return f"{part} for {long}" if NUMBERED.search(long) else part


def risen(part: str, words: str, after_a_wait: bool) -> list[str] | None:
    """Parts of getting up, and of what words tell beside that, by somebody who is on the floor or waited; None for others.

    Words in the form of a command stay one.
    """
    found = words_of.RISEN.match(words)
    if found is None:
        return None
    if words_of.ON_THE_FLOOR.search(part):
        gets = "gets up from the floor"
    elif after_a_wait and is_low(part):
        gets = next((gets for posture, gets in FROM if posture.search(part)), "")
    else:
        return None
    if not gets:
        return None
    if words_of.verbs().get(words.split(" ")[0]) != "s":
        gets = re.sub(r"^(\w+)s\b", r"\1", gets)
    rest = words[found.end() :].strip(" ,")
    joined = re.match(r"(?:and|then|and then) (?P<rest>(?P<verb>\w+)\b.*)$", rest)
    if joined and joined["verb"] in words_of.verbs():
        return [gets, joined["rest"]]
    return [f"{gets} {rest}".strip()]
