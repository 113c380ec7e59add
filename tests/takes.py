"""Procedural takes of single actions."""

from __future__ import annotations

import numpy as np

from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, Take, perform


def take(action: str, seed: int = 0, side: str = "") -> Take:
    """A procedural take of an action."""
    rng = np.random.default_rng(seed)
    own = [p for p in [*LEG_PROCEDURES, *BODY_PROCEDURES, *ARM_PROCEDURES] if p.action == action]
    for procedure in own:
        found = perform([procedure], rng)
        if not side or found.doing.facts.get("side") == side:
            return found
    raise AssertionError(f"no {action} {side}")
