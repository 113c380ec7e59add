"""What a text encoder does not read of a sentence: its end beyond the limit, letters and words it never learnt."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

WORD = re.compile(r"[^\W\d_]+")
# Share of a sentence's words that the vocabulary lacks, from which it is taken for another language. None of the 7,956
# English captions of our motion capture data has more than 0.4; sentences in other languages have 0.3 to 1.
FOREIGN, FEWEST = 0.5, 4


def unread(text: str, tokenizer: Any, limit: int) -> str | None:
    """Why a sentence is not read as it stands, in a few words; None where it is.

    tokenizer: of transformers; limit: tokens that the encoder reads, with those at both ends.
    """
    count = len(tokenizer(text, truncation=False, verbose=False)["input_ids"])
    if count > limit:
        return f"of its {count} tokens the first {limit} are read, so its end has no effect"
    words = WORD.findall(text)
    strange = [word for word in words if not all(_is_latin(letter) for letter in word)]
    if strange:
        return f"it reads English, not {strange[0][:20]!r}"
    unknown = getattr(tokenizer, "unk_token", None)
    # CLIP's unknown token is its end mark: it spells any text in bytes, and knows no unknown ones.
    if unknown is not None and unknown != tokenizer.eos_token and unknown in tokenizer.tokenize(text):
        return "it holds signs that the encoder does not know"
    split = [word for word in words if len(tokenizer.tokenize(word)) > 1]
    if len(words) >= FEWEST and len(split) > FOREIGN * len(words):
        return f"it reads English, and most words here are none that it knows, such as {split[0][:20]!r}"
    return None


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(
        ("LATIN", "FULLWIDTH LATIN", "MODIFIER", "FEMININE", "MASCULINE")
    )
