"""Editing motion: by sentences, by its pose codes, and by geometry.

from editing import SetCode, Span, Turn, edit_motion, load_clip, load_codec
codec = load_codec("pretrained/small")
clip = load_clip("walk.bvh", codec)
result = edit_motion(clip, [Turn(90, span=Span(1, 2)), SetCode("L-elbow angle", value=90)], codec)
print(result.difference); result.edited.save("edited.npz")

edit_motion takes a sentence as well ("raise the left hand at the end"); OPERATIONS has every operation by its name.
"""

import utils  # noqa: F401 - first, see there
from editing.acting import Actor, Generator
from editing.catalogue import OPERATIONS, AnyOperation
from editing.code_search import CodeBank
from editing.decode import Codec
from editing.edit import EditResult, edit_motion
from editing.language.instructions import Parsed, parse_instruction
from editing.loading import load_codec
from editing.motion_operations import (
    AddAction,
    Amplitude,
    BothArms,
    CopyLimb,
    Curve,
    Cut,
    Delay,
    Exchange,
    Head,
    JumpHeight,
    KeepHeading,
    MirrorMotion,
    MotionOperation,
    Pause,
    Place,
    Repeat,
    Retime,
    Reverse,
    RootHeight,
    StandStill,
    StepAside,
    Stride,
    Turn,
    WalkBackwards,
)
from editing.notation import operations_from_yaml, operations_to_yaml, read_operations
from editing.operations import Clamp, Copy, Mirror, Operation, Scale, SetCode, Shift, plan_edit
from editing.plan import EditPlan
from editing.pose_fit import FitResult, fit_poses
from editing.sources import clip_of, load_clip
from editing.spans import Span

__all__ = [
    "Actor",
    "AddAction",
    "Amplitude",
    "AnyOperation",
    "BothArms",
    "Clamp",
    "CodeBank",
    "Codec",
    "Copy",
    "CopyLimb",
    "Curve",
    "Cut",
    "Delay",
    "EditPlan",
    "EditResult",
    "Exchange",
    "FitResult",
    "Generator",
    "Head",
    "JumpHeight",
    "KeepHeading",
    "Mirror",
    "MirrorMotion",
    "MotionOperation",
    "OPERATIONS",
    "Operation",
    "Parsed",
    "Pause",
    "Place",
    "Repeat",
    "Retime",
    "Reverse",
    "RootHeight",
    "Scale",
    "SetCode",
    "Shift",
    "Span",
    "StandStill",
    "StepAside",
    "Stride",
    "Turn",
    "WalkBackwards",
    "clip_of",
    "edit_motion",
    "fit_poses",
    "load_clip",
    "load_codec",
    "operations_from_yaml",
    "operations_to_yaml",
    "parse_instruction",
    "plan_edit",
    "read_operations",
]
