"""A sentence without what is not to be done and without what only asks for it: "No walking, I said run" -> "run".

A model that knows captions, which tell what is done, hears "walk" in "don't walk, run" and walks. Rules take out an
alternative that is refused ("instead of X", "not X but Y", "Y, not X"), words that ask ("can you please"), and digits
("2x" is "twice"); what is left out is said again (`dataset.left_out`) and rare words are put in plain ones
(`dataset.plain_words`). What only limits how something is done stays: "without moving the feet", "but don't bend the knees".
"""

from __future__ import annotations

import re

from dataset.features import swap_sides
from dataset.left_out import completed
from dataset.misspelt import respelled
from dataset.number_words import NUMBERS, times_said
from dataset.plain_words import plain_words
from dataset.procedural.toy_captions import conjugate
from dataset.short_forms import written_out
from dataset.turn_words import ASKING, PARTS, verbs

FRACTIONS = {"1/4": "quarter", "1/2": "half", "3/4": "three quarter"}
FRACTION = re.compile(r"(?<![\d/])(?:1/4|1/2|3/4)(?![\d/])")
# As many who learn the language count: "three time", "do five squat".
ONE_TOO_FEW = re.compile(rf"\b({'|'.join(NUMBERS[2:13])}) time\b(?! (?:step|around|zone))")
COUNTED_ONE = re.compile(
    rf"(?<=[a-z] )(?P<count>{'|'.join(NUMBERS[2:13])}) (?P<noun>jump|kick|squat|clap|punch|bow|hop|step|spin|lunge|nod|wave)"
    r"(?=$|[,;.]| (?:and|then|with|to|forward|back|in|on)\b)"
)
UNITS = {"m": "meters", "sec": "seconds", "secs": "seconds", "s": "seconds", "deg": "degrees"}
# Who says it: "I said run".
TOLD = re.compile(
    r"^(?:but |just |only )?(?:(?:i|we) (?:said|mean|meant|told you(?: to)?)|rather(?! than)|simply|just|only)"
    r"\s*[,:]?\s*(?=\w)"
)
ASKED_NEXT = re.compile(r"(\b(?:then|and|next)|[,.;])(?: please)? (?:can|could|would|will) you(?: please)?\b")
PLACE = re.compile(
    r"^(?:in|inside|outside|within|at|by|near|on|under|beside|behind) "
    r"(?:the|this|a|an|his|her|their|my|front of) [^,;.]{2,40},\s+(?=\w)"
)
ABOUT_MOTION = re.compile(
    rf"\b(?:{PARTS}|circles?|places?|line|spot|curve|arc|loop|ring|reverse|toes|motion|pace|time|way|count|air|beginning|end|"
    r"first|start|moment|row)\b"
)
_NEVER = (
    r"(?:do not|don't|does not|doesn't|did not|didn't|never|must not|should not|shouldn't|(?:is|are|was) not|isn't|aren't|"
    r"wasn't)"
)
_HE = r"(?:he|she|they|it|you|the \w+)"
APOSTROPHE = re.compile(r"\b(do|does|did|is|should)nt\b")
_STOP = r"(?=\s*(?:[,.;!]|$|\b(?:and )?then\b))"
LIMBS = re.compile(rf"\b(?:{PARTS.replace('|one|other|same|left|right', '')}|toes?|back|fingers?)\b")
# Actions that another one may be told beside; "move" or "turn" limit how something is done.
ACTIONS = (
    "walk", "run", "jog", "sprint", "jump", "hop", "leap", "kick", "punch", "wave", "clap", "sit", "kneel", "lie", "squat",
    "bow", "skip", "march", "crawl", "step", "crouch", "dance", "throw", "nod", "point", "stand",
)  # fmt: skip
FORMS = {form for verb in ACTIONS for form in (verb, conjugate(verb, "s"), conjugate(verb, "ing"))}
NAMED_BY = ("do", "do a", "do the", "strike a", "say", "give a")  # verbs that a name leaves out
ARTICLE_OR_PERSON = re.compile(
    r"(?:a|an|the|he|she|they|it|someone|somebody|you|i|we|one|both|his|her|their|your|my)\b"
)
BYE = re.compile(r"\bbye[- ]?bye\b")
UNWANTED = re.compile(
    r"^(?:(?:never mind|forget|skip)(?: about)? [^,;.]+|i (?:do not|don't) want [^,;.]+)[,;.]\s*(?:but )?(?=\w+ \w)"
)
NOT_ONLY = re.compile(r"\bnot (?:only|just|simply|merely|even|quite|too|very|far)\b|\bnothing but\b")
INSTEAD_FIRST = re.compile(
    rf"^(?:instead of|rather than) (?P<no>[^,;.]+?)(?:[,;]\s*| (?={_HE} \w|an? (?:person|man|woman)\b))(?P<yes>.+)$"
)
INSTEAD_LAST = re.compile(rf"[,;]?\s*\b(?:instead of|rather than|as opposed to) (?P<no>[^,;.]+?){_STOP}")
NOT_BUT = re.compile(
    rf"(?P<before>^|.*?[\s,])(?:(?P<be>is|are|was) not|(?P<isnt>isn't)|{_NEVER}|not) (?P<no>[^,;.]+?),? "
    r"but (?:rather |instead )?(?P<yes>.+)$"
)
REFUSED_FIRST = re.compile(
    rf"^(?:{_NEVER}|not|no|stop) (?:to )?(?P<no>[^,;.]+?)(?: please)?\s*[,;.!:]\s*(?P<yes>.+)$"
)
NEITHER = re.compile(r"^neither [^,;.]+? nor [^,;.]+?\s*[,;.]\s*(?:but )?(?P<yes>.+)$")
HE_DOES = re.compile(
    rf"^(?P<who>.+?) {_NEVER} (?P<no>[^,;.]+?)\s*[,;.]\s*(?:but )?(?:instead,? )?{_HE}"
    r"(?P<is>'s| is| are)? (?:should )?(?P<yes>.+)$"
)
REFUSED_LAST = re.compile(
    rf",?\s*(?:\b(?:and|but)\b\s*)?,?\s*(?:(?<=, ){_HE} )?\b(?:definitely )?(?P<how>{_NEVER}|not) (?P<no>[^,;.]+?){_STOP}"
)
SIDE = re.compile(
    r"^(?:with |to |on |using |over )?(?:the |his |her |their |your |my )?(?:left|right|other)"
    r"(?: (?:one|hand|arm|leg|foot|knee|fist|side))?$"
)
ARTICLE = re.compile(rf"^an? (?!.*\b(?:{PARTS})\b)\w")
WAY = re.compile(
    r"^(?:(?:in|into|at|to|towards?) (?:an?|the) .*|back(?:ward)?s?|forwards?|sideways|ahead|up|down|left|right|"
    r"fast|quickly|slowly|clockwise|counterclockwise)$"
)


# Who hurries and doesn't run walks quickly: "hurrying to catch a train, though not actually running".
HURRIES = re.compile(
    r"\b(?:hurr(?:y|ies|ying)|rush(?:es|ing)?|hasten(?:s|ing)?)\b(?P<where>.*?),? (?:(?:but|though|and|while|yet|without) )*"
    r"(?:(?:not|never|isn't|is not|doesn't|does not) )?(?:actually |really |quite |yet )?run(?:ning)?\b(?P<rest>.*)$"
)
WALKS = {
    "y": "walk",
    "s": "walks",
    "g": "walking",
    "h": "walk",
    "n": "walk",
}  # by the last letter of "hurries"


def _walks_quickly(found: re.Match[str]) -> str:
    if not re.search(r"\b(?:not|never|without|\w+n't)\b", found[0]):
        return found[0]
    verb = WALKS[found[0].split(" ")[0].strip(",")[-1]]
    return f"{verb} quickly{found['where']}{found['rest']}"


def said_plainly(text: str) -> str:
    """The sentence as captions tell it; as it was where no rule changes it."""
    typed = " ".join(text.strip().lower().split())
    plain = APOSTROPHE.sub(r"\1n't", respelled(written_out(typed)).replace("’", "'"))
    plain = re.sub(r"\s*\((not [^()]*)\)", r", \1", re.sub(r"^no, (?=not |don't |do not )", "", plain))
    plain = HURRIES.sub(_walks_quickly, UNWANTED.sub("", plain))
    told = completed(_numbers(_asked(_without_refused(_asked(plain)))))
    told = _done(told) or plain_words(told)
    return told if told and told != typed.rstrip(".") else text


def _done(text: str) -> str | None:
    """What is done, where the sentence is only its name: "tree pose", "bye bye with the left hand"; None for others."""
    first = text.split(" ")[0].strip(",.;:!") if text else ""
    if first in verbs() or ARTICLE_OR_PERSON.match(text) or len(text.split()) > 6:
        return None
    for verb in NAMED_BY:
        named = f"{verb} {BYE.sub('bye', text)}"
        plain = plain_words(named)
        if plain != named and not plain.startswith(f"{verb} "):
            return plain
    return None


def _asked(text: str) -> str:
    """Without what asks for a motion, and without the place where it is done."""
    if (place := PLACE.match(text)) and not ABOUT_MOTION.search(place[0]):
        text = text[place.end() :]
    text = re.sub(r",?\s*\bplease(?=\s*[.!?]*$)", "", ASKING.sub("", text))
    text = ASKED_NEXT.sub(r"\1", text.replace("?", ".").removesuffix("."))
    return TOLD.sub("", text).strip()


def _without_refused(text: str) -> str:
    if NOT_ONLY.search(text):
        return text
    if (found := INSTEAD_FIRST.match(text)) and _acts(found["yes"]):
        return found["yes"]
    if (found := INSTEAD_LAST.search(text)) and _acts(text[: found.start()]):
        return text[: found.start()] + text[found.end() :]
    if found := NOT_BUT.match(text):
        before, yes = found["before"].rstrip(" ,"), _plain_yes(found["yes"])
        if found["be"] or found["isnt"]:
            before = f"{before} {found['be'] or 'is'}"
        elliptic = not _begins_with_verb(yes)
        # "kicks not with the left but with the right" has its verb before; "never kick with the left but ..." has none left.
        names = ARTICLE.match(yes) and ARTICLE.match(found["no"])
        if (
            _begins_with_verb(yes)
            or names
            or (elliptic and _acts(before) and not _begins_with_verb(found["no"]))
        ):
            return f"{before} {yes}".strip()
    if (found := NEITHER.match(text)) and _begins_with_verb(_plain_yes(found["yes"])):
        return _plain_yes(found["yes"])
    if (found := REFUSED_FIRST.match(text)) and not LIMBS.search(found["no"]):
        yes = _plain_yes(found["yes"])
        names = ARTICLE.match(yes) and ARTICLE.match(found["no"])
        if names or (_is_alternative(found["no"]) and _begins_with_verb(yes)):
            return yes
    if (
        (found := HE_DOES.match(text))
        and _is_alternative(found["no"])
        and _begins_with_verb(_plain_yes(found["yes"]))
    ):
        return f"{found['who']}{' is' if found['is'] else ''} {_plain_yes(found['yes'])}"
    if (found := REFUSED_LAST.search(text)) and _acts(text[: found.start()]):
        refused = found["no"]
        is_side = found["how"] == "not" and any(kind.match(refused) for kind in (SIDE, WAY, ARTICLE))
        if is_side or (_is_alternative(refused) and not LIMBS.search(refused)):
            left = text[: found.start()] + text[found.end() :]
            # Who waves, but not with the right hand, waves with the left.
            if (
                LIMBS.search(refused)
                and refused.startswith("with ")
                and not re.search(r"\b(?:left|right|both)\b", left)
            ):
                return f"{left} {swap_sides(refused)}"
            return left
    return text


def _plain_yes(text: str) -> str:
    return TOLD.sub("", text.strip(" ,"))


def _is_alternative(words: str) -> bool:
    """Whether words name another action, and not how far or in which way something is done."""
    return words.split(" ")[0] in FORMS and not re.search(
        r"\b(?:up|away|any|again|over|out|through|into)\b", words
    )


def _begins_with_verb(text: str) -> bool:
    words = re.findall(r"[\w'-]+", text)
    return any(word in verbs() for word in words[: 2 if words and words[0].endswith("ly") else 1])


def _acts(text: str) -> bool:
    return any(word.strip(",.;!") in verbs() for word in text.split())


def _numbers(text: str) -> str:
    """Small numbers in words, as captions have them: "jump 2x" is "jump twice", "3m" is "three meters"."""
    text = FRACTION.sub(lambda found: FRACTIONS[found[0]], text)
    text = re.sub(r"(\d)\s?(m|secs?|s|deg)\b", lambda m: f"{m[1]} {UNITS[m[2]]}", text)
    text = re.sub(r"(\d)\s?°", r"\1 degrees", text)
    text = re.sub(r"\b(?:x ?([1-9])|([1-9]) ?x|([1-9]) times)\b", _times, text)
    text = re.sub(
        r"(?<![\d.,/])\b(1?[1-9]|[12]0)\b(?![.,/]?\d|[.):] | ?o'clock)", lambda m: NUMBERS[int(m[1])], text
    )
    text = ONE_TOO_FEW.sub(r"\1 times", text)
    return COUNTED_ONE.sub(lambda m: f"{m['count']} {conjugate(m['noun'], 's')}", text)


def _times(found: re.Match[str]) -> str:
    count = int(next(group for group in found.groups() if group))
    return times_said(count)
