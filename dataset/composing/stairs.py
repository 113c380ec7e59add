"""Walking up and down stairs that stand nowhere: each foot lands on its step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from dataset.composing.floor_bodies import FPS, STAND, Keys, both, film, foot_bone, smoothstep, take
from dataset.composing.material import Take
from dataset.procedural.toy_body import BONES, FLAT_FOOT, LEGS


def climb_stairs(rng: np.random.Generator) -> Take:
    """A few steps on the flat, then up the stairs, one foot on each."""
    return take("climb_stairs", _stairs(rng, 1))


def stairs_down(rng: np.random.Generator) -> Take:
    """Down the stairs, one foot on each, and a few steps on the flat."""
    return take("stairs_down", _stairs(rng, -1))


def _stairs(rng: np.random.Generator, way: int) -> np.ndarray:
    rise, deep, count = rng.uniform(0.16, 0.2), 0.28, int(rng.integers(3, 6))
    level, pace, stride = (
        int(rng.integers(max(2, count - 1), 5)),
        rng.uniform(0.55, 0.78),
        rng.uniform(0.34, 0.44),
    )
    # Places (z, y) of one foot after the other; the last one stands beside the last but one.
    flat, stair = [(stride, 0.0)] * level, [(deep, way * rise)] * count
    moves = np.array(flat + stair if way > 0 else stair + flat)
    places = np.cumsum(moves, 0) - (0, min(0.0, moves[:, 1].sum()))
    start = (0.0, count * rise if way < 0 else 0.0)
    places = np.concatenate([places, places[-1:]])
    wait, first = rng.uniform(0.2, 0.5), int(rng.integers(2))
    seconds = wait + pace * len(places) + rng.uniform(0.3, 0.8)
    time = np.arange(int(seconds * FPS)) / FPS
    toes = np.zeros((len(time), 2, 3)) + both(0.095, 0.005, 0.0)
    toes[..., 1:] += np.array((start[1], start[0] + 0.1))
    pitch = np.full((len(time), 2), FLAT_FOOT)
    here, keys = [start, start], [(0.0, start[0], start[1]), (wait, start[0], start[1])]
    for k, there in enumerate(places):
        side, lift = (first + k) % 2, wait + pace * k
        phase = np.clip((time - lift) / (0.82 * pace), 0, 1)
        ahead, up = there[0] - here[side][0], there[1] - here[side][1]
        climb = smoothstep(phase / 0.65) if up > 0 else smoothstep((phase - 0.3) / 0.7)
        toes[:, side, 2] += ahead * smoothstep(
            phase if up == 0 else (phase - 0.12) / 0.88 if up > 0 else phase / 0.8
        )
        toes[:, side, 1] += up * climb + (0.06 if up else 0.05) * np.sin(np.pi * phase) ** 2
        heel = smoothstep((time - lift + 0.3 * pace) / (0.3 * pace)) - smoothstep((phase - 0.1) / 0.7)
        pitch[:, side] += (28 if ahead > 0.3 else 12) * heel
        here[side] = tuple(there)
        both_z, low = (here[0][0] + here[1][0]) / 2, min(here[0][1], here[1][1])
        keys.append(
            (
                lift + 0.85 * pace,
                both_z + 0.03 * (up > 0),
                low + 0.3 * abs(here[0][1] - here[1][1]) * (up > 0),
            )
        )
    keys.append((keys[-1][0] + 0.4, keys[-1][1], low))
    keys.append((keys[-1][0] + 2.0, keys[-1][1], low))
    table = np.array(keys)
    pelvis = PchipInterpolator(table[:, 0], table[:, 1:])(time)
    height = pelvis[:, 1] + 0.9
    for side, (_, knee, ankle, _) in enumerate(LEGS):
        gap = toes[:, side] - foot_bone(side, pitch[:, side], np.zeros(len(time)))
        length = 0.995 * (BONES[knee] + BONES[ankle])
        height = np.minimum(
            height, gap[:, 1] + 0.034 + np.sqrt(length**2 - np.minimum((gap[:, 2] - pelvis[:, 0]) ** 2, 0.3))
        )
    height = gaussian_filter1d(np.minimum(height, gaussian_filter1d(height, 3)), 1.5) - 0.006
    poses: Keys = []
    for t in range(len(time)):
        swing = np.clip((toes[t, ::-1, 2] - toes[t, :, 2]) * 0.45, -0.2, 0.2)
        hands = both(0.27, -0.36, 0.04)
        hands[:, 2] += swing
        hands[:, 1] += 0.25 * np.abs(swing)
        at = np.array((0, height[t], pelvis[t, 0]))
        poses.append(
            (
                time[t],
                replace(
                    STAND,
                    pelvis=at,
                    toes=toes[t],
                    foot=tuple(pitch[t]),
                    hands=hands,
                    pitch=6.0 if way > 0 else 1.0,
                    look=8.0,
                    splay=5.0,
                ),
            )
        )
    return film(poses, rng)
