"""Text in pictures: letters of other scripts from the machine's fonts, and what is said where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw, ImageFont

from visualization import lettering
from visualization.lettering import carried_font, drawable, length, runs, wrap
from visualization.raster import draw_text

SIZE = 20
CACHED = (lettering.system_fonts, lettering.letters_of, lettering.font_with, lettering._warn_of)


@pytest.fixture
def fonts(tmp_path, monkeypatch):
    """fonts(letters) -> the machine has one more font, in which these letters are full squares; None: no font at all."""

    def install(letters: str | None) -> None:
        paths = []
        if letters is not None:
            pen = TTGlyphPen(None)
            for step, point in enumerate([(0, 0), (0, 1000), (1000, 1000), (1000, 0)]):
                (pen.lineTo if step else pen.moveTo)(point)
            pen.closePath()
            builder = FontBuilder(1000, isTTF=True)
            builder.setupGlyphOrder([".notdef", "square"])
            builder.setupCharacterMap({ord(letter): "square" for letter in letters})
            builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
            builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
            builder.setupHorizontalHeader(ascent=1000, descent=0)
            builder.setupOS2()
            builder.setupPost()
            builder.save(tmp_path / "squares.ttf")
            (tmp_path / "broken.ttf").write_bytes(b"no font")
            paths = [str(tmp_path / "broken.ttf"), str(tmp_path / "squares.ttf")]
        monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: paths)
        for function in CACHED:
            function.cache_clear()

    yield install
    for function in CACHED:
        function.cache_clear()


def drawn(text: str, width: int = 400) -> np.ndarray:
    """How dark the lettering is, (40, width) in 0..1."""
    image = np.full((40, width, 3), 255.0, np.float32)
    draw_text(image, [text], (0, 4), SIZE, colour=(0, 0, 0))
    return 1 - image[..., 0] / 255


def test_latin_text_is_what_one_font_draws():
    mask = Image.new("L", (400, 40))
    font = ImageFont.truetype(str(carried_font()), SIZE)
    ImageDraw.Draw(mask).text((6, 6), "A person waves: é, Привет", fill=255, font=font)
    got = drawn("A person waves: é, Привет")
    np.testing.assert_allclose(got, np.asarray(mask, np.float32) / 255, atol=1e-3)


def test_letters_of_other_scripts_come_from_a_font_of_the_machine(fonts, capsys):
    fonts("走路")
    assert drawable("a 走路 b") == "a 走路 b"
    assert [part for part, _ in runs("a 走路 b", SIZE)] == ["a ", "走路", " b"]
    assert length("走路", SIZE) == pytest.approx(2 * SIZE)
    ink = drawn("走路")
    assert ink.sum() == pytest.approx(2 * SIZE * SIZE, rel=0.05)  # two full squares
    assert capsys.readouterr().err == ""


def test_without_a_font_the_picture_says_so_and_a_warning_comes_once(fonts, capsys):
    fonts(None)
    assert drawable("走路") == "[letters that no font here has: 2]"
    assert wrap("a person 走路", 1000, SIZE) == ["a person [letters that no font here has: 2]"]
    wrap("a person 走路", 1000, SIZE)
    said = capsys.readouterr().err
    assert said.count("warning:") == 1 and "'走路'" in said and "noto-cjk" in said
    np.testing.assert_array_equal(
        drawn(wrap("走", 1000, SIZE)[0]), drawn("[letters that no font here has: 1]")
    )


def test_scripts_without_spaces_break_between_letters(fonts):
    fonts("走路人")
    lines = wrap("人走路" * 20, 10 * SIZE, SIZE)
    assert [len(line) for line in lines[:2]] == [10, 10] and len(lines) == 3 and lines[2].endswith("…")
    assert all(length(line, SIZE) <= 10 * SIZE for line in lines)
    assert wrap("a person waves", 1000, SIZE) == ["a person waves"]
    assert wrap("人 waves 走路", 1000, SIZE) == ["人 waves 走路"]
    assert wrap("a person waves", length("a person", SIZE), SIZE) == ["a person", "waves"]
