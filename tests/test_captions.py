"""Caption lines are read as HumanML3D writes them, and bad ones named."""

from __future__ import annotations

import pytest

from dataset.captions import Caption, format_line, parse_line, read_captions
from utils.runtime import UserError


def test_a_line_gives_text_tokens_and_times() -> None:
    caption = parse_line("a person walks.#a/DET person/NOUN walk/VERB#1.5#3.0\n")
    assert caption == Caption("a person walks.", ("a/DET", "person/NOUN", "walk/VERB"), 1.5, 3.0)
    assert caption.is_tagged


def test_nan_times_mean_the_whole_clip() -> None:
    caption = parse_line("he waves#he/PRON wave/VERB#nan#nan")
    assert (caption.start, caption.end, caption.is_tagged) == (0.0, 0.0, False)


def test_a_number_sign_may_occur_in_the_text() -> None:
    assert parse_line("pose #3, held#pose/NOUN#0.0#0.0").text == "pose #3, held"


def test_frame_ranges_round_down() -> None:
    assert Caption("x", (), 1.99, 4.06).frame_range(12.5) == (24, 50)


@pytest.mark.parametrize(
    "line", ["no fields", "a#b/NOUN#0.0", "#b/NOUN#0#0", "a#b/NOUN#x#0", "a#b/NOUN#0#inf"]
)
def test_bad_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError):
        parse_line(line)


def test_format_and_parse_are_inverse() -> None:
    caption = Caption("a man jumps", ("a/DET", "man/NOUN", "jump/VERB"), 0.5, 2.25)
    assert parse_line(format_line(caption)) == caption
    assert "\n" not in format_line(Caption("two\nlines", ()))


def test_files_skip_blank_lines_and_name_the_bad_one(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\ufeffone#one/NUM#0.0#0.0\n\ntwo#two/NUM#0.0#0.0\n", encoding="utf-8")
    assert [caption.text for caption in read_captions(path)] == ["one", "two"]
    path.write_text("one#one/NUM#0.0#0.0\nbroken\n")
    with pytest.raises(UserError, match=r"a\.txt, line 2"):
        read_captions(path)
    path.write_bytes(b"\xff\xfe\xff#x#0#0")
    with pytest.raises(UserError, match="UTF-8"):
        read_captions(path)
    with pytest.raises(UserError, match=r"none\.txt"):
        read_captions(tmp_path / "none.txt")
