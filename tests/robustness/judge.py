"""Whether a script treated bad input as it should: one clear line, exit code 2, nothing lost, nothing left over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .sandbox import KEY, Outcome

REFUSED, WORKS, EITHER = "refused", "works", "either"
PROGRESS = re.compile(r"\d%\||(it|s|clip|file|repeat|chunk|caption)/(it|s)\b|^\s*\w{0,20}:? ?0\w{0,9} \[")
TEMPORARY = re.compile(r"\.tmp-|\.part$|^tmp")
ALLOWED = ("cache",)  # folder of a case that may keep what was made out of sound data
MARKUP = ("<script>alert(1)", "<img src=x")  # of the cases' sentences: must be text where they are shown
FARTHEST = 1e3  # metres from the origin: no written motion of the cases goes there

Tree = dict[str, tuple[int, int]]


def tree(folders: Iterable[Path]) -> Tree:
    """Every file and folder below: path -> (size, time of change); folders count by their presence."""
    found: Tree = {}
    for top in folders:
        for place, names, files in os.walk(top):
            for name in names:
                found[os.path.join(place, name)] = (-1, 0)
            for name in files:
                path = os.path.join(place, name)
                state = os.lstat(path)
                found[path] = (state.st_size, state.st_mtime_ns)
    return found


def said_lines(err: str) -> list[str]:
    """Lines on stderr that a person would take for the message: no progress, warnings or usage."""
    lines = []
    for line in err.replace("\r", "\n").splitlines():
        text = line.strip()
        if "error: " in text and PROGRESS.search(text[: text.index("error: ")][:300]):
            text = text[text.index("error: ") :]  # behind a bar that was not closed
        if not text or PROGRESS.search(text[:300]) or text.startswith(("warning:", "usage:")):
            continue
        lines.append(text)
    return lines


def faults(
    outcome: Outcome,
    ends: str,
    says: tuple[str, ...],
    before: Tree,
    after: Tree,
    outs: list[Path],
    partly: bool = False,
) -> list[str]:
    """What is wrong with an outcome, as "kind: detail"; empty when nothing is.

    ends: REFUSED, WORKS or EITHER. says: words of which the message (or, where it works, anything printed) has one.
    before, after: `tree` of the case and of all inputs. outs: where results may go, the script's own folder first.
    partly: work that was cut short may leave whole files.
    """
    if outcome.crash:
        last = outcome.crash.strip().splitlines()[-1]
        return [f"{'hang' if outcome.crash.startswith('no end') else 'traceback'}: {last[:200]}"]
    found = []
    if KEY in outcome.out + outcome.err:
        found.append("secret: the key is printed")
    found += _changed(before, after, outs)
    if outcome.code == 0 and ends != REFUSED:
        found += _nonsense(outs[0])
        if ends == WORKS and says and not _has(outcome.out + outcome.err, says):
            found.append(f"unclear: works, but says none of {', '.join(says)}")
        return found
    if outcome.code == 0:
        return [*found, "accepted: exit code 0"]
    if ends == WORKS:
        return [*found, f"refused: {' '.join(said_lines(outcome.err))[:300]}"]
    if outcome.code != 2:
        found.append(f"exit code: {outcome.code}")
    return found + _message(outcome, says) + _leftovers(before, after, partly)


def _message(outcome: Outcome, says: tuple[str, ...]) -> list[str]:
    lines = said_lines(outcome.err)
    if len(lines) != 1:
        return [f"unclear: {len(lines)} lines instead of one: {' / '.join(lines)[:300]}"]
    found = []
    if "error:" not in lines[0]:
        found.append(f"unclear: not announced as an error: {lines[0][:200]}")
    if says and not _has(lines[0], says):
        found.append(f"unclear: names none of {', '.join(says)}: {lines[0][:300]}")
    if not lines[0].encode(errors="backslashreplace").decode().replace("\t", " ").isprintable():
        found.append(f"unclear: unprintable characters: {lines[0][:200]!r}")
    if "Traceback" in outcome.err + outcome.out:
        found.append("traceback: printed")
    if outcome.warned:
        found.append(f"unclear: Python's warning beside the message: {outcome.warned[0][:200]}")
    return found


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(_plain(word) in _plain(text) for word in words)


def _plain(text: str) -> str:
    return text.lower().replace("_", "-")


def _changed(before: Tree, after: Tree, outs: list[Path]) -> list[str]:
    """What was there must still be there as it was, but for results written anew in `outs`, and caches."""
    changed = [path for path, state in before.items() if after.get(path) != state and state[0] >= 0]
    mine = [
        path
        for path in changed
        if not set(Path(path).parts) & set(ALLOWED)
        and not _grown_log(path, before, after)
        and not any(Path(path).is_relative_to(out) for out in outs)
    ]
    if mine:
        return [f"lost: {mine[0]} {'changed' if mine[0] in after else 'is gone'}"]
    return []


def _grown_log(path: str, before: Tree, after: Tree) -> bool:
    """A run's log may get lines, also on a start that is refused."""
    return path.endswith("run.log") and path in after and after[path][0] > before[path][0]


def _leftovers(before: Tree, after: Tree, partly: bool) -> list[str]:
    """After a refusal nothing new is there, except for whole caches of sound data; `partly`: whole files may be."""
    new = [path for path in after if path not in before]
    bad = [
        path
        for path in new
        if not (partly or set(Path(path).parts) & set(ALLOWED)) or TEMPORARY.search(Path(path).name)
    ]
    return [f"leftover: {bad[0]}"] if bad else []


def _nonsense(out: Path) -> list[str]:
    """Motion that was written must be finite and near; an image or a text must not be empty."""
    for path in sorted(out.rglob("*")) if out.is_dir() else ():
        if TEMPORARY.search(path.name):
            return [f"leftover: {path}"]
        if path.suffix == ".html" and (found := next((m for m in MARKUP if m in path.read_text()), None)):
            return [f"silently wrong: {path.name} holds {found}"]
        if path.suffix not in (".npz", ".npy"):
            if (
                path.is_file()
                and path.suffix in (".mp4", ".html", ".md", ".json")
                and not path.stat().st_size
            ):
                return [f"silently wrong: {path.name} is empty"]
            continue
        loaded = np.load(path, allow_pickle=False)
        arrays = dict(loaded) if path.suffix == ".npz" else {path.stem: loaded}
        for name, array in arrays.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                return [f"silently wrong: {path.name} {name} holds NaN or infinity"]
            if name == "joints" and array.size and np.abs(array).max() > FARTHEST:
                return [f"silently wrong: {path.name} {name} reaches {np.abs(array).max():.0f} m"]
    return []
