"""Training stage of the text-motion evaluator: captions and clips of a batch are told apart, both ways.

Guo et al. train with a margin; the default here is the symmetric InfoNCE loss over squared Euclidean
distances, because retrieval and FID measure in that space. Captions repeat across clips, so a pair counts as
a match when the text is among the clip's captions, not only when it was drawn for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dataset.captioned_clips import CaptionedClips
from dataset.statistics import read_statistics
from dataset.word_vectors import WordVectors
from evaluation.routine import Batches, EvaluationSettings, RealMotion, evaluate, metric_means
from models.evaluator import (
    CONTACTS,
    MASKED,
    MODEL_FILE,
    NOTE_FILE,
    EvaluatorSizes,
    TextMotionEvaluator,
    save_evaluator,
)
from training.settings import OBJECTIVES, EvaluatorTraining
from training.stage import Stage
from utils.checkpoint import EVALUATOR_KEY, LAST_FILE, load_checkpoint, load_into, read_arguments
from utils.distributed import Distributed, gathered
from utils.present import has_file
from utils.runtime import UserError

START_SCALE = 0.05  # of squared distances; learned from there
MAX_SCALE = 10.0
BEST_FILE = "net_best_top1.pth"
KEPT_ARGUMENTS = (
    "objective",
    "margin",
    "batch_size",
    "lr",
    "total_iter",
    "weight_decay",
    "word_dropout",
    "seed",
)


def squared_distances(text: Tensor, motion: Tensor) -> Tensor:
    """(B, E), (B, E) -> squared Euclidean distances (B, B), text i to motion j."""
    return (text.square().sum(1)[:, None] + motion.square().sum(1)[None] - 2 * text @ motion.t()).clamp(min=0)


def infonce_loss(squared: Tensor, matches: Tensor, scale: Tensor) -> Tensor:
    """Symmetric cross-entropy of softmax(-scale * squared distance); several matches share the target."""
    logits = -scale * squared
    targets = matches.to(logits.dtype)
    by_text = F.cross_entropy(logits, targets / targets.sum(1, keepdim=True))
    by_motion = F.cross_entropy(logits.t(), targets.t() / targets.sum(0)[:, None])
    return (by_text + by_motion) / 2


def margin_loss(squared: Tensor, matches: Tensor, margin: float) -> Tensor:
    """Contrastive loss of Guo et al.: matches at distance 0, all other pairs at least `margin` apart.

    Means over matching and over other pairs, so that a large batch does not drown the matches.
    """
    distance = (squared + 1e-12).sqrt()  # a finite gradient at distance 0
    apart = F.relu(margin - distance).square()
    others = ~matches
    return squared[matches].mean() + (apart * others).sum() / others.sum().clamp(min=1)


class ContrastiveModel(nn.Module):
    """The evaluator and the learned scale of its distances (unused by the margin objective)."""

    def __init__(self, evaluator: TextMotionEvaluator, objective: str = "infonce", margin: float = 10.0):
        super().__init__()
        if objective not in OBJECTIVES:
            raise UserError(f"--objective {objective}: unknown; use one of {', '.join(OBJECTIVES)}")
        self.evaluator, self.objective, self.margin = evaluator, objective, margin
        self.log_scale = nn.Parameter(torch.tensor(START_SCALE).log(), requires_grad=objective == "infonce")

    def forward(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """A batch of `CaptionedClips` -> embeddings (B, E) of its texts and of its clips."""
        motion = self.evaluator.encode_motion(batch["motion"], batch["lengths"])
        text = self.evaluator.encode_text(batch["word_vectors"], batch["pos_one_hot"], batch["text_lengths"])
        return text, motion

    def contrast(self, text: Tensor, motion: Tensor, matches: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Embeddings (G, E) of a whole batch and its matches (G, G) -> loss and detached scalars."""
        squared = squared_distances(text, motion)
        if self.objective == "margin":
            loss = margin_loss(squared, matches, self.margin)
        else:
            loss = infonce_loss(squared, matches, self.log_scale.exp().clamp(max=MAX_SCALE))
        nearest = matches.gather(1, squared.argmin(1, keepdim=True))
        return loss, {"loss": loss.detach(), "in_batch_top1": nearest.float().mean()}


@dataclass(frozen=True)
class EvaluatorValidation:
    """What the evaluator's validation reads: captioned clips for the loss, batches for retrieval."""

    source: CaptionedClips
    batches: Batches


class EvaluatorStage(Stage[ContrastiveModel, EvaluatorValidation]):
    """What the training loop drives: batches, loss, validation by R-precision on real motion."""

    model_key = EVALUATOR_KEY
    best = {"top1": "max"}  # keeps net_best_top1.pth
    skips_parameters = False  # every one has a gradient in every iteration

    def __init__(
        self,
        train_clips,
        words: WordVectors,
        sizes: EvaluatorSizes,
        training: EvaluatorTraining,
        device: torch.device | str = "cpu",
        validation: tuple[object, Batches] | None = None,
    ):
        """`validation`: the validation split's clips and its evaluation batches, or None."""
        width = len(train_clips.mean)
        if sizes.features != width - CONTACTS:
            raise UserError(
                f"evaluator: built for {sizes.features + CONTACTS} features, the data has {width}"
            )
        self.training, self.device = training, torch.device(device)
        note = {"origin": "own", "word_vectors": words.source, "padding": MASKED}
        evaluator = TextMotionEvaluator(sizes, note, training.dropout)
        evaluator.mean, evaluator.std = (
            np.asarray(x, np.float32) for x in (train_clips.mean, train_clips.std)
        )
        data = None
        if validation is not None:
            clips, batches = validation
            captioned = CaptionedClips(clips, words, training.batch_size, augment=False)
            data = EvaluatorValidation(captioned, batches)
        model = ContrastiveModel(evaluator, training.objective, training.margin).to(self.device)
        super().__init__(model, data)
        self.source = CaptionedClips(
            train_clips, words, training.batch_size, training.seed, training.word_dropout
        )

    @property
    def evaluator(self) -> TextMotionEvaluator:
        return self.model.evaluator

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Tensor]:
        """Batch of an iteration, on the CPU (see `CaptionedClips.at`)."""
        return self.source.at(iteration, rank, world_size)

    def loss(self, batch: Mapping[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss and detached scalars of the whole batch that this process has a share of, alike in all processes.

        Every text is contrasted with the clips of all processes, so the embeddings are gathered first.
        """
        batch = self._on_device(batch)
        text, motion = (gathered(rows) for rows in self.model(batch))
        return self.model.contrast(text, motion, batch["matches"])

    def _on_device(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {key: value.to(self.device) for key, value in batch.items()}

    def _validation_loss(self) -> float:
        """Mean over the validation split's batches, of which every process takes whole ones."""
        processes, source = Distributed.joined(), self.data.source
        losses = []
        for step in range(processes.rank, source.batches_per_epoch, processes.world_size):
            batch = self._on_device(source.at(step))
            text, motion = self.model(batch)
            losses.append(float(self.model.contrast(text, motion, batch["matches"])[0]))
        return float(np.mean([loss for theirs in processes.gather(losses) for loss in theirs]))

    @torch.no_grad()
    def validate(self, iteration: int) -> dict[str, float]:
        """Loss and R-precision of real motion on the validation split; {} without one."""
        if self._data is None:
            return {}
        was_training = self.model.training
        self.model.eval()
        loss = self._validation_loss()
        clips = self.data.source
        row = evaluate(
            "validation",
            RealMotion(clips.normaliser),
            self.data.batches,
            self.evaluator,
            normaliser=clips.normaliser,
            settings=EvaluationSettings(repeats=self.training.validation_repeats),
            device=self.device,
            progress=False,
        )
        sides = self.tells_sides()
        self.model.train(was_training)
        means = metric_means(row)
        named = ("top1", "top2", "top3", "matching", "diversity")
        return {"loss": loss, **{key: means[key] for key in named}, **sides}

    @torch.no_grad()
    def tells_sides(self) -> dict[str, float]:
        """ "sides": share of captions with a side that lie nearer to their clip than to its mirror image; {} without any."""
        batch = self.data.source.sided_pairs()
        if batch is None:
            return {}
        text, motion = self.model(self._on_device(batch))
        squared = squared_distances(text, motion)
        rows = torch.arange(len(text), device=text.device)
        return {"sides": float((squared[rows, rows] < squared[rows, rows ^ 1]).float().mean())}


def sizes_from_arguments(arguments: Mapping, feature_width: int) -> EvaluatorSizes:
    """Layer widths from parsed or stored options."""
    return EvaluatorSizes(
        features=feature_width - CONTACTS,
        movement_hidden=arguments["movement_width"],
        movement=arguments["movement_width"],
        motion_hidden=arguments["motion_width"],
        text_hidden=arguments["text_width"],
        embedding=arguments["embedding_width"],
    )


def refuse_official(checkpoints_dir: str | Path, dataname: str) -> None:
    """UserError when training would overwrite an evaluator that is not of our own making."""
    folder = Path(checkpoints_dir) / dataname
    if (folder / MODEL_FILE).exists() and not (folder / NOTE_FILE).exists():
        raise UserError(
            f"{folder / MODEL_FILE} is an official evaluator: choose another --checkpoints-dir to train one"
        )


def export_evaluator(run_folder: str | Path, checkpoints_dir: str | Path, half: bool = False) -> Path:
    """Write a finished run's best weights as `<checkpoints_dir>/<dataname>/text_mot_match/model/finest.tar`.

    The best are those of net_best_top1.pth, or the last ones where nothing was validated.
    """
    run_folder = Path(run_folder)
    arguments = read_arguments(run_folder)
    source = run_folder / (BEST_FILE if has_file(run_folder / BEST_FILE) else LAST_FILE)
    checkpoint = load_checkpoint(source, EvaluatorStage.model_key)
    files = (run_folder / "mean.npy", run_folder / "std.npy")
    mean, std = read_statistics(*files, None, "restore it, or go on with the training by --resume")
    arguments_kept = {key: arguments.get(key) for key in KEPT_ARGUMENTS}
    words = arguments["word_vectors"]
    note = {"origin": "own", "word_vectors": words, "padding": MASKED, "training": arguments_kept}
    evaluator = TextMotionEvaluator(sizes_from_arguments(arguments, len(mean)), note)
    model = ContrastiveModel(evaluator, arguments["objective"], arguments["margin"])
    load_into(model, checkpoint[EvaluatorStage.model_key], str(source))
    evaluator.mean, evaluator.std = mean, std
    # The official trainer counts epochs; ours counts iterations.
    return save_evaluator(
        evaluator, checkpoints_dir, arguments["dataname"], epoch=checkpoint["nb_iter"], half=half
    )
