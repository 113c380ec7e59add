"""Flags of the base and refine transformers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from dataset.text_condition import CONDITION_TOKENS
from options.core import OptionParser, switch
from options.tokenizer import add_geometry_options, add_nb_code
from utils.published import REFINE, TOKENIZER
from utils.ranges import SHARE, SIZES, whole


def add_transformer_model_options(parser: OptionParser, defaults: Mapping[str, Any]) -> None:
    """Sizes of a transformer (docs/method.md sections 4 and 5); `defaults` as in utils/published.py."""
    group = parser.add_argument_group("transformer model")
    add_nb_code(group, parser)
    group.add_argument(
        "--block-size",
        type=SIZES["block_size"],
        default=defaults["block_size"],
        help=f"longest sequence: {CONDITION_TOKENS} condition tokens and the steps (one step is 4 frames)",
    )
    group.add_argument(
        "--embed-dim-gpt",
        type=SIZES["embed_dim_gpt"],
        default=defaults["embed_dim_gpt"],
        help="width E of the transformer",
    )
    group.add_argument(
        "--num-layers",
        type=SIZES["num_layers"],
        default=defaults["num_layers"],
        help="blocks (base: in each of its two stacks)",
    )
    group.add_argument(
        "--n-head-gpt", type=SIZES["n_head_gpt"], default=defaults["n_head_gpt"], help="attention heads"
    )
    group.add_argument(
        "--ff-rate",
        type=SIZES["ff_rate"],
        default=defaults["ff_rate"],
        help="width of the MLPs as a multiple of E",
    )
    group.add_argument(
        "--drop-out-rate",
        type=SIZES["drop_out_rate"],
        default=defaults["drop_out_rate"],
        help="dropout in attention and MLPs",
    )
    add_geometry_options(parser.add_argument_group("tokenizer geometry"))


def add_corruption_options(parser: OptionParser, pkeep: float) -> None:
    """Noise on the pose codes a transformer is shown while it trains."""
    group = parser.add_argument_group("corruption of inputs in training")
    group.add_argument(
        "--pkeep",
        type=SHARE,
        default=pkeep,
        help="probability of keeping a bit of a corrupted history; 1: no corruption by noise",
    )
    group.add_argument(
        "--min-sampling-prob",
        type=SHARE,
        default=0.1,
        help="least share s of uncorrupted histories; s falls from 1 by a factor of 0.99 per iteration",
    )
    group.add_argument(
        "--balance",
        type=SHARE,
        default=0.0,
        help="draw clips of rare actions more often: the power, 0 all clips alike, 1 all actions alike; needs a data "
        "set that says what is done in its clips (not published)",
    )
    group.add_argument(
        "--cond-drop-prob",
        type=SIZES["cond_drop_prob"],
        default=0.0,
        help="probability of training a sample without its text, as --guidance-scale needs (not published)",
    )
    switch(group, "--schedule-pkeep", help="let pkeep fall from 1 to --pkeep, by 0.99 per iteration")
    switch(
        group,
        "--scheduled-sampling",
        help="replace codes of the history by the model's own greedy predictions, each with probability 1 - s",
    )


def add_validation_options(parser: OptionParser) -> None:
    """What is measured and logged while a transformer trains."""
    group = parser.add_argument_group("validation")
    switch(
        group,
        "--log-cat-right-num",
        help="log the share of right codes while training, for each kind of pose code (refine: each stage)",
    )
    switch(
        group,
        "--val-shuffle",
        help="order and captions of the validation clips are drawn anew each time; else always the same",
    )
    switch(group, "--eval-masking", help="mask padding in validation")
    add_sample_videos(group)


def add_sample_videos(group: argparse._ActionsContainer) -> None:
    """Motion to look at while a model trains."""
    group.add_argument(
        "--num-sample-videos",
        type=whole(0, 1000),
        default=0,
        help="validation clips to show as video in TensorBoard and in samples/ of the run, each time",
    )


def add_refine_options(parser: OptionParser) -> None:
    """What only the refine transformer has (docs/method.md section 5)."""
    group = parser.add_argument_group("refine transformer")
    switch(group, "--share-weight", help="tie each stage's input embedding and output projection")
    switch(group, "--start-warm-up", help="warm the learning rate up over --warm-up-iter (else: no warm-up)")
    switch(
        group,
        "--load-pretrained-pose-code-emb",
        help="copy the base transformer's pose-code embedding (needs --t2m-checkpoint-folder)",
    )
    switch(group, "--freeze-pose-code-emb", help="do not train the pose-code embedding")
    group.add_argument(
        "--masking-prob",
        type=SHARE,
        default=0.0,
        help="probability of hiding all pose codes of a step in training",
    )
    switch(
        group, "--mask-residual-code", help="let --masking-prob hide single residual codes of the history too"
    )
    group.add_argument(
        "--reveal-prob",
        type=SIZES["reveal_prob"],
        default=REFINE["reveal_prob"],
        help="probability of training a sample with some of its stage's codes known, as --refine-rounds needs "
        "(not published)",
    )
    group.add_argument(
        "--loss-cfg-path", default="configs/exp_rt2m/losses.yaml", help="YAML weight of the cross-entropy"
    )
    group.add_argument(
        "--rvq-num-quantizers",
        type=SIZES["rvq_num_quantizers"],
        default=TOKENIZER["rvq_num_quantizers"],
        help="stages Q (the tokenizer's)",
    )
    group.add_argument(
        "--rvq-nb-code",
        type=SIZES["rvq_nb_code"],
        default=TOKENIZER["rvq_nb_code"],
        help="codes K per stage (the tokenizer's)",
    )
