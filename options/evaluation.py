"""Flags of evaluation: checkpoint folders, evaluator, protocol."""

from __future__ import annotations

import argparse

from evaluation.settings import DataSettings, EvaluationSettings, MeasureSettings
from models.sampling import ENDS
from options.core import OptionParser, switch
from training.settings import OBJECTIVES, EvaluatorTraining
from utils.precision import PRECISIONS
from utils.ranges import COUNT, GUIDANCE, SIZES, TEMPERATURE, positive, whole
from utils.stage_files import DEFAULT_MODELS, STAGES

FOLDERS = {
    "tokenizer": "folder of the PG tokenizer: arguments.yaml and net_best_fid.pth",
    "base": "folder of the base transformer",
    "refine": "folder of the refine transformer",
}


def add_folder_options(
    parser: OptionParser, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    """Folders of trained models, by the stages' names; their flags are the options of `utils.stage_files`."""
    group = parser.add_argument_group("trained models")
    for stage in (*required, *optional):
        flag = "--" + STAGES[stage].option.replace("_", "-")
        needed = stage in required
        group.add_argument(flag, metavar="FOLDER", required=needed, default=None, help=FOLDERS[stage])


def add_models_folder(
    group: argparse._ActionsContainer,
    help: str = "folder that holds the three models' folders, or one model's folder that leads to the others",
) -> None:
    """The folder of trained models that a script works with; those of the repository where none is named."""
    group.add_argument("--checkpoint-folder", default=DEFAULT_MODELS, help=help)


def add_evaluator_options(parser: OptionParser) -> None:
    """The text-motion evaluator behind FID, R-precision and the like."""
    group = parser.add_argument_group("evaluator")
    group.add_argument(
        "--checkpoints-dir",
        default=DataSettings.checkpoints_dir,
        help="root of the evaluators: ROOT/<dataname>/text_mot_match/model/finest.tar",
    )
    group.add_argument("--glove-dir", default="glove", help="folder of the official GloVe files, if there")


def add_evaluator_training_options(parser: OptionParser) -> None:
    """Objective of train_evaluator.py (docs/method.md section 8)."""
    group = parser.add_argument_group("evaluator training")
    group.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default=EvaluatorTraining.objective,
        help="contrast all pairs of a batch, or the official margin between matched and mismatched pairs",
    )
    group.add_argument(
        "--margin",
        type=positive(1e6),
        default=EvaluatorTraining.margin,
        help="least distance of mismatched pairs (margin)",
    )
    group.add_argument(
        "--drop-out-rate",
        type=SIZES["drop_out_rate"],
        default=EvaluatorTraining.dropout,
        help="dropout of the movement encoder",
    )


def add_protocol_options(parser: OptionParser, generates: bool) -> None:
    """How the metrics are taken (docs/method.md section 9)."""
    group = parser.add_argument_group("protocol")
    group.add_argument(
        "--repeats",
        type=whole(1, 1000),
        default=EvaluationSettings.repeats,
        help="repeats behind the mean and 95 %% interval",
    )
    group.add_argument("--split", default=MeasureSettings.split, help="split to evaluate: test, val or train")
    switch(
        group,
        "--eval-reference",
        help="measure what starts from real motion too: its reconstructions, and real pose codes refined",
    )
    group.add_argument(
        "--search-codes",
        type=whole(0, 1000),
        default=0,
        metavar="N",
        help="measure, too, motion from residual codes that N iterations search for until the decoded motion fits "
        "(40 is what edits use); 0: only those that the encoder gives, as published",
    )
    switch(
        group,
        "--force-drop-residual-quantization",
        help="decode pose codes alone: what the readable part carries",
    )
    if not generates:
        return
    group.add_argument(
        "--eval-mode",
        choices=("fast", "standard"),
        default="fast",
        help="fast: generate --batch-size clips at once; standard: in the protocol's batches of 32. The "
        "metrics are those of batches of 32 either way",
    )
    switch(group, "--mm_mode", "--mm-mode", help="measure multimodality too: 30 motions per caption")
    add_sampling(group)
    add_precision(group)


def add_precision(group: argparse._ActionsContainer) -> None:
    """Number format of both transformers while they sample."""
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="of sampling; bf16 is faster and draws slightly different codes. auto: bf16 where a quick trial "
        "shows that it pays",
    )


def add_making(group: argparse._ActionsContainer) -> None:
    """How a sentence becomes a motion that is kept; for scripts that make motions, not for those that grade models."""
    group.add_argument(
        "--divide",
        action=argparse.BooleanOptionalAction,
        default=None,
        help='make what a sentence tells in turn ("walks, then sits down") one part after another, and nothing of what it '
        "refuses (\"don't walk, run\"). None: the model's own, "
        "yes for models trained with --cond-drop-prob",
    )
    group.add_argument(
        "--candidates",
        type=COUNT,
        default=None,
        metavar="N",
        help="draw N motions for each and keep the one that fits its sentence best, by the evaluator beside the models. "
        "None: the model's own, 4 for models trained with --cond-drop-prob that have one beside them",
    )
    group.add_argument(
        "--tries",
        type=COUNT,
        default=None,
        metavar="N",
        help="draw candidates up to N times where none shows what its sentence asks for, as far as that is understood, from "
        "the second time on told in plain words. None: the model's own, 2 for models trained with --cond-drop-prob; 1 "
        "with --candidates",
    )


def add_sampling(group: argparse._ActionsContainer) -> None:
    """How both transformers draw codes: what `models.sampling.Sampling.from_args` reads."""
    group.add_argument(
        "--temperature",
        type=TEMPERATURE,
        default=None,
        help="sampling temperature; 0: most likely. None: the model's own, 1 for published ones",
    )
    group.add_argument(
        "--refine-temperature",
        type=TEMPERATURE,
        default=None,
        help="sampling temperature of the residual codes. None: the model's own, that of --temperature for published ones",
    )
    group.add_argument(
        "--refine-guidance-scale",
        type=GUIDANCE,
        default=None,
        help="the same for the residual codes. None: the model's own, that of --guidance-scale for published ones",
    )
    group.add_argument(
        "--refine-rounds",
        type=COUNT,
        default=None,
        metavar="N",
        help="rounds in which the first stage's residual codes are drawn, each seeing the rounds before; later stages take "
        "half as many each. None: the model's own; 1, all at once, for models trained without --reveal-prob",
    )
    group.add_argument(
        "--obey",
        type=whole(0, 1000),
        default=None,
        metavar="N",
        help="iterations of moving residual codes until the decoded motion obeys its pose codes. None: the model's own, "
        "20 for models trained with --cond-drop-prob; 0, as drawn, for others",
    )
    group.add_argument(
        "--end",
        choices=ENDS,
        default=None,
        help="when a motion of no given length ends: likely: where END is more probable than not, as published; "
        "median: where it has more probably ended than not. None: the model's own, median for models trained "
        "with --cond-drop-prob",
    )
    group.add_argument(
        "--guidance-scale",
        type=GUIDANCE,
        default=None,
        help="above 1: follow the text more than the training data did; 1: off. None: 3 for models trained "
        "with --cond-drop-prob, 1 for others",
    )
