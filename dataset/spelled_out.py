"""What one phrase packs together, spelled out in parts: "claps five times", "walks in an S shape", "from a walk to a run".

Models of short clips count to three and know no path of several bends; told "claps three times" and then "claps twice",
they do it (docs/evaluation.md). Text is lower case; parts have the form of verb that the whole has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dataset.number_words import NUMBERS, times_said
from dataset.turn_words import (
    COUNTED_TURN,
    LIGHT,
    LOW,
    LOWERED,
    NOT_DOWN,
    NOT_ONCE,
    OPPOSITE,
    RISING,
    THING,
    TURNS_SAID,
    forms_of,
    verbs,
)

ARMS_IN_USE = re.compile(
    r"(?:\b(?:rais|lift|hold|carr|stretch|point|cross|fold)\w*|"
    r"\b(?:arms?|hands?)\b.*\b(?:up|out|on|behind|above|overhead|in front|at (?:his|her|their|your|the) ear)\b)"
    r"(?!.*\b(?:lower|down|drop)\w*)"
)
AT_REST = "still with the arms at the sides"
REST = f"a person stands {AT_REST} for one second"
AT_ONCE = re.compile(
    r"\b(?:while|whilst|as|with (?:the|his|her|their|your|both) (?:\w+ )?(?:arms|hands)|in a row of)\b"
)
ALSO = re.compile(r",? (?:and|then|but) (?P<does>\w+)")
MOST_AT_ONCE = 3  # that the models count
COUNTED = {
    "clap": "claps",
    "squat": "squats",
    "jump": "jumps|leaps",
    "hop": "hops",
    "kick": "kicks",
    "bow": "bows",
    "punch": "punches",
}
_MANY = "|".join(NUMBERS[MOST_AT_ONCE + 1 : 13])
ONE_AND_A_HALF = re.compile(
    r"\b(?P<whole>one|two|three|a) (?:full )?(?:and a half|(?P<turn>turn|rotation|spin|circle) and a half)"
    r"(?: (?:full )?(?:turns?|rotations?|spins?|circles?|times))?\b"
)
THREE_QUARTERS = re.compile(
    r"\b(?:three[- ]quarters?(?: of a (?:\w+ )?(?:turn|rotation|circle|spin)| turns?)|270(?: degrees|°)?)"
)
SIDES_OF = {"clockwise": "right", "counterclockwise": "left"}
WINDING = re.compile(
    r"(?:\b(?:in|along|following|on|tracing) an? (?:\w+ )?(?:s|letter s)(?:[- ](?:shape|shaped|curve|bend|line|path))+\w*|"
    r"\b(?:in|along|following) an? (?:\w+ )?(?P<more>zig-?zag|slalom|winding|serpentine|snaking)\b)"
)
GAITS = ("walk", "stroll", "jog", "run", "sprint", "march")
GEAR = re.compile(
    r"^.*?\b(?:speed|accelerat|slow|chang|transition|switch|break|progress|mov|go|shift|build)(?:s|es|e|ing|ed|d)?"
    r"(?: (?:up|down|over))?(?: (?:gradually|slowly|steadily|smoothly))?,? from (.+?) (?:in)?to (.+)$"
)
TURNS = re.compile(r"turn|spin|rotat|pivot|twirl|spun")


def spelled_out(words: str) -> list[str]:
    """A part, its words from the verb on, as the parts that it is made of; [words] where it is one."""
    if AT_ONCE.search(words):
        return [words]
    return _turned(words) or _counted(words) or _winding(words) or [words]


def lowers_arms(parts: Sequence[str]) -> bool:
    """Whether arms come down to rest at the end of the last part, which a clip that ends there would hardly show.

    Not those of who sits or goes on, not a thing, and not one arm of two that are up.
    """
    text, last = " ".join(parts).lower(), parts[-1].lower()
    found = LOWERED.search(last)
    if found is None or NOT_ONCE.search(last) or NOT_DOWN.search(last[found.start() :]):
        return False
    if THING.search(text) or (LOW.search(text) and not RISING.search(text)):
        return False
    all_down = re.search(r"\b(?:both|them|arms|hands)\b", last[found.start() :])
    return all_down is not None or len(set(re.findall(r"\b(left|right) (?:arm|hand)\b", text))) < 2


def halt(is_third_person: bool, how_long: str = "for one second", before: str = "") -> str:
    """What models do where somebody halts; told only to stand still they fold the arms, as captured people do.

    before: what was done until then; arms that are in use stay as they are.
    """
    stops, stands = ("stops", "stands") if is_third_person else ("stop", "stand")
    return f"{stops} and {stands} {'still' if ARMS_IN_USE.search(before) else AT_REST} {how_long}"


def gears(text: str) -> list[str] | None:
    """Changes of gait, "speeding up from a walk to a run", as a sentence for each gait; None for any other sentence."""
    found = GEAR.match(text)
    if found is None:
        return None
    parts = [part for words in found.groups() if (part := _gait(words)) is not None]
    return parts if len(parts) == 2 else None


def _gait(words: str) -> str | None:
    words = words.split(",")[0]
    if re.fullmatch(r"(?:an? )?(?:\w+ )?(?:stop|halt|standstill|stand|standing|rest)(?: still)?", words):
        return f"a person {halt(True)}"
    known = [verb for verb in GAITS if re.search(rf"\b(?:{'|'.join(forms_of(verb))})\b", words)]
    if len(known) != 1:
        return None
    slow = " slowly" if re.search(r"\b(?:slow\w*|gentle|leisurely)\b", words) or known == ["stroll"] else ""
    verb = "walk" if known == ["stroll"] else known[0]
    return f"a person {forms_of(verb)[1]} forward{slow}"


def _turned(words: str) -> list[str] | None:
    """Each of several turns for itself: "spins around twice" is "spins around", two times."""
    if not COUNTED_TURN.match(words):
        return None
    if (found := ONE_AND_A_HALF.search(words)) is not None:
        verb = words.split(" ")[0]
        turn = verb if TURNS.match(verb) else forms_of("turn")[_form(verb)]
        full, half = (f"{turn} {degrees} degrees{words[found.end() :]}" for degrees in (360, 180))
        return [full] * _count(found["whole"]) + [half]
    if (found := THREE_QUARTERS.search(words)) is not None and not ALSO.search(words):
        verb = words.split(" ")[0]
        turn = verb if TURNS.match(verb) else forms_of("turn")[_form(verb)]
        side = re.search(r"\b(?:left|right|(?:counter)?clockwise)\b", words)
        where = f" to the {SIDES_OF.get(side[0], side[0])}" if side else ""
        return [f"{turn} {degrees} degrees{where}" for degrees in (180, 90)]
    for pattern in TURNS_SAID:
        if (found := pattern.search(words)) is not None:
            said = found.groupdict()
            if "turn" in said:
                one = f"{words[: found.start()]}a {said['how']}{said['turn']}{words[found.end() :]}"
                count = said["full"]
            else:
                one, count = f"{said['before']}{words[found.end() :]}", said["once"] or said["times"]
            return [one] * _count(count)
    return None


def _count(word: str) -> int:
    if word in ("a", "twice", "thrice"):
        return ("a", "twice", "thrice").index(word) + 1
    return int(word) if word.isdigit() else NUMBERS.index(word)


def _counted(words: str) -> list[str] | None:
    """More than the models count, in counts that they do: "claps five times" is three times, then twice."""
    for verb, nouns in COUNTED.items():
        does = "|".join(forms_of(verb))
        found = re.match(
            rf"(?P<what>(?:{does})\b.*?) (?P<count>{_MANY})(?: more)? times(?P<how>.*)$", words
        ) or re.match(
            rf"(?P<light>{'|'.join(LIGHT)}) (?P<count>{_MANY}) (?P<kind>(?:\w+ ){{0,2}}?)(?:{nouns})(?P<how>.*)$",
            words,
        )
        if found is None:
            continue
        said = found.groupdict()
        what = said.get("what") or forms_of(verb)[_form(said["light"])]
        how = "" if "row" in said["how"] else said["how"]
        more = next((found for found in ALSO.finditer(how) if found["does"] in (*verbs(), *NUMBERS)), None)
        # What else is done is done once, at the end.
        how, rest_of_it = (how[: more.start()], how[more.start() :]) if more else (how, "")
        parts = [f"{what} {times_said(count)}{how}" for count in _shares(NUMBERS.index(said["count"]))]
        return [*parts[:-1], parts[-1] + rest_of_it]
    return None


def _form(light: str) -> int:
    return {"they": 0, "s": 1, "ing": 2}.get(verbs().get(light, "they"), 0)


def _shares(count: int) -> list[int]:
    """Shares of a count that the models count, alike in size: 4 is 2 and 2, 7 is 3, 2 and 2."""
    parts = -(-count // MOST_AT_ONCE)
    return [count // parts + (number < count % parts) for number in range(parts)]


def _winding(words: str) -> list[str] | None:
    """A path of several bends, bend by bend."""
    found = WINDING.search(words)
    verb = words.split(" ")[0]
    if found is None or verb not in verbs():
        return None
    sides = re.findall(r"\b(left|right)\b", words)
    first = sides[0] if sides else "left"
    bends = 3 if found["more"] else 2
    return [f"{verb} forward in a curve to the {side}" for side in ([first, OPPOSITE[first]] * bends)[:bends]]
