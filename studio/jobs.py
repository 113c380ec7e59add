"""Work in the background: one thread, one job after another, each with progress and a way to stop it."""

from __future__ import annotations

import secrets
import sys
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utils.runtime import UserError, heard_warnings
from utils.texts import one_line

MOST_WAITING = 64  # jobs of all sessions
MOST_WAITING_EACH = 8
KEPT = 300  # finished jobs whose results can still be asked for
ENDED = ("done", "failed", "cancelled")


class Cancelled(Exception):
    """The job was told to stop."""


@dataclass
class Job:
    """A piece of work of a session. state: waiting, running, done, failed, cancelled; progress: 0 to 1."""

    session: str
    kind: str
    work: Callable[[Job], dict[str, Any]] | None  # gone once it has run
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "waiting"
    progress: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    warnings: list[str] = field(default_factory=list)  # one line each, of work that went well all the same
    files: list[Path] = field(default_factory=list)  # what the work has left to be fetched
    stop: threading.Event = field(default_factory=threading.Event)

    def report(self, share: float) -> None:
        """Note how far the work is, 0 to 1; raises Cancelled where it is to stop."""
        self.check()
        self.progress = max(0.0, min(float(share), 1.0))

    def check(self) -> None:
        """Raise Cancelled where the work is to stop."""
        if self.stop.is_set():
            raise Cancelled

    def told(self) -> dict[str, Any]:
        """What the page learns of the job."""
        return {
            "id": self.id, "kind": self.kind, "state": self.state, "progress": round(self.progress, 3),
            "result": self.result if self.state == "done" else {}, "error": self.error,
            "warnings": self.warnings,
        }  # fmt: skip


class Worker:
    """The one thread that runs jobs, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._known: OrderedDict[str, Job] = OrderedDict()
        self._change = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="studio-worker", daemon=True)
        self._thread.start()

    def submit(self, session: str, kind: str, work: Callable[[Job], dict[str, Any]]) -> Job:
        """Queue work. It is called with its job, reports to it and returns what the page learns. UserError when full."""
        job = Job(session, kind, work)
        with self._change:
            own = sum(other.session == session for other in self._waiting)
            if self._closed:
                raise UserError("the studio is closing: start it again")
            if own >= MOST_WAITING_EACH or len(self._waiting) >= MOST_WAITING:
                raise UserError("too much work is waiting: wait for it, or cancel it")
            self._waiting.append(job)
            self._known[job.id] = job
            while len(self._known) > KEPT and next(iter(self._known.values())).state in ENDED:
                self._known.popitem(last=False)
            self._change.notify_all()
        return job

    def find(self, job_id: str) -> Job:
        """The job of an id; UserError where there is none (any more)."""
        with self._change:
            if job_id not in self._known:
                raise UserError("this piece of work is not known any more: reload the page")
            return self._known[job_id]

    def cancel(self, job_id: str) -> Job:
        """Tell a job to stop: a waiting one ends at once, a running one when it next reports."""
        job = self.find(job_id)
        with self._change:
            job.stop.set()
            if job in self._waiting:
                self._waiting.remove(job)
                job.state, job.work = "cancelled", None
                self._change.notify_all()
        return job

    def ahead_of(self, job: Job) -> int:
        """Jobs that come before a waiting one."""
        with self._change:
            if job not in self._waiting:
                return 0
            return self._waiting.index(job) + sum(other.state == "running" for other in self._known.values())

    def wait(self, job: Job, seconds: float) -> None:
        """Until a job has ended, or so long."""
        with self._change:
            self._change.wait_for(lambda: job.state in ENDED, seconds)

    def close(self) -> None:
        """Take no more work, stop what runs, and end the thread."""
        with self._change:
            self._closed = True
            for job in self._known.values():
                job.stop.set()
            self._waiting.clear()
            self._change.notify_all()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job = self._waiting.popleft()
                job.state = "running"
            self._work(job)
            with self._change:
                self._change.notify_all()

    def _work(self, job: Job) -> None:
        """Run a job. Whatever goes wrong is told in one line: the studio goes on."""
        assert job.work is not None
        try:
            job.report(0.0)
            with heard_warnings() as heard:
                result = job.work(job)
        except Cancelled:
            state, error = "cancelled", ""
        except UserError as problem:
            state, error = "failed", one_line(problem, 400)
        except (OSError, MemoryError) as problem:
            state, error = "failed", one_line(f"{type(problem).__name__}: {problem}", 400)
        except Exception as problem:  # the worker outlives a mistake in what it runs
            traceback.print_exc(file=sys.stderr)
            state, error = "failed", one_line(f"a mistake of ours, {type(problem).__name__}: {problem}", 400)
        else:
            state, error, job.result, job.progress = "done", "", result, 1.0
            job.warnings = [one_line(line, 400) for line in dict.fromkeys(heard)]
        job.work, job.error, job.state = None, error, state  # the state last: it says that the rest is there
