"""Motion files: BVH, ASF/AMC, AMASS, joint arrays are read as training joints; BVH, GLB, SMPL, npy, csv are written."""

from dataset.motion_files.raw import BadMotion, RawMotion
from dataset.motion_files.read import MOTION_SUFFIXES, ReadOptions, read_motion, read_motions
from dataset.motion_files.to_training import Conversion, convert

__all__ = [
    "MOTION_SUFFIXES",
    "BadMotion",
    "Conversion",
    "RawMotion",
    "ReadOptions",
    "convert",
    "read_motion",
    "read_motions",
]
