"""What the stages of the base and the refine transformer have in common."""

from __future__ import annotations

from dataclasses import dataclass

from dataset.motion_text import TextMotionBatches
from evaluation.producers import text_to_motion
from evaluation.routine import Produce
from evaluation.workbench import Workbench
from models.base_trans import BaseTransformer
from models.inference import for_inference
from models.pg_tokenizer import PGTokenizer
from models.refine_trans import RefineTransformer
from training.samples import Sample, sampled_motion
from training.settings import TransformerSettings
from training.stage import Model, Stage


@dataclass(frozen=True)
class TransformerData:
    """What the training of a transformer reads."""

    tokenizer: PGTokenizer
    bench: Workbench
    batches: TextMotionBatches
    base: BaseTransformer | None = None  # of the refine transformer's validation


class TransformerStage(Stage[Model, TransformerData]):
    """A transformer on captions and pose codes."""

    skips_parameters = False  # every one has a gradient in every iteration
    best = {"fid": "min", "top1": "max"}

    def __init__(
        self, model: Model, settings: TransformerSettings, data: TransformerData | None = None
    ) -> None:
        """Without `data` the stage has its loss only."""
        super().__init__(model, data)
        self.settings = settings
        self.batch_size = None if data is None else data.batches.batch_size

    def open_validation(self) -> None:
        """Read the validation split now, so that nothing of it can fail later."""
        self.data.bench.open_validation()

    def samples(self, iteration: int) -> list[Sample]:
        """Motion generated for a few validation captions."""
        return sampled_motion(self.data.bench, self.produce(), self.settings.sample_videos, with_text=True)

    def produce(self) -> Produce:
        """What makes motion of the model as it is, for validation and samples."""
        raise NotImplementedError

    def generation(self, base: BaseTransformer, refine: RefineTransformer | None) -> Produce:
        """Motion from text by transformers as they are."""
        refine = None if refine is None else for_inference(refine)
        return text_to_motion(
            self.data.tokenizer, for_inference(base), refine, max_steps=self.data.bench.max_steps
        )
