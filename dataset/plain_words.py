"""Rare words for common ones, as captions have them: "plonks himself down" is "sits down".

A model that has read captions knows the words of captions. Which other words mean the same stands in
configs/reading/thesaurus.txt: plain phrases, each with indented lines of others between semicolons.

    *stand up from a chair
        *get out of {whose} chair|seat; *vacate a|{whose} chair

`*` marks a verb, any form of which is meant and which the plain phrase is told in; `a|b` is either word; {whose} is "the",
"his", "your" and the like, {self} "himself" and the like, {who} "he" and the like. What other places stand for is carried
over: {side} is left or right, {other} the opposite, {n} a number, {arm} arms or hands with all that says whose and which
they are, "her left hand" or "both arms". Phrases that captions have themselves were left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from dataset.number_words import NUMBERS
from dataset.turn_words import OPPOSITE, WHOSE, forms_of
from utils.runtime import UserError
from utils.texts import read_text

THESAURUS = Path(__file__).resolve().parents[1] / "configs" / "reading" / "thesaurus.txt"
WORDS = {
    "{whose}": WHOSE,
    "{self}": "himself|herself|themselves|themself|itself|yourself|oneself|myself",
    "{who}": "he|she|they|it|you",
}
_OWNERS = rf"{WORDS['{whose}']}|both|both of (?:{WORDS['{whose}']})|an?|one"
_ARMS = rf"(?:(?:{_OWNERS})(?: (?:left|right))? )(?:arms?|hands?|fists?)"
# Behind these stands no verb: "raises the hands in surrender".
NOUN = re.compile(
    rf"\b(?:{WORDS['{whose}']}|an?|this|that|these|those|in|of|with|for|by|from|at|on|into|like|as|no|some|any|each|every|"
    rf"{'|'.join(NUMBERS[1:])}|several|few|quick|slow|small|big|deep|little) $"
)
SLOTS = {
    "{arm}": rf"(?P<arm>{_ARMS})",
    "{side}": r"(?P<side>left|right)",
    "{other}": r"(?P<other>left|right)",
    "{n}": rf"(?P<n>\d+|{'|'.join(NUMBERS[1:])})",
}


@dataclass(frozen=True)
class Saying:
    """Another way to say something, and the plain one."""

    said: str
    plain: str

    @cached_property
    def _words(self) -> list[str]:
        return [WORDS.get(word, word) for word in re.split(r"( |\|)", self.said)]

    @cached_property
    def _verbs(self) -> Mapping[str, str]:
        """Forms of the marked verb, if there is one, and the same forms of the plain one."""
        said, plain = (re.search(r"\*([\w-]+)", text) for text in (self.said, self.plain))
        if said is None or plain is None:
            return {}
        return dict(zip(forms_of(said[1]), forms_of(plain[1]), strict=True))

    def begins(self) -> list[str]:
        """Words that it may begin with; [""] where that may be anything."""
        first = "".join(self._words).split(" ")[0]
        if "{" in first:
            return [""]
        return list(self._verbs) if first.startswith("*") else first.split("|")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds it in a sentence."""
        words = []
        for word in "".join(self._words).split(" "):
            choices = self._verbs if word.startswith("*") else word.split("|")
            kind = "?P<verb>" if word.startswith("*") else "?:"
            words.append(f"({kind}{'|'.join(map(re.escape, choices))})")
        pattern = " ".join(words)
        for place, what in SLOTS.items():
            # What stands in a place twice must be the same both times.
            pattern = pattern.replace(re.escape(place), what, 1).replace(
                re.escape(place), f"(?P={place[1:-1]})"
            )
        return re.compile(rf"(?<![\w-]){pattern}(?![\w-])")

    def put(self, found: re.Match[str]) -> str:
        """A match in plain words."""
        said = found.groupdict()
        side = said.get("side") or OPPOSITE.get(said.get("other") or "", "")
        text = self.plain.replace("{n}", said.get("n") or "").replace("{arm}", said.get("arm") or "")
        text = text.replace("{side}", side).replace("{other}", OPPOSITE.get(side, ""))
        return re.sub(r"\*[\w-]+", lambda _: self._verbs[said["verb"]], text)

    def problem(self) -> str | None:
        """What is wrong with it, if anything."""
        verbs = self.plain.count("*"), self.said.count("*")
        if max(verbs) > 1 or verbs[0] != verbs[1]:
            return "needs one marked verb where the plain phrase has one, else none"
        needed, given = (
            {
                "{side}" if slot == "{other}" else slot
                for slot in re.findall(r"\{\w*\}", text)
                if slot not in WORDS
            }
            for text in (self.plain, self.said)
        )
        return None if needed == given and given <= set(SLOTS) else "has not the places of the plain phrase"


def plain_words(text: str) -> str:
    """A sentence in lower case with its rare phrases in plain words; the longest are put first, and nothing is put twice."""
    table, known = thesaurus(), {"", *re.findall(r"[^\s,;.!?]+", text)}
    sayings = {saying for word in known for saying in table.get(word, ())}
    claimed: list[tuple[int, int, str]] = []
    for saying in sorted(sayings, key=lambda saying: (-len(saying.said), saying.said)):
        for found in saying.pattern.finditer(text):
            start, end = found.span()
            is_verb = not saying.said.startswith("*") or found["verb"].endswith("ing")
            if not is_verb and NOUN.search(text[:start]):
                continue
            if all(end <= other or other_end <= start for other, other_end, _ in claimed):
                claimed.append((start, end, saying.put(found)))
    for start, end, plain in sorted(claimed, reverse=True):
        text = text[:start] + plain + text[end:]
    return text


@cache
def thesaurus(path: Path = THESAURUS) -> Mapping[str, tuple[Saying, ...]]:
    """Ways to say something by the words that they may begin with; UserError names a line that can't be read."""
    table: dict[str, list[Saying]] = {}
    for number, saying in _sayings(path):
        if problem := saying.problem():
            raise UserError(f"{path}:{number}: '{saying.said}' {problem}")
        for word in saying.begins():
            table.setdefault(word, []).append(saying)
    return {word: tuple(sayings) for word, sayings in table.items()}


def _sayings(path: Path) -> Iterator[tuple[int, Saying]]:
    plain = ""
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            plain = " ".join(line.split())
            continue
        if not plain:
            raise UserError(f"{path}:{number}: an indented line needs a plain phrase above it")
        for said in line.split(";"):
            if said.strip():
                yield number, Saying(" ".join(said.split()), plain)
