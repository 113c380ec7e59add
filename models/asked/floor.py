"""What a clause asks for on the floor and on stairs."""

from __future__ import annotations

import re
from functools import partial

from dataset.turn_words import THING, verbs
from models.asked import floor_measures as f
from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, WHOSE, Said, any_of, told_times
from utils.quantities import SIDES

GROUND = r"(?:floor|ground|grass|carpet|rug|mat|sand)\b"
CRAWL = re.compile(
    rf"{any_of('crawl')}|{any_of('walk', 'move', 'go', 'creep')} (?!down\b|to\b|onto\b).*"
    rf"\b(?:all fours|hands and (?:{WHOSE} )?knees)\b"
)
# Backwards or up a wall, as an animal does, or what crawls is a queue.
CRAWL_OTHERWISE = re.compile(
    r"\bfront crawl\b|\bcrawl (?:strokes?|arms)\b|"
    r"\b(?:(?:back|side|crab|bear|spider|up|wall|skin|army|stairs?|traffic|time|line|queue)\w*|a crawl)\b"
)
PUSH_UPS = re.compile(
    rf"(?:(?P<one>\b(?:an?|one|a single)|{any_of('do', 'perform')}) (?:\w+ )?)(?:push|press)[- ]?up\b"
    r"(?! (?:position|pose|stance))|\b(?:push|press)[- ]?ups\b(?! (?:from|off|on|against))"
)
NO_PUSH_UPS = re.compile(
    r"\b(?:in|into|wall|knee|knees|one[- ](?:handed|armed)|hold\w*) (?:an? )?(?:push|press)[- ]?ups?\b"
)
SIT_UPS = re.compile(rf"\bsit-?ups?\b|\bsit ups\b|{any_of('do', 'perform')} (?:\w+ ){{0,2}}crunch(?:es)?\b")
SIT_FLOOR = re.compile(
    rf"(?:{any_of('sit')}|\bseated\b)(?!-| ups)(?: \w+){{0,2}} (?:on|onto) (?:the |a |her |his )?(?:\w+ )?{GROUND}|"
    rf"(?:{any_of('sit')}|\bseated\b).*(?:\bcross[- ]?legged\b|\blotus\b)"
)
SEAT = re.compile(r"\b(?:chair|couch|sofa|stool|bench|bed|desk|table|seat|throne|car|armchair)\b")
_ELSEWHERE = (
    rf"(?:\w+ )?(?:on|onto|to|in|into) (?:{WHOSE} |an? |one )?"
    r"(?:butt\w*|bottom|seat|(?:\w+ )?knees?|couch|bed|sofa|(?:arm)?chair|bench)"
)
FALL = re.compile(
    rf"(?<!before )(?<!without )(?<!from )(?<!from a )(?<!\ba )(?:{any_of('fall')}|{any_of('collapse')})"
    rf"(?! (?:asleep|silent|ill|apart|short|behind|out|in\b|for\b|back (?:in|on|to|a|some|several)|"
    rf"into (?!a heap)|{_ELSEWHERE})\b)"
)
# It is something else that falls.
ELSE_FALLS = re.compile(
    rf"\blet\w*\b|\b{ARM}s?\b|\b(?:night|rain|snow|leaf|leaves|curtain|building|house|tower|water|tree|silence)\b|"
    rf"{THING.pattern}"
)
_FLIGHT = (
    r"(?: (?:the|a|an|some|his|her|their|those|these))?(?: (?!with|in|taking)\w+){0,2}? ?"
    r"(?:stair\w*|steps|flight of (?:stairs|steps))\b"
)
_GOES = any_of(
    "walk", "go", "climb", "run", "step", "come", "head", "move", "march", "jog", "hurry", "rush", "stride", "ascend",
    "descend",
)  # fmt: skip
STAIRS = re.compile(
    rf"{_GOES}(?: \w+){{0,2}}? (?:(?P<up>up)|(?P<down>down))(?! (?:to|at)\b){_FLIGHT}|"
    rf"{any_of('climb', 'ascend')}(?P<climbed>(?! down\b){_FLIGHT})|{any_of('descend')}(?P<descended>{_FLIGHT})|"
    rf"{_GOES} (?:(?P<upstairs>upstairs)|downstairs)\b"
)
STAIRS_OTHERWISE = re.compile(
    r"\b(?:crawl|back|backward|backwards|hop|jump|hall|street|road|to the|foot of|up and down)\w*\b"
)
# What is climbed is left again.
DOWN_AGAIN = re.compile(r"\b(?:back|comes?|goes|go|walks?|steps?) (?:back )?(?:down|up)\b")
ONE_KNEE = re.compile(rf"\b(?:one|(?:{WHOSE} )?(?P<side>left|right)) knee\b")
# "Get onto the left knee", "take a knee, the right knee on the ground".
ONTO_KNEE = re.compile(
    rf"{any_of('get', 'go', 'drop', 'sink', 'come', 'lower')} (?:\w+sel\w+ )?(?:down )?(?:on|onto|to) (?:just |only )?"
    rf"(?:{WHOSE} |one )?(?:left |right )?knee\b|\b(?:left|right) knee (?:is )?(?:on|to|touching) the (?:floor|ground|mat)\b"
)
SIDED_KNEE = re.compile(r"\b(?P<side>left|right) knee\b")
KNEEL = re.compile(any_of("kneel"))
# Who gets up "from sitting on the floor" sat there before.
RISES_FROM = re.compile(
    r"\bfrom (?:an? |the |his |her |their )?(?:\w+ )?(?:sit|kneel|crawl|ly|lay|hands|knees|all|plank|floor|ground|fall)\w*"
)


def claim(said: Said) -> Claim | None:
    """What the clause asks for on the floor or on stairs, if anything."""
    words = said.words
    if RISES_FROM.search(words):
        return None
    if CRAWL.search(words) and not CRAWL_OTHERWISE.search(words):
        return Claim("*crawl forward on hands and knees", f.crawls)
    if (found := PUSH_UPS.search(words)) and not NO_PUSH_UPS.search(words):
        times = said.times(r"push[- ]?ups|press[- ]?ups") or (1 if found["one"] else None)
        return Claim(f"*do push-ups{told_times(times)}", partial(f.push_ups, times=times))
    if SIT_UPS.search(words):
        times = said.times(r"sit-?ups|sit ups")
        return Claim(f"*do sit-ups{told_times(times)}", partial(f.sit_ups, times=times))
    if SIT_FLOOR.search(words) and not SEAT.search(words):
        crossed = " cross-legged" if said.has(r"\bcross|\blotus\b") else ""
        return Claim(f"*sit{crossed} on the floor", f.sits_on_floor)
    # "The arm swings up and falls again": the limb falls.
    limb_falls = re.match(
        r"(?:and )?(?:falls?|drops?)(?: (?:back|down|again))*$", words
    ) and ELSE_FALLS.search(said.sentence)
    if FALL.search(words) and not ELSE_FALLS.search(words) and not limb_falls:
        return Claim("*fall down", m.lies)
    # "A football player on one knee"; but not "bounces the baby on one knee".
    on_one = re.search(rf"\bon {ONE_KNEE.pattern}", words) and not any(
        word in verbs() for word in words.split()
    )
    onto = ONTO_KNEE.search(words)
    if (KNEEL.search(words) or on_one or onto) and (
        knee := SIDED_KNEE.search(words) or ONE_KNEE.search(words)
    ):
        which = f"the {knee['side']}" if knee["side"] else "one"
        return Claim(
            f"*kneel down on {which} knee", partial(f.kneels_on_one, side=SIDES.get(knee["side"] or ""))
        )
    return _on_stairs(said)


def _on_stairs(said: Said) -> Claim | None:
    found = STAIRS.search(said.words)
    if found is None or STAIRS_OTHERWISE.search(said.words):
        return None
    if DOWN_AGAIN.search(said.sentence.replace(said.words, "")):
        return None
    goes_up = any(found[kind] for kind in ("up", "climbed", "upstairs"))
    gait = "run" if said.has(any_of("run", "jog", "rush", "hurry")) else "walk"
    return Claim(
        f"*{gait} {'up' if goes_up else 'down'} the stairs", partial(f.climbs, sign=1 if goes_up else -1)
    )
