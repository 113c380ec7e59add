"""Rare actions drawn more often in training: weights of clips by the shares of their actions.

A data set may say what is done in its clips: actions.json, {name: [action, ...]}, written by `build_mocap.py` and
`compose.py`. A clip is drawn in proportion to its rarest action's share to the power of minus `balance`: 0 draws all
clips alike, 1 all actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from utils.runtime import UserError
from utils.texts import read_json_or_nothing

ACTIONS_FILE = "actions.json"


def balanced_weights(folder: Path, names: Sequence[str], balance: float) -> np.ndarray:
    """Expected draws of each clip in an epoch of as many draws as clips, (n,), mean 1.

    folder: of the data set. names: of the clips drawn from. Raises UserError for a data set that names no actions.
    """
    actions = read_json_or_nothing(folder / ACTIONS_FILE)
    if not isinstance(actions, dict):
        raise UserError(
            f"--balance: {folder} does not say what is done in its clips ({ACTIONS_FILE}); build it again by "
            "build_mocap.py or compose.py, or leave --balance out"
        )
    lacking = [name for name in names if not actions.get(name)]
    if lacking:
        raise UserError(
            f"--balance: {folder / ACTIONS_FILE} has no action of clip {lacking[0]}: build the data set again"
        )
    counts = Counter(action for name in names for action in set(actions[name]))
    rarest = np.array([min(counts[action] for action in actions[name]) for name in names], float)
    weights = (rarest / len(names)) ** -balance
    return weights / weights.mean()


def systematic_draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many places (n,) as there are weights (n,) of mean 1: place i floor(w_i) or ceil(w_i) times, w_i in the mean."""
    ends = np.cumsum(weights)
    ends *= len(weights) / ends[-1]  # rounding must not lose the last draw
    return np.searchsorted(ends, np.arange(len(weights)) + rng.random(), side="right").clip(
        0, len(weights) - 1
    )
