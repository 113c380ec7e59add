"""Captions of a split in flat arrays: what goes in comes out, and damage is noticed."""

from __future__ import annotations

import numpy as np
import pytest
from toy_layout import SPEC, make_layout

from dataset.cache import load_split
from dataset.caption_table import CaptionTable
from dataset.captions import Caption
from dataset.word_vectors import WordVectors, index_captions

CAPTIONS = [
    [Caption("a man walks", ("a/DET", "man/NOUN", "walk/VERB")), Caption("qui marche à côté # 1", ())],
    [],
    [Caption("a man walks", ("man/NOUN",), 1.25, 3.5), Caption("\u2028 odd \ud800 \t spaces", ("x/X",))],
    [],
]


def test_lists_come_back(tmp_path):
    table = CaptionTable.of(CAPTIONS)
    again = CaptionTable.read(tmp_path, table.write(tmp_path))
    for found in (table, again):
        assert list(found) == CAPTIONS and len(found) == 4 and found[-2] == CAPTIONS[2]
        assert (
            found.counts.tolist() == [2, 0, 2, 0]
            and found.texts[0] == "a man walks"
            and len(found.texts) == 3
        )
        assert found.rows_of(0).tolist() == [0, 1] and found.rows_of(2).tolist() == [0, 2]


def test_no_captions_at_all(tmp_path):
    table = CaptionTable.of([[], []])
    assert list(CaptionTable.read(tmp_path, table.write(tmp_path))) == [[], []]


@pytest.mark.parametrize("name", ["texts", "tokens", "text_rows", "first", "times"])
def test_a_file_that_was_cut_makes_the_cache_anew(tmp_path, name):
    clips = load_split(make_layout(tmp_path), SPEC, "train", pose_frame="heading")
    expected = list(clips.captions)
    file = clips.folder / f"captions.{name}"
    file.write_bytes(file.read_bytes()[:-1])
    assert list(load_split(tmp_path, SPEC, "train", pose_frame="heading").captions) == expected


def test_rows_that_point_nowhere_are_refused():
    table = CaptionTable.of(CAPTIONS)
    with pytest.raises(ValueError, match="not complete"):
        CaptionTable(table.texts[:2], table.tokens, table.text_rows, table.first, table.times)


def test_a_cache_of_an_older_format_is_replaced(tmp_path, monkeypatch):
    make_layout(tmp_path)
    with monkeypatch.context() as before:
        before.setattr("dataset.cache.CACHE_VERSION", 1)
        old = load_split(tmp_path, SPEC, "train", pose_frame="heading").fingerprint
    new = load_split(tmp_path, SPEC, "train", pose_frame="heading").fingerprint
    assert old != new and [path.name for path in (tmp_path / ".cache").iterdir()] == [f"train-{new}"]


def test_words_are_indexed_as_one_by_one():
    vocabulary = {word: row for row, word in enumerate(("unk", "sos", "eos", "a", "man", "walk"))}
    words = WordVectors("spacy", np.zeros((6, 300), np.float32), lambda word: vocabulary.get(word, -1))
    tokens = [
        ("a/DET", "man/NOUN", "fly/VERB"),
        ("walk/VERB",),
        ("a/DET", "man/NOUN", "fly/VERB"),
        ("a/X",) * 30,
    ]
    table = CaptionTable.of([[Caption("same text", found)] for found in tokens])
    for found, one in zip(zip(*index_captions(table, words), strict=True), tokens, strict=True):
        for left, right in zip(found, words.index(one), strict=True):
            np.testing.assert_array_equal(left, right)
