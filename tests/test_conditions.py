"""Text conditions: embedded once, keywords read from CoMo's files, drops spread over all keywords."""

from __future__ import annotations

import os

import numpy as np
import pytest
from toy_layout import LENGTHS, SPEC, fake_encode, make_layout

from dataset.cache import load_split
from dataset.conditions import build_conditions
from dataset.keywords import keyword_texts
from utils.runtime import UserError

PARTS = "head torso left_arm right_arm left_leg right_leg hips neck back hands mood".split()


class Evil:
    """Unpickling this would run a command."""

    def __reduce__(self):
        return os.system, ("touch pwned",)


@pytest.fixture
def clips(tmp_path):
    return load_split(make_layout(tmp_path, LENGTHS | {"Ma": 50}), SPEC, "train", pose_frame="heading")


def keyword_vectors(name: str) -> np.ndarray:
    return fake_encode([f"{name} {row}" for row in range(33)])


def write_embeddings(root, names) -> None:
    (root / "keyword_embeddings").mkdir()
    for name in names:
        np.save(root / "keyword_embeddings" / f"{name}.npy", keyword_vectors(name))


def test_each_distinct_caption_is_embedded_once_and_cached(clips) -> None:
    asked: list[str] = []

    def encode(texts):
        asked.extend(texts)
        return fake_encode(texts)

    conditions = build_conditions(clips, encode, "fake", use_keywords=False)
    np.testing.assert_array_equal(conditions.text, fake_encode(clips.caption_texts))
    assert conditions.width == 16 and conditions.keywords is None
    assert len(asked) == len(clips.caption_texts) + 1
    asked.clear()
    again = build_conditions(clips, encode, "fake", use_keywords=False)
    np.testing.assert_array_equal(again.text, conditions.text)
    assert len(asked) == 1  # the probe that tells whose vectors they are


def test_other_weights_under_the_same_name_are_noticed(clips) -> None:
    build_conditions(clips, fake_encode, "fake", use_keywords=False)
    other = build_conditions(clips, lambda texts: -fake_encode(texts), "fake", use_keywords=False)
    np.testing.assert_array_equal(other.text, -fake_encode(clips.caption_texts))


def test_vectors_that_are_not_finite_are_refused(clips) -> None:
    with pytest.raises(UserError, match="NaN"):
        build_conditions(clips, lambda texts: fake_encode(texts) * np.nan, "fake", use_keywords=False)


def test_without_keywords_rows_one_to_eleven_are_zero(clips) -> None:
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=False)
    tokens = conditions.tokens(np.array([3, 1]), np.array([1, 0]), np.random.default_rng(0), 0.5)
    assert tokens.shape == (2, 12, 16) and tokens.dtype == np.float32
    np.testing.assert_array_equal(tokens[:, 0], conditions.text[[3, 1]])
    assert not tokens[:, 1:].any()


def test_keywords_are_read_and_missing_ones_are_zero_and_counted(clips, capsys) -> None:
    write_embeddings(clips.root, ["a", "b", "c"])
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    assert "no keywords for 4 of 7 clips" in capsys.readouterr().err
    assert conditions.keywords.shape == (7, 33, 16)
    for index, name in enumerate(clips.names):
        expected = keyword_vectors(name) if name in "abc" else np.zeros((33, 16))
        np.testing.assert_array_equal(conditions.keywords[index], expected)


def test_no_keyword_files_at_all_still_work(clips, capsys) -> None:
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    assert conditions.keywords is None and "no keywords for 7 of 7 clips" in capsys.readouterr().err


def test_new_keyword_files_are_noticed(clips) -> None:
    write_embeddings(clips.root, ["a"])
    build_conditions(clips, fake_encode, "fake", use_keywords=True)
    np.save(clips.root / "keyword_embeddings/b.npy", keyword_vectors("b"))
    again = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    np.testing.assert_array_equal(again.keywords[1], keyword_vectors("b"))


def test_alternatives_are_three_neighbouring_rows(clips) -> None:
    write_embeddings(clips.root, ["a"])
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    first = conditions.tokens(np.array([0]), np.array([0]))
    np.testing.assert_array_equal(first[0, 1:], keyword_vectors("a")[::3])
    rows = keyword_vectors("a").reshape(11, 3, 16)
    drawn = conditions.tokens(np.zeros(200, int), np.zeros(200, int), np.random.default_rng(0))
    found = (drawn[:, 1:, None] == rows).all(-1)  # (200, 11, 3)
    assert (found.sum(-1) == 1).all()
    assert (found.mean(0) > 0.2).all()  # every keyword in every phrasing


def test_dropout_zeroes_whole_keywords_in_all_rows(clips) -> None:
    write_embeddings(clips.root, ["a"])
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    count = 4000
    none = np.zeros(count, int)
    tokens = conditions.tokens(none, none, np.random.default_rng(0), drop_probability=0.8)
    dropped = ~tokens[:, 1:].any(-1)  # (count, 11)
    assert (dropped | tokens[:, 1:].all(-1)).all()  # whole keywords
    assert tokens[:, 0].all()  # never the sentence
    np.testing.assert_allclose(dropped.mean(0), 0.4, atol=0.04)  # each of the eleven alike
    per_sample = dropped.mean(1)
    assert (per_sample < 0.1).any() and (per_sample > 0.7).any()  # the probability itself is drawn
    conditional = dropped[dropped[:, 0], 1].mean()
    assert 0.4 < conditional < 0.7  # together only as far as they share that probability
    assert not (~conditions.tokens(none, none, np.random.default_rng(0))[:, 1:].any(-1)).any()


def test_a_width_other_than_the_encoders_is_refused(clips) -> None:
    (clips.root / "keyword_embeddings").mkdir()
    np.save(clips.root / "keyword_embeddings/a.npy", np.ones((33, 512), np.float32))
    with pytest.raises(UserError, match=r"a\.npy is 512 wide, but --text-encoder fake gives 16"):
        build_conditions(clips, fake_encode, "fake", use_keywords=True)


def test_keyword_texts_are_encoded_and_mirrored(clips) -> None:
    texts = {part: [f"number {n} moves left {k}" for k in range(3)] for n, part in enumerate(PARTS)}
    (clips.root / "keywords").mkdir()
    np.save(clips.root / "keywords/a.npy", texts)
    conditions = build_conditions(clips, fake_encode, "fake", use_keywords=True)
    flat = [text for group in texts.values() for text in group]
    np.testing.assert_array_equal(conditions.keywords[0], fake_encode(flat))
    # What the left arm did is what the right arm of the mirrored clip does, in its words.
    other = {part: part.replace("left", "*").replace("right", "left").replace("*", "right") for part in PARTS}
    mirrored = [text.replace("left", "right") for part in PARTS for text in texts[other[part]]]
    assert mirrored != [text.replace("left", "right") for text in flat]
    np.testing.assert_array_equal(conditions.keywords[clips.names.index("Ma")], fake_encode(mirrored))


def test_keyword_files_cannot_run_code(clips, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (clips.root / "keywords").mkdir()
    np.save(clips.root / "keywords/a.npy", {"head": Evil()})
    with pytest.raises(UserError, match="not a plain pickle"):
        build_conditions(clips, fake_encode, "fake", use_keywords=True)
    assert not (tmp_path / "pwned").exists()


def test_keyword_texts_of_several_shapes() -> None:
    threes = [[f"{part} {k}" for k in range(3)] for part in PARTS]
    flat = [text for group in threes for text in group]
    assert keyword_texts(dict(zip(PARTS, threes, strict=True))) == flat == keyword_texts(flat)
    assert keyword_texts(dict(zip(PARTS, PARTS, strict=True)))[:4] == ["head", "head", "head", "torso"]
    assert keyword_texts({"head": ["one"]}) is None and keyword_texts(5) is None
