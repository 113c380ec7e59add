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

import numpy as np

from dataset.pose_codes import GROUPS, NUM_GROUPS
from editing.groups import GroupChoice, find_groups, mirror_codes
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

EASE = 0.5  # seconds
SHAPES = ("throughout", "gesture")
ANGLE_KINDS = ("angle", "relV")
# How far inside a category a target lies, so that decoding does not push it out; by kind.
MARGINS = {
    "angle": 2.0, "distance": 0.025, "relX": 0.06, "relY": 0.06, "relZ": 0.06, "relV": 4.0, "ground": 0.04,
}  # fmt: skip
# What bodies can do: measured values beyond these are not asked for.
LIMITS = {
    "angle": (5.0, 177.0), "distance": (0.06, 2.2), "relX": (-0.9, 0.9), "relY": (-1.9, 1.9),
    "relZ": (-0.9, 0.9), "relV": (0.0, 90.0), "ground": (0.0, 1.5),
}  # fmt: skip
TOLERANCES = {kind: 3.0 if kind in ANGLE_KINDS else 0.03 for kind in MARGINS}  # around a wanted value


def comfortable(group: int, category: int) -> tuple[float, float]:
    """Interval of measured values that lies safely inside a category (degrees or metres)."""
    kind, thresholds = GROUPS[group].kind, GROUPS[group].thresholds
    low = thresholds[category - 1] + MARGINS[kind] if category > 0 else LIMITS[kind][0]
    high = thresholds[category] - MARGINS[kind] if category < len(thresholds) else LIMITS[kind][1]
    return (low, high) if low <= high else ((low + high) / 2,) * 2


def category_of(group: int, value: np.ndarray | float) -> np.ndarray:
    """Category of measured values."""
    return np.searchsorted(GROUPS[group].thresholds, value, side="left")


def typical_values(codes: np.ndarray) -> np.ndarray:
    """Measured values (..., 70) as they might be for pose codes (..., 70): the middle of each category."""
    values = np.empty(codes.shape)
    for group in GROUPS:
        middles = np.array([np.mean(comfortable(group.index, c)) for c in range(group.size)])
        values[..., group.index] = middles[codes[..., group.index]]
    return values


@dataclass
class EditPlan:
    """What is wanted, per frame and group. Intervals are measured values in degrees or metres."""

    source_codes: np.ndarray  # (T, 70) uint8
    target_codes: np.ndarray  # (T, 70) uint8: the source's, but for edited entries
    low: np.ndarray  # (T, 70), -inf where not edited
    high: np.ndarray  # (T, 70), inf where not edited
    weight: np.ndarray  # (T,) 1 where some edit holds, easing to 0 beside it, exactly 0 in unedited frames
    values: np.ndarray  # (T, 70) measured values as the edits so far leave them

    @property
    def edited(self) -> np.ndarray:
        """(T, 70) bool: entries that an edit decides."""
        return np.isfinite(self.low)

    @property
    def held(self) -> np.ndarray:
        """(T,) bool: frames in which some edit holds."""
        return self.edited.any(1)

    @property
    def groups(self) -> tuple[int, ...]:
        """Edited groups."""
        return tuple(np.flatnonzero(self.edited.any(0)).tolist())

    def want(self, frames: slice, group: int, low: np.ndarray, high: np.ndarray) -> None:
        """Ask for values between `low` and `high` (n,) of a group in some frames."""
        self.low[frames, group], self.high[frames, group] = low, high
        self.values[frames, group] = (low + high) / 2
        self.target_codes[frames, group] = category_of(group, self.values[frames, group])


@dataclass(frozen=True)
class Operation:
    """One edit of some groups. span: when it holds; ease: seconds that lead into and out of it."""

    groups: GroupChoice
    _: KW_ONLY
    span: Span = THROUGHOUT
    ease: float = EASE

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        """Write what is wanted into the plan."""
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
    shape: str = "throughout"

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise UserError(f"SetCode: shape {self.shape!r} is none of {', '.join(SHAPES)}")
        if (self.category is None) == (self.value is None):
            raise UserError("SetCode: give either a category or a value")

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        for group in self.resolved():
            if self.value is not None:
                low, high = _around(group, np.float64(self.value))
            else:
                _check_category(group, self.category)
                low, high = comfortable(group, self.category)
            plan.want(frames, group, np.float64(low), np.float64(high))


@dataclass(frozen=True)
class Shift(Operation):
    """Shift groups by a number of categories, or by an amount in degrees or metres; stops at the last one."""

    _: KW_ONLY
    categories: int = 0
    amount: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.categories) == bool(self.amount):
            raise UserError("Shift: give either a number of categories or an amount, other than 0")

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        for group in self.resolved():
            here = plan.values[frames, group]
            if self.amount:
                plan.want(frames, group, *_around(group, here + self.amount))
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
    """Multiply the clip's own curve of groups about its value at rest, where it acts: 1.3 squats deeper."""

    _: KW_ONLY
    factor: float

    def __post_init__(self) -> None:
        if isinstance(self.factor, bool) or not 0 <= self.factor <= 4:
            raise UserError(f"Scale: factor {self.factor!r} is not between 0 and 4")

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        raise UserError("Scale is not available yet")


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
        source = plan.source_codes if self.codes is None else np.asarray(self.codes)
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
        operation.apply(plan, slice(start, stop), fps)
        plan.weight = np.maximum(plan.weight, window(len(codes), start, stop, operation.ease * fps))
    return plan


def window(frames: int, start: int, stop: int, ease: float) -> np.ndarray:
    """(frames,) 1 in start..stop-1, falling smoothly to exactly 0 within `ease` frames on either side."""
    t = np.arange(frames)
    away = np.maximum(np.maximum(start - t, t - (stop - 1)), 0)
    share = np.clip(1 - away / (ease + 1), 0, 1)
    return share**2 * (3 - 2 * share)


def _around(group: int, value: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Interval about wanted values (...), within what bodies can do and inside the value's category."""
    kind = GROUPS[group].kind
    value = np.clip(value, *LIMITS[kind])
    inside = np.array([comfortable(group, code) for code in range(GROUPS[group].size)])
    low, high = inside[category_of(group, value)].T
    value = np.clip(value, low, high)
    return np.maximum(low, value - TOLERANCES[kind]), np.minimum(high, value + TOLERANCES[kind])


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
