"""Words by which sentences tell what is done in turn, as patterns for `dataset.told_in_turn`; all text is lower case."""

from __future__ import annotations

import re
from functools import cache

from dataset.composing.phrases import PHRASES_FILE
from dataset.number_words import OFTEN
from dataset.procedural.toy_captions import conjugate

# What can be done, as a noun: "a jump", "two squats". All of them are verbs too.
NOUNS = (
    "jump", "kick", "bow", "punch", "squat", "wave", "turn", "spin", "step", "hop", "lunge", "leap", "nod", "clap", "walk",
    "run", "jog", "stretch", "salute", "throw", "bend",
)  # fmt: skip
LIGHT = (
    "does", "do", "doing", "takes", "take", "taking", "makes", "make", "making", "performs", "perform", "performing",
)  # fmt: skip
_NOUNS = "|".join(NOUNS)
NOUN_DONE = re.compile(
    rf"^(?:(?:{'|'.join(LIGHT)}|gives|give|giving) )?"
    rf"(?:a|an|one|two|three|four|five|six|another|a few|some|several) (?:\w+ ){{0,2}}?(?P<noun>{_NOUNS})(?:e?s)?\b"
)
REACHING_DOWN = re.compile(r"^(?:reach(?:es|ing)? down\b|pick(?:s|ing)? (?:\w+ ){0,4}?up\b)")
# Verbs that no caption has, but sentences do.
MORE_VERBS = (
    "dance", "crawl", "stumble", "stagger", "trip", "collapse", "dodge", "roll", "climb", "fly", "skate", "ski", "dry",
    "wipe", "curtsy", "cartwheel", "peek", "peer", "fight", "attack", "block", "defend", "catch", "pull", "close", "cry",
    "laugh", "think", "pray", "beg", "celebrate", "juggle", "type", "write", "cook", "drive", "row", "paddle", "slide",
    "slip", "tumble", "vault", "warm", "work", "yawn", "sneeze", "breathe", "listen", "read", "sing", "shout", "wash",
    "brush", "comb", "clean", "sweep", "dig", "hammer", "paint", "drum", "conduct", "hug", "kiss", "blow", "tap", "knock",
    "poke", "slap", "stomp", "tremble", "shiver", "sway", "wobble", "idle", "pose", "relax", "sleep", "wake", "faint",
    "die", "flex", "gallop", "wade", "glide", "dive", "flip", "backflip", "somersault", "trudge", "straighten", "search",
    "feel", "shrug", "plod", "mosey", "scoot", "scamper", "scurry", "prance", "strut", "lope", "hightail", "inch",
    "edge", "tread", "tramp", "ramble", "prowl", "stalk", "slink", "scuttle", "plop", "plonk", "flop", "slump",
    "swivel", "revolve", "hoist", "lob", "chuck", "pump", "wiggle", "swish", "loiter", "linger", "hover", "teeter",
    "hunker", "smack", "whack", "pummel", "grasp", "snatch", "scoop", "flutter", "windmill", "wag", "gaze", "stare",
    "bolt", "backpedal", "traverse", "limber",
)  # fmt: skip
WHOSE = "the|his|her|their|its|your|my"
OPPOSITE = {"left": "right", "right": "left"}
# Verbs of the whole body that no one does at once: after "and", those of the second set follow those of the first.
GOING = ("walk", "run", "jog", "march", "stroll", "sneak", "leave", "step", "go", "head", "move")
TURNING = ("turn", "spin", "rotate", "pivot", "twirl")
LOWERING = ("sit", "kneel", "lie", "bow", "squat", "crouch", "bend", "stoop")
IN_A_ROW = (
    ((*GOING, *TURNING, "jump", "leap", "hop", "kick"), LOWERING),
    ((*TURNING, *LOWERING, "jump", "leap", "kick"), GOING),
)
# Verbs behind a comma that say how the rest is done: "step to the left, but keep facing ahead".
STAYING = ("keep", "stay", "remain", "leave", "face", "look", "hold")
PAST = {
    "sit": "sat", "stand": "stood", "run": "ran", "take": "took", "make": "made", "do": "did", "throw": "threw",
    "bend": "bent", "kneel": "knelt", "go": "went", "get": "got", "hold": "held", "swing": "swung", "spin": "spun",
    "rise": "rose", "come": "came", "fall": "fell", "begin": "began", "break": "broke", "keep": "kept", "swim": "swam",
    "draw": "drew", "lie": "lay", "give": "gave", "bring": "brought", "shake": "shook", "have": "had",
    "strike": "struck", "speak": "spoke", "eat": "ate", "drink": "drank", "creep": "crept", "sink": "sank",
    "stick": "stuck", "fling": "flung", "shoot": "shot", "hide": "hid", "beat": "beat", "cast": "cast", "say": "said",
    "let": "let", "put": "put", "cut": "cut", "set": "set", "hit": "hit", "lead": "led", "slide": "slid",
    "sling": "slung", "sweep": "swept", "catch": "caught", "fight": "fought", "find": "found", "wear": "wore",
    "ride": "rode", "drive": "drove", "write": "wrote", "tread": "trod", "stride": "strode", "spring": "sprang",
    "shed": "shed", "ring": "rang", "bury": "buried", "hang": "hung", "slink": "slunk", "wring": "wrung",
    "bind": "bound", "quit": "quit", "spread": "spread",
}  # fmt: skip
# Who does it: a pronoun, or a noun with an article that is no part of a body.
PARTS = (
    "hands?|arms?|fists?|legs?|foot|feet|knees?|elbows?|heads?|heels?|body|torso|hips?|shoulders?|"
    "one|other|same|left|right"
)
PRONOUN = r"(?:someone|somebody|he|she|they|it|you|i|we|people)\b(?:'s)?"
SUBJECT = re.compile(
    rf"^(?:{PRONOUN}|(?:one )?person|"
    rf"(?:a|an|the|this|that|some|another|our|my) (?!(?:few|couple|bit|lot)\b)(?!(?:\w+ )?(?:{PARTS})\b)(?:\w+ ){{0,2}}?\w+)"
    rf"(?= (?:(?:is|was|are|can|will|then|first|now|who|\w+ly) )?(?P<next>[\w']+))"
)
# Somebody who does what no list of verbs has: "a ninja slashes", "the old wizard mumbles something".
UNKNOWN_ACTS = re.compile(
    rf"^(?P<who>(?:an?|the) (?!(?:few|couple|bit|lot|series|set|pair|number|row|total)\b)(?!(?:\w+ )?(?:{PARTS})\b)"
    r"(?:(?!(?:of|and|to|with|in)\b)[\w-]+ ){0,1}?[\w-]+) (?P<next>\w+[^su\W]s)"
    r"(?=$|[,;.]| (?:his|her|their|its|the|an?|with|at|to|and|in|on|off|up|down|forwards?|backwards?|back|away|around|then|"
    r"while|something|before|\w+ly)\b)"
)
# What asks for the motion, before it is told.
_HIM = (
    r"(?:him|her|them|it|(?:the|a) (?:person|character|figure|man|woman|guy|dude|boy|girl)|somebody|someone)"
)
ASKING = re.compile(
    r"^(?:(?:please|now|hey|ok|okay|(?:can|could|would|will) (?:you|he|she)(?: mind)?|"
    rf"(?:i|we) (?:want|need|would like|'d like)(?: you)?(?: to see)?(?: {_HIM} to)?(?: to)?|"
    rf"i'd like(?: you)?(?: to(?: see)?)?|you should|you have to|go (?:ahead|on) and|try to|let's(?: see)?|show me|"
    rf"give me|generate|animate|create|simulate|"
    rf"(?:an? )?(?:short |simple |quick )?(?:motion|animation|video|clip) (?:of|where|in which)|"
    rf"(?:the|this) (?:clip|video|animation) (?:shows|is of)|(?:make|let|have|show)(?= {_HIM}))\b,? )+"
    rf"(?:(?<=(?:make|have|show) ){_HIM} |(?<=let ){_HIM} )?(?:to |who )?(?=\w)"
)
# Subjects that a sentence about one person can't be given.
UNSAID = ("", "they", "it", "you", "i", "we", "people", "person")
# What may stand between a subject, or a joint, and the verb.
LEADING = re.compile(
    r"^(?:(?:and|but|also|just|now|soon|once|again|next|then|first|second|third|last|after that|to begin with|to start with|"
    r"at first|can be seen|(?:who|that)(?= \w+s\b)|(?:without|with no) (?:stopping|pausing|(?:a |any )?(?:pause|break)|"
    r"hesitating|(?:any )?hesitation|delay|a moment's \w+)|(?:is|are|was) (?:asked|told|supposed|going|about|seen) to|"
    r"(?:has|have|wants?|tries|try|decides?|manages?) to|"
    r"seems to be|appears to be|is seen|is|are|was|will|would|does|can|should|must|please|"
    r"(?:starts?|begins?|starting|beginning|continues?|goes on|proceeds)"
    r"(?: (?:out|off|up|on))? (?:by|to|with)|(?:starts?|begins?) (?:out |off )?(?=\w+ing\b)),? )+"
)
# Words that order parts; other adverbs before a verb say how it is done.
ORDERING = (
    "finally", "lastly", "firstly", "secondly", "thirdly", "fourthly", "suddenly", "immediately", "eventually", "simply",
    "only", "subsequently", "directly", "initially", "simultaneously", "consequently",
)  # fmt: skip
HOW = re.compile(r"^(\w+ly),? (?=\w)")
# Verbs that only help another: "has turned", "starts by bowing".
AUXILIARY = re.compile(
    r"^(?:(?:has|have|having|had) (?=\w+ed\b)|(?:starts?|begins?|starting|beginning) (?:(?:out|off) )?by (?=\w+ing\b))"
)
REFUSED = re.compile(r"^(?:(?:and|but) )?(?:do not|don't|does not|doesn't|never|not|no)\b")
OPENING = re.compile(
    r"^(?:first(?:ly)?|at first|initially|to begin with|to start with|in the beginning),? |"
    r"^(?:starts?|begins?|starting|beginning) (?:out |off )?with (?=an? )"
)
# Signs that lead from one part to the next, and the numbers of a list.
SIGNS = re.compile(r"\s*(?:-+>|=+>|→|⇒|➔|➜|»|—|–|\s-{1,2}\s|\.{3}|…|\n)\s*")
NUMBERED = re.compile(r"(?:^|(?<=[\s,;.]))(?:(?:step|part|phase) )?\(?\d{1,2}[.):]\s+")
# Words that lead from one part to the next.
_SOON = r"(?:(?:right|soon|shortly|immediately|directly) )?"
_A_WHILE = (
    r"(?:(?:a|one|two|three|four|five|\d+|some|a few|several) "
    r"(?:moments?|seconds?|minutes?|while|time|beats?|short pause) )?"
)
_ENDING = (
    r"(?:ends|ending|end|ended|finish|finishes|finishing|finished|concludes|concluding)(?: up| off)? (?:by|with|in)(?= )|"
    r"(?:ends|ending) up(?= \w+ing)|(?:continues|continuing) with|goes on to|proceeds to"
)
JOINT = re.compile(
    rf"[,;.]?\s*\b(?:and|but)?,?\s*\b(?:then|once (?:done|finished)|(?<!the )(?<!their )next(?! to\b)|{_SOON}afterwards?|"
    rf"{_SOON}after (?:that|this|which)|"
    rf"{_A_WHILE}later(?: on)?|after a (?:while|moment|second|bit|short pause|few \w+)|finally|lastly|subsequently|"
    rf"eventually|thereafter|thereupon|whereupon|at last|(?:at|in) the end|(?:immediately )?followed by|{_ENDING})\b,?\s*"
    r"(?:,?\s*\b(?:and|then)\b,?\s*)?|,\s*(?:and )?now\s+|\s*[;.]\s+"
)
# The end of a list, "A, B and C"; "raises and lowers the arm" and "bends the knee and lifts it" are one thing.
LAST = re.compile(
    r"(?<!^raise)(?<!^raises)(?<!^lift)(?<!^lifts),?\s+\band\b\s+(?![^,]*\b(?:it|them)\b)(?=[^,]*$)"
)
# Words about all of a sentence: dividing it would lose them.
ALL_ALONG = re.compile(
    r"\b(?:the (?:whole|entire|full) time|all the (?:while|time)|all along|throughout|at the same time|simultaneously|"
    r"at once|alternat\w*|and so on|one (?:\w+ )?and then the other)\b|"
    r",\s*(?:(?:all )?(?:while|whilst|as|during)|in turn|again and again|over and over|repeatedly)\b[^,;.]*$"
)
# A side with what belongs to it: "with the left hand", "to the right", "the other one".
SIDED = re.compile(
    r"(?P<link>\b(?:with|on|to|over|using|of|at|by) )?(?P<whose>\b(?:the|their|his|her|its|your|my) )?\b"
    r"(?P<side>left|right|other)\b(?P<part> (?:hand|arm|fist|leg|foot|knee|side|thigh|shoulder|elbow|heel|heels|one))?"
)
# What may follow "the right" where that stands for the right arm, and not for the right of something.
AFTER_A_PART = re.compile(
    r"$| (?:up|down|out|in|forwards?|over|above|to|high|into|instead|too|twice|again|as|and|with|\w+ times)\b"
)
# Words that say how, not what: after "then" they belong to the verb before.
WAY = re.compile(
    r"^(?:(?:(?:counter|anti)?-?clockwise|back|backwards?|forwards?|ahead|upstairs|downstairs|up|down|out|sideways|left|right|around|overhead|faster|slower|quicker|higher|"
    r"harder)\b.*|"
    r"(?:to|with|on|over|in|at|the|his|her|their|your|my|using|a bit|a little|a few|one more) .+)$"
)
AS_WAY = re.compile(r"^(?:back\b(?! (?:up|away|off)\b)|face (?:up|down)\b)")  # verbs elsewhere
SAME = re.compile(
    r"^(?:(?:do|does|doing|repeat|repeats|repeating)\s+)?(?:the same(?: thing| movement| motion)?|it again|this|that|again|"
    r"too|also)\s+(?=with|to|on|using|for|in)"
)
# The other side's turn: "stand on the left leg, then switch to the right", "then change arms".
SWITCH = re.compile(
    r"^(?:switch|change|swap)(?:es|s|ing|ed|d|ping|ped)?(?:$| (?:over )?"
    r"(?:(?P<to>to (?:the|his|her|their|your) (?:left|right|other)\b.*)|"
    r"(?:sides?|legs|arms|hands|feet)$))"
)
AGAIN = re.compile(
    r"^(?:does|do|doing|did|repeats?|repeating|repeated) (?:it|that|this|the same(?: thing| movement| motion)?)?"
    r"(?: again| once more)?$"
)
COUNTED = re.compile(
    r"^(?:a|an|one|two|three|four|five|six|another|a few|a couple of|some|several) "
    r"(?!bit\b|little\b|more\b|moment\b|second\b)(?:\w+ ){0,3}?\w+\b"
)
ONE_MORE = re.compile(
    r"^(?:one more|a second one|one|another) (?=(?:with|to|on|using) )"
)  # "a kick, then one with the right"
# Pronouns, and what they may stand for: a limb, where no thing was named.
THING = re.compile(
    r"\b(?:ball|box|cup|phone|door|object|thing|something|bag|chair|book|bottle|glass|stick|bat|racket|frisbee|rope|coin|stone|"
    r"rock|hat|cap|sword|flag|drum|guitar|violin|knife|spoon|weight|barbell|dumbbell|umbrella|suitcase|tray|plate|mug|package|parcel|crate|load|bucket|basket|pillow|pen)s?\b"
)
_OWNER = r"\b(?:both|the|his|her|their|its|your|my) (?:other )?"
OBJECTS = (
    (re.compile(r"\bthem\b"), re.compile(rf"{_OWNER}(?:arms|hands|legs|feet|knees|heels|elbows|fists)\b")),
    (
        re.compile(r"\bit\b"),
        re.compile(rf"{_OWNER}(?:left |right )?(?:arm|hand|leg|foot|knee|elbow|fist|head)\b"),
    ),
)
COUNT_AND_SIDE = re.compile(rf"^(?P<times>{OFTEN}) (?P<side>(?:with|on|to) .+)$")
ANGLE_AND_SIDE = re.compile(
    r"^(?P<angle>\d+|forty-five|ninety)(?: degrees)? (?:to the |to |towards the )?(?P<side>left|right)$"
)
# Only how fast: "walks slowly, then fast".
PACE = re.compile(r"^(fast|slow|slowly|quickly|faster|slower)(?: again)?$")
PACES = re.compile(r" (?:very )?(?:fast|slow|slowly|quickly|briskly|leisurely)\b")
# What doesn't come about: "catches himself before falling".
SAVED = re.compile(
    r"\b(?:catch\w*|sav\w+|steadi\w+|recover\w*|regain\w*|almost|nearly)\b.*\bbefore (?:(?:he|she|they|it) )?"
    r"(?:fall|hit|crash|drop|collaps)\w*"
)
# No verbs, where a word that no list knows follows "then".
NO_VERB = re.compile(
    r"^(?:a|an|the|this|that|these|his|her|their|its|my|your|with|without|on|in|at|to|from|of|by|for|as|like|while|when|if|all|both|"
    r"one|two|three|four|five|once|twice|very|more|most|not|no|so|too|still|same|other|again|it|them|him|there|here|\w+ly|\d+)$"
)
# Turns of the body that are counted: each is a part. A head's are not.
_COUNT = r"(?P<{}>two|three|four|2|3|4)"
COUNTED_TURN = re.compile(
    r"^(?:(?:does?|doing|did|makes?|making|made|performs?|performing|performed|turn|spin|rotat|pivot|twirl|whirl|pirouette|spun)"
    r"(?!.*\b(?:head|neck|torso|trunk|upper body|shoulders?|arms?|hands?|wrists?|feet|foot|hips?)\b).*)$"
)
TURNS_SAID = (
    re.compile(
        rf"\b{_COUNT.format('full')} (?P<how>(?:full |complete |whole |entire |quarter |half )?)"
        r"(?P<turn>turn|rotation|spin|circle|revolution|pirouette|twirl)s\b"
    ),
    re.compile(
        r"^(?=turn|spin|rotat|pivot|twirl|whirl|spun|pirouette)(?P<before>.*) "
        rf"(?:(?P<once>twice|thrice)|{_COUNT.format('times')} times)\b"
    ),
)
# What only undoes what was done belongs to it: "raises the arm, puts it down again".
UNDONE = re.compile(
    r"^(?:(?:lower|put|bring|drop|let|take|return|pull|draw|set|move|release|relax)(?:s|es|ing|ting|ping)? (?:it|them|both|"
    r"(?:the|his|her|their|its|both|that|this)(?: \w+)?(?: arms?| hands?| legs?| foot| feet| knees?| heels?| head)?)"
    r"(?: back)?(?: down| again| to (?:the|their|his|her) sides| fall| drop| sink| hang)?(?: down)?(?: again)?"
    r"(?: (?:on|onto|to) the (?:floor|ground|table))?$|"
    r"(?:lower|relax)(?:s|es|ing)? (?:it|them)\b|"
    r"(?:come|straighten|stand|get|rise|go)(?:s|es|ing|ting)? ?(?:back |straight )?(?:up|upright)"
    r"(?: again| straight| slowly| quickly| once| twice| \w+ times)?(?: while .*)?$|"
    r"(?:rise|rises|rising|stand|stands|standing)(?: again| up| back up| upright)*$|"
    r"return(?:s|ing)? to (?:a |the |his |her |their )?(?:(?:standing|upright|neutral|normal|original|starting) )?"
    r"(?:stand|standing|upright|normal|rest|neutral|pose|position|posture|stance)\b.*|"
    r"(?:stop|halt|pause)(?:s|ping|ing)?(?: for (?:a|one) \w+| briefly| there)?$|come(?:s)? to a (?:stop|halt)$)"
)
# One jump: "leaps up, rotates in the air and lands facing backward".
IN_THE_AIR = re.compile(
    r"^(?!.*\b(?:hands?|arms?|fists?|legs?|feet|foot)\b).*\b(?:in (?:the |mid[- ]?)air|"
    r"in (?:mid-?)?flight|mid-?air|airborne)\b|^land(?:s|ing)?\b"
)
JUMPS = re.compile(r"\b(?:jump|leap|hop|spring|bound)(?:s|ing|ping)?\b")
# How the body is held, behind a comma, and which way it looks after a turn: no verb, and nothing that is done then.
HOW_IT_IS = re.compile(
    r"^(?:and )?(?:(?:the|his|her|their|your) )?(?:back|chest|head|chin|torso|trunk|shoulders?|knees?|eyes|body|spine) "
    r"(?:(?:kept |held |very |nice and )*(?:straight|upright|tall|high|bent|together|apart|relaxed|still|level|tight|closed|"
    r"open|locked|wide))\b(?!.*\b(?:then|and then)\b)|"
    r"^(?:facing|looking) (?!(?:up|down|left|right|around|at|over)\b)(?:the |in the )?(?:where|way|same|other|opposite|"
    r"original|front|forward|back|wall|start)\b"
)
# Who goes and then stops stands for a moment.
STOPS = re.compile(
    r"^(?:(?:stop|halt|pause)(?:s|ping|ing)?(?: still)?(?: there| here| for (?:\w+ ){0,2}\w+| briefly)?|"
    r"come(?:s)? to a (?:\w+ )?(?:stop|halt|standstill)(?: there| here)?|coming to a (?:stop|halt|standstill))$"
)
SLOWS = re.compile(
    r"^slow(?:s|ing)?(?: down)?(?: gradually)?(?: and stops?|,? (?:until|till) .*\b(?:stand\w*|stops?|still)|"
    r" to a (?:stop|halt|standstill))$"
)
# Arms that come down: "lowers them", "let both hands drop", "puts it down"; not legs, and not to somewhere else.
_ARMS = r"(?: \w+){0,5} (?:arms?|hands?|it|them|both)\b"
LOWERED = re.compile(
    rf"\blower(?:s|ing)?\b(?={_ARMS})|"
    rf"\b(?:put|bring|take|let|drop)(?:s|ting|ing|ping)?\b(?={_ARMS}.*\b(?:down|drop|fall|hang)\b)"
)
# Where arms are lowered to that isn't down.
NOT_DOWN = re.compile(
    rf"\b(?:to|on|onto|behind|towards?) (?!rest\b|(?:{WHOSE} )?sides?\b)(?:{WHOSE} )?\w+|"
    r"\b(?:half|halfway|level|height|in front|until|\w+sel(?:f|ves))\b|"
    rf"^lower\w* (?:{WHOSE}) (?:body|trunk|torso|head)\b"
)
NOT_ONCE = re.compile(
    r"\b(?:legs?|foot|feet|knees?|heels?|times|twice|thrice|repeatedly|again and again|keeps?|each|alternat\w*|while|whilst|"
    r"(?:rais|lift|bow|nod)\w* (?:the|his|her|their|your) head)\b"
)
# Back to where the other side was: "step to the left and return to the right".
RETURN_TO_SIDE = re.compile(
    r"^(?:return|go|come|move|get)(?:s|es|ing)? (?:back )?(?P<to>to (?:the|his|her|their|your) (?:left|right))(?: side)?"
    r"(?: again)?$"
)
# A limb and how it is held, without a verb.
POSED = re.compile(
    r"^(?P<limb>(?:(?:(?:both|the|his|her|their|your|one)(?: (?:left|right))?|left|right) )?(?:arms?|hands?))"
    r"(?: (?P<done>stretched|held|raised|lifted|extended))? "
    r"(?P<rest>(?:straight )?(?P<way>up|out|high|forwards?|overhead|above|in front|to the sides?)\b.*)$"
)
POSING = {"stretched": "stretch", "held": "hold", "raised": "raise", "lifted": "lift", "extended": "extend"}
# Another arm that is raised while the first one stays up.
AS_WELL = re.compile(
    r"^(?P<verb>raise|lift)(?P<form>s|ing)? (?:the|his|her|their|your) (?P<side>left|right) (?P<part>arm|hand) "
    r"(?:too|as well|also)\b"
)
# A verb's object that "up over the head" leaves out.
UPWARD = re.compile(
    r"^(?:up|down|out|over|above|overhead|forwards?|in front|to the sides?|sideways|behind|high|straight)\b"
)
# Who goes back the way they came turns around first, where that isn't said.
RETURNING = re.compile(
    r"^(?:(?:walk|run|jog|go|come|head|move|march|stroll|hurry|travel)(?:s|es|ning|ging|ing)? "
    r"(?:all the way |right |straight )?back\b(?! and forth)|"
    r"return(?:s|ing)?\b(?! (?:to|into) (?:a |the |his |her |their )?(?:stand|upright|normal|rest|neutral|left|right)))"
)
RISEN = re.compile(
    r"^(?:(?:stand|get)(?:s|ting|ing)? (?:back |right |straight )?up|ris(?:e|es|ing))(?: again)?"
    r"(?: (?:from|off) the (?:floor|ground))?(?: again)?\b(?! (?:on|onto) (?:\w+ ){1,2}knees?\b)"
)
# Waiting in between: "sit down, wait two seconds, stand up".
WAITS = re.compile(
    r"^(?:waits?|waiting|pauses?|pausing|holds?|holding|rests?|resting|stays?|staying|remains?|remaining)"
    r"(?: (?:there|still|it|that|like that|the pose|the position|in place|down|seated|so))?"
    r"(?: (?P<long>(?:for )?(?:about |another )?(?:an? |\w+ |a few )?(?:seconds?|moments?|whiles?|bits?|beats?|minutes?)))?$"
)
# What is done on the floor, from where getting up is something of its own.
ON_THE_FLOOR = re.compile(
    r"\b(?:crawl\w*|(?:push|press|sit)[- ]?ups?|plank\w*|all fours|hands and knees|falls?|falling|collaps\w+|"
    r"sit\w*(?: down)? on the (?:\w+ )?(?:floor|ground))\b"
)
TURNED = re.compile(r"\b(?:turn|spin|spun|rotat|pivot|twirl|u-turn|about-face|circle|face|facing|backward)")
# Postures in which what comes next is done as well, until somebody rises.
LYING = re.compile(r"\b(?:lie|lies|lying|lay)\b|\blay(?:s|ing)? down\b")
LOW = re.compile(
    rf"{LYING.pattern}|\b(?:sit|sits|sitting|seat|seated|kneel|kneels|kneeling|crouch|crouches|crouching|all fours|"
    r"hands and (?:\w+ )?knees|plank|(?:push|press)[- ]?up position|downward dog|tabletop|"
    r"(?:on|to|onto) (?:the |his |her |their |both )+knees)\b"
)
RISING = re.compile(
    r"\b(?:stand|get|jump|walk|run|jog|leap|hop|sprint|dance|kick|spring)(?:s|ting|ping|ning|ging|ing)?\b|\b(?:rise|come|leave|move)s?\b|\b(?:rising|coming|leaving)\b"
)


@cache
def verbs() -> dict[str, str]:
    """Forms of the verbs that captions' phrases have (what can be done) -> "s", "ing", "ed" or "they" (walk)."""
    known = sorted(
        {*re.findall(r"\*(\w+)", PHRASES_FILE.read_text(encoding="utf-8")), *NOUNS, *MORE_VERBS}
        - {"don", "be"}
    )
    forms = {_past(verb): "ed" for verb in known}
    for verb in known:
        forms |= {conjugate(verb, "s"): "s", conjugate(verb, "ing"): "ing"}
    return forms | dict.fromkeys(known, "they") | {"don't": "they", "doesn't": "s"}


def forms_of(verb: str) -> tuple[str, str, str, str]:
    """A verb as in "they walk", "walks", "walking" and "walked"."""
    return verb, conjugate(verb, "s"), conjugate(verb, "ing"), _past(verb)


def _forms(group: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form for verb in group for form in forms_of(verb))


@cache
def going() -> frozenset[str]:
    """Forms of verbs by which somebody gets somewhere."""
    return _forms((*GOING, "take"))


@cache
def halting() -> frozenset[str]:
    """Forms of verbs of somebody who may halt for a moment."""
    return _forms(GOING)


@cache
def raising() -> frozenset[str]:
    """Forms of verbs by which a limb goes up."""
    return _forms(("raise", "lift"))


@cache
def staying() -> frozenset[str]:
    """Forms of verbs that say what stays as it is."""
    return _forms(STAYING) | {"don't", "doesn't"}


@cache
def in_a_row() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Forms of verbs that follow one another: pairs of those before "and" and those behind it (`IN_A_ROW`)."""
    return tuple((_forms(before), _forms(behind)) for before, behind in IN_A_ROW)


def _past(verb: str) -> str:
    if verb in PAST:
        return PAST[verb]
    stem = conjugate(verb, "ing").removesuffix("ing")
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{stem[:-1]}ied" if re.search(r"[^aeiou]y$", stem) else f"{stem}ed"
