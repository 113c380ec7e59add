"""The studio's process: where it listens, what it prints, how it ends."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import secrets
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator

import uvicorn

from studio.guard import Application
from utils.runtime import UserError, announce, explain

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANYWHERE = ("", "0.0.0.0", "::")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def names_of(host: str, more: list[str]) -> frozenset[str]:
    """Names under which the page may be opened: this machine's, the address listened on, and those given."""
    names = set(LOOPBACK) | {name.lower() for name in more}
    if host not in ANYWHERE:
        names.add(host.lower())
    if not is_loopback(host):
        names.add(socket.gethostname().lower())
        names.update(_own_addresses())
    return frozenset(names)


def _own_addresses() -> set[str]:
    """This machine's addresses in its network, as far as its name leads to them."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, proto=socket.IPPROTO_TCP)
    except OSError:
        return set()
    return {str(entry[4][0]).split("%")[0] for entry in found}


def token_for(host: str) -> str | None:
    """A new token where others than this machine's users can reach the page, else None."""
    return None if is_loopback(host) else secrets.token_urlsafe(24)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens. UserError where the address is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        found.close()
        told = explain(error) if isinstance(error, OSError) else str(error)
        raise UserError(
            f"--host {host} --port {port}: {told}; give another port, or --port 0 for a free one"
        ) from error
    found.listen(128)
    return found


def address_of(listening: socket.socket, token: str | None) -> str:
    """What is typed into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def serve(app: Application, listening: socket.socket, address: str, open_page: bool) -> None:
    """Answer until Ctrl-C."""
    announce(f"the studio is at {address}  (Ctrl-C ends it; the work of all tabs is kept)")
    if open_page:
        threading.Thread(target=_open, args=(address,), daemon=True).start()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    _server(app).run(sockets=[listening])


@contextlib.contextmanager
def in_background(app: Application, listening: socket.socket) -> Iterator[str]:
    """Answer from a thread of this process, for tests, measurements and pictures; yields the page's address."""
    server = _server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield address_of(listening, None)
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _server(app: Application) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        h11_max_incomplete_event_size=1 << 16,
    )
    return uvicorn.Server(config)


def _open(address: str) -> None:
    """Open the page; a machine without a browser has printed the address."""
    try:
        webbrowser.open(address)
    except (webbrowser.Error, OSError) as error:
        print(f"no browser was opened ({error})", file=sys.stderr)
