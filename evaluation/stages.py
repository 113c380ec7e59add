"""What the three evaluation scripts have in common: models from folders, rows of the table, the report."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from dataset.features import joints_in_metres
from evaluation.motion_quality import motion_quality
from evaluation.producers import reconstruction, refined_reference, text_to_motion
from evaluation.routine import Produce, Quality, RealMotion, evaluate
from evaluation.settings import PROTOCOL_BATCH, DataSettings, MeasureSettings, ReportSettings
from evaluation.tables import format_table, write_report
from evaluation.workbench import Workbench
from models.base_trans import BaseTransformer
from models.build import (
    load_base_transformer,
    load_refine_transformer,
    load_tokenizer,
    require_text_tokens,
)
from models.follow import FROM_TOKENIZER, FROM_TRANSFORMER, inherit, resolve_folders
from models.inference import for_inference
from models.pg_tokenizer import PGTokenizer
from models.refine_trans import RefineTransformer
from models.sampling import Sampling
from utils.checkpoint import RunFolder
from utils.distributed import Distributed
from utils.runtime import UserError, pick_device, seed_everything
from utils.skeleton import T2M_SKELETON


@dataclass(frozen=True)
class Models:
    """The models that are measured."""

    tokenizer: PGTokenizer
    base: BaseTransformer | None = None
    refine: RefineTransformer | None = None

    @classmethod
    def from_args(cls, args: Namespace, device: torch.device) -> Models:
        """Load the options' folders, transformers ready for sampling; options that were left open follow them.

        UserError where an option contradicts what a model was trained with.
        """
        resolve_folders(args)

        def follow(
            model: PGTokenizer | BaseTransformer | RefineTransformer, settings: dict[str, Any]
        ) -> None:
            inherit(args, vars(model.info.arguments), str(model.info.folder), settings)

        tokenizer = load_tokenizer(args.dec_checkpoint_folder, device)
        follow(tokenizer, FROM_TOKENIZER)
        base, refine = None, None
        if folder := getattr(args, "t2m_checkpoint_folder", None):
            base = load_base_transformer(folder, device)
            follow(base, FROM_TRANSFORMER)
            base = for_inference(base, args.precision)
        if folder := getattr(args, "residual_t2m_checkpoint_folder", None):
            refine = load_refine_transformer(folder, device)
            follow(refine, FROM_TRANSFORMER)
            refine = for_inference(refine, args.precision)
        if base is not None:
            require_text_tokens(base, refine)
        return cls(tokenizer, base, refine)


class Evaluation:
    """Models, the data they are measured on, and the rows measured so far."""

    def __init__(
        self, models: Models, bench: Workbench, settings: MeasureSettings, output: ReportSettings
    ) -> None:
        """`bench` must have an evaluator."""
        self.models, self.bench, self.settings, self.output = models, bench, settings, output
        self.processes = Distributed.from_env()
        self.rows: list[dict[str, Any]] = []

    @classmethod
    def from_args(cls, args: Namespace) -> Evaluation:
        """Models and data of an evaluation script's options; `args` is filled up by what the models were trained with."""
        device = pick_device(args.device)
        processes = Distributed.from_env()
        processes.start(device)
        seed_everything(args.seed)
        models = Models.from_args(args, device)
        if models.base is not None:  # what is drawn by stands in the run's record
            sampling = Sampling.from_args(args).with_own(models.base.info.sampling)
            args.temperature, args.refine_temperature = sampling.temperature, sampling.refine_temperature
            args.guidance_scale, args.refine_guidance_scale = sampling.guidance, sampling.refine_guidance
            args.end, args.refine_rounds = sampling.end, sampling.refine_rounds
            args.least_steps, args.obey = sampling.least_steps, sampling.obey
        with processes.main_first():  # the first process fills the caches
            bench = Workbench(DataSettings.from_args(args), device)
            bench.check_tokenizer(models.tokenizer)
        if bench.evaluator is None:
            raise UserError(
                f"{args.checkpoints_dir}/{args.dataname}: no evaluator; `python train_evaluator.py --dataname "
                f"{args.dataname}` trains one, `bash dataset/prepare/download_extractor.sh` gets the official ones"
            )
        return cls(models, bench, MeasureSettings.from_args(args), ReportSettings.from_args(args))

    def measure(
        self, name: str, produce: Produce, *, joint_errors: bool = False, sampled: bool = False
    ) -> None:
        """Add a row; ``joint_errors`` compares frame by frame with the real clips, ``sampled`` allows multimodality."""
        settings = self.settings
        with self.processes.main_first():
            batches = self.bench.evaluation_batches(
                settings.split,
                with_text=self.models.base is not None,
                batch_size=settings.batch_size,
                multiple=PROTOCOL_BATCH,
            )
        captions = settings.multimodality_captions if sampled else 0
        row = evaluate(
            name,
            produce,
            batches,
            self.bench.evaluator,
            normaliser=self.bench.normaliser,
            settings=replace(settings.protocol, multimodality_captions=captions),
            recover_joints=joints_in_metres if joint_errors else None,
            quality=self._quality(limited=sampled),
            device=self.bench.device,
        )
        self.rows.append(row)

    def _quality(self, limited: bool) -> Quality | None:
        """Codes obeyed, sliding and sinking of a clip; with `limited`, whether it was cut at the length limit too."""
        frame = self.bench.settings.pose_frame
        if self.bench.spec.skeleton is not T2M_SKELETON:  # other skeletons have other feet
            return None
        longest = self.bench.max_steps * self.bench.frames_per_step if limited else None

        def quality(features: np.ndarray, codes: np.ndarray | None) -> dict[str, float]:
            joints = np.asarray(joints_in_metres(features), float)
            return motion_quality(joints, codes, frame, longest)

        return quality

    def real(self) -> None:
        """The row of real motion: what the metrics can reach."""
        self.measure("real motion", RealMotion(self.bench.normaliser))

    def reconstructions(self) -> None:
        """Rows of the tokenizer: with residual codes of the encoder, searched ones if asked for, and pose codes alone."""
        tokenizer = self.models.tokenizer
        if self.settings.with_residuals:
            self.measure("reconstruction", reconstruction(tokenizer), joint_errors=True)
            if iterations := self.settings.search_iterations:
                searched = reconstruction(tokenizer, search_iterations=iterations)
                self.measure("reconstruction, codes searched", searched, joint_errors=True)
        self.measure(
            "reconstruction, pose codes alone",
            reconstruction(tokenizer, use_residuals=False),
            joint_errors=True,
        )

    def generations(self) -> None:
        """Rows of motion generated from text: base alone and, where there is one, base and refine."""
        tokenizer, base, refine = self.models.tokenizer, self.models.base, self.models.refine
        if base is None:
            return
        limits = (self.settings.sampling, self.bench.max_steps)
        self.measure("base", text_to_motion(tokenizer, base, None, *limits), sampled=True)
        if refine is None or not self.settings.with_residuals:
            return
        self.measure("base + refine", text_to_motion(tokenizer, base, refine, *limits), sampled=True)
        if self.settings.with_reference:
            reference = refined_reference(tokenizer, refine, self.settings.sampling)
            self.measure("real pose codes + refine", reference, joint_errors=True)

    def report(self) -> None:
        """Print the table, and write table.md and results.json into a run folder; the first process does."""
        self.processes.wait()
        self.processes.stop()
        if not self.processes.is_main:
            return
        run = RunFolder(self.output.out_dir, self.output.exp_name)
        run.write_arguments(self.output.options)
        table = format_table(self.rows)
        (run.path / "table.md").write_text(table + "\n", encoding="utf-8")
        write_report(run.path / "results.json", self.rows, self.output.options)
        print(table)
        print(f"\nwritten to {run.path}: table.md, results.json")
