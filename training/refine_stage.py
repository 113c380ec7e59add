"""Training step and validation of the refine transformer (docs/method.md section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dataset.batch_draws import STAGE_STREAM, rank_slice
from evaluation.producers import refined_reference
from evaluation.routine import Produce
from models.build import adapt_refine_weights
from models.inference import for_inference
from models.refine_trans import RefineTransformer, draw_stages
from models.sampling import drop_condition
from training.corruption import hide_residual_codes, hide_steps, reveal_codes, with_noise, with_predictions
from training.transformer_stage import TransformerStage
from utils.distributed import share
from utils.runtime import make_generator
from utils.stage_files import STAGES

IGNORED = -100


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


class RefineStage(TransformerStage[RefineTransformer]):
    """The refine transformer on captions, pose codes and the tokenizer's residual codes."""

    model_key = STAGES["refine"].weights

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Any]:
        """Condition (B, 12, C), pose_codes (B, L, 70), residual_codes (B, L, Q), lengths (B,), stage (B,).

        The stages are a function of the seed and the iteration, however many processes share the batch.
        """
        batches = self.data.batches
        batch = batches.at(iteration, rank, world_size)
        epoch, place = divmod(iteration, batches.batches_per_epoch)
        count = len(batches.epoch(epoch)[place])  # of the global batch
        seed = np.random.SeedSequence((self.settings.seed, STAGE_STREAM, iteration)).generate_state(1)
        drawn = draw_stages(count, self.model.config.quantizers, make_generator(int(seed[0])))
        shared = {name: batch[name] for name in ("condition", "pose_codes", "residual_codes", "lengths")}
        return shared | self.stages(drawn[rank_slice(count, rank, world_size)])

    @staticmethod
    def stages(drawn: Tensor) -> dict[str, Any]:
        """The entries of a batch that say which stage each sample trains: (B,) on the CPU -> stage, stages_drawn.

        The second stays on the host, where asking which stages there are waits for nothing.
        """
        return {"stage": drawn, "stages_drawn": sorted(set(drawn.tolist()))}

    def loss(self, batch: dict[str, Any], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of one stage per sample, padding ignored."""
        corruption, codes, lengths = (
            self.settings.corruption,
            batch["residual_codes"].long(),
            batch["lengths"],
        )
        condition = drop_condition(batch["condition"], corruption.cond_drop_prob)
        stage = batch["stage"]
        pose_codes, history = batch["pose_codes"], codes
        if corruption.scheduled_sampling:
            predicted = self._predict_previous(pose_codes, codes, condition, stage, lengths)
            history = with_predictions(codes, predicted, corruption, iteration)
        pose_codes = with_noise(pose_codes, corruption, iteration)
        if corruption.masking_prob > 0:
            pose_codes = hide_steps(pose_codes, corruption.masking_prob)
            if corruption.mask_residual_code:
                history = hide_residual_codes(history, corruption.masking_prob)
        target = stage_targets(codes, stage)
        if corruption.reveal_prob > 0:
            history, known = reveal_codes(history, stage, corruption.reveal_prob)
            target = target.masked_fill(known, IGNORED)
        logits = self.model(pose_codes, history, condition, stage, lengths)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), target.flatten(), ignore_index=IGNORED)
        right, counted = (logits.detach().argmax(dim=-1) == target), target >= 0
        terms = {"right": right.float().sum() / counted.sum().clamp(min=1)}
        if self.settings.log_right:
            terms |= right_by_stage(right, counted, stage, batch["stages_drawn"])
        return self.settings.loss_weight * share(counted.sum(), loss) * loss, terms

    @torch.no_grad()
    def _predict_previous(
        self, pose_codes: Tensor, codes: Tensor, condition: Tensor, stage: Tensor, lengths: Tensor
    ) -> Tensor:
        """The model's own codes of the stage before each sample's, -1 elsewhere: (B, L, Q)."""
        previous = (stage - 1).clamp(min=0)
        logits = self.model(pose_codes, codes, condition, previous, lengths)
        drawn = logits[..., : self.model.config.codes].argmax(dim=-1)
        index = torch.arange(codes.shape[-1], device=codes.device)
        wanted = (index == (stage - 1)[:, None, None]) & (codes >= 0)
        return torch.where(wanted, drawn.unsqueeze(-1), -1)

    def adapt_weights(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a file to start from, which may be the release's."""
        return adapt_refine_weights(self.model, weights)

    def validate(self, iteration: int) -> dict[str, float]:
        """Metrics of refined ground-truth pose codes and, with a base transformer, of generated motion."""
        self.model.eval()  # without dropout; the loop switches back
        bench = self.data.bench
        results = bench.validate("refine on real pose codes", self._reference(), iteration)
        if self.data.base is None:
            return results
        results = {f"reference_{name}": value for name, value in results.items()}
        return results | bench.validate("base + refine", self.produce(), iteration)

    def produce(self) -> Produce:
        """Motion from text; without a base transformer, from real pose codes."""
        base = self.data.base
        return self._reference() if base is None else self.generation(base, self.model)

    def _reference(self) -> Produce:
        return refined_reference(self.data.tokenizer, for_inference(self.model))
