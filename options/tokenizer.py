"""Flags of the PG tokenizer: encoder, decoder, residual quantizer, losses."""

from __future__ import annotations

import argparse

from options.core import OptionParser, optional_name, switch
from utils.published import TOKENIZER
from utils.ranges import SIZES, WEIGHT, real, size_problem
from utils.runtime import UserError

POSE_CODES = 392
STRIDE = 2


def add_tokenizer_model_options(parser: OptionParser) -> None:
    """Sizes of the motion encoder and decoder (docs/method.md section 3)."""
    group = parser.add_argument_group("tokenizer model")
    add_nb_code(group, parser)
    group.add_argument(
        "--code-dim",
        type=SIZES["code_dim"],
        default=TOKENIZER["code_dim"],
        help="width W of the pose and residual latents",
    )
    group.add_argument(
        "--width", type=SIZES["width"], default=TOKENIZER["width"], help="channels inside encoder and decoder"
    )
    add_geometry_options(group)
    group.add_argument(
        "--vq-norm",
        type=optional_name,
        choices=(None, "GN", "LN", "BN"),
        metavar="{None,GN,LN,BN}",
        default=TOKENIZER["vq_norm"],
        help="normalisation in the residual blocks: none, group, layer or batch",
    )
    group.add_argument(
        "--residual-ratio",
        type=SIZES["residual_ratio"],
        default=TOKENIZER["residual_ratio"],
        help="factor on the residual latent before decoding",
    )


def add_nb_code(group: argparse._ActionsContainer, parser: OptionParser) -> None:
    """Number of pose codes; fixed by the vocabulary, kept because published commands give it."""
    group.add_argument(
        "--nb-code",
        type=SIZES["nb_code"],
        default=POSE_CODES,
        help="number of pose codes: the vocabulary's 392",
    )
    parser.check(check_fixed_sizes)


def check_fixed_sizes(args: argparse.Namespace) -> None:
    """The vocabulary of pose codes decides this number, the 4 frames of a step the stride."""
    if getattr(args, "stride_t", STRIDE) != STRIDE:
        raise UserError(f"--stride-t {args.stride_t}: the convolutions have stride {STRIDE}; change --down-t")
    if (problem := size_problem(vars(args))) is not None:
        raise UserError(f"--{problem.replace('_', '-')}")
    if args.nb_code != POSE_CODES:
        raise UserError(f"--nb-code {args.nb_code}: the pose-code vocabulary has {POSE_CODES} codes")


def add_geometry_options(group: argparse._ActionsContainer) -> None:
    """How frames become latent steps; the transformers' commands name these too."""
    group.add_argument(
        "--down-t",
        type=SIZES["down_t"],
        default=TOKENIZER["down_t"],
        help="strided convolutions: 2 give 4 frames a step",
    )
    group.add_argument("--stride-t", type=SIZES["stride_t"], default=STRIDE, help="stride of each of them: 2")
    group.add_argument(
        "--depth", type=SIZES["depth"], default=TOKENIZER["depth"], help="residual blocks per resolution"
    )
    group.add_argument(
        "--dilation-growth-rate",
        type=SIZES["dilation_growth_rate"],
        default=TOKENIZER["dilation_growth_rate"],
        help="factor of the dilation from block to block",
    )
    group.add_argument(
        "--vq-act",
        choices=("relu", "silu", "gelu"),
        default=TOKENIZER["vq_act"],
        help="activation of the residual blocks",
    )
    group.add_argument(
        "--output-emb-width",
        type=SIZES["output_emb_width"],
        default=POSE_CODES,
        help="width of the encoder's output (see --code-dim)",
    )


def add_quantizer_options(parser: OptionParser) -> None:
    """Residual vector quantizer (docs/method.md section 3)."""
    group = parser.add_argument_group("residual quantizer")
    group.add_argument(
        "--rvq-num-quantizers",
        type=SIZES["rvq_num_quantizers"],
        default=TOKENIZER["rvq_num_quantizers"],
        help="stages Q",
    )
    group.add_argument(
        "--rvq-nb-code", type=SIZES["rvq_nb_code"], default=TOKENIZER["rvq_nb_code"], help="codes K per stage"
    )
    group.add_argument(
        "--rvq-quantizer-type",
        choices=("soft", "hard"),
        default=TOKENIZER["rvq_quantizer_type"],
        help="soft: attention over a learned codebook; hard: nearest code with moving averages",
    )
    switch(group, "--rvq-shared-codebook", help="one codebook for all stages")
    group.add_argument(
        "--rvq-init-method",
        choices=("enc", "xavier", "uniform"),
        default=TOKENIZER["rvq_init_method"],
        help="first codebooks: from the first batch's residuals, or random",
    )
    group.add_argument(
        "--rvq-quantize-dropout-prob",
        type=SIZES["rvq_quantize_dropout_prob"],
        default=TOKENIZER["rvq_quantize_dropout_prob"],
        help="probability that a training step uses only the first stages",
    )
    group.add_argument(
        "--rvq-quantize-dropout-cutoff-index",
        type=SIZES["rvq_quantize_dropout_cutoff_index"],
        default=TOKENIZER["rvq_quantize_dropout_cutoff_index"],
        help="last stage that is always used",
    )
    group.add_argument(
        "--pdrop-res",
        type=SIZES["pdrop_res"],
        default=TOKENIZER["pdrop_res"],
        help="probability of decoding a training step from pose codes alone",
    )
    switch(group, "--detach-p-latent", help="no gradient from the residual into the pose latent")
    switch(group, "--unuse-ema", help="hard codebooks learn by gradient, as soft ones always do")
    group.add_argument("--quantbeta", type=WEIGHT, default=1.0, help="commitment weight of older releases")


def add_tokenizer_loss_options(parser: OptionParser) -> None:
    """Weights of the losses; those of the motion are in the YAML file."""
    group = parser.add_argument_group("losses")
    group.add_argument(
        "--loss-cfg-path",
        default="configs/exp_dec/losses.yaml",
        help="YAML weights of the reconstruction and velocity losses",
    )
    group.add_argument("--rvq-loss-weight", type=WEIGHT, default=0.02, help="weight of the quantizer's loss")
    group.add_argument(
        "--rvq-vq-loss-beta",
        type=SIZES["rvq_vq_loss_beta"],
        default=TOKENIZER["rvq_vq_loss_beta"],
        help="weight of the commitment part in the quantizer's loss",
    )
    group.add_argument(
        "--params-soft-ent-loss",
        type=real(-1e6, 1e6),
        default=0.0,
        help="weight of the entropy term of soft quantizers",
    )


def add_freeze_codes(parser: OptionParser) -> None:
    """Train a better decoder for codes that transformers already know."""
    switch(
        parser.add_argument_group("decoder alone"),
        "--freeze-codes",
        help="train the decoder alone, from the weights of --resume-pth: all codes stay as they are",
    )
    parser.check(_freezes_something)


def _freezes_something(args: argparse.Namespace) -> None:
    if args.freeze_codes and args.resume_pth is None and args.resume is None:
        raise UserError(
            "--freeze-codes keeps the codes of a trained tokenizer: name it by --resume-pth FILE.pth"
        )
