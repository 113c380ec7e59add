"""The reader of text files: encodings, binaries, nests and aliases without bounds."""

import codecs
import json
import os
import subprocess
import sys

import pytest

from dataset.cache import _read_split_file
from dataset.motion_files.caption_table import read_caption_table
from dataset.motion_files.skeleton_map import load_map
from dataset.spec import get_spec
from editing.evaluation import read_edits
from options.core import read_preset
from training.losses import read_loss_config
from utils import texts
from utils.checkpoint import read_arguments
from utils.runtime import UserError
from utils.texts import (
    one_line,
    parse_json,
    parse_yaml,
    read_json,
    read_lines,
    read_names,
    read_text,
    read_yaml,
)

WORDS = "000001\n000002 é 走\n"
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        codecs.BOM_UTF8 + WORDS.encode(),
        WORDS.encode("utf-16"),
        codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-32"),
        WORDS.replace("\n", "\r\n").encode(),
        WORDS.replace("\n", "\r").encode(),
    ],
)
def test_every_unicode_file_reads_the_same(tmp_path, data):
    path = tmp_path / "ids.txt"
    path.write_bytes(data)
    assert read_text(path) == WORDS
    assert read_names(path) == ["000001", "000002", "é", "走"]
    assert read_lines(path) == ["000001", "000002 é 走"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_seen(tmp_path, encoding):
    (tmp_path / "ids.txt").write_bytes("000001\n000002\n".encode(encoding))
    assert read_names(tmp_path / "ids.txt") == ["000001", "000002"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (b"text\0text", "binary"),
        (bytes(64), "binary"),
        ("ä person".encode("latin-1"), "not UTF-8"),
        (codecs.BOM_UTF16_LE + b"a\0b", "not UTF-8|binary"),
    ],
)
def test_what_is_no_text_is_told_with_the_files_name(tmp_path, data, says):
    path = tmp_path / "some.txt"
    path.write_bytes(data)
    with pytest.raises(UserError, match=f"--text-file .*some.txt.*({says})") as error:
        read_text(path, "--text-file")
    assert "\n" not in str(error.value)


def test_other_encodings_where_a_format_has_them(tmp_path):
    (tmp_path / "a.bvh").write_bytes("Hüfte".encode("latin-1"))
    assert read_text(tmp_path / "a.bvh", fallback="latin-1") == "Hüfte"
    (tmp_path / "b.bvh").write_bytes("Hüfte".encode())
    assert read_text(tmp_path / "b.bvh", fallback="latin-1") == "Hüfte"


def test_missing_folders_and_endless_files(tmp_path, monkeypatch):
    for path, says in ((tmp_path / "none", "No such file"), (tmp_path, "directory"), ("a\0b", "null byte")):
        with pytest.raises(UserError, match=says):
            read_text(path)
    monkeypatch.setattr(texts, "LARGEST", 1 << 20)
    with pytest.raises(UserError, match="larger than the 1 MiB"):
        read_text("/dev/zero")


def nest(depth, kind="list"):
    return "[" * depth + "]" * depth if kind == "list" else '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("kind", ["list", "dict"])
@pytest.mark.parametrize("depth", [101 + 1, 900, 5000, 200_000])
def test_deep_nests_are_refused(tmp_path, depth, kind):
    text = nest(depth, kind)
    with pytest.raises(ValueError, match="nested deeper"):
        parse_json(text)
    with pytest.raises(ValueError, match="nested deeper"):
        parse_yaml(text)
    (tmp_path / "deep.json").write_text(text)
    for read in (read_json, read_yaml):
        with pytest.raises(UserError, match="deep.json: not .*nested deeper"):
            read(tmp_path / "deep.json")


def test_ordinary_nests_are_not():
    assert parse_json(nest(99)) == parse_yaml(nest(99))
    assert parse_yaml("a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}}") == {"a": [1, 2], "b": [1, 2], "c": {"d": 1}}
    assert parse_json(json.dumps({"a": [{}] * 1000}).encode()) == {"a": [{}] * 1000}


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "&a {b: *a}",
        "a: *nothing",
        "a: 2001-99-99",
        "a: " + "9" * 5000,
        "[a]: 1",
        "a: !!python/object/apply:os.system [ls]",
        "a: !!int x",
        "a: [1",
        "a: 1\n---\nb: 2",
        "\x01",
        "!!binary é",
        "? {a: 1}\n: 2",
        "!!timestamp x",
        "!!map [1]",
        "<<: 1",
        "!!set [1]",
        "!!omap {a: 1}",
    ],
)
def test_yaml_that_grows_or_breaks_the_library_is_a_plain_error(text):
    with pytest.raises(ValueError) as error:
        parse_yaml(text)
    assert "\n" not in str(error.value)


def test_messages_of_strangers_fit_a_line():
    assert one_line("a\n\x1b[31mb\ud800" + "c" * 10_000) == "a [31mb?" + "c" * 189 + "..."
    assert one_line(ValueError("short")) == "short"


# ------------------------------------------------------------------------------------------ files of the project
def test_a_mark_does_not_eat_the_first_clip(tmp_path):
    for data in (codecs.BOM_UTF8 + b"000001\n000002\n", "000001\n000002\n".encode("utf-16")):
        (tmp_path / "train.txt").write_bytes(data)
        assert _read_split_file(tmp_path, get_spec("mocap"), "train") == ["000001", "000002"]
    (tmp_path / "train.txt").write_bytes(bytes(range(256)))
    with pytest.raises(UserError, match="train.txt: binary"):
        _read_split_file(tmp_path, get_spec("mocap"), "train")


TABLE = 'file,caption\na.bvh,"a person walks,\nthen waves"\nb.bvh,走る\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_caption_tables_in_any_unicode(tmp_path, encoding):
    path = tmp_path / "captions.csv"
    path.write_bytes(TABLE.encode(encoding))
    described = read_caption_table(path)
    assert described["a.bvh"].sentences == [("a person walks, then waves", 0.0, 0.0)]
    assert described["b.bvh"].sentences == [("走る", 0.0, 0.0)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("captions.csv", f"file,caption\na,{'x' * 200_000}\n", "line 2: field larger"),
        ("captions.csv", 'file,caption\na,walks\nb,"runs\nc,jumps\n', "line 3: .*close each quote"),
        ("captions.jsonl", "[" * 100_000, "line 1: not JSON .nested"),
        ("captions.jsonl", '{"file": "a", "caption": 1e999}{', "line 1: not JSON"),
    ],
)
def test_tables_that_no_reader_survives_are_one_line(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=says) as error:
        read_caption_table(tmp_path / name)
    assert "\n" not in str(error.value)


def test_half_characters_of_a_table_can_be_written(tmp_path):
    (tmp_path / "captions.jsonl").write_text('{"file": "a", "caption": "walks \\ud800 on"}')
    assert read_caption_table(tmp_path / "captions.jsonl")["a"].sentences[0][0] == "walks ? on"


@pytest.mark.parametrize("content", [nest(5000), BOMB, "\ufefflr: [1", "a: &a [*a]", bytes(range(256))])
def test_settings_that_can_not_be_read_name_their_file(tmp_path, content):
    path = tmp_path / "some.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (
        lambda: read_preset(path, {}),
        lambda: read_loss_config(path, []),
        lambda: read_arguments(path),
        lambda: load_map(path),
        lambda: read_edits(path),
    ):
        with pytest.raises(UserError, match="some.yaml") as error:
            read()
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("edits: [Bend both arms more deeply, 7]", "edit 2 is 7"),
        ("edits: [.nan]", "edit 1 is nan"),
        ("edits: [[Bend both arms more deeply]]", "edit 1 is \\["),
        ("edits: [frobnicate the quux]", "edit 1: .*frobnicate"),
        ("edits: []", "at least one"),
        ("edits:", "at least one"),
        ("edits: Bend both arms more deeply", "needs a list"),
        ("- Bend both arms more deeply", "needs a list"),
    ],
)
def test_lists_of_edits_say_which_is_none(tmp_path, content, said):
    path = tmp_path / "some.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=f"--edits .*some.yaml: .*{said}"):
        read_edits(path)


def test_settings_with_a_mark_are_read(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_bytes(codecs.BOM_UTF8 + b"reconstruction: 2")
    assert read_loss_config(path, ["reconstruction"]) == {"reconstruction": {"weight": 2}}
    assert read_arguments(path) == {"reconstruction": 2}


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_letters_that_a_terminal_lacks_do_not_end_a_script(stream, repo):
    program = f"import sys; from utils.runtime import run_script; run_script(lambda: print('走 \\udcff', file=sys.{stream}))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, cwd=repo)
    assert done.returncode == 0 and getattr(done, stream).strip() == rb"\u8d70 \udcff"
