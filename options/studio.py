"""Flags of studio.py."""

from __future__ import annotations

import argparse

from options.core import OptionParser, switch, writes_into
from options.editing import NOTHING_RANDOM, add_language_model
from options.evaluation import add_models_folder
from options.training import add_device_options, add_preset_option
from utils.ranges import whole
from utils.runtime import UserError

PORT = 8014


def studio_parser() -> OptionParser:
    """Options of studio.py."""
    parser = OptionParser("Generate, see and edit motion by its pose codes, in the browser.")
    add_preset_option(parser)
    group = parser.add_argument_group("page")
    group.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; any other than this machine's own asks for a token, which is printed",
    )
    group.add_argument("--port", type=whole(0, 65535), default=PORT, help="port; 0: one that is free")
    group.add_argument(
        "--allow-host",
        nargs="+",
        default=[],
        metavar="NAME",
        help="further names under which the page may be opened, such as that of a proxy in front of it",
    )
    switch(group, "--open", default=True, help="open the page in the browser")
    group.add_argument(
        "--sessions",
        default="output/studio",
        help="folder of the work of all tabs, restored at the next start",
    )
    group = parser.add_argument_group("model and data")
    add_models_folder(group)
    group.add_argument("--data-root", default=None, help="data set: clips by id, Mean.npy, Std.npy")
    group = parser.add_argument_group("language model")
    add_language_model(group, "a language model may be asked to read instructions, besides the rules")
    switch(group, "--cache", default=True, help="keep the language model's answers in output/.cache/editing")
    add_device_options(parser)
    parser.ignore({**NOTHING_RANDOM, "seed": "each generation has its seed in the page"})
    parser.check(_check_studio)
    parser.check(writes_into("sessions"))
    return parser


def _check_studio(args: argparse.Namespace) -> None:
    if not args.host.strip():
        raise UserError("--host: is empty; give an address such as 127.0.0.1")
    if args.llm and args.model is None:
        raise UserError("--llm needs the name of the language model: --model")
    if not args.llm and (args.api_base or args.model):
        raise UserError("--api-base and --model are for the language model: add --llm")
