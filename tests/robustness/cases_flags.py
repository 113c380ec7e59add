"""Nonsense on the command line: every numeric flag with every value that can mean nothing, names, places, outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from options import (
    base_parser,
    edit_parser,
    eval_base_parser,
    eval_editing_parser,
    eval_refine_parser,
    eval_tokenizer_parser,
    evaluator_parser,
    generate_parser,
    refine_parser,
    tokenizer_parser,
)
from options.core import OptionParser
from options.evaluator import add_evaluator_model_options
from utils.ranges import Range

from .commands import COMMANDS
from .judge import EITHER, REFUSED
from .play import Case

PARSERS: dict[str, Callable[[], OptionParser]] = {
    "train_tokenizer": tokenizer_parser,
    "train_base": base_parser,
    "train_refine": refine_parser,
    "train_evaluator": lambda: add_evaluator_model_options(evaluator_parser()),
    "eval_tokenizer": eval_tokenizer_parser,
    "eval_base": eval_base_parser,
    "eval_refine": eval_refine_parser,
    "generate": generate_parser,
    "edit_clip": edit_parser,
    "eval_editing": eval_editing_parser,
}
# Numeric flags of scripts that build their parser inside: int or float.
OTHERS = {
    "import_csv": {"--source-fps": float, "--skip-frames": int, "--val": float, "--test": float, "--seed": int,
                   "--max-step": float, "--max-float": float},
    "convert_bvh": {"--source-fps": float, "--skip-frames": int, "--unit": float},
    "make_toy": {"--clips": int, "--seed": int},
    "parse_motion": {"--noise": float, "--seed": int, "--workers": int},
    "keywords_asking": {"--retries": int, "--workers": int, "--limit": int},
}  # fmt: skip
NO_NUMBERS = {
    float: ("nan", "inf", "-inf", "1e999", "x", ""),
    int: ("x", "1.5", "nan", "1e3", "", "9" * 5000),
}
# Of those scripts: what is below or above anything sensible.
OUT_OF_RANGE = {
    "--val": ("-3", "2"), "--test": ("-3", "2"), "--source-fps": ("-3", "0"), "--max-step": ("-3", "0"),
    "--clips": ("-3", "0", "7"), "--limit": ("-3", "0"), "--workers": ("-3", "0"), "--unit": ("-1", "0", "furlong"),
}  # fmt: skip


def flag_cases() -> Iterator[Case]:
    """All of them."""
    for command, make in PARSERS.items():
        parser = make()
        for action in parser._actions:
            if action.dest in parser.ignored or not action.option_strings:
                continue
            if isinstance(action.type, Range):
                many = action.nargs if isinstance(action.nargs, int) else 1
                yield from _numbers(
                    command, action.option_strings[0], action.type.kind, outside(action.type), many
                )
    for command, flags in OTHERS.items():
        for flag, kind in flags.items():
            yield from _numbers(command, flag, kind, OUT_OF_RANGE.get(flag, ("-3",)))
    yield from _words()
    yield from _missing_values()


def outside(allowed: Range) -> tuple[str, ...]:
    """The nearest and far numbers that a range does not hold."""
    step = 1 if allowed.kind is int else 1e-3
    below = allowed.low if allowed.above else allowed.low - step
    above = allowed.high if allowed.below else allowed.high + step * max(1, allowed.high)
    return tuple(dict.fromkeys(str(allowed.kind(value)) for value in (below, above, -(10**12), 10**30)))


def _numbers(command: str, flag: str, kind: type, wrong: tuple[str, ...], many: int = 1) -> Iterator[Case]:
    for value in (*(NO_NUMBERS[kind] if flag != "--unit" else ("nan", "inf")), *wrong):
        said = value if len(value) < 40 else "a number of 5000 digits"
        yield Case("flag", command, f"{flag} {said!r}", extra=tuple([flag, *[value] * many]), says=(flag,))


def _words() -> Iterator[Case]:
    """Values of flags that choose or name something."""
    for command in PARSERS:
        if "--device" in _flags(command):
            for value in ("gpu", "cuda:99", "cuda:x", "", "cpu:x:y"):
                yield Case(
                    "flag", command, f"--device {value!r}", extra=("--device", value), says=("--device",)
                )
        for value in ("nowhere.yaml", ".", "/dev/null/x"):
            yield Case(
                "flag", command, f"--preset {value}", extra=("--preset", value), says=("--preset", value)
            )
        yield Case("flag", command, "a flag unknown", extra=("--frobnicate", "7"), says=("frobnicate",))
        yield Case("flag", command, "a flag cut short", extra=("--devic", "cpu"), says=("--devic",))
        yield Case("flag", command, "bytes for a preset", extra=("--preset", "\udcff"), says=("--preset",))


def _missing_values() -> Iterator[Case]:
    for command in COMMANDS:
        if command.endswith("asking"):
            continue
        yield Case(
            "flag",
            command,
            "a stray word",
            extra=("--", "stray"),
            ends=REFUSED if "generate" not in command else EITHER,
        )


def _flags(command: str) -> set[str]:
    return {name for action in PARSERS[command]()._actions for name in action.option_strings}


# --------------------------------------------------------------------------------------------- places
INPUT_PLACES = {  # flag -> commands that read what it names
    "--data-root": (
        *("train_tokenizer", "train_base", "eval_tokenizer", "eval_base", "edit_by_id", "parse_motion"),
        "make_keywords",
    ),
    "--dec-checkpoint-folder": ("train_base", "eval_tokenizer", "eval_refine"),
    "--t2m-checkpoint-folder": ("eval_base", "eval_refine"),
    "--residual-t2m-checkpoint-folder": ("eval_refine",),
    "--checkpoint-folder": ("generate", "edit_clip", "eval_editing"),
    "--text-encoder-path": ("generate", "train_base", "make_keywords"),
    "--resume": ("train_tokenizer", "train_base", "train_refine", "train_evaluator"),
    "--resume-pth": ("train_tokenizer",),
    "--resume-trans": ("train_base", "train_refine"),
    "--loss-cfg-path": ("train_tokenizer", "train_refine"),
    "--text-file": ("generate",),
    "--motion": ("edit_clip",),
    "--edits": ("eval_editing",),
    "--tokenizer": ("export",),
    "--base": ("export",),
    "--evaluator": ("export",),
    "--source": ("build_mocap",),
    "--captions": ("import_csv",),
    "--skeleton": ("convert_bvh",),
    "--body-model": ("convert_amass",),
    "--asf": ("convert_amc",),
    "--file": ("install_zip", "install_tar"),
    "--split": ("eval_tokenizer", "eval_base"),
}  # fmt: skip
LONG = "x" * 300
NOWHERE = {
    "nowhere": "nowhere",
    "a name too long": LONG,
    "a path too long": "/".join([LONG[:200]] * 30),
    "below a file": "{sentences.txt}/x",
    "an empty name": "",
    "bytes that are no text": "nowhere\udcff",
    "a device": "/dev/null",
    "another kind of file": "{encoder}/vocab.txt",
    "an empty folder": "{home}/void",
    "a circle of links": "{home}/circle",
}
SENSIBLE = {("--text-file", "another kind of file")}  # a list of words is a text
# --motion may be an id, the text encoder's path a hub's name, --body-model a file; the message has one word of these.
SAYS = {"--tokenizer": ("--tokenizer", "{value}"), "--split": ("--split", ".txt")}


def place_cases() -> Iterator[Case]:
    """Inputs that are not there, and results that can't be written."""
    for flag, commands in INPUT_PLACES.items():
        for command in commands:
            for what, value in NOWHERE.items():
                says = (
                    (flag, value.split("/")[-1][:40])
                    if value and "{" not in value
                    else (flag, "circle", "void", "vocab.txt", "sentences.txt")
                )
                ends = EITHER if (flag, what) in SENSIBLE else REFUSED
                yield Case(
                    "place",
                    command,
                    f"{flag}: {what}",
                    extra=(flag, value),
                    says=says,
                    ends=ends,
                    prepare=_void,
                )
    for command, flag in OUTPUTS.items():
        for what, value in UNWRITABLE.items():
            value += "/made.npz" if value and flag == "--convert" and not value.endswith(LONG) else ""
            says = (
                flag,
                *(value.split("/")[-1][:40].split("{")[0],) * ("{" not in value),
                "file",
                "proc",
                "circle",
            )
            yield Case("place", command, f"{flag}: {what}", extra=(flag, value), says=says, prepare=_void)


OUTPUTS = {
    **{name: "--out-dir" for name in ("train_tokenizer", "train_base", "train_refine", "train_evaluator")},
    **{name: "--out-dir" for name in ("eval_tokenizer", "eval_base", "eval_refine")},
    **{name: "--out" for name in ("generate", "edit_clip", "eval_editing", "export")},
    **{name: "--out" for name in ("make_toy", "build_mocap", "import_csv")},
    **{name: "--convert" for name in ("convert_bvh", "convert_npz", "convert_amc")},
    **{name: "--root" for name in ("install_zip", "install_tar")},
}  # fmt: skip
UNWRITABLE = {
    "a file": "{home}/file",
    "below a file": "{home}/file/x",
    "a name too long": "{home}/" + LONG,
    "a circle of links": "{home}/circle",
    "where nobody may write": "/proc/nowhere",
    "an empty name": "",
}  # fmt: skip


def _void(home: Path) -> None:
    (home / "void").mkdir()
    (home / "file").write_text("mine\n")
    (home / "circle").symlink_to("circle")


# ------------------------------------------------------------------------------------------------ full disks
WRITES = (
    *(
        "train_tokenizer",
        "train_base",
        "train_evaluator",
        "eval_tokenizer",
        "generate",
        "edit_clip",
        "export",
    ),
    *("make_toy", "build_mocap", "import_csv", "convert_bvh", "make_keywords", "parse_motion", "install_zip"),
    *("eval_editing",),
)


def full_disk_cases() -> Iterator[Case]:
    """Files may only grow to so many bytes, as on a disk that fills up."""
    for command in WRITES:
        for limit in (0, 500, 5_000, 20_000, 100_000):
            yield Case("disk", command, f"full after {limit} bytes", ends=EITHER, disk=limit)
