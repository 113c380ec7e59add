"""Instructions through a language model: any OpenAI-compatible endpoint, checked, repaired, retried, cached.

    model = ChatModel("https://host/v1", "name")          # key: environment variable OPENAI_API_KEY
    operations = ask_for_edit(model, "wave with both hands", codes, fps=20)

Prompts are in `prompts`, the check of answers in `llm_schema`, the client in `utils.chat`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from editing.catalogue import AnyOperation
from editing.language.llm_schema import SCHEMA, BadReply, operations_of, read_json, repair
from editing.language.prompts import SYSTEM, Message, published_questions, structured_prompt
from utils.chat import KEY_VARIABLE, ChatModel, TryAgain
from utils.runtime import UserError, atomic_write
from utils.texts import read_json_or_nothing

__all__ = [
    "KEY_VARIABLE",
    "Cached",
    "ChatModel",
    "Recorded",
    "TryAgain",
    "ask_for_edit",
    "dry_run",
    "with_retries",
]

PROTOCOLS = ("structured", "published")
CACHE = Path("output/.cache/editing")
RETRIES = 4
FIRST_WAIT, LONGEST_WAIT = 1.0, 20.0  # seconds
REASKS = 2  # times an unusable answer is sent back with what is wrong with it


class Complete(Protocol):
    """Messages and the wanted form of the answer -> text of the answer. `schema` None: any JSON object."""

    def __call__(self, messages: Sequence[Message], schema: dict[str, Any] | None) -> str: ...


@dataclass
class Recorded:
    """Answers recorded before, given one after the other: for tests and the notebook."""

    answers: list[str]
    asked: list[list[Message]] = field(default_factory=list)

    def __call__(self, messages: Sequence[Message], schema: dict[str, Any] | None) -> str:
        """The next answer."""
        self.asked.append(list(messages))
        if not self.answers:
            raise UserError("no recorded answer is left")
        return self.answers.pop(0)


@dataclass
class Cached:
    """Another model whose answers are kept in files, by everything that decides them."""

    model: Complete
    identity: str  # endpoint and model name
    folder: Path = CACHE

    def __call__(self, messages: Sequence[Message], schema: dict[str, Any] | None) -> str:
        """The kept answer, or a new one. A damaged file counts as none."""
        content = json.dumps([self.identity, list(messages), schema], sort_keys=True)
        path = self.folder / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.json"
        kept = read_json_or_nothing(path)
        if isinstance(kept, dict) and isinstance(kept.get("answer"), str):
            return kept["answer"]
        answer = self.model(messages, schema)
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps({"model": self.identity, "answer": answer}), encoding="utf-8")
        return answer


def with_retries(
    model: Complete, sleep: Callable[[float], None] | None = None, retries: int = RETRIES
) -> Complete:
    """A model that waits and tries again, longer each time, while the endpoint is busy."""

    def complete(messages: Sequence[Message], schema: dict[str, Any] | None) -> str:
        wait = FIRST_WAIT
        for attempt in range(retries + 1):
            try:
                return model(messages, schema)
            except TryAgain as problem:
                if attempt == retries:
                    raise UserError(
                        f"the endpoint did not answer in {retries + 1} tries ({problem}): try later, or edit by rules"
                    ) from None
                (sleep or time.sleep)(wait)
                wait = min(2 * wait, LONGEST_WAIT)
        raise AssertionError("unreachable")

    return complete


def ask_for_edit(
    model: Complete,
    instruction: str,
    codes: np.ndarray,
    fps: float,
    caption: str = "",
    protocol: str = "structured",
) -> list[AnyOperation]:
    """Operations for an instruction, from a language model.

    codes: (T, 70) of the clip, one row a frame. protocol: "structured" asks once; "published" asks the four
    questions of the release. An answer that fails the check is repaired, else sent back REASKS times with what is
    wrong with it. Raises UserError when that does not help, and `llm_schema.Declined` when the model declines.
    """
    if protocol not in PROTOCOLS:
        raise UserError(f"--protocol {protocol}: use one of {', '.join(PROTOCOLS)}")
    if not instruction.strip():
        raise UserError("empty instruction: say what to change")
    if protocol == "structured":
        messages = structured_prompt(instruction, codes, fps, caption)
    else:
        messages = _four_questions(model, published_questions(instruction, codes, fps, caption))
    for attempt in range(REASKS + 1):
        answer = model(messages, SCHEMA)
        try:
            return operations_of(repair(read_json(answer), len(codes)), len(codes))
        except BadReply as problem:
            if attempt == REASKS:
                raise UserError(
                    f"the language model gave no usable edit for {instruction!r}: {problem}"
                ) from problem
            correction = f"That can't be used: {problem}. Answer again with the whole JSON object, corrected."
            messages = [
                *messages,
                {"role": "assistant", "content": answer},
                {"role": "user", "content": correction},
            ]
    raise AssertionError("unreachable")


def _four_questions(model: Complete, questions: Sequence[str]) -> list[Message]:
    """Ask all but the last question; the conversation up to and including the last one."""
    messages: list[Message] = [{"role": "system", "content": SYSTEM}]
    for question in questions[:-1]:
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": model(messages, None)})
    return [*messages, {"role": "user", "content": questions[-1]}]


def dry_run(
    instruction: str, codes: np.ndarray, fps: float, caption: str = "", protocol: str = "structured"
) -> str:
    """The prompt that would be sent, as text."""
    if protocol == "published":
        parts = [SYSTEM, *published_questions(instruction, codes, fps, caption)]
    else:
        parts = [message["content"] for message in structured_prompt(instruction, codes, fps, caption)]
    return "\n\n----\n\n".join(parts)
