"""Play one case: a copy of what is damaged, the script, the judgement."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .commands import COMMANDS, fill
from .damages import PLANTED
from .judge import REFUSED, faults, tree
from .sandbox import Outcome, run
from .server import Answers

NOBODY = "http://127.0.0.1:9/v1"  # where nothing listens


@dataclass(frozen=True)
class Case:
    """A sound command with one thing wrong.

    of: what kind of case it is, for the counts. damage: spoils `spoiled`, a path in the world. extra: arguments
    added at the end, where they win over the command's own. ends and says: see `judge.faults`.
    """

    of: str
    command: str
    what: str
    spoiled: str = ""
    damage: Callable[[Path], object] | None = None
    extra: tuple[str, ...] = ()
    ends: str = REFUSED
    says: tuple[str, ...] = ()
    answer: object = None  # of the language-model server
    disk: int | None = None  # bytes that a file may have, as if the disk were full
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None  # called with the case's folder before the script runs

    @property
    def name(self) -> str:
        return " | ".join(part for part in (self.of, self.command, self.spoiled, self.what) if part)


def play(case: Case, world: Path, home: Path, server: Answers) -> tuple[list[str], Outcome]:
    """Run a case in the new folder `home`; its faults (none is good) and what the script did."""
    command, out = COMMANDS[case.command], home / "out"
    home.mkdir(parents=True)
    moved = {place: _copy(world / place, home / "in" / place, shutil.copy2) for place in command.writes}
    place = case.spoiled.split("/")[0]
    if place and place not in moved:
        moved[place] = _copy(world / place, home / "in" / place, os.link)
    try:
        if case.damage is not None:
            case.damage(home / "in" / case.spoiled)
    except Exception as error:  # a mistake of the table, which must not end a long run
        return [f"harness: {type(error).__name__}: {error}"], Outcome()
    if case.prepare is not None:
        case.prepare(home)
    address = NOBODY if case.answer is None else server.answering(case.answer)
    caches = home / "cache" if "data" in moved else world / "cache"
    moved |= {"cache": caches, "home": home}
    words = fill(command.line, world, out, moved, address)
    words += [fill(part, world, out, moved, address)[0] if "{" in part else part for part in case.extra]
    before = tree((world, home))
    outcome = run(command.script, words, world, disk=case.disk, environment=case.environment)
    after = tree((world, home))
    may_grow = [home / "in" / place for place in command.writes] if outcome.code == 0 else []
    found = faults(
        outcome, case.ends, case.says, before, after, [out, *may_grow], partly=case.disk is not None
    )
    if any(Path(path).name == PLANTED for path in after):
        found.insert(0, "planted code ran")
        for path in after:
            if Path(path).name == PLANTED:
                os.unlink(path)
    return found, outcome


def _copy(source: Path, target: Path, one: Callable) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=one)
    else:
        one(source, target)
    return target
