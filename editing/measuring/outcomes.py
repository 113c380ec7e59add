"""Instructions carried out on clips, and what became of each: right, wrong or refused, by its check on the joints."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dataset.motion_clip import MotionClip
from editing.acting import Actor
from editing.catalogue import AnyOperation
from editing.decode import Codec
from editing.edit import EditResult, edit_motion
from editing.language.instructions import parse_instruction, with_examples
from editing.measuring.checks import edit_holds
from editing.measuring.instructions import EditInstruction
from editing.measuring.quality import Preserved, Quality, preserved, quality
from utils.runtime import UserError

# A sentence and the clip that it is about -> operations; UserError where it is refused.
Understand = Callable[[str, MotionClip], Sequence[AnyOperation]]
# In quotes; an apostrophe between letters is none.
QUOTED = re.compile(r"(?<![a-z])'((?:[^']|(?<=[a-z])'(?=[a-z])){4,})'|\"([^\"]{4,})\"")
COMMON = set("the a an your his her and to of at in on by it with from up down end left right both".split())


@dataclass
class Trial:
    """One instruction on one clip."""

    clip: str
    passed: bool
    source: Quality
    edited: Quality
    preserved: Preserved
    success: float  # share of the edited codes within one category of what was wanted; NaN where no code was
    before: np.ndarray  # (T, 22, 3)
    after: np.ndarray  # (T', 22, 3)


@dataclass
class EditOutcome:
    """One instruction on all its clips."""

    instruction: EditInstruction
    trials: list[Trial] = field(default_factory=list)
    refusal: str = ""  # the message, where it was refused
    hint_works: bool = False  # whether the message offers a sentence on the same subject that works

    @property
    def refused(self) -> bool:
        """Whether nothing was done."""
        return bool(self.refusal)

    @property
    def right(self) -> bool:
        """Carried out, and shown by at least half of the clips; or refused as it should be."""
        if self.instruction.to_refuse:
            return self.refused
        return not self.refused and 2 * sum(trial.passed for trial in self.trials) >= len(self.trials)

    @property
    def wrong(self) -> bool:
        """Carried out, and something else is seen."""
        return not self.refused and not self.right


def by_rules(sentence: str, clip: MotionClip) -> Sequence[AnyOperation]:
    """What the rules understand."""
    return parse_instruction(sentence).operations


def carry_out(
    instruction: EditInstruction,
    clips: Sequence[MotionClip],
    codec: Codec,
    understand: Understand = by_rules,
    actor: Actor | None = None,
) -> EditOutcome:
    """Try an instruction on clips that suit it; actor: what generates actions that are added."""
    outcome = EditOutcome(instruction)
    for clip in clips:
        try:
            operations = understand(instruction.sentence, clip)
            try:
                result = edit_motion(clip, list(operations), codec, actor=actor)
            except UserError as problem:
                raise with_examples(instruction.sentence, problem) from problem
        except UserError as problem:
            outcome.refusal = str(problem)
            outcome.hint_works = hint_works(instruction.sentence, str(problem), clip, understand)
            outcome.trials.clear()
            return outcome
        outcome.trials.append(_trial(instruction, clip, result))
    return outcome


def _trial(instruction: EditInstruction, clip: MotionClip, result: EditResult) -> Trial:
    before = np.asarray(result.source.joints, np.float64)
    after = np.asarray(result.edited.joints, np.float64)
    floor = float(np.percentile(before[..., 1].min(1), 5))
    same_time = len(after) == len(before)
    return Trial(
        clip=clip.text,
        passed=not instruction.to_refuse and edit_holds(instruction.check, before, after),
        source=quality(before, floor),
        edited=quality(after, floor),
        preserved=preserved(
            before, after, result.origin, result.plan.weight, instruction.moves if same_time else None
        ),
        success=result.success,
        before=before,
        after=after,
    )


def hint_works(sentence: str, message: str, clip: MotionClip, understand: Understand) -> bool:
    """Whether a refusal offers another sentence, about something the refused one names, that is accepted."""
    words = _content(sentence)
    for offered in offers(message):
        if offered == sentence or not words & _content(offered):
            continue
        try:
            understand(offered, clip)
        except UserError:
            continue
        return True
    return False


def offers(message: str) -> list[str]:
    """Sentences that a message offers: those in quotes, and those between bars after 'for example'."""
    found = [first or second for first, second in QUOTED.findall(message)]
    _, _, examples = message.partition("for example: ")
    return found + [part.strip() for part in examples.split("|") if part.strip()]


def _content(sentence: str) -> set[str]:
    """Words that say what a sentence is about."""
    words = re.findall(r"[a-z]+", sentence.lower())
    return {word.rstrip("s") for word in words if word not in COMMON}
