"""Flags of generate.py."""

from __future__ import annotations

import argparse

from options.core import OptionParser
from utils.runtime import UserError

FORMATS = ("npy", "mp4", "png", "bvh", "html", "mesh")


def add_generation_options(parser: OptionParser) -> None:
    """Captions in, motion files out."""
    group = parser.add_argument_group("generation")
    group.add_argument("text", nargs="*", default=[], help="captions, one motion each")
    group.add_argument("--text-file", default=None, help="file with one caption a line, instead or besides")
    group.add_argument(
        "--checkpoint-folder",
        default="pretrained/mini",
        help="folder with the three models (subfolders *tokenizer, *base*, *refine*)",
    )
    group.add_argument("--out", default="output", help="folder of the files written")
    group.add_argument(
        "--seconds", type=float, default=None, help="length of the motion; None: the model ends it itself"
    )
    group.add_argument("--temperature", type=float, default=1.0, help="sampling temperature; 0: most likely")
    group.add_argument("--num-samples", type=int, default=1, help="motions per caption")
    group.add_argument("--batch-size", type=int, default=8, help="motions generated at once")
    group.add_argument(
        "--formats", nargs="+", choices=FORMATS, default=["npy", "mp4"], help="files to write for each motion"
    )
    parser.check(check_generation)


def check_generation(args: argparse.Namespace) -> None:
    """Reject lengths and counts that make no motion."""
    if args.seconds is not None and args.seconds <= 0:
        raise UserError(f"--seconds {args.seconds}: must be above 0")
    if args.num_samples < 1 or args.batch_size < 1:
        raise UserError("--num-samples and --batch-size must be at least 1")
    if args.temperature < 0:
        raise UserError(f"--temperature {args.temperature}: must not be negative")
