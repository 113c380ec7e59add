"""Every default is written once: flags, configurations and what released arguments leave unsaid agree."""

from __future__ import annotations

from argparse import Namespace

import pytest

from evaluation.settings import EvaluationSettings, MeasureSettings
from models.base_trans import BaseConfig
from models.pg_tokenizer import TokenizerConfig
from models.refine_trans import RefineConfig
from options import (
    base_parser,
    eval_tokenizer_parser,
    evaluator_parser,
    parse,
    refine_parser,
    tokenizer_parser,
)
from options.evaluation import FOLDERS
from training.settings import EvaluatorTraining, TrainSettings
from utils import published
from utils.checkpoint import MODEL_KEYS
from utils.stage_files import STAGES

FOLDER = ["--dec-checkpoint-folder", "x"]


@pytest.mark.parametrize(
    ("parser", "given", "defaults"),
    [
        (tokenizer_parser, [], published.TOKENIZER),
        (base_parser, FOLDER, published.BASE),
        (refine_parser, FOLDER, published.REFINE),
    ],
)
def test_flags_and_released_arguments_have_the_same_defaults(parser, given, defaults):
    args = vars(parse(parser(), given))
    assert {name: args[name] for name in defaults} == dict(defaults)


def test_configurations_made_in_python_are_the_published_ones():
    tokenizer = TokenizerConfig.from_args(Namespace(**published.TOKENIZER), features=263)
    plain = TokenizerConfig()
    for name in ("width", "latent_dim", "down_t", "depth", "dilation_growth_rate", "activation", "norm"):
        assert getattr(tokenizer, name) == getattr(plain, name), name
    assert plain.quantizer.items() <= tokenizer.quantizer.items()
    assert BaseConfig.from_args(Namespace(**published.BASE)) == BaseConfig()
    args = Namespace(**{**published.REFINE, "share_weight": True})
    assert RefineConfig.from_args(args, quantizers=6, codes=512) == RefineConfig()


def test_training_and_protocol_settings_are_the_flags_defaults():
    args = parse(tokenizer_parser(), [])
    plain = TrainSettings(total_iter=1, lr=1.0)
    for name in ("print_iter", "save_iter", "weight_decay", "amp", "grad_clip", "grad_accum", "seed"):
        assert getattr(args, name) == getattr(plain, name), name
    assert tuple(args.adam_betas) == plain.betas
    evaluated = parse(eval_tokenizer_parser(), FOLDER)
    assert evaluated.repeats == EvaluationSettings.repeats and evaluated.split == MeasureSettings.split
    trained = parse(evaluator_parser(), [])
    assert (trained.objective, trained.margin) == (EvaluatorTraining.objective, EvaluatorTraining.margin)


def test_stages_are_named_in_one_place():
    assert list(FOLDERS) == list(STAGES)
    assert [files.weights for files in STAGES.values()] == list(MODEL_KEYS[:3]) == ["net", "trans", "r_trans"]
    options = [files.option for files in STAGES.values()]
    assert options == ["dec_checkpoint_folder", "t2m_checkpoint_folder", "residual_t2m_checkpoint_folder"]
