"""The evaluation of instructions: a list, clips that suit it, outcomes, and their report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dataset.motion_clip import MotionClip
from dataset.pose_codes import frames_per_step
from editing.acting import Generator
from editing.catalogue import AnyOperation
from editing.decode import Codec
from editing.language.language_model import Cached, Complete, Recorded, ask_for_edit, with_retries
from editing.measuring.checks import edit_holds
from editing.measuring.instructions import EditInstruction, InstructionList, find_clips
from editing.measuring.outcomes import EditOutcome, Understand, by_rules, carry_out
from editing.measuring.tables import details, family_numbers, quality_numbers, tables
from editing.settings import InstructionsSettings
from utils.runtime import UserError, atomic_write, warn
from utils.texts import read_yaml


def understander(settings: InstructionsSettings) -> Understand | None:
    """What turns sentences into operations: None for the rules, or a language model, asked or recorded."""
    if not settings.llm:
        return None
    if settings.replies is not None:
        return _recorded(settings.replies)
    server = settings.server("eval_editing")
    return _by_model(Cached(with_retries(server), f"{server.where} {settings.model}"))


def evaluate_instructions(
    codec: Codec,
    listed: InstructionList,
    settings: InstructionsSettings,
    understand: Understand | None = None,
) -> list[EditOutcome]:
    """Carry out a list of instructions, of which recorded replies are those that have one.

    understand: None: by the rules. Without a data set, given or in its usual place, instructions are tried on
    procedural clips.
    """
    place = Path(settings.data_root or codec.spec.folder)
    root: Path | None = place
    if settings.data_root is None and not place.is_dir():
        warn(f"{place} is missing: instructions are tried on procedural clips; give real ones by --data-root")
        root = None
    rows = listed.instructions
    if settings.replies is not None:
        replied = read_replies(settings.replies)
        rows = tuple(row for row in rows if row.sentence in replied)
    needed = dict.fromkeys(kind for row in rows for kind in row.kinds)
    pool = max(2 * settings.clips_per_instruction, 6)
    clips = find_clips([listed.kinds[name] for name in needed], codec, root, settings.split, pool)
    actor = Generator(settings.checkpoint_folder, codec.device, settings.data_root)
    outcomes = []
    for number, row in enumerate(tqdm(rows, "instructions", unit="instruction")):
        pools = [_not_yet(row, clips[name]) for name in row.kinds]
        count = settings.clips_per_instruction
        turns = [(pools[k % len(pools)], number + k // len(pools)) for k in range(count)]
        chosen = [pool[turn % len(pool)] for pool, turn in turns]
        outcomes.append(carry_out(row, chosen, codec, understand or by_rules, actor))
    return outcomes


def _not_yet(row: EditInstruction, clips: Sequence[MotionClip]) -> Sequence[MotionClip]:
    """The clips that don't show what is asked for before anybody edits them; all, where each of them does."""
    if row.to_refuse:
        return clips
    joints = [np.asarray(clip.joints, np.float64) for clip in clips]
    return [
        clip for clip, now in zip(clips, joints, strict=True) if not edit_holds(row.check, now, now)
    ] or clips


def write_instructions(outcomes: Sequence[EditOutcome], folder: str | Path) -> list[Path]:
    """Write instructions.md and instructions.json; each appears only when complete."""
    folder = Path(folder)
    content = {
        "families": family_numbers(outcomes),
        "motion": quality_numbers(outcomes),
        "instructions": details(outcomes),
    }
    texts = {"instructions.md": tables(outcomes), "instructions.json": json.dumps(content, indent=1) + "\n"}
    for name, text in texts.items():
        with atomic_write(folder / name) as path:
            path.write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _by_model(model: Complete) -> Understand:
    """A language model that is asked about each sentence with the codes of its clip."""

    def understand(sentence: str, clip: MotionClip) -> Sequence[AnyOperation]:
        stride = frames_per_step(len(clip.features), len(clip.pose_codes))
        codes = clip.pose_codes.repeat(stride, 0)[: len(clip.features)]
        return ask_for_edit(model, sentence, codes, clip.fps, clip.text)

    return understand


def read_replies(path: str | Path) -> dict[str, dict[str, Any]]:
    """Replies of a language model recorded in a YAML file: by sentence the JSON object that was answered."""
    content = read_yaml(path, "--replies")
    if not isinstance(content, dict) or not content:
        raise UserError(f"--replies {path}: expected lines of 'sentence: reply'")
    for sentence, reply in content.items():
        if not isinstance(reply, dict):
            raise UserError(f'--replies {path}: "{sentence}": a reply is an object, got {str(reply)[:60]!r}')
    return content


def _recorded(path: str | Path) -> Understand:
    """Recorded replies in a language model's place; they pass the same check and repair."""
    replies = read_replies(path)

    def understand(sentence: str, clip: MotionClip) -> Sequence[AnyOperation]:
        if sentence not in replies:
            raise UserError(f"--replies {path} has no reply to {sentence!r}")
        return _by_model(Recorded([json.dumps(replies[sentence])] * 3))(sentence, clip)

    return understand
