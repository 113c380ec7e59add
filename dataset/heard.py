"""How a sentence of a user is heard: put plainly, divided into what it tells in turn, the time shared among the parts."""

from __future__ import annotations

from dataset.said_plainly import said_plainly
from dataset.told_in_turn import in_turn


def heard(text: str, frames: int | None, shortest: float) -> list[tuple[str, int | None]]:
    """A sentence as the parts that models are told, each with its frames.

    frames: of the whole, None where the model ends each part. shortest: frames that a part needs; where there are fewer, the
    sentence stays whole.
    """
    text = said_plainly(text)
    parts = in_turn(text)
    if frames is None:
        return [(part, None) for part in parts]
    if frames < len(parts) * shortest:
        return [(text, frames)]
    ends = [frames * number // len(parts) for number in range(len(parts) + 1)]
    return [(part, end - start) for part, start, end in zip(parts, ends, ends[1:], strict=False)]
