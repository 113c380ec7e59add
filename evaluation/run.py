"""Generating what eval_instructions.py checks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tqdm import tqdm

from dataset.motion_clip import MotionClip
from evaluation.instructions import Outcome, follow, read_instructions
from models.pipeline import TextToMotion
from models.sampling import Sampling
from utils.runtime import pick_device


@dataclass(frozen=True)
class InstructionSettings:
    """Which sentences are asked of which models, and how often."""

    instructions: str  # YAML file of families
    checkpoint_folder: str
    families: tuple[str, ...] = ()  # none: all
    text_encoder_path: str | None = None
    precision: str = "float32"
    seed: int = 0
    num_samples: int = 4  # motions per sentence
    batch_size: int = 16
    sampling: Sampling = Sampling()
    device: torch.device = torch.device("cpu")

    @classmethod
    def from_args(cls, args: Namespace) -> InstructionSettings:
        """Read the parsed options of eval_instructions.py."""
        return cls(
            instructions=args.instructions,
            checkpoint_folder=args.checkpoint_folder,
            families=tuple(args.families),
            text_encoder_path=args.text_encoder_path,
            precision=args.precision,
            seed=args.seed,
            num_samples=args.num_samples,
            batch_size=args.batch_size,
            sampling=Sampling.from_args(args),
            device=pick_device(args.device),
        )


def measure_instructions(settings: InstructionSettings) -> list[Outcome]:
    """Generate every sentence of a list with every seed, in batches, and check the motions.

    Sample n of a sentence draws from seed + n, whatever else is generated beside it.
    """
    instructions = read_instructions(settings.instructions, settings.families)
    model = TextToMotion.from_pretrained(
        settings.checkpoint_folder,
        settings.device,
        text_encoder_path=settings.text_encoder_path,
        precision=settings.precision,
    )
    seeds = [settings.seed + number for number in range(settings.num_samples)]
    sentences = list(
        dict.fromkeys(
            text
            for row in instructions
            for text in ((row.sentence, row.exchanged().sentence) if row.has_side else (row.sentence,))
        )
    )
    clips = _generate_all(model, sentences, seeds, settings)
    return follow(
        instructions,
        lambda texts, seed: [clips[text, seed] for text in texts],
        seeds,
        longest=int(model.max_seconds * model.fps),
    )


def _generate_all(
    model: TextToMotion, sentences: Sequence[str], seeds: Sequence[int], settings: InstructionSettings
) -> dict[tuple[str, int], MotionClip]:
    """Clips, bones constant as in the files that users get, by sentence and seed."""
    wanted = [(text, seed) for seed in seeds for text in sentences]
    found: dict[tuple[str, int], MotionClip] = {}
    size = settings.batch_size
    for start in tqdm(range(0, len(wanted), size), desc="motions", unit="batch"):
        part = wanted[start : start + size]
        stories = [[(text, None)] for text, _ in part]
        seeds_of_part = [seed for _, seed in part]
        clips = model.generate_stories(stories, seeds_of_part, sampling=settings.sampling)
        found.update({key: clip.with_constant_bones() for key, clip in zip(part, clips, strict=True)})
    return found
