"""An action that was made elsewhere, put into a motion: on its body, from where it is, and on from where that leads."""

from __future__ import annotations

import numpy as np

from dataset.composing.bodies import lengths_of
from editing.moving.moved import Moved, Stretch
from editing.moving.pieces import chained
from utils import quantities
from utils.skeleton import T2M_SKELETON, retarget


def put_in(motion: Stretch, action: np.ndarray, replaces: bool) -> Moved:
    """An action (N, 22, 3), any body's, in place of the stretch; or after the clip's end.

    Returns N frames for those of the stretch, or N more. `origin` of the action's frames: the frame before it.
    """
    start, stop = (motion.start, motion.stop) if replaces else (motion.count, motion.count)
    joints = motion.joints.astype(float)
    own = retarget(action.astype(float), T2M_SKELETON, np.median(lengths_of(joints), axis=0))
    own[..., 1] += quantities.floor(joints) - quantities.floor(own)
    made = chained([(joints, 0, start), (own, 0, len(own)), (joints, stop, motion.count)])
    inside = slice(start, start + len(own))
    origin, weight = made.origin.copy(), made.weight.copy()
    origin[inside], weight[inside] = max(start - 1, 0), 1
    return Moved(made.joints, origin, weight)
