"""A session: takes to choose from, and every state of the work, one after the other, so that nothing is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from editing import AnyOperation, operations_from_yaml, operations_to_yaml
from utils.runtime import UserError
from utils.texts import one_line

VERSION = 1
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Take:
    """A clip to start from: generated or loaded."""

    id: str
    title: str
    origin: str  # "seed 3", "walk.bvh"


@dataclass(frozen=True)
class State:
    """One moment of the work: a take, and the operations on it in their order."""

    take: str | None = None
    operations: tuple[AnyOperation, ...] = ()
    label: str = "start"  # what led here


@dataclass
class Session:
    """The work of one tab. states[at] is what is shown; those behind it can be done again."""

    id: str
    revision: int = 0
    takes: list[Take] = field(default_factory=list)
    states: list[State] = field(default_factory=lambda: [State()])
    at: int = 0

    @property
    def state(self) -> State:
        """What is shown."""
        return self.states[self.at]

    @property
    def title(self) -> str:
        """The sentence or file of what is shown."""
        return next((take.title for take in self.takes if take.id == self.state.take), "")

    def require(self, revision: int) -> None:
        """UserError where a page has seen another state than the present one."""
        if revision != self.revision:
            raise UserError(
                "this session was changed in another tab meanwhile: it is shown as it is now, do that again"
            )

    def take(self, take_id: str) -> Take:
        """The take of an id. UserError where there is none."""
        for take in self.takes:
            if take.id == take_id:
                return take
        raise UserError("this take is not in the session: reload the page")

    def change(self, state: State) -> None:
        """Go to a new state; what was undone before it can't be done again."""
        self.states[self.at + 1 :] = [state]
        self.at += 1
        self.revision += 1

    def neighbour(self, steps: int) -> State:
        """The state to undo (-1) or redo (1) to. UserError at either end."""
        if not 0 <= self.at + steps < len(self.states):
            raise UserError("nothing to undo" if steps < 0 else "nothing to do again")
        return self.states[self.at + steps]

    def move(self, steps: int) -> None:
        """Undo (-1) or redo (1). UserError at either end."""
        self.neighbour(steps)
        self.at += steps
        self.revision += 1

    def stored(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "version": VERSION,
            "id": self.id,
            "revision": self.revision,
            "at": self.at,
            "takes": [vars(take) for take in self.takes],
            "states": [
                {
                    "take": state.take,
                    "operations": operations_to_yaml(state.operations) if state.operations else "",
                    "label": state.label,
                }
                for state in self.states
            ],
        }

    @classmethod
    def restored(cls, content: Any) -> Session:
        """What `stored` gave. ValueError for anything else."""
        try:
            if content["version"] != VERSION:
                raise ValueError(f"version {content['version']!r}")
            takes = [Take(str(t["id"]), str(t["title"]), str(t["origin"])) for t in content["takes"]]
            states = [
                State(
                    None if state["take"] is None else str(state["take"]),
                    _operations(state["operations"]),
                    str(state["label"]),
                )
                for state in content["states"]
            ]
            session = cls(str(content["id"]), int(content["revision"]), takes, states, int(content["at"]))
        except (KeyError, TypeError, ValueError, UserError) as error:
            raise ValueError(f"no session of this studio ({one_line(error)})") from error
        known = {take.id for take in takes} | {None}
        if not 0 <= session.at < len(states) or not {state.take for state in states} <= known:
            raise ValueError("no session of this studio (states and takes don't agree)")
        return session


def _operations(text: str) -> tuple[AnyOperation, ...]:
    return tuple(operations_from_yaml(text, "stored operations")) if text else ()


def short(text: str) -> str:
    """A title or label as it is kept: one line, not too long."""
    return one_line(text, LONGEST_TITLE)


def stacked(before: Sequence[AnyOperation], more: Sequence[AnyOperation]) -> tuple[AnyOperation, ...]:
    """Operations with more behind them."""
    return (*before, *more)
