"""Numbers of the training loop, and the optimiser made of them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field

import torch
from torch import nn

from training.corruption import Corruption

OBJECTIVES = ("infonce", "margin")  # of the evaluator


@dataclass(frozen=True)
class TrainSettings:
    """Numbers of the loop; iterations are optimiser steps."""

    total_iter: int
    lr: float
    warm_up_iter: int = 0
    lr_scheduler: tuple[int, ...] = ()
    gamma: float = 0.05
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    eval_iter: int = 1000
    print_iter: int = 200
    save_iter: int = 1000
    amp: str = "none"
    compile: bool = False
    grad_clip: float = 0.0
    grad_accum: int = 1
    num_workers: int = 0
    seed: int = 123
    initial_weights: str | None = None  # start from this file's weights, at iteration 0
    resume: bool = False  # continue from the run folder's net_last.pth
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def from_args(cls, args: argparse.Namespace, device: torch.device) -> TrainSettings:
        """Settings from a training script's parsed options (options/training.py)."""
        warm_up = args.warm_up_iter if getattr(args, "start_warm_up", True) else 0
        return cls(
            total_iter=args.total_iter,
            lr=args.lr,
            warm_up_iter=warm_up,
            lr_scheduler=tuple(args.lr_scheduler),
            gamma=args.gamma,
            betas=tuple(args.adam_betas),
            weight_decay=args.weight_decay,
            eval_iter=args.eval_iter,
            print_iter=args.print_iter,
            save_iter=args.save_iter,
            amp=args.amp,
            compile=args.compile,
            grad_clip=args.grad_clip,
            grad_accum=args.grad_accum,
            num_workers=args.num_workers,
            seed=args.seed,
            initial_weights=getattr(args, "resume_pth", None) or getattr(args, "resume_trans", None),
            resume=args.resume is not None,
            device=device,
        )


@dataclass(frozen=True)
class TokenizerSettings:
    """What the tokenizer's stage does beside its motion losses."""

    vq_weight: float  # of the quantizer's loss
    entropy_weight: float = 0.0  # of the entropy of soft quantizers
    sample_videos: int = 0  # validation clips to look at

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> TokenizerSettings:
        """Settings from train_pg_tokenizer.py's parsed options."""
        return cls(args.rvq_loss_weight, args.params_soft_ent_loss, args.num_sample_videos)


@dataclass(frozen=True)
class TransformerSettings:
    """What the transformers' stages do; as it stands here, plain training."""

    corruption: Corruption = Corruption()
    loss_weight: float = 1.0  # of the refine transformer's cross-entropy
    log_right: bool = False  # log the shares of right codes by kind or stage
    sample_videos: int = 0  # validation clips to look at
    seed: int = 0  # of the quantizer stages that the refine transformer trains

    @classmethod
    def from_args(cls, args: argparse.Namespace, loss_weight: float = 1.0) -> TransformerSettings:
        """Settings from a training script's parsed options."""
        corruption = Corruption.from_args(args)
        return cls(corruption, loss_weight, args.log_cat_right_num, args.num_sample_videos, args.seed)


@dataclass(frozen=True)
class EvaluatorTraining:
    """How the evaluator is trained; rates and iterations belong to the training loop."""

    batch_size: int = 32
    objective: str = "infonce"
    margin: float = 10.0
    dropout: float = 0.2  # of the movement encoder
    word_dropout: float = 0.1
    seed: int = 0
    validation_repeats: int = 5

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> EvaluatorTraining:
        """Settings from train_evaluator.py's parsed options."""
        return cls(
            args.batch_size, args.objective, args.margin, args.drop_out_rate, args.word_dropout, args.seed
        )


def make_optimizer(model: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    """Fused AdamW over the parameters that train; weight decay on matrices only."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    matrices = [parameter for parameter in parameters if parameter.ndim >= 2]
    others = [parameter for parameter in parameters if parameter.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas, fused=True)
