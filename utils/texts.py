"""Text files that people hand in: one reader for plain text, JSON and YAML, which takes nothing for granted.

UTF-8 with or without a byte-order mark and UTF-16 are read. Binary files, other encodings, endless files, nests too
deep and YAML whose aliases multiply are told in one line. `decode_text`, `parse_json` and `parse_yaml` raise
ValueError; `read_*` raise UserError, which names the file.
"""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import Any

import yaml

from utils.runtime import UserError

LARGEST = 256 << 20  # bytes of a text file
DEEPEST = 100  # lists and mappings inside one another
MOST_NODES = 200_000  # of YAML, aliases written out
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # starts like UTF-16's mark, so it is looked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_text(data: bytes, fallback: str | None = None) -> str:
    """Bytes -> text with \\n as line end. fallback: encoding of what is not Unicode. ValueError: no text."""
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), None)
    if encoding is None:
        # UTF-16 without a mark: of Latin letters every other byte is zero.
        zeros = [len(data) >= 4 and not any(data[start:200:2]) for start in (0, 1)]
        encoding = "utf-8" if zeros[0] == zeros[1] else "utf-16-be" if zeros[0] else "utf-16-le"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if fallback is None or b"\0" in data:
            kind = "binary, not text" if b"\0" in data else f"not UTF-8 text (byte {error.start})"
            raise ValueError(f"{kind}; save it as UTF-8") from error
        text = data.decode(fallback)
    if "\0" in text:
        raise ValueError("binary, not text; save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: str | os.PathLike[str], what: str = "", fallback: str | None = None) -> str:
    """Content of a text file.

    what: said before the path in messages, for example "--text-file". fallback: see `decode_text`.
    UserError when it can't be read, is no text, or is larger than LARGEST (as devices are, which never end).
    """
    name = f"{what} {path}".strip()
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{name}: can't be read ({reason})") from error
    if len(data) > LARGEST:
        raise UserError(f"{name}: larger than the {LARGEST >> 20} MiB that a text file may have")
    try:
        return decode_text(data, fallback)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error


def read_lines(path: str | os.PathLike[str], what: str = "", fallback: str | None = None) -> list[str]:
    """Lines of a text file, as `read_text`, without their ends."""
    return read_text(path, what, fallback).removesuffix("\n").split("\n")


def read_names(path: str | os.PathLike[str], what: str = "") -> list[str]:
    """Words of a text file, such as the clips of a split."""
    return read_text(path, what).split()


def parse_json(text: str | bytes) -> Any:
    """JSON value of a text. ValueError, also for nests deeper than DEEPEST."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"nested deeper than {DEEPEST}") from error
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, list | dict)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return value
    raise ValueError(f"nested deeper than {DEEPEST}")


def read_json(path: str | os.PathLike[str], what: str = "") -> Any:
    """JSON value of a file; UserError as `read_text`, and when it is no JSON."""
    try:
        return parse_json(read_text(path, what))
    except ValueError as error:
        raise UserError(f"{what} {path}: not JSON ({one_line(error)})".strip()) from error


class _BoundedLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which gives up on deep nests and on aliases that multiply."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.sizes: dict[int, int] = {}  # of finished nodes, with aliases written out

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose one node, keeping count."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST}")
        is_alias = self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if is_alias and id(node) not in self.sizes:
            raise ValueError("an alias of what it stands in")
        if not is_alias:
            children = node.value if isinstance(node, yaml.CollectionNode) else []
            if isinstance(node, yaml.MappingNode):
                children = [child for pair in children for child in pair]
            self.sizes[id(node)] = 1 + sum(self.sizes[id(child)] for child in children)
        if self.sizes[id(node)] > MOST_NODES:
            raise ValueError(f"more than {MOST_NODES} values, aliases written out")
        return node


def parse_yaml(text: str) -> Any:
    """YAML value of a text, plain types only. ValueError, also for what would grow without bounds."""
    loader = None
    try:
        loader = _BoundedLoader(text)
        return loader.get_single_data()
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        # PyYAML lets the errors of int(), float(), date() and its own tables through, where a tag lies.
        raise ValueError(one_line(error)) from error
    finally:
        if loader is not None:
            loader.dispose()


def read_yaml(path: str | os.PathLike[str], what: str = "") -> Any:
    """YAML value of a file; UserError as `read_text`, and when it is no YAML."""
    text = read_text(path, what)
    try:
        return parse_yaml(text)
    except ValueError as error:
        raise UserError(f"{what} {path}: not YAML ({error})".strip()) from error


def read_json_or_nothing(path: str | os.PathLike[str]) -> Any:
    """JSON value of a file of our own, or None where it is missing or damaged."""
    try:
        return parse_json(Path(path).read_bytes())
    except (OSError, ValueError):
        return None


def well_formed(text: str) -> str:
    """The text with half characters (lone surrogates), which can't be written, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def require_well_formed(text: str, what: str) -> None:
    """UserError, which begins with `what`, for words that came broken from the command line and can't be written."""
    if well_formed(text) != text:
        raise UserError(f'{what} "{one_line(text, 60)}": is not UTF-8; set the terminal to UTF-8')


def one_line(text: object, most: int = 200) -> str:
    """A stranger's text for a message: one line, nothing that steers a terminal, cut after `most` characters."""
    shown = "".join(c if c.isprintable() else " " for c in well_formed(str(text)[: 4 * most]))
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else shown[: most - 3].rstrip() + "..."
