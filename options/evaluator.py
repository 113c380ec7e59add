"""Flags of the evaluator's own network, added to `evaluator_parser()` by train_evaluator.py."""

from __future__ import annotations

from options.core import OptionParser, switch
from utils.ranges import SHARE, SIZES


def add_evaluator_model_options(parser: OptionParser) -> OptionParser:
    """Layer widths (the official ones are the defaults), word dropout, precision of the exported file."""
    group = parser.add_argument_group("evaluator network")
    group.add_argument(
        "--movement-width", type=SIZES["movement_width"], default=512, help="channels of the movement encoder"
    )
    group.add_argument(
        "--motion-width",
        type=SIZES["motion_width"],
        default=1024,
        help="units of the motion GRU, each direction",
    )
    group.add_argument(
        "--text-width", type=SIZES["text_width"], default=512, help="units of the text GRU, each direction"
    )
    group.add_argument(
        "--embedding-width", type=SIZES["embedding_width"], default=512, help="width of the common space"
    )
    group.add_argument(
        "--word-dropout", type=SHARE, default=0.1, help="share of words made unknown in training"
    )
    switch(group, "--half", help="store the exported evaluator as float16")
    return parser
