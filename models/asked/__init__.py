"""What a sentence asks for, how far a motion shows it, and the same in plain words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.asked.claims import Asked, Claim
from models.asked.reading import asked
from models.asked.turn import said_turn

__all__ = ["ALIKE", "Asked", "Claim", "asked", "missed", "plainer"]

# Motions that miss as much within this, and none that misses less, show what was asked for alike.
ALIKE = 0.25
TURN = 80.0  # degrees that a turn misses its amount by and that count as much as all of another thing


def missed(text: str, joints: np.ndarray) -> float:
    """How much of what a sentence asks for joints (T, 22, 3) don't show: about 1 for each thing; 0 where nothing is."""
    turn = said_turn(text)
    return asked(text).missed(joints) + (0.0 if turn is None else turn.misfit(joints) / TURN)


def plainer(parts: Sequence[str], misses: Sequence[float]) -> list[str]:
    """Sentences told one after another, those of which something was missed in plain words as far as they are understood."""
    return [
        part if miss < ALIKE else asked(part).plainly() or part
        for part, miss in zip(parts, misses, strict=True)
    ]
