"""All cases, and shares of them that stand for the rest."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from .cases_files import file_cases
from .cases_flags import flag_cases, full_disk_cases, place_cases
from .cases_promises import promise_cases
from .cases_servers import server_cases
from .commands import COMMANDS
from .judge import WORKS
from .known import KNOWN
from .play import Case


def sound_cases() -> Iterator[Case]:
    """The commands as they are: without these, a refusal would prove nothing."""
    for command in COMMANDS:
        if not command.endswith("asking"):
            yield Case("sound", command, "", ends=WORKS)


def all_cases() -> list[Case]:
    """The whole table; names are unique."""
    makers = (sound_cases, flag_cases, place_cases, file_cases, server_cases, promise_cases, full_disk_cases)
    cases = [case for make in makers for case in make()]
    twice = len(cases) - len({case.name for case in cases})
    if twice:
        raise AssertionError(f"{twice} cases have another's name")
    return cases


def known(case: Case) -> bool:
    """Whether a case is among the faults that are not mended yet."""
    return any(part in case.name for part in KNOWN)


def draw(cases: Iterable[Case], each: int, seed: int = 0) -> list[Case]:
    """`each` of every group of cases that differ only in the damage: the same ones for the same seed."""
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        flag = case.extra[0] if case.extra else ""
        groups.setdefault((case.of, case.command, case.spoiled, flag), []).append(case)
    drawn = []
    for group in groups.values():
        drawn += sorted(group, key=lambda case: zlib.crc32(f"{seed} {case.name}".encode()))[:each]
    return drawn
