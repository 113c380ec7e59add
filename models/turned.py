"""Turns as far as a sentence says: what the decoder blurs of a quick turn is given back.

Pose codes in the heading frame don't tell how far a body turns, and of a jump with half a turn, all of it within a third of
a second, decoding leaves half: procedural jumps of 180 degrees decode to 66 and 100. Where a sentence names the amount, the
rates at which the body turns are scaled to it; the pose codes stay true.
"""

from __future__ import annotations

import re

from dataset.motion_clip import MotionClip
from models.again import Told
from models.asked.turn import said_turn
from models.matcher import span_of
from utils import quantities as q

CLEAR = 30.0  # degrees that a body turns at least for its side to be no accident
# Times as fast as it was decoded: feet in the air slide nowhere, those on the floor should hardly.
MOST_IN_THE_AIR, MOST_ON_THE_FLOOR = 3.0, 1.35
JUMPS = re.compile(r"\b(?:jump|leap|hop|spring)\w*\b")
YAW_RATE = 0  # of the features, which it is the first of (Guo et al. 2022)


def turned_as_said(clip: MotionClip, told: Told) -> MotionClip:
    """The clip, each part that turns to the right side but less or more than its sentence says turned as far as that.

    told: what the clip was told, part by part. What would need more than the limits stays as it is, and so do clips whose
    pose codes depend on the heading.
    """
    if clip.pose_frame != "heading":
        return clip
    features = None
    for part, (text, _) in enumerate(told):
        turn, span = said_turn(text), span_of(clip, part)
        joints = clip.joints[span]
        if turn is None or not turn.degrees or len(joints) < 2 or not turn.misfit(joints):
            continue
        found = q.turned(joints)
        wanted = turn.degrees * {"left": 1, "right": -1}.get(turn.side, 1 if found > 0 else -1)
        most = MOST_IN_THE_AIR if JUMPS.search(text.lower()) else MOST_ON_THE_FLOOR
        factor = wanted / found if abs(found) >= CLEAR else 0.0
        if not 1 / most <= factor <= most:
            continue
        features = clip.features.copy() if features is None else features
        features[span, YAW_RATE] *= factor
    return clip if features is None else clip.with_motion(features)
