"""Every operation by its name: edits of pose codes, and edits of the motion itself."""

from __future__ import annotations

from editing.motion_operations import MOTION_OPERATIONS, MotionOperation
from editing.operations import CODE_OPERATIONS, Operation

AnyOperation = Operation | MotionOperation
OPERATIONS: dict[str, type[AnyOperation]] = {**CODE_OPERATIONS, **MOTION_OPERATIONS}
