"""What is said of the clip, as an edit: "the steps are too short" -> longer steps; "the arm hangs, raise it" -> raise it.

To carry out the words as they stand would be to do the opposite. CannotDo where a text only tells how the clip is.
"""

from __future__ import annotations

import re

from editing.language.clauses import CannotDo
from editing.language.lexicon import AS_ADJECTIVES, NOUNS
from editing.language.phrases import meaning
from editing.language.tokens import tokenise

# What is too much of one thing is to be more of the other.
TOO = {
    "far apart": "less far apart", "wide apart": "less far apart", "close together": "further apart",
    "far away from": "closer to", "far from": "closer to",
    "close to": "further away from", "near to": "further away from", "close": "further apart",
    "high up": "less high", "high": "less high", "low": "higher", "deeply": "less deeply", "deep": "less deep",
    "shallow": "deeper", "wide": "less wide", "narrow": "wider", "big": "smaller", "large": "smaller", "small": "bigger",
    "tiny": "bigger", "short": "longer", "long": "shorter", "much": "less", "strongly": "less", "hard": "less",
    "little": "more", "far": "less far", "fast": "slower", "quickly": "slower", "quick": "slower", "slowly": "faster",
    "slow": "faster", "early": "later", "soon": "later", "late": "earlier",
}  # fmt: skip
# "the kick is not high enough": it is to be higher.
ENOUGH = {
    "high": "higher", "low": "lower", "deep": "deeper", "wide": "wider", "far": "further", "fast": "faster",
    "slow": "slower", "long": "longer", "big": "bigger", "small": "smaller", "short": "shorter", "early": "earlier",
    "late": "later",
}  # fmt: skip
JOINT_STATES = {"bent": "bend {} less", "straight": "bend {}"}  # of what has joints: "the knees are too bent"
LOWERING = ("crouch", "bow", "lean", "kneel", "bend", "lower")  # too low a squat is too deep
LARGE = ("much", "far", "way", "a lot")
NOBODY = ("he", "she", "they", "the person", "there")
_NAMES = ("part", "side", "filler", "noun", "whole", "pronoun", "speed", "and")
_ADJECTIVE = "|".join(sorted(TOO, key=len, reverse=True))
_DEGREE = (
    r"(?:(?:just |still )?(?P<degree>much|far|way|a lot|a bit|a little|slightly|somewhat) |"
    r"(?:just|still|rather|quite) )?"
)
_TOO = re.compile(rf"\b{_DEGREE}too (?P<what>{_ADJECTIVE})\b")
_TOO_BENT = re.compile(rf"{_DEGREE}too (?P<what>{'|'.join(JOINT_STATES)})\b(?P<rest>.*)")
_THERE_IS = re.compile(rf"there (?:is|are) {_DEGREE}too (?P<how>much|many|big an?|little|few) (?P<what>.+)")
# "the left arm too": also. Elsewhere "too" says that something is wrong.
_ALSO = re.compile(
    r"\btoo(?=$|\s*[,;.:]| (?:and|but|then|at|in|on|from|with|while|when|by|before|after|during|until|for|to)\b)"
)
_NOT_ENOUGH = re.compile(rf"^(?P<who>[a-z ]+?) not (?P<what>{'|'.join(ENOUGH)}) enough\b")
_COPULA = re.compile(
    r"(?P<who>.+?) (?:(?:is|are|was|were|looks?|seems?|appears?|feels?)(?: (?:still|always))?) (?P<state>.+)"
)
_WELL = re.compile(
    r".+ (?:is|are|looks?|seems?) (?:fine|ok|okay|good|great|nice|alright|all right|correct|right)"
)
# "while the left arm is up": how limbs are is no time that is looked for.
_MEANWHILE = re.compile(
    r"\b(?:while|when|whenever|once|until|if|as soon as) (?P<who>[a-z ]+?) (?:is|are|was|were) \w+"
)
_IS_TOO = re.compile(rf"\b(?:is|are|was|were) {_DEGREE}too\b")
_TOO_PACED = re.compile(rf"(?:he|she|they|the person) \w+ {_DEGREE}too (?:fast|slow|slowly|quickly)")
_WANTED = re.compile(r"\b(?:should|must|shall|will|would|to be|need|needs)\b")
_JOINT = re.compile(
    r"(\s*[,;.:]\s*(?:(?:and|so|but|then|please)\s+)*|\s+(?:and then|and so|and|then|but|so)\s+)"
)
_OF_A_TIME = re.compile(
    r"(?:\b(?:make|do|play) |^)the (?P<time>end|start|beginning|middle)(?: is)?"
    r"(?P<how>(?: (?:a bit|much|a little|slightly))? (?:slower|faster|quicker|slow|fast))\b"
)


def as_orders(text: str) -> str:
    """The text without statements: what is too much turns into less, what is told before an order goes with it."""
    text = _NOT_ENOUGH.sub(_more, text)
    for match in _MEANWHILE.finditer(text):
        if any(item.kind == "part" for item in tokenise(match["who"])) and _is_subject(match["who"]):
            raise CannotDo(f"'{match[0]}' is no time that the rules can find: say it in seconds")
    pieces = _JOINT.split(text)
    clauses, joints = pieces[0::2], pieces[1::2]
    found: list[str] = []
    for place, clause in enumerate(clauses):
        told = _told(clause) or ("it" if _TOO_PACED.fullmatch(clause) else "")
        # "raise it, it is too low" tells why.
        why = bool(found) and told in ("it", "they", "that", "this") and _IS_TOO.search(clause) is not None
        if told and (why or _WELL.fullmatch(clause)):
            continue
        following = clauses[place + 1] if place + 1 < len(clauses) else ""
        if told and _orders_it(following) and "then" not in joints[place]:
            clauses[place + 1] = _of_that(following, told)
            joints[place] = joints[place - 1] if place else ""
            continue
        found.append((joints[place - 1] if found else "") + _as_order(clause))
    return _OF_A_TIME.sub(r"make it\g<how> at the \g<time>", "".join(found).strip(" ,"))


def _told(clause: str) -> str:
    """Who or what a clause tells something of; "" where it is no statement."""
    stated = _COPULA.match(clause)
    if stated is not None:
        return stated["who"] if _is_subject(stated["who"]) and not _WANTED.search(clause) else ""
    words = clause.split()
    for length in range(1, min(len(words), 5)):
        who, verb = " ".join(words[:length]), tokenise(" ".join(words[length:]))
        if verb and verb[0].kind == "verb" and _is_subject(who) and tokenise(who)[-1].kind == "part":
            plural = tokenise(who)[-1].form == "plural"
            return who if verb[0].form == ("" if plural else "s") and not _WANTED.search(clause) else ""
    return ""


def _is_subject(who: str) -> bool:
    """Are these only names: of a part, of an event, of the motion, of the person?"""
    items = tokenise(who)
    named = any(item.kind not in ("filler", "and") for item in items) or who in NOBODY
    event = any(item.kind == "noun" for item in items)  # "the kick with the left leg"
    return named and all(
        item.kind in _NAMES
        or event
        and (item.kind == "relation" and item.value == "with" or item.kind in ("direction", "time"))
        or item.kind == "verb"
        and item.form == "s"
        and item.value in NOUNS
        for item in items
    )


def _orders_it(clause: str) -> bool:
    """Does a clause tell what to do with what was told of: "raise it", "a bit longer", "speed it up"?"""
    items = meaning(tokenise(clause)) if clause else []
    if not items:
        return False
    if items[0].kind in ("compare", "degree"):
        return True
    about_it = items[0].value in ("hurry", "slow") or any(item.kind in ("pronoun", "whole") for item in items)
    return about_it and items[0].kind == "verb" and items[0].form == ""


def _of_that(clause: str, who: str) -> str:
    """An order with the part that its "it" stands for."""
    if tokenise(clause)[0].kind in ("compare", "degree"):
        return f"make {who} {clause}"
    named = {item.kind for item in tokenise(who)} & {"part", "noun", "verb"}
    return re.sub(r"\b(?:it|them)\b", who, clause, count=1) if named else clause


def _more(match: re.Match[str]) -> str:
    return f"make {match['who']} {ENOUGH[match['what']]}" if _is_subject(match["who"]) else match[0]


def _as_order(clause: str) -> str:
    """A clause with what is too much as what is to be less. CannotDo for a statement, and for "too" of the unknown."""
    there = _THERE_IS.fullmatch(clause)
    if there is not None:
        return f"make the {there['what']} {'bigger' if there['how'] in ('little', 'few') else 'smaller'}"
    stated = _COPULA.match(clause)
    if stated is not None and _told(clause):
        bent = _TOO_BENT.fullmatch(stated["state"])
        if bent is not None:
            order = JOINT_STATES[bent["what"]].format(stated["who"])
            return order + (_degree(bent["degree"]) if bent["what"] == "bent" else "") + bent["rest"]
        if _TOO.search(stated["state"]) is None:
            raise CannotDo(
                f"'{clause.strip()}' says how it is, not what to change: say what it should be, "
                "such as 'make it slower'"
            )
        clause = _commanded(stated["who"], stated["state"])
    elif stated is not None and _IS_TOO.search(clause) and (when := _time_named(stated["who"])):
        clause = f"make it {stated['state']} {when}"
    elif _IS_TOO.search(clause):
        raise CannotDo(
            f"what is too much in {clause.strip()!r} is not clear: say 'less', 'lower', 'slower', ..."
        )
    found = _TOO.sub(lambda match: _less(match, clause), clause)
    for place in re.finditer(r"\btoo\b", found):
        if not _ALSO.match(found, place.start()):
            wrong = found[place.start() :].strip()
            raise CannotDo(
                f"'{wrong}' says what is wrong, not what to do: say 'less', 'lower', 'slower', ..."
            )
    return found


def _less(match: re.Match[str], clause: str) -> str:
    """The other way of what is too much; behind "not" it is only not to be so much."""
    what = match["what"]
    if "not" in clause.split():
        if what not in AS_ADJECTIVES:
            raise CannotDo(f"'not too {what}' is not clear: say by how much")
        return f"so_{what}"
    lowers = any(item.kind in ("verb", "noun") and item.value in LOWERING for item in tokenise(clause))
    turned = "less deep" if what == "low" and lowers else TOO[what]
    return f"{_degree(match['degree'])} {turned}".strip()


def _time_named(who: str) -> str:
    """ "the end" and "the first second" as times; "" for anything else."""
    if who in ("the end", "the start", "the beginning", "the middle"):
        return f"at {who}"
    return who if all(item.kind in ("time", "filler") for item in tokenise(who)) else ""


def _degree(said: str | None) -> str:
    return "" if said is None else " much" if said in LARGE else " a bit"


def _commanded(who: str, state: str) -> str:
    """ "his arms" and "too far apart", "the knees" and "bent too much", as an order."""
    first = tokenise(state)[0]
    if first.kind == "verb" and first.form == "ed":
        return f"{first.value} {who} {state[len(first.text) :].strip()}"
    return f"{who} {state}" if first.kind == "verb" and first.form == "ing" else f"make {who} {state}"
