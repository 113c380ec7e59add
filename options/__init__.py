"""Command line options: `parse(base_parser())` in a script gives the namespace it works with."""

import utils  # noqa: F401 - first, see there
from options.core import OptionParser, parse
from options.editing import edit_parser, eval_editing_parser
from options.instructions import eval_instructions_parser
from options.parsers import (
    base_parser,
    eval_base_parser,
    eval_refine_parser,
    eval_tokenizer_parser,
    evaluator_parser,
    generate_parser,
    refine_parser,
    tokenizer_parser,
)
from options.studio import studio_parser

__all__ = [
    "OptionParser",
    "base_parser",
    "edit_parser",
    "eval_base_parser",
    "eval_editing_parser",
    "eval_instructions_parser",
    "eval_refine_parser",
    "eval_tokenizer_parser",
    "evaluator_parser",
    "generate_parser",
    "parse",
    "refine_parser",
    "studio_parser",
    "tokenizer_parser",
]
