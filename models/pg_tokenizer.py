"""The pose-guided tokenizer: pose codes fix the structure, residual codes carry the rest (docs/method.md section 3)."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field, fields

import torch
from torch import Tensor, nn

from dataset.pose_codes import NUM_CODES, NUM_GROUPS, as_khot
from models.checkpoint_info import CheckpointInfo
from models.masks import length_mask
from models.motion_encdec import ConvShape, MotionDecoder, MotionEncoder
from models.residual_quantizer import ResidualQuantizer
from utils.distributed import shared_draw
from utils.normaliser import Normaliser
from utils.published import TOKENIZER
from utils.runtime import UserError


@dataclass(frozen=True)
class TokenizerConfig:
    """Sizes and options of the tokenizer; the defaults are the published ones."""

    features: int = 263
    width: int = TOKENIZER["width"]
    latent_dim: int = TOKENIZER["code_dim"]
    down_t: int = TOKENIZER["down_t"]
    depth: int = TOKENIZER["depth"]
    dilation_growth_rate: int = TOKENIZER["dilation_growth_rate"]
    activation: str = TOKENIZER["vq_act"]
    norm: str | None = TOKENIZER["vq_norm"]
    residual_ratio: float = TOKENIZER["residual_ratio"]
    detach_p_latent: bool = TOKENIZER["detach_p_latent"]
    pdrop_res: float = 0.0  # no dropout where nobody asks for it
    quantizer: dict = field(
        default_factory=lambda: {"stages": TOKENIZER["rvq_num_quantizers"], "codes": TOKENIZER["rvq_nb_code"]}
    )

    @classmethod
    def from_args(cls, args: Namespace, features: int) -> TokenizerConfig:
        """Read the published option names."""
        quantizer = {
            "stages": args.rvq_num_quantizers,
            "codes": args.rvq_nb_code,
            "kind": args.rvq_quantizer_type,
            "beta": args.rvq_vq_loss_beta,
            "init": args.rvq_init_method,
            "ema": not args.unuse_ema,
            "shared_codebook": args.rvq_shared_codebook,
            "dropout_prob": args.rvq_quantize_dropout_prob,
            "dropout_cutoff": args.rvq_quantize_dropout_cutoff_index,
        }
        return cls(
            features=features,
            width=args.width,
            latent_dim=args.code_dim,
            down_t=args.down_t,
            depth=args.depth,
            dilation_growth_rate=args.dilation_growth_rate,
            activation=args.vq_act,
            norm=args.vq_norm,
            residual_ratio=args.residual_ratio,
            detach_p_latent=args.detach_p_latent,
            pdrop_res=args.pdrop_res,
            quantizer=quantizer,
        )


@dataclass
class TokenizerOutput:
    """One training pass."""

    motion: Tensor  # (B, T, D) reconstruction
    residual_codes: Tensor  # (B, L, Q), -1 = dropped
    vq_loss: Tensor  # scalar
    entropy: Tensor  # scalar


class PoseCodeEncoder(nn.Module):
    """p = k-hot(pose codes) @ C: the sum of one learned vector per active code."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.codebook = nn.Embedding(NUM_CODES, latent_dim)
        nn.init.normal_(self.codebook.weight, std=NUM_GROUPS**-0.5)  # the sum of 70 starts with unit variance

    def forward(self, pose_codes: Tensor) -> Tensor:
        """(B, L, 70) indices or (B, L, 392) k-hot -> (B, L, W)."""
        return as_khot(pose_codes).to(self.codebook.weight) @ self.codebook.weight


class PGTokenizer(nn.Module):
    """Encoder, residual quantizer and decoder around the pose latent."""

    info: CheckpointInfo  # of a loaded one

    def __init__(self, config: TokenizerConfig) -> None:
        super().__init__()
        self.config = config
        shape = ConvShape(**{entry.name: getattr(config, entry.name) for entry in fields(ConvShape)})
        self.encoder, self.decoder = MotionEncoder(shape), MotionDecoder(shape)
        self.pc_encoder = PoseCodeEncoder(config.latent_dim)
        self.rvq = ResidualQuantizer(width=config.latent_dim, **config.quantizer)
        self.codes_frozen = False
        self._normaliser: Normaliser | None = None

    @property
    def normaliser(self) -> Normaliser:
        """What normalises the features that it encodes and restores those that it decodes.

        UserError where nobody has told it: `models.build.normaliser_of` reads it from a folder or a data set.
        """
        if self._normaliser is None:
            raise UserError(
                "the tokenizer's feature statistics are not known: use models.build.normaliser_of"
            )
        return self._normaliser

    @normaliser.setter
    def normaliser(self, value: Normaliser) -> None:
        self._normaliser = value

    @property
    def frames_per_step(self) -> int:
        """Frames that one latent step stands for: 2^down_t."""
        return 2**self.config.down_t

    @property
    def quantizers(self) -> int:
        """Number of residual stages Q."""
        return self.rvq.stages

    @property
    def residual_vocabulary(self) -> int:
        """Codes K in each residual stage."""
        return self.rvq.codes

    def freeze_codes(self) -> None:
        """Leave only the decoder to train: a motion keeps its codes, and transformers trained on them their meaning."""
        for module in (self.encoder, self.pc_encoder, self.rvq):
            module.requires_grad_(False)
        self.codes_frozen = True
        self.train(self.training)

    def train(self, mode: bool = True) -> PGTokenizer:
        """Switch to training or evaluation; frozen codebooks don't follow their moving averages in either."""
        super().train(mode)
        if self.codes_frozen:
            self.encoder.eval()
            self.rvq.layers.eval()
        return self

    def forward(self, motion: Tensor, pose_codes: Tensor) -> TokenizerOutput:
        """Reconstruct a batch of windows for training.

        Args:
            motion: (B, T, D) normalised features.
            pose_codes: (B, T / frames_per_step, 70), the codes of every ``frames_per_step``-th frame.
        """
        pose_latent = self.pc_encoder(pose_codes)
        residual = self.encoder(motion) - (
            pose_latent.detach() if self.config.detach_p_latent else pose_latent
        )
        output = self.rvq(residual)
        latent = pose_latent
        # Now and then the decoder must do with the pose codes alone: this keeps them meaningful and editable.
        if not (self.training and self.config.pdrop_res > 0 and shared_draw() < self.config.pdrop_res):
            latent = latent + self.config.residual_ratio * output.quantized
        return TokenizerOutput(self.decoder(latent), output.indices, output.loss, output.entropy)

    @torch.no_grad()
    def encode(self, motion: Tensor, pose_codes: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Residual codes of a motion.

        Args:
            motion: (B, T, D) normalised features, T a multiple of ``frames_per_step``.
            pose_codes: (B, T / frames_per_step, 70).
            lengths: (B,) frames of each clip when the batch is padded; results inside a clip don't depend on padding.

        Returns:
            (B, T / frames_per_step, Q) int64; -1 beyond a clip's end.
        """
        steps = motion.shape[1] // self.frames_per_step
        if motion.shape[1] % self.frames_per_step or pose_codes.shape[1] != steps:
            raise ValueError(
                f"{motion.shape[1]} frames need {motion.shape[1] / self.frames_per_step:g} steps of pose codes, "
                f"got {pose_codes.shape[1]}"
            )
        mask = None if lengths is None else length_mask(lengths, motion.shape[1])
        codes = self.rvq.encode(self.encoder(motion, mask) - self.pc_encoder(pose_codes))
        if lengths is None:
            return codes
        inside = length_mask(lengths // self.frames_per_step, steps)
        return codes.masked_fill(~inside.unsqueeze(-1), -1)

    def decode(
        self, pose_codes: Tensor, residual_codes: Tensor | None = None, lengths: Tensor | None = None
    ) -> Tensor:
        """Motion of pose codes and, where given, residual codes.

        Args:
            pose_codes: (B, L, 70) category indices, or (B, L, 392) k-hot.
            residual_codes: (B, L, q) with q <= Q; -1 = dropped stage; None = pose codes alone.
            lengths: (B,) *steps* of each clip when the batch is padded.

        Returns:
            (B, L * frames_per_step, D) normalised features, zero beyond a clip's end.
        """
        latent = self.pc_encoder(pose_codes)
        if residual_codes is not None:
            latent = latent + self.config.residual_ratio * self.rvq.decode(residual_codes.long())
        if lengths is None:
            return self.decoder(latent)
        motion = self.decoder(latent, length_mask(lengths, latent.shape[1]))
        return motion * length_mask(lengths * self.frames_per_step, motion.shape[1]).unsqueeze(-1)
