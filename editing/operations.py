"""Edits on pose codes as typed operations, and the plan they add up to.

    operations = [SetCode("L-elbow angle", value=90, span=Span(1, 2)), Shift("knee", amount=-20)]
    plan = plan_edit(codes, operations, fps=20)          # what is wanted of which group in which frame

An operation names groups (published name, body part, index; `groups.find_groups`) and says what it wants of
them while its span lasts; `ease` seconds on either side lead into and out of it. Later operations see what
earlier ones left. A plan only says what is wanted: `pose_fit` and `code_search` find whole poses to match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import cast

import numpy as np

from dataset.pose_codes import GROUPS, NUM_GROUPS
from editing.curves import carried, gesture_frames, own_curve, room_above
from editing.groups import GroupChoice, find_groups, mirror_codes
from editing.moving.feet import runs_of
from editing.plan import (
    ANGLE_KINDS,
    LIMITS,
    TOLERANCES,
    EditPlan,
    around,
    comfortable,
    typical_values,
    window,
)
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

EASE = 0.5  # seconds
LEAST_RAISED = 0.01  # metres
SHAPES = ("throughout", "gesture")
FARTHEST = 2.5  # metres: a larger number is one of degrees
POSSIBLE = {"degrees": (0.0, 180.0), "metres": (-FARTHEST, FARTHEST)}


@dataclass(frozen=True)
class Operation:
    """One edit of some groups. span: when it holds; ease: seconds that lead into and out of it."""

    groups: GroupChoice
    _: KW_ONLY
    span: Span = THROUGHOUT
    ease: float = EASE

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> np.ndarray | None:
        """Write what is wanted into the plan; weight (T,) of where it acts, None: in all of `frames`."""
        raise NotImplementedError

    def resolved(self) -> tuple[int, ...]:
        """Indices of the groups."""
        return find_groups(self.groups)

    def during(self, span: Span) -> Operation:
        """The same operation at another time."""
        return replace(self, span=span)


@dataclass(frozen=True)
class SetCode(Operation):
    """Set groups to a category (its index inside the group) or to a measured value in degrees or metres.

    shape: "throughout" holds it while the span lasts; "gesture" has an onset, a hold and a release where the clip
    moves that limb.
    """

    _: KW_ONLY
    category: int | None = None
    value: float | None = None
    shape: str = field(default="throughout", metadata={"choices": SHAPES})

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise UserError(f"SetCode: shape {self.shape!r} is none of {', '.join(SHAPES)}")
        if (self.category is None) == (self.value is None):
            raise UserError("SetCode: give either a category or a value")

    def resolved(self) -> tuple[int, ...]:
        return of_one_kind("SetCode", self.groups, self.value)

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> np.ndarray | None:
        groups = self.resolved()
        if self.shape == "gesture":
            frames = gesture_frames(plan, frames, groups, fps)
        for group in groups:
            plan.want(frames, group, *self._bounds(group))
        return window(len(plan.weight), frames.start, frames.stop, self.ease * fps)

    def _bounds(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest value that is wanted of a group."""
        if self.value is not None:
            return around(group, np.float64(self.value))
        category = cast(int, self.category)  # one of the two is given
        _check_category(group, category)
        low, high = comfortable(group, category)
        return np.asarray(low), np.asarray(high)


@dataclass(frozen=True)
class Shift(Operation):
    """Shift groups by a number of categories, or by an amount in degrees or metres; stops at the last one."""

    _: KW_ONLY
    categories: int = 0
    amount: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.categories) == bool(self.amount):
            raise UserError("Shift: give either a number of categories or an amount, other than 0")

    def resolved(self) -> tuple[int, ...]:
        return of_one_kind("Shift", self.groups, self.amount or None, is_change=True)

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        for group in self.resolved():
            here = plan.values[frames, group]
            if self.amount:
                plan.want(frames, group, *around(group, here + self.amount))
                continue
            codes = plan.target_codes[frames, group].astype(int) + self.categories
            codes = codes.clip(0, GROUPS[group].size - 1)
            inside = np.array([comfortable(group, code) for code in range(GROUPS[group].size)])
            low, high = inside[codes].T
            if GROUPS[group].kind in (
                "angle",
                "distance",
            ):  # even steps: what moved in the source goes on moving
                step = GROUPS[group].thresholds[1] - GROUPS[group].thresholds[0]
                wanted = np.clip(here + self.categories * step, low, high)
                tolerance = TOLERANCES[GROUPS[group].kind] / 2
                low, high = np.maximum(low, wanted - tolerance), np.minimum(high, wanted + tolerance)
            plan.want(frames, group, low, high)


@dataclass(frozen=True)
class Scale(Operation):
    """Multiply the clip's own curve of groups about its value at rest, where it acts: factor 1.3 squats deeper.

    amount: move the farthest that the curve goes by so much (degrees or metres) instead, and the rest in proportion.
    otherwise: shift a curve by so much that hardly moves, or less far than that: "raise the hand higher" where the
    clip doesn't raise it.
    """

    _: KW_ONLY
    factor: float | None = None
    amount: float | None = None
    otherwise: float | None = None

    def __post_init__(self) -> None:
        if (self.factor is None) == (self.amount is None):
            raise UserError("Scale: give either a factor or an amount")
        if self.factor is not None and (isinstance(self.factor, bool) or not 0 <= self.factor <= 4):
            raise UserError(f"Scale: factor {self.factor!r} is not between 0 and 4")
        if self.amount is not None and not self.amount:
            raise UserError("Scale: amount is 0; give degrees or metres")

    def resolved(self) -> tuple[int, ...]:
        return of_one_kind("Scale", self.groups, self.amount or self.otherwise, is_change=True)

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> np.ndarray | None:
        weight = np.zeros(len(plan.weight))
        for group in self.resolved():
            curve = plan.values[frames, group].copy()
            own = own_curve(curve, group)
            if self.otherwise and (own is None or abs(own[1] - own[0]) < abs(self.otherwise)):
                plan.want(frames, group, *around(group, curve + self.otherwise))
                weight = np.maximum(weight, window(len(weight), frames.start, frames.stop, self.ease * fps))
                continue
            if own is None:
                continue
            rest, farthest, acts = own
            factor = cast(float, self.factor) if self.amount is None else 1 + self.amount / (farthest - rest)
            wanted = curve + acts * (factor - 1) * (curve - rest)
            slow = carried(plan.values[frames], group, fps)
            if slow is not None:
                wanted = self._carried(plan.values[frames], group, acts * (factor - 1) * (slow - rest), fps)
            for start, stop in runs_of(acts > 0):
                part = slice(frames.start + start, frames.start + stop)
                plan.want(part, group, *around(group, wanted[start:stop]))
                weight = np.maximum(weight, window(len(weight), part.start, part.stop, self.ease * fps))
        if not weight.any():
            named = " and ".join(repr(GROUPS[group].label) for group in self.resolved()[:3])
            raise UserError(
                f"Scale: the clip hardly moves {named} there, so there is nothing to make larger or smaller; "
                "SetCode or Shift move it"
            )
        return weight

    def _carried(self, values: np.ndarray, group: int, change: np.ndarray, fps: float) -> np.ndarray:
        """Values (n,) of a hand that is carried higher or lower by a change (n,), and goes to and fro as before."""
        joints = GROUPS[group].joints
        if change.max() > 0 and joints[1].endswith("shoulder"):
            change = np.minimum(change, room_above(values, group, fps))
            if change.max() < LEAST_RAISED:
                raise UserError(
                    f"Scale: the {joints[0].replace('_', ' ')} goes to and fro as high as the arm reaches; "
                    "there is no room to carry it higher"
                )
        return values[:, group] + change


@dataclass(frozen=True)
class Clamp(Operation):
    """Keep groups at or above and at or below a category, or a value; frames that comply stay as they are."""

    _: KW_ONLY
    at_least: int | None = None  # category
    at_most: int | None = None
    low: float | None = None  # value
    high: float | None = None

    def __post_init__(self) -> None:
        if all(bound is None for bound in (self.at_least, self.at_most, self.low, self.high)):
            raise UserError("Clamp: give at_least or at_most (categories), or low or high (values)")

    def resolved(self) -> tuple[int, ...]:
        return of_one_kind("Clamp", self.groups, self.low if self.high is None else self.high)

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        for group in self.resolved():
            low, high = LIMITS[GROUPS[group].kind]
            for bound in (self.at_least, self.at_most):
                if bound is not None:
                    _check_category(group, bound)
            if self.at_least is not None:
                low = comfortable(group, self.at_least)[0]
            if self.at_most is not None:
                high = comfortable(group, self.at_most)[1]
            low = low if self.low is None else max(low, self.low)
            high = high if self.high is None else min(high, self.high)
            if low > high:
                raise UserError(
                    f"Clamp of {GROUPS[group].label!r}: nothing lies between {low:g} and {high:g}"
                )
            here = plan.values[frames, group]
            margin = TOLERANCES[GROUPS[group].kind]
            # A complying frame is held near where it is, so that other edits do not undo it.
            wanted = np.clip(here, low, high)
            plan.want(frames, group, np.maximum(low, wanted - margin), np.minimum(high, wanted + margin))


@dataclass(frozen=True)
class Mirror(Operation):
    """Give groups the codes of the pose's mirror image (left and right exchanged); by default the whole body."""

    groups: GroupChoice = "body"

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        _take(plan, frames, self.resolved(), mirror_codes(plan.target_codes[frames]))


@dataclass(frozen=True)
class Copy(Operation):
    """Copy groups' codes from another clip or another time.

    codes: (T', 70) of the other clip, one row a frame; None: the clip that is edited. at: second from which to
    copy (None: the span's own start). hold: repeat the pose at `at` instead of going on from there.
    """

    groups: GroupChoice = "body"
    _: KW_ONLY
    codes: np.ndarray | None = field(default=None, compare=False)
    at: float | None = None
    hold: bool = False

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        # Of the clip itself as the operations before have left it.
        source = plan.target_codes.copy() if self.codes is None else np.asarray(self.codes)
        if source.ndim != 2 or source.shape[1] != NUM_GROUPS:
            raise UserError(f"Copy: codes have shape {source.shape}, expected (frames, {NUM_GROUPS})")
        start = frames.start if self.at is None else round(self.at * fps)
        if not 0 <= start < len(source):
            raise UserError(
                f"Copy: {start / fps:.2f} s lies outside the clip to copy from ({len(source)} frames)"
            )
        rows = start + (0 if self.hold else 1) * np.arange(frames.stop - frames.start)
        _take(plan, frames, self.resolved(), source[np.minimum(rows, len(source) - 1)])


CODE_OPERATIONS: dict[str, type[Operation]] = {
    operation.__name__: operation for operation in (SetCode, Shift, Scale, Clamp, Mirror, Copy)
}


def plan_edit(
    codes: np.ndarray, operations: Sequence[Operation], fps: float, values: np.ndarray | None = None
) -> EditPlan:
    """Apply operations to a clip's pose codes.

    codes: (T, 70) one row a frame; fps: rows per second; values: (T, 70) measured values behind the codes,
    which make shifts follow the motion smoothly (None: the middle of each category).
    Raises UserError for unknown groups or codes and for times outside the clip.
    """
    codes = np.asarray(codes, np.uint8)
    plan = EditPlan(
        codes,
        codes.copy(),
        np.full(codes.shape, -np.inf),
        np.full(codes.shape, np.inf),
        np.zeros(len(codes)),
        typical_values(codes) if values is None else np.array(values, np.float64),
    )
    if not operations:
        raise UserError("no edit given: say what to change")
    for operation in operations:
        start, stop = operation.span.frames(len(codes), fps)
        weight = operation.apply(plan, slice(start, stop), fps)
        if weight is None:
            weight = window(len(codes), start, stop, operation.ease * fps)
        plan.weight = np.maximum(plan.weight, weight)
    return plan


def of_one_kind(
    name: str, choice: GroupChoice, value: float | None, is_change: bool = False
) -> tuple[int, ...]:
    """Groups that one number can be about: all of one kind of quantity.

    A body part stands for groups of many kinds. A value that can only be degrees then means its bend ("left elbow" and
    90: the elbow's angle). value: None for categories. is_change: a value to add. UserError names the groups where it
    can't be told which are meant, and for values that a kind can't have.
    """
    groups = find_groups(choice)
    kinds = dict.fromkeys(GROUPS[group].kind for group in groups)
    if value is not None and len(kinds) > 1 and abs(value) > FARTHEST:
        for kind in ANGLE_KINDS:
            bends = tuple(group for group in groups if GROUPS[group].kind == kind)
            if bends:
                groups, kinds = bends, {kind: None}
                break
    if len(kinds) > 1:
        said = ", ".join(repr(GROUPS[group].label) for group in groups[:4])
        more = f" and {len(groups) - 4} more" if len(groups) > 4 else ""
        number = "a category" if value is None else f"{value:g}"
        raise UserError(
            f"{name}: {number} can't be meant for all groups of {_named(choice)}, which are of different kinds "
            f"({said}{more}): name one of them"
        )
    if value is not None:
        low, high = POSSIBLE["degrees" if set(kinds) <= set(ANGLE_KINDS) else "metres"]
        low = -high if is_change else low
        if isinstance(value, bool) or not low <= value <= high:
            unit = "degrees" if set(kinds) <= set(ANGLE_KINDS) else "metres"
            raise UserError(
                f"{name}: {value:g} {unit} are no value of {GROUPS[groups[0]].label!r}; "
                f"give {low:g} to {high:g} {unit}"
            )
    return groups


def _named(choice: GroupChoice) -> str:
    return repr(choice) if isinstance(choice, str) else "those given"


def _take(plan: EditPlan, frames: slice, groups: Sequence[int], codes: np.ndarray) -> None:
    """Want codes (n, 70) of some groups."""
    for group in groups:
        inside = np.array([comfortable(group, code) for code in range(GROUPS[group].size)])
        low, high = inside[codes[:, group]].T
        plan.want(frames, group, low, high)


def _check_category(group: int, category: int) -> None:
    if not 0 <= category < GROUPS[group].size:
        raise UserError(
            f"code {category} of {GROUPS[group].label!r}: its codes run from 0 to {GROUPS[group].size - 1}"
        )
