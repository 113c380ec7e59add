"""What is fixed per data set: frame rate, skeleton, feature layout, lengths, folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, Skeleton

STEP = 4  # frames per latent step of the published tokenizer, and per movement step of the evaluator


@dataclass(frozen=True)
class FeatureLayout:
    """Named slices of the motion feature vector for a number of joints (docs/method.md section 1)."""

    joints: int

    @cached_property
    def parts(self) -> dict[str, slice]:
        """Part name -> slice, in the order of the vector."""
        j = self.joints
        widths = {
            "root_rotation_velocity": 1,  # about y, half-angle radians per frame
            "root_linear_velocity": 2,  # x, z in the root's frame, metres per frame
            "root_height": 1,  # metres
            "positions": 3 * (j - 1),  # relative to the root and its heading, metres
            "rotations": 6 * (j - 1),  # continuous 6D
            "velocities": 3 * j,  # in the root's frame, metres per frame
            "contacts": 4,  # 0 or 1
        }
        slices, start = {}, 0
        for name, width in widths.items():
            slices[name] = slice(start, start + width)
            start += width
        return slices

    @property
    def width(self) -> int:
        return self.parts["contacts"].stop

    @property
    def root_rotation_velocity(self) -> slice:
        return self.parts["root_rotation_velocity"]

    @property
    def root_linear_velocity(self) -> slice:
        return self.parts["root_linear_velocity"]

    @property
    def root_height(self) -> slice:
        return self.parts["root_height"]

    @property
    def positions(self) -> slice:
        return self.parts["positions"]

    @property
    def rotations(self) -> slice:
        return self.parts["rotations"]

    @property
    def velocities(self) -> slice:
        return self.parts["velocities"]

    @property
    def contacts(self) -> slice:
        return self.parts["contacts"]


T2M_LAYOUT, KIT_LAYOUT = FeatureLayout(22), FeatureLayout(21)


def layout_for_width(width: int) -> FeatureLayout:
    """Layout of feature vectors of a width (263 or 251); ValueError for any other."""
    for layout in (T2M_LAYOUT, KIT_LAYOUT):
        if layout.width == width:
            return layout
    raise ValueError(
        f"features are {width} wide, expected {T2M_LAYOUT.width} (t2m) or {KIT_LAYOUT.width} (kit)"
    )


@dataclass(frozen=True)
class DatasetSpec:
    """One data set. Lengths are in frames; contact_threshold is a squared displacement per frame."""

    name: str
    folder: str  # default, relative to the repository
    fps: float
    skeleton: Skeleton
    layout: FeatureLayout
    min_length: int
    contact_threshold: float
    max_length: int = 196  # longest the models see; a multiple of 4
    max_clip: int = 199  # longest clip the protocol admits

    @property
    def joints(self) -> int:
        return self.layout.joints


SPECS: Mapping[str, DatasetSpec] = MappingProxyType(
    {
        "t2m": DatasetSpec("t2m", "dataset/HumanML3D", 20.0, T2M_SKELETON, T2M_LAYOUT, 40, 0.002),
        "kit": DatasetSpec("kit", "dataset/KIT-ML", 12.5, KIT_SKELETON, KIT_LAYOUT, 24, 0.05),
        "mocap": DatasetSpec("mocap", "dataset/Mocap", 20.0, T2M_SKELETON, T2M_LAYOUT, 40, 0.002),
        "toy": DatasetSpec("toy", "dataset/Toy", 20.0, T2M_SKELETON, T2M_LAYOUT, 40, 0.002),
    }
)


def get_spec(dataname: str) -> DatasetSpec:
    """The spec of `t2m`, `kit`, `mocap` or `toy`; UserError for any other name."""
    if dataname not in SPECS:
        raise UserError(f"--dataname {dataname} is unknown: use one of {', '.join(SPECS)}")
    return SPECS[dataname]
