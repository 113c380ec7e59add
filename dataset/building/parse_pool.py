"""Pose codes of many clips with all processor cores: clips are dealt out in batches, each one array to parse.

The codes go into a folder beside the one they are for, which records the batches that are complete. A run that was
killed goes on from there; the folder takes its name only when every clip is in it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dataset.building.folders import exchange_folder
from dataset.npy_files import read_npy
from dataset.pose_codes.files import FRAME_FILE, write_frame_info
from dataset.pose_codes.parse import parse_frames, parse_pose_codes, to_khot
from dataset.spec import get_spec
from utils.leftovers import is_running
from utils.runtime import UserError, atomic_write, naming
from utils.texts import read_json_or_nothing

BATCH = 64  # clips
MAKING_FILE, DONE_FILE = "making.json", "done.txt"


@dataclass(frozen=True)
class HowParsed:
    """What the workers must know; see parse_motion.py's options."""

    dataname: str
    kit_codes: str = "corrected"
    noise: float = 0.0
    seed: int = 123
    khot: bool = False


@dataclass(frozen=True)
class Batch:
    """Some clips and the folders that lack them, by pose frame."""

    number: int
    paths: Sequence[Path]
    folders: dict[str, Path]


def _is_at_work(making: dict[str, Any]) -> bool:
    """Whether another process still makes a folder. Nothing tells that of another machine: its word counts."""
    if making["host"] != socket.gethostname():
        return True
    return making["process"] != os.getpid() and is_running(making["process"])


class PartialFolder:
    """A folder of codes in the making. `path` is where the codes go until `finish`."""

    def __init__(self, target: Path, frame: str, settings: dict[str, Any]) -> None:
        """settings: what must be the same for a killed run's codes to be used; they end up in frame.json.

        Raises UserError while another process is making the same folder.
        """
        self.target, self.frame, self.settings = target, frame, settings
        self.path = target.with_name(f".{target.name}.partial")
        self.bad: dict[int, list[str]] = {}  # batch -> clips left out; its keys are the batches done
        making = _read_json(self.path / MAKING_FILE)
        if making is not None and _is_at_work(making):
            raise UserError(
                f"process {making['process']} on {making['host']} is making {target}: wait for it, "
                f"or delete {self.path}"
            )
        if making is not None and making["settings"] == _plain(settings):
            self._resume()
        else:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(parents=True)
        with atomic_write(self.path / MAKING_FILE) as path:
            making = {"host": socket.gethostname(), "process": os.getpid(), "settings": settings}
            path.write_text(json.dumps(making), encoding="utf-8")
        self._log = open(self.path / DONE_FILE, "a", encoding="utf-8")  # noqa: SIM115 - closed by `close`

    def _resume(self) -> None:
        done = self.path / DONE_FILE
        text = done.read_text(encoding="utf-8") if done.exists() else ""
        complete = text[: text.rfind("\n") + 1]  # a kill may have cut the last line
        done.write_text(complete, encoding="utf-8")
        for number, bad in map(json.loads, complete.splitlines()):
            self.bad[number] = bad

    def note(self, number: int, bad: list[str]) -> None:
        """All codes of a batch are written, but for the clips `bad`."""
        self.bad[number] = bad
        with naming(self.target):
            self._log.write(json.dumps([number, bad]) + "\n")
            self._log.flush()

    def left_out(self) -> list[str]:
        """Clips without codes, in order."""
        return [name for number in sorted(self.bad) for name in self.bad[number]]

    def close(self) -> None:
        """Stop for now; what is done stays for the next run."""
        self._log.close()

    def give_up(self) -> None:
        """Remove everything."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def finish(self) -> None:
        """Take the place of the target."""
        self.close()
        write_frame_info(self.path, **self.settings)
        for name in (MAKING_FILE, DONE_FILE):
            (self.path / name).unlink()
        exchange_folder(self.path, self.target, ours=("*.npy", FRAME_FILE))


def parse_clips(
    paths: Sequence[Path], partials: Sequence[PartialFolder], how: HowParsed, workers: int
) -> Iterator[int]:
    """Parse what the folders lack, in `workers` processes; yields the number of clips after each batch.

    Raises UserError when a worker dies.
    """
    batches = []
    for number, start in enumerate(range(0, len(paths), BATCH)):
        lacking = {partial.frame: partial.path for partial in partials if number not in partial.bad}
        batches.append(Batch(number, paths[start : start + BATCH], lacking))
    yield sum(len(batch.paths) for batch in batches if not batch.folders)
    of_frame = {partial.frame: partial for partial in partials}
    todo = (batch for batch in batches if batch.folders)
    for batch, bad in _run(todo, how, min(workers, len(batches))):
        for frame in batch.folders:
            of_frame[frame].note(batch.number, bad)
        yield len(batch.paths)


def _run(batches: Iterable[Batch], how: HowParsed, workers: int) -> Iterator[tuple[Batch, list[str]]]:
    if workers <= 1:
        yield from ((batch, write_batch(batch, how)) for batch in batches)
        return
    # Forked workers share the parent's memory and need no imports; elsewhere than on Linux that is unsafe.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    batches = iter(batches)
    pool = ProcessPoolExecutor(workers, context, _start_worker, (os.getpid(),))
    try:
        running = {pool.submit(write_batch, batch, how): batch for batch in islice(batches, 2 * workers)}
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
                for batch in islice(batches, 1):
                    running[pool.submit(write_batch, batch, how)] = batch
    except BrokenProcessPool as error:
        raise UserError(
            "a worker was killed, perhaps for lack of memory: run it again, it goes on; fewer --workers need less"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and don't outlive it when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def write_batch(batch: Batch, how: HowParsed) -> list[str]:
    """Write the codes of a batch's clips; returns the names of those that can't be used."""
    clips, bad = _read_clips(batch.paths, get_spec(how.dataname).skeleton.num_joints)
    if not clips:
        return bad
    codes = _parse(batch, clips, how)
    for frame, folder in batch.folders.items():
        try:
            for place, of_clip in zip(clips, codes[frame], strict=True):
                np.save(folder / batch.paths[place].name, to_khot(of_clip) if how.khot else of_clip)
        except OSError as error:
            raise UserError(f"{folder}: can't be written ({error}); is the disk full?") from error
    return bad


def _read_clips(paths: Sequence[Path], joints: int) -> tuple[dict[int, np.ndarray], list[str]]:
    """Joints (T, J, 3) by place in `paths`, and the names of unusable clips."""
    clips, bad = {}, []
    for place, path in enumerate(paths):
        try:
            clip = read_npy(path)
            usable = (
                clip.dtype.kind in "fiu"
                and clip.ndim == 3
                and clip.shape[1:] == (joints, 3)
                and len(clip)
                and np.isfinite(clip).all()
            )
        except (ValueError, TypeError, OSError):
            usable = False
        if usable:
            clips[place] = clip
        else:
            bad.append(path.stem)
    return clips, bad


def _parse(batch: Batch, clips: dict[int, np.ndarray], how: HowParsed) -> dict[str, list[np.ndarray]]:
    """Codes (T, 70) of every clip, by pose frame."""
    skeleton, frames = get_spec(how.dataname).skeleton, tuple(batch.folders)
    if how.noise:
        # Each clip draws from a seed of its own, so that its codes don't depend on the other clips.
        seeds = {
            place: np.random.SeedSequence((how.seed, batch.number * BATCH + place)).generate_state(1)[0]
            for place in clips
        }
        return {
            frame: [
                parse_pose_codes(clip, frame, how.noise, seeds[place], skeleton, how.kit_codes)
                for place, clip in clips.items()
            ]
            for frame in frames
        }
    ends = np.cumsum([len(clip) for clip in clips.values()])[:-1]
    together = np.concatenate(list(clips.values()))
    found = parse_frames(together, frames, skeleton, how.kit_codes)
    return {frame: np.split(codes, ends) for frame, codes in zip(frames, found, strict=True)}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(settings))


def _read_json(path: Path) -> dict[str, Any] | None:
    content = read_json_or_nothing(path)
    return content if isinstance(content, dict) and {"process", "settings"} <= content.keys() else None
