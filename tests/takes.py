"""Procedural takes of single actions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, Take, perform
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet


def take(action: str, seed: int = 0, side: str = "") -> Take:
    """A procedural take of an action."""
    rng = np.random.default_rng(seed)
    own = [p for p in [*LEG_PROCEDURES, *BODY_PROCEDURES, *ARM_PROCEDURES] if p.action == action]
    for procedure in own:
        found = perform([procedure], rng)
        if not side or found.doing.facts.get("side") == side:
            return found
    raise AssertionError(f"no {action} {side}")


def toy(kind: str, frames: int = 60) -> np.ndarray:
    """Joints (T, 22, 3) of the puppet at 20 frames a second, doing one kind of toy motion."""
    rng = np.random.default_rng(3)
    puppet = make_puppet(frames, 20.0, rng)
    KINDS[kind].action(puppet, 0.2, frames / 20 - 0.2, rng)
    return puppet.joints()


def performed(action: Callable[..., object], frames: int = 100, **how) -> np.ndarray:
    """Joints (T, 22, 3) of the puppet at 20 frames a second, standing 0.7 seconds before and after an action."""
    rng = np.random.default_rng(3)
    puppet = make_puppet(frames, 20.0, rng)
    action(puppet, 0.7, frames / 20 - 0.7, rng, **how)
    return puppet.joints()
