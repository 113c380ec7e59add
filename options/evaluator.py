"""Flags of the evaluator's own network, added to `evaluator_parser()` by train_evaluator.py."""

from __future__ import annotations

from models.evaluator import EvaluatorSizes
from options.core import OptionParser, switch
from training.settings import EvaluatorTraining
from utils.ranges import SHARE, SIZES


def add_evaluator_model_options(parser: OptionParser) -> OptionParser:
    """Layer widths (the official ones are the defaults), word dropout, precision of the exported file."""
    group = parser.add_argument_group("evaluator network")
    group.add_argument(
        "--movement-width",
        type=SIZES["movement_width"],
        default=EvaluatorSizes.movement_hidden,
        help="channels of the movement encoder",
    )
    group.add_argument(
        "--motion-width",
        type=SIZES["motion_width"],
        default=EvaluatorSizes.motion_hidden,
        help="units of the motion GRU, each direction",
    )
    group.add_argument(
        "--text-width",
        type=SIZES["text_width"],
        default=EvaluatorSizes.text_hidden,
        help="units of the text GRU, each direction",
    )
    group.add_argument(
        "--embedding-width",
        type=SIZES["embedding_width"],
        default=EvaluatorSizes.embedding,
        help="width of the common space",
    )
    group.add_argument(
        "--word-dropout",
        type=SHARE,
        default=EvaluatorTraining.word_dropout,
        help="share of words made unknown in training",
    )
    switch(group, "--half", help="store the exported evaluator as float16")
    return parser
