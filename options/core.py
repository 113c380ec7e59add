"""Parsing that all scripts share: presets, resumed runs, flags without effect.

Order of precedence, weakest first: the flag's default, the settings of a resumed run (`--resume`), presets
in the order given (`--preset`), and what was typed on the command line.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from utils.checkpoint import arguments_file, read_arguments
from utils.flags import FlagParser
from utils.outputs import require_folder
from utils.runtime import UserError, warn_ignored
from utils.texts import read_yaml

NOT_GIVEN = object()


class OptionParser(FlagParser):
    """An ArgumentParser that knows presets, flags without effect, and checks across flags."""

    def __init__(self, description: str) -> None:
        # Abbreviations would let a mistyped flag silently mean another one.
        super().__init__(
            usage="%(prog)s [flags]",  # the full line would fill a screen with what the list below says
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        self.ignored: dict[str, str] = {}
        self.checks: list[Callable[[argparse.Namespace], None]] = []

    def ignore(self, reasons: Mapping[str, str]) -> None:
        """Go on accepting flags that have no effect: dest -> reason, said in their help and when given.

        Names this parser does not have are skipped, so that parsers can share a table.
        """
        actions = {action.dest: action for action in self._actions}
        for dest, reason in reasons.items():
            if dest in actions and dest not in self.ignored:
                self.ignored[dest] = reason
                actions[dest].help = f"no effect: {reason} [{actions[dest].help}]"

    def check(self, function: Callable[[argparse.Namespace], None]) -> None:
        """Call `function(args)` after parsing; it may fill in derived defaults or raise UserError."""
        self.checks.append(function)

    def settings(self) -> dict[str, argparse.Action]:
        """The flags a preset may set: dest -> action."""
        skip = ("help", "preset")
        return {action.dest: action for action in self._actions if action.dest not in skip}


def writes_into(dest: str, *below: str) -> Callable[[argparse.Namespace], None]:
    """A check for `OptionParser.check`: files can be made in the folder `dest`, in `below` of it where given.

    `below`: dests whose values name folders inside. Nothing to check where `dest` is None.
    """

    def check(args: argparse.Namespace) -> None:
        if (folder := getattr(args, dest)) is not None:
            require_folder(folder, "--" + dest.replace("_", "-"))
            require_folder(
                Path(folder, *(getattr(args, name) for name in below)), "--" + dest.replace("_", "-")
            )

    return check


def switch(group: argparse._ActionsContainer, *names: str, help: str, default: bool | None = False) -> None:
    """Add a flag without a value; `--no-...` undoes what a preset switched on."""
    group.add_argument(*names, action=argparse.BooleanOptionalAction, default=default, help=help)


def optional_name(text: str) -> str | None:
    """Type of flags whose value may be the word None."""
    return None if text.lower() == "none" else text


def parse(parser: OptionParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse `argv` (default: the command line) with presets and resumed settings as defaults.

    The namespace is JSON serialisable; `explicit` lists the dests that were typed. Whatever is wrong, on the
    command line, in a preset or in the settings of a resumed run, raises UserError.
    """
    files = FlagParser(add_help=False, allow_abbrev=False)
    files.add_argument("--preset", action="append", default=[])
    files.add_argument("--resume", default=None)
    early, _ = files.parse_known_args(argv)

    settings = parser.settings()
    defaults: dict[str, Any] = {}
    if early.resume is not None and "resume" in settings:
        defaults.update(read_stored(early.resume, settings))
    for preset in early.preset:
        defaults.update(read_preset(preset, settings))
    for dest in defaults:
        settings[dest].required = False

    # argparse leaves alone what the namespace already has, so what is still NOT_GIVEN was not typed.
    given = argparse.Namespace(**dict.fromkeys(settings, NOT_GIVEN))
    parser.parse_args(argv, given)
    args = argparse.Namespace()
    for dest, action in settings.items():
        value = getattr(given, dest)
        if value is NOT_GIVEN or (not action.option_strings and value == action.default):
            value = defaults.get(dest, action.default)
        setattr(args, dest, value)
    args.preset = early.preset
    args.explicit = sorted(dest for dest in settings if getattr(given, dest) is not NOT_GIVEN)
    for check in parser.checks:
        check(args)
    warn_ignored(args.explicit, parser.ignored)
    return args


def read_stored(folder: str | Path, settings: Mapping[str, argparse.Action]) -> dict[str, Any]:
    """Settings of a run from its arguments.yaml, as far as there are flags for them; UserError for impossible ones."""
    origin = str(arguments_file(folder))
    stored = read_arguments(folder)
    return {
        dest: _setting(origin, dest, value, settings[dest])
        for dest, value in stored.items()
        if dest in settings
    }


def read_preset(path: str | Path, settings: dict[str, argparse.Action]) -> dict[str, Any]:
    """Read a YAML file of flag values: keys are flag names, with dashes or underscores.

    Raises UserError naming the file and key for unknown keys and for values the flag would not take.
    """
    path = Path(path)
    content = read_yaml(path, "--preset")
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"--preset {path}: expected lines of 'flag: value', got {type(content).__name__}")
    values = {}
    for key, value in content.items():
        dest = str(key).replace("-", "_")
        if dest not in settings:
            close = difflib.get_close_matches(dest, settings, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; this script has no such flag"
            raise UserError(f"--preset {path}: unknown key '{key}'{hint}")
        values[dest] = _setting(f"--preset {path}", str(key), value, settings[dest])
    return values


def _setting(origin: str, key: str, value: Any, action: argparse.Action) -> Any:
    """Convert and check one value from a file, `origin`, as argparse would have done on the command line."""
    if value is None:
        if action.default is None and not action.required:
            return None
        raise UserError(f"{origin}: {key}: has no value")
    if isinstance(action, argparse.BooleanOptionalAction):
        if not isinstance(value, bool):
            raise UserError(f"{origin}: {key}: expected true or false, got {value!r}")
        return value
    many = action.nargs in ("+", "*") or isinstance(action.nargs, int)
    items = value if many and isinstance(value, list) else [value]
    if isinstance(action.nargs, int) and len(items) != action.nargs:
        raise UserError(f"{origin}: {key}: expected {action.nargs} values, got {len(items)}")
    convert = action.type if callable(action.type) else str
    if any(isinstance(item, dict | list) for item in items):
        raise UserError(f"{origin}: {key}: expected {'plain values' if many else 'one value'}, got {value!r}")
    try:
        converted = [convert(str(item)) for item in items]
    except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
        raise UserError(f"{origin}: {key}: bad value {value!r} ({error})") from error
    for item in converted:
        if action.choices is not None and item not in action.choices:
            allowed = ", ".join(str(choice) for choice in action.choices)
            raise UserError(f"{origin}: {key}: bad value {item!r}; use one of {allowed}")
    return converted if many else converted[0]
