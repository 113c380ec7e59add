"""What a sentence asks for: claims that joints can be held against, and the same in the plainest words.

A model that read captions follows "a person steps sideways to the left" and not "shifts over to the left, always facing the
front". Where rules understand what is asked for (`models.asked.reading`), motions are compared by whether they show it, and
what none of them shows is said again plainly (`models.again`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dataset.number_words import NUMBERS
from dataset.turn_words import forms_of, verbs
from models.asked.words import SPEED, any_of

Measure = Callable[[np.ndarray], float]  # joints (T, 22, 3) -> 0 where it is seen, else up to 1
STANDING = re.compile(r"^(?:\w+ ){0,3}(?:stand|stands|standing|pose|poses|posing)$")
SIDE = re.compile(r"\b(left|right)\b")
TIMES_SAID = re.compile(r"\b(?:twice|thrice|times)\b")
AT_ONCE = ("while", "whilst", "with", "as")  # links
FORMS = {"they": 0, "s": 1, "ing": 2}


# What no claim stands for, and plain words must not leave out: what is done with things, and how or where it is done.
PURSUITS = re.compile(
    any_of(
        "pray", "stir", "play", "drive", "dance", "wipe", "sweep", "shoot", "conduct", "hug", "shiver", "type", "cook",
        "clean", "wash", "write", "read", "eat", "knock", "mop", "scrub", "steer", "dig", "paint", "draw", "beckon",
        "shrug", "stagger", "stumble", "reel", "trip", "crawl", "roll", "sneak", "tiptoe", "limp", "skip", "carry",
    )
    + r"|\b(?:all fours|hands and knees|plank|(?:push|press|sit)[- ]?ups?)\b|"
    r"\blying (?:on|down|flat|there|in)\b|\bface (?:down|up)\b|\bon (?:the|his|her|their) (?:stomach|belly)\b|"
    r"\bseated\b|\b(?:kneeling|on one knee)\b|\bholding (?:an?|the) (?!(?:\w+ )?(?:arm|hand))"
)  # fmt: skip
GAIT_LIKE = re.compile(r"\b(?:drunk\w*|zombie|tipsy)\b|\blike (?:an?|the|some\w*) |\bas (?:if|though)\b")
SAME_PURSUIT = {"all ": "craw", "hand": "craw", "pres": "push", "on o": "knee"}
GOING = re.compile(
    any_of("walk", "run", "jog", "sprint", "dash", "march", "stroll", "inch", "step", "jump", "hop", "climb")
)
WHO = re.compile(r"(?:an?|the|he|she|they|it|someone|somebody|from)\b")
COUNTED = re.compile(
    rf"\b(?:{'|'.join(NUMBERS[2:11])}) (?:\w+ )?(?!hands|arms|legs|feet|fists|knees|meters|metres|seconds)\w+s\b"
)
GAITS = re.compile(r"\*(?:walk|run|jog|sprint) forward|\*(?:jump|hop)(?: forward)?$")
# What opens a sentence and tells when or where, no one's posture: "as the music swells, he lifts his arms".
OPENING = re.compile(
    r"(?:as|in|on|at|when|for|to|after|before|like|by|during|because|since|upon|from|over|under)\b"
)


@dataclass(frozen=True)
class Claim:
    """One thing that is asked for.

    plain: how captions say it, verbs marked: "*raise the left arm". beside: how they say it of what is done meanwhile,
    where that isn't "while raising the left arm". pose: of one arm, its side and where it points: ("left", "up").
    own_words: whether the clause says it better than `plain`, which leaves something out.
    """

    plain: str
    missed: Measure
    beside: str = ""
    pose: tuple[str, str] | None = None
    own_words: bool = False

    def said(self, form: str) -> str:
        """In plain words, the verb as in "they" walk, walk"s" or walk"ing"."""
        return re.sub(r"\*(\w+)", lambda verb: forms_of(verb[1])[FORMS[form]], self.plain)

    def told(self, form: str, words: str) -> str:
        """In plain words, with the speed that a clause's words have and its own don't."""
        speed = SPEED.search(words)
        return self.said(form) + (f" {speed[0]}" if speed and not SPEED.search(self.plain) else "")

    def meanwhile(self, words: str = "") -> str:
        """As it is said of what is done beside something else."""
        return self.beside or f"while {self.told('ing', words)}"


def _pursuits(words: str) -> set[str]:
    """Pursuits and manners by the beginnings of their words, whatever their form."""
    found = {found[0][:4] for found in PURSUITS.finditer(words)}
    if GOING.search(words) or "knees high" in words:
        found.add("going")
    return {SAME_PURSUIT.get(beginning, beginning) for beginning in found}


@dataclass(frozen=True)
class Clause:
    """Words of a sentence that tell one thing, what links them to those before, and what they ask for."""

    link: str  # "", ",", "and", "while", "with", ...
    words: str
    claims: tuple[Claim, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether it tells what is done beside the rest: "while waving", ", both arms up"."""
        return self.link in AT_ONCE or (self.link == "," and self.form in ("ing", "ed"))

    @property
    def says_more(self) -> bool:
        """Whether its plain words would lose a side, a count, a pursuit or a manner that it names."""
        plain = " ".join(claim.plain for claim in self.claims)
        said = " ".join(claim.said("ing") for claim in self.claims)
        refuses = "without" in self.words and not any("without" in claim.beside for claim in self.claims)
        if refuses or any(claim.own_words for claim in self.claims):
            return True
        if (GAITS.search(plain) and GAIT_LIKE.search(self.words)) or _pursuits(self.words) - _pursuits(said):
            return True
        if COUNTED.search(self.words) and not (COUNTED.search(plain) or TIMES_SAID.search(plain)):
            return True
        return any(set(kind.findall(self.words)) - set(kind.findall(plain)) for kind in (SIDE, TIMES_SAID))

    @property
    def form(self) -> str:
        """Of its first verb: "they" walk, walk"s", walk"ing" or walk"ed".

        Without a verb it is "ing", as in "seated, he claps", but "" behind who does it.
        """
        unknown = "" if WHO.match(self.words) else "ing"
        return next((form for word in self.words.split() if (form := verbs().get(word))), unknown)


@dataclass(frozen=True)
class Asked:
    """What a sentence asks for, clause by clause."""

    clauses: Sequence[Clause]

    @property
    def claims(self) -> list[Claim]:
        """All of them."""
        return [claim for clause in self.clauses for claim in clause.claims]

    def missed(self, joints: np.ndarray) -> float:
        """How much of it joints (T, 22, 3) don't show; each claim counts up to 1."""
        return sum(claim.missed(joints) for claim in self.claims)

    def _two_arms(self) -> str | None:
        """Two arms that point two ways, as captions have that; None where it is not all that is done."""
        poses = [claim.pose for claim in self.claims if claim.pose]
        does_more = any(not clause.claims and not STANDING.match(clause.words) for clause in self.clauses)
        if len(poses) != 2 or len(self.claims) != 2 or poses[0][0] == poses[1][0] or does_more:
            return None
        return " while ".join(f"the {side} arm points {where}" for side, where in poses)

    def plainly(self) -> str | None:
        """The sentence with what is understood in plain words, as far as these lose no side and no count.

        None where there is nothing of that kind, or where what is done is not understood.
        """
        if (posed := self._two_arms()) is not None:
            return posed
        if not self.clauses:
            return None
        first, *others = self.clauses
        opens = OPENING.match(first.words) and not first.claims and others and others[0].link == ","
        participle = first.form == "ing" and others and others[0].form == "s" and others[0].link == ","
        if others and not opens and (first.link in AT_ONCE or participle):
            # "With both arms up, she walks": what she does is told first.
            aside = replace(first, link="while")
            first, *others = replace(others[0], link=""), aside, *others[1:]
            if not first.claims:
                return None
        if first.link in AT_ONCE or all(clause.says_more or not clause.claims for clause in self.clauses):
            return None
        told = ""
        form = "they" if not first.claims and first.form == "they" else "s"
        for number, clause in enumerate((first, *others)):
            if not clause.claims or clause.says_more:
                link = "" if number == 0 else clause.link
                told += f"{link if link == ',' else f' {link}'} {clause.words}"
                continue
            does, *how = clause.claims
            if number == 0:
                told += f"a person {does.told('s', clause.words)}"
            elif number == 1 and opens:
                told += f", a person {does.told('s', clause.words)}"
            elif clause.at_once:
                told += f" {does.meanwhile(clause.words)}"
            else:
                told += f" {'but' if clause.link == 'but' else 'and'} {does.told(form, clause.words)}"
            told += "".join(f" {claim.meanwhile()}" for claim in how)
        # "Bend down and touch the floor" would tell of the bending twice.
        return re.sub(
            r"\b(bends?|bending) (?:\w+ )?(?:down|over) and (?=\1 down\b)", "", " ".join(told.split())
        )
