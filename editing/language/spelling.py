"""Even spelling: lower case, no contractions, no polite opening, one way to say what can be said in many."""

from __future__ import annotations

import re
from collections.abc import Callable

from editing.language.everyday import plain
from editing.language.shorthand import spelled_out

_COUNT = r"two|three|four|five|\d+"
_REWRITES: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (r"[’`´]", "'"),
    (r"\b(do|does|did|is|are|should|must|could|would|has|have|need)\s?n[o']?'?t\b", r"\1 not"),
    (r"\b(?:dont|doesnt)\b'?(?=\W|$|move)|\bdon'(?=move)", "do not "),
    (r"\b(?:do|does|did|should|must|is|are)\s+not\b|\bnever\b|\b(?:can|could)(?:no|')t\b", "not"),
    (r"\bwithout\s+(?:any|a|the)?\s*(?=\w+ing\b)", "without "),
    (r"(?<=[a-z])-(?=[a-z])", " "),
    (r"^(?:hey|ok|okay|hi|hello|now|next|so|well)\b[, ]*", ""),
    (r"(^|, ?)(?:please\s+)?(?:can|could|would|will) you (?:please |kindly |maybe )?", r"\1"),
    (r"^(?:i (?:think|find|feel)|it seems)(?: that)? (?=\w+ )", ""),
    (r"^(?:i|we)(?:'d| would) (?:like|prefer|love|want) (?:it if |you to |to (?:see )?)?", ""),
    (r"^(?:i|we) (?:want|need) (?:you to |to (?:see )?)?", ""),
    (r"^(?:i|we)(?:'d| would) (?:rather )?(?:have )", ""),
    (r"^(?:is it possible to|try to|try and|it would be (?:nice|great|good|better) if|let's|let us)\s+", ""),
    (r"\b(?:have|let|make|get|want|ask|tell)\s+(?:(?:the|this)\s+(?:person|figure|character|man|woman|guy|avatar|model|"
     r"subject|actor|dancer)|him|her|them)\s+(?:to\s+|be\s+)?(?=[a-z])", ""),
    (r"\b(?:the|this)\s+(?:person|figure|character|man|woman|guy|avatar|model|subject|actor)(?:'s)?\b", "the person"),
    (r"\b(?:keep|keeping)\s+on\s+(?=\w+ing\b)", "continue "),
    (r"\bno longer\b", "not"),
    (r"\bat the same time\b|\bsimultaneously\b|\bin addition\b|\badditionally\b|\binstead,\s*", " "),
    (r"\b(?:in order to)\b", "to"),
    (r"(?<!the )(?<!to )(?<!turn )(?<!look )(?<!step )(?<!lean )(?<!walk )(?<!face )\bright (?:away\b|(?=afterwards\b|"
     r"(?:before|after) (?:that|this)\b))", ""),
    (r"\bright hand side\b", "right side"),
    (r"\bleft hand side\b", "left side"),
    (r"\b(?:un)?till?\b", "until"),
    (r"\bat all\b", " "),
    (r"\bwith (?:an? |the |your |his |her |their )?(straight|bent|crossed|raised|stretched|lowered) "
     r"((?:left |right )?(?:arm|hand|elbow|leg|knee|back)s?)\b", r"with the \2 \1"),
    (r"\bexcept (?:for )?(?=(?:at|in|during|between|from|after|before|until|the (?:first|last))\b)", "but not "),
    (r"\bdrop (?=the (?:first|last|final|middle|second)\b)", "cut "),
    (r"\b(?:cut|trim|take|remove|drop|crop) ((?:about )?[\w.]+(?: a)? ?(?:s|secs?|seconds?)) (?:off|from|at) (?:of )?"
     r"(?:the|its) (start|beginning|end)\b", lambda m: f"cut the {'last' if m[2] == 'end' else 'first'} {m[1]}"),
    (r"\b(?:cut|trim|crop) (?:it|the (?:motion|clip|movement|animation|video)) (?:down )?to "
     r"(?=[\w. ]+ ?(?:s|secs?|seconds?)\b)", "cut after "),
    (r"\bkeep (?:the|your|his|her|their) (?:eyes|gaze) (?=on\b|at\b|up\b|down\b|to\b)", "look "),
    (r"(\bfirst half\b.*\bthe second)\b(?! half| third)", r"\1 half"),
    (rf"\b({_COUNT}) (big|large|long|small|short|tiny) steps\b", r"\1 steps \2"),
    (rf"\b({_COUNT}) (jump|hop|leap|kick|clap|wave|punche?|bow|spin)s\b",
     lambda m: f"a {m[2].removesuffix('e') if m[2] == 'punche' else m[2]} {m[1]} times"),
    (r"^first(?:ly)?,? (?=.*\bthen\b)", ""),
    (r"\b(?:in a row|in succession|consecutively)\b", " "),
    (r"(?<!left )(?<!right )\b(arm|hand|leg|foot|knee|elbow) (?:on|at) (?:the|your|his|her|their) (left|right)"
     r"(?: side\b|(?=\s*(?:$|,|and\b|then\b)))", r"\2 \1"),
    (r"\bhead facing\b", "head"),
    (r"\binstead (right|left)$", r"instead of \1"),
    (r"\bat a (?:much )?(slower|faster|quicker) (?:pace|speed|rate|tempo)\b", r"\1"),
    (r"\b(?:at|to|by) an? (\d+) degrees? angle\b", r"by \1 degrees"),
    (r"\b(?:while|when) (?:doing|performing|executing) (?:the|this) (?:same )?(?:motion|action|movement)\b", " "),
    (r"(^|, )right at the\b", r"\1at the"),
    (r"\bsecond (\d+(?:\.\d+)?)\b", r"\1 s"),
    (r"\bhalf second\b", "half a second"),
    (r"\b(?:to |at |in )?(?:an? )?right angles?\b", "to 90 degrees"),
    (r"\b(?:at )?shoulder width(?: apart)?\b", "to 40 cm apart"),
    (r"\bhalve the (speed|pace|tempo)\b", r"reduce the \1 by half"),
    (r"\bin slow motion\b", "at half speed"),
    (r"\b(?:shorten|extend|stretch|lengthen|compress) (?:it|the (?:motion|clip|movement|animation|video)) to "
     r"(?=[\w. ]+ ?(?:s|secs?|seconds?)\b)", "make it last "),
    (r"\b(?:do|make|perform|take) an? (90|180|270|360)(?: degrees?)?(?: turn)?\b", r"turn \1 degrees"),
    (r"\b(?:(?:make|do|perform|take|turn) )?(?:an? )?(quarter|half|full|complete|whole|u) ?turn\b",
     lambda m: f"turn {({'quarter': 90, 'half': 180, 'u': 180}).get(m[1], 360)} degrees"),
    (r"\b(?:do|make) with (.+?) what (.+?) (?:does|do|did)\b", r"\1 imitate \2"),
    (r"\bturn(?:ing|s)?\s+(?:around |round )?(?:to face|facing|so as to face)\b", "face"),
    (r"\b(?:speed|slow) (?:it|this|that) (up|down)\b", lambda m: f"{m[0].split()[0]} {m[1]} the motion"),
    (r"\b(?:hold|keep|stay in|remain in) (?:the|that|this|his|her|your|their|its) (?:final|last|end) (?:pose|position)"
     r"((?: for [\w.]+(?: a)? (?:s|secs?|seconds?)\b)?)(?! at| in)", r"pause\1 at the end"),
    (r"\b(?:hold|keep|stay in|remain in) (?:the|that|this|his|her|your|their|its)?\s*(?:same )?"
     r"(?:pose|position)\b", "pause"),
    (r"\b(?:stay|remain) there\b", "pause"),
    (r"\bbefore (?:starting|beginning|moving|doing anything|doing it|you (?:start|begin|move)|(?:the )?(?:motion|movement)"
     r"(?: starts| begins)?|(?:starting|beginning) (?:the|to) \w+)(?=$| and| then|,)", "at the start"),
    (r"\b(cut|remove|delete|skip|trim|leave out|drop)(?: off| out)?((?: away)?) the (?:very )?(beginning|start|end|ending)\b"
     r"(?: part)?", lambda m: f"cut at the {'end' if m[3].startswith('end') else 'start'}"),
    (r"\b(?:only keep|keep only|just keep) (?=the (?:first|last|second|final|middle))", "cut to "),
    (r"\b(?:do|does|doing|make|makes|perform|performs|move|moves)\s+(?:exactly\s+)?(?:what|the same(?:\s+(?:thing|motion|"
     r"movement|action))?\s+(?:as|like|that)|just like|exactly like|like)\s+(.+?)(?:\s+(?:does|did|is doing|do|has done))?$",
     r"imitate \1"),
    (r"\b(?:should|must) imitate\b", "imitate"),
    (r"\b(?:wait|pause|hold on)(?: for)?((?: (?:about|another))? [\w.]+(?: a)? (?:s|secs?|seconds?))? before (?:you )?"
     r"(?!starting|beginning|moving\b(?! the| your))"
     r"(\w+ing\b.*\b(?:arms?|hands?|elbows?|legs?|foot|feet|knees?|head)\b.*)",
     lambda m: f"{m[2]}{m[1] or ''} later"),
    (r"\bwhile (?:doing (?:so|it|this|that|the (?:motion|action|movement|same action))|moving)\b", " "),
    (r"\b(straighten (?:(?:the|your|his|her|their|both|my) )?(?:(?:left|right) )?(?:arm|leg|elbow|knee)s?) out\b"
     r"(?! (?:to|in|at|for|of)\b(?! the (?:end|start|beginning|middle|first|last)))", r"\1"),
    (r"\b(?:(?:should|must|to) )?(?:comes?|happens?|occurs?|takes? place) "
     r"(?=[\w. ]*\b(?:later|earlier|sooner|too late|too early)\b)", ""),
    (r"\b(?:a|one)\s+(?:little|tiny|small)\s+(?:bit\s+)?(?=(?:more|less|further|\w+er)\b)", "a bit "),
    (r"(?:,? (?:but|though|only|just|and)|,)(?: do)? not (?:much|far|a lot|very (?:much|far|high|deep|low))$", " slightly"),
    (r"(?:,? (?:but|though|only|just|and)|,)?(?: (?:it|they|that))? not (?:be |go )?(?:too|so|that|very|overly) "
     r"(much|high up|high|low|deeply|deep|wide|big|large|long|"
     r"hard|strongly|close|far(?: (?:apart|forward|back|down|up|out|left|right))?|fast|quickly|slowly|slow)\b"
     r"(?! as\b)", lambda m: _not_too(m)),
    (r"(?<!twice )(?<!half )(?<!times )(?<!third )(?<!quarter )(?<!x )\b(?:so|as|that)\s+"
     r"(much|high|low|far apart|far|deeply|deep|fast|quickly|slowly|slow|wide|big|large|long|strongly|"
     r"early|late|soon|hard)\b(?!\s+as\s+possible)", r"so_\1"),
]  # fmt: skip


def _not_too(match: re.Match[str]) -> str:
    """ "..., but not too high" behind what is to be done: a bit of it; "don't jump so high" and "kick not so high": less."""
    before = match.string[: match.start()]
    joined = not match[0].startswith((" not", " it", " they", " that")) or " not too " in match[0]
    if not before.strip() or not joined or "not" in before.split():
        return match[0]
    paced = re.search(r"\b(?:faster|slower|quicker|more (?:quickly|slowly)|speed|hurry|slow down)\b", before)
    if match[1] in ("fast", "quickly", "slow", "slowly") and not paced:
        return " slowly" if match[1] in ("fast", "quickly") else " quickly"
    return " slightly"


_COMPILED = [(re.compile(pattern), to) for pattern, to in _REWRITES]


def normalise(text: str) -> str:
    """Lower case, even spelling, no contractions, no polite opening."""
    text = " ".join(text.lower().replace("…", " ").split()).strip(" .!?")
    text = plain(spelled_out(text))
    for pattern, to in _COMPILED:
        text = pattern.sub(to, text)
    text = " ".join(text.split())
    if "not" in text.split():  # "don't lift it so high": less high
        text = re.sub(r"so_(far apart|[a-z]+)", lambda m: f"so_{m[1]}", text)
    return text
