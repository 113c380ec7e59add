"""Training step and validation of the base transformer (docs/method.md section 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from dataset.pose_codes import END, GROUPS, as_khot
from evaluation.routine import Produce
from models.base_trans import OUTPUTS, BaseTransformer
from models.build import adapt_base_weights
from models.masks import length_mask
from models.sampling import by_group, drop_condition
from training.corruption import with_noise, with_predictions
from training.transformer_stage import TransformerStage
from utils.distributed import Distributed, share
from utils.stage_files import STAGES


def _kind_ranges() -> dict[str, tuple[int, int]]:
    """Each kind of pose code's first group, and the one after its last: a kind's groups stand together."""
    ranges: dict[str, tuple[int, int]] = {}
    for index, group in enumerate(GROUPS):
        first, last = ranges.get(group.kind, (index, index))
        if last != index:
            raise AssertionError(f"groups of kind {group.kind} don't stand together")
        ranges[group.kind] = (first, index + 1)
    return dict(sorted(ranges.items()))


KIND_RANGES = _kind_ranges()


def base_loss(logits: Tensor, pose_codes: Tensor, lengths: Tensor) -> Tensor:
    """Binary cross-entropy over the 394 outputs of steps 0..len, averaged per sample, then over samples.

    Args:
        logits: (B, L + 1, 394).
        pose_codes: (B, L, 70) category indices, anything beyond a sample's length.
        lengths: (B,) steps; the target of step ``len`` is END alone.
    """
    size = pose_codes.shape[1]
    inside = length_mask(lengths, size)
    target = F.pad(as_khot(pose_codes).to(logits), (0, OUTPUTS - END, 0, 1))
    target = target * F.pad(inside, (0, 1)).unsqueeze(-1)
    target[torch.arange(len(lengths), device=lengths.device), lengths, END] = 1.0
    per_step = F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(dim=-1)
    counted = length_mask(lengths + 1, size + 1)
    return ((per_step * counted).sum(dim=1) / (lengths + 1)).mean()


def right_by_kind(logits: Tensor, pose_codes: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """Share of groups whose most probable code is right, for each kind of pose code (``--log-cat-right-num``).

    Args:
        logits: (B, L + 1, 394).
        pose_codes: (B, L, 70).
        lengths: (B,) steps.
    """
    inside = length_mask(lengths, pose_codes.shape[1]).unsqueeze(-1)
    right = (by_group(logits[:, :-1]).argmax(dim=-1) == pose_codes) & inside
    right = right.sum(dim=(0, 1)) / inside.sum()  # (70,)
    shares = {f"right_{kind}": right[first:last].mean() for kind, (first, last) in KIND_RANGES.items()}
    return {"right": right.mean(), **shares}


class BaseStage(TransformerStage[BaseTransformer]):
    """The base transformer on captions and pose codes."""

    model_key = STAGES["base"].weights

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Tensor]:
        """Condition (B, 12, C), pose_codes (B, L, 70), lengths (B,)."""
        batch = self.data.batches.at(iteration, rank, world_size)
        return {name: batch[name] for name in ("condition", "pose_codes", "lengths")}

    def loss(self, batch: dict[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of a batch; more and more often the history is corrupted, as sampling will corrupt it."""
        corruption = self.settings.corruption
        condition = drop_condition(batch["condition"], corruption.cond_drop_prob)
        history = batch["pose_codes"]
        if corruption.scheduled_sampling:
            with torch.no_grad():
                predicted = by_group(self.model(history, condition)[:, :-1]).argmax(dim=-1)
            history = with_predictions(history, predicted, corruption, iteration)
        history = with_noise(history, corruption, iteration)
        logits = self.model(history, condition)
        terms = {}
        if self.settings.log_right:
            terms = right_by_kind(logits.detach(), batch["pose_codes"], batch["lengths"])
        loss = base_loss(logits, batch["pose_codes"], batch["lengths"])
        return share(len(logits), loss) * loss, terms

    def adapt_weights(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a file to start from, which may be the release's."""
        return adapt_base_weights(self.model, weights)

    def validate(self, iteration: int) -> dict[str, float]:
        """Loss on the validation split, and metrics of motion generated for its captions."""
        self.model.eval()  # without dropout; the loop switches back
        results = self._teacher_forced()
        return results | self.data.bench.validate("base", self.produce(), iteration)

    def produce(self) -> Produce:
        """Motion by pose codes alone."""
        return self.generation(self.model, None)

    @torch.no_grad()
    def _teacher_forced(self) -> dict[str, float]:
        """Means over the validation split's clips, shared out among the processes."""
        processes, bench = Distributed.joined(), self.data.bench
        sums: dict[str, float] = {"clips": 0.0}
        place = (processes.rank, processes.world_size)
        for batch in bench.validation_batches(self.data.tokenizer.frames_per_step, *place):
            batch = {name: batch[name].to(bench.device) for name in ("condition", "pose_codes", "lengths")}
            logits = self.model(batch["pose_codes"], batch["condition"])
            values = right_by_kind(logits, batch["pose_codes"], batch["lengths"])
            values["loss"] = base_loss(logits, batch["pose_codes"], batch["lengths"])
            count = len(batch["lengths"])
            sums["clips"] += count
            for name, value in values.items():
                sums[name] = sums.get(name, 0.0) + float(value) * count
        totals: dict[str, float] = {}
        for theirs in processes.gather(sums):
            for name, value in theirs.items():
                totals[name] = totals.get(name, 0.0) + value
        clips = totals.pop("clips")
        return {name: value / clips for name, value in totals.items()}  # nothing to divide without clips
