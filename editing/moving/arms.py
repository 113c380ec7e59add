"""Both arms at once: the arm that moves less does, as in a mirror, what the other one does."""

from __future__ import annotations

import numpy as np

from editing.moving.gestures import copied
from editing.moving.moved import Moved, Stretch
from utils import quantities
from utils.runtime import UserError

LEAST = 0.15  # metres that a hand moves, seen from the chest, in a gesture
MORE = 1.3  # times as far as the other hand: arms that swing alike in a walk make no gesture of one of them


def both_arms(motion: Stretch) -> Moved:
    """The arm whose hand has the smaller range in the stretch copies the other one. UserError where neither does more."""
    joints = motion.joints.astype(float)
    inside = slice(motion.start, motion.stop)
    ranges = [
        float(np.linalg.norm(np.ptp(quantities.chest_coordinates(joints, wrist)[inside], axis=0)))
        for wrist in quantities.WRISTS
    ]
    if max(ranges) < max(LEAST, MORE * min(ranges)):
        raise UserError(
            "BothArms: there is no gesture of one arm there that the other could do too; say 'then wave with both "
            "hands' to add one"
        )
    source, target = ("left_arm", "right_arm") if ranges[0] > ranges[1] else ("right_arm", "left_arm")
    return copied(motion, source, target, mirrored=True)
