"""The text condition of every clip, embedded once: a sentence and eleven keywords (docs/method.md section 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dataset.cache import Clips
from dataset.cache_folder import ArrayWriter, discard, open_array, open_or_build
from dataset.keywords import ALTERNATIVES, NUM_KEYWORDS, ROWS, Encode, KeywordReader
from utils.runtime import UserError, warn

NUM_TOKENS = 1 + NUM_KEYWORDS
PROBE = "a person walks forward and waves"  # its vector tells whether a cache is of the encoder's weights
PROBE_TOLERANCE = 1e-2  # relative; devices differ by much less, weights by much more
CHUNK = 2048  # texts handed to the encoder at once


@dataclass(frozen=True)
class Draw:
    """What is random about a batch's condition: each keyword's phrasing, and whether it is kept."""

    alternative: np.ndarray  # (B, 11) int, 0..2
    keep: np.ndarray  # (B, 11) bool

    def __getitem__(self, rows: slice) -> Draw:
        return Draw(self.alternative[rows], self.keep[rows])


@dataclass(frozen=True)
class TokenSource:
    """How many of a text's tokens condition a model, and the encoder's function from texts to states and counts."""

    count: int = 0
    encode: Callable[[list[str], int], tuple[np.ndarray, np.ndarray]] | None = None


@dataclass
class TextTokens:
    """Token states of all captions, one after another: text i has rows first[i]:first[i + 1] of states (n, C) float16."""

    states: np.ndarray
    first: np.ndarray
    most: int  # tokens in a condition

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """(B, most, C) float32 of texts (B,), zeros beyond a text's end."""
        first, counts = self.first[rows], self.first[rows + 1] - self.first[rows]
        inside = np.arange(self.most) < counts[:, None]
        out = np.zeros((len(rows), self.most, self.states.shape[1]), np.float32)
        out[inside] = self.states[(first[:, None] + np.arange(self.most))[inside]]
        return out


@dataclass
class Conditions:
    """Embedded captions and keywords of one split, memory-mapped."""

    encoder_name: str
    text: np.ndarray  # (n_texts, C) float32, rows as Clips.caption_texts
    keywords: np.ndarray | None  # (n_clips, 33, C) float32, zeros where a clip has none
    text_tokens: TextTokens | None = None

    @property
    def width(self) -> int:
        """C, the width of the text encoder's vectors."""
        return self.text.shape[1]

    def draw(self, count: int, rng: np.random.Generator | None, drop_probability: float = 0.0) -> Draw:
        """Draw phrasings and drops for `count` samples; without rng alternative 0, nothing dropped.

        drop_probability: the most a sample may lose. Each sample draws its own probability uniformly from
        [0, drop_probability], then every one of its keywords is dropped independently with that probability.
        """
        shape = (count, NUM_KEYWORDS)
        if rng is None:
            return Draw(np.zeros(shape, np.int64), np.ones(shape, bool))
        alternative = rng.integers(ALTERNATIVES, size=shape)
        probability = drop_probability * rng.random((count, 1))
        return Draw(alternative, rng.random(shape) >= probability)

    def gather(self, caption_idx: np.ndarray, clip_idx: np.ndarray, draw: Draw) -> np.ndarray:
        """Condition (B, 12 + N, C) float32: row 0 the sentence, rows 1..11 the keywords, zeros where dropped.

        Rows 12 and later are the text's tokens, where the models take them.
        """
        condition = np.zeros((len(caption_idx), NUM_TOKENS, self.width), np.float32)
        condition[:, 0] = self.text[caption_idx]
        if self.keywords is not None:
            rows = np.arange(NUM_KEYWORDS) * ALTERNATIVES + draw.alternative  # (B, 11)
            keyword_rows = self.keywords[np.asarray(clip_idx)[:, None], rows]
            condition[:, 1:] = keyword_rows * draw.keep[..., None]
        if self.text_tokens is None:
            return condition
        return np.concatenate([condition, self.text_tokens.gather(np.asarray(caption_idx))], axis=1)

    def tokens(
        self,
        caption_idx: np.ndarray,
        clip_idx: np.ndarray,
        rng: np.random.Generator | None = None,
        drop_probability: float = 0.0,
    ) -> np.ndarray:
        """`draw` and `gather` at once: rows of caption_texts (B,), clip indices (B,) -> (B, 12, C)."""
        return self.gather(caption_idx, clip_idx, self.draw(len(caption_idx), rng, drop_probability))


def build_conditions(
    clips: Clips,
    encode: Encode,
    encoder_name: str,
    use_keywords: bool,
    cache_dir: str | Path | None = None,
    tokens: TokenSource = TokenSource(),
) -> Conditions:
    """Embed all captions of a split, and its keywords, or map what an earlier run embedded.

    encode: texts -> (n, C) float32. cache_dir: default, the folder the clips' cache lies in. Clips without
    keyword files get zeros, which one line says. UserError for keyword vectors of another width than C.
    """
    parent = Path(cache_dir) if cache_dir is not None else clips.folder.parent
    probe = np.asarray(encode([PROBE]), np.float32)[0]
    tag = f"{re.sub(r'[^a-zA-Z0-9]+', '_', encoder_name)}-{clips.split}"
    settings = {"encoder": encoder_name, "width": len(probe), "scope": clips.scope}

    def build_text(folder: Path) -> dict[str, Any]:
        return {**_embed_texts(folder, clips.caption_texts, encode, tag, len(probe)), "probe": probe.tolist()}

    text, _ = _map(parent, f"text-{tag}", settings, clips.caption_texts, build_text, probe)
    text_tokens = _text_tokens(parent, tag, settings, clips, tokens, probe) if tokens.count else None
    if not use_keywords:
        return Conditions(encoder_name, text, None, text_tokens)

    reader = KeywordReader(clips.root, len(probe), encode, encoder_name)
    sources = reader.sources(clips.sources)
    missing = sources.count(None)
    if missing:
        warn(
            f"{clips.root.name}/{clips.split}: no keywords for {missing} of {len(clips)} clips, zeros stand "
            "in; `bash dataset/prepare/download_keywords.sh` gets CoMo's"
        )
    if missing == len(clips):
        return Conditions(encoder_name, text, None, text_tokens)

    def build_keywords(folder: Path) -> dict[str, Any]:
        return {**_embed_keywords(folder, clips, reader), "probe": probe.tolist()}

    identity = [list(pair) for pair in zip(clips.names, sources, strict=True)]
    keywords, _ = _map(parent, f"keywords-{tag}", settings, identity, build_keywords, probe)
    return Conditions(encoder_name, text, keywords, text_tokens)


def _text_tokens(
    parent: Path, tag: str, settings: dict[str, Any], clips: Clips, tokens: TokenSource, probe: np.ndarray
) -> TextTokens:
    """Token states of all captions, embedded once."""
    if tokens.encode is None:
        raise ValueError("a TokenSource with tokens needs a function that encodes them")
    counts_file, encode = "counts.npy", tokens.encode

    def build(folder: Path) -> dict[str, Any]:
        writer, counts = ArrayWriter(folder / "tokens.f16", "<f2", (len(probe),)), []
        texts = clips.caption_texts
        for start in tqdm(range(0, len(texts), CHUNK), desc=f"embedding tokens ({tag})", unit="chunk"):
            states, token_counts = encode(texts[start : start + CHUNK], tokens.count)
            writer.append(_finite(states))
            counts.append(token_counts)
        np.save(folder / counts_file, np.concatenate(counts) if counts else np.zeros(0, np.int64))
        return {**writer.close(), "probe": probe.tolist()}

    states, folder = _map(
        parent, f"tokens-{tag}", {**settings, "tokens": tokens.count}, clips.caption_texts, build, probe
    )
    counts = np.load(folder / counts_file)
    return TextTokens(states, np.concatenate([[0], np.cumsum(counts)]), tokens.count)


def _map(
    parent: Path,
    kind: str,
    settings: dict[str, Any],
    sources: Any,
    build: Callable[[Path], dict[str, Any]],
    probe: np.ndarray,
) -> tuple[np.ndarray, Path]:
    """The mapped array of a cache folder, and the folder; built anew when damaged or made with other weights."""
    problem: object = "made with other weights"
    for _ in range(2):
        folder, description = open_or_build(parent, kind, settings, sources, build)
        try:
            scale = max(float(np.abs(probe).max()), 1e-6)
            if np.abs(np.float32(description["probe"]) - probe).max() <= PROBE_TOLERANCE * scale:
                return open_array(folder, description), folder
        except (OSError, ValueError, KeyError) as error:
            problem = error
        discard(folder)
    raise UserError(f"the cache {folder} can't be used ({problem}): delete it and try again")


def _embed_texts(folder: Path, texts: list[str], encode: Encode, what: str, width: int) -> dict[str, Any]:
    writer = ArrayWriter(folder / "text.f32", "<f4", (width,))
    for start in tqdm(range(0, len(texts), CHUNK), desc=f"embedding captions ({what})", unit="chunk"):
        writer.append(_finite(encode(texts[start : start + CHUNK])))
    return writer.close()


def _embed_keywords(folder: Path, clips: Clips, reader: KeywordReader) -> dict[str, Any]:
    writer = ArrayWriter(folder / "keywords.f32", "<f4", (ROWS, reader.width))
    absent = np.zeros((1, ROWS, reader.width), np.float32)
    for source in tqdm(clips.sources, desc="keywords", unit="clip"):
        vectors = reader.read(source)
        writer.append(absent if vectors is None else _finite(vectors)[None])
    return writer.close()


def _finite(vectors: np.ndarray) -> np.ndarray:
    if not np.isfinite(vectors).all():
        raise UserError("the text encoder gave NaN or infinite vectors: are its weights complete?")
    return vectors
