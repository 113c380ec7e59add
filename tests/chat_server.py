"""A language model's server on this machine, for tests."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "sk-very-secret"


@dataclass
class Raw:
    """A reply byte by byte."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """An OpenAI-compatible server on this machine: `answers` are sent in turn, the last one for ever.

    An answer is the text of a good reply, a status and a complaint, or `Raw`.
    """

    def __init__(self, answers: list) -> None:
        self.answers, self.requests, self.keys = list(answers), [], []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    outer.requests.append(body)
                    outer.keys.append(self.headers["Authorization"])
                    answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if isinstance(answer, Raw):
                    return self.send(answer.status, answer.body, answer.headers)
                status, content = answer if isinstance(answer, tuple) else (200, answer)
                reply = {"error": {"message": content}}
                if status == 200:
                    message = {"role": "assistant", "content": content}
                    reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
                    reply["choices"] = [{"index": 0, "finish_reason": "stop", "message": message}]
                self.send(status, json.dumps(reply).encode(), {})

            def send(self, status: int, data: bytes, more: dict[str, str]) -> None:
                self.send_response(status)
                headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
                for name, value in (headers | {"Retry-After-Ms": "1"} | more).items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):  # the client may have heard enough
                    self.wfile.write(data)

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def chat_server(monkeypatch) -> Iterator:
    """chat_server(*answers) -> Server; the key in the environment is SECRET."""
    servers = []
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)

    def start(*answers) -> Server:
        servers.append(Server(list(answers)))
        return servers[-1]

    yield start
    for server in servers:
        server.server.shutdown()
        server.server.server_close()
