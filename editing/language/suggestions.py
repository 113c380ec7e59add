"""What to try instead of an instruction that is refused: the same with fewer words, and the nearest examples."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from editing.language.lexicon import COMPARISONS, NOUNS, PARTS, PLURALS

EXAMPLES = (
    "Bend both arms more deeply",
    "Raise left hand at the end",
    "Bring both hands closer together",
    "Bend your knees more deeply",
    "Bend the left elbow to 90 degrees from 1 s to 2 s",
    "Straighten the right arm in the first second",
    "Raise both hands above the head",
    "Raise the right hand higher",
    "Lower the right hand at the end",
    "Raise the left knee in the middle",
    "Lift the right foot from 1 s to 2 s",
    "Move the left hand forward by 20 cm",
    "Put both hands behind the back",
    "Put the hands on the hips",
    "Touch the left knee with the right hand",
    "Move the right hand to the left shoulder",
    "Stretch both arms out to the sides",
    "Cross the arms",
    "Spread the feet wider apart",
    "Bring the knees together",
    "Lean forward slightly",
    "Lean to the left throughout",
    "Squat at the end",
    "Squat deeper",
    "Stand up straight",
    "Stand on the left leg",
    "Stand still at the end",
    "Kneel down at the end",
    "Keep the left arm still",
    "Swing the arms less",
    "Don't raise the left arm",
    "Use the left hand instead of the right hand",
    "Swap the arms",
    "Mirror the motion",
    "Freeze the arms at the end",
    "Do it faster",
    "Slow down at the end",
    "Walk at half speed",
    "Start half a second later",
    "Raise the right arm earlier",
    "Pause for 1 second at the end",
    "Repeat it twice",
    "Play it backwards",
    "Cut the first second",
    "Turn 90 degrees to the left",
    "Turn around at the end",
    "Walk in a curve to the right",
    "Take longer steps",
    "Walk backwards",
    "Take a step to the left",
    "Jump higher",
    "Lower the hips by 10 cm",
    "Look to the left",
    "Turn the head to the right by 30 degrees",
    "Nod twice at the end",
    "Keep the head still",
    "Add a jump at the end",
    "Then wave with the right hand",
    "Sit down in the last two seconds",
)
# Without these a sentence says the opposite, or something else.
KEPT = {
    "not", "no", "without", "instead", "of", "and", "then", "left", "right", "both", "other", "stop", "avoid", "less",
    "more", "half", "twice", "before", "after", "never", "cease", "except", "neither", "nor", "unless", "than", "only",
    "is", "are", "but", "was", "were", "too", "rest", "from", "until", "times", "up", "down", "forward", "forwards", "back",
    "backward", "backwards", "out", "sideways", "most", "least", "max", "maximum", "minimum",
}  # fmt: skip
KEPT |= {noun + end for noun in NOUNS for end in ("", "s", "es")}  # what it is done to
KEPT |= {phrase for phrases in COMPARISONS.values() for phrase in phrases.split("|") if " " not in phrase}
_PART_WORDS = {word for phrases in PARTS.values() for phrase in phrases.split("|") for word in phrase.split()}
_PART_WORDS |= {f"{word}s" for word in _PART_WORDS} | set(PLURALS)
_TORN = re.compile(
    r"\b(?:a|an|the|your|his|her|their) (?:with|of|to|in|on|at|for|and|,)(?!\w)|"
    r"\b(?:a|an|the|your|his|her|their|and|but|or|as|of|to|with|from|at|by)$|"
    r"\bthe (?:\w+er|more|less|is|are)\b(?! \w)"
)  # "add a with"
MOST_WORDS, MOST_LEFT_OUT = 24, 4


def nearest_examples(text: str, count: int = 2) -> list[str]:
    """The examples that share most with a text."""
    words = set(text.split())

    def likeness(example: str) -> float:
        lowered = example.lower()
        return len(words & set(lowered.split())) + difflib.SequenceMatcher(None, text, lowered).ratio()

    return sorted(EXAMPLES, key=likeness, reverse=True)[:count]


def shortened(text: str, works: Callable[[str], bool]) -> str | None:
    """The text without as few neighbouring words as make it work; None where that would turn its meaning."""
    words = text.split()
    if len(words) > MOST_WORDS:
        return None
    for left_out in range(1, min(MOST_LEFT_OUT, len(words) - 1) + 1):
        for start in range(len(words) - left_out, -1, -1):
            gone = [word.strip(",") for word in words[start : start + left_out]]
            if (KEPT | _PART_WORDS) & set(gone) or any(word.startswith("so_") for word in gone):
                continue
            if {"while", "when"} & set(gone) and start + left_out < len(words):
                continue  # what is done meanwhile goes as a whole
            if start and words[start - 1] == "not":
                continue
            rest = " ".join(words[:start] + words[start + left_out :]).strip(" ,")
            if rest and not _TORN.search(rest) and works(rest):
                return rest.replace("so_", "as ")
    return None
