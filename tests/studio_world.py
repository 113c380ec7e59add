"""A running studio with the shipped models, and how the tests of its server and page talk to it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from dataset.motion_clip import MotionClip
from editing import Codec
from models.pipeline import TextToMotion
from studio.app import Setting, make_app
from studio.bench import Bench
from studio.jobs import Worker
from studio.serve import in_background, listening_socket, names_of
from studio.store import Store

MODELS = Path(__file__).resolve().parents[1] / "pretrained" / "small"
ELBOW = {"SetCode": {"groups": ["L-elbow angle"], "category": 8, "span": {"start": 1, "stop": 2}}}
ENDED = ("done", "failed", "cancelled")


@cache
def _models() -> tuple[TextToMotion, Codec]:
    """The shipped models, loaded once for all test files of a process."""
    model = TextToMotion.from_pretrained(MODELS)
    return model, Codec(model.tokenizer)


def load_bench(data_root: Path | None = None) -> Bench:
    """A bench of its own with the shipped models."""
    return Bench(*_models(), data_root)


@dataclass
class Studio:
    """A server in a thread. Each call may replace headers; None leaves one out."""

    port: int
    bench: Bench
    store: Store
    worker: Worker

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, raw: bytes | None = None, headers: dict | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        given = {"Host": f"127.0.0.1:{self.port}", "Origin": self.address, "Content-Type": "application/json"}
        given = {name: value for name, value in (given | (headers or {})).items() if value is not None}
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value)
            if method != "GET" and "Transfer-Encoding" not in given and "Content-Length" not in given:
                connection.putheader("Content-Length", str(len(data or b"")))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        status, _, answer = self.ask(method, path, body, **more)
        return status, json.loads(answer)

    def new(self) -> str:
        """The id of a new session."""
        return self.call("POST", "/api/sessions")[1]["id"]

    def finished(self, told: tuple[int, Any]) -> dict[str, Any]:
        """The job that an answer began, when it has ended."""
        status, job = told
        assert status == 200, job
        until = time.monotonic() + 120
        while job["state"] not in ENDED:
            assert time.monotonic() < until, job
            status, job = self.call("GET", f"/api/jobs/{job['id']}?wait=2")
        return job

    def done(self, session: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
        """The result of a change of a session as it is now."""
        revision = self.call("GET", f"/api/sessions/{session}")[1]["revision"]
        job = self.finished(
            self.call("POST", f"/api/sessions/{session}/{what}", {"revision": revision} | body)
        )
        assert job["state"] == "done", job["error"]
        return job["result"]

    def upload(self, session: str, name: str, content: bytes, revision: int = 0) -> tuple[int, Any]:
        """Status and JSON of the answer to an uploaded file."""
        query = urlencode({"name": name, "revision": revision})
        return self.call("POST", f"/api/sessions/{session}/upload?{query}", raw=content)

    def with_clip(self, clip: MotionClip) -> str:
        """The id of a session that has a clip as its only take."""
        session = self.store.find(self.new())
        take = self.store.keep(session, clip, clip.text, "test")
        self.done(session.id, "take", {"take": take.id})
        return session.id


@contextmanager
def running(bench: Bench, folder: Path, **setting: Any) -> Iterator[Studio]:
    """A studio whose sessions lie in a folder."""
    listening = listening_socket("127.0.0.1", 0)
    store, worker = Store(folder, bench.codec.shape), Worker()
    app = make_app(bench, store, worker, Setting(**{"hosts": names_of("127.0.0.1", []), **setting}))
    with in_background(app, listening):
        yield Studio(listening.getsockname()[1], bench, store, worker)


def walking_clip(bench: Bench, seconds: float = 3.0, seed: int = 0) -> MotionClip:
    """A generated clip as the studio keeps it."""
    (clip,) = bench.generate([("a person walks forward", seconds)], 1, seed, None, lambda share: None)
    return clip


def same_motion(first: MotionClip, second: MotionClip) -> bool:
    """Whether two clips have the same joints, features and codes."""
    return all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("joints", "features", "pose_codes", "residual_codes")
    )
