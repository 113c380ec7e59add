"""What an edit changed, in words: "0.8-2.0 s: left elbow 160 -> 90 degrees"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes import GROUPS, Group, names
from dataset.pose_codes.measures import measure
from editing.catalogue import AnyOperation
from editing.moving.moved import placed_on
from editing.plan import EditPlan, category_of
from editing.reconstruction import ReconstructionError
from editing.report_moves import describe_moves

RIGID = 5e-3  # metres beyond which frames have moved along with the path
MAX_FOLLOWING = 6  # lines about groups that followed
FOLLOWED_SHARE = 0.5  # of the edited frames, in which a group's code must have changed to be named


def describe_edit(
    before: MotionClip,
    after: MotionClip,
    plan: EditPlan,
    operations: Sequence[AnyOperation],
    origin: np.ndarray,
    reconstruction: ReconstructionError,
    compared: str = "the clip",
) -> str:
    """What operations on the motion changed; then a line per edited group and stretch of time, and who followed.

    origin: (T',) frame of `before` that each of `after` shows. At the end: how well the codes describe the clip, and
    what changed in frames that nobody edited, against `compared`: what `before` is.
    """
    shown = before.joints[np.round(origin).astype(int)]
    old, new = (measure(joints, before.pose_frame) for joints in (shown, after.joints))
    lines = describe_moves(before.joints, after.joints, operations, before.fps)
    for start, stop in stretches(plan.held):
        said = []
        for group in np.flatnonzero(plan.edited[start:stop].any(0)):
            for a, b in stretches(plan.edited[:, group]):
                if start <= a and b <= stop:
                    line = change(GROUPS[group], old[a:b, group], new[a:b, group])
                    said.append(f"{_time(a, b, before.fps)}: {line}{_miss(plan, int(group), new, a, b)}")
        lines += dict.fromkeys(said)
        during = slice(start, stop)
        following = _followed(plan, old[during], new[during], during)
        if following:
            lines.append("  and with it:")
            lines += [
                f"  {change(GROUPS[g], old[during, g], new[during, g])}" for g in following[:MAX_FOLLOWING]
            ]
            if len(following) > MAX_FOLLOWING:
                lines.append(f"  and {len(following) - MAX_FOLLOWING} more")
    lines.append(f"what the clip's codes decode to is {reconstruction}")
    lines += _not_edited(shown, after.joints, plan.weight == 0, compared)
    return "\n".join(lines) + "\n"


def _not_edited(shown: np.ndarray, now: np.ndarray, outside: np.ndarray, compared: str) -> list[str]:
    """How far frames (T,) that nobody edited are from those of the source that they show, both (T, 22, 3)."""
    if not outside.any():
        return []
    gap = np.linalg.norm(now[outside] - shown[outside], axis=-1).max()
    if gap < RIGID:
        return [f"frames not edited differ by at most {1000 * float(gap):.1f} mm from {compared}"]
    laid = placed_on(shown[outside], now[outside])
    gap = np.linalg.norm(now[outside] - laid, axis=-1).max()
    return [
        f"frames not edited differ by at most {1000 * float(gap):.1f} mm from {compared}, moved along with the path"
    ]


def change(group: Group, old: np.ndarray, new: np.ndarray) -> str:
    """A group's change from values (n,) to values (n,), by their medians."""
    a, b = float(np.median(old)), float(np.median(new))
    first, *others = (joint.replace("_", " ") for joint in group.joints)
    if group.kind == "angle":
        return f"{others[0]} {a:.0f} -> {b:.0f} degrees"
    if group.kind == "distance":
        return f"{first} to {others[0]} {100 * a:.0f} -> {100 * b:.0f} cm"
    if group.kind == "relV":
        return f"line {first} to {others[0]} {a:.0f} -> {b:.0f} degrees off the vertical"
    if group.kind == "ground":
        return f"{first} {100 * a:.0f} -> {100 * b:.0f} cm above the ground"
    words = [names.meaning(group, int(category_of(group.index, value))) for value in (a, b)]
    said = f"{words[0]} -> {words[1]}" if words[0] != words[1] else words[0]
    axis = {"relX": "sideways", "relY": "higher", "relZ": "to the front"}[group.kind]
    # relX and relZ are measured against the person's own axes (see dataset/pose_codes/names.py).
    sign = 1 if group.kind == "relY" else -1
    if group.kind == "relX":
        axis = "to the left"
    return f"{first} {said} the {others[0]} ({sign * 100 * a:+.0f} -> {sign * 100 * b:+.0f} cm {axis})"


def stretches(mask: np.ndarray) -> list[tuple[int, int]]:
    """Runs of True in a mask (T,) as (start, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _time(start: int, stop: int, fps: float) -> str:
    return f"{start / fps:.1f}-{stop / fps:.1f} s"


def _miss(plan: EditPlan, group: int, new: np.ndarray, start: int, stop: int) -> str:
    """What was wanted, where most of the stretch is more than a category away from it."""
    codes = category_of(group, new[start:stop, group]).astype(int)
    if (np.abs(codes - plan.target_codes[start:stop, group]) <= 1).mean() >= 0.5:
        return ""
    wanted = int(np.median(plan.target_codes[start:stop, group]))
    return f" (wanted: {names.meaning(int(group), wanted)}; the body could not go further)"


def _followed(plan: EditPlan, old: np.ndarray, new: np.ndarray, during: slice) -> list[int]:
    """Groups not edited in a stretch whose code changed in most of its frames, those that changed most first.

    old, new: values (n, 70) of the stretch.
    """
    found = []
    for group in range(len(GROUPS)):
        if plan.edited[during, group].any():
            continue
        gap = np.abs(category_of(group, old[:, group]).astype(int) - category_of(group, new[:, group]))
        if (gap > 0).mean() >= FOLLOWED_SHARE:
            found.append((float(gap.mean()) / (GROUPS[group].size - 1), group))
    return [group for _, group in sorted(found, reverse=True)]
