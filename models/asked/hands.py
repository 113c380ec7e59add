"""What a clause asks of one hand that is busy with something, or rests somewhere on the head or the chest."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from models.asked import activity_measures as a
from models.asked import measures as m
from models.asked.claims import Claim
from models.asked.words import ARM, WHOSE, Arms, Said, any_of
from utils.quantities import SIDES

# How far joints are from showing something of an arm, 0 left or 1 right.
OneHand = Callable[[np.ndarray, int], float]
# What a hand is busy with. It is told as it was said: no plain words know all that hands do.
BUSY: tuple[tuple[str, str, OneHand], ...] = (
    (r"\bcurls?\b|\bcurl(?:s|ing)\b", "*curl a dumbbell", a.hand_works),
    (any_of("stir", "mix", "whisk"), "*stir", a.hand_works),
    (any_of("wipe", "polish", "scrub"), "*wipe", a.hand_works),
    (any_of("knock", "rap", "bang", "pound"), "*knock", a.hand_works),
    (any_of("hammer"), "*hammer", a.hand_works),
    (any_of("paint", "iron", "chop"), "*work", a.hand_works),
    (any_of("beckon"), "*beckon", a.hand_works),
    (any_of("dribble"), "*dribble a ball", a.hand_works),
    (rf"{any_of('bounce')} (?:an?|the|{WHOSE}) (?:\w+ )?(?:ball|basketball)\b", "*dribble a ball", a.hand_works),
    (r"\b(?:racket|racquet|tennis|badminton|squash|forehand|ping[- ]pong)\b", "*swing a racket", a.hand_works),
    (r"\b(?:wrist)?watch\b(?=.*\b(?:wrist|arm|hand)\b)", "*look at the watch", a.hand_held_up),
    (rf"{any_of('brush', 'comb')} .*\b(?:teeth|hair)\b", "*brush", m.hand_at_head),
)  # fmt: skip
LOOKS = re.compile(any_of("look", "check", "read", "glance"))
_ON = rf"\b(?:on|onto|to|at|against)(?: (?:the )?(?:top|back|side) of)? (?:{WHOSE} )?(?:left |right )?"
_TOUCHES = any_of("touch", "scratch", "rub", "pat", "tap", "hold", "cover")
_FACE = r"(?:head|ears?|hair|face|cheek|mouth|nose|chin|forehead|temple|lips)\b(?! (?:height|level))"
_CHEST = r"(?:chest|heart)\b(?! (?:height|level))"
AT_HEAD = re.compile(
    rf"{_ON}{_FACE}|{_TOUCHES} (?:{WHOSE} )?(?:back of )?(?:{WHOSE} )?(?:left |right )?{_FACE}"
)
ON_CHEST = re.compile(rf"(?:{_ON}|\bover (?:{WHOSE} )?){_CHEST}|{_TOUCHES} (?:{WHOSE} )?{_CHEST}")
# Blows that are named by their side, or by their hand: "throws a right hook", "throws several hooks with the left hand".
_BLOWS = (
    r"(?:(?P<straight>punch|jab|cross(?=$)|straight(?= with| using|$))|(?P<round>hook|uppercut))(?:es|s)?\b"
)
BLOW = re.compile(rf"\b(?P<side>left|right)(?: (?:straight|quick|fast|hard|big|strong|high))* {_BLOWS}")
BLOW_OF_HAND = re.compile(rf"{any_of('throw', 'give', 'land', 'do')} (?:\w+ ){{0,3}}?{_BLOWS}")
PUNCH = re.compile(any_of("punch"))
ROUND = re.compile(
    r"\b(?:up|upwards?|overhead|above|sideways|side|outside|inwards?|swing\w*|air|hooks?|uppercuts?)\b"
)
FLUNG = re.compile(r"\b(?:frisbee|disc|backhand)\b")


def blow(said: Said, arms: Arms | None) -> Claim | None:
    """A punch that is named by its side, or by its hand and isn't straight; a frisbee that is flung."""
    side = arms.name if arms is not None and len(arms.which) == 1 and arms.alone else ""
    if side and FLUNG.search(said.words) and said.has(any_of("throw", "toss", "fling")):
        thrown = "disc" if said.has(r"\bdisc\b") else "frisbee"
        return Claim(f"*throw a {thrown} with the {side} hand", partial(a.hand_works, arm=SIDES[side]))
    found = BLOW.search(said.words) or (BLOW_OF_HAND.search(said.words) if side else None)
    swung = side and PUNCH.search(said.words) and ROUND.search(said.words)
    several = len(re.findall(_BLOWS, said.sentence)) > 1 or {"left", "right"} <= set(said.sentence.split())
    if (found is None and not swung) or several:
        return None
    side = found.groupdict().get("side") or side if found else side
    if found and found["straight"] and not ROUND.search(said.words):
        return Claim(f"*punch with the {side} hand", partial(m.thrusts, arm=SIDES[side]))
    missed = partial(a.hand_strikes, arm=SIDES[side])
    if found and found["round"]:
        return Claim(f"*throw a {side} {found['round']}", missed)
    return Claim(f"*punch with the {side} hand", missed, own_words=True)


def claim(said: Said, arms: Arms) -> Claim | None:
    """What one hand does, where the clause names that hand."""
    if len(arms.which) != 1 or said.has(rf"\b(?:left|right) and\b|\bboth\b|\bother {ARM}\b"):
        return None
    for pattern, plain, measure in BUSY:
        if not said.has(pattern) or not arms.alone:
            continue
        if measure is a.hand_held_up and not said.has(LOOKS):
            continue
        return _of_hand(f"{plain} with {arms.said('hand')}", measure, arms.which[0])
    for place, name, held in ((AT_HEAD, "head", m.hand_at_head), (ON_CHEST, "chest", a.hand_on_chest)):
        if said.has(place):
            return _of_hand(f"*hold {arms.said('hand')} at the {name}", held, arms.which[0])
    return None


def _of_hand(plain: str, measure: OneHand, arm: int) -> Claim:
    return Claim(plain, lambda joints: measure(joints, arm), own_words=True)
