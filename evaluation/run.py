"""Generating what eval_instructions.py checks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from tqdm import tqdm

from dataset.motion_clip import MotionClip
from evaluation.instructions import Outcome, follow, read_instructions
from models.pipeline import TextToMotion
from models.sampling import Sampling
from utils.runtime import pick_device


def measure_instructions(args: Namespace) -> list[Outcome]:
    """Generate every sentence of the options' list with every seed, in batches, and check the motions.

    Sample n of a sentence draws from seed + n, whatever else is generated beside it.
    """
    instructions = read_instructions(args.instructions, args.families)
    model = TextToMotion.from_pretrained(
        args.checkpoint_folder,
        pick_device(args.device),
        text_encoder_path=args.text_encoder_path,
        precision=args.precision,
    )
    seeds = [args.seed + number for number in range(args.num_samples)]
    sentences = list(
        dict.fromkeys(
            text
            for row in instructions
            for text in ((row.sentence, row.exchanged().sentence) if row.has_side else (row.sentence,))
        )
    )
    clips = _generate_all(model, sentences, seeds, args)
    return follow(
        instructions,
        lambda texts, seed: [clips[text, seed] for text in texts],
        seeds,
        longest=int(model.max_seconds * model.fps),
    )


def _generate_all(
    model: TextToMotion, sentences: Sequence[str], seeds: Sequence[int], args: Namespace
) -> dict[tuple[str, int], MotionClip]:
    """Clips, bones constant as in the files that users get, by sentence and seed."""
    wanted = [(text, seed) for seed in seeds for text in sentences]
    found: dict[tuple[str, int], MotionClip] = {}
    for start in tqdm(range(0, len(wanted), args.batch_size), desc="motions", unit="batch"):
        part = wanted[start : start + args.batch_size]
        stories = [[(text, None)] for text, _ in part]
        seeds_of_part = [seed for _, seed in part]
        clips = model.generate_stories(stories, seeds_of_part, sampling=Sampling.from_args(args))
        found.update({key: clip.with_constant_bones() for key, clip in zip(part, clips, strict=True)})
    return found
