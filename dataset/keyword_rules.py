"""Keywords of a caption without a language model: a small set of rules for common actions.

CoMo asks a language model what each of ten body parts does and in which mood. Where there is none, these rules read
verbs, sides and manner off the caption. They know little beside everyday actions; a part nothing is known of gets a
neutral word, so that a model trained with keywords never meets an empty condition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PARTS = (
    "head",
    "torso",
    "left arm",
    "right arm",
    "left hand",
    "right hand",
    "left leg",
    "right leg",
    "left foot",
    "right foot",
)
MOOD = "mood"
KEYWORDS = (*PARTS, MOOD)  # the eleven, in the order of CoMo's files
ALTERNATIVES = 3

Keywords = dict[str, list[str]]  # each of KEYWORDS -> three phrasings
Phrases = tuple[str, str, str]

NEUTRAL: Mapping[str, Phrases] = {
    "head": ("facing forward", "looking ahead", "head upright"),
    "torso": ("upright", "straight back", "torso steady"),
    "arm": ("hanging by the side", "arm relaxed", "arm at rest"),
    "hand": ("hand relaxed", "hand open", "hand at rest"),
    "leg": ("standing", "leg straight", "supporting the body"),
    "foot": ("flat on the ground", "foot planted", "foot still"),
    MOOD: ("neutral", "calm", "natural"),
}
# An action: what its verbs look like, and what the parts do. "arm", "hand", "leg" and "foot" hold for the sides that
# the caption names beside the part, or for both.
ACTIONS: tuple[tuple[str, Mapping[str, Phrases]], ...] = (
    (
        r"walk|stroll|pac(?:e|es|ing)\b|wander|step|march",
        {
            "torso": ("moving forward", "upright while walking", "travelling steadily"),
            "leg": ("stepping", "striding", "alternating steps"),
            "foot": ("rolling from heel to toe", "stepping on the ground", "lifting and landing"),
            "arm": ("swinging lightly", "swinging with the steps", "relaxed swing"),
        },
    ),
    (
        r"\brun|\bran\b|jog|sprint|dash",
        {
            "torso": ("leaning forward", "moving fast", "pushing ahead"),
            "leg": ("running", "knees driving up", "long fast strides"),
            "foot": ("pushing off", "landing on the toes", "leaving the ground"),
            "arm": ("elbows bent and pumping", "swinging fast", "bent at the elbow"),
        },
    ),
    (
        r"jump|hop|leap|skip",
        {
            "torso": ("moving up and down", "rising", "stretching upward"),
            "leg": ("bending then extending", "pushing off the ground", "springing"),
            "foot": ("leaving the ground", "taking off and landing", "in the air"),
            "arm": ("swinging up", "lifting for balance", "raised with the jump"),
        },
    ),
    (
        r"\bsit|\bsat\b|squat|crouch|kneel|lower",
        {
            "torso": ("lowering", "leaning slightly forward", "close to the ground"),
            "leg": ("bent at the knee", "knees bent", "folding"),
        },
    ),
    (
        r"stand(?:s|ing)? up|get(?:s|ting)? up|ris(?:e|es|ing)",
        {
            "torso": ("rising", "moving up", "straightening"),
            "leg": ("extending", "pushing up", "straightening"),
        },
    ),
    (
        r"\bbow|\bbend|lean|stoop|pick",
        {
            "head": ("looking down", "lowered", "bent forward"),
            "torso": ("bending forward", "leaning over", "bent at the waist"),
            "arm": ("reaching down", "hanging down", "stretched downward"),
        },
    ),
    (r"turn|rotat|spin|twirl|circle", {"torso": ("turning", "rotating", "changing direction")}),
    (
        r"danc|waltz|salsa",
        {
            "torso": ("swaying", "moving with rhythm", "turning lightly"),
            "arm": ("moving with rhythm", "raised and swinging", "flowing"),
            "leg": ("stepping with rhythm", "light steps", "moving side to side"),
        },
    ),
    (
        r"clap",
        {
            "arm": ("bent in front of the chest", "moving together", "bent"),
            "hand": ("clapping", "meeting", "striking together"),
        },
    ),
    (
        r"kick",
        {
            "leg": ("kicking", "swinging forward", "extended"),
            "foot": ("striking out", "lifted off the ground", "raised"),
        },
    ),
    (
        r"punch|box|\bhit|jab|fight",
        {
            "arm": ("punching", "thrusting forward", "extended quickly"),
            "hand": ("fist clenched", "clenched", "striking"),
        },
    ),
    (
        r"throw|toss|pitch",
        {
            "arm": ("throwing", "swinging forward", "drawn back then forward"),
            "hand": ("releasing", "holding an object", "letting go"),
        },
    ),
    (
        r"wav(?:e|es|ing)",
        {
            "arm": ("raised", "lifted beside the head", "bent and up"),
            "hand": ("waving", "moving side to side", "open and waving"),
        },
    ),
    (
        r"rais|lift|reach|stretch",
        {"arm": ("raised", "lifted up", "reaching"), "hand": ("up", "reaching", "open")},
    ),
    (
        r"hold|carr|grab|\bpush|pull|drink|eat",
        {
            "arm": ("bent at the elbow", "held in front", "extended"),
            "hand": ("gripping", "holding", "closed around an object"),
        },
    ),
    (
        r"climb|stairs",
        {
            "leg": ("climbing", "lifting high", "stepping up"),
            "foot": ("stepping up", "lifted", "placed higher"),
        },
    ),
    (
        r"nod|shak(?:e|es|ing) (?:his|her|their|the) head|look",
        {"head": ("turning", "moving", "looking around")},
    ),
)
MOODS: tuple[tuple[str, Phrases], ...] = (
    (r"slow|gentl|careful|cautious|casual", ("slow", "careful", "relaxed")),
    (r"quick|fast|rapid|sudden|hurr", ("quick", "energetic", "hurried")),
    (r"angr|aggress|fight|furious|forceful", ("angry", "aggressive", "tense")),
    (r"happ|joy|cheer|excite|danc|celebrat", ("happy", "cheerful", "lively")),
    (r"\bsad|depress|tired|drunk|stumbl|weak", ("weary", "sad", "unsteady")),
    (r"proud|confident|march", ("confident", "proud", "determined")),
    (r"scare|afraid|nervous|sneak", ("nervous", "cautious", "afraid")),
    (r"\brun|jump|sprint|exercis|box|kick", ("energetic", "active", "vigorous")),
)


def keywords_by_rules(caption: str) -> Keywords:
    """What each part does in a caption, and the mood: every one of KEYWORDS -> three phrasings."""
    text = caption.lower()
    found: Keywords = {part: list(NEUTRAL[part.split()[-1]]) for part in PARTS}
    for verbs, effects in ACTIONS:
        if re.search(verbs, text):
            for kind, phrases in effects.items():
                for part in _parts_of(kind, text):
                    found[part] = list(phrases)
    mood = next((phrases for words, phrases in MOODS if re.search(words, text)), NEUTRAL[MOOD])
    return found | {MOOD: list(mood)}


def _parts_of(kind: str, text: str) -> list[str]:
    """Parts of a kind that a caption is about: those of the side it names beside an arm, hand, leg or foot."""
    if kind in PARTS:
        return [kind]
    limb = r"(?:arm|hand|elbow|wrist|fist)" if kind in ("arm", "hand") else r"(?:leg|foot|knee|ankle)"
    named = [side for side in ("left", "right") if re.search(rf"\b{side} (?:\w+ )?{limb}", text)]
    return [f"{side} {kind}" for side in named or ("left", "right")]
