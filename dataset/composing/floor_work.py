"""Procedural motions on the floor: crawling, push-ups, planks, and a table of all; see `floor_bodies`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dataset.composing.floor_bodies import (
    AHEAD,
    FPS,
    HAND,
    KNEE,
    STAND,
    Keys,
    Pose,
    both,
    film,
    foot_bone,
    lifted,
    moved,
    pair,
    smoothstep,
    take,
    then,
    trunk_of,
)
from dataset.composing.floor_lying import fall_down, roll_over, sit_floor, sit_ups
from dataset.composing.material import Take
from dataset.composing.stairs import climb_stairs, stairs_down
from dataset.procedural.toy_body import BONES, FLAT_FOOT, LEGS
from dataset.procedural.toy_motions import TIMES
from utils.rotation import unit

# --- hands and knees ---------------------------------------------------------------------------------------


def fours(z: float, knees: np.ndarray, hands: np.ndarray, pitch: float = 80.0, look: float = -25.0) -> Pose:
    """On hands (2, 3) and knees, whose places along z are (2,)."""
    trunk = np.array([[0, 0, z, pitch, 0, 0, look]], float)
    hips = trunk_of(trunk)[0][0, [1, 2]]
    thigh = BONES[[4, 5]]
    across = both(0.11, 0, 0)[:, 0]
    far = np.minimum((across - hips[:, 0]) ** 2 + (knees - hips[:, 2]) ** 2, 0.08)
    drop = np.sqrt(thigh**2 - far)
    height = KNEE + float((drop - hips[:, 1]).max())
    places = np.stack([across, hips[:, 1] + height - drop, knees], 1)
    toes, poles = np.zeros((2, 3)), np.zeros((2, 3))
    for side, (_, _, shin, _) in enumerate(LEGS):
        rise = 0.115 - places[side, 1]
        ankle = places[side] + (0, rise, -np.sqrt(BONES[shin] ** 2 - rise**2))
        toes[side] = ankle + foot_bone(side, np.array(130.0), np.array(0.0))
        poles[side] = places[side] - (hips[side] + (0, height, 0) + ankle) / 2
    pelvis = np.array((0, height, z))
    return Pose(
        pelvis,
        pitch,
        toes,
        hands,
        both(0.6, 0, -0.8),
        held=False,
        knees=unit(poles),
        foot=(130.0, 130.0),
        look=look,
        splay=0,
    )


def onto_knees(pose: Pose, rng: np.random.Generator) -> Keys:
    """From standing, one knee and then the other, down to hands and knees; ends in `pose` at its last key."""
    first = int(rng.integers(2))
    place = pose.pelvis[2] - 0.02
    stand = moved(STAND, place)
    pace = rng.uniform(0.85, 1.15)
    mean = pose.pelvis[2]
    toe = pose.toes[first]
    stepping = lifted(
        stand, first, toe, 0.08, pelvis=np.array((0, 0.8, mean)), pitch=14.0, foot=pair(first, 75, 45)
    )
    toes = stand.toes.copy()
    toes[first] = toe
    knees = both(0.1, 0, 1)
    knees[first] = pose.knees[first]
    half = replace(
        stand,
        toes=toes,
        pelvis=pose.pelvis + (0, 0.005, 0.0),
        pitch=12.0,
        foot=pair(first, 130, FLAT_FOOT),
        knees=knees,
        hands=both(0.24, -0.24, 0.22),
        splay=3.0,
    )
    over = lifted(
        half,
        1 - first,
        pose.toes[1 - first],
        0.03,
        foot=pair(first, 130, 105),
        pitch=30.0,
        splay=0.0,
        **AHEAD,
    )
    over = replace(over, knees=unit(half.knees + pose.knees), pelvis=pose.pelvis + (0, 0.02, 0))
    kneel = replace(pose, held=True, pitch=48.0, pelvis=pose.pelvis + (0, 0.005, 0), look=-5.0)
    kneel = replace(kneel, hands=both(0.2, 0.05, 0.4), elbows=both(0.6, -1, 0))
    keys = [(0.0, stand), (rng.uniform(0.15, 0.5), stand)]
    for pose_, seconds in ((stepping, 0.5), (half, 0.55), (over, 0.45), (kneel, 0.4), (pose, 0.6)):
        keys = then(pose_, seconds * pace, keys)
    return keys


def crawl(rng: np.random.Generator) -> Take:
    """On hands and knees ahead, diagonal limbs in turn."""
    speed, stride = rng.uniform(0.26, 0.48), rng.uniform(0.34, 0.46)
    wide, swings = rng.uniform(0.15, 0.2), 0.42
    offsets = np.array((0.5, 0.0, 0.04, 0.54))  # knees, hands
    forth = rng.uniform(0.46, 0.5)
    pitch, look = rng.uniform(79, 82), rng.uniform(-40, -10)

    def at(distance: float) -> Pose:
        phase = distance / stride + offsets
        turn, part = np.floor(phase), phase % 1
        swing = np.clip((part - (1 - swings)) / swings, 0, 1)
        gone = stride * (turn + smoothstep(swing) - offsets + (1 - swings) / 2)
        hands = both(wide, HAND, forth)
        hands[:, 2] += gone[2:]
        hands[:, 1] += 0.06 * np.sin(np.pi * swing[2:]) ** 2
        return fours(distance, gone[:2] + 0.01, hands, pitch, look)

    starts_down = rng.random() < 0.5
    keys = [(0.0, at(0.0))] if starts_down else onto_knees(at(0.0), rng)
    begin = keys[-1][0]
    seconds = min(rng.uniform(3.0, 7.0), 9.6 - begin)
    stops = rng.random() < 0.4
    distance = 0.0
    for step in range(1, int(seconds * FPS)):
        t = step / FPS
        ramp = 1.0 if starts_down else min(t / 0.4, 1.0)
        ramp *= np.clip((seconds - t - 0.5) / 0.4, 0, 1) if stops else 1.0
        distance += speed * ramp / FPS
        keys.append((begin + t, at(distance)))
    return take("crawl", film(keys, rng))


def all_fours(rng: np.random.Generator) -> Take:
    """On hands and knees, held."""
    hands = both(rng.uniform(0.15, 0.2), HAND, rng.uniform(0.44, 0.5))
    pose = fours(0.0, rng.uniform(-0.03, 0.03, 2), hands, rng.uniform(79, 83), rng.uniform(-40, 10))
    keys = [(0.0, pose)] if rng.random() < 0.5 else onto_knees(pose, rng)
    return take("all_fours", film(then(pose, rng.uniform(2.4, 5.0), keys), rng, 1.5))


# --- on hands and toes -------------------------------------------------------------------------------------


def straight(shoulder: float, hands: np.ndarray, toes: np.ndarray, look: float = -10.0) -> Pose:
    """A straight body on its toes (2, 3), shoulders at that height, hands (2, 3) on the floor."""
    ankle = toes.mean(0) - foot_bone(0, np.array(97.0), np.array(0.0))
    legs = 0.999 * (BONES[[4, 5]] + BONES[[7, 8]]).min()
    body = legs + 0.49  # ankle to shoulder
    angle = np.arcsin(np.clip((shoulder - ankle[1]) / body, -0.2, 0.5))
    pelvis = ankle + (legs + 0.032) * np.array((0, np.sin(angle), np.cos(angle)))
    pelvis[0] = 0
    pitch = 90 - np.degrees(angle)
    return Pose(
        pelvis,
        pitch,
        toes,
        hands,
        both(0.75, 0.15, -0.65),
        False,
        both(0, -1, 0.05),
        (97.0, 97.0),
        0.0,
        look,
        0.0,
        0.0,
    )


def onto_hands(pose: Pose, rng: np.random.Generator) -> Keys:
    """From standing through a squat with hands on the floor, one foot back after the other, into `pose`."""
    first = int(rng.integers(2))
    ahead = float(pose.hands[:, 2].mean())
    pace = rng.uniform(0.85, 1.15)
    stand = moved(STAND, ahead - 0.5)
    hands: dict[str, Any] = {"hands": pose.hands, "elbows": both(0.6, 0.1, -0.7), "held": False}
    bent = replace(stand, pelvis=stand.pelvis * (1, 0, 1) + (0, 0.62, -0.14), pitch=52.0, curl=20.0, **AHEAD)
    bent = replace(bent, hands=both(0.2, 0.1, 0.42))
    squat = replace(
        stand,
        pelvis=stand.pelvis * (1, 0, 1) + (0, 0.44, -0.05),
        pitch=62.0,
        curl=25.0,
        look=-20.0,
        foot=(62.0, 62.0),
        knees=both(0.35, 0, 1),
        **hands,
    )
    one = lifted(
        squat,
        first,
        pose.toes[first],
        0.10,
        pelvis=squat.pelvis + (0, 0.06, 0.08),
        pitch=72.0,
        curl=15.0,
        foot=pair(first, 85, 68),
    )
    toes = squat.toes.copy()
    toes[first] = pose.toes[first]
    knees = squat.knees.copy()
    knees[first] = (0, -0.8, 0.6)
    two = replace(
        squat,
        toes=toes,
        pelvis=squat.pelvis + (0, 0.06, 0.04),
        pitch=75.0,
        curl=12.0,
        foot=pair(first, 95, 72),
        knees=knees,
    )
    last = lifted(
        two,
        1 - first,
        pose.toes[1 - first],
        0.10,
        foot=pair(first, 97, 88),
        pitch=76.0,
        curl=5.0,
        pelvis=(squat.pelvis + (0, 0.06, 0.04)) * 0.5 + pose.pelvis * 0.5 + (0, 0.03, 0),
        knees=both(0.1, -0.6, 0.7),
    )
    keys = [(0.0, stand), (rng.uniform(0.15, 0.4), stand)]
    for pose_, seconds in ((bent, 0.5), (squat, 0.45), (one, 0.32), (two, 0.32), (last, 0.3), (pose, 0.4)):
        keys = then(pose_, seconds * pace, keys)
    return keys


def _hands_and_toes(rng: np.random.Generator) -> tuple[float, np.ndarray, np.ndarray, float]:
    toes = both(rng.uniform(0.07, 0.14), 0.005, 0.0)
    return (
        rng.uniform(0.52, 0.54),
        both(rng.uniform(0.2, 0.27), HAND, rng.uniform(1.2, 1.25)),
        toes,
        rng.uniform(-25, 0),
    )


def push_ups(rng: np.random.Generator) -> Take:
    """A straight body up and down on its hands."""
    high, hands, toes, look = _hands_and_toes(rng)
    up = straight(high, hands, toes, look)
    keys = [(0.0, up)] if rng.random() < 0.5 else onto_hands(up, rng)
    keys = then(up, rng.uniform(0.2, 0.4), keys)
    each = rng.uniform(1.0, 1.9)
    most = int(min(6, (9.6 - keys[-1][0]) / each))
    count = int(rng.integers(2, most + 1))
    each = max(each, 2.2 / count)
    low = rng.uniform(0.19, 0.25)
    for _ in range(count):
        begin, length = keys[-1][0], each * rng.uniform(0.95, 1.03)
        for step in range(1, 13):
            height = high + (low - high) * np.sin(np.pi * step / 12) ** 2
            keys.append((begin + length * step / 12, straight(height, hands, toes, look)))
    return take("push_ups", film(keys, rng), {"times": TIMES[count]})


def plank(rng: np.random.Generator) -> Take:
    """The body of push-ups, held."""
    pose = straight(*_hands_and_toes(rng))
    keys = [(0.0, pose)] if rng.random() < 0.5 else onto_hands(pose, rng)
    return take("plank", film(then(pose, rng.uniform(2.6, 5.0), keys), rng, 1.3))


FLOOR_WORK = {
    work.__name__: work
    for work in (
        crawl,
        push_ups,
        plank,
        sit_ups,
        sit_floor,
        fall_down,
        all_fours,
        climb_stairs,
        stairs_down,
        roll_over,
    )
}
