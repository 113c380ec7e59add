"""Around an edit on the command line: the model, the source of operations, and the files written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes import GROUPS
from editing.body import PARENTS
from editing.catalogue import AnyOperation
from editing.decode import Codec
from editing.edit import EditResult, start_of
from editing.groups import limb_of
from editing.language.instructions import parse_instruction
from editing.language.language_model import Cached, ask_for_edit, dry_run, with_retries
from editing.limbs import LIMB_ROOTS, limb_joints
from editing.notation import parse_operation, read_operations
from editing.own_motion import rigid
from editing.plan import EditPlan
from editing.settings import EditSettings
from editing.sources import load_clip
from utils.runtime import atomic_write, warn


def clip_to_edit(settings: EditSettings, codec: Codec) -> MotionClip:
    """The clip that the settings name, as it will be shown: a decoder's joints get bones of constant length first."""
    clip = load_clip(settings.motion, codec, settings.data_root, settings.source)
    own = settings.source != "reconstruction"
    return rigid(clip) if own and settings.bones == "constant" else clip


def warn_of_reconstruction(result: EditResult) -> None:
    """Say so where the tokenizer can't express the clip, and what that means for the edit."""
    if not result.reconstruction.poor:
        return
    means = (
        "frames and limbs that nobody edited keep the clip's own joints, only its codes describe it roughly"
    )
    if result.edited_decoded:
        means = "the result differs from the clip also where nobody edited; --source clip --decoding preserve keeps it"
    warn(f"the tokenizer can't express this clip: its reconstruction is {result.reconstruction}; {means}")


def operations_from(settings: EditSettings, clip: MotionClip, codec: Codec) -> list[AnyOperation] | None:
    """Operations that the settings ask for; None after a dry run, which prints what would be done."""
    codes = codec.parse(start_of(clip, codec, settings.source).joints)
    instruction = settings.instruction or ""
    if settings.set:
        operations: list[AnyOperation] = [parse_operation(text) for text in settings.set]
    elif settings.operations is not None:
        operations = read_operations(settings.operations)
    elif settings.llm:
        if settings.dry_run:
            print(dry_run(instruction, codes, clip.fps, clip.text, settings.protocol))
            return None
        server = settings.server("motion_edit")
        model = with_retries(server)
        if settings.cache:
            model = Cached(model, f"{server.where} {settings.model}")
        operations = ask_for_edit(model, instruction, codes, clip.fps, clip.text, settings.protocol)
    else:
        parsed = parse_instruction(instruction)
        print("understood: " + "; ".join(parsed.clauses))
        operations = list(parsed.operations)
    if settings.dry_run:
        print("\n".join(map(str, operations)))
        return None
    return operations


def write_edit(result: EditResult, settings: EditSettings, render: Callable[..., Path]) -> list[Path]:
    """Write the edited clip, the comparison and the difference; each file appears only when complete.

    render: `visualization.edit_video.render_edit`, handed in because editing and visualization are side by side.
    """
    stem = Path(settings.out) / f"{Path(settings.motion).stem}_edited"
    source, edited = result.source, result.edited
    if settings.bones == "constant":  # a clip's own joints stay as they are
        source = source.with_constant_bones() if result.source_decoded else source
        edited = edited.with_constant_bones() if result.edited_decoded else edited
    paths = []
    for ending in settings.formats:
        path = stem.with_name(f"{stem.name}.{ending}")
        if ending == "npz":
            with atomic_write(path) as temporary:
                edited.save(temporary)
        elif ending == "npy":
            with atomic_write(path) as temporary:
                np.save(temporary, edited.joints)
        elif ending == "txt":
            with atomic_write(path) as temporary:
                temporary.write_text(f"{settings.what}\n\n{result.difference}", encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            marks = np.maximum(highlighted_joints(result.plan), result.marks)
            frames = max(len(source.joints), len(edited.joints))  # the shorter one waits for the other
            shown = (_lasting(array, frames) for array in (source.joints, edited.joints, marks))
            render(path, *shown, edited.fps, settings.what)
        paths.append(path)
    return paths


def _lasting(array: np.ndarray, frames: int) -> np.ndarray:
    """Frames (T, ...) of which the last one stays until there are so many."""
    return np.concatenate([array, np.repeat(array[-1:], frames - len(array), 0)])


def highlighted_joints(plan: EditPlan) -> np.ndarray:
    """(T, 22) 0..1: joints of the limbs that each frame's edits are about, eased like the edit."""
    marks = np.zeros((len(plan.weight), len(PARENTS)))
    for group in plan.groups:
        parts = {limb_of(joint) for joint in GROUPS[group].joints}
        for limb in parts - {"torso"} or parts:
            held = plan.edited[:, group].astype(float)
            joints = [LIMB_ROOTS[limb], *limb_joints(limb)]
            marks[:, joints] = np.maximum(marks[:, joints], held[:, None])
    if not plan.held.any():
        return marks
    # Where an edit eases in or out, the limbs of the nearest held frame show it.
    held = np.flatnonzero(plan.held)
    nearest = held[np.abs(np.arange(len(marks))[:, None] - held[None]).argmin(1)]
    return marks[nearest] * plan.weight[:, None]
