"""What the page may send, checked before anything uses it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Seconds = Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)]
Label = Annotated[str, StringConstraints(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Change(_Body):
    """A change of a session, by a page that has seen this revision."""

    revision: Annotated[int, Field(ge=0, le=2**53)]


class Part(_Body):
    """A sentence of a sequence; seconds None: the model ends it."""

    text: Sentence
    seconds: Seconds | None = None


class Generate(Change):
    """New takes."""

    parts: Annotated[list[Part], Field(min_length=1, max_length=32)]
    takes: Annotated[int, Field(ge=1, le=12)] = 1
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0
    guidance: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)] | None = None


class LoadId(Change):
    """A clip of the data set."""

    clip: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Choose(Change):
    """Another take."""

    take: Annotated[str, StringConstraints(max_length=64)]


class Operations(Change):
    """The whole list of operations, in the form of the YAML notation."""

    operations: Annotated[list[Any], Field(max_length=500)]
    label: Label = "edit"


class Instruction(Change):
    """An instruction in English, whose operations go behind those there are."""

    text: Sentence
    model: bool = False


class Export(Change):
    """A file to take along."""

    format: Annotated[str, StringConstraints(max_length=16)]
