"""What a clause asks of arms and hands."""

from __future__ import annotations

import re
from functools import partial

from dataset.turn_words import NOT_DOWN, THING
from models.asked import hands
from models.asked import measures as m
from models.asked.claims import Claim, Measure
from models.asked.words import ARM, LEG, OFTEN, WHOSE, Arms, Said, any_of, told_times

DOWN = re.compile(
    rf"\b(?:down|downwards?|lower(?:s|ing|ed)?|drop(?:s|ping|ped)?|relax\w*|hang\w*|still|"
    rf"(?:at|by) (?:{WHOSE} )?sides?|returns?|returning|swing(?:s|ing)?)\b"
)
LOWER = re.compile(
    rf"{any_of('lower', 'drop')}\b(?! (?:a|an) )|"
    rf"{any_of('put', 'bring', 'take', 'let', 'pull')} (?:\w+ ){{1,4}}?(?:down|sink|fall|drop)\b"
)
# The hand waves, and no flag; a wave of the sea doesn't.
WAVE = re.compile(
    rf"(?<!the ){any_of('wave')}(?! (?:off|around|away|it|an?|{WHOSE} (?!(?:left|right|both|other|{ARM}s?)\b))\b)"
)
# Verbs with "up" by which no arm is raised, and legs that are.
RISERS = ("pick", "get", "stand", "pull", "sit", "push", "support", "help", "climb", "set")
RISES = re.compile(any_of(*RISERS) + r"|\bthumbs?\b")
HIPS = re.compile(rf"\bon (?:{WHOSE} )?(?:hips?|waist)\b|\bakimbo\b")
BEHIND = re.compile(rf"\bbehind (?:{WHOSE} )?(?:back|body)\b")
TOUCHED = re.compile(
    rf"\b(?:on|to|onto|at|against|behind|(?:touch|cover|rub|scratch|pat)\w*) (?:{WHOSE} )?(?:left |right )?"
    r"(?:head|face|ears?|mouth|eyes?|nose|chest|heart|shoulders?|knees?|stomach|belly|back|toes?|floor|ground|thighs?|feet|"
    r"foot|leg|chin|neck|forehead)\b(?! (?:height|level))|\btogether\b|\b(?:cross|fold|rotat|look)\w*|\bcircles?\b"
)
ASIDE = re.compile(
    rf"\b(?:out )?(?:to|at|towards?) (?:{WHOSE} |both |each |either )*(?:left |right )?sides?\b|\bsideways?\b|\blaterally\b|"
    r"\bout to (?:the )?(?:left|right)\b|\bspread\b|\bt-?pose\b|\bwide\b|\blike (?:a plane|wings|an airplane)\b"
)
AHEAD = re.compile(r"\b(?:forwards?|ahead|front|straight out|out before)\b")
LOWER_THAN_UP = re.compile(
    rf"\b(?:chest|waist|hips?|belly|stomach)\b|\bshoulder[- ](?:height|level)\b|\b(?:height|level) of {WHOSE} \w+|"
    rf"\bin front of {WHOSE} (?:shoulders?|chest|face|body)\b"
)
BEFORE_THE_BODY = re.compile(
    rf"\bin front of {WHOSE} (?:shoulders?|chest|face|belly|stomach|waist|hips?)\b|\bchest\b|"
    rf"(?<!\bout )(?<!\bstraight )\bin front of {WHOSE} body\b"
)
# What is refused of the arms alone: "without swinging the arms", "but the arms are not swinging".
KEPT_STILL = re.compile(
    rf"\bwithout (?:moving|swinging) (?:{WHOSE} |both )?(?:arms|hands)\b|"
    # Of somebody who walks; who stands up "without using the hands" may well move them.
    rf"(?:(?<=\bwalk )|(?<=\bwalks )|(?<=\bwalking )|(?<=\bforward ))without using (?:{WHOSE} |both )?(?:arms|hands)\b|"
    r"\b(?:arms|hands) (?:are |do |should )?(?:not |never |n't )(?:swing|mov)\w*|\b(?:arms|hands) (?:kept |are )?still\b|"
    rf"\b(?:not|never|n't) (?:move|swing) (?:{WHOSE} |both )?(?:arms|hands)\b"
)
UP = re.compile(
    rf"\b(?:up|upwards?|high|overhead|aloft|(?:above|over) (?:{WHOSE} )?head|(?:in|into) the air|"
    r"(?:to|for|towards?|at) the (?:sky|ceiling|heavens))\b"
)
# Arms that end up: "forward and up".
THEN_UP = re.compile(r"\b(?:and|then) (?:\w+ )?(?:up|upwards?|overhead|above)\b")
OVER_HEAD = re.compile(
    rf"\boverhead\b|\b(?:above|over) (?:{WHOSE} )?head\b|\bthe (?:sky|ceiling|heavens)\b|\b(?:top|high|highest) shelf\b|"
    r"\bup high\b|\bhigh (?:up|above|over|in)\b"
)
RAISE = re.compile(any_of("raise", "lift", "elevate"))
POSING = (
    "raise", "lift", "hold", "put", "stretch", "extend", "reach", "keep", "stick", "point", "spread", "bring", "open",
)  # fmt: skip
POSE = re.compile(
    rf"{any_of(*POSING)}|\b(?:out|up|raised|outstretched|outspread)\b|"
    rf"^(?:(?:both|the|his|her|their|your|one)(?: (?:left|right))?|left|right) {ARM}s?\b|"
    r"^(?:arms|hands) (?:high )?(?:over|above|overhead|in the air|to the sky)\b|"
    rf"\b(?:has|have|having) (?:{WHOSE} |both )?(?:left |right )?{ARM}s?\b"
)
# Back to where they hang: "puts the arms to his sides", "the arms fall to the sides".
_SIDES = rf"(?:back |down )*(?:to|at|by) (?:{WHOSE} )?sides?\b"
TO_REST = re.compile(
    rf"{any_of('put', 'bring', 'return', 'drop')} (?:both |back |{WHOSE} )*(?:left |right )?{ARM}s? {_SIDES}|"
    rf"{ARM}s? {any_of('fall', 'drop', 'return', 'go')} {_SIDES}"
)
# Something is lifted with a hand, not the hand; or somebody lifts himself.
LIFTS_WITH = re.compile(
    rf"{any_of('lift', 'raise', 'pull', 'push', 'hoist')} (?:\w+sel(?:f|ves)|{WHOSE} body)\b|"
    rf"{any_of('lift', 'hold', 'carry')} (?:something(?: \w+)?|(?!{ARM}|{LEG})\w+s|"
    rf"(?:an?|the|{WHOSE}) (?!(?:left|right|other|\w+ed)\b)(?!{ARM})\w+) "
    r"(?:with|in) "
)


# Gestures in which arms come up less than far.
OTHER_GESTURE = re.compile(
    r"\b(?:shrug\w*|(?:wrist)?watch(?:es)?|(?:check|tell)\w* the time|dumbbells?|barbells?|curls?|pray\w*|"
    r"helpless\w*|confus\w*|forearms?)\b"
)
# Not drawn back over the shoulder, or nothing that flies: "throws off the blanket", "punches in a code".
NO_SWING = re.compile(
    rf"\b(?:underhand|underarm|gently|slowly|softly|lightly)\b|"
    rf"{any_of('throw', 'toss', 'punch')} (?:off|open|in(?! the air))\b|\b(?:kiss\w*|tantrum|backhand)\b"
)


def kept_still(said: Said) -> Claim | None:
    """Arms that are not to move, where a clause refuses just that."""
    if not KEPT_STILL.search(said.words):
        return None
    return Claim("*keep the arms still", m.arms_still, "without moving the arms")


def claim(said: Said) -> Claim | None:
    """What the clause asks of the arms, if anything."""
    arms = said.arms
    wave = WAVE.search(said.words) is not None
    if (
        said.has(any_of("clap", "applaud"))
        and not said.sides(ARM)
        and not said.has(r"\b(?:above|over|behind|under|thighs?|knees?)\b")
    ):
        times = said.times("claps")
        return Claim(f"*clap{told_times(times)}", partial(m.claps, times=times))
    if wave and not said.has(r"\bup and down\b|\bat (?:the|his|her|their) sides\b"):
        return _waving(arms, 5 if said.has(OFTEN) else 3)
    if lowering := _lowering(said, arms):
        return lowering
    if struck := hands.blow(said, arms):
        return struck
    if arms is None:
        return None
    done = any(said.has(pattern) for pattern, _, _ in DONE)
    if not done and (busy := hands.claim(said, arms)):
        return busy
    if said.sides(LEG) or OTHER_GESTURE.search(said.words):
        return None
    if arms.which == (0, 1) and HIPS.search(said.words):
        return Claim("*put the hands on the hips", m.hands_on_hips, "with the hands on the hips")
    if arms.which == (0, 1) and BEHIND.search(said.words):
        return Claim("*hold both hands behind the back", m.hands_behind_back)
    if done:
        return _doing(said, arms)
    return None if DOWN.search(said.words) or TOUCHED.search(said.words) else _posing(said, arms)


def _waving(arms: Arms | None, swings: int) -> Claim:
    often = " several times" if swings > 3 else ""
    if arms is None or not arms.which:
        return Claim(f"*wave{often}", partial(m.any_arm, partial(m.arms_wave, least=swings)))
    hands = "both hands" if arms.name == "both" else f"with {arms.said('hand')}"
    missed = partial(m.arms_wave, arms=arms.which, alone=arms.alone, least=swings)
    return Claim(f"*wave {hands}{often}", missed)


CALL = re.compile(
    r"\btalk\w* .*phone\b|\b(?:on|answers?|answering) (?:the|a|his|her) phone\b|\bphone (?:to|at)\b.*\bear\b|\bphone call\b"
)
THROWN = re.compile(
    rf"{any_of('throw', 'toss', 'pitch')} (?P<what>something|(?:an?|the|some|{WHOSE}) (?:\w+ ){{0,2}}?\w+)"
    r"(?= (?:with|using|over|to|at|by|in|away|forward)|$)"
)
DONE = (
    (any_of("punch", "jab"), "*punch with the {} hand", m.thrusts),
    (any_of("throw", "toss", "pitch"), "quickly *throw a ball with the {} hand", m.throws),
    (any_of("drink", "sip"), "*drink from a cup with the {} hand", m.hand_at_head),
    (CALL, "*talk on the phone with the {} hand", m.hand_at_head),
    (any_of("salute"), "*salute with the {} hand", m.hand_at_head),
)


def _doing(said: Said, arms: Arms) -> Claim | None:
    """What is done with the left hand, or with the right."""
    for pattern, plain, measure in DONE:
        if (
            said.has(pattern)
            and len(arms.which) == 1
            and arms.alone
            and not said.has(r"\btakes? a\b|\blike \w+ing\b")
            and not (measure in (m.throws, m.thrusts) and said.has(NO_SWING))
        ):
            thrown = THROWN.search(said.words)
            plain = plain.replace("a ball", thrown["what"]) if thrown else plain
            return Claim(plain.format(arms.name), partial(measure, arm=arms.which[0]))
    return None


def _lowering(said: Said, arms: Arms | None) -> Claim | None:
    """Arms that come down at the end: "and lowers it again"."""
    if not LOWER.search(said.words) or not re.search(rf"\b{ARM}s?\b", said.sentence):
        return None
    if NOT_DOWN.search(said.words) or THING.search(said.sentence):
        return None
    if arms is None and not said.has(r"\b(?:it|them|both|the arm|the hand)\b"):
        return None
    if arms is not None and arms.which:
        return Claim(f"*lower {arms.said()}", partial(m.arms_end_down, arms=arms.which))
    limb = "both arms" if said.has(r"\b(?:them|both)\b") else "the arm"
    return Claim(f"*lower {limb}", m.arms_end_down)


def _posing(said: Said, arms: Arms) -> Claim | None:
    """Where arms are held."""
    words = said.words
    if TO_REST.search(words):
        return Claim(f"*lower {arms.said()}", partial(m.arms_end_down, arms=arms.which or (0, 1)))
    if LIFTS_WITH.search(words) or re.search(
        r"\b(?:up|down) (?:the )?stairs\b|\bpalms? .*\bturn|\bturn\w* .*palm", words
    ):
        return None
    if not POSE.search(words) or RISES.search(words) or re.search(r"\breach\w* down\b", words):
        return None
    points = said.has(any_of("point"))
    rises = THEN_UP.search(words) is not None
    to_side = re.search(
        r"\b(?:to|on|at) (?:the|his|her|their|your) (left|right)\b(?! (?:arm|hand|fist|side))", words
    )
    if points and to_side and not ASIDE.search(words):
        if arms.name != to_side[1]:
            return None
        return Claim(f"*point to the {arms.name} with {arms.said('hand')}", _out(arms, "side"))
    if ASIDE.search(words) and not rises:
        ending = "sides" if arms.name == "both" else "side"
        return Claim(
            f"*hold {arms.said()} out to the {ending}", _out(arms, "side"), pose=arms.pose("out to the side")
        )
    if (
        AHEAD.search(words)
        and not rises
        and not BEFORE_THE_BODY.search(words)
        and not said.has(any_of("walk", "run", "step", "jog", "move", "jump", "bend", "lean"))
    ):
        if points:
            return Claim(
                f"*point forward with {arms.said('hand')}", _out(arms, "front"), pose=arms.pose("forward")
            )
        return Claim(
            f"*hold {arms.said()} straight out in front", _out(arms, "front"), pose=arms.pose("forward")
        )
    if (UP.search(words) or RAISE.search(words)) and not LOWER_THAN_UP.search(words):
        over = OVER_HEAD.search(words) is not None
        times = said.times()
        plain = f"*raise {arms.said()}{' above the head' if over else ''}{told_times(times)}"
        if not arms.which:
            return Claim(plain, partial(m.any_arm, m.arms_up, over_head=over))
        missed = partial(m.arms_up, arms=arms.which, over_head=over, alone=arms.alone, times=times)
        return Claim(plain, missed, pose=arms.pose("up"))
    return None


def _out(arms: Arms, direction: str) -> Measure:
    if not arms.which:
        return partial(m.any_arm, m.arms_out, direction=direction)
    return partial(m.arms_out, arms=arms.which, direction=direction, alone=arms.alone)
