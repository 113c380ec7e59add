"""Talk around an edit, and short or loose ways to say one: "no, left arm up", "even slower", "another jump", "low stance".

`plain` says them straight. `refuse_talk` names what can't be read without the edit before it, or has two senses.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from editing.language.clauses import CannotDo
from editing.language.vocabulary import inflections

_ADDED = "jump|hop|leap|kick|clap|wave|punch|spin|salute|lunge|throw|dance"  # what the generator makes
_EVENT = f"{_ADDED}|bow|squat|turn|step"
_COUNTS = {"2": "two", "3": "three", "4": "four", "5": "five", "6": "six"}
_MORE = {
    "high": "higher", "low": "lower", "deep": "deeper", "wide": "wider", "fast": "faster", "slow": "slower", "big": "bigger",
    "small": "smaller", "long": "longer", "short": "shorter",
}  # fmt: skip
_THE = r"(?:(?:the|his|her|your|their|my) )"
_CLIP = r"(?:it|this|that|the (?:whole )?(?:motion|clip|animation|movement|thing))"


Rewrite = tuple[str, str | Callable[[re.Match[str]], str]]
_REWRITES: list[Rewrite] = [
    # "no, the other arm" needs what was said before, and is refused; "no, left arm up" is an edit.
    (r"^(?:(?:no(?: no)*|wrong)[,.;:!]+ |(?:nope|sorry|oops|actually|h+m+|oh|ah)\b[,.;:!]* )+"
     r"(?!(?:(?:with|on|in|to) )?(?:the )?other\b)", ""),
    (r"^i (?:meant|mean|said)\b[,:]? (?:that |to )?(?!(?:(?:with|on|in|to) )?(?:the )?other\b)", ""),
    (r"^make (?:it )?(?:so )?that (?=(?:he|she|they|it|the|his|her)\b)", ""),
    (r"\beven (?=(?:\w+er|more|less)\b)", ""),
    (rf"\bmore ({'|'.join(_MORE)})\b(?! up\b)", lambda m: _MORE[m[1]]),
    # Time.
    (rf"^(?:play|run|show|do) {_CLIP} (twice|(?:two|three|four|five|\d) times)$", r"repeat it \1"),
    (rf"^(?:wait|pause)(?: for)? ([\w.]+ ?(?:s|secs?|seconds?)),? (?:and then|and|then) (?:start|begin|go)(?: {_CLIP})?$",
     r"start \1 later"),
    (r"\b(?:freeze|hold|stay|keep|pause)(?: on| in| at)? the (?:final|last|end) (?:frame|pose)\b(?= for\b|$)",
     "hold the last pose"),
    (r"\b(?:cut|trim|shorten|crop) the (end|ending|start|beginning) by (?:about )?([\w.]+(?: an?)? ?(?:s|secs?|seconds?))\b",
     lambda m: f"cut the {'last' if m[1].startswith('end') else 'first'} {m[2]}"),
    (r"\b(?:speed x ?(\d+(?:\.\d+)?)|x ?(\d+(?:\.\d+)?) speed)\b", lambda m: f"{m[1] or m[2]}x speed"),
    (r"(^|, ?|\band )(half|double) speed\b", r"\1at \2 speed"),
    (r"\bslow[- ]?mo\b", "slow motion"),
    # Events.
    (rf"\b(?:(?:add|do|make|give) )?(?:another|one more|a second) (nod|{_ADDED})\b",
     lambda m: "nod once" if m[1] == "nod" else f"add a {m[1]}"),
    (r"\b(?:another|a second) step\b", "one more step"),
    (r"\b(two|three|four|five|six|[2-6]) nods\b", lambda m: f"nod {_COUNTS.get(m[1], m[1])} times"),
    (rf"\b(nod|{_EVENT}) ([2-6]) times\b(?! (?:as|more|\w+er)\b)", lambda m: f"{m[1]} {_COUNTS[m[2]]} times"),
    (rf"\b(?:(?:replace|swap|exchange) {_THE}?(?P<old>{_EVENT}) (?:with|by|for)|(?:change|turn|convert|make) "
     rf"{_THE}(?P<was>{_EVENT}) into) (?:an? |the )(?P<new>{_ADDED})\b",
     lambda m: f"{m['new']} instead of {inflections(m['old'] or m['was'])[2][1]}"),
    (r"\b(?:stand|get|come|go) (?:back up(?: again)?|up again)\b", "stand up"),
    (r"\bforget (?:about )?(?=the\b)|\b(?:scrap|ditch|lose) (?=the\b)", "remove "),
    # Posture.
    (r"\b(?:horse|fighting|boxing|guard) stance\b", "stance"),
    (r"\b(?:a )?(?:deeper|lower|low|deep) ((?:[a-z]+ )?)stance\b", "body lower"),
    (rf"\b(lower|drop|raise) {_THE}?stance\b", r"\1 the body"),
    (r"\bstance (?=(?:(?:should|must|to|be|is|a|bit|much|little|too|not|so|even) )*"
     r"(?:lower|deeper|higher|high|low|deep)\b)", "body "),
    (r"\bbody ((?:(?:should|must|to|be|a|bit|much|little) )*)deeper\b", r"body \1lower"),
    (rf"{_THE}?(?:center|centre) of (?:gravity|mass)\b", "the body"),
    (r"\b(move|shift|push|put) (?:the|his|her|your|their) (?:whole |entire )?body (?=(?!.*\b(?:down|up|lower|higher|lean)\b)"
     r".*\b\d+(?:\.\d+)? ?(?:cm|m|met(?:er|re)s?)\b)(?=.*\b(?:left|right|forwards?|back|backwards?|ahead)\b)", r"\1 "),
    (r"^(?:straight back|back straight(?:er)?)(?=$|,| please| and\b| at the| throughout)", "straighten the back"),
    (r"\bhunch (?:over|forward)\b", "lean forward"),
    (r"\b(?:stop slouching|(?:do not|don't|no) (?:slouch|slouching|hunch|hunching)(?: over)?|"
     r"not (?:slouch|hunch)(?: over)?)\b",
     "straighten the back"),
    (r"\beyes on (?=the (?:ground|floor|ceiling)\b)", "look at "),
    (rf"\b(?:(?:tilt|lean|drop|bring|move) )?{_THE}?head (?:to|towards?|onto|on) {_THE}?(left|right) shoulder\b",
     r"tilt the head to the \1"),
    (rf"\b(up|down) with ((?:{_THE}|both |that )?(?:left |right )?(?:arm|hand|leg|foot|elbow|knee|head)s?)\b", r"\2 \1"),
    (r"\bwalk (?:in |along )?a straight line\b", "walk straight"),
    (r"\btight (?:to|against) (?=the|his|her|your|their)", "close to "),
    (r"\b(close|closer|near|to|against) (the|his|her|your|their) ribs\b", r"\1 \2 body"),
    (r"\b(arms?) (?:horizontal(?:ly)?|parallel to the (?:floor|ground)|level(?! with\b| to\b))(?=\W|$)",
     r"\1 to shoulder height"),
    (rf"\b(?:unlock|soften) ({_THE}?(?:left |right )?(?:knee|elbow)s?)\b", r"bend \1 slightly"),
]  # fmt: skip
_COMPILED = [(re.compile(pattern), to) for pattern, to in _REWRITES]
# What another sentence would have to say.
_BEFORE = re.compile(
    r"^(?:no(?: no)*[,.;:!]|nope\b|(?:(?:the )?same (?:with|for|on|but)\b)(?!.*\b(?:and|then)\b)|"
    r"that was\b|i (?:meant|mean)\b)"
)
_UNDONE = re.compile(
    r"^(?:please )?(?:undo|reset|revert|redo|"
    r"(?:go|change it|put it|set it) back to (?:the |how )?(?:original|previous|it was))\b"
)
_GRADUAL = re.compile(
    r"\b(?P<said>(?P<how>\w+er|more|less) and (?P=how)|gradually|progressively|(?:little|bit) by (?:little|bit)|"
    r"step by step|(?:ramp|ease) (?:up|down|in|out))\b"
)
_TIMES_OF_WHAT = re.compile(r"^(?:x ?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?) ?x)$")


def plain(text: str) -> str:
    """Lower-case text without the talk around an edit, its loose words in those that the rules know."""
    for pattern, to in _COMPILED:
        text = pattern.sub(to, text)
    return text


def refuse_talk(text: str) -> None:
    """CannotDo for what leans on another sentence, for what changes little by little, and for a bare "2x"."""
    if _UNDONE.search(text):
        raise CannotDo("a sentence doesn't undo another: edit the clip that was there before it")
    if _BEFORE.search(text):
        raise CannotDo(
            "each sentence is read by itself: say the whole edit again, such as 'raise the right arm'"
        )
    gradual = _GRADUAL.search(text)
    if gradual is not None:
        raise CannotDo(
            f"'{gradual['said']}' changes little by little, which no edit does: say 'in the second half', "
            "or from when to when"
        )
    if re.search(r"\bout of the way\b", text):
        raise CannotDo("out of the way is where? say 'behind the back', 'down' or 'out to the sides'")
    times = _TIMES_OF_WHAT.match(text)
    if times is not None:
        count = times[1] or times[2]
        raise CannotDo(f"{count} times as fast, or as often? say '{count}x speed' or 'repeat it twice'")
