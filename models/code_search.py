"""Residual codes found by analysis and synthesis: those whose decoded motion fits best, not those of the encoder alone.

The encoder guesses codes in one pass, and nobody looks at what the decoder makes of them. Here the residual latent is moved
by gradient descent through quantizer (straight-through, van den Oord et al. 2017) and decoder, with a beam over the
stages (Babenko and Lempitsky 2014), and the best codes met on the way are kept. Pose codes, weights and what each
residual code means stay as they are. Ours; the paper encodes in one pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dataset.features import joints_in_metres
from dataset.motion_clip import MotionClip
from dataset.pose_codes.tensor_measures import CODE_MARGIN, measure_tensor, violation
from models.masks import length_mask
from models.pg_tokenizer import PGTokenizer
from utils.foot_contact import standing_pace
from utils.skeleton import T2M_SKELETON

RATE, SLOWER = 0.05, 0.8  # of Adam, in root mean squares of the clip's latent; the share by which it falls
BEAMS = 4
Objective = Callable[[Tensor], Tensor]  # normalised features (B, T, D) -> (B,), less is better


@dataclass(frozen=True)
class SearchSettings:
    """How long to search, and what counts how much: means of smooth L1, metres, categories and metres a frame."""

    iterations: int
    features: float = 1.0  # normalised
    joints: float = 20.0  # root aligned
    root: float = 2.0
    codes: float = 5.0
    feet: float = 2.0  # that stand in the motion wanted


ENCODE = SearchSettings(iterations=40)
# The motion is a means here, so it may give way to its pose codes.
OBEY = SearchSettings(iterations=20, joints=10.0, codes=30.0)
LONGEST_SEARCHED = 60.0  # seconds of a motion for which codes are searched where nobody asks for it


def search_codes(
    tokenizer: PGTokenizer,
    motion: Tensor,
    pose_codes: Tensor,
    lengths: Tensor | None = None,
    settings: SearchSettings = ENCODE,
) -> Tensor:
    """Residual codes of a motion, as of `PGTokenizer.encode`, but such that the decoded motion is close to it.

    Args:
        motion: (B, T, D) normalised features, T a multiple of the tokenizer's step.
        pose_codes: (B, L, 70).
        lengths: (B,) frames of each clip when the batch is padded.

    Returns:
        (B, L, Q) int64; -1 beyond a clip's end. Each clip is searched by itself.
    """
    if lengths is None:
        lengths = torch.full((len(motion),), motion.shape[1], device=motion.device)
    with torch.no_grad():
        latent = tokenizer.encoder(motion, length_mask(lengths, motion.shape[1]))
        latent = latent - tokenizer.pc_encoder(pose_codes)
    return _search(tokenizer, motion, pose_codes, latent, lengths, settings)


def obeying_codes(
    tokenizer: PGTokenizer,
    pose_codes: Tensor,
    residual_codes: Tensor,
    lengths: Tensor,
    iterations: int,
) -> Tensor:
    """Residual codes (B, L, Q) near those given, whose decoded motion obeys its pose codes (B, L, 70) better.

    lengths: (B,) steps. The motion changes by about a centimetre. Skeletons without our pose codes keep their codes.
    """
    if tokenizer.info.spec.skeleton is not T2M_SKELETON or iterations == 0:
        return residual_codes
    with torch.no_grad():
        motion = tokenizer.decode(pose_codes, residual_codes, lengths)
        latent = tokenizer.rvq.decode(residual_codes.long())
    settings = replace(OBEY, iterations=iterations)
    return _search(tokenizer, motion, pose_codes, latent, lengths * tokenizer.frames_per_step, settings)


def obeying_clip(tokenizer: PGTokenizer, clip: MotionClip, iterations: int) -> MotionClip:
    """A clip made of its codes, with residual codes of `obeying_codes` and the motion that these decode to.

    A clip without residual codes, or longer than `LONGEST_SEARCHED`, stays as it is.
    """
    if clip.residual_codes is None or len(clip.features) > LONGEST_SEARCHED * clip.fps:
        return clip
    device = next(tokenizer.parameters()).device
    pose_codes, residual = (
        torch.as_tensor(codes, device=device).long()[None] for codes in (clip.pose_codes, clip.residual_codes)
    )
    steps = torch.tensor([pose_codes.shape[1]], device=device)
    found = obeying_codes(tokenizer, pose_codes, residual, steps, iterations)
    if torch.equal(found, residual):
        return clip
    with torch.no_grad():
        motion = tokenizer.decode(pose_codes, found)[0].cpu().numpy()
    features = tokenizer.normaliser.restore(motion[: len(clip.features)])
    return clip.with_motion(features, residual_codes=found[0].cpu().numpy())


def _search(
    tokenizer: PGTokenizer,
    motion: Tensor,
    pose_codes: Tensor,
    start: Tensor,
    lengths: Tensor,
    settings: SearchSettings,
) -> Tensor:
    """The best codes met on the way from residual latents (B, L, W) to a motion (B, T, D) of so many frames (B,)."""
    inside = length_mask(lengths // tokenizer.frames_per_step, start.shape[1])
    objective = _objective(tokenizer, motion, pose_codes, lengths, settings)
    with torch.no_grad():
        pose_latent = tokenizer.pc_encoder(pose_codes)
        energy = (start.square().mean(-1) * inside).sum(1) / inside.sum(1).clamp(min=1)
        scale = energy.sqrt().clamp(min=1e-6)[:, None, None]
    moved = torch.zeros_like(start).requires_grad_(True)
    optimiser = torch.optim.Adam([moved], lr=RATE)
    best = torch.full((*start.shape[:2], tokenizer.quantizers), -1, device=start.device)
    least = torch.full((len(start),), torch.inf, device=start.device)
    with torch.enable_grad():
        for turn in range(settings.iterations + 1):
            latent = start + scale * moved
            codes = tokenizer.rvq.encode(latent.detach(), beams=BEAMS)
            chosen = latent + (tokenizer.rvq.decode(codes) - latent).detach()
            decoded = tokenizer.decoder(pose_latent + tokenizer.config.residual_ratio * chosen, inside)
            values = objective(decoded)
            better = values.detach() < least
            best = torch.where(better[:, None, None], codes, best)
            least = torch.where(better, values.detach(), least)
            if turn < settings.iterations:
                optimiser.param_groups[0]["lr"] = RATE * (1 - SLOWER * turn / settings.iterations)
                (moved.grad,) = torch.autograd.grad(values.sum(), [moved])
                optimiser.step()
    return best.masked_fill(~inside.unsqueeze(-1), -1)


def _objective(
    tokenizer: PGTokenizer, motion: Tensor, pose_codes: Tensor, lengths: Tensor, settings: SearchSettings
) -> Objective:
    """How far decoded motions are from the ones wanted and from their own pose codes."""
    wanted = joints_in_metres(tokenizer.normaliser.restore(motion))
    frames = length_mask(lengths, motion.shape[1])
    steps = frames[:, :: tokenizer.frames_per_step]
    known = tokenizer.info.spec.skeleton is T2M_SKELETON  # pose codes and feet are those of this skeleton

    def objective(decoded: Tensor) -> Tensor:
        joints = joints_in_metres(tokenizer.normaliser.restore(decoded))
        off = joints - wanted
        smooth = F.smooth_l1_loss(decoded, motion, reduction="none").mean(-1)
        total = settings.features * _mean(smooth, frames)
        total = total + settings.joints * _mean(_norm(off - off[:, :, :1]).mean(-1), frames)
        total = total + settings.root * _mean(_norm(off[:, :, 0]), frames)
        if known:
            values = measure_tensor(joints[:, :: tokenizer.frames_per_step], tokenizer.info.pose_frame)
            missed = violation(values, pose_codes, CODE_MARGIN).mean(-1)
            pace, stands = standing_pace(joints, wanted)
            stands = stands & frames[:, 1:, None]
            total = total + settings.codes * _mean(missed, steps)
            total = total + settings.feet * _mean(pace.flatten(1), stands.flatten(1))
        return total

    return objective


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """Means (B,) of (B, N) where counted."""
    return (values * counted).sum(1) / counted.sum(1).clamp(min=1)


def _norm(vectors: Tensor) -> Tensor:
    return (vectors.square().sum(-1) + 1e-10).sqrt()  # the root's slope at nought is infinite
