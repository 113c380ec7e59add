"""Generation in batches, each motion's files written as soon as there are any: what generate.py does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset.motion_clip import MotionClip, Segment
from models.again import unseen
from models.pipeline import KeywordSource, TextToMotion, story_text
from models.sampling import Sampling
from utils.runtime import warn
from visualization.outputs import Figure, file_stem, warn_of_replaced, write_clip, write_grid


@dataclass(frozen=True)
class GenerationSettings:
    """How stories become motion."""

    samples: int = 1  # motions of each story
    seed: int = 0  # motion i draws from seed + i
    batch_size: int = 16
    keywords: KeywordSource = "none"
    sampling: Sampling = Sampling()


@dataclass(frozen=True)
class FileSettings:
    """Which files are written for a motion, and where."""

    folder: str | Path
    formats: tuple[str, ...] = ("npz",)
    named_seed: int | None = None  # part of the names; None: not
    constant_bones: bool = True
    grid: bool = False  # all samples of a story beside each other too
    figure: Figure = Figure()


def generate_files(
    model: TextToMotion,
    stories: Sequence[Sequence[Segment]],
    settings: GenerationSettings,
    files: FileSettings,
) -> Iterator[Path]:
    """Generate `settings.samples` motions of each story (sentences with their seconds) and write their files.

    Yields the paths as they are written: of a motion, and after the last one of a story those of its grid. Sentences and
    lengths that make no motion raise UserError before any work is done; files that will be replaced get a warning.
    """
    wanted = [story for story in stories for _ in range(settings.samples)]
    model.check_stories(wanted)
    stems = [file_stem(story_text(story), number, files.named_seed) for number, story in enumerate(wanted)]
    warn_of_replaced(files.folder, stems)
    of_story: list[tuple[MotionClip, MotionClip | None]] = []
    for start in range(0, len(wanted), settings.batch_size):
        batch = wanted[start : start + settings.batch_size]
        clips = model.generate_stories(batch, settings.seed + start, settings.keywords, settings.sampling)
        warn_of_unseen(settings.sampling.with_own(model.base.info.sampling), clips, stems[start:])
        alone = _codes_alone(model, clips, files)
        for number, (clip, codes_alone) in enumerate(zip(clips, alone, strict=True), start):
            if files.constant_bones:
                clip = clip.with_constant_bones()
                codes_alone = codes_alone and codes_alone.with_constant_bones()
            yield from write_clip(clip, files.folder, stems[number], files.formats, codes_alone, files.figure)
            of_story.append((clip, codes_alone))
            if (number + 1) % settings.samples == 0:
                if files.grid:
                    first = stems[number + 1 - settings.samples]
                    yield from write_grid(of_story, files.folder, first, files.formats, files.figure)
                of_story.clear()  # hundreds of clips need not stay in memory


def warn_of_unseen(
    sampling: Sampling, clips: Sequence[MotionClip], names: Sequence[str], seed: str = "--seed"
) -> None:
    """Tell what sentences ask for and no try showed, so that nobody finds out in a film of theirs.

    sampling: how the clips were drawn; who draws once, as published, is told nothing. seed: what the seed is called where
    the warning is read.
    """
    if sampling.tries == 1:
        return
    for clip, name in zip(clips, names, strict=False):
        if missing := unseen(clip):
            warn(f"{name}: may not show this: {', '.join(missing)}; another {seed} or other words may")


def _codes_alone(
    model: TextToMotion, clips: Sequence[MotionClip], files: FileSettings
) -> Sequence[MotionClip | None]:
    """The clips by their pose codes alone, which players can switch to; None where no player is written."""
    if "html" not in files.formats or clips[0].residual_codes is None:
        return [None] * len(clips)
    return model.without_residuals(clips)
