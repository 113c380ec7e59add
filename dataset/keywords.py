"""Keywords of a clip: ten body parts and one mood or style, each phrased three ways (docs/method.md section 6).

CoMo's files: `keyword_embeddings/<id>.npy`, (33, C) CLIP vectors, rows 3k..3k+2 being keyword k's
alternatives; `keywords/<id>.npy`, a pickled dict of the 33 texts in the same order. Vectors are taken where
there are any, else the texts are encoded; a mirrored clip without files takes the texts of the original, with
left and right exchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dataset.cache_folder import stat_files
from dataset.features import swap_sides
from dataset.safe_pickle import load_plain_object_array
from utils.present import has_file
from utils.runtime import UserError

NUM_KEYWORDS, ALTERNATIVES = 11, 3
ROWS = NUM_KEYWORDS * ALTERNATIVES
EMBEDDINGS_FOLDER, TEXTS_FOLDER = "keyword_embeddings", "keywords"
MIRROR_PREFIX = "M"

Encode = Callable[[list[str]], np.ndarray]


class KeywordReader:
    """Keyword vectors of clips, by id."""

    def __init__(self, root: Path, width: int, encode: Encode, encoder_name: str) -> None:
        """root: the data set's folder. width: of the encoder's vectors, which the files must share."""
        self.embeddings, self.texts = root / EMBEDDINGS_FOLDER, root / TEXTS_FOLDER
        self.width, self.encode, self.encoder_name = width, encode, encoder_name
        self._vectors: dict[str, np.ndarray] = {}  # of texts met before

    def sources(self, names: list[str]) -> list[str | None]:
        """Size and time of change of the file each clip's keywords come from; None where there is none."""
        folders = [self.embeddings, self.texts]
        files = {folder: stat_files(folder) if folder.is_dir() else {} for folder in folders}
        return [
            next((files[path.parent][path.name] for path, *_ in self._candidates(name)
                  if path.name in files[path.parent]), None)
            for name in names
        ]  # fmt: skip

    def read(self, name: str) -> np.ndarray | None:
        """Vectors (33, C) float32 of a clip, None when it has no file. UserError for a wrong width."""
        file = self._file(name)
        if file is None:
            return None
        path, is_text, mirrored = file
        content = load_plain_object_array(path)
        if is_text:
            texts = keyword_texts(content)
            if texts is None:
                raise UserError(f"{path} does not hold {ROWS} keyword texts: get it again, or delete it")
            return self._encode_all(mirrored_texts(content, texts) if mirrored else texts)
        if not isinstance(content, np.ndarray) or content.ndim != 2 or len(content) != ROWS:
            raise UserError(f"{path} must hold {ROWS} keyword vectors: get it again, or delete it")
        if content.shape[1] != self.width:
            raise UserError(
                f"{path} is {content.shape[1]} wide, but --text-encoder {self.encoder_name} gives "
                f"{self.width}: use --text-encoder clip, leave out --use-keywords, or move "
                f"{EMBEDDINGS_FOLDER} away so that the texts in {TEXTS_FOLDER} are encoded"
            )
        vectors = content.astype(np.float32)
        if not np.isfinite(vectors).all():
            raise UserError(f"{path} holds NaN or infinite values: get it again, or delete it")
        return vectors

    def _file(self, name: str) -> tuple[Path, bool, bool] | None:
        """The file to use, whether it holds texts, and whether these are of the unmirrored clip."""
        return next((candidate for candidate in self._candidates(name) if has_file(candidate[0])), None)

    def _candidates(self, name: str) -> list[tuple[Path, bool, bool]]:
        candidates = [
            (self.embeddings / f"{name}.npy", False, False),
            (self.texts / f"{name}.npy", True, False),
        ]
        if name.startswith(MIRROR_PREFIX):
            candidates.append((self.texts / f"{name.removeprefix(MIRROR_PREFIX)}.npy", True, True))
        return candidates

    def _encode_all(self, texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self.encode(new), strict=True))
        return np.stack([self._vectors[text] for text in texts]).astype(np.float32)


def mirrored_texts(content: Any, texts: list[str]) -> list[str]:
    """Texts of the mirrored clip: left and right exchanged in the words, and between the parts the keys name.

    content: of the keyword file; texts: what `keyword_texts` makes of it.
    """
    if isinstance(content, np.ndarray):
        content = content.tolist()
    keys = list(content) if isinstance(content, dict) and len(content) == NUM_KEYWORDS else []
    places = {str(key).replace("_", " ").lower(): place for place, key in enumerate(keys)}
    order = [places.get(swap_sides(key), place) for key, place in places.items()] or range(NUM_KEYWORDS)
    return [swap_sides(text) for k in order for text in texts[k * ALTERNATIVES : (k + 1) * ALTERNATIVES]]


def keyword_texts(content: Any) -> list[str] | None:
    """33 texts out of what a keyword file holds, alternatives of a keyword side by side; None if it can't be.

    Understood: a dict (or list) of 11 entries, each three texts or a single one; a list of 33 texts.
    """
    if isinstance(content, np.ndarray):
        content = content.tolist()
    entries = list(content.values()) if isinstance(content, dict) else content
    if not isinstance(entries, list | tuple):
        return None
    if len(entries) == NUM_KEYWORDS:
        groups = [[entry] * ALTERNATIVES if isinstance(entry, str) else entry for entry in entries]
        if not all(isinstance(group, list | tuple) and len(group) == ALTERNATIVES for group in groups):
            return None
        entries = [text for group in groups for text in group]
    if len(entries) != ROWS or not all(isinstance(text, str) for text in entries):
        return None
    return list(entries)
