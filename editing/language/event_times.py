"""Times that something in the clip gives: "before the turn", "while jumping", "after he squats"."""

from __future__ import annotations

import re

from editing.language.lexicon import LIGHT, VERBS
from editing.spans import Span

_SIDE = r"(?: (?:to |toward )?(?:the |your |his |her )?(?:left|right))?"
# Event -> how its verb is said; nouns are the base forms.
_FORMS = {
    "walk": r"(?:walk|walks|walking)(?: forwards?| backwards?| away)?",
    "run": r"(?:run|runs|running|jog|jogs|jogging)",
    "turn": rf"(?:turn|turns|turning|rotate|rotates|rotating)(?: around| round)?{_SIDE}",
    "jump": r"(?:jump|jumps|jumping|hop|hops|hopping|leap|leaps|leaping)(?: up)?",
    "squat": r"(?:squat|squats|squatting|crouch|crouches|crouching)(?: down)?",
    "sit": r"(?:sit|sits|sitting)(?: down)?",
    "kneel": r"(?:kneel|kneels|kneeling)(?: down)?",
    "bow": r"(?:bow|bows|bowing|(?:bend|bends|bending)(?: over| down))(?: down)?",
    "wave": r"(?:wave|waves|waving)",
    "raise": r"(?:raise|raising)",
    "punch": r"(?:punch|punches|punching)",
    "throw": r"(?:throw|throws|throwing)",
    "clap": r"(?:clap|claps|clapping)",
    "kick": r"(?:kick|kicks|kicking)",
}
_WHEN = {"before": "before", "after": "after", "once": "after"}
_EVENT = re.compile(
    r"(?P<when>before|after|once|while|when|whenever|during|as soon as|as)\s+"
    r"(?:(?:the person|he|she|they|you|it)\s+(?:is\s+|are\s+|has\s+|have\s+)?)?"
    r"(?:(?:doing|making|taking|performing|finishing)\s+)?(?:(?:the|a|your|his|her|their|every|each)\s+)?"
    rf"(?:{'|'.join(f'(?P<{event}>{form})' for event, form in _FORMS.items())})(?!\w)"
)
_ENDS = re.compile(r"\s*(?:$|,|and\b|then\b|but\b|for\b)")
# In front of everything a time needs no comma: "after the turn raise both hands".
_VERB_FOLLOWS = re.compile(
    rf"\s+(?:{'|'.join(phrase for phrases in VERBS.values() for phrase in phrases.split('|'))}|{LIGHT})\b"
)
# "walk with the arms raised", "... while walking": the rules take these as what goes on all along.
_GOES_ON = ("walk", "run")


def sided_event(text: str) -> str:
    """A time told by a turn to one side, "when he turns left": whether it turns there is not looked at; "" for none."""
    for match in _EVENT.finditer(text):
        if re.search(r"\b(?:left|right)$", match[0]) and re.search(r"(?:^|\s)$", text[: match.start()]):
            return match[0]
    return ""


def match_event(text: str, at: int) -> tuple[int, Span] | None:
    """A time told by an event that starts at a position of a text: its end, and its span."""
    match = _EVENT.match(text, at)
    if match is None:
        return None
    if not _ENDS.match(text, match.end()) and not (at == 0 and _VERB_FOLLOWS.match(text, match.end())):
        return None
    if re.search(r"\b(?:left|right)$", match[0]):
        return None  # which way it turns there is not looked at
    event = next(name for name in _FORMS if match[name] is not None)
    when = _WHEN.get(match["when"], "during")
    if event == "raise" or when == "during" and event in _GOES_ON:
        return None
    return match.end(), Span(event=event, when=when)
