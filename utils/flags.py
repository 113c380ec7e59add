"""The parser that all scripts share: what is wrong with a command line is said in one line, as any bad input is."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from utils.runtime import UserError

OUT_OF_RANGE = re.compile(r"(?P<flag>--[\w-]+): (?P<problem>.*: must be .*)", re.DOTALL)


class FlagParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UserErrors: `run_script` prints them, once, and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print below the usage."""
        message = " ".join(message.removeprefix("argument ").split())
        message = re.sub(r"^(--[\w-]+/)+", "", message)  # of two spellings one will do
        if (found := OUT_OF_RANGE.fullmatch(message)) is not None:
            raise UserError(f"{found['flag']} {found['problem']}")
        raise UserError(f"{message}; --help lists the flags")
