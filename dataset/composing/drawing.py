"""What recipes draw from, and what they make: captured takes by action, weighted choices, composites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.composing.material import Procedure, Take
from dataset.composing.phrases import Doing

LONGEST = 197  # frames of joints, one more than rows of features
SHORTEST = 45
CAPTIONS = 6
# Actions that captured clips lack altogether, or that sentences tell in many ways and amounts, are performed more often.
OFTEN = {
    "turn_around": 2.5, "turn_quarter": 3.0, "turn_full": 6.0, "turn_slight": 1.5, "sidestep": 2.5, "one_leg": 8.0,
    "hop_one_leg": 7.0, "circle": 4.0, "jump_times": 2.5, "jump": 2.0, "steps_forward": 2.0, "steps_back": 1.5,
    "sit_stand": 1.5, "clap": 1.5, "clap_times": 2.0, "hands_on_hips": 1.5, "throw_one": 6.0, "limp": 1.5,
    "side_steps": 3.0, "arm_out_one": 2.0, "arm_front_one": 1.5, "punch": 1.5, "diagonal": 0.7, "jump_aside": 1.5,
    "lift_knee_times": 0.6, "march_forward": 2.0, "bow_times": 0.5, "bend_times": 0.5, "swim": 0.6, "dribble": 0.6,
    "march": 2.5, "arms_two_ways": 5.0, "kick_back": 1.2, "dance": 3.0, "kneel_one": 5.0, "hop_ahead": 4.0,
    "bunny_hops": 2.0, "lift_box": 2.0, "carry": 1.5, "uppercut": 1.5, "hook": 1.5, "tree_pose": 2.0, "warrior": 2.0,
    "side_lunge": 2.0, "bowl": 1.5, "frisbee": 1.2, "moonwalk": 0.5, "facepalm": 0.5, "strut": 0.7, "lunge_walk": 0.7,
    "yawn_stretch": 0.7, "dodge_side": 0.7, "dodge_back": 0.7, "gorilla_walk": 0.7, "chicken_walk": 0.7,
    "high_knees": 2.0, "duck": 2.0, "jumping_jacks": 1.8, "stand": 2.0,
}  # fmt: skip


@dataclass(frozen=True)
class Composite:
    """A new clip: joints (T, 22, 3), caption lines, the actions in it, and whether some of it is procedural."""

    joints: np.ndarray
    lines: list[str]
    doings: tuple[Doing, ...]
    spans: tuple[tuple[int, int], ...]
    is_procedural: bool


class Material:
    """Captured takes by action, from which the recipes draw."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self.by_action: dict[str, list[Take]] = {}
        for take in takes:
            self.by_action.setdefault(take.doing.action, []).append(take)

    def draw(self, action: str, rng: np.random.Generator) -> Take:
        takes = self.by_action[action]
        return takes[rng.integers(len(takes))]

    def has(self, action: str) -> bool:
        return action in self.by_action


def weighted(choices: dict[str, float], rng: np.random.Generator) -> str:
    names, weights = list(choices), np.array(list(choices.values()))
    return names[rng.choice(len(names), p=weights / weights.sum())]


def pick(procedures: Sequence[Procedure], rng: np.random.Generator) -> Procedure:
    """A procedure; actions have equal weights but for those that come in many forms (`OFTEN`), not sides of them."""
    actions = sorted({procedure.action for procedure in procedures})
    action = weighted({name: OFTEN.get(name, 1.0) for name in actions}, rng)
    performed = [procedure for procedure in procedures if procedure.action == action]
    return performed[rng.integers(len(performed))]
