"""`edit_motion`: operations or an instruction in, edited motion and a readable difference out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes import NUM_GROUPS
from dataset.pose_codes.measures import measure
from editing.acting import Actor, acted
from editing.catalogue import AnyOperation
from editing.code_search import CodeBank
from editing.decode import Codec, decode_preserve, decode_published
from editing.events import located
from editing.fit_memory import FitMemory
from editing.frozen import refuse_frozen_legs
from editing.language.instructions import parse_instruction, with_examples
from editing.motion_operations import AddAction, MirrorMotion, MotionOperation
from editing.operations import Mirror, Operation, plan_edit
from editing.own_motion import OwnMotion, edit_own, fit_own, own_motion, require_editable
from editing.plan import EditPlan
from editing.pose_fit import FitResult, fit_poses
from editing.progress import Progress, after_move, as_own
from editing.reconstruction import ReconstructionError, reconstruction_error
from editing.report import describe_edit
from models.pg_tokenizer import PGTokenizer
from utils.runtime import UserError
from utils.texts import one_line

DECODINGS = ("preserve", "published")
CONSISTENCY = ("fit", "data", "none")
SOURCES = ("clip", "reconstruction", "original")


@dataclass
class EditResult:
    """An edited clip (T' frames) beside the one it came from (T frames); T' is T unless the edit changes time."""

    source: MotionClip  # what was edited: the clip's own joints, or its reconstruction
    edited: MotionClip
    operations: tuple[AnyOperation, ...]
    plan: EditPlan  # (T') what was wanted of pose codes, and which frames were edited
    fit: FitResult | None  # of edits of pose codes, unless the motion was moved after it
    difference: str  # readable, one line per change
    achieved: np.ndarray  # (T', 70) codes of the edited motion, parsed as the plan's were
    reconstruction: ReconstructionError  # of what the clip's codes decode to
    source_decoded: bool  # whether the source's joints come out of a decoder
    edited_decoded: bool  # whether the edited joints do
    origin: np.ndarray  # (T',) frame of the source, maybe between two, that each edited frame shows
    marks: np.ndarray  # (T', 22) 0..1: joints of limbs that operations on the motion have moved

    @property
    def success(self) -> float:
        """Share of the edited frames' codes that are within one category of what was wanted; NaN where none was."""
        return self.success_within(1)

    def success_within(self, categories: int) -> float:
        """Share of edited (frame, group) entries whose re-parsed code is at most so far from the target."""
        gap = np.abs(self.achieved.astype(int) - self.plan.target_codes)[self.plan.edited]
        return float((gap <= categories).mean()) if gap.size else float("nan")


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
    actor: Actor | None = None,
    fits: FitMemory | None = None,
) -> EditResult:
    """Edit a clip.

    Args:
        clip: generated (`TextToMotion.generate`), or loaded by `editing.sources`; of any length.
        edit: an English instruction, or typed operations on pose codes and on the motion itself, in any mixture and
            carried out in order; times count in the clip as the operations before have left it.
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
        actor: what generates actions for `AddAction`, such as `Generator(folder)`.
        fits: remembers pose fits between calls, for who edits a clip step by step; the result is the same.

    Returns:
        Source, edited clip, plan, fit and a readable difference.

    Raises:
        UserError: instruction not understood, unknown groups or codes, times outside the clip, operations that have
            nothing to do in the clip, wrong choices.
    """
    if not isinstance(clip, MotionClip):
        raise UserError(
            f"edit_motion: {one_line(clip, 60)!r} is no clip; load_clip(path, codec) makes one of a file"
        )
    if not isinstance(tokenizer, PGTokenizer | Codec):
        raise UserError(
            f"edit_motion: {one_line(tokenizer, 60)!r} is no tokenizer; load_codec(folder) makes one of a folder"
        )
    codec = tokenizer if isinstance(tokenizer, Codec) else Codec(tokenizer)
    _check(decoding, consistency, source, bank)
    start = start_of(clip, codec, source)
    operations = operations_of(edit)
    if not operations:
        raise UserError("no edit given: say what to change")
    how = _How(decoding, consistency, bank, residuals, touch_up, fits)
    codes, parts = codec.parse(start.joints), _parts(operations)
    now, progress, fit, plan = start, Progress.of(codes), None, None
    done: list[AnyOperation] = []  # with the times that events gave
    notes: list[str] = []
    try:
        for part in parts:
            if isinstance(part, MotionOperation):
                own = as_own(now)
                part = located(part, own.given, clip.fps)
                done.append(part)
                if isinstance(part, AddAction):
                    moved = acted(part, own, own.given, actor)
                else:
                    moved = part.move(own.given, clip.fps)
                now = after_move(codec, own, moved, residuals)
                progress.moved(moved, part.keeps_poses)
                notes += moved.notes
                plan = fit = None
            else:
                part = tuple(located(each, now.joints, clip.fps) for each in part)
                done += part
                now, plan, fit = _edit_codes(codec, now, part, how)
                progress.planned(plan)
    except UserError as problem:
        if isinstance(edit, str):
            raise with_examples(edit, problem) from problem
        raise
    if decoding == "published" and fit is plan is None:
        now = _published(codec, as_own(now), codec.parse(now.joints))
    achieved = codec.parse(now.joints)
    if plan is None or len(parts) > 1:
        plan = progress.plan(codes, achieved, measure(now.joints, codec.frame))
    on_itself = isinstance(start, OwnMotion)
    error = reconstruction_error(clip, codec)
    compared = "the clip" if on_itself else "its reconstruction"
    difference = describe_edit(start, now, plan, done, progress.origin, error, compared)
    difference = "".join(f"{note}\n" for note in notes) + difference
    decoded = (not on_itself, decoding == "published" or not isinstance(now, OwnMotion))
    shown = (_shown(start), _shown(now))
    frames = (progress.origin, progress.marks)
    return EditResult(*shown, tuple(done), plan, fit, difference, achieved, error, *decoded, *frames)


def _shown(motion: MotionClip) -> MotionClip:
    """A motion as a clip where it stands: an own motion's joints are in the features' place."""
    joints = motion.given if isinstance(motion, OwnMotion) else motion.joints
    return motion.with_motion(motion.features, joints)


@dataclass(frozen=True)
class _How:
    """How edits of pose codes become motion, see `edit_motion`."""

    decoding: str
    consistency: str
    bank: CodeBank | None
    residuals: str
    touch_up: bool
    fits: FitMemory | None


def _edit_codes(
    codec: Codec, start: MotionClip, operations: tuple[Operation, ...], how: _How
) -> tuple[MotionClip, EditPlan, FitResult | None]:
    """A motion after edits of its pose codes, what they wanted, and the fit to it."""
    refuse_frozen_legs(operations, start.joints, codec.spec.fps)
    plan = plan_edit(
        codec.parse(start.joints), operations, codec.spec.fps, measure(start.joints, codec.frame)
    )
    codes, fit = plan.target_codes, None
    if how.consistency == "data" and how.bank is not None:  # `_check` has seen to the bank
        codes = how.bank.complete(plan)
    changed = plan.edited | (codes != plan.source_codes)
    if how.consistency == "fit" or how.decoding == "preserve":
        if isinstance(start, OwnMotion):
            fit = fit_own(start, plan, codec.frame, how.touch_up, how.fits)
        else:
            fit = fit_poses(start.joints, plan, codec.frame, memory=how.fits)
        if how.consistency == "fit":
            codes, changed = fit.codes, (plan.weight > 0)[:, None]
        else:
            fit.codes = np.where(plan.held[:, None], codes, fit.codes)
    if how.decoding == "published" or fit is None:  # whatever did not change keeps the clip's own codes
        steps = start.pose_codes.repeat(codec.stride, 0)[: len(codes)]
        codes = np.where(changed, codes, steps)
        if isinstance(start, OwnMotion):
            return _published(codec, start, codes), plan, fit
        return decode_published(codec, start, codes), plan, fit
    if isinstance(start, OwnMotion):
        return edit_own(codec, start, plan.weight, fit.joints, fit.codes, how.residuals), plan, fit
    return decode_preserve(codec, start, plan, fit, how.residuals, how.touch_up), plan, fit


def _published(codec: Codec, own: OwnMotion, codes: np.ndarray) -> OwnMotion:
    """What codes (T, 70) of an own motion decode to the published way, where that motion stands."""
    decoded = decode_published(codec, own, codes)
    given = own.at_home(decoded.joints)
    return OwnMotion(**vars(decoded), seen=decoded.features, given=given, place=own.place)


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


def operations_of(edit: str | AnyOperation | Sequence[AnyOperation]) -> tuple[AnyOperation, ...]:
    """The operations of an edit; one that mirrors the pose codes of the whole body mirrors the motion."""
    if isinstance(edit, str):
        edit = parse_instruction(edit).operations
    found = (edit,) if isinstance(edit, AnyOperation) else tuple(edit)
    for operation in found:
        if not isinstance(operation, AnyOperation):
            raise UserError(
                f"edit_motion: {one_line(operation, 60)!r} is no operation; see editing.OPERATIONS"
            )
    return tuple(MirrorMotion(span=each.span) if _mirrors_all(each) else each for each in found)


def _mirrors_all(operation: AnyOperation) -> bool:
    return isinstance(operation, Mirror) and len(operation.resolved()) == NUM_GROUPS


def _parts(operations: Sequence[AnyOperation]) -> list[MotionOperation | tuple[Operation, ...]]:
    """Operations on the motion one by one, those on codes that follow each other together."""
    parts: list[MotionOperation | tuple[Operation, ...]] = []
    for operation in operations:
        if isinstance(operation, MotionOperation):
            parts.append(operation)
        elif parts and isinstance(parts[-1], tuple):
            parts[-1] = (*parts[-1], operation)
        else:
            parts.append((operation,))
    return parts


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
