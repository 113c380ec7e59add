"""What a training joint is made of: one point of a file, or a point on the line between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

# A file's point by name, or (a, b, t): the point a + t (b - a). A map's joint is always written as (a, b, t).
Source = tuple["str | Source", "str | Source", float]


def point_names(point: str | Source) -> Iterator[str]:
    """Names of the file's points that a point is made of."""
    if isinstance(point, str):
        yield point
        return
    first, second, share = point
    yield from point_names(first)
    if share:
        yield from point_names(second)


def place(point: str | Source, positions: np.ndarray, index: Mapping[str, int]) -> np.ndarray:
    """Positions (T, 3) of a point; positions: (T, N, 3) of the file; index: where each name is in them."""
    if isinstance(point, str):
        return positions[:, index[point]]
    first, second, share = point
    a = place(first, positions, index)
    return a + share * (place(second, positions, index) - a) if share else a


def describe(point: str | Source) -> str:
    """As in a report: "Spine", or "Spine..Neck@0.6"; a point inside another stands in brackets."""
    if isinstance(point, str):
        return point
    first, second, share = point
    if not share:
        return describe(first)
    a, b = (f"({describe(p)})" if not isinstance(p, str) and p[2] else describe(p) for p in (first, second))
    return f"{a}..{b}@{share:.2g}"
