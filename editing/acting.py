"""Actions from text for edits: a generator that makes what `AddAction` asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from editing.decode import Codec
from editing.motion_operations import AddAction
from editing.moving.action import put_in
from editing.moving.moved import Moved, Stretch
from editing.moving.pieces import apart
from editing.seen import seen
from models.asked import asked
from models.pipeline import TextToMotion
from utils.runtime import UserError

# Text, frames, and the clip up to where the action begins -> joints (frames, 22, 3) of the action, wherever they stand.
Actor = Callable[[str, int, MotionClip], np.ndarray]
CONTEXT = 8  # steps before an action that the models see; the sentence's first step goes on from the last one
USUAL = 3.0  # seconds of an action after the clip's end that nobody gave a length
LEAD = 4  # frames before an action that its check sees
ATTEMPTS = 6  # motions that a generator makes of one sentence before it is given up
AS_SAID = 3  # of them that are told what the sentence says; the others are told it in plain words
FITTING = 3  # of those that show the action, how many are compared by how well the clip goes on from them


class Generator:
    """An actor: the models of a folder, loaded when they are first needed."""

    def __init__(
        self, folder: str | Path, device: torch.device | str = "cpu", data_root: str | Path | None = None
    ) -> None:
        self.folder, self.device, self.data_root = folder, device, data_root
        self.models: TextToMotion | None = None

    def __call__(self, text: str, frames: int, before: MotionClip, seed: int = 0) -> np.ndarray:
        """Joints (frames, 22, 3) of an action that goes on from the codes of the clip's last steps.

        The same text, length, clip and seed give the same motion.
        """
        if self.models is None:
            try:
                self.models = TextToMotion.from_pretrained(self.folder, self.device, data_root=self.data_root)
            except UserError as error:
                raise UserError(f"AddAction needs a generator, {self.folder} gives none: {error}") from error
        codec = Codec(self.models.tokenizer, self.data_root)
        lead_in = np.asarray(before.joints, np.float64)[-CONTEXT * codec.stride :]
        lead_in = lead_in[len(lead_in) % codec.stride :]
        if len(lead_in) < 2:
            made = self.models.generate(text, seconds=frames / self.models.fps, seed=seed)
            clip = made[0] if isinstance(made, list) else made
            return clip.with_constant_bones().joints[:frames]
        clip = self.models.go_on(codes_of(lead_in, codec), text, frames / self.models.fps, seed)
        return clip.with_constant_bones().joints[len(lead_in) :][:frames]


def codes_of(joints: np.ndarray, codec: Codec) -> tuple[np.ndarray, np.ndarray]:
    """Pose codes (L, 70) and residual codes (L, Q) of joints (T, 22, 3), any body's, as of a clip that begins there."""
    longer = np.concatenate(
        [joints, 2 * joints[-1:] - joints[-2:-1]]
    )  # features say how a frame leads to the next
    features = extract_features(longer, codec.spec)
    pose_codes = codec.parse(recover_joints(features))[:: codec.stride]
    return pose_codes, codec.encode(features, pose_codes)


def acted(operation: AddAction, before: MotionClip, joints: np.ndarray, actor: Actor | None) -> Moved:
    """What an action makes of a motion: joints (T, 22, 3) of the clip `before`, where it stands.

    With `seconds` it comes after the clip's end, else in place of the span. Of what a `Generator` makes, the first
    motions that show the action on joints are taken, and of them the one from which the clip goes on best. UserError
    without an actor, and where none of its motions shows the action.
    """
    if actor is None:
        raise UserError(
            f"AddAction({operation.text!r}) needs a generator: give edit_motion an actor, such as "
            "editing.Generator(folder)"
        )
    start, stop = operation.span.frames(len(joints), before.fps)
    motion = Stretch(joints, start, stop, before.fps)
    replaces = operation.seconds is None and not motion.is_whole
    frames = motion.frames if replaces else round((operation.seconds or USUAL) * before.fps)
    begin = start if replaces else len(joints)
    context = _up_to(before, begin)
    if not isinstance(actor, Generator):
        return put_in(motion, np.asarray(actor(operation.text, frames, context)), replaces)
    after = joints[stop] if replaces and stop < len(joints) else None
    fitting: list[tuple[float, float, Moved]] = []  # how unclear, how far from what follows
    for seed in range(ATTEMPTS):
        told = operation.text if seed < AS_SAID else asked(operation.text).plainly() or operation.text
        action = np.asarray(actor(told, frames, context, seed))
        moved = put_in(motion, action, replaces)
        clear = seen(operation.text, moved.joints[max(begin - LEAD, 0) : begin + frames])
        if clear:
            fitting.append((1 - clear, 0.0 if after is None else apart(action[-1], after), moved))
        if sum(unclear == 0 for unclear, *_ in fitting) == (1 if after is None else FITTING):
            break
    if not fitting:
        raise UserError(
            f"AddAction: in {ATTEMPTS} attempts the generator made no motion that shows {operation.text!r}; "
            "say it in other words, give it another time, or another model by --generator"
        )
    return min(fitting, key=lambda found: found[:2])[2]


def _up_to(clip: MotionClip, frames: int) -> MotionClip:
    """The first frames of a clip."""
    steps = -(-frames // max(round(len(clip.features) / max(len(clip.pose_codes), 1)), 1))
    residual = None if clip.residual_codes is None else clip.residual_codes[:steps]
    codes = clip.pose_codes[:steps]
    return clip.with_motion(
        clip.features[:frames], clip.joints[:frames], pose_codes=codes, residual_codes=residual, segments=()
    )
