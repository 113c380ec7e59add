"""Refine transformer: text and pose codes -> residual codes, one quantizer stage a call (docs/method.md section 5)."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dataset.pose_codes import as_khot
from models.attention import PositionEmbedding, init_transformer
from models.base_trans import OUTPUTS
from models.checkpoint_info import CheckpointInfo
from models.masks import length_mask
from models.sampling import Generators, Sampling, gumbel_noise
from models.transformer_config import TransformerConfig
from utils.published import REFINE, TOKENIZER


@dataclass(frozen=True)
class RefineConfig(TransformerConfig):
    """Sizes of the refine transformer; the defaults are the published ones."""

    quantizers: int = TOKENIZER["rvq_num_quantizers"]
    codes: int = TOKENIZER["rvq_nb_code"]
    embed_dim: int = REFINE["embed_dim_gpt"]
    clip_dim: int = REFINE["clip_dim"]
    block_size: int = REFINE["block_size"]
    num_layers: int = REFINE["num_layers"]
    heads: int = REFINE["n_head_gpt"]
    ff_rate: int = REFINE["ff_rate"]
    dropout: float = REFINE["drop_out_rate"]
    share_weight: bool = True
    doubled_logits: bool = False  # the release's unshared path returns 2 * logits + bias
    text_tokens: int = 0  # of the text encoder, beside the sentence vector; the release has none
    # It sees codes of the stage that it predicts, and so draws in rounds; the release does not.
    reads_own_stage: bool = False

    @classmethod
    def from_args(cls, args: Namespace, quantizers: int, codes: int) -> RefineConfig:
        """Read the published option names; the residual vocabulary comes from the tokenizer."""
        reads = getattr(args, "reveal_prob", REFINE["reveal_prob"]) > 0
        return cls(
            quantizers, codes, share_weight=args.share_weight, reads_own_stage=reads, **cls.sizes(args)
        )


class _Inputs(nn.Module):
    """Embeddings of the condition, the stage, the pose codes and the residual codes so far."""

    def __init__(self, config: RefineConfig) -> None:
        super().__init__()
        self.cond_emb = nn.Linear(config.clip_dim, config.embed_dim)
        self.pose_tok_emb = nn.Linear(OUTPUTS, config.embed_dim)
        self.quant_emb = nn.Linear(config.quantizers, config.embed_dim)
        self.pos_embed = PositionEmbedding(config.block_size, config.embed_dim)
        if not config.share_weight:
            shape = (config.quantizers - 1, config.codes + 2, config.embed_dim)
            self.token_embed_weight = nn.Parameter(torch.randn(shape) * 0.02)


class _Outputs(nn.Module):
    """Unshared output projections of the stages."""

    def __init__(self, config: RefineConfig) -> None:
        super().__init__()
        shape = (config.quantizers, config.codes + 2)
        self.output_proj_weight = nn.Parameter(torch.randn(*shape, config.embed_dim) * 0.02)
        self.output_proj_bias = nn.Parameter(torch.zeros(shape))


class _Blocks(nn.Module):
    def __init__(self, config: RefineConfig) -> None:
        super().__init__()
        self.blocks = config.blocks()


class RefineTransformer(nn.Module):
    """Bidirectional transformer over [condition, stage token, steps]."""

    info: CheckpointInfo  # of a loaded one

    def __init__(self, config: RefineConfig) -> None:
        super().__init__()
        self.config = config
        self.proc_in, self.trans_base = _Inputs(config), _Blocks(config)
        self.apply(init_transformer)
        if config.share_weight:
            shape = (config.quantizers, config.codes + 2, config.embed_dim)
            self.embed_proj_shared_weight = nn.Parameter(torch.randn(shape) * 0.02)
        else:
            self.proc_out = _Outputs(config)

    @property
    def pad_token(self) -> int:
        """Training target of padded steps, ignored by the loss."""
        return self.config.codes + 1

    def _history(self, residual_codes: Tensor, stage: Tensor) -> Tensor:
        """Sum of the token embeddings of the stages before each sample's stage, and of its own where they are known and
        the model has learned to read them: (B, L, Q), (B,) -> (B, L, E).
        """
        table = self.embed_proj_shared_weight if self.config.share_weight else self.proc_in.token_embed_weight
        stages, vocabulary, width = table.shape
        codes = residual_codes[..., :stages].long()
        if codes.shape[-1] == 0:  # nothing decided yet
            return table.new_zeros(*codes.shape[:2], width)
        index = torch.arange(codes.shape[-1], device=codes.device)
        last = stage[:, None, None]
        used = (codes >= 0) & ((index <= last) if self.config.reads_own_stage else (index < last))
        flat = (codes.clamp(min=0) + index * vocabulary).reshape(-1, codes.shape[-1])
        weights = used.to(table.dtype).reshape(flat.shape)
        summed = F.embedding_bag(flat, table.reshape(-1, width), mode="sum", per_sample_weights=weights)
        return summed.view(*codes.shape[:2], width)

    def _project(self, x: Tensor, stage: Tensor | int) -> Tensor:
        """Each sample by its own stage's output projection: (B, L, E), (B,) or one for all -> (B, L, K + 2)."""
        if self.config.share_weight:
            return x @ self.embed_proj_shared_weight[stage].mT
        logits = x @ self.proc_out.output_proj_weight[stage].mT
        bias = self.proc_out.output_proj_bias[stage]
        bias = bias if isinstance(stage, int) else bias.unsqueeze(1)
        return (2 * logits if self.config.doubled_logits else logits) + bias

    def _trunk(self, steps: Tensor, condition: Tensor, stage: Tensor, mask: Tensor | None) -> Tensor:
        """Embedded steps (B, L, E), condition (B, C, E), stages (B,) -> (B, L, E); mask: (B or 1, C + 1 + L)."""
        one_hot = F.one_hot(stage, self.config.quantizers).to(steps)
        stage_token = self.proc_in.quant_emb(one_hot).unsqueeze(1)
        x = torch.cat([condition, stage_token, self.proc_in.pos_embed(steps)], dim=1)
        for block in self.trans_base.blocks:
            x = block(x, mask=mask)
        return x[:, -steps.shape[1] :]

    def embed_pose_codes(self, pose_codes: Tensor) -> Tensor:
        """(B, L, 70) indices or k-hot -> (B, L, E)."""
        weight = self.proc_in.pose_tok_emb.weight
        khot = as_khot(pose_codes).to(weight)
        return F.linear(khot, weight[:, : khot.shape[-1]], self.proc_in.pose_tok_emb.bias)

    def forward(
        self,
        pose_codes: Tensor,
        residual_codes: Tensor,
        condition: Tensor,
        stage: Tensor,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits of one residual stage for every step.

        Args:
            pose_codes: (B, L, 70).
            residual_codes: (B, L, q); stages before ``stage`` are read, and that stage too by a model which
                ``reads_own_stage``; -1 adds nothing.
            condition: (B, C, clip_dim); what is beyond the model's own condition tokens is not read.
            stage: (B,) quantizer index of each sample.
            lengths: (B,) steps; positions beyond are not attended to.

        Returns:
            (B, L, K + 2): K codes, END, PAD.
        """
        condition = condition[:, : self.config.condition_tokens]
        steps = self.embed_pose_codes(pose_codes) + self._history(residual_codes, stage)
        mask = None
        # Asked on the CPU only: elsewhere, and in a compiled graph, the question costs more than an idle mask.
        free = lengths is not None and lengths.device.type == "cpu" and not torch.compiler.is_compiling()
        if lengths is not None and not (free and int(lengths.min()) == pose_codes.shape[1]):
            inside = length_mask(lengths, pose_codes.shape[1])
            mask = F.pad(inside, (condition.shape[1] + 1, 0), value=True)
        return self._project(self._trunk(steps, self.proc_in.cond_emb(condition), stage, mask), stage)

    @torch.no_grad()
    def generate(
        self,
        pose_codes: Tensor,
        lengths: Tensor,
        condition: Tensor,
        temperature: float = 1.0,
        generator: Generators = None,
        *,
        known: Tensor | None = None,
        guidance: float = 1.0,
        sampling: Sampling | None = None,
    ) -> Tensor:
        """Predict all residual stages, one after the other.

        A stage of a model that ``reads_own_stage`` is drawn in rounds, a few steps in the first and more in each after
        it, all of which see what was drawn before (as MaskGIT, Chang et al., CVPR 2022, but in random order): steps
        drawn all at once may disagree, one turning left and the next right.

        Args:
            pose_codes: (B, L, 70).
            lengths: (B,) steps.
            condition: (B, C, clip_dim).
            temperature: 0 takes the most probable code.
            generator: of the samples' random streams, or a sequence with one CPU generator per sample.
            known: (B, L, Q) codes to keep where they are 0 or more.
            guidance: weight of the text, see ``BaseTransformer.generate``.
            sampling: all about how codes are drawn, in place of temperature and guidance.

        Returns:
            (B, L, Q) int64, -1 beyond a sample's end.
        """
        sampling = (sampling or Sampling(temperature, guidance=guidance)).of_residuals()
        batch, size = pose_codes.shape[:2]
        condition = condition[:, : self.config.condition_tokens]
        noise = None
        if sampling.is_random:
            # Drawn for all positions, so that it does not depend on the batch's padding.
            shape = (self.config.quantizers, self.config.block_size, self.config.codes)
            noise = gumbel_noise(batch, shape, generator)
        rounds = [1] * self.config.quantizers
        if self.config.reads_own_stage:  # later stages are finer: half as many rounds each
            rounds = [max((sampling.refine_rounds or 1) >> q, 1) for q in range(self.config.quantizers)]
        order = None
        if rounds[0] > 1 and sampling.is_random:
            order = gumbel_noise(batch, (self.config.quantizers, self.config.block_size), generator)
        codes = pose_codes.new_full((batch, size, self.config.quantizers), -1, dtype=torch.long)
        for rows, longest in groups_of_like_length(lengths.tolist()):
            codes[rows, :longest] = self._generate_group(
                pose_codes[rows, :longest],
                lengths[rows],
                condition[rows],
                sampling,
                None if noise is None else noise[rows, :, :longest],
                None if known is None else known[rows, :longest],
                rounds_of_steps(rounds, lengths[rows], longest, None if order is None else order[rows]),
            )
        return codes

    def _generate_group(
        self,
        pose_codes: Tensor,
        lengths: Tensor,
        condition: Tensor,
        sampling: Sampling,
        noise: Tensor | None,
        known: Tensor | None,
        turns: list[Tensor],
    ) -> Tensor:
        """All stages of samples that are computed together; arguments as in ``generate``, noise (B, Q, L, K).

        turns: of each stage the round (B, L) in which each step is drawn.
        """
        batch, size = pose_codes.shape[:2]
        inside = length_mask(lengths, size)
        copies = sampling.copies
        condition, weights = merge_equal_tokens(sampling.conditions(condition))
        mask = None
        if weights is not None or not bool(inside.all()):
            hidden = torch.zeros(batch, size, device=inside.device).masked_fill(~inside, float("-inf"))
            mask = F.pad(hidden.repeat_interleave(copies, 0), (condition.shape[1] + 1, 0))
            if weights is not None:
                mask[:, : len(weights)] = weights.log()
        embedding = self.embed_pose_codes(pose_codes).repeat_interleave(copies, 0)
        tokens = self.proc_in.cond_emb(condition)
        if mask is not None:
            mask = mask.to(tokens)
        codes = pose_codes.new_full((batch, size, self.config.quantizers), -1, dtype=torch.long)
        for q in range(self.config.quantizers):
            stages = torch.full((copies * batch,), q, dtype=torch.long, device=codes.device)
            if known is not None:
                codes[..., q] = known[..., q].long().masked_fill(~inside, -1)
            for turn in range(int(turns[q].max()) + 1):
                history = self._history(codes.repeat_interleave(copies, 0), stages)
                x = self._trunk(embedding + history, tokens, stages, mask)
                logits = sampling.guided(self._project(x, q))[..., : self.config.codes]
                drawn = sampling.draw(logits, None if noise is None else noise[:, q].to(logits))
                due = inside & (codes[..., q] < 0) & (turns[q] == turn)
                codes[..., q] = torch.where(due, drawn, codes[..., q])
        return codes


def rounds_of_steps(rounds: Sequence[int], lengths: Tensor, size: int, order: Tensor | None) -> list[Tensor]:
    """In which round each step is drawn: few in the first, more in each one after it, as in MaskGIT's cosine schedule.

    Args:
        rounds: of each stage.
        lengths: (B,) steps.
        size: steps L of the longest.
        order: (B, stages, L or more) numbers by which steps come, the largest first; None: from the first to the last.

    Returns:
        Of each stage (B, L) int64, 0 for the first round.
    """
    places = torch.arange(size, device=lengths.device)
    outside = places >= lengths.unsqueeze(1)
    turns = []
    for q, count in enumerate(rounds):
        if count == 1:
            turns.append(torch.zeros_like(outside, dtype=torch.long))
            continue
        if order is None:
            rank = places.expand(len(lengths), -1)
        else:
            keys = order[:, q, :size].to(lengths.device).masked_fill(outside, float("-inf"))
            rank = keys.argsort(dim=1, descending=True).argsort(dim=1)
        # Round k ends when a share 1 - cos(pi (k + 1) / (2 count)) of the steps is drawn, and at least k + 1 of them.
        share = 1 - torch.cos(math.pi / 2 * torch.arange(1, count, device=lengths.device) / count)
        ends = (share * lengths.unsqueeze(1)).floor().long()
        ends = torch.maximum(ends, torch.arange(1, count, device=lengths.device))
        turns.append((rank.unsqueeze(-1) >= ends.unsqueeze(1)).sum(-1).masked_fill(outside, 0))
    return turns


def groups_of_like_length(
    lengths: list[int], waste: float = 0.2, enough: int = 64
) -> list[tuple[list[int], int]]:
    """Split a batch so that little is computed for padding.

    Args:
        lengths: steps of every sample.
        waste: largest share of padding in a sample that joins a group.
        enough: a group of fewer steps takes any sample: smaller products waste more than padding does.

    Returns:
        (rows, longest length) of each group, together every row once.
    """
    groups: list[tuple[list[int], int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if groups:
            rows, longest = groups[-1]
            if lengths[row] >= (1 - waste) * longest or len(rows) * longest < enough:
                rows.append(row)
                continue
        groups.append(([row], lengths[row]))
    return groups


def merge_equal_tokens(condition: Tensor) -> tuple[Tensor, Tensor | None]:
    """Join the condition tokens after the first where they are alike, as they are without keywords.

    Condition tokens have no positions here, so alike tokens stay alike in every layer, and n of them weigh in every
    softmax what one weighs whose score has log n added.

    Args:
        condition: (B, C, clip_dim).

    Returns:
        (B, 2, clip_dim) and how many tokens each stands for (2,); or the condition and None.
    """
    count = condition.shape[1]
    if count < 3 or not bool((condition[:, 2:] == condition[:, 1:2]).all()):
        return condition, None
    return condition[:, :2], torch.tensor([1.0, count - 1.0], device=condition.device)


def draw_stages(batch: int, quantizers: int, generator: torch.Generator | None = None) -> Tensor:
    """Training stages (B,), early ones favoured: round((1 - cos(pi u / 2)) (Q - 1)), u uniform (docs/method.md)."""
    u = torch.rand(batch, generator=generator)
    return ((1 - torch.cos(math.pi * u / 2)) * (quantizers - 1)).round().long()
