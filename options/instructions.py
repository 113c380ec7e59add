"""Flags of eval_instructions.py."""

from __future__ import annotations

from options.core import OptionParser, writes_into
from options.evaluation import add_making, add_models_folder, add_precision, add_sampling
from options.training import add_device_options, add_preset_option
from utils.ranges import whole


def eval_instructions_parser() -> OptionParser:
    """Options of eval_instructions.py."""
    parser = OptionParser("Measure how well generated motion does what its sentence says.")
    add_preset_option(parser)
    group = parser.add_argument_group("instructions")
    add_models_folder(group)
    group.add_argument(
        "--instructions",
        default="configs/evaluation/instructions.yaml",
        help="YAML of families, each with lines of 'sentence: check'; checks are those of utils/motion_checks.py",
    )
    group.add_argument("--families", nargs="+", default=[], help="families to measure; none: all")
    group.add_argument("--num-samples", type=whole(1, 1000), default=4, help="motions per sentence")
    group.add_argument("--batch-size", type=whole(1, 1024), default=16, help="motions generated at once")
    group.add_argument("--out", default="output/instructions", help="folder of table, JSON and contact sheet")
    group.add_argument(
        "--sheet-rows",
        type=whole(0, 500),
        default=40,
        help="failed motions on the contact sheet; 0: no sheet",
    )
    group.add_argument(
        "--check-table",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="instead: pass rates of the checks on real test clips of these sources (joints.npz, captions.jsonl)",
    )
    group.add_argument(
        "--text-encoder-path",
        default=None,
        help="the text encoder's weights: a Hugging Face folder or ViT-B-32.pt; None: look for them",
    )
    add_sampling(group)
    add_making(group)
    add_precision(group)
    add_device_options(parser)
    parser.check(writes_into("out"))
    return parser
