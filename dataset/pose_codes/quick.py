"""Pose codes of very many poses: single precision throughout, double where a value lies close to a threshold.

A code only says between which thresholds a value lies, so rough values do, except near a threshold. Every value
comes with a bound on its error; poses that have a value within that bound of a threshold (or whose error has no
bound: bones of no length, limbs metres away) are handed back, to be measured in double precision by `measures.py`.
The codes are those of `measures.py`, whose rules and order of joints are followed here; tests compare the two.

Arrays are turned so that poses lie along the last axis: every operation runs over whole rows, and a chunk of poses
stays in the processor's cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset.pose_codes.measures import EXTRA_JOINTS, HAND_LENGTH, JOINT_INDEX, joints_of_kind
from dataset.pose_codes.vocabulary import GROUPS, NUM_GROUPS
from utils.skeleton import T2M_SKELETON

CHUNK = 1024  # poses at a time
BODY = T2M_SKELETON.num_joints
JOINTS = BODY + len(EXTRA_JOINTS)

# Within REACH metres of the pelvis a coordinate is off by 2^-24 * REACH < 2e-7 m at most. Differences, lengths and
# virtual joints add a few such errors; a direction's error is that over its length, which must not be below SHORT.
REACH = 2.5
SHORT = 0.1  # metres
LENGTH_ERROR = 5e-6  # metres: distances, heights, differences along the world's axes
TURNED_ERROR = 2e-5  # metres: differences along the axes of a turned pose
ANGLE_ERROR = 5e-3  # degrees, at 10 and 170; smaller between
SLANT_ERROR = 5e-6  # metres: of a squared cosine, times the length of the line


def _rows(joints: np.ndarray | list[int]) -> np.ndarray:
    """Rows (3, k) of the x, y and z of joints (k,), in points laid out as (3 * JOINTS, n)."""
    return np.arange(3)[:, None] * JOINTS + np.asarray(joints)


def _of(*names: str) -> np.ndarray:
    return _rows([JOINT_INDEX[name] for name in names])


def _thresholds(kind: str) -> np.ndarray:
    return np.array(next(group.thresholds for group in GROUPS if group.kind == kind))


_ANGLE, _ANGLE_JOINTS = joints_of_kind("angle")
_FIRST, _MIDDLE, _LAST = map(_rows, _ANGLE_JOINTS)
_DISTANCE, _DISTANCE_JOINTS = joints_of_kind("distance")
_SLANT, _SLANT_JOINTS = joints_of_kind("relV")
_GROUND, (_GROUND_JOINTS,) = joints_of_kind("ground")
_ENDS = [_rows(joints) for joints in np.concatenate([_DISTANCE_JOINTS, _SLANT_JOINTS], axis=1)]  # 31 lines
_REL_X, _X_JOINTS = joints_of_kind("relX")
_REL_Y, _Y_JOINTS = joints_of_kind("relY")
_REL_Z, _Z_JOINTS = joints_of_kind("relZ")
_LEVEL = np.concatenate([_REL_X, _REL_Z])  # groups that depend on the pose frame
_ALONG = np.concatenate([_LEVEL, _REL_Y])
# The half turn about y before measuring changes the signs of x and z: first and second joint change places.
_LEVEL_JOINTS = np.concatenate([_X_JOINTS[::-1], _Z_JOINTS[::-1]], axis=1)
_LEVEL_AXES = np.repeat([0, 2], [len(_REL_X), len(_REL_Z)])
_ALONG_ROWS = np.concatenate([_LEVEL_JOINTS + JOINTS * _LEVEL_AXES, _Y_JOINTS + JOINTS], axis=1)
_ELBOWS, _WRISTS = _of("left_elbow", "right_elbow"), _of("left_wrist", "right_wrist")
_TORSO = _of("pelvis", "neck", "spine3")
_ANGLE_STEP, _DISTANCE_STEP = _thresholds("angle")[0], _thresholds("distance")[0]
_LEVEL_LIMIT, _GROUND_LIMIT = np.float32(_thresholds("relY")[1]), np.float32(_thresholds("ground")[0])
_STEEP, _FLAT = np.cos(np.radians(_thresholds("relV"))).astype(np.float32) ** 2


@dataclass(frozen=True)
class QuickCodes:
    """Codes (70, n) uint8 of n poses in one pose frame, and which of them (n,) to measure precisely instead."""

    codes: np.ndarray
    unsure: np.ndarray


@np.errstate(divide="ignore", invalid="ignore")  # what comes out of that is unsure
def quick_codes(joints: np.ndarray, frames: tuple[str, ...]) -> dict[str, QuickCodes]:
    """Codes of poses (n, 22, 3) in metres, finite, of the HumanML3D skeleton, for each pose frame asked for."""
    turned = np.ascontiguousarray(joints.transpose(2, 1, 0))
    points = np.empty((3, JOINTS, len(joints)), np.float32)
    np.subtract(turned, turned[:, :1], out=points[:, :BODY], casting="same_kind")
    unsure = np.abs(points[:, :BODY]).max((0, 1)) > REACH
    rows = points.reshape(3 * JOINTS, -1)
    unsure |= _add_extra_joints(points, rows)

    codes = np.empty((NUM_GROUPS, len(joints)), np.uint8)
    for part in (_angles, _lengths, _heights):
        unsure |= part(rows, codes)
    parsed = {}
    for frame in frames:
        own = codes if len(frames) == 1 else codes.copy()
        if frame == "world":
            values, groups = rows[_ALONG_ROWS[0]] - rows[_ALONG_ROWS[1]], _ALONG
            close = _along_axes(values, LENGTH_ERROR, groups, own)
        else:
            height = rows[_ALONG_ROWS[0, len(_LEVEL) :]] - rows[_ALONG_ROWS[1, len(_LEVEL) :]]
            turned, close = _turned_differences(points)
            close |= _along_axes(height, LENGTH_ERROR, _REL_Y, own)
            close |= _along_axes(turned, TURNED_ERROR, _LEVEL, own)
        parsed[frame] = QuickCodes(own, unsure | close)
    return parsed


def _squares(vectors: np.ndarray) -> np.ndarray:
    """Squared lengths (k, n) of vectors (3, k, n)."""
    x, y, z = vectors
    result = x * x
    result += y * y
    result += z * z
    return result


def _add_extra_joints(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Fill in the joints of EXTRA_JOINTS; returns where (n,) a forearm is too short to have a direction."""
    wrists = rows[_WRISTS]
    forearms = wrists - rows[_ELBOWS]
    length = np.sqrt(_squares(forearms))
    tips = wrists + forearms * (np.float32(HAND_LENGTH) / length)
    points[:, BODY : BODY + 2] = tips
    points[:, BODY + 2 : BODY + 4] = (wrists + tips) * np.float32(0.5)
    points[:, BODY + 4] = rows[_TORSO].sum(1) * np.float32(1 / 3)
    return (length < SHORT).any(0)


def _angles(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Bend of elbows and knees; returns where (n,) a value is close to a threshold, as do those below."""
    middle = rows[_MIDDLE]
    first, last = rows[_FIRST] - middle, rows[_LAST] - middle
    squares = _squares(first), _squares(last)
    first *= last
    cosine = first.sum(0)
    cosine /= np.sqrt(squares[0] * squares[1])
    value = np.arccos(np.clip(cosine, -1, 1, out=cosine), out=cosine)
    short = np.minimum(squares[0], squares[1]).min(0) < SHORT**2
    return short | _even_bins(value, 180 / np.pi / _ANGLE_STEP, ANGLE_ERROR / _ANGLE_STEP, _ANGLE, codes)


def _lengths(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Distances between joints, and slants of the lines between others."""
    lines = rows[_ENDS[0]]
    lines -= rows[_ENDS[1]]
    squares = _squares(lines)
    lengths = np.sqrt(squares)
    count = len(_DISTANCE)
    slant = lines[1, count:]
    slant *= slant
    slant /= squares[count:]  # the squared cosine of the angle to the vertical
    codes[_SLANT] = (slant < _STEEP).view(np.uint8) + (slant < _FLAT)
    margin = np.minimum(np.abs(slant - _STEEP), np.abs(slant - _FLAT))
    margin *= lengths[count:]
    close = ~(margin.min(0) > SLANT_ERROR)  # a line without length gives NaN
    scale, error = 1 / _DISTANCE_STEP, LENGTH_ERROR / _DISTANCE_STEP
    return close | _even_bins(lengths[:count], scale, error, _DISTANCE, codes)


def _heights(rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Heights above the lowest joint."""
    heights = rows[JOINTS : 2 * JOINTS]
    value = heights[_GROUND_JOINTS] - heights.min(0)
    codes[_GROUND] = value > _GROUND_LIMIT
    value -= _GROUND_LIMIT
    return np.abs(value, out=value).min(0) < LENGTH_ERROR


def _turned_differences(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """relX and relZ values of poses turned to face +z, and where (n,) nobody can tell where that is."""
    right_hip, left_hip, right_shoulder, left_shoulder = T2M_SKELETON.face_joints
    across = points[:, right_hip] - points[:, left_hip] + points[:, right_shoulder] - points[:, left_shoulder]
    length = np.hypot(across[0], across[2])
    cos, sin = -across[0] / length, -across[2] / length
    x = points[0][_LEVEL_JOINTS[0]] - points[0][_LEVEL_JOINTS[1]]
    z = points[2][_LEVEL_JOINTS[0]] - points[2][_LEVEL_JOINTS[1]]
    count = len(_REL_X)
    turned = np.empty_like(x)
    turned[:count] = cos * x[:count] + sin * z[:count]
    turned[count:] = cos * z[count:] - sin * x[count:]
    return turned, length < SHORT


def _along_axes(values: np.ndarray, error: float, groups: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Three categories, by the two thresholds +-_LEVEL_LIMIT."""
    codes[groups] = (values > -_LEVEL_LIMIT).view(np.uint8) + (values > _LEVEL_LIMIT)
    np.abs(values, out=values)
    values -= _LEVEL_LIMIT
    return np.abs(values, out=values).min(0) < error


def _even_bins(
    values: np.ndarray, scale: float, error: float, groups: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Categories by thresholds at 1, 2 ... of `values * scale`, the outer ones open; error: of those."""
    values *= np.float32(scale)
    np.clip(values, 0.5, GROUPS[groups[0]].size - 0.5, out=values)
    codes[groups] = np.ceil(values) - 1
    values -= np.rint(values)
    return np.abs(values, out=values).min(0) < error
