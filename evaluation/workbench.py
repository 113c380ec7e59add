"""What all stages share: data, text condition, residual codes, evaluator, and the validation run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch

from dataset.cache import Clips, load_split
from dataset.conditions import Conditions, TokenSource, build_conditions
from dataset.evaluation_batches import EvaluationBatches
from dataset.motion_text import TextMotionBatches
from dataset.residual_codes import ResidualCodes, cached_residual_codes
from dataset.spec import STEP, get_spec
from dataset.word_vectors import WordVectors, load_word_vectors
from evaluation.routine import EvaluationSettings, JointRecovery, Produce, evaluate, metric_means
from evaluation.settings import DataSettings, TextSettings
from models.evaluator import MODEL_FILE, TextMotionEvaluator, load_evaluator
from models.pg_tokenizer import PGTokenizer
from models.text_encoder import TextEncoder, load_text_encoder
from utils.distributed import Distributed
from utils.normaliser import Normaliser
from utils.present import has_file
from utils.runtime import UserError, warn

KEYWORD_DROP = 1.0  # a training sample loses each keyword with a probability drawn from [0, this]


class LaterRepeats:
    """Evaluation batches whose first repeat is number ``first``: another order, other captions."""

    def __init__(self, batches: EvaluationBatches, first: int) -> None:
        self.batches, self.first = batches, first
        self.batch_size = batches.batch_size

    def repeat(self, repeat: int, rank: int = 0, world_size: int = 1) -> Iterator[dict]:
        """See ``EvaluationBatches.repeat``."""
        return self.batches.repeat(self.first + repeat, rank, world_size)


class Workbench:
    """Everything that a stage reads, opened on first use and kept."""

    def __init__(self, settings: DataSettings, device: torch.device | str = "cpu") -> None:
        self.settings, self.device = settings, torch.device(device)
        self.spec = get_spec(settings.dataname)
        self.root = Path(settings.data_root or self.spec.folder)
        self.frames_per_step = STEP  # until a tokenizer says otherwise

    @cache  # noqa: B019 - one workbench lives as long as its script
    def clips(self, split: str) -> Clips:
        """Clips of a split, with the pose frame of the settings."""
        settings = self.settings
        return load_split(
            self.root,
            self.spec,
            split,
            pose_frame=settings.pose_frame,
            codes_folder=settings.codes_folder,
            kit_codes=settings.kit_codes,
            cache_dir=settings.cache_dir,
        )

    @property
    def normaliser(self) -> Normaliser:
        """What normalises the data."""
        return self.clips(self.settings.split).normaliser

    @property
    def max_steps(self) -> int:
        """Steps of the longest clips: what generation is limited to."""
        return self.spec.max_length // self.frames_per_step

    @property
    def _text(self) -> TextSettings:
        if self.settings.text is None:
            raise ValueError("settings without a text condition")
        return self.settings.text

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The frozen text encoder of the settings."""
        return load_text_encoder(self._text.encoder, self._text.path, device=self.device)

    @cache  # noqa: B019
    def conditions(self, split: str) -> Conditions:
        """Embedded captions and keywords of a split, computed once and cached on disk."""
        encoder = self.text_encoder
        return build_conditions(
            self.clips(split),
            encoder.encode,
            encoder.name,
            self._text.use_keywords,
            self.settings.cache_dir,
            TokenSource(self._text.tokens, encoder.encode_tokens),
        )

    def text_motion_batches(
        self, split: str, frames_per_step: int, residual_codes: ResidualCodes | None = None
    ) -> TextMotionBatches:
        """Training batches for a transformer."""
        return TextMotionBatches(
            self.clips(split),
            self.conditions(split),
            self.settings.batch_size,
            self.settings.seed,
            KEYWORD_DROP,
            residual_codes,
            frames_per_step,
            self.settings.balance,
        )

    @cache  # noqa: B019
    def _validation_set(self, frames_per_step: int) -> TextMotionBatches:
        return TextMotionBatches(
            self.clips("val"),
            self.conditions("val"),
            self.settings.batch_size,
            self.settings.seed,
            0.0,
            None,
            frames_per_step,
        )

    def open_validation(self) -> None:
        """Read all that validation will need: what lacks it is refused before a training starts."""
        with_text = self.settings.text is not None
        with Distributed.joined().main_first():
            self.clips("val")
            if with_text:
                self._validation_set(self.frames_per_step)
            if self.evaluator is not None:
                self.evaluation_batches("val", with_text=with_text)

    def validation_batches(self, frames_per_step: int, rank: int = 0, world_size: int = 1) -> list[dict]:
        """The validation split once, in fixed batches of latent steps; every ``world_size``-th of them."""
        with Distributed.joined().main_first():
            batches = self._validation_set(frames_per_step)
        return [batches.at(index) for index in range(rank, batches.batches_per_epoch, world_size)]

    @cached_property
    def evaluator(self) -> TextMotionEvaluator | None:
        """The text-motion evaluator, or None (with a warning) where there is none yet."""
        folder, dataname = self.settings.checkpoints_dir, self.settings.dataname
        if not has_file(Path(folder) / dataname / MODEL_FILE):
            warn(
                f"no evaluator under {folder}/{dataname}: FID and R-precision are left out; "
                f"`python train_evaluator.py --dataname {dataname}` makes one"
            )
            return None
        return load_evaluator(folder, dataname, self.device)

    @cached_property
    def words(self) -> WordVectors | None:
        """Word vectors of the kind the evaluator was trained with; None without an evaluator."""
        if self.evaluator is None:
            return None
        return load_word_vectors(self.settings.glove_dir, self.evaluator.note.get("word_vectors", "glove"))

    @cache  # noqa: B019
    def evaluation_batches(
        self, split: str, with_text: bool, batch_size: int = 32, multiple: int = 1
    ) -> EvaluationBatches:
        """Batches of a split for the protocol; ``with_text`` adds the condition for generation.

        ``multiple``: number of clips that must fill up; what is left over at the end of a repeat is left out.
        """
        return EvaluationBatches(
            self.clips(split),
            self.conditions(split) if with_text else None,
            self.words,
            batch_size,
            self.settings.seed,
            frames_per_step=self.frames_per_step,
            multiple=multiple,
        )

    def validate(
        self,
        name: str,
        produce: Produce,
        iteration: int = 0,
        recover_joints: JointRecovery | None = None,
    ) -> dict[str, float]:
        """Metrics of one pass over the validation split; {} without an evaluator.

        Order and captions are the same at every ``iteration``, unless ``--val-shuffle`` was given.
        """
        if self.evaluator is None:
            return {}
        with Distributed.joined().main_first():
            batches = self.evaluation_batches("val", with_text=self.settings.text is not None)
        row = evaluate(
            name,
            produce,
            LaterRepeats(batches, iteration) if self.settings.shuffle_validation else batches,
            self.evaluator,
            normaliser=self.normaliser,
            settings=EvaluationSettings(repeats=1, seed=self.settings.seed),
            recover_joints=recover_joints,
            device=self.device,
            progress=False,
        )
        return metric_means(row)

    def check_tokenizer(self, tokenizer: PGTokenizer) -> None:
        """Refuse a tokenizer of another pose frame, feature width or normalisation than the data's; follow its steps."""
        self.frames_per_step = tokenizer.frames_per_step
        info = tokenizer.info
        if info.pose_frame != self.settings.pose_frame:
            raise UserError(
                f"{info.folder} was trained on {info.pose_frame} pose codes; use --pose-frame {info.pose_frame}"
            )
        if info.spec.layout.width != self.spec.layout.width:
            raise UserError(f"{info.folder} was trained on {info.spec.name}; use --dataname {info.spec.name}")
        if info.mean is None or info.std is None:  # the release's tokenizers go by their data
            tokenizer.normaliser = self.normaliser
        elif not tokenizer.normaliser.agrees(self.normaliser):
            raise UserError(
                f"{info.folder} was trained with other feature statistics than {self.root}/Mean.npy and Std.npy; "
                "use the data set it was trained on, or train a tokenizer on this one"
            )

    def check_block_size(self, block_size: int, condition_tokens: int = 0) -> None:
        """Refuse a transformer whose positions end before the longest clip does."""
        needed = self.max_steps + condition_tokens
        if block_size < needed:
            raise UserError(
                f"--block-size {block_size}: clips of {self.spec.max_length} frames at "
                f"{self.frames_per_step} frames a step need {needed}"
            )

    def residual_codes(self, split: str, tokenizer: PGTokenizer) -> ResidualCodes:
        """Residual codes of every clip of a split, from the frozen tokenizer, computed once and cached on disk."""

        def encode(motion: np.ndarray, pose_codes: np.ndarray, frames: np.ndarray) -> np.ndarray:
            inputs = (torch.from_numpy(array).to(self.device) for array in (motion, pose_codes, frames))
            return tokenizer.encode(*inputs).cpu().numpy()

        return cached_residual_codes(
            self.clips(split),
            encode,
            tokenizer.quantizers,
            tokenizer.frames_per_step,
            (str(Path(tokenizer.info.folder).resolve()), content_hash(tokenizer)),
            self.settings.cache_dir,
        )


def content_hash(tokenizer: PGTokenizer) -> str:
    """Hash of a tokenizer's configuration and weights: equal hashes, equal codes."""
    digest = hashlib.sha256(json.dumps(asdict(tokenizer.config), sort_keys=True).encode())
    for name, values in sorted(tokenizer.state_dict().items()):
        array = values.detach().cpu().contiguous()
        digest.update(f"{name} {array.dtype} {tuple(array.shape)}".encode())
        digest.update(array.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
