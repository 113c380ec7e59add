"""Checks of what captured sets lack pass on procedural clips of the action, and on nearly no captured clip of another."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from takes import take

from dataset.building.mocap_source import read_clips
from dataset.composing.floor_work import FLOOR_WORK
from utils.motion_checks import holds

MORE = Path(__file__).resolve().parents[2] / "shared" / "data" / "mocap_more"
SEEDS = range(12)
FLOOR = {
    "crawl": "crawls", "push_ups": "push_ups", "sit_floor": "sits_on_floor", "fall_down": "falls",
    "climb_stairs": {"climbs": {"direction": "up"}}, "stairs_down": {"climbs": {"direction": "down"}},
}  # fmt: skip
PUPPET = {
    "kneel_one": {"kneels_on": {"side": "left"}}, "hop_one_leg": {"hops": {"side": "left"}}, "duck": "ducks",
    "dance": "dances", "knock": {"moves_arm": {"side": "left"}}, "curl_one": {"moves_arm": {"side": "left"}},
}  # fmt: skip
ALSO = {
    "climbs": ("climb",),
    "dances": ("dance",),
    "falls": ("lie", "climb"),
    "sits_on_floor": ("climb", "lie"),
}


def right(check: object, clips: list[np.ndarray]) -> float:
    return float(np.mean([holds(check, joints) for joints in clips]))


@cache
def own(action: str) -> list[np.ndarray]:
    if action in FLOOR:
        return [FLOOR_WORK[action](np.random.default_rng(seed)).joints for seed in SEEDS]
    return [take(action, seed, "left" if action not in ("duck", "dance") else "").joints for seed in SEEDS]


@pytest.mark.parametrize("action", [*FLOOR, *PUPPET])
def test_checks_pass_on_the_action_and_on_no_other_of_the_floor(action):
    check = (FLOOR | PUPPET)[action]
    assert right(check, own(action)) >= 0.9
    others = [name for name in FLOOR if name != action]
    walks = [take("walk", seed).joints for seed in SEEDS]
    passed = {name: right(check, own(name)) for name in others} | {"walk": right(check, walks)}
    assert max(passed.values()) <= 0.1, passed


@cache
def captured() -> list[tuple[str, np.ndarray]]:
    rows = (MORE / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    actions = {row["id"]: row["action"] for row in map(json.loads, rows)}
    return [(actions[clip.name], clip.joints) for clip in read_clips(MORE) if len(clip.joints) >= 30]


@pytest.mark.skipif(not MORE.is_dir(), reason="needs shared/data/mocap_more")
@pytest.mark.parametrize("action", [a for a in (*FLOOR, *PUPPET) if a not in ("knock", "curl_one")])
def test_captured_clips_of_other_actions_fail(action):
    check = (FLOOR | PUPPET)[action]
    name = check if isinstance(check, str) else next(iter(check))
    others = [joints for done, joints in captured() if not done.startswith(ALSO.get(name, ()))]
    assert len(others) > 150 and right(check, others) <= 0.1


def test_sides_are_told_apart():
    for action in ("kneel_one", "hop_one_leg", "knock"):
        check = PUPPET[action]
        name, settings = next(iter(check.items()))
        assert right({name: {**settings, "side": "right"}}, own(action)) <= 0.1
