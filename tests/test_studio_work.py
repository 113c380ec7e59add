"""A session's history and the worker's jobs."""

from __future__ import annotations

import json
import threading

import pytest

from editing import Mirror, Shift
from studio.history import Session, State, Take
from studio.jobs import Job, Worker
from utils.runtime import UserError

# ---- history


def session_of(count: int) -> Session:
    session = Session("s" * 20, takes=[Take("a", "a person walks", "seed 0")])
    for number in range(1, count + 1):
        session.change(State("a", (Shift("L-knee angle", categories=1),) * number, f"edit {number}"))
    return session


def test_undo_and_redo_reach_every_state():
    session = session_of(200)
    for number in reversed(range(200)):
        session.move(-1)
        assert len(session.state.operations) == number
    with pytest.raises(UserError, match="nothing to undo"):
        session.move(-1)
    for _ in range(200):
        wanted = session.neighbour(1)
        session.move(1)
        assert session.state is wanted
    assert len(session.state.operations) == 200
    with pytest.raises(UserError, match="nothing to do again"):
        session.move(1)


def test_a_change_after_undo_starts_a_new_branch():
    session = session_of(3)
    session.move(-1)
    session.move(-1)
    session.change(State("a", (Mirror(),), "mirror"))
    assert [state.label for state in session.states] == ["start", "edit 1", "mirror"]
    with pytest.raises(UserError):
        session.move(1)


def test_a_revision_is_never_seen_twice():
    session, seen = session_of(2), {0}
    for act in (lambda: session.move(-1), lambda: session.move(1), lambda: session.change(State("a"))):
        act()
        assert session.revision not in seen
        seen.add(session.revision)
    session.require(session.revision)
    with pytest.raises(UserError, match="another tab"):
        session.require(session.revision - 1)


def test_a_session_comes_back_from_json():
    session = session_of(4)
    session.move(-1)
    back = Session.restored(json.loads(json.dumps(session.stored())))
    assert back == session


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c.pop("states"), lambda c: c.update(at=9), lambda c: c.update(version=7), lambda c: c["takes"].clear(),
        lambda c: c["states"][1].update(operations="- Nope"), lambda c: c["states"][1].update(take="b"),
        lambda c: c.update(states=None), lambda c: c.update(revision="x"),
    ],
)  # fmt: skip
def test_a_damaged_session_is_named(damage):
    content = json.loads(json.dumps(session_of(2).stored()))
    damage(content)
    with pytest.raises(ValueError, match="no session"):
        Session.restored(content)


# ---- jobs


@pytest.fixture
def worker():
    made = Worker()
    yield made
    made.close()


def ended(worker: Worker, job: Job) -> Job:
    worker.wait(job, 30)
    return job


def test_jobs_run_one_after_another_in_their_order(worker):
    seen, at_once = [], []

    def work(number):
        def run(job):
            at_once.append(number)
            assert at_once == [number]
            seen.append(number)
            at_once.remove(number)
            return {"number": number}

        return run

    jobs = [worker.submit(f"s{number}", "test", work(number)) for number in range(20)]
    assert [ended(worker, job).result["number"] for job in jobs] == list(range(20)) == seen
    assert {job.state for job in jobs} == {"done"}


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_when_it_reports(worker):
    begun, go_on, told = threading.Event(), threading.Event(), []

    def long(job):
        begun.set()
        go_on.wait(30)
        job.report(0.5)
        told.append("not reached")
        return {}

    first = worker.submit("s", "long", long)
    second = worker.submit("s", "never", lambda job: told.append("never") or {})
    begun.wait(30)
    assert worker.ahead_of(second) == 1
    assert worker.cancel(second.id).state == "cancelled"
    worker.cancel(first.id)
    assert first.state == "running"
    go_on.set()
    assert ended(worker, first).state == "cancelled" and not told


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("say more"), "say more"),
        (OSError(28, "No space left"), "No space left"),
        (KeyError("x"), "a mistake of ours"),
    ],
)
def test_the_worker_outlives_what_goes_wrong(worker, error, line, capsys):
    def fail(job):
        raise error

    job = ended(worker, worker.submit("s", "test", fail))
    assert job.state == "failed" and line in job.error and "\n" not in job.error
    assert ended(worker, worker.submit("s", "test", lambda job: {})).state == "done"
    capsys.readouterr()


def test_one_session_can_not_fill_the_queue(worker):
    go_on = threading.Event()
    running = worker.submit("other", "long", lambda job: go_on.wait(30) and {})
    with pytest.raises(UserError, match="too much work"):
        for _ in range(100):
            worker.submit("greedy", "test", lambda job: {})
    other = worker.submit("modest", "test", lambda job: {})
    go_on.set()
    assert ended(worker, running).state == ended(worker, other).state == "done"
