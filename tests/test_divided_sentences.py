"""What a sentence tells in turn is made one part after another, where the models' sampling says so."""

from dataclasses import replace

import numpy as np
import pytest
from stage_folders import FakeEncoder, write_stages

from models import pipeline
from models.pipeline import TextToMotion
from models.sampling import GUIDED, PUBLISHED, Sampling
from options import generate_parser, parse

TOLD = "a person kicks with the left leg and then with the right"
PARTS = ["a person kicks with the left leg", "a person kicks with the right leg"]
DIVIDED = Sampling(temperature=1.0, divide=True)


@pytest.fixture(scope="module")
def t2m(tmp_path_factory) -> TextToMotion:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "load_text_encoder", lambda name, path, device: FakeEncoder(name))
        return TextToMotion.from_pretrained(write_stages(tmp_path_factory.mktemp("models")))


def test_a_divided_sentence_is_the_sequence_of_its_parts(t2m):
    clip = t2m.generate(TOLD, seed=3, sampling=DIVIDED)
    sequence = t2m.generate_sequence(
        [(part, None) for part in PARTS], seed=3, sampling=replace(DIVIDED, divide=False)
    )
    np.testing.assert_array_equal(clip.pose_codes, sequence.pose_codes)
    np.testing.assert_array_equal(clip.joints, sequence.joints)
    assert [text for text, _, _ in clip.segments] == PARTS and clip.segments == sequence.segments
    assert clip.text == TOLD


def test_published_models_hear_the_whole_sentence(t2m):
    whole = t2m.generate(TOLD, seed=3, sampling=replace(DIVIDED, divide=False))
    assert whole.segments == ()
    assert not PUBLISHED.divide and GUIDED.divide
    plain = t2m.generate(TOLD, seed=3, temperature=1.0)  # models without a sampling of their own
    np.testing.assert_array_equal(plain.pose_codes, whole.pose_codes)


def test_parts_share_the_length_that_is_asked_for(t2m):
    clip = t2m.generate(TOLD, seconds=4.05, seed=1, sampling=DIVIDED)
    assert len(clip.joints) == 81 and clip.segments == ((PARTS[0], 0.0, 2.0), (PARTS[1], 2.0, 4.05))
    short = t2m.generate(TOLD, seconds=2.9, seed=1, sampling=DIVIDED)
    assert len(short.joints) == 58 and short.segments == ()


def test_sentences_of_a_sequence_are_divided_too(t2m):
    story = [("a person walks", 2.0), (TOLD, 4.0), ("a person waves", 1.0)]
    clip = t2m.generate_sequence(story, seed=5, sampling=DIVIDED)
    assert [text for text, _, _ in clip.segments] == ["a person walks", *PARTS, "a person waves"]
    assert clip.ends == [40, 80, 120, 140]
    assert clip.text == "a person walks, then " + TOLD + ", then a person waves"


def test_other_motions_of_a_batch_make_no_difference(t2m):
    both = t2m.generate(["a person walks", TOLD], seed=[8, 9], sampling=DIVIDED)
    alone = t2m.generate(TOLD, seed=9, sampling=DIVIDED)
    np.testing.assert_array_equal(both[1].pose_codes, alone.pose_codes)
    assert both[0].segments == () and both[1].segments == alone.segments


@pytest.mark.parametrize(("flags", "divide"), [([], None), (["--divide"], True), (["--no-divide"], False)])
def test_the_flag(flags, divide):
    assert Sampling.from_args(parse(generate_parser(), ["a person walks", *flags])).divide is divide
