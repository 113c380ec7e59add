"""A clause of an instruction as the rules see it: a verb, and what was said with it, each to be used once.

Rules take what they carry out (`parts`, `ways`, `amount`, `take`, ...). What no rule has taken is named in the refusal:
a sentence is carried out whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from editing.groups import SIDES
from editing.language import lexicon
from editing.language.tokens import Item
from editing.spans import Span
from utils.runtime import UserError

BELOW, LEVEL, ABOVE = 0, 1, 2  # categories of relX, relY and relZ by their order
LETTER = {"left": "L", "right": "R"}
OTHER = {"left": "right", "right": "left"}
OUTWARD = {"left": -1.0, "right": 1.0}  # sign of relX
PAIRS = {"hand": "hand", "arm": "hand", "elbow": "elbow", "knee": "knee", "foot": "foot", "leg": "foot"}
ARM_PARTS, LEG_PARTS = (
    ("hand", "arm", "elbow", "forearm", "upper arm"),
    ("foot", "leg", "knee", "ankle", "thigh"),
)
UNIT_WORDS = {"deg": "an angle", "m": "a distance", "s": "a time", "%": "a share", "times": "a count"}


class CannotDo(UserError):
    """A clause that no rule carries out; says why."""


@dataclass
class Mention:
    """A body part: side None where it has none or none was said; relation: the preposition before it."""

    part: str
    side: str | None = None
    plural: bool = False
    relation: str | None = None
    text: str = ""
    used: bool = False


@dataclass(frozen=True)
class Amount:
    """How much: a degree, a comparison (sign 1 "more", -1 "less"), or a number to reach, to change by or to scale by."""

    degree: str = ""  # slight, much, full
    sign: int = 0
    to: float | None = None  # degrees or metres
    by: float | None = None
    factor: float | None = None

    def pick(self, slight: float, usual: float, much: float, full: float | None = None) -> float:
        """The value that fits the degree."""
        table = {"slight": slight, "much": much, "full": much if full is None else full}
        return table.get(self.degree, usual)

    @property
    def compares(self) -> bool:
        """Is the clip's own motion to be more or less?"""
        return self.sign != 0 or self.factor is not None

    @property
    def scale(self) -> float:
        """Factor of a comparison: "a bit more" 1.2, "more" 1.4, "much more" 1.8, "less" 0.65, ..."""
        if self.factor is not None:
            return self.factor
        if self.sign < 0:
            return self.pick(0.8, 0.6, 0.35, 0.2)
        return self.pick(1.2, 1.4, 1.8, 2.0)


@dataclass
class Clause:
    """One verb and what was said with it; parts stand apart from the other items."""

    verb: str = ""
    items: list[Item] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    text: str = ""
    form: str = ""  # of the verb: "", "ing", ...
    aspect: str = ""  # start, stop, continue: "start waving"
    negated: bool = False
    instead: bool = False
    noun: bool = False  # the verb was said as a noun: "a bigger step"
    light: str = ""  # "make", "take", ... where that was said
    contrast: Clause | None = None  # what it is done instead of
    join: str = ""  # to the clause before: and, comma, while, then, gap
    spans: list[Span] = field(default_factory=list)
    rest_of_time: bool = False  # all the time that the clauses before leave: "and the rest faster"
    time_first: bool = False
    moment: float | None = None  # second, of "at 2 s"
    lasting: bool = False  # how something goes on: "walk with the arms raised"
    pronoun: bool = False
    again: bool = False  # its verb is the one before "then": "turn left, then right"
    goes_on: bool = False  # said with "then": it follows what the clip shows

    # ------------------------------------------------------------------------------------------------------- look
    def has(self, kind: str, *values: str) -> bool:
        """Was something of a kind (and value) said and not yet used?"""
        return any(
            item.kind == kind and not item.used and (not values or item.value in values)
            for item in self.items
        )

    @property
    def objects(self) -> list[Mention]:
        """Parts that are moved: those without a preposition."""
        return [mention for mention in self.mentions if mention.relation is None]

    @property
    def targets(self) -> list[Mention]:
        """Parts with a preposition."""
        return [mention for mention in self.mentions if mention.relation is not None]

    @property
    def held(self) -> bool:
        """Is what is asked for to be kept?"""
        return self.lasting or self.verb == "keep" or self.aspect == "keep"

    # ------------------------------------------------------------------------------------------------------- take
    def take(self, kind: str, *values: str) -> list[Item]:
        """Use all items of a kind (and value)."""
        found = [
            item
            for item in self.items
            if item.kind == kind and not item.used and (not values or item.value in values)
        ]
        for item in found:
            item.used = True
        return found

    def ways(self, *values: str) -> list[str]:
        """Use directions; each once."""
        return list(dict.fromkeys(item.value for item in self.take("direction", *values)))

    def sides_of(self, *names: str, either: bool = False) -> list[str]:
        """Use the moved parts with these names: their sides. CannotDo where a side is needed and was not said.

        either: what is changed is only what the clip does, so that both sides can be meant where none was said.
        """
        found: list[str] = []
        for mention in self.objects:
            if mention.part in names:
                if mention.side is None and either:
                    mention.used = True
                    found += SIDES
                    continue
                if mention.side is None:
                    raise CannotDo(f"which {mention.part}? say left, right or both")
                if mention.side in ("other", "one"):
                    raise CannotDo(f"'{mention.side} {mention.part}' is not clear: say left or right")
                mention.used = True
                found.append(mention.side)
        return list(dict.fromkeys(found))

    def take_objects(self, *names: str) -> list[Mention]:
        """Use moved parts with these names, whether a side was said or not."""
        found = [mention for mention in self.objects if mention.part in names and not mention.used]
        for mention in found:
            mention.used = True
        return found

    def take_targets(self, relation: str | tuple[str, ...], *names: str) -> list[Mention]:
        """Use parts that have one of these prepositions."""
        relations = (relation,) if isinstance(relation, str) else relation
        found = [
            mention
            for mention in self.targets
            if mention.relation in relations and not mention.used and (not names or mention.part in names)
        ]
        for mention in found:
            mention.used = True
        return found

    def amount(
        self,
        units: Iterable[str] = (),
        facets: Iterable[str] = ("much", "deep", "far"),
        farthest: float = 1.2,
    ) -> Amount:
        """Use what says how much. Numbers must have one of the `units` (deg, m, ...), else CannotDo."""
        units = tuple(units)
        degree, sign, factor, to, by = "", 0, None, None, None
        for item in self.take("degree"):
            degree = item.value
        for item in self.take("compare", *facets):
            sign = item.sign if not sign else sign * item.sign
        for item in self.take("factor"):
            factor = item.number
            self.take("manner", "fast", "slow", "wide", "big", "small")
        numbers = [item for item in self.items if item.kind == "quantity" and not item.used]
        for item in numbers:
            said = item.quantity
            if said is None or (said.unit == "s" and said.mode in ("for", "in") and "s" not in units):
                continue
            if said.unit == "%" and (sign or said.mode == "to"):
                if factor is not None:
                    raise CannotDo("say one amount")
                factor = said.value if said.mode == "to" else max(1 + sign * said.value, 0)
            elif said.unit == "times" and sign:
                factor = said.value if sign > 0 else 1 / said.value
            elif said.unit not in units:
                wanted = " or ".join(UNIT_WORDS[unit] for unit in units if unit in UNIT_WORDS)
                what = f"'{item.text}' is {UNIT_WORDS.get(said.unit, 'no amount for it')}"
                raise CannotDo(f"{what}; {self.verb} takes {wanted or 'no number here'}")
            elif to is not None or by is not None:
                raise CannotDo(f"two amounts in {self.text!r}: give one each, joined by 'and'")
            elif said.mode == "to":
                to = said.value
            else:
                by = said.value
            item.used = True
            if said.unit == "m" and said.value > farthest or said.unit == "deg" and said.value > 1080:
                raise CannotDo(f"'{item.text}' is more than a body can do")
        if factor is not None and sign < 0 and factor > 1:
            factor = 1 / factor
        return Amount(degree, sign, to, by, factor)

    def quantity(self, unit: str, *modes: str) -> float | None:
        """Use a number of this unit, said with one of the modes (any, if none is given)."""
        for item in self.items:
            said = item.quantity
            if (
                item.kind == "quantity"
                and said is not None
                and not item.used
                and said.unit == unit
                and (not modes or said.mode in modes)
            ):
                item.used = True
                return said.value
        return None

    # -------------------------------------------------------------------------------------------------------- rest
    def rest(self) -> list[str]:
        """Words that no rule has used, in their order."""
        return [
            *(mention.text for mention in self.mentions if not mention.used),
            *(item.text for item in self.items if not item.used),
        ]

    def limbs(self) -> tuple[str, ...]:
        """Limbs that the moved parts belong to; both where no side was said."""
        found: dict[str, None] = {}
        for mention in self.objects:
            limb = "leg" if mention.part in LEG_PARTS else "arm" if mention.part in ARM_PARTS else None
            if limb is None:
                found[mention.part] = None
                continue
            sides = (mention.side,) if mention.side in SIDES else SIDES
            found |= {f"{side}_{limb}": None for side in sides}
        return tuple(found)

    def copy(self) -> Clause:
        """A fresh clause of which nothing is used."""
        return replace(
            self,
            items=[replace(item, used=False) for item in self.items],
            mentions=[replace(mention, used=False) for mention in self.mentions],
        )


def pair_of(mention: Mention) -> str | None:
    """ "arm" or "leg", which a part belongs to; None for others."""
    return "arm" if mention.part in ARM_PARTS else "leg" if mention.part in LEG_PARTS else None


def is_place(part: str) -> bool:
    """Is a part a place on the body, rather than a limb that moves?"""
    return part not in lexicon.PAIRED and part not in ("limb", "gaze")
