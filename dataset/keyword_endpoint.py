"""Keywords of a caption from a language model behind an OpenAI-compatible endpoint (CoMo, section 3.2).

The reply is JSON with eleven entries of three phrasings each, checked against a schema. Servers that know no
`json_schema` are asked for a `json_object`, and those that don't know that either for plain text. The key comes from
the environment and goes nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataset.keyword_rules import ALTERNATIVES, KEYWORDS, Keywords
from utils.runtime import UserError, atomic_write

KEY_VARIABLE = "OPENAI_API_KEY"
MAX_CHARACTERS = 200  # of a phrasing: longer ones are not keywords
PROMPT = (
    "You annotate human motion. For the motion described by the user, say in at most six words what each body part "
    "does, and the overall mood or style in one or two words. Give three different phrasings for each. Where the "
    "description does not tell, infer what is likely. Left and right are the person's own. Reply with JSON only: an "
    f"object with the keys {', '.join(KEYWORDS)}, each an array of {ALTERNATIVES} strings."
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        key: {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS},
            "minItems": ALTERNATIVES,
            "maxItems": ALTERNATIVES,
        }
        for key in KEYWORDS
    },
    "required": list(KEYWORDS),
    "additionalProperties": False,
}
FORMATS: tuple[dict[str, Any] | None, ...] = (
    {"type": "json_schema", "json_schema": {"name": "keywords", "strict": True, "schema": SCHEMA}},
    {"type": "json_object"},
    None,
)


class BadReply(ValueError):
    """A reply that is not the JSON asked for."""


def parse_reply(text: str | None) -> Keywords:
    """Check a reply's text, which may stand between code fences -> KEYWORDS with three phrasings; BadReply."""
    from jsonschema import Draft202012Validator

    body = (text or "").strip()
    if body.startswith("```"):
        body = body.strip("`").removeprefix("json").strip()
    try:
        content = json.loads(body)
    except ValueError as error:
        raise BadReply(f"not JSON ({error})") from error
    problem = next(iter(Draft202012Validator(SCHEMA).iter_errors(content)), None)
    if problem is not None:
        place = "".join(f"[{step!r}]" for step in problem.absolute_path)
        raise BadReply(f"{place or 'the reply'}: {problem.message[:MAX_CHARACTERS]}")
    keywords = {key: [" ".join(phrase.split()) for phrase in content[key]] for key in KEYWORDS}
    if not all(phrase for phrases in keywords.values() for phrase in phrases):
        raise BadReply("an empty phrasing")
    return keywords


class EndpointKeywords:
    """Caption -> keywords by a language model; callable, usable from several threads.

    Rate limits and failing servers are waited out (growing pauses, the server's own advice first), malformed
    replies asked for again.
    """

    def __init__(
        self,
        model: str,
        api_base: str | None = None,
        retries: int = 6,
        attempts: int = 3,
        timeout: float = 60.0,
        client: Any = None,
    ) -> None:
        """api_base: None is OpenAI's own. retries: of a failed request; attempts: at a well-formed reply.

        client: stands in for `openai.OpenAI`. UserError when no key is in the environment and OpenAI needs one.
        """
        self.model, self.attempts = model, attempts
        self._format = 0  # index into FORMATS of the richest the server understands
        if client is None:
            key = os.environ.get(KEY_VARIABLE)
            if not key and api_base is None:
                raise UserError(
                    f"keywords: set {KEY_VARIABLE} in the environment, or give --api-base of a server of your own"
                )
            from openai import OpenAI  # a second to import

            client = OpenAI(api_key=key or "none", base_url=api_base, max_retries=retries, timeout=timeout)
        self.client = client

    def __call__(self, caption: str) -> Keywords:
        """Ask for one caption. BadReply after too many malformed replies; UserError when the server refuses."""
        import openai

        problem: Exception | None = None
        for _ in range(self.attempts):
            try:
                return parse_reply(self._ask(caption))
            except BadReply as error:
                problem = error
            except openai.APIStatusError as error:
                raise UserError(
                    f"keywords: {self._where()} answered {error.status_code}: {_reason(error)}"
                ) from error
            except openai.APIConnectionError as error:
                raise UserError(f"keywords: {self._where()} can't be reached; check --api-base") from error
        raise BadReply(f"{self.attempts} malformed replies, the last: {problem}")

    def _ask(self, caption: str) -> str | None:
        import openai

        messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": caption}]
        while True:
            tried = self._format
            wanted = {} if FORMATS[tried] is None else {"response_format": FORMATS[tried]}
            try:
                reply = self.client.chat.completions.create(model=self.model, messages=messages, **wanted)
            except (openai.BadRequestError, openai.UnprocessableEntityError):
                if tried + 1 == len(FORMATS):
                    raise
                self._format = max(self._format, tried + 1)
                continue
            if not getattr(reply, "choices", None):
                raise BadReply("no choices in the reply")
            return reply.choices[0].message.content

    def _where(self) -> str:
        return f"the server ({getattr(self.client, 'base_url', 'client')})"


def _reason(error: Any) -> str:
    """One line out of a server's complaint."""
    return " ".join(str(getattr(error, "message", error)).split())[:MAX_CHARACTERS]


class CachedKeywords:
    """Keywords of captions asked for before, one small file each: an interrupted run asks for nothing twice."""

    def __init__(self, source: Callable[[str], Keywords], folder: str | Path, name: str) -> None:
        """name: of the source (its model, say); replies of another source are not taken."""
        self.source, self.folder, self.name = source, Path(folder), name

    def __call__(self, caption: str) -> Keywords:
        """Of a caption; a file that is damaged is asked for again."""
        key = hashlib.sha256(f"{self.name}\n{caption}".encode()).hexdigest()[:24]
        path = self.folder / f"{key}.json"
        try:
            return parse_reply(json.dumps(json.loads(path.read_text(encoding="utf-8"))["keywords"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        keywords = self.source(caption)
        with atomic_write(path) as temporary:
            content = {"source": self.name, "caption": caption, "keywords": keywords}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return keywords
