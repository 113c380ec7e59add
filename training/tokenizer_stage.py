"""Training step and validation of the PG tokenizer (docs/method.md section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from dataset.features import joints_in_metres
from dataset.window_batches import WindowBatches
from evaluation.producers import reconstruction
from evaluation.workbench import Workbench
from models.build import adapt_tokenizer_weights
from models.pg_tokenizer import PGTokenizer
from training.losses import MotionLoss
from training.samples import Sample, sampled_motion, similarity_image
from training.settings import TokenizerSettings
from training.stage import Stage
from utils.distributed import share
from utils.stage_files import STAGES


@dataclass(frozen=True)
class TokenizerData:
    """What the tokenizer's training reads."""

    bench: Workbench
    batches: WindowBatches


class TokenizerStage(Stage[PGTokenizer, TokenizerData]):
    """The PG tokenizer on windows of motion."""

    model_key = STAGES["tokenizer"].weights
    best = {"fid": "min", "top1": "max", "mpjpe": "min"}

    def __init__(
        self,
        model: PGTokenizer,
        motion_loss: MotionLoss,
        settings: TokenizerSettings,
        data: TokenizerData | None = None,
    ) -> None:
        """Without `data` the stage has its loss only."""
        super().__init__(model, data)
        self.motion_loss, self.settings = motion_loss, settings
        self.batch_size = None if data is None else data.batches.batch_size
        self.skips_parameters = model.config.quantizer.get("dropout_prob", 0.0) > 0  # of stages left out

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Tensor]:
        """Windows of iteration ``iteration``: motion (B, T, D) normalised, pose_codes (B, T / 4, 70)."""
        batch = self.data.batches.at(iteration, rank, world_size)
        return {
            "motion": batch["motion"],
            "pose_codes": batch["pose_codes"][:, :: self.model.frames_per_step],
        }

    def loss(self, batch: dict[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Total loss of a batch and its terms."""
        output = self.model(batch["motion"], batch["pose_codes"])
        loss, terms = self.motion_loss(output.motion, batch["motion"], batch["pose_codes"])
        loss = loss + self.settings.vq_weight * output.vq_loss
        if self.settings.entropy_weight:  # unweighted, as published, it needs no gradient
            loss = loss + self.settings.entropy_weight * output.entropy
        loss = share(len(batch["motion"]), loss) * loss
        return loss, {**terms, "vq": output.vq_loss.detach(), "entropy": output.entropy.detach()}

    def adapt_weights(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Weights of a file to start from, which may be the release's."""
        return adapt_tokenizer_weights(self.model, weights)

    def open_validation(self) -> None:
        """Read the validation split now, so that nothing of it can fail later."""
        self.data.bench.open_validation()

    def validate(self, iteration: int) -> dict[str, float]:
        """Reconstruction of the validation split, with residual codes and from pose codes alone."""
        self.model.eval()  # without dropout; the loop switches back
        results = {}
        for suffix, use_residuals in (("", True), ("_pose_codes", False)):
            produce = reconstruction(self.model, use_residuals)
            row = self.data.bench.validate(f"reconstruction{suffix}", produce, iteration, joints_in_metres)
            results.update({f"{name}{suffix}": value for name, value in row.items()})
        return results

    def images(self, iteration: int) -> dict[str, np.ndarray]:
        """Cosine similarities of the pose codes' vectors and of each residual stage's: what has become alike."""
        vectors = {"pose_codes": self.model.pc_encoder.codebook.weight}
        vectors |= {f"residual_{q}": layer.values() for q, layer in enumerate(self.model.rvq.quantizers)}
        return {f"codebook_similarity/{name}": similarity_image(value) for name, value in vectors.items()}

    def samples(self, iteration: int) -> list[Sample]:
        """A few validation clips beside their reconstructions."""
        produce = reconstruction(self.model)
        return sampled_motion(self.data.bench, produce, self.settings.sample_videos, with_original=True)
