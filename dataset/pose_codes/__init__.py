"""Pose codes: 70 readable statements about a pose, one code of 392 in each."""

from dataset.pose_codes import names
from dataset.pose_codes.parse import (
    as_khot,
    frames_per_step,
    from_khot,
    parse_pose_codes,
    to_code_index,
    to_khot,
)
from dataset.pose_codes.vocabulary import (
    END,
    GROUP_OFFSETS,
    GROUP_SIZES,
    GROUPS,
    NUM_CODES,
    NUM_GROUPS,
    PAD,
    Group,
)

__all__ = [
    "END",
    "GROUPS",
    "GROUP_OFFSETS",
    "GROUP_SIZES",
    "NUM_CODES",
    "NUM_GROUPS",
    "PAD",
    "Group",
    "as_khot",
    "frames_per_step",
    "from_khot",
    "names",
    "parse_pose_codes",
    "to_code_index",
    "to_khot",
]
