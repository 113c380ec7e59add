"""A clause of an instruction, as the rules see it."""

from __future__ import annotations

from dataclasses import dataclass

from editing.language.lexicon import Amount
from utils.runtime import UserError

BELOW, LEVEL, ABOVE = 0, 1, 2  # categories of relX, relY and relZ by their order
LETTER = {"left": "L", "right": "R"}
OUTWARD = {"left": -1.0, "right": 1.0}  # sign of relX
PAIRS = {"hand": "hand", "arm": "hand", "elbow": "elbow", "knee": "knee", "foot": "foot", "leg": "foot"}


class CannotDo(UserError):
    """A clause that has no meaning for the pose codes; says why."""


@dataclass(frozen=True)
class Mention:
    """A body part: side None where it has none or none was said; relation: the preposition before it."""

    part: str
    side: str | None
    plural: bool = False
    relation: str | None = None


@dataclass(frozen=True)
class Clause:
    """One verb and what it is about. parts: what moves; targets: with "to", "above", "with", ..."""

    verb: str
    parts: tuple[Mention, ...]
    targets: tuple[Mention, ...]
    directions: tuple[str, ...]
    amount: Amount
    height: bool = False

    def sides_of(self, *names: str) -> list[str]:
        """Sides of the parts with these names; CannotDo where a side is needed and was not said."""
        found = []
        for mention in self.parts:
            if mention.part in names:
                if mention.side is None:
                    raise CannotDo(f"which {mention.part}? say left, right or both")
                found.append(mention.side)
        return list(dict.fromkeys(found))
