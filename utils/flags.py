"""The parser that all scripts share: what is wrong with a command line is said in one line, as any bad input is."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from utils.runtime import UserError

OUT_OF_RANGE = re.compile(r"(?P<flag>--[\w-]+): (?P<problem>.*: must be .*)", re.DOTALL)


class FlagParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UserErrors: `run_script` prints them, once, and exits with code 2."""

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """A flag's value; an empty one is a variable of a shell script that was never set, and stands for nothing."""
        if action.option_strings and not arg_string:
            raise argparse.ArgumentError(action, "is empty; leave it out, or give a value")
        return super()._get_value(action, arg_string)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print below the usage."""
        message = " ".join(message.removeprefix("argument ").split())
        message = re.sub(r"^(--[\w-]+/)+", "", message)  # of two spellings one will do
        if (found := OUT_OF_RANGE.fullmatch(message)) is not None:
            raise UserError(f"{found['flag']} {found['problem']}")
        raise UserError(f"{message}; --help lists the flags")
