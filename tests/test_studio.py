"""The studio's parts without a server: rows, forms, history, jobs, health, who may call."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from editing_world import person

import editing
from dataset.pose_codes import GROUPS
from editing import OPERATIONS, Clamp, Copy, Mirror, SetCode, Shift, Span
from studio.forms import forms, from_plain, in_words, to_plain
from studio.guard import Guard, host_name
from studio.health import compare
from studio.history import Session, State, Take
from studio.jobs import Job, Worker
from studio.rows import SECTIONS, rows
from studio.serve import address_of, is_loopback, listening_socket, names_of, token_for
from utils.runtime import UserError

# ---- rows


def test_every_group_has_one_row_with_its_categories():
    assert sorted(row["index"] for row in rows()) == list(range(len(GROUPS)))
    assert [SECTIONS.index(row["section"]) for row in rows()] == sorted(
        SECTIONS.index(r["section"]) for r in rows()
    )
    for row in rows():
        size = GROUPS[row["index"]].size
        assert len(row["cells"]) == len(row["says"]) == len(row["short"]) == size
        assert len(set(row["cells"])) == size


def test_rows_of_a_section_have_names_of_their_own():
    named = [(row["section"], row["name"]) for row in rows()]
    assert len(set(named)) == len(named)
    by_label = {row["label"]: row for row in rows()}
    assert (
        by_label["L-elbow angle"]["section"] == "Left arm"
        and by_label["L-elbow angle"]["name"] == "elbow bend"
    )
    assert by_label["L-hand vs R-foot distance"]["section"] == "Arms to legs"
    assert by_label["L-knee vs R-knee relY"]["name"] == "left knee above/below right"
    assert by_label["pelvis vs neck relV"]["section"] == "Trunk"


# ---- forms


def test_every_operation_has_a_form_and_each_field_a_kind():
    kinds = {"groups", "span", "switch", "whole", "number", "numbers", "text", "choice"}
    assert set(forms()) == set(OPERATIONS)
    for name, form in forms().items():
        assert form["about"], name
        assert {field["kind"] for field in form["fields"]} <= kinds, name
        assert "span" in {field["name"] for field in form["fields"]}, name


def test_choices_are_those_that_the_operation_takes():
    found = 0
    for name, form in forms().items():
        for field in form["fields"]:
            if field["kind"] != "choice":
                continue
            found += 1
            for choice in field["choices"]:
                given = {
                    other["name"]: 1
                    for other in form["fields"]
                    if other["needed"] and other["kind"] != "groups"
                }
                given |= {"groups": "L-elbow angle", "category": 1} if name == "SetCode" else {}
                given |= {"source": "left_arm", "target": "right_arm"} if name == "CopyLimb" else {}
                if name == "CopyLimb":
                    mirror = choice.replace("left", "x").replace("right", "left").replace("x", "right")
                    given["target" if field["name"] == "source" else "source"] = mirror
                (made,) = from_plain([{name: given | {field["name"]: choice}}])
                assert getattr(made, field["name"]) == choice
            with pytest.raises(UserError):
                from_plain([{name: given | {field["name"]: "nothing of the kind"}}])
    assert found >= 6


def test_a_new_operation_appears_by_itself(monkeypatch):
    @dataclass(frozen=True)
    class Wobble(editing.MotionOperation):
        """Wobble a while."""

        times: int
        side: str | None = None

    monkeypatch.setitem(OPERATIONS, "Wobble", Wobble)
    forms.cache_clear()
    try:
        found = {field["name"]: field for field in forms()["Wobble"]["fields"]}
    finally:
        forms.cache_clear()
    assert found["times"]["kind"] == "whole" and found["times"]["needed"]
    assert found["side"]["kind"] == "text" and found["side"]["optional"]


@pytest.mark.parametrize(
    "operation",
    [
        SetCode(["L-elbow angle", "R-elbow angle"], category=8, span=Span(0.8, 2.0), ease=0.2),
        SetCode("L-elbow angle", value=90.5),
        Shift(["L-knee angle"], categories=-2, span=Span(1)),
        Clamp("L-knee angle", at_least=3, high=120.0),
        Mirror(),
        Copy(["left arm"], at=0.4, hold=True, span=Span(1, 2)),
        editing.Turn(90, span=Span(1, 3)),
        editing.Place(start=(0.0, 1.5)),
        editing.MirrorMotion(),
    ],
)
def test_operations_pass_through_the_page_unchanged(operation):
    (back,) = from_plain(json.loads(json.dumps(to_plain([operation]))))
    assert back == operation
    assert in_words(operation).isprintable()


def test_operations_are_told_in_words():
    assert in_words(SetCode(["L-elbow angle"], category=8)) == "L-elbow angle; category 80 to 90 degrees"
    assert in_words(Clamp("L-foot ground", at_least=1)) == "L-foot ground; at least off the ground"
    assert in_words(editing.StepAside(0.3, "left")) == "metres 0.3; side left"
    assert in_words(editing.Reverse()) == ""


@pytest.mark.parametrize(
    "entries",
    [
        [7], [None], ["Nope"], [{"SetCode": {}}], [{"SetCode": {"groups": "nobody", "category": 1}}],
        [{"Turn": {"degrees": "much"}}], [{"Turn": {"degrees": float("nan")}}], [{"Turn": {"degrees": 90, "more": 1}}],
        [{"Turn": {"degrees": 90, "span": {"start": "x"}}}], [["Turn", 90]], [{"Turn": 1, "Cut": 2}],
        [{"Copy": {"codes": [[1, 2], [3]]}}],
    ],
)  # fmt: skip
def test_what_is_no_operation_is_refused_in_one_line(entries):
    with pytest.raises(UserError) as told:
        from_plain(entries)
    assert "\n" not in str(told.value)


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
        session.move(1)
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


# ---- health


def test_what_is_no_worse_is_not_complained_of():
    joints = person()
    assert compare(joints, joints, 20.0)["worse"] == []


def test_feet_that_slide_and_joints_that_jerk_are_named():
    before = person()
    sliding = before + np.arange(len(before))[:, None, None] * [0.01, 0, 0]
    told = compare(before, sliding, 20.0)
    assert told["after"]["slide"] - told["before"]["slide"] == pytest.approx(10, abs=1)
    assert [line for line in told["worse"] if "slide" in line]
    jerking = before.copy()
    jerking[30, 20] += 0.3
    told = compare(before, jerking, 20.0)
    assert told["after"]["joint"] == "left wrist" and told["after"]["second"] == pytest.approx(1.5)
    assert [line for line in told["worse"] if "left wrist at 1.5 s" in line]


def test_a_foot_that_is_lifted_does_not_slide():
    before = person()
    lifted = before.copy()
    lifted[20:, [4, 7, 10]] += [0.0, 0.3, 0.1]
    assert not [line for line in compare(before, lifted, 20.0)["worse"] if "slide" in line]


# ---- who may call


def refusal(
    headers: dict[str, str], method: str = "POST", path: str = "/api/x", token: str | None = None
) -> int | None:
    """Status with which the guard refuses a request; None where it passes it on."""
    sent, passed = [], []

    async def app(scope, receive, send):
        passed.append(scope)

    async def send(message):
        sent.append(message)

    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(Guard(app, names_of("127.0.0.1", []), token, 1000)(scope, None, send))
    return None if passed else sent[0]["status"]


OWN = {"host": "127.0.0.1:8014", "origin": "http://127.0.0.1:8014"}


def test_the_own_page_passes():
    assert refusal(OWN) is None
    assert refusal(OWN | {"sec-fetch-site": "same-origin"}) is None
    assert refusal({"host": "localhost:1"}, "GET", "/") is None
    assert refusal({"host": "[::1]:1"}, "GET", "/") is None
    assert refusal(OWN | {"sec-fetch-site": "cross-site"}, "GET", "/") is None  # a link to the page


@pytest.mark.parametrize(
    ("headers", "method", "path", "status"),
    [
        ({"host": "evil.example"}, "GET", "/", 421),
        ({"host": "127.0.0.1.evil.example:8014"}, "GET", "/", 421),
        ({}, "GET", "/", 421),
        ({"host": "[::1"}, "GET", "/", 421),
        (OWN | {"origin": "http://evil.example"}, "POST", "/api/x", 403),
        (OWN | {"origin": "null"}, "POST", "/api/x", 403),
        (OWN | {"origin": "http://127.0.0.1:9999"}, "POST", "/api/x", 403),
        ({"host": OWN["host"]}, "POST", "/api/x", 403),
        (OWN | {"sec-fetch-site": "cross-site"}, "GET", "/api/x", 403),
        (OWN | {"sec-fetch-site": "same-site"}, "POST", "/api/x", 403),
        (OWN | {"content-length": "1001"}, "POST", "/api/x", 413),
        (OWN | {"content-length": "-5"}, "POST", "/api/x", 413),
    ],
)
def test_strangers_are_refused(headers, method, path, status):
    assert refusal(headers, method, path) == status


def test_a_token_is_shown_once_and_then_kept_as_a_cookie():
    assert refusal(OWN, token="secret") == 401
    assert refusal(OWN, "GET", "/", token="secret") == 401
    assert refusal(OWN, "GET", "/?token=secrex", token="secret") == 401
    assert refusal(OWN, "GET", "/?token=secret", token="secret") == 303
    assert refusal(OWN | {"cookie": "pgr2m_studio=secret"}, token="secret") is None
    assert refusal(OWN | {"cookie": "pgr2m_studio=secrex"}, token="secret") == 401
    assert refusal(OWN, "GET", "/api/x?token=secret", token="secret") == 401
    assert refusal(OWN | {"host": "evil.example", "cookie": "pgr2m_studio=secret"}, token="secret") == 421


def test_only_this_machine_needs_no_token():
    assert all(token_for(host) is None for host in ("127.0.0.1", "localhost", "::1", "127.3.2.1"))
    assert len(token_for("0.0.0.0") or "") > 24 and token_for("192.168.1.7") != token_for("192.168.1.7")
    assert not is_loopback("somewhere")
    assert "0.0.0.0" not in names_of("0.0.0.0", []) and "studio.example" in names_of(
        "0.0.0.0", ["Studio.Example"]
    )


def test_host_names():
    assert (
        host_name("127.0.0.1:8014") == "127.0.0.1" and host_name("[::1]:3") == "::1" and host_name("") == ""
    )


def test_where_it_can_not_listen_is_one_line():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert address_of(taken, None) == f"http://127.0.0.1:{port}/"
        assert address_of(taken, "abc") == f"http://127.0.0.1:{port}/?token=abc"
        for host, number in (
            ("127.0.0.1", port),
            ("no such host", 0),
            ("203.0.113.1", 0),
            ("x" * 300, 0),
            ("1:2:3", 0),
        ):
            with pytest.raises(UserError, match="--host") as told:
                listening_socket(host, number)
            assert "\n" not in str(told.value)
