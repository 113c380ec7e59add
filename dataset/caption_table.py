"""All captions of a split as flat arrays and blocks of text, which open in milliseconds however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from dataset.cache_folder import ArrayWriter, open_array
from dataset.captions import Caption

ARRAYS = {"text_rows": ("<i4", ()), "first": ("<i8", ()), "times": ("<f8", (2,))}
BLOCKS = ("texts", "tokens")


class CaptionTable(Sequence[list[Caption]]):
    """Per clip its captions: `table[clip]` is a list of `Caption`, made when asked for.

    texts: distinct captions. text_rows: row of `texts` of every caption, (m,). first: (n+1,), clip i has captions
    first[i] to first[i+1] - 1. times: start and end in seconds, (m, 2).
    """

    def __init__(
        self,
        texts: list[str],
        tokens: list[str],
        text_rows: np.ndarray,
        first: np.ndarray,
        times: np.ndarray,
    ) -> None:
        """tokens: of every caption, "word/POS word/POS ...". ValueError for parts that don't belong together."""
        count = len(text_rows)
        inside = count == 0 or (text_rows.min() >= 0 and text_rows.max() < len(texts))
        if not (len(tokens) == len(times) == count == first[-1] and inside):
            raise ValueError("its captions are not complete")
        self.texts, self.tokens, self.text_rows, self.first, self.times = (
            texts,
            tokens,
            text_rows,
            first,
            times,
        )

    @classmethod
    def of(cls, captions: Iterable[Sequence[Caption]]) -> CaptionTable:
        """Table of lists of captions, one for each clip."""
        row_of: dict[str, int] = {}
        tokens, rows, times, counts = [], [], [], [0]
        for of_clip in captions:
            counts.append(len(of_clip))
            for caption in of_clip:
                rows.append(row_of.setdefault(caption.text, len(row_of)))
                tokens.append(" ".join(caption.tokens))
                times.append((caption.start, caption.end))
        return cls(
            list(row_of),
            tokens,
            np.array(rows, np.int32),
            np.cumsum(counts, dtype=np.int64),
            np.array(times, np.float64).reshape(-1, 2),
        )

    def __len__(self) -> int:
        return len(self.first) - 1

    @overload
    def __getitem__(self, clip: int) -> list[Caption]: ...

    @overload
    def __getitem__(self, clip: slice) -> list[list[Caption]]: ...

    def __getitem__(self, clip: int | slice) -> list[Caption] | list[list[Caption]]:
        if isinstance(clip, slice):
            return [self[number] for number in range(*clip.indices(len(self)))]
        if not -len(self) <= clip < len(self):
            raise IndexError(clip)
        clip %= len(self)
        return [self.caption(number) for number in range(self.first[clip], self.first[clip + 1])]

    def caption(self, number: int) -> Caption:
        """A caption by its number among all."""
        start, end = self.times[number].tolist()
        return Caption(self.texts[self.text_rows[number]], tuple(self.tokens[number].split()), start, end)

    @property
    def counts(self) -> np.ndarray:
        """Captions of every clip, (n,)."""
        return np.diff(self.first)

    def rows_of(self, clip: int) -> np.ndarray:
        """Rows of `texts` of a clip's captions."""
        return self.text_rows[self.first[clip] : self.first[clip + 1]]

    def write(self, folder: Path) -> dict[str, Any]:
        """Write into a cache folder; returns what `read` needs."""
        description = {}
        for name, (dtype, row_shape) in ARRAYS.items():
            writer = ArrayWriter(folder / f"captions.{name}", dtype, row_shape)
            writer.append(getattr(self, name))
            description[name] = writer.close()
        for name in BLOCKS:
            description[name] = write_lines(folder / f"captions.{name}", getattr(self, name))
        return description

    @classmethod
    def read(cls, folder: Path, description: dict[str, Any]) -> CaptionTable:
        """What `write` wrote; ValueError, KeyError or OSError when it is damaged."""
        arrays = {name: np.array(open_array(folder, description[name])) for name in ARRAYS}
        texts, tokens = (read_lines(folder, description[name]) for name in BLOCKS)
        return cls(texts, tokens, **arrays)


def write_lines(path: Path, lines: Sequence[str]) -> dict[str, Any]:
    """Write strings without line breaks, one a line; returns what `read_lines` needs."""
    if any("\n" in line for line in lines):
        raise ValueError(f"{path.name}: a line break inside a line")
    writer = ArrayWriter(path, "u1", ())
    writer.append(np.frombuffer("\n".join(lines).encode("utf-8", "surrogatepass"), np.uint8))
    return writer.close() | {"lines": len(lines)}


def read_lines(folder: Path, description: dict[str, Any]) -> list[str]:
    """What `write_lines` wrote; ValueError when lines are missing."""
    text = open_array(folder, description).tobytes().decode("utf-8", "surrogatepass")
    lines = text.split("\n") if description["lines"] else []
    if len(lines) != description["lines"]:
        raise ValueError(f"{folder / description['file']} has {len(lines)} lines")
    return lines
