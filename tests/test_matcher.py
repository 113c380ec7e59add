"""Candidates: which motion fits a sentence best, by whose words, and how many are drawn."""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from captioned_world import SIZES, make_words
from tiny_models import tiny_tokenizer

from dataset.captions import Caption
from dataset.motion_clip import MotionClip
from dataset.spec import get_spec
from dataset.vocabulary import Vocabulary
from dataset.word_vectors import pos_one_hot
from models.evaluator import TextMotionEvaluator, save_evaluator
from models.matcher import (
    VOCABULARY_FILE,
    TextMotionMatcher,
    best_of_each,
    candidate_count,
    candidate_streams,
    counts_of,
)
from models.pipeline import TextToMotion
from models.sampling import GUIDED, PUBLISHED, Sampling
from utils.normaliser import Normaliser
from utils.runtime import UserError, make_generator

ROOT = Path(__file__).resolve().parents[1]
WIDTH = SIZES.features + 4
CAPTIONS = [
    Caption("A man walks", ("a/DET", "man/NOUN", "walk/VERB")),
    Caption("a man's walk", ("a/DET", "man/NOUN", "'s/PART", "walk/NOUN")),  # words and tokens don't pair up
    Caption("a clip runs, a man runs", ("a/DET", "clip/NOUN", "run/VERB", "a/DET", "man/NOUN", "run/VERB")),
]


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    """A matcher of a small evaluator with random weights, its statistics and a vocabulary."""
    folder = tmp_path_factory.mktemp("models") / "evaluator"
    torch.manual_seed(0)
    evaluator = TextMotionEvaluator(SIZES, {"origin": "own", "word_vectors": "spacy"})
    evaluator.mean, evaluator.std = np.full(WIDTH, 0.5, np.float32), np.full(WIDTH, 2, np.float32)
    save_evaluator(evaluator, folder, "mocap")
    Vocabulary.of(CAPTIONS, make_words()).save(folder / "mocap" / VOCABULARY_FILE)
    unused = Normaliser(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))
    return TextMotionMatcher(folder, "mocap", unused, torch.device("cpu"))


def motions(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(int(frames), WIDTH)).astype(np.float32) for frames in rng.integers(20, 60, count)
    ]


def clip(features, segments=()):
    codes = np.zeros((-(-len(features) // 4), 70), np.uint8)
    return MotionClip(
        "a man walks", features, np.zeros((len(features), 22, 3)), codes, None, 20.0, "heading", segments
    )


def test_a_vocabulary_knows_its_captions_words_and_no_others(tmp_path):
    words = make_words()
    vocabulary = Vocabulary.of(CAPTIONS, words)
    vocabulary.save(tmp_path / "v.npz")
    again = Vocabulary.load(tmp_path / "v.npz")
    assert again.tokens("A MAN runs!") == ("a/DET", "man/NOUN", "run/VERB")
    assert again.tokens("a man jumps") is None
    rows, classes, length = again.words.index(again.tokens("a man walks"))
    expected = words.index(("a/DET", "man/NOUN", "walk/VERB"))
    assert np.allclose(again.vectors[rows], words.vectors[expected[0]], atol=2e-3)  # float16
    assert np.array_equal(classes, expected[1]) and length == expected[2]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_damaged_vocabulary_is_one_line(tmp_path, content):
    path = tmp_path / "v.npz"
    np.savez(path, vectors=np.zeros((2, 300))) if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=r"v\.npz: not a vocabulary"):
        Vocabulary.load(path)


def test_distances_are_those_of_the_evaluator_one_by_one(matcher):
    some = motions(5)
    vocabulary = Vocabulary.load(matcher.folder / "mocap" / VOCABULARY_FILE)
    rows, classes, length = vocabulary.words.index(("a/DET", "man/NOUN", "walk/VERB"))
    sentence = matcher.evaluator.encode_text(
        torch.from_numpy(vocabulary.vectors[rows])[None],
        torch.from_numpy(pos_one_hot(classes))[None],
        torch.tensor([length]),
    )
    with torch.no_grad():
        expected = [
            float(
                (
                    matcher.evaluator.encode_motion(
                        torch.from_numpy((motion - 0.5) / 2)[None], torch.tensor([len(motion)])
                    )
                    - sentence
                )
                .square()
                .sum()
            )
            for motion in some
        ]
    assert np.allclose(matcher.distances("a man walks", some), expected, rtol=1e-4)


def test_the_best_is_the_nearest_and_each_sentence_is_asked_of_its_own_part(matcher):
    some = motions(6, seed=1)
    nearest = int(matcher.distances("a man walks", some).argmin())
    assert matcher.best([clip(motion) for motion in some]).features is some[nearest]
    halves = [("a man walks", 0.0, 0.5), ("a clip runs", 0.5, 1.0)]
    total = matcher.distances("a man walks", [motion[:10] for motion in some]) + matcher.distances(
        "a clip runs", [motion[10:20] for motion in some]
    )
    chosen = matcher.best([clip(motion[:20], tuple(halves)) for motion in some])
    assert np.array_equal(chosen.features, some[int(total.argmin())][:20])


def test_each_motion_is_chosen_among_its_own_candidates(matcher):
    clips = [clip(motion) for motion in motions(6, seed=2)]
    assert best_of_each(clips, [3, 3], matcher) == [matcher.best(clips[:3]), matcher.best(clips[3:])]
    assert best_of_each(clips, [1] * 6, matcher) == clips == best_of_each(clips, [1] * 6, None)


def test_candidates_draw_from_different_streams_and_the_first_as_if_it_were_alone():
    streams = [torch.rand(4, generator=stream) for stream in candidate_streams([123, 124], [4, 4])]
    assert torch.equal(streams[0], torch.rand(4, generator=make_generator(123)))
    assert torch.equal(streams[4], torch.rand(4, generator=make_generator(124)))
    assert len({tuple(draw.tolist()) for draw in streams}) == 8


def test_more_are_drawn_where_an_amount_of_turning_is_named():
    texts = [["a person waves"], ["a person turns around"], ["a person waves", "someone spins 360 degrees"]]
    assert counts_of(texts, 4, None) == [4, 8, 8]
    assert counts_of(texts, 1, None) == [1, 1, 1]  # nothing to choose by
    assert counts_of(texts, 4, 4) == [4, 4, 4]  # as somebody asked


def test_the_best_so_far_is_asked_of_the_last_sentence(matcher):
    some = motions(6, seed=1)
    halves = (("a man walks", 0.0, 0.5), ("a clip runs", 0.5, 1.0))
    clips = [clip(motion[:20], halves) for motion in some]
    last = matcher.distances("a clip runs", [motion[10:20] for motion in some])
    assert matcher.best_so_far(clips) == int(last.argmin())
    first = matcher.distances("a man walks", [motion[:10] for motion in some])
    assert matcher.best_so_far([clip(motion[:10], halves[:1]) for motion in some]) == int(first.argmin())


def test_how_many_are_drawn(matcher):
    folder = Path("models")
    own = GUIDED.candidates
    assert own == 4 and PUBLISHED.candidates == 1
    assert (
        Sampling().with_own(GUIDED).candidates == 4
        and Sampling(candidates=2).with_own(GUIDED).candidates == 2
    )
    assert candidate_count(None, own, matcher, 9.8, folder) == 4
    assert candidate_count(None, own, None, 9.8, folder) == 1  # nothing to choose by
    assert candidate_count(None, own, matcher, 600, folder) == 1  # an hour four times is too much unasked
    assert candidate_count(2, own, matcher, 600, folder) == 2
    with pytest.raises(UserError, match="--candidates 3: models has no matcher or evaluator folder"):
        candidate_count(3, own, None, 5, folder)


def test_without_a_vocabulary_an_evaluator_of_other_words_cannot_choose(tmp_path):
    evaluator = TextMotionEvaluator(SIZES, {"origin": "own", "word_vectors": "glove"})
    save_evaluator(evaluator, tmp_path / "evaluator", "mocap")
    normaliser = Normaliser(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))
    found = TextMotionMatcher(tmp_path / "evaluator", "mocap", normaliser, torch.device("cpu"))
    with pytest.raises(UserError, match="--candidates 1"):
        found.distances("a man walks", motions(2))


def test_a_folder_called_matcher_chooses_before_the_evaluator(tmp_path):
    tokenizer = tiny_tokenizer()
    tokenizer.info, tokenizer.normaliser = (
        Namespace(spec=get_spec("mocap")),
        Normaliser(np.zeros(263), np.ones(263)),
    )
    assert TextMotionMatcher.beside(tmp_path / "exp_base_transformer", tokenizer) is None
    for name in ("evaluator", "matcher"):
        save_evaluator(TextMotionEvaluator(SIZES, {"origin": "own"}), tmp_path / name, "mocap")
        assert (
            TextMotionMatcher.beside(tmp_path / "exp_base_transformer", tokenizer).folder == tmp_path / name
        )


def test_the_default_models_choose_by_the_evaluator_beside_them_and_keep_the_first_where_one_is_drawn():
    model = TextToMotion.from_pretrained(ROOT / "pretrained" / "small")
    assert model.matcher is not None
    drawn = [
        model.generate("someone jumps", seconds=2, seed=5, sampling=Sampling(candidates=n))
        for n in (1, 4, None)
    ]
    assert np.array_equal(drawn[1].features, drawn[2].features)  # four is the models' own number
    distances = model.matcher.distances("someone jumps", [clip.features for clip in drawn])
    assert distances[1] <= distances[0]
    model.matcher = None
    alone = model.generate("someone jumps", seconds=2, seed=5)
    assert np.array_equal(alone.features, drawn[0].features)


def test_the_vocabulary_script_reads_a_data_sets_captions(tmp_path):
    texts = tmp_path / "data" / "texts"
    texts.mkdir(parents=True)
    (texts / "000000.txt").write_text("a man walks#a/DET man/NOUN walk/VERB#0.0#0.0\n")
    command = [sys.executable, "dataset/prepare/make_vocabulary.py", "--data-root", str(tmp_path / "data")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "v.npz")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert Vocabulary.load(tmp_path / "v.npz").tokens("a man walks") == ("a/DET", "man/NOUN", "walk/VERB")
    command[-1] = str(tmp_path)
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "w.npz")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and not (tmp_path / "w.npz").exists()
