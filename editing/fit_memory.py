"""Pose fits that were done before: an edit that stays need not be fitted again because another one is added."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

import numpy as np

MOST = 128  # stretches; one of ten seconds takes 50 kB


class FitMemory:
    """Results of fits of stretches of time by all that decides them, so that they are the same as those of a new fit.

    For who edits one clip again and again, as the studio does.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def recall(
        self, arrays: Sequence[np.ndarray], settings: Hashable, fit: Callable[[], np.ndarray]
    ) -> np.ndarray:
        """What `fit` gave for equal arrays and settings, else what it gives now. The caller must not write into it."""
        digest = hashlib.sha256(repr(settings).encode())
        for array in arrays:
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        key = digest.hexdigest()
        if key not in self._known:
            self._known[key] = fit()
        self._known.move_to_end(key)
        while len(self._known) > self.most:
            self._known.popitem(last=False)
        return self._known[key]
