"""Training step and validation of the refine transformer (docs/method.md section 5)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dataset.motion_text import rank_slice
from evaluation.producers import refined_reference, text_to_motion
from evaluation.routine import Produce
from evaluation.workbench import Workbench
from models.build import adapt_refine_weights, load_base_transformer, load_tokenizer
from models.inference import for_inference
from models.refine_trans import RefineConfig, RefineTransformer, draw_stages
from models.sampling import drop_condition
from training.corruption import hide_residual_codes, hide_steps, with_noise, with_predictions
from training.losses import read_loss_config
from training.samples import Sample, sampled_motion
from utils.distributed import share
from utils.runtime import UserError, make_generator

IGNORED = -100
STAGE_STREAM = 4  # after the streams of dataset.motion_text, of the same seed


def stage_targets(residual_codes: Tensor, stage: Tensor) -> Tensor:
    """Codes of each sample's stage, -100 where there is none: (B, L, Q), (B,) -> (B, L)."""
    index = stage[:, None, None].expand(-1, residual_codes.shape[1], 1)
    target = residual_codes.gather(2, index).squeeze(2)
    return target.masked_fill(target < 0, IGNORED)


def right_by_stage(right: Tensor, counted: Tensor, stage: Tensor, drawn: Sequence[int]) -> dict[str, Tensor]:
    """Share of right codes for each quantizer stage in the batch (``--log-cat-right-num``).

    Args:
        right: (B, L) bool, whether the most probable code is the right one.
        counted: (B, L) bool, False in padding.
        stage: (B,) quantizer index of each sample.
        drawn: the stages there are.
    """
    shares = {}
    for q in drawn:
        chosen = (stage == q).unsqueeze(1)
        shares[f"right_stage_{q}"] = (right & chosen).sum() / (counted & chosen).sum().clamp(min=1)
    return shares


class RefineStage:
    """What the training loop needs: a model, batches, a loss, a validation."""

    model_key = "r_trans"
    skips_parameters = False  # every one has a gradient in every iteration
    best = {"fid": "min", "top1": "max"}

    def __init__(self, args: Namespace, bench: Workbench, device: torch.device) -> None:
        self.args, self.bench, self.device = args, bench, device
        self.tokenizer = load_tokenizer(args.dec_checkpoint_folder, device)
        bench.check_tokenizer(self.tokenizer)
        bench.check_block_size()
        self.base = (
            load_base_transformer(args.t2m_checkpoint_folder, device) if args.t2m_checkpoint_folder else None
        )
        config = RefineConfig.from_args(args, self.tokenizer.quantizers, self.tokenizer.residual_vocabulary)
        self.model = RefineTransformer(config).to(device)
        if args.load_pretrained_pose_code_emb:
            self._copy_pose_code_embedding()
        if args.freeze_pose_code_emb:
            self.model.proc_in.pose_tok_emb.requires_grad_(False)
        residual = bench.residual_codes("train", self.tokenizer)
        self.batches = bench.text_motion_batches("train", self.tokenizer.frames_per_step, residual)
        self.weight = read_loss_config(args.loss_cfg_path, ("cross_entropy",))["cross_entropy"]["weight"]

    def _copy_pose_code_embedding(self) -> None:
        if self.base is None:
            raise UserError("--load-pretrained-pose-code-emb needs --t2m-checkpoint-folder")
        source, target = self.base.trans_base.tok_emb, self.model.proc_in.pose_tok_emb
        if source.weight.shape != target.weight.shape:
            raise UserError(
                f"{self.args.t2m_checkpoint_folder}: its pose-code embedding is {source.weight.shape[0]} wide; "
                f"--load-pretrained-pose-code-emb needs --embed-dim-gpt {source.weight.shape[0]}"
            )
        target.load_state_dict(source.state_dict())

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Any]:
        """Condition (B, 12, C), pose_codes (B, L, 70), residual_codes (B, L, Q), lengths (B,), stage (B,).

        The stages are a function of the seed and the iteration, however many processes share the batch.
        """
        batch = self.batches.at(iteration, rank, world_size)
        epoch, place = divmod(iteration, self.batches.batches_per_epoch)
        count = len(self.batches.epoch(epoch)[place])  # of the global batch
        seed = np.random.SeedSequence((self.args.seed, STAGE_STREAM, iteration)).generate_state(1)
        drawn = draw_stages(count, self.tokenizer.quantizers, make_generator(int(seed[0])))
        kept = {name: batch[name] for name in ("condition", "pose_codes", "residual_codes", "lengths")}
        return kept | self.stages(drawn[rank_slice(count, rank, world_size)])

    @staticmethod
    def stages(drawn: Tensor) -> dict[str, Any]:
        """The entries of a batch that say which stage each sample trains: (B,) on the CPU -> stage, stages_drawn.

        The second stays on the host, where asking which stages there are waits for nothing.
        """
        return {"stage": drawn, "stages_drawn": sorted(set(drawn.tolist()))}

    def loss(self, batch: dict[str, Any], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of one stage per sample, padding ignored."""
        args, codes, lengths = self.args, batch["residual_codes"].long(), batch["lengths"]
        condition = drop_condition(batch["condition"], args.cond_drop_prob)
        stage = batch["stage"]
        pose_codes, history = batch["pose_codes"], codes
        if args.scheduled_sampling:
            predicted = self._predict_previous(pose_codes, codes, condition, stage, lengths)
            history = with_predictions(codes, predicted, args, iteration)
        pose_codes = with_noise(pose_codes, args, iteration)
        if args.masking_prob > 0:
            pose_codes = hide_steps(pose_codes, args.masking_prob)
            if args.mask_residual_code:
                history = hide_residual_codes(history, args.masking_prob)
        logits = self.model(pose_codes, history, condition, stage, lengths)
        target = stage_targets(codes, stage)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), target.flatten(), ignore_index=IGNORED)
        right, counted = (logits.detach().argmax(dim=-1) == target), target >= 0
        terms = {"right": right.float().sum() / counted.sum()}
        if args.log_cat_right_num:
            terms |= right_by_stage(right, counted, stage, batch["stages_drawn"])
        return self.weight * share(counted.sum(), loss) * loss, terms

    @torch.no_grad()
    def _predict_previous(
        self, pose_codes: Tensor, codes: Tensor, condition: Tensor, stage: Tensor, lengths: Tensor
    ) -> Tensor:
        """The model's own codes of the stage before each sample's, -1 elsewhere: (B, L, Q)."""
        previous = (stage - 1).clamp(min=0)
        logits = self.model(pose_codes, codes, condition, previous, lengths)
        drawn = logits[..., : self.tokenizer.residual_vocabulary].argmax(dim=-1)
        index = torch.arange(codes.shape[-1], device=codes.device)
        wanted = (index == (stage - 1)[:, None, None]) & (codes >= 0)
        return torch.where(wanted, drawn.unsqueeze(-1), -1)

    def adapt_weights(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a file to start from, which may be the release's."""
        return adapt_refine_weights(self.model, weights)

    def open_validation(self) -> None:
        """Read the validation split now, so that nothing of it can fail later."""
        self.bench.open_validation()

    def validate(self, iteration: int) -> dict[str, float]:
        """Metrics of refined ground-truth pose codes and, with a base transformer, of generated motion."""
        self.model.eval()  # without dropout; the loop switches back
        results = self.bench.validate("refine on real pose codes", self._reference(), iteration)
        if self.base is None:
            return results
        results = {f"reference_{name}": value for name, value in results.items()}
        return results | self.bench.validate("base + refine", self._produce(), iteration)

    def samples(self, iteration: int) -> list[Sample]:
        """Motion generated for a few validation captions; without a base transformer, from real pose codes."""
        produce = self._reference() if self.base is None else self._produce()
        return sampled_motion(self.bench, produce, self.args.num_sample_videos, with_text=True)

    def _reference(self) -> Produce:
        return refined_reference(self.tokenizer, for_inference(self.model))

    def _produce(self) -> Produce:
        bench = self.bench
        models = (self.tokenizer, for_inference(self.base), for_inference(self.model))
        return text_to_motion(*models, max_steps=bench.max_steps)
