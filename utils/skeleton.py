"""The two skeletons of the data sets (docs/method.md section 1), and kinematics on them.

Joints are (T, J, 3) metres, y up. A skeleton's *rest directions* are those of HumanML3D's raw offsets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from utils.rotation import facing, rotation_between, unit, yaw_of

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
LEFT, RIGHT, DOWN = X, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)
FACING_SMOOTHING = 20.0  # sigma, in frames, of the filter on the facing direction


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A kinematic tree with the facts feature extraction needs.

    face_joints: joints in the official code's roles (right hip, left hip, right shoulder, left shoulder).
    leg_bones: thigh and shin of one side, whose length scales the root path when retargeting.
    left_foot, right_foot: the two joints of each foot; contact_joints is their order in the features.
    bone_directions: rest direction of the bone that ends in each joint (the root's is zero).
    bones: metres, of the bone that ends in each joint; None where the target skeleton is unknown.
    metres_per_unit: factor from the units of the data set's joint files to metres.
    """

    name: str
    joint_names: tuple[str, ...]
    chains: tuple[tuple[int, ...], ...]
    bone_directions: tuple[tuple[float, float, float], ...]
    bones: tuple[float, ...] | None
    left_right: tuple[tuple[int, int], ...]
    face_joints: tuple[int, int, int, int]
    leg_bones: tuple[int, int]
    left_foot: tuple[int, int]
    right_foot: tuple[int, int]
    contact_joints: tuple[int, int, int, int]
    metres_per_unit: float = 1.0

    @property
    def num_joints(self) -> int:
        return len(self.joint_names)

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Parent of each joint, -1 for the root."""
        parents = [-1] * self.num_joints
        for chain in self.chains:
            for parent, child in zip(chain, chain[1:], strict=False):
                parents[child] = parent
        return tuple(parents)

    @cached_property
    def rest_directions(self) -> np.ndarray:
        """(J, 3) unit vectors, zero for the root."""
        return np.array(self.bone_directions)

    @cached_property
    def bone_lengths(self) -> np.ndarray | None:
        """(J,) metres, 0 for the root, or None when the data set's target skeleton is unknown."""
        return None if self.bones is None else np.array(self.bones)

    @property
    def target_lengths(self) -> np.ndarray:
        """(J,) metres as `bone_lengths`; ValueError when they are unknown."""
        if self.bone_lengths is None:
            raise ValueError(f"skeleton {self.name} has no bone lengths: pass bone_lengths")
        return self.bone_lengths

    @cached_property
    def mirror_order(self) -> tuple[int, ...]:
        """Joint order with every left joint exchanged for its right one."""
        order = list(range(self.num_joints))
        for left, right in self.left_right:
            order[left], order[right] = right, left
        return tuple(order)

    def index(self, joint_name: str) -> int:
        """Index of a joint by name; ValueError when there is none."""
        return self.joint_names.index(joint_name)


T2M_SKELETON = Skeleton(
    name="t2m",
    joint_names=(
        "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
        "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
        "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    ),
    chains=(
        (0, 2, 5, 8, 11), (0, 1, 4, 7, 10), (0, 3, 6, 9, 12, 15), (9, 14, 17, 19, 21), (9, 13, 16, 18, 20),
    ),
    bone_directions=(
        (0.0, 0.0, 0.0), LEFT, RIGHT, Y, DOWN, DOWN, Y, DOWN, DOWN, Y, Z, Z, Y, LEFT, RIGHT, Z,
        DOWN, DOWN, DOWN, DOWN, DOWN, DOWN,
    ),
    # Those of HumanML3D's target skeleton (clip 000021), measured on clip 012314, which has the same.
    bones=(
        0.0, 0.103074, 0.109883, 0.131568, 0.393623, 0.390188, 0.14319, 0.432433, 0.425643, 0.057365,
        0.143382, 0.149419, 0.21936, 0.137487, 0.143383, 0.103039, 0.131614, 0.122984, 0.25684, 0.263092,
        0.266012, 0.269876,
    ),
    left_right=((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21)),
    face_joints=(2, 1, 17, 16),
    leg_bones=(5, 8),
    left_foot=(7, 10),
    right_foot=(8, 11),
    contact_joints=(7, 10, 8, 11),
)  # fmt: skip

KIT_SKELETON = Skeleton(
    name="kit",
    joint_names=(
        "root", "BP", "BT", "BLN", "BUN", "left_shoulder", "left_elbow", "left_wrist",
        "right_shoulder", "right_elbow", "right_wrist", "left_hip", "left_knee", "left_ankle", "left_heel",
        "left_foot", "right_hip", "right_knee", "right_ankle", "right_heel", "right_foot",
    ),
    chains=((0, 11, 12, 13, 14, 15), (0, 16, 17, 18, 19, 20), (0, 1, 2, 3, 4), (3, 5, 6, 7), (3, 8, 9, 10)),
    bone_directions=(
        (0.0, 0.0, 0.0), Y, Y, Y, Y, LEFT, DOWN, DOWN, RIGHT, DOWN, DOWN, LEFT, DOWN, DOWN, Z, Z,
        RIGHT, DOWN, DOWN, Z, Z,
    ),
    # The target is KIT-ML clip 03950, which we do not have: pass bone_lengths to retarget, or leave it out.
    bones=None,
    left_right=((5, 8), (6, 9), (7, 10), (11, 16), (12, 17), (13, 18), (14, 19), (15, 20)),
    # The official code calls 11 and 5 right, 16 and 8 left; in MMM order they are the other way round.
    # Official features were made so, hence an official KIT clip starts with its back to +z.
    face_joints=(11, 16, 5, 8),
    leg_bones=(17, 18),
    left_foot=(14, 15),
    right_foot=(19, 20),
    contact_joints=(19, 20, 14, 15),
    metres_per_unit=0.001,
)  # fmt: skip


def facing_direction(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Horizontal unit direction (T, 3) in which hips and shoulders face, for joints (T, J, 3)."""
    right_hip, left_hip, right_shoulder, left_shoulder = skeleton.face_joints
    hips = joints[..., right_hip, :] - joints[..., left_hip, :]
    return unit(facing(hips + joints[..., right_shoulder, :] - joints[..., left_shoulder, :]))


def root_yaw(joints: np.ndarray, skeleton: Skeleton, smoothing: float = 0.0) -> np.ndarray:
    """Angle (T,) in radians about y from the facing direction to +z, as official inverse kinematics has it.

    smoothing: sigma in frames of a Gaussian filter along time; 0 for none. Frame 0 is 0 by definition.
    """
    right_hip, left_hip, right_shoulder, left_shoulder = skeleton.face_joints
    # Quirk of the official code, kept because the published features contain it: here (and only here) the
    # hips enter with exchanged roles, so they work against the shoulders.
    hips = joints[:, left_hip] - joints[:, right_hip]
    forward = facing(hips + joints[:, right_shoulder] - joints[:, left_shoulder])
    if smoothing:
        forward = gaussian_filter1d(forward, smoothing, axis=0, mode="nearest")
    yaw = yaw_of(forward)
    yaw[0] = 0.0
    return yaw


def inverse_kinematics(joints: np.ndarray, skeleton: Skeleton, root: Rotation) -> np.ndarray:
    """Local rotations (T, J, 4), scalar last, of bones whose directions are those of joints (T, J, 3).

    root: (T) rotation of the root. Each chain starts from it, those that leave the spine included.
    """
    rotations = np.empty((*joints.shape[:2], 4))
    rotations[:, 0] = root.as_quat()
    for chain in skeleton.chains:
        above = root
        for parent, child in zip(chain, chain[1:], strict=False):
            bone = rotation_between(skeleton.rest_directions[child], joints[:, child] - joints[:, parent])
            rotations[:, child] = (above.inv() * bone).as_quat()
            above = bone
    return rotations


def forward_kinematics(
    rotations: np.ndarray,
    root_positions: np.ndarray,
    skeleton: Skeleton,
    bone_lengths: np.ndarray | None = None,
) -> np.ndarray:
    """Joints (T, J, 3) from local rotations (T, J, 4) of `inverse_kinematics` and root positions (T, 3).

    bone_lengths: (J,) metres, by default the skeleton's; ValueError when neither is known.
    """
    lengths = skeleton.target_lengths if bone_lengths is None else bone_lengths
    joints = np.empty((*rotations.shape[:2], 3))
    joints[:, 0] = root_positions
    for chain in skeleton.chains:
        above = Rotation.from_quat(rotations[:, 0])
        for parent, child in zip(chain, chain[1:], strict=False):
            above = above * Rotation.from_quat(rotations[:, child])
            joints[:, child] = joints[:, parent] + above.apply(
                skeleton.rest_directions[child] * lengths[child]
            )
    return joints


def retarget(joints: np.ndarray, skeleton: Skeleton, bone_lengths: np.ndarray | None = None) -> np.ndarray:
    """Joints (T, J, 3) with the target's bone lengths: bone directions kept, root path scaled by leg length.

    The same as inverse then forward kinematics, without the detour through rotations. A skeleton whose
    target is unknown (KIT-ML) comes back as it is, unless bone_lengths (J,) are given.
    """
    lengths = skeleton.bone_lengths if bone_lengths is None else np.asarray(bone_lengths)
    joints = np.asarray(joints, float)
    if lengths is None:
        return joints
    bones = joints[:, 1:] - joints[:, list(skeleton.parents[1:])]
    source = np.linalg.norm(bones, axis=-1)
    legs = [bone - 1 for bone in skeleton.leg_bones]
    # Mean over the frames: equal to the official first frame for rigid bones, and steadier for rounded ones.
    source_leg = source.mean(0)[legs].sum()
    scale = lengths[list(skeleton.leg_bones)].sum() / source_leg if source_leg > 0 else 1.0
    result = np.empty_like(joints)
    result[:, 0] = joints[:, 0] * scale
    # A bone without length has no direction; the rest direction stands in.
    directions = np.where(
        source[..., None] > 0, bones / np.maximum(source, 1e-12)[..., None], skeleton.rest_directions[1:]
    )
    for chain in skeleton.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            result[:, child] = result[:, parent] + directions[:, child - 1] * lengths[child]
    return result
