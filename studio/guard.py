"""Who may talk to the studio: a layer around the application that lets only its own page through.

A page of somebody else, open in the same browser, can send requests to 127.0.0.1. It is kept out by three checks: the
Host header must be a name of ours (a stranger's name that was made to point here is not), requests that change
something must come from our own origin, and no address answers a script of another site. Where the studio listens on
more than this machine, a token is asked for as well.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi.exceptions import StarletteHTTPException as HTTPException

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_TOO_MUCH = "more than {} MiB were sent: too much for one file"
COOKIE = "pgr2m_studio"
READING = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """The application behind the checks.

    hosts: names, without port, under which the page may be opened. token: that must be shown; None: none. limit: bytes
    of a request's body.
    """

    def __init__(self, app: Application, hosts: frozenset[str], token: str | None, limit: int) -> None:
        self.app, self.hosts, self.token, self.limit = app, hosts, token, limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request that may not pass, hand on any other."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        refused = self._refusal(scope, headers)
        if refused is not None:
            await _answer(send, *refused)
            return
        shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self.token is not None and scope["path"] == "/" and _same(shown, self.token):
            # The token moves from the address, which is seen and kept, into a cookie that scripts can't read.
            cookie = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
            await _answer(send, 303, "", {"location": "/", "set-cookie": cookie})
            return
        await self._pass(scope, receive, send)

    def _refusal(self, scope: Message, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and line for a request that may not pass."""
        host = headers.get("host", "")
        if host_name(host) not in self.hosts:
            return 421, f"unknown host name {host[:80]!r}: open the address that studio.py printed"
        own = {f"{scheme}://{host}" for scheme in ("http", "https")}
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        foreign = (origin is not None and origin not in own) or site not in ("same-origin", "none")
        if scope["method"] not in READING and (origin is None or foreign):
            return 403, "this request does not come from the studio's own page"
        if foreign and scope["path"] != "/":
            return 403, "this address is for the studio's own page"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.limit:
            return 413, _TOO_MUCH.format(self.limit >> 20)
        if self.token is not None and not self._knows_token(scope, headers):
            return 401, "a token is needed: open the address that studio.py printed"
        return None

    def _knows_token(self, scope: Message, headers: dict[str, str]) -> bool:
        assert self.token is not None
        if scope["path"] == "/":
            shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if _same(shown, self.token):
                return True
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return COOKIE in cookies and _same(cookies[COOKIE].value, self.token)

    async def _pass(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand a request on, counting what is received; what is sent gets the headers that keep a browser strict."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, _TOO_MUCH.format(self.limit >> 20))
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *_encoded(HEADERS, given)]
            await send(message)

        await self.app(scope, counted, with_headers)


def host_name(host: str) -> str:
    """The name of a Host header, without its port; "" for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _same(shown: str, token: str) -> bool:
    return hmac.compare_digest(shown.encode(), token.encode())


def _encoded(headers: dict[str, str], given: set[bytes] | None = None) -> list[tuple[bytes, bytes]]:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return [pair for pair in pairs if given is None or pair[0] not in given]


async def _answer(send: Send, status: int, line: str, more: dict[str, str] | None = None) -> None:
    """One line of plain text."""
    body = f"{line}\n".encode() if line else b""
    headers = (
        HEADERS
        | {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
        | (more or {})
    )
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})
