"""Captions of a folder of motion files: a CSV (TSV) or JSONL table with a row per file or per sentence.

Fields: `file` (path below the folder, ending optional), `caption` (or `captions`: a list, JSONL only), and if
wanted `start` and `end` (seconds of the file that the sentence is about), `split` (train, val, test) and `group`
(clips that must not be divided between splits, for example one actor's).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utils.runtime import UserError
from utils.texts import one_line, parse_json, read_text, well_formed

FILE_KEYS = ("file", "filename", "path", "motion", "id", "name")
TEXT_KEYS = ("captions", "caption", "text", "texts", "description", "sentence")
SPLITS = ("train", "val", "test")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass
class Described:
    """What the table says of one file. sentences: (text, start, end), both times 0 for the whole file."""

    sentences: list[tuple[str, float, float]] = field(default_factory=list)
    split: str | None = None
    group: str | None = None


def read_caption_table(path: str | Path) -> dict[str, Described]:
    """File names as the table has them -> captions, split and group. UserError names a bad line."""
    path = Path(path)
    described: dict[str, Described] = {}
    for number, row in _rows(path):
        name = next((str(row[key]).strip() for key in FILE_KEYS if row.get(key)), "")
        texts = next((row[key] for key in TEXT_KEYS if row.get(key)), None)
        if not name or not texts:
            raise UserError(f"{path}, line {number}: needs a file and a caption")
        entry = described.setdefault(name.replace("\\", "/"), Described())
        try:
            start, end = (float(row.get(key) or 0.0) for key in ("start", "end"))
        except (TypeError, ValueError) as error:
            raise UserError(f"{path}, line {number}: start and end must be seconds ({error})") from error
        if (start or end) and not 0 <= start < end:
            raise UserError(f"{path}, line {number}: start {start} must be before end {end}, in seconds")
        for text in texts if isinstance(texts, list) else [texts]:
            # "#" separates the fields of a caption line, so it can't stand inside of one.
            if not isinstance(text, (str, int, float)):
                raise UserError(f"{path}, line {number}: a caption must be a text, not {type(text).__name__}")
            sentence = " ".join(well_formed(str(text)).replace("#", " ").split())
            if sentence:
                entry.sentences.append((sentence, start, end))
        entry.split = _split(path, number, row.get("split")) or entry.split
        entry.group = str(row["group"]) if row.get("group") else entry.group
    if not described:
        raise UserError(f"{path}: holds no captions; write rows of file and caption")
    return described


def _split(path: Path, number: int, value: Any) -> str | None:
    if not value:
        return None
    split = {"valid": "val", "validation": "val"}.get(str(value).strip().lower(), str(value).strip().lower())
    if split not in SPLITS:
        raise UserError(f"{path}, line {number}: split {value!r} must be train, val or test")
    return split


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = read_text(path, "captions")
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                row = parse_json(line)
            except ValueError as error:
                raise UserError(f"{path}, line {number}: not JSON ({one_line(error)})") from error
            if not isinstance(row, dict):
                raise UserError(f"{path}, line {number}: expected an object with file and caption")
            yield number, row
    elif path.suffix.lower() in (".csv", ".tsv"):
        yield from _table_rows(path, text)
    else:
        raise UserError(f"captions {path}: must be a .csv, .tsv or .jsonl file")


def _table_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and fields of each row; columns stand between what the first line has between their names.

    Excel writes semicolons, and decimal commas, where the comma is the decimal sign.
    """
    skipped = 0
    if text.lower().startswith("sep="):  # a line for Excel alone
        text, skipped = text.partition("\n")[2], 1
    first = text.partition("\n")[0]
    header = next((found for found in (_header(first, mark) for mark in SEPARATORS) if found), None)
    if header is None:
        raise UserError(
            f"{path}: its first line must name the columns, file and caption among them, between commas, "
            "semicolons or tabs"
        )
    separator, names = header
    # Strict: a quote that is never closed would swallow all further rows as one caption.
    reader = csv.DictReader(io.StringIO(text), fieldnames=names, delimiter=separator, strict=True)
    try:
        next(reader)  # the names themselves
        for row in reader:
            line = reader.line_num + skipped
            if None in row:
                raise UserError(
                    f"{path}, line {line}: more fields than columns; put quotes around captions with "
                    f"{SEPARATORS[separator]}"
                )
            if separator != ",":
                row |= {key: row[key].replace(",", ".") for key in ("start", "end") if row.get(key)}
            yield line, row
    except csv.Error as error:
        line = reader.line_num + skipped + 1  # where the row that can't be read starts
        raise UserError(f"{path}, line {line}: {error}; close each quote, keep captions short") from error


def _header(line: str, separator: str) -> tuple[str, list[str]] | None:
    """The separator and the names of the columns, if it is what stands between them."""
    try:
        names = [name.strip().lower() for name in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return None
    return (separator, names) if set(names) & set(FILE_KEYS) and set(names) & set(TEXT_KEYS) else None


def match_files(described: dict[str, Described], files: list[Path], folder: Path) -> dict[Path, Described]:
    """Motion files with the captions the table has for them, by path below the folder, name, or stem."""
    by_key: dict[str, list[Path]] = {}
    for file in files:
        below = file.relative_to(folder).as_posix()
        for key in {below, below.rsplit(".", 1)[0], file.name, file.stem}:
            by_key.setdefault(key, []).append(file)
    matched: dict[Path, Described] = {}
    for name, entry in described.items():
        found = by_key.get(name.removeprefix("./"), [])
        if len(found) > 1:
            listed = ", ".join(str(file.relative_to(folder)) for file in found[:3])
            raise UserError(
                f"captions of {name!r} fit several files ({listed}): write the path with its ending"
            )
        if found:
            old = matched.setdefault(found[0], entry)
            if old is not entry:  # two spellings of the same file
                old.sentences += entry.sentences
    return matched
