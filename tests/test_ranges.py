"""Every numeric setting has a range, declared once, and nonsense is refused wherever it comes from."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import re
from pathlib import Path

import pytest

import options
import options.prepare
from options.core import parse, read_preset
from options.evaluator import add_evaluator_model_options
from utils.flags import FlagParser
from utils.ranges import BATCH, SHARE, SHARE_BELOW_1, SIZES, Range, positive, real, size_problem, whole
from utils.runtime import UserError

REPO = Path(__file__).resolve().parent.parent
NAMES = [name.removesuffix("_parser") for name in options.__all__ if name.endswith("_parser")]
PREPARE = sorted(
    name.removesuffix("_parser") for name in vars(options.prepare) if re.match(r"[a-z]\w*_parser$", name)
)
NEEDED = {
    "base": ["--dec-checkpoint-folder", "x"],
    "refine": ["--dec-checkpoint-folder", "x"],
    "eval_tokenizer": ["--dec-checkpoint-folder", "x"],
    "eval_base": ["--dec-checkpoint-folder", "x", "--t2m-checkpoint-folder", "x"],
    "eval_refine": ["--dec-checkpoint-folder", "x", "--t2m-checkpoint-folder", "x"]
    + ["--residual-t2m-checkpoint-folder", "x"],
    "edit": ["--motion", "x", "--instruction", "wave"],
    "generate": ["a person walks"],
}
SOURCES = [
    path
    for path in sorted(REPO.rglob("*.py"))
    if not {".venv", "tests"} & set(path.relative_to(REPO).parts) and not path.name.startswith(".")
]


class Built(Exception):
    """Carries a parser that a script has built."""


def script_modules() -> list[str]:
    """Scripts that build a parser of their own."""
    found = [path for path in SOURCES if "FlagParser(" in path.read_text(encoding="utf-8")]
    own = [path.relative_to(REPO).with_suffix("") for path in found if "run_script(main)" in path.read_text()]
    return [".".join(path.parts) for path in own]


def parser_of(name: str, monkeypatch) -> FlagParser:
    """The parser of options/ or of a script, by name."""
    if name in NAMES:
        parser = getattr(options, f"{name}_parser")()
        return add_evaluator_model_options(parser) if name == "evaluator" else parser
    if name in PREPARE:
        return getattr(options.prepare, f"{name}_parser")()

    def built(self, *_, **__):
        raise Built(self)

    monkeypatch.setattr(FlagParser, "parse_args", built)
    with pytest.raises(Built) as caught:
        importlib.import_module(name).main()
    monkeypatch.undo()
    return caught.value.args[0]


def ranges(parser: FlagParser) -> dict[str, Range]:
    """Flag -> range."""
    return {
        action.option_strings[-1]: action.type for action in parser._actions if isinstance(action.type, Range)
    }


def nonsense(allowed: Range) -> list[str]:
    """Words that are outside a range, just outside it, or no numbers."""
    words = [
        "nan",
        "inf",
        "-inf",
        "1e999",
        "many",
        "",
        "0x10",
        str(allowed.low - 1),
        repr(allowed.high * 2 + 1),
    ]
    words += [str(allowed.low)] if allowed.above else []
    words += [str(allowed.high)] if allowed.below else []
    return [*words, "1.5", "9" * 5000] if allowed.kind is int else [*words, "--1"]


ALL = [*NAMES, *PREPARE, *script_modules()]


def test_all_parsers_are_walked():
    assert {"tokenizer", "generate", "edit", "eval_editing"} <= set(NAMES)
    assert {"compose", "download", "import", "keywords", "mocap", "pose_codes", "toy", "vocabulary"} == set(
        PREPARE
    )
    assert "models.export" in ALL and not any(name.startswith("dataset.") for name in ALL)
    assert len([name for name in ALL if name.startswith("benchmarks.")]) >= 9


def test_no_flag_is_declared_without_a_range():
    """By the source: no bare int or float as a type, no number as a default without a range, no other parser."""
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if path.name != "flags.py":
            assert "argparse.ArgumentParser(" not in text, f"{path}: use FlagParser"
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument"):
                continue
            given = {word.arg: word.value for word in node.keywords}
            kind, default = given.get("type"), given.get("default")
            where = f"{path}:{node.lineno}"
            assert not (isinstance(kind, ast.Name) and kind.id in ("int", "float", "complex")), where
            number = isinstance(default, ast.Constant) and type(default.value) in (int, float)
            assert not (number and kind is None), where


@pytest.mark.parametrize("name", ALL)
def test_every_number_has_a_range_its_default_lies_in(name, monkeypatch):
    for action in parser_of(name, monkeypatch)._actions:
        defaults = action.default if isinstance(action.default, list) else [action.default]
        numbers = [one for one in defaults if isinstance(one, int | float) and not isinstance(one, bool)]
        if numbers or action.type in (int, float):
            assert isinstance(action.type, Range), action.option_strings
            assert all(one in action.type for one in numbers), action.option_strings


@pytest.mark.parametrize("name", ALL)
def test_nonsense_is_refused_on_the_command_line(name, monkeypatch):
    parser = parser_of(name, monkeypatch)
    for flag, allowed in ranges(parser).items():
        pair = next(a for a in parser._actions if flag in a.option_strings).nargs == 2
        for word in nonsense(allowed):
            argv = [*NEEDED.get(name, []), f"{flag}={word}"] if not pair else [flag, "0.5", word]
            with pytest.raises(UserError) as error:
                parse(parser, argv) if name in NAMES else parser.parse_args(argv)
            assert "\n" not in str(error.value)
            assert flag in str(error.value) or word.startswith("-"), (flag, word, str(error.value))


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_is_refused_in_presets_and_in_stored_settings(name, monkeypatch, tmp_path):
    parser = parser_of(name, monkeypatch)
    settings = parser.settings()
    preset = tmp_path / "odd.yaml"
    for flag, allowed in ranges(parser).items():
        dest = next(dest for dest, action in settings.items() if flag in action.option_strings)
        for word in [".nan", ".inf", "[]", "{a: 1}", "true", "wide", repr(allowed.high * 2 + 1)]:
            if word == "[]" and settings[dest].nargs == "+":
                continue  # no milestones at all
            preset.write_text(f"{dest}: {word}\n")
            with pytest.raises(UserError, match=f"odd.yaml: {dest}"):
                read_preset(preset, settings)
    if "resume" not in settings:
        return
    for dest, value in [
        ("lr", "fast"),
        ("lr", float("nan")),
        ("batch_size", 0),
        ("seed", -1),
        ("exp_name", [1]),
    ]:
        (tmp_path / "arguments.yaml").write_text(json.dumps({dest: value}))
        with pytest.raises(UserError, match=f"arguments.yaml: {dest}"):
            parse(parser, [*NEEDED.get(name, []), "--resume", str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        (
            "tokenizer",
            ["--lr nan", "--width 0", "--window-size 0", "--gamma nan", "--batch-size 0", "--depth 1000000"],
        ),
        ("tokenizer", ["--dilation-growth-rate 64 --depth 5", "--rvq-quantize-dropout-cutoff-index 6"]),
        (
            "base",
            [
                "--drop-out-rate 2",
                "--pkeep 2",
                "--num-layers 0",
                "--cond-drop-prob -0.1",
                "--drop-out-rate 1",
            ],
        ),
        ("eval_base", ["--repeats 0", "--temperature nan", "--guidance-scale inf"]),
        (
            "generate",
            ["--seconds 0", "--seconds inf", "--num-samples 0", "--batch-size 0", "--sequence walks:nan"],
        ),
        ("generate", ["--sequence walks:-1", "--sequence walks:1e9", "--overlap 0"]),
        ("eval_editing", ["--clips 0", "--clips-per-edit 0"]),
    ],
)
def test_the_issues_examples(name, flags):
    for words in flags:
        with pytest.raises(UserError, match=re.escape(words.split()[0])) as error:
            parse(getattr(options, f"{name}_parser")(), [*NEEDED.get(name, []), *words.split()])
        assert "\n" not in str(error.value)


def test_ranges_say_what_they_take():
    assert str(whole(1, 20_000)) == "a whole number from 1 to 20,000"
    assert str(positive(10)) == "a number above 0, at most 10"
    assert str(SHARE) == "a number from 0 to 1" and str(SHARE_BELOW_1) == "a number from 0, below 1"
    assert real(-1, 1)("-0.5") == -0.5 and BATCH("64") == 64 and type(SHARE("1")) is float
    assert True not in BATCH and 0.5 not in BATCH and "1" not in BATCH and 10**400 not in SHARE
    with pytest.raises(argparse.ArgumentTypeError, match="^2: must be a number from 0 to 1$"):
        SHARE("2")


def test_sizes_of_models():
    published = {"width": 512, "depth": 3, "dilation_growth_rate": 3, "clip_dim": None, "other": "x"}
    assert size_problem(published) is None and size_problem({}) is None
    for name, allowed in SIZES.items():
        for value in ("3", [3], True, float("nan"), allowed.high * 2 + 1, allowed.low - 1):
            assert size_problem({name: value}).startswith(name)
