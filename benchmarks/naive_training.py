"""Training losses as published: what benchmarks/training_step.py holds ours against.

Same weights, same values; the difference is in how they are computed. Pose codes come as float 70-hot vectors, padded
to the full block; the text encoder runs inside the step; losses and shares of right codes are taken sample by sample,
group by group and stage by stage; attention is spelled out over a mask; a quantizer multiplies one-hot matrices.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dataset.pose_codes import END, GROUP_OFFSETS, GROUP_SIZES, NUM_GROUPS, to_khot
from models.base_trans import OUTPUTS, BaseTransformer
from models.pg_tokenizer import PGTokenizer
from models.quantizer import ENTROPY_TEMPERATURE, SoftQuantizer
from models.refine_trans import RefineTransformer


def float_codes(pose_codes: Tensor, lengths: Tensor, size: int) -> Tensor:
    """(B, L, 70) indices -> (B, size, 394) float: the codes' bits, END after a clip's last step, PAD beyond it."""
    batch, steps = pose_codes.shape[:2]
    rows = torch.zeros(batch, size, OUTPUTS, device=pose_codes.device)
    rows[:, :steps, :END] = to_khot(pose_codes)
    for row, length in enumerate(lengths.tolist()):
        rows[row, length:] = 0
        rows[row, length : length + 1, END] = 1
        rows[row, length + 1 :, END + 1] = 1
    return rows


# ---------------------------------------------------------------------------------------------- tokenizer
def tokenizer_loss(
    model: PGTokenizer, motion: Tensor, pose_codes: Tensor, weights: dict[str, float]
) -> Tensor:
    """Total loss of windows (B, T, D) with float pose codes (B, T / 4, 392).

    Args:
        model: with soft quantizers.
        motion: normalised features.
        pose_codes: 70-hot.
        weights: of velocity, vq and entropy; that of the reconstruction is 1.
    """
    pose_latent = pose_codes @ model.pc_encoder.codebook.weight
    latent = model.encoder.model(motion.transpose(1, 2)).transpose(1, 2) - pose_latent.detach()
    residual = latent.reshape(-1, latent.shape[-1])
    total, losses, entropies, perplexities = 0.0, [], [], []
    for layer in model.rvq.layers:
        quantized, loss, entropy, perplexity = _soft_quantizer(layer, residual)
        passed_on = residual + (quantized - residual).detach()
        total, residual = total + passed_on, residual - passed_on.detach()
        losses.append(loss), entropies.append(entropy), perplexities.append(perplexity)
    quantized = total.reshape(latent.shape)
    made = model.decoder.model((pose_latent + quantized).transpose(1, 2)).transpose(1, 2)
    positions = slice(4, 4 + 3 * 21)
    return (
        F.smooth_l1_loss(made, motion)
        + weights["velocity"] * F.smooth_l1_loss(made[..., positions], motion[..., positions])
        + weights["vq"] * sum(losses) / len(losses)
        + weights["entropy"] * sum(entropies) / len(entropies)
    )


def _soft_quantizer(layer: SoftQuantizer, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    logits, values = layer.logits(x), layer.values()
    soft = logits.softmax(dim=-1)
    hard = F.one_hot(logits.argmax(dim=-1), layer.codes).to(soft)
    quantized = (hard + soft - soft.detach()) @ values
    plain = hard @ values
    loss = (
        (quantized - x).pow(2).mean()
        + (plain.detach() - x).pow(2).mean()
        + layer.beta * (plain - x.detach()).pow(2).mean()
    )
    p = (logits / ENTROPY_TEMPERATURE).softmax(dim=-1)
    log_p = (logits / ENTROPY_TEMPERATURE).log_softmax(dim=-1)
    mean = p.mean(dim=0)
    entropy = -(p * log_p).sum(dim=-1).mean() + (mean * (mean + 1e-5).log()).sum()
    use = hard.mean(dim=0)
    return quantized, loss, entropy, torch.exp(-(use * (use + 1e-7).log()).sum())


# ------------------------------------------------------------------------------------------- transformers
def attention(layer: nn.Module, x: Tensor, hidden: Tensor) -> Tensor:
    """Self-attention by its equation; hidden (B or 1, 1, S or 1, S) bool, True where nothing may be seen."""
    batch, size, width = x.shape
    key, query, value = (
        part(x).view(batch, size, layer.heads, width // layer.heads).transpose(1, 2)
        for part in (layer.key, layer.query, layer.value)
    )
    scores = (query @ key.transpose(-2, -1)) * (width // layer.heads) ** -0.5
    shares = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
    shares = F.dropout(shares, layer.dropout, layer.training)
    mixed = (shares @ value).transpose(1, 2).contiguous().view(batch, size, width)
    return F.dropout(layer.proj(mixed), layer.dropout, layer.training)


def block(module: nn.Module, x: Tensor, hidden: Tensor) -> Tensor:
    """Pre-norm block."""
    x = x + attention(module.attn, module.ln1(x), hidden)
    return x + module.mlp(module.ln2(x))


def noisy_codes(codes: Tensor, keep: float) -> Tensor:
    """Float codes (B, L, 394) under the published noise, group by group."""
    kept = torch.bernoulli(torch.full_like(codes[..., :END], keep))
    mixed = kept * codes[..., :END] + (1 - kept) * torch.rand_like(codes[..., :END])
    out = codes.clone()
    for first, size in zip(GROUP_OFFSETS, GROUP_SIZES, strict=True):
        part = mixed[..., first : first + size]
        out[..., first : first + size] = F.one_hot(part.argmax(dim=-1), size).float()
    return out


def base_loss(
    model: BaseTransformer, codes: Tensor, shown: Tensor, condition: Tensor, lengths: Tensor
) -> Tensor:
    """Loss and, as the published command asks, shares of right codes.

    Args:
        model: its dropout is that of its mode.
        codes: (B, S, 394) float targets, END included.
        shown: the history, (B, S, 394): `codes`, or those with noise.
        condition: (B, C, clip_dim).
        lengths: (B,) steps.
    """
    trunk, tokens = model.trans_base, condition.shape[1]
    x = torch.cat([trunk.cond_emb(condition), trunk.tok_emb(shown[:, :-1])], dim=1)
    x = trunk.drop(trunk.pos_embed(x))
    size = x.shape[1]
    hidden = torch.ones(1, 1, size, size, dtype=torch.bool, device=x.device).triu(1)
    for module in (*trunk.blocks, *model.trans_head.blocks):
        x = block(module, x, hidden)
    logits = model.trans_head.head(model.trans_head.ln_f(x))[:, tokens - 1 :]
    loss, right = 0.0, torch.zeros(NUM_GROUPS)
    for row, length in enumerate(lengths.tolist()):
        loss = loss + F.binary_cross_entropy_with_logits(
            logits[row, : length + 1], codes[row, : length + 1]
        ) / len(lengths)
        for group, (first, count) in enumerate(zip(GROUP_OFFSETS, GROUP_SIZES, strict=True)):
            part = slice(first, first + count)
            found = logits[row, :length, part].softmax(dim=-1).argmax(dim=-1)
            right[group] += (found == codes[row, :length, part].argmax(dim=-1)).float().mean().item()
    return loss


def refine_loss(
    model: RefineTransformer,
    codes: Tensor,
    residual_codes: Tensor,
    condition: Tensor,
    stage: Tensor,
    lengths: Tensor,
) -> Tensor:
    """Loss and shares of right codes, sample by sample.

    Args:
        model: with shared weights; its dropout is that of its mode.
        codes: (B, S, 394) float pose codes.
        residual_codes: (B, S, Q), anything beyond a clip's end.
        condition: (B, C, clip_dim).
        stage: (B,) quantizer index.
        lengths: (B,) steps.
    """
    size, inputs, tables = codes.shape[1], model.proc_in, model.embed_proj_shared_weight
    vectors = codes.clone()
    for row, length in enumerate(lengths.tolist()):
        vectors[row, length:] = 0  # beyond a clip's end nothing is attended to
    steps = inputs.pose_tok_emb(vectors)
    history = []
    for row, q in enumerate(stage.tolist()):
        found = steps.new_zeros(size, steps.shape[-1])
        for before in range(q):
            found = found + F.embedding(residual_codes[row, :, before], tables[before])
        history.append(found)
    steps = inputs.pos_embed(steps + torch.stack(history))
    stage_token = inputs.quant_emb(F.one_hot(stage, model.config.quantizers).float()).unsqueeze(1)
    x = torch.cat([inputs.cond_emb(condition), stage_token, steps], dim=1)
    extra = x.shape[1] - size
    places = torch.arange(x.shape[1], device=x.device)
    hidden = (places >= lengths[:, None] + extra)[:, None, None, :]
    for module in model.trans_base.blocks:
        x = block(module, x, hidden)
    target = torch.full((len(codes), size), model.pad_token, device=x.device)
    rows, right = [], 0.0
    for row, (q, length) in enumerate(zip(stage.tolist(), lengths.tolist(), strict=True)):
        rows.append(x[row, extra:] @ tables[q].T)
        target[row, :length] = residual_codes[row, :length, q]
        right += (rows[-1][:length].argmax(dim=-1) == target[row, :length]).float().mean().item()
    return F.cross_entropy(torch.stack(rows).transpose(1, 2), target, ignore_index=model.pad_token)
