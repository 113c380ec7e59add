"""Drawing pose codes from logits: all 70 groups at once, and reproducibly for each sample of a batch.

Every sample of a batch owns a random stream seeded from the caller's generator, so what is drawn for a sample does
not depend on which other samples are in the batch or on when they end.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from dataset.pose_codes import GROUP_OFFSETS, GROUP_SIZES, NUM_GROUPS
from utils.runtime import UserError

Generators = torch.Generator | Sequence[torch.Generator] | None
ENDS = ("likely", "median")
MAX_CATEGORIES = int(max(GROUP_SIZES))
# Steps kept within a sentence and at a change of sentence. `python -m benchmarks.long_motion --clips 192` with models of
# configs/mini, top-3 R-precision of 4 s (0.93 for captions alone): after a change that keeps 1, 2, 4, 8 or 12 steps 0.80,
# 0.66, 0.50, 0.41 and 0.29; 12 s into one sentence 0.89, 0.88, 0.86, 0.80 and 0.72. With 1 step kept there, seams are
# rougher than with 4 (`--only seams --overlap 1`: joints accelerate by 23 mm/frame^2 instead of 20, elsewhere by 17).
OVERLAP = 4
HANDOVER = 1


@dataclass(frozen=True)
class Sampling:
    """How codes are drawn: the one object that transformers, pipeline, evaluation and scripts hand on.

    A new strategy is a field here, its effect in `draw` or `guided`, and a flag (`options.evaluation`). What is None
    is filled in by a model's own (`with_own`, `CheckpointInfo.sampling`), else it is as published.
    """

    temperature: float | None = None  # of the pose codes; 0 takes each group's most probable; published: 1
    refine_temperature: float | None = None  # of the residual codes; None: the same
    guidance: float | None = None  # weight of the text; published: 1, off
    use_residuals: bool = True  # False: decode the pose codes alone
    overlap: int | None = None  # steps kept from the window before, of the same sentence; None: OVERLAP
    handover: int = HANDOVER  # ... of another sentence
    refine_guidance: float | None = None  # weight of the text for the residual codes; None: the same
    # Rounds in which the residual codes of the first stage are drawn (`models.refine_trans`); published: 1, all at once.
    refine_rounds: int | None = None
    # When a clip ends: "likely" where END is more probable than not, as published; "median" where the clip has more
    # probably ended than not, by all steps so far.
    end: str | None = None
    # Steps before which END is not listened to; published: 1. Models of ours: those of the shortest clip in training.
    least_steps: int | None = None
    # Motions drawn for each that is wanted, of which the one is kept that fits its sentence best (`models.matcher`).
    candidates: int | None = None
    # How often candidates are drawn where none shows what its sentence asks for, from the second time on told in plain words
    # (`models.asked`); published: 1.
    tries: int | None = None
    # Whether what a sentence tells in turn is made one part after another (`dataset.told_in_turn`); published: False.
    divide: bool | None = None
    # Iterations of moving the residual codes until the decoded motion obeys its pose codes (`models.code_search`);
    # published: 0.
    obey: int | None = None

    @classmethod
    def from_args(cls, args: Namespace) -> Sampling:
        """Read a script's parsed options; what a script has no flag for stays as it is by default."""
        return cls(
            temperature=args.temperature,
            refine_temperature=getattr(args, "refine_temperature", None),
            guidance=args.guidance_scale,
            refine_guidance=getattr(args, "refine_guidance_scale", None),
            refine_rounds=getattr(args, "refine_rounds", None),
            end=getattr(args, "end", None),
            least_steps=getattr(args, "least_steps", None),
            candidates=getattr(args, "candidates", None),
            tries=getattr(args, "tries", None),
            divide=getattr(args, "divide", None),
            obey=getattr(args, "obey", None),
            use_residuals=not getattr(args, "force_drop_residual_quantization", False),
            overlap=getattr(args, "overlap", None),
        )

    def with_own(self, own: Sampling) -> Sampling:
        """The same with a model's own values where none are said.

        What is said of the pose codes alone is meant for the residual codes too.
        """
        names = [
            name
            for name in ("end", "least_steps", "candidates", "tries", "refine_rounds", "divide", "obey")
            if getattr(self, name) is None
        ]
        for name in ("temperature", "guidance"):
            if getattr(self, name) is None:
                names += [name] + [other for other in (f"refine_{name}",) if getattr(self, other) is None]
        return replace(self, **{name: getattr(own, name) for name in names})

    def within(self, window: int) -> Sampling:
        """The same with an overlap that leaves room in windows of that many steps; UserError for one that doesn't."""
        most = window - 1
        if self.overlap is None:
            return replace(self, overlap=min(OVERLAP, most))
        if not 1 <= self.overlap <= most:
            raise UserError(f"--overlap {self.overlap}: windows can overlap by 1 to {most} steps")
        return self

    def of_residuals(self) -> Sampling:
        """What the refine transformer draws by."""
        return replace(
            self,
            temperature=self.temperature if self.refine_temperature is None else self.refine_temperature,
            guidance=self.guidance if self.refine_guidance is None else self.refine_guidance,
        )

    @property
    def is_random(self) -> bool:
        """Whether drawing needs noise."""
        return self.temperature != 0

    @property
    def copies(self) -> int:
        """Rows that the model computes for each sample: with guidance also one without text."""
        return 1 if self.guidance in (None, 1) else 2

    def conditions(self, condition: Tensor) -> Tensor:
        """Condition (B, C, W) of the `copies` rows of each sample, (B * copies, C, W)."""
        return with_and_without(condition, 1 if self.guidance is None else self.guidance)

    def guided(self, logits: Tensor) -> Tensor:
        """Logits (B * copies, ...) of those rows -> (B, ...)."""
        return guided(logits, 1 if self.guidance is None else self.guidance)

    def ended(self, end_logits: Tensor, going: Tensor) -> Tensor:
        """Whether samples end with this step, (B,) bool.

        A model that knows a length only roughly spreads END over many steps, of which none may be more probable than
        not: such clips would run to the limit. Their median length is where they have more probably ended than not.

        end_logits: (B,) of END. going: (B,) probability of not having ended in an earlier step, changed in place.
        """
        going *= torch.sigmoid(-end_logits.float())
        return going <= 0.5 if self.end == "median" else end_logits > 0

    def draw(self, scores: Tensor, noise: Tensor | None) -> Tensor:
        """Choose over the last axis of scores (..., K) with standard Gumbel noise of the same shape, see `pick`."""
        return pick(scores, 1.0 if self.temperature is None else self.temperature, noise)


PUBLISHED = Sampling(
    temperature=1.0,
    guidance=1.0,
    end="likely",
    least_steps=1,
    candidates=1,
    tries=1,
    refine_rounds=1,
    divide=False,
    obey=0,
)
# For models that have seen samples without text. In eval_instructions.py with the small models, residual codes at
# temperature 1 and guidance 3 made standing people drift (stillness 0.20, at 0.5: 1.00) and turned by wrong amounts
# (turns 0.75 at guidance 2, 0.83 at 1).
GUIDED = Sampling(
    temperature=0.8, refine_temperature=0.5, guidance=3.0, refine_guidance=1.0, end="median", candidates=4,
    tries=2, refine_rounds=8, divide=True, obey=20,
)  # fmt: skip


@cache
def _group_table(device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Code index (70, 18) of each category, and whether the group has that category.

    Kept on each device: copying it there in every step would wait for the device.
    """
    with torch.inference_mode(False):  # whoever asks first, training may ask later
        category = torch.arange(MAX_CATEGORIES)
        valid = category < torch.tensor(GROUP_SIZES).unsqueeze(1)
        index = torch.tensor(GROUP_OFFSETS).unsqueeze(1) + category
        return index.masked_fill(~valid, 0).to(device), valid.to(device)


GROUP_INDEX, GROUP_VALID = _group_table()


def by_group(scores: Tensor) -> Tensor:
    """Scores of codes (..., >= 392) -> scores by group (..., 70, 18), -inf where a group has no such category."""
    index, valid = _group_table(scores.device)
    grouped = scores[..., index.reshape(-1)].reshape(*scores.shape[:-1], NUM_GROUPS, MAX_CATEGORIES)
    return grouped.masked_fill(~valid, float("-inf"))


def gumbel_noise(batch: int, shape: tuple[int, ...], generator: Generators) -> Tensor:
    """Standard Gumbel noise (batch, *shape) on the CPU, one stream per sample.

    Args:
        batch: number of samples.
        shape: of one sample's noise.
        generator: one per sample (CPU), or a single one that seeds a stream for each sample; None: the global one.
    """
    if isinstance(generator, Sequence):
        streams = generator
    else:
        device = "cpu" if generator is None else generator.device
        seeds = torch.randint(2**62, (batch,), generator=generator, device=device).tolist()
        streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    uniform = torch.stack([torch.rand(shape, generator=stream) for stream in streams]).clamp_(1e-9, 1 - 1e-7)
    return -(-uniform.log()).log()


def pick(scores: Tensor, temperature: float, noise: Tensor | None) -> Tensor:
    """Sample over the last axis by the Gumbel-max trick; argmax at temperature 0 or without noise.

    Args:
        scores: logits (..., K).
        temperature: 0 or more.
        noise: standard Gumbel noise of the same shape.
    """
    if temperature == 0 or noise is None:
        return scores.argmax(dim=-1)
    return (scores / temperature + noise).argmax(dim=-1)


def with_and_without(condition: Tensor, guidance: float) -> Tensor:
    """Condition (B, C, W) -> (2B, C, W), each sample with its text and then without; with guidance 1 as it is."""
    if guidance == 1:
        return condition
    return torch.stack([condition, torch.zeros_like(condition)], dim=1).flatten(0, 1)


def guided(logits: Tensor, guidance: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022): without + g * (with - without text).

    Args:
        logits: (2B, ...), rows in the order of `with_and_without`; with guidance 1, (B, ...), returned as it is.
        guidance: the weight g.
    """
    if guidance == 1:
        return logits
    with_text, without = logits.unflatten(0, (-1, 2)).unbind(1)
    return without + guidance * (with_text - without)


def staying(ended: Tensor) -> Tensor:
    """Rows that stay in a batch, those at its end moved into the places of rows that leave.

    Args:
        ended: (B,) bool.

    Returns:
        (n,) int64, the old row of each of the n rows that stay: most keep their place.
    """
    stay = (~ended).nonzero().squeeze(1)
    rows = torch.arange(len(stay), device=ended.device)
    rows[ended[: len(stay)]] = stay[stay >= len(stay)]
    return rows


def corrupt_pose_codes(pose_codes: Tensor, keep: float) -> Tensor:
    """The ``--pkeep`` corruption of input histories (docs/method.md section 4).

    Each bit of the 70-hot vector is replaced by uniform noise with probability 1 - ``keep``; the largest bit of each
    group is its new code.

    Args:
        pose_codes: (..., 70) category indices.
        keep: probability of keeping a bit.

    Returns:
        Category indices of the same shape and type.
    """
    shape = (*pose_codes.shape, MAX_CATEGORIES)
    device = pose_codes.device
    bits = torch.arange(MAX_CATEGORIES, device=device) == pose_codes.long().unsqueeze(-1)
    kept = torch.rand(shape, device=device) < keep
    scores = torch.where(kept, bits.float(), torch.rand(shape, device=device))
    scores = scores.masked_fill(~_group_table(device)[1], -1.0)
    return scores.argmax(dim=-1).to(pose_codes.dtype)


def drop_condition(condition: Tensor, probability: float) -> Tensor:
    """Zero the whole condition of samples drawn with ``probability``, for classifier-free guidance.

    Args:
        condition: (B, C, clip_dim).
        probability: of losing the text; 0 returns the condition unchanged.
    """
    if probability == 0:
        return condition
    kept = torch.rand(len(condition), 1, 1, device=condition.device) >= probability
    return condition * kept
