"""Flags about data sets, text conditions and pose codes."""

from __future__ import annotations

import argparse

from dataset.pose_codes.measures import FRAMES, KIT_CODES
from dataset.spec import SPECS
from dataset.text_condition import ENCODER_WIDTHS, MAX_TOKENS
from options.core import OptionParser, switch, writes_into
from utils.published import DATA, TEXT
from utils.ranges import BATCH, SIZES, whole
from utils.runtime import UserError

DATANAMES = tuple(SPECS)
AS_TRAINED = "; None: as the trained model"


def add_data_options(
    parser: OptionParser, batch_size: int, from_model: bool = False, tokenizer: bool = False
) -> None:
    """Which data set, where it lies, how batches are drawn. `batch_size` is the script's default.

    `from_model`: what is not given follows the trained model (models.follow.inherit).
    """
    group = parser.add_argument_group("data")
    group.add_argument(
        "--dataname",
        choices=DATANAMES,
        default=None if from_model else DATA["dataname"],
        help="data set" + (AS_TRAINED if from_model else ""),
    )
    group.add_argument(
        "--data-root", default=None, help="folder of the data set; None: its own (dataset/HumanML3D ...)"
    )
    group.add_argument(
        "--cache-dir", default=None, help="folder of memory-mapped caches; None: inside the data set's folder"
    )
    parser.check(writes_into("cache_dir"))
    group.add_argument("--batch-size", type=BATCH, default=batch_size, help="clips per batch")
    group.add_argument(
        "--num_workers",
        "--num-workers",
        type=whole(0, 1024),
        default=2,
        help="batches prepared ahead of their use",
    )
    if tokenizer:
        group.add_argument(
            "--window-size", type=whole(4, 4096), default=64, help="frames of a training window"
        )


def add_pose_code_options(parser: OptionParser, from_model: bool = True) -> None:
    """How pose codes are parsed and which files hold them; the tokenizer decides, the others follow it."""
    group = parser.add_argument_group("pose codes")
    extra = AS_TRAINED if from_model else ""
    group.add_argument(
        "--pose-frame",
        choices=FRAMES,
        default=None if from_model else DATA["pose_frame"],
        help="frame of reference of the left/right and front/back codes: the world, as published, or the "
        f"body's heading, in which a pose has the same codes whichever way it faces{extra}",
    )
    group.add_argument(
        "--codes-folder-name",
        default=None,
        help="folder of pose-code files inside the data set; None: codes (world), codes_heading (heading)",
    )
    group.add_argument(
        "--kit-codes",
        choices=KIT_CODES,
        default=None if from_model else "corrected",
        help=f"KIT-ML pose codes: corrected scale and sides, or as the published weights saw them{extra}",
    )


def add_text_options(parser: OptionParser, from_model: bool = False) -> None:
    """Text condition: encoder, keywords, widths."""
    group = parser.add_argument_group("text condition")
    extra = AS_TRAINED if from_model else ""
    switch(
        group,
        "--use-keywords",
        default=None if from_model else False,
        help=f"condition on the 11 keyword embeddings beside the sentence{extra}",
    )
    group.add_argument(
        "--text-encoder",
        choices=tuple(ENCODER_WIDTHS),
        default=None if from_model else TEXT["text_encoder"],
        help=f"frozen text encoder{extra}",
    )
    group.add_argument(
        "--text-encoder-path",
        default=None,
        help="its weights: a Hugging Face folder or ViT-B-32.pt; None: look for them",
    )
    group.add_argument(
        "--clip-dim",
        type=SIZES["clip_dim"],
        default=None,
        help="width of the text embeddings; None: the encoder's (clip 512, minilm 384)",
    )
    parser.check(fill_clip_dim)


def add_text_token_option(parser: OptionParser, from_model: bool = False) -> None:
    """Token-level text condition, beside the sentence vector."""
    parser.add_argument_group("text tokens").add_argument(
        "--text-tokens",
        type=whole(0, max(MAX_TOKENS.values())),
        default=None if from_model else TEXT["text_tokens"],
        help="condition on the text encoder's last hidden states of this many tokens too; 0: the sentence vector alone, "
        f"as published{AS_TRAINED if from_model else ''}",
    )
    parser.check(check_text_tokens)


def check_text_tokens(args: argparse.Namespace) -> None:
    """No more tokens than the encoder reads."""
    if args.text_tokens is None or args.text_encoder is None:
        return
    most = MAX_TOKENS[args.text_encoder]
    if not 0 <= args.text_tokens <= most:
        raise UserError(
            f"--text-tokens {args.text_tokens}: {args.text_encoder} reads at most {most} tokens, at least 0"
        )


def fill_clip_dim(args: argparse.Namespace) -> None:
    """Derive or check `clip_dim` against the text encoder's width."""
    if args.text_encoder is None:  # follows the model, see models.follow.inherit
        return
    width = ENCODER_WIDTHS[args.text_encoder]
    if args.clip_dim is None:
        args.clip_dim = width
    elif args.clip_dim != width:
        raise UserError(f"--clip-dim {args.clip_dim}: --text-encoder {args.text_encoder} is {width} wide")
