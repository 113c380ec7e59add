"""Consistent codes without a fit: the nearest code combination seen in the data."""

from __future__ import annotations

import numpy as np

from dataset.pose_codes import GROUP_SIZES, NUM_GROUPS
from editing.groups import dependent_groups
from editing.plan import EditPlan
from utils.runtime import UserError

EDITED_WEIGHT = 30.0  # an edited group counts this much more than another one
NEAR_LIMB_WEIGHT = 0.3  # groups that share a limb with an edited one may change: they are there to follow
SMOOTHING = 2.0  # reluctance to jump between unlike frames of the data from step to step


class CodeBank:
    """Pose codes seen in the data, searchable for combinations.

    codes: (N, 70) uint8, for example each step's of the training split, in the clip's own pose frame.
    """

    def __init__(self, codes: np.ndarray) -> None:
        codes = np.asarray(codes, np.uint8)
        if codes.ndim != 2 or codes.shape[1] != NUM_GROUPS or not len(codes):
            raise UserError(f"code bank: codes have shape {codes.shape}, expected (frames, {NUM_GROUPS})")
        self.codes = np.unique(codes, axis=0)

    def complete(self, plan: EditPlan) -> np.ndarray:
        """Consistent codes (T, 70) of a plan: edited entries as wanted, those that depend on them as in the data.

        For each frame in which an edit holds, the bank's frame that fits best is found: distance in categories
        (relative to a group's number of them), edited groups weighted by EDITED_WEIGHT, groups that share a limb
        with them by NEAR_LIMB_WEIGHT, the others by 1. The groups that share a limb are then taken from it.
        """
        result = plan.target_codes.copy()
        previous = None
        for t in np.flatnonzero(plan.held):
            edited = np.flatnonzero(plan.edited[t])
            follow = sorted(
                {i for group in edited for i in dependent_groups(int(group))} - set(edited.tolist())
            )
            weights = np.ones(NUM_GROUPS)
            weights[follow] = NEAR_LIMB_WEIGHT
            weights[edited] = EDITED_WEIGHT
            cost = self._distance(plan.target_codes[t], weights)
            if previous is not None:
                cost = cost + SMOOTHING * self._distance(
                    self.codes[previous], np.full(NUM_GROUPS, 1 / NUM_GROUPS)
                )
            previous = int(cost.argmin())
            result[t, follow] = self.codes[previous, follow]
        return result

    def _distance(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Weighted distances (N,) of the bank's frames from codes (70,)."""
        gap = np.abs(self.codes.astype(np.float32) - codes.astype(np.float32))
        return (gap / np.maximum(GROUP_SIZES - 1, 1)) @ weights.astype(np.float32)
