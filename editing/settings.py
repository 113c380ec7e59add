"""What edit_motion.py and eval_editing.py are asked for, built once from their parsed options."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from editing.language.language_model import ChatModel
from utils.runtime import UserError


@dataclass(frozen=True)
class _FromOptions:
    """Settings whose fields are called as the options are."""

    @classmethod
    def from_args(cls, args: Namespace) -> Self:
        """Read a script's parsed options."""
        return cls(**{field.name: getattr(args, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class LanguageModelSettings(_FromOptions):
    """Whether a language model is asked, which one, and where."""

    llm: bool
    api_base: str | None  # None: OpenAI's own server
    model: str | None
    key_variable: str

    def server(self, title: str) -> ChatModel:
        """The language model, to which we are called `title`."""
        if self.model is None:
            raise UserError("--llm needs the name of the language model: --model")
        return ChatModel(self.api_base, self.model, self.key_variable, title=title)


@dataclass(frozen=True)
class EditSettings(LanguageModelSettings):
    """One edit: of which motion, by what, and the files that are written of it."""

    motion: str
    source: str  # "clip" or "reconstruction"
    bones: str  # "constant" or "raw"
    data_root: str | None
    instruction: str | None  # this, `set` or `operations`
    set: list[str]
    operations: str | None
    protocol: str
    cache: bool
    dry_run: bool
    out: str
    formats: list[str]

    @property
    def what(self) -> str:
        """What is asked for, in a line."""
        if self.operations is not None:
            return f"operations of {Path(self.operations).name}"
        return self.instruction or "; ".join(self.set)


@dataclass(frozen=True)
class InstructionsSettings(LanguageModelSettings):
    """An evaluation of instructions by the joints."""

    replies: str | None  # file of a language model's recorded replies
    checkpoint_folder: str  # of the models that make added actions
    data_root: str | None  # None: the data set's usual place, or procedural clips
    split: str
    clips_per_instruction: int


@dataclass(frozen=True)
class EditsSettings(_FromOptions):
    """An evaluation of edits by their codes."""

    data_root: str | None  # None: the data set's usual place
    split: str
    source: str
    clips: int  # of the split, taken in turn by the edits
    clips_per_edit: int
