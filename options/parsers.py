"""One parser per script, put together from the flag groups."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from options import ignored
from options.core import OptionParser, switch, writes_into
from options.data import (
    add_data_options,
    add_pose_code_options,
    add_text_options,
    add_text_token_option,
)
from options.evaluation import (
    add_evaluator_options,
    add_evaluator_training_options,
    add_folder_options,
    add_protocol_options,
)
from options.generation import add_generation_options
from options.tokenizer import (
    add_freeze_codes,
    add_quantizer_options,
    add_tokenizer_loss_options,
    add_tokenizer_model_options,
)
from options.training import (
    TrainingDefaults,
    add_device_options,
    add_preset_option,
    add_run_options,
    add_start_weights,
    add_training_options,
)
from options.transformer import (
    add_corruption_options,
    add_refine_options,
    add_sample_videos,
    add_transformer_model_options,
    add_validation_options,
)
from utils import published
from utils.runtime import UserError
from utils.stage_files import STAGES

TOKENIZER_TRAINING = TrainingDefaults("exp_pg_tokenizer", 300_000, 1e-4, (200_000,), 0.05, 1000, 1000)
BASE_TRAINING = TrainingDefaults("exp_base_trans", 300_000, 1e-4, (150_000,), 0.05, 0, 10_000)
REFINE_TRAINING = TrainingDefaults("exp_refine_trans", 150_000, 2e-4, (50_000,), 0.5, 5000, 10_000)
EVALUATOR_TRAINING = TrainingDefaults("exp_evaluator", 30_000, 1e-4, (20_000,), 0.1, 500, 1000)


def tokenizer_parser() -> OptionParser:
    """Options of train_pg_tokenizer.py."""
    parser = OptionParser("Train the PG tokenizer: motion to pose codes and residual codes, and back.")
    add_run_options(parser, "exp_result", TOKENIZER_TRAINING.exp_name)
    add_data_options(parser, batch_size=256, tokenizer=True)
    add_pose_code_options(parser, from_model=False)
    _add_tokenizer_groups(parser)
    add_training_options(parser, TOKENIZER_TRAINING)
    add_start_weights(parser, "--resume-pth")
    add_freeze_codes(parser)
    add_evaluator_options(parser)
    add_sample_videos(parser.add_argument_group("validation"))
    switch(parser, "--use-keywords", help="condition on keyword embeddings")
    parser.ignore(ignored.EVERYWHERE | ignored.TOKENIZER)
    return parser


def base_parser() -> OptionParser:
    """Options of train_base_trans.py."""
    parser = OptionParser("Train the base transformer: text to pose codes.")
    add_run_options(parser, "exp_result", BASE_TRAINING.exp_name)
    add_folder_options(parser, required=("tokenizer",))
    add_data_options(parser, batch_size=64, from_model=True)
    add_pose_code_options(parser)
    add_text_options(parser)
    add_text_token_option(parser)
    _add_base_groups(parser)
    add_training_options(parser, BASE_TRAINING)
    add_start_weights(parser, "--resume-trans")
    add_evaluator_options(parser)
    parser.ignore(ignored.EVERYWHERE | ignored.TRANSFORMER)
    return parser


def refine_parser() -> OptionParser:
    """Options of train_refine_trans.py."""
    parser = OptionParser("Train the refine transformer: text and pose codes to residual codes.")
    add_run_options(parser, "exp_result", REFINE_TRAINING.exp_name)
    add_folder_options(parser, required=("tokenizer",), optional=("base",))
    add_data_options(parser, batch_size=64, from_model=True)
    add_pose_code_options(parser)
    add_text_options(parser)
    add_text_token_option(parser)
    _add_refine_groups(parser)
    add_training_options(parser, REFINE_TRAINING)
    add_start_weights(parser, "--resume-trans")
    add_evaluator_options(parser)
    parser.ignore(ignored.EVERYWHERE | ignored.TRANSFORMER | ignored.REFINE)
    parser.check(check_pretrained_embedding)
    return parser


def evaluator_parser() -> OptionParser:
    """Options of train_evaluator.py."""
    parser = OptionParser("Train the text-motion evaluator, where the official one can't be had.")
    add_run_options(parser, "exp_result", EVALUATOR_TRAINING.exp_name)
    add_data_options(parser, batch_size=64)
    add_pose_code_options(parser, from_model=False)
    add_evaluator_options(parser)
    add_evaluator_training_options(parser)
    add_training_options(parser, EVALUATOR_TRAINING)
    parser.check(writes_into("checkpoints_dir", "dataname"))  # where the result is exported to
    return parser


def eval_tokenizer_parser() -> OptionParser:
    """Options of eval_pg_tokenizer.py."""
    parser = OptionParser("Measure the PG tokenizer's reconstructions.")
    _add_evaluation_base(parser, "eval_pg_tokenizer", required=("tokenizer",), generates=False)
    switch(parser, "--use-keywords", help="condition on keyword embeddings")
    _add_without_effect(parser, _add_tokenizer_groups, TOKENIZER_TRAINING)
    parser.ignore(ignored.EVERYWHERE | ignored.TOKENIZER | ignored.TOKENIZER_EVALUATION)
    return parser


def eval_base_parser() -> OptionParser:
    """Options of eval_base_trans.py."""
    parser = OptionParser("Measure motions generated from text by the base transformer and the tokenizer.")
    _add_evaluation_base(parser, "eval_base_trans", required=("tokenizer", "base"), generates=True)
    add_text_options(parser, from_model=True)
    add_text_token_option(parser, from_model=True)
    _add_without_effect(parser, _add_base_groups, BASE_TRAINING)
    parser.ignore(ignored.EVERYWHERE)
    return parser


def eval_refine_parser() -> OptionParser:
    """Options of eval_refine_trans.py."""
    parser = OptionParser("Measure motions generated from text by all three models.")
    _add_evaluation_base(parser, "eval_refine_trans", required=tuple(STAGES), generates=True)
    add_text_options(parser, from_model=True)
    add_text_token_option(parser, from_model=True)
    _add_without_effect(parser, _add_refine_groups, REFINE_TRAINING)
    parser.ignore(ignored.EVERYWHERE)
    return parser


def generate_parser() -> OptionParser:
    """Options of generate.py."""
    parser = OptionParser("Generate motion from text: motion files and video.")
    parser.usage = '%(prog)s "a caption" ["another"] [flags]'
    add_preset_option(parser)
    add_generation_options(parser)
    add_folder_options(parser, required=(), optional=tuple(STAGES))
    parser.add_argument(
        "--text-encoder-path",
        default=None,
        help="the text encoder's weights: a Hugging Face folder or ViT-B-32.pt; None: look for them",
    )
    switch(
        parser, "--force-drop-residual-quantization", help="decode the pose codes alone, without residuals"
    )
    add_device_options(parser)
    return parser


# ------------------------------------------------------------------------------------- shared by parsers
def _add_tokenizer_groups(parser: OptionParser) -> None:
    add_tokenizer_model_options(parser)
    add_quantizer_options(parser)
    add_tokenizer_loss_options(parser)


def _add_base_groups(parser: OptionParser) -> None:
    add_transformer_model_options(parser, published.BASE)
    add_corruption_options(parser, pkeep=0.5)
    add_validation_options(parser)


def _add_refine_groups(parser: OptionParser) -> None:
    add_transformer_model_options(parser, published.REFINE)
    add_corruption_options(parser, pkeep=1.0)
    add_validation_options(parser)
    add_refine_options(parser)


def _add_evaluation_base(parser: OptionParser, name: str, required: tuple[str, ...], generates: bool) -> None:
    """What the three evaluation scripts have in common."""
    add_run_options(parser, "eval_output", name)
    add_folder_options(parser, required)
    add_data_options(parser, batch_size=32, from_model=True)
    add_pose_code_options(parser)
    add_evaluator_options(parser)
    add_protocol_options(parser, generates)


def _add_without_effect(
    parser: OptionParser, add_groups: Callable[[OptionParser], None], defaults: TrainingDefaults
) -> None:
    """Flags of training that the published evaluation commands repeat."""
    before = set(parser.settings())
    add_groups(parser)
    models = set(parser.settings()) - before
    add_training_options(parser, defaults, resume=False)
    training = set(parser.settings()) - before - models
    parser.ignore(dict.fromkeys(models, ignored.REBUILT) | dict.fromkeys(training, ignored.NO_TRAINING))


def check_pretrained_embedding(args: argparse.Namespace) -> None:
    """The embedding to copy comes from the base transformer's folder."""
    if args.load_pretrained_pose_code_emb and args.t2m_checkpoint_folder is None:
        raise UserError(
            "--load-pretrained-pose-code-emb: give the base transformer's --t2m-checkpoint-folder"
        )
