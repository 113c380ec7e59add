"""Editing motion by editing its pose codes.

from editing import SetCode, Span, edit_motion
result = edit_motion(clip, "raise the left hand at the end", tokenizer)
result = edit_motion(clip, [SetCode("L-elbow angle", value=90, span=Span(0.8, 2.0))], tokenizer)
print(result.difference); result.edited.save("edited.npz")
"""

import utils  # noqa: F401 - first, see there
from editing.catalogue import OPERATIONS, AnyOperation
from editing.code_search import CodeBank
from editing.decode import Codec
from editing.edit import EditResult, edit_motion
from editing.language.instructions import Parsed, parse_instruction
from editing.motion_operations import (
    AddAction,
    Amplitude,
    CopyLimb,
    Curve,
    Cut,
    Delay,
    Exchange,
    Head,
    JumpHeight,
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
from editing.notation import operations_from_yaml, operations_to_yaml
from editing.operations import Clamp, Copy, EditPlan, Mirror, Operation, Scale, SetCode, Shift, plan_edit
from editing.pose_fit import FitResult, fit_poses
from editing.spans import Span

__all__ = [
    "AddAction",
    "Amplitude",
    "AnyOperation",
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
    "Head",
    "JumpHeight",
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
    "edit_motion",
    "fit_poses",
    "operations_from_yaml",
    "operations_to_yaml",
    "parse_instruction",
    "plan_edit",
]
