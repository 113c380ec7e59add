"""The one client for language models behind OpenAI-compatible endpoints.

    model = ChatModel("https://host/v1", "name")          # key: environment variable OPENAI_API_KEY
    text = model([{"role": "user", "content": "..."}], schema)

The key is read from the environment when a call is made. It is not stored, and whatever a server says passes
`redact` before anything else sees it. A reply is taken apart by hand, since servers send more than their
interface allows: any body that holds no answer raises `Malformed`, and only that.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from utils.runtime import UserError
from utils.texts import one_line, parse_json, well_formed

KEY_VARIABLE = "OPENAI_API_KEY"
FORMS = ("json_schema", "json_object", "text")  # of structured output, richest first
LARGEST_REPLY = 1 << 20  # bytes
PART_OF_KEY = 8  # characters: what a server quotes of a key is hidden from this length on
HIDDEN = "[key]"

Message = Mapping[str, str]


class TryAgain(Exception):
    """No answer this time: worth another try. The text says why, in one line without the key."""


class Busy(TryAgain):
    """The server could not be reached, was busy or failed."""


class Malformed(TryAgain):
    """The server says that all is well and sends something that is no answer."""


class _NoSchema(Exception):
    """The endpoint does not take this form of structured output."""


@dataclass
class ChatModel:
    """An OpenAI-compatible endpoint; callable, usable from several threads.

    api_base: None is OpenAI's own. retries: of a request that finds no server or a busy one, with growing pauses or
    those that the server asks for. title: of the schema. forms: what the server is taken to understand still.
    """

    api_base: str | None
    model: str
    key_variable: str = KEY_VARIABLE
    timeout: float = 60.0  # seconds, for the connection and between two parts of the reply
    retries: int = 0
    title: str = "answer"
    forms: list[str] = field(default_factory=lambda: list(FORMS))

    @property
    def where(self) -> str:
        """The server's address for messages and notes, without credentials that it may hold."""
        return "OpenAI's server" if self.api_base is None else shown_address(self.api_base)

    def check(self) -> None:
        """UserError when the key or the address can't be used."""
        self._client(read_key(self.key_variable, required=self.api_base is None)).close()

    def __call__(self, messages: Sequence[Message], schema: dict[str, Any] | None) -> str:
        """One answer, in the best structured form the server takes; schema None: any JSON object.

        TryAgain (Busy or Malformed) when there is none now, UserError when there won't be.
        """
        while True:
            form = self.forms[0]
            try:
                return self._ask(messages, schema, form)
            except _NoSchema:
                if self.forms[0] == form:  # another thread may have learnt it meanwhile
                    self.forms.pop(0)  # remembered: the next call does not try it again

    def _ask(self, messages: Sequence[Message], schema: dict[str, Any] | None, form: str) -> str:
        import openai  # a second to import

        key = read_key(self.key_variable, required=self.api_base is None)
        options: dict[str, Any] = {}
        if form == "json_schema" and schema is not None:
            named = {"name": self.title, "schema": schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": named}
        elif form != "text":
            options["response_format"] = {"type": "json_object"}
        # `from None`: a traceback must not show what the library's errors quote of the server.
        try:
            with (
                self._client(key) as client,
                client.chat.completions.with_streaming_response.create(
                    model=self.model, messages=list(messages), **options
                ) as response,
            ):
                return content_of(self._body(response), key)
        except openai.APIStatusError as error:
            raise self._refusal(error, key, bool(options)) from None
        except openai.APIConnectionError as error:
            reason = _told(error.__cause__ or error, key)
            raise Busy(f"{self.where} can't be reached ({reason})") from None
        except _with_http_errors((openai.OpenAIError, OSError), "HTTPError", "StreamError") as error:
            raise Busy(f"{self.where} broke off ({type(error).__name__})") from None

    def _client(self, key: str | None) -> Any:
        import openai

        try:
            return openai.OpenAI(
                api_key=key or "none", base_url=self.api_base, timeout=self.timeout, max_retries=self.retries
            )
        except _with_http_errors((openai.OpenAIError, ValueError, TypeError), "InvalidURL") as error:
            reason = _told(error, key)
            raise UserError(f"--api-base {self.where}: not an address ({reason})") from None

    def _body(self, response: Any) -> bytes:
        """All of a reply, unless it is too large or takes too long."""
        body, end = bytearray(), time.monotonic() + 10 * self.timeout
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST_REPLY:
                raise Malformed(f"{self.where} sent more than {LARGEST_REPLY >> 10} KiB")
            if time.monotonic() > end:
                raise Busy(f"{self.where} does not come to an end")
        return bytes(body)

    def _refusal(self, error: Any, key: str | None, structured: bool) -> Exception:
        """What to raise for a status of refusal."""
        status = error.status_code
        if status in (400, 422) and structured and len(self.forms) > 1:
            return _NoSchema()
        said = _told(_said(error), key)
        told = f"{self.where} answered {status}" + (f": {said}" if said else "")
        if status in (408, 409, 429) or status >= 500:
            return Busy(told)
        hint = {401: f"check {self.key_variable}", 403: f"check {self.key_variable}"}
        return UserError(f"{told}; {hint.get(status, 'check --api-base and --model')}")


def read_key(variable: str = KEY_VARIABLE, required: bool = False) -> str | None:
    """The key in an environment variable, without blanks around it. UserError for one that no server can be sent."""
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", variable):  # not shown: it may be the key
        raise UserError(
            "--key-variable: give the name of the variable that holds the key, such as OPENAI_API_KEY"
        )
    key = os.environ.get(variable, "").strip()
    if not key:
        if required:
            raise UserError(
                f"no key: set the environment variable {variable}, or give --api-base of a server of your own"
            )
        return None
    wrong = next((place for place, c in enumerate(key, 1) if not "!" <= c <= "~"), None)
    if wrong is not None:
        raise UserError(
            f"{variable}: character {wrong} of the key is no plain letter, digit or sign: copy the key anew, "
            "in one line"
        )
    return key


def redact(text: str, key: str | None) -> str:
    """The text with the key, pieces of it and its usual encodings replaced by HIDDEN."""
    if not key:
        return text
    if (
        len(key) < PART_OF_KEY
    ):  # a placeholder such as "none" for a server that wants no key: whole words only
        return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", HIDDEN, text)
    # A few letters are longer in lower case, which would shift all places behind them.
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    hidden = bytearray(len(text))
    for form in (key, quote(key, safe=""), base64.b64encode(key.encode()).decode()):
        form = form.lower()
        pieces = {form[i : i + PART_OF_KEY] for i in range(len(form) - PART_OF_KEY + 1)}
        for start in range(len(low) - PART_OF_KEY + 1):
            if low[start : start + PART_OF_KEY] in pieces:
                hidden[start : start + PART_OF_KEY] = b"\1" * PART_OF_KEY
    if not any(hidden):
        return text
    parts, place = [], 0
    while place < len(text):
        end = place + 1
        while end < len(text) and hidden[end] == hidden[place]:
            end += 1
        parts.append(HIDDEN if hidden[place] else text[place:end])
        place = end
    return "".join(parts)


def content_of(body: bytes, key: str | None) -> str:
    """The answer's text in the body of a chat completion; Malformed says what it is instead."""
    try:
        reply = parse_json(body)
    except ValueError:
        kind = "an HTML page" if body.lstrip()[:1] == b"<" else "no JSON" if body.strip() else "nothing"
        raise Malformed(f"the reply is {kind}") from None
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        error = reply.get("error") if isinstance(reply, dict) else None
        said = f": {_told(_message_of(error), key)}" if error else ""
        raise Malformed(f"the reply holds no choices{said}")
    message = choices[0].get("message") if isinstance(choices[0], dict) else None
    if not isinstance(message, dict):
        raise Malformed("the reply's first choice holds no message")
    content = message.get("content")
    if isinstance(content, list):  # in parts, as some servers send it
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str) or not content.strip():
        refusal = message.get("refusal")
        said = f": {_told(refusal, key)}" if isinstance(refusal, str) and refusal else ""
        raise Malformed(f"empty answer{said}")
    return redact(well_formed(content), key)


def _told(text: object, key: str | None) -> str:
    """A stranger's words for a message; the key goes first, since a cut could leave half of it."""
    return one_line(redact(str(text)[:4000], key))


def shown_address(address: str) -> str:
    """An address without user, password, query and fragment."""
    scheme, slashes, rest = address.rpartition("://")
    host, slash, path = rest.partition("/")
    shown = f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"
    return one_line(shown.partition("?")[0].partition("#")[0])


def _said(error: Any) -> str:
    """A refusing server's own words."""
    body = error.body
    return _message_of(body) if body is not None else ""


def _message_of(body: Any) -> str:
    if isinstance(body, dict):
        inner = body.get("error", body.get("message", body.get("detail")))
        return "" if inner is None else _message_of(inner)
    text = str(body)
    return "an HTML page" if text.lstrip().startswith("<") else text


def _with_http_errors(errors: tuple[type[Exception], ...], *names: str) -> tuple[type[Exception], ...]:
    """`errors`, and those of the HTTP library below openai (httpx or its successor), which come through at times."""
    libraries = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return (*errors, *(getattr(library, name) for library in libraries for name in names))
