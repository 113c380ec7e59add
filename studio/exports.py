"""What is taken along: motion files, a player, a video, and the operations as YAML and as Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from dataset.motion_clip import MotionClip
from editing import AnyOperation, EditResult, operations_to_yaml
from editing.outputs import highlighted_joints
from studio.bench import Shown
from studio.view import AFTER, ALONE, BEFORE
from utils.runtime import UserError, atomic_write
from visualization.edit_video import render_edit
from visualization.outputs import description, file_stem, write_clip
from visualization.player import PlayerClip, write_html

# Format -> what the page says of it. `source` is the clip before all operations: what the YAML is run on.
FORMATS = {
    "npz": "motion, all arrays (.npz)",
    "mp4": "video (.mp4)",
    "html": "3D player, one file (.html)",
    "bvh": "animation for Blender, Maya (.bvh)",
    "glb": "animated mannequin (.glb)",
    "txt": "pose codes in words (.txt)",
    "source": "the clip before the edits (.npz)",
    "yaml": "operations, for edit_motion.py (.yaml)",
    "py": "the same as a Python script (.py)",
}
SCRIPT = '''"""What was done in the studio, again. SOURCE is the clip before the edits, which the studio exports too."""

from editing import Generator, edit_motion, load_clip, load_codec, operations_from_yaml

FOLDER = {folder!r}
SOURCE = {source!r}
OPERATIONS = """
{operations}"""

codec = load_codec(FOLDER)
operations = operations_from_yaml(OPERATIONS)
result = edit_motion(load_clip(SOURCE, codec), operations, codec, actor=Generator(FOLDER))
print(result.difference)
result.edited.save({edited!r})
'''


def write_export(
    shown: Shown,
    operations: Sequence[AnyOperation],
    kind: str,
    folder: Path,
    checkpoint_folder: str,
    progress: Callable[[float], None],
) -> Path:
    """Write what `kind` of FORMATS asks for into a folder; returns the file, which is there only when complete.

    Raises UserError for an unknown kind, and for lists of operations that are empty.
    """
    if kind not in FORMATS:
        raise UserError(f"{kind[:20]!r} is no format: use one of {', '.join(FORMATS)}")
    progress(0.05)
    stem = file_stem(shown.after.text, 0).removeprefix("000_")
    if kind in ("yaml", "py"):
        return _write_operations(operations, folder, stem, kind, checkpoint_folder)
    if kind == "source":
        return _save(shown.before, folder / f"{stem}.npz")
    name = f"{stem}_edited" if operations else stem
    if kind == "npz":
        return _save(shown.after, folder / f"{name}.npz")
    if kind == "html":
        return write_html(folder / f"{name}.html", [_player(shown)], shown.after.text)
    if kind == "txt":
        with atomic_write(folder / f"{name}.txt") as temporary:
            temporary.write_text(_told(shown), encoding="utf-8")
        return folder / f"{name}.txt"
    if kind == "mp4" and shown.result is not None:
        return _write_comparison(folder / f"{name}.mp4", shown, shown.result)
    (path,) = write_clip(shown.after, folder, name, [kind])
    return path


def _write_comparison(path: Path, shown: Shown, result: EditResult) -> Path:
    """A video of before and after, moment by moment, with the limbs that the operations are about in colour."""
    before = shown.before.joints[np.round(result.origin).astype(int)]
    marks = np.maximum(highlighted_joints(result.plan), result.marks)
    return render_edit(path, before, shown.after.joints, marks, shown.after.fps, shown.after.text)


def _save(clip: MotionClip, path: Path) -> Path:
    with atomic_write(path) as temporary:
        clip.save(temporary)
    return path


def _player(shown: Shown) -> PlayerClip:
    """All variants, the edited motion first."""
    variants = {AFTER if shown.result else "motion": shown.after.joints}
    if shown.result is not None:
        variants[BEFORE] = shown.before.joints
    if shown.alone is not None:
        variants[ALONE] = shown.alone
    after = shown.after
    rate = after.steps_per_second
    return PlayerClip(
        variants, after.fps, after.text, after.pose_codes, after.pose_frame, rate, after.segments
    )


def _told(shown: Shown) -> str:
    difference = f"what changed:\n{shown.result.difference}\n" if shown.result is not None else ""
    return difference + description(shown.after)


def _write_operations(
    operations: Sequence[AnyOperation], folder: Path, stem: str, kind: str, checkpoint_folder: str
) -> Path:
    if not operations:
        raise UserError("there are no operations yet: edit something first")
    text = operations_to_yaml(operations)
    if kind == "yaml":
        text = f"# python edit_motion.py --motion {stem}.npz --operations {stem}.yaml\n{text}"
    else:
        escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        text = SCRIPT.format(
            source=f"{stem}.npz", operations=escaped, folder=checkpoint_folder, edited=f"{stem}_edited.npz"
        )
    with atomic_write(folder / f"{stem}.{kind}") as temporary:
        temporary.write_text(text, encoding="utf-8")
    return folder / f"{stem}.{kind}"
