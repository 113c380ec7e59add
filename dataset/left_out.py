"""What a sentence leaves out, said again: "raise the left arm and lower the other" lowers "the right arm".

Captions name what moves, and as what somebody does: "the left hand is raised, then lowered" becomes "raise the left hand,
then lower the left hand". What parts that follow one another leave out is also `dataset.told_in_turn`'s.
"""

from __future__ import annotations

import re
from functools import cache

from dataset.turn_words import AFTER_A_PART, OPPOSITE, SIDED, forms_of, verbs

LIMB = (
    r"(?:(?:the|his|her|their|your|one|both)(?: (?:left|right|other))?|both of (?:the|his|her|their)) "
    r"(?:arms?|hands?|legs?|foot|feet|knees?|elbows?|fists?|heels?|heads?)"
)
PARTICIPLES = {
    "taken": "take", "thrown": "throw", "drawn": "draw", "shaken": "shake", "given": "give", "put": "put", "kept": "keep",
}  # fmt: skip
PASSIVE = re.compile(
    rf"^(?P<limb>{LIMB}) (?:is|are|gets?|should be|has to be|must be) (?P<how>(?:\w+ly|then|first|being) )?"
    r"(?P<verb>\w+)\b(?P<rest>.*)$"
)
NEXT = re.compile(
    r"(?P<link>,?(?: (?:and|then|before|after)\b)+)(?: (?:it|they)(?: is| are|'s|'re))?(?: being| is| are| gets?)? "
    r"(?P<how>\w+ly )?(?P<verb>\w+)\b"
)
_GO = r"(?:goes|go|comes|come|moves|move|gets|get|shoots|swings|floats)"
MOVES = (
    (rf"{_GO} (?:straight |right |back |slowly |quickly )*up|rises|rise|is up", "raise {}"),
    (rf"{_GO} (?:straight |right |back |slowly |quickly )*down|drops|drop|sinks|sink|falls", "lower {}"),
    (r"(?:leaves|leave|comes off|lifts off) the (?:ground|floor)", "lift {} off the ground"),
    (r"up(?= (?:in|into) the air\b)|up(?=[,;.]|$)", "raise {}"),
    (r"down(?=[,;.]|$)", "lower {}"),
)
_MOVES = "|".join(kind for kind, _ in MOVES)
MOVED = re.compile(
    r"(?P<link>(?:^|(?<=, )|(?<=; )|(?<=\bthen )|(?<=\band )|(?<=\bfirst ))(?:first |then |and |next )?)"
    r"(?P<limb>(?:(?:the|his|her|their|your|one|both)(?: (?:left|right))?|left|right) "
    r"(?:arms?|hands?|legs?|foot|feet|knees?)|arms|hands) "
    rf"(?P<move>{_MOVES})(?![\w-])"
)
# "right punch, left kick" as what is done.
BLOW = re.compile(
    r"(?P<start>^|, |; |\bthen |\band |\bfollowed by |\bnext |\bfinally )(?:an? |one )?(?P<side>left|right) "
    r"(?:(?P<limb>hand|arm|leg|foot|knee) )?(?P<kind>punch|jab|hook|kick|wave|step|raise|lift|turn)"
    r"(?=[,;.]|$| and | then | followed by | next | finally )"
)
# "Throws one straight left".
STRAIGHT = re.compile(
    r"\b(?P<does>throw|give|land|do|deliver)(?P<form>s|es|ing)? (?:an? |one |the )?(?:\w+ )?straight (?P<side>left|right)"
    r"(?= |$|[,;.])(?! (?:hand|arm|leg|foot|punch|jab|kick))"
)
BLOWS = {
    "punch": "punch with the {} hand", "jab": "punch with the {} hand", "hook": "punch with the {} hand",
    "kick": "kick with the {} leg", "wave": "wave with the {} hand", "step": "step forward with the {} foot",
    "turn": "turn to the {}",
}  # fmt: skip
# "kick with left": the limb that the verb is done with.
WITH_SIDE = re.compile(
    r"(?P<does>\b(?P<verb>kick|wav|punch|jab|throw|toss|point|salut|drink|slap|knock)(?:e|es|s|ing)?\b(?: \w+){0,3}? "
    r"(?:with|using)) "
    r"(?:(?:the|his|her|their|your|my) )?(?P<side>left|right)(?=[,;.]|$| and | then | again| too)"
)
DOWN_AGAIN = re.compile(
    rf"(?P<up>\b(?:raise|lift)(?:s|ing)? (?P<limb>{LIMB})(?:,? (?:and|then))+ )(?:back )?down(?: again)?(?![\w-])"
)
BOTH_MOVE = re.compile(r"(?<![\w-])both (?:come|go|move|drop|sink)s? (?:back )?(?P<way>down|up)\b")
LIMBS = re.compile(r"\b(?P<kind>arm|hand|leg)s?\b")
DIRECTIONS = ("to ", "at ", "over ", "of ", "by ")  # "to the right" is no hand
STANDS = re.compile(
    r"\b(?:stand|balanc|hop|jump|bounc|land|kneel|weight|perch|leap|stay|rest)\w*(?: (?!(?:and|at|then)\b)[\w'-]+)*\s*$"
)
STATE = re.compile(
    r"[,.;]| (?:while|whilst|bent|raised|lifted|extended|stretched|straight|held|lowered|still|hanging|resting|stays?|"
    r"remains?|goes|comes|moves|is|at|on|behind|beside|outstretched)\b"
)


# "Raises the left and then the right arm".
PART_BEHIND = re.compile(
    r"\b(?:first )?(?P<first>(?:the|his|her|their|your) (?:left|right|one))"
    r"(?P<link>,? (?:and )?(?:then|afterwards|followed by|before|after) )"
    r"(?P<second>(?:the|his|her|their|your) (?:left|right|other) (?P<part>arm|hand|leg|foot|knee|fist|elbow))\b"
)
FIRST_LIMB = re.compile(
    r"\bfirst (?=(?:with )?(?:the|his|her|their|your) (?:left|right) (?:arm|hand|leg|foot|knee|fist|elbow)\b)"
)
# As other languages order it: "kick with leg right".
SIDE_BEHIND = re.compile(
    r"(?P<before>\b(?:with|raise|lift|wave|use|move|kick|punch|lower|stretch)(?:s|es)? )"
    r"(?P<part>arm|hand|leg|foot|knee|fist) (?P<side>left|right)\b(?! (?:arm|hand|leg|foot|knee|fist|side))"
)
RISES_AN_ARM = re.compile(rf"\brise(?P<form>s?) (?={LIMB})")


def completed(text: str) -> str:
    """A sentence in lower case with what it leaves out; as it was where it leaves out nothing that is known."""
    text = RISES_AN_ARM.sub(r"raise\g<form> ", SIDE_BEHIND.sub(r"\g<before>the \g<side> \g<part>", text))
    text = STRAIGHT.sub(_straight, text)
    text = PART_BEHIND.sub(r"\g<first> \g<part>\g<link>\g<second>", text)
    return _with_parts(_moved(_active(FIRST_LIMB.sub("", text))))


def _straight(found: re.Match[str]) -> str:
    form = {"s": "es", "es": "es", "ing": "ing"}.get(found["form"] or "", "")
    return f"punch{form} with the {found['side']} hand"


def _with_parts(text: str) -> str:
    """Sides with the part of the body that was named before: "on the left leg with the right bent"."""
    out, done, last = "", 0, ""
    parts: dict[str, str] = {}  # by the word in front: "with the right hand ... with the left"
    sides: dict[str, str] = {}  # that were named, by part
    for found in SIDED.finditer(text):
        said, own, link = found["side"], found["part"] or "", found["link"] or ""
        bare = own in ("", " one")
        part = parts.get(link, last) if bare else own
        new = OPPOSITE[sides[part]] if said == "other" and part in sides else said
        behind = text[found.end() :]
        means_a_part = link not in DIRECTIONS and (
            link != "on " or (part in (" leg", " foot") and STANDS.search(text[: found.start()]))
        )
        filled = (
            bare
            and found["whose"]
            and part
            and means_a_part
            and (AFTER_A_PART.match(behind) or STATE.match(behind) or _does(behind))
        )
        if filled or (not bare and new != said):
            out += f"{text[done : found.start()]}{link}{found['whose'] or ''}{new}{part}"
            done = found.end()
        if not bare and own != " side":
            parts[link], last = own, own
            if new in OPPOSITE:
                sides[part] = new
    return out + text[done:]


def _does(text: str) -> bool:
    """Whether words begin with what somebody, or a limb, does."""
    return verbs().get(text.strip().split(" ")[0], "they") != "they"


def _active(text: str) -> str:
    """A sentence whose subject is a limb that something is done to, as what somebody does."""
    first = PASSIVE.match(text)
    if first is None or first["verb"] not in _participles():
        return text
    limb, how = first["limb"], (first["how"] or "").removeprefix("being ")

    def told(found: re.Match[str]) -> str:
        if found["verb"] not in _participles():
            return found[0]
        return f"{found['link']} {found['how'] or ''}{_participles()[found['verb']]} {limb}"

    return f"{how}{_participles()[first['verb']]} {limb}{NEXT.sub(told, first['rest'])}"


def _moved(text: str) -> str:
    """Limbs that move by themselves, as what somebody does: "left arm goes up" is "raise the left arm"."""

    def told(found: re.Match[str]) -> str:
        limb = found["limb"]
        if found["move"] == "down" and not re.search(r"\b(?:up|raise|lift)", text[: found.start()]):
            return found[0]  # how they are held, "walk ahead, both hands down"
        if not re.match(r"(?:the|his|her|their|your|one|both)\b", limb):
            limb = f"the {limb}"
        plain = next(plain for kind, plain in MOVES if re.fullmatch(kind, found["move"]))
        return f"{found['link']}{plain.format(limb)}"

    text = WITH_SIDE.sub(_with_limb, BLOW.sub(_blow, text))
    text = DOWN_AGAIN.sub(r"\g<up>lower \g<limb>", MOVED.sub(told, text))
    if (both := BOTH_MOVE.search(text)) and (named := list(LIMBS.finditer(text[: both.start()]))):
        verb = "raise" if both["way"] == "up" else "lower"
        text = f"{text[: both.start()]}{verb} both {named[-1]['kind']}s{text[both.end() :]}"
    return text


def _with_limb(found: re.Match[str]) -> str:
    limb = "leg" if found["verb"].startswith("kick") else "hand"
    return f"{found['does']} the {found['side']} {limb}"


def _blow(found: re.Match[str]) -> str:
    limb = found["limb"] or "arm"
    said = BLOWS.get(found["kind"], f"raise the {{}} {limb}")
    return f"{found['start']}{said.format(found['side'])}"


@cache
def _participles() -> dict[str, str]:
    """Participles and their verbs, of all that can be done."""
    known = {forms_of(verb)[3]: verb for verb, form in verbs().items() if form == "they"}
    return known | PARTICIPLES
