"""Technical and short ways to say an edit, in the words that the rules know: "L arm", "0:02", "elbow flexion by 15 deg"."""

from __future__ import annotations

import re
from collections.abc import Callable

_ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "fifth": 5,
    "5th": 5,
}
_UNITS = r"(?:s|secs?|seconds?|m|met(?:er|re)s?|cm|deg|degrees?|°|%|percent|x|times|frames?|steps?|ms)"
_PARTS = r"(?:arm|hand|wrist|elbow|forearm|leg|foot|knee|ankle|shoulder|hip|thigh)s?"
_JOINT = r"(?P<who>(?:(?:the|your|his|her|their|both) )*(?:(?:left|right) )?(?:elbow|knee)s?)"
Rewrite = tuple[str, str | Callable[[re.Match[str]], str]]


def _flexed(match: re.Match[str]) -> str:
    """ "increase the right elbow flexion by 15 degrees": bend it by so much; less flexion is to straighten it."""
    more = (match["how"] in ("increase", "add to", "raise")) == (match["what"] in ("flexion", "bend"))
    return f"{'bend' if more else 'straighten'} {match['who']}"


TIMES: list[Rewrite] = [
    (rf"\b(\d+),(\d+)(?= ?{_UNITS}(?!\w))", r"\1.\2"),  # a decimal comma
    (r"\b(\d+):([0-5]\d(?:\.\d+)?)(?![\w:])(?: ?(?:s|secs?|seconds?)\b)?", lambda m: f"{60 * int(m[1]) + float(m[2]):g} s"),
    (r"(\d+(?:\.\d+)?) ?(?:ms|milliseconds?)\b", lambda m: f"{float(m[1]) / 1000:g} s"),
    (r"@ ?(?=\d)", "at "),
    (r"\bt ?= ?(\d+(?:\.\d+)?)(?: ?(?:s|secs?|seconds?)\b)?", r"\1 s"),
    (rf"\b(?:in|during|for|within) the ({'|'.join(_ORDINALS)}) second\b(?! half| third)",
     lambda m: f"between {_ORDINALS[m[1]] - 1} s and {_ORDINALS[m[1]]} s"),
    (r"\b(?:after|from) the first ([\w.]+) (?=seconds\b)", r"after \1 "),
    (r"\bafter the first second\b", "after 1 s"),
    (r"\b(?:un)?till? (?=(?:the|a|he|she|they|you|it) (?:jump|kick|turn|squat|bow|wave|clap|punch|throw|sit)s?\b)",
     "before "),
    (r"\bfrom the (?:very )?(?:start|beginning) (?:on )?(?=until\b|before\b|till\b)", ""),
    (r"^(play|run|do|perform|walk|jog|move|dance|march)( it| that| the (?:motion|clip))? at (\d+ ?(?:%|percent))$",
     r"\1\2 at \3 speed"),
    (r"^retime (?:it )?(?:to|at) (\d+ ?(?:%|percent))$", r"play it at \1 speed"),
]  # fmt: skip
WORDS: list[Rewrite] = [
    (rf"\bl\.? (?={_PARTS}\b)", "left "),
    (rf"\br\.? (?={_PARTS}\b)", "right "),
    (r"\bccw\b|\bcounter ?-?clockwise\b", "anticlockwise"),
    (r"\bcw\b", "clockwise"),
    (rf"\b(?P<how>increase|decrease|reduce|add to) {_JOINT}(?: joint)? (?P<what>flexion|extension|bend)\b", _flexed),
    (rf"\bset {_JOINT}(?: joint)?(?: angle)? to (?P<to>\d+)(?: ?(?:degrees|deg|°))?", r"bend \g<who> to \g<to> degrees"),
    (rf"\b(turn|rotate|pivot)((?: (?!by\b)[a-z]+)*)(?: by)? (\d{{2,3}})\b(?! ?{_UNITS}(?!\w)|[.:]\d)", r"\1\2 \3 degrees"),
    (r"^(?:turn|rotate) (?:it|him|her|them) (?=(?:to|by|left|right|around|\d))", "turn "),
    (r"\b(?:make sure|ensure|see to it)(?: that)? (.+?) (?:is|are) ", r"\1 should be "),
    (r"\b((?:the|its) (?:speed|pace|tempo)) up to (?=\d)", r"\1 to "),
    (r"\bno more (?=\w+ing\b)", "not "),
    (r"\bdouble (?:the|its) (speed|pace|tempo)\b", "play it twice as fast"),
    (r"\btriple (?:the|its) (speed|pace|tempo)\b", "play it three times as fast"),
    (r"\b(?:a|one) (half|third|quarter) (slower|faster|higher|lower|deeper|bigger|smaller|wider|less|more)\b",
     r"\2 by a \1"),
    (r"\bup to (?=(?:the|your|his|her|their) (?:sides?|left|right|front)\b)", "to "),
]  # fmt: skip
# How far at least or at most is how far: of a bend it leaves open what is counted, a change or an angle.
_LIMIT = re.compile(
    r"\b(?:at least|at most|(?:no|not) more than|no less than|max(?:imum|\.)?|a maximum of) (?:of )?(?:by )?"
    r"(?=[\d.]+ ?(?:cm|m|met(?:er|re)s?|deg|degrees?|°)(?!\w))"
)
_NO_LIMIT = re.compile(r"\b(?:bend|flex|straighten|keep|hold|stay|never|don't|between)\b")


def spelled_out(text: str) -> str:
    """Lower-case text with its short forms spelled out."""
    for pattern, to in (*TIMES, *WORDS):
        text = re.sub(pattern, to, text)
    return text if _NO_LIMIT.search(text) else _LIMIT.sub("by ", text)
