"""Editing motion by editing its pose codes.

from editing import SetCode, Span, edit_motion
result = edit_motion(clip, "raise the left hand at the end", tokenizer)
result = edit_motion(clip, [SetCode("L-elbow angle", value=90, span=Span(0.8, 2.0))], tokenizer)
print(result.difference); result.edited.save("edited.npz")
"""

import utils  # noqa: F401 - first, see there
from editing.code_search import CodeBank
from editing.decode import Codec
from editing.edit import EditResult, edit_motion
from editing.language.instructions import Parsed, parse_instruction
from editing.operations import Clamp, Copy, EditPlan, Mirror, Operation, SetCode, Shift, plan_edit
from editing.pose_fit import FitResult, fit_poses
from editing.spans import Span

__all__ = [
    "Clamp",
    "CodeBank",
    "Codec",
    "Copy",
    "EditPlan",
    "EditResult",
    "FitResult",
    "Mirror",
    "Operation",
    "Parsed",
    "SetCode",
    "Shift",
    "Span",
    "edit_motion",
    "fit_poses",
    "parse_instruction",
    "plan_edit",
]
