"""What the three evaluation scripts have in common: models from folders, rows of the table, the report."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from dataset.features import joints_in_metres
from evaluation.motion_quality import motion_quality
from evaluation.producers import reconstruction, refined_reference, text_to_motion
from evaluation.routine import EvaluationSettings, Produce, Quality, RealMotion, evaluate
from evaluation.tables import format_table, write_report
from evaluation.workbench import Workbench
from models.build import (
    load_base_transformer,
    load_refine_transformer,
    load_tokenizer,
    require_text_tokens,
)
from models.follow import FROM_TOKENIZER, FROM_TRANSFORMER, inherit, resolve_folders
from models.inference import for_inference
from models.sampling import Sampling
from utils.checkpoint import RunFolder
from utils.distributed import Distributed
from utils.runtime import UserError, pick_device, seed_everything
from utils.skeleton import T2M_SKELETON

PROTOCOL_BATCH = 32
MULTIMODALITY_CAPTIONS = 100


class Evaluation:
    """Models of an evaluation script's folders, and the rows measured with them."""

    def __init__(self, args: Namespace) -> None:
        self.args = resolve_folders(args)
        self.device = pick_device(args.device)
        self.processes = Distributed.from_env()
        self.processes.start(self.device)
        seed_everything(args.seed)
        self.tokenizer = load_tokenizer(args.dec_checkpoint_folder, self.device)
        self._follow(self.tokenizer, FROM_TOKENIZER)
        self.base = self.refine = None
        if getattr(args, "t2m_checkpoint_folder", None):
            self.base = self._transformer(load_base_transformer, args.t2m_checkpoint_folder)
        if getattr(args, "residual_t2m_checkpoint_folder", None):
            self.refine = self._transformer(load_refine_transformer, args.residual_t2m_checkpoint_folder)
        if self.base is not None:  # what is drawn by stands in the run's record
            require_text_tokens(self.base, self.refine)
            self.sampling = Sampling.from_args(args).with_own(self.base.info.sampling)
            args.temperature, args.guidance_scale = self.sampling.temperature, self.sampling.guidance
            args.end = self.sampling.end
        with self.processes.main_first():  # the first process fills the caches
            self.bench = Workbench(args, self.device)
            self.bench.check_tokenizer(self.tokenizer)
        if self.bench.evaluator is None:
            raise UserError(
                f"{args.checkpoints_dir}/{args.dataname}: no evaluator; `python train_evaluator.py --dataname "
                f"{args.dataname}` trains one, `bash dataset/prepare/download_extractor.sh` gets the official ones"
            )
        self.rows: list[dict] = []

    def _transformer(self, load, folder: str):
        """A transformer ready for sampling; the data options it was trained with become the evaluation's."""
        model = load(folder, self.device)
        self._follow(model, FROM_TRANSFORMER)
        return for_inference(model, self.args.precision)

    def _follow(self, model, settings) -> None:
        info = model.info
        inherit(self.args, vars(info.arguments), str(info.folder), settings)

    def measure(
        self, name: str, produce: Produce, *, joint_errors: bool = False, sampled: bool = False
    ) -> None:
        """Add a row; ``joint_errors`` compares frame by frame with the real clips, ``sampled`` allows multimodality."""
        args = self.args
        fast = getattr(args, "eval_mode", "fast") == "fast"
        with self.processes.main_first():
            batches = self.bench.evaluation_batches(
                args.split,
                with_text=self.base is not None,
                batch_size=max(PROTOCOL_BATCH, args.batch_size) if fast else PROTOCOL_BATCH,
                multiple=PROTOCOL_BATCH,
            )
        captions = MULTIMODALITY_CAPTIONS if sampled and args.mm_mode else 0
        row = evaluate(
            name,
            produce,
            batches,
            self.bench.evaluator,
            normaliser=self.bench.normaliser,
            settings=EvaluationSettings(
                repeats=args.repeats, seed=args.seed, multimodality_captions=captions
            ),
            recover_joints=joints_in_metres if joint_errors else None,
            quality=self._quality(limited=sampled),
            device=self.device,
        )
        self.rows.append(row)

    def _quality(self, limited: bool) -> Quality | None:
        """Codes obeyed, sliding and sinking of a clip; with `limited`, whether it was cut at the length limit too."""
        spec, frame = self.bench.spec, self.args.pose_frame
        if spec.skeleton is not T2M_SKELETON:  # other skeletons have other feet
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
        """Rows of the tokenizer: pose codes alone, and with residual codes."""
        if not self.args.force_drop_residual_quantization:
            self.measure("reconstruction", reconstruction(self.tokenizer), joint_errors=True)
        self.measure(
            "reconstruction, pose codes alone",
            reconstruction(self.tokenizer, use_residuals=False),
            joint_errors=True,
        )

    def generations(self) -> None:
        """Rows of motion generated from text: base alone and, where there is one, base and refine."""
        args, parts = self.args, (self.tokenizer, self.base)
        sampling = self.sampling
        limits = (sampling, self.bench.max_steps)
        self.measure("base", text_to_motion(*parts, None, *limits), sampled=True)
        if self.refine is None or args.force_drop_residual_quantization:
            return
        self.measure("base + refine", text_to_motion(*parts, self.refine, *limits), sampled=True)
        if args.eval_reference:
            reference = refined_reference(self.tokenizer, self.refine, sampling)
            self.measure("real pose codes + refine", reference, joint_errors=True)

    def report(self) -> None:
        """Print the table, and write table.md and results.json into the run folder; the first process does."""
        self.processes.wait()
        self.processes.stop()
        if not self.processes.is_main:
            return
        run = RunFolder(self.args.out_dir, self.args.exp_name)
        run.write_arguments(self.args)
        table = format_table(self.rows)
        (run.path / "table.md").write_text(table + "\n", encoding="utf-8")
        write_report(run.path / "results.json", self.rows, vars(self.args))
        print(table)
        print(f"\nwritten to {run.path}: table.md, results.json")
