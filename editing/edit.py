"""`edit_motion`: operations or an instruction in, edited motion and a readable difference out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes.measures import measure
from editing.catalogue import AnyOperation
from editing.code_search import CodeBank
from editing.decode import Codec, decode_preserve, decode_published
from editing.language.instructions import parse_instruction
from editing.motion_operations import MotionOperation
from editing.operations import EditPlan, plan_edit
from editing.own_motion import OwnMotion, edit_own, fit_own, own_motion, require_editable
from editing.pose_fit import FitResult, fit_poses
from editing.reconstruction import ReconstructionError, reconstruction_error
from editing.report import describe_edit
from models.pg_tokenizer import PGTokenizer
from utils.runtime import UserError

DECODINGS = ("preserve", "published")
CONSISTENCY = ("fit", "data", "none")
SOURCES = ("clip", "reconstruction", "original")


@dataclass
class EditResult:
    """An edited clip beside the one it came from (T frames)."""

    source: MotionClip  # what was edited: the clip's own joints, or its reconstruction
    edited: MotionClip
    operations: tuple[AnyOperation, ...]
    plan: EditPlan
    fit: FitResult | None
    difference: str  # readable, one line per change
    achieved: np.ndarray  # (T, 70) codes of the edited motion, parsed as the plan's were
    reconstruction: ReconstructionError  # of what the clip's codes decode to
    source_decoded: bool  # whether the source's joints come out of a decoder
    edited_decoded: bool  # whether the edited joints do

    @property
    def success(self) -> float:
        """Share of the edited frames' codes that are within one category of what was wanted."""
        return self.success_within(1)

    def success_within(self, categories: int) -> float:
        """Share of edited (frame, group) entries whose re-parsed code is at most so far from the target."""
        gap = np.abs(self.achieved.astype(int) - self.plan.target_codes)[self.plan.edited]
        return float((gap <= categories).mean())


def edit_motion(
    clip: MotionClip,
    edit: str | AnyOperation | Sequence[AnyOperation],
    tokenizer: PGTokenizer | Codec,
    decoding: str = "preserve",
    consistency: str = "fit",
    bank: CodeBank | None = None,
    residuals: str = "encode",
    touch_up: bool = True,
    source: str = "clip",
) -> EditResult:
    """Edit a clip.

    Args:
        clip: generated (`TextToMotion.generate`), or loaded by `editing.sources`; of any length.
        edit: an English instruction, or typed operations.
        tokenizer: what decodes; must be the one the clip's codes belong to.
        decoding: "preserve" changes only what was edited; "published" drops all residuals.
        consistency: how codes that the edit contradicts follow: "fit" a pose to the edit and parse it, "data" takes
            the nearest combination of `bank`, "none" leaves them (as published). "preserve" always fits; with "data"
            or "none" the pose is fitted to the codes found so.
        bank: pose codes of the data, for consistency "data".
        residuals: "encode" or "fade", see `codes_of_edit`.
        touch_up: fit once more where the motion misses its target.
        source: what "preserve" edits, and what the edit is compared with. "clip" ("original" is an older word for it):
            the clip's joints; frames, limbs and path that nobody edited stay the clip's. "reconstruction": the motion
            of the clip's features, on which decoded limbs are grafted.

    Returns:
        Source, edited clip, plan, fit and a readable difference.

    Raises:
        UserError: instruction not understood, unknown groups or codes, times outside the clip, wrong choices.
    """
    codec = tokenizer if isinstance(tokenizer, Codec) else Codec(tokenizer)
    _check(decoding, consistency, source, bank)
    start = start_of(clip, codec, source)
    operations = _operations(edit)
    for operation in operations:
        if isinstance(operation, MotionOperation):
            raise UserError(f"{type(operation).__name__} is not available yet")
    values = measure(start.joints, codec.frame)
    plan = plan_edit(codec.parse(start.joints), operations, codec.spec.fps, values)
    codes, fit = plan.target_codes, None
    if consistency == "data":
        codes = bank.complete(plan)
    changed = plan.edited | (codes != plan.source_codes)
    if consistency == "fit" or decoding == "preserve":
        if isinstance(start, OwnMotion):
            fit = fit_own(start, plan, codec.frame, touch_up)
        else:
            fit = fit_poses(start.joints, plan, codec.frame)
        if consistency == "fit":
            codes, changed = fit.codes, (plan.weight > 0)[:, None]
        else:
            fit.codes = np.where(plan.held[:, None], codes, fit.codes)
    if decoding == "published":  # whatever did not change keeps the clip's own codes
        steps = start.pose_codes.repeat(codec.stride, 0)[: len(codes)]
        decoded = decode_published(codec, start, np.where(changed, codes, steps))
    elif isinstance(start, OwnMotion):
        decoded = edit_own(codec, start, plan, fit, residuals)
    else:
        decoded = decode_preserve(codec, start, plan, fit, residuals, touch_up)
    error, own = reconstruction_error(clip, codec), isinstance(start, OwnMotion)
    difference = describe_edit(start, decoded, plan, error, "the clip" if own else "its reconstruction")
    achieved = codec.parse(decoded.joints)
    before = start.with_motion(start.features, start.given if own else start.joints)
    # Codes and measures are of the features' place, the clip may stand elsewhere.
    after = decoded.with_motion(decoded.features, start.at_home(decoded.joints)) if own else decoded
    decodings = (not own, not own or decoding == "published")
    return EditResult(before, after, operations, plan, fit, difference, achieved, error, *decodings)


def start_of(clip: MotionClip, codec: Codec, source: str = "clip") -> MotionClip:
    """The motion that an edit starts from, see `edit_motion`; where a clip stands does not change its pose codes.

    Raises UserError for a clip that can't be edited.
    """
    require_editable(clip, codec)
    return source_of(clip, codec) if source == "reconstruction" else own_motion(clip, codec)


def source_of(clip: MotionClip, codec: Codec) -> MotionClip:
    """The motion of a clip's features and its codes, cut to what both cover."""
    steps = min(len(clip.pose_codes), codec.steps(len(clip.features)))
    frames = steps * codec.stride
    residual = None if clip.residual_codes is None else np.asarray(clip.residual_codes)[:steps]
    features = np.asarray(clip.features[:frames], np.float32)
    codes = np.asarray(clip.pose_codes)[:steps]
    return clip.with_motion(features, pose_codes=codes, residual_codes=residual)


def _operations(edit: str | AnyOperation | Sequence[AnyOperation]) -> tuple[AnyOperation, ...]:
    if isinstance(edit, str):
        return parse_instruction(edit).operations
    return (edit,) if isinstance(edit, AnyOperation) else tuple(edit)


def _check(decoding: str, consistency: str, source: str, bank: CodeBank | None) -> None:
    for name, value, choices in (
        ("decoding", decoding, DECODINGS),
        ("consistency", consistency, CONSISTENCY),
        ("source", source, SOURCES),
    ):
        if value not in choices:
            raise UserError(f"--{name} {value}: use one of {', '.join(choices)}")
    if consistency == "data" and bank is None:
        raise UserError("consistency data needs the pose codes of a data set: give --data-root")
