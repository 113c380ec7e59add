"""A language-model server that answers whatever a case wants."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ECHO = "{key}"  # in a body: the key that the client sent, as some servers complain with it


class Answers:
    """An HTTP server on this machine. A reply is (status, body, headers); the same one for every request."""

    def __init__(self) -> None:
        self.reply: tuple[int, bytes, dict[str, str]] = (200, b"", {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body, headers = outer.reply
                key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                body = body.replace(ECHO.encode(), key.encode())
                if "Cut" in headers:  # the connection breaks in the middle
                    self.close_connection = True
                self.send_response(status)
                lengths = {"Content-Length": str(len(body) + (100 if "Cut" in headers else 0))}
                for name, value in ({"Content-Type": "application/json"} | lengths | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answering(self, reply: Any) -> str:
        """The server's address, after which it answers with `reply`: (status, body) or (status, body, headers)."""
        status, body, *headers = reply
        body = (
            body
            if isinstance(body, bytes)
            else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        self.reply = (status, body, headers[0] if headers else {})
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def __enter__(self) -> Answers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()


def completion(content: object, **more: object) -> dict[str, object]:
    """A well-formed reply whose message has this content."""
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": content},
    } | more
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "tiny", "choices": [choice]}
