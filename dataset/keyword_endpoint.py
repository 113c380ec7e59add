"""Keywords of a caption from a language model behind an OpenAI-compatible endpoint (CoMo, section 3.2).

The reply is JSON with eleven entries of three phrasings each, checked against a schema. `utils.chat` asks.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataset.keyword_rules import ALTERNATIVES, KEYWORDS, Keywords
from utils.chat import Busy, ChatModel, Malformed
from utils.runtime import UserError, atomic_write
from utils.texts import one_line, parse_json, read_json_or_nothing

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


class BadReply(ValueError):
    """A reply that is not the JSON asked for."""


def parse_reply(text: str | None) -> Keywords:
    """Check a reply's text, which may stand between code fences -> KEYWORDS with three phrasings; BadReply."""
    from jsonschema import Draft202012Validator

    body = (text or "").strip()
    if body.startswith("```"):
        body = body.strip("`").removeprefix("json").strip()
    try:
        content = parse_json(body)
    except ValueError as error:
        raise BadReply(f"not JSON ({one_line(error)})") from error
    problem = next(iter(Draft202012Validator(SCHEMA).iter_errors(content)), None)
    if problem is not None:
        place = "".join(f"[{step!r}]" for step in problem.absolute_path)
        raise BadReply(f"{place or 'the reply'}: {one_line(problem.message, MAX_CHARACTERS)}")
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
    ) -> None:
        """api_base: None is OpenAI's own. retries: of a failed request; attempts: at a well-formed reply.

        UserError when no key is in the environment and OpenAI needs one.
        """
        self.chat = ChatModel(api_base, model, timeout=timeout, retries=retries, title="keywords")
        self.chat.check()
        self.attempts = attempts

    def __call__(self, caption: str) -> Keywords:
        """Ask for one caption. BadReply after too many malformed replies; UserError when the server refuses."""
        messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": caption}]
        problem: Exception | None = None
        for _ in range(self.attempts):
            try:
                return parse_reply(self.chat(messages, SCHEMA))
            except (BadReply, Malformed) as error:
                problem = error
            except Busy as error:
                raise UserError(f"keywords: {error}; check --api-base, or try later") from None
        raise BadReply(f"{self.attempts} malformed replies, the last: {problem}")


class CachedKeywords:
    """Keywords of captions asked for before, one small file each: an interrupted run asks for nothing twice."""

    def __init__(self, source: Callable[[str], Keywords], folder: str | Path, name: str) -> None:
        """name: of the source (its model, say); replies of another source are not taken."""
        self.source, self.folder, self.name = source, Path(folder), name

    def __call__(self, caption: str) -> Keywords:
        """Of a caption; a file that is damaged is asked for again."""
        key = hashlib.sha256(f"{self.name}\n{caption}".encode()).hexdigest()[:24]
        path = self.folder / f"{key}.json"
        reply = read_json_or_nothing(path)
        with contextlib.suppress(BadReply):
            return parse_reply(json.dumps(reply.get("keywords") if isinstance(reply, dict) else None))
        keywords = self.source(caption)
        with atomic_write(path) as temporary:
            content = {"source": self.name, "caption": caption, "keywords": keywords}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return keywords
