"""The four stages of the training scripts, made of their parsed options and of opened data."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import torch

from dataset.evaluation_batches import EvaluationBatches
from dataset.features import joints_in_metres
from dataset.pose_codes.tensor_measures import CODE_MARGIN, measure_tensor, violation
from dataset.text_condition import CONDITION_TOKENS
from dataset.window_batches import WindowBatches
from dataset.word_vectors import load_word_vectors
from evaluation.workbench import Workbench
from models.base_trans import BaseConfig, BaseTransformer
from models.build import load_base_transformer, load_tokenizer
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer
from training.base_stage import BaseStage
from training.evaluator_stage import EvaluatorStage, sizes_from_arguments
from training.losses import MOTION_LOSSES, MotionLoss, read_loss_config
from training.refine_stage import RefineStage
from training.settings import EvaluatorTraining, TokenizerSettings, TransformerSettings
from training.tokenizer_stage import TokenizerData, TokenizerStage
from training.transformer_stage import TransformerData
from utils.runtime import UserError


def tokenizer_stage(args: Namespace, bench: Workbench, device: torch.device) -> TokenizerStage:
    """The stage of train_pg_tokenizer.py."""
    model = PGTokenizer(TokenizerConfig.from_args(args, bench.spec.layout.width)).to(device)
    if args.freeze_codes:
        model.freeze_codes()
    bench.frames_per_step = model.frames_per_step
    batches = WindowBatches(bench.clips("train"), args.window_size, args.batch_size, args.seed)
    model.normaliser = bench.normaliser
    motion_loss = MotionLoss(
        read_loss_config(args.loss_cfg_path, MOTION_LOSSES),
        bench.spec.layout,
        lambda motion: joints_in_metres(bench.normaliser.restore(motion)),
        lambda joints, codes: violation(measure_tensor(joints, args.pose_frame), codes, CODE_MARGIN),
    )
    data = TokenizerData(bench, batches)
    return TokenizerStage(model, motion_loss, TokenizerSettings.from_args(args), data)


def base_stage(args: Namespace, bench: Workbench, device: torch.device) -> BaseStage:
    """The stage of train_base_trans.py."""
    tokenizer = load_tokenizer(args.dec_checkpoint_folder, device)
    bench.check_tokenizer(tokenizer)
    bench.check_block_size(args.block_size, CONDITION_TOKENS + args.text_tokens)
    model = BaseTransformer(BaseConfig.from_args(args)).to(device)
    batches = bench.text_motion_batches("train", tokenizer.frames_per_step)
    data = TransformerData(tokenizer, bench, batches)
    return BaseStage(model, TransformerSettings.from_args(args), data)


def refine_stage(args: Namespace, bench: Workbench, device: torch.device) -> RefineStage:
    """The stage of train_refine_trans.py."""
    tokenizer = load_tokenizer(args.dec_checkpoint_folder, device)
    bench.check_tokenizer(tokenizer)
    bench.check_block_size(args.block_size)
    folder = args.t2m_checkpoint_folder
    base = load_base_transformer(folder, device) if folder else None
    config = RefineConfig.from_args(args, tokenizer.quantizers, tokenizer.residual_vocabulary)
    model = RefineTransformer(config).to(device)
    if args.load_pretrained_pose_code_emb:
        _copy_pose_code_embedding(base, model, folder)
    if args.freeze_pose_code_emb:
        model.proc_in.pose_tok_emb.requires_grad_(False)
    residual = bench.residual_codes("train", tokenizer)
    batches = bench.text_motion_batches("train", tokenizer.frames_per_step, residual)
    weight = read_loss_config(args.loss_cfg_path, ("cross_entropy",))["cross_entropy"]["weight"]
    data = TransformerData(tokenizer, bench, batches, base)
    return RefineStage(model, TransformerSettings.from_args(args, weight), data)


def evaluator_stage(args: Namespace, bench: Workbench, device: torch.device) -> EvaluatorStage:
    """The stage of train_evaluator.py; says in `args`, for arguments.yaml, which word vectors were there."""
    # The default folder is only a place to look; a folder that was typed must be there.
    typed = "glove_dir" in args.explicit or Path(args.glove_dir).is_dir()
    words = load_word_vectors(args.glove_dir if typed else None)
    args.word_vectors = words.source
    clips, validation = bench.clips("train"), bench.clips("val")
    batch_size = min(32, len(validation.text_clips()))
    batches = EvaluationBatches(validation, None, words, batch_size=batch_size, seed=args.seed)
    sizes = sizes_from_arguments(vars(args), len(clips.mean))
    training = EvaluatorTraining.from_args(args)
    return EvaluatorStage(clips, words, sizes, training, device, (validation, batches))


def _copy_pose_code_embedding(base: BaseTransformer | None, model: RefineTransformer, folder: str) -> None:
    """Start from the base transformer's pose-code embedding; UserError where there is none of that width."""
    if base is None:
        raise UserError("--load-pretrained-pose-code-emb needs --t2m-checkpoint-folder")
    source, target = base.trans_base.tok_emb, model.proc_in.pose_tok_emb
    if source.weight.shape != target.weight.shape:
        raise UserError(
            f"{folder}: its pose-code embedding is {source.weight.shape[0]} wide; "
            f"--load-pretrained-pose-code-emb needs --embed-dim-gpt {source.weight.shape[0]}"
        )
    target.load_state_dict(source.state_dict())
