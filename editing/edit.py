"""`edit_motion`: operations or an instruction in, edited motion and a readable difference out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dataset.features import recover_joints
from dataset.pose_codes import parse_pose_codes
from dataset.pose_codes.measures import measure
from editing.code_search import CodeBank
from editing.decode import Codec, Decoded, decode_preserve, decode_published
from editing.instructions import parse_instruction
from editing.operations import EditPlan, Operation, plan_edit
from editing.pose_fit import FitResult, fit_poses
from editing.report import describe_edit
from models.pg_tokenizer import PGTokenizer
from models.pipeline import MotionClip
from utils.runtime import UserError

DECODINGS = ("preserve", "published")
CONSISTENCY = ("fit", "data", "none")


@dataclass
class EditResult:
    """An edited clip beside the one it came from (both decoded, T frames)."""

    source: MotionClip  # the clip as given: the unedited reconstruction
    edited: MotionClip
    operations: tuple[Operation, ...]
    plan: EditPlan
    fit: FitResult | None
    difference: str  # readable, one line per change

    @property
    def success(self) -> float:
        """Share of the edited frames' codes that are within one category of what was wanted."""
        return self.success_within(1)

    def success_within(self, categories: int) -> float:
        """Share of edited (frame, group) entries whose re-parsed code is at most so far from the target."""
        codes = parse_pose_codes(self.edited.joints, self.edited.pose_frame)
        gap = np.abs(codes.astype(int) - self.plan.target_codes)[self.plan.edited]
        return float((gap <= categories).mean())


def edit_motion(
    clip: MotionClip,
    edit: str | Operation | Sequence[Operation],
    tokenizer: PGTokenizer | Codec,
    decoding: str = "preserve",
    consistency: str = "fit",
    bank: CodeBank | None = None,
    residuals: str = "encode",
    touch_up: bool = True,
) -> EditResult:
    """Edit a clip.

    Args:
        clip: generated (`TextToMotion.generate`), or loaded by `editing.sources`; of any length. Its motion is what
            is edited; to edit what its codes decode to, decode it first.
        edit: an English instruction, or typed operations.
        tokenizer: what decodes; must be the one the clip's codes belong to.
        decoding: "preserve" changes only what was edited; "published" drops all residuals.
        consistency: how codes that the edit contradicts follow: "fit" a pose to the edit and parse it, "data" takes
            the nearest combination of `bank`, "none" leaves them (as published). "preserve" always fits; with "data"
            or "none" the pose is fitted to the codes found so.
        bank: pose codes of the data, for consistency "data".
        residuals: "encode" or "fade", see `decode_preserve`; touch_up: the same.

    Returns:
        Reconstruction, edited clip, plan, fit and a readable difference.

    Raises:
        UserError: instruction not understood, unknown groups or codes, times outside the clip, wrong choices.
    """
    codec = tokenizer if isinstance(tokenizer, Codec) else Codec(tokenizer)
    _check(clip, codec, decoding, consistency, bank)
    operations = _operations(edit)
    source = source_of(clip, codec)
    values = measure(source.joints, codec.frame)
    plan = plan_edit(codec.parse(source.joints), operations, codec.spec.fps, values)
    codes, fit = plan.target_codes, None
    if consistency == "data":
        codes = bank.complete(plan)
    if consistency == "fit" or decoding == "preserve":
        fit = fit_poses(source.joints, plan, codec.frame)
        if consistency == "fit":
            codes = fit.codes
        else:
            fit.codes = np.where(plan.held[:, None], codes, fit.codes)
    if decoding == "preserve":
        decoded = decode_preserve(codec, source, plan, fit, residuals, touch_up)
    else:
        steps = source.pose_codes.repeat(codec.stride, 0)
        decoded = decode_published(codec, np.where((plan.weight > 0)[:, None], codes, steps[: len(codes)]))
    before, after = (_as_clip(clip.text, result, codec) for result in (source, decoded))
    difference = describe_edit(before, after, plan)
    return EditResult(before, after, operations, plan, fit, difference)


def source_of(clip: MotionClip, codec: Codec) -> Decoded:
    """A clip's motion and codes, cut to what both cover: what an edit starts from and is compared with."""
    steps = min(len(clip.pose_codes), codec.steps(len(clip.features)))
    frames = steps * codec.stride
    residual = None if clip.residual_codes is None else np.asarray(clip.residual_codes)[:steps]
    features = np.asarray(clip.features[:frames], np.float32)
    return Decoded(features, recover_joints(features), np.asarray(clip.pose_codes)[:steps], residual)


def _operations(edit: str | Operation | Sequence[Operation]) -> tuple[Operation, ...]:
    if isinstance(edit, str):
        return parse_instruction(edit).operations
    return (edit,) if isinstance(edit, Operation) else tuple(edit)


def _as_clip(text: str, decoded: Decoded, codec: Codec) -> MotionClip:
    return MotionClip(
        text=text,
        features=decoded.features,
        joints=np.asarray(decoded.joints, np.float32),
        pose_codes=np.asarray(decoded.pose_codes, np.uint8),
        residual_codes=decoded.residual_codes,
        fps=codec.spec.fps,
        pose_frame=codec.frame,
    )


def _check(clip: MotionClip, codec: Codec, decoding: str, consistency: str, bank: CodeBank | None) -> None:
    for name, value, choices in (
        ("decoding", decoding, DECODINGS),
        ("consistency", consistency, CONSISTENCY),
    ):
        if value not in choices:
            raise UserError(f"--{name} {value}: use one of {', '.join(choices)}")
    if consistency == "data" and bank is None:
        raise UserError("consistency data needs the pose codes of a data set: give --data-root")
    if codec.spec.joints != 22:
        raise UserError(
            f"{codec.tokenizer.info.folder}: editing needs the 22 joints of HumanML3D, this tokenizer has "
            f"{codec.spec.joints}; use a tokenizer trained on t2m or mocap"
        )
    if clip.pose_frame != codec.frame:
        raise UserError(
            f"the clip's pose codes are of the {clip.pose_frame} frame, the tokenizer's of the {codec.frame} frame: "
            "use the tokenizer that the clip was made with"
        )
    if not len(clip.pose_codes):
        raise UserError("the clip is shorter than one step of four frames: nothing to edit")
