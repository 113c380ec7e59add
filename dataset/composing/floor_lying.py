"""Procedural motions on the seat and on the back: sitting, sit-ups, falling down, rolling over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.composing.floor_bodies import (
    AHEAD,
    HAND,
    STAND,
    Keys,
    Pose,
    both,
    film,
    foot_bone,
    lifted,
    smoothstep,
    take,
    then,
)
from dataset.composing.material import Take
from dataset.procedural.toy_motions import TIMES

SEAT = -0.42  # of the pelvis, behind the place where one stood
PROPPED: dict[str, Any] = {"hands": both(0.27, HAND, SEAT - 0.3), "elbows": both(0.4, 0, -1), "held": False}
SIT = replace(
    STAND, pelvis=np.array((0, 0.11, SEAT)), pitch=-16.0, curl=14.0, knees=both(0.1, 1, 0.5), **PROPPED
)
FLAT: dict[str, Any] = {"hands": both(0.3, -0.34, -0.05), "elbows": both(1, 0.2, 0.1), "held": True}
ON_BACK = replace(SIT, pitch=-90.0, curl=0.0, pelvis=np.array((0, 0.1, SEAT)), **FLAT)


def onto_seat(rng: np.random.Generator) -> Keys:
    """From standing through a squat onto the seat, hands behind; ends in SIT."""
    pace = rng.uniform(0.85, 1.15)
    squat = replace(
        STAND,
        pelvis=np.array((0, 0.42, -0.22)),
        pitch=38.0,
        curl=15.0,
        knees=both(0.2, 0.4, 1),
        hands=both(0.34, -0.22, 0.2),
    )
    low = replace(
        SIT,
        pelvis=np.array((0, 0.2, SEAT + 0.05)),
        pitch=8.0,
        curl=20.0,
        hands=both(0.32, -0.36, -0.12),
        held=True,
    )
    keys = [(0.0, STAND), (rng.uniform(0.15, 0.5), STAND)]
    for pose, seconds in ((squat, 0.75), (low, 0.4), (SIT, 0.3)):
        keys = then(pose, seconds * pace, keys)
    return keys


def legs_out(pose: Pose) -> Pose:
    """A pose on the seat or the back with its legs stretched ahead, toes up."""
    pitch, ankle = -62.0, both(0.12, 0.075, pose.pelvis[2] + 0.8)
    toes = np.array([ankle[s] + foot_bone(s, np.array(pitch), np.array((12.0, -12.0)[s])) for s in (0, 1)])
    return replace(pose, toes=toes, foot=(pitch, pitch), knees=both(0.15, 1, 0), splay=12.0)


_LEGS = {"ahead": "the legs stretched out", "crossed": "the legs crossed", "drawn up": "the knees drawn up"}


def sit_floor(rng: np.random.Generator) -> Take:
    """Sitting on the floor: legs ahead, crossed or drawn up."""
    kind = ("ahead", "crossed", "drawn up")[rng.choice(3, p=(0.45, 0.35, 0.2))]
    propped = kind != "crossed" and rng.random() < 0.4
    pose = replace(
        SIT, pitch=-8.0, curl=16.0, elbows=both(0.8, -0.3, -0.6), hands=both(0.14, 0.2, SEAT + 0.33)
    )
    if kind == "ahead":
        pose = legs_out(pose)
    elif kind == "crossed":
        ankles = both(-0.07, 0.06, SEAT + 0.27)
        ankles[:, 2] += (0.04, -0.04)
        toes = np.array(
            [ankles[s] + foot_bone(s, np.array(12.0), np.array((-62.0, 62.0)[s])) for s in (0, 1)]
        )
        pose = replace(
            pose,
            toes=toes,
            foot=(12.0, 12.0),
            splay=-62.0,
            knees=both(0.85, 0.3, 0.35),
            hands=both(0.28, 0.25, SEAT + 0.22),
        )
    else:
        pose = replace(pose, pitch=-4.0, curl=22.0, hands=both(0.1, 0.33, SEAT + 0.38))
    if propped:
        pose = replace(pose, pitch=-16.0, curl=14.0, hands=SIT.hands, elbows=SIT.elbows)
    pose = replace(pose, look=rng.uniform(-12, 10))
    if rng.random() < 0.5:
        keys = [(0.0, pose)]
    else:
        keys = onto_seat(rng)
        for side in rng.permutation(2) if kind != "drawn up" else ():
            last = keys[-1][1]
            toes, foot, yaws, knees = last.toes.copy(), list(last.foot), _yaws(last), last.knees.copy()
            up = lifted(last, side, pose.toes[side], 0.07, held=False)
            toes[side], foot[side], yaws[side], knees[side] = (
                pose.toes[side],
                pose.foot[side],
                _yaws(pose)[side],
                pose.knees[side],
            )
            half = _halfway(foot, last.foot), _halfway(yaws, _yaws(last))
            keys = then(replace(up, foot=half[0], splay=half[1], knees=(knees + last.knees) / 2), 0.28, keys)
            keys = then(
                replace(last, toes=toes, foot=(foot[0], foot[1]), splay=(yaws[0], yaws[1]), knees=knees),
                0.28,
                keys,
            )
        keys = then(pose, 0.6, keys)
    facts = {"legs": _LEGS[kind], "crossed": "cross-legged" if kind == "crossed" else ""}
    return take("sit_floor", film(then(pose, rng.uniform(2.4, 4.5), keys), rng, 1.6), facts)


def _halfway(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    return (first[0] + second[0]) / 2, (first[1] + second[1]) / 2


def _yaws(pose: Pose) -> list[float]:
    return list(pose.splay) if isinstance(pose.splay, tuple) else [pose.splay, -pose.splay]


def sit_ups(rng: np.random.Generator) -> Take:
    """On the back with bent knees, the trunk up to them and down again."""
    kind = rng.integers(3)
    hands = (both(0.1, 0.26, -0.04), both(-0.07, 0.09, 0.15), both(0.15, -0.27, 0.22))[kind]
    elbows = (both(1, 0.05, 0.15), both(0.7, -1, 0.1), both(1, -0.3, -0.3))[kind]
    bend = rng.uniform(-0.03, 0.05)
    toes = both(rng.uniform(0.1, 0.15), 0.005, 0.1 + bend)
    highest = rng.uniform(56, 66)

    def at(share: float) -> Pose:
        curl = np.clip(share * 2, 0, 1)
        rise = np.clip((share - 0.15) / 0.85, 0, 1)
        return replace(
            ON_BACK,
            toes=toes,
            hands=hands,
            elbows=elbows,
            look=18 * np.sin(np.pi * min(share, 0.5)),
            curl=float(46 * smoothstep(curl)),
            pitch=float(-90 + highest * smoothstep(rise)),
        )

    keys = [(0.0, at(0.0))]
    if rng.random() < 0.5:
        keys = onto_seat(rng)
        keys = then(replace(at(0.55), toes=STAND.toes), 0.6, keys)
        keys = then(at(0.0), 0.8, keys)
    keys = then(at(0.0), rng.uniform(0.15, 0.4), keys)
    each = rng.uniform(1.3, 2.2)
    count = int(rng.integers(2, min(5, int((9.4 - keys[-1][0]) / each)) + 1))
    for _ in range(count):
        begin, length = keys[-1][0], each * rng.uniform(0.95, 1.03)
        for step in range(1, 17):
            keys.append(
                (begin + length * step / 16, at(np.sin(np.pi * step / 16) ** 1.6 if step < 16 else 0.0))
            )
    keys = then(at(0.0), 0.2, keys)
    return take("sit_ups", film(keys, rng, 0.6), {"times": TIMES[count]})


def fall_down(rng: np.random.Generator) -> Take:
    """From standing, down onto hands and chest, or back onto the seat and the back."""
    long = rng.uniform(0.95, 1.4)
    wait = rng.uniform(0.6, 1.3)
    spread = rng.uniform(0.26, 0.34)
    keys = [(0.0, STAND), (wait, STAND)]
    parts: tuple[tuple[Pose, float], ...]
    if rng.random() < 0.5:
        direction = "forward"
        hands: dict[str, Any] = {
            "hands": both(spread, HAND, 1.46),
            "elbows": both(0.7, 0.1, -0.7),
            "held": False,
        }
        tip = replace(
            STAND,
            pelvis=np.array((0, 0.83, 0.10)),
            pitch=14.0,
            foot=(55.0, 58.0),
            hands=both(0.28, -0.2, 0.3),
        )
        knees = replace(
            STAND, pelvis=np.array((0, 0.49, 0.47)), pitch=32.0, foot=(98.0, 98.0), look=-10.0, **AHEAD
        )
        catch = replace(
            STAND,
            pelvis=np.array((0, 0.40, 0.72)),
            pitch=74.0,
            foot=(104.0, 104.0),
            look=-25.0,
            knees=both(0.05, -1, 0.6),
            **hands,
        )
        toes = both(0.12, 0.01, 0.035)
        prone = replace(
            STAND,
            pelvis=np.array((0, 0.12, 1.0)),
            toes=toes,
            pitch=91.0,
            foot=(145.0, 145.0),
            knees=both(0.1, -1, 0),
            look=-6.0,
            **hands,
        )
        prone = replace(prone, elbows=both(0.3, -0.05, -1))
        parts = ((tip, 0.28), (knees, 0.27), (catch, 0.2), (prone, 0.25))
    else:
        direction = "backward"
        hands = {
            "hands": both(0.32, HAND, -0.8),
            "elbows": both(0.7, 0.2, -0.5),
            "held": False,
        }
        tip = replace(
            STAND,
            pelvis=np.array((0, 0.74, -0.17)),
            pitch=2.0,
            curl=14.0,
            hands=both(0.3, 0.0, 0.38),
        )
        seat = replace(SIT, pelvis=np.array((0, 0.12, -0.55)), pitch=-32.0, curl=26.0, **hands)
        back = replace(
            ON_BACK,
            pelvis=np.array((0, 0.1, -0.57)),
            hands=both(0.6, HAND, -0.92),
            elbows=both(0.3, 0.05, 0.8),
            held=False,
        )
        parts = ((tip, 0.35), (seat, 0.3), (back, 0.35))
    for pose, share in parts:
        keys = then(pose, share * long, keys)
    if direction == "backward" and rng.random() < 0.5:
        keys = then(legs_out(back), rng.uniform(0.5, 0.8), keys)
    keys = then(keys[-1][1], rng.uniform(0.8, 2.5), keys)
    return take(
        "fall_down",
        film(keys, rng, 0.5),
        {"direction": direction, "onto": "front" if direction == "forward" else "back"},
    )


PRONE = both(0.35, 0.32, 0.075), both(1, -0.6, 0.0)  # hands and elbows beside the head, held


def _through(share: float, start: np.ndarray, middle: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Between three values, the second one half way."""
    return start + (middle - start) * np.clip(share * 2, 0, 1) + (end - middle) * np.clip(share * 2 - 1, 0, 1)


def roll_over(rng: np.random.Generator) -> Take:
    """Lying on the back, over one side onto the front."""
    far = rng.uniform(0.38, 0.5)

    def at(share: float) -> Pose:
        angle = np.pi * share
        side = np.sin(angle) ** 2
        turn = Rotation.from_euler("XY", (-90, 180 * share), degrees=True)
        pelvis = np.array((far * share, 0.1 + 0.105 * side + 0.02 * share, 0.0))
        point = 0.88 - 0.4 * share
        foot = turn.apply(np.array((0, -np.sqrt(1 - point**2), point)))
        ankles = pelvis + turn.apply(both(0.1, -0.84 + 0.04 * side, -0.02 + 0.05 * share))
        pitch, yaw = float(np.degrees(-np.arcsin(foot[1]))), float(np.degrees(np.arctan2(foot[0], foot[2])))
        toes = np.array([ankles[s] + foot_bone(s, np.array(pitch), np.array(yaw)) for s in (0, 1)])
        # The lower arm stays stretched past the head; the upper one comes over the chest.
        lower, upper = np.array((0.2, 0.63, -0.05)), np.array((-0.3, -0.34, -0.05))
        lower = _through(share, lower, np.array((0.05, 0.62, 0.05)), np.array((0.12, 0.63, 0.06)))
        upper = _through(share, upper, np.array((-0.06, 0.0, 0.38)), PRONE[0][1])
        up = turn.inv().apply((0, 1, 0))
        elbows = np.array(
            (
                up + (0.6 * (1 - share), 0, 0),
                _through(share, -FLAT["elbows"][0], up - (0, 0.3, 0), PRONE[1][1]),
            )
        )
        hands = np.array((lower, upper))
        return Pose(
            pelvis,
            -90.0,
            toes,
            hands,
            elbows,
            True,
            np.tile(turn.apply((0, 0.0, 1)), (2, 1)),
            (pitch, pitch),
            6 * side,
            8 - 12 * share,
            180 * share,
            (yaw, yaw),
        )

    flat = replace(at(0.0), hands=FLAT["hands"], elbows=FLAT["elbows"])
    aside = np.array(((0.64, 0.12, -0.04), FLAT["hands"][1]))
    keys = [(0.0, flat), (rng.uniform(0.1, 0.6), flat)]
    keys = then(at(0.0), 0.45, then(replace(flat, hands=aside), 0.45, keys))
    begin, long = keys[-1][0], rng.uniform(1.4, 2.4)
    for step in range(1, 25):
        share = step / 24
        keys.append((begin + long * share, at(float(smoothstep(share)))))
    keys = then(at(1.0), 0.15, keys)
    if rng.random() < 0.6:
        keys = then(replace(at(1.0), hands=PRONE[0], elbows=PRONE[1]), rng.uniform(0.6, 0.9), keys)
    keys = then(keys[-1][1], rng.uniform(0.4, 1.2), keys)
    return take("roll_over", film(keys, rng, 0.4))
