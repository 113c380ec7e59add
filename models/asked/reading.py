"""Read what a sentence asks for, clause by clause: sides, limbs, ways, postures and counts.

What a clause refuses, says of both sides of a limb, or tells of anything else asks for nothing that is understood here, and
what isn't understood is neither measured nor said in other words. `models.asked.arms` and the modules beside it have the
rules; each reads one clause.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from dataset.turn_words import verbs
from models.asked import arms, body, floor, legs, ways
from models.asked.claims import Asked, Claim, Clause
from models.asked.words import ADVERB, ARM, LEG, WHOSE, Said, any_of

REFUSED = re.compile(
    r"\b(?:without|not|never|no|nor|instead|rather|except|almost|nearly|half(?:way)?(?! (?:turn|spin|twist))|about to|"
    r"before|until|when|(?:any|every)\w* (?:\w+ )?but|all but|"
    r"after(?! the other)|(?<!after the )other|(?:avoid|stop|pretend|alternat|diagonal|refus|skip)\w*)\b|n't\b|"
    r"\btr(?:y|ies|ying) to\b|\b(?:invit|direct|ask|tell|signal|beckon)\w* (?!to\b)(?:\w+ ){1,2}to\b"
)
NO_MORE = re.compile(r",? (?:and )?(?:no more(?:,? no less)?|nothing (?:else|more))$")
IN_TIME = re.compile(r"^(?:before|after|when|whenever|once|until|if|as soon as)\b")
ON_THE_SPOT = re.compile(
    r",? ?(?:\b(?:but|and) )?\b(?:without (?:moving|going|walking|travell?ing|getting)(?: (?:forwards?|anywhere|ahead|"
    r"from \w+ \w+))*(?=$|,)|(?:(?:do|does)(?: not|n't)|never) (?:\w+ )?(?:go|move|get|goes) (?:anywhere|forwards?|ahead)$|"
    r"never leav(?:e|es|ing) the spot$)"
)
# What somebody does without doing something else, he does.
WITHOUT = re.compile(r",? ?\bwithout (?:\w+ly |even |ever )?\w+ing\b.*$")
# What somebody looks like: "like someone who just got up".
SIMILE = re.compile(
    r"\b(?:like (?:someone|somebody|an? (?:\w+ )?\w+) who|as in \w+ing|as (?:if|though) (?:he|she|they|it)\b).*$"
)
# How palms face is no arm that is raised; palms may be raised all the same.
PALMS = re.compile(
    rf",? ?(?:\b(?:and|with) )?\b(?:(?:both|left|right|open|{WHOSE}) )*palms? (?:(?:is|are|open|held|flat) )*"
    r"(?:(?:facing|turned|pointing|pointed)(?: each other| the \w+| \w+)?|up|down|(?:up|down|in|out|for|back)wards?)\b"
)
LIFTS_PALMS = re.compile(
    rf"{any_of('raise', 'lift', 'reach', 'stretch', 'put')} (?:(?:both|left|right|{WHOSE}) )*palms?\b"
)
# With what it is done: "throws a ball with his right hand forward" tells of no other limb.
BY_HAND = re.compile(
    any_of(
        "punch", "jab", "strike", "hit", "throw", "toss", "pitch", "wave", "point", "salute", "drink", "sip", "eat", "swim",
        "reach", "stir", "wipe", "knock", "beckon", "dribble", "scratch", "swing",
    )
)  # fmt: skip
BY_FOOT = re.compile(any_of("kick"))
HAND_USED = re.compile(
    rf"(?:both |{WHOSE} )*(?:left |right )?{ARM}s? (?!behind|folded|akimbo|hanging|resting|bent|pressed|drawn|pulled|"
    rf"on\b|(?:at|to|by) (?:{WHOSE} )?sides?\b)"
)
FOOT_USED = re.compile(rf"(?:{WHOSE} )?(?:left |right ){LEG}\b")
# "Raise the left hand and the right leg": each is raised.
_A_LIMB = rf"(?:(?:{WHOSE}) )?(?:left|right) (?:{ARM}|{LEG})"
LIFTED_BOTH = re.compile(
    rf"(?P<verb>{any_of('raise', 'lift')}) (?P<first>{_A_LIMB})(?P<up> up)? and (?P<second>{_A_LIMB})\b"
)
COUNT_ONLY = re.compile(r"(?:once|twice|thrice|\w+ times)$")
BOTH_SIDES = re.compile(rf"\b(?:left and (?:{WHOSE} )?right|right and (?:{WHOSE} )?left)(?= (?:{ARM}|{LEG}))")
POSED = (
    rf"(?:both |{WHOSE} |two |one |an? )*(?:left |right |other )?(?:{ARM}|{LEG})s? (?:(?:is|are) )?"
    r"(?:out|up|raised|held|lifted|stretched|outstretched|extended|spread|behind|on|above|over|overhead|"
    rf"in(?= (?:the air|front|{WHOSE}|an? ))|(?:to|at)(?! (?:the same|once|some|every|any|an? ))|high|"
    r"straight|reaching|pointing|waving|swinging|hanging|folded|akimbo|forward|wide|resting|drawn|bent|pulled|pressed)"
)
LINK = re.compile(
    rf"\s*,?\s*\b(?P<word>and then|then|and|while|whilst|but|with(?= {POSED}\b)|"
    r"as(?= (?:he|she|they|you|it|the (?:man|woman|person))\b))\b\s*|\s*(?P<alone>,)\s*"
)
# "up and down" is one way.
_WAYS = r"up|down|left|right|forth|back|forwards?|backwards?|over|again|to|fro|in|out|around|more|slowly|surely|faster"
PAIR = re.compile(rf"\b({_WAYS}|bow|hands) and (?=(?:{_WAYS}|arrow|(?:(?:his|her|their|the|your) )?knees)\b)")
TIED = "&"  # in place of an "and" that divides nothing


@lru_cache(maxsize=1024)
def asked(text: str) -> Asked:
    """What a sentence asks for that is done at once; no claims where nothing is understood."""
    plain = NO_MORE.sub("", " ".join(text.lower().strip(" .!?").split()))
    if not plain or IN_TIME.match(plain):
        return Asked((Clause("", plain),))
    clauses = _clauses(plain)
    words = " ".join(clause.words for clause in clauses)
    return Asked(
        tuple(
            Clause(clause.link, clause.words, _claims(Said(clause.words, words, number == 0, clause.link)))
            for number, clause in enumerate(clauses)
        )
    )


def _clauses(text: str) -> list[Clause]:
    """Clauses between links; what has no verb belongs to the clause before."""
    text = LIFTED_BOTH.sub(_each, text)
    text = PAIR.sub(rf"\1 {TIED} ", BOTH_SIDES.sub("both", ON_THE_SPOT.sub(" in place", text)))
    clauses: list[Clause] = []
    link, start = "", 0
    for found in [*LINK.finditer(text), None]:
        words = text[start : found.start() if found else len(text)].replace(TIED, "and").strip()
        if clauses and link == "and" and re.match(POSED, words):
            link = "with"  # another limb that is held some way
        if clauses and link == "with" and _uses(clauses[-1].words, words):
            last = clauses.pop()
            words, link = f"{last.words} with {words}", last.link
        elif len(clauses) > 1 and clauses[-1].link == "with" and COUNT_ONLY.match(words):
            # "Jump with the arms raised, twice": how often is told of the jump.
            clauses[-2] = replace(clauses[-2], words=f"{clauses[-2].words} {words}")
            words = ""
        told = any(word in verbs() for word in words.split()[:4])
        has_verb = told or re.match(POSED, words) or re.match(rf"(?:(?:both|{WHOSE}) )?palms?\b", words)
        needs_verb = words and clauses and not link.endswith("with") and not has_verb
        if needs_verb:
            last = clauses.pop()
            joint = link if link == "," else f" {link}"
            words, link = f"{last.words}{joint} {words}", last.link
        if words:  # nothing stands before the first "with" of "with both arms up, she walks"
            clauses.append(Clause(link, words))
        if found:
            link, start = found["word"] or found["alone"], found.end()
    return clauses


def _each(found: re.Match[str]) -> str:
    up = found["up"] or ""
    if len(set(re.findall(LEG, found[0]))) != 1 or re.search(ARM, found[0]) is None:
        return found[0]  # an arm and a leg; two of a kind are told otherwise
    return f"{found['verb']} {found['first']}{up} and {found['verb']} {found['second']}{up}"


def _uses(words: str, limb: str) -> bool:
    """Whether a limb behind "with" is what a clause does it with."""
    if BY_FOOT.search(words):
        return FOOT_USED.match(limb) is not None
    return BY_HAND.search(words) is not None and HAND_USED.match(limb) is not None


def _claims(said: Said) -> tuple[Claim, ...]:
    """At most one claim each of the whole body, the legs and the arms; the first is what is done, the others how."""
    still = arms.kept_still(said)
    words = ADVERB.sub("", WITHOUT.sub("", arms.KEPT_STILL.sub("", said.words) if still else said.words))
    words = SIMILE.sub("", words).strip()
    words = words if LIFTS_PALMS.search(words) else PALMS.sub("", words).strip()
    if REFUSED.search(words):
        return ()
    said = replace(said, words=words)
    # What moves the whole body is told first: "walks backwards while waving".
    found = (
        floor.claim(said) or body.claim(said) or ways.claim(said),
        legs.claim(said),
        still or arms.claim(said),
    )
    return tuple(claim for claim in found if claim is not None)
