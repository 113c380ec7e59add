"""Training step and validation of the refine transformer (models.md section 5)."""

from __future__ import annotations

from argparse import Namespace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.build import load_base_transformer, load_tokenizer
from models.producers import refined_reference, text_to_motion
from models.refine_trans import RefineConfig, RefineTransformer, draw_stages
from models.sampling import corrupt_pose_codes, drop_condition
from models.stages.workbench import Workbench
from utils.losses import read_loss_config
from utils.runtime import UserError

IGNORED = -100


def stage_targets(residual_codes: Tensor, stage: Tensor) -> Tensor:
    """Codes of each sample's stage, -100 where there is none: (B, L, Q), (B,) -> (B, L)."""
    index = stage[:, None, None].expand(-1, residual_codes.shape[1], 1)
    target = residual_codes.gather(2, index).squeeze(2)
    return target.masked_fill(target < 0, IGNORED)


class RefineStage:
    """What the training loop needs: a model, batches, a loss, a validation."""

    model_key = "r_trans"
    best = {"fid": "min", "top1": "max"}

    def __init__(self, args: Namespace, bench: Workbench, device: torch.device) -> None:
        self.args, self.bench, self.device = args, bench, device
        self.tokenizer = load_tokenizer(args.dec_checkpoint_folder, device)
        bench.check_tokenizer(self.tokenizer)
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

    def batch(self, iteration: int, rank: int = 0, world_size: int = 1) -> dict[str, Tensor]:
        """Condition (B, 12, C), pose_codes (B, L, 70), residual_codes (B, L, Q), lengths (B,)."""
        batch = self.batches.at(iteration, rank, world_size)
        return {name: batch[name] for name in ("condition", "pose_codes", "residual_codes", "lengths")}

    def loss(self, batch: dict[str, Tensor], iteration: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of one randomly drawn stage per sample, padding ignored."""
        pose_codes, codes, lengths = batch["pose_codes"], batch["residual_codes"].long(), batch["lengths"]
        if self.args.pkeep < 1:
            pose_codes = corrupt_pose_codes(pose_codes, self.args.pkeep)
        history = codes
        if self.args.mask_residual_code and self.args.masking_prob > 0:
            hidden = torch.rand(codes.shape, device=codes.device) < self.args.masking_prob
            history = codes.masked_fill(hidden, -1)
        condition = drop_condition(batch["condition"], self.args.cond_drop_prob)
        stage = draw_stages(len(codes), self.tokenizer.quantizers, codes.device)
        logits = self.model(pose_codes, history, condition, stage, lengths)
        target = stage_targets(codes, stage)
        loss = F.cross_entropy(logits.flatten(0, 1).float(), target.flatten(), ignore_index=IGNORED)
        right = (logits.detach().argmax(dim=-1) == target).float().sum() / (target >= 0).sum()
        return self.weight * loss, {"right": right}

    def validate(self, iteration: int) -> dict[str, float]:
        """Metrics of refined ground-truth pose codes and, with a base transformer, of generated motion."""
        self.model.eval()  # without dropout; the loop switches back
        reference = refined_reference(self.tokenizer, self.model, *self.bench.statistics)
        results = self.bench.validate("refine on real pose codes", reference)
        if self.base is None:
            return results
        results = {f"reference_{name}": value for name, value in results.items()}
        produce = text_to_motion(self.tokenizer, self.base, self.model, *self.bench.statistics)
        return results | self.bench.validate("base + refine", produce)
