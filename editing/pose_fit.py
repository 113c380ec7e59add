"""The quick pose fit: the smallest smooth change of a motion under which the edited groups reach their targets.

Only the limbs that an edit is about move (`editing.fit_limbs`; and the root, when legs do), about joints with constant bone
lengths; elbows and knees are hinges. Parameters are cubic B-splines over time times the plan's easing weight, so
unedited frames come back bit for bit. Adam minimises, over all edited frames at once:
    targets   squared distance, in categories, of each edited measurement to its wanted interval
    contacts  planted feet stay where they are; nothing goes below the floor
    reach     hands keep out of the trunk, and left and right limbs do not pass through each other
    little    turns and displacements are small, and displacements smooth in time.
Re-parsing the fitted pose gives all 70 codes consistent with each other: those an edit contradicted follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.interpolate import BSpline
from torch import Tensor

from dataset.pose_codes import GROUPS, parse_pose_codes
from dataset.pose_codes.tensor_measures import measure_tensor
from editing.balance import Balance
from editing.body import Body
from editing.fit_limbs import edits_trunk, keeps_feet, limbs_to_move, planted_feet
from editing.fit_memory import FitMemory
from editing.groups import limb_of
from editing.moving.feet import feet_of, on_feet
from editing.plan import ANGLE_KINDS, EditPlan
from editing.standing import settle_feet

ITERATIONS = 120
AIM_EVERY = 8  # iterations; what the balance asks for changes slowly
KNOT_SPACING = 4  # frames; a latent step
HANDS = (20, 21)
TRUNK_RADIUS = 0.17  # metres from the line pelvis-neck that a wrist keeps away
UNITS = torch.tensor([10.0 if group.kind in ANGLE_KINDS else 0.1 for group in GROUPS])


@dataclass(frozen=True)
class FitWeights:
    """Weights of the parts of the objective (see the module)."""

    target: float = 6.0
    contact: float = 400.0
    floor: float = 200.0
    balance: float = 40.0
    trunk: float = 40.0
    order: float = 8.0
    turn: float = 0.05
    displacement: float = 0.15
    smooth: float = 60.0


@dataclass
class FitResult:
    """A fitted motion."""

    joints: np.ndarray  # (T, 22, 3) float32; frames of weight 0 equal the source
    codes: np.ndarray  # (T, 70) uint8 of the fitted motion
    distance: (
        np.ndarray
    )  # (T, 70) categories by which the edited measurements miss their interval; 0 elsewhere

    def reached(self, plan: EditPlan, within: float = 0.0) -> float:
        """Share of the edited entries whose code is at most `within` categories from the target."""
        gap = np.abs(self.codes.astype(int) - plan.target_codes)[plan.edited]
        return float((gap <= within).mean()) if gap.size else 1.0


def fit_poses(
    joints: np.ndarray,
    plan: EditPlan,
    frame: str,
    *,
    planted_at: np.ndarray | None = None,
    iterations: int = ITERATIONS,
    weights: FitWeights | None = None,
    memory: FitMemory | None = None,
) -> FitResult:
    """Fit a motion to a plan.

    joints: (T, 22, 3) metres, the motion to change. frame: how the plan's codes are measured. planted_at:
    (T, 22, 3) motion whose feet say where planted feet stand (None: `joints`). memory: of stretches that were
    fitted before. Deterministic.
    """
    weights = weights or FitWeights()
    joints = np.asarray(joints, np.float32)
    frames = np.flatnonzero(plan.weight > 0)
    fitted = joints.copy()
    for part in _runs(frames):  # stretches of time that don't touch are independent
        feet = joints[part] if planted_at is None else np.asarray(planted_at, np.float32)[part]
        fit = partial(_fit_part, joints[part], feet, plan, part, frame, iterations, weights)
        if memory is None:
            fitted[part] = fit()
        else:
            decides = (joints[part], feet, plan.low[part], plan.high[part], plan.weight[part])
            fitted[part] = memory.recall(decides, (frame, iterations, weights), fit)
    if any("leg" in limb for limb in limbs_to_move(plan.groups)[0]) and not keeps_feet(plan.groups):
        stood = joints if planted_at is None else np.asarray(planted_at, np.float32)
        fitted = settle_feet(stood, fitted, plan.weight)
    codes = parse_pose_codes(fitted, frame)
    distance = _distance(torch.as_tensor(fitted), plan, slice(None), frame).numpy()
    return FitResult(fitted, codes, distance)


def _runs(frames: np.ndarray) -> list[slice]:
    """Consecutive frame numbers as slices."""
    if not len(frames):
        return []
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _fit_part(
    joints: np.ndarray,
    feet: np.ndarray,
    plan: EditPlan,
    part: slice,
    frame: str,
    iterations: int,
    w: FitWeights,
) -> np.ndarray:
    """Fit one stretch of frames; `feet` holds the positions of planted feet."""
    groups = tuple(np.flatnonzero(plan.edited[part].any(0)).tolist())
    limbs, root = limbs_to_move(groups)
    body = Body(joints, limbs, root, upright=keeps_feet(groups))
    ease = torch.as_tensor(plan.weight[part], dtype=torch.float32)[:, None]
    basis = torch.as_tensor(_spline_basis(len(joints)), dtype=torch.float32)
    planted, level = (torch.as_tensor(mask) for mask in planted_feet(feet, groups, limbs))  # (T, 22) bool
    places = torch.as_tensor(feet)
    floor = torch.minimum(body.source[..., 1], places[..., 1].amin())
    controls = torch.zeros(basis.shape[1], body.size, requires_grad=True)
    # A short memory of gradient sizes: once targets are met, the weak terms must still pull back what overshot.
    optimizer = torch.optim.Adam([controls], lr=0.08, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations, eta_min=0.004)
    trunk_gap = _trunk_distance(body.source).clamp(max=TRUNK_RADIUS)
    arms = "left_arm" in limbs or "right_arm" in limbs
    leans = "torso" in limbs and not edits_trunk(groups)
    balance = Balance(body.source, body.yaw, leans, keeps_feet(groups)) if root is not None else None
    side = body.side
    order = torch.minimum(_left_minus_right(body.source, side), torch.tensor(0.02))
    if any(
        GROUPS[i].kind == "relX"
        or len({limb_of(joint)[:-4] for joint in GROUPS[i].joints} & {"left", "right"}) > 1
        and GROUPS[i].joints[0].split("_")[1] != GROUPS[i].joints[1].split("_")[1]
        for i in groups
    ):
        order = order - 10.0  # the edit itself sends a limb to the other side
    for iteration in range(iterations):
        parameters = ease * (basis @ controls)
        moved = body(parameters)
        shift = moved - body.source
        misses = _distance(moved, plan, part, frame)
        loss = w.target * misses.square().sum()
        loss = loss + w.contact * ((moved - places).square().sum(-1) * planted).sum()
        if balance is not None:
            loss = loss + w.contact * ((moved - places)[..., 1].square() * level).sum()
            if iteration % AIM_EVERY == 0:
                balance.aim(moved)
            loss = loss + w.balance * balance(moved)
        loss = loss + w.floor * (floor - moved[..., 1]).clamp(min=0).square().sum()
        if arms:
            loss = loss + w.trunk * (trunk_gap - _trunk_distance(moved)).clamp(min=0).square().sum()
            loss = loss + w.order * _crossing(moved, side, order).square().sum()
        loss = loss + w.turn * (body.stiffness * parameters.square()).sum()
        loss = loss + w.displacement * shift.square().sum()
        if len(joints) > 2:
            loss = loss + w.smooth * (shift[2:] - 2 * shift[1:-1] + shift[:-2]).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        fitted = body(ease * (basis @ controls)).numpy()
    if keeps_feet(groups):  # exactly: the fit lets them off by a centimetre
        held = on_feet(fitted.astype(np.float64), feet_of(feet.astype(np.float64)), plan.weight[part])
        return held.astype(np.float32)
    return fitted


def _distance(joints: Tensor, plan: EditPlan, part: slice, frame: str) -> Tensor:
    """(T, 70) categories by which measured values miss their wanted intervals; 0 where nothing is wanted."""
    values = measure_tensor(joints, frame)
    low, high = (torch.as_tensor(bound[part], dtype=torch.float32) for bound in (plan.low, plan.high))
    return ((low - values).clamp(min=0) + (values - high).clamp(min=0)) / UNITS


def _trunk_distance(joints: Tensor) -> Tensor:
    """Distance (T, 2) of the wrists from the line between pelvis and neck."""
    start, end = joints[:, None, 0], joints[:, None, 12]
    wrists = joints[:, HANDS]
    along = end - start
    share = (((wrists - start) * along).sum(-1) / along.square().sum(-1)).clamp(0, 1)
    return ((wrists - start - share[..., None] * along).square().sum(-1) + 1e-9).sqrt()


def _left_minus_right(joints: Tensor, side: Tensor) -> Tensor:
    """(T, 3) metres by which left wrist, knee and ankle are to the left of the right ones; side (T, 3) unit."""
    return ((joints[:, [20, 4, 7]] - joints[:, [21, 5, 8]]) * side[:, None]).sum(-1)


def _crossing(joints: Tensor, side: Tensor, order: Tensor) -> Tensor:
    """(T, 3) metres by which limbs have passed each other, further than `order` (T, 3)."""
    return 10 * (order - _left_minus_right(joints, side)).clamp(min=0)


def _spline_basis(frames: int) -> np.ndarray:
    """(frames, controls) cubic B-splines with a knot every KNOT_SPACING frames."""
    pieces = max(round((frames - 1) / KNOT_SPACING), 1)
    knots = np.concatenate(
        [[0] * 3, np.linspace(0, max(frames - 1, 1), pieces + 1), [max(frames - 1, 1)] * 3]
    )
    return BSpline.design_matrix(np.arange(frames, dtype=float), knots, 3).toarray()
