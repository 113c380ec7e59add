"""A normalised text in the words that the rules take: what it says in a roundabout way, said straight.

CannotDo where that can't be done: a time or a limit that the rules don't have, a text that orders nothing.
"""

from __future__ import annotations

import re

from editing.language.clauses import CannotDo
from editing.language.event_times import match_event, sided_event
from editing.language.everyday import refuse_talk
from editing.language.left_out import kept_there, one_of_two, without_events, without_unchanged
from editing.language.statements import as_orders

_WAYS = ("the", "to", "turn", "look", "step", "lean", "walk", "face", "bend")  # "turn right before the jump"
_BEHIND_A_WAY = "".join(f"(?<!{word} )" for word in _WAYS)
_NEAR_A_TIME = re.compile(
    rf"{_BEHIND_A_WAY}\b(?P<how>right|just|shortly|immediately|directly|"
    r"(?:[\w.]+|half an?) ?(?:s|secs?|seconds?)) (?P<when>(?:before|after) )"
)
_LIMIT = re.compile(
    r"\b(?:at least|at most|(?:no|not) more than|no less than|max(?:imum)?) (?:by )?"
    r"(?P<amount>[\d.]+ ?(?:cm|m|met(?:er|re)s?|deg|degrees?|°))(?!\w)"
)


def reworded(text: str) -> str:
    """The text as an edit. CannotDo where it isn't one."""
    refuse_talk(text)
    _refuse_limits(text)
    text = one_of_two(without_events(kept_there(without_unchanged(text))))
    return as_orders(_with_plain_times(text))


def _refuse_limits(text: str) -> None:
    limit = _LIMIT.search(text)
    if limit is not None and "not" not in text.split():
        amount = limit["amount"]
        raise CannotDo(
            f"'{limit[0]}' is a limit: say 'by {amount}' for so much more, or 'to {amount}' for what is reached"
        )


def _with_plain_times(text: str) -> str:
    """The text without "right" in "right after 2 s". CannotDo for the moment before an event, and a second after it.

    Only all the time before or after an event can be found, and not which way somebody turns.
    """
    sided = sided_event(text)
    if sided:
        told = re.sub(r"(?: (?:to|toward) the)? (?:left|right)$", "", sided)
        raise CannotDo(
            f"'{sided}' is no time that the rules can find: which way it turns is not looked at; say '{told}'"
        )
    for match in _NEAR_A_TIME.finditer(text):
        event = match_event(text, match.start("when"))
        lasts = re.search(r"\bfor (?:about |half |another )?$", text[: match.start()])
        if event is not None and not lasts:
            told = text[match.start("when") : event[0]]
            raise CannotDo(
                f"'{match['how']} {told}' is no time that the rules can find: say '{told}', or say when in seconds"
            )
    return re.sub(rf"{_BEHIND_A_WAY}\bright (?=(?:before|after)\b)", "", text)
