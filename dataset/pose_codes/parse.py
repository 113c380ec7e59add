"""Joints -> pose codes, and the two forms of pose codes: compact (..., 70) and 70-hot (..., 392)."""

from __future__ import annotations

import math
import warnings
from functools import cache
from typing import Any

import numpy as np
import torch

from dataset.pose_codes.measures import as_body, check_choices, measure
from dataset.pose_codes.quick import CHUNK, quick_codes
from dataset.pose_codes.vocabulary import GROUP_OFFSETS, GROUP_SIZES, GROUPS, KINDS, NUM_CODES, NUM_GROUPS
from utils.skeleton import KIT_SKELETON, T2M_SKELETON, Skeleton

_BY_KIND = {kind: np.array([group.index for group in GROUPS if group.kind == kind]) for kind in KINDS}
_THRESHOLDS = {group.kind: np.array(group.thresholds) for group in GROUPS}
_NOISE_HALF_WIDTHS = np.array([group.noise_half_width for group in GROUPS])


def parse_pose_codes(
    joints: np.ndarray | torch.Tensor,
    frame: str | None = None,
    noise: float = 0.0,
    seed: int | None = None,
    skeleton: Skeleton = T2M_SKELETON,
    kit_codes: str = "corrected",
) -> np.ndarray:
    """Pose codes (..., 70) uint8 of poses (..., J, 3) in the data set's units, any leading dimensions.

    frame: "world" (published) or "heading" (each pose first turned to face +z). Left out it is "world", with a
    warning: codes of one frame mean nothing in the other.
    noise: augmentation; uniform noise of this multiple of each kind's published half width before binning,
    drawn from `seed` (required to repeat it). kit_codes: see `measures.measure`. Raises UserError as that.
    """
    if frame is None:
        warnings.warn(
            'parse_pose_codes without a pose frame takes frame="world", the published one; say frame="world" or '
            'frame="heading"',
            FutureWarning,
            stacklevel=2,
        )
        frame = "world"
    if isinstance(joints, torch.Tensor):
        joints = joints.detach().cpu().numpy()
    if not noise:
        return parse_frames(joints, (frame,), skeleton, kit_codes)[0]
    values = measure(joints, frame, skeleton=skeleton, kit_codes=kit_codes)
    generator = np.random.default_rng(seed)
    values += generator.uniform(-noise, noise, values.shape) * _NOISE_HALF_WIDTHS
    return bin_values(values)


def parse_frames(
    joints: np.ndarray,
    frames: tuple[str, ...],
    skeleton: Skeleton = T2M_SKELETON,
    kit_codes: str = "corrected",
) -> list[np.ndarray]:
    """`parse_pose_codes` without noise in several pose frames at once: codes (..., 70) uint8 for each.

    Much cheaper than one after the other, and cheapest for many poses in one array.
    """
    joints = np.asarray(joints)
    for frame in frames:
        check_choices(frame, skeleton, kit_codes)
    results = [np.empty((*joints.shape[:-2], NUM_GROUPS), np.uint8) for _ in frames]
    poses = joints.reshape(-1, *joints.shape[-2:])
    unsure: dict[str, list[np.ndarray]] = {frame: [] for frame in frames}
    for start in range(0, max(len(poses), 1), CHUNK):  # no poses: only their shape is looked at
        body = as_body(poses[start : start + CHUNK], skeleton, kit_codes)
        if skeleton is KIT_SKELETON:  # joints it lacks: no measurement, and never the lowest
            body = np.where(np.isnan(body), body[:, :1], body)
        found = quick_codes(body, frames)
        for frame, codes in zip(frames, results, strict=True):
            codes.reshape(-1, NUM_GROUPS)[start : start + CHUNK] = found[frame].codes.T
            unsure[frame].append(start + np.flatnonzero(found[frame].unsure))
    for frame, codes in zip(frames, results, strict=True):
        again = np.concatenate(unsure[frame])
        for some in np.array_split(again, -(-len(again) // CHUNK)) if len(again) else ():
            values = measure(poses[some], frame, skeleton=skeleton, kit_codes=kit_codes)
            codes.reshape(-1, NUM_GROUPS)[some] = bin_values(values)
    return results


def bin_values(values: np.ndarray) -> np.ndarray:
    """Categories (..., 70) uint8 of measured values (..., 70): how many thresholds lie strictly below."""
    codes = np.empty(values.shape, np.uint8)
    for kind, groups in _BY_KIND.items():
        codes[..., groups] = np.searchsorted(_THRESHOLDS[kind], values[..., groups], side="left")
    return codes


def to_code_index(codes: Any) -> Any:
    """Compact codes (..., 70) -> indices of the 392 codes (..., 70), int64; numpy or torch."""
    if isinstance(codes, torch.Tensor):
        return codes.long() + torch.as_tensor(GROUP_OFFSETS.copy(), device=codes.device)
    return np.asarray(codes, np.int64) + GROUP_OFFSETS


def to_khot(codes: Any, dtype: Any = None) -> Any:
    """Compact codes (..., 70) -> 70-hot (..., 392): numpy (bool by default) or torch (float32 by default).

    Raises ValueError for a width other than 70, and (numpy only) for a category its group does not have.
    """
    if codes.shape[-1] != NUM_GROUPS:
        raise ValueError(f"pose codes have width {codes.shape[-1]}, expected {NUM_GROUPS}")
    index = to_code_index(codes)
    shape = (*index.shape[:-1], NUM_CODES)
    if isinstance(codes, torch.Tensor):
        return torch.zeros(shape, dtype=dtype or torch.float32, device=codes.device).scatter_(-1, index, 1)
    if np.any(np.asarray(codes) >= GROUP_SIZES) or np.any(np.asarray(codes) < 0):
        raise ValueError("pose codes hold a category that its group does not have")
    khot = np.zeros(shape, dtype or np.bool_)
    np.put_along_axis(khot, index, 1, axis=-1)
    return khot


def as_khot(codes: torch.Tensor) -> torch.Tensor:
    """Category indices (..., 70) or an already expanded (..., >= 392) tensor -> k-hot over the last axis."""
    return to_khot(codes) if codes.shape[-1] == NUM_GROUPS else codes


def from_khot(khot: Any, strict: bool = False) -> Any:
    """70-hot (or scores) (..., 392) -> compact (..., 70) uint8, each group's largest entry; numpy or torch.

    strict: ValueError unless exactly one entry of each group is set, for files written by others.
    """
    if khot.shape[-1] != NUM_CODES:
        raise ValueError(f"70-hot pose codes have width {khot.shape[-1]}, expected {NUM_CODES}")
    if isinstance(khot, torch.Tensor):
        if strict:
            from_khot(khot.detach().cpu().numpy(), strict=True)
        table, outside = (torch.as_tensor(array, device=khot.device) for array in _category_table())
        scores = khot if khot.is_floating_point() else khot.float()
        return scores[..., table].masked_fill(outside, -torch.inf).argmax(-1).to(torch.uint8)
    khot = np.asarray(khot)
    if strict and not np.all(np.add.reduceat(khot != 0, GROUP_OFFSETS, axis=-1, dtype=np.int64) == 1):
        raise ValueError("each pose code group must have exactly one code set")
    categories, unused = _category_table()
    scores = khot if np.issubdtype(khot.dtype, np.floating) else khot.astype(np.float32)
    return np.where(unused, -np.inf, scores[..., categories]).argmax(-1).astype(np.uint8)


@cache
def _category_table() -> tuple[np.ndarray, np.ndarray]:
    """Code index (70, 18) of each group's categories, and where (70, 18) the group has no such category."""
    category = np.arange(GROUP_SIZES.max())
    outside = category >= GROUP_SIZES[:, None]
    return np.where(outside, 0, GROUP_OFFSETS[:, None] + category), outside


def frames_per_step(frames: int, steps: int) -> int:
    """Frames between the codes of a clip's steps; a power of two, as strides of the encoder are.

    A clip of any length is covered by its steps, the last of which may be cut short: 61 frames have 16 steps of 4.
    Features have one frame less than joints, so 20 steps may have 79.
    """
    return 2 ** max(math.ceil(math.log2(frames / steps)), 0)
