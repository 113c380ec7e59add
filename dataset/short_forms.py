"""What people type in short, written out: "kick w/ left", "combo: right punch", "up from the chair"."""

from __future__ import annotations

import re

_SIDED = r"[. ]+(?:arm|hand|leg|foot|knee|fist|elbow|kick|punch|turn|side|step)"
WRITTEN_OUT = tuple(
    (re.compile(rf"(?<![\w-]){short}(?![\w-])"), word)
    for short, word in (
        ("w/o", "without"), ("w/", "with"), ("&", "and"), ("ur", "your"), ("u", "you"), ("thru", "through"),
        ("fwd", "forward"), ("(?:bkwd|backwd|bwd|bkwds)", "backward"), ("cw", "clockwise"), ("ccw", "counterclockwise"),
        ("lt", "left"), ("rt", "right"), (f"l(?={_SIDED})", "left"), (f"r(?={_SIDED})", "right"),
        ("(?<=turn )l", "left"), ("(?<=turn )r", "right"), ("(?<=sidestep )l", "left"), ("(?<=sidestep )r", "right"),
        ("pls", "please"), ("plz", "please"), ("(?:combo|exercise|motion|action|move|pose):", ""),
    )
)  # fmt: skip
# Places that somebody gets up from, or down on.
GET = re.compile(r"^(?=up (?:from|off|out) |down on |on(?:to)? (?:your|his|her|the|their) knees\b)")
ON_SIDE = re.compile(
    r"\b(?P<how>(?:stand|balanc|hop|jump)\w* (?:\w+ )?on (?:just |only )?)(?P<side>left|right)"
    r"(?=[,;.]|$| and | with )"
)


def written_out(text: str) -> str:
    """A sentence in lower case, what it abbreviates written out."""
    for short, word in WRITTEN_OUT:
        text = short.sub(word, text)
    return GET.sub("get ", ON_SIDE.sub(r"\g<how>the \g<side> leg", text.strip()))
