"""What people type in short, written out: "kick w/ left", "combo: right punch", "up from the chair"."""

from __future__ import annotations

import re

# "Generate a motion: ", "combo: ".
_CALLED = (
    r"(?:(?:generate|animate|create|make|do) )?(?:(?:an?|the) )?(?:\w+ )?"
    r"(?:combo|exercise|motion|action|move|pose|animation|prompt|clip|animate|movement)"
)
_SIDED = r"[. ]+(?:arm|hand|leg|foot|knee|fist|elbow|kick|punch|turn|side|step)"
WRITTEN_OUT = tuple(
    (re.compile(rf"(?<![\w-]){short}(?![\w-])"), word)
    for short, word in (
        ("w/o", "without"), ("w/", "with"), ("&", "and"), ("ur", "your"), ("u", "you"), ("thru", "through"),
        ("fwd", "forward"), ("(?:bkwd|backwd|bwd|bkwds)", "backward"), ("cw", "clockwise"), ("ccw", "counterclockwise"),
        ("lt", "left"), ("rt", "right"), (f"l(?={_SIDED})", "left"), (f"r(?={_SIDED})", "right"),
        ("(?<=turn )l", "left"), ("(?<=turn )r", "right"), ("(?<=sidestep )l", "left"), ("(?<=sidestep )r", "right"),
        ("pls", "please"), ("plz", "please"), ("an(?= (?:go|walk|run|jump|turn|sit|wave|stand|step|kick|then)\\b)", "and"),
        ("were(?= (?:you|he|she|they|u) (?:came?|started|began|stood)\\b)", "where"), (f"{_CALLED}:", ""),
    )
)  # fmt: skip
# Places that somebody gets up from, or down on.
GET = re.compile(r"^(?=up (?:from|off|out) |down on |on(?:to)? (?:your|his|her|the|their) knees\b)")
ON_SIDE = re.compile(
    r"\b(?P<how>(?:stand|balanc|hop|jump|bounc)\w* (?:\w+ |\w+ times )?on )(?:just |only )?(?:the )?(?P<side>left|right)"
    r"(?=[,;.]|$| and | with | then | (?:\w+ times|twice|thrice|once)\b)"
)
# "Jumps right up", "right now": no side. "Turns right up the stairs" is one.
_NO_SIDE = r"(?:up|down|back(?! (?:arm|hand|leg|foot))|around|round|along|ahead|forwards?|over|through|into)"
STRAIGHT = re.compile(
    rf"(?<!the )(?<!his )(?<!her )(?<!their )(?<!your )(?<!to )(?<!with )(?<!on )(?<!left )(?<!and )\bright (?={_NO_SIDE}\b)"
)
TURNS_RIGHT = re.compile(
    r"\b(?:turn|look|fac|go|step|mov|lean|head|point|walk|spin|rotat|pivot|bend|run|jog|shuffl|slid|swerv|veer)"
    r"(?:e|es|s|ing|ed|d)? $"
)
AT_ONCE_THERE = re.compile(r"right (?:back|round|ahead|around(?! (?:the|an?)\b))\b")
# Now, or in this place.
RIGHT_NOW = re.compile(r",? ?(?<!the )(?<!to )\bright (?:now|here|there|away(?! from))\b(?:, (?!then|and))?")


def _without_right(found: re.Match[str]) -> str:
    """Nothing, but "right" where somebody turns or goes that way."""
    goes = TURNS_RIGHT.search(found.string[: found.start()])
    return found[0] if goes and not AT_ONCE_THERE.match(found.string[found.start() :]) else ""


def written_out(text: str) -> str:
    """A sentence in lower case, what it abbreviates written out."""
    text = re.sub(r"_([lr])(?![a-z])", lambda side: {"l": " left", "r": " right"}[side[1]], text).replace(
        "_", " "
    )
    for short, word in WRITTEN_OUT:
        text = short.sub(word, text)
    text = STRAIGHT.sub(_without_right, RIGHT_NOW.sub("", text).strip())
    return GET.sub("get ", ON_SIDE.sub(r"\g<how>the \g<side> leg", text.strip()))
