"""Operations on limbs: arms and legs that exchange or copy what they do, larger and smaller, earlier and later."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from dataset.composing.bodies import ARMS, LEGS, assemble, directions_of, lead_into, lengths_of, smooth
from dataset.composing.overlay import chest_frames
from editing.moving.feet import FLOOR, feet_of, locked, on_feet, runs_of, standing
from editing.moving.moved import Moved, Stretch, yaws
from editing.moving.pieces import chained
from editing.moving.timing import delayed_times
from utils import quantities
from utils.rotation import rotation_between, unit
from utils.runtime import UserError

MIRROR = np.array([-1.0, 1.0, 1.0])  # in frames whose x is to the left
EASE = 0.5  # seconds in which a limb comes to do something else
SIDE = {"left_arm": 0, "right_arm": 1, "left_leg": 0, "right_leg": 1}
STEADY = 1.5  # frames over which the chest's frame is smoothed
SLOW = 0.5  # seconds; movements to and fro that are quicker are scaled about their middle
SWINGS = 3  # changes of direction that make a movement one to and fro
HANGS = 25.0  # degrees from hanging straight down within which an upper arm rests
FEWEST_AT_REST = 5  # frames
BENT_MOST = np.radians(150.0)
SWAY = 0.4  # seconds over which the hips' path is smoothed for its mirror plane
TRUNK, HEAD = (3, 6, 9), (15,)


def sides_of(limb: str) -> tuple[int, ...]:
    """0 for the left, 1 for the right, of "left_arm", "arms", ..."""
    return (SIDE[limb],) if limb in SIDE else (0, 1)


def steady_chest(joints: np.ndarray) -> Rotation:
    """Frames (T) of the chest without its trembling, which limbs that move in it would show twice."""
    return chest_frames(gaussian_filter1d(joints, STEADY, axis=0, mode="nearest"))


def _moved(motion: Stretch, joints: np.ndarray, weight: np.ndarray, limbs: tuple[str, ...]) -> Moved:
    return Moved(joints, np.arange(motion.count, dtype=float), weight, limbs)


# --------------------------------------------------------------------------------------------------------------- arms
def _seen(directions: np.ndarray, bones: tuple[int, ...], frames: Rotation) -> np.ndarray:
    """Directions (T, n, 3) of bones in frames (T) of the body."""
    return np.stack([frames.inv().apply(directions[:, bone]) for bone in bones], 1)


def _with(
    motion: Stretch, changes: Mapping[tuple[int, ...], np.ndarray], frames: Rotation, weight: np.ndarray
) -> np.ndarray:
    """Joints (T, 22, 3) whose bones point as said (T, n, 3) in frames of the body, by a weight (T,)."""
    joints = motion.joints.astype(float)
    directions = directions_of(joints)
    acts = weight > 0
    new = directions.copy()
    for bones, wanted in changes.items():
        for number, bone in enumerate(bones):
            new[:, bone] = frames.apply(wanted[:, number])
    for start, stop in runs_of((weight > 0) & (weight < 1)):
        ramp, rising = slice(start, stop), weight[stop - 1] > weight[start]
        if rising or stop - start < 2:
            new[ramp] = lead_into(directions[ramp], new[ramp], weight[ramp])
        else:
            new[ramp] = lead_into(directions[ramp][::-1], new[ramp][::-1], weight[ramp][::-1])[::-1]
    directions = np.where(acts[:, None, None], new, directions)
    made = assemble(joints[:, 0], directions, lengths_of(joints))
    return np.where(acts[:, None, None], made, joints)


def exchanged(motion: Stretch, what: str) -> Moved:
    """Arms, or legs, that do what the other one did, as in a mirror."""
    limbs = (f"left_{what[:-1]}", f"right_{what[:-1]}")
    if what == "legs":
        return _legs_of_other_side(motion, (0, 1), limbs)
    joints = motion.joints.astype(float)
    frames, directions = steady_chest(joints), directions_of(joints)
    changes: dict[tuple[int, ...], np.ndarray] = {
        ARMS[side]: _seen(directions, ARMS[1 - side], frames) * MIRROR for side in (0, 1)
    }
    weight = motion.eased(EASE)
    return _moved(motion, _with(motion, changes, frames, weight), weight, limbs)


def copied(motion: Stretch, source: str, target: str, mirrored: bool) -> Moved:
    """One limb that does what the other one does, as in a mirror or in parallel."""
    if source.endswith("leg"):
        if not mirrored:
            raise UserError("CopyLimb: legs copy each other as in a mirror only; give mirrored=True")
        return _legs_of_other_side(motion, (SIDE[target],), (target,))
    joints = motion.joints.astype(float)
    frames, directions = steady_chest(joints), directions_of(joints)
    # A shoulder can't lie where the other one is: in parallel only upper arm and forearm are copied.
    first = 0 if mirrored else 2
    theirs = _seen(directions, ARMS[SIDE[source]][first:], frames) * (MIRROR if mirrored else 1.0)
    weight = motion.eased(EASE)
    made = _with(motion, {ARMS[SIDE[target]][first:]: theirs}, frames, weight)
    return _moved(motion, made, weight, (target,))


def delayed(motion: Stretch, seconds: float, limb: str) -> Moved:
    """A limb that does what it does earlier or later than the rest of the body."""
    if "leg" in limb:
        raise UserError(
            "Delay: legs carry the body; delay the whole body (no limb), an arm, the torso or the head"
        )
    frames = round(seconds * motion.fps)
    if abs(frames) >= motion.count:
        raise UserError(f"Delay: {seconds:g} s is longer than the clip of {motion.count / motion.fps:.1f} s")
    if motion.is_whole:
        at = np.clip(np.arange(motion.count) - float(frames), 0, motion.count - 1)
    else:
        at = delayed_times(motion, frames, keep_length=True)
    directions = directions_of(motion.joints.astype(float))
    weight = (np.abs(at - np.arange(motion.count)) > 1e-6).astype(float)

    def sampled(seen: np.ndarray) -> np.ndarray:
        return unit(CubicSpline(np.arange(motion.count), seen, axis=0)(at))

    return _moved(motion, _limb_changed(motion, limb, directions, sampled, weight), weight, _names(limb))


def _names(limb: str) -> tuple[str, ...]:
    return (f"left_{limb[:-1]}", f"right_{limb[:-1]}") if limb in ("arms", "legs") else (limb,)


def _limb_changed(
    motion: Stretch,
    limb: str,
    directions: np.ndarray,
    change: Callable[[np.ndarray], np.ndarray],
    weight: np.ndarray,
) -> np.ndarray:
    """Joints (T, 22, 3) of which a limb's directions, in its frame of the body, are changed by a function.

    The trunk carries arms and head along.
    """
    joints = motion.joints.astype(float)
    if limb != "torso":
        frames = steady_chest(joints)
        parts: list[tuple[int, ...]] = [HEAD] if limb == "head" else [ARMS[side] for side in sides_of(limb)]
        changes = {bones: change(_seen(directions, bones, frames)) for bones in parts}
        return _with(motion, changes, frames, weight)
    heading = Rotation.from_euler("y", gaussian_filter1d(yaws(joints), 3.0, mode="nearest")[:, None])
    made = _with(motion, {TRUNK: change(_seen(directions, TRUNK, heading))}, heading, weight)
    bent = directions_of(made)
    carried = rotation_between(joints[:, 9] - joints[:, 0], made[:, 9] - made[:, 0])
    for bone in (12, 15, *ARMS[0], *ARMS[1]):
        bent[:, bone] = carried.apply(directions[:, bone])
    full = assemble(joints[:, 0], bent, lengths_of(joints))
    return np.where((weight > 0)[:, None, None], full, joints)


# ---------------------------------------------------------------------------------------------------------- amplitude
def scaled(motion: Stretch, limb: str, factor: float) -> Moved:
    """A limb's movement `factor` times as large: about its middle where it goes to and fro, else about how it rests."""
    weight = motion.eased(EASE)
    if "leg" in limb:
        return _legs_lifted(motion, limb, factor, weight)
    joints = motion.joints.astype(float)
    directions = directions_of(joints)

    def larger(seen: np.ndarray) -> np.ndarray:
        middle = _middle(motion, seen, joints, limb, factor)
        away = np.stack(
            [rotation_between(middle[:, k], seen[:, k]).as_rotvec() for k in range(seen.shape[1])], 1
        )
        angle = np.linalg.norm(away, axis=-1, keepdims=True)
        share = np.where(angle * factor > BENT_MOST, BENT_MOST / np.maximum(angle, 1e-6), factor)
        share = np.maximum(share, min(factor, 1.0))
        turned = [
            Rotation.from_rotvec(share[:, k] * away[:, k]).apply(middle[:, k]) for k in range(seen.shape[1])
        ]
        return np.stack(turned, 1)

    made = _limb_changed(motion, limb, directions, larger, weight)
    return _moved(motion, made, weight, _names(limb))


def _middle(motion: Stretch, seen: np.ndarray, joints: np.ndarray, limb: str, factor: float) -> np.ndarray:
    """Directions (T, n, 3) about which a limb moves, from those it has, in its frame of the body."""
    count = len(seen)
    inside = slice(motion.start, motion.stop)
    if factor > 0 and _goes_to_and_fro(seen[inside], motion.fps):
        return unit(gaussian_filter1d(seen, SLOW * motion.fps, axis=0, mode="nearest"))
    at_rest = np.zeros(count, bool)
    if limb not in ("torso", "head"):
        upper = seen[:, 2]
        at_rest = np.degrees(np.arccos(np.clip(-upper[:, 1], -1, 1))) < HANGS
    if at_rest.sum() < FEWEST_AT_REST:
        at_rest = np.zeros(count, bool)
        at_rest[inside] = True
    rest = unit(np.median(seen[at_rest], axis=0))
    return np.repeat(rest[None], count, 0)


def _goes_to_and_fro(seen: np.ndarray, fps: float) -> bool:
    """Whether the last bone of a limb changes direction again and again; (n, bones, 3)."""
    line = gaussian_filter1d(seen[:, -1], 1.0, axis=0)
    return max(quantities.swings(line[:, axis], 0.12) for axis in range(3)) >= SWINGS


def _legs_lifted(motion: Stretch, limb: str, factor: float, weight: np.ndarray) -> Moved:
    """Feet and knees that are lifted higher, or less high, between two places where they stand."""
    if factor < 0.1:
        raise UserError(
            "Amplitude: legs that carry the body can't be kept still by themselves; use StandStill()"
        )
    joints = motion.joints.astype(float)
    stands, feet = standing(joints), feet_of(joints)
    found = False
    for side in sides_of(limb):
        for start, stop in runs_of(~stands[:, side]):
            if stop <= motion.start or start >= motion.stop:
                continue
            ends = [max(start - 1, 0), min(stop, motion.count - 1)]
            low = feet[ends, side, 1]  # of the toe
            share = np.linspace(0, 1, ends[1] - ends[0] + 1)[1:][: stop - start]
            line = low[0] + share[:, None] * (low[1] - low[0])
            away = feet[start:stop, side, 1] - line
            if np.linalg.norm((low[1] - low[0]) * FLOOR) > 0.3:
                # A step: its toes are highest just after they leave the floor, when the knee does not rise yet.
                away = 16 * (share * (1 - share))[:, None] ** 2 * away[:, 1].max() * (0.0, 1.0, 0.0)
            # Eased at both ends, so that a foot is put down as it was.
            edge = np.minimum(np.arange(stop - start) + 1, np.arange(stop - start)[::-1] + 1)
            gain = (factor - 1) * weight[start:stop] * smooth(edge / max(0.3 * (stop - start), 4))
            found |= bool((np.abs(away[:, 1]) * weight[start:stop] > 0.02).any())
            feet[start:stop, side] += (gain[:, None] * away)[:, None]
    if not found:
        raise UserError(
            f"Amplitude: the {limb.replace('_', ' ')} are not lifted there, nothing to make larger or smaller"
        )
    feet = _within_reach(joints, feet)
    feet[..., 1] = np.maximum(feet[..., 1], np.minimum(feet_of(joints)[..., 1], quantities.floor(joints)))
    return _moved(motion, on_feet(joints, feet, weight), weight, _names(limb))


def _within_reach(joints: np.ndarray, feet: np.ndarray) -> np.ndarray:
    """Feet (T, 2, 2, 3) that are no farther from their hips than legs reach, or than they were in joints (T, 22, 3)."""
    out = feet.copy()
    lengths = lengths_of(joints)
    for side, (hip, knee, ankle, _) in enumerate(LEGS):
        reach = lengths[:, knee] + lengths[:, ankle]
        way = feet[:, side, 0] - joints[:, hip]
        far = np.linalg.norm(way, axis=-1)
        free = np.maximum(0.9 * reach, np.linalg.norm(joints[:, ankle] - joints[:, hip], axis=-1))
        room = np.maximum(0.99 * reach - free, 0.005)
        limited = np.where(far > free, free + room * np.tanh((far - free) / room), far)
        out[:, side] += ((limited / np.maximum(far, 1e-9) - 1)[:, None] * way)[:, None]
    return out


# --------------------------------------------------------------------------------------------------------------- legs
def _legs_of_other_side(motion: Stretch, sides: tuple[int, ...], limbs: tuple[str, ...]) -> Moved:
    """Legs of some sides that do what the other one does, mirrored at the plane along the body's path."""
    joints = motion.joints.astype(float)
    smoothing = SWAY * motion.fps
    heading = gaussian_filter1d(yaws(joints), smoothing, mode="nearest")
    root = gaussian_filter1d(joints[:, 0] * FLOOR, smoothing, axis=0, mode="nearest")
    frames = Rotation.from_euler("y", heading[:, None])
    directions, feet, stands = directions_of(joints), feet_of(joints), standing(joints)
    body, wanted, stood = directions.copy(), feet.copy(), stands.copy()
    for side in sides:
        for own, other in zip(LEGS[side][1:], LEGS[1 - side][1:], strict=True):
            body[:, own] = frames.apply(frames.inv().apply(directions[:, other]) * MIRROR)
        for part in (0, 1):
            place = frames.inv().apply(feet[:, 1 - side, part] - root) * MIRROR
            wanted[:, side, part] = root + frames.apply(place)
        stood[:, side] = stands[:, 1 - side]
    inside = slice(motion.start, motion.stop)
    floating = np.logical_and(stands.any(1), np.logical_not(stood.any(1)))
    if floating[inside].sum() > 2:
        raise UserError(
            "CopyLimb: both feet would be in the air at once; Exchange('legs') lets the other leg do it"
        )
    everywhere = np.ones(motion.count)
    posed = assemble(joints[:, 0], body, lengths_of(joints))
    made = locked(on_feet(posed, wanted, everywhere), stood, everywhere)
    if motion.is_whole:
        return _moved(motion, made, everywhere, limbs)
    linked = chained(
        [(joints, 0, motion.start), (made, motion.start, motion.stop), (joints, motion.stop, motion.count)]
    )
    weight = linked.weight.copy()
    weight[inside] = 1
    return Moved(linked.joints, linked.origin, weight, limbs)
