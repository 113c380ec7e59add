"""Actions from text for edits: a generator that makes what `AddAction` asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dataset.motion_clip import MotionClip
from editing.motion_operations import AddAction
from editing.moving.action import put_in
from editing.moving.moved import Moved, Stretch
from models.pipeline import TextToMotion
from utils.runtime import UserError

# Text, frames, and the clip up to where the action begins -> joints (frames, 22, 3) of the action, wherever they stand.
Actor = Callable[[str, int, MotionClip], np.ndarray]
USUAL = 3.0  # seconds of an action after the clip's end that nobody gave a length


class Generator:
    """An actor: the models of a folder, loaded when they are first needed."""

    def __init__(
        self, folder: str | Path, device: torch.device | str = "cpu", data_root: str | Path | None = None
    ) -> None:
        self.folder, self.device, self.data_root = folder, device, data_root
        self.models: TextToMotion | None = None

    def __call__(self, text: str, frames: int, before: MotionClip) -> np.ndarray:
        """Joints (frames, 22, 3) of an action; the same text and length give the same motion."""
        if self.models is None:
            try:
                self.models = TextToMotion.from_pretrained(self.folder, self.device, data_root=self.data_root)
            except UserError as error:
                raise UserError(f"AddAction needs a generator, {self.folder} gives none: {error}") from error
        made = self.models.generate(text, seconds=frames / self.models.fps)
        clip = made[0] if isinstance(made, list) else made
        return clip.with_constant_bones().joints[:frames]


def acted(operation: AddAction, before: MotionClip, joints: np.ndarray, actor: Actor | None) -> Moved:
    """What an action makes of a motion: joints (T, 22, 3) of the clip `before`, where it stands.

    With `seconds` it comes after the clip's end, else in place of the span. UserError without an actor.
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
    action = np.asarray(actor(operation.text, frames, before))
    return put_in(motion, action, replaces)
