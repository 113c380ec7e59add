"""How well motions fit a sentence: the best of several candidates is what the pipeline hands out.

Sampling is a lottery: of four motions for "walks forward, then squats" one may leave the squat out. A text-motion
model tells which (the published evaluator's architecture, Guo et al. 2022, trained on composites too), as CLIP ranks
images of DALL-E (Ramesh et al. 2021). Evaluation scripts never rank: they would grade by what they chose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from dataset.motion_clip import MotionClip
from dataset.spec import STEP
from dataset.vocabulary import Vocabulary
from dataset.word_vectors import WordVectors, load_word_vectors, pos_one_hot, tokenize
from models.asked import ALIKE, missed
from models.asked.turn import said_turn
from models.evaluator import MODEL_FILE, TextMotionEvaluator, load_evaluator
from models.pg_tokenizer import PGTokenizer
from utils.normaliser import Normaliser
from utils.present import has_file
from utils.runtime import UserError, make_generator

LONGEST_RANKED = 60.0  # seconds of a motion of which several are drawn where nobody asks for a number
MORE_FOR_TURNS = 2  # times as many candidates where a sentence says how far the body turns
CANDIDATE_STRIDE = 0x9E3779B1  # between seeds of candidates
# Beside the stages' folders, the first that is there. With a matcher of its own, none is graded by what it chose.
FOLDERS = ("matcher", "evaluator")
VOCABULARY_FILE = "vocabulary.npz"


class TextMotionMatcher:
    """Distances of motions to sentences in the common space of a text-motion evaluator, which is loaded when asked."""

    def __init__(
        self, folder: str | Path, dataname: str, normaliser: Normaliser, device: torch.device
    ) -> None:
        """folder: that of evaluators, which holds `dataname`'s. normaliser: of features, where the evaluator has none."""
        self.folder, self.dataname = Path(folder), dataname
        self._normaliser, self.device = normaliser, device

    @classmethod
    def beside(cls, stage: Path, tokenizer: PGTokenizer) -> TextMotionMatcher | None:
        """The matcher whose evaluator, for the tokenizer's data set, lies beside a stage's folder, or None."""
        dataname = tokenizer.info.spec.name
        for folder in (stage.parent / name for name in FOLDERS):
            if has_file(folder / dataname / MODEL_FILE):
                return cls(folder, dataname, tokenizer.normaliser, next(tokenizer.parameters()).device)
        return None

    @cached_property
    def evaluator(self) -> TextMotionEvaluator:
        """The networks; UserError where their files are damaged."""
        return load_evaluator(self.folder, self.dataname, self.device)

    @cached_property
    def _vocabulary(self) -> Vocabulary | None:
        path = self.folder / self.dataname / VOCABULARY_FILE
        return Vocabulary.load(path) if has_file(path) else None

    def _read(self, text: str) -> tuple[WordVectors, tuple[str, ...]]:
        """Word vectors and tokens of a sentence: of the stored vocabulary where it knows all words, else spaCy's."""
        vocabulary = self._vocabulary
        if vocabulary is not None and (tokens := vocabulary.tokens(text)) is not None:
            return vocabulary.words, tokens
        words = load_word_vectors(None, "spacy")
        if self.evaluator.note.get("word_vectors") != words.source:
            raise UserError(
                f"{self.folder / self.dataname}: can't rank candidates without its word vectors "
                f"({self.evaluator.note.get('word_vectors')}); use --candidates 1"
            )
        return words, tokenize(text)

    @torch.no_grad()
    def distances(self, text: str, motions: Sequence[np.ndarray]) -> np.ndarray:
        """Squared distances (N,) of a sentence to motions, each features (T, D), not normalised, T at least 4."""
        words, tokens = self._read(text)
        rows, classes, length = words.index(tokens)
        inputs = (words.vectors[rows], pos_one_hot(classes))
        vectors, parts_of_speech = (torch.from_numpy(array)[None].to(self.device) for array in inputs)
        sentence = self.evaluator.encode_text(vectors, parts_of_speech, torch.tensor([length]))
        normaliser = self.evaluator.normaliser or self._normaliser
        lengths = [len(motion) for motion in motions]
        batch = np.zeros((len(motions), max(lengths), motions[0].shape[1]), np.float32)
        for row, motion in zip(batch, motions, strict=True):
            row[: len(motion)] = normaliser.normalise(motion)
        embedded = self.evaluator.encode_motion(
            torch.from_numpy(batch).to(self.device), torch.tensor(lengths, device=self.device)
        )
        return (embedded - sentence).square().sum(1).cpu().numpy()

    def best(self, candidates: Sequence[MotionClip]) -> MotionClip:
        """Of clips of the same sentences the one that fits them best, each sentence asked of its own part.

        What sentences ask for that joints can show comes first (`models.asked`), then the distances.
        """
        return candidates[self._best(candidates, range(len(candidates[0].ends)))]

    def best_so_far(self, candidates: Sequence[MotionClip]) -> int:
        """Which of clips of the same sentences fits the last of these best; the others were asked before."""
        return self._best(candidates, [len(candidates[0].ends) - 1])

    def _best(self, candidates: Sequence[MotionClip], parts: Iterable[int]) -> int:
        texts = [text for text, _, _ in candidates[0].segments] or [candidates[0].text]
        misses, total = np.zeros(len(candidates)), np.zeros(len(candidates))
        for part in parts:
            motions = [clip.features[span_of(clip, part)] for clip in candidates]
            if min(len(motion) for motion in motions) >= STEP:
                total += self.distances(texts[part], motions)
            misses += [missed(texts[part], clip.joints[span_of(clip, part)]) for clip in candidates]
        return int(np.lexsort((total, np.ceil(np.round(misses / ALIKE, 6))))[0])


def misses_of(clip: MotionClip, texts: Sequence[str]) -> list[float]:
    """How much of what each sentence asks for its part of a clip doesn't show."""
    return [missed(text, clip.joints[span_of(clip, part)]) for part, text in enumerate(texts)]


def span_of(clip: MotionClip, part: int) -> slice:
    """Frames of one of the sentences of a clip."""
    return slice(0 if part == 0 else clip.ends[part - 1], clip.ends[part])


def candidate_count(
    asked: int | None, own: int | None, matcher: TextMotionMatcher | None, seconds: float, folder: Path
) -> int:
    """Motions to draw for each: as many as asked for, else the models' own number where one can be chosen.

    seconds: of the longest motion; folder: of the models. UserError where more than one is asked for and none can be chosen.
    """
    if asked is not None:
        if asked > 1 and matcher is None:
            raise UserError(
                f"--candidates {asked}: {folder} has no {' or '.join(FOLDERS)} folder to choose by; export one beside the "
                "models (train_evaluator.py, models.export) or use --candidates 1"
            )
        return asked
    return own if own is not None and matcher is not None and seconds <= LONGEST_RANKED else 1


def counts_of(texts: Sequence[Sequence[str]], count: int, asked: int | None) -> list[int]:
    """Motions to draw for each story of sentences: `count`, and more where one names an amount of turning.

    Few motions turn as far as a sentence says, since pose codes don't tell. What somebody asked for stays as it is.
    """
    more = 1 if asked is not None or count == 1 else MORE_FOR_TURNS
    return [count * (more if any(said_turn(text) for text in story) else 1) for story in texts]


def candidate_streams(seeds: Sequence[int], counts: Sequence[int], first: int = 0) -> list[torch.Generator]:
    """As many random streams for each seed as are counted, from the `first` on; number 0 is that of a motion drawn alone."""
    # PyTorch's CPU generator reads 32 bits of a seed, so these must differ in them, and not be the next sentences' seeds.
    return [
        make_generator((seed + number * CANDIDATE_STRIDE) % 2**63)
        for seed, count in zip(seeds, counts, strict=True)
        for number in range(first, first + count)
    ]


def best_of_each(
    drawn: Sequence[MotionClip], counts: Sequence[int], matcher: TextMotionMatcher | None
) -> list[MotionClip]:
    """One of as many clips in a row as are counted, for each count."""
    ends = np.cumsum([0, *counts])
    families = [drawn[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    return [family[0] if matcher is None or len(family) == 1 else matcher.best(family) for family in families]
