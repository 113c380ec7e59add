"""The client of language models: bodies that are no answer, refusals, and a key that nobody gets to see."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import traceback
from urllib.parse import quote

import numpy as np
import pytest
from chat_server import SECRET, Raw
from editing_world import FPS, person

from dataset.keyword_endpoint import BadReply, EndpointKeywords
from dataset.keyword_rules import KEYWORDS
from dataset.pose_codes import parse_pose_codes
from editing.language.language_model import Cached, ask_for_edit, with_retries
from utils import chat
from utils.chat import Busy, ChatModel, Malformed, content_of, read_key, redact, shown_address
from utils.runtime import UserError

ASK = [{"role": "user", "content": "wave"}]


def body(**message) -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}).encode()


GOOD_BODY = body(content='{"a": 1}')
# Status 200, and no answer inside.
NO_ANSWERS = {
    "nothing": b"",
    "blanks": b" \r\n ",
    "HTML": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "plain text": b"upstream timed out",
    "cut off": GOOD_BODY[:40],
    "two values": GOOD_BODY + GOOD_BODY,
    "events": b'data: {"choices": []}\n\ndata: [DONE]\n',
    "null": b"null",
    "number": b"12",
    "text": b'"hello"',
    "list": b"[]",
    "no choices": b"{}",
    "choices null": b'{"choices": null}',
    "choices empty": b'{"choices": []}',
    "choices a text": b'{"choices": "yes"}',
    "choices an object": b'{"choices": {"0": {}}}',
    "choice null": b'{"choices": [null]}',
    "choice a number": b'{"choices": [1]}',
    "message missing": b'{"choices": [{"index": 0}]}',
    "message null": b'{"choices": [{"message": null}]}',
    "message a list": b'{"choices": [{"message": []}]}',
    "content missing": body(),
    "content null": body(content=None),
    "content a number": body(content=3),
    "content an object": body(content={"a": 1}),
    "content blank": body(content=" \n"),
    "content of pictures": body(content=[{"type": "image_url", "image_url": {}}, None, 1]),
    "an error": b'{"error": {"message": "model is loading"}}',
    "an error in a list": b'{"choices": [], "error": ["x", {"y": []}]}',
    "deep": b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep in objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "huge number": b'{"choices": ' + b"9" * 10_000 + b"}",
    "binary": bytes(range(256)),
    "Latin-1": '{"choices": [{"message": {"content": "é"}}]}'.encode("latin-1"),
    "half of UTF-16": '{"choices": []}'.encode("utf-16-le")[:-1],
    "huge": b" " * (chat.LARGEST_REPLY + 1),
    "gzip of nonsense": b"\x1f\x8b\x08\x00nonsense",
}


@pytest.mark.parametrize("kind", NO_ANSWERS)
def test_bodies_without_an_answer_are_malformed_and_nothing_else(chat_server, kind):
    server = chat_server(Raw(NO_ANSWERS[kind]))
    with pytest.raises(Malformed) as caught:
        ChatModel(server.base, "m")(ASK, None)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "headers", [{"Content-Encoding": "gzip"}, {"Content-Length": "1000000"}, {"Content-Type": "text/html"}]
)
def test_headers_that_lie_are_no_tracebacks(chat_server, headers):
    server = chat_server(Raw(b"{}", headers=headers))
    with pytest.raises((Malformed, Busy)):
        ChatModel(server.base, "m", timeout=2)(ASK, None)


@pytest.mark.parametrize(
    "reply",
    [
        Raw(GOOD_BODY),
        Raw(GOOD_BODY, headers={"Content-Type": "text/plain"}),
        Raw(b"\xef\xbb\xbf" + GOOD_BODY),
        Raw(GOOD_BODY.decode().encode("utf-16")),
        Raw(gzip.compress(GOOD_BODY), headers={"Content-Encoding": "gzip"}),
        Raw(body(content=[{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}])),
    ],
)
def test_unusual_bodies_with_an_answer_are_understood(chat_server, reply):
    assert ChatModel(chat_server(reply).base, "m")(ASK, None) == '{"a": 1}'


def test_half_characters_of_an_answer_can_be_written():
    content_of(b'{"choices": [{"message": {"content": "\\ud800"}}]}', None).encode("utf-8")


@pytest.mark.parametrize("kind", ["HTML", "cut off", "content null", "deep", "binary", "choices a text"])
def test_both_users_of_the_client_say_it_in_a_line(chat_server, kind, tmp_path):
    server = chat_server(Raw(NO_ANSWERS[kind]))
    with pytest.raises(BadReply, match="3 malformed replies") as first:
        EndpointKeywords("m", server.base)("a person bows")
    model = Cached(with_retries(ChatModel(server.base, "m"), lambda seconds: None), "m", tmp_path)
    codes = parse_pose_codes(person(41), "heading")
    with pytest.raises(UserError, match="5 tries") as second:
        ask_for_edit(model, "x", np.asarray(codes), FPS)
    assert all(str(error.value).isprintable() for error in (first, second))
    assert not list(tmp_path.iterdir())  # no answer, nothing kept


# ------------------------------------------------------------------------------------------------------------ the key
ECHOES = [
    SECRET,
    SECRET.upper(),
    SECRET[:-3] + "...",
    "..." + SECRET[4:],
    f"Bearer {SECRET}",
    f"token={quote(SECRET + '/+')}",
    base64.b64encode(SECRET.encode()).decode(),
    "x" * 180 + SECRET,
    "x" * 195 + SECRET,
    "x" * 790 + SECRET,
    f"first line\n{SECRET}\nthird",
]


def leaks(text: str) -> list[str]:
    """Eight characters in a row of the key, in any case or in base64."""
    forms = [SECRET, base64.b64encode(SECRET.encode()).decode()]
    pieces = {form[i : i + 8].lower() for form in forms for i in range(len(form) - 7)}
    return [piece for piece in pieces if piece in text.lower()]


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422, 429, 500, 503])
def test_a_server_that_echoes_the_key_does_not_get_it_shown(chat_server, status, echo, capsys, caplog):
    answers = {
        "object": (status, echo),
        "text": Raw(echo.encode(), status),
        "page": Raw(f"<p>{echo}".encode(), status),
    }
    if status == 200:
        answers = {"content": echo, "error": Raw(json.dumps({"error": {"message": echo}}).encode())}
    for answer in answers.values():
        model = ChatModel(chat_server(answer).base, "m")
        try:
            shown = model(ASK, {"type": "object"})
        except (chat.TryAgain, UserError) as error:
            shown = str(error) + "".join(traceback.format_exception(error))
        assert not leaks(shown + repr(model)), (status, echo)
    assert not leaks("".join(capsys.readouterr()) + caplog.text)


def test_a_key_echoed_in_escapes_is_found():
    escaped = "".join(f"\\u{ord(c):04x}" for c in SECRET)
    assert (
        content_of(f'{{"choices": [{{"message": {{"content": "{escaped}"}}}}]}}'.encode(), SECRET) == "[key]"
    )


def test_what_is_no_key_stays():
    assert redact("the left hand very secretly waves", SECRET) == "the left hand very secretly waves"
    assert (
        redact("mood: none", "x") == "mood: none"
        and redact("key x, xylophone", "x") == "key [key], xylophone"
    )
    assert redact("İ " + SECRET.upper(), SECRET) == "İ [key]"
    assert redact("text", None) == "text"


def test_neither_files_nor_output_of_make_keywords_hold_the_key(chat_server, tmp_path, repo):
    """The real script against servers that echo: refused, busy, and inside of a reply that is taken."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("a person waves#a/DET#0.0#0.0\n")
    good = {key: [f"{SECRET} {n}" for n in range(3)] for key in KEYWORDS}
    environment = os.environ | {"OPENAI_API_KEY": SECRET, "PGR2M_TRACEBACK": "1", "OMP_NUM_THREADS": "1"}
    for answer, code in (((401, f"wrong key {SECRET}"), 2), ((429, SECRET), 2), (json.dumps(good), 0)):
        server = chat_server(answer)
        command = [sys.executable, "dataset/prepare/make_keywords.py", "--data-root", str(tmp_path)]
        command += ["--api-base", server.base, "--model", "m", "--skip-embeddings", "--retries", "0"]
        done = subprocess.run(command, cwd=repo, env=environment, capture_output=True, text=True)
        assert done.returncode == code and server.keys[0] == f"Bearer {SECRET}", done.stderr
        assert not leaks(done.stdout + done.stderr)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != texts]
    assert len(written) == 2  # the keywords, and the kept reply
    assert not any(leaks(path.read_bytes().decode("latin-1")) for path in written)


@pytest.mark.parametrize(
    "key", ["sk-schlüssel", "sk-\u2013dash", "sk-two\nlines", "sk-a b", "sk-走", "sk-\x7f"]
)
def test_keys_that_no_server_can_be_sent_are_told_without_them(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    for use in (
        read_key,
        lambda: EndpointKeywords("m"),
        lambda: ChatModel("http://127.0.0.1:9/v1", "m")(ASK, None),
    ):
        with pytest.raises(UserError, match="OPENAI_API_KEY: character [0-9]+ ") as caught:
            use()
        assert key[3:] not in str(caught.value)


def test_blanks_around_a_key_are_forgiven(chat_server, monkeypatch):
    server = chat_server(Raw(GOOD_BODY))
    monkeypatch.setenv("OPENAI_API_KEY", f" {SECRET}\r\n")
    ChatModel(server.base, "m")(ASK, None)
    assert server.keys == [f"Bearer {SECRET}"]


@pytest.mark.parametrize(
    "base", ["http://[", "http://host:port/v1", "nonsense", "ftp://host/v1", "http://a b/v1", ""]
)
def test_addresses_that_are_none(monkeypatch, base):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    with pytest.raises((UserError, Busy)) as caught:
        ChatModel(base, "m", timeout=2)(ASK, None)
    assert str(caught.value).isprintable() and not leaks(str(caught.value))


def test_credentials_in_an_address_are_not_shown():
    assert shown_address("https://me:secret@host:8/v1?key=secret#x") == "https://host:8/v1"
    assert shown_address("me:secret@host") == "host"
    assert ChatModel("https://me:secret@host/v1", "m").where == "https://host/v1"


def test_a_key_given_in_place_of_its_variable_is_not_shown():
    for given in (SECRET, SECRET.upper(), "sk_" + "X" * 80):
        with pytest.raises(UserError, match="--key-variable: give the name") as caught:
            ChatModel(None, "m", key_variable=given)(ASK, None)
        assert given not in str(caught.value) and not leaks(str(caught.value))
