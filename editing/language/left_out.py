"""What is to go, to stay, or not to be done, said in other words than "don't": "remove the jump", "without the wave"."""

from __future__ import annotations

import re

from editing.language.lexicon import NOUNS
from editing.language.phrases import meaning
from editing.language.tokens import tokenise
from editing.language.vocabulary import inflections

_EVENT = "|".join(noun for noun in NOUNS if noun != "pause")
_LEFT_OUT = re.compile(
    r"(?P<before>^|.*?\s)(?P<how>stop|quit|cease|avoid|remove|delete|skip|cut(?: out)?|leave out|drop|omit|take out|"
    r"get rid of|without)\s+(?:(?:doing|making|all(?: of)?)\s+)?"
    r"(?P<the>(?:the|an?|any|his|her|their|your|its|that|this)\s+)?"
    rf"(?:(?P<swing>(?P<side>(?:left|right) )?arm swings?)|(?P<event>{_EVENT})(?:e?s)?|(?P<doing>[a-z]+ing))\b"
    r"(?: (?:motion|movement))?"
)
_MEANWHILE = re.compile(
    r"^(?:do|play|perform) (?:it|the same(?: thing)?|everything|the (?:whole )?(?:motion|movement|clip)),? "
)
_GOING_ON = ("stop", "quit", "cease", "avoid", "without")  # "stop waving" is known as it is
_WHO = r"(?:(?:the|your|his|her|their|both|other) )*(?:(?:left|right) )?(?:\w+)"
_NOT_CHANGED = re.compile(
    rf"(?:(?:^|,|\s(?:and|but|while)) ?)+(?:(?:keep|keeping|leave|leaving|with) )?{_WHO} "
    r"(?:(?:exactly |just )?(?:where|as|how|like) (?:it is|they are|it was|they were)|unchanged|untouched)"
    r"(?: and\b)?(?=$|,| )"
)
_ALL_ELSE = re.compile(
    r"(?:,| and|, and) (?:(?:leave|keep) )?(?:everything|all|anything) else"
    r"(?: (?:stays|remains|is) (?:the same|unchanged|as it is)| unchanged| untouched| the same| alone| as it is)?$|"
    r" without (?:moving|changing|touching) anything else$"
)
_KEPT_THERE = re.compile(
    r"(?:,| and|, and) (?:then )?(?:keep|hold|leave) (?:it|them) "
    r"(?:there|like that|that way|so|in (?:that|this) (?:pose|position))"
    r"(?: (?:throughout|until the end|for the rest(?: of the (?:clip|motion|time))?))?(?=$|,| and| then)"
)
# It is the time that is the only one, not the arm: "raise the left arm only at the end".
_ONLY_THEN = re.compile(
    r"\b(?:but )?(?:only|just) (?=(?:at|in|during|from|between|until|after|before|within|while|when|for) "
    r"(?:the|\d|one|two|half|a|you|he|it)\b)"
)
_NOT_THAT_BUT = re.compile(r"^not (?P<verb>[a-z]+) (?P<one>[^,]+?),? but (?P<two>.+)$")
_NOT_THIS_SIDE = re.compile(
    r"^not (?P<verb>turn|look|lean|step|go|walk) (?P<one>(?:to the )?(?:left|right))(?:,? but|,) (?:(?P=verb) )?"
    r"(?P<two>(?:to the )?(?:left|right))$"
)
_NOT_BUT = re.compile(r"\bnot (?P<only>only )?(?P<what>[^,]+?),? but (?:also |rather |instead )?")


def without_events(text: str) -> str:
    """ "remove the jump", "stop the wave": no jump, no wave; "walk without the turn": without turning."""
    match = _LEFT_OUT.match(text)
    if match is None or "not" in match["before"].split():
        return text
    doing = match["doing"]
    if doing and (tokenise(doing)[-1].kind != "verb" or match["how"] in _GOING_ON and not match["the"]):
        return text
    before, rest = _MEANWHILE.sub("", match["before"]).strip(" ,"), text[match.end() :]
    arms = f" the {match['side']}arm" if match["side"] else " the arms"
    if match["how"] == "without":
        gerund = f"swinging{arms}" if match["swing"] else doing or inflections(match["event"])[2][1]
        return f"{before} without {gerund}{rest}".strip()
    if match["how"] in ("stop", "quit", "cease"):
        rest = re.sub(r"^ at (?=[\w.]+ ?(?:s|secs?|seconds?)\b)", " from ", rest)
    if before and before not in ("and", "then") and not before.endswith((" and", " then", " but")):
        before += ","
    denied = f"not swing{arms}" if match["swing"] else f"no {doing or match['event']}"
    return f"{before} {denied}{rest}".strip()


def without_unchanged(text: str) -> str:
    """ "bend the knees, arms unchanged": what isn't named isn't changed anyhow."""
    return _NOT_CHANGED.sub("", _ALL_ELSE.sub("", text)).strip(" ,")


def kept_there(text: str) -> str:
    """ "lower the arms and keep them there": they are down throughout, or from the time on that was said."""
    match = _KEPT_THERE.search(text)
    if match is None:
        return text
    before, after = text[: match.start()], text[match.end() :]
    begins = re.sub(r"\bat (?=[\w.]+(?: a)? ?(?:s|secs?|seconds?)\b)", "from ", before)
    timed = any(item.kind == "time" for item in tokenise(before))
    return f"{begins}{'' if timed else ' throughout'}{after}"


def one_of_two(text: str) -> str:
    """ "not at the end but at the start" is at the start, "not only the left but also the right arm" is both."""
    text = _NOT_THIS_SIDE.sub(r"\g<verb> \g<two> instead of \g<one>", _ONLY_THEN.sub("", text))
    text = _the_other_one(text)
    match = _NOT_BUT.search(text)
    if match is None or match["what"].startswith("too "):
        return text
    items = meaning(tokenise(match["what"]))
    told = ("verb", "noun", "unknown", "as", "compare", "degree")
    if not items or any(item.kind in told for item in items):
        return text
    before, after = text[: match.start()], text[match.end() :]
    if match["only"]:
        return f"{before}{match['what']} and {after}"
    named = any(item.kind == "part" for item in tokenise(after)[:4])
    alike = named or not any(item.kind == "part" for item in items)
    return before + after if alike else text  # "use not the right hand but the left"


def _the_other_one(text: str) -> str:
    """ "don't raise the left arm but the right" is to raise the right arm."""
    match = _NOT_THAT_BUT.match(text)
    if match is None:
        return text
    one, two = meaning(tokenise(match["one"])), meaning(tokenise(match["two"]))[:3]
    names = ("side", "part")
    if not one or not two or any(item.kind not in names for item in (*one, two[0])):
        return text
    if any(item.kind == "part" for item in two):
        return f"{match['verb']} {match['two']}"
    part = next((item.text for item in one if item.kind == "part"), "")
    return f"{match['verb']} {match['two'].removesuffix(' one')} {part}"
