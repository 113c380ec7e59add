"""What a language-model server may answer, to each script that asks one; and keys that can't be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dataset.keyword_rules import KEYWORDS

from .judge import EITHER, REFUSED
from .play import Case
from .server import ECHO, completion

ASKS = ("edit_asking", "generate_asking", "keywords_asking")
KEYWORDS_REPLY = {key: ["a", "b", "c"] for key in KEYWORDS}
EDIT_REPLY = {"possible": True, "reason": "", "edits": []}

BODIES: dict[str, object] = {
    "empty": "",
    "no JSON": "hello",
    "a web page": "<!DOCTYPE html><html><body>Welcome</body></html>",
    "half a JSON": '{"id": "1", "choices": [',
    "null": "null",
    "a list": [1, 2],
    "a number": "7",
    "a text": '"ok"',
    "an empty object": {},
    "choices null": {"id": "1", "choices": None},
    "choices empty": completion("x") | {"choices": []},
    "choices a number": {"id": "1", "choices": 7},
    "choices a text": {"id": "1", "choices": "abc"},
    "choices an object": {"id": "1", "choices": {"message": {"content": "x"}}},
    "a choice null": {"id": "1", "choices": [None]},
    "a choice a number": {"id": "1", "choices": [3]},
    "no message": completion("x", message=None),
    "a message of text": completion("x", message="hello"),
    "a message without content": completion("x", message={"role": "assistant"}),
    "content null": completion(None),
    "content a number": completion(7),
    "content a list": completion([{"type": "text", "text": "hello"}]),
    "content an object": completion({"a": 1}),
    "content empty": completion(""),
    "content prose": completion("I am sorry, I can't do that."),
    "content half a JSON": completion('{"possible": true, "edits": ['),
    "content deep": completion("[" * 100_000),
    "content a huge number": completion("9" * 5000),
    "content NaN": completion("NaN"),
    "content half a pair": completion('{"reason": "\\ud800"}'),
    "content of nul": completion("\0\0"),
    "content a megabyte": completion("x" * 1_000_000),
    "an error with status 200": {"error": {"message": "overloaded"}},
    "bytes that are no UTF-8": b'{"id": "\xff\xfe"}',
    "deep": "[" * 100_000,
    "a refusal": completion(None, message={"role": "assistant", "content": None, "refusal": "no"}),
    "a tool call": completion(None, message={"role": "assistant", "tool_calls": [{"id": "1"}]}),
}


def _edit(text: str = "", **changes: object) -> object:
    """A reply with one edit that has these changes; text: written in place of the code, as JSON has no NaN."""
    edit = {"group": "L-elbow angle", "start_frame": 0, "end_frame": 5, "action": "set", "code": 1} | changes
    reply = EDIT_REPLY | {"edits": [edit]}
    return json.dumps(reply).replace('"code": 1', f'"code": {text}') if text else reply


EDIT_CONTENTS = {
    "edits null": EDIT_REPLY | {"edits": None},
    "an edit of an unknown group": _edit(group="tail"),
    "an edit of words": _edit(start_frame="soon", end_frame="late", code="big"),
    "an edit backwards": _edit(start_frame=9, end_frame=2),
    "a code of 1e308": _edit(code=1e308),
    "a code NaN": _edit("NaN"),
    "a code infinite": _edit("Infinity"),
    "a code of 5000 digits": _edit("9" * 5000),
    "impossible": EDIT_REPLY | {"possible": False, "reason": "no way"},
    "no edits": EDIT_REPLY,
    "a reason of a list": EDIT_REPLY | {"reason": [1], "possible": False},
    "edits a number": EDIT_REPLY | {"edits": 3},
    "an edit a text": EDIT_REPLY | {"edits": ["raise the arm"]},
    "an edit of lists": _edit(group=[1], start_frame=[0], end_frame={}, action=None, code=[2]),
}
KEYWORD_CONTENTS = {
    "a key missing": {key: value for key, value in KEYWORDS_REPLY.items() if key != KEYWORDS[0]},
    "a key too many": KEYWORDS_REPLY | {"more": ["a", "b", "c"]},
    "two phrasings": KEYWORDS_REPLY | {KEYWORDS[0]: ["a", "b"]},
    "numbers": KEYWORDS_REPLY | {KEYWORDS[0]: [1, 2, 3]},
    "a phrasing empty": KEYWORDS_REPLY | {KEYWORDS[0]: ["", "b", "c"]},
    "a phrasing of blanks": KEYWORDS_REPLY | {KEYWORDS[0]: [" ", "b", "c"]},
    "a phrasing too long": KEYWORDS_REPLY | {KEYWORDS[0]: ["x" * 5000, "b", "c"]},
    "a null": KEYWORDS_REPLY | {KEYWORDS[0]: None},
}
REPAIRED = (
    "an edit backwards",
    "a code of 1e308",
    "an edit of words",
)  # what a sloppy answer must have meant
STATUSES = (301, 400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 599)
ERRORS: dict[str, object] = {
    "with the key in it": {"error": {"message": f"Incorrect API key provided: {ECHO}."}},
    "of text": "no",
    "empty": "",
    "a list": [1],
    "error a text": {"error": "no"},
}


def server_cases() -> Iterator[Case]:
    """All of them. Clips without keywords are left out with a warning, so make_keywords may end well."""
    for command in ASKS:
        ends = EITHER if command == "keywords_asking" else REFUSED
        contents = EDIT_CONTENTS if command == "edit_asking" else KEYWORD_CONTENTS
        bodies = BODIES | {
            name: completion(value if isinstance(value, str) else json.dumps(value))
            for name, value in contents.items()
        }
        for name, body in bodies.items():
            mended = EITHER if name in REPAIRED else ends
            yield Case("server", command, f"200, {name}", ends=mended, answer=(200, body))
        for status in STATUSES:
            for name, body in ERRORS.items():
                yield Case("server", command, f"{status}, {name}", ends=ends, answer=(status, body))
        odd = {"Content-Type": "text/html"}
        yield Case("server", command, "of another type", ends=ends, answer=(200, completion("x"), odd))
        yield Case("server", command, "cut off", ends=ends, answer=(200, completion("x"), {"Cut": "1"}))
        zipped = {"Content-Encoding": "gzip"}
        yield Case(
            "server", command, "said to be compressed", ends=ends, answer=(200, completion("x"), zipped)
        )
        yield Case("server", command, "nobody there", says=("server", "endpoint", "--api-base"))
        for what, value in {
            "no address": "nowhere",
            "another scheme": "ftp://x",
            "a bad port": "http://127.0.0.1:x",
            "empty": "",
        }.items():
            yield Case(
                "server",
                command,
                f"--api-base {what}",
                extra=("--api-base", value),
                says=("--api-base", "server", "endpoint", "key"),
            )
        for what, key in {
            "of other letters": "ключ",
            "with a line end": "sk-1\nx",
            "with a nul": "sk-\udcff",
        }.items():
            says = ("OPENAI_API_KEY", "key")
            yield Case(
                "server",
                command,
                f"a key {what}",
                says=says,
                answer=(200, completion("x")),
                environment={"OPENAI_API_KEY": key},
                ends=ends if "line" in what else REFUSED,
            )
