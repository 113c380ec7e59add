"""Words of a data set's captions with their vectors, so that a model that reads sentences needs no spaCy to start.

spaCy takes seconds to load and then says of nearly every sentence what it said of the training captions: of each word
its "word/POS" token and its vector. The file holds those; a sentence with other words is left to spaCy.
`dataset/prepare/make_vocabulary.py` makes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset.captions import Caption
from dataset.clip_npz import DAMAGED
from dataset.word_vectors import END, START, UNKNOWN, WORD_WIDTH, WordVectors
from utils.runtime import UserError, atomic_write
from utils.texts import one_line

WORD = re.compile(r"[^\W\d_]+")


def written_words(text: str) -> list[str]:
    """Words as they are written, in lower case, hyphens dropped as `dataset.word_vectors.tokenize` drops them."""
    return WORD.findall(text.lower().replace("-", ""))


@dataclass(frozen=True)
class Vocabulary:
    """Tokens "word/POS" of written words, and vectors (V, 300) of the tokens' words."""

    token_of: dict[str, str]
    row_of: dict[str, int]
    vectors: np.ndarray
    source: str  # of the vectors: "spacy" or "glove"

    @classmethod
    def of(cls, captions: Iterable[Caption], words: WordVectors) -> Vocabulary:
        """Of each written word the token it most often is. Captions whose words and tokens don't pair up are passed over."""
        counts: dict[str, Counter[str]] = {}
        for caption in captions:
            written = written_words(caption.text)
            if len(written) == len(caption.tokens):
                for word, token in zip(written, caption.tokens, strict=True):
                    counts.setdefault(word, Counter())[token] += 1
        token_of = {word: found.most_common(1)[0][0] for word, found in sorted(counts.items())}
        lemmas = {token.rpartition("/")[0] for token in token_of.values()}
        known = [START, END, UNKNOWN, *sorted(word for word in lemmas if words.row(word) >= 0)]
        row_of = {word: place for place, word in enumerate(known)}
        return cls(token_of, row_of, words.vectors[[words.row(word) for word in known]], words.source)

    def tokens(self, text: str) -> tuple[str, ...] | None:
        """The sentence's tokens, or None where a word is not in the vocabulary."""
        tokens = [self.token_of.get(word) for word in written_words(text)]
        return None if None in tokens else tuple(token for token in tokens if token)

    @property
    def words(self) -> WordVectors:
        """The vectors as the evaluator reads them."""
        return WordVectors(self.source, self.vectors, lambda word: self.row_of.get(word, -1))

    def save(self, path: str | Path) -> None:
        """Write an npz file, vectors as float16."""
        arrays: dict[str, Any] = {
            "written": np.array(list(self.token_of)),
            "tokens": np.array(list(self.token_of.values())),
            "words": np.array(list(self.row_of)),
            "vectors": self.vectors.astype(np.float16),
            "source": np.array(self.source),
        }
        with atomic_write(path) as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read such a file; UserError for a damaged one."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                content = dict(arrays)
        except DAMAGED as error:
            raise UserError(f"{path}: not a vocabulary ({one_line(str(error), 80)}); restore it") from error
        try:
            vectors = content["vectors"].astype(np.float32)
            written, tokens, words = (content[name].tolist() for name in ("written", "tokens", "words"))
            source = str(content["source"])
        except KeyError as error:
            raise UserError(f"{path}: not a vocabulary, {error} is missing; restore it") from error
        if vectors.shape != (len(words), WORD_WIDTH) or len(written) != len(tokens):
            raise UserError(f"{path}: its arrays don't belong together; restore it")
        return cls(
            dict(zip(written, tokens, strict=True)), {w: i for i, w in enumerate(words)}, vectors, source
        )
