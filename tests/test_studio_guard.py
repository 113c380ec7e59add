"""Who may call the studio, and where it listens."""

from __future__ import annotations

import asyncio

import pytest

from studio.guard import Guard, host_name
from studio.serve import address_of, is_loopback, listening_socket, names_of, token_for
from utils.runtime import UserError


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
