"""Instructions with what must be seen of the joints, and the clips that they are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset.clip_npz import DAMAGED
from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from editing.decode import Codec
from editing.limbs import LIMBS
from editing.measuring.checks import validate_edit_check
from editing.sources import clip_of, load_clip
from utils.motion_checks import holds, validate
from utils.runtime import UserError, warn
from utils.texts import read_names, read_yaml

MIN_FRAMES, MAX_FRAMES = 40, 196
STAND = "stand"  # the procedural clip without an action
REFUSED = "refused"  # the check of an instruction that should not be carried out


@dataclass(frozen=True)
class ClipKind:
    """Clips of one kind: found in a split by a check of their joints, or else made from a procedural action."""

    name: str
    check: Any
    toy: str


@dataclass(frozen=True)
class EditInstruction:
    """A sentence, what must be seen of joints before and after, and the kinds of clip that it suits."""

    family: str
    sentence: str
    kinds: tuple[str, ...]
    check: Any
    moves: tuple[str, ...] | None = None  # limbs that may move; None: not said

    @property
    def to_refuse(self) -> bool:
        """Whether nothing that the sentence asks for can be done."""
        return self.check == REFUSED


@dataclass(frozen=True)
class InstructionList:
    """What a file of instructions holds."""

    kinds: dict[str, ClipKind]
    instructions: tuple[EditInstruction, ...]


def read_instruction_list(path: str | Path, families: Sequence[str] = ()) -> InstructionList:
    """Clips and instructions of a YAML file (see configs/editing/instructions.yaml). UserError names the line."""
    content = read_yaml(path, "--instructions")
    where = f"--instructions {path}"
    if not isinstance(content, dict) or set(content) != {"clips", "instructions"}:
        raise UserError(f"{where}: needs 'clips' and 'instructions' and nothing else")
    kinds = {str(name): _kind(str(name), row, where) for name, row in _mapping(content["clips"], where)}
    found = []
    for family, rows in _mapping(content["instructions"], where):
        if families and family not in families:
            continue
        for sentence, row in _mapping(rows, f"{where}: family '{family}'"):
            found.append(_instruction(str(family), str(sentence), row, kinds, where))
    unknown = [family for family in families if family not in content["instructions"]]
    if unknown:
        raise UserError(f"--families {unknown[0]}: {path} has {', '.join(map(str, content['instructions']))}")
    return InstructionList(kinds, tuple(found))


def _mapping(rows: Any, where: str) -> list[tuple[Any, Any]]:
    if not isinstance(rows, dict) or not rows:
        raise UserError(f"{where}: expected lines of 'name: value', got {str(rows)[:60]!r}")
    return list(rows.items())


def _kind(name: str, row: Any, where: str) -> ClipKind:
    if not isinstance(row, dict) or set(row) != {"check", "toy"}:
        raise UserError(f"{where}: clips '{name}' need a check and a toy action")
    validate(row["check"], f"{where}: clips '{name}'")
    if row["toy"] not in (*KINDS, STAND):
        known = ", ".join((*KINDS, STAND))
        raise UserError(f"{where}: clips '{name}': toy action {row['toy']!r} is none of {known}")
    return ClipKind(name, row["check"], row["toy"])


def _instruction(
    family: str, sentence: str, row: Any, kinds: dict[str, ClipKind], where: str
) -> EditInstruction:
    where = f'{where}: {family}: "{sentence}"'
    if not isinstance(row, dict) or not {"clips", "check"} <= set(row) <= {"clips", "check", "moves"}:
        raise UserError(f"{where}: needs 'clips' and 'check', and may have 'moves'")
    on = [row["clips"]] if isinstance(row["clips"], str) else row["clips"]
    for kind in on:
        if kind not in kinds:
            raise UserError(f"{where}: clips '{kind}' are not among {', '.join(kinds)}")
    moves = row.get("moves")
    for limb in moves or ():
        if limb not in LIMBS:
            raise UserError(f"{where}: limb '{limb}' is none of {', '.join(LIMBS)}")
    if row["check"] != REFUSED:
        validate_edit_check(row["check"], where)
    return EditInstruction(family, sentence, tuple(on), row["check"], None if moves is None else tuple(moves))


def find_clips(
    kinds: Sequence[ClipKind], codec: Codec, root: Path | None, split: str, count: int
) -> dict[str, list[MotionClip]]:
    """Up to `count` clips of each kind: of a data set's split, spread evenly; procedural ones where it has none.

    root: the data set's folder; None: all clips are procedural.
    """
    found: dict[str, list[str]] = {kind.name: [] for kind in kinds}
    if root is not None:
        path = root / f"{split}.txt"
        if not path.is_file():
            raise UserError(f"{path} is missing: give the data set's folder by --data-root")
        for name in read_names(path):
            joints = None if name.startswith("M") else _joints(root, name)
            for kind in kinds:
                if joints is not None and holds(kind.check, joints):
                    found[kind.name].append(name)
    clips = {}
    for kind in kinds:
        names = found[kind.name]
        chosen = (
            [names[i] for i in dict.fromkeys(np.linspace(0, len(names) - 1, count).round().astype(int))]
            if names
            else []
        )
        if root is not None and not chosen:
            warn(f"{root} has no clip of the kind '{kind.name}' in {split}: procedural ones stand in")
        clips[kind.name] = [load_clip(name, codec, root) for name in chosen] or [
            procedural_clip(kind.toy, codec, seed) for seed in range(count)
        ]
    return clips


def _joints(root: Path, name: str) -> np.ndarray | None:
    """Joints (T, 22, 3) of a data set's clip; None where it is missing, damaged, or of an unsuitable length."""
    try:
        features = np.load(root / "new_joint_vecs" / f"{name}.npy", allow_pickle=False)
    except DAMAGED:
        return None
    if features.ndim != 2 or not MIN_FRAMES <= len(features) <= MAX_FRAMES:
        return None
    return recover_joints(features).astype(np.float64)


def procedural_clip(action: str, codec: Codec, seed: int) -> MotionClip:
    """A clip of one procedural action, a short rest before and after it; or of somebody who stands."""
    fps = codec.spec.fps
    rng = np.random.default_rng([seed, (*KINDS, STAND).index(action)])
    before, after = rng.uniform(0.3, 0.6, 2)
    seconds = 3.5 if action == STAND else (KINDS[action].shortest + KINDS[action].longest) / 2
    frames = round((before + seconds + after) * fps) + 1
    puppet = make_puppet(frames, fps, rng)
    if action != STAND:
        KINDS[action].action(puppet, before, (frames - 1) / fps - after, rng)
    return clip_of(extract_features(puppet.joints(), codec.spec), codec, action.replace("_", " "))
