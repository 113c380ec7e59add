"""What an evaluation or a training reads and measures, built once from a script's parsed options."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.sampling import Sampling

PROTOCOL_BATCH = 32  # clips that are told apart by their captions
MULTIMODALITY_CAPTIONS = 100


@dataclass(frozen=True)
class EvaluationSettings:
    """Numbers of the protocol; the defaults are the published ones.

    `multimodality_captions` 0 leaves multimodality out; `multimodality_repeats` limits it to the first
    repeats (it costs captions x samples generations in each).
    """

    repeats: int = 20
    retrieval_batch: int = 32
    diversity_pairs: int = 300
    multimodality_captions: int = 0
    multimodality_samples: int = 30
    multimodality_pairs: int = 10
    multimodality_repeats: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class TextSettings:
    """The text condition: which frozen encoder, and what of a caption it embeds."""

    encoder: str
    path: str | None = None  # of its weights; None: look for them
    use_keywords: bool = False
    tokens: int = 0  # last hidden states beside the sentence vector

    @classmethod
    def from_args(cls, args: Namespace) -> TextSettings:
        """Read a script's parsed options."""
        tokens = getattr(args, "text_tokens", 0) or 0
        return cls(args.text_encoder, args.text_encoder_path, args.use_keywords, tokens)


@dataclass(frozen=True)
class DataSettings:
    """Which data set is read, how, and where the evaluator for it lies."""

    dataname: str
    pose_frame: str
    kit_codes: str
    data_root: str | None = None  # None: the data set's own folder
    codes_folder: str | None = None  # of pose-code files in it; None: the one of the pose frame
    cache_dir: str | None = None  # None: inside the data set's folder
    split: str = "train"  # whose loading brings the feature statistics
    batch_size: int = PROTOCOL_BATCH  # of training
    balance: float = 0.0  # power by which training draws rare actions more often
    seed: int = 0
    text: TextSettings | None = None  # None: nothing is made from text
    shuffle_validation: bool = False  # other captions and another order in each validation
    checkpoints_dir: str = "checkpoints"  # of the evaluator
    glove_dir: str | None = None

    @classmethod
    def from_args(cls, args: Namespace) -> DataSettings:
        """Read a script's parsed options; only scripts that make motion from text have options for that."""
        return cls(
            dataname=args.dataname,
            pose_frame=args.pose_frame,
            kit_codes=args.kit_codes,
            data_root=args.data_root,
            codes_folder=args.codes_folder_name,
            cache_dir=args.cache_dir,
            split=getattr(args, "split", cls.split),
            batch_size=args.batch_size,
            balance=getattr(args, "balance", 0.0),
            seed=args.seed,
            text=TextSettings.from_args(args) if hasattr(args, "text_encoder") else None,
            shuffle_validation=getattr(args, "val_shuffle", False),
            checkpoints_dir=args.checkpoints_dir,
            glove_dir=args.glove_dir,
        )


@dataclass(frozen=True)
class MeasureSettings:
    """What an evaluation script measures."""

    protocol: EvaluationSettings = field(default_factory=EvaluationSettings)
    split: str = "test"
    batch_size: int = PROTOCOL_BATCH  # clips generated at once
    multimodality_captions: int = 0  # of generated motion; 0: none
    with_residuals: bool = True  # False: pose codes alone
    with_reference: bool = False  # what starts from real motion too
    search_iterations: int = 0  # of residual codes searched for (`models.code_search`); 0: not measured
    sampling: Sampling = Sampling()

    @classmethod
    def from_args(cls, args: Namespace) -> MeasureSettings:
        """Read an evaluation script's parsed options; that of the tokenizer generates nothing."""
        generates = hasattr(args, "temperature")
        fast = not generates or args.eval_mode == "fast"
        return cls(
            protocol=EvaluationSettings(repeats=args.repeats, seed=args.seed),
            split=args.split,
            batch_size=max(PROTOCOL_BATCH, args.batch_size) if fast else PROTOCOL_BATCH,
            multimodality_captions=MULTIMODALITY_CAPTIONS if generates and args.mm_mode else 0,
            with_residuals=not args.force_drop_residual_quantization,
            with_reference=args.eval_reference,
            search_iterations=args.search_codes,
            sampling=Sampling.from_args(args) if generates else Sampling(),
        )


@dataclass(frozen=True)
class ReportSettings:
    """Where an evaluation's table is written, and the options that stand in its record."""

    out_dir: str
    exp_name: str
    options: Mapping[str, Any]

    @classmethod
    def from_args(cls, args: Namespace) -> ReportSettings:
        """Read an evaluation script's parsed options; the record has all of them."""
        return cls(args.out_dir, args.exp_name, vars(args))
